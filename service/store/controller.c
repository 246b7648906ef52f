/* SPDX-License-Identifier: Apache-2.0 */
#include "store/controller.h"

#include "store/params.h"
#include "store/row.h"

#include <stdlib.h>
#include <string.h>

static struct controller_job *controller_of(struct job *job)
{
    return list_entry(job, struct controller_job, job);
}

static void controller_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    params_text(params, controller_of(batch[0].job)->key);
}

enum {
    COLUMN_CONTROLLER,
    COLUMN_GENERATION,
    COLUMN_POLICY_VERSION,
    COLUMN_DOCUMENT,
    COLUMN_SHA256,
    COLUMN_SUBJECT_ID_KEY,
    COLUMN_KEY_FIRST,
    COLUMN_KEY_OLDEST,
    COLUMN_KEY_LAST,
    COLUMN_AS_OF,
    COLUMN_NUMBER,
    COLUMN_KEY,
    COLUMN_ENTITY,
    COLUMN_RETIRED,
    COLUMN_VERSION,
    COLUMN_TOKEN
};

static void head_take(struct controller_job *c, const PGresult *rows, int row)
{
    c->found = true;
    c->controller_id = row_int4(rows, row, COLUMN_CONTROLLER);
    c->generation = row_int8(rows, row, COLUMN_GENERATION);
    c->policy_version = row_int4(rows, row, COLUMN_POLICY_VERSION);
    c->key_first = (uint8_t)row_int2(rows, row, COLUMN_KEY_FIRST);
    c->key_oldest = (uint8_t)row_int2(rows, row, COLUMN_KEY_OLDEST);
    c->key_last = (uint8_t)row_int2(rows, row, COLUMN_KEY_LAST);
    row_uuid(rows, row, COLUMN_SUBJECT_ID_KEY, c->subject_id_key);
    size_t len;
    const char *hash = row_bytes(rows, row, COLUMN_SHA256, &len);
    if (len == POLICY_HASH_SIZE)
        memcpy(c->policy_hash, hash, len);
    c->as_of = row_instant(rows, row, COLUMN_AS_OF);
    free(c->document);
    c->document = row_text(rows, row, COLUMN_DOCUMENT);
    c->document_len = c->document != NULL ? strlen(c->document) : 0;
}

static void key_take(const PGresult *rows, int row, int column, char *ret_key, size_t max)
{
    size_t len;
    const char *bytes = row_bytes(rows, row, column, &len);
    len = len > max ? max : len;
    memcpy(ret_key, bytes != NULL ? bytes : "", len);
    ret_key[len] = '\0';
}

static void numbers_clear(struct controller_job *c)
{
    for (size_t i = 0; i < c->revoked_count; i++)
        free(c->revoked[i]);
    free(c->revoked);
    free(c->numbers);
    c->revoked = NULL;
    c->numbers = NULL;
    c->revoked_count = c->number_count = 0;
}

static void numbered_take(struct numbered *one, const PGresult *rows, int row)
{
    one->is_notice = !row_is_null(rows, row, COLUMN_VERSION);
    one->retired = row_bool(rows, row, COLUMN_RETIRED);
    one->number = row_int4(rows, row, COLUMN_NUMBER);
    key_take(rows, row, COLUMN_KEY, one->key, sizeof one->key - 1);
    key_take(rows, row, COLUMN_ENTITY, one->entity, sizeof one->entity - 1);
    key_take(rows, row, COLUMN_VERSION, one->version, sizeof one->version - 1);
}

static void controller_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct controller_job *c = controller_of(batch[0].job);
    int n = PQntuples(rows);
    numbers_clear(c);
    c->numbers = calloc((size_t)n + 1, sizeof *c->numbers);
    c->revoked = calloc((size_t)n + 1, sizeof *c->revoked);
    for (int row = 0; row < n; row++) {
        if (!row_is_null(rows, row, COLUMN_CONTROLLER))
            head_take(c, rows, row);
        else if (!row_is_null(rows, row, COLUMN_NUMBER) && c->numbers != NULL)
            numbered_take(&c->numbers[c->number_count++], rows, row);
        else if (!row_is_null(rows, row, COLUMN_TOKEN) && c->revoked != NULL)
            c->revoked[c->revoked_count++] = row_text(rows, row, COLUMN_TOKEN);
    }
}

void controller_job_init(struct controller_job *c, const char *key)
{
    static const struct verb verb = {
        .statement = "controller_load", .batch_max = 1, .bind = controller_bind, .take = controller_take};
    *c = (struct controller_job){.job = {.verb = &verb, .weight = 1}, .key = key};
}

void controller_job_clear(struct controller_job *c)
{
    free(c->document);
    c->document = NULL;
    numbers_clear(c);
}
