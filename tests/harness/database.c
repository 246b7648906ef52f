/* SPDX-License-Identifier: Apache-2.0 */
#include "database.h"

#include "process.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CLUSTER_SETTINGS_MAX = 16 };

int database_command(const struct database *db, const char *command, const char *flag_or_null)
{
    const char *const argv[] = {HARNESS_CLUSTER, command, db->dir, flag_or_null, NULL};
    return process_run(argv, NULL, NULL) == 0 ? 0 : -1;
}

static const char *conninfo(const char *dir, const char *role)
{
    char *output;
    const char *const argv[] = {HARNESS_CLUSTER, "conninfo", dir, role, NULL};
    process_run(argv, NULL, &output);
    output[strcspn(output, "\n")] = '\0';
    return output;
}

struct database database_at(const char *dir)
{
    dir = text_of("%s", dir);
    return (struct database){
        .dir = dir, .owner = conninfo(dir, "owner"), .service = conninfo(dir, "service")};
}

static int migrate(const struct database *db)
{
    const char *const argv[] = {HARNESS_PROGRAM, "migrate", NULL};
    const char *const settings[] = {text_of("AKKOORD_DATABASE=%s", db->service),
                                    text_of("AKKOORD_MIGRATE_DATABASE=%s", db->owner), NULL};
    return process_run(argv, settings, NULL) == 0 ? 0 : -1;
}

int database_create(const char *dir, const char *const settings[], struct database *ret_db)
{
    const char *create[CLUSTER_SETTINGS_MAX] = {HARNESS_CLUSTER, "create", dir};
    for (size_t i = 0; settings != NULL && settings[i] != NULL && i + 4 < CLUSTER_SETTINGS_MAX; i++)
        create[i + 3] = settings[i];
    struct database old = {.dir = dir};
    database_command(&old, "destroy", NULL);
    if (process_run(create, NULL, NULL) != 0) {
        fprintf(stderr, "the cluster in %s could not be made\n", dir);
        return -1;
    }
    struct database db = database_at(dir);
    if (migrate(&db) != 0) {
        fprintf(stderr, "the database in %s could not be migrated\n", dir);
        database_destroy(&db);
        return -1;
    }
    /* from here on no test leaves a state untouched (touched.sql) */
    PGconn *session = PQconnectdb(db.owner);
    session_run(session, file_read(HARNESS_GUARD));
    PQfinish(session);
    *ret_db = db;
    return 0;
}

void database_destroy(const struct database *db)
{
    database_command(db, "destroy", NULL);
}

const char *database_log(const struct database *db)
{
    char *home = file_read(text_of("%s/home", db->dir));
    home[strcspn(home, "\n")] = '\0';
    return file_read(text_of("%s/log", home));
}

PGconn *database_session(const struct database *db)
{
    PGconn *session = PQconnectdb(db->owner);
    cr_assert_eq(PQstatus(session), CONNECTION_OK, "%s", PQerrorMessage(session));
    return session;
}

static PGresult *session_ask(PGconn *session, const char *sql)
{
    PGresult *result = PQexec(session, sql);
    ExecStatusType status = PQresultStatus(result);
    cr_assert(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql,
              PQerrorMessage(session));
    return result;
}

void session_run(PGconn *session, const char *sql)
{
    PQclear(session_ask(session, sql));
}

bool session_blocks(PGconn *session, int ms)
{
    static const char sql[] =
        "select from pg_locks l where not granted and pg_backend_pid() = any (pg_blocking_pids(l.pid))";
    for (long until = clock_ms() + ms; clock_ms() < until; sleep_ms(10)) {
        PGresult *waiting = session_ask(session, sql);
        int count = PQntuples(waiting);
        PQclear(waiting);
        if (count > 0)
            return true;
    }
    return false;
}

static const char *value_of(const struct database *db, const char *sql)
{
    PGconn *session = database_session(db);
    PGresult *result = session_ask(session, sql);
    const char *value = NULL;
    if (PQntuples(result) > 0 && !PQgetisnull(result, 0, 0))
        value = text_of("%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    PQfinish(session);
    return value;
}

#define FORMAT_INTO(sql, format)                                                                             \
    char sql[4096];                                                                                          \
    do {                                                                                                     \
        va_list args;                                                                                        \
        va_start(args, format);                                                                              \
        vsnprintf(sql, sizeof sql, format, args);                                                            \
        va_end(args);                                                                                        \
    } while (0)

const char *database_value(const struct database *db, const char *sql, ...)
{
    FORMAT_INTO(statement, sql);
    return value_of(db, statement);
}

long database_number(const struct database *db, const char *sql, ...)
{
    FORMAT_INTO(statement, sql);
    const char *value = value_of(db, statement);
    return value != NULL ? strtol(value, NULL, 10) : -1;
}

const char *database_mentions(const struct database *db, const char *text)
{
    char hex[256] = "";
    for (size_t i = 0; text[i] != '\0' && i < 100; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)text[i]);
    const char *search = database_value(
        db,
        "select string_agg(format('select %%L where exists (select from %%I t where strpos(lower(t::text), "
        "lower(%%L)) > 0 "
        "or strpos(t::text, %%L) > 0)', relname, relname, '%s', '%s'), ' union all ') from pg_class "
        "where relkind = 'r' and relnamespace = 'public'::regnamespace",
        text, hex);
    cr_assert_not_null(search, "the database has no tables");
    return value_of(db, search);
}
