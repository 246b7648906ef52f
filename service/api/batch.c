/* SPDX-License-Identifier: Apache-2.0 */
#include "api/batch.h"

#include "base/limits.h"
#include "http/counters.h"
#include "ledger/probes.h"
#include "store/lane.h"
#include "wire/problem.h"

#include <stdlib.h>
#include <string.h>

enum {
    SLICE_LINES = 1000,   /* read or written in one tick: about 2 ms */
    CHUNK_UNITS = 1000,   /* asked in one statement: about 4 ms */
    WINDOW_UNITS = 16384, /* small: both sides soon have work; large: more neighbours in the index */
    WINDOW_ROOM = WINDOW_UNITS + IDENTIFIERS_MAX,            /* the last line may have more than one */
    BATCH_LINES_AHEAD = 2 * WINDOW_UNITS + WINDOW_UNITS / 4, /* read and not written */
    FAULTS_AHEAD = 1 << 20, /* bytes, likewise: small pieces, which go back to the system late */
    BUCKETS = 1 << 14 /* units are sorted by so many values of the hash: of one window as good as wholly */
};

static void *room_for(void *old, size_t count, size_t size)
{
    void *grown = reallocarray(old, count, size);
    if (grown == NULL)
        h2o_fatal("no memory"); /* as libh2o does for each request */
    return grown;
}

static struct line *line_at(const struct batch *b, size_t number)
{
    return &b->line[number % BATCH_LINES_AHEAD];
}

static void window_clear(struct batch_window *w)
{
    w->line_end = w->count = w->asked = 0;
}

static void batch_reset(struct batch *b)
{
    for (size_t i = b->written; i < b->line_count; i++)
        free(line_at(b, i)->fault);
    b->line_count = b->answered = b->written = b->fault_bytes = 0;
    b->all_read = b->confirmed = b->stale = false;
    b->reading = &b->windows[0];
    b->asking = &b->windows[1];
    window_clear(b->reading);
    window_clear(b->asking);
    memset(b->verdicts, 0, sizeof b->verdicts);
    buf_clear(&b->out);
}

static void batch_dispose(void *state)
{
    struct batch *b = state;
    loop_task_cancel(&b->step);
    batch_reset(b);
    for (size_t i = 0; i < BATCH_CHUNKS; i++) {
        check_job_clear(&b->chunks[i].job);
        free(b->chunks[i].probes);
    }
    free(b->sets);
    free(b->line);
    free(b->windows[0].units);
    free(b->windows[1].units);
    buf_free(&b->out);
    if (b->kind->dispose != NULL)
        b->kind->dispose(b);
    attempt_end(&b->attempt);
}

/* ---- read ---- */

