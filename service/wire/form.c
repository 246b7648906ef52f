/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/form.h"

#include "base/hex.h"

#include <string.h>
#include <strings.h>
#include <unistr.h>

enum { BOUNDARY_MAX = 70 }; /* RFC 2046, 5.1.1 */

/* A stretch of bytes that is being read. */
struct span {
    const char *at, *end;
};

static size_t span_len(struct span s)
{
    return (size_t)(s.end - s.at);
}

static bool is_text(const char *bytes, size_t len)
{
    return memchr(bytes, '\0', len) == NULL && u8_check((const uint8_t *)bytes, len) == NULL;
}

/* ${name} and ${value} are copied. */
static bool field_add(struct arena *arena, struct form *form, struct span name, struct span value)
{
    if (form->count == FORM_FIELDS_MAX || span_len(name) == 0 || span_len(name) > FORM_NAME_MAX ||
        !is_text(name.at, span_len(name)) || !is_text(value.at, span_len(value)))
        return false;
    form->fields = arena_grow(arena, form->fields, form->count, sizeof *form->fields);
    form->fields[form->count++] = (struct form_field){.name = arena_copy(arena, name.at, span_len(name)),
                                                      .value = arena_copy(arena, value.at, span_len(value))};
    return true;
}

/* ---- application/x-www-form-urlencoded ---- */

/* A percent sign without two digits behind it stands for itself. */
static struct span percent_decode(struct arena *arena, struct span s)
{
    char *out = arena_copy(arena, s.at, span_len(s)), *to = out;
    for (const char *c = s.at; c < s.end; c++) {
        if (*c == '%' && s.end - c > 2 && hex_read(c + 1, to, 1)) {
            to++;
            c += 2;
        } else {
            *to++ = *c == '+' ? ' ' : *c;
        }
    }
    return (struct span){out, to};
}

static struct span until(struct span *rest, char mark)
{
    const char *found = rest->at < rest->end ? memchr(rest->at, mark, span_len(*rest)) : NULL;
    struct span taken = {rest->at, found != NULL ? found : rest->end};
    rest->at = found != NULL ? found + 1 : rest->end;
    return taken;
}

static bool urlencoded_read(struct arena *arena, struct span body, struct form *form)
{
    while (body.at < body.end) {
        struct span value = until(&body, '&');
        if (span_len(value) == 0)
            continue;
        struct span name = until(&value, '=');
        if (!field_add(arena, form, percent_decode(arena, name), percent_decode(arena, value)))
            return false;
    }
    return true;
}

/* ---- parameters of a header ---- */

static struct span trim(struct span s)
{
    while (s.at < s.end && (*s.at == ' ' || *s.at == '\t'))
        s.at++;
    while (s.at < s.end && (s.end[-1] == ' ' || s.end[-1] == '\t'))
        s.end--;
    return s;
}

static bool span_is(struct span s, const char *word)
{
    return span_len(s) == strlen(word) && strncasecmp(s.at, word, span_len(s)) == 0;
}

/* What stands up to the next semicolon outside of quotes. */
static struct span parameter_next(struct span *rest)
{
    struct span taken = {rest->at, rest->at};
    bool quoted = false;
    while (taken.end < rest->end && (quoted || *taken.end != ';')) {
        if (quoted && *taken.end == '\\' && rest->end - taken.end > 1)
            taken.end++;
        else if (*taken.end == '"')
            quoted = !quoted;
        taken.end++;
    }
    rest->at = taken.end < rest->end ? taken.end + 1 : rest->end;
    return trim(taken);
}

/* The parameter ${name} of a header's value; its quotes are taken off. Returns false where there is none. */
static bool parameter_find(struct arena *arena, struct span value, const char *name, struct span *ret_value)
{
    parameter_next(&value);
    while (value.at < value.end) {
        struct span one = parameter_next(&value), key = until(&one, '=');
        if (!span_is(trim(key), name))
            continue;
        one = trim(one);
        if (span_len(one) < 2 || one.at[0] != '"' || one.end[-1] != '"') {
            *ret_value = one;
            return true;
        }
        char *plain = arena_copy(arena, one.at, span_len(one)), *to = plain;
        for (const char *c = one.at + 1; c < one.end - 1; c++) {
            c += *c == '\\' && one.end - c > 2;
            *to++ = *c;
        }
        *ret_value = (struct span){plain, to};
        return true;
    }
    return false;
}

/* ---- multipart/form-data ---- */

