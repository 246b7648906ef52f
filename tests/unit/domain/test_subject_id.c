/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/subject_id.h"

#include "base/base64url.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <string.h>

static const uint8_t key[SUBJECT_ID_KEY_BYTES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static struct subject_ids *ids;

static void start(void)
{
    ids = subject_ids_create(key, 7);
    cr_assert_not_null(ids);
}

static void finish(void)
{
    subject_ids_destroy(ids);
}

TestSuite(subject_id, .init = start, .fini = finish);

static bool is_accepted(const char *text, size_t len)
{
    int64_t number = -42;
    bool accepted = subject_id_parse(ids, text, len, &number);
    if (!accepted)
        cr_expect_eq(number, -42, "a refused identifier leaves the number alone");
    return accepted;
}

/* printf '\0\0\0\7\0\0\0\0\0\0\0\0\0\0\0\1' | openssl enc -aes-128-ecb -nopad -K 000102..0f |
 * basenc --base64url */
Test(subject_id, it_is_one_block_of_aes_over_controller_zeros_and_number)
{
    char text[SUBJECT_ID_TEXT + 1];
    subject_id_format(ids, 1, text);
    cr_expect_str_eq(text, "kSEscG3MR-nQCoyEu9u8Lw", "%s", text);
}

Test(subject_id, it_gives_back_its_number)
{
    static const int64_t numbers[] = {
        1, 2, 255, 256, 65535, INT64_C(1) << 32, INT64_C(123456789012), INT64_MAX - 1, INT64_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char text[SUBJECT_ID_TEXT + 1];
        int64_t number = 0;
        subject_id_format(ids, numbers[i], text);
        cr_expect_eq(strlen(text), SUBJECT_ID_TEXT);
        cr_expect_eq(strspn(text, alphabet), SUBJECT_ID_TEXT, "%s goes into a path as it is", text);
        cr_expect(subject_id_parse(ids, text, SUBJECT_ID_TEXT, &number));
        cr_expect_eq(number, numbers[i]);
    }
}

Test(subject_id, no_number_below_one_has_one)
{
    static const int64_t numbers[] = {0, -1, INT64_MIN};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char text[SUBJECT_ID_TEXT + 1];
        subject_id_format(ids, numbers[i], text);
        cr_expect_not(is_accepted(text, SUBJECT_ID_TEXT), "%ld", (long)numbers[i]);
    }
}

static size_t common_prefix(const char *a, const char *b)
{
    size_t n = 0;
    while (a[n] != '\0' && a[n] == b[n])
        n++;
    return n;
}

/* By chance two of 1000 neighbours share four characters once in 16 000 keys; this key is fixed. */
Test(subject_id, neighbours_look_nothing_alike)
{
    char before[SUBJECT_ID_TEXT + 1], after[SUBJECT_ID_TEXT + 1];
    subject_id_format(ids, 1, before);
    for (int64_t number = 2; number <= 1000; number++) {
        size_t same = 0;
        subject_id_format(ids, number, after);
        for (size_t i = 0; i < SUBJECT_ID_TEXT; i++)
            same += before[i] == after[i];
        cr_assert_lt(common_prefix(before, after), 4, "%s and %s", before, after);
        cr_assert_lt(same, 8, "%s and %s", before, after);
        memcpy(before, after, sizeof before);
    }
}

Test(subject_id, the_same_subject_has_the_same_one_every_time)
{
    char once[SUBJECT_ID_TEXT + 1], between[SUBJECT_ID_TEXT + 1], again[SUBJECT_ID_TEXT + 1];
    int64_t number;
    subject_id_format(ids, 5, once);
    subject_id_format(ids, 6, between);
    subject_id_parse(ids, between, SUBJECT_ID_TEXT, &number);
    subject_id_format(ids, 5, again);
    cr_expect_str_eq(once, again);
    cr_expect_str_neq(once, between);
}

/* Another controller's, by its number or by its key. */
static bool is_accepted_from(const uint8_t other_key[SUBJECT_ID_KEY_BYTES], int32_t controller_id)
{
    char text[SUBJECT_ID_TEXT + 1];
    struct subject_ids *other = subject_ids_create(other_key, controller_id);
    subject_id_format(other, 1, text);
    subject_ids_destroy(other);
    return is_accepted(text, SUBJECT_ID_TEXT);
}

