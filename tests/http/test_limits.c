/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Allowances of clients and of addresses, as options set them low. */

enum { LEAVE_MS = 10000, CLIENT_LIMIT = 10, ADDRESS_LIMIT = 5 };

static struct service limited;
static struct tenant tenant;

/* Each test has a service of its own: allowances are full when it starts. */
static void start(const char *name, const char *proxies)
{
    const char *const settings[] = {
        "AKKOORD_CLIENT_LIMIT=10", "AKKOORD_ADDRESS_LIMIT=5", text_of("AKKOORD_TRUSTED_PROXIES=%s", proxies),
        "AKKOORD_THREADS=1", /* so that all is asked of who holds the same policy */
        NULL};
    struct tenant elsewhere = stage_tenant(name);
    limited = stage_start(name, settings);
    tenant = tenant_at(&elsewhere, &limited);
}

static void stop(void)
{
    cr_assert_eq(service_stop(&limited, LEAVE_MS), 0);
}

static const struct answer *send(const char *path, const char *token, const char *body, const char *type)
{
    return client_send(&(struct request){
        .service = &limited, .path = path, .token = token, .body = body, .content_type = type});
}

static const struct answer *check(void)
{
    return send("/v1/check", tenant.token, json_text("{'subject': %s, 'purpose': 'newsletter'}", email("a")),
                NULL);
}

static const char *lines(size_t count)
{
    const char *all = "", *line = json_text("{'subject': %s, 'purpose': 'newsletter'}", email("a"));
    for (size_t i = 0; i < count; i++)
        all = text_of("%s%s\n", all, line);
    return all;
}

/* What comes back while the test runs (one of an address's in 12 s) is spent by asking again. */
#define REFUSED(send)                                                                                        \
    do {                                                                                                     \
        const struct answer *answer = (send);                                                                \
        for (int again = 0; again < 5 && answer->status != 429; again++)                                     \
            answer = (send);                                                                                 \
        is_refused(answer);                                                                                  \
    } while (0)

static void is_refused(const struct answer *a)
{
    cr_assert_eq(a->status, 429, "%d %s", a->status, a->body);
    cr_assert_str_eq(string_at(a->json, "/type"), "urn:akkoord:problem:too-many-requests");
    cr_assert_geq(strtol(answer_header(a, "retry-after"), NULL, 10), 1);
}

Test(limits, an_answer_tells_what_is_left)
{
    start("tells", "");
    const struct answer *a = check();
    cr_assert_eq(a->status, 200);
    cr_assert_str_eq(answer_header(a, "ratelimit-policy"), "\"client\";q=10;w=86400");
    cr_assert_str_eq(answer_header(a, "ratelimit"), "\"client\";r=9;t=8640");
    stop();
}

Test(limits, a_client_is_refused_beyond_its_day_and_the_check_denies)
{
    start("beyond", "");
    for (int i = 0; i < CLIENT_LIMIT; i++)
        cr_assert_eq(check()->status, 200);
    const struct answer *a = check();
    is_refused(a);
    expect(a->json, "{'allow': false}");
    cr_assert_str_eq(answer_header(a, "ratelimit"), "\"client\";r=0;t=86528");
    cr_assert_leq(strtol(answer_header(a, "retry-after"), NULL, 10), 8640);
    stop();
}

Test(limits, another_client_of_the_same_controller_has_its_own)
{
    start("another", "");
    for (int i = 0; i < CLIENT_LIMIT; i++)
        check();
    is_refused(check());
    tenant.token = token_of(stage_keyring(), tenant.key, TENANT_SCOPES, "somebody-else");
    cr_assert_eq(check()->status, 200);
    stop();
}

Test(limits, a_line_of_a_batch_counts_and_not_the_request)
{
    start("lines", "");
    const char *type = "application/x-ndjson";
    cr_assert_eq(send("/v1/check/batch", tenant.token, lines(7), type)->status, 200);
    is_refused(send("/v1/check/batch", tenant.token, lines(4), type));
    cr_assert_eq(send("/v1/check/batch", tenant.token, lines(3), type)->status, 200);
    is_refused(send("/v1/check/batch", tenant.token, lines(1), type));
    stop();
}

Test(limits, a_record_counts_and_what_is_refused_is_not_written)
{
    start("records", "");
    const char *record = json_text("{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', "
                                   "'collection_method': 'web_form'}",
                                   email("a"));
    const char *six = text_of("[%s,%s,%s,%s,%s,%s]", record, record, record, record, record, record);
    cr_assert_eq(send("/v1/consents", tenant.token, six, NULL)->status, 201);
    is_refused(send("/v1/consents", tenant.token, six, NULL));
    struct tenant unlimited = tenant_at(&tenant, stage_service(0));
    cr_assert_eq(tenant_events(&unlimited), 6);
    stop();
}

/* The policy that the limited service holds is overtaken at another: what is asked next
 * begins again under the new one. */
static void policy_overtake(void)
{
    struct tenant elsewhere = tenant_at(&tenant, stage_service(0));
    json_t *policy = tenant_policy(&elsewhere);
    static int sites;
    json_object_set_new(json_object_get(policy, "controller"), "name",
                        json_string(text_of("Renamed %d", ++sites)));
    tenant_apply(&elsewhere, policy);
}

static long left_after_a_check(void)
{
    const struct answer *a = check();
    cr_assert_eq(a->status, 200, "%d %s", a->status, a->body);
    return strtol(strstr(answer_header(a, "ratelimit"), "r=") + 2, NULL, 10);
}