void line_fail(struct line *l, enum error e, const char *detail, const struct reader *faults)
{
    struct buf out;
    buf_init(&out, PROBLEM_MAX + 64);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_int(&w, "line", (int64_t)l->text.number);
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

void batch_ask(struct batch *b, const struct line *l, const struct person *person)
{
    struct batch_window *w = b->reading;
    if (w->units == NULL)
        w->units = room_for(NULL, WINDOW_ROOM, sizeof *w->units);
    for (size_t i = 0; i < person->count; i++) {
        struct unit *u = &w->units[w->count++];
        *u = (struct unit){.tag = person->tags[i], .line = (uint32_t)(l - b->line)};
        if (person->rotating)
            u->old_tag = person->old_tags[i];
    }
}

/* Returns false when there is no further line. */
static bool line_next(struct batch *b)
{
    struct line *l = line_at(b, b->line_count);
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

static bool can_read(const struct batch *b)
{
    return !b->all_read && b->reading->count < WINDOW_UNITS &&
           b->line_count - b->written < BATCH_LINES_AHEAD && b->fault_bytes < FAULTS_AHEAD;
}

static void read_slice(struct batch *b)
{
    for (size_t i = 0; i < SLICE_LINES && can_read(b); i++)
        b->all_read = !line_next(b);
}

/* ---- ask ---- */

static size_t unit_bucket(const struct unit *u)
{
    size_t two_bytes = (size_t)u->tag.bytes[1] << 8 | u->tag.bytes[2]; /* behind the key's number */
    return two_bytes * BUCKETS >> 16;
}

static void window_sort(struct batch_window *w)
{
    uint32_t *starts = room_for(NULL, BUCKETS + 1, sizeof *starts);
    struct unit *sorted = room_for(NULL, WINDOW_ROOM, sizeof *sorted);
    memset(starts, 0, (BUCKETS + 1) * sizeof *starts);
    for (size_t i = 0; i < w->count; i++)
        starts[unit_bucket(&w->units[i]) + 1]++;
    for (size_t i = 0; i < BUCKETS; i++)
        starts[i + 1] += starts[i];
    for (size_t i = 0; i < w->count; i++)
        sorted[starts[unit_bucket(&w->units[i])]++] = w->units[i];
    free(starts);
    free(w->units);
    w->units = sorted;
}

static void go_on(struct batch *b);

static size_t probes_per_unit(const struct batch *b)
{
    return b->attempt.controller->old_tagger != NULL ? 2 : 1;
}

static struct person unit_person(const struct batch *b, const struct unit *u)
{
    return (struct person){.count = 1,
                           .tags = {u->tag},
                           .rotating = b->attempt.controller->old_tagger != NULL,
                           .old_tags = {u->old_tag}};
}

static void chunk_take(struct batch_chunk *c)
{
    struct batch *b = c->batch;
    size_t step = probes_per_unit(b);
    for (size_t i = 0; i < c->count; i++) {
        struct line *l = line_at(b, c->units[i].line);
        struct person person = unit_person(b, &c->units[i]);
        struct verdict v =
            probes_verdict(&person, b->attempt.controller->policy, l->purpose, l->entity, &c->job, i * step);
        l->verdict = l->has_verdict ? verdict_stricter(l->verdict, v) : v;
        l->has_verdict = true;
        l->as_of = c->job.as_of;
    }
}

static void on_chunk(struct job *job, enum error e)
{
    struct batch_chunk *c = list_entry(list_entry(job, struct check_job, job), struct batch_chunk, job);
    struct batch *b = c->batch;
    b->in_flight--;
    c->count = e == ERROR_NONE ? c->count : 0;
    if (e != ERROR_NONE)
        b->failure = e;
    else if (c->job.broken)
        b->failure = ERROR_OVERLOADED;
    else if (c->job.generation != b->attempt.controller->generation)
        b->stale = true;
    else
        chunk_take(c);
    c->count = 0;
    go_on(b);
}

static size_t purpose_place(const struct batch *b, const struct purpose *purpose)
{
    return (size_t)(purpose - b->attempt.controller->policy->purposes);
}

static void chunk_send(struct batch *b, struct batch_chunk *c)
{
    struct batch_window *w = b->asking;
    size_t left = w->count - w->asked, step = probes_per_unit(b);
    c->batch = b;
    c->units = w->units + w->asked;
    c->count = left < CHUNK_UNITS ? left : CHUNK_UNITS;
    if (c->probes == NULL)
        c->probes = room_for(NULL, 2 * CHUNK_UNITS, sizeof *c->probes);
    for (size_t i = 0; i < c->count; i++) {
        struct person person = unit_person(b, &c->units[i]);
        probes_fill(&person, purpose_place(b, line_at(b, c->units[i].line)->purpose), c->probes + i * step);
    }
    check_job_clear(&c->job);
    check_job_init(&c->job, b->attempt.controller->controller_id, c->probes, c->count * step, b->sets,
                   b->set_count);
    c->job.job.deadline = b->attempt.call->deadline;
    c->job.job.done = on_chunk;
    w->asked += c->count;
    b->in_flight++;
    b->confirmed = true;
    lane_submit(b->attempt.call->worker->slow, &c->job.job);
}

static bool is_asked(const struct batch *b)
{
    return b->asking->asked == b->asking->count && b->in_flight == 0;
}

static void windows_turn(struct batch *b)
{
    struct batch_window *read = b->reading;
    window_sort(read);
    read->line_end = b->line_count;
    b->reading = b->asking;
    b->asking = read;
    window_clear(b->reading);
}

/* Keeps chunks on the wire. */
static void ask_more(struct batch *b)
{
    while (is_asked(b)) {
        b->answered = b->asking->line_end;
        if (can_read(b) || b->answered == b->line_count)
            return;
        windows_turn(b);
    }
    for (size_t i = 0; i < BATCH_CHUNKS && b->asking->asked < b->asking->count; i++) {
        if (b->chunks[i].count == 0)
            chunk_send(b, &b->chunks[i]);
    }
}

/* ---- write ---- */

static void write_slice(struct batch *b)
{
    for (size_t i = 0; i < SLICE_LINES && b->written < b->answered; i++) {
        struct line *l = line_at(b, b->written++);
        b->fault_bytes -= l->fault_len;
        b->kind->write(b, l);
        free(l->fault);
    }
}

static bool memory_suffices(const struct batch *b)
{
    return call_hold(b->attempt.call, b->line_room * sizeof *b->line + b->fault_bytes + b->out.len);
}

static void batch_answer(struct batch *b)
{
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
    else
        call_answer_buf(b->attempt.call, 200, "application/x-ndjson", &b->out);
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

static void go_on(struct batch *b)
{
    /* The lines point into the body, which goes with the request. */
    if (b->failure != ERROR_NONE || b->stale || b->attempt.call->req == NULL) {
        batch_halt(b);
        return;
    }
    ask_more(b);
    if (can_read(b) || b->written < b->answered)
        loop_task_post(b->attempt.call->worker->loop, &b->step);
    else if (!b->all_read || b->written < b->line_count)
        return; /* a chunk will come back */
    else if (!b->confirmed)
        chunk_send(b, &b->chunks[0]); /* nothing is good enough to ask: by the policy in force? */
    else if (b->in_flight == 0)
        batch_answer(b);
}

static void on_step(struct loop_task *task)
{
    struct batch *b = list_entry(task, struct batch, step);
    if (b->attempt.call->req == NULL) {
        go_on(b);
        return;
    }
    if (can_read(b))
        read_slice(b);
    else
        write_slice(b);
    if (!memory_suffices(b))
        b->failure = ERROR_OVERLOADED;
    go_on(b);
}

/* ---- the call ---- */

static void sets_make(struct batch *b)
{
    const struct policy *policy = b->attempt.controller->policy;
    b->set_count = policy->purpose_count;
    b->sets = room_for(b->sets, b->set_count + 1, sizeof *b->sets);
    for (size_t i = 0; i < b->set_count; i++)
        purpose_set_of(policy, &policy->purposes[i], &b->sets[i]);
}

static void batch_begin(struct call *call)
{
    struct batch *b = call->state;
    batch_reset(b);
    b->misfit = b->kind->begin != NULL ? b->kind->begin(b, &b->misfit_error) : NULL;
    b->all_read = b->misfit != NULL;
    if (call->req != NULL) {
        h2o_iovec_t body = call_body(call);
        sets_make(b);
        b->walk = ndjson_of(body.base, body.len, BATCH_LINES_MAX, b->kind->line_bytes_max);
    }
    go_on(b);
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
    b->line = room_for(NULL, b->line_room, sizeof *b->line);
    if (call_charge(call, lines))
        attempt_start(&b->attempt, call, batch_begin);
}
