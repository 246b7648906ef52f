/* SPDX-License-Identifier: Apache-2.0 */
#include "store/heads.h"

#include "base/limits.h"
#include "store/row.h"
#include "store/schema.h"

static void heads_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct heads_job *h = list_entry(batch[0].job, struct heads_job, job);
    struct param *controllers = params_array(params, PARAM_INT4);
    for (size_t i = 0; i < h->count; i++)
        param_int4(controllers, h->controllers[i]);
}

static void heads_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct heads_job *h = list_entry(batch[0].job, struct heads_job, job);
    for (int row = 0; row < PQntuples(rows); row++) {
        for (size_t i = 0; i < h->count; i++) {
            if (h->controllers[i] == row_int4(rows, row, 0))
                h->revisions[i] = row_int8(rows, row, 1);
        }
    }
}

void heads_job_init(struct heads_job *h, const int32_t *controllers, int64_t *revisions, size_t count)
{
    static const struct verb verb = {
        .statement = "heads", .batch_max = 1, .bind = heads_bind, .take = heads_take};
    *h = (struct heads_job){.job = {.verb = &verb, .weight = 1},
                            .count = count,
                            .controllers = controllers,
                            .revisions = revisions};
}

static void nothing_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)batch;
    (void)count;
    (void)params;
}

static void ready_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    for (size_t i = 0; i < count; i++) {
        if (batch[i].job != NULL && PQntuples(rows) == 1)
            list_entry(batch[i].job, struct ready_job, job)->good = schema_ready(rows);
    }
}

void ready_job_init(struct ready_job *r)
{
    static const struct verb verb = {
        .statement = "ready", .batch_max = READ_BATCH_MAX, .bind = nothing_bind, .take = ready_take};
    *r = (struct ready_job){.job = {.verb = &verb, .weight = 1}};
}

static void expire_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job != NULL && PQntuples(rows) == 1)
        list_entry(batch[0].job, struct expire_job, job)->expired = row_int8(rows, 0, 0);
}

void expire_job_init(struct expire_job *e, enum expiring what)
{
    static const struct verb verbs[] = {[EXPIRE_KEYS] = {.statement = "expire_keys",
                                                         .writes = true,
                                                         .batch_max = 1,
                                                         .bind = nothing_bind,
                                                         .take = expire_take},
                                        [EXPIRE_PENDING] = {.statement = "expire_pending",
                                                            .writes = true,
                                                            .batch_max = 1,
                                                            .bind = nothing_bind,
                                                            .take = expire_take}};
    *e = (struct expire_job){.job = {.verb = &verbs[what], .weight = 1}};
}
