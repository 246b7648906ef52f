/* SPDX-License-Identifier: Apache-2.0 */
#include "store/undo.h"

#include "base/limits.h"
#include "store/params.h"
#include "store/row.h"

static struct undo_job *undo_of(struct job *job)
{
    return list_entry(job, struct undo_job, job);
}

static void undo_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct undo_job *u = undo_of(batch[0].job);
    params_int4(params, u->job.controller_id);
    params_int8(params, u->generation);
    params_int4(params, u->policy_version);
    params_text(params, u->actor);
    params_text(params, u->source);
    params_text(params, u->batch);
    params_bool(params, u->also_refusals);
    params_bool(params, u->dry_run);
    params_int4(params, UNDO_EVENTS_MAX);
}

static void undo_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct undo_job *u = undo_of(batch[0].job);
    u->broken = PQntuples(rows) != 1;
    if (u->broken)
        return;
    u->outcome = (enum staff_outcome)row_int2(rows, 0, 0);
    u->events = row_int8(rows, 0, 1);
    u->refusals = row_int8(rows, 0, 2);
    u->shared = row_int8(rows, 0, 3);
    u->is_done = row_bool(rows, 0, 4);
}

void undo_job_prepare(struct undo_job *u)
{
    static const struct verb verb = {
        .statement = "undo_import", .writes = true, .batch_max = 1, .bind = undo_bind, .take = undo_take};
    u->job.verb = &verb;
    u->job.weight = 1;
}
