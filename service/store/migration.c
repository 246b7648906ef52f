/* SPDX-License-Identifier: Apache-2.0 */
#include "store/migration.h"

#include "base/embedded.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct embedded step_files[];
extern const struct embedded function_files[]; /* by name */
extern const struct embedded grant_files[];

/* Any number will do, so long as nobody else uses it: "akkoord" as a phone keypad has it. */
static const char lock_sql[] = "select pg_advisory_lock(2556673)";
/* A migration may wait and may take long; and it is no index probe. Functions call each other whatever the
 * order of their files: none is looked into as it is made. */
static const char session_sql_owner[] =
    "set client_min_messages = warning; set lock_timeout = 0; set statement_timeout = 0; set enable_seqscan "
    "= on; "
    "set enable_hashjoin = on; set enable_mergejoin = on; set enable_material = on; set plan_cache_mode = "
    "auto; set check_function_bodies = off";
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

int migration_last(void)
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

/* Every writer takes a head first, and so does a step: it meets no write halfway, holding what it needs
 * and waiting for what it has. */
static const char heads_sql[] = "do $$ begin if to_regclass('head') is not null then "
                                "lock table head in access exclusive mode; end if; end $$";

/* Everybody who needs a table waits behind a step that waits for it: it gives up before they do, lets them
 * pass, and tries again. */
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

/* The functions that the file in akkoord.function_file makes, whatever their arguments. */
static const char drop_sql[] =
    "do $$ declare f regprocedure; begin "
    "for f in select p.oid from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname in "
    "(select m[1] from regexp_matches(current_setting('akkoord.function_file'), "
    "'create or replace function (\\w+)', 'g') m) "
    "loop execute 'drop function ' || f; end loop; end $$";

/* Replaced where it stands, a function is missed by nobody: its callers go on with the new body. What it
 * returns cannot be replaced so, nor the names of its arguments: then it is dropped first. */
static enum step_outcome function_apply(PGconn *pg, const struct embedded *file)
{
    if (run(pg, "savepoint file") != 0)
        return STEP_FAILED;
    PGresult *result = PQexec(pg, file->data);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    bool is_other = sqlstate != NULL && strcmp(sqlstate, "42P13") == 0;
    bool is_done = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    if (is_done)
        return STEP_APPLIED;
    if (!is_other) {
        fprintf(stderr, "akkoord: migrate: %s: %s", file->name, PQerrorMessage(pg));
        return STEP_FAILED;
    }
    bool dropped =
        run(pg, "rollback to file") == 0 &&
        run_with(pg, "select set_config('akkoord.function_file', $1, true)", 1, &file->data) == 0 &&
        run(pg, drop_sql) == 0;
    return dropped && run(pg, file->data) == 0 ? STEP_APPLIED : STEP_FAILED;
}

static int role_grant(PGconn *pg, const char *role, FILE *out)
{
    if (role == NULL || role[0] == '\0' || strcmp(role, PQuser(pg)) == 0)
        return 0;
    fprintf(out, "granting the service's role what it needs\n");
    if (run_with(pg, "select set_config('akkoord.service_role', $1, true)", 1, &role) != 0)
        return -1;
    return run(pg, grant_files[0].data);
}

static int functions_try(PGconn *pg, const char *service_role, FILE *out)
{
    fprintf(out, "applying the functions\n");
    for (const struct embedded *f = function_files; f->name != NULL; f++) {
        if (function_apply(pg, f) != STEP_APPLIED)
            return -1;
    }
    return role_grant(pg, service_role, out);
}

/* All or none, with the rights to them: nobody ever finds one missing, or out of reach. */
static int functions_apply(PGconn *pg, const char *service_role, FILE *out)
{
    if (run(pg, "begin") != 0)
        return -1;
    int rc = functions_try(pg, service_role, out);
    if (run(pg, rc == 0 ? "commit" : "rollback") != 0)
        return -1;
    return rc;
}

/* The last step the database has. */
static int step_reached(PGconn *pg)
{
    PGresult *result = PQexec(pg, "select coalesce(max(step), 0) from migration");
    int step = PQntuples(result) == 1 ? (int)strtol(PQgetvalue(result, 0, 0), NULL, 10) : 0;
    PQclear(result);
    return step;
}

int migration_run(PGconn *owner, const char *service_role, FILE *out)
{
    if (run(owner, session_sql_owner) != 0 || run(owner, lock_sql) != 0 || run(owner, history_sql) != 0)
        return -1;
    for (const struct embedded *f = step_files; f->name != NULL; f++) {
        if (step_apply(owner, f, out) != 0)
            return -1;
    }
    int reached = step_reached(owner);
    if (reached > migration_last()) {
        fprintf(out, "schema is at step %d, of a newer program: its functions stay as they are\n", reached);
        return 0;
    }
    if (functions_apply(owner, service_role, out) != 0)
        return -1;
    fprintf(out, "schema is at step %d\n", reached);
    return 0;
}
