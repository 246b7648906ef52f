/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "base/uuid.h"
#include "store/idempotency.h"
#include "store/job.h"

#include <stddef.h>

/* Breaches of personal data: written down, brought up to date, listed, and the persons concerned. What jobs
 * point at stays the caller's, and must stay until done. INSTANT_NONE and NULL: not said. */

struct breach_add_job {
    struct job job;
    uint8_t id[UUID_SIZE];
    instant known, from, to;
    size_t purpose_count; /* 0: all */
    const int32_t *purposes;
    size_t subject_count; /* 0: whoever has such events */
    const int64_t *subjects;
    const char *facts, *effects, *measures;
    size_t class_count;
    const char *const *classes; /* of data */
    bool high_risk;
    const char *on_behalf_of, *actor, *token;
    struct idempotency key;

    bool reused; /* the key came with another request */
};
void breach_add_job_prepare(struct breach_add_job *a, int32_t controller_id);

/* The numbers are those of breach_set(). */
enum breach_outcome { BREACH_DONE, BREACH_UNKNOWN, BREACH_KEY_REUSED };

struct breach_set_job {
    struct job job;
    uint8_t id[UUID_SIZE];
    const char *facts, *effects, *measures, *not_reported, *delay;
    const bool *high_risk;
    instant reported, told;
    bool closes;
    const char *actor, *token;
    struct idempotency key;

    enum breach_outcome outcome;
};
void breach_set_job_prepare(struct breach_set_job *s, int32_t controller_id);

/* A breach as it is read. Texts and numbers are its own. */
struct breach_row {
    int64_t number;
    uint8_t id[UUID_SIZE];
    instant known, due, from, to, reported, told, closed, recorded;
    int64_t *purposes, *subjects;
    size_t purpose_count, subject_count;
    char *facts, *effects, *measures, *classes, *not_reported, *delay, *on_behalf_of, *recorded_by;
    bool high_risk;
};

struct breach_list_job {
    struct job job;
    const uint8_t *id; /* NULL: all */
    int64_t after;
    int32_t limit;
    /* of a write: what was told when it came first, if it did, instead of all these */
    struct idempotency key;

    bool broken; /* memory ran out */
    bool kept;   /* the row is as it was told then, and so is as_of */
    bool reused; /* the key came with another request */
    int64_t generation;
    instant as_of;
    size_t count;
    struct breach_row *rows;
};
void breach_list_job_prepare(struct breach_list_job *l, int32_t controller_id);
void breach_list_job_clear(struct breach_list_job *l);

/* A person concerned, with the latest event that is. */
struct breach_subject {
    int64_t subject_no, revision;
    char *ref, *actor, *on_behalf_of; /* NULL: none; there always is an actor */
};

struct breach_subjects_job {
    struct job job;
    uint8_t id[UUID_SIZE];
    int64_t after;
    int32_t limit;
    const char *actor; /* NULL: whoever recorded it */

    bool broken; /* memory ran out */
    bool found;  /* there is such a breach */
    int64_t generation;
    int64_t through, last; /* numbers looked through, of so many */
    size_t count;
    struct breach_subject *subjects;
};
void breach_subjects_job_prepare(struct breach_subjects_job *s, int32_t controller_id);
void breach_subjects_job_clear(struct breach_subjects_job *s);
