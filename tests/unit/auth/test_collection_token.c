/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/collection_token.h"

#include "base/base64url.h"

#include <criterion/criterion.h>
#include <string.h>

#define NOW (INT64_C(1795255200) * SECOND)
#define END (NOW + COLLECTION_TOKEN_SECONDS * SECOND)

static const struct numbered_keys keys = {.count = 1, .keys = {{.number = 7, .bytes = {1, 2, 3}}}};
static const struct collection choice = {"demo", "https://krant.example", 21, "4Zk0Vb1xq8hJm2sTfL7YdA",
                                         "b7c2"};

static char text[COLLECTION_TOKEN_TEXT + 1];

static void make(void)
{
    cr_assert_eq(collection_token_make(&keys, &choice, END, text), 0);
    cr_assert_eq(strlen(text), COLLECTION_TOKEN_TEXT);
}

TestSuite(collection_token, .init = make);

static bool holds(const struct collection *c, instant now)
{
    return collection_token_holds(&keys, c, now, text, strlen(text));
}

Test(collection_token, it_holds_for_what_it_was_made_for_until_its_end)
{
    cr_expect(holds(&choice, NOW));
    cr_expect(holds(&choice, END - 1));
    cr_expect_not(holds(&choice, END));
    cr_expect_not(holds(&choice, INT64_MAX));
    cr_expect(holds(&choice, NOW - 2 * SECOND), "another thread or node may read it, whose clock is behind");
    cr_expect_not(holds(&choice, NOW - 62 * SECOND), "nobody gets one that lives longer");
    cr_expect_not(holds(&choice, 0), "there is no time yet");
}

Test(collection_token, it_holds_for_nothing_else)
{
    const struct collection others[] = {
        {"demo2", choice.origin, 21, choice.visitor, choice.notice},
        {"demo", "https://krant.examplf", 21, choice.visitor, choice.notice},
        {"demo", choice.origin, 20, choice.visitor, choice.notice},
        {"demo", choice.origin, 21, "5Zk0Vb1xq8hJm2sTfL7YdA", choice.notice},
        {"demo", choice.origin, 21, "", choice.notice},
        {"demo", choice.origin, 21, choice.visitor, "b7c3"},
        {"demo", choice.origin, 21, choice.visitor, ""},
        {"demo", choice.origin, 21, "4Zk0Vb1xq8hJm2sTfL7YdAb7c2", ""},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_not(holds(&others[i], NOW), "%zu", i);
}

Test(collection_token, a_changed_bit_anywhere_and_another_key_make_it_void)
{
    unsigned char bytes[COLLECTION_TOKEN_TEXT];
    char changed[COLLECTION_TOKEN_TEXT + 1];
    size_t len;
    struct numbered_keys other = keys;
    other.keys[0].bytes[0] ^= 1;
    cr_expect_not(collection_token_holds(&other, &choice, NOW, text, strlen(text)));
    cr_assert(base64url_decode(text, strlen(text), bytes, sizeof bytes, &len));
    for (size_t bit = 0; bit < 8 * len; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        base64url_encode(bytes, len, changed);
        cr_expect_not(collection_token_holds(&keys, &choice, NOW, changed, strlen(changed)), "bit %zu", bit);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    for (len = 0; len < strlen(text); len++)
        cr_expect_not(collection_token_holds(&keys, &choice, NOW, text, len), "%zu characters", len);
}

Test(collection_token, a_key_behind_the_first_is_still_read)
{
    struct numbered_keys both = {.count = 2, .keys = {{.number = 8, .bytes = {9}}, keys.keys[0]}};
    cr_expect(collection_token_holds(&both, &choice, NOW, text, strlen(text)));
}
