/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/acts.h"

#include "auth/link.h"
#include "base/limits.h"
#include "ledger/receipt.h"
#include "stand.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define EMAIL    "'subject': {'type': 'email', 'value': 'a@example.com'}"
#define WEB_FORM EMAIL ", 'collection_method': 'web_form'"
#define SHA256   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DOCUMENT "'evidence': {'documents': [{'name': 'form.pdf', 'sha256': '" SHA256 "'}]}"
#define PARENT   "'expressed_by': {'role': 'parent', 'strength': 'signed'}, " DOCUMENT
#define YES(key) "'purpose': '" key "', 'event_state': 'given'"

static struct stand s;

static void start(void)
{
    stand_open(&s);
}

static void finish(void)
{
    stand_close(&s);
}

TestSuite(acts, .init = start, .fini = finish);

static const struct act *record(const char *members)
{
    stand_read(&s, consents_read, "{" WEB_FORM ", %s}", members);
    cr_assert_str_eq(stand_faults(&s), "", "%s", members);
    cr_assert_eq(s.acts.count, 1);
    return &s.acts.list[0];
}

/* The faults of a body, and the code of the first. */
static void expect_faults(stand_reads *reads, const char *body, const char *pointers, enum error e)
{
    stand_read(&s, reads, "%s", body);
    cr_expect_str_eq(stand_faults(&s), pointers, "%s", body);
    cr_expect_eq(reader_error(&s.body), e, "%s", body);
}

/* ---- what was agreed to or refused ---- */

Test(acts, a_yes_becomes_an_act_of_the_person)
{
    const struct act *a = record("'purpose': 'news', 'event_state': 'given', 'ref': 'r-1', 'language': 'NL'");
    cr_expect_eq(a->purpose, stand_number(&s, "news"));
    cr_expect_eq(a->slot, SLOT_YES);
    cr_expect_eq(a->role, ROLE_SELF);
    cr_expect(a->guardian == NULL && a->guardian_no == 0);
    cr_expect_eq(a->rank_base, rank_base(CLASS_CHOICE, EVENT_GIVEN, true));
    cr_expect_eq(a->effect, EFFECT_APPLIED);
    cr_expect_eq(a->at, INSTANT_NONE, "the database's clock tells");
    cr_expect_not(a->floating);
    cr_expect_str_eq(a->ref, "r-1");
    cr_expect_str_eq(a->language, "nl");
    cr_expect(a->detail == NULL && a->evidence == NULL);
    cr_expect_eq(a->person->count, 1);
    cr_expect(s.acts.needs_record && !s.acts.needs_import);
}

Test(acts, only_a_no_without_a_time_of_its_own_floats)
{
    cr_expect(record("'purpose': 'news', 'event_state': 'refused'")->floating);
    cr_expect_not(record("'purpose': 'news', 'event_state': 'refused', 'event_time': '2026-05-01T00:00:00Z'")
                      ->floating);
    cr_expect_not(record("'purpose': 'news', 'event_state': 'given'")->floating);
}

Test(acts, a_yes_has_the_end_of_its_purpose_and_a_no_has_none)
{
    const struct act *yes = record("'purpose': 'stats', 'event_state': 'given'");
    cr_expect(yes->has_end);
    cr_expect_eq(yes->validity.months, 12);
    cr_expect_not(record("'purpose': 'stats', 'event_state': 'refused'")->has_end);
}

Test(acts, a_yes_that_must_be_confirmed_waits_beside_what_stands)
{
    const struct act *a = record("'purpose': 'offers', 'event_state': 'given'");
    cr_expect_eq(a->slot, SLOT_PENDING);
    cr_expect_eq(rank_state(a->rank_base), EVENT_REQUESTED);
    cr_expect_eq(a->effect, EFFECT_PENDING);
    cr_expect(a->has_end);
    cr_expect_eq(a->validity.days, CONFIRM_WITHIN_DAYS);
    cr_expect_eq(record("'purpose': 'offers', 'event_state': 'refused'")->slot, SLOT_NO,
                 "a No does not wait");
}

Test(acts, a_yes_to_words_that_are_outdated_says_so)
{
    const struct act *a =
        record("'purpose': 'news', 'event_state': 'given', 'notice': {'id': 'words', 'version': '1'}");
    cr_expect_eq(a->effect, EFFECT_OUTDATED);
    cr_expect_not(a->needs_guardian);
    cr_expect_eq(record("'purpose': 'news', 'event_state': 'given'")->effect, EFFECT_APPLIED);
}

