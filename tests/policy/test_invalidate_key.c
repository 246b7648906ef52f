/* SPDX-License-Identifier: Apache-2.0 */
#include "policies.h"

#include "harness/process.h"

#include <criterion/criterion.h>
#include <string.h>

/* POST /v1/consents/invalidate with an Idempotency-Key. */

static void give(const struct tenant *t, const char *name)
{
    post(t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app'}",
         email(name));
}

static const char *body_of(const char *purpose, const char *reason)
{
    return json_text("{'purpose': '%s', 'period': {'from': '2020-01-01T00:00:00Z'}, 'reason': '%s'}", purpose,
                     reason);
}

static struct request keyed(const struct tenant *t, const char *query, const char *body)
{
    return (struct request){.service = t->service,
                            .path = text_of("/v1/consents/invalidate%s", query),
                            .token = t->token,
                            .body = body,
                            .headers = {"Idempotency-Key: \"once\""}};
}

static const struct answer *send(const struct tenant *t, const char *query, const char *body)
{
    struct request r = keyed(t, query, body);
    return client_send(&r);
}

static void expect_answer(const struct answer *a, int status, const char *json)
{
    cr_expect_eq(a->status, status, "%d: %s", a->status, a->body);
    expect(a->json, "%s", json);
}

/* As the database has it that an earlier process got so far. ${until}: of its
 * claim, in seconds since 1970. */
static void claim_set(const struct tenant *t, const char *until, int after, int count)
{
    database_value(stage_database(),
                   "update idempotency i set context = '{\"until\": %s, \"after\": %d, \"matched\": %d, "
                   "\"invalidated\": %d}' "
                   "from controller c where c.controller_id = i.controller_id and c.key = '%s'",
                   until, after, count, count, t->key);
}

Test(invalidate_key, the_same_key_and_body_give_the_first_answer_and_write_nothing)
{
    struct tenant t = stage_tenant("key-same"), other = tenant_at(&t, stage_service(1));
    const char *body = body_of("newsletter", "misled");
    give(&t, "a");
    give(&t, "b");
    const struct answer *first = send(&t, "", body);
    expect_answer(first, 200, "{'matched': 2, 'invalidated': 2}");
    give(&t, "c");
    long events = tenant_events(&t);
    const struct answer *again[] = {send(&t, "", body), send(&other, "", body)};
    for (size_t i = 0; i < 2; i++) {
        cr_expect_eq(again[i]->status, 200);
        cr_expect_str_eq(again[i]->body, first->body);
    }
    cr_expect_eq(tenant_events(&t), events);
    cr_expect_str_eq(reason_of(&t, "c", "newsletter"), "granted");
}

Test(invalidate_key, another_body_query_or_route_is_422)
{
    struct tenant t = stage_tenant("key-other");
    give(&t, "a");
    expect_answer(send(&t, "", body_of("newsletter", "misled")), 200, "{'matched': 1}");
    give(&t, "b");
    const char *reused = "{'type': 'urn:akkoord:problem:key-reused'}";
    expect_answer(send(&t, "", body_of("newsletter", "other")), 422, reused);
    expect_answer(send(&t, "?rehearse=false", body_of("newsletter", "misled")), 422, reused);
    expect(post_with(&t, 422, "/v1/withdraw", "Idempotency-Key: once", "{'subject': %s, 'purpose': '*'}",
                     email("b")),
           "%s", reused);
    cr_expect_str_eq(reason_of(&t, "b", "newsletter"), "granted");
    post_with(&t, 200, "/v1/withdraw", "Idempotency-Key: stop", "{'subject': %s, 'purpose': 'newsletter'}",
              email("b"));
    expect(post_with(&t, 422, "/v1/consents/invalidate", "Idempotency-Key: stop",
                     "{'purpose': 'newsletter', 'form': 'f', 'reason': 'r'}"),
           "%s", reused);
}

Test(invalidate_key, a_rehearsal_uses_up_no_key)
{
    struct tenant t = stage_tenant("key-rehearse");
    const char *body = body_of("newsletter", "misled");
    give(&t, "a");
    expect_answer(send(&t, "?rehearse=true", body), 200, "{'matched': 1, 'invalidated': 0}");
    give(&t, "b");
    expect_answer(send(&t, "?rehearse=true", body), 200, "{'matched': 2, 'invalidated': 0}");
    expect_answer(send(&t, "", body), 200, "{'matched': 2, 'invalidated': 2}");
    expect_answer(send(&t, "?rehearse=true", body), 200, "{'matched': 0, 'invalidated': 0}");
}

