/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const json_t *say(const struct tenant *t, const char *name, const char *purpose, const char *state)
{
    return post(
        t, 201, "/v1/consents",
        "{'subject': %s, 'purpose': '%s', 'event_state': '%s', 'collection_method': 'app', 'ref': 'ref-%s'}",
        email(name), purpose, state, name);
}

static const char *subject_of(const struct tenant *t, const char *name)
{
    return string_at(post(t, 200, "/v1/subjects/lookup", "{'subject': %s}", email(name)), "/subject_id");
}

/* ---- lookup, state and history ---- */

Test(reading, a_lookup_finds_the_first_identifier_that_is_known_and_writes_nothing)
{
    struct tenant t = stage_tenant("lookup");
    const char *a = string_at(say(&t, "a", "newsletter", "given"), "/subject_id"),
               *b = string_at(say(&t, "b", "newsletter", "given"), "/subject_id");
    cr_assert_str_neq(a, b);
    cr_assert_str_eq(subject_of(&t, "a"), a);
    expect(post(&t, 200, "/v1/subjects/lookup", "{'subject': [%s, %s, %s]}", email("unseen"), email("b"),
                email("a")),
           "{'subject_id': '%s'}", b);
    expect(post(&t, 404, "/v1/subjects/lookup", "{'subject': %s}", email("unseen")),
           "{'type': 'urn:akkoord:problem:not-found'}");
    post(&t, 404, "/v1/subjects/lookup", "{'subject': [%s, %s]}", email("unseen"), email("unseen-too"));
    post(&t, 404, "/v1/subjects/lookup", "{'subject': %s}", email("unseen"));
    cr_assert_eq(tenant_events(&t), 2);
}

Test(reading, a_subjects_states_come_in_the_policys_order_with_the_event_that_proves_each)
{
    struct tenant t = stage_tenant("states");
    const json_t *yes = say(&t, "a", "marketing", "given");
    say(&t, "a", "newsletter", "given");
    const json_t *no = say(&t, "a", "newsletter", "refused");
    const json_t *states = get(&t, 200, "/v1/subjects/%s/consents", string_at(yes, "/subject_id"));
    expect(states,
           "{'subject_id': '%s', 'consents': ["
           "{'purpose': 'newsletter', 'verdict': {'allow': false, 'reason': 'refused', 'revision': 3}, "
           "'event': {'record_id': '%s', 'revision': 3, 'purpose': 'newsletter', 'event_state': 'refused', "
           "'collection_method': 'app', 'ref': 'ref-a', 'actor': 'tester', 'policy_version': 1, "
           "'expressed_by': {'role': 'self'}}},"
           "{'purpose': 'marketing', 'verdict': {'allow': true, 'reason': 'granted'}, 'event': {'record_id': "
           "'%s', 'revision': 1, 'event_state': 'given', 'notice': {'id': 'marketing', 'version': '1'}}},"
           "{'purpose': 'analytics', 'verdict': {'allow': false, 'reason': 'never_asked'}, 'event': null},"
           "{'purpose': 'functional', 'verdict': {'allow': true, 'reason': 'not_required'}, 'event': null}]}",
           string_at(yes, "/subject_id"), string_at(no, "/record_id"), string_at(yes, "/record_id"));
}

Test(reading, a_standing_no_proves_every_state_it_overrules)
{
    struct tenant t = stage_tenant("standing");
    say(&t, "a", "newsletter", "given");
    const char *id = string_at(post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", email("a")),
                               "/withdrawn/0/record_id");
    const json_t *states = get(&t, 200, "/v1/subjects/%s/consents", subject_of(&t, "a"));
    for (int i = 0; i < 3; i++)
        expect(json_at(states, text_of("/consents/%d", i)),
               "{'verdict': {'reason': 'withdrawn'}, 'event': {'record_id': '%s', 'purpose': '*', "
               "'event_state': 'withdrawn'}}",
               id);
}

