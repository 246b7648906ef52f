/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/schedule.h"

/* What each process does on time, for http/schedule. */
extern const struct chore chores[];

/* The numbers of their locks (struct chore). One that was given is never another's: nodes of
 * two releases run side by side. */
enum {
    CHORE_LOCK_EXPIRE_KEYS = 1,
    CHORE_LOCK_EXPIRE_PENDING = 2,
    CHORE_LOCK_PURGE = 3,
    CHORE_LOCK_EXPIRE_MESSAGES = 20,
    CHORE_LOCK_FORGET_MESSAGES = 21,
    CHORE_LOCK_TELL_ENDINGS = 100,
    CHORE_LOCK_EXPIRE_LINKS = 110,
    CHORE_LOCK_EXPIRE_TOUCHED = 120
};
