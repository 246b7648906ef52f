/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "base/uuid.h"
#include "store/job.h"

#include <stddef.h>

/* Traces of checks, where their caller wanted that kept: who asked, when, under which reference, and what
 * proves what was asked and answered (ledger/trace_mac.h). */
enum { TRACE_HASH = 32, TRACE_REF = 129, TRACE_ACTOR = 129 };

struct trace_keep_job {
    struct job job;
    uint8_t id[UUID_SIZE];
    instant at;
    const char *actor, *ref; /* the caller's, like all that is pointed at */
    int32_t policy_version;
    int32_t lines, allowed; /* verdicts, and how many of them allow */
    uint8_t mac[TRACE_HASH], answer_mac[TRACE_HASH];
};
/* Fill in all but the job first. */
void trace_keep_job_prepare(struct trace_keep_job *t, int32_t controller_id);

struct trace_row {
    int64_t number;
    uint8_t id[UUID_SIZE];
    instant at;
    char actor[TRACE_ACTOR];
    int64_t revision;
    int32_t policy_version, lines, allowed;
    uint8_t mac[TRACE_HASH], answer_mac[TRACE_HASH];
};

struct trace_list_job {
    struct job job;
    const char *ref;
    int64_t after;
    int32_t limit;

    bool broken; /* memory ran out */
    size_t count;
    struct trace_row *rows;
};
void trace_list_job_prepare(struct trace_list_job *l, int32_t controller_id);
void trace_list_job_clear(struct trace_list_job *l);
