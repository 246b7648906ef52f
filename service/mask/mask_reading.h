/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "mask/mask_scan.h"

/* Private to the mask: the word around a candidate as it reads when its escapes are what they stand for. */
enum { READING_MAX = MASK_RUN_MAX + MASK_TOKEN_MAX };

/* Which signs are read as such: %, the others, and the others that came out of an escape. */
enum { LITERAL_PERCENT = 1, LITERAL_OTHERS = 2, LITERAL_NESTED = 4, LITERAL_ALL = 7 };

struct reading {
    size_t base;       /* where it starts in the text */
    size_t count;      /* characters */
    size_t here;       /* the candidate's */
    bool open;         /* it is cut off: the word goes on behind it */
    unsigned doubtful; /* what in it was taken for an escape and may be a sign before digits or letters */
    uint8_t chars[READING_MAX + 1];
    uint16_t at[READING_MAX + 1]; /* where each is, from base on; one more for the end */
};

/* Reads the word that the candidate at ${at} is in. What of it is no address's character is as good as a
 * space: a control, a colour, one of several dots in a row. Of the signs
 * ${literal} what is doubtful is read as such.
 *
 * Escapes: %XX, \xXX, \uXXXX, \OOO and #OOO (three octal digits), \n and its kin, \\; and all of them
 * nested, as in %252E and \\x2e. A colour is ESC [ digits letter (the ESC may be missing or escaped), and
 * ESC ( letter. */
void reading_make(const struct scan *s, size_t at, unsigned literal, struct reading *ret_reading);

/* The width of the escape at ${text}, with its character (128 for all above 127); 0 without one. */
size_t escape_read(const uint8_t *text, size_t len, uint8_t *ret_char);
