/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "base/uuid.h"
#include "domain/duration.h"
#include "domain/tag.h"
#include "store/idempotency.h"
#include "store/job.h"

#include <stddef.h>

/* Rights-requests: written down, changed, listed, counted. Days are those since 1970, where the controller
 * is. What jobs point at stays the caller's, and must stay until done. */

/* In place of a day, where there is none. */
#define DAY_NONE INT32_MIN

/* When one is due: at the end of a day, at a moment, or (neither) while its clock stands not at all. */
struct rights_end {
    int32_t day; /* DAY_NONE: at a moment, or not */
    instant at;  /* INSTANT_NONE: at the end of the day, or not */
};

struct rights_add_job {
    struct job job;
    uint8_t id[UUID_SIZE];
    const char *kind;
    int64_t subject_no; /* 0: nobody known */
    const char *client; /* NULL: none */
    instant received;
    struct duration term;
    struct rights_end due;
    const char *identity_method, *identity_outcome;
    const char *medium, *on_behalf_of, *ref; /* NULL: not said */
    const char *actor, *token;
    struct idempotency key;

    bool reused; /* the key came with another request */
};
/* Fill in all up to key first. */
void rights_add_job_prepare(struct rights_add_job *a, int32_t controller_id);

/* What became of a change. The numbers are those of rights_request_set() and rights_request_link(). */
enum rights_outcome {
    RIGHTS_DONE,         /* now, or when the same came with the same key */
    RIGHTS_STALE,        /* somebody else changed the request meanwhile */
    RIGHTS_KEY_REUSED,   /* the key came with another request */
    RIGHTS_NOT_THEIRS,   /* of a link: no address that proves who asks (address_proves() of SQL) */
    RIGHTS_LINKED_LATELY /* of a link: as many as may go there went there already */
};

/* A change of one that is open and still of the edition that was read. */
struct rights_set_job {
    struct job job;
    uint8_t id[UUID_SIZE];
    int32_t edition;
    const char *action; /* extend, pause, resume, refuse, close, identity */
    struct rights_end due;
    int32_t paused_days;
    struct duration paused;
    const struct duration *extension; /* NULL: as it was, like all below */
    const char *reason, *complaint, *identity_method, *identity_outcome, *answer;
    const char *actor, *token;
    struct idempotency key;

    enum rights_outcome outcome;
};
void rights_set_job_prepare(struct rights_set_job *s, int32_t controller_id);

/* A request as it is read. Texts are its own; NULL: none. */
struct rights_row {
    int64_t number, subject_no;
    uint8_t id[UUID_SIZE];
    int32_t edition;
    char *kind, *client;
    instant received;
    int32_t received_day;
    struct duration term, extension;
    instant extended_at; /* INSTANT_NONE: it was not */
    char *extension_reason;
    instant paused_at; /* INSTANT_NONE: its clock runs */
    int32_t paused_day;
    char *pause_reason;
    int32_t paused_days;
    struct duration paused;
    struct rights_end due; /* of a day both */
    char *identity_method, *identity_outcome;
    instant identity_at;
    char *state;
    instant closed_at;
    char *closed_by, *answer, *refusal_reason, *complaint, *medium, *on_behalf_of, *ref;
    instant recorded_at;
    char *recorded_by;
};

struct rights_list_job {
    struct job job;
    const uint8_t *id; /* NULL: all that the next say */
    int64_t after;
    int32_t limit;
    const char *state, *kind; /* NULL: any */
    int64_t subject_no;       /* 0: anybody */
    bool overdue;
    instant due_before; /* INSTANT_NONE: whenever */
    instant moment;     /* whose day is asked for; INSTANT_NONE: none */
    /* of a write: what was told when it came first, if it did, instead of all these */
    struct idempotency key;

    bool broken; /* memory ran out */
    bool kept;   /* the row is as it was told then, and so is as_of */
    bool reused; /* the key came with another request */
    int64_t generation;
    instant as_of;
    int32_t today, day; /* ${day}: of the moment */
    size_t count;
    struct rights_row *rows;
};
void rights_list_job_prepare(struct rights_list_job *l, int32_t controller_id);
void rights_list_job_clear(struct rights_list_job *l);

/* ---- who asks, proved by a link ---- */

/* An address as its tags: that of the subject key in force, and while a rotation runs that of the one that is
 * going. */
struct rights_address {
    size_t count;
    struct tag tags[2];
};

/* Puts the link into the outbox, and writes down that it is waited for. */
struct rights_link_job {
    struct job job;
    uint8_t id[UUID_SIZE];
    int32_t edition;
    struct rights_address to;
    const uint8_t *content; /* sealed (ledger/message); the caller's until done */
    size_t content_len;
    instant valid_until;
    const char *actor, *token;
    struct idempotency key;

    enum rights_outcome outcome;
};
void rights_link_job_prepare(struct rights_link_job *l, int32_t controller_id);

/* What a link is worth, and, of a button that was pressed, what became of it. */
struct rights_proof_job {
    struct job job;
    int64_t request_no;
    int32_t sending; /* the edition that its sending made */
    struct rights_address to;
    const char *actor; /* who pressed; NULL: it is only looked at */

    int64_t generation;
    instant as_of;
    char kind[24]; /* of the request; "": it is worth nothing any more */
    instant received;
    instant proven; /* INSTANT_NONE: not yet */
};
void rights_proof_job_prepare(struct rights_proof_job *p, int32_t controller_id);

/* What became of a request that an export, an erasure or a restriction says it answers. The numbers are
 * those of rights_request_answer(). */
enum rights_answered {
    RIGHTS_ANSWERED, /* it is closed by it */
    RIGHTS_UNKNOWN,
    RIGHTS_CLOSED,
    RIGHTS_OTHER_KIND,
    RIGHTS_OTHER_SUBJECT,
    RIGHTS_NOT_THEM /* who asked was found to be somebody else */
};

/* Closes the request ${id} of one of ${kinds} (words of domain/rights, NULL at the end) and of that
 * subject. */
struct rights_answer_job {
    struct job job;
    uint8_t id[UUID_SIZE];
    const char *const *kinds;
    int64_t subject_no;
    const char *answer, *actor; /* ${answer}: an action of the audit, such as export */

    enum rights_answered outcome;
};
void rights_answer_job_prepare(struct rights_answer_job *a, int32_t controller_id);

/* How many are overdue, of all controllers. */
struct rights_overdue_job {
    struct job job;
    int64_t count;
};
void rights_overdue_job_init(struct rights_overdue_job *o);
