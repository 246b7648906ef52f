/* SPDX-License-Identifier: Apache-2.0 */
/* Each search for candidates gives the same masked bytes. */
#include "mask/mask_scan.h"
#include "mask_input.h"

static void compare(mask_find *find, const struct mask_input *in, const char *want, size_t want_len)
{
    char *out = room_make(in->len);
    size_t len = mask_text_by(find, in->text, in->len, in->prefixes, out);
    REQUIRE(len == want_len && memcmp(out, want, len) == 0);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mask_input in;
    if (!mask_input_read(data, size, &in))
        return 0;
    char *plain = room_make(in.len);
    size_t len = mask_text_by(mask_find_plain, in.text, in.len, in.prefixes, plain);
    compare(mask_find_best(), &in, plain, len);
#ifdef __x86_64__
    compare(mask_find_sse2, &in, plain, len);
#endif
    free(plain);
    return 0;
}
