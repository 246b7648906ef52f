/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "http/handlers.h"
#include "http/metrics.h"
#include "http/question.h"
#include "http/turn.h"
#include "http/verdict_json.h"
#include "wire/ndjson.h"
#include "wire/problem.h"

#include <stdlib.h>
#include <string.h>

/* POST /v1/check/batch: a line a question, a line an answer. Chunk by chunk, one on the wire at a time, so that neither the loop nor
 * the database is held up by one caller. The answer is kept until it is whole: it is never a short list that looks whole. */

/* About 3 ms of reading on the loop, and of probes in the database. */
enum { CHUNK_LINES = 1000 };

enum only { ONLY_NOTHING, ONLY_ALLOWED, ONLY_DENIED };

struct line {
    struct ndjson_line text;
    struct person person;
    const struct purpose *purpose; /* NULL: a bad line, already answered into ${error} */
    size_t first_probe;
    char *error; /* the line that answers it */
    size_t error_len;
};

/* A probe on its way to the database, in the order of tags: neighbours in the index are read together. */
struct sorted {
    struct probe probe;
    size_t place; /* in the order of lines */
};

struct batch_call {
    struct turn turn;
    enum only only;
    struct ndjson walk;
    struct ndjson chunk_start; /* where the chunk in hand began: it is read again under a newer policy */
    size_t line_count;
    struct line *lines; /* of the chunk */
    size_t probe_count, probe_room;
    struct probe *probes; /* in the order of lines */
    struct probe *asked;  /* in the order of tags */
    size_t *places;       /* of those, in probes */
    struct check_job job;
    struct buf out;
};

static void batch_dispose(void *state)
{
    struct batch_call *b = state;
    for (size_t i = 0; i < b->line_count; i++)
        free(b->lines[i].error);
    free(b->lines);
    free(b->probes);
    free(b->asked);
    free(b->places);
    buf_free(&b->out);
    turn_end(&b->turn);
}

static void chunk_begin(struct call *call);

/* ---- reading ---- */

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