Test(acts, on_paper_nobody_knows_which_words_were_shown)
{
    stand_read(&s, consents_read,
               "{" EMAIL ", 'collection_method': 'paper', 'purpose': 'news', 'event_state': 'given'}");
    cr_expect_str_eq(stand_faults(&s), "");
    cr_expect_eq(s.acts.list[0].notice, 0);
    cr_expect_eq(s.acts.list[0].effect, EFFECT_WORDS_UNKNOWN);
    cr_expect_eq(s.acts.list[0].rank_base, rank_base(CLASS_CHOICE, EVENT_GIVEN, false));
    cr_expect_null(s.acts.context.acts[0].words.id);
    cr_expect_neq(record("'purpose': 'news', 'event_state': 'given'")->notice, 0);
}

Test(acts, where_minors_need_a_guardian_the_ledger_is_asked_to_look)
{
    cr_expect(record("'purpose': 'pupils', 'event_state': 'given'")->needs_guardian);
    cr_expect_not(record("'purpose': 'pupils', 'event_state': 'refused'")->needs_guardian);
    const struct act *a = record("'purpose': 'pupils', 'event_state': 'given', " PARENT);
    cr_expect_eq(a->slot, SLOT_YES);
    cr_expect_eq(a->role, ROLE_PARENT);
    cr_expect_eq(a->guardian_no, ROLE_PARENT, "the one parent there is");
    cr_expect_eq(a->flags & FLAG_STRENGTH, STRENGTH_SIGNED);
    cr_expect(a->flags & FLAG_WRITTEN);
    cr_expect_not(a->needs_guardian);
    cr_expect_str_eq(a->detail, "{\"expressed_by\":{\"strength\":\"signed\",\"form\":\"electronic\"}}");
}

Test(acts, a_copy_of_what_another_system_recorded_ranks_below_a_choice)
{
    const struct act *a =
        record("'purpose': 'news', 'event_state': 'given', 'import': {'batch': 'b-1', 'source': 'crm'}");
    cr_expect_eq(a->rank_base, rank_base(CLASS_COPY, EVENT_GIVEN, false));
    cr_expect(s.acts.needs_import && !s.acts.needs_record);
}

Test(acts, a_no_stands_apart_from_a_yes_and_a_signal_beside_both)
{
    cr_expect_eq(record("'purpose': 'news', 'event_state': 'refused'")->slot, SLOT_NO);
    static const char gpc[] = "{" EMAIL ", 'collection_method': 'gpc', 'purpose': 'stats', 'event_state': "
                              "'refused'}";
    stand_read(&s, consents_read, "%s", gpc);
    cr_assert_str_eq(stand_faults(&s), "");
    cr_expect_eq(s.acts.list[0].slot, SLOT_SIGNAL);
    const struct act *a = record(YES("stats") ", 'evidence': {'gpc': true}");
    cr_expect(a->flags & FLAG_SIGNAL);
    cr_expect_str_eq(a->evidence, "{\"gpc\":true}");
    cr_expect_not(record(YES("stats") ", 'evidence': {'gpc': false}")->flags & FLAG_SIGNAL);
}

Test(acts, what_nobody_named_is_told_as_assumed)
{
    cr_expect(record(YES("news"))->flags & FLAG_ASSUMED);
    cr_expect(s.acts.context.acts[0].words.assumed);
    cr_expect_not(record(YES("news") ", 'language': 'nl-BE'")->flags & FLAG_ASSUMED);
    cr_expect_str_eq(s.acts.context.acts[0].words.language, "nl");
    cr_expect_not(record(YES("news") ", 'language': 'nl', 'notice': {'id': 'words', 'version': '2'}")->flags &
                  FLAG_ASSUMED);
}

Test(acts, in_an_import_words_in_another_language_are_not_known)
{
    const struct act *a = record(YES("news") ", 'language': 'de', 'import': {'batch': 'b', 'source': 'crm'},"
                                             " 'notice': {'id': 'words', 'version': '2'}");
    cr_expect_eq(a->notice, 0);
    cr_expect_eq(a->effect, EFFECT_WORDS_UNKNOWN);
}

Test(acts, an_objection_is_taken_back_by_a_yes_of_its_own)
{
    const struct act *a = record("'purpose': 'survey', 'event_state': 'objection_withdrawn'");
    cr_expect_eq(a->slot, SLOT_YES);
    cr_expect_eq(rank_state(a->rank_base), EVENT_OBJECTION_WITHDRAWN);
    cr_expect(!a->floating && !a->has_end);
    cr_expect_eq(a->effect, EFFECT_APPLIED);
}

#define SHOP "'purpose': 'shop', 'event_state': 'eligible'"
#define SALE(at)                                                                                             \
    "'sale': {'ref': 'o-1', 'product_group': 'shoes', 'at': '2026-05-01T10:00:00Z', "                        \
    "'opt_out_offered_at': '" at "'}"