Test(reading, history_tells_every_event_oldest_first_superseded_ones_too)
{
    struct tenant t = stage_tenant("history");
    say(&t, "a", "newsletter", "given");
    say(&t, "b", "newsletter", "given");
    say(&t, "a", "newsletter", "refused");
    post(&t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'event_time': "
         "'2020-06-01T00:00:00Z', 'collection_method': 'app'}",
         email("a"));
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", email("a"));
    const char *id = subject_of(&t, "a");
    expect(get(&t, 200, "/v1/subjects/%s/history", id),
           "{'events': [{'revision': 1, 'subject_id': '%s', 'event_state': 'given', 'effect': 'applied'}, "
           "{'revision': 3, 'event_state': 'refused'}, {'revision': 4, 'effect': 'superseded'}, {'revision': "
           "5, 'purpose': '*', 'event_state': 'withdrawn', 'reason': 'person', 'collection_method': 'api'}], "
           "'next': null}",
           id);
}

Test(reading, history_pages_by_revision_until_next_is_null)
{
    struct tenant t = stage_tenant("pages");
    for (int i = 0; i < 7; i++)
        say(&t, "a", i % 2 == 0 ? "newsletter" : "marketing", "given");
    const char *id = subject_of(&t, "a");
    long after = 0, seen = 0;
    for (int page = 0; page < 10; page++) {
        const json_t *history = get(&t, 200, "/v1/subjects/%s/history?after=%ld&limit=3", id, after);
        const json_t *events = json_at(history, "/events");
        for (size_t i = 0; i < json_array_size(events); i++)
            cr_assert_eq(number_at(events, text_of("/%zu/revision", i)), ++seen);
        if (json_is_null(json_at(history, "/next")))
            break;
        after = number_at(history, "/next");
        cr_assert_eq(after, seen);
    }
    cr_assert_eq(seen, 7);
    expect(get(&t, 200, "/v1/subjects/%s/history?after=4&limit=3", id),
           "{'events': [{'revision': 5}, {'revision': 6}, {'revision': 7}], 'next': null}");
}

Test(reading, a_subject_that_is_not_there_is_404)
{
    struct tenant t = stage_tenant("no-subject");
    const char *id = string_at(say(&t, "a", "newsletter", "given"), "/subject_id");
    const char *const wrong[] = {"nobody",
                                 "0",
                                 "%00",
                                 "%2e%2e",
                                 "*",
                                 "{id}", /* as the routes are written down */
                                 text_of("%sx", id),
                                 text_of("%.*s", (int)strlen(id) - 1, id),
                                 text_of("%c%s", id[0] == 'A' ? 'B' : 'A', id + 1),
                                 NULL};
    for (size_t i = 0; wrong[i] != NULL; i++) {
        get(&t, 404, "/v1/subjects/%s/consents", wrong[i]);
        get(&t, 404, "/v1/subjects/%s/history", wrong[i]);
    }
}

Test(reading, a_query_that_is_wrong_is_422)
{
    static const char *const wrong[] = {
        "?limit=0",         "?limit=1001", "?limit=x",   "?limit=",
        "?limit=1&limit=1", "?after=-1",   "?after=1.5", "?after=99999999999999999999",
        "?after=1000",      "?afterr=1",   "?limit=+1",  NULL};
    struct tenant t = stage_tenant("query");
    const char *id = string_at(say(&t, "a", "newsletter", "given"), "/subject_id");
    for (size_t i = 0; wrong[i] != NULL; i++) {
        get(&t, 422, "/v1/changes%s", wrong[i]);
        get(&t, 422, "/v1/subjects/%s/history%s", id, wrong[i]);
    }
    get(&t, 422, "/v1/changes?wait=31");
    get(&t, 422, "/v1/changes?wait=-1");
    get(&t, 422, "/v1/subjects/%s/consents?x=1", id);
    expect(get(&t, 422, "/v1/changes?purpose=newsleter"), "{'type': 'urn:akkoord:problem:unknown-purpose'}");
}

