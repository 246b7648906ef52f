/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/free_text.h"

#include "base/limits.h"
#include "domain/personal.h"

#include <assert.h>
#include <string.h>
#include <unistr.h>

size_t free_text_room(size_t len)
{
    return mask_room(len) + 1;
}

size_t free_text_mask(const struct policy *policy, const char *text, size_t len, char *out)
{
    char impersonal[PERSONAL_TEXT_MAX];
    assert(len <= sizeof impersonal);
    size_t left = personal_mask(text, len, policy->country, impersonal);
    size_t masked = mask_text(impersonal, left, policy->mask, out);
    out[masked] = '\0';
    return masked;
}

const char *reference_read(struct arena *arena, const struct policy *policy, const struct node *n)
{
    size_t len;
    const char *text = node_string(n, 1, REF_BYTES_MAX, &len);
    enum personal kind = personal_find(text, len, policy->country);
    if (kind != PERSONAL_NONE)
        node_fault(n, ERROR_INVALID, personal_fault(kind));
    if (len == 0 || kind != PERSONAL_NONE)
        return "";
    char *masked = arena_need(arena, free_text_room(len));
    masked[mask_text(text, len, policy->mask, masked)] = '\0';
    return masked;
}

bool reference_is_one(const char *text)
{
    size_t len = strlen(text);
    if (len == 0 || len > REF_BYTES_MAX || u8_check((const uint8_t *)text, len) != NULL)
        return false;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return false;
    }
    return true;
}

bool reference_is_nobodys(const struct policy *policy, const char *text)
{
    size_t len = strlen(text);
    char masked[2 * REF_BYTES_MAX + 128];
    assert(len <= REF_BYTES_MAX && free_text_room(len) <= sizeof masked);
    return personal_find(text, len, policy->country) == PERSONAL_NONE &&
           mask_text(text, len, policy->mask, masked) == len && memcmp(text, masked, len) == 0;
}

const char *free_text_read(struct arena *arena, const struct policy *policy, const struct node *n, size_t max)
{
    size_t len;
    const char *text = node_string(n, 1, max, &len);
    char *masked = arena_need(arena, free_text_room(len));
    free_text_mask(policy, text, len, masked);
    return masked;
}
