/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "command/key_files.h"
#include "config/config.h"
#include "domain/tag.h"
#include "store/database.h"

/* For commands that work on the database as the service's role, with its subject keys. */

/* The options that such a command reads. */
extern const char *const on_database_options[];

/* Returns the command's exit status; the reason is on stderr. */
typedef int database_work(PGconn *pg, const struct numbered_keys *keys, void *cookie);

/* ${trouble} of a database (schema_refuses, or what libpq says), with the option that it is of, as a
 * sentence. */
void database_refusal(const struct config *config, const char *trouble, char ret_sentence[KEY_FILES_FAULT]);
/* Likewise of a conninfo that database_create could not read. */
void conninfo_refusal(const char *option, const char *trouble, char ret_sentence[KEY_FILES_FAULT]);

/* Reads the subject keys and connects, as the options say. Where the schema is one that this program and
 * these keys can work with it runs ${work}, and returns what that returns; else 1, with the reason on
 * stderr as of ${command}. */
int on_database(const struct config *config, const char *command, database_work *work, void *cookie);
