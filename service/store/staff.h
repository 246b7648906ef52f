/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/consent.h"
#include "domain/duration.h"
#include "domain/tag.h"
#include "domain/verdict.h"
#include "store/idempotency.h"
#include "store/job.h"

/* What staff does to one person (sql/function/staff.sql): one transaction, under the controller's head. */
enum { STAFF_IDENTIFIERS_MAX = 8 };

/* The numbers are those of sql/function/numbers.sql. */
enum staff_outcome {
    STAFF_DONE,
    STAFF_STALE,      /* the controller's generation is not the caller's: load it again and come back */
    STAFF_REPLAYED,   /* the key's first answer, as it was */
    STAFF_KEY_REUSED, /* the key was used for another request */
    STAFF_NO_SUBJECT,
    STAFF_NO_OTHER,   /* nobody to merge with */
    STAFF_SAME,       /* with oneself; an identifier that is the person, or is right already */
    STAFF_ALREADY,    /* a restriction stands (told as it is); it is tied already */
    STAFF_NOTHING,    /* no restriction stands; nothing ties what is to be split */
    STAFF_NOT_THEIRS, /* an identifier that the person does not have */
    STAFF_OTHERS,     /* the right one is known already */
    STAFF_TOO_MANY,   /* the person would have more than PERSON_IDENTIFIERS_MAX */
    STAFF_CUSTOMERS,  /* two customer codes: merge them */
    STAFF_BROWSER,    /* nothing is tied to a browser */
    /* the rights-request that it is to answer: as enum rights_answered */
    STAFF_NO_REQUEST,
    STAFF_REQUEST_CLOSED,
    STAFF_REQUEST_KIND,
    STAFF_REQUEST_OTHERS,
    STAFF_REQUEST_NOT_THEM
};

/* Of what an erasure removed and kept: places in ${counts}. */
enum erase_count {
    ERASED_EVENTS,      /* removed */
    ERASED_PROOFS,      /* events that stay and are nobody's */
    ERASED_REFUSALS,    /* events that stay, since they reach an identifier that another person has too */
    ERASED_EVIDENCE,    /* removed */
    ERASED_IDENTIFIERS, /* removed */
    ERASED_SHARED,      /* identifiers that stay, since another person has them */
    ERASED_TOMBSTONES,  /* set */
    ERASED_GUARDIANS,   /* forgotten */
    ERASED_MESSAGES,    /* that waited, or were kept after delivery */
    ERASE_COUNTS
};

/* A request that a correction made: the new address has to confirm. */
struct staff_request {
    int64_t subject_no;
    int64_t revision;
};

/* A purpose whose Yes the new address has to confirm, and the message that asks it to. */
struct staff_confirm {
    int32_t purpose;        /* number, that of an entity where it is of one */
    const uint8_t *message; /* sealed (ledger/message); NULL: nothing is delivered */
    size_t message_len;
};

struct staff_job {
    struct job job;
    int64_t generation;
    int32_t policy_version;
    const char *actor, *token;
    const char *on_behalf_of; /* NULL: not said */
    struct idempotency idempotency;
    enum staff_act kind; /* but STAFF_UNDONE */
    int64_t subject_no;
    int64_t other_no; /* STAFF_MERGED */
    /* STAFF_ADDED, _ENDED, _SPLIT: which; STAFF_CORRECTED: the wrong one, then the right one */
    size_t count;
    struct tag tags[STAFF_IDENTIFIERS_MAX];
    struct tag old_tags[STAFF_IDENTIFIERS_MAX]; /* where rotating */
    uint8_t types[STAFF_IDENTIFIERS_MAX];
    bool rotating;
    bool is_proven;                       /* STAFF_CORRECTED */
    bool keeps_proof, keeps_proof_told;   /* STAFF_ERASED; not told: where there was a Yes */
    bool remembers_no;                    /* likewise */
    struct duration term;                 /* of the tombstone; of a request that waits */
    const struct staff_confirm *confirms; /* STAFF_CORRECTED; the caller's until done */
    size_t confirm_count;
    const char *detail; /* JSON, or NULL; the caller's until done */
    uint8_t record_id[UUID_SIZE];
    bool
        answers; /* STAFF_RESTRICTED, _CORRECTED, _ERASED: the rights-request that follows, which it closes */
    uint8_t request_id[UUID_SIZE];

    enum staff_outcome outcome;
    int64_t revision; /* of the event, which is of whom the job names */
    instant recorded_at;
    int64_t told_no; /* STAFF_SPLIT: who left; STAFF_ADDED: whose the identifier is now */
    int64_t *counts; /* STAFF_ERASED: ERASE_COUNTS of them */
    size_t counted;
    instant until; /* of the tombstones; INSTANT_NONE: none were set */
    bool broken;   /* memory ran out while reading: committed, but the answer is not known here */
};

/* Fill in all members up to outcome, and the job's controller, deadline and done, first. May be called again
 * to submit again. ${record_id} becomes that of the first answer where that is told. */
void staff_job_prepare(struct staff_job *s);
void staff_job_clear(struct staff_job *s);
/* The requests of a correction; ${place} below counted / 2. */
struct staff_request staff_request_at(const struct staff_job *s, size_t place);
