/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/receipt.h"

#include "auth/link.h"
#include "base/limits.h"
#include "stand.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EMAIL "'subject': {'type': 'email', 'value': 'a@example.com'}"

static struct stand s;
static int status;

static void start(void)
{
    stand_open(&s);
}

static void finish(void)
{
    stand_close(&s);
}

TestSuite(receipt, .init = start, .fini = finish);

static const char *answer(const struct recorded *events, size_t count)
{
    return stand_answer(&s, &s.acts.context, events, count, &status);
}

/* How often ${text} holds ${part}, in which ' stands for ". */
static size_t times(const char *text, const char *part)
{
    size_t n = 0;
    part = stand_json(part);
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        n++;
    return n;
}

static void read_record(const char *more)
{
    stand_read(&s, consents_read, "{" EMAIL ", 'collection_method': 'web_form', %s}", more);
    cr_assert_str_eq(stand_faults(&s), "");
}

static void read_withdrawal(const char *what)
{
    stand_read(&s, withdraw_read, "{" EMAIL ", %s}", what);
    cr_assert_str_eq(stand_faults(&s), "");
}

/* ---- records ---- */

Test(receipt, one_record_is_an_object_with_the_words_that_were_shown)
{
    read_record("'purpose': 'news', 'event_state': 'given', 'language': 'nl'");
    struct recorded e = stand_recorded(&s, 0, 5);
    const char *json = answer(&e, 1);
    cr_expect_eq(status, 201);
    cr_expect_eq(json[0], '{');
    cr_expect_eq(
        times(json, "'purpose':'news','notice':{'id':'words','version':'2','language':'nl','sha256':'"), 1);
    cr_expect_eq(times(json, "'event_state':'given','effect':'applied','revision':5,"
                             "'event_time':'2026-06-01T12:00:00Z'"),
                 1, "%s", json);
    cr_expect_eq(times(json, "'valid_until':null,'policy_version':7}"), 1);
}

Test(receipt, an_array_or_choices_are_an_array_also_of_one)
{
    read_record("'choices': {'news': 'given'}");
    struct recorded one = stand_recorded(&s, 0, 1);
    cr_expect_eq(answer(&one, 1)[0], '[');
    read_record("'choices': {'news': 'given', 'stats': 'refused'}");
    struct recorded two[] = {stand_recorded(&s, 0, 1), stand_recorded(&s, 1, 2)};
    const char *json = answer(two, 2);
    cr_expect_eq(status, 201);
    cr_expect_eq(times(json, "'record_id'"), 2);
    cr_expect_eq(times(json, "},{"), 1);
}

Test(receipt, the_entity_is_told_where_it_was_said_of_one)
{
    read_record("'purpose': 'news', 'event_state': 'given', 'entity': 'west'");
    struct recorded e = stand_recorded(&s, 0, 1);
    cr_expect_eq(times(answer(&e, 1), "'purpose':'news','entity':'west','notice':{"), 1);
}

Test(receipt, a_yes_tells_what_stays_under_a_no_and_what_was_not_tied)
{
    read_record("'purpose': 'news', 'event_state': 'given'");
    struct recorded e = stand_recorded(&s, 0, 1);
    const char *json = answer(&e, 1);
    cr_expect_eq(times(json, "still_denied") + times(json, "tied") + times(json, "known"), 0, "%s", json);
    e.still_denied = 1u << IDENTIFIER_CUSTOMER | 1u << IDENTIFIER_PHONE;
    e.tied = false;
    json = answer(&e, 1);
    cr_expect_eq(times(json, "'still_denied':['phone','customer'],'tied':false,"), 1, "%s", json);
}

Test(receipt, words_that_nobody_named_are_told_as_assumed)
{
    read_record("'purpose': 'news', 'event_state': 'given'");
    struct recorded e = stand_recorded(&s, 0, 1);
    cr_expect_eq(times(answer(&e, 1), "'assumed':true}"), 1);
}

Test(receipt, what_waits_is_202_with_a_token_and_a_link)
{
    read_record("'purpose': 'offers', 'event_state': 'given'");
    struct recorded e = stand_recorded(&s, 0, 1);
    const char *json = answer(&e, 1);
    cr_expect_eq(status, 202);
    cr_expect_eq(times(json, "'event_state':'requested','effect':'pending'"), 1);
    cr_expect_eq(times(json, "'valid_until':null,'confirmation':{'token':'"), 1);
    cr_expect_eq(times(json, "'url':'https://consent.example/c/"), 1);
}

