/* SPDX-License-Identifier: Apache-2.0 */
#include "store/provision.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    STATEMENT_MAX = 1024, /* bytes: a role, and the 133 of what verifies its password */
    USER_ROOM = 4096      /* bytes of a user's entry: we need his number alone */
};

static bool user_number(const char *name, uid_t *ret_number)
{
    char room[USER_ROOM];
    struct passwd entry, *found = NULL;
    if (getpwnam_r(name, &entry, room, sizeof room, &found) != 0 || found == NULL)
        return false;
    *ret_number = found->pw_uid;
    return true;
}

/* Who we are is told when the connection is made, and then no more. */
PGconn *provision_connect(const char *conninfo)
{
    uid_t postgres;
    if (conninfo[0] != '\0')
        return PQconnectdb(conninfo);
    if (geteuid() != 0 || !user_number("postgres", &postgres))
        return PQconnectdb("dbname=postgres");
    if (seteuid(postgres) != 0)
        return NULL;
    PGconn *pg = PQconnectdb("dbname=postgres user=postgres");
    if (seteuid(0) != 0)
        abort(); /* what we make would not be ours */
    return pg;
}

/* ---- conninfos ---- */

/* A word of a conninfo, whatever is in it. */
static void word_write(struct buf *out, const char *keyword, const char *value)
{
    buf_printf(out, "%s%s='", out->len > 0 ? " " : "", keyword);
    for (; *value != '\0'; value++) {
        if (*value == '\'' || *value == '\\')
            buf_byte(out, '\\');
        buf_byte(out, *value);
    }
    buf_byte(out, '\'');
}

void provision_conninfo(PGconn *superuser, const char *role, const char *password, struct buf *out)
{
    const char *host = PQhost(superuser);
    word_write(out, "host", host[0] == '/' ? "127.0.0.1" : host);
    word_write(out, "port", PQport(superuser));
    word_write(out, "dbname", PROVISION_DATABASE);
    word_write(out, "user", role);
    word_write(out, "password", password);
    PQconninfoOption *all = PQconninfo(superuser);
    for (PQconninfoOption *o = all; host[0] != '/' && o != NULL && o->keyword != NULL; o++) {
        bool of_tls = strcmp(o->keyword, "sslmode") == 0 || strcmp(o->keyword, "sslrootcert") == 0;
        if (of_tls && o->val != NULL && o->val[0] != '\0')
            word_write(out, o->keyword, o->val);
    }
    PQconninfoFree(all);
}

int provision_password(const char *conninfo, char *ret_password, size_t size)
{
    PQconninfoOption *all = PQconninfoParse(conninfo, NULL);
    int rc = all != NULL ? 0 : -1;
    ret_password[0] = '\0';
    for (PQconninfoOption *o = all; o != NULL && o->keyword != NULL; o++) {
        if (strcmp(o->keyword, "password") != 0 || o->val == NULL)
            continue;
        if (strlen(o->val) < size)
            memcpy(ret_password, o->val, strlen(o->val) + 1);
        else
            rc = -1;
    }
    PQconninfoFree(all);
    return rc;
}

/* ---- roles and database ---- */

static const char *run(PGconn *pg, const char *sql)
{
    PGresult *result = PQexec(pg, sql);
    bool good = PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
    PQclear(result);
    return good ? NULL : PQerrorMessage(pg);
}

static const char look_sql[] = "select (select rolsuper from pg_roles where rolname = current_user),"
                               " exists (select from pg_roles where rolname = '" PROVISION_OWNER "'),"
                               " exists (select from pg_roles where rolname = '" PROVISION_SERVICE "'),"
                               " exists (select from pg_database where datname = '" PROVISION_DATABASE "')";

static bool is_true(const PGresult *row, int column)
{
    return PQgetvalue(row, 0, column)[0] == 't';
}

const char *provision_look(PGconn *superuser, struct provision *ret_found)
{
    PGresult *row = PQexec(superuser, look_sql);
    bool good = PQresultStatus(row) == PGRES_TUPLES_OK && PQntuples(row) == 1;
    if (good)
        *ret_found = (struct provision){is_true(row, 0), is_true(row, 1), is_true(row, 2), is_true(row, 3)};
    PQclear(row);
    return good ? NULL : PQerrorMessage(superuser);
}

static const char *role_make(PGconn *pg, const char *role, bool is_there, FILE *out)
{
    char sql[STATEMENT_MAX];
    if (is_there)
        return NULL;
    snprintf(sql, sizeof sql, "create role %s login", role);
    const char *fault = run(pg, sql);
    if (fault == NULL)
        fprintf(out, "made the role %s\n", role);
    return fault;
}

static const char *password_set(PGconn *pg, const char *role, const char *password)
{
    char sql[STATEMENT_MAX];
    if (password == NULL)
        return NULL;
    char *verifier = PQencryptPasswordConn(pg, password, role, "scram-sha-256");
    char *literal = verifier != NULL ? PQescapeLiteral(pg, verifier, strlen(verifier)) : NULL;
    const char *fault = PQerrorMessage(pg);
    if (literal != NULL) {
        snprintf(sql, sizeof sql, "alter role %s password %s", role, literal);
        fault = run(pg, sql);
    }
    PQfreemem(literal);
    PQfreemem(verifier);
    return fault;
}

/* As its texts are, whatever the cluster's own template has. */
static const char *database_make(PGconn *pg, bool is_there, FILE *out)
{
    if (is_there)
        return NULL;
    const char *fault = run(pg, "create database " PROVISION_DATABASE " owner " PROVISION_OWNER
                                " template template0 encoding 'UTF8' locale 'C.UTF-8'");
    if (fault == NULL)
        fprintf(out, "made the database " PROVISION_DATABASE "\n");
    return fault;
}

/* A failing statement would stand in PostgreSQL's log: of ours with what verifies a password, of the
 * service's with a person's data. */
static const char session_sql_setup[] =
    "set log_min_error_statement = panic; set log_statement = none; "
    "set log_min_duration_statement = -1; set client_min_messages = warning";
static const char settings_sql[] = "alter role " PROVISION_SERVICE " set log_error_verbosity = 'terse';"
                                   "alter role " PROVISION_SERVICE " set log_min_error_statement = 'panic';"
                                   "alter role " PROVISION_SERVICE " set synchronous_commit = 'on'";

const char *provision_make(PGconn *superuser, const char *owner_password, const char *service_password,
                           FILE *out)
{
    struct provision found = {0};
    const char *fault = run(superuser, session_sql_setup);
    if (fault == NULL)
        fault = provision_look(superuser, &found);
    if (fault == NULL)
        fault = role_make(superuser, PROVISION_OWNER, found.owner, out);
    if (fault == NULL)
        fault = role_make(superuser, PROVISION_SERVICE, found.service, out);
    if (fault == NULL)
        fault = password_set(superuser, PROVISION_OWNER, owner_password);
    if (fault == NULL)
        fault = password_set(superuser, PROVISION_SERVICE, service_password);
    if (fault == NULL)
        fault = run(superuser, settings_sql);
    return fault != NULL ? fault : database_make(superuser, found.database, out);
}
