/* SPDX-License-Identifier: Apache-2.0 */
#include "http/turn.h"

/* A policy that changes more often than this within one call's time is being changed in a loop. */
enum { LOADS_MAX = 4 };

/* Begins with what ${turn}->controller is now. */
static void turn_begin(struct turn *turn)
{
    struct call *call = turn->call;
    if (turn->controller == NULL || !controller_revoked(turn->controller, call->claims.id)) {
        turn->begin(call);
        return;
    }
    call_set_header(call, "www-authenticate",
                    "Bearer realm=\"akkoord\", error=\"invalid_token\", error_description=\"revoked\"");
    call_problem(call, ERROR_INVALID_TOKEN, "The token has been revoked.", NULL);
}

static void on_controller(struct controller_wait *wait, struct controller *c, enum error e)
{
    struct turn *turn = list_entry(wait, struct turn, wait);
    if (c == NULL && !(turn->admits && e == ERROR_NO_POLICY)) {
        call_problem(
            turn->call, e,
            e == ERROR_NO_POLICY ? "Apply one first: PUT /v1/policy, or `akkoord apply FILE`." : NULL, NULL);
        return;
    }
    controller_unref(turn->controller);
    turn->controller = c;
    turn_begin(turn);
}

static void turn_load(struct turn *turn)
{
    turn->loads++;
    controllers_load(turn->call->worker->controllers, turn->call->claims.controller, turn->call->deadline,
                     &turn->wait);
}

void turn_start(struct turn *turn, struct call *call, void (*begin)(struct call *call))
{
    *turn = (struct turn){.call = call, .begin = begin, .wait = {.done = on_controller}};
    turn->controller = controllers_find(call->worker->controllers, call->claims.controller);
    if (turn->controller != NULL)
        turn_begin(turn);
    else
        turn_load(turn);
}

void turn_again(struct turn *turn)
{
    if (turn->loads >= LOADS_MAX) {
        call_problem(turn->call, ERROR_UNAVAILABLE, "The policy changes faster than it can be read.", NULL);
        return;
    }
    turn_load(turn);
}

static void on_confirmed(struct job *job, enum error e)
{
    struct turn *turn = list_entry(job, struct turn, confirm.job);
    if (e != ERROR_NONE)
        call_problem(turn->call, e, NULL, NULL);
    else if (turn->confirm.generation == turn->controller->generation)
        call_bad_body(turn->call, turn->faults);
    else
        turn_again(turn);
}

static void confirm_ask(struct turn *turn, void (*done)(struct job *job, enum error e))
{
    check_job_init(&turn->confirm, turn->controller->controller_id, NULL, 0, NULL, 0);
    turn->confirm.job.deadline = turn->call->deadline;
    turn->confirm.job.done = done;
    lane_submit(turn->call->worker->read, &turn->confirm.job);
}

static void on_admitted(struct job *job, enum error e)
{
    struct turn *turn = list_entry(job, struct turn, confirm.job);
    if (e != ERROR_NONE)
        call_problem(turn->call, e, NULL, NULL);
    else if (turn->confirm.generation == turn->controller->generation)
        turn_begin(turn);
    else
        turn_again(turn);
}

void turn_admit(struct turn *turn, struct call *call, void (*begin)(struct call *call))
{
    *turn = (struct turn){.call = call, .begin = begin, .admits = true, .wait = {.done = on_controller}};
    turn->controller = controllers_find(call->worker->controllers, call->claims.controller);
    if (turn->controller != NULL)
        confirm_ask(turn, on_admitted);
    else
        turn_load(turn);
}

void turn_bad_body(struct turn *turn, struct reader *faults)
{
    if (turn->loads > 0 || reader_syntax(faults) != NULL) {
        call_bad_body(turn->call, faults);
        return;
    }
    turn->faults = faults;
    confirm_ask(turn, on_confirmed);
}

void turn_abandon(struct turn *turn)
{
    list_drop(&turn->wait.link);
    lane_cancel(turn->call->worker->read, &turn->confirm.job);
}

void turn_end(struct turn *turn)
{
    controller_unref(turn->controller);
    turn->controller = NULL;
}
