/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/consent.h"
#include "domain/policy.h"

#include <criterion/criterion.h>
#include <string.h>

#define DAY (INT64_C(86400) * SECOND)
/* The last microsecond of 2105, as far as a moment is read. */
#define LAST (INT64_C(49673) * DAY - 1)

static const struct {
    enum event_state state;
    int number; /* stored in the ledger */
    const char *word;
    bool is_no;
} states[] = {
    {EVENT_ELIGIBLE, 1, "eligible", false},
    {EVENT_GIVEN, 2, "given", false},
    {EVENT_OBJECTION_WITHDRAWN, 3, "objection_withdrawn", false},
    {EVENT_RENEWED, 4, "renewed", false},
    {EVENT_REQUESTED, 5, "requested", false},
    {EVENT_OVERRIDDEN, 6, "overridden", false},
    {EVENT_INVALIDATED, 8, "invalidated", true},
    {EVENT_OBJECTED, 9, "objected", true},
    {EVENT_REFUSED, 10, "refused", true},
    {EVENT_UPHELD, 11, "upheld", true},
    {EVENT_WITHDRAWN, 12, "withdrawn", true},
};
enum { STATES = sizeof states / sizeof *states };

static const enum event_class classes[] = {CLASS_COPY, CLASS_CHOICE};
static const instant times[] = {0, 1, SECOND, 20778 * DAY, 20778 * DAY + 1, LAST - 1, LAST};
enum { CLASSES = sizeof classes / sizeof *classes, TIMES = sizeof times / sizeof *times };

/* ---- words ---- */

Test(consent, the_states_keep_their_numbers_and_words)
{
    for (size_t i = 0; i < STATES; i++) {
        cr_expect_eq((int)states[i].state, states[i].number);
        cr_expect_str_eq(event_state_word(states[i].state), states[i].word);
        cr_expect_eq(event_state_is_no(states[i].state), states[i].is_no, "%s", states[i].word);
    }
    cr_expect_null(event_state_word(EVENT_NONE));
    cr_expect_not(event_state_is_no(EVENT_NONE));
}

static void assert_words(const char *const *found, const char *const *expected)
{
    for (; *expected != NULL; expected++, found++) {
        cr_assert_not_null(*found, "%s is missing", *expected);
        cr_expect_str_eq(*found, *expected);
    }
    cr_expect_null(*found);
}

Test(consent, the_collection_methods_are_the_contracts_in_the_stored_order)
{
    static const char *const expected[] = {
        "web_form", "banner", "preference_page", "one_click", "double_opt_in", "app",       "api",    "email",
        "sms",      "chat",   "phone",           "letter",    "paper",         "in_person", "import", "gpc",
        NULL};
    assert_words(collection_method_words, expected);
    for (enum collection_method m = 0; m < COLLECTION_METHOD_COUNT; m++)
        cr_expect_str_eq(collection_method_word(m), expected[m]);
    cr_expect_str_eq(collection_method_word(METHOD_GPC), "gpc");
    cr_expect_str_eq(collection_method_word(METHOD_IMPORT), "import");
    cr_expect_str_eq(collection_method_word(METHOD_PAPER), "paper");
}

Test(consent, the_roles_and_effects_are_the_contracts_in_the_stored_order)
{
    static const char *const roles[] = {"self",  "parent",     "carer",    "legal_representative",
                                        "staff", "controller", "guardian", NULL};
    static const char *const effects[] = {"applied",       "superseded", "outdated", "pending",
                                          "words_unknown", "",           "repeated"};
    assert_words(role_words, roles);
    for (enum role r = 0; r < ROLE_COUNT; r++)
        cr_expect_str_eq(role_word(r), roles[r]);
    cr_assert_eq(EFFECT_COUNT, sizeof effects / sizeof *effects);
    for (enum effect e = 0; e < EFFECT_COUNT; e++)
        cr_expect_str_eq(effect_word(e), effects[e]);
    cr_expect_str_eq(effect_word(EFFECT_SUPERSEDED), "superseded");
}

Test(consent, a_parent_a_carer_a_legal_representative_and_who_said_not_which_are_guardians)
{
    for (enum role r = 0; r < ROLE_COUNT; r++)
        cr_expect_eq(role_is_guardian(r),
                     r == ROLE_PARENT || r == ROLE_CARER || r == ROLE_LEGAL_REPRESENTATIVE ||
                         r == ROLE_GUARDIAN,
                     "%s", role_word(r));
}

/* ---- slots, and what stands in place of a purpose: stored, and known to SQL ---- */

