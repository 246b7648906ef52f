/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_register.h"
#include "api/handlers.h"
#include "base/limits.h"
#include "store/lane.h"
#include "store/policy.h"
#include "wire/policy_language.h"

#include <string.h>

/* GET /v1/policy/register. */

struct register_reading {
    struct call *call;
    const char *language; /* NULL: the controller's first */
    bool csv;
    struct policy_read_job job;
};

static void reading_dispose(void *state)
{
    struct register_reading *g = state;
    policy_read_job_clear(&g->job);
}

static void register_answer(struct call *call, const struct register_reading *g,
                            const struct processing_register *reg)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    if (!g->csv) {
        register_json(reg, &out);
        call_answer_json(call, 200, &out);
        return;
    }
    register_csv(reg, &out);
    if (buf_failed(&out)) {
        call_problem(call, ERROR_INTERNAL, "The answer does not fit.", NULL);
    } else {
        call_set_header(call, "content-disposition", "attachment; filename=\"register.csv\"");
        call_set_header(call, "x-content-type-options", "nosniff");
        call_answer_buf(call, 200, "text/csv; charset=utf-8", &out);
    }
    buf_free(&out);
}

static void on_register_read(struct job *job, enum error e)
{
    struct register_reading *g =
        list_entry(list_entry(job, struct policy_read_job, job), struct register_reading, job);
    struct call *call = g->call;
    if (e != ERROR_NONE || call->req == NULL) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    if (g->job.version == 0) {
        call_problem(call, ERROR_NO_POLICY, NULL, NULL);
        return;
    }
    struct reader document;
    const char *text = g->job.document != NULL ? g->job.document : "";
    enum error read = reader_open(&document, text, strlen(text));
    struct processing_register reg = {&document, g->job.version, g->language};
    if (read == ERROR_NONE)
        register_answer(call, g, &reg);
    else
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
    reader_close(&document);
}

void handle_policy_register(struct call *call)
{
    static const char *const allowed[] = {"format", "lang", NULL};
    const char *format = call_query(call, "format"), *language = call_query(call, "lang");
    bool csv = format != NULL && strcmp(format, "csv") == 0;
    bool good = csv || format == NULL || strcmp(format, "json") == 0;
    if (call_query_only(call, allowed) != 0 || !good || (language != NULL && !language_is_tag(language))) {
        call_problem(call, ERROR_INVALID,
                     "The query takes format, json or csv, and lang, a language tag such as nl, each once.",
                     NULL);
        return;
    }
    struct register_reading *g = call_alloc(call, sizeof *g);
    call->state = g;
    call->dispose = reading_dispose;
    g->call = call;
    g->csv = csv;
    g->language = language;
    policy_read_job_init(&g->job, call->claims.controller, 0);
    g->job.job.deadline = call->deadline;
    g->job.job.done = on_register_read;
    lane_submit(call->worker->slow, &g->job.job);
}
