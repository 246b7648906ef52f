/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/tag.h"
#include "domain/verdict.h"
#include "store/job.h"

/* Whose identifiers are these? */
struct lookup_job {
    struct job job;
    size_t count;
    const struct tag *tags;

    int64_t generation; /* of the controller; 0: there is no such controller */
    int64_t subject_no; /* of the first tag that is known; 0: none is */
};
void lookup_job_init(struct lookup_job *l, int32_t controller_id, const struct tag *tags, size_t count);

/* The event that proves a current state. */
struct proven_state {
    instant recorded_at; /* INSTANT_NONE: the event was purged */
    enum role role;
    enum collection_method method;
    int32_t policy_version;
    char *language;
    char *actor;
    char *ref;
};

struct states_job {
    struct job job;
    int64_t subject_no;

    bool found; /* the subject is known */
    int64_t generation;
    instant as_of;
    size_t count;
    struct held *held;           /* its current states */
    struct proven_state *states; /* as many: what proves each */
    bool broken;                 /* memory ran out */
};
void states_job_init(struct states_job *s, int32_t controller_id, int64_t subject_no);
void states_job_clear(struct states_job *s);
