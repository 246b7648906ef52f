/* SPDX-License-Identifier: Apache-2.0 */
#include "api/batch_internal.h"
#include "base/limits.h"
#include "ledger/probes.h"
#include "store/lane.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUCKETS = 1 << 14 /* units are sorted by so many values of the hash: of one window as good as wholly */
};

void batch_window_clear(struct batch_window *w)
{
    w->line_end = w->count = w->asked = 0;
}

void batch_sets_make(struct batch *b)
{
    const struct policy *policy = b->attempt.controller->policy;
    b->set_count = policy->purpose_count;
    b->sets = batch_room(b->sets, b->set_count + 1, sizeof *b->sets);
    for (size_t i = 0; i < b->set_count; i++)
        purpose_set_of(policy, &policy->purposes[i], &b->sets[i]);
}

void batch_ask(struct batch *b, const struct line *l, const struct person *person)
{
    struct batch_window *w = b->reading;
    assert(person->count >= 1 && w->count + person->count <= WINDOW_ROOM);
    if (w->units == NULL)
        w->units = batch_room(NULL, WINDOW_ROOM, sizeof *w->units);
    for (size_t i = 0; i < person->count; i++) {
        struct unit *u = &w->units[w->count++];
        *u = (struct unit){.tag = person->tags[i], .line = (uint32_t)(l - b->line)};
        if (person->rotating)
            u->old_tag = person->old_tags[i];
    }
}

static size_t unit_bucket(const struct unit *u)
{
    size_t two_bytes = (size_t)u->tag.bytes[1] << 8 | u->tag.bytes[2]; /* behind the key's number */
    return two_bytes * BUCKETS >> 16;
}

/* By counting: where each bucket starts, and then each unit into its bucket. */
static void window_sort(struct batch_window *w)
{
    uint32_t *starts = batch_room(NULL, BUCKETS + 1, sizeof *starts);
    struct unit *sorted = batch_room(NULL, WINDOW_ROOM, sizeof *sorted);
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
        struct line *l = batch_line(b, c->units[i].line);
        assert(l->purpose != NULL);
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
    assert(c->is_sent && b->in_flight > 0);
    b->in_flight--;
    c->is_sent = false;
    if (e != ERROR_NONE)
        b->failure = e;
    else if (c->job.broken)
        b->failure = ERROR_OVERLOADED;
    else if (c->job.generation != b->attempt.controller->generation)
        b->stale = true;
    else
        chunk_take(c);
    batch_go_on(b);
}

static size_t purpose_place(const struct batch *b, const struct purpose *purpose)
{
    return (size_t)(purpose - b->attempt.controller->policy->purposes);
}

/* Sends what is next of the window that is asked: no unit of it where all are, and then it
 * asks for the generation alone. */
static void chunk_send(struct batch *b, struct batch_chunk *c)
{
    struct batch_window *w = b->asking;
    size_t left = w->count - w->asked, step = probes_per_unit(b);
    assert(!c->is_sent);

    /* the units, as probes of their lines' purposes */
    c->batch = b;
    c->units = w->units + w->asked;
    c->count = left < CHUNK_UNITS ? left : CHUNK_UNITS;
    if (c->probes == NULL)
        c->probes = batch_room(NULL, 2 * CHUNK_UNITS, sizeof *c->probes);
    for (size_t i = 0; i < c->count; i++) {
        struct person person = unit_person(b, &c->units[i]);
        probes_fill(&person, purpose_place(b, batch_line(b, c->units[i].line)->purpose),
                    c->probes + i * step);
    }

    check_job_clear(&c->job);
    check_job_init(&c->job, b->attempt.controller->controller_id, c->probes, c->count * step, b->sets,
                   b->set_count);
    c->job.job.deadline = b->attempt.call->deadline;
    c->job.job.done = on_chunk;

    w->asked += c->count;
    c->is_sent = true;
    b->in_flight++;
    b->confirmed = true;
    lane_submit(b->attempt.call->worker->slow, &c->job.job);
}

/* Whether all of the window that is asked has been answered. */
static bool is_asked(const struct batch *b)
{
    return b->asking->asked == b->asking->count && b->in_flight == 0;
}

static void windows_turn(struct batch *b)
{
    struct batch_window *read = b->reading;
    assert(is_asked(b) && read->asked == 0);
    window_sort(read);
    read->line_end = b->line_count;
    b->reading = b->asking;
    b->asking = read;
    batch_window_clear(b->reading);
}

void batch_ask_more(struct batch *b)
{
    while (is_asked(b)) {
        b->answered = b->asking->line_end;
        if (batch_can_read(b) || b->answered == b->line_count)
            return;
        windows_turn(b);
    }
    for (size_t i = 0; i < BATCH_CHUNKS && b->asking->asked < b->asking->count; i++) {
        if (!b->chunks[i].is_sent)
            chunk_send(b, &b->chunks[i]);
    }
}

void batch_confirm(struct batch *b)
{
    assert(is_asked(b));
    chunk_send(b, &b->chunks[0]);
}
