/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"
#include "http/controllers.h"
#include "store/check.h"

/* A call's attempt under its controller's policy: what the call does is begun with the policy the worker holds, and begun again when a statement
 * tells that a newer one is in force (promise 2). A token that was revoked is refused here: whoever holds the generation in force
 * also knows which those are. Embedded in the handler's state. */
struct attempt {
    struct call *call;
    struct controller *controller; /* while begun */
    void (*begin)(struct call *call);
    bool admits;    /* attempt_admit: the token is all there is to ask */
    unsigned loads; /* of the policy, in this attempt */
    struct controller_wait wait;
    struct check_job confirm;
    struct reader *faults;
};

/* Begins, at once or when the controller has been loaded. Answers the problem itself when it cannot be. */
void attempt_start(struct attempt *attempt, struct call *call, void (*begin)(struct call *call));
/* For a call that asks nothing under a policy: begins once its token is known not to be revoked. ${attempt}->controller is NULL where there
 * is no policy yet. */
void attempt_admit(struct attempt *attempt, struct call *call, void (*begin)(struct call *call));
/* The generation has moved on: loads and begins again, a few times; then 503. */
void attempt_again(struct attempt *attempt);
/* The body is wrong under the policy held: answers so when that is the one in force, else begins again. ${faults} stays open
 * until then. */
void attempt_bad_body(struct attempt *attempt, struct reader *faults);
/* Takes back what the attempt itself waits for: the call is about to end unanswered. */
void attempt_abandon(struct attempt *attempt);
/* For the handler's dispose. */
void attempt_end(struct attempt *attempt);
