/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/uuid.h"
#include "domain/policy.h"

/* Why. The order is the rule: the first that holds is the reason, and of several verdicts on one person the
 * first in this order is the strictest. */
#define REASONS(X)                                                                                           \
    X(REASON_RETIRED, false, "retired")                                                                      \
    X(REASON_SUPPRESSED, false, "suppressed")                                                                \
    X(REASON_RESTRICTED, false, "restricted")                                                                \
    X(REASON_OBJECTED, false, "objected")                                                                    \
    X(REASON_WITHDRAWN, false, "withdrawn")                                                                  \
    X(REASON_REFUSED, false, "refused")                                                                      \
    X(REASON_INVALIDATED, false, "invalidated")                                                              \
    X(REASON_AGE_UNKNOWN, false, "age_unknown")                                                              \
    X(REASON_GUARDIAN_REQUIRED, false, "guardian_required")                                                  \
    X(REASON_UNCONFIRMED, false, "unconfirmed")                                                              \
    X(REASON_EXPIRED, false, "expired")                                                                      \
    X(REASON_NOTICE_OUTDATED, false, "notice_outdated")                                                      \
    X(REASON_NOTICE_UNKNOWN, false, "notice_unknown")                                                        \
    X(REASON_NEVER_ASKED, false, "never_asked")                                                              \
    X(REASON_GRANTED, true, "granted")                                                                       \
    X(REASON_NOT_REQUIRED, true, "not_required")

#define REASON_MEMBER(name, allow, word) name,
enum reason { REASONS(REASON_MEMBER) REASON_COUNT };
#undef REASON_MEMBER

const char *reason_word(enum reason reason);
bool reason_allows(enum reason reason);
/* Whether somebody said No: it was withdrawn, refused or objected to. */
bool reason_is_no(enum reason reason);

/* What stands under one tag, of one purpose in one slot. */
struct state {
    int32_t purpose; /* number of a purpose, of a purpose of one entity, PURPOSE_ALL, or of a channel */
    enum slot slot;
    int32_t guardian; /* whose slot it is; 0: the person's; of SLOT_SALE a product group's place */
    rank rank;        /* of a fact the moment it ends: state_until */
    int64_t revision;
    uint8_t record_id[UUID_SIZE];
    instant valid_until;   /* INSTANT_NONE: no end */
    int32_t notice_number; /* 0: the words are not known */
    uint16_t flags;
};

/* All that is known of one tag, or that part of it that purpose_set_of asks for. Of one purpose, slot and
 * guardian there may be several: what other tags add (sql/query/check.sql). The higher rank stands. */
struct states {
    size_t count;
    const struct state *list;
};

/* The numbers whose states a verdict on one purpose looks at: the purpose, each entity's,
 * what it replaces, its channel, PURPOSE_ALL, those of each entity, PURPOSE_POINTER. */
enum { REPLACES_MAX = 4, PURPOSE_SET_MAX = 1 + (2 + 1 + REPLACES_MAX) * (1 + POLICY_ENTITIES_MAX) };
struct purpose_set {
    size_t count;
    int32_t numbers[PURPOSE_SET_MAX];
};

/* Who said what a verdict rests on. */
enum voice {
    VOICE_NONE,      /* nobody's word: a sale, what staff or a policy did, or nothing */
    VOICE_SELF,      /* the person, by this identifier's name */
    VOICE_ELSEWHERE, /* a No that came from an identifier that goes with this one */
    VOICE_SIGNAL,    /* the browser */
    VOICE_GUARDIAN
};

struct verdict {
    enum reason reason;
    const struct purpose *purpose;
    int entity;              /* index into the policy's entities; ENTITY_ANY where it has none */
    instant since;           /* when the act that decides was done; INSTANT_NONE: no act decides */
    instant valid_until;     /* of a Yes; INSTANT_NONE: no end, or no Yes */
    instant ask_again_after; /* of a No; INSTANT_NONE: no such rule */
    instant renew_by;   /* of a Yes to words that a material version is about to outdate; else INSTANT_NONE */
    bool reconfirm_due; /* a guardian's Yes, of somebody who may decide now */
    bool minor;         /* known to be one now, or to be represented; whatever the purpose says of them */
    bool renew_self;    /* expired, and only the person's own Yes renews it */
    enum voice voice;
    bool own_no;      /* what was said last by this name is a No, whatever else stands beside it */
    bool waits;       /* a request waits that no No came after: confirmed, it would be a Yes */
    int64_t revision; /* of the event that decides; 0: none does */
    uint8_t record_id[UUID_SIZE];
};

/* Adds the purpose's numbers, for all entities and for each. */
void purpose_set_add(struct purpose_set *set, const struct policy *policy, const struct purpose *purpose);
/* Adds the standing Noes that may be to it, of all entities and of each. */
void purpose_set_standing(struct purpose_set *set, const struct policy *policy,
                          const struct purpose *purpose);
/* All that a verdict on the purpose looks at: its own numbers, the standing No, and what it replaces. */
void purpose_set_of(const struct policy *policy, const struct purpose *purpose, struct purpose_set *ret_set);
/* Whether ${purpose} replaces the one of that number, at whatever remove: a No to it counts here too. */
bool purpose_took_over(const struct policy *policy, const struct purpose *purpose, int32_t number);
/* The highest of that number and slot of the person's own, or NULL. */
const struct state *states_find(const struct states *s, int32_t purpose, enum slot slot);
/* Of a fact: when it ends; 0: it does not hold. */
instant state_until(const struct state *s);
/* Decides. Pure: everything it knows is in the arguments. ${entity}: ENTITY_ANY asks for all of the
 * policy's, and answers the strictest. */
struct verdict verdict_of(const struct policy *policy, const struct purpose *purpose, int entity,
                          const struct states *states, instant now);
/* Likewise where products of ${group} are to be sold: a soft opt-in rests on a sale of that group, or of one
 * that the policy has as similar. Without one (0) it is verdict_of. */
struct verdict verdict_to_sell(const struct policy *policy, const struct purpose *purpose, int entity,
                               product_group group, const struct states *states, instant now);
/* The stricter of two verdicts on one purpose: the earlier reason; of equals the one that ends first. */
struct verdict verdict_stricter(struct verdict a, struct verdict b);