Test(subject_id, one_of_another_controller_is_refused)
{
    uint8_t other_key[SUBJECT_ID_KEY_BYTES];
    memcpy(other_key, key, sizeof key);
    other_key[15] ^= 1;
    cr_expect(is_accepted_from(key, 7));
    cr_expect_not(is_accepted_from(key, 8));
    cr_expect_not(is_accepted_from(key, 0));
    cr_expect_not(is_accepted_from(key, -7));
    cr_expect_not(is_accepted_from(key, 7 + (1 << 24)));
    cr_expect_not(is_accepted_from(other_key, 7));
}

/* What whoever has the key could make of any block. */
static bool is_block_accepted(const uint8_t block[16])
{
    uint8_t sealed[16];
    char text[SUBJECT_ID_TEXT + 1];
    int len = 0;
    EVP_CIPHER_CTX *seal = EVP_CIPHER_CTX_new();
    cr_assert_eq(EVP_EncryptInit_ex(seal, EVP_aes_128_ecb(), NULL, key, NULL), 1);
    EVP_CIPHER_CTX_set_padding(seal, 0);
    cr_assert_eq(EVP_EncryptUpdate(seal, sealed, &len, block, 16), 1);
    EVP_CIPHER_CTX_free(seal);
    base64url_encode(sealed, sizeof sealed, text);
    return is_accepted(text, SUBJECT_ID_TEXT);
}

/* It is the controller and the zeros that a guess has to hit. */
Test(subject_id, a_block_counts_only_with_this_controller_and_zeros_before_a_number)
{
    cr_assert(is_block_accepted((const uint8_t[16]){[3] = 7, [15] = 1}));
    for (size_t i = 0; i < 9; i++) { /* byte 8: the sign of the number */
        uint8_t block[16] = {[3] = 7, [15] = 1};
        block[i] ^= 0x80;
        cr_expect_not(is_block_accepted(block), "byte %zu", i);
    }
    cr_expect_not(is_block_accepted((const uint8_t[16]){[3] = 7}), "the number 0");
}

Test(subject_id, one_with_any_character_changed_is_refused)
{
    char text[SUBJECT_ID_TEXT + 1], changed[SUBJECT_ID_TEXT + 1];
    subject_id_format(ids, 1, text);
    for (size_t i = 0; i < SUBJECT_ID_TEXT; i++) {
        for (size_t c = 0; c < sizeof alphabet - 1; c++) {
            memcpy(changed, text, sizeof text);
            changed[i] = alphabet[c];
            cr_assert_eq(is_accepted(changed, SUBJECT_ID_TEXT), changed[i] == text[i], "%s for %s", changed,
                         text);
        }
    }
}

/* 22 characters hold 132 bits: the last four are zero in the one spelling there is. */
Test(subject_id, it_has_one_spelling)
{
    char text[SUBJECT_ID_TEXT + 1], other[SUBJECT_ID_TEXT + 1];
    subject_id_format(ids, 1, text);
    size_t last = (size_t)(strchr(alphabet, text[SUBJECT_ID_TEXT - 1]) - alphabet);
    cr_assert_eq(last % 16, 0);
    for (size_t loose = 1; loose < 16; loose++) {
        memcpy(other, text, sizeof text);
        other[SUBJECT_ID_TEXT - 1] = alphabet[last + loose];
        cr_expect_not(is_accepted(other, SUBJECT_ID_TEXT), "%s", other);
    }
}

Test(subject_id, what_is_not_22_characters_of_base64url_is_refused)
{
    char text[SUBJECT_ID_TEXT + 3] = "";
    subject_id_format(ids, 1, text);
    cr_expect_not(is_accepted(text, 0));
    cr_expect_not(is_accepted(text, SUBJECT_ID_TEXT - 1));
    memcpy(text + SUBJECT_ID_TEXT, "==", 3);
    cr_expect_not(is_accepted(text, SUBJECT_ID_TEXT + 1));
    cr_expect_not(is_accepted(text, SUBJECT_ID_TEXT + 2));
    for (int c = 1; c < 256; c++) {
        text[3] = (char)c;
        if (strchr(alphabet, c) == NULL)
            cr_expect_not(is_accepted(text, SUBJECT_ID_TEXT), "character %d", c);
    }
    text[3] = '\0';
    cr_expect_not(is_accepted(text, SUBJECT_ID_TEXT), "a NUL");
}

Test(subject_id, destroying_nothing_does_nothing)
{
    subject_ids_destroy(NULL);
}
