/* SPDX-License-Identifier: Apache-2.0 */
#include "store/blocking.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/params.h"
#include "store/sqlstate.h"
#include "store/statement.h"

#include <poll.h>
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

enum { WAKE_US = 500000 }; /* that it waits when it is woken */

/* How long an answer is waited for. */
struct patience {
    int64_t deadline; /* of clock_monotonic; 0: as long as libpq does */
    int wake_fd;
    bool over; /* it was waited for in vain */
};

/* Waits until the next result can be had without waiting. */
static bool result_wait(PGconn *pg, struct patience *patience)
{
    while (patience->deadline != 0 && PQisBusy(pg)) {
        struct pollfd fds[] = {{.fd = PQsocket(pg), .events = POLLIN},
                               {.fd = patience->wake_fd, .events = POLLIN}};
        int64_t now = clock_monotonic(), left = patience->deadline - now;
        int ready = left > 0 ? poll(fds, 2, (int)(left / 1000) + 1) : 0;
        if (ready > 0 && fds[1].revents != 0) { /* what is nearly done may end */
            patience->wake_fd = -1;
            patience->deadline = left > WAKE_US ? now + WAKE_US : patience->deadline;
        }
        patience->over = ready <= 0 || (fds[0].revents != 0 && PQconsumeInput(pg) != 1);
        if (patience->over)
            return false;
    }
    return true;
}

/* The rows of the last statement, or the first error; and the sync has come. NULL: the connection is gone, or
 * patience over. */
static PGresult *rows_read(PGconn *pg, struct patience *patience)
{
    PGresult *rows = NULL;
    for (;;) {
        PGresult *next = result_wait(pg, patience) ? PQgetResult(pg) : NULL;
        ExecStatusType status = PQresultStatus(next);
        if (next == NULL && PQstatus(pg) == CONNECTION_OK && !patience->over)
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

static enum error job_run(PGconn *pg, struct job *job, struct patience *patience)
{
    struct sent batch = {job, job->weight};
    PGresult *rows = batch_send(pg, &batch) ? rows_read(pg, patience) : NULL;
    enum error outcome = ERROR_NONE;
    if (patience->over) {
        outcome = ERROR_OUTCOME_UNKNOWN;
    } else if (rows != NULL && PQresultStatus(rows) == PGRES_TUPLES_OK) {
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

enum error job_run_blocking(PGconn *pg, struct job *job)
{
    return job_run(pg, job, &(struct patience){.wake_fd = -1});
}

enum error job_run_bounded(PGconn *pg, struct job *job, int wake_fd)
{
    enum error e = job_run(pg, job, &(struct patience){.deadline = job->deadline, .wake_fd = wake_fd});
    return PQstatus(pg) == CONNECTION_OK ? e : ERROR_OUTCOME_UNKNOWN;
}