/* The token of the ${n}th receipt; static until the next call. */
static const char *token_of(const char *json, size_t n)
{
    static char token[LINK_TEXT_MAX + 1];
    const char *at = json;
    for (size_t i = 0; i <= n; i++) {
        at = strstr(at, "\"token\":\"");
        cr_assert_not_null(at, "%s", json);
        at += strlen("\"token\":\"");
    }
    size_t len = strcspn(at, "\"");
    cr_assert_leq(len, (size_t)LINK_TEXT_MAX);
    memcpy(token, at, len);
    token[len] = '\0';
    return token;
}

/* Confirms by ${token} what it names of the requests ${asked}. */
static void confirm(const char *token, const struct recorded *asked, size_t count)
{
    static struct request_row rows[8];
    struct requests_job requests = {.rows = rows};
    cr_assert_eq(
        confirmation_open(&s.keys, s.controller.controller_id, token, strlen(token), &requests.which), 0);
    for (size_t i = 0; i < count; i++) {
        if (asked[i].revision >= requests.which.revision &&
            asked[i].revision < requests.which.revision + requests.which.count &&
            rank_state(asked[i].rank) == EVENT_REQUESTED)
            rows[requests.count++] = (struct request_row){.revision = asked[i].revision,
                                                          .purpose = asked[i].purpose,
                                                          .notice = s.acts.list[i].notice,
                                                          .language = (char *)(uintptr_t) "en"};
    }
    reader_close(&s.body);
    cr_assert_eq(reader_open(&s.body, "{}", 2), ERROR_NONE);
    confirm_read(&s.env, &s.body, &requests, &s.acts);
}

Test(receipt, one_token_confirms_all_requests_of_a_body)
{
    read_record("'choices': {'offers': 'given', 'stats': 'refused', 'chat': 'given'}");
    struct recorded e[] = {stand_recorded(&s, 0, 21), stand_recorded(&s, 1, 22), stand_recorded(&s, 2, 23)};
    const char *json = answer(e, 3);
    cr_expect_eq(status, 202);
    char first[LINK_TEXT_MAX + 1];
    snprintf(first, sizeof first, "%s", token_of(json, 0));
    cr_expect_str_eq(first, token_of(json, 1));
    int32_t purposes[] = {e[0].purpose, e[2].purpose};
    confirm(first, e, 3);
    cr_assert_eq(s.acts.count, 2);
    cr_expect_eq(s.acts.list[0].purpose, purposes[0]);
    cr_expect_eq(s.acts.list[1].purpose, purposes[1]);
    cr_expect_eq(s.acts.confirmation.revision, 21);
    cr_expect_eq(s.acts.confirmation.count, 3, "as far as the last of them");
}

/* A token proves that somebody reads one mail box: it must not speak for another. */
Test(receipt, requests_that_name_another_address_have_a_token_of_their_own)
{
    static const char body[] =
        "[{'subject': [{'type': 'customer', 'value': 'c'}, {'type': 'email', 'value': 'a@example.com'}],"
        " 'collection_method': 'web_form', 'purpose': 'offers', 'event_state': 'given'},"
        " {'subject': [{'type': 'email', 'value': '%s@example.com'}, {'type': 'customer', 'value': 'c'}],"
        " 'collection_method': 'web_form', 'purpose': 'chat', 'event_state': 'given'}]";
    char first[LINK_TEXT_MAX + 1];
    stand_read(&s, consents_read, body, "a");
    struct recorded same[] = {stand_recorded(&s, 0, 21), stand_recorded(&s, 1, 22)};
    const char *json = answer(same, 2);
    snprintf(first, sizeof first, "%s", token_of(json, 0));
    cr_expect_str_eq(first, token_of(json, 1));
    stand_read(&s, consents_read, body, "b");
    struct recorded other[] = {stand_recorded(&s, 0, 21), stand_recorded(&s, 1, 22)};
    json = answer(other, 2);
    snprintf(first, sizeof first, "%s", token_of(json, 0));
    cr_expect_str_neq(first, token_of(json, 1));
}

Test(receipt, a_token_names_each_purpose_once)
{
    static const char one[] = "{" EMAIL ", 'collection_method': 'web_form', 'purpose': 'offers', "
                              "'event_state': 'given'}";
    stand_read(&s, consents_read, "[%s, %s]", one, one);
    struct recorded e[] = {stand_recorded(&s, 0, 21), stand_recorded(&s, 1, 22)};
    char first[LINK_TEXT_MAX + 1];
    const char *json = answer(e, 2);
    snprintf(first, sizeof first, "%s", token_of(json, 0));
    cr_expect_str_neq(first, token_of(json, 1));
}

