/* SPDX-License-Identifier: Apache-2.0 */
#include "http/attempt.h"

#include "http/challenge.h"
#include "http/counters.h"
#include "store/check.h"
#include "store/lane.h"

#include <assert.h>

/* A policy that changes more often than this within one call's time is being changed in a loop. */
enum { LOADS_MAX = 4 };

/* Held before each wait, and after. */
static void attempt_check(const struct attempt *attempt)
{
    assert(attempt->waits != ATTEMPT_ASKS || attempt->controller != NULL); /* (1): of its generation */
    assert(attempt->controller == NULL || attempt->controller->refs > 0);  /* (2) */
    assert(attempt->loads <= LOADS_MAX);                                   /* (4) */
}

/* ---- beginning ---- */

static void refuse_revoked(struct call *call)
{
    counters_token_refused(call->worker->counters);
    if (call->req != NULL)
        challenge_token(call->req, "revoked");
    call_problem(call, ERROR_INVALID_TOKEN, "The token has been revoked.", NULL);
}

/* Begins with what ${attempt}->controller is now. */
static void attempt_begin(struct attempt *attempt)
{
    struct call *call = attempt->call;
    attempt_check(attempt);
    if (attempt->controller != NULL && controller_revoked(attempt->controller, call->claims.id))
        refuse_revoked(call); /* keeps (3) */
    else
        attempt->begin(call);
}

static void on_controller(struct controller_wait *wait, struct controller *c, enum error e)
{
    struct attempt *attempt = list_entry(wait, struct attempt, wait);
    struct call *call = attempt->call;
    assert(attempt->waits == ATTEMPT_LOADS);
    attempt->waits = ATTEMPT_WAITS_NOT;
    if (c != NULL || e == ERROR_NO_POLICY)
        call->vouch = NULL; /* it was loaded after the call had come: attempt_begin knows */
    if (c == NULL && !(attempt->admits && e == ERROR_NO_POLICY)) {
        call_problem(
            call, e,
            e == ERROR_NO_POLICY ? "Apply one first: PUT /v1/policy, or `akkoord apply FILE`." : NULL, NULL);
        return;
    }
    controller_unref(attempt->controller);
    attempt->controller = c;
    attempt_begin(attempt);
}

static void attempt_load(struct attempt *attempt)
{
    assert(attempt->waits == ATTEMPT_WAITS_NOT);
    attempt->waits = ATTEMPT_LOADS;
    attempt->loads++;
    attempt_check(attempt);
    controllers_load(attempt->call->worker->controllers, attempt->call->claims.controller,
                     attempt->call->deadline, &attempt->wait);
}

static void attempt_init(struct attempt *attempt, struct call *call, void (*begin)(struct call *call))
{
    *attempt = (struct attempt){.call = call, .begin = begin, .wait = {.done = on_controller}};
    attempt->controller = controllers_find(call->worker->controllers, call->claims.controller);
}

void attempt_start(struct attempt *attempt, struct call *call, void (*begin)(struct call *call))
{
    attempt_init(attempt, call, begin);
    if (attempt->controller != NULL)
        attempt_begin(attempt);
    else
        attempt_load(attempt);
}

void attempt_again(struct attempt *attempt)
{
    if (attempt->loads < LOADS_MAX)
        attempt_load(attempt);
    else
        call_problem(attempt->call, ERROR_UNAVAILABLE, "The policy changes faster than it can be read.",
                     NULL);
}

/* ---- asking for the generation in force ---- */

/* Of few calls: most tell the generation with what they answer. */
struct asking {
    struct attempt *attempt;
    struct check_job check;
};

static void attempt_ask(struct attempt *attempt, void (*done)(struct job *job, enum error e))
{
    assert(attempt->waits == ATTEMPT_WAITS_NOT);
    attempt->waits = ATTEMPT_ASKS;
    attempt_check(attempt);
    if (attempt->asking == NULL)
        attempt->asking = call_alloc(attempt->call, sizeof *attempt->asking);
    struct check_job *check = &attempt->asking->check;
    attempt->asking->attempt = attempt;
    check_job_init(check, attempt->controller->controller_id, NULL, 0, NULL, 0);
    check->job.deadline = attempt->call->deadline;
    check->job.done = done;
    lane_submit(attempt->call->worker->read, &check->job);
}

