/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "base/limits.h"
#include "http/attempt.h"
#include "http/idempotency.h"
#include "http/reading.h"
#include "ledger/event_json.h"
#include "ledger/free_text.h"
#include "store/breach.h"
#include "store/lane.h"
#include "wire/writer.h"

#include <stdlib.h>
#include <string.h>

/* Breaches of personal data: POST /v1/breaches, GET, what became of one (POST /v1/breaches/{id}), and the
 * persons concerned (GET /v1/breaches/{id}/subjects). The record is that of GDPR art. 33(5): the facts, the
 * effects, and what was done. */

enum { SUBJECTS_NAMED_MAX = 1000, CLASSES_MAX = 50, CLASS_BYTES_MAX = 100, AHEAD_SECONDS = 60 };

struct breaching {
    struct attempt attempt;
    uint8_t id[UUID_SIZE];
    bool is_new;
    bool written; /* the list tells what to answer */
    struct reader body;
    h2o_iovec_t key_field;
    struct idempotency key;
    bool high_risk;
    struct breach_add_job add;
    struct breach_set_job set;
    struct breach_list_job list;
};

static void breaching_dispose(void *state)
{
    struct breaching *b = state;
    reader_close(&b->body);
    breach_list_job_clear(&b->list);
    attempt_end(&b->attempt);
}

/* ---- as JSON ---- */

static void extent_write(struct writer *w, const struct controller *c, const struct breach_row *r)
{
    if (r->purpose_count == 0)
        writer_null(w, "purposes");
    else
        writer_array_begin(w, "purposes");
    for (size_t i = 0; i < r->purpose_count; i++) {
        const struct numbered *n = controller_numbered(c, false, (int32_t)r->purposes[i]);
        writer_text(w, NULL, n != NULL ? n->key : NULL);
    }
    if (r->purpose_count > 0)
        writer_array_end(w);
    writer_object_begin(w, "period");
    writer_moment(w, "from", r->from);
    writer_moment(w, "to", r->to);
    writer_object_end(w);
    if (r->subject_count == 0)
        writer_null(w, "subjects_named");
    else
        writer_int(w, "subjects_named", (int64_t)r->subject_count);
}

static void breach_write(struct writer *w, const struct controller *c, const struct breach_row *r,
                         instant as_of)
{
    bool open = r->reported == INSTANT_NONE && r->not_reported == NULL;
    writer_object_begin(w, NULL);
    writer_uuid(w, "breach_id", r->id);
    writer_moment(w, "known_at", r->known);
    writer_moment(w, "due_at", r->due);
    writer_bool(w, "overdue", open && r->due < as_of);
    extent_write(w, c, r);
    writer_text(w, "facts", r->facts);
    writer_text(w, "effects", r->effects);
    writer_text(w, "measures", r->measures);
    writer_raw(w, "data_classes", r->classes, strlen(r->classes));
    writer_bool(w, "high_risk", r->high_risk);
    writer_moment(w, "reported_at", r->reported);
    writer_text(w, "not_reported", r->not_reported);
    writer_text(w, "delay", r->delay);
    writer_moment(w, "told_at", r->told);
    writer_moment(w, "closed_at", r->closed);
    writer_text(w, "on_behalf_of", r->on_behalf_of);
    writer_moment(w, "recorded_at", r->recorded);
    writer_text(w, "recorded_by", r->recorded_by);
    writer_object_end(w);
}

/* ---- what the body says ---- */

static const char *words_read(struct breaching *b, const struct node *root, const char *name, bool required)
{
    struct node n = required ? node_member(root, name) : node_optional(root, name);
    if (!node_present(&n))
        return NULL;
    return free_text_read(&b->attempt.call->arena, b->attempt.controller->policy, &n, BREACH_TEXT_BYTES_MAX);
}

