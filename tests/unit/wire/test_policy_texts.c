/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_texts.h"

#include <criterion/criterion.h>
#include <string.h>

static struct policy_texts *texts;

static void start(void)
{
    static const char document[] =
        "{\"controller\": {\"key\": \"shop\", \"name\": {\"nl\": \"Winkel\", \"en\": \"Shop\"}, "
        "\"languages\": [\"nl\", \"en\"], \"contact\": {\"name\": \"Klantenservice\", \"email\": "
        "\"help@shop.example\"}, \"supervisory_authority\": \"Autoriteit\"}, "
        "\"purposes\": [{\"key\": \"newsletter\", \"name\": {\"nl\": \"Nieuwsbrief\", \"de\": \"Brief\"}}, "
        "{\"key\": \"plain\"}], "
        "\"notices\": [{\"id\": \"n\", \"version\": \"2\", \"texts\": {\"nl-be\": \"Ja\"}}]}";
    texts = policy_texts_read(document, sizeof document - 1);
    cr_assert_not_null(texts);
}

static void finish(void)
{
    policy_texts_free(texts);
}

TestSuite(policy_texts, .init = start, .fini = finish);

static void expect(const struct wordings *w, const char *language, const char *tag, const char *text)
{
    struct wording found = wording_in(texts, w, language);
    cr_expect_str_eq(found.language, tag);
    cr_expect_str_eq(found.text, text);
}

Test(policy_texts, a_text_is_in_the_language_asked_for_or_the_next_best)
{
    expect(&texts->name, "en", "en", "Shop");
    expect(&texts->name, "EN-gb", "en", "Shop");
    expect(&texts->name, "fr", "nl", "Winkel");
    const struct purpose_texts *p = policy_texts_purpose(texts, "newsletter");
    cr_assert_not_null(p);
    expect(&p->name, "de", "de", "Brief");
    expect(&p->name, "en", "nl", "Nieuwsbrief");
    expect(&p->description, "nl", "", "");
    const struct notice_wordings *n = policy_texts_notice(texts, "n", "2");
    cr_assert_not_null(n);
    expect(&n->texts, "nl", "nl-be", "Ja");
}

Test(policy_texts, whom_to_ask_is_one_line)
{
    cr_expect_str_eq(texts->controller, "shop");
    cr_expect_str_eq(texts->contact, "Klantenservice, help@shop.example");
    cr_expect_str_eq(texts->authority, "Autoriteit");
    cr_expect_str_eq(texts->officer, "");
    cr_expect_str_eq(texts->address, "");
}

Test(policy_texts, what_is_not_there_is_not_found)
{
    cr_expect_null(policy_texts_purpose(texts, "other"));
    cr_expect_null(policy_texts_notice(texts, "n", "1"));
    cr_expect_null(policy_texts_read("{", 1));
    policy_texts_free(NULL);
}
