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
    X(EVENT_INVALIDATED, 8, "invalidated")                                                                   \
    X(EVENT_OBJECTED, 9, "objected")                                                                         \
    X(EVENT_REFUSED, 10, "refused")                                                                          \
    X(EVENT_UPHELD, 11, "upheld") /* an objection was weighed, and holds */                                  \
    X(EVENT_WITHDRAWN, 12, "withdrawn")

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

/* Who acted. A parent, carer or legal representative is a guardian. Staff corrects, with a document; the
 * controller weighs objections. */
enum role {
    ROLE_SELF,
    ROLE_PARENT,
    ROLE_CARER,
    ROLE_LEGAL_REPRESENTATIVE,
    ROLE_STAFF,
    ROLE_CONTROLLER,
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
    SLOT_SALE = 5,      /* what soft opt-in rests on; likewise */
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
 * who has the role's number where none was named, and else one from GUARDIAN_NAMED on. */
enum { SLOT_BITS = 4, GUARDIAN_NAMED = 8 };
bool slot_is_fact(enum slot slot);

/* What else a verdict must know of an act: bits of ${flags}. */
enum {
    FLAG_STRENGTH = 7, /* enum strength of a guardian's act */
    FLAG_WRITTEN = 8,  /* of a guardian's act: in writing, or by a signature */
    FLAG_SIGNAL = 16,  /* a Yes that was given under the browser signal: later than it, whatever the times */
    FLAG_ASSUMED = 32  /* nobody said which words were shown: those in force were assumed */
};

/* In place of a purpose: a No to every purpose on consent, soft opt-in or direct marketing, or to those of
 * one channel, those added later too. PURPOSE_POINTER: no state, but where else to look (states in
 * sql/query/check.sql are read there already). */
enum { PURPOSE_ALL = 0, PURPOSE_CHANNEL_FIRST = -1, PURPOSE_POINTER = -100 };
/* ${channel} an enum channel (domain/policy.h): -1, -2, ... */
static inline int32_t purpose_of_channel(int channel)
{
    return PURPOSE_CHANNEL_FIRST - channel;
}

/* And back. ${number} is of a channel. */
static inline int channel_of_purpose(int32_t number)
{
    return PURPOSE_CHANNEL_FIRST - number;
}

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
enum event_state rank_state(rank r);
instant rank_time(rank r);
