/* SPDX-License-Identifier: Apache-2.0 */
#include "store/claim.h"

#include "base/limits.h"
#include "store/row.h"

enum { COLUMN_CLAIMED, COLUMN_SAME, COLUMN_AFTER, COLUMN_MATCHED, COLUMN_INVALIDATED };

static struct claim_job *claim_of(struct job *job)
{
    return list_entry(job, struct claim_job, job);
}

static void key_bind(const struct claim_job *c, struct params *params)
{
    params_int4(params, c->job.controller_id);
    params_bytes(params, c->key.key_hash, KEY_HASH_SIZE);
    params_bytes(params, c->key.fingerprint, KEY_HASH_SIZE);
}

static void claim_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    key_bind(claim_of(batch[0].job), params);
    params_int4(params, CLAIM_SECONDS);
}

static void claim_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct claim_job *c = claim_of(batch[0].job);
    c->outcome = CLAIM_RUNNING;
    if (PQntuples(rows) != 1)
        return;
    if (row_bool(rows, 0, COLUMN_CLAIMED))
        c->outcome = CLAIM_OURS;
    else if (!row_bool(rows, 0, COLUMN_SAME))
        c->outcome = CLAIM_REUSED;
    else if (row_is_null(rows, 0, COLUMN_AFTER))
        c->outcome = CLAIM_DONE;
    c->after = row_int8(rows, 0, COLUMN_AFTER);
    c->matched = row_int8(rows, 0, COLUMN_MATCHED);
    c->invalidated = row_int8(rows, 0, COLUMN_INVALIDATED);
}

static void keep_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct claim_job *c = claim_of(batch[0].job);
    key_bind(c, params);
    if (c->is_done)
        params_null(params);
    else
        params_int8(params, c->after);
    params_int8(params, c->matched);
    params_int8(params, c->invalidated);
}

static void keep_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)batch;
    (void)count;
    (void)rows;
}

void claim_job_prepare(struct claim_job *c)
{
    static const struct verb verb = {
        .statement = "claim", .writes = true, .batch_max = 1, .bind = claim_bind, .take = claim_take};
    c->job.verb = &verb;
    c->job.weight = 1;
}

void claim_job_keep(struct claim_job *c)
{
    static const struct verb verb = {
        .statement = "keep", .writes = true, .batch_max = 1, .bind = keep_bind, .take = keep_take};
    c->job.verb = &verb;
    c->job.weight = 1;
}
