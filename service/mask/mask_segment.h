/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "mask/mask_address.h"
#include "mask/mask_reading.h"

#include <string.h>

/* Private to the mask: one stretch of letters, digits and `.:-_` of a reading, and the addresses in it. */

/* What is written in the place of the characters [from, to). */
struct finding {
    uint16_t from, to;
    uint8_t len; /* 0: it stays as it is */
    bool ipv6;
    bool scoped; /* an IPv6 address that is link-local or multicast */
    char text[MASK_ADDRESS_SIZE];
};

enum { FINDINGS_MAX = READING_MAX / 2 + 1, NAMES_MAX = 8 };

/* (1) Findings do not overlap: a character that is taken belongs to one, or to a name that was looked at.
 * (2) A finding stands for one address or one part of one; each is of a character at least and has one
 *     beside it that is not part of any, so FINDINGS_MAX are enough. */
struct segment {
    const struct reading *reading;
    struct mask_prefixes prefixes;
    size_t from, to;
    size_t name_count;
    struct segment_name { /* the labels of a name below arpa, and the dot behind them */
        size_t from, dot;
        bool ip6;
    } names[NAMES_MAX];
    size_t count;
    struct finding findings[FINDINGS_MAX];
    uint16_t starts[READING_MAX + 1]; /* one more than the finding that starts at a character */
    bool taken[READING_MAX + 1];
};

/* A new finding of [${from}, ${to}), which becomes taken. */
struct finding *segment_add(struct segment *g, size_t from, size_t to);
/* A new finding of digits that become ${value}. */
void segment_number(struct segment *g, size_t from, size_t to, uint8_t value);

/* Finds the labels of names below in-addr.arpa and ip6.arpa. */
void names_find(struct segment *g);
/* Masks them, but for what is taken. */
void names_mask(struct segment *g);
/* Finds the IPv6 addresses. Names must be known. */
void ipv6_find(struct segment *g);
/* Finds the IPv4 addresses in what is not taken. */
void ipv4_find(struct segment *g);

static inline bool char_is(uint8_t c, unsigned classes)
{
    return (mask_class[c] & classes) != 0;
}
static inline bool segment_is(const struct segment *g, size_t at, unsigned classes)
{
    return at < g->to && char_is(g->reading->chars[at], classes);
}
static inline bool segment_is_char(const struct segment *g, size_t at, char c)
{
    return at < g->to && g->reading->chars[at] == (uint8_t)c;
}
