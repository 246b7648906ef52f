/* SPDX-License-Identifier: Apache-2.0 */
#include "store/audit.h"

#include "base/limits.h"
#include "store/params.h"
#include "store/row.h"

#include <stdlib.h>

/* ---- add ---- */

static void request_bind(struct param *to, const struct audit_entry *entry)
{
    if (entry->answers)
        param_bytes(to, entry->request_id, UUID_SIZE);
    else
        param_null(to);
}

static void add_bind(const struct sent *batch, size_t count, struct params *params)
{
    params_int4(params, batch[0].job->controller_id);
    struct param *actor = params_array(params, PARAM_TEXT), *token = params_array(params, PARAM_TEXT),
                 *action = params_array(params, PARAM_TEXT), *subject = params_array(params, PARAM_INT8),
                 *found = params_array(params, PARAM_INT4), *reason = params_array(params, PARAM_TEXT),
                 *behalf = params_array(params, PARAM_TEXT), *request = params_array(params, PARAM_UUID);
    for (size_t i = 0; i < count; i++) {
        const struct audit_entry *entry = &list_entry(batch[i].job, struct audit_job, job)->entry;
        param_text(actor, entry->actor);
        param_text(token, entry->token);
        param_text(action, entry->action);
        if (entry->subject_no != 0)
            param_int8(subject, entry->subject_no);
        else
            param_null(subject);
        param_int4(found, entry->found);
        param_text(reason, entry->reason);
        param_text(behalf, entry->on_behalf_of);
        request_bind(request, entry);
    }
}

static void nothing_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)batch;
    (void)count;
    (void)rows;
}

void audit_job_prepare(struct audit_job *a, int32_t controller_id)
{
    static const struct verb verb = {.statement = "audit_add",
                                     .writes = true,
                                     .batch_max = AUDIT_BATCH_MAX,
                                     .gathers = true,
                                     .bind = add_bind,
                                     .take = nothing_take};
    a->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

/* ---- add, of a list ---- */

static void persons_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct audit_persons_job *a = list_entry(batch[0].job, struct audit_persons_job, job);
    params_int4(params, a->job.controller_id);
    params_text(params, a->entry.actor);
    params_text(params, a->entry.token);
    params_text(params, a->entry.action);
    params_text(params, a->entry.reason);
    params_text(params, a->entry.on_behalf_of);
    struct param *subject = params_array(params, PARAM_INT8), *found = params_array(params, PARAM_INT4);
    for (size_t i = 0; i < a->count; i++) {
        if (a->told[i].subject_no != 0)
            param_int8(subject, a->told[i].subject_no);
        else
            param_null(subject);
        param_int4(found, a->told[i].found);
    }
}

void audit_persons_job_prepare(struct audit_persons_job *a, int32_t controller_id)
{
    static const struct verb verb = {.statement = "audit_add_persons",
                                     .writes = true,
                                     .batch_max = 1,
                                     .bind = persons_bind,
                                     .take = nothing_take};
    a->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

/* ---- list ---- */

static void instant_bind(struct params *params, instant at)
{
    if (at != INSTANT_NONE)
        params_int8(params, at);
    else
        params_null(params);
}

static void list_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct audit_list_job *l = list_entry(batch[0].job, struct audit_list_job, job);
    params_int4(params, l->job.controller_id);
    params_int8(params, l->after);
    params_int4(params, AUDIT_WINDOW);
    params_int4(params, l->limit);
    if (l->subject_no != 0)
        params_int8(params, l->subject_no);
    else
        params_null(params);
    params_text(params, l->actor);
    instant_bind(params, l->from);
    instant_bind(params, l->until);
}

enum {
    COLUMN_THROUGH,
    COLUMN_LAST,
    COLUMN_NUMBER,
    COLUMN_AT,
    COLUMN_ACTOR,
    COLUMN_TOKEN,
    COLUMN_ACTION,
    COLUMN_SUBJECT,
    COLUMN_FOUND,
    COLUMN_REASON,
    COLUMN_BEHALF,
    COLUMN_REQUEST
};

static void row_take(struct audit_row *to, const PGresult *rows, int row)
{
    *to = (struct audit_row){.number = row_int8(rows, row, COLUMN_NUMBER),
                             .subject_no = row_int8(rows, row, COLUMN_SUBJECT),
                             .at = row_instant(rows, row, COLUMN_AT),
                             .actor = row_text(rows, row, COLUMN_ACTOR),
                             .token = row_text(rows, row, COLUMN_TOKEN),
                             .action = row_text(rows, row, COLUMN_ACTION),
                             .reason = row_text(rows, row, COLUMN_REASON),
                             .on_behalf_of = row_text(rows, row, COLUMN_BEHALF),
                             .found = row_int4(rows, row, COLUMN_FOUND),
                             .answers = !row_is_null(rows, row, COLUMN_REQUEST)};
    row_uuid(rows, row, COLUMN_REQUEST, to->request_id);
}

static void list_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct audit_list_job *l = list_entry(batch[0].job, struct audit_list_job, job);
    audit_list_job_clear(l);
    int n = PQntuples(rows);
    l->rows = calloc((size_t)n + 1, sizeof *l->rows);
    l->broken = l->rows == NULL || n == 0;
    for (int row = 0; !l->broken && row < n; row++) {
        l->through = row_int8(rows, row, COLUMN_THROUGH);
        l->last = row_int8(rows, row, COLUMN_LAST);
        if (row_is_null(rows, row, COLUMN_NUMBER))
            break; /* there is no entry */
        row_take(&l->rows[l->count], rows, row);
        l->broken = l->rows[l->count].actor == NULL || l->rows[l->count].action == NULL;
        l->count++;
    }
}

void audit_list_job_prepare(struct audit_list_job *l, int32_t controller_id)
{
    static const struct verb verb = {
        .statement = "audit_list", .batch_max = 1, .bind = list_bind, .take = list_take};
    l->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

void audit_list_job_clear(struct audit_list_job *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->rows[i].actor);
        free(l->rows[i].token);
        free(l->rows[i].action);
        free(l->rows[i].reason);
        free(l->rows[i].on_behalf_of);
    }
    free(l->rows);
    l->rows = NULL;
    l->count = 0;
}
