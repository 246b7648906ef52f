/* SPDX-License-Identifier: Apache-2.0 */
#include "store/api_key.h"

#include "store/params.h"
#include "store/row.h"

#include <stdlib.h>
#include <string.h>

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

/* ---- find ---- */

static void find_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    params_text(params, list_entry(batch[0].job, struct api_key_find_job, job)->id);
}

static void find_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct api_key_find_job *f = list_entry(batch[0].job, struct api_key_find_job, job);
    size_t len = 0;
    const char *hash = PQntuples(rows) == 1 ? row_bytes(rows, 0, 2, &len) : NULL;
    f->found = hash != NULL && len == sizeof f->hash;
    if (!f->found)
        return;
    memcpy(f->hash, hash, len);
    f->controller_id = row_int4(rows, 0, 0);
    text_take(rows, 0, 1, f->key.controller, sizeof f->key.controller);
    text_take(rows, 0, 3, f->key.name, sizeof f->key.name);
    text_take(rows, 0, 4, f->key.scopes, sizeof f->key.scopes);
    f->key.expires = row_instant(rows, 0, 5);
    f->as_of = row_instant(rows, 0, 6);
    f->used_today = row_bool(rows, 0, 7);
}

void api_key_find_job_init(struct api_key_find_job *f, const char *id)
{
    static const struct verb verb = {
        .statement = "api_key_find", .batch_max = 1, .bind = find_bind, .take = find_take};
    *f = (struct api_key_find_job){.job = {.verb = &verb, .weight = 1}};
    strncat(f->id, id, sizeof f->id - 1);
}

/* ---- used ---- */

static void used_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct api_key_used_job *u = list_entry(batch[0].job, struct api_key_used_job, job);
    params_int4(params, u->job.controller_id);
    params_text(params, u->id);
}

static void nothing_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)batch;
    (void)count;
    (void)rows;
}

void api_key_used_job_init(struct api_key_used_job *u, int32_t controller_id, const char *id)
{
    static const struct verb verb = {
        .statement = "api_key_used", .writes = true, .batch_max = 1, .bind = used_bind, .take = nothing_take};
    *u = (struct api_key_used_job){.job = {.verb = &verb, .weight = 1, .controller_id = controller_id}};
    strncat(u->id, id, sizeof u->id - 1);
}

/* ---- add ---- */

static void instant_bind(struct params *params, instant at)
{
    if (at != INSTANT_NONE)
        params_int8(params, at);
    else
        params_null(params);
}

static void add_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct api_key_add_job *a = list_entry(batch[0].job, struct api_key_add_job, job);
    params_text(params, a->controller);
    params_text(params, a->id);
    params_bytes(params, a->hash, API_KEY_ROW_HASH);
    params_text(params, a->name);
    params_text(params, a->scopes);
    instant_bind(params, a->expires);
    params_text(params, a->actor);
    params_text(params, a->maker_key);
    params_text(params, a->maker_token);
    instant_bind(params, a->maker_ends);
}

static void add_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL || PQntuples(rows) != 1)
        return;
    struct api_key_add_job *a = list_entry(batch[0].job, struct api_key_add_job, job);
    a->outcome = (enum api_key_outcome)row_int4(rows, 0, 0);
    a->created = row_instant(rows, 0, 1);
    a->ends = row_instant(rows, 0, 2);
}

void api_key_add_job_prepare(struct api_key_add_job *a)
{
    static const struct verb verb = {
        .statement = "api_key_add", .writes = true, .batch_max = 1, .bind = add_bind, .take = add_take};
    a->job = (struct job){.verb = &verb, .weight = 1};
}

/* ---- list ---- */

static void list_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    params_text(params, list_entry(batch[0].job, struct api_key_list_job, job)->controller);
}

static void row_take(struct api_key_row *key, const PGresult *rows, int row)
{
    text_take(rows, row, 0, key->controller, sizeof key->controller);
    text_take(rows, row, 1, key->id, sizeof key->id);
    text_take(rows, row, 2, key->name, sizeof key->name);
    text_take(rows, row, 3, key->scopes, sizeof key->scopes);
    key->created = row_instant(rows, row, 4);
    text_take(rows, row, 5, key->created_by, sizeof key->created_by);
    key->expires = row_instant(rows, row, 6);
    key->last_used = row_instant(rows, row, 7);
}

static void list_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct api_key_list_job *l = list_entry(batch[0].job, struct api_key_list_job, job);
    int n = PQntuples(rows);
    api_key_list_job_clear(l);
    l->rows = calloc((size_t)n + 1, sizeof *l->rows);
    l->broken = l->rows == NULL;
    for (; !l->broken && l->count < (size_t)n; l->count++)
        row_take(&l->rows[l->count], rows, (int)l->count);
}

void api_key_list_job_init(struct api_key_list_job *l, const char *controller)
{
    static const struct verb verb = {
        .statement = "api_key_list", .batch_max = 1, .bind = list_bind, .take = list_take};
    *l = (struct api_key_list_job){.job = {.verb = &verb, .weight = 1}, .controller = controller};
}

void api_key_list_job_clear(struct api_key_list_job *l)
{
    free(l->rows);
    l->rows = NULL;
    l->count = 0;
}

/* ---- revoke ---- */

static void revoke_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct api_key_revoke_job *r = list_entry(batch[0].job, struct api_key_revoke_job, job);
    params_text(params, r->controller);
    params_text(params, r->id);
}

static void revoke_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job != NULL)
        list_entry(batch[0].job, struct api_key_revoke_job, job)->found = row_bool(rows, 0, 0);
}

void api_key_revoke_job_init(struct api_key_revoke_job *r, const char *controller, const char *id)
{
    static const struct verb verb = {.statement = "api_key_revoke",
                                     .writes = true,
                                     .batch_max = 1,
                                     .bind = revoke_bind,
                                     .take = revoke_take};
    *r = (struct api_key_revoke_job){.job = {.verb = &verb, .weight = 1}, .controller = controller, .id = id};
}
