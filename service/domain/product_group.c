/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/product_group.h"

#include "domain/consent.h"

#include <assert.h>
#include <openssl/sha.h>
#include <string.h>

enum { BITS = PRODUCT_GROUP_PLACE_BITS + PRODUCT_GROUP_FLAG_BITS };
static_assert(FLAG_PRODUCT_GROUP == ((1 << PRODUCT_GROUP_FLAG_BITS) - 1) << FLAG_PRODUCT_GROUP_SHIFT,
              "its bits");
static_assert(FLAG_PRODUCT_GROUP <= INT16_MAX, "stored as a smallint");
static_assert((2 * (int64_t)PRODUCT_GROUP_FIRST << SLOT_BITS) - 1 <= INT32_MAX, "stored beside the slot");

product_group product_group_of(const char *name)
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    uint64_t bits = 0;
    SHA256((const unsigned char *)name, strlen(name), hash);
    for (size_t i = 0; i < sizeof bits; i++)
        bits = bits << 8 | hash[i];
    return UINT64_C(1) << BITS | bits >> (64 - BITS);
}

int32_t product_group_place(product_group group)
{
    return group == 0 ? 0 : PRODUCT_GROUP_FIRST | (int32_t)(group & (PRODUCT_GROUP_FIRST - 1));
}

uint16_t product_group_flags(product_group group)
{
    uint64_t high = group >> PRODUCT_GROUP_PLACE_BITS & ((1 << PRODUCT_GROUP_FLAG_BITS) - 1);
    return (uint16_t)(high << FLAG_PRODUCT_GROUP_SHIFT);
}

product_group product_group_stored(int32_t place, uint16_t flags)
{
    if (place < PRODUCT_GROUP_FIRST)
        return 0;
    uint64_t high = ((unsigned)flags & FLAG_PRODUCT_GROUP) >> FLAG_PRODUCT_GROUP_SHIFT;
    return UINT64_C(1) << BITS | high << PRODUCT_GROUP_PLACE_BITS | (uint64_t)(place - PRODUCT_GROUP_FIRST);
}
