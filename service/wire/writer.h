/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/clock.h"
#include "base/uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes one JSON value into a buf: one pass, no tree, no allocation but the buf's own. Commas are its
 * business; so is the order of calls, which debug builds assert. Strings are taken to be valid UTF-8 without
 * NUL. Whether all of it fitted is asked of the buf, once, at the end. */
struct writer {
    struct buf *buf;
    uint64_t objects; /* one bit a level, the innermost lowest: set in an object */
    unsigned depth;   /* at most 64 */
    bool comma;       /* the next value is not the first of its level */
};

/* A writer of one value, which goes behind what ${b} holds. Needs no clean-up. */
static inline struct writer writer_of(struct buf *b)
{
    return (struct writer){.buf = b};
}

/* In all of the following ${key} names the member in an object, and is NULL in an array and at the top. */
void writer_object_begin(struct writer *w, const char *key);
void writer_object_end(struct writer *w);
void writer_array_begin(struct writer *w, const char *key);
void writer_array_end(struct writer *w);

void writer_string(struct writer *w, const char *key, const char *bytes, size_t len);
/* As writer_string, up to the NUL; NULL writes null. */
void writer_text(struct writer *w, const char *key, const char *text);
void writer_int(struct writer *w, const char *key, int64_t value);
void writer_bool(struct writer *w, const char *key, bool value);
void writer_null(struct writer *w, const char *key);
/* RFC 3339 in UTC; INSTANT_NONE writes null. */
void writer_moment(struct writer *w, const char *key, instant moment);
void writer_uuid(struct writer *w, const char *key, const uint8_t uuid[UUID_SIZE]);
/* 64 lower-case hexadecimal digits. */
enum { SHA256_SIZE = 32 };
void writer_sha256(struct writer *w, const char *key, const uint8_t sha256[SHA256_SIZE]);
/* ${json} is one whole JSON value already. */
void writer_raw(struct writer *w, const char *key, const char *json, size_t len);
/* ${json} is one whole JSON object without white space around it: its members, as members of this one. */
void writer_members(struct writer *w, const char *json);
