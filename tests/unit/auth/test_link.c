/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/link.h"

#include "base/base64url.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define NOW (INT64_C(1795255200) * SECOND)
#define END (NOW + 3600 * SECOND)

static const struct subject_keys keys = {.count = 1, .keys = {{.number = 1, .bytes = {1, 2, 3}}}};
static const char payload[] = "a subject, a purpose and a revision";
enum { PAYLOAD = sizeof payload };

static char text[LINK_TEXT_MAX + 1];

static void seal(void)
{
    cr_assert_eq(link_seal(&keys, LINK_CONFIRM, END, payload, PAYLOAD, text), 0);
}

TestSuite(link, .init = seal);

static int opens(const struct subject_keys *with, instant now, const char *token, size_t len)
{
    char found[PAYLOAD];
    int rc = link_open(with, LINK_CONFIRM, now, token, len, found, sizeof found);
    if (rc == 0)
        cr_expect_arr_eq(found, payload, PAYLOAD);
    return rc;
}

Test(link, what_was_sealed_comes_out)
{
    cr_expect_eq(opens(&keys, NOW, text, strlen(text)), 0);
}

Test(link, a_token_may_stand_in_a_url_and_shows_nothing_of_what_it_holds)
{
    unsigned char bytes[LINK_TEXT_MAX];
    size_t len;
    cr_expect_eq(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                 strlen(text));
    cr_assert(base64url_decode(text, strlen(text), bytes, sizeof bytes, &len));
    cr_expect_null(memmem(bytes, len, payload, 8));
}

/* The first answer to a request must come out the same when it is asked for again. */
Test(link, the_same_payload_gives_the_same_token)
{
    char again[LINK_TEXT_MAX + 1];
    cr_assert_eq(link_seal(&keys, LINK_CONFIRM, END, payload, PAYLOAD, again), 0);
    cr_expect_str_eq(again, text);
}

/* Else two ciphertexts under one nonce would tell each other's contents. */
Test(link, another_payload_or_another_end_gives_another_nonce)
{
    char other[LINK_TEXT_MAX + 1], changed[PAYLOAD];
    const size_t head = base64url_length(1 + 12);
    memcpy(changed, payload, PAYLOAD);
    changed[PAYLOAD - 1] ^= 1;
    cr_assert_eq(link_seal(&keys, LINK_CONFIRM, END, changed, PAYLOAD, other), 0);
    cr_expect_neq(strncmp(text, other, head), 0);
    cr_assert_eq(link_seal(&keys, LINK_CONFIRM, END + 1, payload, PAYLOAD, other), 0);
    cr_expect_neq(strncmp(text, other, head), 0);
}

Test(link, it_expires_at_its_end_and_not_a_microsecond_before)
{
    cr_expect_eq(opens(&keys, END - 1, text, strlen(text)), 0);
    cr_expect_eq(opens(&keys, END, text, strlen(text)), -1);
    cr_expect_eq(opens(&keys, INT64_MAX, text, strlen(text)), -1);
}

