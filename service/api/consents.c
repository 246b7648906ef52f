/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "http/recording.h"
#include "ledger/acts.h"
#include "store/lane.h"
#include "store/requests.h"

/* POST /v1/consents, /v1/withdraw, /v1/objections and /v1/confirm: acts go into the
 * ledger, a receipt comes back. */

static void record_with(struct call *call, const struct recording_kind *kind)
{
    recording_start(call_alloc(call, sizeof(struct recording)), call, kind);
}

void handle_record(struct call *call)
{
    static const struct recording_kind kind = {.read = consents_read};
    record_with(call, &kind);
}

void handle_withdraw(struct call *call)
{
    static const struct recording_kind kind = {.read = withdraw_read};
    record_with(call, &kind);
}

/* ---- confirmations: what the token names is asked for first ---- */

struct confirming {
    struct recording recording;
    struct requests_job requests;
};

static struct confirming *confirming_of(struct recording *r)
{
    return list_entry(r, struct confirming, recording);
}

static void confirming_forget(struct recording *r)
{
    requests_job_clear(&confirming_of(r)->requests);
}

static void on_requests(struct job *job, enum error e)
{
    struct confirming *c = list_entry(list_entry(job, struct requests_job, job), struct confirming, requests);
    struct attempt *attempt = &c->recording.attempt;
    if (e != ERROR_NONE || c->requests.broken)
        call_problem(attempt->call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
    else if (c->requests.generation != attempt->controller->generation)
        attempt_again(attempt);
    else
        recording_go_on(&c->recording);
}

static void confirming_ask(struct recording *r)
{
    struct confirming *c = confirming_of(r);
    struct call *call = r->attempt.call;
    struct ledger_env env = attempt_env(&r->attempt);
    struct confirmation which = {0};
    if (!confirm_token_read(&env, &r->body, &which)) {
        call_problem(call, ERROR_NOT_FOUND, "There is no such token.", NULL);
        return;
    }
    if (!reader_ok(&r->body)) {
        recording_go_on(r);
        return;
    }
    requests_job_init(&c->requests, env.controller->controller_id, &which);
    c->requests.job.deadline = call->deadline;
    c->requests.job.done = on_requests;
    lane_submit(call->worker->read, &c->requests.job);
}

static void confirming_compose(struct recording *r, const struct ledger_env *env, struct acts *ret_acts)
{
    confirm_read(env, &r->body, &confirming_of(r)->requests, ret_acts);
}

void handle_confirm(struct call *call)
{
    static const struct recording_kind kind = {.compose = confirming_compose,
                                               .has_body = true,
                                               .ask = confirming_ask,
                                               .forget = confirming_forget,
                                               .confirms = true};
    struct confirming *c = call_alloc(call, sizeof *c);
    recording_start(&c->recording, call, &kind);
}

void handle_objection(struct call *call)
{
    static const struct recording_kind kind = {.read = objection_read};
    record_with(call, &kind);
}
