/* SPDX-License-Identifier: Apache-2.0 */
#include "store/expire.h"

#include "store/row.h"

static void expire_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job != NULL && PQntuples(rows) == 1)
        list_entry(batch[0].job, struct expire_job, job)->expired = row_int8(rows, 0, 0);
}

void expire_job_init(struct expire_job *e, enum expiring what)
{
    static const struct verb verbs[] = {
        [EXPIRE_KEYS] = {.statement = "expire_keys", .writes = true, .batch_max = 1, .take = expire_take},
        [EXPIRE_PENDING] = {
            .statement = "expire_pending", .writes = true, .batch_max = 1, .take = expire_take}};
    *e = (struct expire_job){.job = {.verb = &verbs[what], .weight = 1}};
}
