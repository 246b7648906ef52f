/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* POST /v1/analytics/filter: which events of a pipeline go on, and what is left of them. */

static const struct answer *ask(const struct tenant *t, int status, const char *query, const char *body)
{
    const struct answer *a = client_send(&(struct request){.service = t->service,
                                                           .path = text_of("/v1/analytics/filter?%s", query),
                                                           .token = t->token,
                                                           .content_type = "application/x-ndjson",
                                                           .body = body});
    cr_assert_eq(a->status, status, "%d: %.500s", a->status, a->body);
    return a;
}

static void say(const struct tenant *t, const char *visitor, const char *purpose, const char *state,
                const char *more)
{
    post(t, 201, "/v1/consents",
         "{'subject': {'type': 'visitor', 'value': '" MARK
         "%s'}, 'purpose': '%s', 'event_state': '%s', 'collection_method': 'banner'%s}",
         visitor, purpose, state, more);
}

/* An event of that visitor, with an address in it. */
static const char *event(const char *visitor)
{
    return text_of(
        "{\"user\": {\"id\": \"" MARK
        "%s\"}, \"event\": \"view\", \"n\": 1.50, \"ip\": \"192.0.2.33\", \"path\": \"/2001:db8:1:2::9\"}\n",
        visitor);
}

static const char *event_masked(const char *visitor)
{
    return text_of(
        "{\"user\": {\"id\": \"" MARK
        "%s\"}, \"event\": \"view\", \"n\": 1.50, \"ip\": \"192.0.2.0\", \"path\": \"/2001:db8:1::\"}\n",
        visitor);
}

#define QUERY   "purpose=analytics&visitor=/user/id"
#define COUNT   QUERY "&refused=count&keep=/event,/path,/n"
#define COUNTED "{\"event\":\"view\",\"n\":1.50,\"path\":\"/2001:db8:1::\"}\n"

/* The analytics of examples/demo.json, with a cookie of class statistics_anonymous. "yes" said yes,
 * "no" refused, "out" withdrew. */
static struct tenant tenant_that_counts(const char *key)
{
    struct tenant t = stage_tenant(key);
    json_t *policy = tenant_policy(&t);
    json_object_set_new(policy, "cookies",
                        json_pack("[{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:{s:b,s:b,s:b,s:b}}]", "name", "_count",
                                  "provider", "Demo", "purpose", "analytics", "duration", "P6M", "kind",
                                  "cookie", "party", "first", "class", "statistics_anonymous", "conditions",
                                  "processor_contract", 1, "last_octet_masked", 1, "sharing_off", 1,
                                  "no_other_services", 1));
    tenant_apply(&t, policy);
    json_decref(policy);
    say(&t, "yes", "analytics", "given", "");
    say(&t, "no", "analytics", "refused", "");
    say(&t, "out", "analytics", "given", "");
    say(&t, "out", "analytics", "withdrawn", "");
    return t;
}

Test(filter, only_who_said_yes_comes_out_and_masked)
{
    struct tenant t = tenant_that_counts("filter");
    const char *body =
        text_of("%s%s%s%s%s", event("no"), event("yes"), event("unseen"), event("out"), event("yes"));
    const struct answer *a = ask(&t, 200, QUERY, body);
    cr_assert_str_eq(answer_header(a, "content-type"), "application/x-ndjson");
    cr_assert_str_eq(a->body, text_of("%s%s", event_masked("yes"), event_masked("yes")));
    cr_assert_str_eq(ask(&t, 200, QUERY "&refused=drop", body)->body, a->body);
    cr_assert_eq(ask(&t, 200, QUERY, event("no"))->len, 0);
}

Test(filter, an_event_of_nobody_has_no_consent)
{
    struct tenant t = tenant_that_counts("filter-nobody");
    const char *body = "{\"event\": \"a\"}\n{\"user\": null, \"event\": \"b\"}\n{\"user\": {\"id\": null}, "
                       "\"event\": \"c\"}\n[1]\n";
    cr_assert_eq(ask(&t, 200, QUERY, body)->len, 0);
    cr_assert_str_eq(ask(&t, 200, COUNT, body)->body,
                     "{\"event\":\"a\"}\n{\"event\":\"b\"}\n{\"event\":\"c\"}\n{}\n");
    cr_assert_str_eq(ask(&t, 200, "purpose=functional&visitor=/user/id", "{\"event\": \"a\"}\n")->body,
                     "{\"event\": \"a\"}\n");
}

