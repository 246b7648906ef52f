/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "http/entity.h"
#include "http/handlers.h"
#include "http/metrics.h"
#include "http/question.h"
#include "http/turn.h"
#include "http/verdict_json.h"
#include "loop/loop.h"
#include "wire/ndjson.h"
#include "wire/problem.h"

#include <stdlib.h>
#include <string.h>

/* POST /v1/check/batch: a line a question, a line an answer. Three steps, each in slices of a few milliseconds, so that one caller
 * holds up neither the loop nor the database:
 *   read   the lines become units, one identifier and what is asked of it, and the units fill a window
 *   ask    a window's units go to the database in the order of their tags (neighbours in the index are read together), in chunks
 *   write  the verdicts, in the order of the lines
 * While one window is asked the next is read and the one before is written: service and database work at the same time.
 * The answer is kept until it is whole: it is never a short list that looks whole. */

enum {
    SLICE_LINES = 1000,   /* read or written in one tick: about 2 ms */
    CHUNK_UNITS = 1000,   /* asked in one statement: about 4 ms */
    CHUNKS = 2,           /* on the wire or waiting for it: one runs while the next is there already */
    WINDOW_UNITS = 16384, /* small: both sides soon have work; large: more neighbours in the index */
    BUCKETS = 1 << 14 /* units are sorted by so many values of the hash: of one window as good as wholly */
};

enum only { ONLY_NOTHING, ONLY_ALLOWED, ONLY_DENIED };

struct line {
    struct ndjson_line text;
    const struct purpose *purpose; /* NULL: a bad line */
    int entity;
    bool has_verdict;
    struct verdict verdict; /* the strictest of its units so far */
    instant as_of;
    char *error; /* of a bad line: the line that answers it */
    size_t error_len;
};

/* One identifier of one line. */
struct unit {
    struct tag tag;
    struct tag old_tag; /* while a subject key is rotated */
    uint32_t line;
};

/* Lines up to ${line_end} whose units are not in an earlier window. */
struct window {
    size_t line_end;
    size_t count;
    size_t asked;       /* units sent so far */
    struct unit *units; /* room for WINDOW_UNITS and one line's more */
};

struct chunk {
    struct batch_call *batch;
    struct check_job job;
    const struct unit *units;
    size_t count;
    struct probe *probes;
};

struct batch_call {
    struct turn turn;
    enum only only;
    struct loop_task step;
    struct ndjson walk;
    size_t line_count, line_room;
    struct line *lines;
    size_t set_count;
    struct purpose_set *sets; /* one a purpose of the policy */
    bool all_read;
    struct window windows[2];
    struct window *reading, *asking;
    struct chunk chunks[CHUNKS];
    int in_flight;  /* chunks */
    bool confirmed; /* one of them has asked, and hears of a newer policy */
    bool stale;     /* one of them told of it */
    enum error failure;
    size_t answered; /* lines before this one have their verdicts */
    size_t written;  /* lines */
    struct buf out;
};

static void *room_for(void *old, size_t count, size_t size)
{
    void *grown = reallocarray(old, count, size);
    if (grown == NULL)
        h2o_fatal("no memory"); /* as libh2o does for each request */
    return grown;
}

static void window_clear(struct window *w)
{
    w->line_end = w->count = w->asked = 0;
}

static void batch_reset(struct batch_call *b)
{
    for (size_t i = 0; i < b->line_count; i++)
        free(b->lines[i].error);
    b->line_count = b->answered = b->written = 0;
    b->all_read = b->confirmed = b->stale = false;
    b->reading = &b->windows[0];
    b->asking = &b->windows[1];
    window_clear(b->reading);
    window_clear(b->asking);
    buf_clear(&b->out);
}

static void batch_dispose(void *state)
{
    struct batch_call *b = state;
    loop_task_cancel(&b->step);
    batch_reset(b);
    for (size_t i = 0; i < CHUNKS; i++) {
        check_job_clear(&b->chunks[i].job);
        free(b->chunks[i].probes);
    }
    free(b->sets);
    free(b->lines);
    free(b->windows[0].units);
    free(b->windows[1].units);
    buf_free(&b->out);
    turn_end(&b->turn);
}

/* ---- read ---- */

