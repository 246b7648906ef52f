/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "base/limits.h"
#include "http/recording.h"
#include "ledger/guardian_request.h"
#include "ledger/probes.h"
#include "ledger/verdict_json.h"
#include "store/lane.h"

/* POST /v1/guardian-requests: a guardian is asked for a child. The requests are recorded, with the message
 * that takes the link to the policy's endpoint where there is one; then the answer has the verdicts as they
 * are now. Who is told that the outcome is unknown repeats with the same key. */
struct guardian_asking {
    struct recording recording; /* first */
    struct guardian_request request;
    char url[GUARDIAN_URL_MAX];
    instant answer_by;
    struct purpose_set *sets;
    struct check_job check;
};

static void asking_forget(struct recording *r)
{
    check_job_clear(&list_entry(r, struct guardian_asking, recording)->check);
}

static void asking_write(struct guardian_asking *a, struct buf *out)
{
    const struct recording *r = &a->recording;
    const struct policy *policy = r->attempt.controller->policy;
    const struct person *child = r->acts.list[0].person;
    struct writer w = writer_of(out);
    writer_object_begin(&w, NULL);
    if (!policy->messages.confirmation_only_delivered)
        writer_text(&w, "url", a->url);
    writer_moment(&w, "expires_at", a->answer_by);
    writer_bool(&w, "delivered", policy->messages.has_endpoint);
    writer_array_begin(&w, "verdicts");
    for (size_t i = 0; i < a->request.purpose_count; i++) {
        struct verdict v = probes_verdict(child, policy, a->request.purposes[i], ENTITY_ANY, 0, &a->check,
                                          i * probes_count(child));
        writer_object_begin(&w, NULL);
        verdict_members(&w, &v, policy, a->check.as_of);
        writer_object_end(&w);
    }
    writer_array_end(&w);
    writer_object_end(&w);
}

static void on_checked(struct job *job, enum error e)
{
    struct guardian_asking *a = list_entry(job, struct guardian_asking, check.job);
    struct call *call = a->recording.attempt.call;
    if (e != ERROR_NONE || a->check.broken) {
        call_problem(call, ERROR_OUTCOME_UNKNOWN, NULL, NULL);
        return;
    }
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    asking_write(a, &out);
    call_answer_json(call, 202, &out);
}

static void asking_check(struct guardian_asking *a)
{
    struct call *call = a->recording.attempt.call;
    const struct controller *c = a->recording.attempt.controller;
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

/* The requests are in the ledger, now or since the first time. */
static void asking_recorded(struct recording *r)
{
    struct guardian_asking *a = list_entry(r, struct guardian_asking, recording);
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
        asking_check(a);
}

void handle_guardian_request(struct call *call)
{
    static const struct recording_kind kind = {
        .read = guardian_request_read, .forget = asking_forget, .answer = asking_recorded};
    struct guardian_asking *a = call_alloc(call, sizeof *a);
    recording_start(&a->recording, call, &kind);
}
