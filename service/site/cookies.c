/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "domain/policy.h"
#include "http/etag.h"
#include "http/media.h"
#include "site/handlers.h"
#include "store/lane.h"
#include "store/policy.h"
#include "wire/policy_cookies.h"

#include <stdlib.h>
#include <string.h>

/* GET /v1/sites/{controller}/cookies: what any visitor may see, without a token. */

static const char cacheable[] = "public, max-age=300";

struct site_reading {
    struct call *call;
    const char *language; /* as it was wished for; NULL: none was */
    bool html;
    struct policy_read_job job;
};

static void reading_dispose(void *state)
{
    struct site_reading *s = state;
    policy_read_job_clear(&s->job);
}

static void list_answer(struct call *call, const struct site_reading *s, const struct cookie_list *list)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    (s->html ? cookie_list_html : cookie_list_json)(list, &out);
    call_set_header(call, "vary", "accept");
    call_set_header(call, "x-content-type-options", "nosniff");
    if (s->html)
        call_set_header(call, "content-security-policy",
                        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'");
    else
        call_set_header(call, "access-control-allow-origin", "*");
    call_answer_cacheable(call, s->html ? "text/html; charset=utf-8" : "application/json", cacheable, &out);
}

static void on_site_read(struct job *job, enum error e)
{
    struct site_reading *s =
        list_entry(list_entry(job, struct policy_read_job, job), struct site_reading, job);
    struct call *call = s->call;
    if (e != ERROR_NONE || call->req == NULL) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    if (s->job.version == 0) {
        call_problem(call, ERROR_NOT_FOUND, "There is no such site.", NULL);
        return;
    }
    struct reader document;
    const char *text = s->job.document != NULL ? s->job.document : "";
    enum error read = reader_open(&document, text, strlen(text));
    struct cookie_list list = {&document, s->job.version, s->language};
    if (read == ERROR_NONE)
        list_answer(call, s, &list);
    else
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
    reader_close(&document);
}

void handle_site_cookies(struct call *call)
{
    static const char *const allowed[] = {"lang", NULL};
    const char *language = call_query(call, "lang");
    if (call_query_only(call, allowed) != 0) {
        call_problem(call, ERROR_INVALID, "The query takes lang, once, and nothing else.", NULL);
        return;
    }
    if (!policy_key_valid(call->arguments[0].base, call->arguments[0].len)) {
        call_problem(call, ERROR_NOT_FOUND, "There is no such site.", NULL);
        return;
    }
    struct site_reading *s = call_alloc(call, sizeof *s);
    h2o_iovec_t accept = call_header(call, "accept");
    call->state = s;
    call->dispose = reading_dispose;
    s->call = call;
    s->language = language;
    s->html = media_weight(accept, "text/html") > media_weight(accept, "application/json");
    policy_read_job_init(&s->job, call_copy(call, call->arguments[0].base, call->arguments[0].len), 0);
    s->job.job.deadline = call->deadline;
    s->job.job.done = on_site_read;
    lane_submit(call->worker->slow, &s->job.job); /* anybody may ask: not before the checks */
}
