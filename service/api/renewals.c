/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "base/limits.h"
#include "domain/duration.h"
#include "http/attempt.h"
#include "http/reading.h"
#include "ledger/limit.h"
#include "store/lane.h"
#include "store/walk.h"
#include "wire/writer.h"

#include <string.h>

/* GET /v1/renewals: what ends soon, subject by subject. Who has it renewed in time has no gap. */
struct renewing {
    struct attempt attempt;
    const char *cursor; /* subject_id of the last one looked at; NULL: from the first */
    struct duration window;
    int64_t limit;
    int64_t page_ends; /* of clock_monotonic */
    struct walk_job walk;
    instant until;
    int64_t found;
    struct buf out;
    struct writer w;
    struct reading reading;
};

static void renewing_dispose(void *state)
{
    struct renewing *r = state;
    walk_job_clear(&r->walk);
    buf_free(&r->out);
    reading_close(&r->reading);
    attempt_end(&r->attempt);
}

/* ---- one subject ---- */

/* What is due, of whom. */
struct due {
    struct renewing *r;
    const struct walked *subject;
    const char *purpose; /* NULL: of the person */
    const char *entity;  /* NULL: of all */
    size_t proof;        /* place of the state it rests on */
};

static void due_write(const struct due *d, const char *kind, instant at)
{
    struct renewing *r = d->r;
    char subject[SUBJECT_ID_TEXT + 1];
    if (at == INSTANT_NONE || at <= r->walk.as_of || at > r->until)
        return;
    if (r->walk.proofs[d->proof].is_others)
        return; /* told of them */
    subject_id_format(r->attempt.controller->ids, d->subject->subject_no, subject);
    writer_object_begin(&r->w, NULL);
    writer_text(&r->w, "subject_id", subject);
    writer_text(&r->w, "ref", r->walk.proofs[d->proof].ref);
    writer_text(&r->w, "purpose", d->purpose);
    if (d->entity != NULL)
        writer_text(&r->w, "entity", d->entity);
    writer_text(&r->w, "kind", kind);
    writer_moment(&r->w, "due_at", at);
    writer_object_end(&r->w);
    r->found++;
}

/* From that date on the person decides. */
static void limit_write(struct renewing *r, const struct walked *subject, enum slot told, const char *kind)
{
    struct states states = walk_states(&r->walk, subject);
    const struct state *s = states_limit(&states, told);
    if (s == NULL)
        return;
    struct due due = {.r = r, .subject = subject, .proof = (size_t)(s - r->walk.states)};
    due_write(&due, kind, state_until(s));
}

/* The place of the state that proves the verdict; SIZE_MAX: none does. What an act told beside it is a state
 * of the same revision, and proves nothing. */
static size_t proof_of(const struct renewing *r, const struct walked *subject, const struct verdict *v)
{
    for (size_t i = subject->first; i < subject->first + subject->count; i++) {
        const struct state *s = &r->walk.states[i];
        if (v->revision != 0 && s->revision == v->revision && !slot_is_fact(s->slot))
            return i;
    }
    return SIZE_MAX;
}

/* Returns the place of the state that was told of. ${told}: the one told of last, not to be told of again. */
static size_t verdict_write(struct renewing *r, const struct walked *subject, const struct purpose *purpose,
                            int entity, size_t told)
{
    const struct policy *policy = r->attempt.controller->policy;
    struct states states = walk_states(&r->walk, subject);
    struct verdict v = verdict_of(policy, purpose, entity, &states, r->walk.as_of);
    size_t proof = proof_of(r, subject, &v);
    if (!reason_allows(v.reason) || proof == SIZE_MAX || proof == told)
        return told;
    struct due due = {.r = r, .subject = subject, .purpose = purpose->key, .proof = proof};
    if (entity != ENTITY_ANY && r->walk.states[proof].purpose != purpose->number)
        due.entity = policy->entities[entity].key;
    due_write(&due, "validity", v.valid_until);
    due_write(&due, "notice", v.renew_by);
    return proof;
}

static void purpose_write(struct renewing *r, const struct walked *subject, const struct purpose *purpose)
{
    const struct policy *policy = r->attempt.controller->policy;
    size_t for_all = SIZE_MAX; /* a Yes for all entities is told of once */
    if (policy->entity_count == 0)
        verdict_write(r, subject, purpose, ENTITY_ANY, SIZE_MAX);
    for (size_t i = 0; i < policy->entity_count; i++) {
        if (purpose->entities != 0 && (purpose->entities & 1u << i) == 0)
            continue;
        size_t proof = verdict_write(r, subject, purpose, (int)i, for_all);
        if (proof != SIZE_MAX && r->walk.states[proof].purpose == purpose->number)
            for_all = proof;
    }
}

