/* SPDX-License-Identifier: Apache-2.0 */
/* Masking what is masked changes nothing; where signs of escapes are joined to addresses in odd ways, not
 * for ever: each time may take away more, and soon there is no more. */
#include "mask_input.h"

enum { SETTLED = 3 };

static char *mask_again(const char *text, size_t len, struct mask_prefixes prefixes, size_t *ret_len)
{
    char *out = room_make(len);
    *ret_len = mask_text(text, len, prefixes, out);
    REQUIRE(*ret_len <= mask_room(len));
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mask_input in;
    size_t len, again;
    if (!mask_input_read(data, size, &in))
        return 0;
    if (in.prefixes.ipv6 < MASK_STABLE_PREFIX)
        in.prefixes.ipv6 = MASK_STABLE_PREFIX;
    char *once = mask_again(in.text, in.len, in.prefixes, &len);
    for (int more = has_sign(&in) ? SETTLED : 0; more > 0; more--) {
        char *twice = mask_again(once, len, in.prefixes, &len);
        free(once);
        once = twice;
    }
    char *last = mask_again(once, len, in.prefixes, &again);
    REQUIRE(again == len && memcmp(once, last, len) == 0);
    free(once);
    free(last);
    return 0;
}
