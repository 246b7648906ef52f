/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "mailed.h"
#include "policy/policies.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What people ask of a controller, with its clock. The rules of due dates have their table in
 * tests/unit/domain/test_due_date.c; here it is seen that they are kept to. */

static const json_t *ask(const struct tenant *t, const char *rest)
{
    return post(t, 201, "/v1/rights-requests", "{'kind': 'access', 'subject': %s%s}", email("a"), rest);
}

static const json_t *change(const struct tenant *t, int status, const json_t *request, const char *action,
                            const char *body)
{
    return post(t, status, text_of("/v1/rights-requests/%s/%s", string_at(request, "/request_id"), action),
                "%s", json_text("%s", body));
}

static struct tenant tenant_with(const char *key, const char *rights)
{
    struct tenant t = stage_tenant(key);
    json_t *policy = tenant_policy(&t);
    json_object_set_new(policy, "rights", json_of("%s", rights));
    tenant_apply(&t, policy);
    return t;
}

static const char *const right_kinds[] = {"access",     "portability",  "rectification",
                                          "erasure",    "restriction",  "objection",
                                          "withdrawal", "human_review", NULL};

Test(rights, a_request_is_due_at_the_end_of_its_last_day_where_the_controller_is)
{
    struct tenant t = stage_tenant("rights");
    expect(ask(&t, ", 'received_at': '2026-01-30T23:30:00Z', 'medium': 'letter', 'ref': 'crm-1'"),
           "{'kind': 'access', 'state': 'open', 'subject_id': null, 'received_at': '2026-01-30T23:30:00Z', "
           "'term': 'P1M', 'due_on': '2026-03-02', 'due_at': '2026-03-02T23:00:00Z', 'overdue': true, "
           "'extension': null, 'pause': null, 'paused_days': 0, 'identity': {'method': null, 'outcome': "
           "'pending', 'at': null}, 'closed_at': null, 'refusal': null, 'medium': 'letter', 'ref': 'crm-1', "
           "'recorded_by': 'tester'}");
    expect(ask(&t, ", 'received_at': '2026-03-03T09:00:00Z'"), "{'due_on': '2026-04-07'}"); /* Good Friday */
    expect(ask(&t, ", 'received_at': '2026-03-06T09:00:00Z'"), /* Easter Monday, in summer time */
           "{'due_on': '2026-04-07', 'due_at': '2026-04-07T22:00:00Z'}");
}

Test(rights, the_policy_says_how_long)
{
    struct tenant t = tenant_with("rights-term", "{'term': 'P28D'}");
    expect(ask(&t, ", 'received_at': '2026-02-01T09:00:00Z'"), "{'term': 'P28D', 'due_on': '2026-03-02'}");
    struct tenant hours = tenant_with("rights-hours", "{'term': 'PT72H'}");
    expect(ask(&hours, ", 'received_at': '2026-04-03T09:30:00Z'"),
           "{'term': 'PT72H', 'due_on': null, 'due_at': '2026-04-06T09:30:00Z'}");
}

Test(rights, it_is_extended_once_and_within_its_term)
{
    struct tenant t = stage_tenant("rights-extended");
    const json_t *old = ask(&t, ", 'received_at': '2026-01-31T09:00:00Z'"), *new = ask(&t, "");
    change(&t, 409, old, "extend", "{'reason': 'many systems'}");
    expect(change(&t, 200, new, "extend", "{'reason': 'many systems'}"),
           "{'state': 'open', 'extension': {'by': 'P2M', 'reason': 'many systems'}, 'overdue': false}");
    change(&t, 409, new, "extend", "{'reason': 'still many'}");
    change(&t, 422, ask(&t, ""), "extend", "{'reason': 'many systems', 'by': 'P3M'}");
    change(&t, 422, ask(&t, ""), "extend", "{}");
}