Test(receipt, what_was_confirmed_is_told_by_its_purposes_whatever_is_left_of_them)
{
    read_record("'choices': {'offers': 'given', 'chat': 'given'}");
    struct recorded asked[] = {stand_recorded(&s, 0, 21), stand_recorded(&s, 1, 22)};
    char token[LINK_TEXT_MAX + 1];
    snprintf(token, sizeof token, "%s", token_of(answer(asked, 2), 0));
    confirm(token, asked, 2);
    struct recorded e[] = {stand_recorded(&s, 0, 31), stand_recorded(&s, 1, 32)};
    e[0].rank |= EVENT_GIVEN;
    e[1].rank |= EVENT_GIVEN;
    const char *json = answer(e, 2);
    cr_expect_eq(status, 201);
    cr_expect_eq(times(json, "'purpose':'offers'"), 1, "%s", json);
    cr_expect_eq(times(json, "'purpose':'chat'"), 1);
    cr_expect_eq(times(json, "'version':'2'"), 2);
    json = answer(e + 1, 1);
    cr_expect_eq(status, 201, "the other was no request any more");
    cr_expect_eq(times(json, "'purpose':'chat'"), 1);
    answer(e, 0);
    cr_expect_eq(status, 0);
    e[1].purpose = stand_number(&s, "news");
    answer(e, 2);
    cr_expect_eq(status, 0, "an event of something else");
}

Test(receipt, events_that_are_not_those_of_the_acts_give_no_answer)
{
    read_record("'choices': {'news': 'given', 'stats': 'refused'}");
    struct recorded e[] = {stand_recorded(&s, 0, 1), stand_recorded(&s, 1, 2), stand_recorded(&s, 0, 3)};
    answer(e, 0);
    cr_expect_eq(status, 0, "none is left");
    answer(e, 1);
    cr_expect_eq(status, 0, "the last was purged");
    answer(e + 1, 1);
    cr_expect_eq(status, 0, "the first was purged");
    answer(e + 1, 2);
    cr_expect_eq(status, 0, "as many, of other purposes");
    answer(e, 3);
    cr_expect_eq(status, 0, "too many");
    answer(e, 2);
    cr_expect_eq(status, 201);
}

/* ---- withdrawals ---- */

Test(receipt, a_withdrawal_tells_what_stood)
{
    read_withdrawal("'purpose': 'news'");
    struct recorded e = stand_recorded(&s, 0, 4);
    e.was = EVENT_GIVEN;
    const char *json = answer(&e, 1);
    cr_expect_eq(status, 200);
    cr_expect_eq(times(json, "{'withdrawn':[{'purpose':'news','record_id':'"), 1);
    cr_expect_eq(times(json, "'revision':4,'was':'given','effect':'applied'}],'not_stopped':[],"
                             "'effective_at':'2026-06-01T12:00:00Z'}"),
                 1, "%s", json);
}

Test(receipt, a_withdrawal_tells_where_nobody_was_known_or_nothing_was_tied)
{
    read_withdrawal("'purpose': 'news'");
    struct recorded e = stand_recorded(&s, 0, 4);
    e.known = e.tied = false;
    cr_expect_eq(times(answer(&e, 1), "'not_stopped':[],'known':false,'tied':false,'effective_at':"), 1);
}

Test(receipt, a_withdrawal_of_several_is_effective_when_the_last_of_it_is)
{
    read_withdrawal("'purpose': '*', 'object': true");
    struct recorded e[] = {stand_recorded(&s, 0, 1), stand_recorded(&s, 1, 2)};
    e[0].rank += (10 * SECOND) << RANK_TIME_SHIFT;
    const char *json = answer(e, 2);
    cr_expect_eq(status, 200);
    cr_expect_eq(times(json, "'effective_at':'2026-06-01T12:00:10Z'"), 1);
    cr_expect_lt(strstr(json, stand_json("'news'")), strstr(json, "offers"));
    answer(e, 1);
    cr_expect_eq(status, 0, "one was purged");
}

