/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "policy/policies.h"

#include <criterion/criterion.h>
#include <string.h>

/* Minors, those who are represented, and their guardians, by the policy of examples/youth.json. */

#define CHILD ", 'minor': {'birth_month': '2012-05'}"
#define DOCUMENTS                                                                                            \
    "'evidence': {'documents': [{'name': 'form.pdf', 'sha256': "                                             \
    "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}]}"

/* A guardian's act for ${subject}; ${who}: further members of expressed_by. */
static const json_t *guardian_says(const struct tenant *t, int status, const char *subject, const char *role,
                                   const char *who, const char *state)
{
    return say(
        t, status, subject, "pupil_phone", state,
        text_of(", 'expressed_by': {'role': '%s', 'strength': 'signed', 'form': 'written'%s}, " DOCUMENTS,
                role, who));
}

static const json_t *says(const struct tenant *t, int status, const char *subject, const char *state,
                          const char *more)
{
    return say(t, status, subject, "pupil_phone", state, more);
}

static const char *verdict(const struct tenant *t, const char *subject)
{
    return reason(t, subject, "pupil_phone");
}

Test(guardians, a_child_does_not_lift_its_limit_by_another_age_country_or_date)
{
    static const char *const ages[] = {", 'minor': {'birth_month': '2005-05'}",
                                       ", 'minor': {'birth_month': '2012-05', 'country': 'BE'}"};
    struct tenant t = company("youth", "guardians-lift");
    for (size_t i = 0; i < 2; i++) {
        const char *kid = customer(text_of("k%zu", i));
        says(&t, 202, kid, "given", CHILD);
        guardian_says(&t, 201, kid, "parent", "", "withdrawn");
        cr_expect_str_eq(verdict(&t, kid), "withdrawn");
        says(&t, 202, kid, "given", ages[i]);
        cr_expect_str_eq(verdict(&t, kid), "withdrawn");
    }
    says(&t, 202, customer("m"), "given", ", 'minor': true");
    says(&t, 202, customer("m"), "given", ", 'minor': {'birth_month': '1980-05'}");
    cr_expect_str_eq(verdict(&t, customer("m")), "guardian_required");
}

Test(guardians, who_is_represented_does_not_end_it_by_a_date)
{
    struct tenant t = company("youth", "guardians-represented");
    static const char adult[] = ", 'minor': {'birth_month': '1980-05'}, 'represented': {'until': %s}";
    says(&t, 202, customer("r"), "given", text_of(adult, "null"));
    says(&t, 202, customer("r"), "given", text_of(adult, "'2020-01-01'"));
    cr_expect_str_eq(verdict(&t, customer("r")), "guardian_required");
}

Test(guardians, a_limit_is_lifted_by_a_guardian_or_staff_with_a_document)
{
    struct tenant t = company("youth", "guardians-document");
    says(&t, 202, customer("k"), "given", CHILD);
    expect(says(&t, 422, customer("k"), "given", ", 'minor': false, 'evidence': {'user_agent': 'x'}"),
           "{'errors': [{'pointer': '/minor'}]}");
    expect(says(&t, 422, customer("k"), "given", ", 'minor': false, 'expressed_by': {'role': 'staff'}"),
           "{'errors': [{'pointer': '/expressed_by/role'}, {'pointer': '/minor'}]}");
    cr_expect_str_eq(verdict(&t, customer("k")), "guardian_required");
    says(&t, 201, customer("k"), "given", ", 'minor': false, 'expressed_by': {'role': 'staff'}, " DOCUMENTS);
    cr_expect_str_eq(verdict(&t, customer("k")), "granted");
}

Test(guardians, a_mothers_age_lifts_nothing_for_her_child)
{
    struct tenant t = company("youth", "guardians-mother");
    says(&t, 202, text_of("[%s, %s]", customer("k"), email("family")), "given", CHILD);
    says(&t, 202, email("family"), "given", ", 'minor': {'birth_month': '1980-05'}");
    cr_expect_str_eq(verdict(&t, customer("k")), "guardian_required");
    cr_expect_str_eq(verdict(&t, email("family")), "guardian_required", "the limit reaches it");
}

Test(guardians, where_an_age_is_required_none_told_is_age_unknown)
{
    struct tenant t = company("youth", "guardians-unknown");
    says(&t, 201, customer("k"), "given", "");
    cr_expect_str_eq(verdict(&t, customer("k")), "age_unknown");
}

