/* SPDX-License-Identifier: Apache-2.0 */
#include "api/routes.h"
#include "auth/keys.h"
#include "base/file.h"
#include "base/log.h"
#include "chore/chores.h"
#include "chore/outbox.h"
#include "command/command.h"
#include "command/key_files.h"
#include "command/on_database.h"
#include "command/take_over.h"
#include "http/counters.h"
#include "http/server.h"
#include "page/routes.h"
#include "site/routes.h"
#include "store/database.h"
#include "store/identity.h"
#include "store/schema.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* A log line has double quotes for itself. */
static void unquote(char *text)
{
    for (; (text = strchr(text, '"')) != NULL;)
        *text = '\'';
}

static int refuse(const char *fault)
{
    char reason[KEY_FILES_FAULT];
    snprintf(reason, sizeof reason, "%s", fault);
    unquote(reason);
    log_error("serve.refused", "reason=\"%s\"", reason);
    return 1;
}

/* libpq's first line. */
static void unreachable_warn(const char *message)
{
    char reason[256];
    snprintf(reason, sizeof reason, "%.*s", (int)strcspn(message, "\n"), message);
    unquote(reason);
    log_warn("serve.database", "reason=\"AKKOORD_DATABASE: %s: it is tried again\"", reason);
}

/* A schema or a key that does not fit, or a pooler, is refused at once, in words; a database that cannot
 * be reached may come back, and the lanes go on trying. Returns NULL, and in ${ret_id} which database it
 * is, "" where that is not known. */
static const char *preflight(const struct database *db, const struct numbered_keys *keys,
                             char ret_id[DATABASE_ID_SIZE])
{
    const char *refusal = NULL;
    PGconn *pg = database_connect(db);
    ret_id[0] = '\0';
    if (PQstatus(pg) == CONNECTION_OK)
        refusal = schema_refuses(pg, keys);
    else if (database_connect_trouble(pg) == DATABASE_POOLED)
        refusal = DATABASE_POOLED;
    else
        unreachable_warn(PQerrorMessage(pg));
    if (PQstatus(pg) == CONNECTION_OK)
        database_id(pg, ret_id);
    PQfinish(pg);
    return refusal;
}

static int keys_load(const struct config *config, struct server_keys *ret_keys, char fault[KEY_FILES_FAULT])
{
    struct server_keys keys = {0};
    if (receipt_keys_load(config, &keys.receipts, fault) != 0)
        return -1;
    if (token_keys_load(config, keys.receipts, &keys.tokens, fault) != 0) {
        receipt_keys_unref(keys.receipts);
        return -1;
    }
    *ret_keys = keys;
    return 0;
}

/* What SIGHUP is for. */
struct reloading {
    struct config config;
    struct outbox *outbox;
};

static void webhook_secrets_reload(const struct reloading *r)
{
    char fault[KEY_FILES_FAULT];
    struct webhook_secrets *secrets;
    if (webhook_secrets_load(&r->config, &secrets, fault) != 0)
        log_error("webhook_secrets.refused", "reason=\"%s\"", fault);
    else
        outbox_change_secrets(r->outbox, secrets);
}

/* All or none: the keys of tokens are held to those of receipts. */
static struct server_keys keys_reload(void *cookie)
{
    const struct reloading *r = cookie;
    char fault[KEY_FILES_FAULT];
    struct server_keys keys = {0};
    webhook_secrets_reload(r);
    if (keys_load(&r->config, &keys, fault) != 0)
        log_error("keys.refused", "reason=\"%s\"", fault);
    return keys;
}

/* All keys that the service holds. */
struct serve_keys {
    struct numbered_keys subject;
    struct link_keys link;
    struct server_keys reloaded; /* on SIGHUP */
};

/* Delivers while it serves. Returns NULL with ${fault}. */
static struct outbox *outbox_open(const struct config *config, const struct serve_keys *keys,
                                  const struct database *db, char fault[KEY_FILES_FAULT])
{
    struct webhook_secrets *secrets;
    if (webhook_secrets_load(config, &secrets, fault) != 0)
        return NULL;
    return outbox_start(&(struct outbox_options){.database = db,
                                                 .link_keys = &keys->link,
                                                 .public_url = config->public_url,
                                                 .allow = config->webhook_allow},
                        secrets);
}

/* A thread that hangs at its database has what all of this stands on: it goes with the process. */
static int outbox_close(struct outbox *outbox, int rc)
{
    if (!outbox_stop(outbox)) {
        log_warn("outbox.abandoned", "reason=\"the database does not answer\"");
        _exit(rc);
    }
    return rc;
}

