/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "domain/calendar.h"
#include "http/attempt.h"
#include "site/handlers.h"
#include "store/lane.h"
#include "store/site_count.h"
#include "wire/writer.h"

#include <string.h>

/* GET /v1/sites/{controller}/stats: how its banners were answered. */

struct stats_reading {
    struct attempt attempt;
    struct site_stats_job job;
};

static void reading_dispose(void *state)
{
    struct stats_reading *r = state;
    site_stats_job_clear(&r->job);
    attempt_end(&r->attempt);
}

static void day_write(struct writer *w, const struct site_day *d)
{
    const int64_t *counts = d->count.counts;
    int64_t answered = counts[COUNT_ACCEPTED] + counts[COUNT_REFUSED] + counts[COUNT_CHOSEN];
    writer_object_begin(w, NULL);
    writer_text(w, "day", d->day);
    if (d->count.words_known)
        writer_sha256(w, "notice", d->count.notice);
    else
        writer_null(w, "notice");
    writer_int(w, "policy_version", d->count.policy_version);
    writer_int(w, "shown", counts[COUNT_FETCHED] > answered ? counts[COUNT_FETCHED] : answered);
    writer_int(w, "accepted", counts[COUNT_ACCEPTED]);
    writer_int(w, "refused", counts[COUNT_REFUSED]);
    writer_int(w, "chosen", counts[COUNT_CHOSEN]);
    writer_object_end(w);
}

static int32_t digits(const char *text, size_t count)
{
    int32_t number = 0;
    for (size_t i = 0; i < count; i++)
        number = number * 10 + (text[i] - '0');
    return number;
}

/* Of a day that is one, as the database writes it. */
static int64_t day_number(const char *text)
{
    return calendar_days((struct calendar_date){digits(text, 4), digits(text + 5, 2), digits(text + 8, 2)});
}

/* The days that are left out are known by then. */
static bool term_is_taken(const struct site_stats_job *job)
{
    int64_t days = day_number(job->last) - day_number(job->first);
    return days >= 0 && days <= SITE_STATS_TERM_DAYS;
}

static void on_read(struct job *job, enum error e)
{
    struct stats_reading *r =
        list_entry(list_entry(job, struct site_stats_job, job), struct stats_reading, job);
    struct call *call = r->attempt.call;
    struct buf out;
    if (e == ERROR_NONE && r->job.first[0] != '\0' && !term_is_taken(&r->job)) {
        call_problem(call, ERROR_INVALID, "from is not after to, and at most 400 days before it.", NULL);
        return;
    }
    if (e != ERROR_NONE || r->job.broken) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_text(&w, "controller", call->claims.controller);
    writer_text(&w, "from", r->job.first);
    writer_text(&w, "to", r->job.last);
    writer_moment(&w, "as_of", r->job.as_of);
    writer_array_begin(&w, "days");
    for (size_t i = 0; i < r->job.day_count; i++)
        day_write(&w, &r->job.days[i]);
    writer_array_end(&w);
    writer_object_end(&w);
    call_answer_json(call, 200, &out);
}

static void stats_begin(struct call *call)
{
    struct stats_reading *r = call->state;
    const struct controller *c = r->attempt.controller;
    const char *from = r->job.from, *to = r->job.to;
    site_stats_job_init(&r->job, c->controller_id);
    r->job.time_zone = c->policy->time_zone;
    r->job.from = from;
    r->job.to = to;
    r->job.job.deadline = call->deadline;
    r->job.job.done = on_read;
    lane_submit(call->worker->slow, &r->job.job);
}

/* Whether ${text} is a day, from 1970 on. */
static bool day_is_valid(const char *text)
{
    static const char shape[] = "dddd-dd-dd";
    int32_t parts[3] = {0};
    size_t part = 0;
    if (strlen(text) != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < sizeof shape - 1; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == 'd' ? !digit : text[i] != shape[i])
            return false;
        part += !digit;
        parts[part] = digit ? parts[part] * 10 + (text[i] - '0') : 0;
    }
    return parts[0] >= 1970 && parts[1] >= 1 && parts[1] <= 12 && parts[2] >= 1 &&
           parts[2] <= calendar_month_length(parts[0], parts[1]);
}

/* A day of the query: NULL, where it is left out; ${ret_ok} is false where it is none. */
static const char *day_read(struct call *call, const char *name, bool *ret_ok)
{
    const char *day = call_query(call, name);
    *ret_ok = *ret_ok && (day == NULL || day_is_valid(day));
    return day;
}

void handle_site_stats(struct call *call)
{
    static const char *const allowed[] = {"from", "to", NULL};
    struct stats_reading *r = call_alloc(call, sizeof *r);
    h2o_iovec_t key = call->arguments[0];
    bool ok = call_query_only(call, allowed) == 0;
    r->job.from = day_read(call, "from", &ok);
    r->job.to = day_read(call, "to", &ok);
    if (!ok) {
        call_problem(call, ERROR_INVALID, "The query takes from and to, days such as 2026-11-28.", NULL);
        return;
    }
    if (!h2o_memis(key.base, key.len, call->claims.controller, strlen(call->claims.controller))) {
        call_problem(call, ERROR_NOT_FOUND, "The token is not of this controller.", NULL);
        return;
    }
    call->state = r;
    call->dispose = reading_dispose;
    attempt_current(&r->attempt, call, stats_begin);
}
