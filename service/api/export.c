/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/export.h"
#include "api/handlers.h"
#include "base/limits.h"
#include "http/attempt.h"
#include "http/reading.h"
#include "http/stream.h"
#include "ledger/rights_json.h"
#include "store/lane.h"
#include "store/rights.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* POST /v1/subjects/{id}/export?format=json|csv|receipt.  (1) What is told is as of one moment: events up to
 * the head's revision then, of the person as they were then. (2) The events are read a page at a time, the
 * next while one is on its way; no transaction is longer than a page takes. (3) There are as many events as
 * there were at that moment, or the answer is broken: who is erased, merged or purged meanwhile has no export
 * that looks whole. (4) The rights-request that it answers is closed before the last piece leaves: what looks
 * whole has closed it. */
struct exporting {
    struct attempt attempt;
    h2o_iovec_t id;
    struct states_job states;
    struct export_job about;
    struct export_notices_job notices;
    struct export export;
    struct stream *stream; /* NULL: nothing was answered yet */
    size_t part, parts;
    struct purpose_set only;
    struct history_job page;
    bool page_waits;             /* it is there, and is written when the one before has left */
    struct export_rows_job rows; /* likewise, of what is held beside events */
    bool rows_wait;
    int64_t seen; /* events written, of all parts */
    bool part_begun;
    struct buf out;
    struct reading reading; /* has the rights-request that it answers */
    struct rights_list_job request;
    struct rights_answer_job closing;
};

/* The kinds of request that an export answers. */
static const char *const answered_kinds[] = {"access", "portability", NULL};

static void exporting_dispose(void *state)
{
    struct exporting *x = state;
    rights_list_job_clear(&x->request);
    export_close(&x->export);
    history_job_clear(&x->page);
    export_rows_job_clear(&x->rows);
    export_notices_job_clear(&x->notices);
    export_job_clear(&x->about);
    states_job_clear(&x->states);
    buf_free(&x->out);
    reading_close(&x->reading);
    attempt_end(&x->attempt);
}

/* ---- events ---- */

static void page_ask(struct exporting *x, int64_t after);
static bool exporting_abandon(struct call *call);

static void part_open(struct exporting *x)
{
    export_part_of(&x->export, x->part, &x->only);
    export_part_begin(&x->export, x->part, &x->out);
    page_ask(x, 0);
}

static bool page_is_last(const struct exporting *x)
{
    return x->page.count < EXPORT_PAGE_EVENTS || x->page.entries[x->page.count - 1].revision >= x->about.head;
}

/* The events of the page that were there at that moment. */
static size_t page_count(const struct exporting *x)
{
    size_t count = x->page.count;
    while (count > 0 && x->page.entries[count - 1].revision > x->about.head)
        count--;
    return count;
}

/* A receipt leaves purposes out that rest on no consent: its events are not all. */
static bool is_whole(const struct exporting *x)
{
    return x->export.format == EXPORT_RECEIPT || x->seen == x->about.events;
}

/* What has been gathered leaves, or the answer is broken. */
static void piece_leaves(struct exporting *x)
{
    if (buf_failed(&x->out))
        stream_break(x->stream);
    else if (x->out.len > 0)
        stream_send(x->stream, &x->out);
}

static void on_closed(struct job *job, enum error e)
{
    struct exporting *x =
        list_entry(list_entry(job, struct rights_answer_job, job), struct exporting, closing);
    bool is_closed =
        e == ERROR_NONE && (x->closing.outcome == RIGHTS_ANSWERED || x->closing.outcome == RIGHTS_CLOSED);
    if (x->attempt.call->req == NULL)
        call_answer_ends(x->attempt.call);
    else if (!is_closed)
        stream_break(x->stream);
    else
        stream_end(x->stream, &x->out);
}

/* Keeps (4). Until it is known what came of it nobody can take the call back. */
static void request_close(struct exporting *x)
{
    struct call *call = x->attempt.call;
    memcpy(x->closing.id, x->reading.request_id, UUID_SIZE);
    x->closing.kinds = answered_kinds;
    x->closing.subject_no = x->about.subject_no;
    x->closing.answer = "export";
    x->closing.actor = call->claims.subject;
    rights_answer_job_prepare(&x->closing, x->attempt.controller->controller_id);
    x->closing.job.deadline = clock_monotonic() + CALL_DEADLINE_MS * 1000;
    x->closing.job.done = on_closed;
    call->abandon = NULL;
    lane_submit(call->worker->write, &x->closing.job);
}

