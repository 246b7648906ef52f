/* SPDX-License-Identifier: Apache-2.0 */
#include "store/conn.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/limits.h"
#include "base/log.h"
#include "loop/loop.h"
#include "loop/watch.h"
#include "store/params.h"
#include "store/row.h"
#include "store/schema.h"
#include "store/sqlstate.h"
#include "store/statement.h"

#include <assert.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { ON_THE_WIRE_MAX = DEPTH_MAX + 1, SQLSTATE_SIZE = 6 };

static const char *const state_words[] = {"down", "resolving", "connecting", "preparing", "ready"};

struct conn {
    struct loop *loop;
    struct loop_pulse pulse;
    const struct database *db;
    const char *name;
    int64_t stall_us;
    struct conn_owner owner;
    void *cookie;

    enum conn_state state;
    PGconn *pg;
    struct watch *watch;
    size_t host;         /* the one in use or tried last */
    int64_t since;       /* when the state was entered */
    int64_t backoff_us;  /* to wait in DOWN */
    const char *trouble; /* why the last attempt failed */
    int64_t told_at;     /* when a failure was last logged as news */

    int syncs; /* awaited: batches on the wire, and in PREPARING the one of the preparation */
    int64_t sent_at[ON_THE_WIRE_MAX]; /* of those, oldest first */
    bool pinged;                      /* the oldest is a ping's, not a batch's */
    int64_t heard_at; /* when the last one came; in CONNECTING when the server last spoke, 0: it has not */
    PostgresPollingStatusType step; /* in CONNECTING: what was awaited */
    char sqlstate[SQLSTATE_SIZE];   /* first error of the oldest batch, "" for none */
    bool admitted;   /* the oldest batch's controllers were admitted: the next rows are its statement's */
    bool session_ok; /* the session row was seen and is good */
    char history[DATABASE_HISTORY_SIZE];
    struct gaicb lookup;
    bool lookup_running;
    char address[NI_MAXHOST];
};

static void on_ready(void *cookie);

static bool wire_holds(const struct conn *c)
{
    bool may_send = c->state >= CONN_PREPARING;
    return c->syncs >= 0 && c->syncs <= (may_send ? ON_THE_WIRE_MAX : 0);
}

static bool ping_holds(const struct conn *c)
{
    return !c->pinged || (c->syncs > 0 && c->state == CONN_READY);
}

static void conn_check(const struct conn *c)
{
    assert((c->pg != NULL) == (c->state >= CONN_CONNECTING));
    assert(c->watch == NULL || c->pg != NULL);
    assert(wire_holds(c));
    assert(ping_holds(c));
}

static void conn_set(struct conn *c, enum conn_state to)
{
    c->state = to;
    c->since = clock_monotonic();
    log_debug("conn.state", "lane=%s state=%s", c->name, state_words[to]);
    conn_check(c);
}

/* Half to one and a half of the last wait doubled: many services must not come back in step. */
static void backoff_grow(struct conn *c)
{
    unsigned short dice = 0;
    if (getrandom(&dice, sizeof dice, GRND_NONBLOCK) < 0)
        dice = 1 << 15;
    int64_t next = c->backoff_us == 0 ? BACKOFF_FIRST_MS * 1000 : c->backoff_us * 2;
    next = next / 2 + next * dice / 65536;
    c->backoff_us = next < BACKOFF_MAX_MS * 1000 ? next : BACKOFF_MAX_MS * 1000;
}

static void conn_drop(struct conn *c)
{
    watch_destroy(c->watch);
    c->watch = NULL;
    PQfinish(c->pg);
    c->pg = NULL;
    c->syncs = 0;
    c->pinged = false;
    c->sqlstate[0] = '\0';
    c->admitted = false;
    c->session_ok = false;
}

/* An attempt or a connection has failed. The next host is due; only after a whole round is there a pause. */
static void conn_fail(struct conn *c, const char *reason)
{
    bool was_ready = c->state == CONN_READY;
    bool is_news = was_ready || c->trouble == NULL ||
                   (strcmp(c->trouble, reason) != 0 && clock_monotonic() - c->told_at > NEWS_EVERY_MS * 1000);
    if (is_news)
        c->told_at = clock_monotonic();
    log_line(is_news ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "conn.lost",
             "lane=%s host=%s state=%s reason=\"%s\"", c->name, database_host_name(c->db, c->host),
             state_words[c->state], reason);
    conn_drop(c);
    c->trouble = reason;
    c->host = (c->host + 1) % database_hosts(c->db);
    if (c->host == 0 || was_ready)
        backoff_grow(c);
    conn_set(c, CONN_DOWN);
    if (was_ready)
        c->owner.on_lost(c->cookie);
}

