/* SPDX-License-Identifier: Apache-2.0 */
#include "api/batch_internal.h"
#include "api/batch_reading.h"
#include "api/batch_trace.h"
#include "base/limits.h"
#include "http/counters.h"
#include "wire/pointer.h"
#include "wire/problem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Bytes round a problem: the members, a number, and an id of which each byte is escaped by its number. */
enum { LINE_NAME_MAX = 64 + 6 * BATCH_LINE_ID_MAX };

void *batch_room(void *old, size_t count, size_t size)
{
    void *grown = reallocarray(old, count, size);
    if (grown == NULL)
        h2o_fatal("no memory");
    return grown;
}

struct line *batch_line(const struct batch *b, size_t number)
{
    return &b->line[number % BATCH_LINES_AHEAD];
}

bool batch_can_read(const struct batch *b)
{
    return !b->all_read && b->reading->count < WINDOW_UNITS &&
           b->line_count - b->written < BATCH_LINES_AHEAD && b->fault_bytes < FAULTS_AHEAD;
}

/* ---- what holds; the numbers are those of batch_internal.h ---- */

#ifdef AKKOORD_CHECKS
static void lines_check(const struct batch *b)
{
    size_t fault_bytes = 0;
    bool must_be_answered = b->failure == ERROR_NONE && !b->stale;
    for (size_t i = b->written; i < b->line_count; i++) {
        const struct line *l = batch_line(b, i);
        fault_bytes += l->fault_len;
        assert(!must_be_answered || i >= b->answered || l->purpose == NULL || l->has_verdict); /* (8) */
    }
    assert(fault_bytes == b->fault_bytes); /* (2) */
}

static void chunk_check(const struct batch *b, const struct batch_chunk *c)
{
    const struct batch_window *w = b->asking;
    size_t first = b->answered % BATCH_LINES_AHEAD;
    if (c->count == 0)
        return;
    assert(c->units >= w->units && c->units + c->count <= w->units + w->asked); /* (5) */
    for (size_t i = 0; i < c->count; i++) {
        size_t behind = (c->units[i].line + BATCH_LINES_AHEAD - first) % BATCH_LINES_AHEAD;
        assert(behind < w->line_end - b->answered); /* (5) */
    }
}
#endif

static void order_check(const struct batch *b)
{
    assert(b->written <= b->answered);                  /* (1) */
    assert(b->answered <= b->line_count);               /* (1) */
    assert(b->line_count - b->written <= b->line_room); /* (1) */
    assert(b->line_room <= BATCH_LINES_AHEAD);          /* (1) */
}

static void asked_check(const struct batch *b)
{
    assert(b->answered <= b->asking->line_end);      /* (4) */
    assert(b->asking->line_end <= b->line_count);    /* (4) */
    assert(b->misfit == NULL || b->line_count == 0); /* (7) */
    assert(b->misfit == NULL || b->all_read);        /* (7) */
}

static void windows_check(const struct batch *b)
{
    assert(b->reading != b->asking);              /* (3) */
    assert(b->reading->asked == 0);               /* (3) */
    assert(b->reading->count <= WINDOW_ROOM);     /* (3) */
    assert(b->asking->asked <= b->asking->count); /* (3) */
    assert(b->asking->count <= WINDOW_ROOM);      /* (3) */
}

static void chunks_check(const struct batch *b)
{
    size_t sent = 0;
    for (size_t i = 0; i < BATCH_CHUNKS; i++)
        sent += b->chunks[i].is_sent;
    assert(sent == b->in_flight);              /* (5) */
    assert(b->confirmed || b->in_flight == 0); /* (6) */
    assert(b->confirmed || !b->stale);         /* (6) */
}

void batch_check(const struct batch *b)
{
    order_check(b);
    asked_check(b);
    windows_check(b);
    chunks_check(b);
#ifdef AKKOORD_CHECKS
    lines_check(b);
    for (size_t i = 0; i < BATCH_CHUNKS; i++) {
        if (b->chunks[i].is_sent)
            chunk_check(b, &b->chunks[i]);
    }
#endif
}

/* ---- its memory ---- */

