/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "command/command.h"
#include "command/on_database.h"
#include "store/database.h"
#include "store/migration.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WAIT_FOR_DATABASE (30 * SECOND) /* a first start of a database container, its initdb included */

/* Whether the server may only need time: it is not there yet, or says that it is starting. A wrong
 * password is for a person. */
static bool may_come_up(const char *conninfo)
{
    const char *const keywords[] = {"dbname", "connect_timeout", NULL};
    const char *const values[] = {conninfo, "3", NULL};
    PGPing ping = PQpingParams(keywords, values, 1);
    return ping == PQPING_REJECT || ping == PQPING_NO_RESPONSE;
}

/* Never NULL but when memory ran out; the caller looks at PQstatus. */
static PGconn *connect_patiently(const struct database *db, const char *conninfo)
{
    int64_t until = clock_monotonic() + WAIT_FOR_DATABASE;
    bool told = false;
    for (;;) {
        PGconn *pg = database_connect(db);
        if (PQstatus(pg) == CONNECTION_OK || clock_monotonic() >= until || !may_come_up(conninfo))
            return pg;
        PQfinish(pg);
        if (!told)
            fprintf(stderr, "akkoord: migrate: waiting for the database\n");
        told = true;
        usleep(250 * 1000);
    }
}

/* Opens what ${option} holds, or says why not. */
static struct database *database_open(const char *option, const char *conninfo)
{
    char *fault = NULL;
    struct database *db = database_create(conninfo, NULL, &fault);
    if (db == NULL) {
        char sentence[KEY_FILES_FAULT];
        conninfo_refusal(option, fault, sentence);
        command_failed("migrate", sentence);
    }
    PQfreemem(fault);
    return db;
}

static int migrate_with(const struct database *owner, const char *conninfo, const char *service_role)
{
    PGconn *pg = connect_patiently(owner, conninfo);
    int rc = 1;
    if (PQstatus(pg) != CONNECTION_OK)
        fprintf(stderr, "akkoord: migrate: %s", PQerrorMessage(pg));
    else
        rc = migration_run(pg, service_role, stdout) == 0 ? 0 : 1;
    PQfinish(pg);
    return rc;
}

static int migrate(const struct config *config, const struct arguments *args)
{
    (void)args;
    bool own = config->migrate_database[0] != '\0';
    const char *conninfo = own ? config->migrate_database : config->database;
    struct database *owner = database_open(own ? "AKKOORD_MIGRATE_DATABASE" : "AKKOORD_DATABASE", conninfo);
    struct database *service = owner != NULL ? database_open("AKKOORD_DATABASE", config->database) : NULL;
    int rc = service != NULL ? migrate_with(owner, conninfo, own ? database_user(service) : NULL) : 1;
    database_destroy(service);
    database_destroy(owner);
    return rc;
}

static const char *const migrate_options[] = {"database", "migrate-database", "log-level", NULL};

const struct command migrate_command = {
    "migrate",
    "",
    "brings the schema up to date, as the owner's role, and gives the service's role its rights",
    NULL,
    migrate_options,
    migrate};