Test(acts, a_soft_opt_in_rests_on_a_sale_or_on_a_published_address)
{
    const struct act *a = record(SHOP ", " SALE("2026-05-01T10:00:00Z"));
    cr_expect_eq(a->slot, SLOT_SALE);
    a = record(SHOP ", 'published': {'at': '2026-05-01T10:00:00Z', 'for': 'offers of tools', 'where': "
                    "'https://a.example/contact?q=1'}");
    cr_expect_eq(a->slot, SLOT_SALE);
    cr_expect_str_eq(a->detail, "{\"published\":{\"at\":\"2026-05-01T10:00:00Z\",\"for\":\"offers of "
                                "tools\",\"where\":\"https://a.example/contact\"}}");
    expect_faults(consents_read, "{" WEB_FORM ", " SHOP ", " SALE("2026-05-02T10:00:00Z") "}",
                  "/sale/opt_out_offered_at", ERROR_INVALID);
    expect_faults(consents_read,
                  "{" WEB_FORM ", " SHOP ", 'sale': {'ref': 'o-1', 'product_group': 'shoes', 'at': "
                  "'2026-06-01T12:01:01Z', 'opt_out_offered_at': '2026-06-01T12:01:01Z'}}",
                  "/sale/at /sale/opt_out_offered_at", ERROR_INVALID);
    expect_faults(consents_read,
                  "{" WEB_FORM ", " SHOP ", 'published': {'at': '2026-07-01T10:00:00Z', 'for': 'x', 'where': "
                  "'y'}}",
                  "/published/at", ERROR_INVALID);
}

Test(acts, what_a_soft_opt_in_rests_on_names_nobody)
{
    const struct act *a =
        record(SHOP ", 'published': {'at': '2026-05-01T10:00:00Z', 'for': 'mail to "
                    "jan@example.nl', 'where': 'https://a.example/0612345678/203.0.113.77'}");
    cr_expect_str_eq(a->detail, "{\"published\":{\"at\":\"2026-05-01T10:00:00Z\",\"for\":\"mail to ***\","
                                "\"where\":\"https://a.example/***/203.0.113.0\"}}");
    expect_faults(consents_read,
                  "{" WEB_FORM ", " SHOP ", 'sale': {'ref': '0612345678', 'product_group': 'jan@example.nl', "
                  "'at': '2026-05-01T10:00:00Z', 'opt_out_offered_at': '2026-05-01T10:00:00Z'}}",
                  "/sale/ref /sale/product_group", ERROR_INVALID);
}

Test(acts, a_guardian_who_is_named_is_a_person_of_their_own)
{
    const struct act *a =
        record(YES("pupils") ", 'expressed_by': {'role': 'parent', 'strength': 'email_plus',"
                             " 'identifier': {'type': 'email', 'value': 'M@example.com'}}");
    cr_assert_not_null(a->guardian);
    cr_expect(a->guardian->is_named && !a->guardian->rotating);
    cr_expect_eq(a->guardian_no, 0);
    cr_expect_eq(a->person->count, 1);
    cr_expect_neq(memcmp(&a->guardian->tag, &a->person->tags[0], sizeof a->guardian->tag), 0);
    cr_expect_eq(a->flags & (FLAG_STRENGTH | FLAG_WRITTEN), STRENGTH_EMAIL_PLUS);
    cr_expect_null(strstr(a->detail, "example"), "%s", a->detail);
}

Test(acts, staff_acts_for_the_person_with_a_document)
{
    const struct act *a =
        record(YES("news") ", 'expressed_by': {'role': 'staff'}, 'minor': false, " DOCUMENT);
    cr_expect_eq(a->role, ROLE_STAFF);
    cr_expect_eq(a->slot, SLOT_YES);
    cr_expect(a->guardian == NULL && a->guardian_no == 0);
    cr_expect(a->age.told && a->age.documented && !a->age.limited);
}

Test(acts, what_is_told_of_an_age_is_proven_only_by_a_guardian_or_staff_with_a_document)
{
    const struct act *a = record(YES("news") ", 'minor': {'birth_month': '2012-05'}, " DOCUMENT);
    cr_expect(a->age.told && a->age.limited && !a->age.documented);
    cr_expect_str_eq(a->age.until, "2028-05-31");
    cr_expect_not(a->care.told);
    cr_expect_str_eq(a->detail, "{\"minor\":{\"holds\":true,\"until\":\"2028-05-31\",\"documented\":false}}");
    a = record(YES("pupils") ", 'minor': true, " PARENT);
    cr_expect(a->age.told && a->age.limited && a->age.documented);
    cr_expect_str_eq(a->age.until, "", "no end is known");
    a = record(YES("pupils") ", 'minor': false, " PARENT);
    cr_expect(a->age.documented && !a->age.limited, "a parent may lift it");
    a = record(YES("news") ", 'represented': {'until': '2030-01-01'}");
    cr_expect(a->care.told && a->care.limited && !a->care.documented);
    cr_expect_str_eq(a->care.until, "2030-01-01");
}

