/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <string.h>

static struct request keyed(const struct tenant *t, const char *path, const char *key, const char *body)
{
    return (struct request){.service = t->service,
                            .path = path,
                            .token = t->token,
                            .body = body,
                            .headers = {text_of("Idempotency-Key: %s", key)}};
}

static const struct answer *send_keyed(const struct tenant *t, const char *path, const char *key,
                                       const char *body)
{
    struct request r = keyed(t, path, key, body);
    return client_send(&r);
}

static const char *given(const char *name, const char *more)
{
    return json_text(
        "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app'%s}",
        email(name), more);
}

Test(idempotency, the_same_key_and_body_give_the_first_answer_byte_for_byte)
{
    const char *const bodies[][2] = {
        {"/v1/consents", given("one", "")},
        {"/v1/consents", json_text("[%s, %s]", given("two", ""), given("three", ", 'language': 'nl'"))},
        {"/v1/consents", json_text("{'subject': [%s, %s], 'choices': {'newsletter': 'given', 'marketing': "
                                   "'refused'}, 'collection_method': 'app'}",
                                   email("four"), email("five"))},
        {"/v1/withdraw", json_text("{'subject': %s, 'purpose': 'newsletter'}", email("one"))},
        {"/v1/withdraw", json_text("{'subject': %s, 'channel': 'email'}", email("one"))},
        {"/v1/withdraw", json_text("{'subject': %s, 'purpose': '*'}", email("two"))}};
    struct tenant t = stage_tenant("same"), other = tenant_at(&t, stage_service(1));
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        const char *key = text_of("\"key-%zu\"", i);
        const struct answer *first = send_keyed(&t, bodies[i][0], key, bodies[i][1]);
        cr_assert(first->status == 200 || first->status == 201, "%s", first->body);
        long events = tenant_events(&t);
        const struct answer *again[] = {send_keyed(&t, bodies[i][0], key, bodies[i][1]),
                                        send_keyed(&other, bodies[i][0], key, bodies[i][1])};
        for (size_t k = 0; k < 2; k++) {
            cr_assert_eq(again[k]->status, first->status);
            cr_assert_str_eq(again[k]->body, first->body, "%zu", i);
        }
        cr_assert_eq(tenant_events(&t), events);
    }
}

Test(idempotency, the_first_answer_comes_again_also_when_the_policy_and_the_state_have_changed_since)
{
    struct tenant t = stage_tenant("changed-since");
    const struct answer *first = send_keyed(&t, "/v1/consents", "k", given("a", ""));
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", email("a"));
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_object_get(policy, "controller"), "name", json_string("Another name"));
    tenant_apply(&t, policy);
    const struct answer *again = send_keyed(&t, "/v1/consents", "k", given("a", ""));
    cr_assert_eq(again->status, first->status, "%s", again->body);
    cr_assert_str_eq(again->body, first->body);
    cr_assert_eq(tenant_events(&t), 2);
}

/* Sends it, takes ${purpose} out of the policy, and sends it again. */
static void comes_again_without(struct tenant *t, const char *purpose, const char *path, const char *body)
{
    const struct answer *first = send_keyed(t, path, "k", body);
    json_t *policy = tenant_policy(t), *purposes = json_object_get(policy, "purposes");
    for (size_t i = json_array_size(purposes); i-- > 0;) {
        if (strcmp(string_at(json_array_get(purposes, i), "/key"), purpose) == 0)
            json_array_remove(purposes, i);
    }
    const struct answer *applied = client_send(&(struct request){.service = t->service,
                                                                 .method = "PUT",
                                                                 .path = "/v1/policy?force=retire",
                                                                 .token = t->token,
                                                                 .body = json_dumps(policy, 0)});
    cr_assert_eq(applied->status, 200, "%s", applied->body);
    const struct answer *again = send_keyed(t, path, "k", body);
    cr_assert_eq(again->status, first->status, "%s: %s", path, again->body);
    cr_assert_str_eq(again->body, first->body);
    cr_assert_eq(tenant_events(t), 1);
}

Test(idempotency, the_first_answer_comes_again_also_when_its_purpose_has_left_the_policy)
{
    struct tenant given_to = stage_tenant("left-given"), withdrawn_from = stage_tenant("left-withdrawn");
    comes_again_without(&given_to, "newsletter", "/v1/consents", given("a", ""));
    comes_again_without(&withdrawn_from, "newsletter", "/v1/withdraw",
                        json_text("{'subject': %s, 'purpose': 'newsletter'}", email("a")));
    const struct answer *other = send_keyed(&given_to, "/v1/consents", "k", given("b", ""));
    cr_assert_eq(other->status, 422);
    expect(other->json, "{'type': 'urn:akkoord:problem:invalid'}");
}

