/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/pointer.h"

#include "wire/cursor.h"

#include <string.h>

/* ---- pointers ---- */

static bool token_byte(struct pointer *p, size_t *len, char byte)
{
    if (*len == POINTER_TOKEN_MAX || byte == '\0')
        return false;
    p->tokens[p->count - 1][(*len)++] = byte;
    p->tokens[p->count - 1][*len] = '\0';
    return true;
}

bool pointer_parse(const char *text, size_t len, struct pointer *ret_pointer)
{
    struct pointer p = {0};
    size_t token_len = 0;
    if (len > 0 && text[0] != '/')
        return false;
    for (size_t i = 0; i < len; i++) {
        char byte = text[i];
        if (byte == '/') {
            if (p.count++ == POINTER_TOKENS_MAX)
                return false;
            token_len = 0;
            continue;
        }
        if (byte == '~') { /* RFC 6901, 3: ~0 is ~, ~1 is / */
            if (++i == len || (text[i] != '0' && text[i] != '1'))
                return false;
            byte = text[i] == '0' ? '~' : '/';
        }
        if (!token_byte(&p, &token_len, byte))
            return false;
    }
    *ret_pointer = p;
    return true;
}

bool pointer_list_parse(const char *text, struct pointer_list *ret_list)
{
    ret_list->count = 0;
    for (;;) {
        size_t len = strcspn(text, ",");
        if (len == 0 || ret_list->count == POINTERS_MAX ||
            !pointer_parse(text, len, &ret_list->pointers[ret_list->count++]))
            return false;
        if (text[len] == '\0')
            return true;
        text += len + 1;
    }
}

bool pointer_covers(const struct pointer *a, const struct pointer *b)
{
    if (a->count > b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->tokens[i], b->tokens[i]) != 0)
            return false;
    }
    return true;
}

/* ---- finding and keeping ---- */

static bool member_find(const struct cursor *object, const char *token, struct cursor *ret_value)
{
    struct cursor rest = cursor_inside(object), key;
    while (cursor_member(&rest, &key, ret_value)) {
        if (cursor_says(&key, token))
            return true;
    }
    return false;
}

/* RFC 6901, 4: an index has no leading zero. */
static bool element_find(const struct cursor *array, const char *token, struct cursor *ret_value)
{
    size_t index = 0, digits = strlen(token);
    if (digits == 0 || digits > 6 || strspn(token, "0123456789") != digits || (token[0] == '0' && digits > 1))
        return false;
    for (size_t i = 0; i < digits; i++)
        index = index * 10 + (size_t)(token[i] - '0');
    struct cursor rest = cursor_inside(array);
    for (size_t i = 0;; i++) {
        *ret_value = cursor_value(&rest);
        if (cursor_left(ret_value) == 0)
            return false;
        if (i == index)
            return true;
    }
}

static struct cursor whole(const char *text, size_t len)
{
    struct cursor c = cursor_of(text, len);
    return cursor_value(&c);
}

bool pointer_find(const struct pointer *p, const char *text, size_t len, const char **ret_value,
                  size_t *ret_len)
{
    struct cursor value = whole(text, len);
    for (size_t i = 0; i < p->count; i++) {
        struct cursor around = value;
        if (cursor_is(&around, '{')
                ? !member_find(&around, p->tokens[i], &value)
                : !cursor_is(&around, '[') || !element_find(&around, p->tokens[i], &value))
            return false;
    }
    *ret_value = value.at;
    *ret_len = cursor_left(&value);
    return *ret_len > 0;
}

/* Of the pointers ${wanted}, ${depth} tokens of which lead to an object, those that lead to its member
 * ${key}. Sets ${ret_all} where one of them ends there. */
static uint32_t wanted_in(const struct pointer_list *list, uint32_t wanted, size_t depth,
                          const struct cursor *key, bool *ret_all)
{
    uint32_t within = 0;
    *ret_all = false;
    for (size_t i = 0; i < list->count; i++) {
        const struct pointer *p = &list->pointers[i];
        if ((wanted & 1u << i) == 0 || !cursor_says(key, p->tokens[depth]))
            continue;
        *ret_all = *ret_all || p->count == depth + 1;
        within |= 1u << i;
    }
    return within;
}

/* ${wanted}: a bit for each pointer that leads through here, ${depth} tokens of it used.
 * Returns whether anything was kept. */
static bool object_keep(const struct pointer_list *list, uint32_t wanted, size_t depth,
                        const struct cursor *object, struct buf *out)
{
    bool any = false, all;
    struct cursor rest = cursor_inside(object), key, value;
    buf_byte(out, '{');
    while (cursor_member(&rest, &key, &value)) {
        uint32_t within = wanted_in(list, wanted, depth, &key, &all);
        if (!all && (within == 0 || !cursor_is(&value, '{')))
            continue;

        /* The member as it stands, or what is wanted of it; without its name where that is nothing. */
        size_t before = out->len;
        if (any)
            buf_byte(out, ',');
        buf_append(out, key.at, cursor_left(&key));
        buf_byte(out, ':');
        if (all) {
            buf_append(out, value.at, cursor_left(&value));
        } else if (!object_keep(list, within, depth + 1, &value, out)) {
            out->len = before;
            continue;
        }
        any = true;
    }
    buf_byte(out, '}');
    return any;
}

void pointers_keep(const struct pointer_list *list, const char *text, size_t len, struct buf *out)
{
    struct cursor object = whole(text, len);
    uint32_t wanted = (1u << list->count) - 1;
    if (cursor_is(&object, '{'))
        object_keep(list, wanted, 0, &object, out);
    else
        buf_text(out, "{}");
}
