/* SPDX-License-Identifier: Apache-2.0 */
#include "store/delivery.h"

#include "store/params.h"
#include "store/row.h"

#include <stdlib.h>
#include <string.h>

const char *const message_status_words[] = {"waiting", "delivered", "refused", "failed", "expired", NULL};
const char *const delivery_fault_words[] = {"none",    "status", "redirect", "resolve", "address",
                                            "connect", "tls",    "timeout",  "answer",  "secret",
                                            "content", "memory", NULL};

/* ${room} bytes at ${ret_text}; what is longer is cut. */
static void text_take(const PGresult *rows, int row, int column, char *ret_text, size_t room)
{
    size_t len = 0;
    const char *bytes = row_bytes(rows, row, column, &len);
    if (bytes == NULL || len >= room)
        len = bytes == NULL ? 0 : room - 1;
    memcpy(ret_text, bytes != NULL ? bytes : "", len);
    ret_text[len] = '\0';
}

static void nothing_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)batch;
    (void)count;
    (void)rows;
}

/* ---- endpoints ---- */

static void endpoints_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct take_endpoints_job *t = list_entry(batch[0].job, struct take_endpoints_job, job);
    struct param *held = params_array(params, PARAM_INT4);
    for (size_t i = 0; i < t->held_count; i++)
        param_int4(held, t->held[i]);
    params_int4(params, t->most);
}

/* Returns how many there are. */
static size_t endpoint_rows_take(const PGresult *rows, struct endpoint_row list[ENDPOINTS_TAKEN_MAX])
{
    size_t count = 0;
    for (int row = 0; row < PQntuples(rows) && count < ENDPOINTS_TAKEN_MAX; row++) {
        struct endpoint_row *e = &list[count++];
        e->controller_id = row_int4(rows, row, 0);
        text_take(rows, row, 1, e->controller, sizeof e->controller);
        text_take(rows, row, 2, e->name, sizeof e->name);
        e->endpoint_no = row_int4(rows, row, 3);
        text_take(rows, row, 4, e->url, sizeof e->url);
        text_take(rows, row, 5, e->secret, sizeof e->secret);
        e->failures = row_int4(rows, row, 6);
        e->revision = row_int8(rows, row, 7);
    }
    return count;
}

static void endpoints_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    struct take_endpoints_job *t = list_entry(batch[0].job, struct take_endpoints_job, job);
    t->count = endpoint_rows_take(rows, t->rows);
}

void take_endpoints_job_init(struct take_endpoints_job *t)
{
    static const struct verb verb = {.statement = "take_endpoints",
                                     .writes = true,
                                     .batch_max = 1,
                                     .bind = endpoints_bind,
                                     .take = endpoints_take};
    t->job = (struct job){.verb = &verb, .weight = 1};
    t->count = 0;
}

static void of_controller_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    params_int4(params, batch[0].job->controller_id);
}

static void of_controller_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    struct endpoints_job *e = list_entry(batch[0].job, struct endpoints_job, job);
    e->count = endpoint_rows_take(rows, e->rows);
}

void endpoints_job_init(struct endpoints_job *e, int32_t controller_id)
{
    static const struct verb verb = {
        .statement = "endpoints", .batch_max = 1, .bind = of_controller_bind, .take = of_controller_take};
    e->job = (struct job){.verb = &verb, .weight = 1, .controller_id = controller_id};
    e->count = 0;
}

static void mend_bind(const struct sent *batch, size_t count, struct params *params)
{
    of_controller_bind(batch, count, params);
    params_text(params, list_entry(batch[0].job, struct mend_endpoint_job, job)->name);
}

void mend_endpoint_job_init(struct mend_endpoint_job *m, int32_t controller_id, const char *name)
{
    static const struct verb verb = {.statement = "mend_endpoint",
                                     .writes = true,
                                     .batch_max = 1,
                                     .bind = mend_bind,
                                     .take = nothing_take};
    *m = (struct mend_endpoint_job){.job = {.verb = &verb, .weight = 1, .controller_id = controller_id},
                                    .name = name};
}

static void leave_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    params_int4(params, list_entry(batch[0].job, struct leave_endpoint_job, job)->endpoint_no);
}

void leave_endpoint_job_init(struct leave_endpoint_job *l, int32_t endpoint_no)
{
    static const struct verb verb = {.statement = "leave_endpoint",
                                     .writes = true,
                                     .batch_max = 1,
                                     .bind = leave_bind,
                                     .take = nothing_take};
    *l = (struct leave_endpoint_job){.job = {.verb = &verb, .weight = 1}, .endpoint_no = endpoint_no};
}

/* ---- messages ---- */

