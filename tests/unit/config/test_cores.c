/* SPDX-License-Identifier: Apache-2.0 */
#include "config/cores.h"

#include <criterion/criterion.h>

Test(cores, a_quota_is_rounded_down_but_never_to_nothing)
{
    static const struct {
        const char *cpu_max;
        int cores;
    } rows[] = {{"200000 100000", 2}, {"150000 100000", 1}, {"50000 100000", 1},
                {"399999 100000", 3}, {"max 100000", 0},    {"-1 100000", 0},
                {"100000 0", 0},      {"100000", 0},        {"", 0},
                {"0 100000", 0},      {"100000 -5", 0},     {"9223372036854775807 1", 1 << 20}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(cores_of_quota(rows[i].cpu_max), rows[i].cores, "%s", rows[i].cpu_max);
}

Test(cores, there_is_always_one_and_never_more_than_asked_for)
{
    cr_expect_eq(cores_usable(1), 1);
    cr_expect(cores_usable(64) >= 1 && cores_usable(64) <= 64);
}
