/* SPDX-License-Identifier: Apache-2.0 */
#include "chore/outbox.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/log.h"
#include "chore/recipient.h"
#include "chore/retry.h"
#include "chore/transfer.h"
#include "ledger/message.h"
#include "net/networks.h"

#include <assert.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    ENDPOINTS_MAX = 256, /* at a time */
    WINDOW_MAX = 32,     /* requests to one endpoint */
    TAKEN_MIN = 8,       /* messages read at a time, of an endpoint that is slow */
    BODY_MAX = 64 * 1024
};

/* A message that was read, and not sent yet. */
struct waiting {
    struct list link;
    struct message_row row;
};

/* An endpoint whose lock this process holds. Its cursor goes through what is due; behind the last it goes
 * back to the first, since a message that waited for another is due then. */
struct endpoint {
    struct list link;
    struct outbox *outbox;
    struct endpoint_row row;
    unsigned window;
    unsigned running;
    struct list queue; /* struct waiting */
    size_t queued;
    instant due; /* the cursor */
    int64_t message_no;
    bool is_exhausted; /* nothing was found behind the cursor */
    bool is_empty;     /* nor from the first on, with nothing on its way */
    bool is_left;      /* no more is started: it is paused, or stopped */
    bool is_changed;   /* how it fares is to be written */
    bool has_delivered, is_stopped;
    int64_t pause;
    /* of clock_monotonic: when it is looked at again, last failed, was last told of; and the oldest of
     * ${notes} */
    int64_t look_at, failed_at, told_at, noted_at;
    struct note_messages_job notes;
    bool is_recipient; /* it is told of changes, and has no messages */
    struct recipient recipient;
    enum delivery_fault fault; /* of its last try, where that failed */
    int http_status;
};

/* A message on its way. */
struct sending {
    struct list link;
    struct endpoint *endpoint;
    struct message_row row; /* without its content; to a recipient, message_no is how far it will be */
    size_t changes;         /* to a recipient: that it is told of */
    int32_t policy;         /* to a recipient: the version of the policy that it is told of; else 0 */
    bool is_due;            /* to a recipient: it is told of what is due */
    int64_t started;        /* of clock_monotonic */
};

struct outbox {
    struct outbox_options options;
    struct networks *allow;
    pthread_t thread;
    int wake_fd;
    _Atomic bool stopping;
    struct delivery_counts counts;
    pthread_mutex_t lock; /* of secrets */
    struct webhook_secrets *secrets;

    /* the thread's own */
    PGconn *pg;                  /* NULL: there is no connection */
    struct transfers *transfers; /* NULL until there is something to deliver */
    struct list endpoints, sendings;
    size_t endpoint_count;
    int64_t look_at;    /* of clock_monotonic: when it looks for endpoints again */
    int64_t lag_at;     /* likewise, at how far the recipients are */
    int64_t connect_at; /* likewise, when it connects again */
    bool is_lost;       /* the connection: all is dropped at the end of the round */
    struct take_endpoints_job endpoints_job;
    struct take_messages_job messages_job;
};

const struct delivery_counts *outbox_counts(const struct outbox *o)
{
    return &o->counts;
}

