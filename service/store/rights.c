/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rights.h"

#include "store/params.h"
#include "store/row.h"

#include <stdio.h>
#include <stdlib.h>

static void number_bind(struct params *params, int64_t number)
{
    if (number != 0)
        params_int8(params, number);
    else
        params_null(params);
}

static void instant_bind(struct params *params, instant at)
{
    if (at != INSTANT_NONE)
        params_int8(params, at);
    else
        params_null(params);
}

static void end_bind(struct params *params, const struct rights_end *due)
{
    if (due->day != DAY_NONE)
        params_int4(params, due->day);
    else
        params_null(params);
    instant_bind(params, due->day != DAY_NONE ? INSTANT_NONE : due->at);
}

/* ---- add ---- */

static void add_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct rights_add_job *a = list_entry(batch[0].job, struct rights_add_job, job);
    params_int4(params, a->job.controller_id);
    params_bytes(params, a->id, UUID_SIZE);
    params_text(params, a->kind);
    number_bind(params, a->subject_no);
    params_text(params, a->client);
    params_int8(params, a->received);
    params_interval(params, &a->term);
    end_bind(params, &a->due);
    params_text(params, a->identity_method);
    params_text(params, a->identity_outcome);
    params_text(params, a->medium);
    params_text(params, a->on_behalf_of);
    params_text(params, a->ref);
    params_text(params, a->actor);
    params_text(params, a->token);
    params_idempotency(params, &a->key);
}

static void add_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL || PQntuples(rows) != 1)
        return;
    struct rights_add_job *a = list_entry(batch[0].job, struct rights_add_job, job);
    a->reused = !row_bool(rows, 0, 0);
}

void rights_add_job_prepare(struct rights_add_job *a, int32_t controller_id)
{
    static const struct verb verb = {.statement = "rights_request_add",
                                     .writes = true,
                                     .batch_max = 1,
                                     .bind = add_bind,
                                     .take = add_take};
    a->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

/* ---- set ---- */

static void set_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct rights_set_job *s = list_entry(batch[0].job, struct rights_set_job, job);
    params_int4(params, s->job.controller_id);
    params_bytes(params, s->id, UUID_SIZE);
    params_int4(params, s->edition);
    params_text(params, s->action);
    end_bind(params, &s->due);
    params_int4(params, s->paused_days);
    params_interval(params, &s->paused);
    params_interval(params, s->extension);
    params_text(params, s->reason);
    params_text(params, s->complaint);
    params_text(params, s->identity_method);
    params_text(params, s->identity_outcome);
    params_text(params, s->answer);
    params_text(params, s->actor);
    params_text(params, s->token);
    params_idempotency(params, &s->key);
}

static void set_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job != NULL)
        list_entry(batch[0].job, struct rights_set_job, job)->outcome =
            (enum rights_outcome)row_int4(rows, 0, 0);
}

void rights_set_job_prepare(struct rights_set_job *s, int32_t controller_id)
{
    static const struct verb verb = {.statement = "rights_request_set",
                                     .writes = true,
                                     .batch_max = 1,
                                     .bind = set_bind,
                                     .take = set_take};
    s->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

/* ---- list ---- */

static void list_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct rights_list_job *l = list_entry(batch[0].job, struct rights_list_job, job);
    params_int4(params, l->job.controller_id);
    if (l->id != NULL)
        params_bytes(params, l->id, UUID_SIZE);
    else
        params_null(params);
    params_int8(params, l->after);
    params_int4(params, l->limit);
    params_text(params, l->state);
    params_text(params, l->kind);
    number_bind(params, l->subject_no);
    instant_bind(params, l->due_before);
    instant_bind(params, l->moment);
    params_bool(params, l->overdue);
    params_idempotency(params, &l->key);
}

enum {
    COLUMN_GENERATION,
    COLUMN_AS_OF,
    COLUMN_TODAY,
    COLUMN_DAY,
    COLUMN_KEPT,
    COLUMN_REUSED,
    COLUMN_NUMBER,
    COLUMN_ID,
    COLUMN_EDITION,
    COLUMN_KIND,
    COLUMN_SUBJECT,
    COLUMN_CLIENT,
    COLUMN_RECEIVED,
    COLUMN_RECEIVED_DAY,
    COLUMN_TERM,
    COLUMN_EXTENSION,
    COLUMN_EXTENDED,
    COLUMN_EXTENSION_REASON,
    COLUMN_PAUSED,
    COLUMN_PAUSED_DAY,
    COLUMN_PAUSE_REASON,
    COLUMN_PAUSED_DAYS,
    COLUMN_PAUSED_TIME,
    COLUMN_DUE_DAY,
    COLUMN_DUE,
    COLUMN_IDENTITY_METHOD,
    COLUMN_IDENTITY_OUTCOME,
    COLUMN_IDENTITY,
    COLUMN_STATE,
    COLUMN_CLOSED,
    COLUMN_CLOSED_BY,
    COLUMN_ANSWER,
    COLUMN_REFUSAL,
    COLUMN_COMPLAINT,
    COLUMN_MEDIUM,
    COLUMN_BEHALF,
    COLUMN_REF,
    COLUMN_RECORDED,
    COLUMN_RECORDED_BY
};

