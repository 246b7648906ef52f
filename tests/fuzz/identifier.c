/* SPDX-License-Identifier: Apache-2.0 */
/* The normal form of an identifier is its own normal form, and valid UTF-8 without control characters; each
 * reading of what a No names is its own, and the normal form where there is one. */
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

static void readings_stand(enum identifier_type type, const char *raw, size_t len, const char *country,
                           const struct identifier *normal)
{
    struct identifier readings[IDENTIFIER_READINGS], again[IDENTIFIER_READINGS];
    size_t count = 0, count_again = 0;
    if (identifier_readings(type, raw, len, country, readings, &count) != NULL) {
        REQUIRE(normal == NULL);
        return;
    }
    REQUIRE(count >= 1 && count <= IDENTIFIER_READINGS);
    if (normal != NULL)
        REQUIRE(count == 1 && readings[0].len == normal->len &&
                memcmp(readings[0].value, normal->value, normal->len) == 0);
    for (size_t i = 0; i < count; i++) {
        const struct identifier *r = &readings[i];
        REQUIRE(plain(r));
        if (r->value[0] != '+')
            continue; /* of no known country: the next one's may be another */
        REQUIRE(identifier_readings(type, r->value, r->len, country, again, &count_again) == NULL);
        REQUIRE(count_again == 1 && again[0].len == r->len && memcmp(again[0].value, r->value, r->len) == 0);
    }
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
    if (identifier_normalise(type, raw, len, country, &once) != NULL) {
        readings_stand(type, raw, len, country, NULL);
        return 0;
    }
    readings_stand(type, raw, len, country, &once);
    REQUIRE(once.type == type && plain(&once));
    stands(&once, country);
    stands(&once, NULL);
    if (type == IDENTIFIER_EMAIL || type == IDENTIFIER_POSTAL)
        ascii_case_is_one(&once, raw, len, country);
    return 0;
}
