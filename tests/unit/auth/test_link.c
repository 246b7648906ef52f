/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/link.h"

#include "base/base64url.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define END (INT64_C(1795255200) * SECOND)

static struct link_keys keys;
static const char payload[] = "a subject, a purpose and a revision";
enum { PAYLOAD = sizeof payload };

static struct link held;
static char text[LINK_TEXT_MAX + 1];

static struct link link_of(const void *bytes, size_t len)
{
    struct link link = {.controller_id = 4711, .expires = END, .len = len};
    memcpy(link.payload, bytes, len);
    return link;
}

static struct link_keys keys_of(const struct numbered_keys *numbered)
{
    struct link_keys made;
    cr_assert_eq(link_keys_make(numbered, &made), 0);
    return made;
}

static void seal(void)
{
    keys = keys_of(&(struct numbered_keys){.count = 1, .keys = {{.number = 1, .bytes = {1, 2, 3}}}});
    held = link_of(payload, PAYLOAD);
    cr_assert_eq(link_seal(&keys, LINK_CONFIRM, &held, text), 0);
}

TestSuite(link, .init = seal);

static int opens(const struct link_keys *with, const char *token, size_t len)
{
    struct link found;
    int rc = link_open(with, LINK_CONFIRM, token, len, &found);
    if (rc == 0) {
        cr_expect_eq(found.controller_id, 4711);
        cr_expect_eq(found.expires, END);
        cr_expect_eq(found.len, PAYLOAD);
        cr_expect_arr_eq(found.payload, payload, PAYLOAD);
    }
    return rc;
}

Test(link, what_was_sealed_comes_out)
{
    cr_expect_eq(opens(&keys, text, strlen(text)), 0);
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
Test(link, the_same_is_sealed_the_same)
{
    char again[LINK_TEXT_MAX + 1];
    cr_assert_eq(link_seal(&keys, LINK_CONFIRM, &held, again), 0);
    cr_expect_str_eq(again, text);
}

/* Else two ciphertexts under one nonce would tell each other's contents. */
Test(link, another_payload_end_or_controller_gives_another_nonce)
{
    char other[LINK_TEXT_MAX + 1];
    const size_t head = base64url_length(1 + 12);
    struct link changed[] = {held, held, held};
    changed[0].payload[PAYLOAD - 1] ^= 1;
    changed[1].expires += SECOND;
    changed[2].controller_id++;
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(link_seal(&keys, LINK_CONFIRM, &changed[i], other), 0);
        cr_expect_neq(strncmp(text, other, head), 0);
    }
}

Test(link, it_does_not_open_for_another_use)
{
    struct link found;
    for (enum link_use use = 0; use < LINK_USES; use++)
        cr_expect_eq(link_open(&keys, use, text, strlen(text), &found), use == LINK_CONFIRM ? 0 : -1);
}

Test(link, its_end_is_told_to_the_second_and_opens_it_all_the_same)
{
    struct link found, late = held;
    late.expires = SECOND + 999999;
    cr_assert_eq(link_seal(&keys, LINK_CONFIRM, &late, text), 0);
    cr_assert_eq(link_open(&keys, LINK_CONFIRM, text, strlen(text), &found), 0);
    cr_expect_eq(found.expires, SECOND);
    late.expires = (INT64_C(1) << 32) * SECOND;
    cr_expect_eq(link_seal(&keys, LINK_CONFIRM, &late, text), -1);
    late.expires = -SECOND;
    cr_expect_eq(link_seal(&keys, LINK_CONFIRM, &late, text), -1);
}

