/* SPDX-License-Identifier: Apache-2.0 */
#include "store/inspect.h"

#include "store/row.h"

#include <stdio.h>

static const char inspect_sql[] =
    "select current_setting('server_version_num')::int4, r.rolsuper, r.rolbypassrls,"
    " (select count(*)::int4 from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in "
    "('r', 'p')"
    "    and c.relowner = r.oid),"
    " coalesce(has_table_privilege(to_regclass('event'), 'UPDATE, DELETE, TRUNCATE'), false),"
    " current_setting('log_error_verbosity') <> 'terse' or current_setting('log_min_error_statement') <> "
    "'panic',"
    " current_setting('synchronous_commit') in ('on', 'remote_apply') and current_setting('fsync') = 'on'"
    "    and current_setting('full_page_writes') = 'on',"
    " current_setting('synchronous_standby_names') <> '', (select count(*)::int4 from pg_stat_replication),"
    " least(current_setting('max_connections')::int4 - "
    "current_setting('superuser_reserved_connections')::int4,"
    "    nullif(r.rolconnlimit, -1)),"
    " (select sum(numbackends)::int4 from pg_stat_database)," /* pg_stat_activity shows a role its own only */
    " (extract(epoch from clock_timestamp()) * 1000000)::int8"
    " from pg_roles r where r.rolname = current_user";

int database_inspect(PGconn *pg, struct inspection *ret_inspection)
{
    PGresult *row = PQexecParams(pg, inspect_sql, 0, NULL, NULL, NULL, NULL, 1);
    bool good = PQresultStatus(row) == PGRES_TUPLES_OK && PQntuples(row) == 1;
    if (good) {
        *ret_inspection = (struct inspection){.version_num = row_int4(row, 0, 0),
                                              .is_superuser = row_bool(row, 0, 1),
                                              .bypasses_row_security = row_bool(row, 0, 2),
                                              .owned = row_int4(row, 0, 3),
                                              .may_change_ledger = row_bool(row, 0, 4),
                                              .prints_rows = row_bool(row, 0, 5),
                                              .commits_are_durable = row_bool(row, 0, 6),
                                              .has_standby = row_bool(row, 0, 7),
                                              .standbys = row_int4(row, 0, 8),
                                              .connections = row_int4(row, 0, 9),
                                              .connections_taken = row_int4(row, 0, 10),
                                              .clock = row_int8(row, 0, 11)};
    }
    PQclear(row);
    return good ? 0 : -1;
}

static const char admit_all_sql[] =
    "select set_config('akkoord.controllers', array(select controller_id from controller)::text, true)";
static const char crowds_sql[] =
    "select c.key, i.type, count(*)::int8, max(t.persons)::int8"
    " from controller c"
    " cross join lateral (select x.subject_no, x.type from identifier x"
    "                     where x.controller_id = c.controller_id and x.is_crowded offset 0) i"
    " cross join lateral (select count(*) as persons from tie x"
    "                     where x.controller_id = c.controller_id and x.beside_no = i.subject_no) t"
    " group by c.key, i.type order by 4 desc, 1, 2 limit $1";

static void crowd_take(struct crowd *to, const PGresult *rows, int row)
{
    size_t len;
    const char *key = row_bytes(rows, row, 0, &len);
    snprintf(to->controller, sizeof to->controller, "%s", key);
    to->type = (uint8_t)row_int2(rows, row, 1);
    to->count = row_int8(rows, row, 2);
    to->persons = row_int8(rows, row, 3);
}

/* In a transaction, which the right to all controllers' rows does not outlive. */
int database_crowds(PGconn *pg, struct crowd ret_crowds[CROWDS_MAX], size_t *ret_count)
{
    char most[16];
    const char *values[] = {most};
    snprintf(most, sizeof most, "%d", CROWDS_MAX);
    *ret_count = 0;
    PQclear(PQexec(pg, "begin"));
    PQclear(PQexec(pg, admit_all_sql));
    PGresult *rows = PQexecParams(pg, crowds_sql, 1, NULL, values, NULL, NULL, 1);
    bool good = PQresultStatus(rows) == PGRES_TUPLES_OK;
    for (int row = 0; good && row < PQntuples(rows) && row < CROWDS_MAX; row++)
        crowd_take(&ret_crowds[(*ret_count)++], rows, row);
    PQclear(rows);
    PQclear(PQexec(pg, "rollback"));
    return good ? 0 : -1;
}
