/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/policy.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY (INT64_C(86400) * SECOND)

/* By id, and of one id the oldest first, as the document's reader leaves them. */
static struct notice notices[] = {
    {.number = 4, .id = "mail", .version = "1", .effective_from = 0, .material = true},
    {.number = 9, .id = "mail", .version = "2", .effective_from = 20 * DAY, .material = false},
    {.number = 1, .id = "mail", .version = "2b", .effective_from = 30 * DAY, .material = true},
    {.number = 5, .id = "mail", .version = "4", .effective_from = 50 * DAY, .material = false},
    {.number = 2, .id = "shop", .version = "1", .effective_from = 10 * DAY, .material = true},
    {.number = 6, .id = "shop", .version = "2", .effective_from = 60 * DAY, .material = true},
};
static struct purpose purposes[] = {{.number = 3, .key = "newsletter"}, {.number = 1, .key = "news"}};
static const struct policy policy = {
    .purpose_count = 2, .purposes = purposes, .notice_count = 6, .notices = notices};

/* ---- finding ---- */

Test(policy, a_purpose_is_found_by_its_whole_key_or_its_number)
{
    cr_expect_eq(policy_purpose(&policy, "news"), &purposes[1]);
    cr_expect_eq(policy_purpose(&policy, "newsletter"), &purposes[0]);
    cr_expect_null(policy_purpose(&policy, "newslette"));
    cr_expect_null(policy_purpose(&policy, "News"));
    cr_expect_null(policy_purpose(&policy, ""));
    cr_expect_eq(policy_purpose_numbered(&policy, 3, NULL), &purposes[0]);
    cr_expect_null(policy_purpose_numbered(&policy, PURPOSE_ALL, NULL));
    cr_expect_null(policy_purpose_numbered(&policy, 2, NULL));
}

Test(policy, a_purpose_is_found_by_its_number_for_an_entity_which_is_told)
{
    struct purpose of_two[] = {{.number = 1, .key = "news"},
                               {.number = 4, .key = "offers", .entity_numbers = {5, 6}}};
    const struct policy p = {.purpose_count = 2, .purposes = of_two, .entity_count = 2};
    int entity = 7;
    cr_expect_eq(policy_purpose_numbered(&p, 6, &entity), &of_two[1]);
    cr_expect_eq(entity, 1);
    cr_expect_eq(policy_purpose_numbered(&p, 4, &entity), &of_two[1]);
    cr_expect_eq(entity, ENTITY_ANY);
    cr_expect_null(policy_purpose_numbered(&p, PURPOSE_ALL, &entity),
                   "a number that is not known yet is none");
    cr_expect_eq(purpose_number_for(&of_two[1], 1), 6);
    cr_expect_eq(purpose_number_for(&of_two[1], ENTITY_ANY), 4);
}

Test(policy, with_an_index_the_same_purposes_are_found)
{
    struct purpose many[POLICY_PURPOSES_MAX] = {0};
    struct policy p = {.purpose_count = POLICY_PURPOSES_MAX, .purposes = many};
    for (size_t i = 0; i < POLICY_PURPOSES_MAX; i++)
        snprintf(many[i].key, sizeof many[i].key, "p%zu", i);
    cr_assert_eq(policy_index(&p), 0);
    for (size_t i = 0; i < POLICY_PURPOSES_MAX; i++)
        cr_expect_eq(policy_purpose(&p, many[i].key), &many[i]);
    cr_expect_null(policy_purpose(&p, "p"));
    cr_expect_null(policy_purpose(&p, "p500"));
    cr_expect_null(policy_purpose(&p, ""));
    struct policy none = {0};
    cr_assert_eq(policy_index(&none), 0);
    cr_expect_null(policy_purpose(&none, "p"));
    free(p.places);
    free(none.places);
}

Test(policy, a_notice_is_found_by_its_number)
{
    for (size_t i = 0; i < policy.notice_count; i++)
        cr_expect_eq(policy_notice_numbered(&policy, notices[i].number), &notices[i]);
    cr_expect_null(policy_notice_numbered(&policy, 0));
    cr_expect_null(policy_notice_numbered(&policy, 3));
}

Test(policy, a_named_version_is_found_whenever_it_takes_effect)
{
    cr_expect_eq(policy_notice(&policy, "mail", "1", 90 * DAY), &notices[0]);
    cr_expect_eq(policy_notice(&policy, "mail", "2", 0), &notices[1]);
    cr_expect_eq(policy_notice(&policy, "mail", "2b", 0), &notices[2]);
    cr_expect_eq(policy_notice(&policy, "shop", "1", 0), &notices[4]);
    cr_expect_null(policy_notice(&policy, "mail", "3", 90 * DAY));
    cr_expect_null(policy_notice(&policy, "mail", "", 90 * DAY));
    cr_expect_null(policy_notice(&policy, "post", "1", 90 * DAY));
}