static bool conn_watch(struct conn *c)
{
    watch_destroy(c->watch);
    c->watch = watch_create(c->loop, PQsocket(c->pg), on_ready, c);
    return c->watch != NULL;
}

/* The warning 01000 in answer to a statement says that a commit's wait for its standby was
 * cancelled: the outcome is not known. What else a server may warn of, such as another version of
 * its collations at connect, changes nothing. */
static void on_notice(void *cookie, const PGresult *notice)
{
    struct conn *c = cookie;
    const char *sqlstate = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (c->state != CONN_READY || c->syncs == 0 || c->sqlstate[0] != '\0' || severity == NULL ||
        sqlstate == NULL)
        return;
    if (strcmp(severity, "WARNING") == 0 && strcmp(sqlstate, "01000") == 0)
        memcpy(c->sqlstate, CONN_UNCERTAIN, SQLSTATE_SIZE);
}

static void connect_start(struct conn *c, const char *address)
{
    c->pg = fault_strikes() ? NULL : database_connect_start(c->db, c->host, address);
    if (c->pg == NULL) {
        c->trouble = "out of memory";
        backoff_grow(c);
        conn_set(c, CONN_DOWN);
        return;
    }
    c->step = PGRES_POLLING_WRITING;
    c->heard_at = 0;
    conn_set(c, CONN_CONNECTING);
    if (PQstatus(c->pg) == CONNECTION_BAD || !conn_watch(c)) {
        conn_fail(c, "connect");
        return;
    }
    PQsetNoticeReceiver(c->pg, on_notice, c);
    PQsetErrorVerbosity(c->pg, PQERRORS_SQLSTATE);
    watch_want_write(c->watch);
}

static void resolve_start(struct conn *c)
{
    const char *name = database_host_to_resolve(c->db, c->host);
    if (name == NULL) {
        connect_start(c, NULL);
        return;
    }
    c->lookup = (struct gaicb){.ar_name = name};
    struct gaicb *list[] = {&c->lookup};
    c->lookup_running = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) == 0;
    if (c->lookup_running)
        conn_set(c, CONN_RESOLVING);
}

static void resolve_poll(struct conn *c, int64_t now)
{
    int rc = gai_error(&c->lookup);
    if (rc == EAI_INPROGRESS) {
        /* A lookup cannot be taken back; it ends by the resolver's own time-out.
         * Its memory is ours until then. */
        if (now - c->since > CONNECT_TIMEOUT_MS * 1000)
            c->trouble = "name lookup takes long";
        return;
    }
    c->lookup_running = false;
    struct addrinfo *found = c->lookup.ar_result;
    if (rc == 0 && found != NULL &&
        getnameinfo(found->ai_addr, found->ai_addrlen, c->address, sizeof c->address, NULL, 0,
                    NI_NUMERICHOST) == 0) {
        freeaddrinfo(found);
        connect_start(c, c->address);
        return;
    }
    if (found != NULL)
        freeaddrinfo(found);
    conn_fail(c, "name lookup");
}

static int statements_prepare(struct conn *c)
{
    for (const struct embedded *s = statement_files; s->name != NULL; s++) {
        char name[64];
        size_t len = strcspn(s->name, ".");
        assert(len < sizeof name);
        memcpy(name, s->name, len);
        name[len] = '\0';
        if (PQsendPrepare(c->pg, name, s->data, 0, NULL) != 1)
            return -1;
    }
    return 0;
}

static int statement_send(struct conn *c, const char *statement, struct params *params)
{
    const char *values[PARAMS_MAX];
    int lengths[PARAMS_MAX], formats[PARAMS_MAX];
    params_finish(params, values, lengths, formats);
    return PQsendQueryPrepared(c->pg, statement, params->count, values, lengths, formats, 1) == 1 ? 0 : -1;
}

static int session_ask(struct conn *c)
{
    struct params params;
    params_init(&params);
    schema_bind_session(&params, database_keys(c->db));
    int sent = statement_send(c, "session", &params);
    params_free(&params);
    return sent == 0 && PQpipelineSync(c->pg) == 1 ? 0 : -1;
}

