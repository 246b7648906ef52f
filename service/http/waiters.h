/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/worker.h"

/* Long polls. While anybody waits, small statements ask every 100 ms how far the ledgers waited for are:
 * nothing depends on a notification that may be lost. */
struct waiters;

/* Embedded in who waits. */
struct waiter {
    struct list link;
    int32_t controller_id;
    int64_t head;  /* the revision that is known */
    int64_t until; /* of clock_monotonic */
    void (*done)(struct waiter *waiter);
};

struct waiters *waiters_create(struct worker *worker);
void waiters_destroy(struct waiters *all);

void waiter_init(struct waiter *waiter, void (*done)(struct waiter *waiter));
/* ${waiter}->done is called when the ledger has grown beyond ${head}, when ${until} has
 * come, or when the worker drains. */
void waiter_wait(struct waiters *all, struct waiter *waiter, int32_t controller_id, int64_t head,
                 int64_t until);
/* done is not called. */
void waiter_cancel(struct waiter *waiter);
