/* SPDX-License-Identifier: Apache-2.0 */
#include "store/person_own.h"

#include "store/params.h"
#include "store/row.h"

#include <stdio.h>
#include <string.h>

static void own_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct person_own_job *p = list_entry(batch[0].job, struct person_own_job, job);
    params_int4(params, p->job.controller_id);
    params_int8(params, p->subject_no);
}

static void own_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct person_own_job *p = list_entry(batch[0].job, struct person_own_job, job);
    p->count = 0;
    for (int row = 0; row < PQntuples(rows) && p->count < IDENTIFIERS_MAX; row++) {
        size_t len;
        p->generation = row_int8(rows, row, 0);
        const char *tag = row_bytes(rows, row, 1, &len);
        if (row_is_null(rows, row, 1) || len != TAG_SIZE)
            continue;
        memcpy(p->tags[p->count].bytes, tag, TAG_SIZE);
        p->types[p->count++] = (uint8_t)row_int2(rows, row, 2);
    }
}

void person_own_job_init(struct person_own_job *p, int32_t controller_id, int64_t subject_no)
{
    static const struct verb verb = {
        .statement = "person_own", .batch_max = 1, .bind = own_bind, .take = own_take};
    *p = (struct person_own_job){.job = {.verb = &verb, .controller_id = controller_id, .weight = 1},
                                 .subject_no = subject_no};
}

static void key_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    params_int4(params, list_entry(batch[0].job, struct controller_key_job, job)->number);
}

static void key_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL || PQntuples(rows) == 0)
        return;
    struct controller_key_job *c = list_entry(batch[0].job, struct controller_key_job, job);
    size_t len;
    const char *key = row_bytes(rows, 0, 0, &len);
    snprintf(c->key, sizeof c->key, "%.*s", (int)len, key);
}

void controller_key_job_init(struct controller_key_job *c, int32_t number)
{
    static const struct verb verb = {
        .statement = "controller_key", .batch_max = 1, .bind = key_bind, .take = key_take};
    *c = (struct controller_key_job){.job = {.verb = &verb, .weight = 1}, .number = number};
}
