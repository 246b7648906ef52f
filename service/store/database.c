/* SPDX-License-Identifier: Apache-2.0 */
#include "store/database.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

const char DATABASE_POOLED[] =
    "a pooler such as pgbouncer stands before PostgreSQL: AKKOORD_DATABASE must lead to PostgreSQL itself";

enum { HOSTS_MAX = 8, SETTINGS_MAX = 64 };

/* Server settings of every session. The planner's choices are pinned: every statement is an index probe per
 * element, and a plan made while a table was empty must not be kept when it is not. For speed only: no
 * statement's rows, nor their order, hang on it. */
static const char session_options[] =
    "-c synchronous_commit=on -c default_transaction_isolation=read\\ committed -c TimeZone=UTC "
    "-c lock_timeout=2s -c statement_timeout=20s -c idle_in_transaction_session_timeout=5s "
    "-c tcp_user_timeout=10000 -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c "
    "tcp_keepalives_count=2 "
    "-c jit=off -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_material=off "
    "-c plan_cache_mode=force_generic_plan";

struct host {
    char *name; /* NULL: libpq's default */
    char *address;
    char *port;
};

struct database {
    PQconninfoOption *options; /* without host, hostaddr and port */
    char *session;             /* the caller's own options, then ours */
    size_t host_count;
    struct host hosts[HOSTS_MAX];
    const struct numbered_keys *keys;
};

static PQconninfoOption *option_find(PQconninfoOption *options, const char *keyword)
{
    for (PQconninfoOption *o = options; o->keyword != NULL; o++) {
        if (strcmp(o->keyword, keyword) == 0)
            return o;
    }
    return NULL;
}

/* The value as given, else from the environment (PGHOST and so on, which PQconndefaults reads). */
static char *option_take(PQconninfoOption *options, PQconninfoOption *defaults, const char *keyword)
{
    PQconninfoOption *o = option_find(options, keyword);
    const char *value = o != NULL ? o->val : NULL;
    if (value == NULL && defaults != NULL && (o = option_find(defaults, keyword)) != NULL)
        value = o->val;
    return value != NULL && value[0] != '\0' ? strdup(value) : NULL;
}

/* The ${n}th of a comma-separated list; the only one stands for all. NULL for an empty one. */
static char *list_item(const char *list, size_t n)
{
    if (list == NULL)
        return NULL;
    if (strchr(list, ',') == NULL)
        n = 0;
    for (; n > 0; n--) {
        list = strchr(list, ',');
        if (list == NULL)
            return NULL;
        list++;
    }
    size_t len = strcspn(list, ",");
    return len > 0 ? strndup(list, len) : NULL;
}

static size_t list_count(const char *list)
{
    size_t n = 1;
    for (const char *c = list; c != NULL && *c != '\0'; c++)
        n += *c == ',';
    return n;
}

static bool is_port(const char *text)
{
    char *end;
    long port = strtol(text, &end, 10);
    return *end == '\0' && port >= 1 && port <= 65535;
}

/* Returns NULL, or what is wrong with them. */
static const char *hosts_read(struct database *db, PQconninfoOption *defaults)
{
    char *names = option_take(db->options, defaults, "host");
    char *addresses = option_take(db->options, defaults, "hostaddr");
    char *ports = option_take(db->options, defaults, "port");
    size_t n = names != NULL ? list_count(names) : list_count(addresses);
    const char *fault = NULL;
    if (n > HOSTS_MAX)
        fault = "more than 8 hosts";
    else if ((names != NULL && addresses != NULL && list_count(addresses) != n) ||
             (list_count(ports) != 1 && list_count(ports) != n))
        fault = "host, hostaddr and port name not as many";

    db->host_count = n < HOSTS_MAX ? n : HOSTS_MAX;
    for (size_t i = 0; i < db->host_count; i++) {
        db->hosts[i] = (struct host){list_item(names, i), list_item(addresses, i), list_item(ports, i)};
        if (db->hosts[i].port != NULL && !is_port(db->hosts[i].port))
            fault = "port is no number from 1 to 65535";
    }
    free(names);
    free(addresses);
    free(ports);
    return fault;
}

/* What libpq could not read may be a part of a password: what it quotes is taken out. */
static void fault_redact(char *fault)
{
    char *to = fault;
    bool quoted = false;
    for (const char *from = fault; from != NULL && *from != '\0'; from++) {
        if (*from == '"')
            quoted = !quoted;
        if (!quoted && *from != '\n')
            *to++ = *from == '"' ? '?' : *from;
    }
    if (fault != NULL)
        *to = '\0';
}

void database_destroy(struct database *db)
{
    if (db == NULL)
        return;
    for (size_t i = 0; i < db->host_count; i++) {
        free(db->hosts[i].name);
        free(db->hosts[i].address);
        free(db->hosts[i].port);
    }
    free(db->session);
    PQconninfoFree(db->options);
    free(db);
}

size_t database_hosts(const struct database *db)
{
    return db->host_count;
}

const char *database_host_name(const struct database *db, size_t host)
{
    const struct host *h = &db->hosts[host];
    return h->name != NULL ? h->name : h->address != NULL ? h->address : "default";
}

