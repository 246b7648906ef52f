/* SPDX-License-Identifier: Apache-2.0 */
#include "command/on_database.h"

#include "command/command.h"
#include "command/key_files.h"
#include "store/schema.h"

const char *const on_database_options[] = {"database", "subject-key-file", "log-level", NULL};

static int connected(const struct database *db, const struct subject_keys *keys, const char *command,
                     database_work *work, void *cookie)
{
    PGconn *pg = database_connect(db);
    const char *refusal = PQstatus(pg) == CONNECTION_OK ? schema_refuses(pg, keys) : PQerrorMessage(pg);
    int rc = refusal == NULL ? work(pg, keys, cookie) : command_failed(command, refusal);
    PQfinish(pg);
    return rc;
}

int on_database(const struct config *config, const char *command, database_work *work, void *cookie)
{
    struct subject_keys keys;
    char fault[KEY_FILES_FAULT], *database_fault = NULL;
    if (subject_keys_load(config, &keys, fault) != 0)
        return command_failed(command, fault);
    struct database *db = database_create(config->database, &keys, &database_fault);
    int rc = db != NULL ? connected(db, &keys, command, work, cookie)
                        : command_failed(command, database_fault != NULL ? database_fault : "memory ran out");
    if (db != NULL)
        database_destroy(db);
    PQfreemem(database_fault);
    subject_keys_wipe(&keys);
    return rc;
}
