/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/page_texts.h"

#include "wire/policy_language.h"

#include <stddef.h>
#include <string.h>

#define PAGE_TEXT_ROW(number, name, english, dutch) [number] = {name, english, dutch},
static const struct {
    const char *name, *english, *dutch;
} texts[] = {PAGE_TEXTS(PAGE_TEXT_ROW)};
#undef PAGE_TEXT_ROW

const char *page_text_name(enum page_text text)
{
    return texts[text].name;
}

const char *page_text_in(enum page_text text, const char *language)
{
    if (language_is_of(language, "nl"))
        return texts[text].dutch;
    return language_is_of(language, "en") ? texts[text].english : NULL;
}

enum page_text page_text_find(const char *name)
{
    for (enum page_text text = PAGE_TEXT_FIRST; text < PAGE_TEXTS_END; text++) {
        if (strcmp(texts[text].name, name) == 0)
            return text;
    }
    return TEXT_NONE;
}
