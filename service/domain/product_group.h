/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* What was sold, for soft opt-in (Tw 11.7(3)), as the caller names it. A sale's state keeps a hash of it:
 * PRODUCT_GROUP_PLACE_BITS are where it stands, so that sales of several groups stand beside each other; the
 * others stand among its flags. Of two groups that share a place the later sale stands, and allows less. Two
 * that share all bits would be one: a policy that names both is refused. */
typedef uint64_t product_group; /* 0: none was named */

enum { PRODUCT_GROUP_PLACE_BITS = 26, PRODUCT_GROUP_FLAG_BITS = 9 };
/* The first place (as it is stored, in place of a guardian): no guardian's number is as high. */
enum { PRODUCT_GROUP_FIRST = 1 << PRODUCT_GROUP_PLACE_BITS };

/* Of its name, byte for byte; never 0. */
product_group product_group_of(const char *name);
/* 0 for none. */
int32_t product_group_place(product_group group);
/* Bits of FLAG_PRODUCT_GROUP (domain/consent.h). */
uint16_t product_group_flags(product_group group);
/* And back. */
product_group product_group_stored(int32_t place, uint16_t flags);
