/* SPDX-License-Identifier: Apache-2.0 */
#include "store/guardian_request.h"

#include "store/params.h"
#include "store/row.h"

#include <stdlib.h>

enum {
    COLUMN_GENERATION,
    COLUMN_AS_OF,
    COLUMN_SECOND,
    COLUMN_REVISION,
    COLUMN_PURPOSE,
    COLUMN_NOTICE,
    COLUMN_LANGUAGE,
    COLUMN_RECORDED_AT,
    COLUMN_VALID_UNTIL,
    COLUMN_TAGS,
    COLUMN_TYPES,
    COLUMN_RANK,
    COLUMN_SAID,
    COLUMN_LEFT
};

static void request_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct guardian_request_job *g = list_entry(batch[0].job, struct guardian_request_job, job);
    params_int4(params, g->job.controller_id);
    params_int8(params, g->which.subject_no);
    params_int8(params, g->which.revision);
    params_int8(params, g->which.count);
    struct param *tags = params_array(params, PARAM_BYTEA);
    for (size_t i = 0; i < g->tag_count; i++)
        param_bytes(tags, g->tags[i].bytes, TAG_SIZE);
}

/* Returns false when memory ran out. */
static bool asked_take(struct guardian_asked *to, const PGresult *rows, int row)
{
    to->revision = row_int8(rows, row, COLUMN_REVISION);
    to->purpose = row_int4(rows, row, COLUMN_PURPOSE);
    to->notice = row_int4(rows, row, COLUMN_NOTICE);
    to->language = row_text(rows, row, COLUMN_LANGUAGE);
    to->recorded_at = row_instant(rows, row, COLUMN_RECORDED_AT);
    to->valid_until = row_instant(rows, row, COLUMN_VALID_UNTIL);
    to->said = row_int8(rows, row, COLUMN_RANK);
    to->said_at = row_int8(rows, row, COLUMN_SAID);
    to->is_left = row_bool(rows, row, COLUMN_LEFT);
    return to->language != NULL || row_is_null(rows, row, COLUMN_LANGUAGE);
}

static void request_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct guardian_request_job *g = list_entry(batch[0].job, struct guardian_request_job, job);
    guardian_request_job_clear(g);
    int n = PQntuples(rows);
    g->asked = calloc((size_t)n + 1, sizeof *g->asked);
    g->broken = g->asked == NULL;
    for (int row = 0; row < n && !g->broken; row++) {
        g->generation = row_int8(rows, row, COLUMN_GENERATION);
        g->as_of = row_instant(rows, row, COLUMN_AS_OF);
        g->second_waits = row_bool(rows, row, COLUMN_SECOND);
        if (row_is_null(rows, row, COLUMN_REVISION))
            continue;
        row_person(rows, row, COLUMN_TAGS, COLUMN_TYPES, &g->child);
        g->broken = !asked_take(&g->asked[g->count++], rows, row);
    }
}

void guardian_request_job_init(struct guardian_request_job *g, int32_t controller_id,
                               const struct confirmation *which)
{
    static const struct verb verb = {
        .statement = "guardian_request", .batch_max = 1, .bind = request_bind, .take = request_take};
    *g = (struct guardian_request_job){.job = {.verb = &verb, .controller_id = controller_id, .weight = 1},
                                       .which = *which};
}

void guardian_request_job_clear(struct guardian_request_job *g)
{
    for (size_t i = 0; i < g->count; i++)
        free(g->asked[i].language);
    free(g->asked);
    g->asked = NULL;
    g->count = 0;
    g->broken = false;
}

/* ---- whether the guardian was told ---- */

static void told_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct guardian_told_job *t = list_entry(batch[0].job, struct guardian_told_job, job);
    params_int4(params, t->job.controller_id);
    params_int8(params, t->subject_no);
    params_int8(params, t->revision);
}

static void told_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job != NULL && PQntuples(rows) == 1)
        list_entry(batch[0].job, struct guardian_told_job, job)->told = row_bool(rows, 0, 0);
}

void guardian_told_job_init(struct guardian_told_job *t, int32_t controller_id, int64_t subject_no,
                            int64_t revision)
{
    static const struct verb verb = {
        .statement = "guardian_told", .batch_max = 1, .bind = told_bind, .take = told_take};
    *t = (struct guardian_told_job){.job = {.verb = &verb, .controller_id = controller_id, .weight = 1},
                                    .subject_no = subject_no,
                                    .revision = revision};
}

/* ---- the answer ---- */

static void answer_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct guardian_answer_job *a = list_entry(batch[0].job, struct guardian_answer_job, job);
    params_int4(params, a->job.controller_id);
    params_idempotency(params, &a->key);
    params_text(params, a->answer);
    params_int8(params, a->revision);
    params_int8(params, a->subject_no);
}

static void answer_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL || PQntuples(rows) != 1)
        return;
    struct guardian_answer_job *a = list_entry(batch[0].job, struct guardian_answer_job, job);
    guardian_answer_job_clear(a);
    a->first = row_text(rows, 0, 0);
}

void guardian_answer_job_prepare(struct guardian_answer_job *a, int32_t controller_id)
{
    static const struct verb verb = {.statement = "guardian_answer_keep",
                                     .writes = true,
                                     .batch_max = 1,
                                     .bind = answer_bind,
                                     .take = answer_take};
    a->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

void guardian_answer_job_clear(struct guardian_answer_job *a)
{
    free(a->first);
    a->first = NULL;
}
