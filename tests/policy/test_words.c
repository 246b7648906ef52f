/* SPDX-License-Identifier: Apache-2.0 */
#include "policies.h"

#include "harness/process.h"

#include <criterion/criterion.h>
#include <string.h>

/* Which words a Yes was said to, and what comes of one to words that nobody knows. The policy is
 * examples/demo.json: `newsletter` 1, in English and Dutch. */

/* A Yes to the newsletter; ${more}: further members. */
static const json_t *yes(const struct tenant *t, int status, const char *name, const char *more)
{
    return post(t, status, "/v1/consents",
                "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given'%s%s}", email(name),
                strstr(more, "collection_method") == NULL ? ", 'collection_method': 'web_form'" : "", more);
}

static const char *subject_of(const struct tenant *t, const char *name)
{
    return string_at(post(t, 200, "/v1/subjects/lookup", "{'subject': %s}", email(name)), "/subject_id");
}

/* What is told of the words of a person's only act, in the history and in the consents. */
static const json_t *in_history(const struct tenant *t, const char *name)
{
    return json_at(get(t, 200, "/v1/subjects/%s/history", subject_of(t, name)), "/events/0/notice");
}

static const json_t *in_consents(const struct tenant *t, const char *name)
{
    const json_t *all = json_at(get(t, 200, "/v1/subjects/%s/consents", subject_of(t, name)), "/consents");
    size_t i;
    json_t *one;
    json_array_foreach(all, i, one)
    {
        if (strcmp(string_at(one, "/purpose"), "newsletter") == 0)
            return json_at(one, "/event/notice");
    }
    cr_assert_fail("no consent is told");
    return NULL;
}

/* ---- which words ---- */

Test(words, a_language_that_the_notice_has_not_is_refused)
{
    struct tenant t = stage_tenant("words-language");
    static const char refused[] = "{'status': 422, 'errors': [{'pointer': '/language'}]}";
    expect(yes(&t, 422, "a", ", 'language': 'de'"), refused);
    expect(yes(&t, 422, "a", ", 'language': 'de', 'notice': {'id': 'newsletter', 'version': '1'}"), refused);
    cr_expect_eq(tenant_events(&t), 0);
    expect(yes(&t, 201, "a", ", 'language': 'nl-BE'"), "{'notice': {'language': 'nl'}}");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
}

Test(words, a_no_is_taken_in_whatever_language)
{
    struct tenant t = stage_tenant("words-no");
    expect(post(&t, 201, "/v1/consents",
                "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'refused', 'collection_method': "
                "'web_form', 'language': 'de'}",
                email("a")),
           "{'event_state': 'refused', 'effect': 'applied'}");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "refused");
}

Test(words, of_a_copy_in_a_language_that_the_notice_has_not_they_are_unknown)
{
    struct tenant t = stage_tenant("words-import");
    static const char copy[] =
        ", 'language': 'de', 'notice': {'id': 'newsletter', 'version': '1'}, 'event_time': "
        "'2024-01-01T00:00:00Z', 'import': {'batch': 'b', 'source': 'crm'}";
    expect(yes(&t, 201, "a", copy), "{'notice': null, 'effect': 'words_unknown'}");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "notice_unknown");
}

Test(words, that_nobody_named_are_told_to_be_assumed)
{
    struct tenant t = stage_tenant("words-assumed");
    static const char assumed[] = "{'id': 'newsletter', 'version': '1', 'assumed': true}";
    expect(json_at(yes(&t, 201, "a", ""), "/notice"), assumed);
    expect(in_history(&t, "a"), assumed);
    expect(in_consents(&t, "a"), assumed);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted", "they count all the same");
    expect(json_at(post(&t, 201, "/v1/consents",
                        "{'subject': %s, 'choices': {'newsletter': 'given'}, 'collection_method': 'banner'}",
                        email("b")),
                   "/0/notice"),
           assumed);
}

Test(words, that_were_named_are_not)
{
    struct tenant t = stage_tenant("words-named");
    const json_t *told = json_at(
        yes(&t, 201, "a", ", 'language': 'nl', 'notice': {'id': 'newsletter', 'version': '1'}"), "/notice");
    cr_expect_null(json_object_get(told, "assumed"));
    cr_expect_null(json_object_get(in_history(&t, "a"), "assumed"));
    cr_expect_null(json_object_get(in_consents(&t, "a"), "assumed"));
}

Test(words, a_repeat_of_the_request_is_told_of_them_alike)
{
    struct tenant t = stage_tenant("words-repeat");
    for (size_t i = 0; i < 2; i++) {
        const json_t *answer = post_with(&t, 201, "/v1/consents", "idempotency-key: words-repeat",
                                         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', "
                                         "'collection_method': 'web_form'}",
                                         email("a"));
        expect(json_at(answer, "/notice"), "{'version': '1', 'assumed': true}");
    }
}

Test(words, of_a_confirmed_yes_are_those_of_its_request)
{
    struct tenant t = stage_tenant("words-confirmed");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "double_opt_in", json_true());
    tenant_apply(&t, policy);
    static const char assumed[] = "{'id': 'newsletter', 'version': '1', 'assumed': true}";
    const json_t *request = yes(&t, 202, "a", "");
    expect(json_at(request, "/notice"), assumed);
    const char *token = string_at(request, "/confirmation/token");
    expect(json_at(post(&t, 201, "/v1/confirm", "{'token': '%s'}", token), "/notice"), assumed);
    expect(in_consents(&t, "a"), assumed);
    expect(yes(&t, 202, "b", ", 'collection_method': 'paper'"), "{'notice': null, 'effect': 'pending'}");
}

