/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/attempt.h"
#include "ledger/env.h"
#include "store/staff.h"
#include "wire/writer.h"

/* What staff does to one person (store/staff.h): POST /v1/subjects/{id}/VERB. What the files of these
 * resources share: a body is read under the policy in force, one job does it, and the answer is written when
 * the commit is known.
 *
 * (1) ${read} may be called several times, each under a policy that was loaded later.
 * (2) ${answer} comes after the commit is known, and not otherwise (promise 3). */
struct staffing;

struct staff_kind {
    enum staff_act act;
    int status; /* of the answer, where it was done now */
    /* What is wrong where the ledger knows better: a member of the body, that of whom it is about and that of
     * what it should become. Of an act that names nobody NULL. */
    const char *whom, *into;
    /* Reads the body's members into ${job}, and what the event's detail says: an object of ${detail} that is
     * open. What is wrong becomes faults of the body. */
    void (*read)(struct staffing *s, const struct node *root, struct writer *detail);
    /* The answer's members beside record_id, revision, subject_id and recorded_at. NULL: none. */
    void (*answer)(const struct staffing *s, struct writer *w);
};

struct staffing {
    struct attempt attempt;
    const struct staff_kind *kind;
    h2o_iovec_t id;    /* of the path */
    h2o_iovec_t key;   /* of idempotency; {NULL, 0}: none was sent */
    h2o_iovec_t bytes; /* a copy of the body: the request may be gone when it is read again */
    struct reader body;
    struct ledger_env env;
    struct staff_job job;
};

/* ${kind} is static. */
void staffing_start(struct call *call, const struct staff_kind *kind);
/* An identifier of the body becomes the next of the job's. Returns its type; IDENTIFIER_TYPES where it is
 * none: a fault. */
enum identifier_type staffing_identifier(struct staffing *s, const struct node *n);
/* The optional members "reason" and "on_behalf_of" of ${root}, masked: into ${detail}. */
void staffing_reason(struct staffing *s, const struct node *root, struct writer *detail);
/* The optional member "request" of ${root}: the rights-request that this answers, and closes. */
void staffing_request(struct staffing *s, const struct node *root);
/* The subject of a subject_id in the body; 0, with a fault, where it is none. */
int64_t staffing_subject(struct staffing *s, const struct node *n);
