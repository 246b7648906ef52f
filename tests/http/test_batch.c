/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const struct answer *ask(const struct tenant *t, int status, const char *query, const char *body,
                                size_t len)
{
    const struct answer *a = client_send(&(struct request){.service = t->service,
                                                           .path = text_of("/v1/check/batch%s", query),
                                                           .token = t->token,
                                                           .content_type = "application/x-ndjson",
                                                           .body = body,
                                                           .body_len = len});
    cr_assert_eq(a->status, status, "%d: %.500s", a->status, a->body);
    return a;
}

static const char *line(const char *name, const char *purpose)
{
    return json_text("{'subject': %s, 'purpose': '%s'}\n", email(name), purpose);
}

/* "yes" said yes, "no" refused, "out" withdrew. */
static struct tenant tenant_of_three(const char *key)
{
    struct tenant t = stage_tenant(key);
    const char *body =
        "{'subject': %s, 'purpose': 'newsletter', 'event_state': '%s', 'collection_method': 'app'}";
    post(&t, 201, "/v1/consents", body, email("yes"), "given");
    post(&t, 201, "/v1/consents", body, email("no"), "refused");
    post(&t, 201, "/v1/consents", body, email("out"), "withdrawn");
    return t;
}

Test(batch, each_line_is_answered_in_its_order)
{
    struct tenant t = tenant_of_three("order");
    const char *body =
        text_of("%s%s%s%s%s", line("no", "newsletter"), line("yes", "newsletter"), line("yes", "functional"),
                line("unseen", "newsletter"), line("out", "newsletter"));
    const struct answer *a = ask(&t, 200, "", body, 0);
    cr_assert_str_eq(answer_header(a, "content-type"), "application/x-ndjson");
    expect(json_lines(a->body),
           "[{'line': 1, 'allow': false, 'reason': 'refused', 'purpose': 'newsletter', 'revision': 2}, "
           "{'line': 2, 'allow': true, 'reason': 'granted', 'revision': 1}, {'line': 3, 'allow': true, "
           "'reason': 'not_required'}, {'line': 4, 'allow': false, 'reason': 'never_asked', 'record_id': "
           "null}, {'line': 5, 'allow': false, 'reason': 'withdrawn'}]");
}

Test(batch, a_bad_line_is_answered_where_it_stands_and_the_rest_goes_on)
{
    struct tenant t = tenant_of_three("bad");
    const char *body =
        text_of("%s{\"subject\": {\"type\": \"em\n%s%s%s{}\n[1]\n\xff\n%s", line("yes", "newsletter"),
                line("yes", "newsleter"),
                json_text("{'subject': {'type': 'email', 'value': 'no address " MARK
                          "'}, 'purpose': 'newsletter'}\n"),
                json_text("{'subject': %s, 'purpose': 'newsletter', 'extra': 1}\n", email("yes")),
                line("yes", "newsletter"));
    const struct answer *a = ask(&t, 200, "", body, 0);
    expect(json_lines(a->body), "[{'line': 1, 'allow': true}, {'line': 2, 'error': {'type': "
                                "'urn:akkoord:problem:not-json', 'status': 400}},"
                                "{'line': 3, 'error': {'type': 'urn:akkoord:problem:unknown-purpose', "
                                "'status': 422, 'errors': [{'pointer': '/purpose'}]}},"
                                "{'line': 4, 'error': {'type': 'urn:akkoord:problem:invalid', 'errors': "
                                "[{'pointer': '/subject/value'}]}},"
                                "{'line': 5, 'error': {'errors': [{'pointer': '/extra'}]}}, {'line': 6, "
                                "'error': {'status': 422}}, {'line': 7, 'error': {'status': 422}},"
                                "{'line': 8, 'error': {'status': 400}}, {'line': 9, 'allow': true}]");
    cr_assert_null(client_mark_in(a->body));
}

