/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "http/attempt.h"
#include "http/counters.h"
#include "ledger/probes.h"
#include "site/handlers.h"
#include "site/request.h"
#include "store/lane.h"

/* POST /v1/sites/{controller}/choices/read: what stands, for who holds the code. */

struct site_reading {
    struct attempt attempt;
    struct site_page page;
    struct reader body;
    struct person person;
    size_t count;
    const struct purpose **purposes; /* all that the banner asks about */
    struct purpose_set *sets;        /* one a purpose */
    struct check_job job;
};

static void reading_dispose(void *state)
{
    struct site_reading *r = state;
    reader_close(&r->body);
    check_job_clear(&r->job);
    attempt_end(&r->attempt);
}

static bool reading_abandon(struct call *call)
{
    struct site_reading *r = call->state;
    lane_cancel(call->worker->read, &r->job.job);
    attempt_abandon(&r->attempt);
    return true;
}

static void verdict_write(struct writer *w, const struct verdict *v)
{
    writer_object_begin(w, NULL);
    writer_text(w, "purpose", v->purpose->key);
    writer_bool(w, "allow", reason_allows(v->reason));
    writer_text(w, "reason", reason_word(v->reason));
    writer_moment(w, "since", v->since);
    writer_moment(w, "valid_until", v->valid_until);
    writer_moment(w, "ask_again_after", v->ask_again_after);
    writer_object_end(w);
}

static void reading_answer(struct call *call, struct site_reading *r)
{
    const struct policy *policy = r->attempt.controller->policy;
    size_t step = probes_count(&r->person);
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_int(&w, "policy_version", policy->version);
    writer_moment(&w, "as_of", r->job.as_of);
    writer_array_begin(&w, "choices");
    for (size_t i = 0; i < r->count; i++) {
        struct verdict v =
            probes_verdict(&r->person, policy, r->purposes[i], ENTITY_ANY, 0, &r->job, i * step);
        counters_verdicts(call->worker->counters, v.reason, 1);
        verdict_write(&w, &v);
    }
    writer_array_end(&w);
    writer_object_end(&w);
    call_answer_json(call, 200, &out);
}

static void on_read(struct job *job, enum error e)
{
    struct site_reading *r = list_entry(job, struct site_reading, job.job);
    struct call *call = r->attempt.call;
    if (e != ERROR_NONE)
        call_problem(call, e, NULL, NULL);
    else if (r->job.broken)
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
    else if (r->job.generation != r->attempt.controller->generation)
        attempt_again(&r->attempt);
    else {
        worker_clock(call->worker, r->job.as_of);
        reading_answer(call, r);
    }
}

/* Probes of all that the banner asks about. */
static void reading_submit(struct call *call, struct site_reading *r)
{
    const struct policy *policy = r->attempt.controller->policy;
    size_t step = probes_count(&r->person);
    r->count = 0;
    r->purposes = call_alloc(call, policy->purpose_count * sizeof *r->purposes);
    r->sets = call_alloc(call, policy->purpose_count * sizeof *r->sets);
    struct probe *probes = call_alloc(call, policy->purpose_count * step * sizeof *probes);
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *p = &policy->purposes[i];
        if (!p->on_banner)
            continue;
        purpose_set_of(policy, p, &r->sets[r->count]);
        probes_fill(&r->person, r->count, probes + r->count * step);
        r->purposes[r->count++] = p;
    }
    check_job_clear(&r->job);
    check_job_init(&r->job, r->attempt.controller->controller_id, probes, r->count * step, r->sets, r->count);
    check_job_hold(&r->job, lane_view_link(call->worker->read));
    r->job.job.deadline = call->deadline;
    r->job.job.done = on_read;
    lane_submit(call->worker->read, &r->job.job);
}

static void reading_begin(struct call *call)
{
    static const char *const members[] = {"visitor", NULL};
    struct site_reading *r = call->state;
    const struct controller *controller = r->attempt.controller;
    if (call->req == NULL) {
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    h2o_iovec_t body = call_body(call);
    reader_close(&r->body);
    reader_open(&r->body, body.base, body.len);
    struct node root = reader_root(&r->body);
    const char *visitor = "";
    if (node_present(&root) && site_of_page(controller->policy, &r->page, &root) != NULL) {
        site_allow(call, &r->page);
        node_only(&root, members);
        node_member(&root, "visitor");
        visitor = site_visitor_read(&root);
    }
    if (!reader_ok(&r->body)) {
        attempt_bad_body(&r->attempt, &r->body);
        return;
    }
    site_person(visitor, controller, &r->person);
    reading_submit(call, r);
}

static void reading_start(struct call *call)
{
    struct site_reading *r = call_alloc(call, sizeof *r);
    r->page = site_page_of(call);
    call->state = r;
    call->dispose = reading_dispose;
    call->abandon = reading_abandon;
    attempt_start(&r->attempt, call, reading_begin);
}

void handle_site_read(struct call *call)
{
    if (call_takes_no_query(call))
        site_begin(call, reading_start);
}
