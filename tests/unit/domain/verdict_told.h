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
    SHOP,         /* soft opt-in, and none for a minor */
    CLUB,         /* consent; an age is required, and of a guardian a signature in writing */
    SITE,         /* consent, on the web; its words must be known */
    SITE_CHILD,   /* likewise; for a minor the guardian's Yes */
    GAMES,        /* legitimate interest, direct marketing; for a minor the guardian's Yes */
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

/* Who says it. A named guardian has a number of their own. */
enum { SELF = 0, PARENT = ROLE_PARENT, CARER = ROLE_CARER, MOTHER = GUARDIAN_NAMED, FATHER };

/* Standing Noes of one channel. */
enum {
    EMAILS = PURPOSE_CHANNEL_FIRST - CHANNEL_EMAIL,
    TEXTS = PURPOSE_CHANNEL_FIRST - CHANNEL_SMS,
    WEB = PURPOSE_CHANNEL_FIRST - CHANNEL_WEB
};

/* Of one entity. */
enum { NUMBER_NORTH = 901 };
enum {
    ALL_OF_NORTH = PURPOSE_ENTITIES - ENTITY_STRIDE * NUMBER_NORTH,
    EMAILS_OF_NORTH = ALL_OF_NORTH + PURPOSE_CHANNEL_FIRST - CHANNEL_EMAIL,
    TEXTS_OF_NORTH = ALL_OF_NORTH + PURPOSE_CHANNEL_FIRST - CHANNEL_SMS
};

/* One thing held of a person: an act, or a fact. */
struct held_row {
    int32_t purpose;
    int32_t who;
    enum event_state state; /* EVENT_NONE: a fact, or the end of the list */
    int ago;                /* days before NOW */
    int ends;               /* days from NOW; 0: no end, of a fact that it does not hold */
    bool copied;
    bool reached;        /* a No that came from elsewhere */
    bool signal;         /* the browser's, or given under it */
    bool unknown;        /* which words were shown */
    bool sale;           /* what was invalidated is one */
    const char *group;   /* of a sale */
    const char *to_sell; /* nothing that is held, but what is asked about; NULL: it is not */
    int flags;
    bool forever;   /* a fact whose end is not known */
    enum slot fact; /* SLOT_AGE...; 0: none */
};

enum { TOLD_MAX = 8 };
struct told {
    const char *question;
    int32_t purpose;
    struct held_row held[TOLD_MAX];
    const char *reason;
};

/* The age limit, and the end of a representation, in days from NOW; acts SAID days ago were done after PAST,
 * those BEFORE were not. */
enum { COMING = 30, PAST = -15 };
#define HELD(purpose_, who_, state_, ago_, ...)                                                              \
    {                                                                                                        \
        .purpose = purpose_, .who = who_, .state = state_, .ago = ago_, ##__VA_ARGS__                        \
    }
#define FACT(slot_, ...)                                                                                     \
    {                                                                                                        \
        .fact = slot_, ##__VA_ARGS__                                                                         \
    }
#define TO_SELL(group_)                                                                                      \
    {                                                                                                        \
        .to_sell = group_                                                                                    \
    }
#define CHILD       FACT(SLOT_AGE, .ends = COMING)
#define GROWN       FACT(SLOT_AGE, .ends = PAST)
#define ADULT_TOLD  FACT(SLOT_AGE, .ends = 0)
#define REPRESENTED FACT(SLOT_CARE, .ends = COMING)
#define FREE        FACT(SLOT_CARE, .ends = PAST)

struct verdict verdict_told(const struct policy *p, int entity, const struct told *told, instant now);
/* Of the household, NOW. */
void assert_told(const struct told *rows, size_t count);
#define ASSERT_TOLD(rows) assert_told(rows, sizeof(rows) / sizeof *(rows))

bool set_has(const struct purpose_set *set, int32_t number);
