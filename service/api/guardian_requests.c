/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "base/limits.h"
#include "http/idempotency.h"
#include "http/recording.h"
#include "ledger/guardian_request.h"
#include "ledger/probes.h"
#include "ledger/verdict_json.h"
#include "store/guardian_request.h"
#include "store/lane.h"
#include "store/persons.h"

/* POST /v1/guardian-requests: a guardian is asked for a child. First it is looked up whether the child is
 * known to have the guardian's mail box; the requests are recorded, with the message that takes the link to
 * the policy's endpoint where there is one; then the answer has the verdicts as they are now. Under a key
 * that is kept: a repeat has what the first had, whatever was said since. Who is told that the outcome is
 * unknown repeats with the same key. */
struct guardian_asking {
    struct recording recording; /* first */
    struct guardian_request_tags tags;
    struct persons_found found[GUARDIAN_REQUEST_TAGS_MAX]; /* of each */
    struct persons_job persons;
    struct guardian_request request;
    char url[GUARDIAN_URL_MAX];
    instant answer_by;
    struct guardian_told_job told;
    struct purpose_set *sets;
    struct check_job check;
    struct guardian_answer_job kept; /* under a key */
};

static struct guardian_asking *asking_of(struct recording *r)
{
    return list_entry(r, struct guardian_asking, recording);
}

static void asking_forget(struct recording *r)
{
    check_job_clear(&asking_of(r)->check);
    persons_job_clear(&asking_of(r)->persons);
    guardian_answer_job_clear(&asking_of(r)->kept);
}

/* ---- whose the guardian's mail box is ---- */

static bool is_among(const struct persons_found *found, int64_t person)
{
    bool is_there = found->own != 0 && found->own == person;
    for (size_t i = 0; i < found->count && !is_there; i++)
        is_there = found->persons[i] == person;
    return is_there;
}

static bool share_a_person(const struct persons_found *a, const struct persons_found *b)
{
    bool shared = a->own != 0 && is_among(b, a->own);
    for (size_t i = 0; i < a->count && !shared; i++)
        shared = is_among(b, a->persons[i]);
    return shared;
}

/* A mail box of whoever has one of the child's identifiers is read by the child, for all that is known. */
static bool reads_own_mail(const struct guardian_asking *a)
{
    for (size_t i = 0; i < a->tags.child; i++) {
        for (size_t k = a->tags.child; k < a->tags.count; k++) {
            if (share_a_person(&a->found[i], &a->found[k]))
                return true;
        }
    }
    return false;
}

