/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* A picture in a document, as base64: PNG or WebP, which carry no script as SVG would. */

enum { LOGO_BYTES_MAX = 32 * 1024, LOGO_TEXT_MAX = (LOGO_BYTES_MAX + 2) / 3 * 4 };

/* Its bytes into ${ret_bytes}. Returns its media type, which its first bytes say; NULL where it is none. */
const char *logo_read(const char *text, size_t len, uint8_t ret_bytes[LOGO_BYTES_MAX + 2], size_t *ret_len);
