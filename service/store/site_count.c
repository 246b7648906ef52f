/* SPDX-License-Identifier: Apache-2.0 */
#include "store/site_count.h"

#include "store/params.h"
#include "store/row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- adding ---- */

static void count_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct site_count_job *j = list_entry(batch[0].job, struct site_count_job, job);
    params_int4(params, j->job.controller_id);
    params_text(params, j->time_zone);
    struct param *notices = params_array(params, PARAM_BYTEA), *versions = params_array(params, PARAM_INT4);
    struct param *counts[COUNT_KINDS];
    for (size_t k = 0; k < COUNT_KINDS; k++)
        counts[k] = params_array(params, PARAM_INT8);
    for (size_t i = 0; i < j->count; i++) {
        const struct site_count *row = &j->rows[i];
        param_bytes(notices, row->notice, row->words_known ? sizeof row->notice : 0);
        param_int4(versions, row->policy_version);
        for (size_t k = 0; k < COUNT_KINDS; k++)
            param_int8(counts[k], row->counts[k]);
    }
}

void site_count_job_init(struct site_count_job *j, int32_t controller_id)
{
    static const struct verb verb = {
        .statement = "site_count", .writes = true, .batch_max = 1, .bind = count_bind};
    *j = (struct site_count_job){.job = {.verb = &verb, .weight = 1, .controller_id = controller_id}};
}

/* ---- reading ---- */

static void stats_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct site_stats_job *j = list_entry(batch[0].job, struct site_stats_job, job);
    params_int4(params, j->job.controller_id);
    params_text(params, j->time_zone);
    params_text(params, j->from);
    params_text(params, j->to);
    params_int4(params, SITE_STATS_DAYS);
    params_int4(params, SITE_STATS_MAX + 1);
}

static void day_text(const PGresult *rows, int row, int column, char ret_day[11])
{
    size_t len;
    const char *text = row_bytes(rows, row, column, &len);
    snprintf(ret_day, 11, "%.*s", (int)(len < 10 ? len : 10), text != NULL ? text : "");
}

static void day_take(const PGresult *rows, int row, struct site_day *d)
{
    size_t len;
    day_text(rows, row, 0, d->day);
    const char *notice = row_bytes(rows, row, 3, &len);
    d->count.words_known = len == NOTICE_HASH_SIZE;
    if (d->count.words_known)
        memcpy(d->count.notice, notice, len);
    d->count.policy_version = row_int4(rows, row, 4);
    for (int k = 0; k < COUNT_KINDS; k++)
        d->count.counts[k] = row_int8(rows, row, 5 + k);
}

static void stats_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct site_stats_job *j = list_entry(batch[0].job, struct site_stats_job, job);
    int found = PQntuples(rows);
    site_stats_job_clear(j);
    j->broken = found < 1 || found - 1 > SITE_STATS_MAX;
    if (found < 1)
        return;
    day_text(rows, 0, 0, j->first);
    day_text(rows, 0, 1, j->last);
    if (j->broken)
        return;
    j->as_of = row_instant(rows, 0, 2);
    if (found == 1)
        return;
    j->days = calloc((size_t)found, sizeof *j->days);
    j->broken = j->days == NULL;
    for (int row = 1; row < found && !j->broken; row++)
        day_take(rows, row, &j->days[j->day_count++]);
}

void site_stats_job_init(struct site_stats_job *j, int32_t controller_id)
{
    static const struct verb verb = {
        .statement = "site_stats", .batch_max = 1, .bind = stats_bind, .take = stats_take};
    *j = (struct site_stats_job){.job = {.verb = &verb, .weight = 1, .controller_id = controller_id}};
}

void site_stats_job_clear(struct site_stats_job *j)
{
    free(j->days);
    j->days = NULL;
    j->day_count = 0;
}