static void count(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* ---- the database ---- */

/* Returns false when the connection is gone, or what was asked went wrong. */
static bool ask(struct outbox *o, struct job *job)
{
    job->deadline = clock_monotonic() + OUTBOX_ANSWER_MS * 1000;
    enum error e = job_run_bounded(o->pg, job, o->wake_fd);
    o->is_lost = o->is_lost || e == ERROR_OUTCOME_UNKNOWN;
    return e == ERROR_NONE;
}

static void connect_again(struct outbox *o)
{
    int64_t now = clock_monotonic();
    if (now < o->connect_at)
        return;
    o->connect_at = now + OUTBOX_CONNECT_EVERY_MS * 1000;
    o->pg = database_connect(o->options.database);
    if (PQstatus(o->pg) == CONNECTION_OK)
        return;
    log_debug("outbox.connect", "reason=\"%s\"", database_connect_trouble(o->pg));
    PQfinish(o->pg);
    o->pg = NULL;
}

/* ---- endpoints ---- */

static void waiting_free(struct waiting *w)
{
    free(w->row.content);
    free(w);
}

static void queue_clear(struct endpoint *e)
{
    while (!list_empty(&e->queue))
        waiting_free(list_entry(list_shift(&e->queue), struct waiting, link));
}

static void endpoint_free(struct endpoint *e)
{
    queue_clear(e);
    recipient_forget(&e->recipient);
    list_remove(&e->link);
    e->outbox->endpoint_count--;
    free(e);
}

static bool recipient_asks(void *cookie, struct job *job)
{
    return ask(cookie, job);
}

static void endpoint_add(struct outbox *o, const struct endpoint_row *row)
{
    struct endpoint *e = calloc(1, sizeof *e);
    if (e == NULL) { /* its lock stays ours until the connection ends */
        o->is_lost = true;
        return;
    }
    e->outbox = o;
    e->row = *row;
    e->window = 1;
    e->due = INSTANT_NONE;
    e->is_recipient = strcmp(row->name, "messages") != 0;
    e->recipient = (struct recipient){
        .ask = recipient_asks, .cookie = o, .subject_keys = database_keys(o->options.database)};
    list_init(&e->queue);
    list_append(&o->endpoints, &e->link);
    o->endpoint_count++;
}

/* Looks for endpoints with something due. */
static void endpoints_look(struct outbox *o)
{
    int32_t held[ENDPOINTS_MAX];
    size_t room = ENDPOINTS_MAX - o->endpoint_count;
    int64_t now = clock_monotonic();
    if (now < o->look_at || room == 0)
        return;
    o->look_at = now + OUTBOX_LOOK_EVERY_MS * 1000;
    take_endpoints_job_init(&o->endpoints_job);
    o->endpoints_job.held_count = 0;
    list_each(at, &o->endpoints) held[o->endpoints_job.held_count++] =
        list_entry(at, struct endpoint, link)->row.endpoint_no;
    o->endpoints_job.held = held;
    o->endpoints_job.most = room < ENDPOINTS_TAKEN_MAX ? (int32_t)room : ENDPOINTS_TAKEN_MAX;
    if (!ask(o, &o->endpoints_job.job))
        return;
    for (size_t i = 0; i < o->endpoints_job.count; i++)
        endpoint_add(o, &o->endpoints_job.rows[i]);
}

/* What is known of it was written: its lock goes. */
static void endpoint_leave(struct outbox *o, struct endpoint *e)
{
    struct leave_endpoint_job leave;
    leave_endpoint_job_init(&leave, e->row.endpoint_no);
    ask(o, &leave.job);
    endpoint_free(e);
}

static bool endpoint_is_done(const struct endpoint *e)
{
    return e->running == 0 && e->notes.count == 0 && !e->is_changed && list_empty(&e->queue) &&
           (e->is_left || e->is_empty);
}

/* ---- what came of it ---- */

static void endpoint_tell(struct outbox *o, struct endpoint *e)
{
    struct note_endpoint_job note = {.name = e->row.name,
                                     .url = e->row.url,
                                     .failures = e->row.failures,
                                     .pause = e->pause,
                                     .stopped = e->is_stopped,
                                     .delivered = e->has_delivered,
                                     .revision = e->row.revision,
                                     .http_status = (int16_t)e->http_status,
                                     .fault = e->fault};
    note_endpoint_job_prepare(&note, e->row.controller_id);
    o->is_lost = !ask(o, &note.job) || o->is_lost;
    e->is_changed = e->has_delivered = false;
    e->told_at = clock_monotonic();
}

/* What cannot be written will be sent again, by whoever has the lock then (2). */
static void notes_write(struct outbox *o, struct endpoint *e)
{
    if (e->notes.count > 0) {
        note_messages_job_prepare(&e->notes, e->row.controller_id);
        o->is_lost = !ask(o, &e->notes.job) || o->is_lost;
        e->notes.count = 0;
    }
    if (e->is_changed && !o->is_lost)
        endpoint_tell(o, e);
}

static void note_add(struct endpoint *e, const struct message_note *note)
{
    if (e->notes.count == 0)
        e->noted_at = clock_monotonic();
    assert(e->notes.count < MESSAGE_NOTES_MAX);
    e->notes.notes[e->notes.count++] = *note;
}

/* There are many, the oldest has waited, or nothing else comes. */
static bool notes_are_due(const struct endpoint *e)
{
    bool quiet = e->running == 0 && list_empty(&e->queue);
    return (e->notes.count > 0 && (quiet || e->notes.count >= MESSAGE_NOTES_MAX / 2 ||
                                   clock_monotonic() - e->noted_at > OUTBOX_NOTE_MS * 1000)) ||
           (e->is_changed && (quiet || clock_monotonic() - e->told_at > OUTBOX_NOTE_MS * 1000));
}

/* Of several that were on their way at once one failure counts (4). ${asked}: seconds, by the receiver. */
static void endpoint_fails(struct endpoint *e, int64_t started, int64_t asked)
{
    e->window = 1;
    if (started >= e->failed_at)
        e->row.failures++;
    e->failed_at = clock_monotonic();
    int64_t pause = asked > 0 ? retry_asked(asked) : retry_pause(e->row.failures);
    e->pause = pause > e->pause ? pause : e->pause;
    e->is_left = e->is_left || e->pause > 0;
    e->is_changed = true;
    if (e->is_left)
        queue_clear(e);
}

static void endpoint_delivers(struct endpoint *e)
{
    if (e->row.failures > 0 || clock_monotonic() - e->told_at > OUTBOX_TELL_MS * 1000)
        e->is_changed = true;
    e->has_delivered = true;
    e->row.failures = 0;
    if (e->window < WINDOW_MAX)
        e->window++;
}

/* Another try, or the end of them. */
static void message_fails(struct endpoint *e, const struct message_row *row, struct message_note *note)
{
    note->delay = note->fault == DELIVERY_FAULT_CONTENT ? -1 : retry_delay(row->tries + 1);
    count(&e->outbox->counts.failed, 1);
    if (note->delay >= 0)
        return;
    note->status = MESSAGE_FAILED;
    note->delay = 0;
    count(&e->outbox->counts.abandoned, 1);
}

static void policy_note(const struct sending *s)
{
    const struct endpoint_row *row = &s->endpoint->row;
    struct outbox *o = s->endpoint->outbox;
    struct note_policy_job note;
    note_policy_job_init(&note, row->controller_id, row->name, s->policy);
    o->is_lost = !ask(o, &note.job) || o->is_lost;
}

static void due_note(const struct sending *s)
{
    const struct endpoint_row *row = &s->endpoint->row;
    struct outbox *o = s->endpoint->outbox;
    struct note_due_job note;
    note_due_job_init(&note, row->controller_id, row->name);
    o->is_lost = !ask(o, &note.job) || o->is_lost;
}

/* How far a recipient is, and when it is told more. */
static void recipient_settle(const struct sending *s)
{
    struct endpoint *e = s->endpoint;
    e->is_changed = true;
    if (e->fault == DELIVERY_FAULT_NONE) {
        e->row.revision = s->row.message_no;
        if (s->policy != 0)
            policy_note(s);
        if (s->is_due)
            due_note(s);
        count(&e->outbox->counts.changes, s->changes);
        e->look_at = 0;
    } else {
        e->look_at = clock_monotonic() + OUTBOX_RECIPIENT_AGAIN_MS * 1000;
    }
}

/* A try has ended. */
static void sending_settle(struct sending *s, const struct transfer_result *r)
{
    struct endpoint *e = s->endpoint;
    e->fault = r->fault;
    e->http_status = r->fault != DELIVERY_FAULT_NONE ? r->http_status : 0;
    struct message_note note = {
        .message_no = s->row.message_no, .http_status = (int16_t)r->http_status, .fault = r->fault};
    if (r->fault == DELIVERY_FAULT_NONE) {
        note.status = MESSAGE_DELIVERED;
        count(&e->outbox->counts.delivered, 1);
        endpoint_delivers(e);
    } else if (r->http_status == 410) {
        note.status = MESSAGE_REFUSED;
        count(&e->outbox->counts.refused, 1);
        e->is_left = e->is_stopped = e->is_changed = true;
        queue_clear(e);
    } else {
        bool asks = r->http_status == 429 || r->http_status == 503;
        if (!e->is_recipient)
            message_fails(e, &s->row, &note);
        else
            count(&e->outbox->counts.failed, 1);
        if (r->fault != DELIVERY_FAULT_CONTENT)
            endpoint_fails(e, s->started, asks ? r->retry_after : 0);
    }
    if (e->is_recipient)
        recipient_settle(s);
    else
        note_add(e, &note);
    list_remove(&s->link);
    e->running--;
    free(s);
}

/* ---- what is due ---- */

static bool is_on_its_way(const struct endpoint *e, int64_t message_no)
{
    list_each(at, &e->outbox->sendings)
    {
        const struct sending *s = list_entry(at, struct sending, link);
        if (s->endpoint == e && s->row.message_no == message_no)
            return true;
    }
    return false;
}

static void queue_add(struct endpoint *e, struct message_row *row)
{
    struct waiting *w = is_on_its_way(e, row->message_no) ? NULL : calloc(1, sizeof *w);
    if (w == NULL || row->content == NULL) { /* where memory ran out it comes again */
        free(row->content);
        free(w);
        return;
    }
    w->row = *row;
    list_append(&e->queue, &w->link);
}

/* Those that wait for one that is not on its way do so for longer. */
static void blocked_postpone(struct outbox *o, const struct endpoint *e, const struct take_messages_job *t)
{
    struct postpone_messages_job p = {.count = t->blocked_count, .messages = t->blocked};
    if (p.count == 0 || e->running > 0)
        return;
    postpone_messages_job_prepare(&p, e->row.controller_id);
    ask(o, &p.job);
}

/* Reads what is due next; from the first on, where there was nothing behind the cursor. What was delivered is
 * written before: it would be read again. */
static void queue_fill(struct outbox *o, struct endpoint *e)
{
    struct take_messages_job *t = &o->messages_job;
    bool from_first = e->is_exhausted || e->due == INSTANT_NONE;
    size_t most = 4 * (size_t)e->window;
    if (from_first)
        notes_write(o, e);
    take_messages_job_init(t, e->row.controller_id);
    t->due = from_first ? INSTANT_NONE : e->due;
    t->message_no = from_first ? 0 : e->message_no;
    t->most = (int32_t)(most < TAKEN_MIN ? TAKEN_MIN : most > MESSAGES_TAKEN_MAX ? MESSAGES_TAKEN_MAX : most);
    if (o->is_lost || !ask(o, &t->job))
        return;
    e->due = t->due;
    e->message_no = t->message_no;
    e->is_exhausted = t->looked < (size_t)t->most;
    e->is_empty = from_first && t->looked == t->blocked_count && e->running == 0 && e->is_exhausted;
    e->look_at = clock_monotonic() + (e->is_exhausted ? OUTBOX_AGAIN_MS * 1000 : 0);
    if (t->url[0] != '\0') {
        memcpy(e->row.url, t->url, sizeof e->row.url);
        memcpy(e->row.secret, t->secret, sizeof e->row.secret);
    }
    for (size_t i = 0; i < t->count; i++)
        queue_add(e, &t->rows[i]);
    blocked_postpone(o, e, t);
}

/* ---- sending ---- */

/* Signs ${body}, and sends it. */
static enum delivery_fault body_send(struct outbox *o, struct sending *s, const char *id,
                                     const struct buf *body)
{
    const struct endpoint_row *row = &s->endpoint->row;
    char signature[WEBHOOK_SIGNATURE_MAX + 1];
    const struct transfer_request request = {.url = row->url,
                                             .id = id,
                                             .signature = signature,
                                             .timestamp = (int64_t)time(NULL),
                                             .body = body->data,
                                             .len = body->len,
                                             .cookie = s};
    pthread_mutex_lock(&o->lock);
    int rc = webhook_sign(o->secrets, row->secret, id, request.timestamp, body->data, body->len, signature);
    pthread_mutex_unlock(&o->lock);
    if (rc != 0)
        return DELIVERY_FAULT_SECRET;
    return transfer_start(o->transfers, &request) == 0 ? DELIVERY_FAULT_NONE : DELIVERY_FAULT_MEMORY;
}

static enum delivery_fault message_send(struct outbox *o, struct sending *s)
{
    const struct message_due due = {.kind = s->row.kind,
                                    .controller_id = s->endpoint->row.controller_id,
                                    .controller = s->endpoint->row.controller,
                                    .content = s->row.content,
                                    .content_len = s->row.content_len,
                                    .subject_no = s->row.subject_no,
                                    .revision = s->row.revision,
                                    .put_at = s->row.put_at,
                                    .valid_until = s->row.valid_until};
    char id[UUID_TEXT + 1];
    struct buf body;
    buf_init(&body, BODY_MAX);
    uuid_format(s->row.message_id, id);
    enum delivery_fault fault =
        message_body_write(&body, &due, o->options.link_keys, o->options.public_url) == 0
            ? body_send(o, s, id, &body)
            : DELIVERY_FAULT_CONTENT;
    buf_free(&body);
    return fault;
}

/* Sends the first of its queue. Where memory runs out it is read again. */
static void queue_send(struct outbox *o, struct endpoint *e)
{
    struct waiting *w = list_entry(list_shift(&e->queue), struct waiting, link);
    struct sending *s = calloc(1, sizeof *s);
    if (s != NULL) {
        *s = (struct sending){.endpoint = e, .row = w->row, .started = clock_monotonic()};
        list_append(&o->sendings, &s->link);
        e->running++;
        enum delivery_fault fault = message_send(o, s);
        s->row.content = NULL;
        if (fault != DELIVERY_FAULT_NONE)
            sending_settle(s, &(struct transfer_result){.fault = fault});
    }
    waiting_free(w); /* the transfer has a copy of what it sends */
}

/* ---- changes, to a recipient ---- */

static void changes_send(struct outbox *o, struct endpoint *e, const struct recipient_page *page,
                         const struct buf *body)
{
    char id[96];
    struct sending *s = calloc(1, sizeof *s);
    if (s == NULL)
        return; /* it is read again */
    *s = (struct sending){.endpoint = e,
                          .row.message_no = page->until,
                          .changes = page->count,
                          .policy = page->policy,
                          .is_due = page->is_due,
                          .started = clock_monotonic()};
    snprintf(id, sizeof id, "%s_%" PRId32 "_%" PRId64 "_%" PRId64,
             page->policy != 0 ? "policy"
             : page->is_due    ? "due"
                               : "changed",
             e->row.endpoint_no, page->first, page->until);
    list_append(&o->sendings, &s->link);
    e->running++;
    enum delivery_fault fault = body_send(o, s, id, body);
    if (fault != DELIVERY_FAULT_NONE)
        sending_settle(s, &(struct transfer_result){.fault = fault});
}

/* Tells a recipient what comes next: one delivery at a time, so in the order of the ledger. */
static void recipient_go_on(struct outbox *o, struct endpoint *e)
{
    struct recipient_page page;
    struct buf body;
    if (e->is_left || e->running > 0 || clock_monotonic() < e->look_at)
        return;
    buf_init(&body, ANSWER_BYTES_MAX);
    if (!recipient_read(&e->recipient, &e->row, e->row.revision, &body, &page)) {
        o->is_lost = true;
    } else if (page.is_gone) {
        e->is_left = true;
    } else {
        memcpy(e->row.url, page.url, sizeof e->row.url);
        memcpy(e->row.secret, page.secret, sizeof e->row.secret);
        e->is_changed = e->is_changed || (page.count == 0 && page.until > e->row.revision);
        e->row.revision = page.count == 0 ? page.until : e->row.revision;
        e->is_empty = page.count == 0 && !page.has_more;
        if (page.count > 0)
            changes_send(o, e, &page, &body);
    }
    buf_free(&body);
}

/* ---- messages ---- */

static bool endpoint_has_room(const struct endpoint *e)
{
    return !e->is_left && e->running < e->window && e->notes.count + e->running < MESSAGE_NOTES_MAX;
}

static void endpoint_go_on(struct outbox *o, struct endpoint *e)
{
    if (e->is_recipient)
        recipient_go_on(o, e);
    else if (endpoint_has_room(e) && list_empty(&e->queue) && clock_monotonic() >= e->look_at)
        queue_fill(o, e);
    while (!o->is_lost && endpoint_has_room(e) && !list_empty(&e->queue))
        queue_send(o, e);
    if (!o->is_lost && notes_are_due(e))
        notes_write(o, e);
}

/* ---- the thread ---- */

static void ended_take(struct outbox *o)
{
    struct transfer_result result;
    while (o->transfers != NULL && transfers_next(o->transfers, &result))
        sending_settle(result.cookie, &result);
}

/* All that was under way is dropped: the locks are another's (1). */
static void all_drop(struct outbox *o)
{
    transfers_destroy(o->transfers);
    o->transfers = NULL;
    while (!list_empty(&o->sendings))
        free(list_entry(list_shift(&o->sendings), struct sending, link));
    while (!list_empty(&o->endpoints))
        endpoint_free(list_entry(list_shift(&o->endpoints), struct endpoint, link));
    PQfinish(o->pg);
    o->pg = NULL;
    o->is_lost = false;
}

static bool transfers_ready(struct outbox *o)
{
    const char *fault = NULL;
    if (o->transfers == NULL && !list_empty(&o->endpoints))
        o->transfers = transfers_create(o->allow, &fault);
    if (fault != NULL)
        log_error("outbox.transfers", "reason=\"%s\"", fault);
    return o->transfers != NULL;
}

/* For /metrics: of all recipients, whoever delivers to them. */
static void lag_look(struct outbox *o)
{
    struct recipients_lag_job lag;
    int64_t now = clock_monotonic();
    if (now < o->lag_at)
        return;
    o->lag_at = now + OUTBOX_LAG_MS * 1000;
    recipients_lag_job_init(&lag);
    if (ask(o, &lag.job))
        atomic_store_explicit(&o->counts.lag, lag.lag, memory_order_relaxed);
}

static void round_go(struct outbox *o)
{
    ended_take(o);
    endpoints_look(o);
    lag_look(o);
    if (!transfers_ready(o))
        return;
    list_each_safe(at, &o->endpoints)
    {
        struct endpoint *e = list_entry(at, struct endpoint, link);
        if (!o->is_lost)
            endpoint_go_on(o, e);
        if (!o->is_lost && endpoint_is_done(e))
            endpoint_leave(o, e);
    }
    atomic_store_explicit(&o->counts.endpoints, o->endpoint_count, memory_order_relaxed);
    atomic_store_explicit(&o->counts.running, transfers_running(o->transfers), memory_order_relaxed);
}

/* Until something comes, or the next look. */
static void round_wait(struct outbox *o)
{
    int timeout = list_empty(&o->endpoints) ? OUTBOX_LOOK_EVERY_MS : OUTBOX_NOTE_MS;
    struct pollfd wake = {.fd = o->wake_fd, .events = POLLIN};
    if (o->transfers != NULL)
        transfers_wait(o->transfers, o->wake_fd, timeout);
    else
        poll(&wake, 1, timeout);
}

/* What is on its way may arrive, and what arrived is written. */
static void finish(struct outbox *o)
{
    uint64_t ignored;
    if (read(o->wake_fd, &ignored, sizeof ignored) < 0)
        log_debug("outbox.wake", "result=failed");
    int64_t until = clock_monotonic() + OUTBOX_FINISH_MS * 1000;
    while (o->transfers != NULL && transfers_running(o->transfers) > 0 && clock_monotonic() < until) {
        transfers_wait(o->transfers, o->wake_fd, OUTBOX_NOTE_MS);
        ended_take(o);
    }
    list_each(at, &o->endpoints)
    {
        if (o->pg != NULL && !o->is_lost)
            notes_write(o, list_entry(at, struct endpoint, link));
    }
    all_drop(o);
}

static void *outbox_run(void *cookie)
{
    struct outbox *o = cookie;
    while (!atomic_load(&o->stopping)) {
        if (o->pg == NULL)
            connect_again(o);
        if (o->pg != NULL)
            round_go(o);
        if (o->is_lost) {
            log_info("outbox.lost", "reason=database");
            all_drop(o);
        }
        round_wait(o);
    }
    finish(o);
    arena_thread_end();
    return NULL;
}

struct outbox *outbox_start(const struct outbox_options *options, struct webhook_secrets *secrets)
{
    sigset_t all, before;
    struct outbox *o = calloc(1, sizeof *o);
    if (o == NULL || (o->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
        abort();
    o->options = *options;
    o->allow = networks_create(options->allow);
    o->secrets = secrets;
    pthread_mutex_init(&o->lock, NULL);
    list_init(&o->endpoints);
    list_init(&o->sendings);

    /* signals are the main thread's */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    if (pthread_create(&o->thread, NULL, outbox_run, o) != 0)
        abort();
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return o;
}

void outbox_change_secrets(struct outbox *o, struct webhook_secrets *secrets)
{
    pthread_mutex_lock(&o->lock);
    struct webhook_secrets *old = o->secrets;
    o->secrets = secrets;
    pthread_mutex_unlock(&o->lock);
    webhook_secrets_free(old);
}

bool outbox_stop(struct outbox *o)
{
    struct timespec until;
    const uint64_t one = 1;
    atomic_store(&o->stopping, true);
    if (write(o->wake_fd, &one, sizeof one) != sizeof one)
        log_debug("outbox.wake", "result=failed");
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += OUTBOX_STOP_MS / 1000;
    if (pthread_timedjoin_np(o->thread, NULL, &until) != 0)
        return false;
    close(o->wake_fd);
    networks_destroy(o->allow);
    webhook_secrets_free(o->secrets);
    free(o);
    return true;
}