Test(limits, a_call_that_begins_again_under_a_newer_policy_counts_once)
{
    start("again", "");
    const char *record = json_text("{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', "
                                   "'collection_method': 'web_form'}",
                                   email("a"));
    cr_assert_eq(left_after_a_check(), 9); /* the policy is held from here on */
    policy_overtake();
    cr_assert_eq(
        send("/v1/consents", tenant.token, text_of("[%s,%s,%s]", record, record, record), NULL)->status, 201);
    cr_assert_eq(left_after_a_check(), 5);
    policy_overtake();
    cr_assert_eq(send("/v1/check/batch", tenant.token, lines(2), "application/x-ndjson")->status, 200);
    cr_assert_eq(left_after_a_check(), 2);
    stop();
}

Test(limits, what_needs_no_token_counts_for_the_address)
{
    start("address", "");
    for (int i = 0; i < ADDRESS_LIMIT; i++)
        cr_assert_eq(send("/docs", NULL, NULL, NULL)->status, 200);
    REFUSED(send("/docs", NULL, NULL, NULL));
    REFUSED(send("/nowhere", NULL, NULL, NULL));
    REFUSED(send("/v1/policy/schema", NULL, NULL, NULL));
    cr_assert_eq(send("/healthz", NULL, NULL, NULL)->status, 200);
    cr_assert_eq(send("/readyz", NULL, NULL, NULL)->status, 200);
    stop();
}

Test(limits, false_tokens_count_for_the_address_and_a_known_one_does_not)
{
    start("tokens", "");
    cr_assert_eq(check()->status, 200);
    for (int i = 0; i < ADDRESS_LIMIT; i++)
        cr_assert_eq(send("/v1/policy", i % 2 ? NULL : "a.b.c", NULL, NULL)->status, 401);
    REFUSED(send("/v1/policy", "a.b.c", NULL, NULL));
    REFUSED(send("/v1/policy", NULL, NULL, NULL));
    stop();
}

static const struct answer *docs_from(const char *field)
{
    return client_send(&(struct request){.service = &limited, .path = "/docs", .headers = {field}});
}

Test(limits, behind_a_trusted_proxy_whom_it_names_counts)
{
    start("proxy", "127.0.0.0/8,198.51.100.0/24");
    for (int i = 0; i < ADDRESS_LIMIT; i++)
        cr_assert_eq(docs_from("X-Forwarded-For: 192.0.2.1")->status, 200);
    REFUSED(docs_from("X-Forwarded-For: 192.0.2.1"));
    REFUSED(docs_from("X-Forwarded-For: 203.0.113.9, 192.0.2.1")); /* what stands before is anybody's */
    REFUSED(docs_from("X-Forwarded-For: 192.0.2.1, 198.51.100.7"));
    REFUSED(docs_from("X-Forwarded-For: 192.0.2.1:4711"));
    REFUSED(docs_from("Forwarded: for=203.0.113.9, for=\"192.0.2.1:80\";proto=https"));
    cr_assert_eq(docs_from("X-Forwarded-For: 192.0.2.2")->status, 200);
    cr_assert_eq(docs_from("Forwarded: for=192.0.2.3")->status, 200);
    stop();
}

/* A proxy writes one of the fields, and lets the other pass as its client wrote it. */
Test(limits, a_client_who_adds_the_other_field_chooses_no_address)
{
    static const char other[] = "Forwarded: for=203.0.113.%d";
    start("fields", "127.0.0.0/8");
    for (int i = 0; i < ADDRESS_LIMIT; i++) {
        struct request both = {.service = &limited,
                               .path = "/docs",
                               .headers = {"X-Forwarded-For: 192.0.2.1", text_of(other, i + 1)}};
        cr_assert_eq(client_send(&both)->status, 200);
    }
    REFUSED(client_send(&(struct request){.service = &limited,
                                          .path = "/docs",
                                          .headers = {"X-Forwarded-For: 192.0.2.1", text_of(other, 77)}}));
    cr_assert_eq(docs_from("Forwarded: for=203.0.113.1")->status, 200);
    cr_assert_eq(
        client_send(&(struct request){.service = &limited,
                                      .path = "/docs",
                                      .headers = {"X-Forwarded-For: 192.0.2.9", "Forwarded: for=192.0.2.9"}})
            ->status,
        200);
    stop();
}

Test(limits, an_ipv6_address_counts_as_its_64)
{
    start("sixty-four", "127.0.0.0/8");
    for (int i = 0; i < ADDRESS_LIMIT; i++)
        cr_assert_eq(docs_from(text_of("Forwarded: for=\"[2001:db8::%d]:4711\"", i + 1))->status, 200);
    REFUSED(docs_from("Forwarded: for=\"[2001:db8::ffff]\""));
    cr_assert_eq(docs_from("X-Forwarded-For: 2001:db8:0:1::1")->status, 200);
    stop();
}

Test(limits, nobody_else_is_believed)
{
    start("believed", "198.51.100.0/24");
    for (int i = 0; i < ADDRESS_LIMIT; i++)
        cr_assert_eq(docs_from(text_of("X-Forwarded-For: 192.0.2.%d", i + 1))->status, 200);
    REFUSED(docs_from("X-Forwarded-For: 192.0.2.77"));
    stop();
}

Test(limits, a_header_of_more_than_16_kib_is_431)
{
    const struct service *s = stage_service(0);
    char *field = text_of("X-Large: %016384d", 0);
    struct request r = {.service = s, .path = "/nowhere", .headers = {field}};
    cr_assert_eq(client_send(&r)->status, 431);
    r.protocol = HTTP11;
    cr_assert_eq(client_send(&r)->status, 431);
    field[9 + 15000] = '\0';
    cr_assert_eq(client_send(&r)->status, 404);
}
