/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/tag.h"
#include "domain/verdict.h"
#include "store/job.h"

struct view_link;

/* What stands under one tag, for the purposes of a set? */
struct probe {
    struct tag tag;
    size_t set;   /* index into the job's sets */
    size_t first; /* the answer: states[first] and on, ${count} of them */
    size_t count;
    bool held;    /* its answer is looked for in the view, and not asked of the database */
    bool pointed; /* a row was a pointer */
};

enum { CHECK_FEW = 4 };

/* Probes of one controller, answered from one snapshot of the primary. */
struct check_job {
    struct job job;
    size_t count;
    struct probe *probes; /* the caller's, like the sets; must stay until done */
    const struct purpose_set *sets;
    size_t set_count;

    int64_t generation; /* of the controller in the snapshot; 0: there is no such controller */
    instant as_of;      /* everything committed before this was seen */
    size_t state_count, state_room;
    struct state *states;
    struct state few[CHECK_FEW]; /* where states is while there are no more: one probe seldom has more */
    bool broken; /* memory ran out, or the rows were not what was asked for: nothing may be concluded */

    struct view_link *link; /* NULL: each probe is asked */
    uint64_t epoch;         /* of the view, when it was sent */
    int64_t number;         /* of the controller's log in the snapshot; -1: there is no such controller */
    bool asks;              /* not all of its probes were held when it was sent */
    bool current;           /* none of all that were sent with it asks: by check_current.sql */
    bool overtaken;         /* what was held of a probe is no longer: it is sent once more, with all probes */
};

/* Fills in the job's verb and weight; the caller sets deadline and done. ${count} 0: the generation and the
 * time alone are asked. */
void check_job_init(struct check_job *c, int32_t controller_id, struct probe *probes, size_t count,
                    const struct purpose_set *sets, size_t set_count);
/* Answers what it can from the view, by the link of the lane that it will be submitted to (store/view.h);
 * before that, and only after check_job_init. ${link} NULL: as without. */
void check_job_hold(struct check_job *c, struct view_link *link);
/* Frees what the answer holds. */
void check_job_clear(struct check_job *c);
struct states check_states(const struct check_job *c, size_t probe);
