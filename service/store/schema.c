/* SPDX-License-Identifier: Apache-2.0 */
#include "store/schema.h"

#include "base/limits.h"
#include "store/database.h"
#include "store/params.h"
#include "store/row.h"
#include "store/statement.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct embedded step_files[];
extern const struct embedded grant_files[];

/* Any number will do, so long as nobody else uses it: "akkoord" as a phone keypad has it. */
static const char lock_sql[] = "select pg_advisory_lock(2556673)";
/* A migration may wait and may take long; and it is no index probe. */
static const char session_sql_owner[] =
    "set client_min_messages = warning; set lock_timeout = 0; set statement_timeout = 0; set enable_seqscan "
    "= on; "
    "set enable_hashjoin = on; set enable_mergejoin = on; set enable_material = on; set plan_cache_mode = "
    "auto";
static const char history_sql[] = "create table if not exists migration (step integer primary key, name text "
                                  "not null, oldest integer not null, "
                                  "applied_at timestamptz not null default clock_timestamp())";

static int step_number(const struct embedded *file)
{
    return (int)strtol(file->name, NULL, 10);
}

static int step_oldest(const struct embedded *file)
{
    const char *line = strstr(file->data, "-- oldest: ");
    return line != NULL ? (int)strtol(line + strlen("-- oldest: "), NULL, 10) : step_number(file);
}

int schema_step(void)
{
    int last = 0;
    for (const struct embedded *f = step_files; f->name != NULL; f++)
        last = step_number(f) > last ? step_number(f) : last;
    return last;
}

static int run(PGconn *pg, const char *sql)
{
    PGresult *result = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return 0;
    fprintf(stderr, "akkoord: migrate: %s", PQerrorMessage(pg));
    return -1;
}

static int run_with(PGconn *pg, const char *sql, int count, const char *const *values)
{
    PGresult *result = PQexecParams(pg, sql, count, NULL, values, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return 0;
    fprintf(stderr, "akkoord: migrate: %s", PQerrorMessage(pg));
    return -1;
}

/* Whether it met somebody else's lock. */
static bool is_held_up(const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return sqlstate != NULL && (strcmp(sqlstate, "55P03") == 0 || strcmp(sqlstate, "40P01") == 0);
}

static bool step_is_applied(PGconn *pg, const char *number)
{
    PGresult *result =
        PQexecParams(pg, "select from migration where step = $1::int4", 1, NULL, &number, NULL, NULL, 0);
    bool applied = PQntuples(result) == 1;
    PQclear(result);
    return applied;
}

enum step_outcome { STEP_APPLIED, STEP_HELD_UP, STEP_FAILED };

static enum step_outcome step_run(PGconn *pg, const char *sql)
{
    PGresult *result = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(result);
    enum step_outcome outcome = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? STEP_APPLIED
                                : is_held_up(result)                                    ? STEP_HELD_UP
                                                                                        : STEP_FAILED;
    PQclear(result);
    if (outcome == STEP_FAILED)
        fprintf(stderr, "akkoord: migrate: %s", PQerrorMessage(pg));
    return outcome;
}

/* Every writer takes a head first, and so does a step: it meets no write halfway, holding what it
 * needs and waiting for what it has. */
static const char heads_sql[] = "do $$ begin if to_regclass('head') is not null then "
                                "lock table head in access exclusive mode; end if; end $$";

/* Everybody who needs a table waits behind a step that waits for it: it gives up before they do,
 * lets them pass, and tries again. */
static enum step_outcome step_try(PGconn *pg, const struct embedded *file, const char *const *values)
{
    char begin[64];
    snprintf(begin, sizeof begin, "begin; set local lock_timeout = %d", MIGRATE_LOCK_MS);
    if (run(pg, begin) != 0)
        return STEP_FAILED;
    enum step_outcome outcome = step_run(pg, heads_sql);
    if (outcome == STEP_APPLIED)
        outcome = step_run(pg, file->data);
    if (outcome == STEP_APPLIED &&
        run_with(pg, "insert into migration (step, name, oldest) values ($1::int4, $2, $3::int4)", 3,
                 values) != 0)
        outcome = STEP_FAILED;
    if (run(pg, outcome == STEP_APPLIED ? "commit" : "rollback") != 0)
        return STEP_FAILED;
    return outcome;
}

static int step_apply(PGconn *pg, const struct embedded *file, FILE *out)
{
    char number[16], oldest[16];
    snprintf(number, sizeof number, "%d", step_number(file));
    snprintf(oldest, sizeof oldest, "%d", step_oldest(file));
    if (step_is_applied(pg, number))
        return 0;
    fprintf(out, "applying %s\n", file->name);
    const char *values[] = {number, file->name, oldest};
    enum step_outcome outcome = step_try(pg, file, values);
    for (int tries = 1; outcome == STEP_HELD_UP && tries < MIGRATE_TRIES_MAX; tries++) {
        fprintf(out, "somebody holds a lock that it needs: again in %d s\n", MIGRATE_PAUSE_S);
        fflush(out);
        sleep(MIGRATE_PAUSE_S);
        outcome = step_try(pg, file, values);
    }
    if (outcome == STEP_HELD_UP)
        fprintf(stderr, "akkoord: migrate: the lock was not had: look for long transactions (a backup?)\n");
    return outcome == STEP_APPLIED ? 0 : -1;
}

static int role_grant(PGconn *pg, const char *role, FILE *out)
{
    if (role == NULL || role[0] == '\0' || strcmp(role, PQuser(pg)) == 0)
        return 0;
    fprintf(out, "granting the service's role what it needs\n");
    if (run_with(pg, "select set_config('akkoord.service_role', $1, false)", 1, &role) != 0)
        return -1;
    return run(pg, grant_files[0].data);
}

int schema_migrate(PGconn *owner, const char *service_role, FILE *out)
{
    if (run(owner, session_sql_owner) != 0 || run(owner, lock_sql) != 0 || run(owner, history_sql) != 0)
        return -1;
    for (const struct embedded *f = step_files; f->name != NULL; f++) {
        if (step_apply(owner, f, out) != 0)
            return -1;
    }
    if (role_grant(owner, service_role, out) != 0)
        return -1;
    fprintf(out, "schema is at step %d\n", schema_step());
    return 0;
}

void schema_bind_session(struct params *params, const struct subject_keys *keys)
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
    if (row_int4(row, 0, 0) < schema_step())
        return "the schema is older than this program: run `akkoord migrate`";
    if (row_int4(row, 0, 1) > schema_step())
        return "the schema no longer serves a program this old: upgrade it";
    return NULL;
}

bool schema_session_good(const PGconn *pg, const PGresult *row, const char **ret_trouble)
{
    /* A pooler says at connect that another process serves the session than the one that does. */
    const char *trouble = row_int4(row, 0, 4) == PQbackendPID(pg) ? step_trouble(row) : DATABASE_POOLED;
    if (trouble == NULL && row_int4(row, 0, 2) != 0)
        trouble =
            "a subject key is missing or is not the one the database knows: a wrong key would lose every No";
    if (trouble == NULL && (PQgetlength(row, 0, 3) != 1 || *PQgetvalue(row, 0, 3) != 1))
        trouble = "the session's settings did not take, or this is a standby";
    if (trouble != NULL)
        *ret_trouble = trouble;
    return trouble == NULL;
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

const char *schema_refuses(PGconn *pg, const struct subject_keys *keys)
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