Test(acts, an_age_from_before_1970_is_over)
{
    const struct act *a = record(YES("chat") ", 'minor': {'birth_month': '1930-05'}");
    cr_expect_str_eq(a->age.until, "1946-05-31");
}

Test(acts, a_copy_of_a_double_opt_in_says_when_it_was_confirmed)
{
#define COPY YES("offers") ", 'import': {'batch': 'b', 'source': 'crm'}, 'event_time': '2026-05-01T00:00:00Z'"
    const struct act *a = record(COPY ", 'evidence': {'confirmed_at': '2026-05-02T00:00:00Z'}");
    cr_expect_eq(a->slot, SLOT_YES);
    static const char *const wrong[] = {"1999-01-01T00:00:00Z", "2026-04-30T23:59:59Z",
                                        "2099-01-01T00:00:00Z"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char body[512];
        snprintf(body, sizeof body, "{" WEB_FORM ", " COPY ", 'evidence': {'confirmed_at': '%s'}}", wrong[i]);
        expect_faults(consents_read, body, "/evidence/confirmed_at", ERROR_INVALID);
    }
}

static bool over_has(const struct act *a, int32_t number)
{
    for (size_t i = 0; a->over != NULL && i < a->over->count; i++) {
        if (a->over->numbers[i] == number)
            return true;
    }
    return false;
}

Test(acts, an_act_tells_whose_noes_count_for_it)
{
    const struct act *a = record(YES("news"));
    const struct purpose *news = policy_purpose(s.controller.policy, "news");
    cr_expect(over_has(a, PURPOSE_ALL) && over_has(a, purpose_of_channel(CHANNEL_EMAIL)));
    cr_expect(over_has(a, news->entity_numbers[0]) && over_has(a, news->entity_numbers[1]));
    a = record(YES("news") ", 'entity': 'west'");
    cr_expect(over_has(a, news->number));
    cr_expect_not(over_has(a, news->entity_numbers[0]));
    a = record("'purpose': 'survey', 'event_state': 'objected'");
    cr_expect_not(over_has(a, PURPOSE_ALL) || over_has(a, purpose_of_channel(CHANNEL_POST)));
}

Test(acts, on_another_basis_a_no_is_an_objection)
{
    cr_expect_eq(rank_state(record("'purpose': 'letters', 'event_state': 'refused'")->rank_base),
                 EVENT_OBJECTED);
}

Test(acts, an_act_on_one_entity_has_its_number)
{
    const struct act *a = record("'purpose': 'news', 'event_state': 'given', 'entity': 'west'");
    int entity;
    cr_expect_eq(policy_purpose_numbered(s.controller.policy, a->purpose, &entity),
                 policy_purpose(s.controller.policy, "news"));
    cr_expect_eq(entity, policy_entity(s.controller.policy, "west"));
    cr_expect_eq(s.acts.context.acts[0].number, a->purpose);
}

Test(acts, the_tie_is_of_what_is_said_and_the_record_is_its_own)
{
    struct act a = *record("'purpose': 'news', 'event_state': 'given', 'ref': 'r-1'");
    struct act b = *record("'purpose': 'news', 'event_state': 'given', 'ref': 'r-2'");
    struct act c =
        *record("'purpose': 'news', 'event_state': 'given', 'notice': {'id': 'words', 'version': '1'}");
    cr_expect_eq(a.tie, b.tie);
    cr_expect_neq(a.tie, c.tie, "other words");
    cr_expect_geq(a.tie, 0);
    cr_expect_neq(memcmp(a.record_id, b.record_id, UUID_SIZE), 0);
}

Test(acts, of_an_array_each_act_tells_the_element_it_stands_in)
{
    stand_read(&s, consents_read,
               "[{" WEB_FORM ", 'choices': {'news': 'given', 'stats': 'refused'}},"
               " {" WEB_FORM ", 'purpose': 'letters', 'event_state': 'objected'}]");
    cr_assert_str_eq(stand_faults(&s), "");
    cr_assert_eq(s.acts.count, 3);
    cr_expect(s.acts.context.is_array && s.acts.body_is_array);
    cr_expect(s.acts.objects[0] == 0 && s.acts.objects[1] == 0 && s.acts.objects[2] == 1);
    cr_expect_eq(s.acts.identifiers, 2);
    cr_expect_eq(s.acts.list[0].person, s.acts.list[1].person, "one object, one person");
    cr_expect_neq(s.acts.list[0].person, s.acts.list[2].person);
    cr_expect_eq(s.acts.context.act_count, 3);
}

