/* SPDX-License-Identifier: Apache-2.0 */
#include "store/breach.h"

#include "base/limits.h"
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

/* ---- add ---- */

static void extent_bind(const struct breach_add_job *a, struct params *params)
{
    if (a->purpose_count == 0)
        params_null(params);
    struct param *purposes = a->purpose_count > 0 ? params_array(params, PARAM_INT4) : NULL;
    for (size_t i = 0; i < a->purpose_count; i++)
        param_int4(purposes, a->purposes[i]);
    if (a->subject_count == 0)
        params_null(params);
    struct param *subjects = a->subject_count > 0 ? params_array(params, PARAM_INT8) : NULL;
    for (size_t i = 0; i < a->subject_count; i++)
        param_int8(subjects, a->subjects[i]);
}

static void add_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct breach_add_job *a = list_entry(batch[0].job, struct breach_add_job, job);
    params_int4(params, a->job.controller_id);
    params_bytes(params, a->id, UUID_SIZE);
    instant_bind(params, a->known);
    instant_bind(params, a->from);
    instant_bind(params, a->to);
    extent_bind(a, params);
    params_text(params, a->facts);
    params_text(params, a->effects);
    params_text(params, a->measures);
    struct param *classes = params_array(params, PARAM_TEXT);
    for (size_t i = 0; i < a->class_count; i++)
        param_text(classes, a->classes[i]);
    params_bool(params, a->high_risk);
    params_text(params, a->on_behalf_of);
    params_text(params, a->actor);
    params_text(params, a->token);
    params_idempotency(params, &a->key);
}

static void add_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL || PQntuples(rows) != 1)
        return;
    struct breach_add_job *a = list_entry(batch[0].job, struct breach_add_job, job);
    a->reused = !row_bool(rows, 0, 0);
}

void breach_add_job_prepare(struct breach_add_job *a, int32_t controller_id)
{
    static const struct verb verb = {
        .statement = "breach_add", .writes = true, .batch_max = 1, .bind = add_bind, .take = add_take};
    a->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

/* ---- set ---- */

static void set_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct breach_set_job *s = list_entry(batch[0].job, struct breach_set_job, job);
    params_int4(params, s->job.controller_id);
    params_bytes(params, s->id, UUID_SIZE);
    params_text(params, s->facts);
    params_text(params, s->effects);
    params_text(params, s->measures);
    if (s->high_risk != NULL)
        params_bool(params, *s->high_risk);
    else
        params_null(params);
    instant_bind(params, s->reported);
    params_text(params, s->not_reported);
    params_text(params, s->delay);
    instant_bind(params, s->told);
    params_bool(params, s->closes);
    params_text(params, s->actor);
    params_text(params, s->token);
    params_idempotency(params, &s->key);
}

static void set_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job != NULL)
        list_entry(batch[0].job, struct breach_set_job, job)->outcome =
            (enum breach_outcome)row_int4(rows, 0, 0);
}

void breach_set_job_prepare(struct breach_set_job *s, int32_t controller_id)
{
    static const struct verb verb = {
        .statement = "breach_set", .writes = true, .batch_max = 1, .bind = set_bind, .take = set_take};
    s->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

/* ---- list ---- */

static void list_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct breach_list_job *l = list_entry(batch[0].job, struct breach_list_job, job);
    params_int4(params, l->job.controller_id);
    if (l->id != NULL)
        params_bytes(params, l->id, UUID_SIZE);
    else
        params_null(params);
    params_int8(params, l->after);
    params_int4(params, l->limit);
    params_idempotency(params, &l->key);
}

enum {
    COLUMN_GENERATION,
    COLUMN_AS_OF,
    COLUMN_KEPT,
    COLUMN_REUSED,
    COLUMN_NUMBER,
    COLUMN_ID,
    COLUMN_KNOWN,
    COLUMN_DUE,
    COLUMN_FROM,
    COLUMN_TO,
    COLUMN_PURPOSES,
    COLUMN_SUBJECTS,
    COLUMN_FACTS,
    COLUMN_EFFECTS,
    COLUMN_MEASURES,
    COLUMN_CLASSES,
    COLUMN_HIGH_RISK,
    COLUMN_REPORTED,
    COLUMN_NOT_REPORTED,
    COLUMN_DELAY,
    COLUMN_TOLD,
    COLUMN_CLOSED,
    COLUMN_BEHALF,
    COLUMN_RECORDED,
    COLUMN_RECORDED_BY
};

