/* SPDX-License-Identifier: Apache-2.0 */
#include "net/guard/hpack_count.h"

#include <criterion/criterion.h>
#include <string.h>

#define COUNT(block, max) hpack_count((const uint8_t *)(block), sizeof(block) - 1, max)

/* RFC 7541, C.2.1 to C.2.4, and C.3.1. */
Test(hpack_count, the_examples_of_the_rfc)
{
    cr_assert_eq(COUNT("\x40\x0a"
                       "custom-key"
                       "\x0d"
                       "custom-header",
                       100),
                 1);
    cr_assert_eq(COUNT("\x04\x0c/sample/path", 100), 1);
    cr_assert_eq(COUNT("\x10\x08password\x06secret", 100), 1);
    cr_assert_eq(COUNT("\x82", 100), 1);
    cr_assert_eq(COUNT("\x82\x86\x84\x41\x0fwww.example.com", 100), 4);
}

Test(hpack_count, a_bomb_of_references_is_counted_no_further_than_asked)
{
    uint8_t block[10000];
    memset(block, 0xbe, sizeof block);
    cr_assert_eq(hpack_count(block, sizeof block, 100), 101);
}

Test(hpack_count, changes_of_the_table_count_too)
{
    cr_assert_eq(COUNT("\x20\x3f\xe1\x1f\x82", 100), 3);
}

Test(hpack_count, long_strings_and_long_indexes)
{
    char block[600] = "\x40\x01x\x7f\xd1\x03"; /* a value of 127 + 81 + 3 * 128 = 592 bytes */
    block[598] = (char)0xff, block[599] = 0;   /* index 127 */
    cr_assert_eq(hpack_count((const uint8_t *)block, 600, 100), 2);
}

Test(hpack_count, what_is_broken_ends_it)
{
    cr_assert_eq(COUNT("\x82\x40\x0a"
                       "custom",
                       100),
                 1);
    cr_assert_eq(COUNT("\x82\xff", 100), 1);
    cr_assert_eq(COUNT("\x82\x40\x7f\xff\xff\xff\xff\x7f", 100), 1);
    cr_assert_eq(COUNT("", 100), 0);
}
