/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "base/limits.h"
#include "http/attempt.h"
#include "ledger/message.h"
#include "store/delivery.h"
#include "store/lane.h"
#include "wire/writer.h"

#include <string.h>

/* GET /v1/webhooks/deliveries, POST /v1/webhooks/deliveries/{id}/resend, GET /v1/recipients: what left for
 * the policy's webhooks and what did not. Nothing of what was in it. */

static void status_write(struct writer *w, int16_t http_status, enum delivery_fault fault)
{
    if (http_status != 0)
        writer_int(w, "http_status", http_status);
    else
        writer_null(w, "http_status");
    writer_text(w, "fault", fault != DELIVERY_FAULT_NONE ? delivery_fault_words[fault] : NULL);
}

static void fare_write(struct writer *w, const struct endpoint_fare *e)
{
    writer_text(w, "url", e->url);
    writer_int(w, "failures", e->failures);
    writer_moment(w, "paused_until", e->paused_until);
    writer_moment(w, "stopped_at", e->stopped_at);
    writer_moment(w, "last_delivery_at", e->last_delivery_at);
}

/* ---- deliveries ---- */

struct deliveries {
    struct attempt attempt;
    int64_t before, limit;
    int32_t status;
    struct deliveries_job job;
};

static void deliveries_dispose(void *state)
{
    struct deliveries *d = state;
    deliveries_job_clear(&d->job);
    attempt_end(&d->attempt);
}

static bool deliveries_abandon(struct call *call)
{
    struct deliveries *d = call->state;
    lane_cancel(call->worker->slow, &d->job.job);
    attempt_abandon(&d->attempt);
    return true;
}

static void delivery_write(struct writer *w, const struct delivery_row *d)
{
    bool waits = d->status == MESSAGE_WAITS;
    writer_object_begin(w, NULL);
    writer_uuid(w, "id", d->message_id);
    writer_text(w, "type", message_kind_word(d->kind));
    writer_text(w, "status", message_status_words[d->status]);
    writer_int(w, "tries", d->tries);
    status_write(w, d->http_status, d->fault);
    writer_moment(w, "put_at", d->put_at);
    writer_moment(w, "next_try_at", waits ? d->due_at : INSTANT_NONE);
    writer_moment(w, "ends_at", d->ends_at);
    writer_moment(w, "over_at", d->over_at);
    writer_object_end(w);
}

static void on_deliveries(struct job *job, enum error e)
{
    struct deliveries *d = list_entry(list_entry(job, struct deliveries_job, job), struct deliveries, job);
    struct call *call = d->attempt.call;
    if (e != ERROR_NONE || d->job.broken) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    if (d->job.endpoint.url[0] != '\0') {
        writer_object_begin(&w, "endpoint");
        fare_write(&w, &d->job.endpoint);
        writer_object_end(&w);
    } else {
        writer_null(&w, "endpoint");
    }
    writer_array_begin(&w, "deliveries");
    for (size_t i = 0; i < d->job.count; i++)
        delivery_write(&w, &d->job.rows[i]);
    writer_array_end(&w);
    if (d->job.count > 0 && (int64_t)d->job.count == d->limit)
        writer_int(&w, "before", d->job.rows[d->job.count - 1].message_no);
    else
        writer_null(&w, "before");
    writer_object_end(&w);
    call_answer_json(call, 200, &out);
}

static void deliveries_begin(struct call *call)
{
    struct deliveries *d = call->state;
    deliveries_job_clear(&d->job);
    d->job = (struct deliveries_job){.job.controller_id = d->attempt.controller->controller_id,
                                     .before = d->before,
                                     .status = d->status,
                                     .limit = (int32_t)d->limit};
    deliveries_job_prepare(&d->job);
    d->job.job.deadline = call->deadline;
    d->job.job.done = on_deliveries;
    lane_submit(call->worker->slow, &d->job.job);
}

/* The number of a status; -1 where none was named, -2 where there is none of that word. */
static int32_t status_of(const char *word)
{
    if (word == NULL)
        return -1;
    for (int32_t i = 0; i < MESSAGE_STATUSES; i++) {
        if (strcmp(message_status_words[i], word) == 0)
            return i;
    }
    return -2;
}

void handle_deliveries(struct call *call)
{
    static const char *const allowed[] = {"before", "status", "limit", NULL};
    struct deliveries *d = call_alloc(call, sizeof *d);
    bool good = call_query_only(call, allowed) == 0 &&
                call_query_int(call, "before", INT64_MAX, 1, INT64_MAX, &d->before) == 0 &&
                call_query_int(call, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &d->limit) == 0;
    d->status = good ? status_of(call_query(call, "status")) : -2;
    if (d->status == -2) {
        call_problem(
            call, ERROR_INVALID,
            "The query takes before=NUMBER, status=waiting, delivered, refused, failed or expired, and "
            "limit=1..1000, each once.",
            NULL);
        return;
    }
    call->state = d;
    call->dispose = deliveries_dispose;
    call->abandon = deliveries_abandon;
    attempt_current(&d->attempt, call, deliveries_begin);
}

