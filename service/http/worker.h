/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/keys.h"
#include "auth/remembered.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/list.h"
#include "http/server.h"
#include "store/lane.h"

#include <stdatomic.h>

struct access_log;
struct rate_limits;
struct budget;
struct controllers;
struct counters;
struct guard;
struct networks;
struct site_counts;
struct waiters;

/* All that one loop thread has. Touched by its own thread only, but for the counters, which are atomic. */
struct worker {
    const struct server_options *options;
    struct loop *loop;
    struct lane *read;     /* quick reads: checks, readiness */
    struct lane *write;    /* the ledger and the policy */
    struct writer *writer; /* what requests record, by one thread's write lane for all */
    struct lane *slow;     /* whatever may take long: a pipeline answers in order */
    struct server_keys keys;
    struct remembered *tokens;
    struct controllers *controllers;
    struct waiters *waiters; /* long polls */
    struct site_counts *site_counts;
    struct counters *counters;
    struct networks *networks;       /* of all workers */
    struct budget *answers;          /* likewise: large ones, being made or waiting to be read */
    struct rate_limits *rate_limits; /* likewise */
    struct guard *guard;
    struct access_log *access_log; /* NULL: none is kept */
    struct list calls;             /* in flight */
    size_t lookups;                /* of API keys, for requests that are no calls yet */
    struct buf scratch;            /* for an answer that is written and sent at once */
    bool leaving;                  /* a balancer should take it out; it still serves */
    bool draining;                 /* it takes no connections any more */
    int64_t clock_offset; /* the database's clock less clock_monotonic, as of the last answer that told it */
};

enum lane_kind { LANE_READ, LANE_WRITE, LANE_SLOW, LANE_KINDS };

static inline struct lane *worker_lane(const struct worker *w, enum lane_kind kind)
{
    return kind == LANE_READ ? w->read : kind == LANE_WRITE ? w->write : w->slow;
}

/* The database's clock, by its last answer: a round trip behind at most. 0 before the first. */
static inline instant worker_now(const struct worker *w)
{
    return w->clock_offset != 0 ? clock_monotonic() + w->clock_offset : 0;
}

static inline void worker_clock(struct worker *w, instant as_of)
{
    w->clock_offset = as_of - clock_monotonic();
}
