/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"
#include "http/controllers.h"
#include "ledger/env.h"

/* A call's attempt under its controller's policy: what the call does is begun with the policy the worker
 * holds, and begun again when a statement tells that a newer one is in force (promise 2). A token that was
 * revoked is refused here: whoever holds the generation in force also knows which those are. Embedded in
 * the handler's state.
 *
 * (1) It waits for one thing at a time: for a load of the policy, or for a statement of its own that asks
 *     for the generation; else the handler has it.
 * (2) ${controller} has a reference of the attempt's from its first begin to attempt_end, and changes only
 *     for one that was loaded later.
 * (3) ${begin} is never called with a controller that has the call's token among the revoked.
 * (4) It loads LOADS_MAX times at most.
 * (5) That a body is wrong, or not allowed, is said only under the policy in force, or where it is under
 *     any. */
enum attempt_waits { ATTEMPT_WAITS_NOT, ATTEMPT_LOADS, ATTEMPT_ASKS };

struct attempt {
    struct call *call;
    struct controller *controller; /* while begun */
    void (*begin)(struct call *call);
    bool admits; /* attempt_admit: there may be no policy */
    enum attempt_waits waits;
    unsigned loads; /* of the policy, in this attempt */
    struct controller_wait wait;
    struct asking *asking; /* for the generation; NULL: it was not */
    struct reader *faults; /* attempt_bad_body */
    enum error refusal;    /* attempt_refuse */
    const char *detail;
};

/* Begins, at once or when the controller has been loaded. Answers the problem itself when it cannot be. */
void attempt_start(struct attempt *attempt, struct call *call, void (*begin)(struct call *call));
/* For a call that sends no statement under a policy: begins once its token is known not to be revoked, with
 * the policy in force then. ${attempt}->controller is NULL where there is none yet. */
void attempt_admit(struct attempt *attempt, struct call *call, void (*begin)(struct call *call));
/* For a call whose statement does not tell the generation, as those of lists: begins under the policy in
 * force, as that was once the call had come. */
void attempt_current(struct attempt *attempt, struct call *call, void (*begin)(struct call *call));
/* For ${vouch} of a call (http/call): asks whether its token was revoked, beside what the handler holds.
 * Where nobody can be asked the call's refusal is said as it is: it tells only what its own request is. */
void attempt_vouch(struct call *call);
/* The generation has moved on: loads and begins again, a few times; then 503. */
void attempt_again(struct attempt *attempt);
/* The body is wrong under the policy held: answers so when that is the one in force, else begins again.
 * ${faults} stays open until then. */
void attempt_bad_body(struct attempt *attempt, struct reader *faults);
/* Likewise of what the policy held does not allow. ${detail} is static. */
void attempt_refuse(struct attempt *attempt, enum error e, const char *detail);
/* Takes back what the attempt itself waits for: the call is about to end unanswered. */
void attempt_abandon(struct attempt *attempt);
/* What a call's request is read with, under the policy that its attempt holds; all of it is the call's. */
struct ledger_env attempt_env(const struct attempt *attempt);
/* For the handler's dispose. */
void attempt_end(struct attempt *attempt);
