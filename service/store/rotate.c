/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rotate.h"

#include "base/fault.h"
#include "store/params.h"
#include "store/row.h"

#include <stdlib.h>
#include <string.h>

static void tags_bind(struct params *params, const struct tag *tags, size_t count)
{
    struct param *column = params_array(params, PARAM_BYTEA);
    for (size_t i = 0; i < count; i++)
        param_bytes(column, tags[i].bytes, TAG_SIZE);
}

/* ---- which keys are in force ---- */

static void states_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    params_text(params, list_entry(batch[0].job, struct key_states_job, job)->controller);
}

enum { COLUMN_CONTROLLER, COLUMN_KEY, COLUMN_FIRST, COLUMN_OLDEST, COLUMN_LAST };

static void states_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    struct key_states_job *k = list_entry(batch[0].job, struct key_states_job, job);
    key_states_job_clear(k);
    size_t n = (size_t)PQntuples(rows);
    k->states = fault_strikes() ? NULL : calloc(n + 1, sizeof *k->states);
    k->broken = k->states == NULL;
    for (size_t i = 0; i < n && !k->broken; i++) {
        int row = (int)i;
        struct key_state *s = &k->states[k->count++];
        s->controller_id = row_int4(rows, row, COLUMN_CONTROLLER);
        snprintf(s->key, sizeof s->key, "%s", PQgetvalue(rows, row, COLUMN_KEY));
        s->first = (uint8_t)row_int2(rows, row, COLUMN_FIRST);
        s->oldest = (uint8_t)row_int2(rows, row, COLUMN_OLDEST);
        s->last = (uint8_t)row_int2(rows, row, COLUMN_LAST);
    }
}

void key_states_job_init(struct key_states_job *k, const char *controller)
{
    static const struct verb verb = {
        .statement = "rotate_list", .batch_max = 1, .bind = states_bind, .take = states_take};
    *k = (struct key_states_job){.job = {.verb = &verb, .weight = 1}, .controller = controller};
}

void key_states_job_clear(struct key_states_job *k)
{
    free(k->states);
    k->states = NULL;
    k->count = 0;
}

/* ---- begin ---- */

static void begin_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct rotate_begin_job *r = list_entry(batch[0].job, struct rotate_begin_job, job);
    params_int4(params, r->job.controller_id);
    params_int4(params, r->number);
}

static void begin_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    list_entry(batch[0].job, struct rotate_begin_job, job)->begun = row_bool(rows, 0, 0);
}

void rotate_begin_job_init(struct rotate_begin_job *r, int32_t controller_id, uint8_t number)
{
    static const struct verb verb = {
        .statement = "rotate_begin", .writes = true, .batch_max = 1, .bind = begin_bind, .take = begin_take};
    *r = (struct rotate_begin_job){.job = {.verb = &verb, .controller_id = controller_id, .weight = 1},
                                   .number = number};
}

/* ---- the tags that are left ---- */

static void left_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct rotate_tags_job *r = list_entry(batch[0].job, struct rotate_tags_job, job);
    params_int4(params, r->job.controller_id);
    params_bytes(params, r->after.bytes, TAG_SIZE);
    params_int8(params, (int64_t)r->limit);
}

static void left_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    struct rotate_tags_job *r = list_entry(batch[0].job, struct rotate_tags_job, job);
    int n = PQntuples(rows);
    r->count = 0;
    for (int row = 0; row < n && r->count < ROTATE_TAGS_MAX; row++) {
        size_t len;
        const char *bytes = row_bytes(rows, row, 0, &len);
        struct tag *tag = &r->tags[r->count++];
        memset(tag->bytes, 0,
               TAG_SIZE); /* of another length it is no tag; key 0 is in no chain, so wrapping it fails */
        if (len == TAG_SIZE)
            memcpy(tag->bytes, bytes, TAG_SIZE);
    }
}

void rotate_tags_job_init(struct rotate_tags_job *r, int32_t controller_id, const struct tag *after,
                          size_t limit)
{
    static const struct verb verb = {
        .statement = "rotate_tags", .batch_max = 1, .bind = left_bind, .take = left_take};
    r->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
    r->after = *after;
    r->limit = limit;
    r->count = 0;
}

/* ---- wrap ---- */

static void wrap_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct rotate_wrap_job *r = list_entry(batch[0].job, struct rotate_wrap_job, job);
    params_int4(params, r->job.controller_id);
    tags_bind(params, r->old, r->count);
    tags_bind(params, r->fresh, r->count);
}

static void wrap_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)batch;
    (void)count;
    (void)rows;
}

void rotate_wrap_job_init(struct rotate_wrap_job *r, int32_t controller_id, const struct tag *old,
                          const struct tag *fresh, size_t count)
{
    static const struct verb verb = {
        .statement = "rotate_wrap", .writes = true, .batch_max = 1, .bind = wrap_bind, .take = wrap_take};
    *r = (struct rotate_wrap_job){.job = {.verb = &verb, .controller_id = controller_id, .weight = 1},
                                  .count = count,
                                  .old = old,
                                  .fresh = fresh};
}

/* ---- finish ---- */

static void finish_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    params_int4(params, list_entry(batch[0].job, struct rotate_finish_job, job)->job.controller_id);
}

static void finish_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    list_entry(batch[0].job, struct rotate_finish_job, job)->finished = row_bool(rows, 0, 0);
}

void rotate_finish_job_init(struct rotate_finish_job *r, int32_t controller_id)
{
    static const struct verb verb = {.statement = "rotate_finish",
                                     .writes = true,
                                     .batch_max = 1,
                                     .bind = finish_bind,
                                     .take = finish_take};
    *r = (struct rotate_finish_job){.job = {.verb = &verb, .controller_id = controller_id, .weight = 1}};
}
