/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes as lower-case hexadecimal digits, and back. */

/* ${text} has room for 2 * ${len} digits and a NUL. */
void hex_write(const uint8_t *bytes, size_t len, char *text);
/* Exactly 2 * ${len} digits; capitals are none. Returns false, ${ret_bytes} spoilt, where there is anything else. */
bool hex_read(const char *text, size_t text_len, uint8_t *ret_bytes, size_t len);
