/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/record.h"

/* A group of an import's lines: recorded in one transaction, each line all or not at all, or tried in one
 * that is taken back. Told of each act is what became of it, and what a check would have read before and
 * after the group (sql/function/import_acts.sql). */

/* Acts that a group may have: its answer, 300 bytes an act, must fit a socket's buffer (WRITE_BATCH_MAX). */
enum { IMPORT_ACTS_MAX = 500 };

/* What is told of one act. */
struct import_told {
    const char *before, *after; /* framed states; NULL: not told */
    size_t before_len, after_len;
};

struct import_job {
    struct job job;
    bool dry;
    size_t count;
    struct record_job *lines; /* one a line, as record_job_prepare leaves them; the caller's */
    const size_t *sets_of;    /* of each act of all lines: the place in ${sets} that its verdict looks at */
    const struct purpose_set *sets; /* at most one a purpose of the policy */
    size_t set_count;

    size_t told_count; /* acts of all lines */
    struct import_told *told;
    char *bytes;            /* that they point into */
    struct state *unpacked; /* by import_job_states */
    size_t unpacked_room;
    bool broken; /* memory ran out, or the rows were not what was asked for */
};

/* Fills in verb, edition and weight; the caller sets controller_id, deadline and done. */
void import_job_prepare(struct import_job *j);
/* What stands under the identifier ${place} of act ${act}, before the group or after it; ${event}: what
 * became of the act. Valid until the next call. Returns false where memory ran out or nothing was told. */
bool import_job_states(struct import_job *j, size_t act, const struct act *said, const struct recorded *event,
                       size_t place, bool after, struct states *ret_states);
/* Frees what the answer holds, that of its lines too. */
void import_job_clear(struct import_job *j);