Test(policy, without_a_version_the_one_in_force_is_found)
{
    cr_expect_eq(policy_notice(&policy, "mail", NULL, 0), &notices[0]);
    cr_expect_eq(policy_notice(&policy, "mail", NULL, 20 * DAY - 1), &notices[0]);
    cr_expect_eq(policy_notice(&policy, "mail", NULL, 20 * DAY), &notices[1]);
    cr_expect_eq(policy_notice(&policy, "mail", NULL, 49 * DAY), &notices[2]);
    cr_expect_eq(policy_notice(&policy, "mail", NULL, 90 * DAY), &notices[3]);
    cr_expect_null(policy_notice(&policy, "shop", NULL, 10 * DAY - 1));
    cr_expect_eq(policy_notice(&policy, "shop", NULL, 10 * DAY), &notices[4]);
    cr_expect_null(policy_notice(&policy, "post", NULL, 90 * DAY));
}

Test(policy, an_empty_policy_has_nothing)
{
    static const struct policy none;
    cr_expect_null(policy_purpose(&none, "news"));
    cr_expect_null(policy_notice(&none, "mail", NULL, 0));
    cr_expect_null(policy_notice_numbered(&none, 0));
}

/* ---- outdated words ---- */

Test(policy, words_are_outdated_once_a_later_material_version_of_the_same_notice_is_in_force)
{
    static const struct {
        size_t notice;
        int day;
        bool outdated;
    } rows[] = {
        {0, 0, false},  {0, 20, false}, {0, 29, false}, {0, 30, true}, {0, 90, true},
        {1, 29, false}, {1, 30, true},  {1, 90, true},  /* an editorial one ages too */
        {2, 30, false}, {2, 50, false}, {2, 90, false}, /* nothing but commas changed since */
        {3, 90, false}, {4, 30, false}, {4, 59, false}, {4, 60, true}, {5, 90, false}, /* another ages none */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct notice *n = &notices[rows[i].notice];
        cr_expect_eq(policy_notice_outdated(&policy, n, rows[i].day * DAY), rows[i].outdated,
                     "%s %s on day %d", n->id, n->version, rows[i].day);
    }
}

Test(policy, words_are_outdated_at_the_moment_the_new_ones_take_effect)
{
    cr_expect_not(policy_notice_outdated(&policy, &notices[0], 30 * DAY - 1));
    cr_expect(policy_notice_outdated(&policy, &notices[0], 30 * DAY));
}

