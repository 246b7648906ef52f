/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/policy.h"
#include "http/attempt.h"
#include "http/call.h"
#include "store/audit.h"

/* A read of a person's data is itself recorded (GDPR art. 5(2), 32): who, when, whose, why. What was read is
 * told only once that is committed. Embedded in the handler's state. The entry is written by the write lane
 * after the read, and not by the read's own statement: one statement then numbers all entries of a tick,
 * which costs a read some microseconds, and a read that has to begin again is recorded once. */
struct reading {
    struct call *call;
    const char *reason, *on_behalf_of; /* NULL: not said */
    bool answers; /* it is for the rights-request that follows, which the entry then names */
    uint8_t request_id[UUID_SIZE];
    struct audit_job audit;
    struct audit_persons_job persons; /* where several are told of */
    struct buf answer;                /* to be told then */
    int status;
    void (*then)(struct call *call); /* goes on then, instead of an answer */
    enum error problem;              /* told instead, unless ERROR_NONE */
    const char *detail;
};

/* The names of its query parameters: reason, on_behalf_of. For the caller's list of what it takes. */
#define READING_QUERY "reason", "on_behalf_of"

/* Whether the query has nothing else; else the problem has been answered. */
bool reading_query_alone(struct call *call);
/* Takes both out of the query. Returns false when the problem has been answered. */
bool reading_open(struct reading *r, struct call *call);
/* For the handler's dispose. */
void reading_close(struct reading *r);
/* Under the policy of the attempt: no e-mail address, telephone or citizen number is kept as a reason, and
 * where the policy asks for a reason there must be one: that there is none is said under the policy in
 * force. Returns false when the attempt goes on without the caller. */
bool reading_judge(struct reading *r, struct attempt *attempt);
/* Likewise for a caller that answers later: the detail of ERROR_REASON_REQUIRED, or NULL. */
const char *reading_misfit(struct reading *r, const struct policy *policy);
/* Records that ${found} persons, events or rows were read of ${subject_no} (0: of nobody in particular), then
 * answers with ${answer}, which is taken over. Ends the call; nobody can take it back any more. ${action} is
 * static. */
void reading_answer(struct reading *r, int32_t controller_id, const char *action, int64_t subject_no,
                    size_t found, struct buf *answer);
/* Likewise where ${count} persons are told of, one at least: an entry each. ${told} must stay. */
void reading_answer_persons(struct reading *r, int32_t controller_id, const char *action,
                            const struct audit_told *told, size_t count, struct buf *answer);
/* Likewise with a problem: nothing was found. ${detail} is static. */
void reading_problem(struct reading *r, int32_t controller_id, const char *action, enum error problem,
                     const char *detail);
/* Likewise for an answer that is yet to be made: ${then} goes on once it is recorded. Until then nobody can
 * take the call back. */
void reading_then(struct reading *r, int32_t controller_id, const char *action, int64_t subject_no,
                  size_t found, void (*then)(struct call *call));
/* The entry of what this call does, without an action, subject or count: for a job that writes it itself. */
struct audit_entry reading_entry(const struct call *call, const char *reason, const char *on_behalf_of);
