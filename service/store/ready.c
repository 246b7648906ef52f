/* SPDX-License-Identifier: Apache-2.0 */
#include "store/ready.h"

#include "base/limits.h"
#include "store/row.h"
#include "store/schema.h"

static void ready_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    for (size_t i = 0; i < count; i++) {
        if (batch[i].job != NULL && PQntuples(rows) == 1)
            list_entry(batch[i].job, struct ready_job, job)->good = schema_ready(rows);
    }
}

void ready_job_init(struct ready_job *r)
{
    static const struct verb verb = {.statement = "ready", .batch_max = READ_BATCH_MAX, .take = ready_take};
    *r = (struct ready_job){.job = {.verb = &verb, .weight = 1}};
}
