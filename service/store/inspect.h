/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "domain/policy.h"

#include <libpq-fe.h>
#include <stdbool.h>

/* How a database is set up, as `akkoord doctor` asks: what the session's role may do,
 * and what the server promises. */
struct inspection {
    int version_num; /* 150004 is 15.4 */
    bool is_superuser;
    bool bypasses_row_security; /* BYPASSRLS */
    int owned;                  /* tables of the schema that the role owns */
    bool may_change_ledger;     /* UPDATE, DELETE or TRUNCATE on event */
    bool prints_rows;           /* the server's log would show failing rows or statements */
    bool commits_are_durable;   /* synchronous_commit, fsync and full_page_writes */
    bool has_standby;           /* synchronous_standby_names is set */
    int standbys;               /* connected now, synchronous or not */
    int connections;            /* that ordinary roles, and this one, may have at once */
    int connections_taken;      /* of the server's, now, this one included */
    instant clock;              /* the database's, when the answer was made */
};

/* Identifiers of one type that so many persons have that their Noes are looked up, and not pushed
 * (sql/function/tie.sql): a switchboard, a fair's mail box, or a form that sends its own address. */
struct crowd {
    char controller[POLICY_KEY_MAX + 1];
    uint8_t type;    /* enum identifier_type */
    int64_t count;   /* of such identifiers */
    int64_t persons; /* of the one that was named beside the most */
};
enum { CROWDS_MAX = 20 };

/* Returns -1 when the question failed. */
int database_inspect(PGconn *pg, struct inspection *ret_inspection);
/* The largest crowds of all controllers, the largest first. Returns -1 when the question failed. Needs the
 * schema. */
int database_crowds(PGconn *pg, struct crowd ret_crowds[CROWDS_MAX], size_t *ret_count);
