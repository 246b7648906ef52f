/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bodies of a run: a template whose %d (or %09d: so many digits) is the number of a subject. */
struct body_plan {
    const char *template;
    uint64_t first; /* subjects first .. first + range - 1 */
    uint64_t range; /* 0: without end */
    bool random;    /* else in turn */
    uint64_t seed;  /* of the random order */
    unsigned array; /* so many objects, as a JSON array; 0: one, bare */
    /* instead of all that: the lines of a text, in turn */
    const char *text;
    uint64_t lines;
    const char **line; /* each, and the end of the last */

    const char *tail; /* the template from behind its number */
    size_t head_len;
    size_t digits;
};

/* Any run of numbers comes out as if drawn. The same number, the same one. */
uint64_t scatter(uint64_t n);
/* Reads the template. Returns false when it has no %d, or more than one. */
bool body_plan_read(struct body_plan *plan);
/* Takes a file's lines instead. Returns false when there are none. */
bool body_plan_lines(struct body_plan *plan, const char *path);
/* Room for the longest body. */
size_t body_bytes_max(const struct body_plan *plan);
/* Writes the body of the n-th request, without a NUL; returns its length. The same n, the same body. */
size_t body_write(const struct body_plan *plan, uint64_t n, char *out);
