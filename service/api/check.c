/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "base/limits.h"
#include "http/attempt.h"
#include "http/counters.h"
#include "ledger/entity.h"
#include "ledger/free_text.h"
#include "ledger/probes.h"
#include "ledger/sold.h"
#include "ledger/trace_mac.h"
#include "ledger/verdict_json.h"
#include "store/lane.h"

#include <string.h>

/* Of a check that is kept. */
struct keeping {
    struct call *call;
    const char *ref;
    struct trace_keep_job trace;
    uint8_t salt[TRACE_SALT]; /* of its hashes */
    struct buf answer;        /* told once it is kept */
};

/* POST /v1/check: may I, for this purpose or these? A thousand of them wait at a time, so what few have is
 * apart, and what was read is gone before it waits: what they have is to stay in the processor's cache. */
struct checking {
    struct attempt attempt;
    struct reader body;
    struct person person;
    bool several;        /* "purposes" was asked: the answer is an object with "results" */
    int entity;          /* asked about; ENTITY_ANY for all */
    product_group group; /* that is to be sold; 0: it is not said */
    size_t purpose_count;
    const struct purpose **purposes;
    struct purpose_set *sets; /* one a purpose */
    struct check_job job;
    struct keeping *keeping; /* NULL: it is not kept that it was asked */
};

static void checking_dispose(void *state)
{
    struct checking *c = state;
    reader_close(&c->body);
    check_job_clear(&c->job);
    if (c->keeping != NULL)
        buf_free(&c->keeping->answer);
    attempt_end(&c->attempt);
}

