/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict_told.h"

#include <criterion/criterion.h>

/* What a check has to read. */

static void assert_set(const struct policy *p, int32_t purpose, const int32_t *expected, size_t count)
{
    struct purpose_set set;
    purpose_set_of(p, policy_purpose_numbered(p, purpose, NULL), &set);
    cr_expect_eq(set.count, count, "%zu numbers for %d", set.count, purpose);
    for (size_t i = 0; i < count; i++)
        cr_expect(set_has(&set, expected[i]), "%d for %d", expected[i], purpose);
}
#define ALWAYS PURPOSE_ALL, PURPOSE_POINTER, EMAILS
#define OF_EACH                                                                                              \
    ALWAYS, ALL_OF_NORTH, EMAILS_OF_NORTH, ALL_OF_NORTH - ENTITY_STRIDE, EMAILS_OF_NORTH - ENTITY_STRIDE,    \
        ALL_OF_NORTH - 2 * ENTITY_STRIDE, EMAILS_OF_NORTH - 2 * ENTITY_STRIDE
#define ASSERT_SET(p, purpose, ...)                                                                          \
    assert_set(p, purpose, (const int32_t[]){__VA_ARGS__},                                                   \
               sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t))

Test(verdict_set, a_check_reads_the_purpose_its_entities_what_it_replaces_and_the_standing_noes)
{
    ASSERT_SET(&household, MAIL, ALWAYS, MAIL);
    ASSERT_SET(&household, CURRENT, ALWAYS, CURRENT, OLD, OLDEST);
    ASSERT_SET(&household, HEIR, ALWAYS, HEIR, GONE);
    ASSERT_SET(&household, SITE, PURPOSE_ALL, PURPOSE_POINTER, WEB, SITE);
    ASSERT_SET(&group, OFFERS, OF_EACH, OFFERS, OFFERS_NORTH, OFFERS_SOUTH, OFFERS_WEST);
    ASSERT_SET(&group, TRIPS, OF_EACH, TRIPS, TRIPS_NORTH, TRIPS_SOUTH, TRIPS_WEST, OFFERS, OFFERS_NORTH,
               OFFERS_SOUTH, OFFERS_WEST);
}

Test(verdict_set, what_was_never_applied_has_no_number_to_read)
{
    static struct purpose fresh = {.key = "fresh", .basis = BASIS_LEGITIMATE_INTEREST};
    const struct policy p = {.purpose_count = 1, .purposes = &fresh};
    struct purpose_set set;
    purpose_set_of(&p, &fresh, &set);
    cr_expect_eq(set.count, 3);
    struct state no = act(CLASS_CHOICE, EVENT_WITHDRAWN, SAID);
    struct states known = {.count = 1, .list = &no}; /* of PURPOSE_ALL, which does not stop it */
    cr_expect_eq(verdict_of(&p, &fresh, ENTITY_ANY, &known, NOW).reason, REASON_NOT_REQUIRED);
}

/* The longest chain, each with as many entities as a policy may have. */
Test(verdict_set, the_largest_set_fits)
{
    struct purpose chain[REPLACES_MAX + 2];
    struct policy p = {
        .purpose_count = REPLACES_MAX + 2, .purposes = chain, .entity_count = POLICY_ENTITIES_MAX};
    for (int i = 0; i < REPLACES_MAX + 2; i++) {
        chain[i] = (struct purpose){.number = 100 * (i + 1), .replaces_number = 100 * (i + 2)};
        for (int k = 0; k < POLICY_ENTITIES_MAX; k++)
            chain[i].entity_numbers[k] = 100 * (i + 1) + k + 1;
    }
    for (int k = 0; k < POLICY_ENTITIES_MAX; k++)
        p.entities[k].number = 10000 + k;
    struct purpose_set set;
    purpose_set_of(&p, &chain[0], &set);
    cr_assert_eq(set.count, PURPOSE_SET_MAX);
    cr_expect(set_has(&set, purpose_of_entity(10000 + POLICY_ENTITIES_MAX - 1, PURPOSE_ALL)));
    cr_expect(set_has(&set, 100 * (REPLACES_MAX + 1) + POLICY_ENTITIES_MAX), "the last entity's of the last");
}