Test(batch, a_line_is_answered_by_the_name_its_caller_gave_it)
{
    struct tenant t = tenant_of_three("named");
    const char *subject = email("yes"),
               *long_id = "0123456789012345678901234567890123456789012345678901234567890123";
    const char *body =
        json_text("{'id': 'm-1', 'subject': %s, 'purpose': 'newsletter'}\n"
                  "{'subject': %s, 'purpose': 'newsletter', 'id': '%s'}\n"
                  "{'subject': %s, 'purpose': 'newsleter', 'id': 'm-3'}\n"
                  "{'subject': %s, 'purpose': 'newsletter', 'id': '%s4'}\n"
                  "{'subject': %s, 'purpose': 'newsletter', 'id': 5}\n"
                  "{'subject': %s, 'purpose': 'newsletter', 'id': ''}\n"
                  "{'subject': %s, 'purpose': 'newsletter', 'id': '\\u00e97'}\n"
                  "{'subject': {'id': 'm-8'}, 'purpose': 'newsletter'}\n",
                  subject, subject, long_id, subject, subject, long_id, subject, subject, subject);
    expect(json_lines(ask(&t, 200, "", body, 0)->body),
           text_of("[{'line': 1, 'id': 'm-1', 'allow': true}, {'line': 2, 'id': '%s', 'allow': true},"
                   "{'line': 3, 'id': 'm-3', 'error': {'errors': [{'pointer': '/purpose'}]}},"
                   "{'line': 4, 'error': {'errors': [{'pointer': '/id'}]}},"
                   "{'line': 5, 'error': {'errors': [{'pointer': '/id'}]}},"
                   "{'line': 6, 'error': {'errors': [{'pointer': '/id'}]}},"
                   "{'line': 7, 'id': '\u00e97', 'allow': true},"
                   "{'line': 8, 'error': {'status': 422}}]",
                   long_id));
    expect(json_lines(ask(&t, 200, "?only=denied", body, 0)->body),
           "[{'line': 3, 'id': 'm-3'}, {'line': 4}, {'line': 5}, {'line': 6}, {'line': 8}, {'end': true}]");
    const char *named = json_text("{'id': 'm-1', 'subject': %s, 'purpose': 'newsletter'}\n", subject);
    cr_assert_str_eq(ask(&t, 200, "?only=allowed", named, 0)->body, named);
}

Test(batch, blank_lines_are_passed_over_and_counted)
{
    struct tenant t = tenant_of_three("blank");
    char *last = text_of("%s", line("yes", "newsletter"));
    last[strlen(last) - 1] = '\0'; /* the last line needs no newline */
    const char *body = text_of("\n%s\n  \r\n%s", line("no", "newsletter"), last);
    expect(json_lines(ask(&t, 200, "", body, 0)->body),
           "[{'line': 2, 'reason': 'refused'}, {'line': 5, 'reason': 'granted'}]");
    expect(json_lines(ask(&t, 200, "?only=denied", body, 0)->body),
           "[{'line': 2, 'reason': 'refused'}, {'end': true, 'lines': 5}]");
    cr_assert_eq(ask(&t, 200, "", "\n\n", 0)->len, 0);
}

Test(batch, only_allowed_gives_back_the_lines_that_may_be_used_unchanged)
{
    struct tenant t = tenant_of_three("allowed");
    const char *odd = "  {\"purpose\" : \"newsletter\",\t\"subject\":{\"value\":\"YES-" MARK
                      "@Example.nl\",\"type\":\"email\"}}  \n";
    const char *body = text_of("%s%s{}\n%s%s%s", line("no", "newsletter"), odd, line("unseen", "newsletter"),
                               line("yes", "functional"), line("out", "newsletter"));
    cr_assert_str_eq(ask(&t, 200, "?only=allowed", body, 0)->body,
                     text_of("%s%s", odd, line("yes", "functional")));
    cr_assert_eq(ask(&t, 200, "?only=allowed", line("no", "newsletter"), 0)->len, 0);
    char *dos = text_of("%s", line("yes", "functional"));
    dos = text_of("%.*s\r\n", (int)strlen(dos) - 1, dos);
    cr_assert_str_eq(ask(&t, 200, "?only=allowed", dos, 0)->body, dos);
    cr_assert_str_eq(ask(&t, 200, "?only=allowed",
                         text_of("{\"subject\":[{\"type\":\"email\",\"value\":\"yes-" MARK
                                 "@example.nl\"}],\"purpose\":\"\\u006eewsletter\"}"),
                         0)
                         ->body,
                     text_of("{\"subject\":[{\"type\":\"email\",\"value\":\"yes-" MARK
                             "@example.nl\"}],\"purpose\":\"\\u006eewsletter\"}\n"));
}

