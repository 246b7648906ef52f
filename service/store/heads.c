/* SPDX-License-Identifier: Apache-2.0 */
#include "store/heads.h"

#include "store/params.h"
#include "store/row.h"

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
