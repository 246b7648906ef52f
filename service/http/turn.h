/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"
#include "http/controllers.h"
#include "store/check.h"

/* A call's turn with its controller: what the call does is begun with the policy the worker holds, and begun again when a statement
 * tells that a newer one is in force (promise 2). A token that was revoked is refused here: whoever holds the generation in force
 * also knows which those are. Embedded in the handler's state. */
struct turn {
    struct call *call;
    struct controller *controller; /* while begun */
    void (*begin)(struct call *call);
    bool admits;    /* turn_admit: the token is all there is to ask */
    unsigned loads; /* of the policy, in this turn */
    struct controller_wait wait;
    struct check_job confirm;
    struct reader *faults;
};

/* Begins, at once or when the controller has been loaded. Answers the problem itself when it cannot be. */
void turn_start(struct turn *turn, struct call *call, void (*begin)(struct call *call));
/* For a call that asks nothing under a policy: begins once its token is known not to be revoked. ${turn}->controller is NULL where there
 * is no policy yet. */
void turn_admit(struct turn *turn, struct call *call, void (*begin)(struct call *call));
/* The generation has moved on: loads and begins again, a few times; then 503. */
void turn_again(struct turn *turn);
/* The body is wrong under the policy held: answers so when that is the one in force, else begins again. ${faults} stays open
 * until then. */
void turn_bad_body(struct turn *turn, struct reader *faults);
/* Takes back what the turn itself waits for: the call is about to end unanswered. */
void turn_abandon(struct turn *turn);
/* For the handler's dispose. */
void turn_end(struct turn *turn);
