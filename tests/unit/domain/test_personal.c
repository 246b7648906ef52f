/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/personal.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum personal find(const char *text, const char *country)
{
    size_t len = strlen(text);
    char *exact = memcpy(malloc(len + 1), text, len); /* for the sanitizer: nothing behind it */
    enum personal kind = personal_find(exact, len, country);
    free(exact);
    return kind;
}

static const char *masked(const char *text, const char *country)
{
    static char out[PERSONAL_TEXT_MAX + 1], again[PERSONAL_TEXT_MAX + 1];
    size_t len = personal_mask(text, strlen(text), country, out);
    out[len] = '\0';
    size_t twice = personal_mask(out, len, country, again);
    cr_expect(twice == len && memcmp(out, again, len) == 0, "%s: not its own mask", text);
    return out;
}

static void expect_all(const char *const texts[], enum personal kind, const char *country)
{
    for (size_t i = 0; texts[i] != NULL; i++)
        cr_expect_eq(find(texts[i], country), kind, "%s (%s): %d", texts[i], country,
                     (int)find(texts[i], country));
}

/* What other systems call their records. */
static const char *const references[] = {
    "crm-4711",
    "4711",
    "",
    "@",
    "+",
    "%",
    "order 2026-000123",
    "2026/11/21-0042",
    "ORD-20261121-0007",
    "0000123456",
    "INV-0012345678",
    "000612345678901",
    "2026-11-21T10:00:00Z",
    "2026-11-21T10:00:00+01:00",
    "2026-11-21 06:12:34.567",
    "06-12-2026",
    "06.12.1985 12 uur",
    "1764331200",
    "1764331200123",
    "31612345678",
    "612345678",
    "12345678",
    "123456789",
    "111222334",
    "000000012",
    "1234567820",
    "0123456789012",
    "978-0-306-40615-7",
    "0.123456789",
    "3.14159",
    "v1.2.3+45",
    "C++ 11",
    "+01:00",
    "9b2e4f7a-1c3d-4e5f-8a9b-061234567890",
    "01234567-0123-0123-0123-012345678901",
    "018f3c1e-7b2a-7c3d-9e4f-0612345678ab",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "0612345678abcdef0612345678abcdef",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "pkg:npm/%40scope/name@1.0.0",
    "image@sha256:0612",
    "pkg:npm/name@1.0.0-rc1",
    "x@1.0.0-beta.2",
    "jan@localhost",
    "jan@.nl",
    "jan@-example.nl",
    "@example.nl",
    "jan@",
    "123456782.00",
    "2026-123456782",
    "12.123456782",
    "A123456782",
    "0800-1234",
    "203.0.113.77",
    "2001:db8::1",
    "111 222 334",
    "111 222 333 4",
    "4 111 222 333",
    "111 22 33",
    "111222 333",
    "111-222333",
    "111 222-333",
    "111  222  333",
    "2026-11-000",
    "01-2026-128",
    "10.20.130.19",
    "111.222.333,00",
    "A-111 222 333B",
    "11 1222 33 3",
    "\xef\xbc\xa0",
    "\xe5\x8d\xb0\xe5\x88\xb7\xef\xbc\x92",
    NULL,
};

Test(personal, a_reference_passes)
{
    expect_all(references, PERSONAL_NONE, "NL");
}

Test(personal, an_address_of_e_mail_is_found)
{
    static const char *const texts[] = {
        "jan@example.nl",
        "crm-jan@example.nl",
        "mailto:jan@example.nl",
        "ref=jan.de.vries+nieuws@sub.example.co.uk;",
        "<jan@example.nl>.",
        "jan%40example.nl",
        "jan%2540example.nl",
        "jan@b\xc3\xbc"
        "cher.nl",
        "\xc3\xa9@example.nl",
        "/users/jan@example.nl/consent",
        "x@y jan@example.nl",
        "git@example.com:owner/name",
        "a@b@example.nl",
        NULL,
    };
    expect_all(texts, PERSONAL_EMAIL, "NL");
}

Test(personal, a_phone_number_is_found)
{
    static const char *const texts[] = {
        "+31612345678",         "0612345678",         "06-12345678",
        "06 12 34 56 78",       "(06) 12345678",      "0031612345678",
        "+31 (0)6 12345678",    "tel:+31612345678",   "order_0612345678",
        "crm-06-12345678",      "0612345678-01",      "bel 06-12345678.",
        "%2B31612345678",       "+31%206%2012345678", "12 0612345678 7",
        "+32 475 12 34 56",     "020 624 1111",       "/tel/0612345678/x",
        "whatsapp+31612345678", "+31 970 10212345",   NULL,
    };
    static const char *const german[] = {"0171 1234567", "030/123456", "+49 30 123456", NULL};
    expect_all(texts, PERSONAL_PHONE, "NL");
    expect_all(german, PERSONAL_PHONE, "DE");
}

Test(personal, a_phone_number_is_one_by_the_plan_of_the_country)
{
    cr_expect_eq(find("0612345678", "US"), PERSONAL_NONE);
    cr_expect_eq(find("061234567", "NL"), PERSONAL_NONE);
    cr_expect_eq(find("06123456789", "NL"), PERSONAL_NONE);
    cr_expect_eq(find("04711", "DE"), PERSONAL_NONE);
    cr_expect_eq(find("4012345678901", "DE"), PERSONAL_NONE);
    cr_expect_eq(find("0401234567890", "DE"), PERSONAL_NONE); /* an article's (GTIN) */
    cr_expect_eq(find("+1 212 555 0123", "NL"), PERSONAL_PHONE);
    cr_expect_eq(find("+999 123 456 789", "NL"), PERSONAL_NONE);
}

