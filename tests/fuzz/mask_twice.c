/* SPDX-License-Identifier: Apache-2.0 */
/* Masking what is masked changes nothing. */
#include "mask_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mask_input in;
    if (!mask_input_read(data, size, &in))
        return 0;
    char *once = room_make(in.len);
    size_t len = mask_text(in.text, in.len, in.prefixes, once);
    REQUIRE(len <= mask_room(in.len));
    char *twice = room_make(len);
    REQUIRE(mask_text(once, len, in.prefixes, twice) == len && memcmp(once, twice, len) == 0);
    free(once);
    free(twice);
    return 0;
}
