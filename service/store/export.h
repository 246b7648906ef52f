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

/* What is held of a subject beside events, in the order of these lists: pages behind (${after_list},
 * ${after_key}). */
enum export_list {
    EXPORT_REQUESTS = 1,     /* what they asked */
    EXPORT_RETENTION_EVENTS, /* the clocks of what others hold */
    EXPORT_DELETIONS,        /* what was said to be deleted */
    EXPORT_AUDIT,            /* who read, and what was done about a right */
    EXPORT_LISTS_END
};

struct export_row {
    enum export_list list;
    int64_t key;
    char *line; /* a flat object of JSON */
};

struct export_rows_job {
    struct job job;
    int64_t subject_no;
    enum export_list after_list;
    int64_t after_key;
    int32_t limit;

    size_t count;
    struct export_row *rows;
    bool broken; /* memory ran out */
};
/* Fill in all up to limit first. */
void export_rows_job_prepare(struct export_rows_job *e, int32_t controller_id);
void export_rows_job_clear(struct export_rows_job *e);

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
