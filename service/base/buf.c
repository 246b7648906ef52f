/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "base/fault.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_FIRST = 512 }; /* bytes of the first allocation: most answers fit */

void buf_init(struct buf *b, size_t ceiling)
{
    *b = (struct buf){.ceiling = ceiling};
}

void buf_free(struct buf *b)
{
    free(b->data);
    buf_init(b, b->ceiling);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = false;
}

static bool buf_reserve(struct buf *b, size_t more)
{
    if (b->failed)
        return false;
    if (more > b->ceiling - b->len) {
        b->failed = true;
        return false;
    }
    size_t need = b->len + more;
    if (need <= b->capacity)
        return true;
    size_t capacity = b->capacity != 0 ? b->capacity : BUF_FIRST;
    while (capacity < need)
        capacity *= 2;
    char *data = fault_strikes() ? NULL : realloc(b->data, capacity);
    if (data == NULL) {
        b->failed = true;
        return false;
    }
    b->data = data;
    b->capacity = capacity;
    return true;
}

char *buf_extend(struct buf *b, size_t len)
{
    if (!buf_reserve(b, len))
        return NULL;
    char *at = b->data + b->len;
    b->len += len;
    return at;
}

void buf_append(struct buf *b, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    char *at = buf_extend(b, len);
    if (at != NULL)
        memcpy(at, bytes, len);
}

void buf_text(struct buf *b, const char *text)
{
    buf_append(b, text, strlen(text));
}

void buf_byte(struct buf *b, char byte)
{
    buf_append(b, &byte, 1);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    char small[256];
    int len = vsnprintf(small, sizeof small, format, args);
    assert(len >= 0);
    if ((size_t)len < sizeof small) {
        buf_append(b, small, (size_t)len);
    } else if (buf_reserve(b, (size_t)len + 1)) { /* vsnprintf wants room for its NUL */
        vsnprintf(b->data + b->len, (size_t)len + 1, format, again);
        b->len += (size_t)len;
    }
    va_end(again);
    va_end(args);
}
