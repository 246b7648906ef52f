/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"

#include <stdbool.h>

/* When a delivery that failed is tried again. All in microseconds; none is exact, so that what failed
 * together does not come back together. */

/* After so many tries of one message; -1: it was the last. With what it is tried in the first three days: 0,
 * 5 s, 30 s, 5 and 30 min, 2, 5, 10, 14, 20 and 20 h. */
int64_t retry_delay(int tries);
/* How long an endpoint is left alone after so many failures in a row; 0: not at all. */
int64_t retry_pause(int failures);
/* ${seconds} that a receiver asked for, within reason: a day. */
int64_t retry_asked(int64_t seconds);
