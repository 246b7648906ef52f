/* SPDX-License-Identifier: Apache-2.0 */
#include "http/attempt.h"

/* A policy that changes more often than this within one call's time is being changed in a loop. */
enum { LOADS_MAX = 4 };

/* Begins with what ${attempt}->controller is now. */
static void attempt_begin(struct attempt *attempt)
{
    struct call *call = attempt->call;
    if (attempt->controller == NULL || !controller_revoked(attempt->controller, call->claims.id)) {
        attempt->begin(call);
        return;
    }
    call_set_header(call, "www-authenticate",
                    "Bearer realm=\"akkoord\", error=\"invalid_token\", error_description=\"revoked\"");
    call_problem(call, ERROR_INVALID_TOKEN, "The token has been revoked.", NULL);
}

static void on_controller(struct controller_wait *wait, struct controller *c, enum error e)
{
    struct attempt *attempt = list_entry(wait, struct attempt, wait);
    if (c == NULL && !(attempt->admits && e == ERROR_NO_POLICY)) {
        call_problem(
            attempt->call, e,
            e == ERROR_NO_POLICY ? "Apply one first: PUT /v1/policy, or `akkoord apply FILE`." : NULL, NULL);
        return;
    }
    controller_unref(attempt->controller);
    attempt->controller = c;
    attempt_begin(attempt);
}

static void attempt_load(struct attempt *attempt)
{
    attempt->loads++;
    controllers_load(attempt->call->worker->controllers, attempt->call->claims.controller,
                     attempt->call->deadline, &attempt->wait);
}

void attempt_start(struct attempt *attempt, struct call *call, void (*begin)(struct call *call))
{
    *attempt = (struct attempt){.call = call, .begin = begin, .wait = {.done = on_controller}};
    attempt->controller = controllers_find(call->worker->controllers, call->claims.controller);
    if (attempt->controller != NULL)
        attempt_begin(attempt);
    else
        attempt_load(attempt);
}

void attempt_again(struct attempt *attempt)
{
    if (attempt->loads >= LOADS_MAX) {
        call_problem(attempt->call, ERROR_UNAVAILABLE, "The policy changes faster than it can be read.",
                     NULL);
        return;
    }
    attempt_load(attempt);
}

static void on_confirmed(struct job *job, enum error e)
{
    struct attempt *attempt = list_entry(job, struct attempt, confirm.job);
    if (e != ERROR_NONE)
        call_problem(attempt->call, e, NULL, NULL);
    else if (attempt->confirm.generation == attempt->controller->generation)
        call_bad_body(attempt->call, attempt->faults);
    else
        attempt_again(attempt);
}

static void confirm_ask(struct attempt *attempt, void (*done)(struct job *job, enum error e))
{
    check_job_init(&attempt->confirm, attempt->controller->controller_id, NULL, 0, NULL, 0);
    attempt->confirm.job.deadline = attempt->call->deadline;
    attempt->confirm.job.done = done;
    lane_submit(attempt->call->worker->read, &attempt->confirm.job);
}

static void on_admitted(struct job *job, enum error e)
{
    struct attempt *attempt = list_entry(job, struct attempt, confirm.job);
    if (e != ERROR_NONE)
        call_problem(attempt->call, e, NULL, NULL);
    else if (attempt->confirm.generation == attempt->controller->generation)
        attempt_begin(attempt);
    else
        attempt_again(attempt);
}

void attempt_admit(struct attempt *attempt, struct call *call, void (*begin)(struct call *call))
{
    *attempt =
        (struct attempt){.call = call, .begin = begin, .admits = true, .wait = {.done = on_controller}};
    attempt->controller = controllers_find(call->worker->controllers, call->claims.controller);
    if (attempt->controller != NULL)
        confirm_ask(attempt, on_admitted);
    else
        attempt_load(attempt);
}

void attempt_bad_body(struct attempt *attempt, struct reader *faults)
{
    if (attempt->loads > 0 || reader_syntax(faults) != NULL) {
        call_bad_body(attempt->call, faults);
        return;
    }
    attempt->faults = faults;
    confirm_ask(attempt, on_confirmed);
}

void attempt_abandon(struct attempt *attempt)
{
    list_drop(&attempt->wait.link);
    lane_cancel(attempt->call->worker->read, &attempt->confirm.job);
}

void attempt_end(struct attempt *attempt)
{
    controller_unref(attempt->controller);
    attempt->controller = NULL;
}