static void on_persons(struct job *job, enum error e)
{
    struct guardian_asking *a =
        list_entry(list_entry(job, struct persons_job, job), struct guardian_asking, persons);
    struct attempt *attempt = &a->recording.attempt;
    if (e != ERROR_NONE || a->persons.broken)
        call_problem(attempt->call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
    else if (a->persons.generation != attempt->controller->generation)
        attempt_again(attempt);
    else
        recording_go_on(&a->recording);
}

static void asking_ask(struct recording *r)
{
    struct guardian_asking *a = asking_of(r);
    struct call *call = r->attempt.call;
    struct ledger_env env = attempt_env(&r->attempt);
    h2o_iovec_t body = call_body(call);
    a->tags = guardian_request_tags_of(&env, body.base, body.len);
    if (a->tags.count == 0) {
        recording_go_on(r);
        return;
    }
    persons_job_init(&a->persons, env.controller->controller_id, a->tags.tags, a->found, a->tags.count);
    a->persons.job.deadline = call->deadline;
    a->persons.job.done = on_persons;
    lane_submit(call->worker->read, &a->persons.job);
}

static void asking_compose(struct recording *r, const struct ledger_env *env, struct acts *ret_acts)
{
    guardian_request_read(env, &r->body, reads_own_mail(asking_of(r)), ret_acts);
}

/* ---- the answer ---- */

/* ${moving}: what another time would make other, a JSON object. */
static void asking_answer(struct guardian_asking *a, const char *moving)
{
    struct call *call = a->recording.attempt.call;
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    if (!a->recording.attempt.controller->policy->messages.confirmation_only_delivered)
        writer_text(&w, "url", a->url);
    writer_moment(&w, "expires_at", a->answer_by);
    writer_members(&w, moving);
    writer_object_end(&w);
    call_answer_json(call, 202, &out);
}

/* Where the policy does not take the request any more there is none to judge: what was kept is told. */
static void moving_write(struct guardian_asking *a, struct buf *out)
{
    const struct recording *r = &a->recording;
    const struct policy *policy = r->attempt.controller->policy;
    struct writer w = writer_of(out);
    writer_object_begin(&w, NULL);
    writer_bool(&w, "delivered", a->told.told);
    writer_array_begin(&w, "verdicts");
    for (size_t i = 0; reader_ok(&r->body) && i < a->request.purpose_count; i++) {
        const struct person *child = r->acts.list[0].person;
        struct verdict v = probes_verdict(child, policy, a->request.purposes[i], ENTITY_ANY, 0, &a->check,
                                          i * probes_count(child));
        writer_object_begin(&w, NULL);
        verdict_members(&w, &v, policy, a->check.as_of);
        writer_object_end(&w);
    }
    writer_array_end(&w);
    writer_object_end(&w);
}

static void on_kept(struct job *job, enum error e)
{
    struct guardian_asking *a =
        list_entry(list_entry(job, struct guardian_answer_job, job), struct guardian_asking, kept);
    if (e != ERROR_NONE || a->kept.first == NULL)
        call_problem(a->recording.attempt.call, ERROR_OUTCOME_UNKNOWN, NULL, NULL);
    else
        asking_answer(a, a->kept.first);
}

/* A blank is in no key that a client sends. */
static void answer_keep(struct guardian_asking *a, const char *moving)
{
    struct call *call = a->recording.attempt.call;
    const struct controller *c = a->recording.attempt.controller;
    const struct recorded *first = &a->recording.job.events[0];
    h2o_iovec_t key =
        h2o_concat(&call->req->pool, a->recording.key, h2o_iovec_init(H2O_STRLIT(" guardian-request")));
    a->kept.key = idempotency_of(call, c->tagger, key);
    a->kept.answer = moving;
    a->kept.subject_no = first->subject_no;
    a->kept.revision = first->revision;
    guardian_answer_job_prepare(&a->kept, c->controller_id);
    a->kept.job.deadline = call->deadline;
    a->kept.job.done = on_kept;
    lane_submit(call->worker->write, &a->kept.job);
}

static void asking_judged(struct guardian_asking *a)
{
    struct call *call = a->recording.attempt.call;
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    moving_write(a, &out);
    buf_byte(&out, '\0');
    const char *moving = buf_failed(&out) ? NULL : arena_copy(&call->arena, out.data, out.len);
    buf_free(&out);
    if (moving == NULL)
        call_problem(call, ERROR_OUTCOME_UNKNOWN, NULL, NULL);
    else if (a->recording.key.base != NULL && call->req != NULL)
        answer_keep(a, moving);
    else
        asking_answer(a, moving);
}

static void on_checked(struct job *job, enum error e)
{
    struct guardian_asking *a = list_entry(job, struct guardian_asking, check.job);
    if (e != ERROR_NONE || a->check.broken)
        call_problem(a->recording.attempt.call, ERROR_OUTCOME_UNKNOWN, NULL, NULL);
    else
        asking_judged(a);
}

static void asking_check(struct guardian_asking *a)
{
    struct call *call = a->recording.attempt.call;
    const struct controller *c = a->recording.attempt.controller;
    if (!reader_ok(&a->recording.body)) {
        asking_judged(a);
        return;
    }
    const struct person *child = a->recording.acts.list[0].person;
    size_t step = probes_count(child), count = a->request.purpose_count;
    struct probe *probes = call_alloc(call, count * step * sizeof *probes);
    a->sets = call_alloc(call, count * sizeof *a->sets);
    for (size_t i = 0; i < count; i++) {
        purpose_set_of(c->policy, a->request.purposes[i], &a->sets[i]);
        probes_fill(child, i, probes + i * step);
    }
    check_job_init(&a->check, c->controller_id, probes, count * step, a->sets, count);
    a->check.job.deadline = call->deadline;
    a->check.job.done = on_checked;
    lane_submit(call->worker->read, &a->check.job);
}

static void on_told(struct job *job, enum error e)
{
    struct guardian_asking *a =
        list_entry(list_entry(job, struct guardian_told_job, job), struct guardian_asking, told);
    if (e != ERROR_NONE)
        call_problem(a->recording.attempt.call, ERROR_OUTCOME_UNKNOWN, NULL, NULL);
    else
        asking_check(a);
}

/* A guardian who was asked a moment ago, or often today, is sent nothing: the ledger alone knows. */
static void asking_told(struct guardian_asking *a, const struct recorded *first)
{
    struct call *call = a->recording.attempt.call;
    const struct controller *c = a->recording.attempt.controller;
    guardian_told_job_init(&a->told, c->controller_id, first->subject_no, first->revision);
    if (!c->policy->messages.has_endpoint) {
        asking_check(a);
        return;
    }
    a->told.job.deadline = call->deadline;
    a->told.job.done = on_told;
    lane_submit(call->worker->read, &a->told.job);
}

/* The requests are in the ledger, now or since the first time. */
static void asking_recorded(struct recording *r)
{
    struct guardian_asking *a = asking_of(r);
    struct call *call = r->attempt.call;
    struct ledger_env env = attempt_env(&r->attempt);
    const struct recorded *first = &r->job.events[0], *last = &r->job.events[r->job.event_count - 1];
    struct guardian_link link = {
        .controller_id = env.controller->controller_id,
        .expires = guardian_link_ends(first->recorded_at),
        .which = {.subject_no = first->subject_no,
                  .revision = first->revision,
                  .count = (int32_t)(last->revision - first->revision + 1)},
    };
    a->request = guardian_request_of(&env, &r->body);
    link.guardian = a->request.guardian.tag;
    a->answer_by = first->valid_until;
    if (guardian_link_url(env.link_keys, env.public_url, &link, a->url) != 0)
        call_problem(call, ERROR_OUTCOME_UNKNOWN, NULL, NULL);
    else
        asking_told(a, first);
}

void handle_guardian_request(struct call *call)
{
    static const struct recording_kind kind = {.compose = asking_compose,
                                               .has_body = true,
                                               .ask = asking_ask,
                                               .forget = asking_forget,
                                               .answer = asking_recorded};
    struct guardian_asking *a = call_alloc(call, sizeof *a);
    recording_start(&a->recording, call, &kind);
}
