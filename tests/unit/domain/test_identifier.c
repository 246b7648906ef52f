/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/identifier.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistr.h>

static const char *const type_words[] = {"email", "phone", "postal", "customer", "visitor"};

static bool is(const struct identifier *identifier, const char *value)
{
    return identifier->len == strlen(value) && memcmp(identifier->value, value, identifier->len) == 0;
}

/* And the normal form is its own. */
static void assert_normal(enum identifier_type type, const char *raw, const char *country, const char *normal)
{
    struct identifier made, again;
    const char *fault = identifier_normalise(type, raw, strlen(raw), country, &made);
    cr_assert_null(fault, "%s \"%s\": %s", type_words[type], raw, fault);
    cr_expect_eq(made.type, type);
    cr_expect(is(&made, normal), "%s \"%s\" is \"%.*s\", not \"%s\"", type_words[type], raw, (int)made.len,
              made.value, normal);
    fault = identifier_normalise(type, made.value, made.len, country, &again);
    cr_assert_null(fault, "%s \"%s\" again: %s", type_words[type], raw, fault);
    cr_expect(is(&again, normal), "%s \"%s\" again is \"%.*s\"", type_words[type], raw, (int)again.len,
              again.value);
}

static void assert_refused(enum identifier_type type, const char *raw, const char *country)
{
    struct identifier made = {.type = IDENTIFIER_TYPES, .len = 42};
    cr_expect_not_null(identifier_normalise(type, raw, strlen(raw), country, &made), "%s \"%s\" is \"%.*s\"",
                       type_words[type], raw, (int)made.len, made.value);
    cr_expect(made.type == IDENTIFIER_TYPES && made.len == 42, "\"%s\" changed something", raw);
}

Test(identifier, each_type_has_its_word)
{
    for (int i = 0; i < IDENTIFIER_TYPES; i++) {
        enum identifier_type type;
        cr_expect_str_eq(identifier_type_word((enum identifier_type)i), type_words[i]);
        cr_assert(identifier_type_parse(type_words[i], &type));
        cr_expect_eq((int)type, i);
    }
}

Test(identifier, another_word_is_no_type)
{
    static const char *const others[] = {"", "Email", "emai", "emails", "tel", " email"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        enum identifier_type type = IDENTIFIER_VISITOR;
        cr_expect_not(identifier_type_parse(others[i], &type), "%s", others[i]);
        cr_expect_eq(type, IDENTIFIER_VISITOR);
    }
}