Test(receipt, a_standing_no_is_told_of_each_purpose_it_stops_and_each_that_it_does_not)
{
    read_withdrawal("'purpose': '*'");
    struct recorded e = stand_recorded(&s, 0, 1);
    const char *json = answer(&e, 1);
    cr_expect_eq(status, 200);
    cr_expect_eq(times(json, "'revision':1,'was':null,'effect':'applied'}"), 7, "%s", json);
    cr_expect_eq(times(json,
                       "'not_stopped':[{'purpose':'survey','reason':'legitimate_interest','object':true},"
                       "{'purpose':'site','reason':'exempt'}]"),
                 1);
    struct recorded others[] = {e, e};
    others[1].record_id[0] ^= 1;
    answer(others, 2);
    cr_expect_eq(status, 0, "another act's");
    e.purpose = purpose_of_channel(CHANNEL_EMAIL);
    answer(&e, 1);
    cr_expect_eq(status, 0, "another standing No");
}

Test(receipt, a_channel_is_told_of_each_purpose_it_stops)
{
    read_withdrawal("'channel': 'email'");
    struct recorded e = stand_recorded(&s, 0, 1);
    const char *json = answer(&e, 1);
    cr_expect_eq(status, 200);
    cr_expect_eq(times(json, "'revision':1,'was':null,'effect':'applied'}"), 2, "%s", json);
}

Test(receipt, what_was_objected_to_beside_a_standing_no_has_an_event_of_its_own)
{
    read_withdrawal("'channel': 'post', 'object': true");
    struct recorded e[] = {stand_recorded(&s, 0, 1), stand_recorded(&s, 1, 2)};
    const char *json = answer(e, 2);
    cr_expect_eq(status, 200);
    cr_expect_eq(times(json, "'purpose':'letters'"), 1, "%s", json);
    cr_expect_eq(times(json, "'revision':1,"), 1);
    cr_expect_eq(times(json, "'revision':2,"), 1);
    cr_expect_eq(times(json, "'not_stopped':[]"), 1);
    answer(e, 1);
    cr_expect_eq(status, 0, "the objection was purged");
}

/* The standing No came with a time of its own: before the Yes to news, after the one to stats, and offers
 * had none. */
Test(receipt, a_late_standing_no_has_an_effect_of_its_own_on_each_purpose)
{
    read_withdrawal("'purpose': '*', 'event_time': '2026-03-01T00:00:00Z'");
    struct recorded e = stand_recorded(&s, 0, 9);
    e.rank = rank_of(CLASS_CHOICE, EVENT_WITHDRAWN, false, STAND_NOW - 60 * SECOND);
    int64_t was[] = {
        stand_number(&s, "news"), rank_of(CLASS_CHOICE, EVENT_GIVEN, true, STAND_NOW - 30 * SECOND),
        stand_number(&s, "stats"), rank_of(CLASS_CHOICE, EVENT_GIVEN, true, STAND_NOW - 90 * SECOND)};
    e.was_each = was;
    e.was_each_count = 2;
    const char *json = answer(&e, 1);
    cr_expect_eq(status, 200);
    cr_expect_eq(times(json, "'was':'given','effect':'superseded'}"), 1, "%s", json);
    cr_expect_eq(times(json, "'was':'given','effect':'applied'}"), 1);
    cr_expect_eq(times(json, "'was':null,'effect':'applied'}"), 5);
    const char *news = strstr(json, stand_json("'purpose':'news'")),
               *stats = strstr(json, stand_json("'purpose':'stats'"));
    cr_expect_lt(strstr(news, "superseded"), strstr(news, "offers"), "it is news that it comes too late for");
    cr_expect_null(strstr(stats, "superseded"));
}

/* ---- kept with an idempotency key ---- */

/* The receipt of the acts, as it is kept; the caller frees it. */
static char *keep(void)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    receipt_context_write(&out, &s.acts.context);
    buf_byte(&out, '\0');
    cr_assert_not(buf_failed(&out));
    return out.data;
}

/* The answer to ${events} is the same from the receipt that was kept, with a policy that has none of the
 * purposes left. */
static void expect_replay(const struct recorded *events, size_t count, int expected)
{
    char *first = strdup(answer(events, count)), *kept = keep();
    cr_expect_eq(status, expected);
    struct stand later;
    struct reader reader;
    struct receipt_context context;
    stand_open(&later);
    later.controller.policy->purpose_count = 0;
    later.controller.policy->notice_count = 0;
    cr_assert_eq(receipt_context_read(&reader, kept, &later.arena, &context), true, "%s", kept);
    cr_expect_str_eq(stand_answer(&later, &context, events, count, &status), first);
    cr_expect_eq(status, expected);
    later.controller.policy->purpose_count = s.controller.policy->purpose_count;
    later.controller.policy->notice_count = s.controller.policy->notice_count;
    reader_close(&reader);
    stand_close(&later);
    free(kept);
    free(first);
}