Test(batch, only_denied_gives_the_others_and_says_that_it_is_whole)
{
    struct tenant t = tenant_of_three("denied");
    const char *body =
        text_of("%s%s{}\n%s", line("no", "newsletter"), line("yes", "newsletter"), line("out", "newsletter"));
    expect(json_lines(ask(&t, 200, "?only=denied", body, 0)->body),
           "[{'line': 1, 'allow': false, 'reason': 'refused'}, {'line': 3, 'error': {'status': 422}}, "
           "{'line': 4, 'reason': 'withdrawn'}, {'end': true, 'lines': 4}]");
    expect(json_lines(ask(&t, 200, "?only=denied", line("yes", "newsletter"), 0)->body),
           "[{'end': true, 'lines': 1}]");
    expect(json_lines(ask(&t, 200, "?only=denied", "\n", 0)->body), "[{'end': true, 'lines': 1}]");
}

Test(batch, several_identifiers_in_a_line_answer_the_strictest)
{
    struct tenant t = tenant_of_three("strictest");
    const char *body = json_text(
        "{'subject': [%s, %s], 'purpose': 'newsletter'}\n{'subject': [%s, %s], 'purpose': 'newsletter'}\n",
        email("yes"), email("out"), email("yes"), email("yes"));
    expect(json_lines(ask(&t, 200, "", body, 0)->body), "[{'reason': 'withdrawn'}, {'reason': 'granted'}]");
}

Test(batch, a_line_above_its_limit_is_a_bad_line)
{
    struct tenant t = tenant_of_three("long-line");
    const char *question =
        text_of("%.*s", (int)strlen(line("yes", "newsletter")) - 1, line("yes", "newsletter"));
    const char *body = text_of("%-16384s\n%-16385s\n", question, question);
    expect(json_lines(ask(&t, 200, "", body, 0)->body),
           "[{'line': 1, 'reason': 'granted'}, {'line': 2, 'error': {'type': "
           "'urn:akkoord:problem:too-large', 'status': 413}}]");
}

enum { LINES = 100000 };

/* ${count} lines. Every third visitor said yes; two lines of three are of people never seen. */
static char *many_lines(int count, size_t *ret_len)
{
    char *body;
    FILE *out = open_memstream(&body, ret_len);
    for (int i = 0; i < count; i++)
        fprintf(out,
                "{\"subject\":{\"type\":\"visitor\",\"value\":\"" MARK "%d\"},\"purpose\":\"newsletter\"}\n",
                i % 3 == 0 ? i % 900 : LINES + i);
    fclose(out);
    return body;
}

static void three_hundred_say_yes(const struct tenant *t)
{
    char *body;
    size_t len;
    FILE *out = open_memstream(&body, &len);
    for (int i = 0; i < 900; i += 3)
        fprintf(out,
                "%s{'subject': {'type': 'visitor', 'value': '" MARK
                "%d'}, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app'}",
                i > 0 ? "," : "[", i);
    fprintf(out, "]");
    fclose(out);
    post(t, 201, "/v1/consents", "%s", body);
    free(body);
}

/* Goes past ${line} in ${at}; false where it does not stand there any more. */
static bool line_find(const char **at, const char *end, const char *line, size_t len)
{
    while (*at < end) {
        const char *start = *at;
        *at = (const char *)memchr(start, '\n', (size_t)(end - start)) + 1;
        if ((size_t)(*at - start) == len && memcmp(start, line, len) == 0)
            return true;
    }
    return false;
}

Test(batch, a_hundred_thousand_lines_are_answered_and_one_more_is_413)
{
    static const char end[] = "{\"end\":true,\"lines\":100000}\n";
    struct tenant t = stage_tenant("many");
    size_t len, count = 0;
    three_hundred_say_yes(&t);
    char *body = many_lines(LINES, &len);
    const struct answer *a = ask(&t, 200, "?only=allowed", body, len);
    const char *in = body;
    for (const char *out = a->body, *next; out < a->body + a->len; out = next, count++) {
        next = (const char *)memchr(out, '\n', (size_t)(a->body + a->len - out)) + 1;
        cr_assert(line_find(&in, body + len, out, (size_t)(next - out)),
                  "line %zu is not of the input, or not in its order", count);
    }
    cr_assert_eq(count, (LINES + 2) / 3);
    a = ask(&t, 200, "?only=denied", body, len);
    cr_assert_eq(memcmp(a->body + a->len - strlen(end), end, strlen(end)), 0);
    free(body);
    body = many_lines(LINES + 1, &len);
    expect(ask(&t, 413, "", body, len)->json, "{'type': 'urn:akkoord:problem:too-large'}");
    free(body);
}