/* Key number, nonce, end, payload and seal alike. */
Test(link, a_changed_bit_anywhere_keeps_it_shut)
{
    unsigned char bytes[LINK_TEXT_MAX];
    char changed[LINK_TEXT_MAX + 1];
    size_t len;
    cr_assert(base64url_decode(text, strlen(text), bytes, sizeof bytes, &len));
    for (size_t bit = 0; bit < 8 * len; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        base64url_encode(bytes, len, changed);
        cr_expect_eq(opens(&keys, NOW, changed, strlen(changed)), -1, "bit %zu", bit);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

Test(link, a_part_of_it_keeps_it_shut_and_so_does_more_than_it)
{
    char longer[2 * LINK_TEXT_MAX + 1];
    for (size_t len = 0; len < strlen(text); len++)
        cr_expect_eq(opens(&keys, NOW, text, len), -1, "%zu characters", len);
    snprintf(longer, sizeof longer, "%sAAAA", text);
    cr_expect_eq(opens(&keys, NOW, longer, strlen(longer)), -1);
    snprintf(longer, sizeof longer, "%s%s", text, text);
    cr_expect_eq(opens(&keys, NOW, longer, strlen(longer)), -1);
    cr_expect_eq(opens(&keys, NOW, "not base64url!", 14), -1);
}

Test(link, a_payload_of_another_size_is_none)
{
    char found[LINK_PAYLOAD_MAX + 1];
    for (size_t len = 0; len <= sizeof found; len++)
        cr_expect_eq(link_open(&keys, LINK_CONFIRM, NOW, text, strlen(text), found, len),
                     len == PAYLOAD ? 0 : -1, "%zu bytes", len);
}

Test(link, what_does_not_open_leaves_the_payload_alone)
{
    char found[PAYLOAD] = "untouched";
    cr_expect_eq(link_open(&keys, LINK_CONFIRM, END, text, strlen(text), found, sizeof found), -1);
    cr_expect_eq(link_open(&keys, LINK_CONFIRM, NOW, text, strlen(text) - 4, found, sizeof found), -1);
    cr_expect_str_eq(found, "untouched");
}

/* ---- keys ---- */

Test(link, another_key_does_not_open_it)
{
    static const struct subject_keys same_number = {.count = 1, .keys = {{.number = 1, .bytes = {1, 2, 4}}}};
    static const struct subject_keys same_bytes = {.count = 1, .keys = {{.number = 2, .bytes = {1, 2, 3}}}};
    static const struct subject_keys none = {.count = 0};
    cr_expect_eq(opens(&same_number, NOW, text, strlen(text)), -1);
    cr_expect_eq(opens(&same_bytes, NOW, text, strlen(text)), -1);
    cr_expect_eq(opens(&none, NOW, text, strlen(text)), -1);
}

Test(link, after_a_rotation_the_old_key_still_opens_and_the_new_one_seals)
{
    static const struct subject_keys rotated = {
        .count = 2, .keys = {{.number = 2, .bytes = {9, 9, 9}}, {.number = 1, .bytes = {1, 2, 3}}}};
    char fresh[LINK_TEXT_MAX + 1];
    cr_expect_eq(opens(&rotated, NOW, text, strlen(text)), 0);
    cr_assert_eq(link_seal(&rotated, LINK_CONFIRM, END, payload, PAYLOAD, fresh), 0);
    cr_expect_eq(opens(&rotated, NOW, fresh, strlen(fresh)), 0);
    cr_expect_eq(opens(&keys, NOW, fresh, strlen(fresh)), -1);
}

Test(link, without_a_key_nothing_is_sealed)
{
    static const struct subject_keys none = {.count = 0};
    char unsealed[LINK_TEXT_MAX + 1];
    cr_expect_eq(link_seal(&none, LINK_CONFIRM, END, payload, PAYLOAD, unsealed), -1);
}

/* ---- sizes ---- */

Test(link, the_largest_payload_fits_and_a_larger_one_is_refused)
{
    static const unsigned char most[LINK_PAYLOAD_MAX + 1] = {7};
    unsigned char found[LINK_PAYLOAD_MAX];
    char large[LINK_TEXT_MAX + 1];
    cr_assert_eq(link_seal(&keys, LINK_CONFIRM, END, most, LINK_PAYLOAD_MAX, large), 0);
    cr_expect_leq(strlen(large), LINK_TEXT_MAX);
    cr_expect_eq(link_open(&keys, LINK_CONFIRM, NOW, large, strlen(large), found, sizeof found), 0);
    cr_expect_arr_eq(found, most, LINK_PAYLOAD_MAX);
    cr_expect_eq(link_seal(&keys, LINK_CONFIRM, END, most, sizeof most, large), -1);
}

Test(link, an_empty_payload_is_one_too)
{
    char empty[LINK_TEXT_MAX + 1], found;
    cr_assert_eq(link_seal(&keys, LINK_CONFIRM, END, "", 0, empty), 0);
    cr_expect_eq(link_open(&keys, LINK_CONFIRM, NOW, empty, strlen(empty), &found, 0), 0);
    cr_expect_eq(link_open(&keys, LINK_CONFIRM, END, empty, strlen(empty), &found, 0), -1);
}
