/* SPDX-License-Identifier: Apache-2.0 */
#include "store/identity.h"

#include <string.h>

/* Not among the prepared statements: where a server that is compatible with PostgreSQL has no such
 * function, all else goes on. */
static const char id_sql[] =
    "select left(encode(sha256(convert_to(system_identifier || ' ' || current_database(),"
    " 'UTF8')), 'hex'), 16) from pg_control_system()";

void database_id(PGconn *pg, char ret_id[DATABASE_ID_SIZE])
{
    PGresult *row = PQexec(pg, id_sql);
    const char *id =
        PQresultStatus(row) == PGRES_TUPLES_OK && PQntuples(row) == 1 ? PQgetvalue(row, 0, 0) : "";
    ret_id[0] = '\0';
    if (strlen(id) == DATABASE_ID_SIZE - 1)
        memcpy(ret_id, id, DATABASE_ID_SIZE);
    PQclear(row);
}