static void export_finish(struct exporting *x)
{
    if (!is_whole(x) || export_end(&x->export, &x->out) != 0 || buf_failed(&x->out))
        stream_break(x->stream); /* keeps (3) */
    else if (x->reading.answers)
        request_close(x);
    else
        stream_end(x->stream, &x->out);
}

/* ---- what is held beside events ---- */

static void on_rows(struct job *job, enum error e);

static void rows_ask(struct exporting *x, enum export_list after_list, int64_t after_key)
{
    struct call *call = x->attempt.call;
    export_rows_job_clear(&x->rows);
    x->rows = (struct export_rows_job){.subject_no = x->about.subject_no,
                                       .after_list = after_list,
                                       .after_key = after_key,
                                       .limit = EXPORT_PAGE_EVENTS};
    export_rows_job_prepare(&x->rows, x->attempt.controller->controller_id);
    x->rows.job.deadline = clock_monotonic() + CALL_DEADLINE_MS * 1000;
    x->rows.job.done = on_rows;
    lane_submit(call->worker->slow, &x->rows.job);
}

/* Writes the rows that wait, and asks for what comes behind them. */
static void rows_write(struct exporting *x)
{
    bool is_last = x->rows.count < EXPORT_PAGE_EVENTS;
    x->rows_wait = false;
    export_rows(&x->export, x->rows.rows, x->rows.count, &x->out);
    if (is_last) {
        export_finish(x);
        return;
    }
    const struct export_row *last = &x->rows.rows[x->rows.count - 1];
    rows_ask(x, last->list, last->key);
    piece_leaves(x);
}

static void on_rows(struct job *job, enum error e)
{
    struct exporting *x = list_entry(list_entry(job, struct export_rows_job, job), struct exporting, rows);
    if (e != ERROR_NONE || x->rows.broken) {
        stream_break(x->stream);
        return;
    }
    x->rows_wait = true;
    if (!stream_is_busy(x->stream))
        rows_write(x);
}

/* All events are written. */
static void events_end(struct exporting *x)
{
    if (!export_has_rows(&x->export)) {
        export_finish(x);
        return;
    }
    rows_ask(x, 0, 0);
    piece_leaves(x);
}

/* ---- events, a page at a time ---- */

/* Writes the page that waits, and asks for what comes behind it. */
static void page_write(struct exporting *x)
{
    size_t count = page_count(x);
    bool last = page_is_last(x);
    int64_t after = count > 0 ? x->page.entries[count - 1].revision : 0;
    x->page_waits = false;
    export_entries(&x->export, x->page.entries, count, &x->out);
    x->seen += (int64_t)count;
    if (!last) {
        page_ask(x, after);
    } else {
        export_part_end(&x->export, &x->out);
        if (++x->part == x->parts) {
            events_end(x);
            return;
        }
        part_open(x);
    }
    piece_leaves(x);
}

static void on_page(struct job *job, enum error e)
{
    struct exporting *x = list_entry(list_entry(job, struct history_job, job), struct exporting, page);
    if (e != ERROR_NONE || x->page.broken) {
        stream_break(x->stream);
        return;
    }
    x->page_waits = true;
    if (!stream_is_busy(x->stream))
        page_write(x);
}

static void page_ask(struct exporting *x, int64_t after)
{
    struct call *call = x->attempt.call;
    history_job_clear(&x->page);
    x->page = (struct history_job){.job.controller_id = x->attempt.controller->controller_id,
                                   .subject_no = x->about.subject_no,
                                   .after = after,
                                   .limit = EXPORT_PAGE_EVENTS,
                                   .only = x->only.count > 0 ? &x->only : NULL};
    history_job_prepare(&x->page);
    x->page.job.deadline = clock_monotonic() + CALL_DEADLINE_MS * 1000;
    x->page.job.done = on_page;
    lane_submit(call->worker->slow, &x->page.job);
}