Test(identifier, an_address_of_e_mail_is_brought_to_one_form)
{
    static const char *const cases[][2] = {
        {"jan@example.nl", "jan@example.nl"},
        {"  Jan@Example.NL\t\r\n", "jan@example.nl"},
        {"\u00a0\u2003jan@example.nl\u202f\u3000", "jan@example.nl"},
        {"\ufeffjan@example.nl\u200b", "jan@example.nl"},
        {"\u202ajan@example.nl\u202c", "jan@example.nl"},
        {"JAN.DE.VRIES+Nieuws@EXAMPLE.CO.UK", "jan.de.vries+nieuws@example.co.uk"},
        {"jan@example.nl.", "jan@example.nl"},
        {"a!#$%&'*+/=?^_`{|}~-z@example.nl", "a!#$%&'*+/=?^_`{|}~-z@example.nl"},
        {"jan.@example.nl", "jan.@example.nl"},
        {"jan..de@example.nl", "jan..de@example.nl"},
        {"jan@a-b.c--d.nl", "jan@a-b.c--d.nl"},
        {"jan@1.2.example.nl", "jan@1.2.example.nl"},
        {"jan@3com.com", "jan@3com.com"},
        {"jan@b\u00fccher.nl", "jan@xn--bcher-kva.nl"},
        {"jan@B\u00dcCHER.nl", "jan@xn--bcher-kva.nl"},
        {"jan@bu\u0308cher.nl", "jan@xn--bcher-kva.nl"},
        {"jan@BU\u0308CHER.NL", "jan@xn--bcher-kva.nl"},
        {"jan@XN--BCHER-KVA.nl", "jan@xn--bcher-kva.nl"},
        {"jan@b\u00fccher\u3002nl\u3002", "jan@xn--bcher-kva.nl"},
        {"jan@\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45.nl", "jan@example.nl"},
        {"jan@stra\u00dfe.de", "jan@xn--strae-oqa.de"},
        {"jan@STRASSE.de", "jan@strasse.de"},
        {"jan@fa\u00df.de", "jan@xn--fa-hia.de"},
        {"jan@\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3.gr", "jan@xn--kxa6akbbkh.gr"},
        {"jan@\u65e5\u672c\u8a9e.jp", "jan@xn--wgv71a119e.jp"},
        {"jan@\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", "jan@xn--e1afmkfd.xn--p1ai"},
        {"JOS\u00c9@example.es", "jos\u00e9@example.es"},
        {"JOSE\u0301@example.es", "jos\u00e9@example.es"},
        {"jose\u0301@example.es", "jos\u00e9@example.es"},
        {"\u0418\u0412\u0410\u041d@example.ru", "\u0438\u0432\u0430\u043d@example.ru"},
        {"\u039f\u0394\u039f\u03a3@example.gr", "\u03bf\u03b4\u03bf\u03c2@example.gr"},
        {"\u212a@example.nl", "k@example.nl"},
        {"\u0130@example.nl", "i\u0307@example.nl"},
        {"I@example.com.tr", "i@example.com.tr"},
        {"stra\u00dfe@example.nl", "stra\u00dfe@example.nl"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_normal(IDENTIFIER_EMAIL, cases[i][0], NULL, cases[i][1]);
}

static const char *const no_addresses[] = {
    "",
    "   ",
    "jan",
    "example.nl",
    "@",
    "@example.nl",
    "jan@",
    " @example.nl",
    "jan@ ",
    "jan@@example.nl",
    "jan@de@example.nl",
    "jan@example.nl@",
    "\"jan\"@example.nl",
    "\"jan de\"@example.nl",
    "\"j@n\"@example.nl",
    "jan(werk)@example.nl",
    "jan@example.nl(werk)",
    "jan@(werk)example.nl",
    "Jan <jan@example.nl>",
    "<jan@example.nl>",
    "mailto:jan@example.nl",
    "jan@example.nl,piet@example.nl",
    "jan@example.nl, piet",
    "jan@example.nl;",
    "jan de@example.nl",
    "jan @example.nl",
    "jan@ example.nl",
    "jan@exam ple.nl",
    "jan@example.nl x",
    "jan\t@example.nl",
    "jan\n@example.nl",
    "jan\x01@example.nl",
    "jan\x7f@example.nl",
    "jan@exam\x01ple.nl",
    "jan@example.nl\x01",
    "jan\\@example.nl",
    "jan[1]@example.nl",
    "j\u00a0n@example.nl",
    "j\xc2\x85n@example.nl",
    "j\u200bn@example.nl",
    "j\u00adn@example.nl",
    "j\u202en@example.nl",
    "j\ue000n@example.nl",
    "j\u0378n@example.nl", /* unassigned */
    "j\u037en@example.nl", /* the same as a semicolon */
    "jan\uff20example.nl",
    "jan@example",
    "jan@localhost",
    "jan@.nl",
    "jan@example..nl",
    "jan@.example.nl",
    "jan@example.nl..",
    "jan@.",
    "jan@..",
    "jan@nl.",
    "jan@-example.nl",
    "jan@example-.nl",
    "jan@example.-nl",
    "jan@example.nl-",
    "jan@exa_mple.nl",
    "jan@exa$mple.nl",
    "jan@example.nl/",
    "jan@example.nl:25",
    "jan@[192.0.2.1]",
    "jan@[IPv6:2001:db8::1]",
    "jan@192.0.2.1",
    "jan@192.0.2.1.",
    "jan@example.123",
    "jan@xn--a.nl",
    "jan@xn--.nl",
    "jan@example.xn--",
    "jan@b\u00fccher",
    "jan@b\u00fc cher.nl",
    "jan@b\u00fccher..nl",
    "jan@-b\u00fccher.nl",
    "jan@b\u00fc\uff20cher.nl",
    "jan@b\u00fc_cher.nl",
    "jan@\u0301b.nl",
};

Test(identifier, what_is_no_address_of_e_mail_is_refused)
{
    for (size_t i = 0; i < sizeof no_addresses / sizeof *no_addresses; i++)
        assert_refused(IDENTIFIER_EMAIL, no_addresses[i], NULL);
}

/* ${local} and ${domain} letters, the latter in labels of ${label}. */
static const char *sized(size_t local, size_t domain, size_t label)
{
    static char text[2048];
    char *at = text;
    for (size_t i = 0; i < local; i++)
        *at++ = 'a';
    *at++ = '@';
    for (size_t i = 1; i <= domain; i++)
        *at++ = i % (label + 1) == 0 ? '.' : 'b';
    *at = '\0';
    return text;
}

Test(identifier, an_address_of_e_mail_has_limits)
{
    assert_normal(IDENTIFIER_EMAIL, sized(64, 253, 63), NULL, sized(64, 253, 63));
    assert_refused(IDENTIFIER_EMAIL, sized(65, 253, 63), NULL);
    assert_refused(IDENTIFIER_EMAIL, sized(64, 254, 63), NULL);
    assert_refused(IDENTIFIER_EMAIL, sized(64, 253, 64), NULL);
    assert_refused(IDENTIFIER_EMAIL, sized(64, 1900, 63), NULL);
    assert_refused(IDENTIFIER_EMAIL, sized(1900, 20, 10), NULL);
}

Test(identifier, a_long_name_beyond_ascii_has_the_same_limits)
{
    char text[4096] = "";
    for (int i = 0; i < 32; i++)
        strncat(text, "\u00e9", sizeof text - strlen(text) - 1);
    strncat(text, "@example.nl", sizeof text - strlen(text) - 1);
    assert_normal(IDENTIFIER_EMAIL, text, NULL, text);
    memmove(text + 1, text, strlen(text) + 1);
    text[0] = 'a';
    assert_refused(IDENTIFIER_EMAIL, text, NULL);
    snprintf(text, sizeof text, "jan@");
    for (int i = 0; i < 600; i++)
        strncat(text, "\u65e5.", sizeof text - strlen(text) - 1);
    assert_refused(IDENTIFIER_EMAIL, text, NULL);
    snprintf(text, sizeof text, "%600s@example.nl", "\u00e9");
    for (char *at = text; *at == ' '; at++)
        *at = 'a';
    assert_refused(IDENTIFIER_EMAIL, text, NULL);
}

static const struct {
    const char *country, *raw, *normal;
} phone_cases[] = {
    {"NL", "+31612345678", "+31612345678"},
    {"NL", "06-12345678", "+31612345678"},
    {"NL", "06 12 34 56 78", "+31612345678"},
    {"NL", "0612345678", "+31612345678"},
    {"NL", "(06) 12345678", "+31612345678"},
    {"NL", "06/12.34.56.78", "+31612345678"},
    {"NL", "0031612345678", "+31612345678"},
    {"NL", "00 31 (0)6 12345678", "+31612345678"},
    {"NL", "+31 (0)6 1234 5678", "+31612345678"},
    {"NL", "+31(0)612345678", "+31612345678"},
    {"NL", "(+31) 06 12345678", "+31612345678"},
    {"NL", "+310612345678", "+31612345678"},
    {"NL", "+31\u00a06\u00a012345678", "+31612345678"},
    {"NL", "\u202a+31\u202f6\u20111234\u22125678\u202c", "+31612345678"},
    {"NL", "  06-12345678\n", "+31612345678"},
    {"NL", "\uff0b\uff13\uff11 612345678", "+31612345678"},
    {"NL", "+\u0663\u0661612345678", "+31612345678"},
    {"NL", "612345678", "+31612345678"},
    {"NL", "31612345678", "+31612345678"},
    {"NL", "020 624 1111", "+31206241111"},
    {"NL", "0521-123456", "+31521123456"},
    {"NL", "+32 475 12 34 56", "+32475123456"},
    {"NL", "00 49 (0) 30 123456", "+4930123456"},
    {"NL", "+1 (212) 555-0123", "+12125550123"},
    {NULL, "+31 6 12345678", "+31612345678"},
    {"ZZ", "+31 6 12345678", "+31612345678"},
    {"BE", "0475/12.34.56", "+32475123456"},
    {"BE", "+32 (0)475 12 34 56", "+32475123456"},
    {"BE", "02 123 45 67", "+3221234567"},
    {"DE", "030/123456", "+4930123456"},
    {"DE", "0171 1234567", "+491711234567"},
    {"FR", "06 12 34 56 78", "+33612345678"},
    {"GB", "07911 123456", "+447911123456"},
    {"GB", "+44 (0)20 7946 0018", "+442079460018"},
    {"IE", "087 123 4567", "+353871234567"},
    {"IT", "06 6982 1234", "+390669821234"},
    {"IT", "+39 06 6982 1234", "+390669821234"},
    {"IT", "+39 (0)6 6982 1234", "+390669821234"},
    {"IT", "0039 06 6982 1234", "+390669821234"},
    {"IT", "333 123 4567", "+393331234567"},
    {"IT", "392 123 4567", "+393921234567"},
    {"IT", "39 333 123 4567", "+393331234567"},
    {"IT", "39 06 12 34 567", "+39061234567"},
    {"NL", "+39 06 6982 1234", "+390669821234"},
    {"SM", "0549 886377", "+3780549886377"},
    {"CI", "01 23 45 67 89", "+2250123456789"},
    {"ES", "612 345 678", "+34612345678"},
    {"PT", "+351 912 345 678", "+351912345678"},
    {"PL", "512 345 678", "+48512345678"},
    {"PL", "0 512 345 678", "+48512345678"},
    {"DK", "20 12 34 56", "+4520123456"},
    {"NO", "412 34 567", "+4741234567"},
    {"SE", "070-123 45 67", "+46701234567"},
    {"HU", "06 30 123 4567", "+36301234567"},
    {"HU", "30 123 4567", "+36301234567"},
    {"HU", "+36 (06) 30 123 4567", "+36301234567"},
    {"LT", "8 612 34567", "+37061234567"},
    {"LT", "0 612 34567", "+37061234567"},
    {"LT", "800 12345", "+37080012345"},
    {"BY", "8 (029) 123-45-67", "+375291234567"},
    {"RU", "8 (916) 123-45-67", "+79161234567"},
    {"RU", "8 10 31 6 12345678", "+31612345678"},
    {"KZ", "+7 701 123 4567", "+77011234567"},
    {"US", "(212) 555-0123", "+12125550123"},
    {"US", "1-212-555-0123", "+12125550123"},
    {"US", "011 31 6 12345678", "+31612345678"},
    {"CA", "416 555 0123", "+14165550123"},
    {"AU", "0412 345 678", "+61412345678"},
    {"AU", "0011 31 6 12345678", "+31612345678"},
    {"MX", "+52 1 55 1234 5678", "+525512345678"},
    {"MX", "55 1234 5678", "+525512345678"},
    {"TR", "0532 123 45 67", "+905321234567"},
    {"MA", "0612-345678", "+212612345678"},
    {"MA", "+212 (0)6 12 34 56 78", "+212612345678"},
    {"SR", "8123456", "+5978123456"},
    {"SR", "421234", "+597421234"},
    {"CW", "9 512 3456", "+59995123456"},
    {"CW", "512 3456", "+59995123456"},
    {"CW", "+599 9 512 3456", "+59995123456"},
    {"CW", "+599 717 1234", "+5997171234"},
    {"BQ", "717 1234", "+5997171234"},
    {"BQ", "+599 9 512 3456", "+59995123456"},
    {"AW", "560 1234", "+2975601234"},
    {"SX", "520 1234", "+17215201234"},
    {"SX", "721 520 1234", "+17215201234"},
    {"SX", "+1 721 520 1234", "+17215201234"},
    {"NL", "+881 6 1234 5678", "+881612345678"},
    {"NL", "+31 970 10212345", "+3197010212345"}, /* a machine's */
    {"NL", "0970 102 12345", "+3197010212345"},
    {"NL", "0800-1234", "+318001234"},
    {"NL", "tel:+31-6-12345678", "+31612345678"},
    {"NL", "TEL:06-12345678", "+31612345678"},
    {"NL", "tel:+31201234567;ext=12", "+31201234567"},
    {"NL", "+31 20 123 4567;EXT=7", "+31201234567"},
    {"SM", "886377", "+3780549886377"},
    {"SM", "0549 886377", "+3780549886377"},
    {"NL", "+378 886377", "+3780549886377"},
    {"NL", "+378 0549 886377", "+3780549886377"},
    {"NL", "+378 549 886377", "+3780549886377"},
    {"NL", "+378 66 66 12 12", "+37866661212"},
    {"NL", "+54 11 2345 6789", "+541123456789"},
    {"NL", "+54 9 11 2345 6789", "+541123456789"},
    {"AR", "011 15 2345 6789", "+541123456789"},
    {"AR", "011 2345 6789", "+541123456789"},
    {"AR", "0221 15 412 3456", "+542214123456"},
    {"AR", "+54 9 221 412 3456", "+542214123456"},
    {"AR", "02202 15 41 2345", "+542202412345"},
    {"AR", "02202 41 2345", "+542202412345"},
};

Test(identifier, a_phone_number_is_brought_to_e164)
{
    for (size_t i = 0; i < sizeof phone_cases / sizeof *phone_cases; i++)
        assert_normal(IDENTIFIER_PHONE, phone_cases[i].raw, phone_cases[i].country, phone_cases[i].normal);
}

Test(identifier, what_is_no_phone_number_is_refused)
{
    static const struct {
        const char *country, *raw;
    } cases[] = {
        {"NL", ""},
        {"NL", "  "},
        {"NL", "+"},
        {"NL", "()"},
        {"NL", "+()"},
        {"NL", "abc"},
        {"NL", "06-1234567a"},
        {"NL", "06-1234567"},
        {"NL", "06-123456789"},
        {"NL", "+31 6 1234567"},
        {"NL", "+31 6 123456789"},
        {"NL", "+31 00 6 12345678"},
        {"NL", "+31612345678 x12"},
        {"NL", "+31612345678#12"},
        {"NL", "+31612345678,12"},
        {"NL", "+31612345678;ext="},
        {"NL", "+31612345678;ext=1a"},
        {"NL", ";ext=12"},
        {"NL", "+31612345678;isub=1"},
        {"NL", "tel:"},
        {"NL", "sms:+31612345678"},
        {"NL", "++31612345678"},
        {"NL", "+31+612345678"},
        {"NL", "06+12345678"},
        {"NL", "+0612345678"},
        {"NL", "+0031612345678"},
        {"NL", "00"},
        {"NL", "000612345678"},
        {"NL", "112"},
        {"NL", "+999 123 456 789"},
        {"NL", "+612345678"},
        {"NL", "06 12345678 / 06 87654321"},
        {"NL", "123456789012345678901234567890"},
        {"NL", "+1234567890123456"},
        {"NL", "06\n1234\x01"
               "5678"},
        {"NL", "+316\u00bd12345678"},
        {NULL, "0612345678"},
        {NULL, "0031612345678"},
        {NULL, "31612345678"},
        {"ZZ", "0612345678"},
        {"nl", "0612345678"},
        {"IT", "390 612 3456"}, /* a mobile number of 390, or 06 123456 with its calling code */
        {"DE", "4930123456"},
        {"US", "0031612345678"},
        {"US", "555-0123"},
        {"RU", "0031612345678"},
        {"LU", "+352 (0)621 123 456"},
        {"SX", "052 0123"},
        {"JM", "555 0123"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(IDENTIFIER_PHONE, cases[i].raw, cases[i].country);
}

static const char *readings_of(enum identifier_type type, const char *raw, const char *country)
{
    static char text[2 * IDENTIFIER_MAX + 2];
    struct identifier readings[IDENTIFIER_READINGS];
    size_t count = 0, len = 0;
    if (identifier_readings(type, raw, strlen(raw), country, readings, &count) != NULL)
        return "";
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s", i > 0 ? " " : "",
                                (int)readings[i].len, readings[i].value);
    return text;
}

Test(identifier, what_a_no_names_is_read_though_it_is_in_no_plan)
{
    static const struct {
        const char *country, *raw, *readings;
    } cases[] = {
        {"NL", "06 12345678", "+31612345678"},
        {"NL", "06-1234567", "+3161234567"},
        {"NL", "+31 6 1234567", "+3161234567"},
        {"NL", "+31 (0)6 1234567", "+3161234567"},
        {"NL", "+31 00 6 1234567", "+3161234567"},
        {"NL", "0031 6 123456789", "+316123456789"},
        {"NL", "1234", "+311234"},
        {"NL", "+999 123 456 789", "+999123456789"},
        {"NL", "tel:06-1234567;ext=2", "+3161234567"},
        {"ZZ", "06 12345678", "0612345678"},
        {NULL, "06 12345678", "0612345678"},
        {"IT", "390 612 3456", "+393906123456 +3906123456"},
        {"DE", "4930123456", "+494930123456 +4930123456"},
        {"US", "555-0123", "+15550123"},
        {"AR", "9 11 2345 678",
         "+54911234567"
         "8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_str_eq(readings_of(IDENTIFIER_PHONE, cases[i].raw, cases[i].country), cases[i].readings,
                         "%s", cases[i].raw);
}

Test(identifier, what_is_no_number_at_all_is_no_no_either)
{
    static const char *const cases[] = {"",
                                        "+",
                                        "12",
                                        "112",
                                        "+999",
                                        "+9999999999999999",
                                        "abc",
                                        "06-1234567a",
                                        "++31612345678",
                                        "06 12345678 / 06 87654321 / 1"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_str_eq(readings_of(IDENTIFIER_PHONE, cases[i], "NL"), "", "%s", cases[i]);
    cr_expect_str_eq(readings_of(IDENTIFIER_EMAIL, "jan", "NL"), "");
    cr_expect_str_eq(readings_of(IDENTIFIER_EMAIL, "Jan@example.nl", "NL"), "jan@example.nl");
}

/* What is read outside a plan is read the same again. */
Test(identifier, a_reading_is_its_own)
{
    static const char *const raws[] = {"06-1234567", "+31 00 6 1234567", "1234",
                                       "+999 123",   "0031 0 0 1234",    "31 6 1"};
    for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
        char once[2 * IDENTIFIER_MAX];
        snprintf(once, sizeof once, "%s", readings_of(IDENTIFIER_PHONE, raws[i], "NL"));
        for (char *rest = once, *one; (one = strsep(&rest, " ")) != NULL;)
            cr_expect_str_eq(readings_of(IDENTIFIER_PHONE, one, "NL"), one, "%s", raws[i]);
    }
}

Test(identifier, an_address_is_brought_to_four_fields_in_upper_case)
{
    static const char *const cases[][2] = {
        {"NL;7521PR;2;A", "NL;7521PR;2;A"},
        {"nl;7521 pr;2;a", "NL;7521PR;2;A"},
        {" NL ; 7521 PR ; 2 ; A ", "NL;7521PR;2;A"},
        {"NL;7521\u00a0PR;2;A\n", "NL;7521PR;2;A"},
        {"NL;7521PR;2;", "NL;7521PR;2;"},
        {"NL;7521PR;2", "NL;7521PR;2;"},
        {"NL;7521PR;2; ", "NL;7521PR;2;"},
        {"NL;7521\u200bPR;2;bis", "NL;7521PR;2;BIS"},
        {"DE;10115;12;\u00e4", "DE;10115;12;\u00c4"},
        {"DE;10115;12;a\u0308", "DE;10115;12;\u00c4"},
        {"DE;10115;12;stra\u00dfe", "DE;10115;12;STRASSE"},
        {"GR;10431;5;\u03b1\u0345\u0301", "GR;10431;5;\u0386\u0399"},
        {"GR;10431;5;\u1fb4", "GR;10431;5;\u0386\u0399"},
        {"GB;SW1A 1AA;10;flat 2", "GB;SW1A1AA;10;FLAT2"},
        {"TR;34000;1;i", "TR;34000;1;I"},
        {"NL;7521PR;2A;", "NL;7521PR;2;A"},
        {"NL;7521PR;2a", "NL;7521PR;2;A"},
        {"NL;7521PR;2 A", "NL;7521PR;2;A"},
        {"NL;7521PR;2-A;", "NL;7521PR;2;A"},
        {"NL;7521PR;2;-A", "NL;7521PR;2;A"},
        {"NL;7521PR;02;A", "NL;7521PR;2;A"},
        {"NL;7521PR;002A", "NL;7521PR;2;A"},
        {"NL;7521PR;2A;1", "NL;7521PR;2;A1"},
        {"NL;\uff17\uff15\uff12\uff11PR;\uff12;\uff21", "NL;7521PR;2;A"},
        {"\uff2e\uff2c\uff1b7521PR\uff1b2\uff1ba", "NL;7521PR;2;A"},
        {"NL;\u0667\u0665\u0662\u0661PR;\u0662;A", "NL;7521PR;2;A"},
        {"NL;7521PR;0;A", "NL;7521PR;0;A"},
        {"NL;7521PR;00;A", "NL;7521PR;0;A"},
        {"NL;7521PR;2-4;", "NL;7521PR;2;4"},
        {"US;02134;12;", "US;02134;12;"},
        {"AT;1010;5/2/3;", "AT;1010;5/2/3;"},
        {"GB;SW1A 1AA;Rose Cottage;", "GB;SW1A1AA;ROSECOTTAGE;"},
        {"NL;7521PR;2A;\u0301", "NL;7521PR;2;\u00c1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_normal(IDENTIFIER_POSTAL, cases[i][0], NULL, cases[i][1]);
}

Test(identifier, what_is_no_address_is_refused)
{
    static const char *const cases[] = {
        "",
        " ",
        "7521PR",
        "NL;7521PR",
        "NL;7521PR;",
        "NL;7521PR;;A",
        "NL;;2;A",
        "NL; ;2;A",
        ";7521PR;2;A",
        ";;;",
        "N;7521PR;2;A",
        "NLD;7521PR;2;A",
        "N1;7521PR;2;A",
        "\u00c5\u00c5;7521PR;2;A",
        "NL;7521PR;2;A;",
        "NL;7521PR;2;A;B",
        "NL;7521PR;2;A\x01",
        "NL;75\x7f"
        "21PR;2;A",
        "NL;7521PR;2;\ue000",
        "NL,7521PR,2,A",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(IDENTIFIER_POSTAL, cases[i], NULL);
}

Test(identifier, an_address_has_a_limit)
{
    char text[1024];
    for (size_t len = 300; len < 1000; len++) {
        memset(text, 'X', len);
        memcpy(text, "NL;7521PR;2;", 12);
        text[len] = '\0';
        if (len <= IDENTIFIER_MAX)
            assert_normal(IDENTIFIER_POSTAL, text, NULL, text);
        else
            assert_refused(IDENTIFIER_POSTAL, text, NULL);
    }
    memset(text, '9', 400);
    memcpy(text, "NL;", 3);
    memcpy(text + 320, ";2;A", 5);
    assert_refused(IDENTIFIER_POSTAL, text, NULL);
}

Test(identifier, a_code_stays_as_it_is)
{
    static const char *const cases[] = {"C-4711", " c 4711 ", "Caf\u00e9", "Cafe\u0301",
                                        "a@B.nl", "0031",     "\u202e"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_normal(IDENTIFIER_CUSTOMER, cases[i], NULL, cases[i]);
        assert_normal(IDENTIFIER_VISITOR, cases[i], "NL", cases[i]);
    }
}

Test(identifier, a_code_has_1_to_320_bytes_and_no_control_characters)
{
    char text[IDENTIFIER_MAX + 2];
    static const char *const cases[] = {"", "a\nb", "a\tb", "\x7f", "a\xc2\x85", "\x01"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_refused(IDENTIFIER_CUSTOMER, cases[i], NULL);
        assert_refused(IDENTIFIER_VISITOR, cases[i], NULL);
    }
    memset(text, 'x', sizeof text);
    text[IDENTIFIER_MAX + 1] = '\0';
    assert_refused(IDENTIFIER_CUSTOMER, text, NULL);
    text[IDENTIFIER_MAX] = '\0';
    assert_normal(IDENTIFIER_CUSTOMER, text, NULL, text);
}

/* Whatever is taken, in whatever place, is its own normal form, and nobody's normal form changes in a second
 * pass. */
static void assert_idempotent(enum identifier_type type, const char *before, ucs4_t c, const char *after)
{
    char text[64];
    uint8_t utf8[6];
    struct identifier once, twice;
    int size = u8_uctomb(utf8, c, sizeof utf8);
    if (size <= 0)
        return;
    int len = snprintf(text, sizeof text, "%s%.*s%s", before, size, (const char *)utf8, after);
    if (identifier_normalise(type, text, (size_t)len, "NL", &once) != NULL)
        return;
    const char *fault = identifier_normalise(type, once.value, once.len, "NL", &twice);
    cr_assert_null(fault, "U+%04X as %.*s: %s", (unsigned)c, (int)once.len, once.value, fault);
    cr_assert(once.len == twice.len && memcmp(once.value, twice.value, once.len) == 0, "U+%04X", (unsigned)c);
}

/* Ideographs and Hangul have no case and are many. */
static bool is_worth_a_test(ucs4_t c)
{
    return c < 0x3400 || (c >= 0xa000 && c < 0xac00) || (c >= 0xf900 && c < 0x12000) ||
           (c >= 0x16000 && c < 0x17000) || (c >= 0x1d000 && c < 0x20000) || (c >= 0xe0000 && c < 0xe0200);
}

Test(identifier, normalising_twice_is_normalising_once_for_every_character)
{
    for (ucs4_t c = 1; c < 0xe0200; c++) {
        if (!is_worth_a_test(c))
            continue;
        assert_idempotent(IDENTIFIER_EMAIL, "", c, "@example.nl");
        assert_idempotent(IDENTIFIER_EMAIL, "a\u0301\u0345", c, "\u0301@example.nl");
        assert_idempotent(IDENTIFIER_EMAIL, "jan@a", c, "b.nl");
        assert_idempotent(IDENTIFIER_POSTAL, "NL;7521PR;2;", c, "");
        assert_idempotent(IDENTIFIER_POSTAL, "NL;7521PR;2;\u03b1\u0345", c, "\u0301");
        assert_idempotent(IDENTIFIER_PHONE, "06", c, "12345678");
    }
}

Test(identifier, no_part_of_bad_utf8_is_read_beyond_the_end)
{
    static const char tails[][4] = {"\xc3", "\xe2\x82", "\xf0\x9f\x98", "\x80", "\xff"};
    for (int type = 0; type < IDENTIFIER_TYPES; type++) {
        for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
            struct identifier made;
            char *exact = strdup(tails[i]);
            char *raw = memcpy(malloc(strlen(exact)), exact, strlen(exact));
            identifier_normalise((enum identifier_type)type, raw, strlen(exact), "NL", &made);
            free(raw);
            free(exact);
        }
    }
}