Test(acts, more_than_a_few_are_all_there_in_their_order)
{
    static char body[48 * 1024];
    size_t len = (size_t)snprintf(body, sizeof body, "[");
    for (size_t i = 0; i < 100; i++)
        len += (size_t)snprintf(body + len, sizeof body - len,
                                "%s{" WEB_FORM ", 'purpose': '%s', 'event_state': 'given', 'ref': 'r-%zu'}",
                                i > 0 ? "," : "", i % 3 == 0 ? "news" : "stats", i);
    snprintf(body + len, sizeof body - len, "]");
    stand_read(&s, consents_read, "%s", body);
    cr_assert_str_eq(stand_faults(&s), "");
    cr_assert_eq(s.acts.count, 100);
    for (size_t i = 0; i < 100; i++) {
        char ref[8];
        snprintf(ref, sizeof ref, "r-%zu", i);
        cr_expect_str_eq(s.acts.list[i].ref, ref);
        cr_expect_eq(s.acts.objects[i], i);
        cr_expect_str_eq(s.acts.context.acts[i].purpose, i % 3 == 0 ? "news" : "stats");
    }
}

struct faulty {
    const char *members, *pointers;
    enum error e;
};

static void expect_each_faulty(const struct faulty *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char body[1024];
        snprintf(body, sizeof body, "{" WEB_FORM ", %s}", rows[i].members);
        expect_faults(consents_read, body, rows[i].pointers, rows[i].e);
    }
}

Test(acts, each_fault_points_at_its_member)
{
    static const struct faulty rows[] = {
        {"'purpose': 'nothing', 'event_state': 'given'", "/purpose", ERROR_UNKNOWN_PURPOSE},
        {"'choices': {'nothing': 'given'}", "/choices/nothing", ERROR_UNKNOWN_PURPOSE},
        {"'choices': {'news': 'maybe'}", "/choices/news", ERROR_INVALID},
        {"'choices': {'news': 'given'}, 'purpose': 'news'", "/choices", ERROR_INVALID},
        {"'purpose': 'site', 'event_state': 'given'", "/purpose", ERROR_NOT_WITHDRAWABLE},
        {"'purpose': 'letters', 'event_state': 'given'", "/event_state", ERROR_INVALID},
        {"'purpose': 'news', 'event_state': 'eligible'", "/event_state", ERROR_INVALID},
        {"'purpose': 'news'", "/event_state", ERROR_INVALID},
        {"'purpose': 'news', 'event_state': 'given', 'entity': 'north'", "/entity", ERROR_INVALID},
        {"'purpose': 'news', 'event_state': 'given', 'unknown': 1", "/unknown", ERROR_INVALID},
        {"'purpose': 'news', 'event_state': 'given', 'event_time': '1969-12-31T23:59:59Z'", "/event_time",
         ERROR_INVALID},
        {"'purpose': 'news', 'event_state': 'given', 'language': 'nl_NL'", "/language", ERROR_INVALID},
        {"'purpose': 'news', 'event_state': 'given', 'notice': {'id': 'words', 'version': '9'}", "/notice",
         ERROR_UNKNOWN_NOTICE},
        {"'purpose': 'news', 'event_state': 'given', 'expressed_by': {'role': 'self', 'strength': 'signed'}",
         "/expressed_by/strength", ERROR_INVALID},
        {YES("news") ", 'language': 'de'", "/language", ERROR_INVALID},
        {YES("news") ", 'event_time': '2025-01-01T00:00:00Z', 'notice': {'id': 'words', 'version': '2'}",
         "/notice", ERROR_INVALID},
        {"'purpose': 'news', 'event_state': 'objection_withdrawn'", "/event_state", ERROR_INVALID},
        {"'purpose': 'site', 'event_state': 'objection_withdrawn'", "/purpose", ERROR_NOT_WITHDRAWABLE},
        {"'purpose': 'shop', 'event_state': 'given'", "/event_state", ERROR_INVALID},
        {"'purpose': 'shop', 'event_state': 'eligible'", "", ERROR_INVALID},
        {"'purpose': 'news', 'event_state': 'given', 'minor': {'birth_month': '2026-07'}",
         "/minor/birth_month", ERROR_INVALID},
        {"'purpose': 'news', 'event_state': 'given', 'evidence': {'ip': 'none'}", "/evidence/ip",
         ERROR_INVALID},
    };
    expect_each_faulty(rows, sizeof rows / sizeof *rows);
    expect_faults(consents_read, "[{" WEB_FORM ", 'purpose': 'news', 'event_state': 'given'}, {}]",
                  "/1/collection_method /1/subject /1/purpose /1/event_state", ERROR_INVALID);
    expect_faults(consents_read, "[]", "", ERROR_INVALID);
    expect_faults(consents_read, "7", "", ERROR_INVALID);
}

