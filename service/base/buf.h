/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing byte buffer that is born with a ceiling. A failed append (ceiling or memory) is remembered and
 * all later ones do nothing: write straight on and ask buf_failed once. */
struct buf {
    char *data; /* NULL until the first append */
    size_t len;
    size_t capacity;
    size_t ceiling;
    bool failed;
};

/* Starts ${b} empty; it will never hold more than ${ceiling} bytes. Allocates nothing. */
void buf_init(struct buf *b, size_t ceiling);
/* Frees the bytes and leaves ${b} empty with the same ceiling; a failure is forgotten. */
void buf_free(struct buf *b);
/* Forgets the bytes and a failure, keeps the memory. */
void buf_clear(struct buf *b);

void buf_append(struct buf *b, const void *bytes, size_t len);
void buf_text(struct buf *b, const char *text);
void buf_byte(struct buf *b, char byte);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Makes room for ${len} bytes that the caller fills, and counts them. Returns NULL on failure. */
char *buf_extend(struct buf *b, size_t len);

static inline bool buf_failed(const struct buf *b)
{
    return b->failed;
}