/* Back to nothing read, for an attempt that begins. No chunk is sent. */
static void batch_reset(struct batch *b)
{
    for (size_t i = b->written; i < b->line_count; i++) {
        free(batch_line(b, i)->fault);
        free(batch_line(b, i)->also);
    }
    b->line_count = b->answered = b->written = b->fault_bytes = 0;
    b->all_read = b->confirmed = b->stale = false;
    b->reading = &b->windows[0];
    b->asking = &b->windows[1];
    batch_window_clear(b->reading);
    batch_window_clear(b->asking);
    memset(b->verdicts, 0, sizeof b->verdicts);
    buf_clear(&b->out);
    batch_trace_begin(b);
}

static void batch_dispose(void *state)
{
    struct batch *b = state;
    assert(b->in_flight == 0);
    loop_task_cancel(&b->step);
    batch_reset(b);
    for (size_t i = 0; i < BATCH_CHUNKS; i++) {
        check_job_clear(&b->chunks[i].job);
        persons_job_clear(&b->chunks[i].persons);
        free(b->chunks[i].probes);
        free(b->chunks[i].tags);
        free(b->chunks[i].found);
    }
    free(b->sets);
    free(b->line);
    free(b->windows[0].units);
    free(b->windows[1].units);
    buf_free(&b->out);
    batch_trace_free(b->trace);
    batch_reading_free(b->reads);
    if (b->kind->dispose != NULL)
        b->kind->dispose(b);
    attempt_end(&b->attempt);
}

/* ---- read ---- */

void batch_read_id(struct line *l, const struct node *root)
{
    static const struct pointer member = {.count = 1, .tokens = {"id"}};
    struct node id = node_optional(root, "id");
    size_t len = 0;
    if (node_present(&id))
        node_string(&id, 1, BATCH_LINE_ID_MAX, &len);
    if (len > 0)
        pointer_find(&member, l->text.bytes, l->text.len, &l->id, &l->id_len);
}

void batch_write_name(struct writer *w, const struct line *l)
{
    writer_int(w, "line", (int64_t)l->text.number);
    if (l->id != NULL)
        writer_raw(w, "id", l->id, l->id_len);
}

