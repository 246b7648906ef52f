/* SPDX-License-Identifier: Apache-2.0 */
#include "store/params.h"

#include "base/limits.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

enum { ARRAY_HEADER = 20 }; /* dimensions, has-null, type, elements, lower bound: five int4 */

void params_init(struct params *p)
{
    *p = (struct params){0};
    for (size_t i = 0; i < PARAMS_MAX; i++)
        buf_init(&p->list[i].bytes, STATEMENT_BYTES_MAX);
}

void params_free(struct params *p)
{
    for (size_t i = 0; i < PARAMS_MAX; i++)
        buf_free(&p->list[i].bytes);
}

void params_clear(struct params *p)
{
    p->count = 0;
}

bool params_failed(const struct params *p)
{
    for (int i = 0; i < p->count; i++) {
        if (buf_failed(&p->list[i].bytes))
            return true;
    }
    return false;
}

static struct param *params_next(struct params *p)
{
    assert(p->count < PARAMS_MAX);
    struct param *next = &p->list[p->count++];
    buf_clear(&next->bytes);
    next->elements = next->nulls = 0;
    next->is_array = next->is_null = false;
    return next;
}

static void append_int2(struct buf *b, int16_t value)
{
    uint16_t wire = htobe16((uint16_t)value);
    buf_append(b, &wire, sizeof wire);
}

static void append_int4(struct buf *b, int32_t value)
{
    uint32_t wire = htobe32((uint32_t)value);
    buf_append(b, &wire, sizeof wire);
}

static void append_int8(struct buf *b, int64_t value)
{
    uint64_t wire = htobe64((uint64_t)value);
    buf_append(b, &wire, sizeof wire);
}

struct param *params_array(struct params *p, enum param_type type)
{
    struct param *a = params_next(p);
    a->is_array = true;
    append_int4(&a->bytes, 1);
    append_int4(&a->bytes, 0);
    append_int4(&a->bytes, (int32_t)type);
    append_int4(&a->bytes, 0);
    append_int4(&a->bytes, 1);
    return a;
}

void params_bool(struct params *p, bool value)
{
    buf_byte(&params_next(p)->bytes, value ? 1 : 0);
}

void params_int4(struct params *p, int32_t value)
{
    append_int4(&params_next(p)->bytes, value);
}

void params_int8(struct params *p, int64_t value)
{
    append_int8(&params_next(p)->bytes, value);
}

void params_bytes(struct params *p, const void *bytes, size_t len)
{
    struct param *one = params_next(p);
    buf_append(&one->bytes, bytes, len);
}

void params_text(struct params *p, const char *text_or_null)
{
    if (text_or_null == NULL)
        params_null(p);
    else
        params_bytes(p, text_or_null, strlen(text_or_null));
}

void params_null(struct params *p)
{
    params_next(p)->is_null = true;
}

static void append_interval(struct buf *b, const struct duration *d)
{
    append_int8(b, d->seconds * SECOND);
    append_int4(b, d->days);
    append_int4(b, d->months);
}

void params_interval(struct params *p, const struct duration *d_or_null)
{
    if (d_or_null == NULL)
        params_null(p);
    else
        append_interval(&params_next(p)->bytes, d_or_null);
}

void params_idempotency(struct params *p, const struct idempotency *key)
{
    if (key->present) {
        params_bytes(p, key->key_hash, KEY_HASH_SIZE);
        params_bytes(p, key->fingerprint, KEY_HASH_SIZE);
    } else {
        params_null(p);
        params_null(p);
    }
}

void params_purposes(struct params *p, const struct purpose_set *set_or_null)
{
    if (set_or_null == NULL) {
        params_null(p);
        return;
    }
    struct param *numbers = params_array(p, PARAM_INT4);
    for (size_t i = 0; i < set_or_null->count; i++)
        param_int4(numbers, set_or_null->numbers[i]);
}

void param_null(struct param *a)
{
    append_int4(&a->bytes, -1);
    a->elements++;
    a->nulls++;
}

void param_bytes(struct param *a, const void *bytes, size_t len)
{
    append_int4(&a->bytes, (int32_t)len);
    buf_append(&a->bytes, bytes, len);
    a->elements++;
}

void param_text(struct param *a, const char *text_or_null)
{
    if (text_or_null == NULL)
        param_null(a);
    else
        param_bytes(a, text_or_null, strlen(text_or_null));
}

void param_bool(struct param *a, bool value)
{
    char wire = value ? 1 : 0;
    param_bytes(a, &wire, 1);
}

void param_int2(struct param *a, int16_t value)
{
    append_int4(&a->bytes, 2);
    append_int2(&a->bytes, value);
    a->elements++;
}

void param_int4(struct param *a, int32_t value)
{
    append_int4(&a->bytes, 4);
    append_int4(&a->bytes, value);
    a->elements++;
}

void param_int8(struct param *a, int64_t value)
{
    append_int4(&a->bytes, 8);
    append_int8(&a->bytes, value);
    a->elements++;
}

void param_interval(struct param *a, struct duration d)
{
    append_int4(&a->bytes, 16);
    append_interval(&a->bytes, &d);
    a->elements++;
}

void param_trim(struct param *a)
{
    if (a->nulls < a->elements || a->bytes.len < ARRAY_HEADER)
        return;
    a->bytes.len = ARRAY_HEADER;
    a->elements = a->nulls = 0;
}

static void array_header_write(struct param *a)
{
    uint32_t has_null = htobe32(a->nulls > 0 ? 1 : 0);
    uint32_t elements = htobe32(a->elements);
    memcpy(a->bytes.data + 4, &has_null, sizeof has_null);
    memcpy(a->bytes.data + 12, &elements, sizeof elements);
}

void params_finish(struct params *p, const char *values[PARAMS_MAX], int lengths[PARAMS_MAX],
                   int formats[PARAMS_MAX])
{
    for (int i = 0; i < p->count; i++) {
        struct param *one = &p->list[i];
        if (one->is_array && one->bytes.len >= ARRAY_HEADER)
            array_header_write(one);
        /* An empty value must not look like NULL, and an empty buffer has no memory. */
        values[i] = one->is_null ? NULL : one->bytes.len > 0 ? one->bytes.data : "";
        lengths[i] = (int)one->bytes.len;
        formats[i] = 1;
    }
}
