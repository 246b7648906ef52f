/* SPDX-License-Identifier: Apache-2.0 */
#include "store/yeses_reached.h"

#include "store/params.h"
#include "store/row.h"

#include <stdlib.h>

enum { COLUMN_GENERATION, COLUMN_PURPOSE, COLUMN_NEWEST, COLUMN_STANDS };

static void reached_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct yeses_reached_job *y = list_entry(batch[0].job, struct yeses_reached_job, job);
    params_int4(params, y->job.controller_id);
    struct param *tags = params_array(params, PARAM_BYTEA);
    for (size_t i = 0; i < y->tag_count; i++)
        param_bytes(tags, y->tags[i].bytes, TAG_SIZE);
    struct param *stopped = params_array(params, PARAM_INT4);
    for (size_t i = 0; i < y->stopped_count; i++)
        param_int4(stopped, y->stopped[i]);
}

static void reached_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct yeses_reached_job *y = list_entry(batch[0].job, struct yeses_reached_job, job);
    yeses_reached_job_clear(y);
    int n = PQntuples(rows);
    y->yeses = calloc((size_t)n + 1, sizeof *y->yeses);
    y->broken = y->yeses == NULL;
    for (int row = 0; row < n && !y->broken; row++) {
        y->generation = row_int8(rows, row, COLUMN_GENERATION);
        if (row_is_null(rows, row, COLUMN_PURPOSE))
            continue;
        y->yeses[y->count++] = (struct yes_reached){.purpose = row_int4(rows, row, COLUMN_PURPOSE),
                                                    .newest = row_int8(rows, row, COLUMN_NEWEST),
                                                    .stands = row_bool(rows, row, COLUMN_STANDS)};
    }
}

void yeses_reached_job_init(struct yeses_reached_job *y, int32_t controller_id)
{
    static const struct verb verb = {
        .statement = "yeses_reached", .batch_max = 1, .bind = reached_bind, .take = reached_take};
    *y = (struct yeses_reached_job){.job = {.verb = &verb, .controller_id = controller_id, .weight = 1}};
}

void yeses_reached_job_clear(struct yeses_reached_job *y)
{
    free(y->yeses);
    y->yeses = NULL;
    y->count = 0;
    y->broken = false;
}