static void line_read(struct batch_call *b, struct line *l)
{
    static const char *const members[] = {"subject", "purpose", NULL};
    struct reader r;
    reader_open(&r, l->text.bytes, l->text.len);
    struct node root = reader_root(&r);
    if (node_present(&root)) {
        node_only(&root, members);
        person_read(&root, b->turn.controller, &l->person);
        struct node purpose = node_member(&root, "purpose");
        const char *key = node_string(&purpose, 1, POLICY_KEY_MAX, NULL);
        l->purpose = key[0] != '\0' ? policy_purpose(b->turn.controller->policy, key) : NULL;
        if (key[0] != '\0' && l->purpose == NULL)
            node_fault(&purpose, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy");
    }
    if (!reader_ok(&r))
        line_fail(l, reader_error(&r), NULL, &r);
    reader_close(&r);
}

/* Reads the next chunk. */
static void chunk_read(struct batch_call *b)
{
    b->chunk_start = b->walk;
    b->line_count = 0;
    b->probe_count = 0;
    while (b->line_count < CHUNK_LINES) {
        struct line *l = &b->lines[b->line_count];
        memset(l, 0, sizeof *l);
        enum ndjson_step step = ndjson_next(&b->walk, &l->text);
        if (step != NDJSON_LINE && step != NDJSON_LONG)
            return;
        if (step == NDJSON_LONG)
            line_fail(l, ERROR_TOO_LARGE, "A line is at most 16384 bytes.", NULL);
        else
            line_read(b, l);
        l->first_probe = b->probe_count;
        if (l->purpose != NULL)
            b->probe_count += question_probes(&l->person);
        b->line_count++;
    }
}

/* ---- asking ---- */

static int by_tag(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;
    return memcmp(x->probe.tag.bytes, y->probe.tag.bytes, TAG_SIZE);
}

static void *room_for(void *old, size_t count, size_t size)
{
    void *grown = reallocarray(old, count, size);
    if (grown == NULL)
        h2o_fatal("no memory"); /* as libh2o does for each request */
    return grown;
}

/* Puts the chunk's probes into the order of their tags. */
static void probes_sort(struct batch_call *b)
{
    if (b->probe_count > b->probe_room) {
        b->probe_room = b->probe_count;
        b->probes = room_for(b->probes, b->probe_room, sizeof *b->probes);
        b->asked = room_for(b->asked, b->probe_room, sizeof *b->asked);
        b->places = room_for(b->places, b->probe_room, sizeof *b->places);
    }
    for (size_t i = 0; i < b->line_count; i++) {
        if (b->lines[i].purpose != NULL)
            question_ask(&b->lines[i].person, b->lines[i].purpose, b->probes + b->lines[i].first_probe);
    }
    struct sorted *sorted = room_for(NULL, b->probe_count + 1, sizeof *sorted);
    for (size_t i = 0; i < b->probe_count; i++)
        sorted[i] = (struct sorted){b->probes[i], i};
    qsort(sorted, b->probe_count, sizeof *sorted, by_tag);
    for (size_t i = 0; i < b->probe_count; i++) {
        b->asked[i] = sorted[i].probe;
        b->places[i] = sorted[i].place;
    }
    free(sorted);
}

/* ---- answering ---- */

static void line_write(struct call *call, struct batch_call *b, struct line *l)
{
    if (l->purpose == NULL) {
        if (b->only != ONLY_ALLOWED)
            buf_append(&b->out, l->error, l->error_len);
        b->out.failed = b->out.failed || l->error_len == 0;
        return;
    }
    struct verdict v = question_answer(&l->person, b->turn.controller->policy, l->purpose,
                                       b->probes + l->first_probe, b->job.as_of);
    metrics_verdict(call->worker->metrics, v.reason);
    if (b->only == ONLY_ALLOWED) {
        if (reason_allows(v.reason)) {
            buf_append(&b->out, l->text.bytes, l->text.len);
            buf_byte(&b->out, '\n');
        }
        return;
    }
    if (b->only == ONLY_DENIED && reason_allows(v.reason))
        return;
    struct writer w = writer_of(&b->out);
    writer_object_begin(&w, NULL);
    writer_int(&w, "line", (int64_t)l->text.number);
    verdict_members(&w, &v, b->job.as_of);
    writer_object_end(&w);
    buf_byte(&b->out, '\n');
}

static void batch_end(struct call *call, struct batch_call *b)
{
    if (b->only == ONLY_DENIED)
        buf_printf(&b->out, "{\"end\":true,\"lines\":%zu}\n", b->walk.number);
    if (buf_failed(&b->out)) {
        call_problem(call, ERROR_OVERLOADED, "The answer does not fit in memory.", NULL);
        return;
    }
    call_answer_buf(call, 200, "application/x-ndjson", &b->out);
}

static void on_chunk(struct job *job, enum error e)
{
    struct batch_call *b = list_entry(list_entry(job, struct check_job, job), struct batch_call, job);
    struct call *call = b->turn.call;
    if (e != ERROR_NONE ||
        call->req == NULL) { /* the lines point into the body, which goes with the request */
        call_problem(call, e != ERROR_NONE ? e : ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    bool stale = b->job.generation != b->turn.controller->generation;
    for (size_t i = 0; i < b->probe_count; i++)
        b->probes[b->places[i]].standing = b->asked[i].standing;
    for (size_t i = 0; i < b->line_count; i++) {
        if (!stale)
            line_write(call, b, &b->lines[i]);
        free(b->lines[i].error);
    }
    b->line_count = 0;
    if (stale) {
        b->walk = b->chunk_start;
        turn_again(&b->turn);
        return;
    }
    worker_clock(call->worker, b->job.as_of);
    b->turn.loads = 0;
    chunk_begin(call);
}

static void chunk_begin(struct call *call)
{
    struct batch_call *b = call->state;
    if (call->req == NULL) {
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    chunk_read(b);
    if (b->line_count == 0) {
        batch_end(call, b);
        return;
    }
    probes_sort(b);
    check_job_init(&b->job, b->turn.controller->controller_id, b->asked, b->probe_count);
    b->job.job.deadline = call->deadline;
    b->job.job.done = on_chunk;
    lane_submit(call->worker->slow, &b->job.job);
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
    b->walk = ndjson_of(body.base, body.len, BATCH_LINES_MAX, BATCH_LINE_BYTES_MAX);
    b->lines = room_for(NULL, CHUNK_LINES, sizeof *b->lines);
    turn_start(&b->turn, call, chunk_begin);
}
