/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

/* What an event says (ISO/IEC TS 27560, W3C DPV). The numbers are stored, and they are the lowest bits of a
 * rank: of two events that are alike in all that ranks, the higher number stands. */
#define EVENT_STATES(X)                                                                                      \
    X(EVENT_ELIGIBLE, 1, "eligible") /* soft opt-in: the address came with a sale (Tw 11.7) */               \
    X(EVENT_GIVEN, 2, "given")                                                                               \
    X(EVENT_OBJECTION_WITHDRAWN, 3, "objection_withdrawn")                                                   \
    X(EVENT_RENEWED, 4, "renewed")                                                                           \
    X(EVENT_REQUESTED, 5, "requested")   /* a Yes that waits for its confirmation */                         \
    X(EVENT_OVERRIDDEN, 6, "overridden") /* an objection was weighed: compelling grounds stand against it */ \
    X(EVENT_PASSED, 7, "passed")         /* what time did: never a state */                                  \
    X(EVENT_INVALIDATED, 8, "invalidated")                                                                   \
    X(EVENT_OBJECTED, 9, "objected")                                                                         \
    X(EVENT_REFUSED, 10, "refused")                                                                          \
    X(EVENT_UPHELD, 11, "upheld") /* an objection was weighed, and holds */                                  \
    X(EVENT_WITHDRAWN, 12, "withdrawn")                                                                      \
    X(EVENT_RESTRICTED, 13, "restricted") /* no purpose's, but the person's (GDPR art. 18): STAFF_... */     \
    X(EVENT_ERASED, 14, "erased")         /* who was erased is not to come back: a No that reached a tag */  \
    X(EVENT_STAFF, 15, "staff")           /* what else staff did to a person: never a state */

#define EVENT_STATE_MEMBER(name, number, word) name = number,
enum event_state { EVENT_NONE = 0, EVENT_STATES(EVENT_STATE_MEMBER) };
#undef EVENT_STATE_MEMBER

#define COLLECTION_METHODS(X)                                                                                \
    X(METHOD_WEB_FORM, "web_form")                                                                           \
    X(METHOD_BANNER, "banner")                                                                               \
    X(METHOD_PREFERENCE_PAGE, "preference_page")                                                             \
    X(METHOD_ONE_CLICK, "one_click")                                                                         \
    X(METHOD_DOUBLE_OPT_IN, "double_opt_in")                                                                 \
    X(METHOD_APP, "app")                                                                                     \
    X(METHOD_API, "api")                                                                                     \
    X(METHOD_EMAIL, "email")                                                                                 \
    X(METHOD_SMS, "sms")                                                                                     \
    X(METHOD_CHAT, "chat")                                                                                   \
    X(METHOD_PHONE, "phone")                                                                                 \
    X(METHOD_LETTER, "letter")                                                                               \
    X(METHOD_PAPER, "paper")                                                                                 \
    X(METHOD_IN_PERSON, "in_person")                                                                         \
    X(METHOD_IMPORT, "import")                                                                               \
    X(METHOD_GPC, "gpc")

#define COLLECTION_METHOD_MEMBER(name, word) name,
enum collection_method { COLLECTION_METHODS(COLLECTION_METHOD_MEMBER) COLLECTION_METHOD_COUNT };
#undef COLLECTION_METHOD_MEMBER

/* Who acted. A parent, carer or legal representative is a guardian, and so is who refused for a child without
 * saying which. Staff corrects, with a document; the controller weighs objections. */
enum role {
    ROLE_SELF,
    ROLE_PARENT,
    ROLE_CARER,
    ROLE_LEGAL_REPRESENTATIVE,
    ROLE_STAFF,
    ROLE_CONTROLLER,
    ROLE_GUARDIAN, /* of a No alone: which was not said */
    ROLE_COUNT
};
bool role_is_guardian(enum role role);

/* What came of an event. */
enum effect {
    EFFECT_APPLIED,
    EFFECT_SUPERSEDED,
    EFFECT_OUTDATED,
    EFFECT_PENDING,
    EFFECT_WORDS_UNKNOWN,
    EFFECT_SETTLED_THERE, /* told to nobody: what the ledger is asked to settle, which knows the person */
    EFFECT_REPEATED,      /* an import that is here already: it is no second event */
    EFFECT_COUNT
};