/* ---- changes ---- */

Test(reading, changes_tell_the_ledger_in_order_with_the_verdict_of_now)
{
    struct tenant t = stage_tenant("changes");
    const char *a = string_at(say(&t, "a", "newsletter", "given"), "/subject_id");
    say(&t, "b", "marketing", "given");
    say(&t, "a", "newsletter", "withdrawn");
    expect(
        get(&t, 200, "/v1/changes"),
        "{'changes': [{'revision': 1, 'subject_id': '%s', 'ref': 'ref-a', 'purpose': 'newsletter', "
        "'event_state': 'given', 'allow': false, 'reason': 'withdrawn'},"
        "{'revision': 2, 'purpose': 'marketing', 'event_state': 'given', 'allow': true, 'reason': 'granted'},"
        "{'revision': 3, 'event_state': 'withdrawn', 'allow': false, 'reason': 'withdrawn'}], 'next': 3, "
        "'head': 3}",
        a);
    expect(get(&t, 200, "/v1/changes?after=3"), "{'changes': [], 'next': 3, 'head': 3}");
    expect(get(&t, 200, "/v1/changes?after=1&limit=1"),
           "{'changes': [{'revision': 2}], 'next': 2, 'head': 3}");
}

Test(reading, changes_of_one_purpose_pass_over_the_others_and_tell_a_standing_no)
{
    struct tenant t = stage_tenant("one-purpose");
    for (int i = 0; i < 6; i++)
        say(&t, text_of("n%d", i), i % 2 == 0 ? "newsletter" : "analytics", "given");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", email("n0"));
    say(&t, "n9", "marketing", "given");
    expect(get(&t, 200, "/v1/changes?purpose=newsletter"),
           "{'changes': [{'revision': 1, 'allow': false}, {'revision': 3, 'allow': true}, {'revision': 5}, "
           "{'revision': 7, 'purpose': '*', 'event_state': 'withdrawn', 'allow': false, 'reason': "
           "'withdrawn'}], 'next': 8, 'head': 8}");
    expect(get(&t, 200, "/v1/changes?purpose=newsletter&limit=2"),
           "{'changes': [{'revision': 1}, {'revision': 3}], 'next': 3, 'head': 8}");
    expect(get(&t, 200, "/v1/changes?purpose=newsletter&after=7"), "{'changes': [], 'next': 8}");
}

Test(reading, changes_page_without_skipping_or_repeating_while_others_write)
{
    enum { WRITES = 120 };
    struct tenant t = stage_tenant("paging");
    struct request requests[WRITES];
    const struct answer *answers[WRITES];
    fflush(NULL);
    pid_t writer = fork();
    if (writer == 0) {
        for (int i = 0; i < WRITES; i++)
            requests[i] =
                (struct request){.service = stage_service(i % 2),
                                 .path = "/v1/consents",
                                 .token = t.token,
                                 .body = json_text("{'subject': %s, 'purpose': 'newsletter', 'event_state': "
                                                   "'given', 'collection_method': 'app'}",
                                                   email(text_of("n%d", i)))};
        for (int i = 0; i < WRITES; i += 20)
            client_send_all(requests + i, 20, answers + i);
        _exit(0);
    }
    long after = 0;
    for (long until = clock_ms() + 60000; after < WRITES && clock_ms() < until;) {
        struct tenant at = tenant_at(&t, stage_service((int)(after % 2)));
        const json_t *page = get(&at, 200, "/v1/changes?after=%ld&limit=7&wait=5", after);
        const json_t *changes = json_at(page, "/changes");
        for (size_t i = 0; i < json_array_size(changes); i++)
            cr_assert_eq(number_at(changes, text_of("/%zu/revision", i)), ++after);
        cr_assert_eq(number_at(page, "/next"), after);
    }
    cr_assert_eq(after, WRITES);
    cr_assert_eq(process_wait(writer, 30000), 0);
}

