/* SPDX-License-Identifier: Apache-2.0 */
#include "store/outbox.h"

#include "store/params.h"
#include "store/row.h"

static void put_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct outbox_put_job *o = list_entry(batch[0].job, struct outbox_put_job, job);
    params_int4(params, o->job.controller_id);
    params_int4(params, (int32_t)o->kind);
    params_bytes(params, o->to.bytes, TAG_SIZE);
    params_bytes(params, o->content, o->content_len);
    params_int8(params, o->valid_until);
    struct param *counts = params_array(params, PARAM_INT4);
    struct param *seconds = params_array(params, PARAM_INT4);
    for (size_t i = 0; i < o->limit_count; i++) {
        param_int4(counts, o->limits[i].count);
        param_int4(seconds, o->limits[i].seconds);
    }
}

static void put_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job != NULL && PQntuples(rows) == 1)
        list_entry(batch[0].job, struct outbox_put_job, job)->put = row_bool(rows, 0, 0);
}

void outbox_put_job_prepare(struct outbox_put_job *o)
{
    static const struct verb verb = {
        .statement = "outbox_put", .writes = true, .batch_max = 1, .bind = put_bind, .take = put_take};
    o->job.verb = &verb;
    o->job.weight = 1;
}
