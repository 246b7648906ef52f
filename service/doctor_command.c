/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "command.h"
#include "file.h"
#include "key_files.h"
#include "store/database.h"
#include "store/inspect.h"
#include "store/schema.h"

#include <inttypes.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LANES_PER_THREAD = 3, /* read, write, slow */
    CLOCK_SLACK_S = 2,    /* seconds a node's clock may be off: tokens are judged by it */
    CLOCK_BROKEN_S = 30,
    VERSION_OLDEST = 150000
};

/* OK: as it should be. WARNING: it works, but not as promised. BROKEN: it will not work. */
enum finding { FINDING_OK, FINDING_WARNING, FINDING_BROKEN };

/* The worst so far. */
struct findings {
    enum finding worst;
};

__attribute__((format(printf, 3, 4))) static void say(struct findings *f, enum finding finding,
                                                      const char *format, ...)
{
    static const char *const words[] = {"ok     ", "warning", "PROBLEM"};
    va_list args;
    va_start(args, format);
    printf("%s  ", words[finding]);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
    if (finding > f->worst)
        f->worst = finding;
}

/* ---- keys and files ---- */

static bool subject_keys_check(const struct config *config, struct findings *f, struct subject_keys *ret_keys)
{
    char fault[KEY_FILES_FAULT];
    if (subject_keys_load(config, ret_keys, fault) != 0) {
        say(f, FINDING_BROKEN, "%s", fault);
        return false;
    }
    say(f, FINDING_OK, "%zu subject key%s; number %d makes tags", ret_keys->count,
        ret_keys->count == 1 ? "" : "s", ret_keys->keys[0].number);
    return true;
}

static void token_keys_check(const struct config *config, struct findings *f)
{
    char fault[KEY_FILES_FAULT];
    struct keys *keys;
    if (token_keys_load(config, &keys, fault) != 0) {
        say(f, FINDING_BROKEN, "%s", fault);
        return;
    }
    say(f, FINDING_OK, "the keys of tokens are sound");
    keys_unref(keys);
}

static void files_check(const struct config *config, struct findings *f)
{
    const char *missing = config_serve_fault(config);
    if (missing != NULL)
        say(f, FINDING_BROKEN, "%s", missing);
    size_t cursor = 0;
    for (const char *option; (option = key_file_exposed(config, &cursor)) != NULL;)
        say(f, FINDING_BROKEN, "%s: " FILE_EXPOSED, option);
    const char *const tls[] = {config->tls_cert_file, config->tls_key_file};
    for (size_t i = 0; i < sizeof tls / sizeof *tls; i++) {
        if (tls[i][0] != '\0' && access(tls[i], R_OK) != 0)
            say(f, FINDING_BROKEN, "%s cannot be read", tls[i]);
    }
}

/* ---- the database ---- */

static void role_check(const struct inspection *i, struct findings *f)
{
    if (i->is_superuser)
        say(f, FINDING_BROKEN,
            "the service's role is a superuser: nothing keeps it from changing the ledger");
    else if (i->owned > 0)
        say(f, FINDING_BROKEN,
            "the service's role owns %d of the tables: let another role own and migrate them", i->owned);
    else if (i->may_change_ledger)
        say(f, FINDING_BROKEN, "the service's role may change or remove events: the ledger must only grow");
    else
        say(f, FINDING_OK, "the service's role owns nothing and cannot change an event");
}

static void promises_check(const struct inspection *i, size_t hosts, struct findings *f)
{
    if (i->version_num < VERSION_OLDEST)
        say(f, FINDING_WARNING, "PostgreSQL %d is older than what is tested (15)", i->version_num / 10000);
    if (i->prints_rows)
        say(f, FINDING_WARNING,
            "PostgreSQL's log may show personal data: alter role ... set log_min_error_statement = 'panic', "
            "and "
            "log_error_verbosity = 'terse'");
    else
        say(f, FINDING_OK, "PostgreSQL's log shows no rows or statements of this role");
    if (i->commits_are_durable)
        say(f, FINDING_OK, "a commit is on disk before it is acknowledged");
    else
        say(f, FINDING_BROKEN,
            "synchronous_commit, fsync or full_page_writes is off: acknowledged events may be lost");
    if (hosts > 1 && !i->has_standby)
        say(f, FINDING_WARNING,
            "%zu hosts, but synchronous_standby_names is empty: a failover may lose acknowledged events",
            hosts);
}

/* An upgrade runs a node beside the one it replaces. */
static void connections_check(const struct inspection *i, int64_t threads, struct findings *f)
{
    int64_t needed = LANES_PER_THREAD * threads;
    say(f,
        needed > i->connections       ? FINDING_BROKEN
        : needed * 2 > i->connections ? FINDING_WARNING
                                      : FINDING_OK,
        "a node of %" PRId64 " threads and %d lanes has %" PRId64
        " connections; the database has %d for all (%d taken "
        "now), enough for %" PRId64 " such nodes",
        threads, LANES_PER_THREAD, needed, i->connections, i->connections_taken, i->connections / needed);
}

