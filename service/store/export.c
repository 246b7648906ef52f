/* SPDX-License-Identifier: Apache-2.0 */
#include "store/export.h"

#include "base/list.h"
#include "store/params.h"
#include "store/row.h"

#include <stdlib.h>

static void begin_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct export_job *e = list_entry(batch[0].job, struct export_job, job);
    params_int4(params, e->job.controller_id);
    params_int8(params, e->subject_no);
}

static void begin_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL || PQntuples(rows) == 0)
        return;
    struct export_job *e = list_entry(batch[0].job, struct export_job, job);
    export_job_clear(e);
    e->generation = row_int8(rows, 0, 0);
    e->as_of = row_instant(rows, 0, 1);
    e->head = row_int8(rows, 0, 2);
    e->events = row_int8(rows, 0, 3);
    e->policy_version = row_int4(rows, 0, 6);
    if (row_int8_array(rows, 0, 4, &e->purposes, &e->purpose_count) == 0 &&
        row_int8_array(rows, 0, 5, &e->types, &e->type_count) == 0)
        e->document = row_text(rows, 0, 7);
}

void export_job_init(struct export_job *e, int32_t controller_id, int64_t subject_no)
{
    static const struct verb verb = {
        .statement = "export_begin", .batch_max = 1, .bind = begin_bind, .take = begin_take};
    *e = (struct export_job){.job = {.verb = &verb, .controller_id = controller_id, .weight = 1},
                             .subject_no = subject_no};
}

void export_job_clear(struct export_job *e)
{
    free(e->purposes);
    free(e->types);
    free(e->document);
    e->purposes = e->types = NULL;
    e->document = NULL;
    e->purpose_count = e->type_count = 0;
}

/* ---- beside events ---- */

static void rows_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct export_rows_job *e = list_entry(batch[0].job, struct export_rows_job, job);
    params_int4(params, e->job.controller_id);
    params_int8(params, e->subject_no);
    params_int4(params, (int32_t)e->after_list);
    params_int8(params, e->after_key);
    params_int4(params, e->limit);
}

static void rows_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct export_rows_job *e = list_entry(batch[0].job, struct export_rows_job, job);
    export_rows_job_clear(e);
    int n = PQntuples(rows);
    e->rows = calloc((size_t)n + 1, sizeof *e->rows);
    e->broken = e->rows == NULL;
    for (int row = 0; row < n && !e->broken; row++) {
        int32_t list = row_int4(rows, row, 0);
        struct export_row *r = &e->rows[e->count++];
        *r = (struct export_row){
            .list = (enum export_list)list, .key = row_int8(rows, row, 1), .line = row_text(rows, row, 2)};
        e->broken = r->line == NULL || list < EXPORT_REQUESTS || list >= EXPORT_LISTS_END;
    }
}

void export_rows_job_prepare(struct export_rows_job *e, int32_t controller_id)
{
    static const struct verb verb = {
        .statement = "export_beside", .batch_max = 1, .bind = rows_bind, .take = rows_take};
    e->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

void export_rows_job_clear(struct export_rows_job *e)
{
    for (size_t i = 0; i < e->count; i++)
        free(e->rows[i].line);
    free(e->rows);
    e->rows = NULL;
    e->count = 0;
}

/* ---- notices ---- */

static void notices_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct export_notices_job *e = list_entry(batch[0].job, struct export_notices_job, job);
    params_int4(params, e->job.controller_id);
    params_int8(params, e->subject_no);
    params_int8(params, e->until);
}

static void notices_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct export_notices_job *e = list_entry(batch[0].job, struct export_notices_job, job);
    export_notices_job_clear(e);
    int n = PQntuples(rows);
    e->notices = calloc((size_t)n + 1, sizeof *e->notices);
    e->broken = e->notices == NULL;
    for (int row = 0; row < n && !e->broken; row++) {
        struct export_notice *notice = &e->notices[e->count++];
        notice->id = row_text(rows, row, 0);
        notice->version = row_text(rows, row, 1);
        notice->document = row_text(rows, row, 2);
        e->broken = notice->id == NULL || notice->version == NULL ||
                    (notice->document == NULL && !row_is_null(rows, row, 2));
    }
}

void export_notices_job_init(struct export_notices_job *e, int32_t controller_id, int64_t subject_no,
                             int64_t until)
{
    static const struct verb verb = {
        .statement = "export_notices", .batch_max = 1, .bind = notices_bind, .take = notices_take};
    *e = (struct export_notices_job){.job = {.verb = &verb, .controller_id = controller_id, .weight = 1},
                                     .subject_no = subject_no,
                                     .until = until};
}

void export_notices_job_clear(struct export_notices_job *e)
{
    for (size_t i = 0; i < e->count; i++) {
        free(e->notices[i].id);
        free(e->notices[i].version);
        free(e->notices[i].document);
    }
    free(e->notices);
    e->notices = NULL;
    e->count = 0;
}
