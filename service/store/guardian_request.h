/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/idempotency.h"
#include "store/record.h"

/* What a guardian is asked: requests on one child out of one body, and what this guardian said of each. */
struct guardian_asked {
    int64_t revision;
    int32_t purpose;
    int32_t notice; /* number; 0: the words are not known */
    char *language; /* NULL: none was told */
    instant recorded_at, valid_until;
    rank said;       /* what this guardian said last; 0: nothing yet */
    int64_t said_at; /* its revision */
    bool is_left;    /* an address of the child's or the guardian's has ended since: no Yes is taken */
};

enum { GUARDIAN_TAGS_MAX = 2 }; /* one more while a subject key is being rotated */

struct guardian_request_job {
    struct job job;
    struct confirmation which; /* the requests */
    size_t tag_count;
    struct tag tags[GUARDIAN_TAGS_MAX]; /* that the guardian may be known by */

    int64_t generation; /* of the controller; 0: there is no such controller */
    instant as_of;
    bool second_waits;   /* a second message, that takes a Yes back, can still leave */
    struct person child; /* whom the requests name, as the database has their tags; count 0: erased */
    size_t count;
    struct guardian_asked *asked; /* in the order of revisions */
    bool broken;                  /* memory ran out */
};
void guardian_request_job_init(struct guardian_request_job *g, int32_t controller_id,
                               const struct confirmation *which);
/* Frees what the answer holds. */
void guardian_request_job_clear(struct guardian_request_job *g);

/* Was a message to the guardian put with the requests that begin at a revision? */
struct guardian_told_job {
    struct job job;
    int64_t subject_no, revision;

    bool told;
};
void guardian_told_job_init(struct guardian_told_job *t, int32_t controller_id, int64_t subject_no,
                            int64_t revision);

/* What was answered under a key, beside the requests' events: the first that is kept is the answer. */
struct guardian_answer_job {
    struct job job;
    struct idempotency key; /* present, and of no other answer */
    const char *answer;
    int64_t subject_no, revision; /* of the first request */

    char *first; /* NULL where memory ran out */
};
void guardian_answer_job_prepare(struct guardian_answer_job *a, int32_t controller_id);
/* Frees ${first}. */
void guardian_answer_job_clear(struct guardian_answer_job *a);