/* A moment that is no later than now; INSTANT_NONE where it is not said. */
static instant past_read(struct breaching *b, const struct node *root, const char *name)
{
    struct node n = node_optional(root, name);
    instant at = node_present(&n) ? node_moment(&n) : INSTANT_NONE;
    if (at != INSTANT_NONE && at > b->list.as_of + AHEAD_SECONDS * SECOND)
        node_fault(&n, ERROR_INVALID, "lies ahead of the server's clock");
    return at;
}

static void purposes_read(struct breaching *b, const struct node *root)
{
    const struct policy *policy = b->attempt.controller->policy;
    struct node purposes = node_optional(root, "purposes");
    if (!node_present(&purposes))
        return;
    size_t count = node_elements(&purposes, 1, PURPOSES_PER_CALL_MAX);
    int32_t *numbers = call_alloc(b->attempt.call, (count + 1) * (1 + POLICY_ENTITIES_MAX) * sizeof *numbers);
    for (size_t i = 0; i < count; i++) {
        struct node n = node_at(&purposes, i);
        const char *key = node_string(&n, 1, POLICY_KEY_MAX, NULL);
        const struct purpose *p = key[0] != '\0' ? policy_purpose(policy, key) : NULL;
        if (p == NULL && key[0] != '\0')
            node_fault(&n, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy");
        if (p == NULL)
            continue;
        numbers[b->add.purpose_count++] = p->number;
        for (size_t k = 0; k < policy->entity_count; k++) {
            if (p->entity_numbers[k] != 0)
                numbers[b->add.purpose_count++] = p->entity_numbers[k];
        }
    }
    b->add.purposes = numbers;
}

static void subjects_read(struct breaching *b, const struct node *root)
{
    struct node subjects = node_optional(root, "subjects");
    if (!node_present(&subjects))
        return;
    size_t count = node_elements(&subjects, 1, SUBJECTS_NAMED_MAX);
    int64_t *numbers = call_alloc(b->attempt.call, (count + 1) * sizeof *numbers);
    for (size_t i = 0; i < count; i++) {
        struct node n = node_at(&subjects, i);
        size_t len;
        const char *text = node_string(&n, 1, SUBJECT_ID_TEXT, &len);
        if (len > 0 && !subject_id_parse(b->attempt.controller->ids, text, len, &numbers[i]))
            node_fault(&n, ERROR_INVALID, "none of this controller's");
    }
    b->add.subject_count = count;
    b->add.subjects = numbers;
}

static void classes_read(struct breaching *b, const struct node *root)
{
    struct node classes = node_optional(root, "data_classes");
    size_t count = node_present(&classes) ? node_elements(&classes, 0, CLASSES_MAX) : 0;
    const char **words = call_alloc(b->attempt.call, (count + 1) * sizeof *words);
    for (size_t i = 0; i < count; i++) {
        struct node n = node_at(&classes, i);
        words[i] =
            free_text_read(&b->attempt.call->arena, b->attempt.controller->policy, &n, CLASS_BYTES_MAX);
    }
    b->add.class_count = count;
    b->add.classes = words;
}

static void add_read(struct breaching *b, const struct node *root)
{
    static const char *const members[] = {"known_at",  "purposes",     "period",   "subjects",
                                          "facts",     "effects",      "measures", "data_classes",
                                          "high_risk", "on_behalf_of", NULL},
                             *const of_period[] = {"from", "to", NULL};
    struct node period = node_optional(root, "period"), risk = node_member(root, "high_risk");
    node_only(root, members);
    b->add.known = past_read(b, root, "known_at");
    b->add.from = b->add.to = INSTANT_NONE;
    if (node_present(&period)) {
        node_only(&period, of_period);
        b->add.from = past_read(b, &period, "from");
        b->add.to = past_read(b, &period, "to");
        if (b->add.from != INSTANT_NONE && b->add.to != INSTANT_NONE && b->add.from > b->add.to)
            node_fault(&period, ERROR_INVALID, "ends before it begins");
    }
    purposes_read(b, root);
    subjects_read(b, root);
    classes_read(b, root);
    b->add.facts = words_read(b, root, "facts", true);
    b->add.effects = words_read(b, root, "effects", false);
    b->add.measures = words_read(b, root, "measures", false);
    b->add.on_behalf_of = words_read(b, root, "on_behalf_of", false);
    b->add.high_risk = node_bool(&risk);
}

static void set_read(struct breaching *b, const struct node *root, const struct breach_row *r)
{
    static const char *const members[] = {"facts",        "effects", "measures", "high_risk", "reported_at",
                                          "not_reported", "delay",   "told_at",  "closed",    NULL};
    struct node risk = node_optional(root, "high_risk"), closed = node_optional(root, "closed"),
                reported = node_optional(root, "reported_at");
    node_only(root, members);
    b->set.facts = words_read(b, root, "facts", false);
    b->set.effects = words_read(b, root, "effects", false);
    b->set.measures = words_read(b, root, "measures", false);
    b->set.not_reported = words_read(b, root, "not_reported", false);
    b->set.delay = words_read(b, root, "delay", false);
    b->set.reported = past_read(b, root, "reported_at");
    b->set.told = past_read(b, root, "told_at");
    b->high_risk = node_present(&risk) && node_bool(&risk);
    b->set.high_risk = node_present(&risk) ? &b->high_risk : NULL;
    b->set.closes = node_present(&closed) && node_bool(&closed);
    if (b->set.reported > r->due && b->set.delay == NULL && r->delay == NULL)
        node_fault(&reported, ERROR_INVALID, "is later than 72 hours: delay must say why (GDPR art. 33(1))");
    if (b->set.reported != INSTANT_NONE && b->set.reported < r->known)
        node_fault(&reported, ERROR_INVALID, "lies before known_at");
    if (b->set.closes && r->reported == INSTANT_NONE && r->not_reported == NULL &&
        b->set.reported == INSTANT_NONE && b->set.not_reported == NULL)
        node_fault(&closed, ERROR_INVALID, "is open until it was reported, or not_reported says why not");
}

/* ---- the steps ---- */

static void list_send(struct call *call, struct breaching *b);

static void breaching_answer(struct call *call, struct breaching *b)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    breach_write(&w, b->attempt.controller, &b->list.rows[0], b->list.as_of);
    call_answer_json(call, b->is_new ? 201 : 200, &out);
}

