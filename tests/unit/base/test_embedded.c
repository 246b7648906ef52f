/* SPDX-License-Identifier: Apache-2.0 */
#include "base/embedded.h"

#include <criterion/criterion.h>

static const struct embedded files[] = {
    {"one", "1", 1, ""}, {"two", "22", 2, ""}, {NULL, NULL, 0, NULL}, {"behind", "3", 1, ""}};

Test(embedded, a_file_is_found_by_its_whole_name)
{
    cr_expect_eq(embedded_find(files, "one"), &files[0]);
    cr_expect_eq(embedded_find(files, "two"), &files[1]);
    cr_expect_null(embedded_find(files, "tw"));
    cr_expect_null(embedded_find(files, ""));
}

Test(embedded, the_search_ends_with_the_table)
{
    cr_expect_null(embedded_find(files, "behind"));
    cr_expect_null(embedded_find(&files[2], "one"));
}
