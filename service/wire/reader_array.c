/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/reader_array.h"

#include "wire/reader_internal.h"

#include <stdio.h>
#include <string.h>

bool reader_array_open(struct reader_array *a, struct reader *r, const char *bytes, size_t len,
                       size_t elements_max, size_t element_bytes_max)
{
    *a = (struct reader_array){.reader = r,
                               .whole = bytes,
                               .rest = cursor_of(bytes, len),
                               .elements_max = elements_max,
                               .element_bytes_max = element_bytes_max};
    reader_init(r);
    cursor_space(&a->rest);
    if (!cursor_is(&a->rest, '['))
        return false;
    a->rest.at++;
    a->tree = reader_array_new(r);
    return true;
}

/* Where the element that begins here ends: the comma or bracket behind it, or the end of all. NULL: it
 * exceeds a limit, and the document has been refused. What is not JSON ends somewhere, and is refused when it
 * is parsed. */
static const char *element_end(struct reader_array *a)
{
    struct outline outline = {.depth = 1};
    struct cursor c = a->rest;
    while (c.at < c.end && outline.depth > 0) {
        if (outline.depth == 1 && (*c.at == ',' || *c.at == ']'))
            return c.at;
        const char *limit = outline_take(&outline, cursor_step(&c));
        if (limit != NULL) {
            reader_refuse_at(a->reader, a->whole, c.at, limit);
            return NULL;
        }
    }
    return c.at;
}

static void element_too_large(struct reader_array *a)
{
    struct node root = {.reader = a->reader, .value = a->tree, .index = NODE_UNNAMED};
    struct node element = {.reader = a->reader, .parent = &root, .index = a->count};
    char rule[64];
    snprintf(rule, sizeof rule, "at most %zu bytes", a->element_bytes_max);
    node_fault(&element, ERROR_INVALID, rule);
}

/* Takes the element that begins here, and comes to stand at its end. Returns whether it was one. */
static bool element_read(struct reader_array *a)
{
    struct reader *r = a->reader;
    const char *begin = a->rest.at, *end = element_end(a);
    if (end == NULL)
        return false;
    a->rest.at = end;

    /* What no parser needs to see. */
    if (begin == end && end < a->rest.end) {
        reader_refuse_at(r, a->whole, end + 1, "not JSON");
        return false;
    }
    if ((size_t)(end - begin) > a->element_bytes_max) {
        element_too_large(a);
        return false;
    }
    const char *nul = memchr(begin, '\0', (size_t)(end - begin));
    if (nul != NULL) {
        reader_refuse_at(r, a->whole, nul + 1, "a NUL");
        return false;
    }

    struct json_t *element = reader_parse(r, a->whole, begin, (size_t)(end - begin));
    if (element == NULL || !reader_array_add(r, a->tree, element))
        return false;
    a->count++;
    return true;
}

/* Behind the last element. */
static void array_close(struct reader_array *a)
{
    struct reader *r = a->reader;
    cursor_space(&a->rest);
    if (a->rest.at != a->rest.end)
        reader_refuse_at(r, a->whole, a->rest.at + 1,
                         *a->rest.at != '\0' ? "something follows the document" : "a NUL");
    else
        r->tree = a->tree;
}

bool reader_array_go_on(struct reader_array *a, size_t amount)
{
    const char *stop = amount < cursor_left(&a->rest) ? a->rest.at + amount : a->rest.end;
    if (a->tree == NULL)
        return false;

    /* Element by element, until the bracket or until this call has had its share. */
    while (a->count <= a->elements_max) {
        cursor_space(&a->rest);
        if (a->count == 0 && cursor_is(&a->rest, ']'))
            break;
        if (!element_read(a))
            return false;
        if (a->rest.at == a->rest.end) {
            reader_refuse_at(a->reader, a->whole, a->rest.at, "the document ends too early");
            return false;
        }
        if (*a->rest.at == ']')
            break;
        a->rest.at++;
        if (a->rest.at >= stop)
            return true;
    }

    /* So many are a fault already: the others are not looked at. */
    if (a->count > a->elements_max) {
        a->reader->tree = a->tree;
        return false;
    }
    a->rest.at++;
    array_close(a);
    return false;
}