/* One that is not a guardian's never has a guardian's number, and a role never a named one's. */
Test(consent, a_guardians_slots_stand_apart)
{
    cr_expect_eq(SLOT_COUNT, 1 << SLOT_BITS);
    cr_expect_lt(ROLE_LEGAL_REPRESENTATIVE, GUARDIAN_NAMED);
    for (enum slot s = 0; s < SLOT_COUNT; s++)
        cr_expect_eq(slot_is_fact(s), s >= SLOT_AGE && s <= SLOT_CARE_DOCUMENT, "%d", s);
    /* what travels, and where it arrives: one on */
    cr_expect_eq(SLOT_REACHED, SLOT_NO + 1);
    cr_expect_eq(SLOT_SIGNAL_REACHED, SLOT_SIGNAL + 1);
    cr_expect_eq(SLOT_AGE_REACHED, SLOT_AGE_LIMIT + 1);
    cr_expect_eq(SLOT_CARE_REACHED, SLOT_CARE_LIMIT + 1);
    /* a verdict takes the four of each fact together */
    cr_expect_eq(SLOT_AGE_DOCUMENT, SLOT_AGE + 3);
    cr_expect_eq(SLOT_CARE_DOCUMENT, SLOT_CARE + 3);
}

Test(consent, a_channel_is_no_purpose_and_no_pointer)
{
    for (int channel = 0; channel < 64; channel++) {
        cr_expect_lt(purpose_of_channel(channel), PURPOSE_ALL);
        cr_expect_gt(purpose_of_channel(channel), PURPOSE_POINTER);
    }
    cr_expect_eq(purpose_of_channel(0), -1);
    cr_expect_eq(purpose_of_channel(1), -2);
}

Test(consent, the_flags_share_no_bit)
{
    cr_expect_eq(FLAG_STRENGTH + FLAG_WRITTEN + FLAG_SIGNAL + FLAG_ASSUMED,
                 (FLAG_STRENGTH | FLAG_WRITTEN | FLAG_SIGNAL | FLAG_ASSUMED));
}

/* ---- classes ---- */

Test(consent, an_imports_yes_is_a_copy_and_all_else_a_choice)
{
    for (size_t i = 0; i < STATES; i++) {
        for (enum collection_method m = 0; m < COLLECTION_METHOD_COUNT; m++) {
            for (int import = 0; import < 2; import++) {
                bool copied = !states[i].is_no && (import == 1 || m == METHOD_IMPORT);
                enum event_class expected = copied ? CLASS_COPY : CLASS_CHOICE;
                cr_expect_eq(event_class_of(states[i].state, m, import == 1), expected, "%s by %s%s",
                             states[i].word, collection_method_word(m), import == 1 ? ", import" : "");
            }
        }
    }
}

Test(consent, an_import_brings_a_no_as_a_choice)
{
    cr_expect_eq(event_class_of(EVENT_WITHDRAWN, METHOD_IMPORT, true), CLASS_CHOICE);
    cr_expect_eq(event_class_of(EVENT_REFUSED, METHOD_PAPER, true), CLASS_CHOICE);
    cr_expect_eq(event_class_of(EVENT_GIVEN, METHOD_PAPER, true), CLASS_COPY);
    cr_expect_eq(event_class_of(EVENT_GIVEN, METHOD_IMPORT, false), CLASS_COPY);
    cr_expect_eq(event_class_of(EVENT_GIVEN, METHOD_PAPER, false), CLASS_CHOICE);
}

/* ---- rank ---- */

/* The place of an event by the contract's own words, an element a rule. */
struct place {
    enum event_class class;
    instant time;
    size_t state;
    bool words;
};
enum { PLACES = CLASSES * TIMES * STATES * 2 };

static int compare(struct place a, struct place b)
{
    if (a.class != b.class)
        return a.class < b.class ? -1 : 1;
    if (a.time != b.time)
        return a.time < b.time ? -1 : 1;
    if (states[a.state].is_no != states[b.state].is_no)
        return states[b.state].is_no ? -1 : 1;
    if (a.words != b.words)
        return b.words ? -1 : 1;
    return a.state < b.state ? -1 : a.state > b.state;
}

static struct place place_of(size_t n)
{
    return (struct place){classes[n / 2 / TIMES / STATES], times[n / 2 / STATES % TIMES], n / 2 % STATES,
                          n % 2 == 1};
}

static rank rank_at(struct place p)
{
    return rank_of(p.class, states[p.state].state, p.words, p.time);
}

Test(consent, rank_is_class_then_time_then_no_above_yes_then_known_words)
{
    for (size_t a = 0; a < PLACES; a++) {
        for (size_t b = 0; b < PLACES; b++) {
            rank x = rank_at(place_of(a)), y = rank_at(place_of(b));
            cr_assert_eq((x > y) - (x < y), compare(place_of(a), place_of(b)),
                         "class %d time %ld %s, class %d time %ld %s", place_of(a).class,
                         (long)place_of(a).time, states[place_of(a).state].word, place_of(b).class,
                         (long)place_of(b).time, states[place_of(b).state].word);
        }
    }
}

Test(consent, a_copy_stands_below_every_choice)
{
    cr_expect_lt(rank_of(CLASS_COPY, EVENT_RENEWED, true, LAST),
                 rank_of(CLASS_CHOICE, EVENT_GIVEN, false, 0));
}

