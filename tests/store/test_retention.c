/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"
#include "ledger.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What is let go of, and when: the functions are told what time it is, so a day may be any day. */

static struct ledger l;
static PGconn *owner;

static void start(void)
{
    char key[32];
    snprintf(key, sizeof key, "kept-%d", (int)getpid());
    l = ledger_open(key);
    owner = owner_connect();
    session_admit(owner, l.controller);
}

static void stop(void)
{
    PQfinish(owner);
    ledger_close(&l);
}

TestSuite(retention, .init = start, .fini = stop, .timeout = 600);

/* The policy's document; ' stands for ". */
static void rules(const char *document)
{
    char sql[2000], text[1800];
    snprintf(text, sizeof text, "%s", document);
    for (char *c = text; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    snprintf(sql, sizeof sql, "update policy set document = '%s' where controller_id = %d", text,
             l.controller);
    cr_assert_null(sql_refused(owner, sql));
}

static int64_t number(const char *sql)
{
    struct ledger as_owner = l;
    as_owner.pg = owner;
    return ledger_number(&as_owner, sql);
}

/* A whole run at so long from now, in batches as the service makes them. */
static void run_at(const char *later)
{
    char sql[400];
    snprintf(sql, sizeof sql,
             "do $$ declare r retention_run; t timestamptz := clock_timestamp() + interval '%s'; begin "
             "loop r := retention_run_of(%d, t, false); exit when r.run_no is null; "
             "perform purge_batch(%d, r, t); end loop; end $$",
             later, l.controller, l.controller);
    cr_assert_null(sql_refused(owner, sql), "%s", PQerrorMessage(owner));
}

static void say(uint32_t who, int32_t purpose, enum event_state state)
{
    struct person p = person_numbered(who);
    ledger_record(&l, act_of(&p, purpose, state, INSTANT_NONE));
}

static int64_t events(void)
{
    return number("select count(*) from event where controller_id = $1");
}

/* (2): what is there and what is written down as purged are 1..n, each once. */
static void expect_ledger_whole(void)
{
    cr_expect_eq(
        number("select count(*) from (select revision from event where controller_id = $1 union all "
               "select generate_series(from_revision, to_revision) from purged where controller_id = $1) x"),
        number("select revision from head where controller_id = $1"));
    cr_expect_eq(number("select count(*) from consent s where controller_id = $1 and slot < 8 and not exists "
                        "(select from event e where e.controller_id = $1 and e.revision = s.revision)"),
                 0, "a state rests on an event that has gone");
}

Test(retention, a_consent_that_ended_goes_when_its_proof_is_kept_no_longer)
{
    rules("{'retention': {'proof_kept': 'P2Y'}}");
    say(1, NEWSLETTER, EVENT_GIVEN);
    say(1, NEWSLETTER, EVENT_WITHDRAWN);
    say(2, NEWSLETTER, EVENT_GIVEN);
    run_at("2 years -1 day");
    cr_expect_eq(events(), 3);
    run_at("2 years 1 day");
    cr_expect_eq(events(), 2);
    expect_ledger_whole();
    cr_expect_eq(ledger_reason(&l, tag_numbered(1), NEWSLETTER), REASON_WITHDRAWN); /* the No stands */
    cr_expect_eq(ledger_reason(&l, tag_numbered(2), NEWSLETTER), REASON_GRANTED);   /* it never ended */
}

Test(retention, a_rule_of_the_purpose_goes_before_and_takes_the_state_with_it)
{
    rules("{'retention': {'proof_kept': 'P5Y', 'rules': [{'purpose': 'newsletter', 'data_class': 'consent', "
          "'duration': 'P14D', 'after': 'recorded'}, {'purpose': 'newsletter', 'data_class': 'the form', "
          "'duration': 'P1D', 'after': 'recorded'}]}}");
    say(1, NEWSLETTER, EVENT_GIVEN);
    say(1, OFFERS, EVENT_GIVEN);
    run_at("13 days");
    cr_expect_eq(events(), 2);
    run_at("15 days");
    cr_expect_eq(events(), 1);
    expect_ledger_whole();
    cr_expect_eq(ledger_reason(&l, tag_numbered(1), NEWSLETTER), REASON_NEVER_ASKED);
    cr_expect_eq(ledger_reason(&l, tag_numbered(1), OFFERS), REASON_GRANTED);
    cr_expect_eq(
        number("select events from retention_run where controller_id = $1 order by run_no desc limit 1"), 1);
}

Test(retention, of_whom_nothing_is_left_is_forgotten)
{
    rules("{'retention': {'rules': [{'data_class': 'consent', 'duration': 'P1M', 'after': 'recorded'}]}}");
    say(1, NEWSLETTER, EVENT_GIVEN);
    say(2, NEWSLETTER, EVENT_REFUSED);
    run_at("32 days");
    cr_expect_eq(number("select count(*) from identifier where controller_id = $1"), 1);
    cr_expect_eq(events(), 1); /* the No is remembered */
    cr_expect_eq(ledger_reason(&l, tag_numbered(2), NEWSLETTER), REASON_REFUSED);
    expect_ledger_whole();
}

Test(retention, an_expired_consent_ends_by_the_clock)
{
    rules("{'retention': {'proof_kept': 'P1Y'}}");
    struct person p = person_numbered(7);
    struct act act = act_of(&p, OFFERS, EVENT_GIVEN, INSTANT_NONE);
    act.has_end = true;
    act.validity = (struct duration){.months = 24};
    ledger_record(&l, act);
    run_at("2 years 364 days");
    cr_expect_eq(events(), 1);
    run_at("3 years 1 day");
    cr_expect_eq(events(), 0);
    expect_ledger_whole();
}

Test(retention, a_no_that_others_hear_stays_and_so_does_what_ties_them)
{
    rules("{'retention': {'proof_kept': 'P1Y'}}");
    struct person both = person_of(11, 2);
    ledger_record(&l, act_of(&both, NEWSLETTER, EVENT_GIVEN, INSTANT_NONE));
    say(11, NEWSLETTER, EVENT_WITHDRAWN);
    run_at("9 years");
    cr_expect_eq(events(), 2);
    cr_expect_eq(ledger_reason(&l, tag_numbered(12), NEWSLETTER), REASON_WITHDRAWN);
    expect_ledger_whole();
}

Test(retention, evidence_goes_before_its_event)
{
    rules("{'retention': {'rules': [{'data_class': 'evidence', 'duration': 'P14D', 'after': 'recorded'}]}}");
    struct person p = person_numbered(3);
    struct act act = act_of(&p, NEWSLETTER, EVENT_GIVEN, INSTANT_NONE);
    act.evidence = "{\"url\": \"https://example.nl/\"}";
    ledger_record(&l, act);
    run_at("13 days");
    cr_expect_eq(number("select count(*) from evidence where controller_id = $1"), 1);
    run_at("15 days");
    cr_expect_eq(number("select count(*) from evidence where controller_id = $1"), 0);
    cr_expect_eq(events(), 1);
    cr_expect_eq(ledger_reason(&l, tag_numbered(3), NEWSLETTER), REASON_GRANTED);
}

/* Whatever stops a run, it goes on where it was; batches of it interleave with writers. */
Test(retention, a_run_goes_on_where_it_stopped)
{
    rules("{'retention': {'rules': [{'data_class': 'consent', 'duration': 'P1D', 'after': 'recorded'}]}}");
    enum { MANY = 1700 };
    static struct act acts[500];
    static struct person people[500];
    for (uint32_t done = 0; done < MANY; done += 500) {
        uint32_t count = MANY - done < 500 ? MANY - done : 500;
        for (uint32_t i = 0; i < count; i++) {
            people[i] = person_numbered(1000 + done + i);
            acts[i] = act_of(&people[i], NEWSLETTER, EVENT_GIVEN, INSTANT_NONE);
        }
        struct record_job r = request_of(&l, acts, count);
        batch_run(l.pg, &r, 1);
        record_job_clear(&r);
    }
    char sql[300];
    snprintf(sql, sizeof sql,
             "select purge_batch(%d, retention_run_of(%d, now() + interval '2 days', false), now() + "
             "interval '2 days')",
             l.controller, l.controller);
    cr_assert_null(sql_refused(owner, sql), "%s", PQerrorMessage(owner));
    cr_expect_eq(events(), MANY - 500);
    cr_assert_null(sql_refused(owner, "begin"));
    cr_assert_null(sql_refused(owner, sql));
    cr_assert_null(sql_refused(owner, "rollback")); /* as when its node is gone */
    cr_expect_eq(events(), MANY - 500);
    say(1, OFFERS, EVENT_GIVEN);
    expect_ledger_whole();
    run_at("2 days 1 hour");
    cr_expect_eq(number("select count(*) from retention_run where controller_id = $1"), 1);
    cr_expect_eq(number("select events from retention_run where controller_id = $1"), MANY);
    cr_expect_eq(events(), 1);
    expect_ledger_whole();
    cr_expect_leq(number("select count(*) from purged where controller_id = $1"), 4);
}

/* ---- a purge loosens nothing ---- */

static const char CONSENT_ONLY[] =
    "{'purposes': [{'key': 'newsletter', 'channel': 'email'}, {'key': 'offers', 'channel': 'email'}, "
    "{'key': 'statistics', 'channel': 'web'}], 'retention': {'proof_kept': 'P1Y'}}";

static struct person browser(uint32_t n)
{
    struct person p = person_numbered(n);
    p.types[0] = IDENTIFIER_VISITOR;
    return p;
}

static struct recorded said_at(const struct person *p, int32_t purpose, enum event_state state, int days_ago)
{
    instant at = ledger_now(&l) - days_ago * (INT64_C(86400) * SECOND);
    return ledger_record(&l, act_of(p, purpose, state, at));
}

/* By when it was said, whichever came first. */
Test(retention, a_browsers_no_stays_when_an_older_yes_comes_late)
{
    rules(CONSENT_ONLY);
    struct person p = browser(31);
    said_at(&p, STATISTICS, EVENT_REFUSED, 1);
    said_at(&p, STATISTICS, EVENT_GIVEN, 2);
    run_at("1 day");
    cr_expect_eq(ledger_reason(&l, tag_numbered(31), STATISTICS), REASON_REFUSED);
    cr_expect_eq(events(), 1, "the Yes ended when the No was said");
    run_at("8 months");
    cr_expect_eq(ledger_reason(&l, tag_numbered(31), STATISTICS), REASON_NEVER_ASKED);
    expect_ledger_whole();
}

/* (6) */
Test(retention, a_browsers_no_that_is_over_stays_while_it_holds_a_yes_back)
{
    rules(CONSENT_ONLY);
    struct person both = person_of(33, 2), alone = browser(34);
    both.types[1] = IDENTIFIER_VISITOR;
    said_at(&both, STATISTICS, EVENT_GIVEN, 2);
    said_at(&alone, STATISTICS, EVENT_REFUSED, 1);
    run_at("8 months");
    cr_expect_eq(ledger_reason(&l, tag_numbered(34), STATISTICS), REASON_REFUSED);
    cr_expect_eq(ledger_reason(&l, tag_numbered(33), STATISTICS), REASON_GRANTED);
    cr_expect_eq(events(), 2);
}

/* (6): such a purpose is allowed where nothing is known. Whatever the rule counts from. */
static void expect_objections_stay(const char *policy)
{
    rules(policy);
    number(
        "update purpose set basis = 'legitimate_interest' where controller_id = $1 and key = 'statistics'");
    struct person p = browser(35), other = browser(36);
    said_at(&p, STATISTICS, EVENT_OBJECTED, 1);
    said_at(&other, OFFERS, EVENT_REFUSED, 1);
    said_at(&other, PURPOSE_ALL, EVENT_WITHDRAWN, 1);
    run_at("9 years");
    cr_expect_eq(events(), 2);
    cr_expect_eq(ledger_reason(&l, tag_numbered(35), STATISTICS), REASON_OBJECTED);
    cr_expect_eq(ledger_reason(&l, tag_numbered(36), STATISTICS), REASON_WITHDRAWN);
}

Test(retention, a_browsers_objection_is_never_over)
{
    expect_objections_stay(CONSENT_ONLY);
}

Test(retention, a_browsers_objection_is_never_over_by_a_rule_that_counts_from_recording)
{
    expect_objections_stay(
        "{'retention': {'rules': [{'data_class': 'consent', 'duration': 'P1M', 'after': 'recorded'}]}}");
}

/* What one of them says next is no word of the other's. */
static struct person two_browsers(uint32_t first)
{
    struct person both = person_of(first, 2);
    both.types[0] = both.types[1] = IDENTIFIER_VISITOR;
    return both;
}

Test(retention, an_objection_of_two_browsers_stays_when_one_of_them_takes_it_back)
{
    rules(CONSENT_ONLY);
    number(
        "update purpose set basis = 'legitimate_interest' where controller_id = $1 and key = 'statistics'");
    struct person both = two_browsers(50), one = browser(50);
    said_at(&both, STATISTICS, EVENT_OBJECTED, 2);
    said_at(&one, STATISTICS, EVENT_OBJECTION_WITHDRAWN, 1);
    run_at("9 years");
    cr_expect_eq(ledger_reason(&l, tag_numbered(51), STATISTICS), REASON_OBJECTED);
}

Test(retention, a_yes_of_two_browsers_stays_when_one_of_them_withdraws)
{
    rules(CONSENT_ONLY);
    struct person both = two_browsers(52), one = browser(52);
    said_at(&both, STATISTICS, EVENT_GIVEN, 2);
    said_at(&one, STATISTICS, EVENT_WITHDRAWN, 1);
    run_at("2 years");
    cr_expect_eq(ledger_reason(&l, tag_numbered(53), STATISTICS), REASON_GRANTED);
}

/* It counts for what replaced its purpose, where a Yes to the old one does not. */
Test(retention, a_browsers_objection_stays_for_what_replaced_its_purpose)
{
    rules("{'purposes': [{'key': 'statistics', 'channel': 'web'}, {'key': 'offers', 'channel': 'web', "
          "'replaces': 'statistics'}], 'retention': {'proof_kept': 'P1Y'}}");
    number("update purpose set basis = 'legitimate_interest' where controller_id = $1 "
           "and key in ('statistics', 'offers')");
    struct person p = browser(56);
    said_at(&p, STATISTICS, EVENT_OBJECTED, 2);
    said_at(&p, STATISTICS, EVENT_OBJECTION_WITHDRAWN, 1);
    run_at("9 years");
    cr_expect_eq(number("select count(*) from consent where controller_id = $1 and rank_is_no(rank)"), 1);
}

Test(retention, a_browsers_age_is_known_when_what_told_it_is_over)
{
    rules(CONSENT_ONLY);
    struct person p = browser(37);
    struct act told = act_of(&p, STATISTICS, EVENT_GIVEN, ledger_now(&l) - 3 * 86400 * SECOND);
    told.age = (struct fact){.told = true, .limited = true, .until = "2090-01-01"};
    ledger_record(&l, told);
    said_at(&p, STATISTICS, EVENT_GIVEN, 1);
    run_at("1 day");
    cr_expect_eq(number("select count(*) from told where controller_id = $1"), 1);
    expect_ledger_whole();
}

/* (5): whichever came first, too. */
Test(retention, a_yes_goes_after_those_that_it_outranks)
{
    rules("{'retention': {'rules': [{'data_class': 'consent', 'duration': 'P1M', 'after': 'recorded'}]}}");
    struct person p = person_numbered(39);
    said_at(&p, NEWSLETTER, EVENT_GIVEN, 1);
    said_at(&p, NEWSLETTER, EVENT_GIVEN, 2);
    run_at("32 days");
    cr_expect_eq(events(), 1);
    cr_expect_eq(ledger_reason(&l, tag_numbered(39), NEWSLETTER), REASON_GRANTED);
    run_at("34 days");
    cr_expect_eq(events(), 0);
}

/* Likewise those of another, who is not asked while it stands. */
Test(retention, a_yes_goes_after_those_of_others_that_it_outranks)
{
    rules("{'retention': {'rules': [{'data_class': 'consent', 'duration': 'P1M', 'after': 'recorded'}]}}");
    struct person p = person_numbered(43);
    struct guardian parent = {.is_named = true, .tag = tag_numbered(143)};
    said_at(&p, NEWSLETTER, EVENT_GIVEN, 1);
    struct act older = act_of(&p, NEWSLETTER, EVENT_GIVEN, ledger_now(&l) - 2 * 86400 * SECOND);
    older.guardian = &parent;
    ledger_record(&l, older);
    run_at("32 days");
    cr_expect_eq(events(), 1);
    run_at("34 days");
    cr_expect_eq(events(), 0);
}

/* The No of one of two browsers is above both, where the other has none. */
Test(retention, a_yes_goes_after_that_of_all_companies_which_a_no_stops_for_one_of_two)
{
    rules("{'retention': {'rules': [{'data_class': 'consent', 'duration': 'P1M', 'after': 'recorded'}]}}");
    number("insert into purpose (controller_id, purpose_id, key, entity, basis, stops) "
           "values ($1, 9, 'statistics', 'a', 'consent', true) returning 1");
    enum { OF_A = 9 };
    struct person both = two_browsers(54), one = browser(54), other = browser(55);
    said_at(&both, OF_A, EVENT_GIVEN, 2);
    said_at(&other, STATISTICS, EVENT_GIVEN, 3);
    said_at(&one, STATISTICS, EVENT_WITHDRAWN, 1);
    run_at("32 days");
    cr_expect_eq(number("select count(*) from event where controller_id = $1 and purpose_id = 9"), 1);
    run_at("34 days");
    cr_expect_eq(number("select count(*) from event where controller_id = $1 and purpose_id = 9"), 0);
}

/* A guardian's No stops nothing of who is no child. */
Test(retention, a_yes_goes_after_that_of_all_companies_which_a_guardians_no_does_not_stop)
{
    rules("{'retention': {'rules': [{'data_class': 'consent', 'duration': 'P1M', 'after': 'recorded'}]}}");
    number("insert into purpose (controller_id, purpose_id, key, entity, basis, stops) "
           "values ($1, 9, 'newsletter', 'a', 'consent', true) returning 1");
    enum { OF_A = 9 };
    struct person p = person_numbered(57);
    struct guardian parent = {.is_named = true, .tag = tag_numbered(157)};
    said_at(&p, OF_A, EVENT_GIVEN, 2);
    said_at(&p, NEWSLETTER, EVENT_GIVEN, 3);
    struct act refused = act_of(&p, NEWSLETTER, EVENT_REFUSED, ledger_now(&l) - 86400 * SECOND);
    refused.guardian = &parent;
    ledger_record(&l, refused);
    run_at("32 days");
    cr_expect_eq(number("select count(*) from event where controller_id = $1 and purpose_id = 9"), 1);
}

static void signalled(const struct person *p)
{
    struct act act = act_of(p, NEWSLETTER, EVENT_WITHDRAWN, INSTANT_NONE);
    act.slot = SLOT_SIGNAL;
    ledger_record(&l, act);
}

/* A browser's signal stops the later of the two, and not the other, which was agreed to under it. */
Test(retention, a_yes_goes_after_that_of_all_companies_which_a_signal_does_not_stop)
{
    rules("{'retention': {'rules': [{'data_class': 'consent', 'duration': 'P1M', 'after': 'recorded'}]}}");
    number("insert into purpose (controller_id, purpose_id, key, entity, basis, stops) "
           "values ($1, 9, 'newsletter', 'a', 'consent', true) returning 1");
    enum { OF_A = 9 };
    struct person p = person_numbered(46);
    said_at(&p, OF_A, EVENT_GIVEN, 1);
    struct act under = act_of(&p, NEWSLETTER, EVENT_GIVEN, ledger_now(&l) - 2 * 86400 * SECOND);
    under.flags = FLAG_SIGNAL;
    ledger_record(&l, under);
    signalled(&p);
    run_at("32 days");
    cr_expect_eq(number("select count(*) from event where controller_id = $1 and purpose_id = 9"), 1);
    run_at("34 days");
    cr_expect_eq(events(), 1, "the signal");
}

/* It is in force, so its end is not when the signal came. */
Test(retention, a_signal_ends_no_consent_that_was_given_under_it)
{
    rules("{'retention': {'proof_kept': 'P1Y'}}");
    struct person p = person_numbered(47);
    struct act under = act_of(&p, NEWSLETTER, EVENT_GIVEN, INSTANT_NONE);
    under.flags = FLAG_SIGNAL;
    ledger_record(&l, under);
    signalled(&p);
    run_at("3 years");
    cr_expect_eq(events(), 2);
    cr_expect_eq(ledger_reason(&l, tag_numbered(47), NEWSLETTER), REASON_GRANTED);
}

/* Of somebody who was a child until yesterday: a Yes to offers that was said before that, or none. */
static void child_until_yesterday(uint32_t who, bool has_yes)
{
    struct person p = person_numbered(who);
    time_t yesterday = (time_t)((ledger_now(&l) - 86400 * SECOND) / SECOND);
    struct tm day;
    gmtime_r(&yesterday, &day);
    struct act told = act_of(&p, NEWSLETTER, EVENT_GIVEN, ledger_now(&l) - 4 * 86400 * SECOND);
    told.age = (struct fact){.told = true, .limited = true};
    strftime(told.age.until, sizeof told.age.until, "%Y-%m-%d", &day);
    ledger_record(&l, told);
    said_at(&p, NEWSLETTER, EVENT_REFUSED, 3);
    if (has_yes)
        said_at(&p, OFFERS, EVENT_GIVEN, 3);
}

/* (3): what a child said for itself is not worth more once its age is forgotten. */
Test(retention, an_age_that_is_over_stays_while_a_yes_stands)
{
    rules("{'retention': {'proof_kept': 'P1Y'}}");
    child_until_yesterday(44, false);
    run_at("13 months");
    cr_expect_eq(number("select count(*) from told where controller_id = $1"), 0);
    cr_expect_eq(events(), 1);
    child_until_yesterday(45, true);
    run_at("14 months"); /* a run a day at most */
    cr_expect_eq(number("select count(*) from told where controller_id = $1"), 1);
    cr_expect_eq(events(), 4);
}

/* ... and its evidence when that is over, though the event has to wait. */
Test(retention, evidence_of_what_has_to_wait_goes_by_its_own_rule)
{
    rules("{'retention': {'rules': [{'data_class': 'consent', 'duration': 'P1M', 'after': 'recorded'}, "
          "{'data_class': 'evidence', 'duration': 'P14D', 'after': 'recorded'}]}}");
    struct person p = person_numbered(40);
    struct act first = act_of(&p, NEWSLETTER, EVENT_GIVEN, ledger_now(&l) - 86400 * SECOND);
    first.evidence = "{\"form\": \"footer\"}";
    ledger_record(&l, first);
    said_at(&p, NEWSLETTER, EVENT_GIVEN, 2);
    run_at("32 days");
    cr_expect_eq(events(), 1);
    cr_expect_eq(number("select evidence from retention_run where controller_id = $1"), 1);
    cr_expect_eq(number("select count(*) from evidence where controller_id = $1"), 0);
}

Test(retention, a_channels_no_ends_what_it_stops)
{
    rules(CONSENT_ONLY);
    say(41, STATISTICS, EVENT_GIVEN);
    say(41, NEWSLETTER, EVENT_GIVEN);
    say(41, PURPOSE_CHANNEL_FIRST, EVENT_WITHDRAWN);
    run_at("2 years");
    cr_expect_eq(events(), 2);
    cr_expect_eq(ledger_reason(&l, tag_numbered(41), STATISTICS), REASON_GRANTED);
    cr_expect_eq(ledger_reason(&l, tag_numbered(41), NEWSLETTER), REASON_WITHDRAWN);
}

Test(retention, an_entitys_no_ends_what_was_agreed_with_it_alone)
{
    rules(CONSENT_ONLY);
    number("insert into purpose (controller_id, purpose_id, key, entity, basis, stops) select $1, x.* from "
           "(values (8, '*', 'a', '', true), (9, 'newsletter', 'a', 'consent', true)) x");
    enum { OF_A = 9, ALL_OF_A = PURPOSE_ENTITIES - ENTITY_STRIDE * 8 };
    say(42, NEWSLETTER, EVENT_GIVEN);
    say(42, OF_A, EVENT_GIVEN);
    say(42, ALL_OF_A, EVENT_WITHDRAWN);
    run_at("2 years");
    cr_expect_eq(events(), 2);
    cr_expect_eq(number("select count(*) from event where controller_id = $1 and purpose_id = 9"), 0);
    cr_expect_eq(ledger_reason(&l, tag_numbered(42), NEWSLETTER), REASON_GRANTED);
}

Test(retention, a_request_waits_for_its_term)
{
    rules("{'retention': {'rules': [{'data_class': 'consent', 'duration': 'P1D', 'after': 'recorded'}]}}");
    struct person p = person_numbered(43);
    struct act act = act_of(&p, NEWSLETTER, EVENT_REQUESTED, INSTANT_NONE);
    act.has_end = true;
    act.validity = (struct duration){.days = 7};
    ledger_record(&l, act);
    run_at("6 days");
    cr_expect_eq(events(), 1);
    run_at("8 days");
    cr_expect_eq(events(), 0);
}

/* What others hold of who still agrees is not due. */
Test(retention, a_renewal_ends_no_consent)
{
    rules("{'purposes': [{'key': 'newsletter', 'channel': 'email'}], 'retention': {'rules': [{'purpose': "
          "'newsletter', 'data_class': 'address', 'duration': 'P1M', 'after': 'consent_end'}]}}");
    say(44, NEWSLETTER, EVENT_GIVEN);
    say(44, NEWSLETTER, EVENT_GIVEN);
    say(45, NEWSLETTER, EVENT_GIVEN);
    say(45, NEWSLETTER, EVENT_WITHDRAWN);
    run_at("2 months");
    cr_expect_eq(number("select count(*) from retention_start where controller_id = $1"), 1);
}

/* (3) (4): what is derived anew from the events that are left is what stands. */
Test(retention, nothing_changes_for_anybody_when_states_are_derived_anew)
{
    static const enum event_state said[] = {EVENT_GIVEN, EVENT_WITHDRAWN, EVENT_GIVEN, EVENT_REFUSED};
    rules("{'retention': {'proof_kept': 'P1Y', 'rules': [{'purpose': 'statistics', 'data_class': 'consent', "
          "'duration': 'P1M', 'after': 'recorded'}]}}");
    uint32_t seed = 7;
    for (int i = 0; i < 120; i++) {
        seed = seed * 1103515245 + 12345;
        uint32_t who = seed >> 16;
        struct person p =
            who % 3 == 0 ? person_of(20 + who % 5, 1 + who / 5 % 3) : person_numbered(20 + who % 7);
        struct act act = act_of(&p, (int32_t)(1 + who / 7 % 3), said[who / 21 % 4], INSTANT_NONE);
        act.has_end = act.purpose == OFFERS && said[who / 21 % 4] == EVENT_GIVEN;
        act.validity = (struct duration){.months = 3};
        ledger_record(&l, act);
    }
    run_at("3 years");
    expect_ledger_whole();
    cr_expect_gt(number("select events from retention_run where controller_id = $1"), 10);
    number("create temp table before as select * from consent where controller_id = $1");
    number("select rebuild($1, array(select subject_no from identifier where controller_id = $1))");
    cr_expect_eq(
        number("select count(*) from (select * from consent where controller_id = $1 and slot not in (6) "
               "except select * from before) x"),
        0, "rebuilding gives what was not there");
    cr_expect_eq(number("select count(*) from (select * from before except select * from consent where "
                        "controller_id = $1) x"),
                 0, "rebuilding takes away what was there");
}

Test(retention, a_tombstone_goes_at_its_end)
{
    rules("{}");
    number("insert into tombstone (controller_id, tag, revision, record_id, rank, until) select $1, "
           "decode('01' || repeat('ab', 16), 'hex'), 1, gen_random_uuid(), event_erased(), now() + interval "
           "'1 year'");
    number("insert into consent (controller_id, tag, purpose_id, slot, flags, tiebreak, rank, revision, "
           "valid_until, "
           "record_id) select $1, tag, 0, 2, 0, 0, rank, revision, until, record_id from tombstone where "
           "controller_id = $1");
    run_at("364 days");
    cr_expect_eq(number("select count(*) from consent where controller_id = $1"), 1);
    run_at("367 days");
    cr_expect_eq(number("select count(*) from consent where controller_id = $1"), 0);
    cr_expect_eq(number("select count(*) from tombstone where controller_id = $1"), 0);
    cr_expect_eq(
        number("select (by_rule ->> 'tombstone')::integer from retention_run where controller_id = $1 "
               "order by run_no desc limit 1"),
        1);
}
