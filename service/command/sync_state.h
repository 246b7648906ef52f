/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

/* How far `akkoord sync` is, in a file that takes the place of the one before. Nobody is in it. */

enum { SYNC_POLICY_TEXT = 64, SYNC_OF_TEXT = 1000 };

struct sync_state {
    const char *path;
    char of[SYNC_OF_TEXT + 1]; /* what is kept in step with what: the file of another one is refused */
    int64_t after;             /* the last revision that was acted on */
    char policy[SYNC_POLICY_TEXT + 1]; /* the policy's state; "": none is known */
    bool lists;                        /* the whole list is to be looked at again */
    instant looked;                    /* when that was done last; 0: never */
};

/* False: there is none yet. ${ret_fault}: what there is cannot be read, in words; else NULL. */
bool sync_state_read(struct sync_state *s, const char **ret_fault);
/* Returns NULL, or why it cannot be kept. */
const char *sync_state_write(const struct sync_state *s);
