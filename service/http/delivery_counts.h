/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdatomic.h>
#include <stdint.h>

/* What whoever delivers to webhooks counts (chore/outbox); read from any thread, for /metrics. */
struct delivery_counts {
    _Atomic uint64_t delivered; /* 2xx */
    _Atomic uint64_t failed;    /* tries */
    _Atomic uint64_t refused;   /* 410 */
    _Atomic uint64_t abandoned; /* the end of the tries */
    _Atomic uint64_t running;   /* now */
    _Atomic uint64_t endpoints; /* that this process is at now */
    _Atomic uint64_t changes;   /* told to recipients */
    _Atomic int64_t lag;        /* microseconds; of the recipient that is the furthest behind */
};
