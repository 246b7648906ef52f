/* SPDX-License-Identifier: Apache-2.0 */
#include "store/requests.h"

#include "store/params.h"
#include "store/row.h"

#include <stdlib.h>

enum {
    COLUMN_GENERATION,
    COLUMN_AS_OF,
    COLUMN_REVISION,
    COLUMN_RECORD,
    COLUMN_PURPOSE,
    COLUMN_RANK,
    COLUMN_NOTICE,
    COLUMN_LANGUAGE,
    COLUMN_FLAGS,
    COLUMN_METHOD,
    COLUMN_RECORDED_AT,
    COLUMN_VALID_UNTIL,
    COLUMN_EVIDENCE,
    COLUMN_CONFIRMED,
    COLUMN_CONFIRMED_AT,
    COLUMN_TAGS,
    COLUMN_TYPES,
    COLUMN_GUARDIAN,
    COLUMN_ROLE
};

static void requests_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct requests_job *r = list_entry(batch[0].job, struct requests_job, job);
    params_int4(params, r->job.controller_id);
    params_int8(params, r->which.subject_no);
    params_int8(params, r->which.revision);
    params_int8(params, r->which.count);
}

/* Returns false when memory ran out. */
static bool request_take(struct request_row *to, const PGresult *rows, int row)
{
    to->revision = row_int8(rows, row, COLUMN_REVISION);
    row_uuid(rows, row, COLUMN_RECORD, to->record_id);
    to->purpose = row_int4(rows, row, COLUMN_PURPOSE);
    to->rank = row_int8(rows, row, COLUMN_RANK);
    to->notice = row_int4(rows, row, COLUMN_NOTICE);
    to->language = row_text(rows, row, COLUMN_LANGUAGE);
    to->flags = (uint8_t)row_int2(rows, row, COLUMN_FLAGS);
    to->method = (enum collection_method)row_int2(rows, row, COLUMN_METHOD);
    to->recorded_at = row_instant(rows, row, COLUMN_RECORDED_AT);
    to->valid_until = row_instant(rows, row, COLUMN_VALID_UNTIL);
    to->evidence = row_text(rows, row, COLUMN_EVIDENCE);
    to->confirmed = row_int8(rows, row, COLUMN_CONFIRMED);
    to->confirmed_at = row_instant(rows, row, COLUMN_CONFIRMED_AT);
    to->guardian = row_int4(rows, row, COLUMN_GUARDIAN);
    to->role = (enum role)row_int2(rows, row, COLUMN_ROLE);
    return (to->language != NULL || row_is_null(rows, row, COLUMN_LANGUAGE)) &&
           (to->evidence != NULL || row_is_null(rows, row, COLUMN_EVIDENCE));
}

static void requests_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct requests_job *r = list_entry(batch[0].job, struct requests_job, job);
    requests_job_clear(r);
    int n = PQntuples(rows);
    r->rows = calloc((size_t)n + 1, sizeof *r->rows);
    r->broken = r->rows == NULL;
    for (int row = 0; row < n && !r->broken; row++) {
        r->generation = row_int8(rows, row, COLUMN_GENERATION);
        r->as_of = row_instant(rows, row, COLUMN_AS_OF);
        if (row_is_null(rows, row, COLUMN_REVISION))
            continue;
        row_person(rows, row, COLUMN_TAGS, COLUMN_TYPES, &r->person);
        r->broken = !request_take(&r->rows[r->count++], rows, row);
    }
}

void requests_job_init(struct requests_job *r, int32_t controller_id, const struct confirmation *which)
{
    static const struct verb verb = {
        .statement = "requests", .batch_max = 1, .bind = requests_bind, .take = requests_take};
    *r = (struct requests_job){.job = {.verb = &verb, .controller_id = controller_id, .weight = 1},
                               .which = *which};
}

void requests_job_clear(struct requests_job *r)
{
    for (size_t i = 0; i < r->count; i++) {
        free(r->rows[i].language);
        free(r->rows[i].evidence);
    }
    free(r->rows);
    r->rows = NULL;
    r->count = 0;
    r->broken = false;
}