/* The answer to that. Returns the attempt where its controller is the one in force; else it goes on by
 * itself, or the call has ended. */
static struct attempt *attempt_asked(struct job *job, enum error e)
{
    struct asking *asking = list_entry(job, struct asking, check.job);
    struct attempt *attempt = asking->attempt;
    assert(attempt->waits == ATTEMPT_ASKS);
    attempt->waits = ATTEMPT_WAITS_NOT;
    if (e != ERROR_NONE) {
        call_problem(attempt->call, e, NULL, NULL);
        return NULL;
    }
    if (asking->check.generation != attempt->controller->generation) {
        attempt_again(attempt);
        return NULL;
    }
    return attempt;
}

static void on_admitted(struct job *job, enum error e)
{
    struct attempt *attempt = attempt_asked(job, e);
    if (attempt == NULL)
        return;
    attempt->call->vouch = NULL;
    attempt_begin(attempt);
}

/* Begun once the policy is known to be the one in force. */
static void attempt_ask_first(struct attempt *attempt)
{
    if (attempt->controller != NULL)
        attempt_ask(attempt, on_admitted);
    else
        attempt_load(attempt);
}

void attempt_current(struct attempt *attempt, struct call *call, void (*begin)(struct call *call))
{
    attempt_init(attempt, call, begin);
    attempt_ask_first(attempt);
}

void attempt_admit(struct attempt *attempt, struct call *call, void (*begin)(struct call *call))
{
    attempt_init(attempt, call, begin);
    attempt->admits = true;
    attempt_ask_first(attempt);
}

/* It was begun, so that its token is not revoked under this generation. */
static void on_confirmed(struct job *job, enum error e)
{
    struct attempt *attempt = attempt_asked(job, e);
    if (attempt == NULL)
        return;
    attempt->call->vouch = NULL;
    if (attempt->faults != NULL)
        call_bad_body(attempt->call, attempt->faults);
    else
        call_problem(attempt->call, attempt->refusal, attempt->detail, NULL);
}

void attempt_bad_body(struct attempt *attempt, struct reader *faults)
{
    if (attempt->loads > 0 || reader_syntax(faults) != NULL) {
        call_bad_body(attempt->call, faults);
        return;
    }
    attempt->faults = faults;
    attempt_ask(attempt, on_confirmed);
}

void attempt_refuse(struct attempt *attempt, enum error e, const char *detail)
{
    if (attempt->loads > 0) {
        call_problem(attempt->call, e, detail, NULL);
        return;
    }
    attempt->faults = NULL;
    attempt->refusal = e;
    attempt->detail = detail;
    attempt_ask(attempt, on_confirmed);
}

/* ---- before a refusal ---- */

/* Stands in the place of the handler's state, which is kept until the call ends: what
 * it refused may be read there. */
struct vouching {
    struct attempt attempt;
    void (*dispose)(void *state);
    void *state;
};

static void vouching_dispose(void *state)
{
    struct vouching *v = state;
    attempt_end(&v->attempt);
    if (v->dispose != NULL)
        v->dispose(v->state);
}

static bool vouching_abandon(struct call *call)
{
    struct vouching *v = call->state;
    attempt_abandon(&v->attempt);
    return true;
}

void attempt_vouch(struct call *call)
{
    if (!lane_is_ready(call->worker->read)) {
        call_refuse(call);
        return;
    }
    struct vouching *v = call_alloc(call, sizeof *v);
    v->dispose = call->dispose;
    v->state = call->state;
    call->state = v;
    call->dispose = vouching_dispose;
    call->abandon = vouching_abandon;
    attempt_admit(&v->attempt, call, call_refuse);
}

/* ---- ending ---- */

void attempt_abandon(struct attempt *attempt)
{
    list_drop(&attempt->wait.link);
    if (attempt->asking != NULL)
        lane_cancel(attempt->call->worker->read, &attempt->asking->check.job);
}

void attempt_end(struct attempt *attempt)
{
    controller_unref(attempt->controller);
    attempt->controller = NULL;
}

struct ledger_env attempt_env(const struct attempt *attempt)
{
    struct call *call = attempt->call;
    return (struct ledger_env){.arena = &call->arena,
                               .controller = attempt->controller,
                               .link_keys = call->worker->options->link_keys,
                               .public_url = call->worker->options->public_url,
                               .now = worker_now(call->worker)};
}
