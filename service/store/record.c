/* SPDX-License-Identifier: Apache-2.0 */
#include "store/record.h"

#include "base/clock.h"
#include "base/fault.h"
#include "store/params.h"
#include "store/row.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

static struct record_job *record_of(struct job *job)
{
    return list_entry(job, struct record_job, job);
}

static void requests_bind(const struct sent *batch, size_t count, struct params *params)
{
    const struct record_job *first = record_of(batch[0].job);
    params_int4(params, first->job.controller_id);
    params_int8(params, first->generation);
    params_int4(params, first->policy_version);
    struct param *keys = params_array(params, PARAM_BYTEA);
    struct param *fingerprints = params_array(params, PARAM_BYTEA);
    struct param *contexts = params_array(params, PARAM_TEXT);
    struct param *actors = params_array(params, PARAM_TEXT);
    for (size_t i = 0; i < count; i++) {
        const struct record_job *r = record_of(batch[i].job);
        if (r->idempotency.present) {
            param_bytes(keys, r->idempotency.key_hash, KEY_HASH_SIZE);
            param_bytes(fingerprints, r->idempotency.fingerprint, KEY_HASH_SIZE);
            param_text(contexts, r->context);
        } else {
            param_null(keys);
            param_null(fingerprints);
            param_null(contexts);
        }
        param_text(actors, r->actor);
    }
}

enum { EFFECT_SETTLED_THERE = EFFECT_COUNT }; /* by the function, which knows the person */

static int16_t effect_asked(const struct act *a)
{
    return (int16_t)(a->needs_guardian ? EFFECT_SETTLED_THERE : (int)a->effect);
}

/* The columns of a_..., in the order of the function's parameters. */
struct act_columns {
    struct param *request, *tags, *types, *old_tags, *purpose, *slot, *role, *method, *rank_base, *tie,
        *floating, *at, *age, *validity, *notice, *effect, *record_id, *language, *ref, *detail, *evidence;
};

static struct act_columns act_columns_of(struct params *params)
{
    struct act_columns c;
    c.request = params_array(params, PARAM_INT4);
    c.tags = params_array(params, PARAM_BYTEA);
    c.types = params_array(params, PARAM_BYTEA);
    c.old_tags = params_array(params, PARAM_BYTEA);
    c.purpose = params_array(params, PARAM_INT4);
    c.slot = params_array(params, PARAM_INT2);
    c.role = params_array(params, PARAM_INT2);
    c.method = params_array(params, PARAM_INT2);
    c.rank_base = params_array(params, PARAM_INT8);
    c.tie = params_array(params, PARAM_INT4);
    c.floating = params_array(params, PARAM_BOOL);
    c.at = params_array(params, PARAM_INT8);
    c.age = params_array(params, PARAM_INT8);
    c.validity = params_array(params, PARAM_INTERVAL);
    c.notice = params_array(params, PARAM_INT4);
    c.effect = params_array(params, PARAM_INT2);
    c.record_id = params_array(params, PARAM_UUID);
    c.language = params_array(params, PARAM_TEXT);
    c.ref = params_array(params, PARAM_TEXT);
    c.detail = params_array(params, PARAM_TEXT);
    c.evidence = params_array(params, PARAM_TEXT);
    return c;
}

static void person_bind(const struct act_columns *c, const struct person *p)
{
    param_bytes(c->tags, p->tags, p->count * TAG_SIZE);
    param_bytes(c->types, p->types, p->count);
    if (p->rotating)
        param_bytes(c->old_tags, p->old_tags, p->count * TAG_SIZE);
    else
        param_null(c->old_tags);
}

static void act_bind(const struct act_columns *c, const struct act *a, int64_t age)
{
    param_int4(c->purpose, a->purpose);
    param_int2(c->slot, (int16_t)a->slot);
    param_int2(c->role, (int16_t)a->role);
    param_int2(c->method, (int16_t)a->method);
    param_int8(c->rank_base, a->rank_base);
    param_int4(c->tie, a->tie);
    param_bool(c->floating, a->floating);
    if (a->at != INSTANT_NONE)
        param_int8(c->at, a->at);
    else
        param_null(c->at);
    param_int8(c->age, age);
    if (a->has_end)
        param_interval(c->validity, a->validity);
    else
        param_null(c->validity);
    if (a->notice != 0)
        param_int4(c->notice, a->notice);
    else
        param_null(c->notice);
    param_int2(c->effect, effect_asked(a));
    param_bytes(c->record_id, a->record_id, UUID_SIZE);
    param_text(c->language, a->language);
    param_text(c->ref, a->ref);
    param_text(c->detail, a->detail);
    param_text(c->evidence, a->evidence);
}