Test(rights, its_clock_stands_while_more_information_is_asked)
{
    struct tenant t = stage_tenant("rights-paused");
    const json_t *r = ask(&t, "");
    change(&t, 409, r, "resume", "{}");
    expect(change(&t, 200, r, "pause", "{'reason': 'two persons have this address'}"),
           "{'state': 'paused', 'due_on': null, 'due_at': null, 'overdue': false, 'pause': {'reason': 'two "
           "persons have this address'}}");
    change(&t, 409, r, "pause", "{'reason': 'again'}");
    /* ten days later */
    PGconn *owner = database_session(stage_database());
    session_run(owner,
                "update rights_request r set paused_at = paused_at - interval '10 days' from controller c "
                "where c.controller_id = r.controller_id and c.key = 'rights-paused'");
    session_run(owner, "update rights_request r set received_at = '2025-01-31T09:00:00Z', received_on = "
                       "'2025-01-31' from controller c where c.controller_id = r.controller_id and "
                       "c.key = 'rights-paused'");
    PQfinish(owner);
    expect(change(&t, 200, r, "resume", "{}"),
           "{'state': 'open', 'due_on': '2025-03-10', 'paused_days': 10, 'pause': null, 'overdue': true}");
}

Test(rights, it_is_closed_or_refused_once)
{
    struct tenant t = stage_tenant("rights-closed");
    const json_t *done = ask(&t, ""), *refused = ask(&t, "");
    expect(change(&t, 200, done, "close", "{'reason': 'letter sent'}"),
           "{'state': 'done', 'closed_by': 'tester', 'answer': 'letter sent', 'overdue': false}");
    change(&t, 409, done, "refuse", "{'reason': 'unfounded'}");
    expect(
        change(&t, 200, refused, "refuse", "{'reason': 'the third this week', 'complaint': 'the authority'}"),
        "{'state': 'refused', 'refusal': {'reason': 'the third this week', 'complaint': 'the authority'}}");
    change(&t, 422, ask(&t, ""), "refuse", "{}");
}

Test(rights, who_is_refused_may_complain_to_the_authority_of_the_policy)
{
    struct tenant t = stage_tenant("rights-refused");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_object_get(policy, "controller"), "supervisory_authority",
                        json_of("'Autoriteit Persoonsgegevens'"));
    tenant_apply(&t, policy);
    expect(change(&t, 200, ask(&t, ""), "refuse", "{'reason': 'unfounded'}"),
           "{'refusal': {'complaint': 'Autoriteit Persoonsgegevens'}}");
}

Test(rights, an_identity_check_is_its_outcome_and_no_document)
{
    struct tenant t = stage_tenant("rights-identity");
    const json_t *r = ask(&t, "");
    expect(change(&t, 200, r, "identity", "{'method': 'callback', 'outcome': 'verified'}"),
           "{'identity': {'method': 'callback', 'outcome': 'verified'}}");
    change(&t, 422, r, "identity",
           "{'method': 'document', 'outcome': 'verified', 'document': 'cGFzcG9ydA=='}");
    post(&t, 422, "/v1/rights-requests", "{'kind': 'access', 'subject': %s, 'documents': []}", email("a"));
}

Test(rights, a_processor_hears_the_registered_contact_alone)
{
    struct tenant t = stage_tenant("rights-client");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(policy, "clients",
                        json_of("[{'key': 'school', 'contact': {'email': 'fg@school.example'}}]"));
    tenant_apply(&t, policy);
    static const char body[] =
        "{'kind': 'access', 'client': 'school', 'contact': {'type': 'email', 'value': '%s'}}";
    expect(post(&t, 201, "/v1/rights-requests", body, "FG@school.example"), "{'client': 'school'}");
    expect(post(&t, 422, "/v1/rights-requests", body, "parent@home.example"),
           "{'errors': [{'pointer': '/contact/value'}]}");
    post(&t, 422, "/v1/rights-requests", "{'kind': 'access', 'client': 'school'}");
    post(&t, 422, "/v1/rights-requests",
         "{'kind': 'access', 'client': 'nobody', 'contact': {'type': 'email', "
         "'value': 'fg@school.example'}}");
}

Test(rights, what_is_wrong_is_told)
{
    struct tenant t = stage_tenant("rights-wrong");
    static const char kind[] = "{'kind': 'access', 'subject': %s, 'received_at': '%s'}";
    post(&t, 422, "/v1/rights-requests", kind, email("a"), time_from_now(3600));
    post(&t, 422, "/v1/rights-requests", kind, email("a"), "2026-02-30T10:00:00Z");
    post(&t, 422, "/v1/rights-requests", "{'kind': 'amnesty', 'subject': %s}", email("a"));
    post(&t, 422, "/v1/rights-requests", "{'kind': 'access'}");
    post(&t, 422, "/v1/rights-requests", "{'kind': 'access', 'subject_id': 'nobody'}");
    get(&t, 404, "/v1/rights-requests/019aa5d4-11aa-7b3c-8d21-90f0c3b7aa10");
    get(&t, 404, "/v1/rights-requests/nonsense");
    post(&t, 404, "/v1/rights-requests/019aa5d4-11aa-7b3c-8d21-90f0c3b7aa10/close", "{}");
    struct tenant reader = t;
    reader.token = token_of(t.keyring, t.key, "subject:read", "reader");
    post(&reader, 403, "/v1/rights-requests", "{'kind': 'access', 'subject': %s}", email("a"));
    get(&reader, 200, "/v1/rights-requests");
}

