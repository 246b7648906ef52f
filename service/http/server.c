/* SPDX-License-Identifier: Apache-2.0 */
#include "http/server.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/log.h"
#include "http/access_log.h"
#include "http/admission.h"
#include "http/call.h"
#include "http/controllers.h"
#include "http/counters.h"
#include "http/exposition.h"
#include "http/rate_limit.h"
#include "http/schedule.h"
#include "http/site_counts.h"
#include "http/waiters.h"
#include "loop/loop.h"
#include "net/budget.h"
#include "net/guard/guard.h"
#include "net/guard/interpose.h"
#include "net/listener.h"
#include "net/networks.h"
#include "net/peers.h"
#include "net/tls.h"
#include "store/lane.h"
#include "store/view.h"
#include "store/writers.h"

#include <errno.h>
#include <h2o.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LISTENERS_MAX = 16, THREADS_MAX = 64, CLEAR = 0, TLS = 1, METRICS = 2, KINDS = 3 };

struct thread;

/* A socket that connections come from. */
struct listener {
    struct thread *thread;
    h2o_socket_t *socket;
    int kind;
};

/* One loop thread. */
struct thread {
    struct worker worker;
    h2o_context_t ctx;
    h2o_multithread_receiver_t receiver;
    h2o_accept_ctx_t accept[KINDS];
    size_t listener_count;
    struct listener listeners[LISTENERS_MAX];
    bool is_open;
    bool stopping;    /* the drain is over */
    int64_t drain_at; /* of clock_monotonic, as is the next; when draining begins, once leaving */
    int64_t drain_until;
    int64_t quiet_since; /* of clock_monotonic; 0: something is in flight */
    struct loop_pulse pulse;
    struct schedule *schedule; /* of the first one; NULL: another's */
    pthread_t id;
    struct server *server;
};

/* Told by the main thread. */
struct thread_update {
    h2o_multithread_message_t super;
    bool leave;
    struct server_keys keys; /* references; none: no new ones */
    SSL_CTX *tls;            /* likewise */
};

struct server {
    const struct server_options *options;
    h2o_globalconf_t config;
    h2o_hostconf_t *hosts[KINDS][2]; /* NULL-terminated lists */
    SSL_CTX *tls;
    int access_log; /* descriptor; -1: none is kept */
    struct networks *networks;
    struct peers *peers;
    struct budget bodies, answers;
    struct rate_limits *rate_limits;
    struct writers *writers;
    struct view *view;          /* NULL: there is none */
    atomic_uint serving;        /* threads that are not done with draining */
    sem_t opened;               /* told by each thread, whether it could or not */
    pthread_barrier_t together; /* all threads and the main one: when all are open, and when all have ended */
    pthread_barrier_t closed;   /* all threads: when no lane is left */
    unsigned thread_count;
    struct thread threads[THREADS_MAX];
    struct worker *workers[THREADS_MAX]; /* for /metrics */
};

struct server_keys server_keys_ref(const struct server_keys *keys)
{
    return (struct server_keys){keys_ref(keys->tokens), receipt_keys_ref(keys->receipts)};
}

void server_keys_unref(struct server_keys *keys)
{
    keys_unref(keys->tokens);
    receipt_keys_unref(keys->receipts);
    *keys = (struct server_keys){0};
}

static struct thread *thread_of(h2o_context_t *ctx)
{
    return list_entry(ctx, struct thread, ctx);
}

/* ---- requests ---- */

static int on_request(h2o_handler_t *handler, h2o_req_t *req)
{
    (void)handler;
    admission_request(&thread_of(req->conn->ctx)->worker, req);
    return 0;
}

static int on_metrics_request(h2o_handler_t *handler, h2o_req_t *req)
{
    (void)handler;
    struct server *server = thread_of(req->conn->ctx)->server;
    exposition_answer(req, server->workers, server->thread_count);
    return 0;
}

static void on_answered(h2o_logger_t *logger, h2o_req_t *req)
{
    (void)logger;
    access_log_line(thread_of(req->conn->ctx)->worker.access_log, req);
}

