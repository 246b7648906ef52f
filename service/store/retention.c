/* SPDX-License-Identifier: Apache-2.0 */
#include "store/retention.h"

#include "base/list.h"
#include "store/params.h"
#include "store/row.h"

#include <stdlib.h>

static void instant_bind(struct params *params, instant at)
{
    if (at != INSTANT_NONE)
        params_int8(params, at);
    else
        params_null(params);
}

/* ---- purge ---- */

static void purge_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct purge_job *p = list_entry(batch[0].job, struct purge_job, job);
    params_int4(params, p->lock);
    params_text(params, p->controller);
    if (p->begins == PURGE_NONE)
        params_null(params);
    else
        params_bool(params, p->begins == PURGE_AT_ONCE);
}

static void purge_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL || PQntuples(rows) != 1)
        return;
    struct purge_job *p = list_entry(batch[0].job, struct purge_job, job);
    p->elsewhere = row_is_null(rows, 0, 0);
    p->worked = row_bool(rows, 0, 0);
}

void purge_job_init(struct purge_job *p, const char *controller, enum purge_begins begins, int32_t lock)
{
    static const struct verb verb = {
        .statement = "purge", .writes = true, .batch_max = 1, .bind = purge_bind, .take = purge_take};
    *p = (struct purge_job){
        .job = {.verb = &verb, .weight = 1}, .controller = controller, .begins = begins, .lock = lock};
}

/* ---- its rehearsal ---- */

static void rehearse_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct purge_rehearse_job *p = list_entry(batch[0].job, struct purge_rehearse_job, job);
    params_text(params, p->controller);
    params_int8(params, p->after);
}

static void rehearse_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct purge_rehearse_job *p = list_entry(batch[0].job, struct purge_rehearse_job, job);
    int n = PQntuples(rows);
    purge_rehearse_job_clear(p);
    p->looked_to = 0;
    p->counts = calloc((size_t)n + 1, sizeof *p->counts);
    p->broken = p->counts == NULL;
    for (int row = 0; row < n && !p->broken; row++) {
        p->looked_to = row_int8(rows, row, 0);
        if (row_is_null(rows, row, 1))
            continue; /* it tells how far, and nothing else */
        struct purge_count *c = &p->counts[p->count++];
        c->rule = row_text(rows, row, 1);
        c->events = row_int8(rows, row, 2);
        c->evidence = row_int8(rows, row, 3);
        p->broken = c->rule == NULL;
    }
}

void purge_rehearse_job_init(struct purge_rehearse_job *p, const char *controller, int64_t after)
{
    static const struct verb verb = {
        .statement = "purge_rehearse", .batch_max = 1, .bind = rehearse_bind, .take = rehearse_take};
    *p = (struct purge_rehearse_job){
        .job = {.verb = &verb, .weight = 1}, .controller = controller, .after = after};
}

static void records_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    params_text(params, list_entry(batch[0].job, struct purge_rehearse_job, job)->controller);
}

void purge_records_rehearse_job_init(struct purge_rehearse_job *p, const char *controller)
{
    static const struct verb verb = {
        .statement = "purge_records_rehearse", .batch_max = 1, .bind = records_bind, .take = rehearse_take};
    *p = (struct purge_rehearse_job){.job = {.verb = &verb, .weight = 1}, .controller = controller};
}

void purge_rehearse_job_clear(struct purge_rehearse_job *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->counts[i].rule);
    free(p->counts);
    p->counts = NULL;
    p->count = 0;
}

/* ---- runs ---- */

static void runs_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct retention_runs_job *r = list_entry(batch[0].job, struct retention_runs_job, job);
    params_int4(params, r->job.controller_id);
    params_int4(params, r->before);
    params_int4(params, r->limit);
}

static void run_take(struct retention_run *run, const PGresult *rows, int row)
{
    run->run_no = row_int4(rows, row, 1);
    run->started_at = row_instant(rows, row, 2);
    run->ended_at = row_instant(rows, row, 3);
    run->policy_version = row_int4(rows, row, 4);
    run->events = row_int8(rows, row, 5);
    run->evidence = row_int8(rows, row, 6);
    run->states = row_int8(rows, row, 7);
    run->identifiers = row_int8(rows, row, 8);
    run->by_rule = row_text(rows, row, 9);
    run->oldest_left = row_instant(rows, row, 10);
}