Test(rights, what_lies_ahead_and_which_kinds_there_are_is_said)
{
    struct tenant t = stage_tenant("rights-said");
    expect(post(&t, 422, "/v1/rights-requests", "{'kind': 'access', 'subject': %s, 'received_at': '%s'}",
                email("a"), time_from_now(7200)),
           "{'errors': [{'pointer': '/received_at'}]}");
    const char *told = string_at(get(&t, 422, "/v1/rights-requests?kind=nope"), "/detail");
    for (size_t i = 0; right_kinds[i] != NULL; i++)
        cr_expect_not_null(strstr(told, right_kinds[i]), "%s: %s", right_kinds[i], told);
}

Test(rights, a_repeat_with_the_same_key_is_the_first_request)
{
    struct tenant t = stage_tenant("rights-key");
    const char *first = string_at(post_with(&t, 201, "/v1/rights-requests", "Idempotency-Key: k1",
                                            "{'kind': 'erasure', 'subject': %s}", email("a")),
                                  "/request_id");
    expect(post_with(&t, 201, "/v1/rights-requests", "Idempotency-Key: k1",
                     "{'kind': 'erasure', 'subject': %s}", email("a")),
           "{'request_id': '%s'}", first);
    post_with(&t, 422, "/v1/rights-requests", "Idempotency-Key: k1", "{'kind': 'access', 'subject': %s}",
              email("a"));
    cr_assert_eq(json_array_size(json_at(get(&t, 200, "/v1/rights-requests"), "/requests")), 1);
}

Test(rights, lists_are_filtered_paged_and_recorded)
{
    struct tenant t = stage_tenant("rights-list");
    const char *id = string_at(post(&t, 201, "/v1/consents",
                                    "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', "
                                    "'collection_method': 'app'}",
                                    email("a")),
                               "/subject_id");
    const json_t *old = ask(&t, ", 'received_at': '2026-01-31T09:00:00Z', 'on_behalf_of': 'reseller-7'");
    expect(old, "{'subject_id': '%s', 'on_behalf_of': 'reseller-7'}", id);
    ask(&t, "");
    const json_t *other = post(&t, 201, "/v1/rights-requests", "{'kind': 'erasure', 'subject_id': '%s'}", id);
    const json_t *page = get(&t, 200, "/v1/rights-requests?limit=2");
    cr_assert_eq(json_array_size(json_at(page, "/requests")), 2);
    expect(get(&t, 200, "/v1/rights-requests?limit=2&after=%ld", number_at(page, "/next")),
           "{'requests': [{'kind': 'erasure'}], 'next': null}");
    expect(get(&t, 200, "/v1/rights-requests?overdue=true"), "{'requests': [{'request_id': '%s'}]}",
           string_at(old, "/request_id"));
    expect(get(&t, 200, "/v1/rights-requests?kind=erasure"), "{'requests': [{'request_id': '%s'}]}",
           string_at(other, "/request_id"));
    expect(get(&t, 200, "/v1/rights-requests?state=refused"), "{'requests': []}");
    expect(get(&t, 200, "/v1/rights-requests?due_before=2026-03-03T00:00:00Z&subject_id=%s", id),
           "{'requests': [{'request_id': '%s'}]}", string_at(old, "/request_id"));
    get(&t, 422, "/v1/rights-requests?state=lost");
    get(&t, 422, "/v1/rights-requests?overdue=true&due_before=2026-03-03T00:00:00Z");
    change(&t, 200, other, "close", "{}");
    expect(get(&t, 200, "/v1/audit?limit=3"),
           "{'entries': [{'action': 'request_access', 'subject_id': '%s', 'on_behalf_of': 'reseller-7', "
           "'request_id': '%s'}, {'action': 'request_access'}, {'action': 'request_erasure'}]}",
           id, string_at(old, "/request_id"));
    expect(get(&t, 200, "/v1/audit?after=9"),
           "{'entries': [{'action': 'request_close', 'request_id': '%s'}, {'action': 'audit'}]}",
           string_at(other, "/request_id"));
}