static void line_fail(struct line *l, enum error e, const char *detail, const struct reader *faults)
{
    struct buf out;
    buf_init(&out, PROBLEM_MAX + 64);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_int(&w, "line", (int64_t)l->text.number);
    problem_value(&w, "error", e, detail, faults);
    writer_object_end(&w);
    buf_byte(&out, '\n');
    l->purpose = NULL;
    l->error = out.data; /* NULL where memory ran out: the answer is then failed as a whole */
    l->error_len = buf_failed(&out) ? 0 : out.len;
}

static void units_add(struct batch_call *b, const struct person *person)
{
    struct window *w = b->reading;
    if (w->units == NULL)
        w->units = room_for(NULL, WINDOW_UNITS + IDENTIFIERS_MAX, sizeof *w->units);
    for (size_t i = 0; i < person->count; i++) {
        struct unit *u = &w->units[w->count++];
        *u = (struct unit){.tag = person->tags[i], .line = (uint32_t)b->line_count};
        if (person->rotating)
            u->old_tag = person->old_tags[i];
    }
}

static void line_read(struct batch_call *b, struct line *l)
{
    static const char *const members[] = {"subject", "purpose", "entity", NULL};
    struct reader r;
    struct person person = {0};
    reader_open(&r, l->text.bytes, l->text.len);
    struct node root = reader_root(&r);
    if (node_present(&root)) {
        node_only(&root, members);
        person_read(&root, b->turn.controller, &person);
        struct node purpose = node_member(&root, "purpose");
        const char *key = node_string(&purpose, 1, POLICY_KEY_MAX, NULL);
        l->entity = entity_read(&root, b->turn.controller->policy);
        l->purpose = key[0] != '\0' ? policy_purpose(b->turn.controller->policy, key) : NULL;
        if (key[0] != '\0' && l->purpose == NULL)
            node_fault(&purpose, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy");
        else if (l->purpose != NULL)
            entity_check(&root, l->purpose, l->entity);
    }
    if (reader_ok(&r))
        units_add(b, &person);
    else if (error_status(reader_error(&r)) >= 500)
        b->failure = reader_error(&r); /* the line is not at fault, and must not be left out */
    else
        line_fail(l, reader_error(&r), NULL, &r);
    reader_close(&r);
}

/* Returns false when there is no further line. */
static bool line_next(struct batch_call *b)
{
    if (b->line_count == b->line_room) {
        b->line_room = b->line_room == 0 ? SLICE_LINES : 2 * b->line_room;
        b->lines = room_for(b->lines, b->line_room, sizeof *b->lines);
    }
    struct line *l = &b->lines[b->line_count];
    memset(l, 0, sizeof *l);
    enum ndjson_step step = ndjson_next(&b->walk, &l->text);
    if (step != NDJSON_LINE && step != NDJSON_LONG)
        return false;
    if (step == NDJSON_LONG)
        line_fail(l, ERROR_TOO_LARGE, "A line is at most 16384 bytes.", NULL);
    else
        line_read(b, l);
    b->line_count++;
    return true;
}

static bool can_read(const struct batch_call *b)
{
    return !b->all_read && b->reading->count < WINDOW_UNITS;
}

static void read_slice(struct batch_call *b)
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

static void window_sort(struct window *w)
{
    uint32_t *starts = room_for(NULL, BUCKETS + 1, sizeof *starts);
    struct unit *sorted = room_for(NULL, WINDOW_UNITS + IDENTIFIERS_MAX, sizeof *sorted);
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

static void go_on(struct batch_call *b);

static size_t probes_per_unit(const struct batch_call *b)
{
    return b->turn.controller->old_tagger != NULL ? 2 : 1;
}

static struct person unit_person(const struct batch_call *b, const struct unit *u)
{
    return (struct person){.count = 1,
                           .tags = {u->tag},
                           .rotating = b->turn.controller->old_tagger != NULL,
                           .old_tags = {u->old_tag}};
}

static void chunk_take(struct chunk *c)
{
    struct batch_call *b = c->batch;
    size_t step = probes_per_unit(b);
    for (size_t i = 0; i < c->count; i++) {
        struct line *l = &b->lines[c->units[i].line];
        struct person person = unit_person(b, &c->units[i]);
        struct verdict v =
            question_answer(&person, b->turn.controller->policy, l->purpose, l->entity, &c->job, i * step);
        l->verdict = l->has_verdict ? verdict_stricter(l->verdict, v) : v;
        l->has_verdict = true;
        l->as_of = c->job.as_of;
    }
}

static void on_chunk(struct job *job, enum error e)
{
    struct chunk *c = list_entry(list_entry(job, struct check_job, job), struct chunk, job);
    struct batch_call *b = c->batch;
    b->in_flight--;
    c->count = e == ERROR_NONE ? c->count : 0;
    if (e != ERROR_NONE)
        b->failure = e;
    else if (c->job.broken)
        b->failure = ERROR_OVERLOADED;
    else if (c->job.generation != b->turn.controller->generation)
        b->stale = true;
    else
        chunk_take(c);
    c->count = 0;
    go_on(b);
}

static size_t purpose_place(const struct batch_call *b, const struct purpose *purpose)
{
    return (size_t)(purpose - b->turn.controller->policy->purposes);
}

static void chunk_send(struct batch_call *b, struct chunk *c)
{
    struct window *w = b->asking;
    size_t left = w->count - w->asked, step = probes_per_unit(b);
    c->batch = b;
    c->units = w->units + w->asked;
    c->count = left < CHUNK_UNITS ? left : CHUNK_UNITS;
    if (c->probes == NULL)
        c->probes = room_for(NULL, 2 * CHUNK_UNITS, sizeof *c->probes);
    for (size_t i = 0; i < c->count; i++) {
        struct person person = unit_person(b, &c->units[i]);
        question_ask(&person, purpose_place(b, b->lines[c->units[i].line].purpose), c->probes + i * step);
    }
    check_job_clear(&c->job);
    check_job_init(&c->job, b->turn.controller->controller_id, c->probes, c->count * step, b->sets,
                   b->set_count);
    c->job.job.deadline = b->turn.call->deadline;
    c->job.job.done = on_chunk;
    w->asked += c->count;
    b->in_flight++;
    b->confirmed = true;
    lane_submit(b->turn.call->worker->slow, &c->job.job);
}

static bool is_asked(const struct batch_call *b)
{
    return b->asking->asked == b->asking->count && b->in_flight == 0;
}

static void windows_turn(struct batch_call *b)
{
    struct window *read = b->reading;
    window_sort(read);
    read->line_end = b->line_count;
    b->reading = b->asking;
    b->asking = read;
    window_clear(b->reading);
}

/* Keeps chunks on the wire. */
static void ask_more(struct batch_call *b)
{
    while (is_asked(b)) {
        b->answered = b->asking->line_end;
        if (can_read(b) || b->answered == b->line_count)
            return;
        windows_turn(b);
    }
    for (size_t i = 0; i < CHUNKS && b->asking->asked < b->asking->count; i++) {
        if (b->chunks[i].count == 0)
            chunk_send(b, &b->chunks[i]);
    }
}

/* ---- write ---- */

static void line_write(struct batch_call *b, const struct line *l)
{
    if (l->purpose == NULL) {
        if (b->only != ONLY_ALLOWED)
            buf_append(&b->out, l->error, l->error_len);
        b->out.failed = b->out.failed || l->error_len == 0;
        return;
    }
    bool allows = l->has_verdict && reason_allows(l->verdict.reason);
    metrics_verdict(b->turn.call->worker->metrics, l->verdict.reason);
    if (b->only == ONLY_ALLOWED) {
        if (allows) {
            buf_append(&b->out, l->text.bytes, l->text.len);
            buf_byte(&b->out, '\n');
        }
        return;
    }
    if (b->only == ONLY_DENIED && allows)
        return;
    struct writer w = writer_of(&b->out);
    writer_object_begin(&w, NULL);
    writer_int(&w, "line", (int64_t)l->text.number);
    verdict_members(&w, &l->verdict, b->turn.controller->policy, l->as_of);
    writer_object_end(&w);
    buf_byte(&b->out, '\n');
}

static void batch_answer(struct batch_call *b)
{
    if (b->only == ONLY_DENIED)
        buf_printf(&b->out, "{\"end\":true,\"lines\":%zu}\n", b->walk.number);
    if (buf_failed(&b->out))
        call_problem(b->turn.call, ERROR_OVERLOADED, "The answer does not fit in memory.", NULL);
    else
        call_answer_buf(b->turn.call, 200, "application/x-ndjson", &b->out);
}

static void write_slice(struct batch_call *b)
{
    for (size_t i = 0; i < SLICE_LINES && b->written < b->answered; i++)
        line_write(b, &b->lines[b->written++]);
}

/* ---- the steps, one beside the other ---- */

/* Ends the call, or begins it again; once nothing of it is on the wire. */
static void batch_halt(struct batch_call *b)
{
    loop_task_cancel(&b->step);
    if (b->in_flight > 0)
        return;
    if (b->failure == ERROR_NONE && b->stale && b->turn.call->req != NULL)
        turn_again(&b->turn);
    else if (b->failure != ERROR_NONE)
        call_problem(b->turn.call, b->failure, NULL, NULL);
    else
        call_problem(b->turn.call, ERROR_UNAVAILABLE, NULL, NULL); /* nobody is left to answer */
}

static void go_on(struct batch_call *b)
{
    /* The lines point into the body, which goes with the request. */
    if (b->failure != ERROR_NONE || b->stale || b->turn.call->req == NULL) {
        batch_halt(b);
        return;
    }
    ask_more(b);
    if (can_read(b) || b->written < b->answered)
        loop_task_post(b->turn.call->worker->loop, &b->step);
    else if (!b->all_read || b->written < b->line_count)
        return; /* a chunk will come back */
    else if (!b->confirmed)
        chunk_send(b, &b->chunks[0]); /* every line is bad: by the policy in force? */
    else if (b->in_flight == 0)
        batch_answer(b);
}

static void on_step(struct loop_task *task)
{
    struct batch_call *b = list_entry(task, struct batch_call, step);
    if (b->turn.call->req == NULL) {
        go_on(b);
        return;
    }
    if (can_read(b))
        read_slice(b);
    else
        write_slice(b);
    go_on(b);
}

/* ---- the call ---- */

static void sets_make(struct batch_call *b)
{
    const struct policy *policy = b->turn.controller->policy;
    b->set_count = policy->purpose_count;
    b->sets = room_for(b->sets, b->set_count + 1, sizeof *b->sets);
    for (size_t i = 0; i < b->set_count; i++)
        purpose_set_of(policy, &policy->purposes[i], &b->sets[i]);
}

static void batch_begin(struct call *call)
{
    struct batch_call *b = call->state;
    batch_reset(b);
    if (call->req != NULL) {
        h2o_iovec_t body = call_body(call);
        sets_make(b);
        b->walk = ndjson_of(body.base, body.len, BATCH_LINES_MAX, BATCH_LINE_BYTES_MAX);
    }
    go_on(b);
}

/* Whether the body has no more lines than are taken. */
static bool lines_fit(h2o_iovec_t body)
{
    size_t lines = 0;
    const char *at = body.base, *end = body.base + body.len;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        lines++;
        at++;
    }
    return lines < BATCH_LINES_MAX || (lines == BATCH_LINES_MAX && end[-1] == '\n');
}

static int only_read(struct call *call, enum only *ret_only)
{
    static const char *const allowed[] = {"only", NULL};
    if (call_query_only(call, allowed) != 0)
        return -1;
    const char *only = call_query(call, "only");
    if (only == NULL)
        *ret_only = ONLY_NOTHING;
    else if (strcmp(only, "allowed") == 0)
        *ret_only = ONLY_ALLOWED;
    else if (strcmp(only, "denied") == 0)
        *ret_only = ONLY_DENIED;
    else
        return -1;
    return 0;
}

void handle_check_batch(struct call *call)
{
    struct batch_call *b = call_alloc(call, sizeof *b);
    call->state = b;
    call->dispose = batch_dispose;
    loop_task_init(&b->step, on_step);
    buf_init(&b->out, BATCH_ANSWER_BYTES_MAX);
    if (only_read(call, &b->only) != 0) {
        call_problem(call, ERROR_INVALID,
                     "The query takes only=allowed or only=denied, once, and nothing else.", NULL);
        return;
    }
    h2o_iovec_t body = call_body(call);
    if (body.len > 0 && !lines_fit(body)) {
        call_problem(call, ERROR_TOO_LARGE, "A batch has at most 100000 lines.", NULL);
        return;
    }
    turn_start(&b->turn, call, batch_begin);
}