static void texts_take(struct rights_row *to, const PGresult *rows, int row)
{
    to->kind = row_text(rows, row, COLUMN_KIND);
    to->client = row_text(rows, row, COLUMN_CLIENT);
    to->extension_reason = row_text(rows, row, COLUMN_EXTENSION_REASON);
    to->pause_reason = row_text(rows, row, COLUMN_PAUSE_REASON);
    to->identity_method = row_text(rows, row, COLUMN_IDENTITY_METHOD);
    to->identity_outcome = row_text(rows, row, COLUMN_IDENTITY_OUTCOME);
    to->state = row_text(rows, row, COLUMN_STATE);
    to->closed_by = row_text(rows, row, COLUMN_CLOSED_BY);
    to->answer = row_text(rows, row, COLUMN_ANSWER);
    to->refusal_reason = row_text(rows, row, COLUMN_REFUSAL);
    to->complaint = row_text(rows, row, COLUMN_COMPLAINT);
    to->medium = row_text(rows, row, COLUMN_MEDIUM);
    to->on_behalf_of = row_text(rows, row, COLUMN_BEHALF);
    to->ref = row_text(rows, row, COLUMN_REF);
    to->recorded_by = row_text(rows, row, COLUMN_RECORDED_BY);
}

static void row_take(struct rights_row *to, const PGresult *rows, int row)
{
    *to = (struct rights_row){.number = row_int8(rows, row, COLUMN_NUMBER),
                              .subject_no = row_int8(rows, row, COLUMN_SUBJECT),
                              .edition = row_int4(rows, row, COLUMN_EDITION),
                              .received = row_instant(rows, row, COLUMN_RECEIVED),
                              .received_day = row_int4(rows, row, COLUMN_RECEIVED_DAY),
                              .term = row_interval(rows, row, COLUMN_TERM),
                              .extension = row_interval(rows, row, COLUMN_EXTENSION),
                              .extended_at = row_instant(rows, row, COLUMN_EXTENDED),
                              .paused_at = row_instant(rows, row, COLUMN_PAUSED),
                              .paused_day = row_int4(rows, row, COLUMN_PAUSED_DAY),
                              .paused_days = row_int4(rows, row, COLUMN_PAUSED_DAYS),
                              .paused = row_interval(rows, row, COLUMN_PAUSED_TIME),
                              .due = {.day = row_is_null(rows, row, COLUMN_DUE_DAY)
                                                 ? DAY_NONE
                                                 : row_int4(rows, row, COLUMN_DUE_DAY),
                                      .at = row_instant(rows, row, COLUMN_DUE)},
                              .identity_at = row_instant(rows, row, COLUMN_IDENTITY),
                              .closed_at = row_instant(rows, row, COLUMN_CLOSED),
                              .recorded_at = row_instant(rows, row, COLUMN_RECORDED)};
    row_uuid(rows, row, COLUMN_ID, to->id);
    texts_take(to, rows, row);
}

static void list_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct rights_list_job *l = list_entry(batch[0].job, struct rights_list_job, job);
    rights_list_job_clear(l);
    int n = PQntuples(rows);
    l->rows = calloc((size_t)n + 1, sizeof *l->rows);
    l->broken = l->rows == NULL || n == 0;
    for (int row = 0; !l->broken && row < n; row++) {
        l->generation = row_int8(rows, row, COLUMN_GENERATION);
        l->as_of = row_instant(rows, row, COLUMN_AS_OF);
        l->today = row_int4(rows, row, COLUMN_TODAY);
        l->day = row_int4(rows, row, COLUMN_DAY);
        l->kept = row_bool(rows, row, COLUMN_KEPT);
        l->reused = row_bool(rows, row, COLUMN_REUSED);
        if (row_is_null(rows, row, COLUMN_NUMBER))
            break; /* there is no request */
        struct rights_row *to = &l->rows[l->count++];
        row_take(to, rows, row);
        l->broken =
            to->kind == NULL || to->state == NULL || to->identity_outcome == NULL || to->recorded_by == NULL;
    }
}