/* A revision that is taken and not yet committed holds back those above it: they wait for the same lock. */
Test(reading, changes_never_skip_one_that_commits_late)
{
    struct tenant t = stage_tenant("late");
    say(&t, "a", "newsletter", "given");
    PGconn *session = database_session(stage_database());
    session_run(session, "begin");
    session_run(session, "select from head natural join controller where key = 'late' for update of head");
    fflush(NULL);
    pid_t children[2];
    for (int i = 0; i < 2; i++) {
        if ((children[i] = fork()) == 0) {
            struct tenant at = tenant_at(&t, stage_service(i));
            say(&at, text_of("late-%d", i), "newsletter", "given");
            _exit(0);
        }
    }
    cr_assert(session_blocks(session, 10000));
    expect(get(&t, 200, "/v1/changes?after=1"), "{'changes': [], 'next': 1, 'head': 1}");
    session_run(session, "commit");
    PQfinish(session);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(process_wait(children[i], 20000), 0);
    expect(get(&t, 200, "/v1/changes?after=1"), "{'changes': [{'revision': 2}, {'revision': 3}], 'next': 3}");
}

/* Sends a long poll at the other service and, once it waits, ${act}; returns
 * what came and how long it took. */
static const struct answer *poll_while(const struct tenant *t, const char *path, const char *body,
                                       long *ret_ms)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        sleep_ms(500);
        post(t, 201, "/v1/consents", "%s", body);
        _exit(0);
    }
    long start = clock_ms();
    const struct answer *a =
        client_send(&(struct request){.service = stage_service(1), .path = path, .token = t->token});
    *ret_ms = clock_ms() - start;
    cr_assert_eq(process_wait(child, 20000), 0);
    return a;
}

Test(reading, a_long_poll_wakes_on_a_write_through_the_other_service)
{
    long ms;
    struct tenant t = stage_tenant("wakes");
    say(&t, "a", "newsletter", "given");
    const struct answer *a = poll_while(
        &t, "/v1/changes?after=1&wait=30",
        json_text(
            "{'subject': %s, 'purpose': 'marketing', 'event_state': 'refused', 'collection_method': 'app'}",
            email("a")),
        &ms);
    cr_assert_eq(a->status, 200);
    expect(a->json, "{'changes': [{'revision': 2, 'purpose': 'marketing', 'allow': false, 'reason': "
                    "'refused'}], 'next': 2, 'head': 2}");
    cr_assert_lt(ms, 25000, "it was not woken: %ld ms", ms);
}

Test(reading, a_long_poll_of_one_purpose_is_not_answered_by_another)
{
    long ms;
    struct tenant t = stage_tenant("sleeps");
    say(&t, "a", "newsletter", "given");
    const struct answer *a = poll_while(
        &t, "/v1/changes?after=1&wait=3&purpose=newsletter",
        json_text(
            "{'subject': %s, 'purpose': 'marketing', 'event_state': 'refused', 'collection_method': 'app'}",
            email("a")),
        &ms);
    cr_assert_eq(a->status, 200);
    expect(a->json, "{'changes': [], 'next': 2, 'head': 2}");
    cr_assert_geq(ms, 2900);
}

Test(reading, a_long_poll_without_news_ends_empty_when_its_time_is_over)
{
    struct tenant t = stage_tenant("empty");
    long start = clock_ms();
    expect(get(&t, 200, "/v1/changes?wait=1"), "{'changes': [], 'next': 0, 'head': 0}");
    cr_assert_geq(clock_ms() - start, 900);
    say(&t, "a", "newsletter", "given");
    start = clock_ms();
    expect(get(&t, 200, "/v1/changes?wait=30"), "{'changes': [{}]}");
    cr_assert_lt(clock_ms() - start, 25000);
}
