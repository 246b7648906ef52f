/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "command/doctor.h"
#include "command/on_database.h"
#include "domain/identifier.h"
#include "store/database.h"
#include "store/inspect.h"
#include "store/migration.h"
#include "store/schema.h"

#include <inttypes.h>
#include <string.h>

enum {
    LANES_PER_THREAD = 3, /* read, write, slow */
    CLOCK_SLACK_S = 2,    /* seconds a node's clock may be off: tokens are judged by it */
    CLOCK_BROKEN_S = 30,
    VERSION_OLDEST = 150000,
    TROUBLE_MAX = 1024 /* bytes of libpq's message that are shown: a line each of a host's addresses */
};

static void role_check(const struct inspection *i, struct findings *f)
{
    if (i->is_superuser)
        findings_say(f, FINDING_BROKEN,
                     "the service's role is a superuser: nothing keeps it from changing the ledger");
    else if (i->bypasses_row_security)
        findings_say(
            f, FINDING_BROKEN,
            "the service's role bypasses row level security, the wall between controllers: alter role ... "
            "nobypassrls");
    else if (i->owned > 0)
        findings_say(f, FINDING_BROKEN,
                     "the service's role owns %d of the tables: let another role own and migrate them",
                     i->owned);
    else if (i->may_change_ledger)
        findings_say(f, FINDING_BROKEN,
                     "the service's role may change or remove events: the ledger must only grow");
    else
        findings_say(f, FINDING_OK, "the service's role owns nothing and cannot change an event");
}

static void log_check(const struct inspection *i, const char *role, struct findings *f)
{
    if (i->prints_rows)
        findings_say(
            f, FINDING_WARNING,
            "PostgreSQL's log may show personal data: alter role %s set log_min_error_statement = 'panic'; "
            "alter role %s set log_error_verbosity = 'terse'",
            role, role);
    else
        findings_say(f, FINDING_OK, "PostgreSQL's log shows no rows or statements of this role");
}

static void promises_check(const struct inspection *i, size_t hosts, struct findings *f)
{
    if (i->version_num < VERSION_OLDEST)
        findings_say(f, FINDING_WARNING, "PostgreSQL %d is older than what is tested (15)",
                     i->version_num / 10000);

    /* promise 3, on this machine */
    if (i->commits_are_durable)
        findings_say(f, FINDING_OK, "a commit is on disk before it is acknowledged");
    else
        findings_say(
            f, FINDING_BROKEN,
            "synchronous_commit, fsync or full_page_writes is off: acknowledged events may be lost; set "
            "all three on");

    /* ... and on the next one */
    if (hosts > 1 && !i->has_standby)
        findings_say(
            f, FINDING_WARNING,
            "%zu hosts, but synchronous_standby_names is empty: a failover may lose acknowledged events",
            hosts);
    else if (i->has_standby && i->standbys == 0)
        findings_say(
            f, FINDING_BROKEN,
            "commits wait for a standby (synchronous_standby_names), and none is connected: nothing is "
            "recorded; bring it back, or take it out of that setting");
}

/* An upgrade runs a node beside the one it replaces. */
static void connections_check(const struct inspection *i, int64_t threads, struct findings *f)
{
    int64_t needed = LANES_PER_THREAD * threads;
    enum finding finding = needed > i->connections       ? FINDING_BROKEN
                           : needed * 2 > i->connections ? FINDING_WARNING
                                                         : FINDING_OK;
    findings_say(
        f, finding,
        "a node of %" PRId64 " threads and %d lanes has %" PRId64
        " connections; the database has %d for all (%d taken now), enough for %" PRId64 " such nodes%s",
        threads, LANES_PER_THREAD, needed, i->connections, i->connections_taken, i->connections / needed,
        finding == FINDING_OK ? ""
                              : ": raise max_connections (or the role's limit), or lower AKKOORD_THREADS");
}

static void clock_check(const struct inspection *i, instant before, instant after, struct findings *f)
{
    instant apart = i->clock < before ? before - i->clock : i->clock > after ? i->clock - after : 0;
    enum finding finding = apart > CLOCK_BROKEN_S * SECOND  ? FINDING_BROKEN
                           : apart > CLOCK_SLACK_S * SECOND ? FINDING_WARNING
                                                            : FINDING_OK;
    findings_say(f, finding, "this node's clock and the database's are %" PRId64 ".%03d s apart%s",
                 apart / SECOND, (int)(apart % SECOND / 1000),
                 finding == FINDING_OK
                     ? ""
                     : ": set both by NTP; tokens are judged by the one, moments of consent by the other");
}

/* A hint: a switchboard is as it should be, a form that sends its own address is not. */
static void crowds_check(PGconn *pg, struct findings *f)
{
    struct crowd crowds[CROWDS_MAX];
    size_t count;
    if (database_crowds(pg, crowds, &count) != 0)
        findings_say(f, FINDING_WARNING, "the database does not answer which identifiers are crowded");
    for (size_t i = 0; i < count; i++)
        findings_say(
            f, FINDING_OK,
            "%s: %" PRId64 " identifier%s of type %s, of up to %" PRId64
            " persons at once: their Noes are looked up at each check; is it a form's own address, or "
            "a default value?",
            crowds[i].controller, crowds[i].count, crowds[i].count == 1 ? "" : "s",
            identifier_type_word((enum identifier_type)crowds[i].type), crowds[i].persons);
}

