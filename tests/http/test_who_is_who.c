/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "policy/policies.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A Yes binds as narrowly as it was said; a No reaches as widely as it may have been meant. */

static const char phone[] = "{'type': 'phone', 'value': '+31" MARK_PHONE "'}";
static const char postal[] = "{'type': 'postal', 'value': 'NL;" MARK_POSTAL ";2;A'}";

static const char *both(const char *a, const char *b)
{
    return text_of("[%s, %s]", a, b);
}

static const json_t *withdraw(const struct tenant *t, const char *subject, const char *purpose)
{
    return post(t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '%s'}", subject, purpose);
}

/* The subject_id of the person that somebody is. */
static const char *lookup(const struct tenant *t, const char *subject)
{
    return string_at(post(t, 200, "/v1/subjects/lookup", "{'subject': %s}", subject), "/subject_id");
}

Test(who_is_who, two_people_at_one_browser_do_not_have_each_others_yes)
{
    struct tenant t = stage_tenant("who-browser");
    say(&t, 201, both(visitor("v"), email("anna")), "analytics", "given", "");
    withdraw(&t, email("anna"), "newsletter");
    say(&t, 201, both(visitor("v"), email("bert")), "newsletter", "given", "");
    cr_expect_str_eq(reason_of(&t, "anna", "newsletter"), "withdrawn");
    cr_expect_str_eq(reason_of(&t, "bert", "newsletter"), "granted");
    cr_expect_str_eq(reason_of(&t, "bert", "analytics"), "never_asked");
}

Test(who_is_who, a_no_ties_and_brings_nobody_a_yes)
{
    const char *const shared[] = {phone, postal, email("shared")};
    struct tenant t = stage_tenant("who-no");
    for (size_t i = 0; i < 3; i++) {
        const char *a = customer(text_of("a%zu", i)), *b = customer(text_of("b%zu", i));
        say(&t, 201, both(a, shared[i]), "marketing", "given", "");
        withdraw(&t, both(b, shared[i]), "newsletter");
        cr_expect_str_eq(reason(&t, b, "marketing"), "never_asked");
        cr_expect_str_eq(reason(&t, a, "marketing"), "granted");
        cr_expect_str_eq(reason(&t, a, "newsletter"), "withdrawn",
                         "a No through what they share reaches both");
    }
}

Test(who_is_who, a_recycled_numbers_new_holder_gets_neither_the_yes_nor_the_history_of_the_old)
{
    struct tenant t = stage_tenant("who-recycled");
    const json_t *old = say(&t, 201, both(email("old"), phone), "marketing", "given", "");
    const json_t *fresh = say(&t, 201, both(email("new"), phone), "newsletter", "given", "");
    cr_expect_str_eq(reason_of(&t, "new", "marketing"), "never_asked");
    cr_expect_str_eq(reason_of(&t, "old", "newsletter"), "never_asked");
    expect(get(&t, 200, "/v1/subjects/%s/history", string_at(fresh, "/subject_id")),
           "{'events': [{'purpose': 'newsletter'}]}");
    expect(get(&t, 200, "/v1/subjects/%s/history", string_at(old, "/subject_id")),
           "{'events': [{'purpose': 'marketing'}]}");
}

Test(who_is_who, two_parents_at_one_address_each_find_their_own_acts)
{
    struct tenant t = stage_tenant("who-parents");
    say(&t, 201, both(customer("mother"), postal), "newsletter", "given", "");
    say(&t, 201, both(customer("father"), postal), "marketing", "refused", "");
    expect(get(&t, 200, "/v1/subjects/%s/history", lookup(&t, customer("mother"))),
           "{'events': [{'purpose': 'newsletter', 'event_state': 'given'}]}");
    expect(get(&t, 200, "/v1/subjects/%s/history", lookup(&t, customer("father"))),
           "{'events': [{'purpose': 'marketing', 'event_state': 'refused'}]}");
}

Test(who_is_who, two_customer_codes_in_one_act_are_refused)
{
    struct tenant t = stage_tenant("who-customers");
    say(&t, 422, both(customer("a"), customer("b")), "newsletter", "given", "");
    cr_expect_eq(tenant_events(&t), 0);
}

Test(who_is_who, a_yes_tells_what_else_of_the_person_stays_under_a_no)
{
    struct tenant t = stage_tenant("who-still-denied");
    const json_t *first = say(&t, 201, both(customer("c"), email("e")), "newsletter", "given", "");
    cr_expect_null(json_object_get(first, "still_denied"), "nothing is under a No");
    withdraw(&t, email("e"), "newsletter");
    cr_expect_str_eq(reason(&t, customer("c"), "newsletter"), "withdrawn");
    const json_t *again = say(&t, 201, customer("c"), "newsletter", "given", "");
    expect(again, "{'effect': 'applied', 'still_denied': ['email']}");
    cr_expect_str_eq(reason(&t, customer("c"), "newsletter"), "granted");
    cr_expect_str_eq(reason_of(&t, "e", "newsletter"), "withdrawn");
    const json_t *whole = say(&t, 201, both(customer("c"), email("e")), "newsletter", "given", "");
    cr_expect_null(json_object_get(whole, "still_denied"), "both were named");
}

Test(who_is_who, a_yes_by_the_address_tells_that_the_customer_who_has_it_stays_under_a_no)
{
    struct tenant t = stage_tenant("who-denied-above");
    say(&t, 201, both(customer("c"), email("e")), "newsletter", "given", "");
    withdraw(&t, email("e"), "newsletter");
    expect(say(&t, 201, email("e"), "newsletter", "given", ""), "{'still_denied': ['customer']}");
    cr_expect_str_eq(reason_of(&t, "e", "newsletter"), "granted");
    cr_expect_str_eq(reason(&t, customer("c"), "newsletter"), "withdrawn");
}