Test(invalidate_key, while_the_first_runs_a_repeat_is_told_so)
{
    struct tenant t = stage_tenant("key-running");
    const char *body = body_of("newsletter", "misled");
    send(&t, "", body);
    give(&t, "a");
    claim_set(&t, "none", 0, 0); /* which is no JSON: as the context of another route need not be */
    expect_answer(send(&t, "", body_of("newsletter", "other")), 422,
                  "{'type': 'urn:akkoord:problem:key-reused'}");
    claim_set(&t, "9999999999", 0, 0);
    expect_answer(send(&t, "", body), 409, "{'type': 'urn:akkoord:problem:in-progress'}");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
}

Test(invalidate_key, whose_process_died_is_gone_on_with_where_it_stopped)
{
    struct tenant t = stage_tenant("key-died");
    const char *body = body_of("newsletter", "misled");
    send(&t, "", body);
    give(&t, "a");
    give(&t, "b");
    claim_set(&t, "1000000000", 1, 40);
    expect_answer(send(&t, "", body), 200, "{'matched': 41, 'invalidated': 41}");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted", "the first subject was looked at before");
    cr_expect_str_eq(reason_of(&t, "b", "newsletter"), "invalidated");
    expect_answer(send(&t, "", body), 200, "{'matched': 41, 'invalidated': 41}");
}

Test(invalidate_key, a_day_later_the_key_is_new)
{
    struct tenant t = stage_tenant("key-day");
    give(&t, "a");
    expect_answer(send(&t, "", body_of("newsletter", "misled")), 200, "{'matched': 1}");
    give(&t, "b");
    database_value(
        stage_database(),
        "update idempotency i set recorded_at = recorded_at - interval '24 hours' from controller c "
        "where c.controller_id = i.controller_id and c.key = '%s'",
        t.key);
    expect_answer(send(&t, "", body_of("newsletter", "other")), 200, "{'matched': 1, 'invalidated': 1}");
}

Test(invalidate_key, what_was_refused_may_be_sent_again_with_its_key)
{
    struct tenant t = stage_tenant("key-refused");
    const char *body = body_of("letters", "misled");
    expect_answer(send(&t, "", body), 422, "{'type': 'urn:akkoord:problem:unknown-purpose'}");
    expect_answer(send(&t, "", "{"), 400, "{'type': 'urn:akkoord:problem:not-json'}");
    expect_answer(send(&t, "?after=nobody", body), 422, "{'type': 'urn:akkoord:problem:invalid'}");
    json_t *policy = tenant_policy(&t), *purposes = json_object_get(policy, "purposes");
    json_t *more = json_deep_copy(json_array_get(purposes, 0));
    json_object_set_new(more, "key", json_string("letters"));
    json_array_append_new(purposes, more);
    tenant_apply(&t, policy);
    expect_answer(send(&t, "", body), 200, "{'matched': 0, 'invalidated': 0}");
}

Test(invalidate_key, its_answer_comes_again_when_the_purpose_has_left_the_policy)
{
    struct tenant t = stage_tenant("key-left");
    const char *body = body_of("newsletter", "misled");
    expect_answer(send(&t, "", body), 200, "{'matched': 0}");
    json_t *policy = tenant_policy(&t), *purposes = json_object_get(policy, "purposes");
    for (size_t i = json_array_size(purposes); i-- > 0;) {
        if (strcmp(string_at(json_array_get(purposes, i), "/key"), "newsletter") == 0)
            json_array_remove(purposes, i);
    }
    tenant_apply(&t, policy);
    expect_answer(send(&t, "", body), 200, "{'matched': 0, 'invalidated': 0}");
}

Test(invalidate_key, of_many_at_once_one_works_and_each_consent_is_invalidated_once)
{
    enum { AT_ONCE = 8, PEOPLE = 5 };
    struct tenant t = stage_tenant("key-once");
    struct tenant other = tenant_at(&t, stage_service(1));
    struct request requests[AT_ONCE];
    const struct answer *answers[AT_ONCE];
    for (int i = 0; i < PEOPLE; i++)
        give(&t, text_of("p%d", i));
    for (size_t i = 0; i < AT_ONCE; i++)
        requests[i] = keyed(i % 2 == 0 ? &t : &other, "", body_of("newsletter", "misled"));
    client_send_all(requests, AT_ONCE, answers);
    size_t done = 0;
    for (size_t i = 0; i < AT_ONCE; i++) {
        cr_expect(answers[i]->status == 200 || answers[i]->status == 409, "%d", answers[i]->status);
        done += answers[i]->status == 200;
        if (answers[i]->status == 200)
            expect(answers[i]->json, "{'matched': %d, 'invalidated': %d}", PEOPLE, PEOPLE);
    }
    cr_expect_geq(done, 1);
    cr_expect_eq(tenant_events(&t), 2 * PEOPLE);
}

Test(invalidate_key, a_key_that_is_none_is_400)
{
    struct tenant t = stage_tenant("key-none");
    expect(post_with(&t, 400, "/v1/consents/invalidate", "Idempotency-Key: \"", "%s",
                     body_of("newsletter", "r")),
           "{'type': 'urn:akkoord:problem:bad-request'}");
}
