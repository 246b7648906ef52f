/* SPDX-License-Identifier: Apache-2.0 */
#include "command/on_database.h"

#include "command/command.h"
#include "store/schema.h"

#include <stdio.h>
#include <string.h>

const char *const on_database_options[] = {"database", "subject-key-file", "log-level", NULL};

void database_refusal(const struct config *config, const char *trouble, char ret_sentence[KEY_FILES_FAULT])
{
    if (trouble == SCHEMA_KEYS_DIFFER)
        snprintf(ret_sentence, KEY_FILES_FAULT, "AKKOORD_SUBJECT_KEY_FILE: %.200s: %s",
                 config->subject_key_file, trouble);
    else
        snprintf(ret_sentence, KEY_FILES_FAULT, "AKKOORD_DATABASE: %.*s", (int)strcspn(trouble, "\n"),
                 trouble);
}

void conninfo_refusal(const char *option, const char *trouble, char ret_sentence[KEY_FILES_FAULT])
{
    snprintf(ret_sentence, KEY_FILES_FAULT,
             "%s: %s: write it as libpq's conninfo (host=... dbname=... user=...) or URI; what could not be "
             "read is "
             "not shown, since it may be a part of a password",
             option, trouble != NULL ? trouble : "memory ran out");
}

static int connected(const struct config *config, const struct database *db, const struct numbered_keys *keys,
                     const char *command, database_work *work, void *cookie)
{
    char fault[KEY_FILES_FAULT];
    PGconn *pg = database_connect(db);
    const char *trouble = PQstatus(pg) == CONNECTION_OK ? schema_refuses(pg, keys) : PQerrorMessage(pg);
    if (trouble != NULL)
        database_refusal(config, trouble, fault);
    int rc = trouble == NULL ? work(pg, keys, cookie) : command_failed(command, fault);
    PQfinish(pg);
    return rc;
}

int on_database(const struct config *config, const char *command, database_work *work, void *cookie)
{
    struct numbered_keys keys;
    char fault[KEY_FILES_FAULT], *trouble = NULL;
    if (subject_keys_load(config, &keys, fault) != 0)
        return command_failed(command, fault);
    struct database *db = database_create(config->database, &keys, &trouble);
    int rc;
    if (db != NULL) {
        rc = connected(config, db, &keys, command, work, cookie);
    } else {
        conninfo_refusal("AKKOORD_DATABASE", trouble, fault);
        rc = command_failed(command, fault);
    }
    database_destroy(db);
    PQfreemem(trouble);
    numbered_keys_wipe(&keys);
    return rc;
}
