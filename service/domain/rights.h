/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "domain/calendar.h"
#include "domain/duration.h"

#include <stdbool.h>

/* What people may ask of a controller (GDPR art. 7(3), 15 to 18, 20 to 22), and the clock of it. */
#define RIGHTS(X)                                                                                            \
    X(RIGHT_ACCESS, "access")                                                                                \
    X(RIGHT_PORTABILITY, "portability")                                                                      \
    X(RIGHT_RECTIFICATION, "rectification")                                                                  \
    X(RIGHT_ERASURE, "erasure")                                                                              \
    X(RIGHT_RESTRICTION, "restriction")                                                                      \
    X(RIGHT_OBJECTION, "objection")                                                                          \
    X(RIGHT_WITHDRAWAL, "withdrawal")                                                                        \
    X(RIGHT_HUMAN_REVIEW, "human_review")

#define RIGHT_MEMBER(name, word) name,
enum right { RIGHTS(RIGHT_MEMBER) RIGHT_COUNT };
#undef RIGHT_MEMBER
extern const char *const right_words[]; /* NULL-terminated, in the order of the enum */

/* The longest extension (GDPR art. 12(3)): two further months, told within the first term. */
enum { RIGHTS_EXTENSION_MONTHS = 2 };

/* What the end of a request's term follows from. */
struct rights_clock {
    const char *country; /* of the controller */
    instant received;
    struct calendar_date received_on; /* where the controller is */
    struct duration term;
    struct duration extension; /* zero: none */
    int32_t paused_days;       /* of pauses that ended */
    int64_t paused_seconds;    /* likewise */
};

/* A term in hours ends at *${ret_at}, and true is returned; any other at the end of the day *${ret_day}
 * there. An extension lengthens the term that runs from the receipt: what is a month and two months more are
 * three months. A pause lengthens it by the days, or the time, that nothing could be done. */
bool rights_due(const struct rights_clock *clock, instant *ret_at, struct calendar_date *ret_day);
