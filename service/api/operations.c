/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "store/lane.h"
#include "store/ready.h"

#include <string.h>

/* What an operator asks: /healthz, /readyz. */

/* It tells which database the process was started on, for who would take its place (`serve --take-over`)
 * and for `akkoord doctor`. */
void handle_live(struct call *call)
{
    call_set_header(call, "cache-control", "no-store");
    const char *id = call->worker->options->database_id;
    bool known = id[0] != '\0';
    char body[80];
    int len = snprintf(body, sizeof body, "{\"status\":\"ok\"%s%s%s}", known ? ",\"database\":\"" : "", id,
                       known ? "\"" : "");
    call_answer(call, 200, "application/json", body, (size_t)len);
}

static void on_ready(struct job *job, enum error e)
{
    struct ready_job *ready = list_entry(job, struct ready_job, job);
    struct call *call = ready->cookie;
    if (e == ERROR_NONE && ready->good) {
        call_answer(call, 200, "application/json", "{\"status\":\"ready\"}",
                    strlen("{\"status\":\"ready\"}"));
        return;
    }
    call_problem(call, ERROR_UNAVAILABLE,
                 e == ERROR_NONE ? "The schema is not for this program." : lane_trouble(call->worker->read),
                 NULL);
}

/* Ready: the database is reachable, it is a primary, the schema and the keys fit, and this process is
 * not about to leave. All that is asked of every new connection; so the lanes know, and one statement
 * tells that they know it of now. */
void handle_ready(struct call *call)
{
    struct worker *w = call->worker;
    call_set_header(call, "cache-control", "no-store");
    if (w->leaving) {
        call_problem(call, ERROR_UNAVAILABLE, "The service is about to leave.", NULL);
        return;
    }
    const struct lane *lanes[] = {w->read, w->write, w->slow};
    for (size_t i = 0; i < 3; i++) {
        if (!lane_is_ready(lanes[i])) {
            call_problem(call, ERROR_UNAVAILABLE, lane_trouble(lanes[i]), NULL);
            return;
        }
    }
    struct ready_job *ready = call_alloc(call, sizeof *ready);
    ready_job_init(ready);
    ready->cookie = call;
    ready->job.deadline = call->deadline;
    ready->job.done = on_ready;
    lane_submit(w->read, &ready->job);
}