Test(who_is_who, a_withdrawal_tells_that_nobody_was_known_by_it)
{
    struct tenant t = stage_tenant("who-known");
    expect(withdraw(&t, email("typo"), "newsletter"), "{'withdrawn': [{'was': null}], 'known': false}");
    cr_expect_null(json_object_get(withdraw(&t, email("typo"), "newsletter"), "known"));
    cr_expect_str_eq(reason_of(&t, "typo", "newsletter"), "withdrawn", "it is remembered all the same");
}

/* A customer with so many addresses. */
static void person_of(const struct tenant *t, int addresses)
{
    enum { A_TIME = 7 };
    for (int i = 0; i < addresses;) {
        const char *subject = text_of("[%s", customer("many"));
        for (int k = 0; k < A_TIME && i < addresses; k++, i++)
            subject = text_of("%s, %s", subject, email(text_of("m%d", i)));
        say(t, 201, text_of("%s]", subject), "newsletter", "given", "");
    }
}

Test(who_is_who, a_person_has_32_identifiers_beyond_which_a_yes_is_refused_and_a_no_ties_nothing)
{
    struct tenant t = stage_tenant("who-many");
    person_of(&t, 31);
    const char *one_more = both(customer("many"), email("one-more"));
    long events = tenant_events(&t);
    expect(say(&t, 422, one_more, "newsletter", "given", ""),
           "{'type': 'urn:akkoord:problem:too-many-identifiers'}");
    cr_expect_eq(tenant_events(&t), events);
    say(&t, 201, both(customer("many"), visitor("browser")), "newsletter", "given", "");
    expect(withdraw(&t, one_more, "newsletter"), "{'tied': false}");
    cr_expect_str_eq(reason_of(&t, "one-more", "newsletter"), "withdrawn");
    cr_expect_str_eq(reason_of(&t, "m30", "newsletter"), "withdrawn");
    say(&t, 201, customer("many"), "marketing", "refused", "");
    cr_expect_str_eq(reason_of(&t, "one-more", "marketing"), "never_asked", "it was not tied");
}

Test(who_is_who, a_lookup_tells_who_else_an_address_may_be_and_by_what)
{
    struct tenant t = stage_tenant("who-lookup");
    const json_t *reader = say(&t, 201, email("e"), "newsletter", "given", "");
    const json_t *buyer = say(&t, 201, both(customer("c"), email("e")), "marketing", "given", "");
    expect(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("e")),
           "{'subject_id': '%s', 'also': [{'subject_id': '%s', 'via': 'email'}]}",
           string_at(reader, "/subject_id"), string_at(buyer, "/subject_id"));
    expect(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", customer("c")), "{'subject_id': '%s'}",
           string_at(buyer, "/subject_id"));
}

Test(who_is_who, where_anothers_act_decides_its_time_is_shown_and_never_its_evidence)
{
    struct tenant t = stage_tenant("who-by");
    const json_t *own = say(&t, 201, both(customer("c"), email("e")), "newsletter", "given", "");
    const json_t *other =
        post(&t, 200, "/v1/withdraw",
             "{'subject': %s, 'purpose': 'newsletter', 'ref': 'not-for-others', 'evidence': "
             "{'form': 'not-for-others'}}",
             email("e"));
    const json_t *shown = get(&t, 200, "/v1/subjects/%s/consents", string_at(own, "/subject_id"));
    expect(json_at(shown, "/consents/0"),
           "{'verdict': {'reason': 'withdrawn'}, 'event': {'by': 'email', 'record_id': '%s'}}",
           string_at(other, "/withdrawn/0/record_id"));
    char *text = json_dumps(shown, 0);
    cr_expect_null(strstr(text, "not-for-others"), "%s", text);
    free(text);
}

Test(who_is_who, a_change_tells_whose_verdicts_to_ask_for_again)
{
    struct tenant t = stage_tenant("who-recheck");
    const json_t *c = say(&t, 201, both(customer("c"), email("e")), "newsletter", "given", "");
    const json_t *d = say(&t, 201, both(customer("d"), email("e")), "newsletter", "given", "");
    withdraw(&t, customer("c"), "newsletter");
    const json_t *changes = get(&t, 200, "/v1/changes?after=2");
    expect(changes, "{'changes': [{'subject_id': '%s', 'recheck': ['%s']}]}", string_at(c, "/subject_id"),
           string_at(d, "/subject_id"));
}

/* ---- minors ---- */

Test(who_is_who, a_parent_who_signs_for_one_pupil_signs_for_no_other_at_the_same_address)
{
    struct tenant t = company("youth", "who-pupils");
    static const char minor[] = ", 'minor': {'birth_month': '2012-05'}";
    say(&t, 202, both(customer("k1"), email("family")), "pupil_phone", "given", minor);
    say(&t, 202, both(customer("k2"), email("family")), "pupil_phone", "given", minor);
    say(&t, 201, customer("k1"), "pupil_phone", "given",
        ", 'expressed_by': {'role': 'parent', 'strength': 'signed', 'form': 'written'}, 'evidence': "
        "{'documents': [{'name': 'form.pdf', 'sha256': "
        "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}]}");
    cr_expect_str_eq(reason(&t, customer("k1"), "pupil_phone"), "granted");
    cr_expect_str_eq(reason(&t, customer("k2"), "pupil_phone"), "guardian_required");
    cr_expect_str_eq(reason_of(&t, "family", "pupil_phone"), "guardian_required");
}
