/* SPDX-License-Identifier: Apache-2.0 */
#include "http/idempotency.h"

#include "base/limits.h"

#include <criterion/criterion.h>
#include <string.h>

static bool parse(const char *field, h2o_iovec_t *ret_key)
{
    return idempotency_key_parse(h2o_iovec_init(field, strlen(field)), ret_key);
}

Test(idempotency, a_key_is_bare_or_quoted)
{
    static const char *const good[][2] = {
        {"a", "a"},
        {"\"a\"", "a"},
        {"8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"},
        {"\"order:1/2;x=~\"", "order:1/2;x=~"},
        {"back\\slash", "back\\slash"}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        h2o_iovec_t key;
        cr_assert(parse(good[i][0], &key), "%s", good[i][0]);
        cr_expect(h2o_memis(key.base, key.len, good[i][1], strlen(good[i][1])), "%s", good[i][0]);
    }
}

Test(idempotency, what_is_no_key)
{
    static const char *const wrong[] = {"",    "\"",   "\"\"",    "a b",  "\"a b\"",     "\"a",
                                        "a\"", "a\"b", "a\tb",    "\x7f", "caf\xc3\xa9", "\"a\"b\"",
                                        " a",  "a ",   "\"a\";x", "\x01"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        h2o_iovec_t key = {NULL, 0};
        cr_expect_not(parse(wrong[i], &key), "%s", wrong[i]);
        cr_expect_null(key.base);
    }
}

Test(idempotency, its_length_is_that_without_the_quotes)
{
    char text[IDEMPOTENCY_KEY_MAX + 4];
    h2o_iovec_t key;
    memset(text, 'x', sizeof text);
    cr_expect(idempotency_key_parse(h2o_iovec_init(text, IDEMPOTENCY_KEY_MAX), &key));
    cr_expect_not(idempotency_key_parse(h2o_iovec_init(text, IDEMPOTENCY_KEY_MAX + 1), &key));
    text[0] = text[IDEMPOTENCY_KEY_MAX + 1] = '"';
    cr_expect(idempotency_key_parse(h2o_iovec_init(text, IDEMPOTENCY_KEY_MAX + 2), &key));
    cr_expect_eq(key.len, IDEMPOTENCY_KEY_MAX);
}