Test(consent, at_one_time_every_no_stands_above_every_yes)
{
    for (size_t yes = 0; yes < STATES; yes++) {
        for (size_t no = 0; no < STATES; no++) {
            if (!states[yes].is_no && states[no].is_no)
                cr_expect_gt(rank_of(CLASS_CHOICE, states[no].state, false, LAST),
                             rank_of(CLASS_CHOICE, states[yes].state, true, LAST));
        }
    }
}

Test(consent, a_rank_gives_back_its_time_and_state)
{
    for (size_t n = 0; n < PLACES; n++) {
        struct place p = place_of(n);
        rank r = rank_at(p);
        cr_assert_gt(r, 0);
        cr_assert_eq(rank_time(r), p.time);
        cr_assert_eq(rank_state(r), states[p.state].state);
        cr_assert_eq(r >> 59, (rank)p.class);
    }
}

/* 53 bits of microseconds: to the year 2255. */
Test(consent, the_latest_time_a_rank_can_hold_does_not_touch_its_class)
{
    const instant latest = (INT64_C(1) << 53) - 1;
    cr_assert_gt(latest, LAST);
    for (size_t c = 0; c < CLASSES; c++) {
        rank r = rank_of(classes[c], EVENT_WITHDRAWN, true, latest);
        cr_expect_eq(rank_time(r), latest);
        cr_expect_eq(r >> 59, (rank)classes[c]);
        cr_expect_eq(rank_state(r), EVENT_WITHDRAWN);
    }
}

/* The statement adds the time by itself, and takes ranks apart: `rank >> 6 & 9007199254740991`,
 * `rank & 15`, `rank & 32`. */
Test(consent, the_time_is_added_to_the_base_in_bits_6_to_58)
{
    cr_assert_eq(RANK_TIME_SHIFT, 6);
    for (size_t n = 0; n < PLACES; n++) {
        struct place p = place_of(n);
        cr_assert_eq(rank_base(p.class, states[p.state].state, p.words) + (p.time << 6), rank_at(p));
        cr_assert_eq(rank_at(p) >> 6 & INT64_C(9007199254740991), p.time);
        cr_assert_eq((rank_at(p) & 32) != 0, states[p.state].is_no);
        cr_assert_eq((rank_at(p) & 16) != 0, p.words);
        cr_assert_eq(rank_at(p) & 15, states[p.state].number);
    }
}

static rank highest(const rank *ranks, const size_t *order, size_t count)
{
    rank stands = 0;
    for (size_t i = 0; i < count; i++)
        stands = ranks[order[i]] > stands ? ranks[order[i]] : stands;
    return stands;
}

/* Heap's algorithm, iterative. */
static void assert_every_order(const rank *ranks, rank expected)
{
    size_t order[] = {0, 1, 2, 3, 4}, turns[5] = {0};
    cr_assert_eq(highest(ranks, order, 5), expected);
    for (size_t i = 0; i < 5;) {
        if (turns[i] == i) {
            turns[i++] = 0;
            continue;
        }
        size_t other = i % 2 == 0 ? 0 : turns[i], kept = order[i];
        order[i] = order[other];
        order[other] = kept;
        turns[i]++;
        i = 0;
        cr_assert_eq(highest(ranks, order, 5), expected);
    }
}

Test(consent, whatever_order_five_acts_arrive_in_the_same_one_stands)
{
    const rank ranks[] = {
        rank_of(CLASS_CHOICE, EVENT_GIVEN, true, 20 * DAY),
        rank_of(CLASS_CHOICE, EVENT_WITHDRAWN, false, 20 * DAY),
        rank_of(CLASS_COPY, EVENT_GIVEN, true, 30 * DAY),
        rank_of(CLASS_COPY, EVENT_RENEWED, true, 40 * DAY),
        rank_of(CLASS_CHOICE, EVENT_GIVEN, true, 10 * DAY),
    };
    assert_every_order(ranks, ranks[1]);
}

Test(consent, a_standing_no_to_one_entity_has_a_number_of_its_own)
{
    static const int32_t entities[] = {1, 2, 77, ENTITY_NUMBER_MAX};
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        int32_t all = purpose_of_entity(entities[i], PURPOSE_ALL);
        cr_expect_lt(all, PURPOSE_ENTITIES);
        cr_expect_eq(entity_of_purpose(all), entities[i]);
        cr_expect_eq(channel_of_purpose(all), -1);
        for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
            int32_t number = purpose_of_entity(entities[i], purpose_of_channel(channel));
            cr_expect_eq(entity_of_purpose(number), entities[i]);
            cr_expect_eq(channel_of_purpose(number), channel);
        }
    }
    cr_expect_eq(entity_of_purpose(PURPOSE_ALL), 0);
    cr_expect_eq(entity_of_purpose(PURPOSE_POINTER), 0);
    cr_expect_eq(channel_of_purpose(purpose_of_channel(CHANNEL_WEB)), CHANNEL_WEB);
}