static void record_bind(const struct sent *batch, size_t count, struct params *params)
{
    requests_bind(batch, count, params);
    struct act_columns columns = act_columns_of(params);
    int64_t now = clock_monotonic();
    for (size_t i = 0; i < count; i++) {
        struct record_job *r = record_of(batch[i].job);
        record_job_clear(r);
        for (size_t k = 0; k < r->count; k++) {
            param_int4(columns.request, (int32_t)i);
            person_bind(&columns, r->acts[k].person);
            act_bind(&columns, &r->acts[k], now - r->accepted);
        }
    }
}

enum {
    COLUMN_OUTCOME,
    COLUMN_REQUEST,
    COLUMN_ACT,
    COLUMN_RECORD,
    COLUMN_REVISION,
    COLUMN_SUBJECT,
    COLUMN_RANK,
    COLUMN_RECORDED_AT,
    COLUMN_VALID_UNTIL,
    COLUMN_PURPOSE,
    COLUMN_EFFECT,
    COLUMN_WAS,
    COLUMN_WAS_EACH,
    COLUMN_POLICY_VERSION,
    COLUMN_CONTEXT
};

/* An int8[] of two dimensions as PostgreSQL sends it: 3 words and 2 a dimension, then
 * length and value of each element. */
static int was_each_take(struct recorded *e, const PGresult *rows, int row)
{
    size_t len;
    const char *bytes = row_bytes(rows, row, COLUMN_WAS_EACH, &len);
    enum { HEADER = 12 + 2 * 8, ELEMENT = 12 };
    if (bytes == NULL || len < HEADER)
        return 0;
    size_t n = (len - HEADER) / ELEMENT;
    e->was_each = fault_strikes() ? NULL : calloc(n, sizeof *e->was_each);
    if (e->was_each == NULL)
        return -1;
    for (size_t i = 0; i < n; i++) {
        uint64_t wire;
        memcpy(&wire, bytes + HEADER + i * ELEMENT + 4, sizeof wire);
        e->was_each[i] = (int64_t)be64toh(wire);
    }
    e->was_each_count = n / 2;
    return 0;
}

static struct recorded *event_add(struct record_job *r)
{
    if ((r->event_count & (r->event_count - 1)) == 0) { /* room doubles at each power of two */
        size_t room = r->event_count == 0 ? 1 : r->event_count * 2;
        struct recorded *grown = fault_strikes() ? NULL : realloc(r->events, room * sizeof *grown);
        if (grown == NULL)
            return NULL;
        r->events = grown;
    }
    struct recorded *e = &r->events[r->event_count++];
    *e = (struct recorded){.act = -1};
    return e;
}

static void event_take(struct record_job *r, const PGresult *rows, int row)
{
    struct recorded *e = event_add(r);
    if (e == NULL || was_each_take(e, rows, row) != 0) {
        r->broken = true;
        return;
    }
    if (r->outcome == RECORD_DONE) /* the batch numbers its acts, the job its own */
        e->act = row_int4(rows, row, COLUMN_ACT);
    row_uuid(rows, row, COLUMN_RECORD, e->record_id);
    e->revision = row_int8(rows, row, COLUMN_REVISION);
    e->subject_no = row_int8(rows, row, COLUMN_SUBJECT);
    e->rank = row_int8(rows, row, COLUMN_RANK);
    e->recorded_at = row_instant(rows, row, COLUMN_RECORDED_AT);
    e->valid_until = row_instant(rows, row, COLUMN_VALID_UNTIL);
    e->purpose = row_int4(rows, row, COLUMN_PURPOSE);
    e->effect = (enum effect)row_int2(rows, row, COLUMN_EFFECT);
    e->was = (enum event_state)row_int2(rows, row, COLUMN_WAS);
    e->policy_version = row_int4(rows, row, COLUMN_POLICY_VERSION);
}