/* ---- resend ---- */

struct resending {
    struct attempt attempt;
    struct resend_job job;
};

static void resending_dispose(void *state)
{
    struct resending *r = state;
    attempt_end(&r->attempt);
}

static void on_resent(struct job *job, enum error e)
{
    struct resending *r = list_entry(list_entry(job, struct resend_job, job), struct resending, job);
    struct call *call = r->attempt.call;
    struct buf out;
    if (e != ERROR_NONE) {
        call_problem(call, e, NULL, NULL);
        return;
    }
    switch (r->job.status) {
    case -1:
        call_problem(call, ERROR_NOT_FOUND, "There is no such delivery.", NULL);
        return;
    case MESSAGE_WAITS:
        buf_init(&out, ANSWER_BYTES_MAX);
        buf_printf(&out, "{\"id\":\"%s\",\"status\":\"waiting\"}", r->job.id);
        call_answer_json(call, 202, &out);
        return;
    case MESSAGE_DELIVERED:
        call_problem(call, ERROR_CONFLICT, "It was delivered: what was in it is not kept.", NULL);
        return;
    default:
        call_problem(call, ERROR_CONFLICT, "It is over, and what was in it is not kept: ask for it anew.",
                     NULL);
    }
}

static void resending_begin(struct call *call)
{
    struct resending *r = call->state;
    r->job.job = (struct job){.controller_id = r->attempt.controller->controller_id};
    resend_job_prepare(&r->job);
    r->job.job.deadline = call->deadline;
    r->job.job.done = on_resent;
    lane_submit(call->worker->write, &r->job.job);
}

void handle_resend(struct call *call)
{
    struct resending *r = call_alloc(call, sizeof *r);
    uint8_t id[UUID_SIZE];
    if (!call_takes_no_query(call))
        return;
    if (!uuid_parse(call->arguments[0].base, call->arguments[0].len, id)) {
        call_problem(call, ERROR_NOT_FOUND, "There is no such delivery.", NULL);
        return;
    }
    uuid_format(id, r->job.id);
    call->state = r;
    call->dispose = resending_dispose;
    attempt_current(&r->attempt, call, resending_begin);
}

/* ---- recipients ---- */

struct recipients {
    struct attempt attempt;
    struct recipients_job job;
};

static void recipients_dispose(void *state)
{
    struct recipients *r = state;
    recipients_job_clear(&r->job);
    attempt_end(&r->attempt);
}

static bool recipients_abandon(struct call *call)
{
    struct recipients *r = call->state;
    lane_cancel(call->worker->read, &r->job.job);
    attempt_abandon(&r->attempt);
    return true;
}

/* An array of the words of ${text}; NULL: null. */
static void words_write(struct writer *w, const char *key, const char *text)
{
    if (text == NULL) {
        writer_null(w, key);
        return;
    }
    writer_array_begin(w, key);
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        writer_string(w, NULL, text, len);
        text += len + (text[len] == ' ');
    }
    writer_array_end(w);
}

static void recipient_write(struct writer *w, const struct recipient_row *r)
{
    int64_t waits = r->waits_since != INSTANT_NONE ? (r->as_of - r->waits_since) / SECOND : 0;
    writer_object_begin(w, NULL);
    writer_text(w, "name", r->name);
    fare_write(w, &r->endpoint);
    words_write(w, "purposes", r->purposes);
    writer_int(w, "revision", r->revision);
    writer_int(w, "head", r->head);
    writer_int(w, "lag_seconds", waits > 0 ? waits : 0);
    status_write(w, r->endpoint.http_status, r->endpoint.fault);
    writer_object_end(w);
}

static void on_recipients(struct job *job, enum error e)
{
    struct recipients *r = list_entry(list_entry(job, struct recipients_job, job), struct recipients, job);
    struct call *call = r->attempt.call;
    if (e != ERROR_NONE || r->job.broken) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_array_begin(&w, "recipients");
    for (size_t i = 0; i < r->job.count; i++)
        recipient_write(&w, &r->job.rows[i]);
    writer_array_end(&w);
    writer_object_end(&w);
    call_answer_json(call, 200, &out);
}

static void recipients_begin(struct call *call)
{
    struct recipients *r = call->state;
    recipients_job_clear(&r->job);
    r->job = (struct recipients_job){.job.controller_id = r->attempt.controller->controller_id};
    recipients_job_prepare(&r->job);
    r->job.job.deadline = call->deadline;
    r->job.job.done = on_recipients;
    lane_submit(call->worker->read, &r->job.job);
}

void handle_recipients(struct call *call)
{
    struct recipients *r = call_alloc(call, sizeof *r);
    if (!call_takes_no_query(call))
        return;
    call->state = r;
    call->dispose = recipients_dispose;
    call->abandon = recipients_abandon;
    attempt_current(&r->attempt, call, recipients_begin);
}
