/* SPDX-License-Identifier: Apache-2.0 */
#include "api/routes.h"
#include "auth/keys.h"
#include "base/file.h"
#include "base/log.h"
#include "chore/chores.h"
#include "command/command.h"
#include "command/key_files.h"
#include "http/server.h"
#include "store/database.h"
#include "store/schema.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

static int refuse(const char *reason)
{
    log_error("serve.refused", "reason=\"%s\"", reason);
    return 1;
}

/* libpq's first line; it names host and user in quotes, which a log line has for itself. */
static void unreachable_warn(const char *message)
{
    char reason[256];
    snprintf(reason, sizeof reason, "%.*s", (int)strcspn(message, "\n"), message);
    for (char *c = reason; (c = strchr(c, '"')) != NULL;)
        *c = '\'';
    log_warn("serve.database", "reason=\"%s\"", reason);
}

/* A schema or a key that does not fit, or a pooler, is refused at once, in words; a database that cannot
 * be reached may come back, and the lanes go on trying. */
static const char *preflight(const struct database *db, const struct subject_keys *keys)
{
    const char *refusal = NULL;
    PGconn *pg = database_connect(db);
    if (PQstatus(pg) == CONNECTION_OK)
        refusal = schema_refuses(pg, keys);
    else if (database_connect_trouble(pg) == DATABASE_POOLED)
        refusal = DATABASE_POOLED;
    else
        unreachable_warn(PQerrorMessage(pg));
    PQfinish(pg);
    return refusal;
}

static struct keys *keys_reload(void *cookie)
{
    const struct config *config = cookie;
    char fault[KEY_FILES_FAULT];
    struct keys *keys = NULL;
    if (token_keys_load(config, &keys, fault) != 0)
        log_error("keys.refused", "reason=\"%s\"", fault);
    return keys;
}

static int serve_with(const struct config *config, const struct subject_keys *subject_keys, struct keys *keys,
                      const struct database *db)
{
    const char *refusal = preflight(db, subject_keys);
    if (refusal != NULL)
        return refuse(refusal);
    struct config reload = *config;
    return server_run(
        &(struct server_options){.routes = api_routes,
                                 .chores = chores,
                                 .listen = config->listen,
                                 .tls_listen = config->tls_listen,
                                 .tls_cert_file = config->tls_cert_file,
                                 .tls_key_file = config->tls_key_file,
                                 .metrics_listen = config->metrics_listen,
                                 .public_url = config->public_url,
                                 .access_log = config->access_log,
                                 .trusted_proxies = config->trusted_proxies,
                                 .threads = (unsigned)config->threads,
                                 .connections_max = (unsigned)config->connections_max,
                                 .connections_per_address = (unsigned)config->connections_per_address,
                                 .arrivals = (unsigned)config->arrivals,
                                 .client_limit = (uint64_t)config->client_limit,
                                 .address_limit = (uint64_t)config->address_limit,
                                 .drain_delay_ms = config->drain_delay * 1000,
                                 .database = db,
                                 .subject_key = subject_keys->keys[0].number,
                                 .keys = keys,
                                 .keys_reload = keys_reload,
                                 .cookie = &reload});
}

static int database_open(const struct config *config, const struct subject_keys *subject_keys,
                         struct keys *keys)
{
    char *fault = NULL;
    struct database *db = database_create(config->database, subject_keys, &fault);
    if (db == NULL) {
        log_error("serve.refused", "reason=\"AKKOORD_DATABASE: %s\"",
                  fault != NULL ? fault : "out of memory");
        PQfreemem(fault);
        return 1;
    }
    int rc = serve_with(config, subject_keys, keys, db);
    database_destroy(db);
    return rc;
}

static int serve(const struct config *config, const struct arguments *args)
{
    (void)args;
    char fault[KEY_FILES_FAULT];
    struct subject_keys subject_keys;
    struct keys *keys;
    const char *missing = config_serve_fault(config);
    if (missing != NULL)
        return refuse(missing);
    signal(SIGPIPE, SIG_IGN);
    log_unblock(); /* while /proc/self is still ours: see below */
    if (config->tls_key_file[0] != '\0' && file_is_exposed(config->tls_key_file))
        return refuse("AKKOORD_TLS_KEY_FILE: " FILE_EXPOSED);
    /* Keys must not end up in a core dump, nor be read by a debugger of another process of the same user. */
    prctl(PR_SET_DUMPABLE, 0);
    if (subject_keys_load(config, &subject_keys, fault) != 0)
        return refuse(fault);
    int rc = 1;
    if (token_keys_load(config, &keys, fault) == 0) {
        rc = database_open(config, &subject_keys, keys);
        keys_unref(keys);
    } else {
        refuse(fault);
    }
    subject_keys_wipe(&subject_keys);
    prctl(PR_SET_DUMPABLE, 1); /* what looks for leaks at the end is a debugger */
    return rc;
}

/* All but migrate-database. */
static const char *const serve_options[] = {"listen",
                                            "tls-listen",
                                            "tls-cert-file",
                                            "tls-key-file",
                                            "metrics-listen",
                                            "database",
                                            "jwt-secret-file",
                                            "jwks-file",
                                            "jwt-issuer",
                                            "jwt-max-lifetime",
                                            "subject-key-file",
                                            "public-url",
                                            "threads",
                                            "trusted-proxies",
                                            "connections-max",
                                            "connections-per-address",
                                            "arrivals",
                                            "client-limit",
                                            "address-limit",
                                            "access-log",
                                            "drain-delay",
                                            "log-level",
                                            NULL};

const struct command serve_command = {"serve",       "",   "the service; it never migrates", NULL,
                                      serve_options, serve};