static void messages_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct take_messages_job *t = list_entry(batch[0].job, struct take_messages_job, job);
    params_int4(params, t->job.controller_id);
    if (t->due != INSTANT_NONE)
        params_int8(params, t->due);
    else
        params_null(params);
    params_int8(params, t->message_no);
    params_int4(params, t->most);
}

enum {
    COLUMN_NO,
    COLUMN_ID,
    COLUMN_KIND,
    COLUMN_PUT_AT,
    COLUMN_CONTENT,
    COLUMN_SUBJECT,
    COLUMN_REVISION,
    COLUMN_VALID_UNTIL,
    COLUMN_TRIES,
    COLUMN_DUE_AT,
    COLUMN_WAITS,
    COLUMN_URL,
    COLUMN_SECRET
};

static void message_take(struct message_row *m, const PGresult *rows, int row)
{
    m->message_no = row_int8(rows, row, COLUMN_NO);
    row_uuid(rows, row, COLUMN_ID, m->message_id);
    m->kind = (enum message_kind)row_int2(rows, row, COLUMN_KIND);
    m->put_at = row_instant(rows, row, COLUMN_PUT_AT);
    m->subject_no = row_int8(rows, row, COLUMN_SUBJECT);
    m->revision = row_int8(rows, row, COLUMN_REVISION);
    m->valid_until = row_instant(rows, row, COLUMN_VALID_UNTIL);
    m->tries = row_int2(rows, row, COLUMN_TRIES);
    const char *content = row_bytes(rows, row, COLUMN_CONTENT, &m->content_len);
    m->content = malloc(m->content_len + 1);
    if (m->content != NULL && content != NULL)
        memcpy(m->content, content, m->content_len);
}

static void messages_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    struct take_messages_job *t = list_entry(batch[0].job, struct take_messages_job, job);
    t->count = 0;
    t->looked = (size_t)PQntuples(rows);
    t->url[0] = '\0';
    t->blocked_count = 0;
    for (int row = 0; row < PQntuples(rows) && row < MESSAGES_TAKEN_MAX; row++) {
        t->due = row_instant(rows, row, COLUMN_DUE_AT);
        t->message_no = row_int8(rows, row, COLUMN_NO);
        text_take(rows, row, COLUMN_URL, t->url, sizeof t->url);
        text_take(rows, row, COLUMN_SECRET, t->secret, sizeof t->secret);
        if (row_bool(rows, row, COLUMN_WAITS))
            t->blocked[t->blocked_count++] = t->message_no;
        else
            message_take(&t->rows[t->count++], rows, row);
    }
}

void take_messages_job_init(struct take_messages_job *t, int32_t controller_id)
{
    static const struct verb verb = {
        .statement = "take_messages", .batch_max = 1, .bind = messages_bind, .take = messages_take};
    t->job = (struct job){.verb = &verb, .weight = 1, .controller_id = controller_id};
}

static void postpone_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct postpone_messages_job *p = list_entry(batch[0].job, struct postpone_messages_job, job);
    params_int4(params, p->job.controller_id);
    struct param *messages = params_array(params, PARAM_INT8);
    for (size_t i = 0; i < p->count; i++)
        param_int8(messages, p->messages[i]);
}

void postpone_messages_job_prepare(struct postpone_messages_job *p, int32_t controller_id)
{
    static const struct verb verb = {.statement = "postpone_messages",
                                     .writes = true,
                                     .batch_max = 1,
                                     .bind = postpone_bind,
                                     .take = nothing_take};
    p->job = (struct job){.verb = &verb, .weight = 1, .controller_id = controller_id};
}

/* ---- what came of it ---- */

static void notes_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct note_messages_job *n = list_entry(batch[0].job, struct note_messages_job, job);
    params_int4(params, n->job.controller_id);
    struct param *nos = params_array(params, PARAM_INT8);
    struct param *statuses = params_array(params, PARAM_INT2);
    struct param *http_statuses = params_array(params, PARAM_INT2);
    struct param *faults = params_array(params, PARAM_INT2);
    struct param *delays = params_array(params, PARAM_INT8);
    for (size_t i = 0; i < n->count; i++) {
        const struct message_note *note = &n->notes[i];
        param_int8(nos, note->message_no);
        param_int2(statuses, (int16_t)note->status);
        if (note->http_status != 0)
            param_int2(http_statuses, note->http_status);
        else
            param_null(http_statuses);
        param_int2(faults, (int16_t)note->fault);
        param_int8(delays, note->delay);
    }
}

void note_messages_job_prepare(struct note_messages_job *n, int32_t controller_id)
{
    static const struct verb verb = {.statement = "note_messages",
                                     .writes = true,
                                     .batch_max = 1,
                                     .bind = notes_bind,
                                     .take = nothing_take};
    n->job = (struct job){.verb = &verb, .weight = 1, .controller_id = controller_id};
}