/* ---- what answers a request closes it ---- */

static const char *person(const struct tenant *t, const char *name)
{
    return string_at(say(t, 201, email(name), "newsletter", "given", ""), "/subject_id");
}

static const char *asked(const struct tenant *t, const char *kind, const char *subject_id)
{
    return string_at(
        post(t, 201, "/v1/rights-requests", "{'kind': '%s', 'subject_id': '%s'}", kind, subject_id),
        "/request_id");
}

static void act(const struct tenant *t, int status, const char *id, const char *verb, const char *request)
{
    post(t, status, text_of("/v1/subjects/%s/%s", id, verb),
         "{'request': '%s', 'reason': 'as asked', 'on_behalf_of': 'reseller-7'}", request);
}

static void expect_closed(const struct tenant *t, const char *request, const char *by)
{
    expect(get(t, 200, "/v1/rights-requests/%s", request),
           "{'state': 'done', 'closed_by': 'tester', 'answer': '%s'}", by);
}

static void expect_open(const struct tenant *t, const char *request)
{
    expect(get(t, 200, "/v1/rights-requests/%s", request), "{'state': 'open', 'closed_at': null}");
}

Test(rights, an_erasure_and_a_restriction_close_the_request_that_they_name)
{
    struct tenant t = stage_tenant("rights-answered");
    const char *a = person(&t, "a"), *b = person(&t, "b");
    const char *restriction = asked(&t, "restriction", a), *erasure = asked(&t, "erasure", a);
    act(&t, 422, a, "erase", restriction);
    act(&t, 200, a, "restrict", restriction);
    expect_closed(&t, restriction, "restrict");
    expect_open(&t, erasure);
    act(&t, 409, a, "restrict", restriction);
    act(&t, 422, b, "erase", erasure); /* somebody else's */
    act(&t, 422, a, "restrict", erasure);
    act(&t, 422, a, "erase", "019aa5d4-11aa-7b3c-8d21-90f0c3b7aa10");
    act(&t, 422, a, "erase", "nonsense");
    expect_open(&t, erasure);
    cr_expect_str_eq(reason(&t, email("a"), "newsletter"), "restricted");
    cr_expect_str_eq(reason(&t, email("b"), "newsletter"), "granted");
    act(&t, 200, a, "erase", erasure);
    expect_closed(&t, erasure, "erase");
    expect(get(&t, 200, "/v1/audit?subject_id=%s", a),
           "{'entries': [{'action': 'request_restriction'}, {'action': 'request_erasure'}, "
           "{'action': 'restrict', 'on_behalf_of': null, 'request_id': '%s'}, "
           "{'action': 'erase', 'on_behalf_of': 'reseller-7', 'request_id': '%s'}], 'next': null}",
           restriction, erasure);
}

Test(rights, who_asks_in_somebody_elses_name_gets_nothing)
{
    struct tenant t = stage_tenant("rights-not-them");
    const char *a = person(&t, "a");
    static const char *const kinds[] = {"access", "erasure", "restriction", "rectification"};
    const char *requests[4];
    for (int i = 0; i < 4; i++) {
        requests[i] = asked(&t, kinds[i], a);
        post(&t, 200, text_of("/v1/rights-requests/%s/identity", requests[i]),
             "{'method': 'callback', 'outcome': 'failed'}");
    }
    const char *export = text_of("/v1/subjects/%s/export?request=%s", a, requests[0]);
    expect(post(&t, 409, export, "{}"), "{'type': 'urn:akkoord:problem:conflict'}");
    act(&t, 409, a, "erase", requests[1]);
    act(&t, 409, a, "restrict", requests[2]);
    post(&t, 409, text_of("/v1/subjects/%s/correct", a), "{'from': %s, 'to': %s, 'request': '%s'}",
         email("a"), email("right"), requests[3]);
    for (int i = 0; i < 4; i++)
        expect_open(&t, requests[i]);
    cr_expect_str_eq(reason(&t, email("a"), "newsletter"), "granted");
    expect(get(&t, 200, "/v1/subjects/%s/history", a), "{'events': [{'event_state': 'given'}]}");

    /* it was them after all */
    post(&t, 200, text_of("/v1/rights-requests/%s/identity", requests[0]),
         "{'method': 'in_person', 'outcome': 'verified'}");
    post(&t, 200, export, "{}");
    expect_closed(&t, requests[0], "export");
}

