/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing opens but what was sealed, for its use; what was sealed opens, changed in no place; and what stands
 * in it is read back as it was packed, or refused. */
#include "auth/link.h"
#include "fuzz.h"
#include "ledger/links.h"

static struct link_keys keys;

static void seals(const uint8_t *data, size_t size)
{
    struct link link = {.controller_id = (int32_t)size, .expires = INT64_C(1800000000) * SECOND}, opened;
    char text[LINK_TEXT_MAX + 1];
    link.len = size < LINK_PAYLOAD_MAX ? size : LINK_PAYLOAD_MAX;
    memcpy(link.payload, data, link.len);
    REQUIRE(link_seal(&keys, LINK_UNSUBSCRIBE, &link, text) == 0);
    size_t len = strlen(text);
    REQUIRE(len <= LINK_TEXT_MAX);
    REQUIRE(link_open(&keys, LINK_UNSUBSCRIBE, text, len, &opened) == 0);
    REQUIRE(opened.controller_id == link.controller_id && opened.expires == link.expires);
    REQUIRE(opened.len == link.len && memcmp(opened.payload, link.payload, link.len) == 0);
    REQUIRE(link_open(&keys, LINK_PREFERENCES, text, len, &opened) != 0);
    size_t at = data[0] % len;
    if (data[size - 1] == (uint8_t)text[at])
        return;
    text[at] = (char)data[size - 1];
    REQUIRE(link_open(&keys, LINK_UNSUBSCRIBE, text, len, &opened) != 0);
}

/* What is read is packed again as it was: there is one spelling of each. */
static void unpacks(const uint8_t *data, size_t size)
{
    static uint8_t packed[PERSON_LINK_MAX];
    static struct person_link person;
    struct confirmation confirmation;
    if (person_link_unpack(data, size, &person)) {
        REQUIRE(person_link_pack(&person, packed) == size);
        REQUIRE(memcmp(packed, data, size) == 0);
    }
    struct link link = {.len = size < LINK_PAYLOAD_MAX ? size : LINK_PAYLOAD_MAX}, again = {0};
    memcpy(link.payload, data, link.len);
    if (confirm_link_unpack(&link, &confirmation)) {
        confirm_link_pack(&confirmation, &again);
        REQUIRE(again.len == link.len && memcmp(again.payload, link.payload, link.len) == 0);
    }
    struct identity_claim claim;
    if (identity_link_unpack(&link, &claim)) {
        identity_link_pack(&claim, &again);
        REQUIRE(again.len == link.len && memcmp(again.payload, link.payload, link.len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct numbered_keys numbered = {.count = 2,
                                                  .keys = {{.number = 7, .bytes = {1}}, {.number = 3}}};
    struct link opened;
    if (keys.numbered.count == 0)
        REQUIRE(link_keys_make(&numbered, &keys) == 0);
    REQUIRE(link_open(&keys, LINK_UNSUBSCRIBE, (const char *)data, size, &opened) != 0);
    if (size == 0)
        return 0;
    seals(data, size);
    unpacks(data, size);
    return 0;
}