Test(receipt, kept_it_gives_the_first_answer_again_word_for_word)
{
    read_record("'purpose': 'news', 'event_state': 'given', 'language': 'nl', 'entity': 'east'");
    struct recorded e[2] = {stand_recorded(&s, 0, 1)};
    expect_replay(e, 1, 201);
    read_record("'purpose': 'letters', 'event_state': 'objected'");
    e[0] = stand_recorded(&s, 0, 1);
    expect_replay(e, 1, 201);
    read_record("'choices': {'offers': 'given', 'stats': 'refused'}");
    e[0] = stand_recorded(&s, 0, 1);
    e[1] = stand_recorded(&s, 1, 2);
    expect_replay(e, 2, 202);
    read_withdrawal("'channel': 'post', 'object': true");
    e[0] = stand_recorded(&s, 0, 1);
    e[1] = stand_recorded(&s, 1, 2);
    expect_replay(e, 2, 200);
    read_record("'choices': {'offers': 'given', 'chat': 'given'}");
    e[0] = stand_recorded(&s, 0, 1);
    e[1] = stand_recorded(&s, 1, 2);
    expect_replay(e, 2, 202);
    read_withdrawal("'purpose': '*'");
    e[0] = stand_recorded(&s, 0, 1);
    expect_replay(e, 1, 200);
}

Test(receipt, kept_it_holds_nothing_of_the_person)
{
    stand_read(
        &s, consents_read,
        "{" EMAIL
        ", 'collection_method': 'web_form', 'purpose': 'news', 'event_state': 'given', 'ref': 'order-4711',"
        " 'evidence': {'ip': '192.0.2.7', 'form': 'signup', 'user_agent': 'Browser/1'}}");
    cr_assert_str_eq(stand_faults(&s), "");
    char *kept = keep();
    struct reader reader;
    cr_assert_eq(reader_open(&reader, kept, strlen(kept)), ERROR_NONE, "%s", kept);
    static const char *const private[] = {"example.com", "4711", "192.0", "signup", "Browser", "record_id"};
    for (size_t i = 0; i < sizeof private / sizeof *private; i++)
        cr_expect_null(strstr(kept, private[i]), "%s in %s", private[i], kept);
    reader_close(&reader);
    free(kept);
}

#define ACT(notice)  "{'number':1,'purpose':'news','notice':" notice ",'notice_number':0,'text':-1}"
#define CONTEXT(act) "{'kind':'record','array':true,'standing':0,'acts':[" act "],'not_stopped':[]}"

Test(receipt, what_was_not_kept_by_us_gives_no_answer)
{
    static const char *const broken[] = {
        "",
        "record one\n'purpose':'news','notice':null\n",
        "[]",
        "{}",
        "{'kind':'record'}",
        "{'kind':'other','array':true,'standing':0,'acts':[],'not_stopped':[]}",
        "{'kind':'record','array':1,'standing':0,'acts':[],'not_stopped':[]}",
        "{'kind':'record','array':true,'standing':1,'acts':[],'not_stopped':[]}",
        "{'kind':'withdraw','array':false,'standing':0,'acts':[],'not_stopped':[{'purpose':'site'}]}",
        CONTEXT("{'number':1,'purpose':'news'}"),
        CONTEXT("{'purpose':'news','notice':null}"),
        CONTEXT("{'number':1.5,'purpose':'news','notice':null}"),
        CONTEXT("{'number':1,'purpose':null,'notice':null}"),
        CONTEXT(ACT("{'id':'words'}")),
        CONTEXT(ACT("{'id':'words','version':'1','language':'nl'}")),
        CONTEXT(ACT("{'id':'words','version':'1','language':'nl','sha256':'00'}")),
    };
    struct reader reader;
    struct receipt_context context;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        cr_expect_not(receipt_context_read(&reader, stand_json(broken[i]), &s.arena, &context), "%s",
                      broken[i]);
        reader_close(&reader);
    }
    cr_expect(receipt_context_read(&reader, stand_json(CONTEXT(ACT("null"))), &s.arena, &context));
    reader_close(&reader);
}

Test(receipt, a_record_that_is_no_array_is_one)
{
    struct receipt_context context = {.kind = RECEIPT_RECORD};
    stand_answer(&s, &context, NULL, 0, &status);
    cr_expect_eq(status, 0);
}
