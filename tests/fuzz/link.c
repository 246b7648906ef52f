/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing opens but what was sealed; and what was sealed opens, changed in no place. */
#include "auth/link.h"
#include "fuzz.h"

enum { PAYLOAD = 16 };
#define NOW (INT64_C(1800000000) * SECOND)

static const struct subject_keys keys = {.count = 2, .keys = {{.number = 7, .bytes = {1}}, {.number = 3}}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t payload[PAYLOAD] = {0}, opened[PAYLOAD] = {0};
    char text[LINK_TEXT_MAX + 1];
    REQUIRE(link_open(&keys, LINK_CONFIRM, NOW, (const char *)data, size, opened, sizeof opened) != 0);
    if (size < PAYLOAD + 2)
        return 0;
    memcpy(payload, data, sizeof payload);
    REQUIRE(link_seal(&keys, LINK_CONFIRM, NOW + SECOND, payload, sizeof payload, text) == 0);
    size_t len = strlen(text);
    REQUIRE(link_open(&keys, LINK_CONFIRM, NOW, text, len, opened, sizeof opened) == 0);
    REQUIRE(memcmp(opened, payload, sizeof payload) == 0);
    REQUIRE(link_open(&keys, LINK_CONFIRM, NOW + 2 * SECOND, text, len, opened, sizeof opened) != 0);
    size_t at = data[PAYLOAD] % len;
    if (data[PAYLOAD + 1] == (uint8_t)text[at])
        return 0;
    text[at] = (char)data[PAYLOAD + 1];
    REQUIRE(link_open(&keys, LINK_CONFIRM, NOW, text, len, opened, sizeof opened) != 0);
    return 0;
}