/* What is kept apart under one tag and purpose (API, "Who is who" and "Rank").
 *
 * A Yes holds for the identifiers that its act named. A No holds for those, and reaches more: what was said
 * by name, of the tag or of what came with it, travels on with each new tie; what reached the tag from
 * elsewhere stays. So a Yes, a No that travels and a No that came have a slot each, and a No survives under
 * a later Yes.
 *
 * The facts are of PURPOSE_ALL. Their rank is no event's rank but the moment until which the limit holds, 0:
 * it does not (slot_is_fact); of SLOT_AGE_DOCUMENT and SLOT_CARE_DOCUMENT it is the time of the document, and
 * valid_until is the limit. The numbers are stored. */
enum slot {
    SLOT_YES = 0,     /* the best Yes by name; or that it was invalidated, which binds as a Yes does */
    SLOT_NO = 1,      /* the best No by name; it travels */
    SLOT_REACHED = 2, /* the best No that came from elsewhere */
    SLOT_SIGNAL = 3,  /* the browser signal's No (gpc), beside the person's choice; it travels */
    SLOT_SIGNAL_REACHED = 4,
    SLOT_SALE = 5,      /* what soft opt-in rests on; or that it was invalidated */
    SLOT_PENDING = 6,   /* the latest Yes that waits for its confirmation, until valid_until */
    SLOT_OUTCOME = 7,   /* how an objection was weighed */
    SLOT_AGE = 8,       /* told by name, not with a No: an age is known */
    SLOT_AGE_LIMIT = 9, /* a minor until then; it travels */
    SLOT_AGE_REACHED = 10,
    SLOT_AGE_DOCUMENT = 11, /* by a guardian or staff with a document, by name: it outranks what was told */
    SLOT_CARE = 12,         /* the same four of an adult who is represented */
    SLOT_CARE_LIMIT = 13,
    SLOT_CARE_REACHED = 14,
    SLOT_CARE_DOCUMENT = 15,
    SLOT_COUNT = 16
};
/* As it is stored: the first three slots exist once for the person (guardian 0) and once for each guardian,
 * who has the role's number where none was named, and else one from GUARDIAN_NAMED on. SLOT_SALE exists once
 * for each product group, in place of a guardian (domain/product_group.h), and once for what has none. */
enum { SLOT_BITS = 4, GUARDIAN_NAMED = 8 };
bool slot_is_fact(enum slot slot);

/* What staff does to a person is an event of PURPOSE_ALL (of what is undone, that of the purpose), in a slot
 * as if GUARDIAN_STAFF were a guardian. Of these only STAFF_RESTRICTED stands anywhere: as a No that arrives
 * it is heard by all that the person has, and never travels up. */
#define STAFF_ACTS(X)                                                                                        \
    X(STAFF_RESTRICTED, 4, "restricted")                                                                     \
    X(STAFF_LIFTED, 5, "restriction_lifted")                                                                 \
    X(STAFF_ERASED, 6, "erased")                                                                             \
    X(STAFF_UNDONE, 7, "import_undone") /* of an event: it has no rank any more */                           \
    X(STAFF_ADDED, 8, "identifier_added")                                                                    \
    X(STAFF_ENDED, 12, "identifier_ended")                                                                   \
    X(STAFF_MERGED, 13, "merged")                                                                            \
    X(STAFF_SPLIT, 14, "split")                                                                              \
    X(STAFF_CORRECTED, 15, "identifier_corrected")

#define STAFF_ACT_MEMBER(name, number, word) name = number,
enum staff_act { STAFF_ACTS(STAFF_ACT_MEMBER) };
#undef STAFF_ACT_MEMBER
enum { GUARDIAN_STAFF = 4 }; /* above the roles' numbers, below GUARDIAN_NAMED */

/* What time alone did is an event too (sql/function/endings.sql), in a slot as if GUARDIAN_TIME were a
 * guardian: so that whoever follows the ledger checks again. Nothing ever stands by it. */
#define TIME_EVENTS(X)                                                                                       \
    X(TIME_EXPIRING, 7, "expiring") /* in 30 days the Yes will have expired */                               \
    X(TIME_EXPIRED, 8, "expired")                                                                            \
    X(TIME_LAPSED, 12, "lapsed")       /* nobody confirmed it in time */                                     \
    X(TIME_LIMIT, 13, "limit_reached") /* of the person: of age, or not represented any more */

