/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/limits.h"
#include "domain/identifier.h"
#include "domain/tag.h"
#include "domain/verdict.h"
#include "store/job.h"

/* A further person that an identifier points at. */
struct also {
    int64_t subject_no;
    uint8_t via; /* enum identifier_type of the identifier they have, among those asked for */
};

/* Whose identifiers are these? An identifier is a person's that was the strongest an act named, or was named
 * beside the person's own or, in turn, beside what the person has. */
struct lookup_job {
    struct job job;
    size_t count;
    const struct tag *tags; /* the strongest first */

    int64_t generation; /* of the controller; 0: there is no such controller */
    /* Of the first tag that is a person itself; where none is, the first by number that has one of them; 0:
     * nobody is known by them. */
    int64_t subject_no;
    size_t also_count; /* the others that are one of them, or stronger and have one; no two are equal */
    struct also also[PERSONS_TOLD_MAX];
    bool also_many; /* there may be more */
};
void lookup_job_init(struct lookup_job *l, int32_t controller_id, const struct tag *tags, size_t count);

/* The event that a state comes from: of a fact, the act that told it. */
struct proof {
    instant recorded_at; /* INSTANT_NONE: the event was purged */
    int64_t subject_no;  /* whose event it is; another person's, where a No reached this one */
    /* Of another person's event: the type of the strongest identifier it named that this person has;
     * IDENTIFIER_TYPES: it reached them by what a third has. */
    uint8_t by;
    int32_t purpose; /* of the event */
    rank rank;       /* likewise: a fact has none of its own */
    enum role role;
    enum collection_method method;
    int32_t policy_version;
    char *language; /* NULL where there is none, or the event is another person's; likewise below */
    char *actor;
    char *ref;
    char *detail; /* JSON */
};

/* Reads it from the columns ${first} and on of a statement that has them as subject_states.sql. */
void proof_take(struct proof *to, const PGresult *rows, int row, int first);
/* Frees what it holds. */
void proof_clear(struct proof *p);

struct states_job {
    struct job job;
    int64_t subject_no;

    bool found; /* the subject is known */
    int64_t generation;
    instant as_of;
    size_t count;
    struct state *states; /* what stands under its own tag, by purpose and slot; and what other tags add */
    struct proof *proofs; /* as many: where each comes from */
    bool broken;          /* memory ran out */
};
void states_job_init(struct states_job *s, int32_t controller_id, int64_t subject_no);
void states_job_clear(struct states_job *s);
