/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/job.h"
#include "store/staff.h"

/* Takes back what an import's batch brought (sql/function/undo_import.sql), a chunk in one transaction:
 * submit it again until ${is_done}. Cut short anywhere it goes on where it was. For the write lane. */
struct undo_job {
    struct job job;
    int64_t generation;
    int32_t policy_version;
    const char *actor, *source, *batch; /* the caller's until done */
    bool also_refusals;                 /* Noes that the batch brought go too */
    bool dry_run;                       /* counts all of the batch, and changes nothing */

    enum staff_outcome outcome; /* STAFF_DONE; STAFF_STALE; STAFF_NOTHING: there is no such batch */
    int64_t events;             /* undone by this chunk; of a dry run, that there are to undo */
    int64_t refusals;           /* Noes of the batch that stay; of the last chunk */
    int64_t shared;             /* of this chunk, or of all: events that stay, of another batch or undone */
    bool is_done;
    bool broken; /* the answer was none of ours */
};

/* Fill in all members up to outcome, and the job's controller, deadline and done, first. May be called again
 * to submit again. */
void undo_job_prepare(struct undo_job *u);