/* Returns false when memory ran out. */
static bool row_take(struct breach_row *to, const PGresult *rows, int row)
{
    *to = (struct breach_row){.number = row_int8(rows, row, COLUMN_NUMBER),
                              .known = row_instant(rows, row, COLUMN_KNOWN),
                              .due = row_instant(rows, row, COLUMN_DUE),
                              .from = row_instant(rows, row, COLUMN_FROM),
                              .to = row_instant(rows, row, COLUMN_TO),
                              .reported = row_instant(rows, row, COLUMN_REPORTED),
                              .told = row_instant(rows, row, COLUMN_TOLD),
                              .closed = row_instant(rows, row, COLUMN_CLOSED),
                              .recorded = row_instant(rows, row, COLUMN_RECORDED),
                              .facts = row_text(rows, row, COLUMN_FACTS),
                              .effects = row_text(rows, row, COLUMN_EFFECTS),
                              .measures = row_text(rows, row, COLUMN_MEASURES),
                              .classes = row_text(rows, row, COLUMN_CLASSES),
                              .not_reported = row_text(rows, row, COLUMN_NOT_REPORTED),
                              .delay = row_text(rows, row, COLUMN_DELAY),
                              .on_behalf_of = row_text(rows, row, COLUMN_BEHALF),
                              .recorded_by = row_text(rows, row, COLUMN_RECORDED_BY),
                              .high_risk = row_bool(rows, row, COLUMN_HIGH_RISK)};
    row_uuid(rows, row, COLUMN_ID, to->id);
    return to->facts != NULL && to->classes != NULL && to->recorded_by != NULL &&
           row_int8_array(rows, row, COLUMN_PURPOSES, &to->purposes, &to->purpose_count) == 0 &&
           row_int8_array(rows, row, COLUMN_SUBJECTS, &to->subjects, &to->subject_count) == 0;
}

static void list_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct breach_list_job *l = list_entry(batch[0].job, struct breach_list_job, job);
    breach_list_job_clear(l);
    int n = PQntuples(rows);
    l->rows = calloc((size_t)n + 1, sizeof *l->rows);
    l->broken = l->rows == NULL || n == 0;
    for (int row = 0; !l->broken && row < n; row++) {
        l->generation = row_int8(rows, row, COLUMN_GENERATION);
        l->as_of = row_instant(rows, row, COLUMN_AS_OF);
        l->kept = row_bool(rows, row, COLUMN_KEPT);
        l->reused = row_bool(rows, row, COLUMN_REUSED);
        if (row_is_null(rows, row, COLUMN_NUMBER))
            break; /* there is none */
        l->broken = !row_take(&l->rows[l->count++], rows, row);
    }
}

void breach_list_job_prepare(struct breach_list_job *l, int32_t controller_id)
{
    static const struct verb verb = {
        .statement = "breach_list", .batch_max = 1, .bind = list_bind, .take = list_take};
    l->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

void breach_list_job_clear(struct breach_list_job *l)
{
    for (size_t i = 0; i < l->count; i++) {
        struct breach_row *r = &l->rows[i];
        void *parts[] = {r->purposes, r->subjects,     r->facts, r->effects,      r->measures,
                         r->classes,  r->not_reported, r->delay, r->on_behalf_of, r->recorded_by};
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
            free(parts[k]);
    }
    free(l->rows);
    l->rows = NULL;
    l->count = 0;
}

/* ---- subjects ---- */

static void subjects_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct breach_subjects_job *s = list_entry(batch[0].job, struct breach_subjects_job, job);
    params_int4(params, s->job.controller_id);
    params_bytes(params, s->id, UUID_SIZE);
    params_int8(params, s->after);
    params_int4(params, BREACH_WINDOW);
    params_int4(params, s->limit);
    params_text(params, s->actor);
}

static void subjects_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct breach_subjects_job *s = list_entry(batch[0].job, struct breach_subjects_job, job);
    breach_subjects_job_clear(s);
    int n = PQntuples(rows);
    s->subjects = calloc((size_t)n + 1, sizeof *s->subjects);
    s->broken = s->subjects == NULL || n == 0;
    for (int row = 0; !s->broken && row < n; row++) {
        s->found = row_bool(rows, row, 0);
        s->generation = row_int8(rows, row, 1);
        s->through = row_int8(rows, row, 2);
        s->last = row_int8(rows, row, 3);
        if (row_is_null(rows, row, 4))
            break; /* there is nobody */
        struct breach_subject *to = &s->subjects[s->count++];
        *to = (struct breach_subject){.subject_no = row_int8(rows, row, 4),
                                      .ref = row_text(rows, row, 5),
                                      .actor = row_text(rows, row, 6),
                                      .revision = row_int8(rows, row, 7),
                                      .on_behalf_of = row_text(rows, row, 8)};
        s->broken = to->actor == NULL;
    }
}

void breach_subjects_job_prepare(struct breach_subjects_job *s, int32_t controller_id)
{
    static const struct verb verb = {
        .statement = "breach_subjects", .batch_max = 1, .bind = subjects_bind, .take = subjects_take};
    s->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

void breach_subjects_job_clear(struct breach_subjects_job *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->subjects[i].ref);
        free(s->subjects[i].actor);
        free(s->subjects[i].on_behalf_of);
    }
    free(s->subjects);
    s->subjects = NULL;
    s->count = 0;
}
