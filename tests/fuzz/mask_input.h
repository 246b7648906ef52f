/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "fuzz.h"
#include "mask/mask.h"

/* With fewer bits of an IPv6 address no group is left to tell what was an address (mask.h): masking again
 * may take more. */
enum { MASK_STABLE_PREFIX = 16 };

/* A fuzzer's input: a byte for each prefix length, then the text. */
struct mask_input {
    struct mask_prefixes prefixes;
    const char *text;
    size_t len;
};

static inline bool mask_input_read(const uint8_t *data, size_t size, struct mask_input *ret_input)
{
    if (size < 2)
        return false;
    *ret_input = (struct mask_input){
        .prefixes = {data[0] % 33, data[1] % 129}, .text = (const char *)data + 2, .len = size - 2};
    return true;
}

/* Whether an escape or a colour may be in the text: where one is joined to an address, masking again may take
 * more. */
static inline bool has_sign(const struct mask_input *in)
{
    return memchr(in->text, '%', in->len) != NULL || memchr(in->text, '\\', in->len) != NULL ||
           memchr(in->text, '\x1b', in->len) != NULL || memchr(in->text, '#', in->len) != NULL;
}

static inline char *room_make(size_t len)
{
    char *room = malloc(mask_room(len));
    REQUIRE(room != NULL);
    return room;
}
