/* SPDX-License-Identifier: Apache-2.0 */
#include "store/persons.h"

#include "store/params.h"
#include "store/row.h"

#include <stdlib.h>

static void persons_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    struct persons_job *p = list_entry(batch[0].job, struct persons_job, job);
    persons_job_clear(p);
    params_int4(params, p->job.controller_id);
    struct param *tags = params_array(params, PARAM_BYTEA);
    for (size_t i = 0; i < p->count; i++)
        param_bytes(tags, p->tags[i].bytes, TAG_SIZE);
}

static void persons_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct persons_job *p = list_entry(batch[0].job, struct persons_job, job);
    for (int row = 0; row < PQntuples(rows); row++) {
        if (row_is_null(rows, row, 0)) {
            p->generation = row_int8(rows, row, 1);
            continue;
        }
        int32_t n = row_int4(rows, row, 0);
        if (n < 0 || (size_t)n >= p->count || p->found[n].persons != NULL) {
            p->broken = true;
            return;
        }
        p->found[n].own = row_int8(rows, row, 1);
        if (row_int8_array(rows, row, 2, &p->found[n].persons, &p->found[n].count) != 0)
            p->broken = true;
    }
}

void persons_job_init(struct persons_job *p, int32_t controller_id, const struct tag *tags,
                      struct persons_found *found, size_t count)
{
    static const struct verb verb = {
        .statement = "persons_of", .batch_max = 1, .bind = persons_bind, .take = persons_take};
    *p = (struct persons_job){.job = {.verb = &verb, .controller_id = controller_id, .weight = 1},
                              .count = count,
                              .tags = tags,
                              .found = found};
}

void persons_job_clear(struct persons_job *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->found[i].persons);
        p->found[i] = (struct persons_found){0};
    }
    p->generation = 0;
    p->broken = false;
}