void rights_list_job_prepare(struct rights_list_job *l, int32_t controller_id)
{
    static const struct verb verb = {
        .statement = "rights_request_list", .batch_max = 1, .bind = list_bind, .take = list_take};
    l->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

void rights_list_job_clear(struct rights_list_job *l)
{
    for (size_t i = 0; i < l->count; i++) {
        struct rights_row *r = &l->rows[i];
        char *texts[] = {r->kind,      r->client,         r->extension_reason, r->pause_reason,
                         r->state,     r->closed_by,      r->answer,           r->identity_method,
                         r->complaint, r->refusal_reason, r->identity_outcome, r->medium,
                         r->ref,       r->on_behalf_of,   r->recorded_by};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            free(texts[k]);
    }
    free(l->rows);
    l->rows = NULL;
    l->count = 0;
}

/* ---- who asks, proved by a link ---- */

static void address_bind(struct params *params, const struct rights_address *to)
{
    struct param *tags = params_array(params, PARAM_BYTEA);
    for (size_t i = 0; i < to->count; i++)
        param_bytes(tags, to->tags[i].bytes, TAG_SIZE);
}

static void link_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct rights_link_job *l = list_entry(batch[0].job, struct rights_link_job, job);
    params_int4(params, l->job.controller_id);
    params_bytes(params, l->id, UUID_SIZE);
    params_int4(params, l->edition);
    address_bind(params, &l->to);
    params_bytes(params, l->content, l->content_len);
    params_int8(params, l->valid_until);
    params_text(params, l->actor);
    params_text(params, l->token);
    params_idempotency(params, &l->key);
}

static void link_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job != NULL)
        list_entry(batch[0].job, struct rights_link_job, job)->outcome =
            (enum rights_outcome)row_int4(rows, 0, 0);
}

void rights_link_job_prepare(struct rights_link_job *l, int32_t controller_id)
{
    static const struct verb verb = {.statement = "rights_request_link",
                                     .writes = true,
                                     .batch_max = 1,
                                     .bind = link_bind,
                                     .take = link_take};
    l->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

static void proof_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct rights_proof_job *p = list_entry(batch[0].job, struct rights_proof_job, job);
    params_int4(params, p->job.controller_id);
    params_int8(params, p->request_no);
    params_int4(params, p->sending);
    address_bind(params, &p->to);
    if (p->actor != NULL)
        params_text(params, p->actor);
}

enum { PROOF_GENERATION, PROOF_AS_OF, PROOF_KIND, PROOF_RECEIVED, PROOF_PROVEN };

static void proof_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL || PQntuples(rows) != 1)
        return;
    struct rights_proof_job *p = list_entry(batch[0].job, struct rights_proof_job, job);
    p->generation = row_int8(rows, 0, PROOF_GENERATION);
    p->as_of = row_instant(rows, 0, PROOF_AS_OF);
    snprintf(p->kind, sizeof p->kind, "%.*s", PQgetlength(rows, 0, PROOF_KIND),
             PQgetvalue(rows, 0, PROOF_KIND));
    p->received = row_instant(rows, 0, PROOF_RECEIVED);
    p->proven = row_instant(rows, 0, PROOF_PROVEN);
}

void rights_proof_job_prepare(struct rights_proof_job *p, int32_t controller_id)
{
    static const struct verb looks = {.statement = "rights_request_proof",
                                      .batch_max = 1,
                                      .bind = proof_bind,
                                      .take = proof_take},
                             presses = {.statement = "rights_request_prove",
                                        .writes = true,
                                        .batch_max = 1,
                                        .bind = proof_bind,
                                        .take = proof_take};
    p->job = (struct job){
        .verb = p->actor != NULL ? &presses : &looks, .controller_id = controller_id, .weight = 1};
}

/* ---- answer ---- */

static void answer_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct rights_answer_job *a = list_entry(batch[0].job, struct rights_answer_job, job);
    params_int4(params, a->job.controller_id);
    params_bytes(params, a->id, UUID_SIZE);
    struct param *kinds = params_array(params, PARAM_TEXT);
    for (const char *const *kind = a->kinds; *kind != NULL; kind++)
        param_text(kinds, *kind);
    params_int8(params, a->subject_no);
    params_text(params, a->answer);
    params_text(params, a->actor);
}

static void answer_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job != NULL)
        list_entry(batch[0].job, struct rights_answer_job, job)->outcome =
            (enum rights_answered)row_int4(rows, 0, 0);
}

void rights_answer_job_prepare(struct rights_answer_job *a, int32_t controller_id)
{
    static const struct verb verb = {.statement = "rights_request_answer",
                                     .writes = true,
                                     .batch_max = 1,
                                     .bind = answer_bind,
                                     .take = answer_take};
    a->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

/* ---- overdue ---- */

static void overdue_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job != NULL)
        list_entry(batch[0].job, struct rights_overdue_job, job)->count = row_int8(rows, 0, 0);
}

void rights_overdue_job_init(struct rights_overdue_job *o)
{
    static const struct verb verb = {.statement = "rights_overdue", .batch_max = 1, .take = overdue_take};
    *o = (struct rights_overdue_job){.job = {.verb = &verb, .weight = 1}};
}
