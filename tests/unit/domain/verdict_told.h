/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "verdict_scene.h"

/* What several purposes and slots hold of one person, and the verdict from no more than what a check reads of
 * it: what the tests of verdicts share. */

/* ---- a household: children, represented adults, purposes that replace others,
 * objections that are weighed ---- */

enum {
    MAIL = 1,     /* consent; for a minor the guardian's Yes, which stays past the limit */
    MAIL_SELF,    /* likewise, but ends at the limit */
    TEEN,         /* consent; a minor decides alone */
    ADULT,        /* consent; minors are not to be asked */
    ACCOUNT,      /* contract; for a minor the guardian's Yes */
    ACCOUNT_SELF, /* likewise, and ends at the limit */
    SHOP,         /* soft opt-in; for a minor the guardian's Yes besides the sale */
    PROFILE,      /* legitimate interest; objections are weighed */
    OLDEST,       /* consent, retired */
    OLD,          /* replaces OLDEST, retired */
    CURRENT,      /* replaces OLD */
    HEIR,         /* replaces GONE */
    INTEREST,     /* legitimate interest, objections are weighed; replaces MAIL */
    GONE = 90     /* was in a document once */
};

extern const struct policy household;

/* ---- a group: several companies in one statement ---- */

enum { NORTH, SOUTH, WEST, COMPANIES };
enum { OFFERS = 20, OFFERS_NORTH, OFFERS_SOUTH, OFFERS_WEST };
enum { TRIPS = 30, TRIPS_NORTH, TRIPS_SOUTH, TRIPS_WEST }; /* of NORTH and SOUTH alone; replaces OFFERS */

extern const struct policy group;

/* ---- what is held, and what follows from it ---- */

/* One thing held of a person. */
struct held_row {
    int32_t purpose;
    enum slot slot;
    enum event_state state; /* EVENT_NONE ends the list */
    int ago;                /* days before NOW */
    int ends;               /* days from NOW; 0: no end */
    bool copied;
};

enum { TOLD_MAX = 6 };
struct told {
    const char *question;
    int32_t purpose;
    struct held_row held[TOLD_MAX];
    const char *reason;
};

/* The age limit, and the end of a representation, in days from NOW; acts SAID days ago were done after PAST,
 * those BEFORE were not. */
enum { COMING = 30, PAST = -15 };
#define HELD(purpose_, slot_, state_, ago_, ...)                                                             \
    {                                                                                                        \
        .purpose = purpose_, .slot = slot_, .state = state_, .ago = ago_, ##__VA_ARGS__                      \
    }
#define CHILD       HELD(PURPOSE_ALL, SLOT_MINOR, EVENT_HOLDS, 50, .ends = COMING)
#define GROWN       HELD(PURPOSE_ALL, SLOT_MINOR, EVENT_HOLDS, 50, .ends = PAST)
#define REPRESENTED HELD(PURPOSE_ALL, SLOT_REPRESENTED, EVENT_HOLDS, 50, .ends = COMING)
#define FREE        HELD(PURPOSE_ALL, SLOT_REPRESENTED, EVENT_HOLDS, 50, .ends = PAST)

struct verdict verdict_told(const struct policy *p, int entity, const struct told *told, instant now);
/* Of the household, NOW. */
void assert_told(const struct told *rows, size_t count);
#define ASSERT_TOLD(rows) assert_told(rows, sizeof(rows) / sizeof *(rows))

bool set_has(const struct purpose_set *set, int32_t number);