static void config_init(struct server *s)
{
    h2o_config_init(&s->config);
    s->config.server_name = h2o_iovec_init(H2O_STRLIT("akkoord"));
    s->config.max_request_entity_size = BATCH_BODY_BYTES_MAX;
    s->config.handshake_timeout = HANDSHAKE_TIMEOUT_MS;
    s->config.http1.req_timeout = BODY_TIMEOUT_MS;
    s->config.http2.idle_timeout = IDLE_TIMEOUT_MS;
    s->config.http2.graceful_shutdown_timeout = DRAIN_MS;
    s->config.http2.max_concurrent_requests_per_connection = STREAMS_MAX;
    s->config.http2.max_streams_for_priority = STREAMS_MAX;
    for (int kind = 0; kind < KINDS; kind++) {
        /* Whatever a client calls the host: a list of one. */
        char name[16];
        snprintf(name, sizeof name, "listener-%d", kind);
        h2o_hostconf_t *host =
            h2o_config_register_host(&s->config, h2o_iovec_init(name, strlen(name)), 65535);
        h2o_pathconf_t *path = h2o_config_register_path(host, "/", 0);
        h2o_create_handler(path, sizeof(h2o_handler_t))->on_req =
            kind == METRICS ? on_metrics_request : on_request;
        if (kind != METRICS && s->access_log >= 0)
            h2o_create_logger(path, sizeof(h2o_logger_t))->log_access = on_answered;
        s->hosts[kind][0] = host;
    }
}

/* ---- connections ---- */

static void on_accept(h2o_socket_t *socket, const char *err)
{
    struct listener *l = socket->data;
    if (err != NULL)
        return;
    for (int i = 0; i < ACCEPTS_PER_TICK; i++) {
        h2o_socket_t *accepted;
        if (!guard_accept(l->thread->worker.guard, socket, &accepted))
            return;
        counters_connection(l->thread->worker.counters);
        if (accepted != NULL)
            h2o_accept(&l->thread->accept[l->kind], accepted);
    }
}

/* The first thread has the ports to itself where nobody is to be taken over from; the others join it. */
static int thread_listen(struct thread *t, const char *option, const char *list, int kind)
{
    int fds[LISTENERS_MAX];
    char fault[LISTENER_FAULT];
    bool beside = t->server->options->beside || t != &t->server->threads[0];
    int count = listeners_open(list, beside, fds, LISTENERS_MAX - t->listener_count, fault);
    if (count < 0)
        log_error("serve.refused", "reason=\"%s: %s\"", option, fault);
    for (int i = 0; i < count; i++) {
        struct listener *l = &t->listeners[t->listener_count++];
        *l = (struct listener){t, h2o_evloop_socket_create(t->ctx.loop, fds[i], H2O_SOCKET_FLAG_DONT_READ),
                               kind};
        l->socket->data = l;
    }
    return count < 0 ? -1 : 0;
}

/* ---- a thread's life ---- */

static void drain_begin(struct thread *t)
{
    t->worker.draining = true;
    for (size_t i = 0; i < t->listener_count; i++) {
        on_accept(t->listeners[i].socket, NULL); /* who is connected already would be reset */
        h2o_socket_close(t->listeners[i].socket);
    }
    t->listener_count = 0;
    h2o_context_request_shutdown(&t->ctx); /* GOAWAY; HTTP/1.1 answers say `Connection: close` */
}

static void leave_begin(struct thread *t)
{
    int64_t now = clock_monotonic();
    t->worker.leaving = true;
    t->drain_at = now + t->server->options->drain_delay_ms * 1000;
    t->drain_until = now + DRAIN_MS * 1000;
}

static void on_update(h2o_multithread_receiver_t *receiver, h2o_linklist_t *messages)
{
    struct thread *t = list_entry(receiver, struct thread, receiver);
    while (!h2o_linklist_is_empty(messages)) {
        struct thread_update *update = H2O_STRUCT_FROM_MEMBER(struct thread_update, super, messages->next);
        h2o_linklist_unlink(&update->super.link);
        if (update->keys.tokens != NULL) {
            server_keys_unref(&t->worker.keys);
            t->worker.keys = update->keys;
        }
        if (update->tls != NULL) {
            SSL_CTX_free(t->accept[TLS].ssl_ctx);
            t->accept[TLS].ssl_ctx = update->tls;
        }
        if (update->leave)
            leave_begin(t);
        free(update);
    }
}