static void written(struct breaching *b, enum error e, enum breach_outcome outcome)
{
    struct call *call = b->attempt.call;
    if (e != ERROR_NONE) {
        call_problem(call, e, NULL, NULL);
    } else if (outcome == BREACH_UNKNOWN) {
        call_problem(call, ERROR_NOT_FOUND, "There is no such breach.", NULL);
    } else if (outcome == BREACH_KEY_REUSED) {
        call_problem(call, ERROR_KEY_REUSED, NULL, NULL);
    } else {
        b->written = true;
        list_send(call, b);
    }
}

static void on_added(struct job *job, enum error e)
{
    struct breaching *b = list_entry(list_entry(job, struct breach_add_job, job), struct breaching, add);
    memcpy(b->id, b->add.id, sizeof b->id);
    written(b, e, b->add.reused ? BREACH_KEY_REUSED : BREACH_DONE);
}

static void on_set(struct job *job, enum error e)
{
    struct breaching *b = list_entry(list_entry(job, struct breach_set_job, job), struct breaching, set);
    written(b, e, b->set.outcome);
}

static void add_send(struct call *call, struct breaching *b)
{
    if (call->req == NULL || uuid_v7(b->add.id) != 0) {
        call_problem(call, call->req == NULL ? ERROR_UNAVAILABLE : ERROR_INTERNAL, NULL, NULL);
        return;
    }
    b->add.actor = call->claims.subject;
    b->add.token = call->claims.id[0] != '\0' ? call->claims.id : NULL;
    b->add.key = b->key;
    breach_add_job_prepare(&b->add, b->attempt.controller->controller_id);
    b->add.job.deadline = call->deadline;
    b->add.job.done = on_added;
    lane_submit(call->worker->write, &b->add.job);
}