/* Who acts, with what proof, and what they tell of the person. */
Test(acts, who_may_not_say_it_is_told_where)
{
    static const struct faulty rows[] = {
        {"'purpose': 'pupils', 'event_state': 'given', 'expressed_by': {'role': 'carer', 'strength': "
         "'email_plus'}",
         "/expressed_by", ERROR_INVALID},
        {"'purpose': 'pupils', 'event_state': 'given', 'expressed_by': {'role': 'parent', 'strength': "
         "'email'}",
         "/expressed_by", ERROR_INVALID},
        {YES("pupils") ", 'expressed_by': {'role': 'parent', 'strength': 'signed'}", "/expressed_by/strength",
         ERROR_INVALID},
        {YES("pupils") ", 'expressed_by': {'role': 'parent', 'strength': 'email_plus', 'form': 'written'}",
         "/expressed_by/form", ERROR_INVALID},
        {YES("pupils") ", 'expressed_by': {'role': 'parent', 'strength': 'email_plus', 'identifier': "
                       "{'type': "
                       "'email', 'value': 'x'}}",
         "/expressed_by/identifier/value", ERROR_INVALID},
        {YES("news") ", 'expressed_by': {'role': 'self', 'identifier': {'type': 'email', 'value': 'a@b.nl'}}",
         "/expressed_by/identifier", ERROR_INVALID},
        {YES("news") ", 'expressed_by': {'role': 'staff'}", "/expressed_by/role", ERROR_INVALID},
        {YES("news") ", 'expressed_by': {'role': 'controller'}, " DOCUMENT, "/expressed_by/role",
         ERROR_INVALID},
        {YES("chat") ", 'minor': true", "/event_state", ERROR_INVALID},
        {YES("pupils") ", 'minor': {'birth_month': '1990-05'}, 'expressed_by': {'role': 'parent', "
                       "'strength': "
                       "'email_plus'}",
         "/expressed_by", ERROR_INVALID},
        {YES("news") ", 'minor': false", "/minor", ERROR_INVALID},
        {YES("news") ", 'minor': false, 'evidence': {'user_agent': 'x'}", "/minor", ERROR_INVALID},
        {YES("news") ", 'minor': false, " DOCUMENT, "/minor", ERROR_INVALID},
        {YES("pupils") ", 'minor': false, 'expressed_by': {'role': 'parent', 'strength': 'email_plus'}",
         "/minor", ERROR_INVALID},
        {YES("news") ", 'represented': false, " DOCUMENT, "/represented", ERROR_INVALID},
    };
    expect_each_faulty(rows, sizeof rows / sizeof *rows);
}

/* ---- what is to stop ---- */

static void withdraw(const char *what)
{
    stand_read(&s, withdraw_read, "{" EMAIL ", %s}", what);
    cr_assert_str_eq(stand_faults(&s), "", "%s", what);
}

Test(acts, a_withdrawal_is_a_choice_whatever_it_came_by)
{
    withdraw("'purpose': 'news', 'collection_method': 'gpc', 'reason': 'complaint'");
    const struct act *a = &s.acts.list[0];
    cr_expect_eq(a->rank_base, rank_base(CLASS_CHOICE, EVENT_WITHDRAWN, false));
    cr_expect_eq(a->slot, SLOT_NO);
    cr_expect(a->floating);
    cr_expect_str_eq(a->detail, "{\"reason\":\"complaint\"}");
    withdraw("'purpose': 'letters'");
    cr_expect_eq(rank_state(s.acts.list[0].rank_base), EVENT_OBJECTED);
}

Test(acts, everything_is_one_act_and_each_purpose_is_told)
{
    withdraw("'purpose': '*'");
    cr_assert_eq(s.acts.count, 1);
    cr_expect_eq(s.acts.list[0].purpose, PURPOSE_ALL);
    cr_expect_null(s.acts.list[0].over);
    cr_expect_eq(s.acts.context.kind, RECEIPT_WITHDRAW_STANDING);
    cr_expect_eq(s.acts.context.standing, PURPOSE_ALL);
    cr_expect_eq(s.acts.context.act_count, 7);
    cr_assert_eq(s.acts.context.not_stopped_count, 2);
    cr_expect(s.acts.context.not_stopped[0].objectable, "survey");
    cr_expect_not(s.acts.context.not_stopped[1].objectable, "site");
}

Test(acts, with_everything_one_can_object_to_what_it_does_not_stop)
{
    withdraw("'purpose': '*', 'object': true");
    cr_assert_eq(s.acts.count, 2);
    cr_expect_eq(s.acts.list[0].purpose, PURPOSE_ALL);
    cr_expect_eq(s.acts.list[1].purpose, stand_number(&s, "survey"));
    cr_expect_eq(rank_state(s.acts.list[1].rank_base), EVENT_OBJECTED);
    cr_expect_eq(s.acts.context.not_stopped_count, 1);
    withdraw("'channel': 'post', 'object': true");
    cr_expect_eq(s.acts.count, 2);
    expect_faults(withdraw_read, "{" EMAIL ", 'purpose': 'news', 'object': true}", "/object", ERROR_INVALID);
}

