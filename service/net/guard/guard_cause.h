/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Why a connection was turned away or shut. */
#define GUARD_CAUSES(X)                                                                                      \
    X(GUARD_FULL, "full")                   /* more connections than there may be */                         \
    X(GUARD_ADDRESS, "address")             /* ... of one address */                                         \
    X(GUARD_ARRIVALS, "arrivals")           /* too many new ones of one address */                           \
    X(GUARD_EVICTED, "evicted")             /* idle while there was no room for another */                   \
    X(GUARD_HEADER, "header")               /* too many header fields, or too large a block */               \
    X(GUARD_RESETS, "resets")               /* streams reset */                                              \
    X(GUARD_FRAMES, "frames")               /* frames that carry nothing */                                  \
    X(GUARD_STREAMS, "streams")             /* streams open */                                               \
    X(GUARD_BODIES, "bodies")               /* bodies held in all */                                         \
    X(GUARD_ENDLESS, "endless")             /* a body that goes on after it was refused */                   \
    X(GUARD_SLOW_HEADER, "slow_header")     /* a header or a frame that does not end */                      \
    X(GUARD_SLOW_EXCHANGE, "slow_exchange") /* a body that does not end, an answer that is not read */       \
    X(GUARD_IDLE, "idle")                   /* no request for long */                                        \
    X(GUARD_OLD, "old")                     /* open for long */

#define GUARD_CAUSE(name, word) name,
enum guard_cause { GUARD_CAUSES(GUARD_CAUSE) GUARD_CAUSE_COUNT };
#undef GUARD_CAUSE
const char *guard_cause_word(enum guard_cause cause);
