/* SPDX-License-Identifier: Apache-2.0 */
#include "api/batch_internal.h"
#include "api/batch_reading.h"
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
        *u = (struct unit){.tag = person->tags[i],
                           .place = (uint8_t)i,
                           .type = person->types[i],
                           .line = (uint32_t)(l - b->line)};
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
        struct verdict v = probes_verdict(&person, b->attempt.controller->policy, l->purpose, l->entity,
                                          l->group, &c->job, i * step);
        l->verdict = l->has_verdict ? verdict_stricter(l->verdict, v) : v;
        l->has_verdict = true;
        l->as_of = c->job.as_of;
    }
}

/* Another person who has the line's identifier; once. */
static void also_add(struct line *l, int64_t subject_no, const struct unit *u)
{
    for (size_t i = 0; i < l->also_count; i++) {
        if (l->also[i].subject_no == subject_no)
            return;
    }
    if (l->also_count > PERSONS_TOLD_MAX) /* one more than is told: there are many */
        return;
    if (l->also == NULL)
        l->also = batch_room(NULL, PERSONS_TOLD_MAX + 1, sizeof *l->also);
    l->also[l->also_count++] = (struct batch_also){.subject_no = subject_no, .via = u->type};
}

/* The first of the line's identifiers that is a person is whom it asks about; where none is, the first by
 * number that has one. */
static void person_take(struct line *l, const struct unit *u, const struct persons_found *f)
{
    if (f->own != 0 && (l->subject_place == 0 || u->place + 1 < l->subject_place)) {
        l->subject_no = f->own;
        l->subject_place = (uint8_t)(u->place + 1);
    } else if (f->own == 0 && l->subject_place == 0 && f->count > 0 &&
               (l->subject_no == 0 || f->persons[0] < l->subject_no)) {
        l->subject_no = f->persons[0];
    }
    if (f->own != 0)
        also_add(l, f->own, u);
    for (size_t i = 0; i < f->count; i++)
        also_add(l, f->persons[i], u);
}

static void chunk_take_persons(struct batch_chunk *c)
{
    struct batch *b = c->batch;
    size_t step = probes_per_unit(b);
    for (size_t i = 0; i < c->count; i++) {
        struct line *l = batch_line(b, c->units[i].line);
        for (size_t k = 0; k < step; k++)
            person_take(l, &c->units[i], &c->found[i * step + k]);
        l->has_verdict = l->has_verdict || b->kind->asks_no_verdict;
    }
}

static void subject_id_write(const struct batch *b, struct writer *w, int64_t subject_no)
{
    char id[SUBJECT_ID_TEXT + 1];
    subject_id_format(b->attempt.controller->ids, subject_no, id);
    writer_text(w, "subject_id", subject_no != 0 ? id : NULL);
}

void batch_write_subject(const struct batch *b, struct writer *w, const struct line *l)
{
    batch_reading_told(b, l->subject_no);
    subject_id_write(b, w, l->subject_no);
}

void batch_write_also(const struct batch *b, struct writer *w, const struct line *l)
{
    size_t told = 0;
    writer_array_begin(w, "also");
    for (size_t i = 0; i < l->also_count && told < PERSONS_TOLD_MAX; i++) {
        if (l->also[i].subject_no == l->subject_no)
            continue;
        writer_object_begin(w, NULL);
        batch_reading_told(b, l->also[i].subject_no);
        subject_id_write(b, w, l->also[i].subject_no);
        writer_text(w, "via", identifier_type_word((enum identifier_type)l->also[i].via));
        writer_object_end(w);
        told++;
    }
    writer_array_end(w);
    if (l->also_count > PERSONS_TOLD_MAX)
        writer_bool(w, "many", true);
}

/* A chunk's job is back. */
static void chunk_back(struct batch_chunk *c, enum error e, bool broken, int64_t generation)
{
    struct batch *b = c->batch;
    assert(c->is_sent && c->waits > 0 && b->in_flight > 0);
    c->waits--;
    c->is_sent = c->waits > 0;
    b->in_flight -= !c->is_sent;
    if (e != ERROR_NONE)
        b->failure = e;
    else if (broken)
        b->failure = ERROR_OVERLOADED;
    else if (generation != b->attempt.controller->generation)
        b->stale = true;
}

static void on_chunk(struct job *job, enum error e)
{
    struct batch_chunk *c = list_entry(list_entry(job, struct check_job, job), struct batch_chunk, job);
    struct batch *b = c->batch;
    chunk_back(c, e, c->job.broken, c->job.generation);
    if (b->failure == ERROR_NONE && !b->stale)
        chunk_take(c);
    batch_go_on(b);
}

static void on_persons(struct job *job, enum error e)
{
    struct batch_chunk *c = list_entry(list_entry(job, struct persons_job, job), struct batch_chunk, persons);
    struct batch *b = c->batch;
    chunk_back(c, e, c->persons.broken, c->persons.generation);
    if (b->failure == ERROR_NONE && !b->stale)
        chunk_take_persons(c);
    batch_go_on(b);
}

static size_t purpose_place(const struct batch *b, const struct purpose *purpose)
{
    return (size_t)(purpose - b->attempt.controller->policy->purposes);
}

/* Asks whose the chunk's units are: each under the tags that may stand for it. */
static void persons_send(struct batch_chunk *c)
{
    struct batch *b = c->batch;
    size_t step = probes_per_unit(b), tags = 0;
    if (c->tags == NULL) {
        c->tags = batch_room(NULL, 2 * CHUNK_UNITS, sizeof *c->tags);
        c->found = batch_room(NULL, 2 * CHUNK_UNITS, sizeof *c->found);
    } else {
        persons_job_clear(&c->persons);
    }
    memset(c->found, 0, 2 * CHUNK_UNITS * sizeof *c->found);
    for (size_t i = 0; i < c->count; i++) {
        c->tags[tags++] = c->units[i].tag;
        if (step == 2)
            c->tags[tags++] = c->units[i].old_tag;
    }
    persons_job_init(&c->persons, b->attempt.controller->controller_id, c->tags, c->found, tags);
    c->persons.job.deadline = b->attempt.call->deadline;
    c->persons.job.done = on_persons;
    lane_submit(b->attempt.call->worker->slow, &c->persons.job);
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
    check_job_hold(&c->job, lane_view_link(b->attempt.call->worker->slow));
    c->job.job.deadline = b->attempt.call->deadline;
    c->job.job.done = on_chunk;

    w->asked += c->count;
    c->is_sent = true;
    b->in_flight++;
    b->confirmed = true;
    bool with_persons = b->asks_persons && c->count > 0, with_verdicts = !b->kind->asks_no_verdict;
    c->waits = (with_persons ? 1U : 0U) + (with_verdicts || !with_persons ? 1U : 0U);
    if (with_persons)
        persons_send(c);
    if (with_verdicts || !with_persons)
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
