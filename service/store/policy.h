/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/controller.h"
#include "store/idempotency.h"

/* One applied version, as it was written. */
struct policy_read_job {
    struct job job;
    const char *controller;
    int32_t wanted; /* version; 0: the one in force */

    int32_t version; /* 0: there is none */
    char *document;
    uint8_t sha256[POLICY_HASH_SIZE];
};
void policy_read_job_init(struct policy_read_job *p, const char *controller, int32_t wanted);
void policy_read_job_clear(struct policy_read_job *p);

enum apply_outcome {
    APPLY_DONE,
    APPLY_SAME,             /* the same as the one in force: no new version */
    APPLY_OTHER_VERSION,    /* another one than was seen is in force */
    APPLY_COUNTRY_FIXED,    /* there are phone numbers: another country would give them other tags */
    APPLY_BASIS_FIXED,      /* a purpose in use cannot change its basis, nor escape the standing No */
    APPLY_WORDS_FIXED,      /* a notice version that was applied cannot change its words */
    APPLY_NO_TIME_ZONE,     /* the database does not know it */
    APPLY_STRANDS,          /* a purpose with events is left out: retire says that it is to be retired */
    APPLY_DONE_BEFORE,      /* the first answer to this idempotency key: DONE, of that version */
    APPLY_SAME_BEFORE,      /* ... SAME */
    APPLY_KEY_REUSED,       /* the key was used for another request */
    APPLY_CHANNEL_FIXED,    /* a purpose in use cannot change its channel: what was said is of that one */
    APPLY_REPLACES_FIXED,   /* what a purpose replaced and is in use it goes on replacing */
    APPLY_REPLACES_CHANNEL, /* a purpose replaces one that left the document, of another channel */
    APPLY_ENTITY_ADDED      /* a purpose that was agreed to is of one more, and nobody is asked anew */
};

/* The versions of which one must be in force. */
enum { POLICY_VERSION_ANY = -1, POLICY_VERSION_NONE = 0, POLICY_PRECONDITION_MAX = 16 };
struct policy_precondition {
    bool is_set; /* else there is no condition */
    size_t count;
    int32_t versions[POLICY_PRECONDITION_MAX];
};

/* Makes a document the next version of its controller's policy (the first makes the
 * controller), under the head's lock. */
struct policy_apply_job {
    struct job job;
    const struct policy *policy; /* what the document says */
    const char *document;        /* as it will be given back */
    const uint8_t *sha256;
    const char *actor;
    struct policy_precondition seen;
    bool retire; /* purposes in use that the document leaves out are retired */
    uint8_t key; /* number of the subject key a new controller starts with */
    struct idempotency idempotency;

    enum apply_outcome outcome;
    int32_t version; /* in force afterwards; of BEFORE, after the first request */
    /* WORDS_FIXED: index into the policy's notices; BASIS_FIXED, CHANNEL_FIXED, REPLACES_..., ENTITY_ADDED:
     * into its purposes */
    size_t offender;
    /* notice versions that Yeses rest on and the document has not: a line each, the id, a tab and the
     * version; NULL: none was found, or memory ran out */
    char *stranded;
    /* likewise entities that something was said to alone, and the document has not: a line each, the key */
    char *left;
};
/* Frees what the answer holds. */
void policy_apply_job_clear(struct policy_apply_job *p);
/* Fills in verb and weight. */
void policy_apply_job_prepare(struct policy_apply_job *p);
/* Makes the job tell its outcome, and the version in force (0: none), with nothing written: policy, document
 * and sha256 are enough. For a lane that reads. */
void policy_apply_job_rehearse(struct policy_apply_job *p);