static void prepare_start(struct conn *c)
{
    conn_set(c, CONN_PREPARING);
    if (PQsetnonblocking(c->pg, 1) != 0 || PQenterPipelineMode(c->pg) != 1 || statements_prepare(c) != 0 ||
        session_ask(c) != 0) {
        conn_fail(c, "prepare");
        return;
    }
    c->sent_at[c->syncs++] = clock_monotonic();
    if (PQflush(c->pg) == 1)
        watch_want_write(c->watch);
}

static void connect_poll(struct conn *c)
{
    if (c->step == PGRES_POLLING_READING)
        c->heard_at = clock_monotonic();
    PostgresPollingStatusType step = fault_strikes() ? PGRES_POLLING_FAILED : PQconnectPoll(c->pg);
    c->step = step;
    if (step == PGRES_POLLING_FAILED || !conn_watch(c)) {
        conn_fail(c, database_connect_trouble(c->pg));
        return;
    }
    if (step == PGRES_POLLING_WRITING)
        watch_want_write(c->watch);
    if (step == PGRES_POLLING_OK)
        prepare_start(c);
}

/* Why a connection whose preparation met an error cannot be used. */
static const char *prepare_trouble(const struct conn *c)
{
    if (strcmp(c->sqlstate, "42P05") ==
        0) /* a statement that is new to this session is there: the session is shared */
        return DATABASE_POOLED;
    return "the schema is missing or not for this role: run `akkoord migrate`";
}

/* The preparation's sync has arrived. */
static void prepared(struct conn *c)
{
    if (c->sqlstate[0] != '\0' || !c->session_ok) {
        conn_fail(c, c->sqlstate[0] != '\0' ? prepare_trouble(c) : c->trouble);
        return;
    }
    c->backoff_us = 0;
    c->trouble = NULL;
    conn_set(c, CONN_READY);
    log_info("conn.ready", "lane=%s host=%s", c->name, database_host_name(c->db, c->host));
    c->owner.on_ready(c->cookie);
}

static void on_result_sync(struct conn *c)
{
    assert(c->syncs > 0);
    memmove(c->sent_at, c->sent_at + 1, sizeof *c->sent_at * (ON_THE_WIRE_MAX - 1));
    c->syncs--;
    c->heard_at = clock_monotonic();
    if (c->state == CONN_PREPARING) {
        prepared(c);
        return;
    }
    if (c->pinged) {
        c->pinged = false;
        c->sqlstate[0] = '\0';
        return;
    }
    c->admitted = false;
    char sqlstate[SQLSTATE_SIZE];
    memcpy(sqlstate, c->sqlstate, sizeof sqlstate);
    c->sqlstate[0] = '\0';
    c->owner.on_sync(c->cookie, sqlstate[0] != '\0' ? sqlstate : NULL);
}

static void on_result_error(struct conn *c, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (c->sqlstate[0] != '\0')
        return; /* the first fault is the cause */
    bool is_servers = sqlstate != NULL && strlen(sqlstate) == SQLSTATE_SIZE - 1;
    memcpy(c->sqlstate, is_servers ? sqlstate : CONN_UNCERTAIN, SQLSTATE_SIZE);
}

static void session_take(struct conn *c, const PGresult *row)
{
    c->session_ok = schema_session_good(c->pg, row, &c->trouble);
    if (c->session_ok)
        schema_session_history(row, c->history);
}

static void on_result_rows(struct conn *c, const PGresult *result)
{
    if (c->state != CONN_READY)
        session_take(c, result);
    else if (!c->admitted)
        c->admitted = true;
    else
        c->owner.on_rows(c->cookie, result);
}

static void on_result(struct conn *c, const PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
        on_result_sync(c);
        return;
    case PGRES_TUPLES_OK:
        on_result_rows(c, result);
        return;
    case PGRES_COMMAND_OK: /* not a commit: only the sync is */
    case PGRES_PIPELINE_ABORTED:
        return;
    default:
        on_result_error(c, result);
    }
}

/* Reads all that is there. The connection may be gone afterwards. */
static void results_read(struct conn *c)
{
    if (fault_strikes() || PQconsumeInput(c->pg) != 1) {
        conn_fail(c, "read");
        return;
    }
    while (c->pg != NULL && c->syncs > 0 && !PQisBusy(c->pg)) {
        PGresult *result = PQgetResult(c->pg);
        if (result == NULL)
            continue; /* the end of one statement's results */
        on_result(c, result);
        PQclear(result);
    }
    if (c->pg != NULL && PQstatus(c->pg) == CONNECTION_BAD)
        conn_fail(c, "closed by the server");
}

