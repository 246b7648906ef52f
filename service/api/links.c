/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "base/limits.h"
#include "http/attempt.h"
#include "ledger/link_request.h"
#include "loop/loop.h"
#include "store/lane.h"
#include "wire/ndjson.h"
#include "wire/problem.h"
#include "wire/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* POST /v1/links: links that people click, one, or a line each. Nothing is asked of the ledger for one but
 * whether its maker still may, and nothing is kept of it, unless what it stands for does not fit: then it
 * names a row. (1) No link is handed out before its row is kept: lines are answered together, behind the
 * last. */

enum {
    SLICE_LINES = 200,   /* between two looks at other calls: a few ms at 15 us */
    ROWS_AT_ONCE = 1000, /* in one transaction */
    ROWS_FIRST = 2       /* what there is room for at first */
};

/* Rows that are still to be kept. */
struct rows {
    struct link_keep_job job;
    size_t count, room;
    struct kept_link *links;
    instant *ends;
};

struct linking {
    struct attempt attempt;
    struct reader body;
    struct ndjson lines;
    struct loop_task step;
    struct buf out;
    struct rows rows;
    void (*rows_kept)(struct linking *l);
    char url[CONFIRM_URL_MAX]; /* of one */
    struct link_request one;
};

static void linking_dispose(void *state)
{
    struct linking *l = state;
    loop_task_cancel(&l->step);
    reader_close(&l->body);
    buf_free(&l->out);
    free(l->rows.links);
    free(l->rows.ends);
    attempt_end(&l->attempt);
}

/* Writes the link's URL; its token is what stands behind the last slash. Returns false where libcrypto
 * failed. */
static bool url_make(struct linking *l, const struct link_request *request, char ret_url[CONFIRM_URL_MAX])
{
    char token[LINK_TEXT_MAX + 1];
    struct call *call = l->attempt.call;
    if (link_seal(call->worker->options->link_keys, request->use, &request->link, token) != 0)
        return false;
    int len = snprintf(ret_url, CONFIRM_URL_MAX, "%s%s%s", call->worker->options->public_url,
                       link_path(request->use), token);
    return len > 0 && len < CONFIRM_URL_MAX;
}

/* ---- rows ---- */

static bool rows_grow(struct rows *r)
{
    size_t room = r->room == 0 ? ROWS_FIRST : r->room * 2;
    void *grown = reallocarray(r->links, room, sizeof *r->links);
    if (grown == NULL)
        return false;
    r->links = grown;
    grown = reallocarray(r->ends, room, sizeof *r->ends);
    if (grown == NULL)
        return false;
    r->ends = grown;
    r->room = room;
    return true;
}

/* Returns false when memory ran out. */
static bool row_add(struct linking *l, const struct link_request *request)
{
    struct rows *r = &l->rows;
    if (!request->is_kept)
        return true;
    if (r->count == r->room && !rows_grow(r))
        return false;
    r->links[r->count] = request->kept;
    r->ends[r->count++] = request->expires;
    return true;
}

static void on_rows_kept(struct job *job, enum error e)
{
    struct linking *l = list_entry(list_entry(job, struct link_keep_job, job), struct linking, rows.job);
    l->rows.count = 0;
    if (e != ERROR_NONE)
        call_problem(l->attempt.call, e, NULL, NULL);
    else if (!l->rows.job.kept)
        attempt_again(&l->attempt);
    else
        l->rows_kept(l);
}

/* Keeps what is to be kept, and goes on. */
static void rows_keep(struct linking *l, void (*then)(struct linking *l))
{
    const struct controller *c = l->attempt.controller;
    l->rows_kept = then;
    if (l->rows.count == 0) {
        then(l);
        return;
    }
    struct link_keep_job *job = &l->rows.job;
    link_keep_job_init(job, c->controller_id);
    job->generation = c->generation;
    job->count = l->rows.count;
    job->links = l->rows.links;
    job->ends = l->rows.ends;
    job->job.deadline = l->attempt.call->deadline;
    job->job.done = on_rows_kept;
    lane_submit(l->attempt.call->worker->write, &job->job);
}

/* ---- one ---- */

/* RFC 8058, 3.1, and RFC 2369. A mail program posts to nothing but https. */
static void headers_write(struct writer *w, const struct linking *l, const char *url)
{
    char value[CONFIRM_URL_MAX + 400];
    const char *mailto = l->attempt.controller->policy->messages.mailto;
    if (strncmp(url, "https://", 8) != 0)
        return;
    if (mailto[0] != '\0')
        snprintf(value, sizeof value, "<%s>, <mailto:%s?subject=unsubscribe>", url, mailto);
    else
        snprintf(value, sizeof value, "<%s>", url);
    writer_object_begin(w, "headers");
    writer_text(w, "List-Unsubscribe", value);
    writer_text(w, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
    writer_object_end(w);
}

static void one_answer(struct linking *l)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_text(&w, "url", l->url);
    writer_text(&w, "token", strrchr(l->url, '/') + 1);
    writer_moment(&w, "expires_at", l->one.expires);
    if (l->one.use == LINK_UNSUBSCRIBE)
        headers_write(&w, l, l->url);
    writer_object_end(&w);
    call_answer_json(l->attempt.call, 201, &out);
}

