/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/page_texts.h"

#include <criterion/criterion.h>
#include <string.h>

static size_t slots(const char *text)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, "{}")) != NULL; at += 2)
        count++;
    return count;
}

Test(page_texts, each_is_there_in_both_languages_with_the_same_slot)
{
    for (enum page_text t = PAGE_TEXT_FIRST; t < PAGE_TEXTS_END; t++) {
        const char *english = page_text_in(t, "en"), *dutch = page_text_in(t, "nl");
        cr_expect(english[0] != '\0' && dutch[0] != '\0', "%s", page_text_name(t));
        cr_expect_eq(slots(english), slots(dutch), "%s", page_text_name(t));
        cr_expect_leq(slots(english), 1, "%s", page_text_name(t));
    }
}

Test(page_texts, no_two_have_one_name)
{
    for (enum page_text a = PAGE_TEXT_FIRST; a < PAGE_TEXTS_END; a++) {
        for (enum page_text b = PAGE_TEXT_FIRST; b < a; b++)
            cr_expect_str_neq(page_text_name(a), page_text_name(b));
    }
}

Test(page_texts, zeroed_memory_is_no_text)
{
    static const struct {
        enum page_text said;
    } zeroed;
    cr_expect_eq(zeroed.said, TEXT_NONE);
    cr_expect_neq(TEXT_CONTACT, TEXT_NONE);
    cr_expect_eq(page_text_find("no-text"), TEXT_NONE);
    cr_expect_eq(page_text_find("contact"), TEXT_CONTACT);
}

Test(page_texts, a_language_is_known_by_its_first_part)
{
    cr_expect_eq(page_text_in(TEXT_CONTACT, "nl-BE"), page_text_in(TEXT_CONTACT, "NL"));
    cr_expect_eq(page_text_in(TEXT_CONTACT, "en-GB"), page_text_in(TEXT_CONTACT, "en"));
    cr_expect_null(page_text_in(TEXT_CONTACT, "nld"));
    cr_expect_null(page_text_in(TEXT_CONTACT, "de"));
    cr_expect_null(page_text_in(TEXT_CONTACT, ""));
}
