/* SPDX-License-Identifier: Apache-2.0 */
#include "chore/chores.h"

#include "base/limits.h"
#include "chore/expiry.h"

const struct chore chores[] = {
    {.name = "expire_keys",
     .every_ms = EXPIRE_EVERY_MS,
     .lane = LANE_SLOW,
     .lock = CHORE_LOCK_EXPIRE_KEYS,
     .start = expiry_keys},
    {.name = "expire_pending",
     .every_ms = EXPIRE_EVERY_MS,
     .lane = LANE_SLOW,
     .lock = CHORE_LOCK_EXPIRE_PENDING,
     .start = expiry_pending},
    {0},
};