static void subject_write(struct renewing *r, const struct walked *subject)
{
    const struct policy *policy = r->attempt.controller->policy;
    if (subject->count == 0)
        return;
    limit_write(r, subject, SLOT_AGE, "age");
    limit_write(r, subject, SLOT_CARE, "representation");
    for (size_t i = 0; i < policy->purpose_count; i++)
        purpose_write(r, subject, &policy->purposes[i]);
}

/* ---- the page ---- */

/* ${next}: the number the next page begins after; INT64_MAX: there is none. */
static void page_answer(struct renewing *r, int64_t next)
{
    char cursor[SUBJECT_ID_TEXT + 1];
    if (next != INT64_MAX)
        subject_id_format(r->attempt.controller->ids, next, cursor);
    writer_array_end(&r->w);
    writer_text(&r->w, "next", next != INT64_MAX ? cursor : NULL);
    writer_moment(&r->w, "as_of", r->walk.as_of);
    writer_object_end(&r->w);
    reading_answer(&r->reading, r->attempt.controller->controller_id, "renewals", 0, (size_t)r->found,
                   &r->out);
}

static void stretch_ask(struct call *call, struct renewing *r, int64_t after);

/* Returns the number after which the page ends, 0 when there is room for more. */
static int64_t stretch_write(struct renewing *r)
{
    for (size_t i = 0; i < r->walk.count; i++) {
        subject_write(r, &r->walk.subjects[i]);
        if (r->found >= r->limit)
            return r->walk.subjects[i].subject_no < r->walk.last ? r->walk.subjects[i].subject_no : INT64_MAX;
    }
    return 0;
}

static void on_stretch(struct job *job, enum error e)
{
    struct renewing *r = list_entry(list_entry(job, struct walk_job, job), struct renewing, walk);
    struct call *call = r->attempt.call;
    if (e != ERROR_NONE || r->walk.broken) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    if (r->walk.generation != r->attempt.controller->generation) {
        attempt_again(&r->attempt);
        return;
    }
    r->until = duration_add(r->walk.as_of, r->window);
    int64_t full = stretch_write(r), next = walk_next(&r->walk);
    if (full != 0)
        page_answer(r, full);
    else if (next == INT64_MAX || clock_monotonic() >= r->page_ends)
        page_answer(r, next);
    else
        stretch_ask(call, r, next);
}

static void stretch_ask(struct call *call, struct renewing *r, int64_t after)
{
    const struct controller *c = r->attempt.controller;
    walk_job_clear(&r->walk);
    r->walk = (struct walk_job){.job.controller_id = c->controller_id,
                                .after = after,
                                .numbers = walk_numbers(policy_verdicts(c->policy)),
                                .proof = WALK_REFS};
    walk_job_prepare(&r->walk);
    r->walk.job.deadline = call->deadline;
    r->walk.job.done = on_stretch;
    lane_submit(call->worker->slow, &r->walk.job);
}

static void renewing_begin(struct call *call)
{
    struct renewing *r = call->state;
    int64_t after = 0;
    if (r->cursor != NULL &&
        !subject_id_parse(r->attempt.controller->ids, r->cursor, strlen(r->cursor), &after)) {
        call_problem(call, ERROR_INVALID, "after takes what an answer gave as next.", NULL);
        return;
    }
    if (!reading_judge(&r->reading, &r->attempt))
        return;
    buf_clear(&r->out);
    r->found = 0;
    r->w = writer_of(&r->out);
    writer_object_begin(&r->w, NULL);
    writer_array_begin(&r->w, "renewals");
    stretch_ask(call, r, after);
}

static bool renewing_abandon(struct call *call)
{
    struct renewing *r = call->state;
    lane_cancel(call->worker->slow, &r->walk.job);
    attempt_abandon(&r->attempt);
    return true;
}

void handle_renewals(struct call *call)
{
    static const char *const allowed[] = {"due_within", "limit", "after", READING_QUERY, NULL};
    struct renewing *r = call_alloc(call, sizeof *r);
    const char *window = call_query(call, "due_within");
    window = window != NULL ? window : "P30D";
    if (call_query_only(call, allowed) != 0 || !duration_parse(window, strlen(window), &r->window) ||
        call_query_int(call, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &r->limit) != 0) {
        call_problem(
            call, ERROR_INVALID,
            "The query takes due_within, a duration such as P30D, limit=1..1000, after=SUBJECT_ID, reason= "
            "and on_behalf_of=, each once.",
            NULL);
        return;
    }
    if (!reading_open(&r->reading, call))
        return;
    buf_init(&r->out, ANSWER_BYTES_MAX);
    call->state = r;
    call->dispose = renewing_dispose;
    call->abandon = renewing_abandon;
    r->cursor = call_query(call, "after");
    r->page_ends = call->accepted + WALK_PAGE_MS * 1000;
    attempt_start(&r->attempt, call, renewing_begin);
}
