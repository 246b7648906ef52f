/* SPDX-License-Identifier: Apache-2.0 */
/* A text in pieces gives what the whole gives. The third byte chooses the pieces. */
#include "mask_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mask_input in;
    if (size < 3 || !mask_input_read(data, size, &in))
        return 0;
    uint32_t state = (uint8_t)in.text[0];
    in.text++;
    in.len--;
    char *whole = room_make(in.len), *pieces = room_make(in.len + 2 * MASK_HOLD);
    size_t want = mask_text(in.text, in.len, in.prefixes, whole), got = 0;
    struct mask_stream stream;
    mask_stream_init(&stream, in.prefixes);
    for (size_t at = 0, n; at < in.len; at += n) {
        state = state * 1664525u + 1013904223u;
        n = (state >> 24) % 4 == 0 ? state >> 8 & 1023 : state >> 8 & 15;
        n = n < in.len - at ? n : in.len - at;
        char *copy = malloc(n + 1); /* the exact size, for the sanitizer */
        REQUIRE(copy != NULL);
        memcpy(copy, in.text + at, n);
        char *out = room_make(n + MASK_HOLD);
        size_t len = mask_stream_feed(&stream, copy, n, out);
        REQUIRE(stream.held <= MASK_HOLD);
        memcpy(pieces + got, out, len);
        got += len;
        free(out);
        free(copy);
    }
    got += mask_stream_finish(&stream, pieces + got);
    REQUIRE(got == want && memcmp(whole, pieces, got) == 0);
    free(whole);
    free(pieces);
    return 0;
}
