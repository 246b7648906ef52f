/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/tag.h"
#include "store/params.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>

/* The schema's steps, sql/migrate/NNN_NAME.sql, embedded. Forward only. Each says in its second line, `--
 * oldest: N`, the oldest program (by the last step it knows) that still works on the schema after it. */

/* The last step this program knows. */
int schema_step(void);

/* Runs the steps that are missing, each in its own transaction, under an advisory lock, as the owner of the
 * database; then grants ${service_role} (NULL or "": nobody) what the service may do. Says what it does on
 * ${out}. Returns 0, or -1 with the reason on stderr. */
int schema_migrate(PGconn *owner, const char *service_role, FILE *out);

/* Binds the parameters of sql/query/session.sql. */
void schema_bind_session(struct params *params, const struct subject_keys *keys);
/* Whether its row, which came over ${pg}, says that the session may be used. Else
 * ${ret_trouble} is a static sentence. */
bool schema_session_good(const PGconn *pg, const PGresult *row, const char **ret_trouble);
/* Whether the row of sql/query/ready.sql says so. */
bool schema_ready(const PGresult *row);
/* Asks the same over a blocking connection, at start-up: NULL, or a static sentence
 * why the service must not start. */
const char *schema_refuses(PGconn *pg, const struct subject_keys *keys);