Test(filter, without_consent_an_event_may_be_reduced_to_what_is_named)
{
    struct tenant t = tenant_that_counts("filter-count");
    const char *body = text_of("%s%s%s%s", event("no"), event("yes"), event("unseen"), event("out"));
    const struct answer *a = ask(&t, 200, COUNT, body);
    cr_assert_str_eq(a->body, text_of(COUNTED "%s" COUNTED COUNTED, event_masked("yes")));
}

#define DOCUMENT "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

Test(filter, nobody_is_counted_against_an_objection_a_restriction_or_as_a_child)
{
    struct tenant t = tenant_that_counts("filter-never");
    say(&t, "child", "newsletter", "refused", ", 'minor': true");
    say(&t, "refusing-child", "analytics", "refused", ", 'minor': true");
    say(&t, "grown-up", "newsletter", "given",
        ", 'minor': false, 'expressed_by': {'role': 'staff'}, 'evidence': {'documents': [{'name': 'seen at "
        "the "
        "desk', 'sha256': '" DOCUMENT "'}]}");
    say(&t, "objects", "analytics", "objected", "");
    cr_assert_eq(
        ask(&t, 200, COUNT, text_of("%s%s%s", event("child"), event("refusing-child"), event("objects")))
            ->len,
        0);
    cr_assert_str_eq(ask(&t, 200, COUNT, event("grown-up"))->body, COUNTED);
}

Test(filter, only_anonymous_statistics_are_counted_without_consent)
{
    struct tenant t = stage_tenant("filter-class");
    expect(ask(&t, 422, COUNT, event("no"))->json, "{'type': 'urn:akkoord:problem:invalid'}");
    struct tenant counts = tenant_that_counts("filter-class-2"), other = tenant_at(&counts, stage_service(1));
    cr_assert_str_eq(ask(&other, 200, COUNT, event("no"))->body, COUNTED);
    json_t *policy = tenant_policy(&counts);
    tenant_apply(&counts, policy); /* the cookie has left it */
    json_decref(policy);
    ask(&other, 422, COUNT, event("no"));
}

Test(filter, a_bad_line_is_answered_where_it_stands_and_the_rest_goes_on)
{
    struct tenant t = tenant_that_counts("filter-bad");
    const char *body = text_of(
        "%s{\"user\": {\"id\": \"" MARK "no\"}, \"ip\": \n%s"
        "{\"user\": {\"id\": 7}}\n{\"user\": {\"id\": {\"type\": \"email\", \"value\": \"no address " MARK
        "\"}}}\n{\"a\": 1, \"a\": 2}\n\xff\n{\"user\": {\"id\": \"\"}}\n%s",
        event("yes"), event("no"), event("yes"));
    const struct answer *a = ask(&t, 200, QUERY, body);
    expect(json_lines(a->body),
           "[{'ip': '192.0.2.0'}, {'line': 2, 'error': {'type': 'urn:akkoord:problem:not-json'}},"
           "{'line': 4, 'error': {'type': 'urn:akkoord:problem:invalid'}},"
           "{'line': 5, 'error': {'type': 'urn:akkoord:problem:invalid'}},"
           "{'line': 6, 'error': {'type': 'urn:akkoord:problem:not-json'}},"
           "{'line': 7, 'error': {'type': 'urn:akkoord:problem:not-json'}},"
           "{'line': 8, 'error': {'status': 422}}, {'ip': '192.0.2.0'}]");
    cr_assert_null(strstr(a->body, "no address"));
}