Test(rights, a_restriction_that_stands_answers_too)
{
    struct tenant t = stage_tenant("rights-stands");
    const char *a = person(&t, "a"), *request = asked(&t, "restriction", a);
    post(&t, 200, text_of("/v1/subjects/%s/restrict", a), "{}");
    act(&t, 200, a, "restrict", request);
    expect_closed(&t, request, "restrict");
    post(&t, 422, text_of("/v1/subjects/%s/lift", a), "{'request': '%s'}", request);
}

/* Of somebody who is restricted already: nothing is written but that the request is closed. */
Test(rights, the_same_key_gives_the_first_answer_where_a_request_was_closed)
{
    struct tenant t = stage_tenant("rights-repeated");
    const char *a = person(&t, "a"), *path = text_of("/v1/subjects/%s/restrict", a);
    post(&t, 200, path, "{}");
    const char *request = asked(&t, "restriction", a);
    for (int i = 0; i < 2; i++)
        post_with(&t, 200, path, "Idempotency-Key: k3", "{'request': '%s'}", request);
    expect_closed(&t, request, "restrict");
    post_with(&t, 409, path, "Idempotency-Key: k4", "{'request': '%s'}", request);
}

Test(rights, an_export_closes_the_request_that_it_names)
{
    struct tenant t = stage_tenant("rights-exported");
    const char *a = person(&t, "a"), *b = person(&t, "b");
    const char *access = asked(&t, "access", a), *taken_along = asked(&t, "portability", a),
               *erasure = asked(&t, "erasure", a);
    static const char path[] = "/v1/subjects/%s/export?format=json&request=%s";
    post(&t, 422, text_of(path, a, erasure), "{}");
    post(&t, 422, text_of(path, b, access), "{}");
    post(&t, 422, text_of(path, a, "019aa5d4-11aa-7b3c-8d21-90f0c3b7aa10"), "{}");
    post(&t, 422, text_of(path, a, "nonsense"), "{}");
    struct tenant reader = t;
    reader.token = token_of(t.keyring, t.key, "subject:read", "reader");
    post(&reader, 403, text_of(path, a, access), "{}");
    expect_open(&t, access);
    expect(post(&t, 200, text_of(path, a, access), "{}"), "{'subject_id': '%s', 'event_count': 1}", a);
    expect_closed(&t, access, "export");
    expect_open(&t, erasure);
    post(&t, 409, text_of(path, a, access), "{}");
    post(&t, 200, text_of(path, a, taken_along), "{}");
    expect_closed(&t, taken_along, "export");
    expect(get(&t, 200, "/v1/audit?subject_id=%s", a),
           "{'entries': [{'action': 'request_access'}, {'action': 'request_portability'}, "
           "{'action': 'request_erasure'}, {'action': 'export', 'request_id': '%s'}, "
           "{'action': 'export', 'request_id': '%s'}]}",
           access, taken_along);
}

static long overdue_counted(const struct tenant *t)
{
    static const char name[] = "\nakkoord_rights_overdue ";
    struct service metrics = *t->service;
    metrics.port = metrics.metrics_port;
    const struct answer *answer =
        client_send(&(struct request){.service = &metrics, .path = "/metrics", .foreign = true});
    const char *at = strstr(answer->body, name);
    return at != NULL ? strtol(at + strlen(name), NULL, 10) : -1;
}

Test(rights, one_that_is_overdue_is_counted)
{
    struct tenant t = stage_tenant("rights-metric");
    ask(&t, ", 'received_at': '2026-01-31T09:00:00Z'");
    for (int i = 0; i < 300 && overdue_counted(&t) < 1; i++)
        usleep(50 * 1000);
    cr_assert_geq(overdue_counted(&t), 1);
}

/* ---- who asks, shown by a link ---- */

static struct tenant delivering(const char *key)
{
    struct tenant t = stage_tenant(key);
    json_t *policy = tenant_policy(&t);
    json_object_set_new(policy, "messages",
                        json_of("{'endpoint': 'https://mail.invalid/', 'secret': 'mail'}"));
    tenant_apply(&t, policy);
    return t;
}

static const json_t *link_to(const struct tenant *t, int status, const char *request, const char *to)
{
    return post(t, status, text_of("/v1/rights-requests/%s/identity-link", request),
                "{'to': %s, 'language': 'en'}", to);
}

