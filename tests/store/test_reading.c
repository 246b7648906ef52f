/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"
#include "ledger.h"

#include "store/blocking.h"
#include "store/history.h"
#include "store/inspect.h"
#include "store/subject.h"
#include "store/walk.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* What is told of who has what: lookup, changes, states, walk; and what a pointer brings. */

#define LONG_AGO INT64_C(1735689600000000) /* 2025-01-01T00:00:00Z */

/* Identifiers, by the number of their tags. */
enum { ANNA = 1, BERT, CAREL, MAIL = 11, MAIL_TOO, PHONE = 21, BROWSER = 31, MANY = 100 };

static struct ledger l;

static void stop(void)
{
    ledger_close(&l);
}

TestSuite(reading, .fini = stop, .timeout = 600);

static uint8_t type_of(uint32_t n)
{
    return n >= MANY      ? IDENTIFIER_CUSTOMER
           : n >= BROWSER ? IDENTIFIER_VISITOR
           : n >= PHONE   ? IDENTIFIER_PHONE
           : n >= MAIL    ? IDENTIFIER_EMAIL
                          : IDENTIFIER_CUSTOMER;
}

/* Of one identifier, or of two: ${beside} 0: none. */
static struct person named(uint32_t first, uint32_t beside)
{
    struct person p = {.count = beside != 0 ? 2 : 1};
    p.tags[0] = tag_numbered(first);
    p.types[0] = type_of(first);
    p.tags[1] = tag_numbered(beside);
    p.types[1] = type_of(beside);
    return p;
}

/* Returns the number of whose it is. */
static int64_t says(uint32_t first, uint32_t beside, enum event_state state)
{
    struct person p = named(first, beside);
    return ledger_record(&l, act_of(&p, OFFERS, state, INSTANT_NONE)).subject_no;
}

static int64_t number_of(uint32_t n)
{
    char sql[160];
    struct tag tag = tag_numbered(n);
    snprintf(sql, sizeof sql,
             "select subject_no from identifier where controller_id = $1 and tag = '\\x01%02x%02x%02x%02x%s'",
             tag.bytes[1], tag.bytes[2], tag.bytes[3], tag.bytes[4], "000000000000000000000000");
    return ledger_number(&l, sql);
}

static struct lookup_job looked_up(uint32_t first, uint32_t beside)
{
    const struct tag tags[] = {tag_numbered(first), tag_numbered(beside)};
    struct lookup_job lookup;
    lookup_job_init(&lookup, l.controller, tags, beside != 0 ? 2 : 1);
    cr_assert_eq(job_run_blocking(l.pg, &lookup.job), ERROR_NONE);
    cr_assert_eq(lookup.generation, l.generation);
    lookup.tags = NULL;
    return lookup;
}

/* ---- lookup ---- */

Test(reading, an_address_of_nobody_is_nobodys)
{
    l = ledger_open("nobodys");
    struct lookup_job found = looked_up(MAIL, 0);
    cr_expect_eq(found.subject_no, 0);
    cr_expect_eq(found.also_count, 0);
    cr_expect_not(found.also_many);
}

Test(reading, an_address_of_several_is_told_as_severals)
{
    l = ledger_open("several");
    int64_t anna = says(ANNA, MAIL, EVENT_GIVEN), bert = says(BERT, MAIL, EVENT_GIVEN);
    struct lookup_job found = looked_up(MAIL, 0);
    cr_expect_eq(found.subject_no, anna, "the first by number, where it is nobody itself");
    cr_assert_eq(found.also_count, 1);
    cr_expect_eq(found.also[0].subject_no, bert);
    cr_expect_eq(found.also[0].via, IDENTIFIER_EMAIL);

    found = looked_up(BERT, MAIL);
    cr_expect_eq(found.subject_no, bert);
    cr_assert_eq(found.also_count, 1);
    cr_expect_eq(found.also[0].subject_no, anna);

    int64_t mail = says(MAIL, 0, EVENT_WITHDRAWN);
    found = looked_up(MAIL, 0);
    cr_expect_eq(found.subject_no, mail, "it is a person now");
    cr_assert_eq(found.also_count, 2);
    cr_expect_eq(found.also[0].subject_no, anna);
    cr_expect_eq(found.also[1].subject_no, bert);

    found = looked_up(ANNA, 0);
    cr_expect_eq(found.subject_no, anna);
    cr_expect_eq(found.also_count, 0, "two at one address do not have each other");
}