/* The piece before has left. */
static void on_more(struct call *call)
{
    struct exporting *x = call->state;
    if (x->page_waits)
        page_write(x);
    else if (x->rows_wait)
        rows_write(x);
}

/* ---- before the first event ---- */

/* It is recorded that it was asked for, and begins. */
static void answer_begin(struct call *call)
{
    struct exporting *x = call->state;
    if (call->req == NULL) {
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    call->abandon = exporting_abandon;
    char name[64];
    snprintf(name, sizeof name, "attachment; filename=\"export.%s\"", export_extension(x->export.format));
    call_set_header(call, "content-disposition", name);
    call_set_header(call, "x-content-type-options", "nosniff");
    call_set_header(call, "cache-control", "no-store");
    x->stream = stream_begin(call, 200, export_content_type(x->export.format), on_more);
    x->parts = export_parts(&x->export);
    export_begin(&x->export, &x->out);
    if (x->parts == 0)
        events_end(x);
    else
        part_open(x);
}

static void on_notices(struct job *job, enum error e)
{
    struct exporting *x =
        list_entry(list_entry(job, struct export_notices_job, job), struct exporting, notices);
    struct call *call = x->attempt.call;
    size_t document = x->about.document != NULL ? strlen(x->about.document) : 0;
    if (e != ERROR_NONE || x->notices.broken || call->req == NULL)
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
    else if (!call_hold(call, EXPORT_HELD_BYTES + 6 * document) || export_open(&x->export) != 0)
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
    else
        reading_then(&x->reading, x->attempt.controller->controller_id, "export", x->about.subject_no,
                     (size_t)x->about.events, answer_begin);
}

static void on_about(struct job *job, enum error e)
{
    struct exporting *x = list_entry(list_entry(job, struct export_job, job), struct exporting, about);
    struct call *call = x->attempt.call;
    if (e != ERROR_NONE || x->about.document == NULL) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    if (x->about.generation != x->attempt.controller->generation) {
        attempt_again(&x->attempt);
        return;
    }
    export_notices_job_init(&x->notices, x->attempt.controller->controller_id, x->about.subject_no,
                            x->about.head);
    x->notices.job.deadline = call->deadline;
    x->notices.job.done = on_notices;
    lane_submit(call->worker->slow, &x->notices.job);
}

static void about_ask(struct exporting *x)
{
    struct call *call = x->attempt.call;
    export_job_init(&x->about, x->attempt.controller->controller_id, x->states.subject_no);
    x->about.job.deadline = call->deadline;
    x->about.job.done = on_about;
    lane_submit(call->worker->slow, &x->about.job);
}

/* As rights_request_misfits() has it, which decides in the end. */
static enum rights_answered request_fits(const struct exporting *x)
{
    const struct rights_row *r = x->request.rows;
    if (x->request.count == 0)
        return RIGHTS_UNKNOWN;
    if (r->closed_at != INSTANT_NONE)
        return RIGHTS_CLOSED;
    const char *const *kind = answered_kinds;
    while (*kind != NULL && strcmp(*kind, r->kind) != 0)
        kind++;
    if (*kind == NULL)
        return RIGHTS_OTHER_KIND;
    if (r->subject_no != x->states.subject_no)
        return RIGHTS_OTHER_SUBJECT;
    bool is_failed = r->identity_outcome != NULL && strcmp(r->identity_outcome, "failed") == 0;
    return is_failed ? RIGHTS_NOT_THEM : RIGHTS_ANSWERED;
}

static void on_request(struct job *job, enum error e)
{
    struct exporting *x = list_entry(list_entry(job, struct rights_list_job, job), struct exporting, request);
    struct call *call = x->attempt.call;
    const char *detail = NULL;
    if (e == ERROR_NONE && x->request.broken)
        e = ERROR_OVERLOADED;
    if (e == ERROR_NONE)
        e = rights_misfit(request_fits(x), &detail);
    if (e != ERROR_NONE)
        call_problem(call, e, detail, NULL);
    else
        about_ask(x);
}

/* Whether the request is there that this answers is known before the first piece. */
static void request_ask(struct exporting *x)
{
    struct call *call = x->attempt.call;
    rights_list_job_clear(&x->request);
    x->request = (struct rights_list_job){
        .id = x->reading.request_id, .limit = 1, .due_before = INSTANT_NONE, .moment = INSTANT_NONE};
    rights_list_job_prepare(&x->request, x->attempt.controller->controller_id);
    x->request.job.deadline = call->deadline;
    x->request.job.done = on_request;
    lane_submit(call->worker->slow, &x->request.job);
}

static void on_states(struct job *job, enum error e)
{
    struct exporting *x = list_entry(list_entry(job, struct states_job, job), struct exporting, states);
    struct call *call = x->attempt.call;
    if (e != ERROR_NONE || x->states.broken) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
    } else if (x->states.generation != x->attempt.controller->generation) {
        attempt_again(&x->attempt);
    } else if (!x->states.found) {
        call_problem(call, ERROR_NOT_FOUND, NO_SUBJECT, NULL);
    } else if (x->reading.answers) {
        request_ask(x);
    } else {
        about_ask(x);
    }
}

