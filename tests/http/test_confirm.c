/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "mailed.h"
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

static void retire_newsletter(const struct tenant *t, bool left_out)
{
    json_t *policy = tenant_policy(t), *purposes = json_object_get(policy, "purposes");
    if (left_out)
        json_array_remove(purposes, 0);
    else
        json_object_set_new(json_array_get(purposes, 0), "retired", json_true());
    cr_assert_eq(put(t, "?force=retire", policy)->status, 200);
}

Test(confirm, what_was_retired_meanwhile_is_confirmed_by_nobody)
{
    for (int left_out = 0; left_out < 2; left_out++) {
        struct tenant t = doubly(left_out ? "left-out" : "retired");
        const json_t *asked = request(&t, "");
        const char *url = string_at(asked, "/confirmation/url"), *path = strchr(strstr(url, "://") + 3, '/');
        retire_newsletter(&t, left_out);
        long events = tenant_events(&t);
        expect(confirm(&t, 410, token(asked)), "{'type': 'urn:akkoord:problem:gone'}");
        const struct answer *page = client_send(&(struct request){
            .service = t.service, .method = "GET", .path = path, .content_type = "", .foreign = true});
        cr_expect_eq(page->status, 410);
        cr_expect_not_null(strstr(page->body, "does not exist any more"), "%s", page->body);
        cr_expect_eq(tenant_events(&t), events);
        cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "retired");
    }
}

Test(confirm, what_was_confirmed_before_it_was_retired_gets_the_receipt_it_got)
{
    struct tenant t = doubly("retired-since");
    const char *asked = token(request(&t, ""));
    const char *record = string_at(confirm(&t, 201, asked), "/record_id");
    retire_newsletter(&t, false);
    cr_expect_str_eq(string_at(confirm(&t, 200, asked), "/record_id"), record);
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

/* The form on which it was asked for is what proves it. */
Test(confirm, what_was_asked_for_on_a_form_that_misled_is_invalidated)
{
    struct tenant t = doubly("misled");
    confirm(&t, 201, token(request(&t, ", 'evidence': {'form': 'autumn'}")));
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
    expect(post(&t, 200, "/v1/consents/invalidate",
                "{'purpose': 'newsletter', 'form': 'autumn', 'reason': 'it misled'}"),
           "{'matched': 1, 'invalidated': 1}");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "invalidated");
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

/* ---- a guardian's Yes ---- */

#define DOCUMENTS                                                                                            \
    ", 'evidence': {'documents': [{'name': 'form.pdf', 'sha256': "                                           \
    "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}]}"

static const json_t *guardian_says(const struct tenant *t, int status, const char *by, const char *more)
{
    return say(t, status, email("a"), "newsletter", "given", text_of(", 'expressed_by': {%s}%s", by, more));
}

Test(confirm, whoever_says_to_be_a_parent_waits_too)
{
    static const char *const by[] = {
        "'role': 'parent'",
        "'role': 'legal_representative'",
        "'role': 'carer', 'strength': 'email_plus'",
        "'role': 'parent', 'strength': 'in_person'",
        "'role': 'parent', 'strength': 'eid'",
        "'role': 'parent', 'identifier': {'type': 'phone', 'value': '0612345678'}"};
    for (size_t i = 0; i < sizeof by / sizeof *by; i++) {
        struct tenant t = doubly(text_of("parent%zu", i));
        const json_t *r = guardian_says(&t, 202, by[i], "");
        expect(r, "{'event_state': 'requested', 'effect': 'pending'}");
        cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "unconfirmed", "%s", by[i]);
        expect(confirm(&t, 201, token(r)), "{'event_state': 'given', 'effect': 'applied'}");
        cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted", "%s", by[i]);
    }
}

