/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/pointer.h"

#include "base/hex.h"

#include <string.h>

struct span {
    const char *at;
    const char *end;
};

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

/* ---- texts ---- */

static const char *space_end(struct span s)
{
    while (s.at < s.end && (*s.at == ' ' || *s.at == '\t' || *s.at == '\n' || *s.at == '\r'))
        s.at++;
    return s.at;
}

static const char *string_end(struct span s)
{
    for (s.at++; s.at < s.end && *s.at != '"'; s.at++) {
        if (*s.at == '\\' && s.at + 1 < s.end)
            s.at++;
    }
    return s.at < s.end ? s.at + 1 : s.end;
}

static const char *value_end(struct span s)
{
    size_t depth = 0;
    while (s.at < s.end) {
        char byte = *s.at;
        if (depth == 0 && strchr(",]} \t\r\n", byte) != NULL)
            return s.at;
        s.at = byte == '"' ? string_end(s) : s.at + 1;
        if (byte == '{' || byte == '[')
            depth++;
        else if (byte == '}' || byte == ']')
            depth--;
        if (depth == 0 && (byte == '"' || byte == '}' || byte == ']'))
            return s.at;
    }
    return s.end;
}

/* Goes past one value, the first in ${rest} but for white space, and past the comma behind it. */
static struct span value_take(struct span *rest)
{
    rest->at = space_end(*rest);
    struct span value = {rest->at, value_end(*rest)};
    rest->at = value.end;
    rest->at = space_end(*rest);
    if (rest->at < rest->end && *rest->at == ',')
        rest->at++;
    return value;
}

/* ${rest} begins behind the opening brace. Returns false at the object's end. */
static bool member_next(struct span *rest, struct span *ret_key, struct span *ret_value)
{
    rest->at = space_end(*rest);
    if (rest->at == rest->end || *rest->at != '"')
        return false;
    *ret_key = (struct span){rest->at, string_end(*rest)};
    rest->at = ret_key->end;
    rest->at = space_end(*rest);
    if (rest->at == rest->end || *rest->at != ':')
        return false;
    rest->at++;
    *ret_value = value_take(rest);
    return true;
}

static bool span_is(struct span s, char opening)
{
    return s.at < s.end && *s.at == opening;
}

static struct span inside(struct span s)
{
    return (struct span){s.at + 1, s.end};
}

/* ---- keys ---- */

static bool unit_read(struct span s, uint32_t *ret_unit)
{
    uint8_t bytes[2];
    if (s.end - s.at < 4 || !hex_read(s.at, bytes, 2))
        return false;
    *ret_unit = (uint32_t)bytes[0] << 8 | bytes[1];
    return true;
}

static size_t utf8_write(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    static const uint8_t first[] = {0, 0xc0, 0xe0, 0xf0};
    size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    out[0] = (char)(uint8_t)(first[more] | c >> 6 * more);
    for (size_t i = 1; i <= more; i++)
        out[i] = (char)(uint8_t)(0x80 | (c >> 6 * (more - i) & 0x3f));
    return more + 1;
}

/* One character of a string's inside, decoded. Returns its length; 0 where the escape is none. */
static size_t character_take(struct span *s, char out[4])
{
    static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    out[0] = *s->at++;
    if (out[0] != '\\')
        return 1;
    if (s->at == s->end)
        return 0;
    const char *escape = strchr(escapes, *s->at);
    if (*s->at != '\0' && escape != NULL) {
        s->at++;
        out[0] = meanings[escape - escapes];
        return 1;
    }
    uint32_t high, low;
    if (*s->at++ != 'u' || !unit_read(*s, &high))
        return 0;
    s->at += 4;
    if (high < 0xd800 || high > 0xdbff)
        return utf8_write(high, out);
    if (s->end - s->at < 6 || s->at[0] != '\\' || s->at[1] != 'u' ||
        !unit_read((struct span){s->at + 2, s->end}, &low))
        return 0;
    s->at += 6;
    return utf8_write(0x10000 + ((high - 0xd800) << 10) + ((low - 0xdc00) & 0x3ff), out);
}

/* Whether the string ${key}, with its quotes, is ${token}. */
static bool key_is(struct span key, const char *token)
{
    size_t len = strlen(token);
    struct span s = {key.at + 1, key.end - 1};
    while (s.at < s.end) {
        char character[4];
        size_t n = character_take(&s, character);
        if (n == 0 || n > len || memcmp(character, token, n) != 0)
            return false;
        token += n;
        len -= n;
    }
    return len == 0;
}

/* ---- finding and keeping ---- */

static bool member_find(struct span object, const char *token, struct span *ret_value)
{
    struct span rest = inside(object), key;
    while (member_next(&rest, &key, ret_value)) {
        if (key_is(key, token))
            return true;
    }
    return false;
}

/* RFC 6901, 4: an index has no leading zero. */
static bool element_find(struct span array, const char *token, struct span *ret_value)
{
    size_t index = 0, digits = strlen(token);
    if (digits == 0 || digits > 6 || strspn(token, "0123456789") != digits || (token[0] == '0' && digits > 1))
        return false;
    for (size_t i = 0; i < digits; i++)
        index = index * 10 + (size_t)(token[i] - '0');
    struct span rest = inside(array);
    for (size_t i = 0;; i++) {
        *ret_value = value_take(&rest);
        if (ret_value->at == ret_value->end)
            return false;
        if (i == index)
            return true;
    }
}

static struct span whole(const char *text, size_t len)
{
    struct span s = {text, text + len};
    s.at = space_end(s);
    s.end = value_end(s);
    return s;
}

bool pointer_find(const struct pointer *p, const char *text, size_t len, const char **ret_value,
                  size_t *ret_len)
{
    struct span value = whole(text, len);
    for (size_t i = 0; i < p->count; i++) {
        struct span around = value;
        if (span_is(around, '{') ? !member_find(around, p->tokens[i], &value)
                                 : !span_is(around, '[') || !element_find(around, p->tokens[i], &value))
            return false;
    }
    *ret_value = value.at;
    *ret_len = (size_t)(value.end - value.at);
    return *ret_len > 0;
}

/* ${wanted}: a bit for each pointer that leads through here, ${depth} tokens of it used.
 * Returns whether anything was kept. */
static bool object_keep(const struct pointer_list *list, uint32_t wanted, size_t depth, struct span object,
                        struct buf *out)
{
    bool any = false;
    struct span rest = inside(object), key, value;
    buf_byte(out, '{');
    while (member_next(&rest, &key, &value)) {
        uint32_t within = 0;
        bool all = false;
        for (size_t i = 0; i < list->count; i++) {
            const struct pointer *p = &list->pointers[i];
            if ((wanted & 1u << i) == 0 || !key_is(key, p->tokens[depth]))
                continue;
            all = all || p->count == depth + 1;
            within |= 1u << i;
        }
        if (!all && (within == 0 || !span_is(value, '{')))
            continue;
        size_t before = out->len;
        if (any)
            buf_byte(out, ',');
        buf_append(out, key.at, (size_t)(key.end - key.at));
        buf_byte(out, ':');
        if (all)
            buf_append(out, value.at, (size_t)(value.end - value.at));
        else if (!object_keep(list, within, depth + 1, value, out)) {
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
    struct span object = whole(text, len);
    uint32_t wanted = (1u << list->count) - 1;
    if (span_is(object, '{'))
        object_keep(list, wanted, 0, object, out);
    else
        buf_text(out, "{}");
}
