/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* `akkoord token revoke`: a token taken back is refused by every node, with its next request. */

static int revoke(const struct keyring *keyring, const char *const flags[])
{
    const char *argv[16] = {HARNESS_PROGRAM, "token", "revoke"};
    const char *const settings[] = {text_of("AKKOORD_DATABASE=%s", stage_database()->service),
                                    text_of("AKKOORD_SUBJECT_KEY_FILE=%s", keyring->subject_key_file),
                                    text_of("AKKOORD_JWT_SECRET_FILE=%s", keyring->secret_file), NULL};
    for (size_t i = 0; flags[i] != NULL; i++)
        argv[3 + i] = flags[i];
    return process_run(argv, settings, NULL);
}

static int revoke_token(const struct tenant *t)
{
    const char *file = text_of("%s/%s.token", t->keyring->dir, t->key);
    cr_assert_eq(file_write(file, text_of("%s\n", t->token)), 0);
    return revoke(t->keyring, (const char *const[]){"--token-file", file, NULL});
}

static const struct answer *ask(const struct tenant *t, const char *method, const char *path,
                                const char *type, const char *body)
{
    return client_send(&(struct request){.service = t->service,
                                         .method = method,
                                         .path = path,
                                         .token = t->token,
                                         .content_type = type,
                                         .body = body});
}

Test(revoke, every_node_refuses_it_by_its_next_request)
{
    struct tenant t = stage_tenant("revoke"), other = tenant_at(&t, stage_service(1)), good = t;
    good.token = token_of(t.keyring, "revoke", TENANT_SCOPES, "tester");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "never_asked");
    cr_assert_str_eq(reason_of(&other, "a", "newsletter"), "never_asked");
    cr_assert_eq(revoke_token(&t), 0);
    for (int i = 0; i < 8; i++) { /* each thread of a node holds what it knows for itself */
        const struct answer *a = ask(i % 2 == 0 ? &t : &other, "POST", "/v1/check", "application/json",
                                     json_text("{'subject': %s, 'purpose': 'newsletter'}", email("a")));
        cr_assert_eq(a->status, 401, "%d: %s", i, a->body);
        expect(a->json, "{'type': 'urn:akkoord:problem:invalid-token', 'detail': 'The token has been "
                        "revoked.', 'allow': false}");
        cr_assert_not_null(strstr(answer_header(a, "www-authenticate"), "error=\"invalid_token\""));
    }
    cr_assert_str_eq(reason_of(&good, "a", "newsletter"), "never_asked");
}

Test(revoke, nothing_is_done_or_shown_with_it)
{
    static const struct {
        const char *method, *path, *type, *body;
    } requests[] = {
        {"POST", "/v1/consents", "application/json",
         "{\"subject\":{\"type\":\"visitor\",\"value\":\"x\"},\"purpose\":\"newsletter\",\"event_state\":"
         "\"given\",\"collection_method\":\"app\"}"},
        {"POST", "/v1/withdraw", "application/json",
         "{\"subject\":{\"type\":\"visitor\",\"value\":\"x\"},\"purpose\":\"*\"}"},
        {"POST", "/v1/check/batch", "application/x-ndjson",
         "{\"subject\":{\"type\":\"visitor\",\"value\":\"x\"},\"purpose\":\"newsletter\"}"},
        {"POST", "/v1/analytics/filter?purpose=functional", "application/x-ndjson", "{\"visitor\":\"x\"}"},
        {"POST", "/v1/subjects/lookup", "application/json",
         "{\"subject\":{\"type\":\"visitor\",\"value\":\"x\"}}"},
        {"POST", "/v1/mask", "text/plain", "192.0.2.33"},
        {"GET", "/v1/changes", NULL, NULL},
        {"GET", "/v1/renewals?due_within=P30D", NULL, NULL},
        {"GET", "/v1/policy", NULL, NULL},
        {"GET", "/v1/policy/register?format=json", NULL, NULL},
        {"PUT", "/v1/policy", "application/json", "{}"},
        {"POST", "/v1/policy/rehearse", "application/json", "{}"},
        {"POST", "/v1/keys", "application/json", "{\"name\":\"x\",\"scopes\":[\"mask\"]}"},
        {"GET", "/v1/keys", NULL, NULL},
        {"DELETE", "/v1/keys/0123456789abcdef", NULL, NULL},
        {NULL, NULL, NULL, NULL}};
    struct tenant t = stage_tenant("revoke-all"), good = t;
    good.token = token_of(t.keyring, "revoke-all", TENANT_SCOPES, "tester");
    for (size_t i = 0; requests[i].path != NULL; i++) {
        const struct answer *a =
            ask(&t, requests[i].method, requests[i].path, requests[i].type, requests[i].body);
        cr_assert_neq(a->status, 401, "%s", requests[i].path);
    }
    long events = tenant_events(&good);
    cr_assert_eq(revoke_token(&t), 0);
    for (size_t i = 0; requests[i].path != NULL; i++) {
        const struct answer *a =
            ask(&t, requests[i].method, requests[i].path, requests[i].type, requests[i].body);
        cr_assert_eq(a->status, 401, "%s: %d %s", requests[i].path, a->status, a->body);
    }
    cr_assert_eq(tenant_events(&good), events);
}

