/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "mask/mask_address.h"
#include "mask/mask_reading.h"

#include <string.h>

/* Private to the mask: one stretch of letters, digits and `.:-_` of a reading, and the addresses in it. */

/* What is written in the place of the characters [from, to) of a reading. */
struct finding {
    const struct reading *reading;
    uint16_t from, to;
    uint16_t end; /* in the text, from the reading's base on */
    uint8_t len;  /* 0: it stays as it is */
    bool outer;   /* the segment ends with it */
    bool ipv6;
    bool masked; /* an IPv6 address of which the text holds no more than is kept, maybe in another spelling */
    bool scoped; /* an IPv6 address that is link-local or multicast */
    bool zoned;  /* an IPv6 address, and the start of its zone, of which the rest follows */
    char text[MASK_ADDRESS_SIZE];
};

enum { FINDINGS_MAX = 2 * (4 * READING_MAX / 7 + 2), NAMES_MAX = 8 };
enum { TAKEN_OCTET = 1, TAKEN_NAME, TAKEN };

/* (1) Findings do not overlap, also of several readings of one word: a byte that is taken belongs to one, or
 *     to a name that was looked at. An octet may be one of another address too, and loses the bits of both.
 * (2) A finding stands for one address or one part of one, has a byte at least, and one beside it that is
 *     not part of any; but for the last of four octets, which has three among them. Those of one reading are
 *     added to no more than those are that do not overlap: FINDINGS_MAX are enough. */
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
    size_t begin, end;                /* the bytes of the text that the following are of */
    uint16_t starts[READING_MAX + 1]; /* one more than the finding that starts at a byte */
    uint8_t taken[READING_MAX + 1];
};

/* The segment around the candidate of ${r}. */
void segment_open(struct segment *g, const struct reading *r, struct mask_prefixes prefixes);
/* The same for another reading of the same word, without what was found in those before. */
void segment_reopen(struct segment *g, const struct reading *r);

/* Moves ${r}, which ${g} is of, on to its next segment, if that begins before the byte ${reach}. */
bool segment_next(const struct segment *g, struct reading *r, size_t reach);

/* Whether the text stays as it is. */
bool finding_stays(const struct finding *f);
/* A new finding of [${from}, ${to}), which becomes taken. */
struct finding *segment_add(struct segment *g, size_t from, size_t to);
/* Drops the findings among the characters [${from}, ${to}). Returns false, with nothing dropped, where one is
 * in there by a part only, or a row of octets, or a name. */
bool segment_cover(struct segment *g, size_t from, size_t to);
/* Whether nothing takes a part of the characters [${from}, ${to}). */
bool segment_free(const struct segment *g, size_t from, size_t to);
/* The finding of digits that become ${value}; NULL where a part of them is taken in another way. */
struct finding *segment_number(struct segment *g, size_t from, size_t to, uint8_t value);

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
/* Whether a part of the character at ${at} is taken by more than an octet. */
static inline bool segment_taken(const struct segment *g, size_t at)
{
    for (size_t i = g->reading->at[at]; i < g->reading->at[at + 1]; i++)
        if (g->taken[i] > TAKEN_OCTET)
            return true;
    return false;
}
static inline bool segment_is(const struct segment *g, size_t at, unsigned classes)
{
    return at < g->to && char_is(g->reading->chars[at], classes);
}
static inline bool segment_is_char(const struct segment *g, size_t at, char c)
{
    return at < g->to && g->reading->chars[at] == (uint8_t)c;
}