Test(reading, what_a_persons_address_has_the_person_has)
{
    l = ledger_open("in turn");
    int64_t mail = says(MAIL, PHONE, EVENT_GIVEN), anna = says(ANNA, MAIL, EVENT_GIVEN);
    struct lookup_job found = looked_up(PHONE, 0);
    cr_expect_eq(found.subject_no, mail);
    cr_assert_eq(found.also_count, 1);
    cr_expect_eq(found.also[0].subject_no, anna);
    cr_expect_eq(found.also[0].via, IDENTIFIER_PHONE);
    found = looked_up(MAIL, PHONE);
    cr_assert_eq(found.also_count, 1);
    cr_expect_eq(found.also[0].via, IDENTIFIER_EMAIL, "by the strongest");
}

Test(reading, who_is_not_stronger_has_an_address_and_is_not_it)
{
    l = ledger_open("equals");
    says(MAIL, MAIL_TOO, EVENT_GIVEN);
    cr_expect_eq(looked_up(MAIL_TOO, 0).subject_no, 0);
}

static void many_at(uint32_t beside, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        says(MANY + i, beside, EVENT_GIVEN);
}

Test(reading, of_more_than_can_be_told_it_is_told_that_they_are_many)
{
    l = ledger_open("many");
    many_at(PHONE, 1 + PERSONS_TOLD_MAX);
    struct lookup_job found = looked_up(PHONE, 0);
    cr_expect_eq(found.subject_no, number_of(MANY));
    cr_expect_eq(found.also_count, PERSONS_TOLD_MAX);
    cr_expect_not(found.also_many);
    says(MANY + 1 + PERSONS_TOLD_MAX, PHONE, EVENT_GIVEN);
    found = looked_up(PHONE, 0);
    cr_expect_eq(found.also_count, PERSONS_TOLD_MAX);
    cr_expect(found.also_many);
    found = looked_up(MANY + 3, PHONE);
    cr_expect_eq(found.subject_no, number_of(MANY + 3), "who is named is told first");
}

/* ---- changes ---- */

/* The last event's. Cleared by history_job_clear. */
static struct history_job last_change(void)
{
    struct history_job h = {.job.controller_id = l.controller,
                            .after = ledger_number(&l, "select revision - 1 from head where "
                                                       "controller_id = $1"),
                            .until = INT64_MAX,
                            .limit = 1};
    history_job_prepare(&h);
    cr_assert_eq(job_run_blocking(l.pg, &h.job), ERROR_NONE);
    cr_assert_not(h.broken);
    cr_assert_eq(h.count, 1);
    return h;
}

/* The others are that one; 0: none are. */
static void expect_recheck(int64_t other)
{
    struct history_job h = last_change();
    const struct entry *e = &h.entries[0];
    cr_expect_not(e->recheck_many);
    cr_expect_eq(e->recheck_count, other != 0 ? 1 : 0);
    if (other != 0 && e->recheck_count == 1)
        cr_expect_eq(e->recheck[0], other);
    history_job_clear(&h);
}

Test(reading, a_change_tells_whose_verdicts_it_may_have_changed)
{
    l = ledger_open("touched");
    says(CAREL, 0, EVENT_WITHDRAWN);
    expect_recheck(0);
    int64_t anna = says(ANNA, MAIL, EVENT_GIVEN);
    expect_recheck(0);
    int64_t bert = says(BERT, MAIL, EVENT_GIVEN);
    expect_recheck(anna);
    says(ANNA, 0, EVENT_GIVEN);
    expect_recheck(0); /* a Yes holds for what it names: bert has nothing of that */
    says(ANNA, 0, EVENT_WITHDRAWN);
    expect_recheck(bert); /* a No reaches the address that they share */
}