static const struct answer *page(const struct tenant *t, const char *path, const char *form)
{
    return client_send(
        &(struct request){.service = t->service,
                          .foreign = true,
                          .path = path,
                          .method = form == NULL ? "GET" : NULL,
                          .body = form,
                          .content_type = form != NULL ? "application/x-www-form-urlencoded" : NULL,
                          .headers = {"Accept-Language: en"}});
}

static void expect_identity(const struct tenant *t, const char *request, const char *identity)
{
    expect(get(t, 200, "/v1/rights-requests/%s", request), "{'identity': %s}", json_text("%s", identity));
}

#define PENDING  "{'method': 'link', 'outcome': 'pending', 'at': null}"
#define VERIFIED "{'method': 'link', 'outcome': 'verified'}"

Test(rights, who_reads_the_mail_box_shows_that_it_is_them)
{
    struct tenant t = delivering("rights-link");
    const char *request = asked(&t, "erasure", person(&t, "a"));
    const json_t *sent = link_to(&t, 202, request, email("a"));
    expect(sent, "{'request_id': '%s', 'identity': " PENDING "}", request);
    cr_expect_null(json_object_get(sent, "url"));
    const char *path = path_mailed(&t, MESSAGE_IDENTITY);
    for (unsigned i = 0; i < 3; i++) { /* looked at by a program that follows links */
        const struct answer *a = page(&t, path, NULL);
        cr_assert_eq(a->status, 200);
        cr_expect_not_null(strstr(a->body, "to erase your data"));
        cr_expect_null(strstr(a->body, "@example.nl"));
        cr_expect_str_eq(answer_header(a, "cache-control"), "no-store");
    }
    cr_expect_eq(page(&t, path, "action=other")->status, 400);
    expect_identity(&t, request, PENDING);
    cr_assert_eq(page(&t, path, "action=prove")->status, 200);
    const json_t *r = get(&t, 200, "/v1/rights-requests/%s", request);
    expect(r, "{'state': 'open', 'identity': " VERIFIED "}");
    const char *at = string_at(r, "/identity/at");
    cr_assert_eq(page(&t, path, "action=prove")->status, 200); /* twice, as people do */
    cr_expect_not_null(strstr(page(&t, path, NULL)->body, "Thank you"));
    cr_expect_str_eq(string_at(get(&t, 200, "/v1/rights-requests/%s", request), "/identity/at"), at);
    const json_t *audit = json_at(get(&t, 200, "/v1/audit?limit=1000"), "/entries");
    size_t sends = 0, proofs = 0, i;
    const json_t *entry;
    json_array_foreach(audit, i, entry)
    {
        const char *action = string_at(entry, "/action");
        sends += strcmp(action, "request_identity_link") == 0;
        if (strcmp(action, "request_identity_proven") == 0) {
            expect(entry, "{'actor': 'page', 'request_id': '%s'}", request);
            proofs++;
        }
    }
    cr_expect_eq(sends, 1);
    cr_expect_eq(proofs, 1);
}

Test(rights, only_an_address_of_the_person_s_own_proves_anything)
{
    struct tenant t = delivering("rights-link-whose");
    const char *request = asked(&t, "access", person(&t, "a"));
    person(&t, "b");
    say(&t, 201, text_of("[%s, %s]", customer("one"), email("family")), "newsletter", "given", "");
    say(&t, 201, text_of("[%s, %s]", customer("two"), email("family")), "newsletter", "given", "");
    const char *of_one = string_at(say(&t, 201, customer("one"), "newsletter", "given", ""), "/subject_id");
    const char *shared = asked(&t, "access", of_one);
    expect(link_to(&t, 422, request, email("b")), "{'errors': [{'pointer': '/to', 'detail': '%s'}]}",
           string_at(link_to(&t, 422, request, email("nobody")), "/errors/0/detail"));
    link_to(&t, 422, shared, email("family"));
    link_to(&t, 422, request, customer("one"));
    link_to(&t, 422, string_at(ask(&t, ""), "/request_id"), email("nobody")); /* of nobody known */
    cr_expect_eq(database_number(stage_database(),
                                 "select count(*) from outbox o join controller c using (controller_id) "
                                 "where c.key = '%s'",
                                 t.key),
                 0);
    expect_identity(&t, request, "{'method': null, 'outcome': 'pending'}");
}

