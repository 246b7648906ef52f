/* SPDX-License-Identifier: Apache-2.0 */
/* The normal form of an identifier is its own normal form, and valid UTF-8 without control characters. */
#include "domain/identifier.h"
#include "fuzz.h"

#include <unistr.h>

static const char *const countries[] = {NULL, "NL", "BE", "DE", "FR", "GB", "IT", "US", "ES", "PL", "XX"};
enum { COUNTRIES = sizeof countries / sizeof *countries };

static bool plain(const struct identifier *i)
{
    if (i->len == 0 || i->len > IDENTIFIER_MAX || u8_check((const uint8_t *)i->value, i->len) != NULL)
        return false;
    for (size_t at = 0; at < i->len; at++) {
        unsigned char c = (unsigned char)i->value[at];
        if (c < 0x20 || c == 0x7f)
            return false;
    }
    return true;
}

static void stands(const struct identifier *once, const char *country)
{
    struct identifier twice;
    const char *fault = identifier_normalise(once->type, once->value, once->len, country, &twice);
    REQUIRE(fault == NULL && twice.type == once->type && twice.len == once->len);
    REQUIRE(memcmp(twice.value, once->value, once->len) == 0);
}

/* A stranger who writes in capitals is the same stranger. */
static void ascii_case_is_one(const struct identifier *once, const char *raw, size_t len, const char *country)
{
    char other[IDENTIFIER_MAX * 4];
    if (len > sizeof other)
        return;
    for (size_t i = 0; i < len; i++) {
        char c = raw[i];
        if ((c & 0x80) != 0)
            return;
        other[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    struct identifier twin;
    REQUIRE(identifier_normalise(once->type, other, len, country, &twin) == NULL);
    REQUIRE(twin.len == once->len && memcmp(twin.value, once->value, once->len) == 0);
}

/* A byte for the type, one for the country, then the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    enum identifier_type type = (enum identifier_type)(data[0] % IDENTIFIER_TYPES);
    const char *country = countries[data[1] % COUNTRIES], *raw = (const char *)data + 2;
    size_t len = size - 2;
    if (u8_check(data + 2, len) != NULL || memchr(raw, '\0', len) != NULL)
        return 0;
    struct identifier once;
    if (identifier_normalise(type, raw, len, country, &once) != NULL)
        return 0;
    REQUIRE(once.type == type && plain(&once));
    stands(&once, country);
    stands(&once, NULL);
    if (type == IDENTIFIER_EMAIL || type == IDENTIFIER_POSTAL)
        ascii_case_is_one(&once, raw, len, country);
    return 0;
}
