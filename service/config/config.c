/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include "base/file.h"
#include "base/limits.h"
#include "config/config_table.h"
#include "config/cores.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "AKKOORD_"

enum {
    OPTIONS_MAX = 40,
    FAULT_VALUE_MAX = 80,        /* bytes of a wrong value that are shown */
    SECRET_BYTES_MAX = 64 * 1024 /* a conninfo of eight hosts is below 4 KiB */
};

#define AT(member) offsetof(struct config, member)

const struct option options[] = {
    {"listen", OPTION_ADDRESSES, AT(listen), .value = "127.0.0.1:8080",
     .text = "clear text; several separated by commas; `none` for none"},
    {"tls-listen", OPTION_ADDRESSES, AT(tls_listen), .absent = "none", .text = "TLS 1.2 and later"},
    {"tls-cert-file", OPTION_FILE, AT(tls_cert_file), .absent = "none",
     .text = "the certificate chain, PEM; read again on SIGHUP"},
    {"tls-key-file", OPTION_FILE, AT(tls_key_file), .absent = "none",
     .text = "its key, PEM; read again on SIGHUP"},
    {"metrics-listen", OPTION_ADDRESSES, AT(metrics_listen), .value = "127.0.0.1:9464", .text = "`/metrics`"},
    {"database", OPTION_TEXT, AT(database), .absent = "libpq's own (`PGHOST`, ...)", .secret = true,
     .text = "conninfo or URI; several hosts for failover; every connection needs a primary"},
    {"migrate-database", OPTION_TEXT, AT(migrate_database), .absent = "as `AKKOORD_DATABASE`", .secret = true,
     .text = "the owner's role, for `akkoord migrate` only"},
    {"superuser-database", OPTION_TEXT, AT(superuser_database),
     .absent = "PostgreSQL's superuser on this machine", .secret = true,
     .text = "who makes roles and database, for `akkoord setup` only"},
    {"jwt-secret-file", OPTION_FILE, AT(jwt_secret_file), .absent = "none",
     .text = "the shared secret of HS256 tokens, 32 bytes or more: the file without a newline at its end"},
    {"jwks-file", OPTION_FILE, AT(jwks_file), .absent = "none",
     .text = "public keys of RS256 and ES256 tokens; a secret or a JWKS, else it does not start"},
    {"jwt-issuer", OPTION_TEXT, AT(jwt_issuer), .absent = "none", .text = "the `iss` that tokens must have"},
    {"jwt-max-lifetime", OPTION_NUMBER, AT(jwt_max_lifetime), 60, 366 * 86400, .value = "86400",
     .unit = "seconds", .text = "how far ahead a token's `exp` may lie"},
    {"subject-key-file", OPTION_FILE, AT(subject_key_file), .absent = "none, required",
     .text = "lines of `NUMBER:BASE64`, 32 random bytes each; the first makes tags"},
    {"receipt-key-dir", OPTION_FILE, AT(receipt_key_dir), .absent = "none",
     .text =
         "the folder of the keys that sign receipts: `CONTROLLER.pem`, each of its own; without one there "
         "are no receipts; read again on SIGHUP"},
    {"link-key-file", OPTION_FILE, AT(link_key_file), .absent = "the subject keys",
     .text = "likewise; the first seals the links that people click, all open them. With the subject keys a "
             "link ends with its key"},
    {"webhook-secrets-file", OPTION_FILE, AT(webhook_secrets_file), .absent = "none",
     .text =
         "lines of `NAME:whsec_BASE64`, the secrets that sign what is delivered, by the names that policies "
         "use; several of one name all sign; read again on SIGHUP"},
    {"webhook-allow", OPTION_NETWORKS, AT(webhook_allow), .absent = "none",
     .text =
         "networks that are not public, such as `127.0.0.1`, where a policy's webhooks may be all the same, "
         "without TLS too"},
    {"demo", OPTION_NUMBER, AT(demo), 0, 1, .value = "0",
     .text = "1 for what only a demonstration shows, such as a mail box at `/demo/mail`; refused where an "
             "address to listen on is not loopback"},
    {"demo-site", OPTION_URL, AT(demo_site), .absent = "none",
     .text = "with `AKKOORD_DEMO=1`: the demonstration's website, where `/demo` leads"},
    {"public-url", OPTION_URL, AT(public_url), .value = "http://localhost:8080", .text = "the base of links"},
    {"threads", OPTION_NUMBER, AT(threads), 1, CONFIG_THREADS_MAX,
     .absent = "usable cores (affinity, cgroup)", .text = "event loops"},
    {"view-memory", OPTION_NUMBER, AT(view_memory), 0, 1048576, .value = "256", .unit = "MB",
     .text =
         "what may be held in memory of whom was asked about, and is proven current by each check that is "
         "answered from it; of all threads; 0 for none"},
    {"trusted-proxies", OPTION_NETWORKS, AT(trusted_proxies), .absent = "none",
     .text = "networks whose `Forwarded` or `X-Forwarded-For` is believed"},
    {"connections-max", OPTION_NUMBER, AT(connections_max), 16, 65536, .value = "1024",
     .text = "connections at a time"},
    {"connections-per-address", OPTION_NUMBER, AT(connections_per_address), 1, 65536, .value = "256",
     .text = "likewise of one address (IPv6: a /64); a trusted proxy may have more"},
    {"arrivals", OPTION_NUMBER, AT(arrivals), 0, 1000000, .value = "200", .unit = "a second",
     .text = "new connections of one address (IPv6: a /64) whose requests show no valid token, five seconds' "
             "worth at once; a trusted proxy may have more; 0 for no limit"},
    {"client-limit", OPTION_NUMBER, AT(client_limit), 0, 999999999999, .value = "5000000", .unit = "a day",
     .text =
         "records and checks, each line of a batch one, of a client (`sub`) of a controller; 0 for no limit"},
    {"address-limit", OPTION_NUMBER, AT(address_limit), 0, 999999999999, .value = "1200", .unit = "a minute",
     .text = "requests without a valid token of an address (IPv6: a /64); 0 for no limit"},
    {"access-log", OPTION_FILE, AT(access_log), .absent = "none",
     .text =
         "a line of JSON for each answer, into this file or to `-`, standard output; opened again on SIGHUP"},
    {"drain-delay", OPTION_NUMBER, AT(drain_delay), 0, DRAIN_DELAY_S_MAX, .value = "0", .unit = "seconds",
     .text = "on SIGTERM, how long `/readyz` says 503 and all else is served as before: the time a balancer "
             "takes to notice"},
    {"log-level", OPTION_LEVEL, AT(log_level), .value = "info", .text = "`error`, `warn`, `info` or `debug`"},
    {0}};

