/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "domain/policy.h"
#include "store/job.h"

/* How a controller's banners were answered, by day and notice: counts, and nobody in them. */

enum site_counted { COUNT_FETCHED, COUNT_ACCEPTED, COUNT_REFUSED, COUNT_CHOSEN, COUNT_KINDS };

/* Of one notice, under one version of the policy. */
struct site_count {
    uint8_t notice[NOTICE_HASH_SIZE];
    bool words_known; /* else ${notice} is none */
    int32_t policy_version;
    int64_t counts[COUNT_KINDS];
};

/* Adds to what was counted today. Strings and rows must stay until done; no two rows are of one notice and
 * version. */
struct site_count_job {
    struct job job;
    const char *time_zone;
    size_t count;
    const struct site_count *rows;
};
void site_count_job_init(struct site_count_job *j, int32_t controller_id);

struct site_day {
    char day[11]; /* YYYY-MM-DD */
    struct site_count count;
};

/* What was counted from one day to another, oldest first. */
struct site_stats_job {
    struct job job;
    const char *time_zone;
    const char *from, *to; /* YYYY-MM-DD; NULL: SITE_STATS_DAYS before the last, and today */

    char first[11], last[11]; /* also where it is broken; "": not known */
    instant as_of;
    size_t day_count;
    struct site_day *days;
    bool broken; /* memory ran out, or there are too many */
};
enum {
    SITE_STATS_DAYS = 30,
    SITE_STATS_TERM_DAYS = 400,
    SITE_STATS_MAX = 10000 /* rows: 25 notices a day */
};
void site_stats_job_init(struct site_stats_job *j, int32_t controller_id);
/* Frees what the answer holds. */
void site_stats_job_clear(struct site_stats_job *j);
