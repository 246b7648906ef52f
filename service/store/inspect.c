/* SPDX-License-Identifier: Apache-2.0 */
#include "store/inspect.h"

#include "store/row.h"

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