static void endpoint_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct note_endpoint_job *n = list_entry(batch[0].job, struct note_endpoint_job, job);
    params_int4(params, n->job.controller_id);
    params_text(params, n->name);
    params_text(params, n->url);
    params_int4(params, n->failures);
    params_int8(params, n->pause);
    params_bool(params, n->stopped);
    params_bool(params, n->delivered);
    params_int8(params, n->revision);
    params_int4(params, n->http_status);
    params_int4(params, (int32_t)n->fault);
}

void note_endpoint_job_prepare(struct note_endpoint_job *n, int32_t controller_id)
{
    static const struct verb verb = {.statement = "note_endpoint",
                                     .writes = true,
                                     .batch_max = 1,
                                     .bind = endpoint_bind,
                                     .take = nothing_take};
    n->job = (struct job){.verb = &verb, .weight = 1, .controller_id = controller_id};
}

/* ---- recipients ---- */

static void look_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct look_at_recipient_job *l = list_entry(batch[0].job, struct look_at_recipient_job, job);
    params_int4(params, l->job.controller_id);
    params_text(params, l->name);
}

static void look_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    struct look_at_recipient_job *l = list_entry(batch[0].job, struct look_at_recipient_job, job);
    l->found = PQntuples(rows) == 1;
    if (!l->found)
        return;
    text_take(rows, 0, 0, l->url, sizeof l->url);
    text_take(rows, 0, 1, l->secret, sizeof l->secret);
    l->revision = row_int8(rows, 0, 2);
    l->purposes = row_text(rows, 0, 3);
    l->policy_version = row_int4(rows, 0, 4);
    l->due_waits = row_bool(rows, 0, 5);
    l->found = l->purposes != NULL || row_is_null(rows, 0, 3);
}

void look_at_recipient_job_init(struct look_at_recipient_job *l, int32_t controller_id, const char *name)
{
    static const struct verb verb = {
        .statement = "look_at_recipient", .batch_max = 1, .bind = look_bind, .take = look_take};
    *l = (struct look_at_recipient_job){.job = {.verb = &verb, .weight = 1, .controller_id = controller_id},
                                        .name = name};
}

static void policy_bind(const struct sent *batch, size_t count, struct params *params)
{
    const struct note_policy_job *n = list_entry(batch[0].job, struct note_policy_job, job);
    of_controller_bind(batch, count, params);
    params_text(params, n->name);
    params_int4(params, n->version);
}

void note_policy_job_init(struct note_policy_job *n, int32_t controller_id, const char *name, int32_t version)
{
    static const struct verb verb = {.statement = "note_policy",
                                     .writes = true,
                                     .batch_max = 1,
                                     .bind = policy_bind,
                                     .take = nothing_take};
    *n = (struct note_policy_job){.job = {.verb = &verb, .weight = 1, .controller_id = controller_id},
                                  .name = name,
                                  .version = version};
}

static void due_bind(const struct sent *batch, size_t count, struct params *params)
{
    of_controller_bind(batch, count, params);
    params_text(params, list_entry(batch[0].job, struct note_due_job, job)->name);
}

void note_due_job_init(struct note_due_job *n, int32_t controller_id, const char *name)
{
    static const struct verb verb = {
        .statement = "note_due", .writes = true, .batch_max = 1, .bind = due_bind, .take = nothing_take};
    *n = (struct note_due_job){.job = {.verb = &verb, .weight = 1, .controller_id = controller_id},
                               .name = name};
}

static void lag_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    struct recipients_lag_job *r = list_entry(batch[0].job, struct recipients_lag_job, job);
    r->lag = PQntuples(rows) == 1 ? row_int8(rows, 0, 0) : 0;
}

void recipients_lag_job_init(struct recipients_lag_job *r)
{
    static const struct verb verb = {.statement = "recipients_lag", .batch_max = 1, .take = lag_take};
    *r = (struct recipients_lag_job){.job = {.verb = &verb, .weight = 1}};
}

/* ---- what is told of deliveries ---- */

static void deliveries_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct deliveries_job *d = list_entry(batch[0].job, struct deliveries_job, job);
    params_int4(params, d->job.controller_id);
    params_int8(params, d->before);
    if (d->status >= 0)
        params_int4(params, d->status);
    else
        params_null(params);
    params_int4(params, d->limit);
}

