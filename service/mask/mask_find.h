/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Private to the mask: where in a text an address may be. Each address in text[from, to) holds at least one
 * candidate:
 *   - the first of three dots or dashes, each between digits and two to four bytes after the one before;
 *   - two colons in a row, or the first of four colons that are two to five bytes apart;
 *   - an escape of a hex digit, dot, dash or colon, or of a sign that starts an escape;
 *   - a dot before "in" or "ip" (the names below arpa).
 * Returns the first candidate in [from, to), or ${to}. Reads no byte at or beyond ${len}; ${to} <= ${len}. */
typedef size_t mask_find(const uint8_t *text, size_t from, size_t to, size_t len);

/* All return the same. SSE2 and AVX2 exist on x86-64 only, and AVX2 may be called only where the processor
 * has it. */
mask_find mask_find_plain;
#ifdef __x86_64__
mask_find mask_find_sse2;
mask_find mask_find_avx2;
#endif

/* The fastest this processor has. */
mask_find *mask_find_best(void);