static void outcome_take(struct record_job *r, int32_t first_act, const PGresult *rows, int row)
{
    r->outcome = (enum record_outcome)row_int2(rows, row, COLUMN_OUTCOME);
    if (r->outcome == RECORD_IN_FUTURE || r->outcome == RECORD_TOO_OLD)
        r->faulty_act = row_int4(rows, row, COLUMN_ACT) - first_act;
    if (r->outcome != RECORD_DONE)
        return;
    event_take(r, rows, row);
    if (r->event_count > 0)
        r->events[r->event_count - 1].act -= first_act;
}

static void record_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    int n_rows = PQntuples(rows);
    for (int row = 0; row < n_rows; row++) {
        if (row_int2(rows, row, COLUMN_OUTCOME) == RECORD_STALE) {
            for (size_t i = 0; i < count; i++) {
                if (batch[i].job != NULL)
                    record_of(batch[i].job)->outcome = RECORD_STALE;
            }
            return;
        }
        int32_t request = row_int4(rows, row, COLUMN_REQUEST);
        if (request < 0 || (size_t)request >= count || batch[request].job == NULL)
            continue;
        int32_t first_act = 0;
        for (int32_t i = 0; i < request; i++)
            first_act += (int32_t)batch[i].weight;
        outcome_take(record_of(batch[request].job), first_act, rows, row);
    }
}

void record_job_prepare(struct record_job *r)
{
    static const struct verb record_verb = {.statement = "record",
                                            .writes = true,
                                            .batch_max = WRITE_BATCH_MAX,
                                            .bind = record_bind,
                                            .take = record_take};
    r->job.verb = &record_verb;
    /* A batch is of one generation: the function compares one. */
    r->job.edition = r->generation;
    r->job.weight = (uint32_t)r->count;
}

void record_job_clear(struct record_job *r)
{
    for (size_t i = 0; i < r->event_count; i++)
        free(r->events[i].was_each);
    free(r->events);
    free(r->first_context);
    r->events = NULL;
    r->event_count = 0;
    r->first_context = NULL;
    r->outcome = RECORD_DONE;
    r->broken = false;
}

static void replay_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    struct record_job *r = record_of(batch[0].job);
    record_job_clear(r);
    params_int4(params, r->job.controller_id);
    params_bytes(params, r->idempotency.key_hash, KEY_HASH_SIZE);
    params_bytes(params, r->idempotency.fingerprint, KEY_HASH_SIZE);
}

static void replay_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct record_job *r = record_of(batch[0].job);
    r->outcome = RECORD_REPLAYED;
    for (int row = 0; row < PQntuples(rows); row++) {
        if (r->first_context == NULL)
            r->first_context = row_text(rows, row, COLUMN_CONTEXT);
        if (!row_is_null(rows, row, COLUMN_REVISION)) /* null: all its events were purged */
            event_take(r, rows, row);
    }
    r->broken = r->broken || (r->first_context == NULL && PQntuples(rows) > 0);
}

void record_job_replay(struct record_job *r)
{
    static const struct verb replay_verb = {
        .statement = "replay", .batch_max = 1, .bind = replay_bind, .take = replay_take};
    r->job.verb = &replay_verb;
    r->job.weight = 1;
}

static void confirm_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    struct record_job *r = record_of(batch[0].job);
    const struct act *a = &r->acts[0];
    record_job_clear(r);
    params_int4(params, r->job.controller_id);
    params_int8(params, r->generation);
    params_int4(params, r->policy_version);
    if (r->idempotency.present) {
        params_bytes(params, r->idempotency.key_hash, KEY_HASH_SIZE);
        params_bytes(params, r->idempotency.fingerprint, KEY_HASH_SIZE);
        params_text(params, r->context);
    } else {
        params_null(params);
        params_null(params);
        params_null(params);
    }
    params_text(params, r->actor);
    params_int8(params, r->confirmation.subject_no);
    params_int4(params, a->purpose);
    params_int8(params, r->confirmation.revision);
    params_int4(params, (int32_t)a->method);
    params_interval(params, a->has_end ? &a->validity : NULL);
    params_int4(params, a->tie);
    params_int4(params, effect_asked(a));
    params_bytes(params, a->record_id, UUID_SIZE);
    params_text(params, a->evidence);
}

void record_job_confirm(struct record_job *r, const struct confirmation *c)
{
    static const struct verb confirm_verb = {
        .statement = "confirm", .writes = true, .batch_max = 1, .bind = confirm_bind, .take = record_take};
    r->confirmation = *c;
    r->job.verb = &confirm_verb;
    r->job.weight = 1;
}