Test(personal, a_citizen_number_is_found_by_its_eleven_test)
{
    static const char *const texts[] = {
        "123456782",         "bsn-123456782", "klant 111222333.", "BSN:123456782",
        "/klant/123456782/", "012345672",     "(123456782)",      NULL};
    expect_all(texts, PERSONAL_BSN, "NL");
    cr_expect_eq(find("123456782", "BE"), PERSONAL_NONE);
    cr_expect_eq(find("123456781", "NL"), PERSONAL_NONE);
    cr_expect_eq(find("1234567820", "NL"), PERSONAL_NONE);
}

Test(personal, a_citizen_number_is_found_in_groups)
{
    static const char *const texts[] = {
        "111 222 333",       "111.222.333",   "bsn 1112-22-333",         "111%20222%20333",
        "1 1 1 2 2 2 3 3 3", "11 12 22 333.", "klant 111-222-333 belde", NULL};
    expect_all(texts, PERSONAL_BSN, "NL");
    cr_expect_eq(find("111 222 333", "BE"), PERSONAL_NONE);
    cr_expect_str_eq(masked("BSN 111 222 333, tel 06 12345678", "NL"), "BSN ***, tel ***");
}

/* Full-width forms, as a keyboard for Chinese or Japanese writes them, other digits, and other dashes. */
Test(personal, other_forms_of_what_is_meant_are_found)
{
    static const char *const addresses[] = {
        "jan\xef\xbc\xa0"
        "example.nl",
        "jan@example\xef\xbc\x8enl",
        "jan@example\xe3\x80\x82nl",
        "\xef\xbd\x8a\xef\xbd\x81\xef\xbd\x8e\xef\xbc\xa0\xef\xbd\x98.\xef\xbd\x8e\xef\xbd\x8c",
        "jan%EF%BC%A0example.nl",
        "jan\xe2\x80\x8b@example.nl",
        NULL,
    };
    static const char *const phones[] = {
        "06\xe2\x80\x8b"
        "12345678",
        "\xef\xbc\x8b"
        "31612345678",
        "06\xe2\x80\x93"
        "12345678",
        "06\xc2\xa0"
        "12345678",
        "\xef\xbc\x90\xef\xbc\x96"
        "12345678",
        NULL,
    };
    expect_all(addresses, PERSONAL_EMAIL, "NL");
    expect_all(phones, PERSONAL_PHONE, "NL");
    cr_expect_eq(find("111\xe3\x80\x80"
                      "222\xe3\x80\x80"
                      "333",
                      "NL"),
                 PERSONAL_BSN);
    cr_expect_str_eq(masked("\xe5\x8d\xb0 jan\xef\xbc\xa0"
                            "example.nl \xe5\x88\xb7",
                            "NL"),
                     "\xe5\x8d\xb0 *** \xe5\x88\xb7");
}

Test(personal, of_nine_digits_one_in_eleven_is_a_citizen_number)
{
    char text[16];
    int found = 0;
    for (int i = 0; i < 11000; i++) {
        snprintf(text, sizeof text, "%09d", 200000000 + i);
        found += find(text, "NL") == PERSONAL_BSN;
    }
    cr_expect_eq(found, 1000);
}

Test(personal, a_mask_takes_out_what_is_found_and_nothing_else)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"nothing here", "nothing here"},
        {"jan@example.nl", "***"},
        {"https://shop.example/u/jan%40example.nl/x%20y", "https://shop.example/u/***/x%20y"},
        {"https://shop.example/tel/%2B31%206%2012345678", "https://shop.example/tel/***"},
        {"mailed jan@example.nl, called 06-12345678 and +32 475 12 34 56; BSN 123456782.",
         "mailed ***, called *** and ***; BSN ***."},
        {"jan@example.nl bert@example.nl", "*** ***"},
        {"9b2e4f7a-1c3d-4e5f-8a9b-061234567890 jan@example.nl", "9b2e4f7a-1c3d-4e5f-8a9b-061234567890 ***"},
        {"From jan@example.nl.", "From ***."},
        {"jan@example.nl...", "***..."},
        {"jan@example.nl.0612345678.pdf", "***"},
        {"100% of 06-12345678", "100% of ***"},
        {"%", "%"},
        {"%4", "%4"},
        {"%25", "%25"},
        {"%zz", "%zz"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_str_eq(masked(cases[i][0], "NL"), cases[i][1], "%s", cases[i][0]);
}

Test(personal, a_text_of_the_most_bytes_is_looked_through)
{
    static char text[PERSONAL_TEXT_MAX + 1];
    memset(text, '0', PERSONAL_TEXT_MAX);
    cr_expect_eq(find(text, "NL"), PERSONAL_NONE);
    memset(text, '@', PERSONAL_TEXT_MAX);
    cr_expect_eq(find(text, "NL"), PERSONAL_NONE);
    memset(text, '%', PERSONAL_TEXT_MAX);
    memcpy(text + PERSONAL_TEXT_MAX - 15, " jan@example.nl", 15);
    cr_expect_eq(find(text, "NL"), PERSONAL_EMAIL);
}

Test(personal, each_kind_is_told_without_the_value)
{
    for (int kind = PERSONAL_EMAIL; kind < PERSONAL_KINDS; kind++)
        cr_expect_gt(strlen(personal_fault((enum personal)kind)), 20);
}
