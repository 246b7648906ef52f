/* SPDX-License-Identifier: Apache-2.0 */
#include "mask/mask.h"

#include <string.h>

/* Characters in a row that have one NUL (UTF-16) or three (UTF-32) before them, until a text counts as
 * such. An address has more. */
enum { WIDE_ROW = 4, SHORT_PIECE = 16 };

static bool byte_is_wide(struct mask_wide *w, uint8_t byte)
{
    bool mark = w->count == 1 && ((w->first == 0xff && byte == 0xfe) || (w->first == 0xfe && byte == 0xff));
    if (w->count == 0)
        w->first = byte;
    w->count += w->count < 2;
    if (byte == 0) {
        w->zeros += w->zeros < 4;
        return false;
    }
    w->pairs = w->zeros == 1 ? w->pairs + 1 : 0;
    w->quads = w->zeros == 3 ? w->quads + 1 : 0;
    w->zeros = 0;
    return mark || w->pairs == WIDE_ROW || w->quads == WIDE_ROW;
}

bool mask_wide_seen(struct mask_wide *w, const char *text, size_t len)
{
    size_t at = 0;
    for (; at < len && w->count < 2; at++)
        if (byte_is_wide(w, (uint8_t)text[at]))
            return true;
    if (len - at > SHORT_PIECE) { /* up to the first NUL nothing is to be seen */
        const char *zero = memchr(text + at, '\0', len - at);
        size_t near = zero == NULL ? len - 1 : (size_t)(zero - text);
        if (near > at + 1) {
            at = near - 1;
            w->zeros = w->pairs = w->quads = 0;
        }
    }
    for (; at < len; at++)
        if (byte_is_wide(w, (uint8_t)text[at]))
            return true;
    return false;
}