Test(idempotency, a_key_may_be_bare_or_quoted_and_is_the_same)
{
    struct tenant t = stage_tenant("quoted");
    const struct answer *bare = send_keyed(&t, "/v1/consents", "8e03978e-40d5", given("a", ""));
    const struct answer *quoted = send_keyed(&t, "/v1/consents", "\"8e03978e-40d5\"", given("a", ""));
    cr_assert_str_eq(bare->body, quoted->body);
    cr_assert_eq(tenant_events(&t), 1);
}

Test(idempotency, the_same_key_with_another_body_or_route_is_422_and_writes_nothing)
{
    struct tenant t = stage_tenant("reused");
    send_keyed(&t, "/v1/consents", "k", given("a", ""));
    const struct answer *other = send_keyed(&t, "/v1/consents", "k", given("b", ""));
    cr_assert_eq(other->status, 422);
    expect(other->json, "{'type': 'urn:akkoord:problem:key-reused'}");
    const struct answer *route = send_keyed(
        &t, "/v1/withdraw", "k", json_text("{'subject': %s, 'purpose': 'newsletter'}", email("a")));
    cr_assert_eq(route->status, 422);
    expect(route->json, "{'type': 'urn:akkoord:problem:key-reused'}");
    cr_assert_eq(tenant_events(&t), 1);
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "granted");
}

Test(idempotency, twenty_at_once_are_one_event_and_one_answer)
{
    enum { COUNT = 20 };
    struct tenant t = stage_tenant("at-once"), other = tenant_at(&t, stage_service(1));
    struct request requests[COUNT];
    const struct answer *answers[COUNT];
    for (int i = 0; i < COUNT; i++)
        requests[i] = keyed(i % 2 == 0 ? &t : &other, "/v1/consents", "\"at-once\"", given("a", ""));
    client_send_all(requests, COUNT, answers);
    for (int i = 0; i < COUNT; i++) {
        cr_assert_eq(answers[i]->status, 201, "%s", answers[i]->body);
        cr_assert_str_eq(answers[i]->body, answers[0]->body);
    }
    cr_assert_eq(tenant_events(&t), 1);
}

Test(idempotency, another_body_at_the_same_time_is_one_event_and_one_refusal)
{
    struct tenant t = stage_tenant("race"), other = tenant_at(&t, stage_service(1));
    for (int round = 0; round < 10; round++) {
        const char *key = text_of("race-%d", round);
        struct request requests[] = {keyed(&t, "/v1/consents", key, given("a", "")),
                                     keyed(&other, "/v1/consents", key, given("b", ""))};
        const struct answer *answers[2];
        client_send_all(requests, 2, answers);
        cr_assert_eq(answers[0]->status + answers[1]->status, 201 + 422, "%d and %d", answers[0]->status,
                     answers[1]->status);
    }
    cr_assert_eq(tenant_events(&t), 10);
}

Test(idempotency, another_client_or_controller_with_the_same_key_is_on_its_own)
{
    struct tenant t = stage_tenant("client-a"), colleague = t, stranger = stage_tenant("client-b");
    colleague.token = token_of(t.keyring, t.key, TENANT_SCOPES, "teller");
    const struct answer *mine = send_keyed(&t, "/v1/consents", "k", given("a", ""));
    const struct answer *theirs = send_keyed(&colleague, "/v1/consents", "k", given("b", ""));
    const struct answer *elsewhere = send_keyed(&stranger, "/v1/consents", "k", given("c", ""));
    cr_assert_eq(mine->status, 201);
    cr_assert_eq(theirs->status, 201);
    cr_assert_eq(elsewhere->status, 201);
    cr_assert_eq(tenant_events(&t), 2);
    cr_assert_eq(tenant_events(&stranger), 1);
}

Test(idempotency, after_an_answer_that_wrote_nothing_the_key_is_free)
{
    struct tenant t = stage_tenant("free");
    cr_assert_eq(send_keyed(&t, "/v1/consents", "k", given("a", ", 'ref': 1"))->status, 422);
    cr_assert_eq(
        send_keyed(&t, "/v1/consents", "k", given("a", text_of(", 'event_time': '%s'", time_from_now(600))))
            ->status,
        422);
    cr_assert_eq(send_keyed(&t, "/v1/consents", "k", given("a", ""))->status, 201);
    cr_assert_eq(tenant_events(&t), 1);
}

Test(idempotency, a_key_that_is_none_is_400)
{
    char *long_key = calloc(1, 300);
    memset(long_key, 'k', 256);
    const char *const wrong[] = {"\"\"", "two words", "\"a\"b\"", "caf\u00e9", long_key, NULL};
    struct tenant t = stage_tenant("no-key");
    for (size_t i = 0; wrong[i] != NULL; i++) {
        const struct answer *a = send_keyed(&t, "/v1/consents", wrong[i], given("a", ""));
        cr_assert_eq(a->status, 400, "%s: %d", wrong[i], a->status);
        expect(a->json, "{'type': 'urn:akkoord:problem:bad-request'}");
    }
    cr_assert_eq(tenant_events(&t), 0);
    long_key[255] = '\0';
    cr_assert_eq(send_keyed(&t, "/v1/consents", long_key, given("a", ""))->status, 201);
}