static void one_begin(struct linking *l)
{
    struct call *call = l->attempt.call;
    struct ledger_env env = attempt_env(&l->attempt);
    h2o_iovec_t body = call_body(call);
    reader_close(&l->body);
    reader_open(&l->body, body.base, body.len);
    struct node root = reader_root(&l->body);
    l->one = (struct link_request){0};
    if (node_present(&root))
        link_request_read(&env, &root, &l->one);
    if (!reader_ok(&l->body)) {
        call_bad_body(call, &l->body);
        return;
    }
    if (!call_charge(call, 1))
        return;
    if (!url_make(l, &l->one, l->url) || !row_add(l, &l->one))
        call_problem(call, ERROR_INTERNAL, NULL, NULL);
    else
        rows_keep(l, one_answer);
}

/* ---- a line each ---- */

static void line_answer(struct linking *l, const struct ndjson_line *line, enum error e, const char *detail,
                        const struct reader *faults, const struct link_request *request)
{
    char url[CONFIRM_URL_MAX];
    struct writer w = writer_of(&l->out);
    writer_object_begin(&w, NULL);
    writer_int(&w, "line", (int64_t)line->number);
    if (e != ERROR_NONE) {
        problem_value(&w, "error", e, detail, faults);
    } else if (url_make(l, request, url) && row_add(l, request)) {
        writer_text(&w, "url", url);
        writer_moment(&w, "expires_at", request->expires);
    } else {
        l->out.failed = true;
    }
    writer_object_end(&w);
    buf_byte(&l->out, '\n');
}

static void line_read(struct linking *l, const struct ndjson_line *line)
{
    struct reader r;
    struct ledger_env env = attempt_env(&l->attempt);
    struct link_request request = {0};
    reader_open(&r, line->bytes, line->len);
    struct node root = reader_root(&r);
    if (node_present(&root))
        link_request_read(&env, &root, &request);
    if (error_status(reader_error(&r)) >= 500)
        l->out.failed = true; /* the line is not at fault */
    else
        line_answer(l, line, reader_error(&r), NULL, &r, &request);
    reader_close(&r);
}

static void lines_answer(struct linking *l)
{
    struct call *call = l->attempt.call;
    struct buf own = l->out; /* where it lives goes with the call */
    buf_init(&l->out, 0);
    if (buf_failed(&own))
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
    else
        call_answer_buf(call, 200, "application/x-ndjson", &own);
    buf_free(&own);
}

static void slice_post(struct linking *l)
{
    loop_task_post(l->attempt.call->worker->loop, &l->step);
}

static void on_step(struct loop_task *task)
{
    struct linking *l = list_entry(task, struct linking, step);
    struct call *call = l->attempt.call;
    struct ndjson_line line;
    if (call->req == NULL) { /* the body has gone with it */
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    for (size_t i = 0; i < SLICE_LINES; i++) {
        enum ndjson_step step = ndjson_next(&l->lines, &line);
        if (step == NDJSON_END) {
            rows_keep(l, lines_answer);
            return;
        }
        if (step == NDJSON_MANY) {
            call_problem(call, ERROR_TOO_LARGE, "At most 100000 lines are taken here.", NULL);
            return;
        }
        if (step == NDJSON_LINE)
            line_read(l, &line);
        else
            line_answer(l, &line, ERROR_TOO_LARGE, "A line is at most 16384 bytes.", NULL, NULL);
    }
    if (!call_hold(call, l->out.len + l->rows.room * sizeof *l->rows.links))
        call_problem(call, ERROR_OVERLOADED, "Too many large answers at a time.", NULL);
    else if (l->rows.count + SLICE_LINES > ROWS_AT_ONCE)
        rows_keep(l, slice_post);
    else
        slice_post(l);
}

static void lines_begin(struct linking *l)
{
    struct call *call = l->attempt.call;
    h2o_iovec_t body = call_body(call);
    size_t lines = 1;
    for (const char *at = body.base; (at = memchr(at, '\n', (size_t)(body.base + body.len - at))) != NULL;
         at++)
        lines++;
    if (!call_charge(call, lines))
        return;
    buf_free(&l->out);
    l->lines = ndjson_of(body.base, body.len, BATCH_LINES_MAX, BATCH_LINE_BYTES_MAX);
    buf_init(&l->out, BATCH_ANSWER_BYTES_MAX);
    loop_task_post(call->worker->loop, &l->step);
}

/* ---- either ---- */

static bool is_ndjson(const struct call *call)
{
    h2o_iovec_t type = call_header(call, "content-type");
    return type.len >= 20 && strncasecmp(type.base, "application/x-ndjson", 20) == 0;
}

static void linking_begin(struct call *call)
{
    struct linking *l = call->state;
    if (call->req == NULL)
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
    else if (l->attempt.controller == NULL)
        call_problem(call, ERROR_NO_POLICY, "Apply one first: PUT /v1/policy, or `akkoord apply FILE`.",
                     NULL);
    else if (is_ndjson(call))
        lines_begin(l);
    else
        one_begin(l);
}

void handle_links(struct call *call)
{
    if (!call_takes_no_query(call))
        return;
    if (!is_ndjson(call) && call_body(call).len > BODY_BYTES_MAX) {
        call_problem(call, ERROR_TOO_LARGE, "At most 262144 bytes are taken here of one link.", NULL);
        return;
    }
    struct linking *l = call_alloc(call, sizeof *l);
    call->state = l;
    call->dispose = linking_dispose;
    loop_task_init(&l->step, on_step);
    attempt_admit(&l->attempt, call, linking_begin);
}
