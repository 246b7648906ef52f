/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "policy/policies.h"

#include <criterion/criterion.h>
#include <string.h>

/* Double opt-in: a request waits beside what stands until its token comes back. */

static struct tenant doubly(const char *key)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), key);
    json_t *policy = tenant_policy(&t);
    for (size_t i = 0; i < 2; i++)
        json_object_set_new(json_array_get(json_object_get(policy, "purposes"), i), "double_opt_in",
                            json_true());
    tenant_apply(&t, policy);
    return t;
}

static const json_t *request(const struct tenant *t, const char *more)
{
    return say(t, 202, email("a"), "newsletter", "given", more);
}

static const char *token(const json_t *r)
{
    return string_at(r, "/confirmation/token");
}

static const json_t *confirm(const struct tenant *t, int status, const char *token)
{
    return post(t, status, "/v1/confirm", "{'token': '%s'}", token);
}

Test(confirm, a_newer_request_does_not_end_an_older_ones_token)
{
    struct tenant t = doubly("newer");
    const char *first = token(request(&t, "")), *second = token(request(&t, ""));
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "unconfirmed");
    expect(confirm(&t, 201, first), "{'purpose': 'newsletter', 'event_state': 'given', 'effect': 'applied'}");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
    expect(confirm(&t, 201, second), "{'effect': 'applied'}");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
}

/* Who asked once is known, and was not erased. */
Test(confirm, of_a_request_that_is_over_changes_tell_no_erasure)
{
    struct tenant t = doubly("over");
    request(&t, "");
    database_value(stage_database(), "with gone as (delete from consent s using controller c where c.key = "
                                     "'over' and s.controller_id = c.controller_id returning 1) select "
                                     "count(*) from gone");
    expect(get(&t, 200, "/v1/changes"),
           "{'changes': [{'event_state': 'requested', 'allow': false, 'reason': 'never_asked'}]}");
}

Test(confirm, the_same_token_again_gets_the_receipt_it_got)
{
    struct tenant t = doubly("again");
    const char *once = token(request(&t, ", 'ref': 'crm-1'"));
    const json_t *receipt = confirm(&t, 201, once);
    long events = tenant_events(&t);
    cr_expect(json_equal(confirm(&t, 200, once), receipt));
    cr_expect_eq(tenant_events(&t), events);
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'newsletter'}", email("a"));
    cr_expect(json_equal(confirm(&t, 200, once), receipt), "it is no new Yes");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
}

Test(confirm, one_token_confirms_all_purposes_of_its_body)
{
    struct tenant t = doubly("choices");
    const json_t *asked = post(&t, 202, "/v1/consents",
                               "{'subject': %s, 'choices': {'newsletter': 'given', 'marketing': 'given', "
                               "'analytics': 'given'}, 'collection_method': 'web_form'}",
                               email("a"));
    cr_expect_str_eq(string_at(asked, "/0/confirmation/token"), string_at(asked, "/1/confirmation/token"));
    cr_expect_str_eq(reason_of(&t, "a", "analytics"), "granted", "it waits for nothing");
    expect(confirm(&t, 201, string_at(asked, "/0/confirmation/token")),
           "[{'purpose': 'newsletter', 'effect': 'applied'}, {'purpose': 'marketing', 'effect': 'applied'}]");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
    cr_expect_str_eq(reason_of(&t, "a", "marketing"), "granted");
}

Test(confirm, the_term_counts_from_when_it_was_recorded)
{
    struct tenant t = doubly("term");
    const json_t *late = request(&t, ", 'event_time': '2026-02-02T10:00:00Z'");
    cr_expect_gt(strcmp(string_at(late, "/confirmation/expires_at"), string_at(late, "/recorded_at")), 0,
                 "%s", string_at(late, "/confirmation/expires_at"));
    expect(confirm(&t, 201, token(late)), "{'event_time': '2026-02-02T10:00:00Z'}");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
}

Test(confirm, an_import_was_confirmed_after_it_was_asked_for_and_not_in_the_future)
{
    struct tenant t = doubly("import");
    static const char more[] =
        ", 'event_time': '2026-02-02T10:00:00Z', 'import': {'batch': 'b', 'source': 's'}, "
        "'notice': {'id': 'newsletter', 'version': '1'}, 'evidence': {'confirmed_at': '%s'}";
    const char *const wrong[] = {"1999-01-01T00:00:00Z", "2099-01-01T00:00:00Z"};
    for (size_t i = 0; i < 2; i++)
        expect(say(&t, 422, email("a"), "newsletter", "given", text_of(more, wrong[i])),
               "{'errors': [{'pointer': '/evidence/confirmed_at'}]}");
    say(&t, 201, email("a"), "newsletter", "given", text_of(more, "2026-02-02T10:05:00Z"));
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
}

Test(confirm, what_cannot_be_confirmed_says_why)
{
    struct tenant t = doubly("why"), other = doubly("why-other");
    const char *overtaken = token(request(&t, ""));
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", email("a"));
    const json_t *late = confirm(&t, 410, overtaken);
    cr_expect_not_null(strstr(string_at(late, "/detail"), "A No came after"), "%s",
                       string_at(late, "/detail"));
    const char *foreign = token(request(&other, ""));
    const json_t *gone = confirm(&t, 404, foreign);
    cr_expect_not_null(strstr(string_at(gone, "/detail"), "no such token"), "%s", string_at(gone, "/detail"));
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
}

/* Two identifiers were named when it was asked: the confirmation holds for both. */
Test(confirm, it_holds_for_what_the_request_named)
{
    struct tenant t = doubly("named");
    const json_t *r = say(&t, 202, text_of("[%s, %s]", customer("a"), email("a")), "newsletter", "given", "");
    confirm(&t, 201, token(r));
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
    cr_expect_str_eq(reason(&t, customer("a"), "newsletter"), "granted");
    cr_expect_str_eq(reason_of(&t, "b", "newsletter"), "never_asked");
}
