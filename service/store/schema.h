/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/tag.h"
#include "store/database.h"
#include "store/params.h"

#include <libpq-fe.h>
#include <stdbool.h>

/* Binds the parameters of sql/query/session.sql. */
void schema_bind_session(struct params *params, const struct numbered_keys *keys);
/* The one trouble of these two that is of the subject keys, and not of the database. */
extern const char SCHEMA_KEYS_DIFFER[];
/* Whether its row, which came over ${pg}, says that the session may be used. Else
 * ${ret_trouble} is a static sentence. */
bool schema_session_good(const PGconn *pg, const PGresult *row, const char **ret_trouble);
/* Of a row that is good. */
void schema_session_history(const PGresult *row, char ret_history[DATABASE_HISTORY_SIZE]);
/* Whether the row of sql/query/ready.sql says so. */
bool schema_ready(const PGresult *row);
/* Asks the same over a blocking connection, at start-up: NULL, or a static sentence
 * why the service must not start. */
const char *schema_refuses(PGconn *pg, const struct numbered_keys *keys);