static const struct purpose *purpose_read(const struct node *n, const struct policy *policy)
{
    const char *key = node_string(n, 1, POLICY_KEY_MAX, NULL);
    const struct purpose *purpose = key[0] != '\0' ? policy_purpose(policy, key) : NULL;
    if (key[0] != '\0' && purpose == NULL)
        node_fault(n, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy");
    return purpose;
}

static void purposes_read(struct call *call, struct checking *c, const struct node *root)
{
    const struct policy *policy = c->attempt.controller->policy;
    struct node many = node_optional(root, "purposes");
    c->several = node_present(&many);
    if (!c->several) {
        struct node one = node_member(root, "purpose");
        c->purposes = call_alloc(call, sizeof *c->purposes);
        c->purposes[0] = purpose_read(&one, policy);
        c->purpose_count = 1;
        return;
    }
    struct node one = node_optional(root, "purpose");
    if (node_present(&one))
        node_fault(&many, ERROR_INVALID, "either purpose or purposes");
    c->purpose_count = node_elements(&many, 1, PURPOSES_PER_CALL_MAX);
    c->purposes = call_alloc(call, (c->purpose_count + 1) * sizeof *c->purposes);
    for (size_t i = 0; i < c->purpose_count; i++) {
        struct node n = node_at(&many, i);
        c->purposes[i] = purpose_read(&n, policy);
    }
}

/* A sender who wants to prove that the check came before the send. */
static void keep_read(struct call *call, struct checking *c, const struct node *root)
{
    static const char *const members[] = {"ref", NULL};
    struct node keep = node_optional(root, "keep");
    if (!node_present(&keep))
        return;
    if (c->keeping == NULL)
        c->keeping = call_alloc(call, sizeof *c->keeping);
    node_only(&keep, members);
    struct node ref = node_member(&keep, "ref");
    c->keeping->ref = reference_read(&call->arena, c->attempt.controller->policy, &ref);
    if (uuid_v7(c->keeping->trace.id) != 0 || !trace_salt_make(c->keeping->salt))
        node_fault(&keep, ERROR_INTERNAL, "no random bytes");
}

static void checking_read(struct call *call, struct checking *c)
{
    static const char *const members[] = {"subject",       "purpose", "purposes", "entity",
                                          "product_group", "keep",    NULL};
    struct node root = reader_root(&c->body);
    if (!node_present(&root))
        return;
    node_only(&root, members);
    person_read(&root, c->attempt.controller, &c->person);
    purposes_read(call, c, &root);
    c->entity = entity_read(&root, c->attempt.controller->policy);
    c->group = sold_read(&root, c->attempt.controller->policy);
    keep_read(call, c, &root);
    for (size_t i = 0; i < c->purpose_count; i++) {
        if (c->purposes[i] != NULL)
            entity_check(&root, c->purposes[i], c->entity);
    }
}

static void on_kept(struct job *job, enum error e)
{
    struct keeping *k = list_entry(list_entry(job, struct trace_keep_job, job), struct keeping, trace);
    if (e != ERROR_NONE)
        call_problem_untold(k->call, e);
    else
        call_answer_json(k->call, 200, &k->answer);
}

/* It is kept with what proves what was asked and answered, and told after that. */
static void trace_send(struct call *call, struct checking *c, const struct buf *out, int32_t allowed)
{
    struct keeping *k = c->keeping;
    struct trace_keep_job *t = &k->trace;
    h2o_iovec_t body = call->req != NULL ? call_body(call) : h2o_iovec_init(NULL, 0);
    k->call = call;
    buf_init(&k->answer, ANSWER_BYTES_MAX);
    buf_append(&k->answer, out->data, out->len);
    if (call->req == NULL || !trace_mac_of(k->salt, body.base, body.len, t->mac) ||
        !trace_mac_of(k->salt, out->data, out->len, t->answer_mac)) {
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    t->at = c->job.as_of;
    t->actor = call->claims.subject;
    t->ref = k->ref;
    t->policy_version = c->attempt.controller->policy->version;
    t->lines = (int32_t)c->purpose_count;
    t->allowed = allowed;
    trace_keep_job_prepare(t, c->attempt.controller->controller_id);
    t->job.deadline = call->deadline;
    t->job.done = on_kept;
    call->abandon = NULL;
    lane_submit(call->worker->write, &t->job);
}

/* Where it is kept, and what shows that it is about this question and answer. */
static void trace_members(struct writer *w, const struct checking *c)
{
    char salt[2 * TRACE_SALT + 1];
    if (c->keeping == NULL)
        return;
    trace_salt_format(c->keeping->salt, salt);
    writer_uuid(w, "trace_id", c->keeping->trace.id);
    writer_text(w, "salt", salt);
}

static void checking_write(struct call *call, struct checking *c)
{
    struct buf *out = &call->worker->scratch;
    buf_clear(out);
    struct writer w = writer_of(out);
    size_t step = probes_count(&c->person);
    int32_t allowed = 0;
    if (c->several) {
        writer_object_begin(&w, NULL);
        writer_array_begin(&w, "results");
    }
    for (size_t i = 0; i < c->purpose_count; i++) {
        struct verdict v = probes_verdict(&c->person, c->attempt.controller->policy, c->purposes[i],
                                          c->entity, c->group, &c->job, i * step);
        counters_verdicts(call->worker->counters, v.reason, 1);
        allowed += reason_allows(v.reason);
        writer_object_begin(&w, NULL);
        verdict_members(&w, &v, c->attempt.controller->policy, c->job.as_of);
        if (!c->several)
            trace_members(&w, c);
        writer_object_end(&w);
    }
    if (c->several) {
        writer_array_end(&w);
        trace_members(&w, c);
        writer_object_end(&w);
    }
    if (buf_failed(out))
        call_problem(call, ERROR_OVERLOADED, "The answer does not fit in memory.", NULL);
    else if (c->keeping != NULL)
        trace_send(call, c, out, allowed);
    else
        call_answer(call, 200, "application/json", out->data, out->len);
}

static void on_checked(struct job *job, enum error e)
{
    struct checking *c = list_entry(job, struct checking, job.job);
    struct call *call = c->attempt.call;
    if (e != ERROR_NONE)
        call_problem(call, e, NULL, NULL);
    else if (c->job.broken)
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
    else if (c->job.generation != c->attempt.controller->generation)
        attempt_again(&c->attempt);
    else {
        worker_clock(call->worker, c->job.as_of);
        checking_write(call, c);
    }
}

static void checking_begin(struct call *call)
{
    struct checking *c = call->state;
    if (call->req == NULL) { /* nobody waits for a check any more */
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    reader_close(&c->body);
    h2o_iovec_t body = call_body(call);
    reader_open(&c->body, body.base, body.len);
    checking_read(call, c);
    if (!reader_ok(&c->body)) {
        attempt_bad_body(&c->attempt, &c->body);
        return;
    }
    reader_close(&c->body);
    size_t step = probes_count(&c->person);
    struct probe *probes = call_alloc(call, c->purpose_count * step * sizeof *probes);
    c->sets = arena_need(&call->arena, c->purpose_count * sizeof *c->sets);
    for (size_t i = 0; i < c->purpose_count; i++) {
        purpose_set_of(c->attempt.controller->policy, c->purposes[i], &c->sets[i]);
        probes_fill(&c->person, i, probes + i * step);
    }
    check_job_clear(&c->job);
    check_job_init(&c->job, c->attempt.controller->controller_id, probes, c->purpose_count * step, c->sets,
                   c->purpose_count);
    check_job_hold(&c->job, lane_view_link(call->worker->read));
    c->job.job.deadline = call->deadline;
    c->job.job.done = on_checked;
    lane_submit(call->worker->read, &c->job.job);
}

static bool checking_abandon(struct call *call)
{
    struct checking *c = call->state;
    lane_cancel(call->worker->read, &c->job.job);
    attempt_abandon(&c->attempt);
    return true;
}

void handle_check(struct call *call)
{
    if (check_has_as_of(call)) {
        handle_check_as_of(call);
        return;
    }
    if (!call_takes_no_query(call))
        return;
    struct checking *c = call_alloc(call, sizeof *c);
    call->state = c;
    call->dispose = checking_dispose;
    call->abandon = checking_abandon;
    attempt_start(&c->attempt, call, checking_begin);
}