Test(policy, the_next_material_version_of_the_same_notice_is_the_one_to_renew_by)
{
    static const struct {
        size_t notice;
        int day;
        int next; /* day; 0: none is to come */
    } rows[] = {
        {0, 0, 30}, {0, 29, 30}, {0, 30, 0}, {1, 20, 30}, {2, 30, 0},
        {3, 0, 0},  {4, 10, 60}, {4, 60, 0}, {5, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct notice *n = &notices[rows[i].notice];
        cr_expect_eq(policy_notice_next(&policy, n, rows[i].day * DAY),
                     rows[i].next != 0 ? rows[i].next * DAY : INSTANT_NONE, "%s %s on day %d", n->id,
                     n->version, rows[i].day);
    }
}

Test(policy, of_two_material_versions_to_come_the_sooner_is_the_one_to_renew_by)
{
    struct notice three[] = {{.number = 1, .id = "mail", .effective_from = 0, .material = true},
                             {.number = 2, .id = "mail", .effective_from = 10 * DAY, .material = true},
                             {.number = 3, .id = "mail", .effective_from = 20 * DAY, .material = true}};
    struct policy p = {.notice_count = 3, .notices = three};
    cr_expect_eq(policy_notice_next(&p, &three[0], 0), 10 * DAY);
    cr_expect_eq(policy_notice_next(&p, &three[0], 10 * DAY), 20 * DAY);
    cr_expect_eq(policy_notice_next(&p, &three[0], 20 * DAY), INSTANT_NONE);
}

/* ---- entities ---- */

Test(policy, a_key_is_1_to_64_of_a_small_alphabet_and_begins_with_a_letter_or_a_digit)
{
    char key[] = "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg_";
    static const char *const wrong[] = {"", "-a", "_a", "Demo", "a b", "a/b", "a.b", "a@b", "caf\xc3\xa9"};
    cr_expect_not(policy_key_valid(key, 65));
    cr_expect(policy_key_valid(key, 64));
    cr_expect(policy_key_valid("0-a_b", 5));
    cr_expect_not(policy_key_valid("a\0b", 3));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(policy_key_valid(wrong[i], strlen(wrong[i])), "%s", wrong[i]);
}

Test(policy, an_entity_is_found_by_its_whole_key)
{
    struct policy p = {.entity_count = 2, .entities = {{.key = "north"}, {.key = "nor"}}};
    cr_expect_eq(policy_entity(&p, "north"), 0);
    cr_expect_eq(policy_entity(&p, "nor"), 1);
    cr_expect_eq(policy_entity(&p, "no"), -1);
    cr_expect_eq(policy_entity(&p, "North"), -1);
    cr_expect_eq(policy_entity(&policy, "north"), -1);
}

/* ---- languages ---- */

static struct notice_text texts[] = {
    {.language = "en"}, {.language = "nl"}, {.language = "nl-be"}, {.language = "pt-br"}};
static struct notice in_languages = {.text_count = 4, .texts = texts};

Test(policy, a_text_is_in_the_language_asked_for_else_its_first_part_else_the_first_text)
{
    static const struct {
        const char *asked;
        const char *found;
    } rows[] = {
        {"nl", "nl"},    {"nl-be", "nl-be"}, {"nl-nl", "nl"}, {"nl-be-x", "nl"}, {"en", "en"},
        {"en-gb", "en"}, {"pt-br", "pt-br"}, {"pt", "en"},    {"fr", "en"},      {"n", "en"},
        {"nld", "en"},   {"", "en"},         {NULL, "en"},    {"-", "en"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(notice_text_in(&in_languages, rows[i].asked)->language, rows[i].found, "%s",
                         rows[i].asked != NULL ? rows[i].asked : "no language");
}

Test(policy, the_exact_language_wins_wherever_it_stands)
{
    struct notice_text order[] = {{.language = "nl"}, {.language = "nl-be"}};
    struct notice n = {.text_count = 2, .texts = order};
    cr_expect_eq(notice_text_in(&n, "nl-be"), &order[1]);
    cr_expect_eq(notice_text_in(&n, "nl-sr"), &order[0]);
}

Test(policy, a_notice_without_texts_has_none)
{
    struct notice n = {.text_count = 0};
    cr_expect_null(notice_text_in(&n, "nl"));
    cr_expect_null(notice_text_in(&n, NULL));
}

/* ---- the hash of a notice ---- */

static bool same_hash(const struct notice *a, const struct notice *b)
{
    uint8_t x[NOTICE_HASH_SIZE], y[NOTICE_HASH_SIZE];
    notice_hash(a, x);
    notice_hash(b, y);
    return memcmp(x, y, sizeof x) == 0;
}

static const struct notice_text two_texts[] = {{.language = "nl", .sha256 = {1, 2, 3}},
                                               {.language = "en", .sha256 = {4, 5, 6}}};

static struct notice notice_with(struct notice_text copy[3])
{
    memcpy(copy, two_texts, sizeof two_texts);
    copy[2] = (struct notice_text){.language = "de", .sha256 = {7}};
    return (struct notice){.number = 1,
                           .id = "mail",
                           .version = "1",
                           .effective_from = 20 * DAY,
                           .material = true,
                           .text_count = 2,
                           .texts = copy};
}

Test(policy, the_order_of_languages_does_not_change_a_notices_hash)
{
    struct notice_text a[3], b[3];
    struct notice one = notice_with(a), other = notice_with(b);
    cr_expect(same_hash(&one, &other));
    b[0] = two_texts[1];
    b[1] = two_texts[0];
    cr_expect(same_hash(&one, &other));
}

Test(policy, the_databases_number_does_not_change_a_notices_hash)
{
    struct notice_text a[3], b[3];
    struct notice one = notice_with(a), other = notice_with(b);
    other.number = 2;
    cr_expect(same_hash(&one, &other));
}

Test(policy, what_must_not_change_changes_a_notices_hash)
{
    struct notice_text a[3], b[3];
    struct notice one = notice_with(a), other;
    other = notice_with(b), other.effective_from++;
    cr_expect_not(same_hash(&one, &other), "when it takes effect");
    other = notice_with(b), other.material = false;
    cr_expect_not(same_hash(&one, &other), "how it changes what was agreed to");
    other = notice_with(b), other.text_count = 1;
    cr_expect_not(same_hash(&one, &other), "a language less");
    other = notice_with(b), other.text_count = 3;
    cr_expect_not(same_hash(&one, &other), "a language more");
    other = notice_with(b), b[1].language[1] = 'o';
    cr_expect_not(same_hash(&one, &other), "another language");
    other = notice_with(b), b[1].sha256[0]++;
    cr_expect_not(same_hash(&one, &other), "the first byte of the words");
    other = notice_with(b), b[0].sha256[NOTICE_HASH_SIZE - 1]++;
    cr_expect_not(same_hash(&one, &other), "the last byte of the words");
}

Test(policy, two_languages_that_change_places_change_a_notices_hash)
{
    struct notice_text a[3], b[3];
    struct notice one = notice_with(a), other = notice_with(b);
    memcpy(b[0].sha256, two_texts[1].sha256, NOTICE_HASH_SIZE);
    memcpy(b[1].sha256, two_texts[0].sha256, NOTICE_HASH_SIZE);
    cr_expect_not(same_hash(&one, &other));
}

/* ---- what stopping means ---- */

Test(policy, the_standing_no_stops_consent_soft_opt_in_and_direct_marketing)
{
    static const struct {
        enum lawful_basis basis;
        const char *word;
        bool stopped_by_all;
        bool objection;
        bool withdrawable;
    } rows[] = {
        {BASIS_CONSENT, "consent", true, false, true},
        {BASIS_CONTRACT, "contract", false, false, false},
        {BASIS_LEGAL_OBLIGATION, "legal_obligation", false, false, false},
        {BASIS_VITAL_INTEREST, "vital_interest", false, false, false},
        {BASIS_PUBLIC_TASK, "public_task", false, true, true},
        {BASIS_LEGITIMATE_INTEREST, "legitimate_interest", false, true, true},
        {BASIS_SOFT_OPT_IN, "soft_opt_in", true, true, true},
        {BASIS_EXEMPT, "exempt", false, false, false},
    };
    cr_assert_eq(sizeof rows / sizeof *rows, LAWFUL_BASIS_COUNT);
    for (size_t i = 0; i < LAWFUL_BASIS_COUNT; i++) {
        struct purpose p = {.basis = rows[i].basis};
        cr_expect_str_eq(lawful_basis_words[p.basis], rows[i].word);
        cr_expect_eq(purpose_stopped_by_all(&p), rows[i].stopped_by_all, "%s", rows[i].word);
        cr_expect_eq(basis_takes_objection(p.basis), rows[i].objection, "%s", rows[i].word);
        cr_expect_eq(basis_is_withdrawable(p.basis), rows[i].withdrawable, "%s", rows[i].word);
        p.direct_marketing = true;
        cr_expect(purpose_stopped_by_all(&p), "marketing on %s", rows[i].word);
    }
    cr_expect_null(lawful_basis_words[LAWFUL_BASIS_COUNT]);
}

Test(policy, the_channels_and_signals_are_closed_lists)
{
    static const char *const channels[] = {"email", "sms", "phone", "post", "web"};
    cr_assert_eq(CHANNEL_COUNT, sizeof channels / sizeof *channels);
    for (size_t i = 0; i < CHANNEL_COUNT; i++)
        cr_expect_str_eq(channel_words[i], channels[i]);
    cr_expect_null(channel_words[CHANNEL_COUNT]);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        cr_expect_not_null(signal_words[i]);
    cr_expect_null(signal_words[SIGNAL_COUNT]);
}

Test(policy, strengths_go_from_the_weakest_to_the_strongest)
{
    static const char *const strengths[] = {"checkbox", "email", "email_plus", "signed", "in_person", "eid"};
    cr_assert_eq(STRENGTH_COUNT, sizeof strengths / sizeof *strengths);
    for (size_t i = 0; i < STRENGTH_COUNT; i++)
        cr_expect_str_eq(strength_words[i], strengths[i]);
    cr_expect_null(strength_words[STRENGTH_COUNT]);
}

Test(policy, freeing_takes_all_of_it_and_nothing)
{
    struct policy *p = calloc(1, sizeof *p);
    p->purposes = calloc(2, sizeof *p->purposes);
    p->notices = calloc(2, sizeof *p->notices);
    p->notices[0].texts = calloc(3, sizeof *p->notices[0].texts);
    p->purpose_count = p->notice_count = 2;
    policy_free(p);
    policy_free(NULL);
}
