/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "store/job.h"

#include <stddef.h>

/* What an export of a subject begins with; its events are read page by page (store/history), up to
 * ${head}. */
struct export_job {
    struct job job;
    int64_t subject_no;

    int64_t generation;
    instant as_of;
    int64_t head;   /* the ledger's last revision in the snapshot */
    int64_t events; /* of the subject, up to there */
    size_t purpose_count;
    int64_t *purposes; /* that they are of, by number */
    size_t type_count;
    int64_t *types; /* enum identifier_type of all that it is known by, the strongest first */
    int32_t policy_version;
    char *document; /* of the policy in force; NULL: memory ran out */
};
void export_job_init(struct export_job *e, int32_t controller_id, int64_t subject_no);
void export_job_clear(struct export_job *e);

/* The notices that the events name. */
struct export_notice {
    char *id, *version;
    char *document; /* JSON, as the policy has it; NULL: it is not kept */
};

struct export_notices_job {
    struct job job;
    int64_t subject_no;
    int64_t until; /* revision */

    size_t count;
    struct export_notice *notices; /* by id and version */
    bool broken;                   /* memory ran out */
};
void export_notices_job_init(struct export_notices_job *e, int32_t controller_id, int64_t subject_no,
                             int64_t until);
void export_notices_job_clear(struct export_notices_job *e);