Test(batch, no_line_is_bad_by_an_older_policy)
{
    struct tenant first = stage_tenant("renamed"), second = tenant_at(&first, stage_service(1));
    const char *body = line("unseen", "renamed");
    expect(json_lines(ask(&second, 200, "", body, 0)->body), "[{'error': {'status': 422}}]");
    json_t *policy = tenant_policy(&first);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "key",
                        json_string("renamed"));
    tenant_apply(&first, policy);
    json_decref(policy);
    expect(json_lines(ask(&second, 200, "", body, 0)->body), "[{'reason': 'never_asked'}]");
}

Test(batch, a_query_that_is_wrong_is_422)
{
    static const char *const wrong[] = {
        "?only=some", "?only=", "?onyl=allowed", "?only=allowed&only=allowed", "?only=denied&x=1",
        "?only",      NULL};
    struct tenant t = tenant_of_three("query");
    for (size_t i = 0; wrong[i] != NULL; i++)
        expect(ask(&t, 422, wrong[i], line("yes", "newsletter"), 0)->json,
               "{'type': 'urn:akkoord:problem:invalid'}");
}

Test(batch, whose_an_identifier_is_is_told_where_it_is_asked)
{
    struct tenant t = tenant_of_three("whose");
    const char *id =
        string_at(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("yes")), "/subject_id");
    const char *body = text_of("%s%s{}\n", line("yes", "newsletter"), line("unseen", "newsletter"));
    expect(json_lines(ask(&t, 200, "?with=subject_id", body, 0)->body),
           text_of("[{'line': 1, 'subject_id': '%s', 'allow': true}, {'line': 2, 'subject_id': null, "
                   "'allow': false}, "
                   "{'line': 3, 'error': {'status': 422}}]",
                   id));
    expect(json_lines(ask(&t, 200, "?with=subject_id&only=denied", body, 0)->body),
           "[{'line': 2, 'subject_id': null}, {'line': 3}, {'end': true, 'lines': 3}]");
    ask(&t, 422, "?with=everything", body, 0);
    struct tenant checker = t;
    checker.token = token_of(t.keyring, t.key, "consent:check", "checker");
    ask(&checker, 200, "", body, 0);
    ask(&checker, 403, "?with=subject_id", body, 0);
}

static const struct answer *whose(const struct tenant *t, int status, const char *body)
{
    const struct answer *a = client_send(&(struct request){.service = t->service,
                                                           .path = "/v1/subjects/lookup",
                                                           .token = t->token,
                                                           .content_type = "application/x-ndjson",
                                                           .body = json_text("%s", body)});
    cr_assert_eq(a->status, status, "%d: %.500s", a->status, a->body);
    return a;
}

/* As a lookup one by one: the same persons, whoever is named. */
Test(batch, a_lookup_of_many_lines_tells_what_each_alone_would)
{
    struct tenant t = tenant_of_three("lookups");
    const char *customer = "{'type': 'customer', 'value': 'C-7'}",
               *phone = "{'type': 'phone', 'value': '0612345678'}";
    post(&t, 201, "/v1/consents",
         "{'subject': [%s, %s, %s], 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': "
         "'app'}",
         customer, email("yes"), phone);
    const char *asked[] = {email("yes"), customer, phone, text_of("[%s, %s]", phone, email("yes")),
                           text_of("[%s, %s]", phone, customer)};
    char *body = text_of("%s", "");
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        body = text_of("%s{'subject': %s, 'id': 'n%zu'}\n", body, asked[i], i);
    body = text_of("%s{'subject': %s}\n{'subject': 3}\n", body, email("unseen"));
    const json_t *told = json_lines(whose(&t, 200, body)->body);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        const json_t *one = post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", asked[i]);
        cr_assert_str_eq(string_at(told, text_of("/%zu/subject_id", i)), string_at(one, "/subject_id"), "%zu",
                         i);
        cr_assert_str_eq(string_at(told, text_of("/%zu/id", i)), text_of("n%zu", i));
    }
    expect(told,
           "[{}, {'also': []}, {}, {}, {}, {'line': 6, 'subject_id': null, 'also': []}, {'line': 7, 'error': "
           "{'status': 422}}, {'end': true, 'lines': 7}]");
    expect(json_at(told, "/0/also"), "[{'via': 'email'}]");
    post(&t, 404, "/v1/subjects/lookup", "{'subject': %s}", email("unseen"));
}