Test(reading, a_tie_tells_whom_an_older_no_reaches_by_it)
{
    l = ledger_open("reached by a tie");
    says(PHONE, 0, EVENT_GIVEN);
    says(CAREL, PHONE, EVENT_GIVEN);
    says(MAIL, 0, EVENT_WITHDRAWN);
    says(CAREL, MAIL, EVENT_GIVEN);
    cr_assert_eq(ledger_reason(&l, tag_numbered(PHONE), OFFERS), REASON_WITHDRAWN);
    struct history_job h = last_change();
    const struct entry *e = &h.entries[0];
    bool is_told = false;
    for (size_t i = 0; i < e->recheck_count; i++)
        is_told = is_told || e->recheck[i] == number_of(PHONE);
    cr_expect(is_told);
    history_job_clear(&h);
}

Test(reading, a_limit_is_as_wide_as_a_no)
{
    l = ledger_open("limits");
    int64_t anna = says(ANNA, MAIL, EVENT_GIVEN);
    says(BERT, MAIL, EVENT_GIVEN);
    struct person bert = named(BERT, 0);
    struct act act = act_of(&bert, OFFERS, EVENT_GIVEN, INSTANT_NONE);
    act.age = (struct fact){.told = true, .limited = true};
    act.detail = "{\"minor\": {\"holds\": true}}";
    ledger_record(&l, act);
    expect_recheck(anna);
}

Test(reading, a_change_of_more_than_can_be_told_says_so)
{
    l = ledger_open("touched many");
    many_at(PHONE, 2 + PERSONS_TOLD_MAX);
    says(MANY, PHONE, EVENT_GIVEN);
    struct history_job h = last_change();
    cr_expect(h.entries[0].recheck_many);
    cr_expect_eq(h.entries[0].recheck_count, 0);
    history_job_clear(&h);
}

Test(reading, a_change_tells_what_stands_under_its_persons_own_identifier)
{
    l = ledger_open("stands");
    says(ANNA, MAIL, EVENT_GIVEN);
    struct history_job h = last_change();
    struct states s = history_states(&h, &h.entries[0]);
    cr_assert_eq(s.count, 1);
    cr_expect_eq(s.list[0].slot, SLOT_YES);
    cr_expect_eq(s.list[0].revision, 1);
    cr_expect_arr_eq(s.list[0].record_id, h.entries[0].record_id, UUID_SIZE);
    history_job_clear(&h);
}

/* ---- states of a person ---- */

static struct states_job states_read(int64_t subject)
{
    struct states_job s;
    states_job_init(&s, l.controller, subject);
    cr_assert_eq(job_run_blocking(l.pg, &s.job), ERROR_NONE);
    cr_assert_not(s.broken);
    return s;
}

static int slot_place(const struct states_job *s, enum slot slot)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->states[i].slot == slot)
            return (int)i;
    }
    cr_assert_fail("no state in slot %d", (int)slot);
    return -1;
}

Test(reading, anothers_no_is_told_by_what_is_shared_and_nothing_that_was_written_with_it)
{
    l = ledger_open("shared");
    int64_t anna = says(ANNA, MAIL, EVENT_GIVEN), bert;
    struct person p = named(BERT, MAIL);
    struct act act = act_of(&p, OFFERS, EVENT_WITHDRAWN, INSTANT_NONE);
    act.ref = "his file";
    act.detail = "{\"reason\": \"person\"}";
    struct recorded e = ledger_record(&l, act);
    bert = e.subject_no;

    struct states_job s = states_read(anna);
    cr_assert(s.found);
    int at = slot_place(&s, SLOT_NO);
    cr_expect_eq(s.states[at].revision, e.revision);
    cr_expect_arr_eq(s.states[at].record_id, e.record_id, UUID_SIZE);
    cr_expect_eq(s.proofs[at].subject_no, bert);
    cr_expect_eq(s.proofs[at].by, IDENTIFIER_EMAIL);
    cr_expect_eq(s.proofs[at].rank, e.rank);
    cr_expect_null(s.proofs[at].ref);
    cr_expect_null(s.proofs[at].actor);
    cr_expect_null(s.proofs[at].detail);
    at = slot_place(&s, SLOT_YES);
    cr_expect_eq(s.proofs[at].subject_no, anna);
    cr_expect_eq(s.proofs[at].by, IDENTIFIER_TYPES);
    cr_expect_str_eq(s.proofs[at].actor, "test");
    states_job_clear(&s);

    s = states_read(bert);
    at = slot_place(&s, SLOT_NO);
    cr_expect_str_eq(s.proofs[at].ref, "his file");
    cr_expect_str_eq(s.proofs[at].detail, "{\"reason\": \"person\"}");
    states_job_clear(&s);
}