Test(guardians, what_claims_a_signature_or_writing_is_proven)
{
    struct tenant t = company("youth", "guardians-proof");
    expect(
        says(&t, 422, customer("k"), "given", ", 'expressed_by': {'role': 'parent', 'strength': 'signed'}"),
        "{'errors': [{'pointer': '/expressed_by/strength'}]}");
    expect(says(&t, 422, customer("k"), "given",
                ", 'expressed_by': {'role': 'parent', 'strength': 'in_person', 'form': 'written'}"),
           "{'errors': [{'pointer': '/expressed_by/form'}]}");
    cr_expect_eq(tenant_events(&t), 0);
}

Test(guardians, nobody_is_their_own_guardian)
{
    struct tenant t = company("youth", "guardians-own");
    const char *const subjects[] = {email("k"), text_of("[%s, %s]", customer("c"), email("k")),
                                    text_of("[%s, {'type': 'phone', 'value': '0612345678'}]", email("k")),
                                    customer("c"), email("k")};
    const char *const own[] = {email("k"), email("k"), "{'type': 'phone', 'value': '+31612345678'}",
                               customer("c"), "{'type': 'email', 'value': 'K-" MARK "+mama@EXAMPLE.nl'}"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        const char *who = text_of(", 'identifier': %s", own[i]);
        expect(guardian_says(&t, 422, subjects[i], "parent", who, "given"),
               "{'errors': [{'pointer': '/expressed_by/identifier'}]}");
        guardian_says(&t, 201, subjects[i], "parent", who, "refused");
    }
    guardian_says(&t, 201, customer("d"), "parent", text_of(", 'identifier': %s", email("d")), "given");
}

Test(guardians, a_guardians_no_holds_until_the_same_guardian_takes_it_back)
{
    struct tenant t = company("youth", "guardians-several");
    const char *kid = customer("k"), *a = text_of(", 'identifier': %s", email("a")),
               *b = text_of(", 'identifier': %s", email("b"));
    says(&t, 202, kid, "given", CHILD);
    guardian_says(&t, 201, kid, "parent", a, "refused");
    guardian_says(&t, 201, kid, "parent", b, "given");
    cr_expect_str_eq(verdict(&t, kid), "refused");
    expect(says(&t, 202, kid, "given", ""), "{'effect': 'pending'}");
    guardian_says(&t, 201, kid, "parent", a, "given");
    cr_expect_str_eq(verdict(&t, kid), "granted");
    expect(says(&t, 201, kid, "given", ""), "{'effect': 'applied'}");
}

Test(guardians, a_carers_yes_does_not_undo_a_representatives_no)
{
    struct tenant t = company("youth", "guardians-roles");
    says(&t, 202, customer("k"), "given", CHILD);
    guardian_says(&t, 201, customer("k"), "legal_representative", "", "refused");
    guardian_says(&t, 201, customer("k"), "carer", "", "given");
    cr_expect_str_eq(verdict(&t, customer("k")), "refused");
}

Test(guardians, the_order_in_which_age_and_consent_arrive_changes_nothing)
{
    static const char *const birth[] = {"2012-05", "1980-05"};
    static const char *const then[] = {"granted", "never_asked"};
    struct tenant t = company("youth", "guardians-order");
    for (size_t i = 0; i < 2; i++) {
        const char *minor = text_of(", 'minor': {'birth_month': '%s'}", birth[i]);
        const char *first = customer(text_of("first%zu", i)), *last = customer(text_of("last%zu", i));
        says(&t, 201, first, "refused", ", 'event_time': '2026-11-01T10:00:00Z'");
        guardian_says(&t, 201, first, "parent", "", "given");
        say(&t, i == 0 ? 202 : 201, first, "usage_overview", "given", minor);
        say(&t, i == 0 ? 202 : 201, last, "usage_overview", "given", minor);
        guardian_says(&t, 201, last, "parent", "", "given");
        cr_expect_str_eq(verdict(&t, last), then[i]);
        cr_expect_str_eq(verdict(&t, first), "refused", "the own No stands, whatever the guardian says");
    }
}

Test(guardians, what_was_told_of_age_and_care_is_read_back)
{
    struct tenant t = company("youth", "guardians-read");
    const json_t *r = says(&t, 202, customer("k"), "given", CHILD ", 'represented': {'until': null}");
    const char *id = string_at(r, "/subject_id");
    expect(get(&t, 200, "/v1/subjects/%s/history", id),
           "{'events': [{'minor': {'holds': true, 'documented': false}, 'represented': {'holds': true}}]}");
    expect(
        get(&t, 200, "/v1/subjects/%s/consents", id),
        "{'minor': {'holds': true, 'documented': false, 'record_id': '%s'}, 'represented': {'holds': true, "
        "'until': null}}",
        string_at(r, "/record_id"));
}

