/* SPDX-License-Identifier: Apache-2.0 */
#include "expect.h"

#include "process.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char *formatted(const char *format, va_list args)
{
    char *text = NULL;
    cr_assert(vasprintf(&text, format, args) >= 0);
    for (char *c = text; (c = strchr(c, '\'')) != NULL;)
        *c = '"';
    return text;
}

static json_t *parsed(const char *text)
{
    json_error_t fault;
    json_t *json = json_loads(text, JSON_DECODE_ANY, &fault);
    cr_assert_not_null(json, "%s in %s", fault.text, text);
    return json;
}

char *json_text(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = formatted(format, args);
    va_end(args);
    return text;
}

json_t *json_of(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = formatted(format, args);
    va_end(args);
    return parsed(text);
}

json_t *json_lines(const char *text)
{
    json_t *lines = json_of("[]");
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        json_array_append(lines, parsed(text_of("%.*s", (int)len, text)));
        text += len + (text[len] == '\n');
    }
    return lines;
}

const json_t *json_at(const json_t *json, const char *pointer)
{
    const json_t *at = json;
    for (const char *rest = pointer; at != NULL && *rest == '/';) {
        char name[128];
        size_t len = strcspn(++rest, "/");
        snprintf(name, sizeof name, "%.*s", (int)len, rest);
        at = json_is_array(at) ? json_array_get(at, strtoul(name, NULL, 10)) : json_object_get(at, name);
        rest += len;
    }
    cr_assert_not_null(at, "there is no %s in %s", pointer,
                       json != NULL ? json_dumps(json, JSON_ENCODE_ANY) : "nothing");
    return at;
}

const char *string_at(const json_t *json, const char *pointer)
{
    const char *value = json_string_value(json_at(json, pointer));
    cr_assert_not_null(value, "%s is no string", pointer);
    return value;
}

long number_at(const json_t *json, const char *pointer)
{
    const json_t *value = json_at(json, pointer);
    cr_assert(json_is_integer(value), "%s is no integer", pointer);
    return (long)json_integer_value(value);
}

/* Where ${json} is not what is expected, as a JSON pointer; NULL: it is. */
static const char *mismatch(const json_t *json, const json_t *expected, const char *path)
{
    const char *found = NULL, *key;
    json_t *value;
    size_t i;
    if (json_is_object(expected) && json_is_object(json)) {
        json_object_foreach((json_t *)expected, key, value)
        {
            if (found == NULL)
                found = mismatch(json_object_get(json, key), value, text_of("%s/%s", path, key));
        }
    } else if (json_is_array(expected) && json_is_array(json) &&
               json_array_size(expected) == json_array_size(json)) {
        json_array_foreach(expected, i, value)
        {
            if (found == NULL)
                found = mismatch(json_array_get(json, i), value, text_of("%s/%zu", path, i));
        }
    } else if (json == NULL || !json_equal(json, expected)) {
        found = path;
    }
    return found;
}

void expect_at(const char *file, int line, const json_t *json, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = formatted(format, args);
    va_end(args);
    const char *path = mismatch(json, parsed(text), "");
    if (path == NULL)
        return;
    const char *got = json != NULL ? json_dumps(json, JSON_ENCODE_ANY) : "nothing";
    cr_assert(false, "%s:%d: at \"%s\", expected %s, got %s", file, line, path, text, got);
}
