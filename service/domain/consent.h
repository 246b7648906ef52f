/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

/* What an event says (ISO/IEC TS 27560, W3C DPV). The numbers are stored, and they are the lowest bits of a
 * rank: of two events of one class and one time the higher number stands, so every No is above every Yes. */
#define EVENT_STATES(X)                                                                                      \
    X(EVENT_ELIGIBLE, 1, "eligible") /* soft opt-in: the address came with a sale (Tw 11.7) */               \
    X(EVENT_GIVEN, 2, "given")                                                                               \
    X(EVENT_RENEWED, 3, "renewed")                                                                           \
    X(EVENT_REQUESTED, 4, "requested")   /* a Yes that waits for its confirmation */                         \
    X(EVENT_LIFTED, 5, "lifted")         /* of a fact, such as being a minor: it does not hold */            \
    X(EVENT_HOLDS, 6, "holds")           /* likewise: it does */                                             \
    X(EVENT_OVERRIDDEN, 7, "overridden") /* an objection was weighed: compelling grounds stand against it */ \
    X(EVENT_REFUSED, 8, "refused")                                                                           \
    X(EVENT_WITHDRAWN, 9, "withdrawn")                                                                       \
    X(EVENT_OBJECTED, 10, "objected")                                                                        \
    X(EVENT_INVALIDATED, 11, "invalidated")                                                                  \
    X(EVENT_UPHELD, 12, "upheld") /* an objection was weighed, and holds */

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

/* Who acted. All but SELF write the guardian's slot. */
enum role { ROLE_SELF, ROLE_PARENT, ROLE_CARER, ROLE_LEGAL_REPRESENTATIVE, ROLE_COUNT };

/* What came of an event. */
enum effect { EFFECT_APPLIED, EFFECT_SUPERSEDED, EFFECT_OUTDATED, EFFECT_PENDING, EFFECT_COUNT };

/* What is kept apart of one person and purpose. The first two are what is said; the others beside it. */
enum slot {
    SLOT_SELF,        /* what the person says */
    SLOT_GUARDIAN,    /* what a guardian says */
    SLOT_PENDING,     /* a Yes that waits for its confirmation, until valid_until */
    SLOT_OUTCOME,     /* how an objection was weighed */
    SLOT_MINOR,       /* of PURPOSE_ALL: the person is a minor, until valid_until */
    SLOT_REPRESENTED, /* of PURPOSE_ALL: an adult who is represented, until valid_until */
    SLOT_COUNT
};

/* Instead of a purpose: the standing No that overrules every purpose on consent,
 * soft opt-in or direct marketing. */
enum { PURPOSE_ALL = 0 };

/* The place of an event among all of its subject, purpose and slot: of two events the one of higher rank
 * stands, whatever order they arrived in. From the top: class (2 bits), event_time in microseconds since 1970
 * (53 bits, to the year 2255), event_state (4 bits). */
typedef int64_t rank;

enum { RANK_TIME_SHIFT = 4, RANK_CLASS_SHIFT = 57 };

/* An import's Yes 0 (it undoes nothing the person said), a signal's No 1, all else 2. A soft opt-in counts as
 * an import's Yes: a sale is no choice of the person. */
enum event_class { CLASS_COPY, CLASS_SIGNAL, CLASS_CHOICE };

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
/* The rank of an event at time 0: the statement that knows the time adds it, shifted by RANK_TIME_SHIFT. */
rank rank_base(enum event_class class, enum event_state state);
rank rank_of(enum event_class class, enum event_state state, instant event_time);
enum event_state rank_state(rank r);
instant rank_time(rank r);