Test(guardians, where_none_is_asked_of_minors_the_childs_own_act_is_refused)
{
    struct tenant t = company("youth", "guardians-forbidden");
    json_t *policy = example_policy("youth", t.key);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "minors",
                        json_string("forbidden"));
    tenant_apply(&t, policy);
    expect(says(&t, 422, customer("k"), "given", CHILD), "{'errors': [{'pointer': '/event_state'}]}");
    says(&t, 201, customer("k"), "refused", CHILD);
    cr_expect_str_eq(verdict(&t, customer("k")), "refused");
}

/* ---- the proof ---- */

Test(guardians, the_event_behind_a_verdict_is_the_act_with_its_words_role_and_strength)
{
    struct tenant t = company("youth", "guardians-event");
    says(&t, 202, customer("k"), "given", CHILD);
    const json_t *r = guardian_says(&t, 201, customer("k"), "parent", "", "given");
    expect(json_at(get(&t, 200, "/v1/subjects/%s/consents", string_at(r, "/subject_id")), "/consents/0"),
           "{'purpose': 'pupil_phone', 'verdict': {'reason': 'granted'}, 'event': {'record_id': '%s', "
           "'purpose': "
           "'pupil_phone', 'event_state': 'given', 'notice': {'id': 'pupil_phone', 'version': '1'}, "
           "'expressed_by': {'role': 'parent', 'strength': 'signed', 'form': 'written'}}}",
           string_at(r, "/record_id"));
}

Test(guardians, a_withdrawal_tells_that_a_guardians_yes_stood)
{
    struct tenant t = company("youth", "guardians-was");
    says(&t, 202, customer("k"), "given", CHILD);
    guardian_says(&t, 201, customer("k"), "parent", "", "given");
    expect(post(&t, 200, "/v1/withdraw",
                "{'subject': %s, 'purpose': 'pupil_phone', 'expressed_by': {'role': 'parent'}}",
                customer("k")),
           "{'withdrawn': [{'was': 'given'}]}");
    cr_expect_str_eq(verdict(&t, customer("k")), "withdrawn");
}

Test(guardians, a_childs_own_withdrawal_tells_that_a_guardians_yes_stood)
{
    struct tenant t = company("youth", "guardians-was-own");
    guardian_says(&t, 201, customer("k"), "parent", "", "given");
    expect(post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'pupil_phone'}", customer("k")),
           "{'withdrawn': [{'was': 'given'}]}");
    cr_expect_str_eq(verdict(&t, customer("k")), "withdrawn");
}

Test(guardians, a_childs_no_to_everything_tells_of_each_purpose_that_a_guardians_yes_stood)
{
    struct tenant t = company("youth", "guardians-was-each");
    guardian_says(&t, 201, customer("k"), "parent", "", "given");
    static const char all[] = "{'subject': %s, 'purpose': '*'}";
    static const char told[] = "{'purpose': 'pupil_phone', 'was': '%s', 'effect': 'applied'}";
    expect(json_at(post(&t, 200, "/v1/withdraw", all, customer("k")), "/withdrawn/0"), told, "given");
    expect(json_at(post(&t, 200, "/v1/withdraw", all, customer("k")), "/withdrawn/0"), told, "withdrawn");
}

Test(guardians, a_sale_is_no_soft_opt_in_for_who_is_known_as_a_minor)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "guardians-sale");
    tenant_apply(&t, json_of("{'controller': {'key': '%s', 'country': 'NL'}, 'purposes': [{'key': 'offers', "
                             "'lawful_basis': 'soft_opt_in', 'channel': 'email'}]}",
                             t.key));
    static const char sale[] = ", 'sale': {'ref': 'order-1', 'product_group': 'phones', 'at': "
                               "'2026-01-02T00:00:00Z', 'opt_out_offered_at': '2026-01-02T00:00:00Z'}";
    say(&t, 201, customer("adult"), "offers", "eligible", sale);
    cr_expect_str_eq(reason(&t, customer("adult"), "offers"), "granted");
    say(&t, 202, customer("kid"), "offers", "eligible", text_of("%s" CHILD, sale));
    cr_expect_str_eq(reason(&t, customer("kid"), "offers"), "guardian_required");
}
