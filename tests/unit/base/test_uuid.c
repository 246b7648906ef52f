/* SPDX-License-Identifier: Apache-2.0 */
#include "base/uuid.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* RFC 9562, appendix A.6. */
static const uint8_t example[UUID_SIZE] = {0x01, 0x7F, 0x22, 0xE2, 0x79, 0xB0, 0x7C, 0xC3,
                                           0x98, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F};
static const char example_text[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";

Test(uuid, the_example_of_the_rfc_is_written_in_lower_case)
{
    char text[UUID_TEXT + 1];
    memset(text, 'x', sizeof text);
    uuid_format(example, text);
    cr_assert_str_eq(text, example_text);
}

Test(uuid, the_example_of_the_rfc_is_read_in_either_case)
{
    uint8_t found[UUID_SIZE] = {0};
    cr_assert(uuid_parse(example_text, UUID_TEXT, found));
    cr_assert_arr_eq(found, example, UUID_SIZE);
    memset(found, 0, sizeof found);
    cr_assert(uuid_parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", UUID_TEXT, found));
    cr_assert_arr_eq(found, example, UUID_SIZE);
}

Test(uuid, every_digit_is_read)
{
    static const uint8_t digits[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
    static const char *const texts[] = {"01234567-89ab-cdef-0123-456789abcdef",
                                        "01234567-89AB-CDEF-0123-456789ABCDEF"};
    for (size_t i = 0; i < 2; i++) {
        uint8_t found[UUID_SIZE];
        cr_assert(uuid_parse(texts[i], UUID_TEXT, found), "%s", texts[i]);
        cr_assert_arr_eq(found, digits, 8);
        cr_assert_arr_eq(found + 8, digits, 8);
    }
}

Test(uuid, every_byte_survives_writing_and_reading)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t uuid[UUID_SIZE], found[UUID_SIZE];
        char text[UUID_TEXT + 1];
        for (size_t i = 0; i < UUID_SIZE; i++)
            uuid[i] = (uint8_t)(byte + 17 * i);
        uuid_format(uuid, text);
        cr_assert(uuid_parse(text, UUID_TEXT, found));
        cr_assert_arr_eq(found, uuid, UUID_SIZE);
    }
}

static bool is_accepted(const char *text, size_t len)
{
    static const uint8_t untouched[UUID_SIZE] = {42};
    uint8_t uuid[UUID_SIZE] = {42};
    bool accepted = uuid_parse(text, len, uuid);
    if (!accepted)
        cr_expect_arr_eq(uuid, untouched, UUID_SIZE, "a refused text leaves the result alone");
    return accepted;
}

Test(uuid, only_the_36_character_form_is_read)
{
    static const char *const texts[] = {
        "",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017f22e279b07cc398c4dc0c0c07398f",
        "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
        "urn:uuid:017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "017f22e-279b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2_79b0_7cc3_98c4_dc0c0c07398f",
        "017f22e2--9b0-7cc3-98c4-dc0c0c07398f",
        " 17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "0x7f22e2-79b0-7cc3-98c4-dc0c0c07398f",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect_not(is_accepted(texts[i], strlen(texts[i])), "%s", texts[i]);
    cr_expect_not(is_accepted(example_text, UUID_TEXT - 1));
}

Test(uuid, a_character_that_does_not_belong_is_refused_wherever_it_stands)
{
    static const char strangers[] = "gG-/:@`_ ";
    for (size_t i = 0; i < UUID_TEXT; i++) {
        for (size_t c = 0; c < sizeof strangers; c++) {
            char text[UUID_TEXT + 1];
            memcpy(text, example_text, sizeof text);
            text[i] = strangers[c];
            cr_assert_eq(is_accepted(text, UUID_TEXT), text[i] == example_text[i], "%s", text);
        }
    }
}

Test(uuid, a_new_one_has_version_7_and_the_variant_and_ends_in_three_zero_bits)
{
    for (int i = 0; i < 1000; i++) {
        uint8_t uuid[UUID_SIZE];
        cr_assert_eq(uuid_v7(uuid), 0);
        cr_assert_eq(uuid[6] >> 4, 7);
        cr_assert_eq(uuid[8] >> 6, 2);
        cr_assert_eq(uuid[15] & 7, 0);
    }
}

Test(uuid, a_new_one_begins_with_the_wall_clocks_milliseconds)
{
    uint8_t uuid[UUID_SIZE];
    int64_t before = clock_wall() / 1000, ms = 0;
    cr_assert_eq(uuid_v7(uuid), 0);
    int64_t after = clock_wall() / 1000;
    for (size_t i = 0; i < 6; i++)
        ms = ms << 8 | uuid[i];
    cr_assert(before <= ms && ms <= after, "%ld is not from %ld to %ld", (long)ms, (long)before, (long)after);
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, 10);
}

/* More than one fill of the pool; the time is left out, so that the random bytes alone must tell them
 * apart. */
Test(uuid, ten_thousand_differ_in_their_random_bytes)
{
    enum { COUNT = 10000 };
    static uint8_t random[COUNT][10];
    uint8_t uuid[UUID_SIZE];
    for (size_t i = 0; i < COUNT; i++) {
        cr_assert_eq(uuid_v7(uuid), 0);
        memcpy(random[i], uuid + 6, 10);
    }
    qsort(random, COUNT, sizeof *random, compare);
    for (size_t i = 1; i < COUNT; i++)
        cr_assert_neq(memcmp(random[i - 1], random[i], 10), 0);
}

/* A byte at two places in two neighbours is the same once in 256, else the pool is used twice. */
Test(uuid, no_random_byte_is_used_again_in_the_next_one)
{
    enum { DRAWS = 1000 };
    static const size_t places[] = {7, 9, 10, 11, 12, 13, 14}; /* random in all their bits */
    int same[UUID_SIZE][UUID_SIZE] = {0};
    uint8_t before[UUID_SIZE], after[UUID_SIZE];
    cr_assert_eq(uuid_v7(before), 0);
    for (int i = 0; i < DRAWS; i++) {
        cr_assert_eq(uuid_v7(after), 0);
        for (size_t a = 0; a < sizeof places / sizeof *places; a++) {
            for (size_t b = 0; b < sizeof places / sizeof *places; b++)
                same[a][b] += before[places[a]] == after[places[b]];
        }
        memcpy(before, after, sizeof before);
    }
    for (size_t a = 0; a < UUID_SIZE; a++) {
        for (size_t b = 0; b < UUID_SIZE; b++)
            cr_assert_lt(same[a][b], DRAWS / 10);
    }
}

/* 71 bits: each is 0 about half of the time; 1000 draws keep within 400..600 but once in a billion. */
Test(uuid, every_random_bit_is_random)
{
    enum { DRAWS = 1000 };
    int ones[128] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint8_t uuid[UUID_SIZE];
        cr_assert_eq(uuid_v7(uuid), 0);
        for (size_t bit = 0; bit < 128; bit++)
            ones[bit] += uuid[bit / 8] >> (7 - bit % 8) & 1;
    }
    for (size_t bit = 52; bit < 125; bit++) {
        if (bit != 64 && bit != 65)
            cr_assert(ones[bit] > 400 && ones[bit] < 600, "bit %zu: %d", bit, ones[bit]);
    }
}
