/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/tag.h"
#include "domain/verdict.h"
#include "store/lane.h"

/* What stands for one tag and one purpose? */
struct probe {
    struct tag tag;
    int32_t purpose;          /* its number */
    struct standing standing; /* the answer */
};

/* Probes of one controller, answered from one snapshot of the primary. */
struct check_job {
    struct job job;
    int32_t controller_id;
    size_t count;
    struct probe *probes; /* the caller's; must stay until done */
    int64_t generation;   /* of the controller in the snapshot; 0: there is no such controller */
    instant as_of;        /* everything committed before this was seen */
};

/* Fills in the job's verb and weight; the caller sets deadline and done. */
void check_job_init(struct check_job *c, int32_t controller_id, struct probe *probes, size_t count);
