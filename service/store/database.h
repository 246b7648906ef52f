/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/tag.h"

#include <libpq-fe.h>

/* Where the database is and what a session on it must be like. Shared by all connections, read-only. */
struct database;

/* With its NUL: which server answers a session, and which of its histories: from when it was started, and the
 * timeline. Where two sessions that live have the same, nothing that one saw committed was taken back for the
 * other. */
enum { DATABASE_HISTORY_SIZE = 48 };

/* A pooler gives each transaction another session: without our settings, without the prepared statements. */
extern const char DATABASE_POOLED[];

/* ${conninfo} is libpq's (a conninfo string or URI, "" for its defaults); several hosts are tried in
 * turn. ${keys} must outlive it. Returns NULL and a message of one line, which the caller frees with
 * PQfreemem, when it cannot be read, or no connection can ever be made with it; nothing of ${conninfo} is in
 * the message, which may be a part of a password. */
struct database *database_create(const char *conninfo, const struct numbered_keys *keys, char **ret_fault);
void database_destroy(struct database *db);

size_t database_hosts(const struct database *db);
/* The host's name or address, for log lines; a socket folder as it is. */
const char *database_host_name(const struct database *db, size_t host);
/* The name that must be resolved before connecting, or NULL when there is none to resolve. */
const char *database_host_to_resolve(const struct database *db, size_t host);
/* Starts a non-blocking connection to one host, with ${address} where its name was resolved, else
 * NULL. The caller checks PQstatus. */
PGconn *database_connect_start(const struct database *db, size_t host, const char *address);
/* As above, blocking, all hosts in turn; for start-up and commands. */
PGconn *database_connect(const struct database *db);
/* Why ${pg} did not connect: a static sentence, "connect" where it is not known.
 * DATABASE_POOLED will not pass by waiting. */
const char *database_connect_trouble(const PGconn *pg);
/* The user it connects as, "" for libpq's default. */
const char *database_user(const struct database *db);
const struct numbered_keys *database_keys(const struct database *db);
