/* SPDX-License-Identifier: Apache-2.0 */
#include "store/once.h"

#include "base/log.h"
#include "store/sqlstate.h"
#include "store/statement.h"

#include <stdlib.h>
#include <string.h>

static const char *statement_text(const char *name)
{
    size_t len = strlen(name);
    for (const struct embedded *f = statement_files; f->name != NULL; f++) {
        if (strncmp(f->name, name, len) == 0 && strcmp(f->name + len, ".sql") == 0)
            return f->data;
    }
    abort();
}

enum error job_run_once(PGconn *pg, struct job *job)
{
    struct sent batch = {job, job->weight};
    struct params params;
    const char *values[PARAMS_MAX];
    int lengths[PARAMS_MAX], formats[PARAMS_MAX];
    params_init(&params);
    job->verb->bind(&batch, 1, &params);
    params_finish(&params, values, lengths, formats);
    PGresult *rows = params_failed(&params) ? NULL
                                            : PQexecParams(pg, statement_text(job->verb->statement),
                                                           params.count, NULL, values, lengths, formats, 1);
    params_free(&params);
    enum error outcome = ERROR_NONE;
    if (rows != NULL && PQresultStatus(rows) == PGRES_TUPLES_OK) {
        job->verb->take(&batch, 1, rows);
    } else if (PQresultStatus(rows) != PGRES_COMMAND_OK) {
        const char *sqlstate = PQresultErrorField(rows, PG_DIAG_SQLSTATE);
        log_error("statement.failed", "statement=%s sqlstate=%s", job->verb->statement,
                  sqlstate != NULL ? sqlstate : "none");
        outcome =
            sqlstate == NULL || sqlstate_fate(sqlstate) != FATE_BUG ? ERROR_UNAVAILABLE : ERROR_INTERNAL;
    }
    PQclear(rows);
    return outcome;
}