#define TIME_EVENT_MEMBER(name, number, word) name = number,
enum time_event { TIME_EVENTS(TIME_EVENT_MEMBER) };
#undef TIME_EVENT_MEMBER
enum { GUARDIAN_TIME = 5 };

/* What else a verdict must know of an act: bits of ${flags}. */
enum {
    FLAG_STRENGTH = 7, /* enum strength of a guardian's act */
    FLAG_WRITTEN = 8,  /* of a guardian's act: in writing, or by a signature */
    FLAG_IMPORTED = 8, /* of what invalidates a Yes: that was an import's */
    FLAG_SIGNAL = 16,  /* a Yes that was given under the browser signal: later than it, whatever the times */
    FLAG_ASSUMED = 32, /* nobody said which words were shown: those in force were assumed */
    FLAG_PRODUCT_GROUP_SHIFT = 6,
    FLAG_PRODUCT_GROUP = 511 << FLAG_PRODUCT_GROUP_SHIFT /* of a sale: domain/product_group.h */
};

/* In place of a purpose: a No to every purpose on consent, soft opt-in or direct marketing, or to those of
 * one channel, those added later too; of all entities, or (from PURPOSE_ENTITIES down) of one.
 * PURPOSE_POINTER: no state, but where else to look (sql/query/check.sql has read the states there). */
enum { PURPOSE_ALL = 0, PURPOSE_CHANNEL_FIRST = -1, PURPOSE_POINTER = -100, PURPOSE_ENTITIES = -1000 };
/* ${channel} an enum channel (domain/policy.h): -1, -2, ... */
static inline int32_t purpose_of_channel(int channel)
{
    return PURPOSE_CHANNEL_FIRST - channel;
}

/* And back, of an entity's too. ${number} is below PURPOSE_ALL; -1: it is of no channel. */
int channel_of_purpose(int32_t number);
/* Each entity has ENTITY_STRIDE numbers: one for everything, and one for each channel. */
enum { ENTITY_STRIDE = 32, ENTITY_NUMBER_MAX = INT32_MAX / ENTITY_STRIDE - 1000 };
/* The same No, ${standing} (PURPOSE_ALL or of a channel), to one entity, by the ledger's number of it. */
int32_t purpose_of_entity(int32_t entity, int32_t standing);
/* And back: the entity; 0: it is to all of them. */
int32_t entity_of_purpose(int32_t number);

/* The place of an event among all of its subject, purpose and slot: of two events the one of higher rank
 * stands, whatever order they arrived in. From the top: class (1 bit), event_time in microseconds since 1970
 * (53 bits, to the year 2255), No above Yes (1 bit), known words above unknown (1 bit), event_state (4
 * bits). */
typedef int64_t rank;

enum { RANK_WORDS_SHIFT = 4, RANK_NO_SHIFT = 5, RANK_TIME_SHIFT = 6, RANK_CLASS_SHIFT = 59 };

/* An import's Yes 0: it undoes nothing that was said here. All else 1. */
enum event_class { CLASS_COPY, CLASS_CHOICE };

bool event_state_is_no(enum event_state state);
/* NULL for EVENT_NONE. */
const char *event_state_word(enum event_state state);
/* Of an event of the ledger: what staff did, and what time did, has words of its own. */
const char *event_word(enum event_state state, int32_t guardian, enum slot slot);
const char *collection_method_word(enum collection_method method);
const char *role_word(enum role role);
const char *effect_word(enum effect effect);
/* NULL-terminated, in the order of the enum: for closed lists in requests. */
extern const char *const collection_method_words[];
extern const char *const role_words[];

enum event_class event_class_of(enum event_state state, enum collection_method method, bool is_import);
/* The rank of an event at time 0: the statement that knows the time adds it, shifted by RANK_TIME_SHIFT.
 * ${words}: they are known. */
rank rank_base(enum event_class class, enum event_state state, bool words);
rank rank_of(enum event_class class, enum event_state state, bool words, instant event_time);
enum event_class rank_class(rank r);
enum event_state rank_state(rank r);
instant rank_time(rank r);
