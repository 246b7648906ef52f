/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "wire/cursor.h"
#include "wire/reader.h"

/* A large array, read a piece at a time, so that its thread does other things in between: to parse 8 MB at
 * once takes 70 ms, and longer where it is many small values. When it is whole, the reader is what
 * reader_open had made of it, but for what the limits leave out. Not copied; it must stay where it is
 * until then, and so must the bytes. */
struct reader_array {
    struct reader *reader;
    const char *whole;
    struct cursor rest; /* what is not read yet */
    struct json_t *tree;
    size_t count;
    size_t elements_max;
    size_t element_bytes_max;
};

/* Begins; parses nothing yet. Returns false when the bytes are no array, and nothing was read. Close ${r},
 * whatever comes out. Elements behind the first ${elements_max} + 1 are not looked at: so many are a fault
 * anyway (node_elements). One of more than ${element_bytes_max} is a fault (ERROR_INVALID) at its place. */
bool reader_array_open(struct reader_array *a, struct reader *r, const char *bytes, size_t len,
                       size_t elements_max, size_t element_bytes_max);
/* Parses some ${amount} bytes more, and the element in which they end. Returns whether there
 * are more. What is wrong ends it. */
bool reader_array_go_on(struct reader_array *a, size_t amount);