static void exporting_begin(struct call *call)
{
    struct exporting *x = call->state;
    const struct controller *c = x->attempt.controller;
    int64_t subject_no;
    if (!subject_id_parse(c->ids, x->id.base, x->id.len, &subject_no)) {
        call_problem(call, ERROR_NOT_FOUND, NO_SUBJECT, NULL);
        return;
    }
    if (!reading_judge(&x->reading, &x->attempt))
        return;
    if (x->export.format == EXPORT_RECEIPT &&
        (x->export.key = receipt_keys_find(call->worker->keys.receipts, c->policy->controller)) == NULL) {
        call_problem(call, ERROR_NO_RECEIPT_KEY, "`akkoord receipt-key --controller K` makes one.", NULL);
        return;
    }
    x->export.controller = c;
    x->export.subject_no = subject_no;
    x->export.states = &x->states;
    x->export.about = &x->about;
    x->export.notices = &x->notices;
    states_job_clear(&x->states);
    states_job_init(&x->states, c->controller_id, subject_no);
    x->states.job.deadline = call->deadline;
    x->states.job.done = on_states;
    lane_submit(call->worker->slow, &x->states.job);
}

/* One of these at most is asked for at a time. */
static bool exporting_abandon(struct call *call)
{
    struct exporting *x = call->state;
    struct job *jobs[] = {&x->states.job,  &x->request.job, &x->about.job,
                          &x->notices.job, &x->page.job,    &x->rows.job};
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        lane_cancel(call->worker->slow, jobs[i]);
    }
    attempt_abandon(&x->attempt);
    return true;
}

void handle_export(struct call *call)
{
    static const char *const allowed[] = {"format", "request", READING_QUERY, NULL};
    const char *format = call_query(call, "format"), *request = call_query(call, "request");
    size_t which = 0;
    while (format != NULL && export_format_words[which] != NULL &&
           strcmp(export_format_words[which], format) != 0)
        which++;
    if (call_query_only(call, allowed) != 0 || export_format_words[which] == NULL) {
        call_problem(
            call, ERROR_INVALID,
            "The query takes format: json, csv or receipt, request=, reason= and on_behalf_of=, each "
            "once.",
            NULL);
        return;
    }
    struct exporting *x = call_alloc(call, sizeof *x);
    if (!reading_open(&x->reading, call))
        return;
    x->reading.answers = request != NULL && uuid_parse(request, strlen(request), x->reading.request_id);
    if (request != NULL && !x->reading.answers) {
        call_problem(call, ERROR_INVALID, "request= names a request_id.", NULL);
        return;
    }
    if (x->reading.answers && (call->claims.scopes & SCOPE_RIGHTS_WRITE) == 0) { /* who closes one writes */
        call_refuse_scope(call, "rights:write");
        return;
    }
    call->state = x;
    call->dispose = exporting_dispose;
    call->abandon = exporting_abandon;
    x->export.format = (enum export_format)which;
    x->id = h2o_iovec_init(call_copy(call, call->arguments[0].base, call->arguments[0].len),
                           call->arguments[0].len);
    buf_init(&x->out, ANSWER_BYTES_MAX);
    attempt_start(&x->attempt, call, exporting_begin);
}