Test(reading, a_fact_names_the_act_that_told_it)
{
    l = ledger_open("facts");
    struct person p = named(ANNA, 0);
    struct act act = act_of(&p, OFFERS, EVENT_GIVEN, INSTANT_NONE);
    act.age = (struct fact){.told = true, .limited = true};
    struct recorded e = ledger_record(&l, act);
    struct states_job s = states_read(e.subject_no);
    int at = slot_place(&s, SLOT_AGE);
    cr_expect(slot_is_fact(s.states[at].slot));
    cr_expect_eq(s.states[at].purpose, PURPOSE_ALL);
    cr_expect_eq(s.proofs[at].purpose, OFFERS);
    cr_expect_eq(s.proofs[at].rank, e.rank);
    cr_expect_arr_eq(s.states[at].record_id, act.record_id, UUID_SIZE);
    states_job_clear(&s);
}

Test(reading, a_guardians_state_is_told_as_theirs)
{
    l = ledger_open("guardians");
    struct person p = named(ANNA, 0);
    struct act act = act_of(&p, OFFERS, EVENT_GIVEN, INSTANT_NONE);
    act.role = ROLE_PARENT;
    act.guardian_no = ROLE_PARENT;
    act.flags = STRENGTH_SIGNED | FLAG_WRITTEN;
    struct recorded e = ledger_record(&l, act);
    struct states_job s = states_read(e.subject_no);
    cr_assert_eq(s.count, 1);
    cr_expect_eq(s.states[0].slot, SLOT_YES);
    cr_expect_eq(s.states[0].guardian, ROLE_PARENT);
    cr_expect_eq(s.states[0].flags, STRENGTH_SIGNED | FLAG_WRITTEN);
    cr_expect_eq(s.proofs[0].role, ROLE_PARENT);
    states_job_clear(&s);
}

/* ---- walk ---- */

Test(reading, a_walk_meets_persons_only_each_under_the_own_identifier)
{
    l = ledger_open("walked");
    int64_t anna = says(ANNA, MAIL, EVENT_GIVEN), bert = says(BERT, MAIL, EVENT_WITHDRAWN);
    struct walk_job w = {.job.controller_id = l.controller, .numbers = 100, .proof = WALK_REFS};
    walk_job_prepare(&w);
    cr_assert_eq(job_run_blocking(l.pg, &w.job), ERROR_NONE);
    cr_assert_not(w.broken);
    cr_assert_eq(w.count, 2, "the address is no person");
    cr_expect_eq(w.subjects[0].subject_no, anna);
    cr_expect_eq(w.subjects[0].type, IDENTIFIER_CUSTOMER);
    cr_expect_arr_eq(w.subjects[0].tag.bytes, tag_numbered(ANNA).bytes, TAG_SIZE);
    cr_expect_eq(w.subjects[1].subject_no, bert);
    struct states s = walk_states(&w, &w.subjects[0]);
    cr_expect_eq(s.count, 2, "the own Yes, and the No that reached");
    walk_job_clear(&w);
}

/* ---- pointers ---- */

/* Identifiers 1 to 5 as numbers 1 to 5, and rows under them: identifier, purpose, slot, flags, tiebreak (of a
 * pointer its kind), rank (of a pointer the number it points at; of a state also its revision). */
static void rows_put(const char *values)
{
    char sql[2048];
    snprintf(
        sql, sizeof sql,
        "insert into identifier (controller_id, tag, subject_no, type, is_person) select %d, "
        "decode('01' || lpad(to_hex(g), 8, '0') || repeat('0', 24), 'hex'), g, 3, true "
        "from generate_series(1, 5) g;"
        "insert into consent (controller_id, tag, purpose_id, slot, flags, tiebreak, rank, revision, "
        "record_id, valid_until) "
        "select %d, decode('01' || lpad(to_hex(i), 8, '0') || repeat('0', 24), 'hex'), p, s, f, t, r, r, "
        "lpad(r::text, 32, '0')::uuid, case when r %% 2 = 0 then time_of(%ld) end "
        "from (values %s) v(i, p, s, f, t, r);"
        "update head set subject_no = 5 where controller_id = %d",
        l.controller, l.controller, (long)LONG_AGO, values, l.controller);
    cluster_sql(sql);
}

