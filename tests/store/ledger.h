/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/policy.h"
#include "store/check.h"
#include "store/record.h"
#include <libpq-fe.h>

/* What the tests of the store need of a ledger. Each test has controllers of its own in the shared cluster.
 * What goes wrong here fails the test. */

/* Numbers that ledger_open gives, in every controller. */
enum { NEWSLETTER = 1, OFFERS = 2, STATISTICS = 3, NOTICE_OLD = 1, NOTICE_NEW = 2 };

struct ledger {
    PGconn *pg; /* the service's role, with a session as in production */
    int32_t controller;
    int64_t generation;
};

/* The subject key of all of these tests. Static. */
const struct numbered_keys *ledger_keys(void);
/* Connections that have the service's session settings; PQfinish them. */
PGconn *service_connect(void);
PGconn *owner_connect(void);

/* Statements that a test sends by itself reach the rows of that controller.
 * ledger_open and batch_run do so. */
void session_admit(PGconn *pg, int32_t controller);

/* Makes a controller of that key, with a policy of three purposes on consent and two
 * notices. Closed by ledger_close. */
struct ledger ledger_open(const char *key);
void ledger_close(struct ledger *l);
/* The policy that ledger_open applies, with its numbers. Static. */
const struct policy *ledger_policy(void);

/* Runs SQL that must succeed; the first column of its first row as a number, 0 where there is
 * none. `$1` is the controller. */
int64_t ledger_number(const struct ledger *l, const char *sql);
/* A session that holds the controller's head, as another node's batch would, until it is PQfinished. */
PGconn *ledger_hold(const struct ledger *l);
/* Runs SQL on its own. NULL when it succeeds, else its SQLSTATE, static until the next call. */
const char *sql_refused(PGconn *pg, const char *sql);

/* A tag that nothing else gives: numbered by ${n}. */
struct tag tag_numbered(uint32_t n);
/* A person of one identifier, and of several: ${first}, ${first} + 1, ... */
struct person person_numbered(uint32_t n);
struct person person_of(uint32_t first, size_t count);

/* An act by the person through a web form, at ${at} or INSTANT_NONE (then a No floats), in the slot that its
 * state has. A Yes is to known words. */
struct act act_of(const struct person *person, int32_t purpose, enum event_state state, instant at);
/* The request of these acts; not submitted. */
struct record_job request_of(const struct ledger *l, struct act *acts, size_t count);

/* Runs the requests as one batch, one transaction, as a lane would. */
void batch_run(PGconn *pg, struct record_job *requests, size_t count);
/* Likewise, but one act after the other, also where they are apart. */
void batch_run_one_by_one(PGconn *pg, struct record_job *requests, size_t count);
/* Records one act and returns what became of it. */
struct recorded ledger_record(const struct ledger *l, struct act act);
/* What is heard under a tag for a purpose and as a standing No, in room of its own. */
struct heard {
    size_t count;
    struct state list[32];
};
struct heard ledger_heard(const struct ledger *l, struct tag tag, int32_t purpose);
/* The reason a check gives now. */
enum reason ledger_reason(const struct ledger *l, struct tag tag, int32_t purpose);
/* The database's clock. */
instant ledger_now(const struct ledger *l);
