/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/attempt.h"
#include "ledger/acts.h"
#include "loop/loop.h"
#include "store/record.h"
#include "wire/reader_array.h"

/* A request that records: its body is read into acts under the policy in force, they are sent as one job, and
 * it is answered when what became of them is known. What the API and the pages have in common.
 *
 * (1) ${read} may be called several times, each under a policy that was loaded later.
 * (2) One of ${answer} and ${gone}, or a problem, ends the call.
 * (3) ${answer} comes after the commit is known, and not otherwise (promise 3). */
struct recording;

/* What requests that record differ in. */
struct recording_kind {
    /* Of a JSON body. Reads it into ${ret_acts}; what is wrong becomes faults of ${body}. */
    void (*read)(const struct ledger_env *env, struct reader *body, struct acts *ret_acts);
    /* Instead, of what ${r} begins: of a page's form, then ${body} of ${r} is an empty object, or ... */
    void (*compose)(struct recording *r, const struct ledger_env *env, struct acts *ret_acts);
    bool has_body; /* ... of a JSON body with what was asked for it */
    /* Asks the ledger what ${compose} must know, under the policy held: ends in recording_go_on,
     * attempt_again or a problem. NULL: nothing. */
    void (*ask)(struct recording *r);
    /* Frees what that left, before it is asked anew and in the end. NULL: nothing. */
    void (*forget)(struct recording *r);
    /* The acts stand for themselves, or they confirm what was asked before. */
    bool confirms;
    /* Each ends the call. NULL: a receipt as JSON, and a problem. ${r}->job tells what became of the acts. */
    void (*answer)(struct recording *r);
    void (*gone)(struct recording *r, enum gone gone);
};

struct recording {
    struct attempt attempt;
    struct reader body;
    struct reader_array large; /* reads ${body}, where that is large */
    struct loop_task step;     /* ... a piece of it */
    const struct recording_kind *kind;
    struct acts acts;
    struct buf context; /* of the acts, as it is kept with a key */
    struct record_job job;
    h2o_iovec_t key; /* of idempotency; {NULL, 0}: none was sent */
};

/* Begins: ${r} is zeroed memory of the call, the first member of its state. Takes an Idempotency-Key. */
void recording_start(struct recording *r, struct call *call, const struct recording_kind *kind);
/* For ${ask}: what was asked for is there. */
void recording_go_on(struct recording *r);