Test(filter, the_visitor_may_be_a_subject_of_several_identifiers)
{
    struct tenant t = tenant_that_counts("filter-subject");
    const char *line =
        "{\"who\": [{\"type\": \"visitor\", \"value\": \"" MARK
        "yes\"}, {\"type\": \"visitor\", \"value\": \"" MARK "%s\"}], \"n\": 123456789012345678901}\n";
    const char *body = text_of("%s%s", text_of(line, "out"), text_of(line, "yes"));
    cr_assert_str_eq(ask(&t, 200, "purpose=analytics&visitor=/who", body)->body, text_of(line, "yes"));
}

Test(filter, the_policy_says_how_much_is_masked)
{
    struct tenant t = stage_tenant("filter-mask");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(policy, "mask", json_pack("{s:i,s:i}", "ipv4_prefix", 16, "ipv6_prefix", 32));
    tenant_apply(&t, policy);
    json_decref(policy);
    cr_assert_str_eq(ask(&t, 200, "purpose=functional",
                         "{\"visitor\": \"" MARK "x\", \"ips\": [\"192.0.2.33\", \"2001:db8:1::1\"]}\n")
                         ->body,
                     "{\"visitor\": \"" MARK "x\", \"ips\": [\"192.0.0.0\", \"2001:db8::\"]}\n");
}

Test(filter, many_lines_come_out_in_their_order)
{
    enum { LINES = 40000 };
    struct tenant t = tenant_that_counts("filter-many");
    char *body;
    size_t len;
    FILE *out = open_memstream(&body, &len);
    for (int i = 0; i < LINES; i++)
        fprintf(out, "{\"visitor\":\"" MARK "%s\",\"n\":%d}\n", i % 4 == 0 ? "yes" : text_of("%d", i), i);
    fclose(out);
    const struct answer *a = ask(&t, 200, "purpose=analytics", body);
    const char *at = a->body;
    for (int i = 0; i < LINES; i += 4) {
        const char *expected = text_of("{\"visitor\":\"" MARK "yes\",\"n\":%d}\n", i);
        cr_assert_eq(strncmp(at, expected, strlen(expected)), 0, "%d: %.80s", i, at);
        at += strlen(expected);
    }
    cr_assert_eq(at, a->body + a->len);
    free(body);
}

Test(filter, a_query_that_is_wrong_is_422)
{
    static const char *const wrong[] = {"",
                                        "visitor=/user/id",
                                        "purpose=analytics&visitor=user",
                                        "purpose=analytics&visitor=",
                                        QUERY "&refused=some",
                                        QUERY "&refused=count",
                                        QUERY "&keep=/event",
                                        QUERY "&refused=drop&keep=/event",
                                        QUERY "&refused=count&keep=event",
                                        QUERY "&refused=count&keep=/event,/user",
                                        QUERY "&refused=count&keep=/user/id",
                                        QUERY "&refused=count&keep=/user/id/deeper",
                                        QUERY "&refused=count&keep=",
                                        QUERY "&purpose=analytics",
                                        QUERY "&x=1",
                                        NULL};
    struct tenant t = tenant_that_counts("filter-query");
    for (size_t i = 0; wrong[i] != NULL; i++)
        expect(ask(&t, 422, wrong[i], event("yes"))->json, "{'type': 'urn:akkoord:problem:invalid'}");
    expect(ask(&t, 422, "purpose=unknown", event("yes"))->json,
           "{'type': 'urn:akkoord:problem:unknown-purpose'}");
}

Test(filter, both_scopes_are_needed)
{
    struct tenant t = tenant_that_counts("filter-scope");
    static const char *const scopes[] = {"mask", "consent:check", "subject:read", NULL};
    for (size_t i = 0; scopes[i] != NULL; i++) {
        struct tenant less = t;
        less.token = token_of(t.keyring, "filter-scope", scopes[i], "tester");
        const struct answer *a = ask(&less, 403, QUERY, event("yes"));
        cr_assert_not_null(strstr(answer_header(a, "www-authenticate"), "scope=\"consent:check mask\""));
    }
    t.token = token_of(t.keyring, "filter-scope", "mask consent:check", "tester");
    ask(&t, 200, QUERY, event("yes"));
}
