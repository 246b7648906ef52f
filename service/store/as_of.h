/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/tag.h"
#include "domain/verdict.h"
#include "store/job.h"
#include "store/subject.h"

#include <stddef.h>

/* What stood at a moment: the policy that was in force, and what was heard under tags. */

struct policy_at_job {
    struct job job;
    instant at;

    bool broken; /* memory ran out */
    int64_t generation;
    instant as_of;   /* the time it is now */
    int32_t version; /* 0: there was none then */
    char *document;
    size_t document_len;
};
void policy_at_job_init(struct policy_at_job *p, int32_t controller_id, instant at);
void policy_at_job_clear(struct policy_at_job *p);

/* The numbers are those of states_as_of(). */
enum as_of_outcome { AS_OF_KNOWN, AS_OF_FORGOTTEN, AS_OF_TOO_MUCH };

/* One tag asked about, and what was found. */
struct tag_as_of {
    enum as_of_outcome outcome;
    int64_t subject_no;  /* 0: nobody is known by it */
    size_t first, count; /* of the job's states and proofs */
};

struct states_as_of_job {
    struct job job;
    size_t count;
    const struct tag *tags; /* the caller's; must stay until done */
    instant at;

    bool broken; /* memory ran out */
    int64_t generation;
    struct tag_as_of found[2 * IDENTIFIERS_MAX]; /* one a tag */
    size_t state_count;
    struct state *states;
    struct proof *proofs;
};
/* ${count} at most 2 * IDENTIFIERS_MAX. */
void states_as_of_job_init(struct states_as_of_job *s, int32_t controller_id, const struct tag *tags,
                           size_t count, instant at);
void states_as_of_job_clear(struct states_as_of_job *s);
