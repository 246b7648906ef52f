/* SPDX-License-Identifier: Apache-2.0 */
#include "store/blocking.h"

#include "base/log.h"
#include "store/params.h"
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

static bool statement_send(PGconn *pg, const char *name, struct params *params)
{
    const char *values[PARAMS_MAX];
    int lengths[PARAMS_MAX], formats[PARAMS_MAX];
    params_finish(params, values, lengths, formats);
    return !params_failed(params) &&
           PQsendQueryParams(pg, statement_text(name), params->count, NULL, values, lengths, formats, 1) == 1;
}

/* Sends, as one transaction, what a lane would. */
static bool batch_send(PGconn *pg, const struct sent *batch)
{
    const struct verb *verb = batch->job->verb;
    struct params admitted, params;
    params_init(&admitted);
    params_init(&params);
    sent_bind_controllers(batch, 1, &admitted);
    if (verb->bind != NULL)
        verb->bind(batch, 1, &params);
    bool sent = PQenterPipelineMode(pg) == 1 && statement_send(pg, "admit", &admitted) &&
                statement_send(pg, verb->statement, &params) && PQpipelineSync(pg) == 1;
    params_free(&admitted);
    params_free(&params);
    return sent;
}

/* The rows of the last statement, or the first error; and the sync has come. NULL: the connection is gone. */
static PGresult *rows_read(PGconn *pg)
{
    PGresult *rows = NULL;
    for (;;) {
        PGresult *next = PQgetResult(pg);
        ExecStatusType status = PQresultStatus(next);
        if (next == NULL && PQstatus(pg) == CONNECTION_OK)
            continue; /* the end of one statement's results */
        if (next == NULL) {
            PQclear(rows); /* of whatever statement they are, nothing is known to be committed */
            return NULL;
        }
        if (status == PGRES_PIPELINE_SYNC) {
            PQclear(next);
            return rows;
        }
        bool is_next =
            status != PGRES_PIPELINE_ABORTED && (rows == NULL || PQresultStatus(rows) == PGRES_TUPLES_OK);
        PQclear(is_next ? rows : next);
        rows = is_next ? next : rows;
    }
}

enum error job_run_blocking(PGconn *pg, struct job *job)
{
    struct sent batch = {job, job->weight};
    PGresult *rows = batch_send(pg, &batch) ? rows_read(pg) : NULL;
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
    PQexitPipelineMode(pg);
    return outcome;
}