/* Quiet for a moment, so that the last answers leave the socket buffers. */
static void drain_watch(struct thread *t, int64_t now)
{
    enum { QUIET_MS = 200 };
    bool busy = !list_empty(&t->worker.calls) || t->worker.lookups > 0 ||
                !h2o_linklist_is_empty(&t->ctx.http2._conns);
    if (busy)
        t->quiet_since = 0;
    else if (t->quiet_since == 0)
        t->quiet_since = now;
    t->stopping = now > t->drain_until || (t->quiet_since != 0 && now - t->quiet_since > QUIET_MS * 1000);
}

static void on_beat(struct loop_pulse *pulse)
{
    struct thread *t = list_entry(pulse, struct thread, pulse);
    int64_t now = clock_monotonic();
    if (t->worker.draining)
        drain_watch(t, now);
    else if (t->worker.leaving && now >= t->drain_at)
        drain_begin(t);
    else if (t->schedule != NULL)
        schedule_beat(t->schedule, now);
}

/* What connections come from, with what they are accepted with. */
static int thread_open_listeners(struct server *s, struct thread *t)
{
    const struct server_options *o = s->options;
    for (int kind = 0; kind < KINDS; kind++)
        t->accept[kind] = (h2o_accept_ctx_t){.ctx = &t->ctx, .hosts = s->hosts[kind]};
    if (s->tls != NULL) {
        SSL_CTX_up_ref(s->tls);
        t->accept[TLS].ssl_ctx = s->tls;
    }
    if (thread_listen(t, "AKKOORD_LISTEN", o->listen, CLEAR) != 0 ||
        thread_listen(t, "AKKOORD_TLS_LISTEN", o->tls_listen, TLS) != 0)
        return -1;
    return t == &s->threads[0] ? thread_listen(t, "AKKOORD_METRICS_LISTEN", o->metrics_listen, METRICS) : 0;
}

/* What it has for itself, and its share of what all have together. */
static int worker_open(struct server *s, struct worker *w)
{
    const struct server_options *o = s->options;
    w->keys = server_keys_ref(&o->keys);
    w->tokens = remembered_create();
    w->counters = counters_create(o->routes);
    w->controllers = controllers_create(w);
    w->waiters = waiters_create(w);
    w->site_counts = site_counts_create(w);
    w->access_log = s->access_log >= 0 ? access_log_create(w, s->access_log) : NULL;

    w->networks = s->networks;
    w->answers = &s->answers;
    w->rate_limits = s->rate_limits;
    w->guard = guard_create(&(struct guard_options){.loop = w->loop,
                                                    .peers = s->peers,
                                                    .bodies = &s->bodies,
                                                    .threads = s->thread_count,
                                                    .body_max = admission_body_max,
                                                    .cookie = w});

    w->read = lane_create(w->loop, o->database, "read", READ_DEPTH, READ_STALL_MS);
    w->write = lane_create(w->loop, o->database, "write", WRITE_DEPTH, WRITE_STALL_MS);
    w->slow = lane_create(w->loop, o->database, "slow", READ_DEPTH, SLOW_STALL_MS);
    w->writer = writers_join(s->writers, w->loop, w->write);
    lane_join_view(w->read, s->view);
    lane_join_view(w->slow, s->view); /* for batches */
    return w->tokens != NULL ? 0 : -1;
}

static int thread_open(struct server *s, struct thread *t)
{
    struct worker *w = &t->worker;
    w->options = s->options;
    w->loop = loop_create();
    list_init(&w->calls);
    buf_init(&w->scratch, ANSWER_BYTES_MAX);
    h2o_context_init(&t->ctx, loop_h2o(w->loop), &s->config);
    h2o_multithread_register_receiver(t->ctx.queue, &t->receiver, on_update);
    if (thread_open_listeners(s, t) != 0 || worker_open(s, w) != 0)
        return -1;
    if (t == &s->threads[0])
        t->schedule = schedule_create(s->options->chores, w, clock_monotonic());
    loop_pulse_start(w->loop, &t->pulse, on_beat);
    return 0;
}