static void on_ready(void *cookie)
{
    struct conn *c = cookie;
    if (c->state == CONN_CONNECTING) {
        connect_poll(c);
        return;
    }
    results_read(c);
    if (c->pg == NULL)
        return;
    int left = PQflush(c->pg);
    if (left < 0)
        conn_fail(c, "write");
    else if (left == 1)
        watch_want_write(c->watch);
}

/* A lane without jobs would learn only from its next one, and seconds late, that its host hangs. A
 * sync alone is no transaction. */
static void ping(struct conn *c)
{
    if (fault_strikes() || PQpipelineSync(c->pg) != 1) {
        conn_fail(c, "send");
        return;
    }
    c->sent_at[c->syncs++] = clock_monotonic();
    c->pinged = true;
    conn_check(c);
}

static void connect_watch(struct conn *c, int64_t now)
{
    bool answered = c->heard_at != 0;
    if (now - (answered ? c->heard_at : c->since) >
        (answered ? CONNECT_ANSWERED_MS : CONNECT_TIMEOUT_MS) * 1000)
        conn_fail(c, "connect time-out");
}

static void liveness_watch(struct conn *c, int64_t now)
{
    int64_t stall_us = c->pinged ? PING_STALL_MS * 1000 : c->stall_us;
    if (c->syncs > 0 && now - c->sent_at[0] > stall_us)
        conn_fail(c, "stall");
    else if (c->syncs == 0 && now - c->heard_at >= PING_EVERY_MS * 1000)
        ping(c);
}

static void on_beat(struct loop_pulse *pulse)
{
    struct conn *c = list_entry(pulse, struct conn, pulse);
    int64_t now = clock_monotonic();
    switch (c->state) {
    case CONN_DOWN:
        if (now - c->since >= c->backoff_us)
            resolve_start(c);
        break;
    case CONN_RESOLVING:
        resolve_poll(c, now);
        break;
    case CONN_CONNECTING:
        connect_watch(c, now);
        break;
    case CONN_PREPARING:
    case CONN_READY:
        liveness_watch(c, now);
        break;
    case CONN_STATES:
        break;
    }
}

struct conn *conn_create(struct loop *loop, const struct database *db, const char *name, int stall_ms,
                         const struct conn_owner *owner, void *cookie)
{
    struct conn *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort(); /* start-up only */
    c->loop = loop;
    c->db = db;
    c->name = name;
    c->stall_us = stall_ms * INT64_C(1000);
    c->owner = *owner;
    c->cookie = cookie;
    c->trouble = "not connected yet";
    loop_pulse_start(loop, &c->pulse, on_beat);
    resolve_start(c);
    return c;
}

void conn_destroy(struct conn *c)
{
    loop_pulse_stop(&c->pulse);
    if (c->lookup_running) {
        gai_cancel(&c->lookup);
        while (gai_error(&c->lookup) == EAI_INPROGRESS) {
            const struct gaicb *list[] = {&c->lookup};
            gai_suspend(list, 1, NULL);
        }
    }
    conn_drop(c);
    free(c);
}

enum conn_state conn_state(const struct conn *c)
{
    return c->state;
}

const char *conn_trouble(const struct conn *c)
{
    return c->trouble != NULL ? c->trouble : "";
}

const char *conn_history(const struct conn *c)
{
    assert(c->state == CONN_READY);
    return c->history;
}

int conn_send(struct conn *c, struct params *admitted, const char *statement, struct params *params)
{
    assert(c->state == CONN_READY && c->syncs < ON_THE_WIRE_MAX);
    if (fault_strikes() || statement_send(c, "admit", admitted) != 0 ||
        statement_send(c, statement, params) != 0 || PQpipelineSync(c->pg) != 1) {
        conn_fail(c, "send");
        return -1;
    }
    c->sent_at[c->syncs++] = clock_monotonic();
    if (PQflush(c->pg) == 1)
        watch_want_write(c->watch);
    return 0;
}

void conn_reset(struct conn *c, const char *reason)
{
    if (c->state != CONN_DOWN && c->state != CONN_RESOLVING)
        conn_fail(c, reason);
}