_Static_assert(sizeof options / sizeof *options <= OPTIONS_MAX, "OPTIONS_MAX");

/* What was given for one option, before it is looked at. */
struct given {
    const char *value;
    const char *file;
    bool by_flag;
};

__attribute__((format(printf, 2, 3))) static int fault_set(char fault[CONFIG_FAULT], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(fault, CONFIG_FAULT, format, args);
    va_end(args);
    return -1;
}

static char *text_copy(const char *text, size_t len)
{
    char *copy = malloc(len + 1);
    if (copy == NULL)
        abort();
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

bool option_is_read(const struct option *o, const char *const *names)
{
    if (names == NULL)
        return true;
    while (*names != NULL && strcmp(*names, o->name) != 0)
        names++;
    return *names != NULL;
}

void option_variable(const struct option *o, char ret_name[OPTION_NAME_MAX])
{
    size_t len = (size_t)snprintf(ret_name, OPTION_NAME_MAX, PREFIX "%s", o->name);
    for (size_t i = 0; i < len && i < OPTION_NAME_MAX - 1; i++)
        ret_name[i] = ret_name[i] == '-' ? '_' : (char)toupper((unsigned char)ret_name[i]);
}

/* ---- values: each keeps what it was given, or returns the rule that it breaks ---- */

static const char *rule_of_addresses(const char *text)
{
    struct address ignored;
    size_t count = 0;
    while (*text != '\0' && count <= CONFIG_ADDRESSES_MAX) {
        if (!address_next(&text, &ignored))
            return "is not host:port, [v6]:port or :port, several separated by commas";
        count++;
    }
    return count <= CONFIG_ADDRESSES_MAX ? NULL : "has more than 16 addresses";
}

static const char *rule_of_networks(const char *text)
{
    struct network ignored;
    while (*text != '\0') {
        if (!network_next(&text, &ignored))
            return "is not a list of networks such as 10.0.0.0/8,2001:db8::/32";
    }
    return NULL;
}

static const char *rule_of_url(const char *text)
{
    size_t scheme = strncmp(text, "http://", 7) == 0 ? 7 : strncmp(text, "https://", 8) == 0 ? 8 : 0;
    bool plain = text[strcspn(text, " \"'<>?#\\")] == '\0';
    for (const char *c = text; *c != '\0'; c++)
        plain = plain && *c > 0x20 && *c < 0x7f;
    bool has_user = memchr(text + scheme, '@', strcspn(text + scheme, "/")) != NULL;
    if (scheme == 0 || text[scheme] == '\0' || text[scheme] == '/' || has_user || !plain)
        return "is not http:// or https://, a host and perhaps a path";
    return NULL;
}

static const char *text_keep(const struct option *o, const char *text, struct config *config)
{
    const char *rule = NULL;
    size_t len = strlen(text);
    if (o->type == OPTION_ADDRESSES && strcmp(text, "none") == 0)
        len = 0;
    else if (o->type == OPTION_ADDRESSES)
        rule = rule_of_addresses(text);
    else if (o->type == OPTION_NETWORKS)
        rule = rule_of_networks(text);
    else if (o->type == OPTION_URL)
        rule = rule_of_url(text);
    while (o->type == OPTION_URL && len > 0 && text[len - 1] == '/')
        len--;
    if (rule == NULL)
        *(char **)(void *)((char *)config + o->offset) = text_copy(text, len);
    return rule;
}

static const char *number_keep(const struct option *o, const char *text, struct config *config)
{
    size_t digits = strspn(text, "0123456789");
    int64_t number = digits > 0 && digits <= 12 && text[digits] == '\0' ? strtoll(text, NULL, 10) : -1;
    if (number < o->min || number > o->max)
        return "is not a whole number";
    *(int64_t *)(void *)((char *)config + o->offset) = number;
    return NULL;
}

static const char *value_keep(const struct option *o, const char *text, struct config *config)
{
    switch (o->type) {
    case OPTION_NUMBER:
        return number_keep(o, text, config);
    case OPTION_LEVEL:
        return log_level_parse(text, (enum log_level *)(void *)((char *)config + o->offset)) == 0
                   ? NULL
                   : "is not error, warn, info or debug";
    default:
        return text_keep(o, text, config);
    }
}

/* ---- where values come from ---- */

/* As whoever gave it calls it. */
static const char *given_name(const struct option *o, bool by_flag, char ret_name[OPTION_NAME_MAX])
{
    option_variable(o, ret_name);
    if (by_flag)
        snprintf(ret_name, OPTION_NAME_MAX, "--%s", o->name);
    return ret_name;
}

static const char *file_suffix(bool by_flag)
{
    return by_flag ? "-file" : "_FILE";
}

static int value_fault(const struct option *o, bool by_flag, const char *text, const char *rule,
                       char fault[CONFIG_FAULT])
{
    char name[OPTION_NAME_MAX], range[64] = "";
    if (o->type == OPTION_NUMBER)
        snprintf(range, sizeof range, " from %lld to %lld", (long long)o->min, (long long)o->max);
    const char *user_end = o->type == OPTION_URL ? strrchr(text, '@') : NULL; /* before it is a password */
    return fault_set(fault, "%s: \"%.*s\" %s%s", given_name(o, by_flag, name), FAULT_VALUE_MAX,
                     user_end != NULL ? user_end : text, rule, range);
}

/* A secret from its file, the way containers hand it over: with a newline at the end that is not part of it.
 */
static int secret_keep(const struct option *o, bool by_flag, const char *path, struct config *config,
                       char fault[CONFIG_FAULT])
{
    char name[OPTION_NAME_MAX];
    struct buf b;
    buf_init(&b, SECRET_BYTES_MAX);
    const char *reason = file_read(path, &b);
    size_t len = b.len > 0 && b.data[b.len - 1] == '\n' ? b.len - 1 : b.len;
    if (reason == NULL && len > 0 && memchr(b.data, '\0', len) != NULL)
        reason = "it holds a NUL";
    if (reason == NULL)
        *(char **)(void *)((char *)config + o->offset) = text_copy(len > 0 ? b.data : "", len);
    else
        fault_set(fault, "%s%s: \"%.*s\" cannot be read: %s: name a file that the program may read",
                  given_name(o, by_flag, name), file_suffix(by_flag), FAULT_VALUE_MAX, path, reason);
    file_wipe(&b);
    return reason == NULL ? 0 : -1;
}

static int option_keep(const struct option *o, const struct given *g, struct config *config,
                       char fault[CONFIG_FAULT])
{
    char name[OPTION_NAME_MAX];
    if (g->value != NULL && g->file != NULL)
        return fault_set(fault, "%s and %s%s: only one of the two can be set: take one out",
                         given_name(o, g->by_flag, name), name, file_suffix(g->by_flag));
    if (g->file != NULL)
        return secret_keep(o, g->by_flag, g->file, config, fault);
    const char *text = g->value != NULL ? g->value : o->value;
    if (text == NULL)
        return 0;
    const char *rule = value_keep(o, text, config);
    return rule == NULL ? 0 : value_fault(o, g->by_flag, text, rule, fault);
}

/* The value of a variable in ${env}; NULL also for an empty one: `X=${X:-}` is how compose files pass "not
 * set". */
static const char *variable(char *const *env, const char *name)
{
    size_t len = strlen(name);
    for (; *env != NULL; env++) {
        if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
            return (*env)[len + 1] != '\0' ? *env + len + 1 : NULL;
    }
    return NULL;
}

static void environment_read(const struct option *o, char *const *env, struct given *g)
{
    char name[OPTION_NAME_MAX + 8];
    if (g->by_flag)
        return;
    option_variable(o, name);
    g->value = variable(env, name);
    strncat(name, "_FILE", sizeof name - strlen(name) - 1);
    g->file = o->secret ? variable(env, name) : NULL;
}

/* ---- the command line ---- */

struct words {
    int left;
    char **next;
};

/* The value of a flag: behind its "=", else the next word. NULL when there is none. */
static const char *flag_value(const char *equals, struct words *words)
{
    if (equals != NULL)
        return equals + 1;
    if (words->left == 0)
        return NULL;
    words->left--;
    return *words->next++;
}

/* Whether ${word} is ${name}, then ${suffix}. */
static bool names(const char *word, size_t len, const char *name, const char *suffix)
{
    size_t head = strlen(name);
    return len == head + strlen(suffix) && strncmp(word, name, head) == 0 &&
           strncmp(word + head, suffix, len - head) == 0;
}

static bool option_take(const char *word, size_t len, const char *equals, struct words *words,
                        const struct arguments *args, struct given *given, const char **ret_missing)
{
    for (size_t i = 0; options[i].name != NULL; i++) {
        bool file = options[i].secret && names(word, len, options[i].name, "-file");
        if (!option_is_read(&options[i], args->options) || (!file && !names(word, len, options[i].name, "")))
            continue;
        const char *value = flag_value(equals, words);
        *ret_missing = value == NULL ? options[i].name : NULL;
        /* An empty value takes the variable back. */
        value = value != NULL && value[0] != '\0' ? value : NULL;
        given[i].by_flag = true;
        *(file ? &given[i].file : &given[i].value) = value;
        return true;
    }
    return false;
}

static bool own_flag_take(const char *word, size_t len, const char *equals, struct words *words,
                          struct arguments *args, const char **ret_missing)
{
    for (size_t i = 0; args->flags != NULL && args->flags[i].name != NULL && i < CONFIG_FLAGS_MAX; i++) {
        const struct config_flag *flag = &args->flags[i];
        if (!names(word, len, flag->name, "") || (flag->value == NULL && equals != NULL))
            continue;
        args->values[i] = flag->value != NULL ? flag_value(equals, words) : "";
        *ret_missing = args->values[i] == NULL ? flag->name : NULL;
        return true;
    }
    return false;
}

static int flag_read(const char *word, struct words *words, struct given *given, struct arguments *args,
                     char fault[CONFIG_FAULT])
{
    const char *missing = NULL, *equals = strchr(word, '=');
    size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
    if (!own_flag_take(word, len, equals, words, args, &missing) &&
        !option_take(word, len, equals, words, args, given, &missing))
        return fault_set(fault, "--%.*s: there is no such option here",
                         (int)(len < FAULT_VALUE_MAX ? len : FAULT_VALUE_MAX), word);
    return missing == NULL ? 0 : fault_set(fault, "--%s: its value is missing", missing);
}

/* Stops at --help. */
static int command_line_read(struct words words, struct given *given, struct arguments *args,
                             char fault[CONFIG_FAULT])
{
    bool only_operands = false;
    args->operands = words.next;
    while (words.left > 0) {
        char *word = *words.next++;
        words.left--;
        int rc = 0;
        if (only_operands || word[0] != '-' || word[1] == '\0')
            args->operands[args->operand_count++] = word; /* at or before the place it was read from */
        else if (strcmp(word, "--") == 0)
            only_operands = true;
        else if (strcmp(word, "--help") == 0)
            return args->help = true, 0;
        else if (word[1] == '-')
            rc = flag_read(word + 2, &words, given, args, fault);
        else
            rc = fault_set(fault, "\"%.*s\": there is no such option; they start with --", FAULT_VALUE_MAX,
                           word);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* ---- the whole ---- */

static bool is_text(const struct option *o)
{
    return o->type != OPTION_NUMBER && o->type != OPTION_LEVEL;
}

static void absent_fill(struct config *config, const char *const *names)
{
    for (const struct option *o = options; o->name != NULL; o++) {
        char **text = (char **)(void *)((char *)config + o->offset);
        if (is_text(o) && *text == NULL)
            *text = text_copy("", 0);
        if (o->offset == AT(threads) && config->threads == 0 && option_is_read(o, names))
            config->threads = cores_usable(CONFIG_THREADS_MAX);
    }
}

/* Of one option: the flag, else the variable, else the default. */
static int option_read(const struct option *o, char *const *env, const struct arguments *args,
                       struct given *g, struct config *config, char fault[CONFIG_FAULT])
{
    if (option_is_read(o, args->options))
        environment_read(o, env, g);
    return option_keep(o, g, config, fault);
}

int config_read(int argc, char **argv, char *const *env, struct config *ret_config, struct arguments *args,
                char fault[CONFIG_FAULT])
{
    struct given given[OPTIONS_MAX] = {0};
    struct config config = {0};
    int rc = command_line_read((struct words){argc, argv}, given, args, fault);
    static char *const nothing[] = {NULL};
    if (args->help) /* is told whatever the variables hold */
        env = nothing;
    for (size_t i = 0; rc == 0 && options[i].name != NULL; i++)
        rc = option_read(&options[i], env, args, &given[i], &config, fault);
    if (rc != 0) {
        config_free(&config);
        return -1;
    }
    absent_fill(&config, args->options);
    *ret_config = config;
    return 0;
}

void config_free(struct config *config)
{
    for (const struct option *o = options; o->name != NULL; o++) {
        char **text = (char **)(void *)((char *)config + o->offset);
        if (!is_text(o) || *text == NULL)
            continue;
        if (o->secret)
            explicit_bzero(*text, strlen(*text));
        free(*text);
        *text = NULL;
    }
}

const char *arguments_flag(const struct arguments *args, const char *name)
{
    for (size_t i = 0; args->flags != NULL && args->flags[i].name != NULL; i++) {
        if (strcmp(args->flags[i].name, name) == 0)
            return args->values[i];
    }
    return NULL;
}

/* ${entry} is NAME=value. */
static bool is_known(const char *entry)
{
    char name[OPTION_NAME_MAX];
    size_t len = strcspn(entry, "=");
    for (const struct option *o = options; o->name != NULL; o++) {
        option_variable(o, name);
        if (names(entry, len, name, "") || (o->secret && names(entry, len, name, "_FILE")))
            return true;
    }
    /* The torture counter's; what clients and the examples read, which a shell may have exported; and what
     * Kubernetes sets for every service of the name "akkoord". */
    return names(entry, len, PREFIX "FAULT_AT", "") || names(entry, len, PREFIX "URL", "") ||
           names(entry, len, PREFIX "KEY", "") || names(entry, len, PREFIX "TOKEN", "") ||
           strncmp(entry, PREFIX "PORT", strlen(PREFIX "PORT")) == 0 ||
           strncmp(entry, PREFIX "SERVICE_", strlen(PREFIX "SERVICE_")) == 0;
}

const char *config_unknown(char *const *env, size_t *cursor)
{
    while (env[*cursor] != NULL) {
        const char *entry = env[(*cursor)++];
        if (strncmp(entry, PREFIX, strlen(PREFIX)) == 0 && !is_known(entry))
            return entry;
    }
    return NULL;
}

static bool address_holds(const struct address *all, const struct address *one)
{
    return all->port == one->port && (all->host[0] == '\0' || strcasecmp(all->host, one->host) == 0);
}

/* Where the service would stand in its own way: with an address that it is to listen on twice. */
static int addresses_check(const struct config *config, char fault[CONFIG_FAULT])
{
    const struct {
        const char *option, *list;
    } lists[] = {{"AKKOORD_LISTEN", config->listen},
                 {"AKKOORD_TLS_LISTEN", config->tls_listen},
                 {"AKKOORD_METRICS_LISTEN", config->metrics_listen}};
    struct address seen[3 * CONFIG_ADDRESSES_MAX];
    const char *named[3 * CONFIG_ADDRESSES_MAX];
    size_t count = 0;
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
        const char *list = lists[l].list;
        while (address_next(&list, &seen[count])) {
            const struct address *a = &seen[count];
            named[count] = lists[l].option;
            for (size_t i = 0; i < count; i++) {
                if (address_holds(&seen[i], a) || address_holds(a, &seen[i]))
                    return fault_set(fault,
                                     "%s: port %u of %.*s is the one of %s too: name another port, or take "
                                     "one of the two out",
                                     lists[l].option, a->port, FAULT_VALUE_MAX,
                                     a->host[0] != '\0' ? a->host : "*", named[i]);
            }
            count++;
        }
    }
    return 0;
}

/* That nothing is served in clear text by mistake. */
static int tls_check(const struct config *config, char fault[CONFIG_FAULT])
{
    bool has_certificate = config->tls_cert_file[0] != '\0', has_key = config->tls_key_file[0] != '\0';
    if (config->listen[0] == '\0' && config->tls_listen[0] == '\0')
        return fault_set(fault,
                         "AKKOORD_LISTEN is none, and AKKOORD_TLS_LISTEN is not set: give one of the two an "
                         "address such as 127.0.0.1:8080");
    if (config->tls_listen[0] == '\0' && (has_certificate || has_key))
        return fault_set(
            fault,
            "%s is %.*s, and AKKOORD_TLS_LISTEN is not set: give it an address such as :8443, or "
            "leave out the file",
            has_certificate ? "AKKOORD_TLS_CERT_FILE" : "AKKOORD_TLS_KEY_FILE", FAULT_VALUE_MAX,
            has_certificate ? config->tls_cert_file : config->tls_key_file);
    if (config->tls_listen[0] != '\0' && (!has_certificate || !has_key))
        return fault_set(
            fault,
            "AKKOORD_TLS_LISTEN needs AKKOORD_TLS_CERT_FILE and AKKOORD_TLS_KEY_FILE: it is %.*s, and "
            "the %s is not set; name its PEM file",
            FAULT_VALUE_MAX, config->tls_listen, has_certificate ? "second" : "first");
    return 0;
}

static int keys_check(const struct config *config, char fault[CONFIG_FAULT])
{
    if (config->subject_key_file[0] == '\0')
        return fault_set(
            fault,
            "AKKOORD_SUBJECT_KEY_FILE is needed, and is not set: name a file of mode 600 with lines of "
            "NUMBER:BASE64, such as `1:` and what `openssl rand -base64 32` prints");
    if (config->jwt_secret_file[0] == '\0' && config->jwks_file[0] == '\0')
        return fault_set(
            fault,
            "AKKOORD_JWT_SECRET_FILE or AKKOORD_JWKS_FILE is needed, and neither is set: name a secret "
            "of mode 600 (`openssl rand -base64 32` makes one), or an issuer's keys");
    return 0;
}

static bool is_loopback(const char *host)
{
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 || strcmp(host, "localhost") == 0;
}

/* A demonstration shows live tokens. */
static int demo_check(const struct config *config, char fault[CONFIG_FAULT])
{
    const char *const lists[] = {config->listen, config->tls_listen};
    struct address a;
    for (size_t i = 0; config->demo != 0 && i < sizeof lists / sizeof *lists; i++) {
        for (const char *cursor = lists[i]; address_next(&cursor, &a);) {
            if (!is_loopback(a.host))
                return fault_set(fault,
                                 "AKKOORD_DEMO shows live tokens to everybody: %s is no address of this "
                                 "machine alone; listen on 127.0.0.1, or leave AKKOORD_DEMO out",
                                 a.host[0] != '\0' ? a.host : "*");
        }
    }
    return 0;
}

int config_serve_check(const struct config *config, char fault[CONFIG_FAULT])
{
    return tls_check(config, fault) == 0 && keys_check(config, fault) == 0 && demo_check(config, fault) == 0
               ? addresses_check(config, fault)
               : -1;
}