/* Connections and the loop itself go with the process. */
static void thread_close(struct thread *t)
{
    struct worker *w = &t->worker;
    loop_pulse_stop(&t->pulse);
    guard_destroy(w->guard);
    lane_destroy(w->read);
    lane_destroy(w->write);
    lane_destroy(w->slow);
    writer_close(w->writer);
    pthread_barrier_wait(&t->server->closed);
    writer_leave(w->writer);
    schedule_destroy(t->schedule);
    waiters_destroy(w->waiters);
    site_counts_destroy(w->site_counts);
    access_log_destroy(w->access_log);
    controllers_destroy(w->controllers);
    remembered_destroy(w->tokens);
    buf_free(&w->scratch);
    server_keys_unref(&w->keys);
    SSL_CTX_free(t->accept[TLS].ssl_ctx);
}

/* It opens and closes what it has by itself: libh2o keeps what a socket has freed with the thread that made
 * the socket, and takes it from there again without a lock. */
static void *thread_run(void *cookie)
{
    struct thread *t = cookie;
    t->is_open = thread_open(t->server, t) == 0;
    sem_post(&t->server->opened);
    if (!t->is_open)
        return NULL;
    pthread_barrier_wait(&t->server->together); /* from here on one may look at the others' counters */
    for (size_t i = 0; i < t->listener_count; i++)
        h2o_socket_read_start(t->listeners[i].socket, on_accept);
    for (bool done = false; atomic_load(&t->server->serving) > 0;) { /* it writes for the others too */
        loop_run_once(t->worker.loop, 1000);
        if (t->stopping == done)
            continue;
        done = t->stopping; /* or not any more: somebody asked over a connection that was idle */
        if (done)
            atomic_fetch_sub(&t->server->serving, 1);
        else
            atomic_fetch_add(&t->server->serving, 1);
    }
    pthread_barrier_wait(&t->server->together); /* up to here */
    thread_close(t);
    arena_thread_end();
    return NULL;
}

/* ---- the main thread ---- */

static void tell(struct server *s, bool leave, const struct server_keys *keys, SSL_CTX *tls)
{
    for (unsigned i = 0; i < s->thread_count; i++) {
        struct thread_update *update = h2o_mem_alloc(sizeof *update);
        *update = (struct thread_update){.leave = leave, .tls = tls};
        if (keys != NULL && keys->tokens != NULL)
            update->keys = server_keys_ref(keys);
        if (tls != NULL)
            SSL_CTX_up_ref(tls);
        h2o_multithread_send_message(&s->threads[i].receiver, &update->super);
    }
}

static void reload(struct server *s)
{
    const struct server_options *o = s->options;
    struct server_keys keys = o->keys_reload(o->cookie);
    char fault[TLS_FAULT];
    SSL_CTX *tls = o->tls_listen[0] != '\0' ? tls_create(o->tls_cert_file, o->tls_key_file, fault) : NULL;
    if (tls == NULL && o->tls_listen[0] != '\0')
        log_error("tls.refused", "reason=\"%s\"", fault);
    tell(s, false, &keys, tls);
    if (s->access_log >= 0)
        access_log_reopen(s->access_log, o->access_log);
    log_info("server.reload", "token_keys=%s certificate=%s", keys.tokens != NULL ? "new" : "kept",
             tls != NULL ? "new" : "kept");
    server_keys_unref(&keys);
    SSL_CTX_free(tls);
}

static void signals_wait(struct server *s, const sigset_t *set)
{
    int signal;
    while (sigwait(set, &signal) == 0 && signal == SIGHUP)
        reload(s);
    log_info("server.drain", "after_ms=%" PRId64 " within_ms=%d", s->options->drain_delay_ms, DRAIN_MS);
    tell(s, true, NULL, NULL);
}

static int threads_start(struct server *s)
{
    sem_init(&s->opened, 0, 0);
    pthread_barrier_init(&s->together, NULL, s->thread_count + 1);
    pthread_barrier_init(&s->closed, NULL, s->thread_count);
    atomic_init(&s->serving, s->thread_count);
    for (unsigned i = 0; i < s->thread_count; i++) {
        struct thread *t = &s->threads[i];
        t->server = s;
        s->workers[i] = &t->worker;
        if (pthread_create(&t->id, NULL, thread_run, t) != 0) {
            log_error("server.thread", "reason=\"%s\"", strerror(errno));
            return -1;
        }
        while (sem_wait(&s->opened) != 0)
            continue;
        if (!t->is_open)
            return -1;
    }
    pthread_barrier_wait(&s->together);
    return 0;
}