/* ---- which came later ---- */

/* A tenant with a version 2 of the newsletter's words, in force from ${from}. */
static struct tenant with_later_words(const char *key, const char *from)
{
    struct tenant t = stage_tenant(key);
    json_t *policy = tenant_policy(&t);
    notice_add(policy, "newsletter", "2", "material", from);
    tenant_apply(&t, policy);
    return t;
}

Test(words, nobody_agreed_to_words_before_they_were_in_force)
{
    struct tenant t = with_later_words("words-later", "2026-01-01T00:00:00Z");
    static const char second[] = ", 'notice': {'id': 'newsletter', 'version': '2'}, 'event_time': '%s'%s";
    expect(yes(&t, 422, "a", text_of(second, "2025-12-31T23:59:59Z", "")),
           "{'status': 422, 'errors': [{'pointer': '/notice'}]}");
    yes(&t, 422, "a", text_of(second, "2025-12-31T23:59:59Z", ", 'import': {'batch': 'b', 'source': 'crm'}"));
    cr_expect_eq(tenant_events(&t), 0);
    yes(&t, 201, "a", text_of(second, "2026-01-01T00:00:00Z", ""));
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
}

Test(words, to_come_are_no_words_of_today)
{
    struct tenant t = with_later_words("words-to-come", time_from_now(3600));
    yes(&t, 422, "a", ", 'notice': {'id': 'newsletter', 'version': '2'}");
    expect(yes(&t, 201, "a", ""), "{'notice': {'version': '1'}, 'effect': 'applied'}");
}

/* ---- what nobody knows ---- */

Test(words, a_yes_to_words_unknown_tells_at_once_that_it_will_not_count)
{
    struct tenant t = stage_tenant("words-unknown");
    expect(yes(&t, 201, "a", ", 'collection_method': 'paper'"),
           "{'notice': null, 'effect': 'words_unknown'}");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "notice_unknown");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "unknown_words",
                        json_of("{'allow': 'on paper, from before 2018'}"));
    tenant_apply(&t, policy);
    expect(yes(&t, 201, "b", ", 'collection_method': 'paper'"), "{'notice': null, 'effect': 'applied'}");
    cr_expect_str_eq(reason_of(&t, "b", "newsletter"), "granted");
    expect(post(&t, 201, "/v1/consents",
                "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'refused', 'collection_method': "
                "'paper'}",
                email("c")),
           "{'notice': null, 'effect': 'applied'}");
}

Test(words, of_one_act_told_twice_those_that_are_known_stand)
{
    struct tenant t = stage_tenant("words-twice");
    static const char act[] = ", 'collection_method': 'paper', 'event_time': '2026-02-02T10:00:00Z'";
    static const char named[] = ", 'notice': {'id': 'newsletter', 'version': '1'}";
    yes(&t, 201, "first", act);
    yes(&t, 201, "first", text_of("%s%s", act, named));
    cr_expect_str_eq(reason_of(&t, "first", "newsletter"), "granted");
    yes(&t, 201, "last", text_of("%s%s", act, named));
    yes(&t, 201, "last", act);
    cr_expect_str_eq(reason_of(&t, "last", "newsletter"), "granted");
}

/* ---- that left ---- */

/* Where the newsletter has a version 2, without the first. */
static json_t *without_the_first(const struct tenant *t)
{
    json_t *policy = tenant_policy(t);
    notice_add(policy, "newsletter", "2", "editorial", "2026-01-01T00:00:00Z");
    json_array_remove(json_object_get(policy, "notices"), 0);
    return policy;
}

static const char stranded[] =
    "{'pointer': '/notices', 'detail': 'newsletter 1 is not here, and consents rest on it: they are to words "
    "that nobody knows'}";

Test(words, that_left_while_a_yes_rests_on_them_are_warned_about)
{
    struct tenant t = stage_tenant("words-left");
    json_t *policy = without_the_first(&t);
    yes(&t, 201, "a", ", 'notice': {'id': 'newsletter', 'version': '1'}");
    expect(rehearse(&t, 200, policy), "{'warnings': [%s]}", stranded);
    expect(rehearse(&t, 200, tenant_policy(&t)), "{'warnings': []}");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted", "a rehearsal writes nothing");
    expect(put(&t, "", policy)->json, "{'changed': true, 'warnings': [%s]}", stranded);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "notice_unknown");
    expect(put(&t, "", policy)->json, "{'changed': false, 'warnings': [%s]}", stranded);
    yes(&t, 201, "a", "");
    expect(put(&t, "", policy)->json, "{'warnings': []}");
}

Test(words, that_left_and_that_only_a_no_named_are_not)
{
    struct tenant t = stage_tenant("words-left-no");
    post(&t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'refused', 'collection_method': 'banner', "
         "'notice': {'id': 'newsletter', 'version': '1'}}",
         email("a"));
    expect(put(&t, "", without_the_first(&t))->json, "{'changed': true, 'warnings': []}");
}

Test(words, that_left_are_those_of_ones_own_ledger)
{
    struct tenant t = stage_tenant("words-left-mine"), other = stage_tenant("words-left-theirs");
    yes(&other, 201, "a", ", 'notice': {'id': 'newsletter', 'version': '1'}");
    expect(put(&t, "", without_the_first(&t))->json, "{'warnings': []}");
    expect(put(&other, "", without_the_first(&other))->json, "{'warnings': [%s]}", stranded);
}
