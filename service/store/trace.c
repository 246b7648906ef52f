/* SPDX-License-Identifier: Apache-2.0 */
#include "store/trace.h"

#include "store/params.h"
#include "store/row.h"

#include <stdlib.h>
#include <string.h>

static void keep_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct trace_keep_job *t = list_entry(batch[0].job, struct trace_keep_job, job);
    params_int4(params, t->job.controller_id);
    params_bytes(params, t->id, UUID_SIZE);
    params_int8(params, t->at);
    params_text(params, t->actor);
    params_text(params, t->ref);
    params_int4(params, t->policy_version);
    params_int4(params, t->lines);
    params_int4(params, t->allowed);
    params_bytes(params, t->mac, TRACE_HASH);
    params_bytes(params, t->answer_mac, TRACE_HASH);
}

static void nothing_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)batch;
    (void)count;
    (void)rows;
}

void trace_keep_job_prepare(struct trace_keep_job *t, int32_t controller_id)
{
    static const struct verb verb = {
        .statement = "check_keep", .writes = true, .batch_max = 1, .bind = keep_bind, .take = nothing_take};
    t->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

static void list_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct trace_list_job *l = list_entry(batch[0].job, struct trace_list_job, job);
    params_int4(params, l->job.controller_id);
    params_text(params, l->ref);
    params_int8(params, l->after);
    params_int4(params, l->limit);
}

/* ${size} bytes at ${to}; what has another length is left zero. */
static void bytes_take(const PGresult *rows, int row, int column, void *to, size_t size)
{
    size_t len = 0;
    const char *bytes = row_bytes(rows, row, column, &len);
    if (bytes != NULL && len <= size)
        memcpy(to, bytes, len);
}

static void list_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct trace_list_job *l = list_entry(batch[0].job, struct trace_list_job, job);
    trace_list_job_clear(l);
    int n = PQntuples(rows);
    l->rows = calloc((size_t)n + 1, sizeof *l->rows);
    l->broken = l->rows == NULL;
    for (int row = 0; !l->broken && row < n; row++) {
        struct trace_row *to = &l->rows[l->count++];
        *to = (struct trace_row){.number = row_int8(rows, row, 0),
                                 .at = row_instant(rows, row, 2),
                                 .revision = row_int8(rows, row, 4),
                                 .policy_version = row_int4(rows, row, 5),
                                 .lines = row_int4(rows, row, 6),
                                 .allowed = row_int4(rows, row, 7)};
        row_uuid(rows, row, 1, to->id);
        bytes_take(rows, row, 3, to->actor, sizeof to->actor - 1);
        bytes_take(rows, row, 8, to->mac, TRACE_HASH);
        bytes_take(rows, row, 9, to->answer_mac, TRACE_HASH);
    }
}

void trace_list_job_prepare(struct trace_list_job *l, int32_t controller_id)
{
    static const struct verb verb = {
        .statement = "check_traces", .batch_max = 1, .bind = list_bind, .take = list_take};
    l->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

void trace_list_job_clear(struct trace_list_job *l)
{
    free(l->rows);
    l->rows = NULL;
    l->count = 0;
}