/* A body of parts. The line break before a delimiter is the delimiter's (RFC 2046, 5.1.1). */
struct parts {
    struct span rest;
    char delimiter[2 + 2 + BOUNDARY_MAX + 1]; /* with the line break before it */
    size_t delimiter_len;
};

static bool parts_begin(struct parts *p, struct arena *arena, struct span content_type, struct span body)
{
    struct span boundary;
    if (!parameter_find(arena, content_type, "boundary", &boundary) || span_len(boundary) == 0 ||
        span_len(boundary) > BOUNDARY_MAX)
        return false;
    memcpy(p->delimiter, "\r\n--", 4);
    memcpy(p->delimiter + 4, boundary.at, span_len(boundary));
    p->delimiter_len = 4 + span_len(boundary);

    /* the first delimiter may be the first thing there is */
    p->rest = body;
    if (span_len(body) >= p->delimiter_len - 2 &&
        memcmp(body.at, p->delimiter + 2, p->delimiter_len - 2) == 0) {
        p->rest.at += p->delimiter_len - 2;
        return true;
    }
    const char *first = memmem(body.at, span_len(body), p->delimiter, p->delimiter_len);
    if (first == NULL)
        return false;
    p->rest.at = first + p->delimiter_len;
    return true;
}

enum next { NEXT_PART, NEXT_NONE, NEXT_BROKEN };

/* ${p} stands behind a delimiter. */
static enum next part_next(struct parts *p, struct span *ret_part)
{
    if (span_len(p->rest) >= 2 && memcmp(p->rest.at, "--", 2) == 0)
        return NEXT_NONE;
    while (p->rest.at < p->rest.end && (*p->rest.at == ' ' || *p->rest.at == '\t'))
        p->rest.at++;
    if (span_len(p->rest) < 2 || memcmp(p->rest.at, "\r\n", 2) != 0)
        return NEXT_BROKEN;
    const char *end = memmem(p->rest.at, span_len(p->rest), p->delimiter, p->delimiter_len);
    if (end == NULL)
        return NEXT_BROKEN;
    *ret_part = (struct span){p->rest.at + 2, end};
    if (ret_part->at > end) /* a part without anything: its line break is the delimiter's */
        ret_part->at = end;
    p->rest.at = end + p->delimiter_len;
    return NEXT_PART;
}

static bool part_take(struct arena *arena, struct form *form, struct span part)
{
    struct span name, file;
    bool named = false;
    for (;;) {
        const char *end = memmem(part.at, span_len(part), "\r\n", 2);
        if (end == NULL)
            return false;
        struct span line = {part.at, end};
        part.at = end + 2;
        if (span_len(line) == 0)
            break;
        struct span field = until(&line, ':');
        if (!span_is(trim(field), "content-disposition"))
            continue;
        struct span kind = line, first = parameter_next(&kind);
        if (named || !span_is(first, "form-data") || !parameter_find(arena, line, "name", &name) ||
            parameter_find(arena, line, "filename", &file) || parameter_find(arena, line, "filename*", &file))
            return false;
        named = true;
    }
    return named && field_add(arena, form, name, part);
}

static bool multipart_read(struct arena *arena, struct span content_type, struct span body, struct form *form)
{
    struct parts parts;
    struct span part;
    if (!parts_begin(&parts, arena, content_type, body))
        return false;
    for (;;) {
        enum next next = part_next(&parts, &part);
        if (next != NEXT_PART)
            return next == NEXT_NONE;
        if (!part_take(arena, form, part))
            return false;
    }
}

/* ---- either ---- */

bool form_read(struct arena *arena, const char *content_type, size_t content_type_len, const char *body,
               size_t len, struct form *ret_form)
{
    struct span type = {content_type, content_type + content_type_len}, rest = type,
                essence = parameter_next(&rest), bytes = {body, body + len};
    struct form form = {0};
    bool is_read = false;
    if (span_is(essence, "application/x-www-form-urlencoded"))
        is_read = urlencoded_read(arena, bytes, &form);
    else if (span_is(essence, "multipart/form-data"))
        is_read = multipart_read(arena, type, bytes, &form);
    if (is_read)
        *ret_form = form;
    return is_read;
}

const char *form_value(const struct form *form, const char *name)
{
    const char *found = NULL;
    for (size_t i = 0; i < form->count; i++) {
        if (strcmp(form->fields[i].name, name) != 0)
            continue;
        if (found != NULL)
            return NULL;
        found = form->fields[i].value;
    }
    return found;
}
