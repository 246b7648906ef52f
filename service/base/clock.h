/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdint.h>

/* A point in time: microseconds since 1970-01-01T00:00:00Z. */
typedef int64_t instant;

#define SECOND       INT64_C(1000000) /* microseconds */
#define INSTANT_NONE INT64_MIN        /* "no such time" */

/* The node's wall clock. For log lines and certificates only: what is answered
 * or decided uses the database's. */
instant clock_wall(void);
/* Microseconds of a clock that never jumps; only differences mean anything. */
int64_t clock_monotonic(void);
