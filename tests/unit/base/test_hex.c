/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

Test(hex, every_byte_is_read_as_it_was_written)
{
    for (int i = 0; i < 256; i++) {
        uint8_t byte = (uint8_t)i, back = (uint8_t)~i;
        char text[4] = "...", expected[3];
        hex_write(&byte, 1, text);
        snprintf(expected, sizeof expected, "%02x", byte);
        cr_expect_arr_eq(text, expected, 2);
        cr_expect_eq(text[2], '.', "no more than two digits");
        cr_expect(hex_is_lower(text, 2));
        cr_expect(hex_read(text, &back, 1));
        cr_expect_eq(back, byte);
    }
}

Test(hex, a_digit_is_of_either_case_and_nothing_else_is_one)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    for (int c = 0; c < 256; c++) {
        const char *at = c != 0 ? strchr(digits, c) : NULL;
        int expected = at != NULL ? (int)((at - digits) % 16) : -1;
        cr_expect_eq(hex_digit((char)c), expected, "%d", c);
    }
}

Test(hex, what_has_another_character_is_not_read_at_all)
{
    static const char *const texts[] = {"0g23", "012 ", "", "-123", "0x12", "012/", "012:", "012@", "012`"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        uint8_t bytes[2] = {7, 7};
        cr_expect_not(hex_read(texts[i], bytes, 2), "%s", texts[i]);
        cr_expect(bytes[0] == 7 && bytes[1] == 7, "%s", texts[i]);
    }
    uint8_t bytes[2];
    cr_expect(hex_read("aBfF", bytes, 2));
    cr_expect(bytes[0] == 0xab && bytes[1] == 0xff);
}

Test(hex, upper_case_is_not_as_it_is_written)
{
    cr_expect(hex_is_lower("09af", 4));
    cr_expect(hex_is_lower("", 0));
    cr_expect_not(hex_is_lower("09aF", 4));
    cr_expect_not(hex_is_lower("A", 1));
    cr_expect_not(hex_is_lower("09\0af", 5));
}

Test(hex, lower_case_digits_are_read_where_there_are_just_so_many)
{
    uint8_t bytes[2] = {7, 7};
    cr_expect_not(hex_read_lower("09aF", 4, bytes, 2));
    cr_expect_not(hex_read_lower("09a", 3, bytes, 2));
    cr_expect_not(hex_read_lower("09aff", 5, bytes, 2));
    cr_expect_not(hex_read_lower("09ag", 4, bytes, 2));
    cr_expect(bytes[0] == 7 && bytes[1] == 7);
    cr_expect(hex_read_lower("09af", 4, bytes, 2));
    cr_expect(bytes[0] == 0x09 && bytes[1] == 0xaf);
}
