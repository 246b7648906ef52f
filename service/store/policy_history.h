/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "store/controller.h"
#include "store/job.h"

#include <stddef.h>

/* The versions of a policy, and what changed since one, for whom. What jobs point at stays the caller's. */

struct policy_version_row {
    int32_t version;
    instant applied;
    char *by, *changes; /* ${changes}: JSON, an array */
    uint8_t sha256[POLICY_HASH_SIZE];
};

struct policy_versions_job {
    struct job job;
    const char *controller; /* its key */
    int32_t after, limit;

    bool broken; /* memory ran out */
    size_t count;
    struct policy_version_row *rows;
};
void policy_versions_job_prepare(struct policy_versions_job *v);
void policy_versions_job_clear(struct policy_versions_job *v);

struct policy_told {
    int64_t subject_no;
    char *ref; /* NULL: none */
};

struct policy_changes_job {
    struct job job;
    int32_t since;
    int64_t after;
    int32_t limit;

    bool broken;     /* memory ran out */
    int32_t version; /* in force; 0: there never was the other */
    char *changes;   /* JSON, an array */
    int64_t through, last;
    size_t count;
    struct policy_told *told;
};
void policy_changes_job_prepare(struct policy_changes_job *p, int32_t controller_id);
void policy_changes_job_clear(struct policy_changes_job *p);