static void clock_check(const struct inspection *i, instant before, instant after, struct findings *f)
{
    instant apart = i->clock < before ? before - i->clock : i->clock > after ? i->clock - after : 0;
    enum finding finding = apart > CLOCK_BROKEN_S * SECOND  ? FINDING_BROKEN
                           : apart > CLOCK_SLACK_S * SECOND ? FINDING_WARNING
                                                            : FINDING_OK;
    say(f, finding, "this node's clock and the database's are %" PRId64 ".%03d s apart", apart / SECOND,
        (int)(apart % SECOND / 1000));
}

static void schema_check(PGconn *pg, const struct subject_keys *keys, struct findings *f)
{
    /* The question also notes keys that are new to the database: a doctor changes nothing. */
    PQclear(PQexec(pg, "begin"));
    const char *refusal = keys != NULL ? schema_refuses(pg, keys) : NULL;
    PQclear(PQexec(pg, "rollback"));
    if (refusal != NULL)
        say(f, FINDING_BROKEN, "%s", refusal);
    else if (keys != NULL)
        say(f, FINDING_OK,
            "the schema serves this program (step %d), and the subject keys are the database's",
            schema_step());
}

static void session_check(const struct config *config, const struct database *db, PGconn *pg,
                          const struct subject_keys *keys, struct findings *f)
{
    struct inspection i;
    say(f, FINDING_OK, "the database can be reached, as %s", PQuser(pg));
    schema_check(pg, keys, f);
    instant before = clock_wall();
    if (database_inspect(pg, &i) != 0) {
        say(f, FINDING_BROKEN, "the database does not answer how it is set up");
        return;
    }
    clock_check(&i, before, clock_wall(), f);
    role_check(&i, f);
    promises_check(&i, database_hosts(db), f);
    connections_check(&i, config->threads, f);
}

static void database_check(const struct config *config, const struct subject_keys *keys, struct findings *f)
{
    char *fault = NULL;
    struct database *db = database_create(config->database, keys, &fault);
    if (db == NULL) {
        say(f, FINDING_BROKEN, "AKKOORD_DATABASE: %s", fault != NULL ? fault : "out of memory");
        PQfreemem(fault);
        return;
    }
    PGconn *pg = database_connect(db);
    if (PQstatus(pg) == CONNECTION_OK)
        session_check(config, db, pg, keys, f);
    else if (database_connect_trouble(pg) == DATABASE_POOLED)
        say(f, FINDING_BROKEN, "%s", DATABASE_POOLED);
    else
        say(f, FINDING_BROKEN, "the database cannot be reached: %.*s", (int)strcspn(PQerrorMessage(pg), "\n"),
            PQerrorMessage(pg));
    PQfinish(pg);
    database_destroy(db);
}

/* ---- the addresses ---- */

static bool is_free(const struct addrinfo *at)
{
    int on = 1;
    int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
    bool bound = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                 bind(fd, at->ai_addr, at->ai_addrlen) == 0;
    if (fd >= 0)
        close(fd);
    return bound;
}

static void address_check(const struct address *a, struct findings *f)
{
    char port[8];
    const char *host = a->host[0] != '\0' ? a->host : "*";
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    snprintf(port, sizeof port, "%d", a->port);
    if (getaddrinfo(a->host[0] != '\0' ? a->host : NULL, port, &hints, &found) != 0)
        say(f, FINDING_BROKEN, "%s port %s: there is no such host", host, port);
    else if (is_free(found))
        say(f, FINDING_OK, "%s port %s is free", host, port);
    else
        say(f, FINDING_WARNING,
            "%s port %s cannot be had: in use (by this service, if it runs), or not of this machine", host,
            port);
    if (found != NULL)
        freeaddrinfo(found);
}

static void addresses_check(const struct config *config, struct findings *f)
{
    const char *const lists[] = {config->listen, config->tls_listen, config->metrics_listen};
    struct address address;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (const char *cursor = lists[i]; address_next(&cursor, &address);)
            address_check(&address, f);
    }
}

static int doctor(const struct config *config, const struct arguments *args)
{
    (void)args;
    struct findings f = {FINDING_OK};
    struct subject_keys keys;
    config_print(config, stdout);
    putchar('\n');
    files_check(config, &f);
    bool have_keys = subject_keys_check(config, &f, &keys);
    token_keys_check(config, &f);
    database_check(config, have_keys ? &keys : NULL, &f);
    addresses_check(config, &f);
    if (have_keys)
        subject_keys_wipe(&keys);
    return f.worst == FINDING_BROKEN ? 1 : 0;
}

const struct command doctor_command = {"doctor", "", "says in words what is wrong with a set-up", NULL,
                                       doctor};