Test(confirm, what_a_guardian_confirms_is_that_guardians)
{
    struct tenant t = doubly("guardians");
    const json_t *r = guardian_says(
        &t, 202, text_of("'role': 'carer', 'strength': 'email', 'identifier': %s", email("g")), "");
    confirm(&t, 201, token(r));
    expect(
        get(&t, 200, "/v1/subjects/%s/history", string_at(r, "/subject_id")),
        "{'events': [{'event_state': 'requested'}, {'event_state': 'given', 'collection_method': "
        "'double_opt_in', 'expressed_by': {'role': 'carer', 'strength': 'email', 'form': 'electronic'}}]}");
    post(&t, 200, "/v1/withdraw",
         "{'subject': %s, 'purpose': 'newsletter', 'expressed_by': {'role': 'carer', 'identifier': %s}}",
         email("a"), email("g"));
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "never_asked", "a guardian of an adult has no No");
}

Test(confirm, what_a_guardian_signed_and_shows_has_nothing_to_wait_for)
{
    static const char *const strengths[] = {"signed", "in_person", "eid"};
    for (size_t i = 0; i < 3; i++) {
        struct tenant t = doubly(text_of("shown%zu", i));
        guardian_says(&t, 201, text_of("'role': 'parent', 'strength': '%s'", strengths[i]), DOCUMENTS);
        cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
        guardian_says(&t, 202, "'role': 'parent', 'strength': 'email'", DOCUMENTS);
    }
}

Test(confirm, a_guardians_yes_that_is_imported_was_confirmed_too)
{
    struct tenant t = doubly("guardians-import");
    static const char more[] =
        ", 'event_time': '2026-02-02T10:00:00Z', 'import': {'batch': 'b', 'source': 's'}, "
        "'notice': {'id': 'newsletter', 'version': '1'}%s";
    expect(guardian_says(&t, 422, "'role': 'parent'", text_of(more, "")),
           "{'errors': [{'pointer': '/evidence'}]}");
    guardian_says(&t, 201, "'role': 'parent'",
                  text_of(more, ", 'evidence': {'confirmed_at': '2026-02-02T10:05:00Z'}"));
}

/* Who reads the mail of the one confirms nothing of the other, in one body neither. */
Test(confirm, the_childs_and_the_guardians_tokens_are_two)
{
    struct tenant t = doubly("two-tokens");
    const json_t *asked = post(&t, 202, "/v1/consents",
                               "[{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', "
                               "'collection_method': 'web_form'}, {'subject': %s, 'purpose': 'marketing', "
                               "'event_state': 'given', 'collection_method': 'web_form', 'expressed_by': "
                               "{'role': 'parent', 'identifier': %s}}]",
                               email("a"), email("a"), email("g"));
    confirm(&t, 201, string_at(asked, "/0/confirmation/token"));
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
    cr_expect_str_eq(reason_of(&t, "a", "marketing"), "unconfirmed");
    confirm(&t, 201, string_at(asked, "/1/confirmation/token"));
    cr_expect_str_eq(reason_of(&t, "a", "marketing"), "granted");
}

/* The mail box that the Yes is about: the guardian's own where one is named. */
Test(confirm, a_guardians_confirmation_is_delivered_to_the_guardian)
{
    static const char *const by[] = {
        "{'role': 'parent'}", "{'role': 'parent', 'identifier': {'type': 'email', 'value': 'g@x.nl'}}"};
    static const char *const to[] = {"a", "g"};
    struct tenant t = doubly("delivered-guardian");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "double_opt_in", json_true());
    json_object_set_new(
        policy, "messages",
        json_of("{'endpoint': 'https://mail.invalid/', 'secret': 'mail', 'confirmation': 'delivered'}"));
    tenant_apply(&t, policy);
    for (size_t i = 0; i < 2; i++) {
        post(&t, 202, "/v1/consents",
             "{'subject': {'type': 'email', 'value': 'a@x.nl'}, 'purpose': 'newsletter', 'event_state': "
             "'given', 'collection_method': 'web_form', 'expressed_by': %s}",
             by[i]);
        const json_t *told = told_mailed(&t, MESSAGE_CONFIRMATION);
        expect(told, "{'data': {'to': {'value': '%s@x.nl'}}}", to[i]);
    }
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
