/* SPDX-License-Identifier: Apache-2.0 */
#include "chore/chores.h"

#include "base/limits.h"
#include "chore/expiry.h"
#include "chore/overdue.h"
#include "chore/purge.h"

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
    {.name = "purge",
     .every_ms = EXPIRE_EVERY_MS,
     .beside_ms = PURGE_BESIDE_MS,
     .lane = LANE_SLOW,
     .lock = CHORE_LOCK_PURGE,
     .start = purge_start},
    {.name = "expire_messages",
     .every_ms = EXPIRE_EVERY_MS,
     .lane = LANE_SLOW,
     .lock = CHORE_LOCK_EXPIRE_MESSAGES,
     .start = expiry_messages},
    {.name = "forget_messages",
     .every_ms = EXPIRE_EVERY_MS,
     .lane = LANE_SLOW,
     .lock = CHORE_LOCK_FORGET_MESSAGES,
     .start = expiry_told_messages},
    {.name = "expire_links",
     .every_ms = EXPIRE_EVERY_MS,
     .lane = LANE_SLOW,
     .lock = CHORE_LOCK_EXPIRE_LINKS,
     .start = expiry_links},
    {.name = "expire_touched",
     .every_ms = EXPIRE_EVERY_MS,
     .lane = LANE_SLOW,
     .lock = CHORE_LOCK_EXPIRE_TOUCHED,
     .start = expiry_touched},
    {.name = "tell_endings",
     .every_ms = ENDINGS_EVERY_MS,
     .lane = LANE_SLOW,
     .lock = CHORE_LOCK_TELL_ENDINGS,
     .start = expiry_told_endings},
    {.name = "rights_overdue", .every_ms = OVERDUE_EVERY_MS, .lane = LANE_SLOW, .start = overdue_count},
    {0},
};
