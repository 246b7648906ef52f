/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "base/uuid.h"
#include "store/job.h"

#include <stddef.h>

/* Who looked at whose data, and what was done about a right. Entries are numbered in the order of their
 * commits, without a gap, by a lock of their own; none is ever changed, but that erasing a person takes the
 * words out that were written about them, and that the oldest go when their term is over. */
struct audit_entry {
    const char *actor;                 /* the client, or the person behind a command */
    const char *token;                 /* the jti of its token, or the id of its API key; NULL: neither */
    const char *action;                /* a word: what was done or read */
    int64_t subject_no;                /* whose data; 0: of nobody in particular */
    int32_t found;                     /* how many persons, events or rows were told */
    const char *reason, *on_behalf_of; /* NULL: none */
    bool answers;                      /* it was for the rights-request that follows */
    uint8_t request_id[UUID_SIZE];
};

/* Writes an entry. Those of a tick are one statement. */
struct audit_job {
    struct job job;
    struct audit_entry entry;
};
/* Fill in the entry first: what it points at stays the caller's, and must stay until done. */
void audit_job_prepare(struct audit_job *a, int32_t controller_id);

/* Whom a line of a list told of: 0 nobody; and of how many in all. */
struct audit_told {
    int64_t subject_no;
    int32_t found;
};

/* Writes entries that have all else in common, one a person (and one for the lines that told of nobody). */
struct audit_persons_job {
    struct job job;
    struct audit_entry entry; /* but subject_no and found; no request */
    const struct audit_told *told;
    size_t count;
};
/* As audit_job_prepare; ${count} is at least 1. */
void audit_persons_job_prepare(struct audit_persons_job *a, int32_t controller_id);

/* An entry as it is read. Texts are its own; NULL: none. */
struct audit_row {
    int64_t number, subject_no;
    instant at;
    char *actor, *token, *action, *reason, *on_behalf_of;
    int32_t found;
    bool answers;
    uint8_t request_id[UUID_SIZE];
};

struct audit_list_job {
    struct job job;
    int64_t after;
    int32_t limit;
    int64_t subject_no;  /* 0: of all */
    const char *actor;   /* NULL: of all */
    instant from, until; /* INSTANT_NONE: without end */

    bool broken;     /* memory ran out */
    int64_t through; /* numbers up to this one were looked through, */
    int64_t last;    /* of as many as there are */
    size_t count;
    struct audit_row *rows;
};
/* Fill in all up to until first. */
void audit_list_job_prepare(struct audit_list_job *l, int32_t controller_id);
void audit_list_job_clear(struct audit_list_job *l);
