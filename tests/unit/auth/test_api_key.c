/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/api_key.h"

#include <criterion/criterion.h>
#include <string.h>

/* One whose parts are known; the checksum and the hash were worked out by another program. */
#define KNOWN                                                                                                \
    "akk_0123456789abcdef_"                                                                                  \
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static bool reads(const char *text)
{
    struct api_key key;
    return api_key_read(text, strlen(text), &key);
}

Test(api_key, what_is_made_is_read_and_no_two_are_alike)
{
    char one[API_KEY_TEXT_MAX + 1], other[API_KEY_TEXT_MAX + 1];
    struct api_key made, made_other, read;
    cr_assert_eq(api_key_make(one, &made), 0);
    cr_assert_eq(api_key_make(other, &made_other), 0);
    cr_assert_eq(strlen(one), API_KEY_TEXT_MAX);
    cr_assert(api_key_read(one, strlen(one), &read));
    cr_assert_str_eq(read.id, made.id);
    cr_assert(api_key_matches(&read, made.hash));
    cr_assert_not(api_key_matches(&read, made_other.hash));
    cr_assert_str_neq(made.id, made_other.id);
    cr_assert_neq(strncmp(strrchr(one, '_'), strrchr(other, '_'), 65), 0);
}

Test(api_key, a_known_one)
{
    static const uint8_t hash[] = {0x27, 0x60, 0x16, 0xa3, 0x5a, 0xf4, 0xd2, 0x77, 0x86, 0xa8, 0x3d,
                                   0x2e, 0x12, 0xd7, 0x54, 0x53, 0x90, 0x07, 0x1d, 0xf7, 0xab, 0xfd,
                                   0xd3, 0x08, 0xde, 0xd6, 0x67, 0x92, 0x0c, 0xba, 0x47, 0xc8};
    struct api_key key;
    char token_id[API_KEY_TOKEN_ID_MAX + 1];
    cr_assert(api_key_read(KNOWN "aa5dc754", API_KEY_TEXT_MAX, &key));
    cr_assert_str_eq(key.id, "0123456789abcdef");
    cr_assert_arr_eq(key.hash, hash, sizeof hash);
    api_key_token_id(key.id, token_id);
    cr_assert_str_eq(token_id, "akk_0123456789abcdef");
}

Test(api_key, no_character_of_it_may_be_another)
{
    char text[] = KNOWN "aa5dc754";
    for (size_t i = 0; i < API_KEY_TEXT_MAX; i++) {
        char was = text[i];
        for (const char *c = "0f_AxG %"; *c != '\0'; c++) {
            text[i] = *c;
            cr_expect_eq(reads(text), *c == was, "%zu %c", i, *c);
        }
        text[i] = was;
    }
    cr_assert(reads(text));
}

Test(api_key, what_is_cut_off_or_goes_on_is_none)
{
    char text[] = KNOWN "aa5dc754"
                        "0";
    struct api_key key;
    for (size_t len = 0; len <= API_KEY_TEXT_MAX + 1; len++)
        cr_expect_eq(api_key_read(text, len, &key), len == API_KEY_TEXT_MAX, "%zu", len);
}

Test(api_key, a_token_is_meant_as_a_key_by_its_mark)
{
    cr_expect(api_key_is("akk_", 4));
    cr_expect_not(api_key_is("akk_", 3));
    cr_expect_not(api_key_is("eyJhbGciOiJIUzI1NiJ9", 20));
    cr_expect(api_key_id_valid("0123456789abcdef", 16));
    cr_expect_not(api_key_id_valid("0123456789abcdeF", 16));
    cr_expect_not(api_key_id_valid("0123456789abcdef0", 17));
}
