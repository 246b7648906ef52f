/* SPDX-License-Identifier: Apache-2.0 */
#include "store/schema.h"

#include "store/database.h"
#include "store/migration.h"
#include "store/params.h"
#include "store/row.h"
#include "store/statement.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const char SCHEMA_KEYS_DIFFER[] =
    "a subject key is missing or is not the one the database knows: a wrong key would lose every No; bring "
    "back the file that the database was filled with";

void schema_bind_session(struct params *params, const struct numbered_keys *keys)
{
    struct param *numbers = params_array(params, PARAM_INT2);
    for (size_t i = 0; i < keys->count; i++)
        param_int2(numbers, keys->keys[i].number);
    struct param *checks = params_array(params, PARAM_BYTEA);
    for (size_t i = 0; i < keys->count; i++) {
        uint8_t check[SUBJECT_KEY_CHECK_SIZE];
        subject_key_check(&keys->keys[i], check);
        param_bytes(checks, check, sizeof check);
    }
}

static const char *step_trouble(const PGresult *row)
{
    if (row_int4(row, 0, 0) < migration_last())
        return "the schema is older than this program: run `akkoord migrate`";
    if (row_int4(row, 0, 1) > migration_last())
        return "the schema no longer serves a program this old: upgrade it";
    return NULL;
}

bool schema_session_good(const PGconn *pg, const PGresult *row, const char **ret_trouble)
{
    /* A pooler says at connect that another process serves the session than the one that does. */
    const char *trouble = row_int4(row, 0, 4) == PQbackendPID(pg) ? step_trouble(row) : DATABASE_POOLED;
    if (trouble == NULL && row_int4(row, 0, 2) != 0)
        trouble = SCHEMA_KEYS_DIFFER;
    if (trouble == NULL && !row_bool(row, 0, 3))
        trouble =
            "the session's settings did not take, or this is a standby: name the primary, with no options "
            "that overrule the service's";
    if (trouble != NULL)
        *ret_trouble = trouble;
    return trouble == NULL;
}

void schema_session_history(const PGresult *row, char ret_history[DATABASE_HISTORY_SIZE])
{
    size_t len;
    const char *history = row_bytes(row, 0, 5, &len);
    assert(len < DATABASE_HISTORY_SIZE);
    memcpy(ret_history, history, len);
    memset(ret_history + len, 0, DATABASE_HISTORY_SIZE - len);
}

bool schema_ready(const PGresult *row)
{
    return step_trouble(row) == NULL;
}

static const char *session_sql(void)
{
    for (const struct embedded *f = statement_files; f->name != NULL; f++) {
        if (strcmp(f->name, "session.sql") == 0)
            return f->data;
    }
    abort();
}

const char *schema_refuses(PGconn *pg, const struct numbered_keys *keys)
{
    struct params params;
    params_init(&params);
    schema_bind_session(&params, keys);
    const char *values[PARAMS_MAX];
    int lengths[PARAMS_MAX], formats[PARAMS_MAX];
    params_finish(&params, values, lengths, formats);
    PGresult *row = PQexecParams(pg, session_sql(), params.count, NULL, values, lengths, formats, 1);
    params_free(&params);
    const char *trouble = "the database has no schema that this role may read: run `akkoord migrate`";
    if (PQresultStatus(row) == PGRES_TUPLES_OK && schema_session_good(pg, row, &trouble))
        trouble = NULL;
    PQclear(row);
    return trouble;
}
