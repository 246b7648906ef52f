/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unitypes.h>

/* Private to the identifiers and to domain/personal: what people type, character by character. */

/* UTF-8, not NUL-terminated. */
struct identifier_text {
    const uint8_t *bytes;
    size_t len;
};

/* Takes the first character off ${text}, which is not empty. An invalid sequence gives U+FFFD. */
ucs4_t identifier_text_next(struct identifier_text *text);
/* Without blanks (below) at either end. */
struct identifier_text identifier_text_trim(struct identifier_text text);
bool identifier_text_is_ascii(struct identifier_text text);

/* White space, or a character that shows as nothing: copied along from a page or an address book, never
 * meant. */
bool identifier_character_is_blank(ucs4_t c);
/* Control, format, private or unassigned: not text, or not text yet. */
bool identifier_character_is_other(ucs4_t c);
/* A decimal digit's value, ASCII or the same in another script; else -1. */
int identifier_character_digit(ucs4_t c);

enum identifier_case { IDENTIFIER_LOWER, IDENTIFIER_UPPER };

/* Writes ${text} to ${out} in NFC and the case asked for. Returns the length, or 0 when it is empty or longer
 * than ${size} bytes. */
size_t identifier_text_fold(struct identifier_text text, enum identifier_case to, uint8_t *out, size_t size);