Test(acts, everything_of_one_entity_stands_for_that_one_and_is_objected_to)
{
    int entity = ENTITY_ANY;
    withdraw("'purpose': '*', 'entity': 'east'");
    cr_assert_eq(s.acts.count, 2, "survey can be objected to");
    cr_expect_eq(entity_of_purpose(s.acts.list[0].purpose),
                 s.controller.policy->entities[policy_entity(s.controller.policy, "east")].number);
    cr_expect_eq(channel_of_purpose(s.acts.list[0].purpose), -1);
    cr_assert_eq(s.acts.list[0].over->count, 1, "everything, of all");
    cr_expect_not_null(policy_purpose_numbered(s.controller.policy, s.acts.list[1].purpose, &entity));
    cr_expect_eq(entity, policy_entity(s.controller.policy, "east"));
    cr_expect_eq(s.acts.context.act_count, 8);
    withdraw("'channel': 'web', 'entity': 'east'");
    cr_expect_eq(channel_of_purpose(s.acts.list[0].purpose), CHANNEL_WEB);
    cr_expect_eq(s.acts.list[0].over->count, 3, "everything, the channel, and everything of that one");
}

Test(acts, a_channel_is_one_act_that_stands_and_each_purpose_is_told)
{
    withdraw("'channel': 'web'");
    cr_assert_eq(s.acts.count, 1);
    cr_expect_eq(s.acts.list[0].purpose, purpose_of_channel(CHANNEL_WEB));
    cr_assert_not_null(s.acts.list[0].over);
    cr_expect_eq(s.acts.list[0].over->count, 1);
    cr_expect_eq(s.acts.list[0].over->numbers[0], PURPOSE_ALL);
    cr_assert_eq(s.acts.context.act_count, 1);
    cr_expect_eq(s.acts.context.acts[0].number, stand_number(&s, "stats"));
    cr_assert_eq(s.acts.context.not_stopped_count, 1);
    cr_expect_str_eq(s.acts.context.not_stopped[0].purpose, "site");
    cr_expect_str_eq(s.acts.context.not_stopped[0].reason, "exempt");
}

Test(acts, what_cannot_be_withdrawn_is_a_fault)
{
    expect_faults(withdraw_read, "{" EMAIL ", 'purpose': 'site'}", "/purpose", ERROR_NOT_WITHDRAWABLE);
    expect_faults(withdraw_read, "{" EMAIL ", 'purpose': 'nothing'}", "/purpose", ERROR_UNKNOWN_PURPOSE);
    expect_faults(withdraw_read, "{" EMAIL ", 'channel': 'phone'}", "/channel", ERROR_UNKNOWN_PURPOSE);
    expect_faults(withdraw_read, "{" EMAIL ", 'channel': 'web', 'purpose': 'news'}", "/channel",
                  ERROR_INVALID);
    expect_faults(withdraw_read, "{" EMAIL "}", "/purpose", ERROR_INVALID);
}

/* ---- how an objection was weighed ---- */

Test(acts, an_outcome_stands_in_a_slot_of_its_own)
{
    stand_read(&s, objection_read,
               "{" EMAIL ", 'purpose': 'survey', 'outcome': 'overridden', 'grounds': 'a claim at law'}");
    cr_assert_str_eq(stand_faults(&s), "");
    cr_assert_eq(s.acts.count, 1);
    cr_expect_eq(s.acts.list[0].slot, SLOT_OUTCOME);
    cr_expect_eq(s.acts.list[0].role, ROLE_CONTROLLER);
    cr_expect_eq(rank_state(s.acts.list[0].rank_base), EVENT_OVERRIDDEN);
    cr_expect_str_eq(s.acts.list[0].detail, "{\"grounds\":\"a claim at law\"}");
    expect_faults(objection_read, "{" EMAIL ", 'purpose': 'letters', 'outcome': 'upheld', 'grounds': 'g'}",
                  "/purpose", ERROR_INVALID);
}

/* ---- the end of a double opt-in ---- */

static struct request_row rows[CONFIRM_MAX];

/* Reads the body of a confirmation of requests of these purposes, of the first words, in Dutch. */
static void confirm(const char *body, const int32_t purposes[], size_t count)
{
    struct requests_job requests = {
        .which = {.subject_no = 8, .revision = 21, .count = (int32_t)count}, .count = count, .rows = rows};
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct request_row){.revision = 21 + (int64_t)i,
                                       .purpose = purposes[i],
                                       .notice = s.controller.policy->notices[0].number,
                                       .language = (char *)(uintptr_t) "nl",
                                       .method = METHOD_WEB_FORM,
                                       .evidence = (char *)(uintptr_t) "{\"form\": \"footer\"}"};
    const char *json = stand_json(body);
    reader_close(&s.body);
    cr_assert_eq(reader_open(&s.body, json, strlen(json)), ERROR_NONE);
    confirm_read(&s.env, &s.body, &requests, &s.acts);
}