static void delivery_take(struct delivery_row *d, const PGresult *rows, int row)
{
    enum { COLUMN = 5 }; /* the first behind the endpoint's */
    d->message_no = row_int8(rows, row, COLUMN);
    row_uuid(rows, row, COLUMN + 1, d->message_id);
    d->kind = (enum message_kind)row_int2(rows, row, COLUMN + 2);
    d->status = (enum message_status)row_int2(rows, row, COLUMN + 3);
    d->tries = row_int2(rows, row, COLUMN + 4);
    d->put_at = row_instant(rows, row, COLUMN + 5);
    d->due_at = row_instant(rows, row, COLUMN + 6);
    d->ends_at = row_instant(rows, row, COLUMN + 7);
    d->over_at = row_instant(rows, row, COLUMN + 8);
    d->http_status = row_int2(rows, row, COLUMN + 9);
    d->fault = (enum delivery_fault)row_int2(rows, row, COLUMN + 10);
}

static void deliveries_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL || PQntuples(rows) < 1)
        return;
    struct deliveries_job *d = list_entry(batch[0].job, struct deliveries_job, job);
    deliveries_job_clear(d);
    text_take(rows, 0, 0, d->endpoint.url, sizeof d->endpoint.url);
    d->endpoint.failures = row_int4(rows, 0, 1);
    d->endpoint.paused_until = row_instant(rows, 0, 2);
    d->endpoint.stopped_at = row_instant(rows, 0, 3);
    d->endpoint.last_delivery_at = row_instant(rows, 0, 4);
    d->rows = calloc((size_t)PQntuples(rows), sizeof *d->rows);
    d->broken = d->rows == NULL;
    for (int row = 0; !d->broken && row < PQntuples(rows) && !row_is_null(rows, row, 5); row++)
        delivery_take(&d->rows[d->count++], rows, row);
}

void deliveries_job_prepare(struct deliveries_job *d)
{
    static const struct verb verb = {
        .statement = "deliveries", .batch_max = 1, .bind = deliveries_bind, .take = deliveries_take};
    d->job.verb = &verb;
    d->job.weight = 1;
}

void deliveries_job_clear(struct deliveries_job *d)
{
    free(d->rows);
    d->rows = NULL;
    d->count = 0;
}

static void recipient_take(struct recipients_job *job, struct recipient_row *r, const PGresult *rows, int row)
{
    text_take(rows, row, 0, r->name, sizeof r->name);
    text_take(rows, row, 1, r->endpoint.url, sizeof r->endpoint.url);
    r->purposes = row_text(rows, row, 3);
    job->broken = job->broken || (r->purposes == NULL && !row_bool(rows, row, 2));
    r->revision = row_int8(rows, row, 4);
    r->head = row_int8(rows, row, 5);
    r->waits_since = row_instant(rows, row, 6);
    r->as_of = row_instant(rows, row, 7);
    r->endpoint.failures = row_int4(rows, row, 8);
    r->endpoint.paused_until = row_instant(rows, row, 9);
    r->endpoint.stopped_at = row_instant(rows, row, 10);
    r->endpoint.last_delivery_at = row_instant(rows, row, 11);
    r->endpoint.http_status = row_int2(rows, row, 12);
    r->endpoint.fault = (enum delivery_fault)row_int2(rows, row, 13);
}

static void recipients_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct recipients_job *r = list_entry(batch[0].job, struct recipients_job, job);
    recipients_job_clear(r);
    r->rows = calloc((size_t)PQntuples(rows) + 1, sizeof *r->rows);
    r->broken = r->rows == NULL;
    for (int row = 0; r->rows != NULL && row < PQntuples(rows); row++)
        recipient_take(r, &r->rows[r->count++], rows, row);
}

void recipients_job_prepare(struct recipients_job *r)
{
    static const struct verb verb = {
        .statement = "recipients", .batch_max = 1, .bind = of_controller_bind, .take = recipients_take};
    r->job.verb = &verb;
    r->job.weight = 1;
}

void recipients_job_clear(struct recipients_job *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->rows[i].purposes);
    free(r->rows);
    r->rows = NULL;
    r->count = 0;
}

static void resend_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct resend_job *r = list_entry(batch[0].job, struct resend_job, job);
    params_int4(params, r->job.controller_id);
    params_text(params, r->id);
}

static void resend_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job != NULL)
        list_entry(batch[0].job, struct resend_job, job)->status =
            PQntuples(rows) == 1 && !row_is_null(rows, 0, 0) ? row_int2(rows, 0, 0) : -1;
}

void resend_job_prepare(struct resend_job *r)
{
    static const struct verb verb = {.statement = "resend_message",
                                     .writes = true,
                                     .batch_max = 1,
                                     .bind = resend_bind,
                                     .take = resend_take};
    r->job.verb = &verb;
    r->job.weight = 1;
}