enum { UP, DOWN, SIDE };
/* Bits of the states of ${s}, by rank; the rest of each must be what was told with that rank. */
static uint64_t ranks_of(const struct states *s)
{
    uint64_t ranks = 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct state *one = &s->list[i];
        cr_expect_neq(one->purpose, PURPOSE_POINTER);
        cr_expect_eq(one->revision, one->rank);
        cr_expect_eq(one->record_id[UUID_SIZE - 1], (one->rank / 10 << 4) + one->rank % 10);
        cr_expect_eq(one->valid_until, one->rank % 2 == 0 ? LONG_AGO : INSTANT_NONE);
        ranks |= UINT64_C(1) << one->rank;
    }
    return ranks;
}

static uint64_t ranks_heard(uint32_t identifier)
{
    struct heard h = ledger_heard(&l, tag_numbered(identifier), OFFERS);
    struct states s = {.count = h.count, .list = h.list};
    return ranks_of(&s);
}

#define BIT(rank) (UINT64_C(1) << (rank))

Test(reading, a_pointer_up_brings_all_that_is_heard_there)
{
    l = ledger_open("up");
    rows_put("(1, 2, 0, 0, 0, 1), (1, -100, 0, 0, 0, 2), "
             "(2, 2, 0, 0, 0, 3), (2, 2, 1, 0, 0, 4), (2, 2, 2, 0, 0, 5), (2, 2, 17, 0, 0, 6), "
             "(2, 0, 9, 0, 0, 7), (2, 0, 8, 0, 0, 8), (2, 0, 11, 0, 0, 9), (2, 2, 3, 0, 0, 10), "
             "(2, 1, 1, 0, 0, 11), (2, 0, 14, 0, 0, 13), (2, 2, 5, 0, 0, 14)");
    cr_expect_eq(ranks_heard(1), BIT(1) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(10) | BIT(13),
                 "no Yes, no sale, no age, no document, no other purpose");
    struct heard h = ledger_heard(&l, tag_numbered(1), OFFERS);
    for (size_t i = 0; i < h.count; i++) {
        static const enum slot arrived[] = {
            [4] = SLOT_REACHED,     [5] = SLOT_REACHED,         [6] = SLOT_REACHED,
            [7] = SLOT_AGE_REACHED, [10] = SLOT_SIGNAL_REACHED, [13] = SLOT_CARE_REACHED};
        if (h.list[i].rank != 1)
            cr_expect_eq(h.list[i].slot, arrived[h.list[i].rank], "rank %d", (int)h.list[i].rank);
        cr_expect_eq(h.list[i].guardian, h.list[i].rank == 6 ? 1 : 0);
    }
    cr_expect_eq(ranks_heard(2),
                 BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(9) | BIT(10) | BIT(13) | BIT(14));
}

Test(reading, a_pointer_down_or_aside_brings_what_travels)
{
    l = ledger_open("down");
    rows_put("(1, -100, 0, 0, 1, 2), (3, -100, 0, 0, 2, 2), (4, -100, 7, 0, 2, 5), "
             "(2, 2, 1, 0, 0, 4), (2, 2, 2, 0, 0, 5), (2, 0, 10, 0, 0, 6), (2, 0, 9, 0, 0, 7)");
    cr_expect_eq(ranks_heard(1), BIT(4) | BIT(7));
    cr_expect_eq(ranks_heard(3), BIT(4) | BIT(7));
    cr_expect_eq(ranks_heard(4), 0, "where it leads to there is nothing");
    cr_expect_eq(ranks_heard(2), BIT(4) | BIT(5) | BIT(6) | BIT(7));
}

