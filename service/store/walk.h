/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/tag.h"
#include "domain/verdict.h"
#include "store/job.h"

/* What is told of the event that proves a state. */
enum walk_proof {
    WALK_STATES, /* nothing */
    WALK_REFS,   /* role and ref */
    /* also the import's batch, and the form; identifiers that are nobody's strongest are walked too */
    WALK_ORIGINS
};

struct walked_proof {
    bool is_others; /* of another person's event; false where nothing is told of it */
    enum role role;
    char *ref; /* NULL where there is none, or the event was purged; likewise below */
    char *batch;
    char *form;
    /* From WALK_ORIGINS on, of a Yes that was said with another identifier, the person's strongest: */
    bool has_owner;
    struct tag owner;
    uint8_t owner_type;
    bool is_elsewhere; /* it is walked there, or under another one of those named */
};

/* One person on the way. */
struct walked {
    int64_t subject_no;
    struct tag tag; /* their own */
    uint8_t type;   /* of their identifier */
    size_t first;   /* its states: states[first] and on, ${count} of them */
    size_t count;
};

/* A stretch of a controller's persons in the order of their numbers, with what stands under the own tag of
 * each, from one snapshot. */
struct walk_job {
    struct job job;
    int64_t after;   /* persons of a higher number */
    int32_t numbers; /* so many numbers are looked at; one that is no person's is passed over */
    enum walk_proof proof;
    const struct purpose_set
        *only; /* states of these purposes; NULL: all. The caller's, must stay until done */

    int64_t generation; /* 0: there is no such controller */
    int64_t last;       /* the highest number in the snapshot */
    instant as_of;
    size_t count;
    struct walked *subjects;
    size_t state_count;
    struct state *states;
    struct walked_proof *proofs; /* as many as ${states} */
    bool broken;                 /* memory ran out */
};

/* Fills in verb and weight; the caller sets the rest, deadline and done. */
void walk_job_prepare(struct walk_job *w);
/* Frees what the answer holds. */
void walk_job_clear(struct walk_job *w);
struct states walk_states(const struct walk_job *w, const struct walked *subject);
/* The number the next stretch begins after; INT64_MAX when this one reached the last. */
int64_t walk_next(const struct walk_job *w);

/* How many verdicts are worked out of a subject: one a purpose and entity. */
size_t policy_verdicts(const struct policy *policy);
/* The numbers that a stretch may have where each subject takes so many verdicts: they are worked
 * out at once, on a loop's thread. */
int32_t walk_numbers(size_t verdicts);