static int serve_with(const struct config *config, const struct serve_keys *keys, const struct database *db,
                      bool take_over)
{
    char fault[KEY_FILES_FAULT], id[DATABASE_ID_SIZE];
    bool beside = false;
    const char *refusal = preflight(db, &keys->subject, id);
    if (refusal != NULL) {
        database_refusal(config, refusal, fault);
        return refuse(fault);
    }

    /* beside whom */
    if (take_over && take_over_check(config, id, &beside, fault) != 0)
        return refuse(fault);

    /* what it answers */
    static const struct route *const tables[] = {api_routes, site_routes, page_routes, NULL};
    static struct route routes[COUNTERS_ROUTES_MAX];
    routes_join(tables, routes, sizeof routes / sizeof *routes);

    /* until it is told to stop */
    struct reloading reload = {.config = *config, .outbox = outbox_open(config, keys, db, fault)};
    if (reload.outbox == NULL)
        return refuse(fault);
    int rc = server_run(
        &(struct server_options){.routes = routes,
                                 .chores = chores,
                                 .listen = config->listen,
                                 .tls_listen = config->tls_listen,
                                 .tls_cert_file = config->tls_cert_file,
                                 .tls_key_file = config->tls_key_file,
                                 .metrics_listen = config->metrics_listen,
                                 .public_url = config->public_url,
                                 .access_log = config->access_log,
                                 .trusted_proxies = config->trusted_proxies,
                                 .database_id = id,
                                 .beside = beside,
                                 .threads = (unsigned)config->threads,
                                 .view_bytes = (size_t)config->view_memory * 1000000,
                                 .connections_max = (unsigned)config->connections_max,
                                 .connections_per_address = (unsigned)config->connections_per_address,
                                 .arrivals = (unsigned)config->arrivals,
                                 .client_limit = (uint64_t)config->client_limit,
                                 .address_limit = (uint64_t)config->address_limit,
                                 .drain_delay_ms = config->drain_delay * 1000,
                                 .database = db,
                                 .subject_key = keys->subject.keys[0].number,
                                 .deliveries = outbox_counts(reload.outbox),
                                 .demo = config->demo != 0,
                                 .demo_site = config->demo_site,
                                 .link_keys = &keys->link,
                                 .keys = keys->reloaded,
                                 .keys_reload = keys_reload,
                                 .cookie = &reload});
    return outbox_close(reload.outbox, rc);
}

static int database_open(const struct config *config, const struct serve_keys *keys, bool take_over)
{
    char *trouble = NULL, fault[KEY_FILES_FAULT];
    struct database *db = database_create(config->database, &keys->subject, &trouble);
    if (db == NULL) {
        conninfo_refusal("AKKOORD_DATABASE", trouble, fault);
        PQfreemem(trouble);
        return refuse(fault);
    }
    int rc = serve_with(config, keys, db, take_over);
    database_destroy(db);
    return rc;
}

static int serve(const struct config *config, const struct arguments *args)
{
    char fault[KEY_FILES_FAULT];
    struct serve_keys keys = {0};
    if (config_serve_check(config, fault) != 0)
        return refuse(fault);

    signal(SIGPIPE, SIG_IGN);
    log_unblock(); /* while /proc/self is still ours: see below */
    if (config->tls_key_file[0] != '\0' && file_is_exposed(config->tls_key_file)) {
        snprintf(fault, sizeof fault, "AKKOORD_TLS_KEY_FILE: %.200s: " FILE_EXPOSED, config->tls_key_file);
        return refuse(fault);
    }
    /* Keys must not end up in a core dump, nor be read by a debugger of another process of the same user. */
    prctl(PR_SET_DUMPABLE, 0);

    /* the keys, and with them the database */
    int rc = 1;
    if (subject_keys_load(config, &keys.subject, fault) != 0 ||
        link_keys_load(config, &keys.link, fault) != 0 || keys_load(config, &keys.reloaded, fault) != 0) {
        refuse(fault);
    } else {
        if (config->link_key_file[0] == '\0')
            log_warn("serve.link_keys",
                     "reason=\"AKKOORD_LINK_KEY_FILE is not set: a link ends when its subject key "
                     "leaves\"");
        rc = database_open(config, &keys, arguments_flag(args, "take-over") != NULL);
        server_keys_unref(&keys.reloaded);
    }

    /* nothing of them stays */
    numbered_keys_wipe(&keys.subject);
    link_keys_wipe(&keys.link);
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
                                            "link-key-file",
                                            "webhook-secrets-file",
                                            "webhook-allow",
                                            "demo",
                                            "demo-site",
                                            "receipt-key-dir",
                                            "public-url",
                                            "threads",
                                            "view-memory",
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

static const struct config_flag serve_flags[] = {{"take-over", NULL,
                                                  "begin beside a running service of the same database and "
                                                  "user that has the ports, which is then told to end\n"
                                                  "      (SIGTERM): what comes meanwhile goes to either"},
                                                 {0}};

const struct command serve_command = {"serve",       "",   "the service; it never migrates", serve_flags,
                                      serve_options, serve};
