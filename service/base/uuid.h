/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UUID_SIZE = 16, UUID_TEXT = 36 }; /* bytes; characters without the NUL */

/* Makes a UUIDv7 (RFC 9562, 5.7) whose last three bits are zero: one act on several subjects numbers its
 * records in them. Returns -1 when the system has no random bytes. */
int uuid_v7(uint8_t ret_uuid[UUID_SIZE]);
/* Writes 36 characters, lower case, and a NUL. */
void uuid_format(const uint8_t uuid[UUID_SIZE], char text[UUID_TEXT + 1]);
/* Reads the 36-character form, either case. Returns false and leaves ${ret_uuid} alone on anything else. */
bool uuid_parse(const char *text, size_t len, uint8_t ret_uuid[UUID_SIZE]);
