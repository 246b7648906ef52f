/* SPDX-License-Identifier: Apache-2.0 */
#include "net/guard/hpack_count.h"

#include <stdbool.h>

struct block {
    const uint8_t *at, *end;
};

/* An integer with a prefix of ${bits} (5.1); as in libh2o, at most 4 octets behind it. */
static bool integer_take(struct block *b, int bits, size_t *ret_value)
{
    if (b->at == b->end)
        return false;
    size_t most = (1u << bits) - 1, value = *b->at++ & most;
    if (value == most) {
        for (int shift = 0; shift < 28; shift += 7) {
            if (b->at == b->end)
                return false;
            value += (size_t)(*b->at & 0x7f) << shift;
            if ((*b->at++ & 0x80) == 0)
                break;
        }
    }
    *ret_value = value;
    return true;
}

static bool string_skip(struct block *b)
{
    size_t len;
    if (!integer_take(b, 7, &len) || len > (size_t)(b->end - b->at))
        return false;
    b->at += len;
    return true;
}

/* One representation (6). */
static bool field_skip(struct block *b)
{
    uint8_t first = *b->at;
    size_t index;
    if ((first & 0x80) != 0)
        return integer_take(b, 7, &index);
    if ((first & 0xe0) == 0x20)
        return integer_take(b, 5, &index);
    if (!integer_take(b, (first & 0x40) != 0 ? 6 : 4, &index))
        return false;
    return (index != 0 || string_skip(b)) && string_skip(b);
}

size_t hpack_count(const uint8_t *block, size_t len, size_t max)
{
    struct block b = {block, block + len};
    size_t count = 0;
    while (b.at < b.end && count <= max && field_skip(&b))
        count++;
    return count;
}