/* Key number, nonce, controller, end, payload and seal alike. */
Test(link, a_changed_bit_anywhere_keeps_it_shut)
{
    unsigned char bytes[LINK_TEXT_MAX];
    char changed[LINK_TEXT_MAX + 1];
    size_t len;
    cr_assert(base64url_decode(text, strlen(text), bytes, sizeof bytes, &len));
    for (size_t bit = 0; bit < 8 * len; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        base64url_encode(bytes, len, changed);
        cr_expect_eq(opens(&keys, changed, strlen(changed)), -1, "bit %zu", bit);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

Test(link, a_part_of_it_keeps_it_shut_and_so_does_more_than_it)
{
    char longer[2 * LINK_TEXT_MAX + 1];
    for (size_t len = 0; len < strlen(text); len++)
        cr_expect_eq(opens(&keys, text, len), -1, "%zu characters", len);
    snprintf(longer, sizeof longer, "%sAAAA", text);
    cr_expect_eq(opens(&keys, longer, strlen(longer)), -1);
    snprintf(longer, sizeof longer, "%s%s", text, text);
    cr_expect_eq(opens(&keys, longer, strlen(longer)), -1);
    cr_expect_eq(opens(&keys, "not base64url!", 14), -1);
}

Test(link, what_does_not_open_leaves_the_link_alone)
{
    struct link found = {.len = 4711};
    cr_expect_eq(link_open(&keys, LINK_CONFIRM, text, strlen(text) - 4, &found), -1);
    cr_expect_eq(link_open(&keys, LINK_UNSUBSCRIBE, text, strlen(text), &found), -1);
    cr_expect_eq(found.len, 4711);
}

/* ---- keys ---- */

Test(link, another_key_does_not_open_it)
{
    static const struct numbered_keys others[] = {{.count = 1, .keys = {{.number = 1, .bytes = {1, 2, 4}}}},
                                                  {.count = 1, .keys = {{.number = 2, .bytes = {1, 2, 3}}}},
                                                  {.count = 0}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct link_keys other = keys_of(&others[i]);
        cr_expect_eq(opens(&other, text, strlen(text)), -1);
    }
}

Test(link, after_a_rotation_the_old_key_still_opens_and_the_new_one_seals)
{
    struct link_keys rotated = keys_of(&(struct numbered_keys){
        .count = 2, .keys = {{.number = 2, .bytes = {9, 9, 9}}, {.number = 1, .bytes = {1, 2, 3}}}});
    char fresh[LINK_TEXT_MAX + 1];
    cr_expect_eq(opens(&rotated, text, strlen(text)), 0);
    cr_assert_eq(link_seal(&rotated, LINK_CONFIRM, &held, fresh), 0);
    cr_expect_eq(opens(&rotated, fresh, strlen(fresh)), 0);
    cr_expect_eq(opens(&keys, fresh, strlen(fresh)), -1);
}

Test(link, without_a_key_nothing_is_sealed)
{
    struct link_keys none = keys_of(&(struct numbered_keys){.count = 0});
    char unsealed[LINK_TEXT_MAX + 1];
    cr_expect_eq(link_seal(&none, LINK_CONFIRM, &held, unsealed), -1);
}

Test(link, nothing_of_the_keys_stays)
{
    static const struct link_keys nothing;
    link_keys_wipe(&keys);
    cr_expect_arr_eq(&keys, &nothing, sizeof keys);
}

/* ---- sizes ---- */

Test(link, the_largest_payload_makes_no_more_than_136_characters)
{
    static const unsigned char most[LINK_PAYLOAD_MAX] = {7};
    struct link large = link_of(most, sizeof most), found;
    char token[LINK_TEXT_MAX + 1];
    cr_assert_eq(link_seal(&keys, LINK_CONFIRM, &large, token), 0);
    cr_expect_eq(strlen(token), 136);
    cr_assert_eq(link_open(&keys, LINK_CONFIRM, token, strlen(token), &found), 0);
    cr_expect_arr_eq(found.payload, most, sizeof most);
}

Test(link, an_empty_payload_is_one_too)
{
    struct link empty = link_of("", 0), found;
    char token[LINK_TEXT_MAX + 1];
    cr_assert_eq(link_seal(&keys, LINK_CONFIRM, &empty, token), 0);
    cr_assert_eq(link_open(&keys, LINK_CONFIRM, token, strlen(token), &found), 0);
    cr_expect_eq(found.len, 0);
}