Test(acts, a_confirmation_is_an_act_and_its_request)
{
    int32_t offers = stand_number(&s, "offers");
    confirm("{'token': 't'}", &offers, 1);
    cr_assert_str_eq(stand_faults(&s), "");
    cr_assert_eq(s.acts.count, 1);
    cr_expect_eq(s.acts.list[0].purpose, offers);
    cr_expect_eq(s.acts.list[0].method, METHOD_DOUBLE_OPT_IN);
    cr_expect_eq(s.acts.list[0].effect, EFFECT_OUTDATED, "the words that were shown, not those of now");
    cr_expect_str_eq(s.acts.context.acts[0].words.version, "1");
    cr_expect_str_eq(s.acts.context.acts[0].words.language, "nl");
    cr_expect_not(s.acts.context.is_array);
    cr_expect_eq(s.acts.confirmation.subject_no, 8);
    cr_expect_eq(s.acts.confirmation.revision, 21);
    cr_expect_eq(s.acts.confirmation.count, 1);
}

Test(acts, both_legs_of_a_double_opt_in_are_evidence)
{
    int32_t offers = stand_number(&s, "offers");
    confirm("{'token': 't', 'evidence': {'ip': '203.0.113.77'}}", &offers, 1);
    cr_assert_eq(s.acts.count, 1);
    cr_expect_str_eq(s.acts.list[0].evidence,
                     "{\"how\":\"api\",\"ip\":\"203.0.113.0\",\"requested\":{\"record_id\":"
                     "\"00000000-0000-0000-0000-000000000000\",\"event_time\":\"1970-01-01T00:00:00Z\","
                     "\"collection_method\":\"web_form\",\"evidence\":{\"form\": \"footer\"}}}");
}

Test(acts, one_token_confirms_all_that_it_names)
{
    enum { MANY = 20 };
    int32_t purposes[MANY];
    for (size_t i = 0; i < MANY; i++)
        purposes[i] = stand_number(&s, i % 2 == 0 ? "offers" : "chat");
    confirm("{'token': 't'}", purposes, MANY);
    cr_expect_eq(s.acts.count, MANY);
    cr_expect(s.acts.context.is_array);
    purposes[1] = 4711; /* none of the policy any more */
    confirm("{'token': 't'}", purposes, 2);
    cr_expect_eq(s.acts.count, 1);
}

Test(acts, what_is_not_there_to_confirm_is_no_act_and_no_fault_and_says_why)
{
    int32_t gone = 4711;
    confirm("{'token': 't'}", &gone, 1);
    cr_expect(s.acts.count == 0 && reader_ok(&s.body), "of a purpose that is none any more");
    cr_expect_eq(s.acts.gone, GONE_LEFT_POLICY);
    confirm("{'token': 't'}", &gone, 0);
    cr_expect(s.acts.count == 0 && reader_ok(&s.body));
    cr_expect_eq(s.acts.gone, GONE_LOST);
}

static bool token_reads(const char *body, struct confirmation *ret_confirmation)
{
    const char *json = stand_json(body);
    reader_close(&s.body);
    cr_assert_eq(reader_open(&s.body, json, strlen(json)), ERROR_NONE);
    return confirm_token_read(&s.env, &s.body, ret_confirmation);
}

Test(acts, a_token_of_ours_is_read_and_no_other)
{
    const struct confirmation c = {.subject_no = 8, .revision = INT64_C(1) << 40, .count = 3};
    struct confirmation found = {0};
    char url[CONFIRM_URL_MAX], body[2 * CONFIRM_URL_MAX];
    cr_assert_eq(confirmation_url(&s.keys, "https://c.example", 3, &c, STAND_NOW, url, sizeof url), 0);
    cr_expect_leq(strlen(url), strlen("https://c.example/c/") + LINK_TEXT_MAX);
    snprintf(body, sizeof body, "{'token': '%s'}", strrchr(url, '/') + 1);
    cr_expect(token_reads(body, &found) && reader_ok(&s.body));
    cr_expect(found.subject_no == 8 && found.revision == c.revision && found.count == 3);
    cr_expect_not(token_reads("{'token': 'none'}", &found));
    cr_assert_eq(confirmation_url(&s.keys, "https://c.example", 4, &c, STAND_NOW, url, sizeof url), 0);
    snprintf(body, sizeof body, "{'token': '%s'}", strrchr(url, '/') + 1);
    cr_expect_not(token_reads(body, &found), "another controller's");
    cr_expect(token_reads("{'tokens': 'none'}", &found) && !reader_ok(&s.body));
}
