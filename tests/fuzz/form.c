/* SPDX-License-Identifier: Apache-2.0 */
/* A form that is read is text, and the same form again when it is written in either of the two ways. */
#include "wire/form.h"
#include "fuzz.h"

#include "base/buf.h"
#include "base/hex.h"

#include <unistr.h>

enum { OUT_MAX = 1 << 22 };

static const char urlencoded[] = "application/x-www-form-urlencoded";
static const char multipart[] = "multipart/form-data; boundary=fuzz-5f1c6a0e";

static void percent_write(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        char digits[3] = "%";
        hex_write(text, 1, digits + 1);
        buf_append(out, digits, sizeof digits);
    }
}

static void urlencoded_write(struct buf *out, const struct form *form)
{
    for (size_t i = 0; i < form->count; i++) {
        percent_write(out, form->fields[i].name);
        buf_byte(out, '=');
        percent_write(out, form->fields[i].value);
        buf_byte(out, '&');
    }
}

/* Returns false where a name does not fit a header. */
static bool multipart_write(struct buf *out, const struct form *form)
{
    for (size_t i = 0; i < form->count; i++) {
        const struct form_field *f = &form->fields[i];
        if (strpbrk(f->name, "\r\n") != NULL || strstr(f->value, "\r\n--fuzz-5f1c6a0e") != NULL)
            return false;
        buf_text(out, "--fuzz-5f1c6a0e\r\nContent-Disposition: form-data; name=\"");
        for (const char *c = f->name; *c != '\0'; c++) {
            if (*c == '"' || *c == '\\')
                buf_byte(out, '\\');
            buf_byte(out, *c);
        }
        buf_text(out, "\"\r\n\r\n");
        buf_text(out, f->value);
        buf_text(out, "\r\n");
    }
    buf_text(out, "--fuzz-5f1c6a0e--\r\n");
    return true;
}

static void reads_the_same(struct arena *arena, const char *type, const struct buf *body,
                           const struct form *form)
{
    struct form again;
    REQUIRE(!buf_failed(body));
    REQUIRE(form_read(arena, type, strlen(type), body->data, body->len, &again));
    REQUIRE(again.count == form->count);
    for (size_t i = 0; i < form->count; i++) {
        REQUIRE(strcmp(again.fields[i].name, form->fields[i].name) == 0);
        REQUIRE(strcmp(again.fields[i].value, form->fields[i].value) == 0);
    }
}

static void form_holds(struct arena *arena, const struct form *form)
{
    struct buf out;
    REQUIRE(form->count <= FORM_FIELDS_MAX);
    for (size_t i = 0; i < form->count; i++) {
        const struct form_field *f = &form->fields[i];
        REQUIRE(f->name[0] != '\0' && strlen(f->name) <= FORM_NAME_MAX);
        REQUIRE(u8_check((const uint8_t *)f->name, strlen(f->name)) == NULL);
        REQUIRE(u8_check((const uint8_t *)f->value, strlen(f->value)) == NULL);
    }
    buf_init(&out, OUT_MAX);
    buf_text(&out, "");
    urlencoded_write(&out, form);
    if (form->count > 0)
        reads_the_same(arena, urlencoded, &out, form);
    buf_clear(&out);
    if (form->count > 0 && multipart_write(&out, form))
        reads_the_same(arena, multipart, &out, form);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {.vital = true};
    struct form form = {0};
    const char *bytes = (const char *)data;
    if (size > OUT_MAX / 16)
        return 0;
    if (form_read(&arena, urlencoded, strlen(urlencoded), bytes, size, &form))
        form_holds(&arena, &form);
    if (form_read(&arena, multipart, strlen(multipart), bytes, size, &form))
        form_holds(&arena, &form);

    /* the content type may be a stranger's too: up to the first line break */
    const char *end = size > 0 ? memchr(bytes, '\n', size) : NULL;
    if (end != NULL &&
        form_read(&arena, bytes, (size_t)(end - bytes), end + 1, (size_t)(bytes + size - end - 1), &form))
        form_holds(&arena, &form);
    arena_free(&arena);
    return 0;
}