static void runs_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct retention_runs_job *r = list_entry(batch[0].job, struct retention_runs_job, job);
    int n = PQntuples(rows);
    retention_runs_job_clear(r);
    r->runs = calloc((size_t)n + 1, sizeof *r->runs);
    r->broken = r->runs == NULL;
    for (int row = 0; row < n && !r->broken; row++) {
        r->generation = row_int8(rows, row, 0);
        if (row_is_null(rows, row, 1))
            break; /* there is none */
        run_take(&r->runs[r->count++], rows, row);
        r->broken = r->runs[r->count - 1].by_rule == NULL;
    }
}

void retention_runs_job_init(struct retention_runs_job *r, int32_t controller_id, int32_t before,
                             int32_t limit)
{
    static const struct verb verb = {
        .statement = "retention_runs", .batch_max = 1, .bind = runs_bind, .take = runs_take};
    *r = (struct retention_runs_job){.job = {.verb = &verb, .controller_id = controller_id, .weight = 1},
                                     .before = before,
                                     .limit = limit};
}

void retention_runs_job_clear(struct retention_runs_job *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->runs[i].by_rule);
    free(r->runs);
    r->runs = NULL;
    r->count = 0;
}

/* ---- what is told ---- */

static void tell_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct retention_tell_job *t = list_entry(batch[0].job, struct retention_tell_job, job);
    params_int4(params, t->job.controller_id);
    params_int8(params, t->subject_no);
    params_text(params, t->event);
    params_text(params, t->client);
    params_text(params, t->purpose);
    params_text(params, t->data_class);
    params_text(params, t->ref);
    instant_bind(params, t->at);
    params_text(params, t->actor);
    params_idempotency(params, &t->key);
}

static void tell_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL || PQntuples(rows) != 1)
        return;
    struct retention_tell_job *t = list_entry(batch[0].job, struct retention_tell_job, job);
    t->outcome = (enum retention_outcome)row_int4(rows, 0, 0);
    t->at = row_instant(rows, 0, 1);
}

void retention_tell_job_prepare(struct retention_tell_job *t, int32_t controller_id)
{
    static const struct verb verb = {
        .statement = "retention_tell", .writes = true, .batch_max = 1, .bind = tell_bind, .take = tell_take};
    t->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

/* ---- what is due ---- */

static void owed_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct retention_owed_job *o = list_entry(batch[0].job, struct retention_owed_job, job);
    params_int4(params, o->job.controller_id);
    instant_bind(params, o->at);
    params_bool(params, o->deleted);
    params_text(params, o->client);
    params_text(params, o->purpose);
    params_text(params, o->data_class);
    params_int8(params, o->after_due);
    params_int8(params, o->after_subject);
    params_int8(params, o->after_key);
    params_int4(params, o->limit);
}

static bool item_take(struct retention_item *i, const PGresult *rows, int row)
{
    i->key = row_int8(rows, row, 2);
    i->subject_no = row_int8(rows, row, 3);
    i->ref = row_text(rows, row, 4);
    i->client = row_text(rows, row, 5);
    i->purpose = row_text(rows, row, 6);
    i->data_class = row_text(rows, row, 7);
    i->due_at = row_instant(rows, row, 8);
    i->event = row_text(rows, row, 9);
    i->began_at = row_instant(rows, row, 10);
    i->source = row_text(rows, row, 11);
    i->deleted_at = row_instant(rows, row, 12);
    i->deleted_by = row_text(rows, row, 13);
    i->confirmed_at = row_instant(rows, row, 14);
    return i->ref != NULL && i->data_class != NULL && i->event != NULL;
}

static void owed_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct retention_owed_job *o = list_entry(batch[0].job, struct retention_owed_job, job);
    int n = PQntuples(rows);
    retention_owed_job_clear(o);
    o->items = calloc((size_t)n + 1, sizeof *o->items);
    o->broken = o->items == NULL;
    for (int row = 0; row < n && !o->broken; row++) {
        o->generation = row_int8(rows, row, 0);
        o->as_of = row_instant(rows, row, 1);
        if (row_is_null(rows, row, 2))
            break; /* there is none */
        o->broken = !item_take(&o->items[o->count++], rows, row);
    }
}

void retention_owed_job_prepare(struct retention_owed_job *o, int32_t controller_id)
{
    static const struct verb verb = {
        .statement = "retention_owed", .batch_max = 1, .bind = owed_bind, .take = owed_take};
    o->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

void retention_owed_job_clear(struct retention_owed_job *o)
{
    for (size_t i = 0; i < o->count; i++) {
        free(o->items[i].ref);
        free(o->items[i].client);
        free(o->items[i].purpose);
        free(o->items[i].data_class);
        free(o->items[i].event);
        free(o->items[i].source);
        free(o->items[i].deleted_by);
    }
    free(o->items);
    o->items = NULL;
    o->count = 0;
}