Test(rights, a_link_is_worth_nothing_any_more_when_something_else_settled_it)
{
    struct tenant t = delivering("rights-link-over");
    const char *a = person(&t, "a"), *closed = asked(&t, "access", a);
    link_to(&t, 202, closed, email("a"));
    const char *path = path_mailed(&t, MESSAGE_IDENTITY);
    link_to(&t, 409, closed, email("a")); /* one in ten minutes */
    post(&t, 200, text_of("/v1/rights-requests/%s/close", closed), "{}");
    cr_expect_eq(page(&t, path, NULL)->status, 410);
    cr_expect_eq(page(&t, path, "action=prove")->status, 410);
    expect_identity(&t, closed, PENDING);
    link_to(&t, 409, closed, email("a"));

    const char *b = person(&t, "b"), *settled = asked(&t, "access", b);
    link_to(&t, 202, settled, email("b"));
    path = path_mailed(&t, MESSAGE_IDENTITY);
    post(&t, 200, text_of("/v1/rights-requests/%s/identity", settled),
         "{'method': 'callback', 'outcome': 'failed'}");
    cr_expect_eq(page(&t, path, "action=prove")->status, 410);
    expect_identity(&t, settled, "{'method': 'callback', 'outcome': 'failed'}");

    const char *c = person(&t, "c"), *corrected = asked(&t, "access", c);
    link_to(&t, 202, corrected, email("c"));
    path = path_mailed(&t, MESSAGE_IDENTITY);
    post(&t, 200, text_of("/v1/subjects/%s/correct", c), "{'from': %s, 'to': %s}", email("c"), email("c2"));
    cr_expect_eq(page(&t, path, "action=prove")->status, 410);
    expect_identity(&t, corrected, PENDING);
}

Test(rights, of_two_links_the_last_one_counts)
{
    struct tenant t = delivering("rights-link-two");
    const char *request = asked(&t, "access", person(&t, "a"));
    link_to(&t, 202, request, email("a"));
    const char *first = path_mailed(&t, MESSAGE_IDENTITY);
    database_value(stage_database(),
                   "update outbox o set put_at = put_at - interval '11 minutes' from controller c "
                   "where c.controller_id = o.controller_id and c.key = '%s'",
                   t.key);
    post(&t, 200, text_of("/v1/rights-requests/%s/extend", request), "{'reason': 'it is a lot'}");
    cr_expect_eq(page(&t, first, NULL)->status, 200, "another change of the request ends no link");
    link_to(&t, 202, request, email("a"));
    const char *second = path_mailed(&t, MESSAGE_IDENTITY);
    cr_expect_eq(page(&t, first, NULL)->status, 410);
    cr_expect_eq(page(&t, first, "action=prove")->status, 410);
    expect_identity(&t, request, PENDING);
    cr_expect_eq(page(&t, second, "action=prove")->status, 200);
    expect_identity(&t, request, VERIFIED);
}

/* Who asks may have had it tied by staff. */
Test(rights, what_came_after_the_request_proves_nothing)
{
    struct tenant t = delivering("rights-link-since");
    const char *one = person(&t, "a");
    say(&t, 201, text_of("[%s, %s]", email("a"), email("a2")), "newsletter", "given", "");
    const char *request = asked(&t, "access", one);
    post(&t, 201, text_of("/v1/subjects/%s/identifiers", one), "{'identifier': %s}", email("later"));
    link_to(&t, 422, request, email("later"));
    say(&t, 201, text_of("[%s, %s]", email("a"), email("named")), "newsletter", "given", "");
    link_to(&t, 422, request, email("named"));
    link_to(&t, 202, request, email("a2"));
    link_to(&t, 202, asked(&t, "access", one), email("later"));

    const char *b = person(&t, "b"), *of_b = asked(&t, "access", b);
    post(&t, 200, text_of("/v1/subjects/%s/correct", b),
         "{'from': %s, 'to': %s, 'evidence': {'documents': [{'name': 'id', 'sha256': '%064d'}]}}", email("b"),
         email("b2"), 1);
    link_to(&t, 422, of_b, email("b2"));
}

Test(rights, nothing_can_be_sent_where_nothing_is_delivered)
{
    struct tenant t = stage_tenant("rights-link-none");
    const char *request = asked(&t, "access", person(&t, "a"));
    link_to(&t, 409, request, email("a"));
    post(&t, 422, text_of("/v1/rights-requests/%s/identity-link", request), "{}");
    cr_expect_eq(page(&t, "/i/AAAA", NULL)->status, 404);
}