const char *database_host_to_resolve(const struct database *db, size_t host)
{
    const struct host *h = &db->hosts[host];
    unsigned char binary[16];
    if (h->name == NULL || h->address != NULL || h->name[0] == '/' || h->name[0] == '@' ||
        inet_pton(AF_INET, h->name, binary) == 1 || inet_pton(AF_INET6, h->name, binary) == 1)
        return NULL;
    return h->name;
}

const char *database_user(const struct database *db)
{
    PQconninfoOption *o = option_find(db->options, "user");
    return o != NULL && o->val != NULL ? o->val : "";
}

const struct numbered_keys *database_keys(const struct database *db)
{
    return db->keys;
}

struct settings {
    size_t count;
    const char *keywords[SETTINGS_MAX];
    const char *values[SETTINGS_MAX];
};

static void settings_add(struct settings *s, const char *keyword, const char *value)
{
    if (value == NULL || s->count + 1 >= SETTINGS_MAX)
        return;
    s->keywords[s->count] = keyword;
    s->values[s->count++] = value;
}

static bool is_ours(const char *keyword)
{
    static const char *const ours[] = {"host", "hostaddr", "port", "options", "target_session_attrs"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (strcmp(keyword, ours[i]) == 0)
            return true;
    }
    return false;
}

static struct settings settings_of(const struct database *db, size_t host, const char *address)
{
    /* First what the caller may overrule, then the caller's (the last of a
     * keyword counts), then what is ours. */
    struct settings s = {0};
    settings_add(&s, "application_name", "akkoord");
    settings_add(&s, "tcp_user_timeout", "10000");
    settings_add(&s, "keepalives_idle", "5");
    settings_add(&s, "keepalives_interval", "2");
    settings_add(&s, "keepalives_count", "2");
    for (const PQconninfoOption *o = db->options; o->keyword != NULL; o++) {
        if (!is_ours(o->keyword))
            settings_add(&s, o->keyword, o->val);
    }
    const struct host *h = &db->hosts[host];
    settings_add(&s, "host", h->name);
    settings_add(&s, "hostaddr", address != NULL ? address : h->address);
    settings_add(&s, "port", h->port);
    settings_add(&s, "options", db->session);
    settings_add(&s, "target_session_attrs", "read-write");
    settings_add(&s, "client_encoding", "UTF8");
    return s;
}

/* What libpq itself takes no connection with, such as an sslmode that it does not know: it never will. It is
 * tried on a socket that is nowhere. NULL: nothing. The caller frees it with PQfreemem. */
static char *settings_fault(const struct database *db)
{
    struct settings s = settings_of(db, 0, NULL);
    settings_add(&s, "host", "/nonexistent");
    settings_add(&s, "hostaddr", "");
    settings_add(&s, "password", "none"); /* else it reads a passfile */
    if (PQpingParams(s.keywords, s.values, 0) != PQPING_NO_ATTEMPT)
        return NULL;
    PGconn *pg = PQconnectStartParams(s.keywords, s.values, 0);
    char *fault = strdup(PQerrorMessage(pg));
    PQfinish(pg);
    return fault;
}

struct database *database_create(const char *conninfo, const struct numbered_keys *keys, char **ret_fault)
{
    PQconninfoOption *options = PQconninfoParse(conninfo, ret_fault);
    if (options == NULL) {
        fault_redact(*ret_fault);
        return NULL;
    }

    /* hosts, and the settings of each session */
    PQconninfoOption *defaults = PQconndefaults();
    struct database *db = calloc(1, sizeof *db);
    if (db == NULL)
        abort();
    db->options = options;
    db->keys = keys;
    const char *wrong = hosts_read(db, defaults);
    char *own = option_take(options, defaults, "options");
    if (asprintf(&db->session, "%s %s", own != NULL ? own : "", session_options) < 0)
        abort();
    free(own);
    PQconninfoFree(defaults);

    /* what no connection could be made with */
    char *fault = wrong != NULL ? strdup(wrong) : settings_fault(db);
    if (fault == NULL)
        return db;
    fault_redact(fault);
    *ret_fault = fault;
    database_destroy(db);
    return NULL;
}

PGconn *database_connect_start(const struct database *db, size_t host, const char *address)
{
    struct settings s = settings_of(db, host, address);
    return PQconnectStartParams(s.keywords, s.values, 0);
}

PGconn *database_connect(const struct database *db)
{
    PGconn *pg = NULL;
    for (size_t i = 0; i < db->host_count; i++) {
        struct settings s = settings_of(db, i, NULL);
        settings_add(&s, "connect_timeout", "3");
        pg = PQconnectdbParams(s.keywords, s.values, 0);
        if (PQstatus(pg) == CONNECTION_OK || i + 1 == db->host_count)
            break;
        PQfinish(pg);
    }
    return pg;
}

const char *database_connect_trouble(const PGconn *pg)
{
    /* A lane asks libpq for SQLSTATEs only, a command for sentences; pgbouncer's own are not translated. */
    const char *message = PQerrorMessage(pg);
    if (strstr(message, "FATAL:  08P01") != NULL || strstr(message, "unsupported startup parameter") != NULL)
        return DATABASE_POOLED;
    return strstr(message, "FATAL:  53300") != NULL ? "the database has no connection left for it"
                                                    : "connect";
}
