/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <libpq-fe.h>
#include <stdbool.h>

/* A throw-away PostgreSQL, by script/lib/cluster. Functions that return int
 * return -1 after a line on stderr. */
struct database {
    const char *dir;     /* of the cluster */
    const char *owner;   /* conninfo of the role that owns the schema */
    const char *service; /* conninfo of the role that serves */
};

/* A new cluster in ${dir}, in the place of one that is there, with PostgreSQL settings (NAME=value,
 * NULL-terminated), the database migrated by the program under test. */
int database_create(const char *dir, const char *const settings[], struct database *ret_db);
/* One that another process made. */
struct database database_at(const char *dir);
/* Stops it and removes it. */
void database_destroy(const struct database *db);
/* "start", "stop" or "stop --now", as script/lib/cluster says. */
int database_command(const struct database *db, const char *command, const char *flag_or_null);
/* PostgreSQL's own log. */
const char *database_log(const struct database *db);

/* A session as the owner; fails the test where there is none. The caller ends it with PQfinish. */
PGconn *database_session(const struct database *db);
/* Runs SQL in a session; fails the test on an error. */
void session_run(PGconn *session, const char *sql);
/* Waits up to ${ms} until another session waits for a lock that this one holds. */
bool session_blocks(PGconn *session, int ms);
/* As the owner: the first value of the first row, as text; NULL: no row, or null. Parameters like
 * printf's, values from the test itself. */
const char *database_value(const struct database *db, const char *sql, ...)
    __attribute__((format(printf, 2, 3)));
/* The same as a number; -1 for none. */
long database_number(const struct database *db, const char *sql, ...) __attribute__((format(printf, 2, 3)));
/* The table that has ${text} in any column of any row (case and encoding of bytes do not matter), or NULL. */
const char *database_mentions(const struct database *db, const char *text);
