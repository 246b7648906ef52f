/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Decodes base64url without padding (RFC 7515, section 2), strictly: one text for one value. Another
 * character, an impossible length or a bit set beyond the last byte is refused (a lenient decoder lets a
 * token be spelled in many ways, each of which would be remembered on its own). Returns false when it is
 * refused or does not fit ${room} bytes;
 * ${bytes} may then have been written to. */
bool base64url_decode(const char *text, size_t len, unsigned char *bytes, size_t room, size_t *ret_len);

/* Characters that ${len} bytes make, without padding. */
static inline size_t base64url_length(size_t len)
{
    return (len * 4 + 2) / 3;
}
/* Writes base64url_length(${len}) characters and a NUL. */
void base64url_encode(const unsigned char *bytes, size_t len, char *text);