/* Returns whether the service could be started on it. */
static bool schema_check(PGconn *pg, const struct numbered_keys *keys, struct findings *f)
{
    /* The question also notes keys that are new to the database: a doctor changes nothing. */
    PQclear(PQexec(pg, "begin"));
    const char *refusal = keys != NULL ? schema_refuses(pg, keys) : NULL;
    PQclear(PQexec(pg, "rollback"));
    if (refusal != NULL)
        findings_say(f, FINDING_BROKEN, "%s", refusal);
    else if (keys != NULL)
        findings_say(f, FINDING_OK,
                     "the schema serves this program (step %d), and the subject keys are the database's",
                     migration_last());
    return refusal == NULL;
}

static void session_check(const struct config *config, const struct database *db, PGconn *pg,
                          const struct numbered_keys *keys, char ret_id[DATABASE_ID_SIZE], struct findings *f)
{
    struct inspection i;
    findings_say(f, FINDING_OK, "the database can be reached, as %s", PQuser(pg));
    if (schema_check(pg, keys, f)) {
        database_id(pg, ret_id);
        crowds_check(pg, f);
    }
    instant before = clock_wall();
    if (database_inspect(pg, &i) != 0) {
        findings_say(f, FINDING_BROKEN, "the database does not answer how it is set up");
        return;
    }
    clock_check(&i, before, clock_wall(), f);
    role_check(&i, f);
    log_check(&i, PQuser(pg), f);
    promises_check(&i, database_hosts(db), f);
    connections_check(&i, config->threads, f);
}

/* What PostgreSQL and libpq say of the usual mistakes, in English; another language goes without advice. */
static const char *advice_on(const char *trouble)
{
    static const struct {
        const char *sign, *advice;
    } advices[] = {
        {"password authentication failed",
         ": give the role this password (alter role ... password), or correct it"},
        {"no password supplied", ": is the password in AKKOORD_DATABASE, or in a passfile of mode 600?"},
        {"no pg_hba.conf entry", ": let pg_hba.conf admit this role from here, and reload PostgreSQL"},
        {"Peer authentication failed", ": by socket the operating system's user counts; name host=127.0.0.1"},
        {"too many", ": raise max_connections (or the role's limit), or lower AKKOORD_THREADS"},
        {"starting up", ": it starts or recovers; ask again"},
        {"read-only", ": only a standby answers; promote it, or name the primary's host too"},
        {"hot standby", ": only a standby answers; promote it, or name the primary's host too"},
        {"does not exist", ": make it, or correct AKKOORD_DATABASE"},
        {"could not translate host name", ": correct the host in AKKOORD_DATABASE, or the name server"},
        {"certificate", ": see sslmode and sslrootcert in AKKOORD_DATABASE"},
        {"Connection refused", ": does PostgreSQL run, and listen there (listen_addresses, port)?"},
        {"No such file",
         ": does PostgreSQL run, with its socket there? AKKOORD_DATABASE names host and port"},
        {"timeout", ": is a firewall between?"},
        {"timed out", ": is a firewall between?"},
    };

    /* the first sign that it has */
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++) {
        if (strstr(trouble, advices[i].sign) != NULL)
            return advices[i].advice;
    }
    return "";
}

/* libpq's message in one line: one sentence an address; what is indented are its own guesses. */
static void trouble_read(const char *message, char ret_trouble[TROUBLE_MAX])
{
    size_t len = 0;
    ret_trouble[0] = '\0';
    for (const char *line = message; *line != '\0'; line += strspn(line, "\n")) {
        size_t span = strcspn(line, "\n");
        if (*line != '\t' && *line != ' ' && len < TROUBLE_MAX - 1)
            len += (size_t)snprintf(ret_trouble + len, TROUBLE_MAX - len, "%s%.*s", len > 0 ? "; " : "",
                                    (int)span, line);
        line += span;
    }
}

static void trouble_say(const PGconn *pg, struct findings *f)
{
    char trouble[TROUBLE_MAX];
    if (database_connect_trouble(pg) == DATABASE_POOLED) {
        findings_say(f, FINDING_BROKEN, "%s", DATABASE_POOLED);
        return;
    }
    trouble_read(PQerrorMessage(pg), trouble);
    findings_say(f, FINDING_BROKEN, "the database cannot be reached: %s%s", trouble, advice_on(trouble));
}

void doctor_database(const struct config *config, const struct numbered_keys *keys,
                     char ret_id[DATABASE_ID_SIZE], struct findings *f)
{
    ret_id[0] = '\0';
    char *fault = NULL;
    struct database *db = database_create(config->database, keys, &fault);
    if (db == NULL) {
        char sentence[KEY_FILES_FAULT];
        conninfo_refusal("AKKOORD_DATABASE", fault, sentence);
        findings_say(f, FINDING_BROKEN, "%s", sentence);
        PQfreemem(fault);
        return;
    }
    PGconn *pg = database_connect(db);
    if (PQstatus(pg) == CONNECTION_OK)
        session_check(config, db, pg, keys, ret_id, f);
    else
        trouble_say(pg, f);
    PQfinish(pg);
    database_destroy(db);
}