static void set_send(struct call *call, struct breaching *b)
{
    memcpy(b->set.id, b->id, sizeof b->set.id);
    b->set.actor = call->claims.subject;
    b->set.token = call->claims.id[0] != '\0' ? call->claims.id : NULL;
    b->set.key = b->key;
    breach_set_job_prepare(&b->set, b->attempt.controller->controller_id);
    b->set.job.deadline = call->deadline;
    b->set.job.done = on_set;
    lane_submit(call->worker->write, &b->set.job);
}

/* The body is judged by the database's clock, and by what stands. */
static void body_take(struct call *call, struct breaching *b)
{
    if (call->req == NULL) {
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    if (!b->is_new && b->list.count == 0) {
        call_problem(call, ERROR_NOT_FOUND, "There is no such breach.", NULL);
        return;
    }
    b->add = (struct breach_add_job){0};
    b->set = (struct breach_set_job){0};
    struct node root = reader_root(&b->body);
    if (b->is_new)
        add_read(b, &root);
    else
        set_read(b, &root, &b->list.rows[0]);
    call->abandon = NULL;
    if (!reader_ok(&b->body))
        call_bad_body(call, &b->body);
    else if (b->is_new)
        add_send(call, b);
    else
        set_send(call, b);
}

static void on_listed(struct job *job, enum error e)
{
    struct breaching *b = list_entry(list_entry(job, struct breach_list_job, job), struct breaching, list);
    struct call *call = b->attempt.call;
    if (e != ERROR_NONE || b->list.broken)
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
    else if (b->list.reused)
        call_problem(call, ERROR_KEY_REUSED, NULL, NULL);
    else if (b->list.kept || (b->written && b->list.count == 1))
        breaching_answer(call, b);
    else if (b->written)
        call_problem(call, ERROR_OUTCOME_UNKNOWN, NULL, NULL);
    else if (b->list.generation != b->attempt.controller->generation)
        attempt_again(&b->attempt);
    else
        body_take(call, b);
}

static void list_send(struct call *call, struct breaching *b)
{
    bool one = b->written || !b->is_new;
    breach_list_job_clear(&b->list);
    b->list = (struct breach_list_job){.id = one ? b->id : NULL, .limit = 1, .key = b->key};
    breach_list_job_prepare(&b->list, b->attempt.controller->controller_id);
    b->list.job.deadline = call->deadline;
    b->list.job.done = on_listed;
    lane_submit(call->worker->read, &b->list.job);
}

static void breaching_begin(struct call *call)
{
    struct breaching *b = call->state;
    if (call->req == NULL) {
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    reader_close(&b->body);
    b->key = idempotency_of(call, b->attempt.controller->tagger, b->key_field);
    h2o_iovec_t body = call_body(call);
    reader_open(&b->body, body.base, body.len);
    if (!reader_ok(&b->body))
        attempt_bad_body(&b->attempt, &b->body);
    else
        list_send(call, b);
}

static bool breaching_abandon(struct call *call)
{
    struct breaching *b = call->state;
    lane_cancel(call->worker->read, &b->list.job);
    attempt_abandon(&b->attempt);
    return true;
}

static void breaching_start(struct call *call, struct breaching *b)
{
    call->state = b;
    call->dispose = breaching_dispose;
    call->abandon = breaching_abandon;
    attempt_start(&b->attempt, call, breaching_begin);
}

void handle_breach_add(struct call *call)
{
    struct breaching *b = call_alloc(call, sizeof *b);
    b->is_new = true;
    if (call_takes_no_query(call) && idempotency_read(call, &b->key_field))
        breaching_start(call, b);
}

void handle_breach_set(struct call *call)
{
    struct breaching *b = call_alloc(call, sizeof *b);
    if (!call_takes_no_query(call) || !idempotency_read(call, &b->key_field))
        return;
    if (uuid_parse(call->arguments[0].base, call->arguments[0].len, b->id))
        breaching_start(call, b);
    else
        call_problem(call, ERROR_NOT_FOUND, "There is no such breach.", NULL);
}

/* ---- lists ---- */

struct breach_listing {
    struct attempt attempt;
    bool is_one;
    uint8_t id[UUID_SIZE];
    int64_t after, limit;
    struct breach_list_job job;
};

static void listing_dispose(void *state)
{
    struct breach_listing *l = state;
    breach_list_job_clear(&l->job);
    attempt_end(&l->attempt);
}

static void on_page(struct job *job, enum error e)
{
    struct breach_listing *l =
        list_entry(list_entry(job, struct breach_list_job, job), struct breach_listing, job);
    struct call *call = l->attempt.call;
    size_t limit = (size_t)l->limit, count = l->job.count < limit ? l->job.count : limit;
    if (e != ERROR_NONE || l->job.broken) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    if (l->is_one && count == 0) {
        call_problem(call, ERROR_NOT_FOUND, "There is no such breach.", NULL);
        return;
    }
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    if (l->is_one) {
        breach_write(&w, l->attempt.controller, &l->job.rows[0], l->job.as_of);
    } else {
        writer_object_begin(&w, NULL);
        writer_array_begin(&w, "breaches");
        for (size_t i = 0; i < count; i++)
            breach_write(&w, l->attempt.controller, &l->job.rows[i], l->job.as_of);
        writer_array_end(&w);
        if (l->job.count > count)
            writer_int(&w, "next", l->job.rows[count - 1].number);
        else
            writer_null(&w, "next");
        writer_object_end(&w);
    }
    call_answer_json(call, 200, &out);
}

static void listing_begin(struct call *call)
{
    struct breach_listing *l = call->state;
    breach_list_job_clear(&l->job);
    l->job = (struct breach_list_job){
        .id = l->is_one ? l->id : NULL, .after = l->after, .limit = (int32_t)l->limit + 1};
    breach_list_job_prepare(&l->job, l->attempt.controller->controller_id);
    l->job.job.deadline = call->deadline;
    l->job.job.done = on_page;
    lane_submit(call->worker->slow, &l->job.job);
}

static bool listing_abandon(struct call *call)
{
    struct breach_listing *l = call->state;
    lane_cancel(call->worker->slow, &l->job.job);
    attempt_abandon(&l->attempt);
    return true;
}

static void listing_start(struct call *call, struct breach_listing *l)
{
    call->state = l;
    call->dispose = listing_dispose;
    call->abandon = listing_abandon;
    attempt_current(&l->attempt, call, listing_begin);
}

void handle_breaches(struct call *call)
{
    static const char *const allowed[] = {"after", "limit", NULL};
    struct breach_listing *l = call_alloc(call, sizeof *l);
    if (call_query_only(call, allowed) != 0 ||
        call_query_int(call, "after", 0, 0, INT64_MAX, &l->after) != 0 ||
        call_query_int(call, "limit", PAGE_DEFAULT, 1, BREACH_PAGE_MAX, &l->limit) != 0)
        call_problem(call, ERROR_INVALID, "The query takes after=NUMBER and limit=1..100, each once.", NULL);
    else
        listing_start(call, l);
}

void handle_breach(struct call *call)
{
    struct breach_listing *l = call_alloc(call, sizeof *l);
    l->is_one = true;
    l->limit = 1;
    if (!call_takes_no_query(call))
        return;
    if (uuid_parse(call->arguments[0].base, call->arguments[0].len, l->id))
        listing_start(call, l);
    else
        call_problem(call, ERROR_NOT_FOUND, "There is no such breach.", NULL);
}

/* ---- the persons concerned ---- */

struct concerning {
    struct attempt attempt;
    uint8_t id[UUID_SIZE];
    const char *cursor, *actor;
    int64_t limit;
    struct breach_subjects_job job;
    struct reading reading;
};

static void concerning_dispose(void *state)
{
    struct concerning *c = state;
    breach_subjects_job_clear(&c->job);
    reading_close(&c->reading);
    attempt_end(&c->attempt);
}

static void concerned_answer(struct concerning *k)
{
    const struct controller *c = k->attempt.controller;
    const struct breach_subjects_job *job = &k->job;
    bool full = job->count == (size_t)k->limit;
    int64_t next = full ? job->subjects[job->count - 1].subject_no : job->through;
    char id[SUBJECT_ID_TEXT + 1];
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_array_begin(&w, "subjects");
    for (size_t i = 0; i < job->count; i++) {
        subject_id_format(c->ids, job->subjects[i].subject_no, id);
        writer_object_begin(&w, NULL);
        writer_text(&w, "subject_id", id);
        writer_text(&w, "ref", job->subjects[i].ref);
        writer_text(&w, "actor", job->subjects[i].actor);
        writer_text(&w, "on_behalf_of", job->subjects[i].on_behalf_of);
        writer_int(&w, "revision", job->subjects[i].revision);
        writer_object_end(&w);
    }
    writer_array_end(&w);
    if (next < job->last)
        subject_id_format(c->ids, next, id);
    writer_text(&w, "next", next < job->last ? id : NULL);
    writer_object_end(&w);
    reading_answer(&k->reading, c->controller_id, "breach_subjects", 0, job->count, &out);
}

static void on_concerned(struct job *job, enum error e)
{
    struct concerning *k =
        list_entry(list_entry(job, struct breach_subjects_job, job), struct concerning, job);
    struct call *call = k->attempt.call;
    if (e != ERROR_NONE || k->job.broken)
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
    else if (!k->job.found)
        call_problem(call, ERROR_NOT_FOUND, "There is no such breach.", NULL);
    else
        concerned_answer(k);
}

static void concerning_begin(struct call *call)
{
    struct concerning *k = call->state;
    const struct controller *c = k->attempt.controller;
    int64_t after = 0;
    if (k->cursor != NULL && !subject_id_parse(c->ids, k->cursor, strlen(k->cursor), &after)) {
        call_problem(call, ERROR_INVALID, "after takes what an answer gave as next.", NULL);
        return;
    }
    if (!reading_judge(&k->reading, &k->attempt))
        return;
    breach_subjects_job_clear(&k->job);
    k->job = (struct breach_subjects_job){.after = after, .limit = (int32_t)k->limit, .actor = k->actor};
    memcpy(k->job.id, k->id, sizeof k->job.id);
    breach_subjects_job_prepare(&k->job, c->controller_id);
    k->job.job.deadline = call->deadline;
    k->job.job.done = on_concerned;
    lane_submit(call->worker->slow, &k->job.job);
}

static bool concerning_abandon(struct call *call)
{
    struct concerning *k = call->state;
    lane_cancel(call->worker->slow, &k->job.job);
    attempt_abandon(&k->attempt);
    return true;
}

void handle_breach_subjects(struct call *call)
{
    static const char *const allowed[] = {"after", "limit", "actor", READING_QUERY, NULL};
    struct concerning *k = call_alloc(call, sizeof *k);
    if (call_query_only(call, allowed) != 0 ||
        call_query_int(call, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &k->limit) != 0) {
        call_problem(
            call, ERROR_INVALID,
            "The query takes after=SUBJECT_ID, limit=1..1000, actor=, reason= and on_behalf_of=, each "
            "once.",
            NULL);
        return;
    }
    if (!uuid_parse(call->arguments[0].base, call->arguments[0].len, k->id)) {
        call_problem(call, ERROR_NOT_FOUND, "There is no such breach.", NULL);
        return;
    }
    k->cursor = call_query(call, "after");
    k->actor = call_query(call, "actor");
    if (k->actor != NULL && !claims_subject_valid(k->actor)) {
        call_problem(call, ERROR_INVALID, "actor is 1 to 128 printable ASCII characters.", NULL);
        return;
    }
    if (!reading_open(&k->reading, call))
        return;
    call->state = k;
    call->dispose = concerning_dispose;
    call->abandon = concerning_abandon;
    attempt_current(&k->attempt, call, concerning_begin);
}