Test(reading, a_way_of_pointers_goes_on_down_and_ends_though_they_go_round)
{
    l = ledger_open("round");
    rows_put("(1, -100, 0, 0, 0, 2), (2, -100, 0, 0, 1, 3), (3, -100, 0, 0, 1, 4), (4, -100, 0, 0, 1, 2), "
             "(3, -100, 1, 0, 2, 5), (2, 2, 2, 0, 0, 4), (3, 2, 1, 0, 0, 6), (3, 2, 2, 0, 0, 7), "
             "(4, 2, 1, 0, 0, 8), (5, 2, 1, 0, 0, 9)");
    cr_expect_eq(ranks_heard(1), BIT(4) | BIT(6) | BIT(8), "up, then down and down; not aside from there");
    cr_expect_eq(ranks_heard(3), BIT(6) | BIT(7) | BIT(8) | BIT(9), "aside from the first");
}

Test(reading, a_pointer_is_followed_wherever_states_are_told)
{
    l = ledger_open("everywhere");
    rows_put("(1, 2, 0, 0, 0, 1), (1, -100, 0, 0, 0, 2), (2, 2, 1, 0, 0, 4), (2, 1, 1, 0, 0, 5)");
    struct states_job s = states_read(1);
    struct states states = {.count = s.count, .list = s.states};
    cr_expect_eq(ranks_of(&states), BIT(1) | BIT(4) | BIT(5));
    states_job_clear(&s);
    const struct purpose_set only = {.count = 1, .numbers = {OFFERS}};
    struct walk_job w = {.job.controller_id = l.controller, .numbers = 1, .only = &only};
    walk_job_prepare(&w);
    cr_assert_eq(job_run_blocking(l.pg, &w.job), ERROR_NONE);
    cr_assert_eq(w.count, 1);
    states = walk_states(&w, &w.subjects[0]);
    cr_expect_eq(ranks_of(&states), BIT(1) | BIT(4));
    walk_job_clear(&w);
}

Test(reading, probes_with_pointers_among_others_have_each_their_own)
{
    l = ledger_open("among others");
    rows_put("(1, 2, 0, 0, 0, 1), (2, -100, 0, 0, 0, 3), (2, 2, 0, 0, 0, 2), (3, 2, 1, 0, 0, 3), "
             "(4, 2, 0, 0, 0, 4)");
    struct probe probes[] = {{.tag = tag_numbered(2)}, {.tag = tag_numbered(1)}, {.tag = tag_numbered(2)},
                             {.tag = tag_numbered(5)}, {.tag = tag_numbered(4)}, {.tag = tag_numbered(3)}};
    static const uint64_t expected[] = {BIT(2) | BIT(3), BIT(1), BIT(2) | BIT(3), 0, BIT(4), BIT(3)};
    const struct purpose_set set = {.count = 3, .numbers = {OFFERS, PURPOSE_ALL, PURPOSE_POINTER}};
    struct check_job c;
    check_job_init(&c, l.controller, probes, 6, &set, 1);
    cr_assert_eq(job_run_blocking(l.pg, &c.job), ERROR_NONE);
    cr_assert_not(c.broken);
    for (size_t i = 0; i < 6; i++) {
        struct states s = check_states(&c, i);
        cr_expect_eq(ranks_of(&s), expected[i], "probe %zu", i);
    }
    check_job_clear(&c);
}

/* ---- crowds ---- */

Test(reading, a_crowd_is_counted_and_no_tag_of_it_told)
{
    l = ledger_open("crowded");
    struct crowd crowds[CROWDS_MAX];
    size_t count;
    many_at(PHONE, PERSONS_PUSHED_MAX + 4);
    cr_assert_eq(database_crowds(l.pg, crowds, &count), 0);
    size_t at = 0;
    while (at < count && strcmp(crowds[at].controller, "crowded") != 0)
        at++;
    cr_assert_lt(at, count);
    cr_expect_eq(crowds[at].type, IDENTIFIER_PHONE);
    cr_expect_eq(crowds[at].count, 1);
    cr_expect_eq(crowds[at].persons, PERSONS_PUSHED_MAX + 4);
    cr_expect_str_eq(sql_refused(l.pg,
                                 "select 1 / (cardinality(current_setting('akkoord.controllers')::int4[]) "
                                 "- 1)"),
                     "22012", "what the session reaches is as before");
}