Test(idempotency, neither_key_nor_body_is_stored_in_clear)
{
    struct tenant t = stage_tenant("hashed");
    send_keyed(&t, "/v1/consents", "key-" MARK, given("a", ""));
    cr_assert_eq(database_number(stage_database(), "select count(*) from idempotency i join controller c "
                                                   "using (controller_id) where c.key = 'hashed'"),
                 1);
    cr_assert_null(database_mentions(stage_database(), "key-" MARK));
}

/* Sends what staff writes, with a key of its own, and remembers the answer. */
struct written {
    const char *path, *key, *body;
    const struct answer *first;
};

static const json_t *write_keyed(const struct tenant *t, struct written *w, int status, const char *path,
                                 const char *body)
{
    static int keys;
    *w = (struct written){.path = path, .key = text_of("staff-%d", keys++), .body = json_text("%s", body)};
    w->first = send_keyed(t, path, w->key, w->body);
    cr_assert_eq(w->first->status, status, "%s: %s", path, w->first->body);
    return w->first->json;
}

Test(idempotency, what_staff_writes_is_answered_again_whatever_became_of_it)
{
    enum { EXTEND = 1, CLOSE = 5, BREACH = 6, KEPT = 10 };
    struct tenant t = stage_tenant("staff"), other = tenant_at(&t, stage_service(1));
    json_t *policy = tenant_policy(&t);
    json_object_set_new(
        policy, "retention",
        json_of("{'rules': [{'purpose': 'newsletter', 'data_class': 'invoices', 'duration': "
                "'P7Y', 'after': 'contract_end', 'source': 'tax law', 'review_date': '2027-01-01'}]}"));
    tenant_apply(&t, policy);
    struct written w[KEPT];
    const char *subject = string_at(post(&t, 201, "/v1/consents", "%s", given("person", "")), "/subject_id");
    const json_t *asked =
        write_keyed(&t, &w[0], 201, "/v1/rights-requests",
                    text_of("{'kind': 'access', 'subject_id': '%s', 'ref': 'crm-7'}", subject));
    const char *request = text_of("/v1/rights-requests/%s/", string_at(asked, "/request_id"));
    static const struct {
        const char *action, *body;
    } changes[] = {{"extend", "{'reason': 'four systems'}"},
                   {"pause", "{'reason': 'who asks is not sure'}"},
                   {"resume", "{}"},
                   {"identity", "{'method': 'callback', 'outcome': 'verified'}"},
                   {"close", "{'reason': 'a letter was sent'}"}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        write_keyed(&t, &w[EXTEND + i], 200, text_of("%s%s", request, changes[i].action), changes[i].body);
    const json_t *breach = write_keyed(&t, &w[BREACH], 201, "/v1/breaches",
                                       "{'facts': 'a laptop was stolen', 'high_risk': false}");
    const char *path = text_of("/v1/breaches/%s", string_at(breach, "/breach_id"));
    write_keyed(&t, &w[BREACH + 1], 200, path, "{'effects': 'none seen'}");
    write_keyed(&t, &w[BREACH + 2], 200, path, "{'effects': 'some seen after all'}");
    write_keyed(&t, &w[BREACH + 3], 201, text_of("/v1/subjects/%s/retention-events", subject),
                "{'event': 'contract_end'}");
    static const char entries[] = "select count(*) from audit a join controller c using (controller_id) "
                                  "where c.key = 'staff'";
    long audited = database_number(stage_database(), entries);
    for (size_t i = 0; i < KEPT; i++) {
        const struct answer *again[] = {send_keyed(&t, w[i].path, w[i].key, w[i].body),
                                        send_keyed(&other, w[i].path, w[i].key, w[i].body)};
        for (size_t k = 0; k < 2; k++) {
            cr_expect_eq(again[k]->status, w[i].first->status, "%s: %s", w[i].path, again[k]->body);
            cr_expect_str_eq(again[k]->body, w[i].first->body);
        }
        const struct answer *reused = send_keyed(&t, w[i].path, w[(i + 1) % KEPT].key, w[i].body);
        cr_expect_eq(reused->status, 422);
        cr_expect_not_null(strstr(reused->body, "urn:akkoord:problem:key-reused"), "%s", reused->body);
    }
    cr_expect_eq(database_number(stage_database(), entries), audited, "nothing was done again");

    /* what was told of somebody goes with them */
    post(&t, 200, text_of("/v1/subjects/%s/erase", subject), "{}");
    cr_expect_null(database_mentions(stage_database(), "four systems"));
    cr_expect_null(database_mentions(stage_database(), "crm-7"));
    const struct answer *gone = send_keyed(&t, w[CLOSE].path, w[CLOSE].key, w[CLOSE].body);
    cr_expect_eq(gone->status, 409, "%s", gone->body);
}