void line_fail(struct line *l, enum error e, const char *detail, const struct reader *faults)
{
    struct buf out;
    buf_init(&out, PROBLEM_MAX + LINE_NAME_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    batch_write_name(&w, l);
    problem_value(&w, "error", e, detail, faults);
    writer_object_end(&w);
    buf_byte(&out, '\n');
    free(l->fault);
    l->purpose = NULL;
    l->fault = out.data; /* NULL where memory ran out: the answer is then failed as a whole */
    l->fault_len = buf_failed(&out) ? 0 : out.len;
}

void batch_write_fault(struct batch *b, const struct line *l)
{
    buf_append(&b->out, l->fault, l->fault_len);
    b->out.failed = b->out.failed || l->fault_len == 0;
}

void batch_fail(struct batch *b, enum error e)
{
    b->failure = e;
}

/* Returns false when there is no further line. */
static bool line_next(struct batch *b)
{
    struct line *l = batch_line(b, b->line_count);
    memset(l, 0, sizeof *l);
    enum ndjson_step step = ndjson_next(&b->walk, &l->text);
    if (step != NDJSON_LINE && step != NDJSON_LONG)
        return false;
    if (step == NDJSON_LONG)
        line_fail(l, ERROR_TOO_LARGE, b->kind->too_long, NULL);
    else
        b->kind->read(b, l);
    b->line_count++;
    b->fault_bytes += l->fault_len;
    return true;
}

static void read_slice(struct batch *b)
{
    for (size_t i = 0; i < SLICE_LINES && batch_can_read(b); i++)
        b->all_read = !line_next(b);
}

/* ---- write ---- */

static void write_slice(struct batch *b)
{
    for (size_t i = 0; i < SLICE_LINES && b->written < b->answered; i++) {
        struct line *l = batch_line(b, b->written++);
        b->fault_bytes -= l->fault_len;
        b->kind->write(b, l);
        free(l->fault);
        free(l->also);
    }
}

static bool memory_suffices(const struct batch *b)
{
    return call_hold(b->attempt.call,
                     b->line_room * sizeof *b->line + b->fault_bytes + b->out.len + batch_reading_bytes(b));
}

/* What was read is recorded. */
static void batch_tell(struct batch *b)
{
    if (b->trace != NULL)
        batch_trace_answer(b);
    else
        call_answer_buf(b->attempt.call, 200, "application/x-ndjson", &b->out);
}

static void batch_answer(struct batch *b)
{
    assert(b->confirmed && b->in_flight == 0 && b->all_read && b->written == b->line_count);
    if (b->misfit != NULL) {
        call_problem(b->attempt.call, b->misfit_error, b->misfit, NULL);
        return;
    }
    for (size_t i = 0; i < REASON_COUNT; i++)
        counters_verdicts(b->attempt.call->worker->counters, (enum reason)i, b->verdicts[i]);
    if (b->kind->end != NULL)
        b->kind->end(b);
    if (buf_failed(&b->out))
        call_problem(b->attempt.call, ERROR_OVERLOADED, "The answer does not fit in memory.", NULL);
    else if (b->reads != NULL)
        batch_reading_record(b, batch_tell);
    else
        batch_tell(b);
}

/* ---- the steps, one beside the other ---- */

/* Ends the call, or begins it again; once nothing of it is on the wire. */
static void batch_halt(struct batch *b)
{
    loop_task_cancel(&b->step);
    if (b->in_flight > 0)
        return;
    if (b->failure == ERROR_NONE && b->stale && b->attempt.call->req != NULL)
        attempt_again(&b->attempt);
    else if (b->failure != ERROR_NONE)
        call_problem(b->attempt.call, b->failure, NULL, NULL);
    else
        call_problem(b->attempt.call, ERROR_UNAVAILABLE, NULL, NULL); /* nobody is left to answer */
}

void batch_go_on(struct batch *b)
{
    batch_check(b);
    /* The lines point into the body, which goes with the request. */
    if (b->failure != ERROR_NONE || b->stale || b->attempt.call->req == NULL) {
        batch_halt(b);
        return;
    }
    batch_ask_more(b);
    batch_check(b);
    if (batch_can_read(b) || b->written < b->answered)
        loop_task_post(b->attempt.call->worker->loop, &b->step);
    else if (!b->all_read || b->written < b->line_count)
        return; /* a chunk will come back */
    else if (!b->confirmed)
        batch_confirm(b); /* nothing is good enough to ask: by the policy in force? */
    else if (b->in_flight == 0)
        batch_answer(b);
}

static void on_step(struct loop_task *task)
{
    struct batch *b = list_entry(task, struct batch, step);
    if (b->attempt.call->req == NULL) {
        batch_go_on(b);
        return;
    }
    if (batch_can_read(b))
        read_slice(b);
    else
        write_slice(b);
    batch_trace_take(b);
    if (!memory_suffices(b))
        b->failure = ERROR_OVERLOADED;
    batch_go_on(b);
}

/* ---- the call ---- */

static void batch_begin(struct call *call)
{
    struct batch *b = call->state;
    batch_reset(b);
    b->misfit = batch_reading_begin(b, &b->misfit_error);
    if (b->misfit == NULL && b->kind->begin != NULL)
        b->misfit = b->kind->begin(b, &b->misfit_error);
    b->all_read = b->misfit != NULL;
    if (call->req != NULL) {
        h2o_iovec_t body = call_body(call);
        batch_sets_make(b);
        b->walk = ndjson_of(body.base, body.len, BATCH_LINES_MAX, b->kind->line_bytes_max);
    }
    batch_go_on(b);
}

/* Lines of the body; the last need not end. Stops behind BATCH_LINES_MAX. */
static size_t lines_count(h2o_iovec_t body)
{
    size_t lines = 0;
    const char *at = body.base, *end = body.base + body.len;
    while (at < end && lines <= BATCH_LINES_MAX) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline != NULL ? newline + 1 : end;
        lines++;
    }
    return lines;
}

void batch_start(struct batch *b, struct call *call, const struct batch_kind *kind)
{
    b->kind = kind;
    call->state = b;
    call->dispose = batch_dispose;
    loop_task_init(&b->step, on_step);
    buf_init(&b->out, BATCH_ANSWER_BYTES_MAX);
    size_t lines = lines_count(call_body(call));
    if (lines > BATCH_LINES_MAX) {
        call_problem(call, ERROR_TOO_LARGE, "A batch has at most 100000 lines.", NULL);
        return;
    }
    /* One more than there are: the step that finds no further line has one too. */
    b->line_room = lines < BATCH_LINES_AHEAD ? lines + 1 : BATCH_LINES_AHEAD;
    b->line = batch_room(NULL, b->line_room, sizeof *b->line);
    if (call_charge(call, lines))
        attempt_start(&b->attempt, call, batch_begin);
}