/* Sees to descriptors for ${connections}, and returns for how many there are: without one left, the
 * listeners would be ready for ever. */
static unsigned descriptors_allow(unsigned connections)
{
    struct rlimit limit;
    rlim_t wanted = connections + DESCRIPTORS_SPARED;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return connections;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return connections;
    unsigned left = limit.rlim_cur > 2 * DESCRIPTORS_SPARED ? (unsigned)limit.rlim_cur - DESCRIPTORS_SPARED
                                                            : DESCRIPTORS_SPARED;
    log_warn("server.descriptors", "limit=%llu connections_max=%u", (unsigned long long)limit.rlim_cur, left);
    return left;
}

static sigset_t signals_block(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return set;
}

static void memory_settings(void)
{
    /* libh2o would put what grows beyond 32 MB into a file: bodies are personal data, and files block. */
    h2o_socket_buffer_mmap_settings.threshold = SIZE_MAX;
    mallopt(M_MMAP_THRESHOLD, MMAP_BYTES);
    mallopt(M_TRIM_THRESHOLD, 2 * MMAP_BYTES); /* as malloc itself would have it beside the other */
}

/* What all threads share. */
static int shared_open(struct server *s)
{
    const struct server_options *o = s->options;
    s->access_log = o->access_log[0] != '\0' ? access_log_open(o->access_log) : -1;
    if (s->access_log < 0 && o->access_log[0] != '\0') {
        log_error("serve.refused",
                  "reason=\"AKKOORD_ACCESS_LOG: %.200s: %s: name a file in a folder that the service may "
                  "write, or -\"",
                  o->access_log, strerror(errno));
        return -1;
    }
    config_init(s);
    s->networks = networks_create(o->trusted_proxies);
    s->peers = peers_create(&(struct peers_options){.connections_max = descriptors_allow(o->connections_max),
                                                    .connections_per_address = o->connections_per_address,
                                                    .arrivals = o->arrivals,
                                                    .networks = s->networks});
    s->bodies.max = BODIES_BYTES_MAX;
    s->answers.max = ANSWERS_BYTES_MAX;
    s->rate_limits = rate_limits_create(o->client_limit, o->address_limit);
    s->writers = writers_create(s->thread_count);
    s->view = view_create(o->view_bytes);
    if (s->view == NULL && o->view_bytes > 0)
        log_warn("view.none", "reason=\"there is no memory for it, or too little\"");
    if (o->tls_listen[0] == '\0')
        return 0;
    char fault[TLS_FAULT];
    s->tls = tls_create(o->tls_cert_file, o->tls_key_file, fault);
    if (s->tls == NULL)
        log_error("serve.refused", "reason=\"%s\"", fault);
    return s->tls != NULL ? 0 : -1;
}

int server_run(const struct server_options *options)
{
    const char *missing = interpose_missing();
    if (missing != NULL) {
        log_error("guard.missing", "symbol=%s reason=\"libh2o would not find it\"", missing);
        return 1;
    }

    /* the server */
    static struct server *s; /* what goes with the process stays in reach: it is no leak */
    s = calloc(1, sizeof *s);
    if (s == NULL)
        return 1;
    s->options = options;
    s->thread_count = options->threads < THREADS_MAX ? options->threads : THREADS_MAX;

    sigset_t set = signals_block();
    memory_settings();
    if (shared_open(s) != 0 || threads_start(s) != 0)
        return 1;
    log_info("server.start", "threads=%u listen=%s tls=%s metrics=%s", s->thread_count, options->listen,
             options->tls_listen, options->metrics_listen);

    /* until a signal ends it */
    signals_wait(s, &set);
    pthread_barrier_wait(&s->together);
    for (unsigned i = 0; i < s->thread_count; i++)
        pthread_join(s->threads[i].id, NULL);
    writers_destroy(s->writers);
    view_destroy(s->view);
    SSL_CTX_free(s->tls);
    log_info("server.stop", "threads=%u", s->thread_count);
    return 0;
}
