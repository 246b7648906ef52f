/* SPDX-License-Identifier: Apache-2.0 */
#include "http/site_counts.h"

#include "base/limits.h"
#include "loop/loop.h"
#include "store/lane.h"

#include <assert.h>
#include <h2o.h>
#include <string.h>

/* SLOTS_MAX: controllers whose sites are visited within one term; ROWS_MAX: notices of one (languages, and
 * words that changed in the term). Beyond that it is not counted. */
enum { SLOTS_MAX = 256, ROWS_MAX = 16 };

/* One controller's, in one of two places: what is counted now, and what is on its way. */
struct counted {
    int32_t controller_id; /* 0: free */
    char time_zone[64];
    size_t count;
    struct site_count rows[ROWS_MAX];
};

/* (1) Slots that are taken come before those that are free. (2) One statement is on its way at a time; it
 * has a copy of its slot. (3) What was not surely written is counted again; what may have been is not. */
struct site_counts {
    struct worker *worker;
    struct loop_pulse pulse;
    int64_t begun; /* of clock_monotonic: the term */
    size_t count;
    struct counted slots[SLOTS_MAX];
    bool writing;
    struct counted sent;
    struct site_count_job job;
};

static struct counted *slot_of(struct site_counts *all, int32_t controller_id)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->slots[i].controller_id == controller_id)
            return &all->slots[i];
    }
    if (all->count == SLOTS_MAX)
        return NULL;
    struct counted *s = &all->slots[all->count++];
    *s = (struct counted){.controller_id = controller_id};
    return s;
}

static struct site_count *row_of(struct counted *s, const struct site_count *like)
{
    for (size_t i = 0; i < s->count; i++) {
        struct site_count *row = &s->rows[i];
        if (row->policy_version == like->policy_version && row->words_known == like->words_known &&
            memcmp(row->notice, like->notice, sizeof row->notice) == 0)
            return row;
    }
    if (s->count == ROWS_MAX)
        return NULL;
    struct site_count *row = &s->rows[s->count++];
    *row = *like;
    memset(row->counts, 0, sizeof row->counts);
    return row;
}

static void row_add(struct counted *s, const struct site_count *more)
{
    struct site_count *row = s != NULL ? row_of(s, more) : NULL;
    for (size_t k = 0; row != NULL && k < COUNT_KINDS; k++)
        row->counts[k] += more->counts[k];
}

void site_counts_add(struct site_counts *all, int32_t controller_id, const struct policy *policy,
                     const uint8_t notice[NOTICE_HASH_SIZE], enum site_counted kind)
{
    struct site_count one = {.policy_version = policy->version, .words_known = notice != NULL};
    if (notice != NULL)
        memcpy(one.notice, notice, sizeof one.notice);
    one.counts[kind] = 1;
    struct counted *s = slot_of(all, controller_id);
    if (s == NULL)
        return;
    memcpy(s->time_zone, policy->time_zone, sizeof s->time_zone);
    row_add(s, &one);
}

/* ---- writing ---- */

static void slot_send(struct site_counts *all);

static void on_counted(struct job *job, enum error e)
{
    struct site_counts *all =
        list_entry(list_entry(job, struct site_count_job, job), struct site_counts, job);
    all->writing = false;
    if (e == ERROR_OVERLOADED || e == ERROR_UNAVAILABLE) { /* (3): surely not written */
        struct counted *s = slot_of(all, all->sent.controller_id);
        if (s != NULL)
            memcpy(s->time_zone, all->sent.time_zone, sizeof s->time_zone);
        for (size_t i = 0; i < all->sent.count; i++)
            row_add(s, &all->sent.rows[i]);
    } else if (all->count > 0) {
        slot_send(all);
    }
}

/* The last one. */
static void slot_send(struct site_counts *all)
{
    assert(!all->writing && all->count > 0);
    all->sent = all->slots[--all->count];
    site_count_job_init(&all->job, all->sent.controller_id);
    all->job.time_zone = all->sent.time_zone;
    all->job.count = all->sent.count;
    all->job.rows = all->sent.rows;
    all->job.job.deadline = clock_monotonic() + QUEUE_WAIT_MS * 1000;
    all->job.job.done = on_counted;
    all->writing = true;
    lane_submit(all->worker->write, &all->job.job);
}

static void on_beat(struct loop_pulse *pulse)
{
    struct site_counts *all = list_entry(pulse, struct site_counts, pulse);
    int64_t now = clock_monotonic();
    if (all->count == 0 || all->writing || now - all->begun < SITE_COUNTS_EVERY_MS * 1000)
        return;
    all->begun = now;
    slot_send(all);
}

struct site_counts *site_counts_create(struct worker *worker)
{
    struct site_counts *all = h2o_mem_alloc(sizeof *all);
    memset(all, 0, sizeof *all);
    all->worker = worker;
    loop_pulse_start(worker->loop, &all->pulse, on_beat);
    return all;
}

void site_counts_destroy(struct site_counts *all)
{
    loop_pulse_stop(&all->pulse);
    free(all);
}
