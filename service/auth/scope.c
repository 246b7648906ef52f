/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/scope.h"

#include <stdio.h>
#include <string.h>

#define SCOPE_WORD(name, word) word,
static const char *const words[SCOPE_COUNT] = {SCOPES(SCOPE_WORD)};
#undef SCOPE_WORD

const char *scope_word(enum scope scope)
{
    return words[__builtin_ctz((unsigned)scope)];
}

static uint32_t scope_of(const char *word, size_t len)
{
    for (size_t i = 0; i < SCOPE_COUNT; i++)
        if (strlen(words[i]) == len && memcmp(words[i], word, len) == 0)
            return UINT32_C(1) << i;
    return SCOPE_NONE;
}

uint32_t scopes_parse(const char *text, bool *ret_unknown)
{
    uint32_t scopes = SCOPE_NONE;
    bool unknown = false;
    for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
        size_t len = strcspn(text, " ");
        uint32_t scope = scope_of(text, len);
        unknown = unknown || scope == SCOPE_NONE;
        scopes |= scope;
        text += len;
    }
    if (ret_unknown != NULL)
        *ret_unknown = unknown;
    return scopes;
}

void scopes_format(uint32_t scopes, char text[SCOPES_TEXT])
{
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < SCOPE_COUNT; i++)
        if ((scopes & UINT32_C(1) << i) != 0)
            len += (size_t)snprintf(text + len, SCOPES_TEXT - len, "%s%s", len != 0 ? " " : "", words[i]);
}
