/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/sealed.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct numbered_keys keys = {.count = 1, .keys = {{.number = 1, .bytes = {1, 2, 3}}}};
static const struct numbered_keys rotated = {
    .count = 2, .keys = {{.number = 2, .bytes = {4, 5, 6}}, {.number = 1, .bytes = {1, 2, 3}}}};
static const char plain[] = "jan@person.example";
enum { LEN = sizeof plain, SEALED = LEN + SEALED_EXTRA };

static uint8_t sealed[SEALED], opened[LEN];

static void seal(void)
{
    cr_assert_eq(sealed_make(&keys, "test 1", "beside", 6, plain, LEN, sealed), 0);
}

TestSuite(sealed, .init = seal);

static int opens(const struct numbered_keys *with, const char *label, const char *beside)
{
    return sealed_open(with, label, beside, strlen(beside), sealed, SEALED, opened);
}

Test(sealed, it_opens_with_its_key_also_when_another_is_the_first)
{
    cr_assert_eq(opens(&keys, "test 1", "beside"), 0);
    cr_assert_arr_eq(opened, plain, LEN);
    cr_assert_eq(opens(&rotated, "test 1", "beside"), 0);
    static const struct numbered_keys other = {.count = 1, .keys = {{.number = 1, .bytes = {9}}}};
    cr_assert_eq(opens(&other, "test 1", "beside"), -1);
}

Test(sealed, it_opens_for_its_use_and_beside_what_it_stood_beside_alone)
{
    cr_assert_eq(opens(&keys, "test 2", "beside"), -1);
    cr_assert_eq(opens(&keys, "test 1", "besides"), -1);
}

Test(sealed, no_byte_may_be_another)
{
    for (size_t i = 0; i < SEALED; i++) {
        sealed[i] ^= 1;
        cr_expect_eq(opens(&keys, "test 1", "beside"), -1, "byte %zu", i);
        sealed[i] ^= 1;
    }
    for (size_t len = 0; len < SEALED; len++)
        cr_expect_eq(sealed_open(&keys, "test 1", "beside", 6, sealed, len, opened), -1, "%zu bytes", len);
}

Test(sealed, the_same_is_never_sealed_the_same)
{
    uint8_t again[SEALED];
    cr_assert_eq(sealed_make(&keys, "test 1", "beside", 6, plain, LEN, again), 0);
    cr_assert_arr_neq(again, sealed, SEALED);
    cr_assert_null(memmem(sealed, SEALED, plain, LEN - 1));
}
