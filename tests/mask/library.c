/* SPDX-License-Identifier: Apache-2.0 */
/* A program of somebody else's, linked to the shared library. */
#include "mask/mask.h"

#include <stdio.h>
#include <string.h>

int main(void)
{
    static struct mask_stream stream;
    static struct mask_json json = {.prefixes = {MASK_IPV4_DEFAULT, MASK_IPV6_DEFAULT}};
    char out[4096];
    size_t len;
    mask_stream_init(&stream, json.prefixes);
    len = mask_stream_feed(&stream, "192.0.", 6, out);
    len += mask_stream_feed(&stream, "2.33\n", 5, out + len);
    len += mask_stream_finish(&stream, out + len);
    if (len != 10 || memcmp(out, "192.0.2.0\n", 10) != 0)
        return 1;
    if (mask_json(&json, "[\"::1\"]", 7, out, &len) != MASK_JSON_OK || len != 6 ||
        memcmp(out, "[\"::\"]", 6) != 0)
        return 1;
    return mask_address("::1", 3, json.prefixes, out, &len) && strcmp(out, "::") == 0 ? 0 : 1;
}