/* What is wrong with each is found without a look at the ledger. */
static const struct {
    int status; /* of a token that stands */
    const char *method, *path, *type, *body;
} wrong[] = {
    {404, "GET", "/v1/subjects/none/consents", NULL, NULL},
    {404, "GET", "/v1/subjects/none/history", NULL, NULL},
    {422, "GET", "/v1/subjects/none/history?after=x", NULL, NULL},
    {404, "POST", "/v1/confirm", "application/json", "{\"token\":\"garbage\"}"},
    {400, "POST", "/v1/consents", "application/json", "{"},
    {422, "POST", "/v1/consents?x=1", "application/json", "{}"},
    {422, "POST", "/v1/consents", "application/json", "{}"},
    {400, "POST", "/v1/check", "application/json", "{"},
    {422, "POST", "/v1/check", "application/json", "{}"},
    {400, "POST", "/v1/withdraw", "application/json", "[[["},
    {422, "GET", "/v1/changes?limit=0", NULL, NULL},
    {422, "GET", "/v1/renewals?due_within=x", NULL, NULL},
    {422, "POST", "/v1/check/batch?only=x", "application/x-ndjson", "{}"},
    {422, "POST", "/v1/consents/invalidate?rehearse=x", "application/json", "{}"},
    {422, "GET", "/v1/policy?%00", NULL, NULL},
    {422, "POST", "/v1/keys", "application/json", "{}"},
    {404, "DELETE", "/v1/keys/none", NULL, NULL},
    {415, "POST", "/v1/check", "text/plain", "{}"},
};

/* Each with a token of its own, which was revoked just before: its node learns it from this request. */
Test(revoke, it_is_refused_before_anything_else_is_said)
{
    struct tenant good = stage_tenant("revoke-first");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct tenant t = good;
        t.token = token_of(t.keyring, t.key, TENANT_SCOPES, "tester");
        const struct answer *a = ask(&t, wrong[i].method, wrong[i].path, wrong[i].type, wrong[i].body);
        cr_assert_eq(a->status, wrong[i].status, "%s: %d %s", wrong[i].path, a->status, a->body);
        cr_assert_eq(revoke_token(&t), 0);
        for (int again = 0; again < 2; again++) {
            a = ask(&t, wrong[i].method, wrong[i].path, wrong[i].type, wrong[i].body);
            cr_assert_eq(a->status, 401, "%s: %d %s", wrong[i].path, a->status, a->body);
            cr_assert_not_null(strstr(answer_header(a, "www-authenticate"), "error=\"invalid_token\""));
        }
        a = ask(&good, wrong[i].method, wrong[i].path, wrong[i].type, wrong[i].body);
        cr_assert_eq(a->status, wrong[i].status, "%s: %d %s", wrong[i].path, a->status, a->body);
    }
}

Test(revoke, its_missing_scope_is_not_told)
{
    struct tenant t = stage_tenant("revoke-scope");
    t.token = token_of(t.keyring, t.key, "consent:check", "tester");
    cr_assert_eq(ask(&t, "GET", "/v1/policy", NULL, NULL)->status, 403);
    cr_assert_eq(revoke_token(&t), 0);
    const struct answer *a = ask(&t, "GET", "/v1/policy", NULL, NULL);
    cr_assert_eq(a->status, 401, "%d %s", a->status, a->body);
    cr_assert_null(strstr(answer_header(a, "www-authenticate"), "scope"));
}

Test(revoke, by_its_id_for_a_controller)
{
    struct tenant t = stage_tenant("revoke-id");
    cr_assert_eq(
        revoke(t.keyring, (const char *const[]){"--controller", "revoke-id", "--id", "another", NULL}), 0);
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "never_asked");
    cr_assert_eq(revoke(t.keyring, (const char *const[]){"--controller", "nobody", "--id", "another", NULL}),
                 1);
    cr_assert_eq(revoke(t.keyring, (const char *const[]){"--id", "another", NULL}), 2);
    cr_assert_eq(revoke(t.keyring, (const char *const[]){"--token-file", t.keyring->secret_file, NULL}), 1);
}
