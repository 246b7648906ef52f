/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/database.h"
#include "store/params.h"

struct loop;

/* One libpq pipeline on a loop. It connects by itself, to each host in turn, for as long as it lives.
 *
 *   DOWN        no connection; waits for its back-off (jittered, at most BACKOFF_MAX_MS)
 *   RESOLVING   a host name is being looked up
 *   CONNECTING  PQconnectPoll is under way: the server has CONNECT_TIMEOUT_MS to say a word, and then
 *               CONNECT_ANSWERED_MS for each
 *   PREPARING   the statements are being prepared and the session checked
 *   READY       batches may be sent
 *
 * One function writes the state (conn_set); what must hold in each state is checked there. */
struct conn;
enum conn_state { CONN_DOWN, CONN_RESOLVING, CONN_CONNECTING, CONN_PREPARING, CONN_READY, CONN_STATES };

/* Instead of a SQLSTATE of the server's: its answer was lost on this side (memory), or it came with the
 * warning that a commit's wait for its standby was cancelled. */
#define CONN_UNCERTAIN "?????"

/* What the owner hears. None is called from inside a conn_ function of the owner's, but for conn_reset. */
struct conn_owner {
    /* The state is READY: send. */
    void (*on_ready)(void *cookie);
    /* Rows of the oldest batch on the wire. Nothing of it is committed yet. */
    void (*on_rows)(void *cookie, const PGresult *rows);
    /* The oldest batch's sync has arrived. ${sqlstate} NULL: it is committed. Else the error it met: it is
     * surely not; but CONN_UNCERTAIN means that nobody knows. */
    void (*on_sync)(void *cookie, const char *sqlstate);
    /* The connection is gone, with every batch on the wire. */
    void (*on_lost)(void *cookie);
};

/* ${name} is for log lines ("read", "write", ...) and must outlive it. ${stall_ms}: a batch that takes
 * longer means the host is gone; so does a ping, sent while there is no batch, that takes PING_STALL_MS.
 * Starts connecting at the next beat. */
struct conn *conn_create(struct loop *loop, const struct database *db, const char *name, int stall_ms,
                         const struct conn_owner *owner, void *cookie);
/* Closes; the owner hears nothing more. */
void conn_destroy(struct conn *c);
enum conn_state conn_state(const struct conn *c);
/* Why it is not READY, a static sentence. */
const char *conn_trouble(const struct conn *c);
/* In READY: which server answers, and which of its histories. Another where anything that was committed may
 * have been taken back since. */
const char *conn_history(const struct conn *c);
/* Sends one statement and its sync: one batch, one transaction, in which only rows of the controllers in
 * ${admitted} (admit.sql) are reached. Returns -1 when it could not be queued (then the connection has been
 * dropped: on_lost has been called). Only in READY. */
int conn_send(struct conn *c, struct params *admitted, const char *statement, struct params *params);
/* Drops the connection for ${reason} (a log word) and starts over: on_lost is called from inside. */
void conn_reset(struct conn *c, const char *reason);
