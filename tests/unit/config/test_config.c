/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include "config/config_table.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct config_flag own_flags[] = {
    {"ttl", "TIME", "how long"}, {"live", NULL, "only whether it lives"}, {0}};

static char fault[CONFIG_FAULT];
static struct config config;
static struct arguments args;

static void finish(void)
{
    config_free(&config);
}

TestSuite(config, .fini = finish);

/* ${words} and ${env} end with NULL. ${options} as in struct arguments. */
static int read_some(const char *const *options_read, char **words, char *const *env)
{
    int count = 0;
    while (words[count] != NULL)
        count++;
    config_free(&config);
    memset(fault, 0, sizeof fault);
    args = (struct arguments){.flags = own_flags, .options = options_read};
    return config_read(count, words, env, &config, &args, fault);
}

static int read_with(char **words, char *const *env)
{
    return read_some(NULL, words, env);
}

#define FLAGS(...) ((char *[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static int read_flag(const char *word)
{
    return read_with(FLAGS((char *)word), FLAGS());
}

/* A file with ${text} in it; to be unlinked and freed by the caller. */
static char *secret_file(const char *text)
{
    char *path = strdup("/tmp/akkoord-config.XXXXXX");
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

static char *joined(const char *head, const char *tail)
{
    char *text;
    cr_assert(asprintf(&text, "%s%s", head, tail) > 0);
    return text;
}

/* What one option says as it is set; to be freed. */
static char *option_printed(const struct option *o)
{
    char *text, variable[OPTION_NAME_MAX];
    size_t len;
    FILE *out = open_memstream(&text, &len);
    config_print(&config, out);
    fclose(out);
    option_variable(o, variable);
    char *line = strstr(text, variable);
    cr_assert_not_null(line, "%s", variable);
    line = strndup(line + strlen(variable) + 2, strcspn(line, "\n") - strlen(variable) - 2);
    free(text);
    return line;
}

static void help_print(FILE *out)
{
    config_help(NULL, out);
}

static char *printed(void (*print)(FILE *out))
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    print(out);
    fclose(out);
    return text;
}

Test(config, without_a_word_the_defaults_hold)
{
    cr_assert_eq(read_with(FLAGS(), FLAGS()), 0, "%s", fault);
    cr_expect_str_eq(config.listen, "127.0.0.1:8080");
    cr_expect_str_eq(config.metrics_listen, "127.0.0.1:9464");
    cr_expect_str_eq(config.tls_listen, "");
    cr_expect_str_eq(config.database, "");
    cr_expect_str_eq(config.public_url, "http://localhost:8080");
    cr_expect_eq(config.jwt_max_lifetime, 86400);
    cr_expect_eq(config.drain_delay, 0);
    cr_expect_eq(config.log_level, LOG_LEVEL_INFO);
    cr_expect(config.threads >= 1 && config.threads <= CONFIG_THREADS_MAX);
}

Test(config, a_flag_wins_over_the_variable_and_the_last_flag_over_the_first)
{
    char *const *env = FLAGS("AKKOORD_THREADS=3", "AKKOORD_LOG_LEVEL=debug", "AKKOORD_LISTEN=:1");
    cr_assert_eq(read_with(FLAGS("--threads=5", "--listen", ":2", "--threads", "6"), env), 0, "%s", fault);
    cr_expect_eq(config.threads, 6);
    cr_expect_eq(config.log_level, LOG_LEVEL_DEBUG);
    cr_expect_str_eq(config.listen, ":2");
}

Test(config, an_empty_variable_is_not_set_and_an_empty_flag_takes_the_variable_back)
{
    char *const *env =
        FLAGS("AKKOORD_LISTEN=", "AKKOORD_JWT_ISSUER=https://idp.example", "AKKOORD_DATABASE_FILE=");
    cr_assert_eq(read_with(FLAGS("--jwt-issuer="), env), 0, "%s", fault);
    cr_expect_str_eq(config.listen, "127.0.0.1:8080");
    cr_expect_str_eq(config.jwt_issuer, "");
}

Test(config, what_is_wrong_is_refused_in_words_that_name_the_option)
{
    static const char *const rows[][2] = {
        {"--threads=0", "--threads: \"0\" is not a whole number from 1 to 64"},
        {"--threads=65", "--threads: "},
        {"--threads=2x", "--threads: "},
        {"--threads=-1", "--threads: "},
        {"--threads=99999999999999999999", "--threads: "},
        {"--jwt-max-lifetime=59", "--jwt-max-lifetime: "},
        {"--drain-delay=5", "--drain-delay: \"5\" is not a whole number from 0 to 4"},
        {"--log-level=loud", "--log-level: \"loud\" is not error, warn, info or debug"},
        {"--listen=localhost", "--listen: "},
        {"--listen=:0", "--listen: "},
        {"--listen=:65536", "--listen: "},
        {"--listen=::1:80", "--listen: "},
        {"--listen=[::1]", "--listen: "},
        {"--listen=[::1:80", "--listen: "},
        {"--listen=[::g]:80", "--listen: "},
        {"--listen=a b:80", "--listen: "},
        {"--listen=:1,", "--listen: "},
        {"--listen=,:1", "--listen: "},
        {"--listen=:1,,:2", "--listen: "},
        {"--trusted-proxies=10.0.0.1/8", "--trusted-proxies: "},
        {"--trusted-proxies=10.0.0.0/33", "--trusted-proxies: "},
        {"--trusted-proxies=10.0.0/24", "--trusted-proxies: "},
        {"--trusted-proxies=2001:db8::/129", "--trusted-proxies: "},
        {"--trusted-proxies=example.nl", "--trusted-proxies: "},
        {"--public-url=ftp://x", "--public-url: "},
        {"--public-url=http://", "--public-url: "},
        {"--public-url=http:///path", "--public-url: "},
        {"--public-url=http://x?y", "--public-url: "},
        {"--public-url=http://x y", "--public-url: "},
        {"--public-url=https://user:secret@x/y", "--public-url: \"@x/y\""},
        {"--listne=:1", "--listne: there is no such option here"},
        {"--listen-file=x", "--listen-file: there is no such option here"},
        {"--live=yes", "--live: there is no such option here"},
        {"--listen", "--listen: its value is missing"},
        {"--ttl", "--ttl: its value is missing"},
        {"-l", "\"-l\": there is no such option"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_eq(read_flag(rows[i][0]), -1, "%s", rows[i][0]);
        cr_expect_eq(strncmp(fault, rows[i][1], strlen(rows[i][1])), 0, "%s: %s", rows[i][0], fault);
        cr_expect_eq(strchr(fault, '\n'), NULL);
    }
}

Test(config, a_wrong_variable_is_named_as_a_variable)
{
    cr_assert_eq(read_with(FLAGS(), FLAGS("AKKOORD_JWT_MAX_LIFETIME=1 day")), -1);
    cr_expect_eq(strncmp(fault, "AKKOORD_JWT_MAX_LIFETIME: \"1 day\"", 33), 0, "%s", fault);
}

Test(config, what_is_right_is_taken)
{
    static const char *const rows[] = {
        "--threads=64",
        "--listen=[::1]:80",
        "--listen=:80, *:81 ,example.nl:82,127.0.0.1:83",
        "--listen=none",
        "--metrics-listen=none",
        "--trusted-proxies=10.0.0.0/8, 2001:db8::/32,192.0.2.1,::1/128,0.0.0.0/0",
        "--public-url=https://consent.example.nl/akkoord",
        "--log-level=error",
        "--database=postgresql://u@h1,h2/akkoord",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(read_flag(rows[i]), 0, "%s: %s", rows[i], fault);
}

Test(config, none_is_an_empty_list_and_a_url_loses_its_last_slash)
{
    cr_assert_eq(read_with(FLAGS("--listen=none", "--public-url=https://example.nl/a/"), FLAGS()), 0, "%s",
                 fault);
    cr_expect_str_eq(config.listen, "");
    cr_expect_str_eq(config.public_url, "https://example.nl/a");
}

Test(config, more_addresses_than_there_is_room_for_are_refused)
{
    cr_expect_eq(read_flag("--listen=:1,:2,:3,:4,:5,:6,:7,:8,:9,:10,:11,:12,:13,:14,:15,:16"), 0, "%s",
                 fault);
    cr_expect_eq(read_flag("--listen=:1,:2,:3,:4,:5,:6,:7,:8,:9,:10,:11,:12,:13,:14,:15,:16,:17"), -1);
}

Test(config, a_secret_is_read_from_its_file_without_the_newline_at_its_end)
{
    char *path = secret_file("host=db password=hush \n\n");
    char *variable = joined("AKKOORD_DATABASE_FILE=", path), *flag = joined("--migrate-database-file=", path);
    cr_assert_eq(read_with(FLAGS(flag), FLAGS(variable)), 0, "%s", fault);
    cr_expect_str_eq(config.database, "host=db password=hush \n");
    cr_expect_str_eq(config.migrate_database, config.database);
    cr_assert_eq(read_with(FLAGS("--database=x"), FLAGS(variable)), 0,
                 "a flag wins over the variable's file");
    cr_expect_str_eq(config.database, "x");
    unlink(path);
    free(path);
    free(variable);
    free(flag);
}

Test(config, a_secret_given_twice_or_in_a_file_that_is_not_there_is_refused)
{
    cr_expect_eq(read_with(FLAGS(), FLAGS("AKKOORD_DATABASE=hush", "AKKOORD_DATABASE_FILE=/dev/null")), -1);
    cr_expect_eq(strstr(fault, "hush"), NULL, "%s", fault);
    cr_expect_eq(read_flag("--database-file=/nowhere/at/all"), -1);
    cr_expect_neq(strstr(fault, "--database-file"), NULL, "%s", fault);
}

Test(config, a_secret_is_printed_as_set)
{
    char *text;
    size_t len;
    cr_assert_eq(read_with(FLAGS("--database=password=hush", "--threads=7"), FLAGS()), 0, "%s", fault);
    FILE *out = open_memstream(&text, &len);
    config_print(&config, out);
    fclose(out);
    cr_expect_eq(strstr(text, "hush"), NULL);
    cr_expect_neq(strstr(text, "AKKOORD_DATABASE: set\n"), NULL, "%s", text);
    cr_expect_neq(strstr(text, "AKKOORD_MIGRATE_DATABASE: none\n"), NULL, "%s", text);
    cr_expect_neq(strstr(text, "AKKOORD_THREADS: 7\n"), NULL, "%s", text);
    cr_expect_neq(strstr(text, "AKKOORD_LOG_LEVEL: info\n"), NULL, "%s", text);
    free(text);
}

Test(config, a_commands_own_flags_and_words_are_kept_apart_from_the_options)
{
    char **words = FLAGS("one", "--ttl", "1h", "--live", "-", "--", "--threads=0");
    cr_assert_eq(read_with(words, FLAGS()), 0, "%s", fault);
    cr_expect_str_eq(arguments_flag(&args, "ttl"), "1h");
    cr_expect_str_eq(arguments_flag(&args, "live"), "");
    cr_expect_null(arguments_flag(&args, "other"));
    cr_assert_eq(args.operand_count, 3);
    cr_expect_str_eq(args.operands[0], "one");
    cr_expect_str_eq(args.operands[1], "-");
    cr_expect_str_eq(args.operands[2], "--threads=0");
    words = FLAGS("1", "2", "3", "--live", "4", "5");
    cr_assert_eq(read_with(words, FLAGS()), 0, "%s", fault);
    cr_assert_eq(args.operand_count, 5);
    cr_expect_str_eq(args.operands[4], "5");
}

Test(config, a_command_reads_its_options_and_no_other)
{
    static const char *const read[] = {"listen", NULL};
    char *const *env =
        FLAGS("AKKOORD_LISTEN=:1", "AKKOORD_THREADS=none", "AKKOORD_DATABASE_FILE=/nonexistent");
    cr_assert_eq(read_some(read, FLAGS(), env), 0, "%s", fault);
    cr_expect_str_eq(config.listen, ":1");
    cr_expect_str_eq(config.public_url, "http://localhost:8080");
    cr_expect_eq(read_some(read, FLAGS("--threads=1"), FLAGS()), -1);
    cr_expect_str_eq(fault, "--threads: there is no such option here");
    cr_expect_eq(read_some(read, FLAGS("--database-file=/dev/null"), FLAGS()), -1);
}

Test(config, help_is_told_whatever_the_variables_hold)
{
    cr_assert_eq(read_with(FLAGS("--live", "--help", "--nonsense"), FLAGS("AKKOORD_THREADS=none")), 0, "%s",
                 fault);
    cr_expect(args.help);
    cr_assert_eq(read_with(FLAGS("--", "--help"), FLAGS()), 0, "%s", fault);
    cr_expect_not(args.help);
}

/* A value of each kind that is taken, as it prints. */
static const char *sample(const struct option *o)
{
    static const char *const samples[] = {
        [OPTION_TEXT] = "word",           [OPTION_FILE] = "/run/file",        [OPTION_ADDRESSES] = "[::1]:81",
        [OPTION_NETWORKS] = "10.0.0.0/8", [OPTION_URL] = "https://x.example", [OPTION_LEVEL] = "warn"};
    static char number[24];
    snprintf(number, sizeof number, "%lld", (long long)o->max);
    return o->type == OPTION_NUMBER ? number : samples[o->type];
}

static void expect_set(const struct option *o, const char *value)
{
    char *line = option_printed(o);
    cr_expect_str_eq(line, o->secret ? "set" : value, "%s", o->name);
    free(line);
}

Test(config, each_option_is_taken_by_variable_and_by_flag)
{
    for (const struct option *o = options; o->name != NULL; o++) {
        char variable[OPTION_NAME_MAX], *in_env, *flag;
        option_variable(o, variable);
        cr_assert(asprintf(&in_env, "%s=%s", variable, sample(o)) > 0 &&
                  asprintf(&flag, "--%s=%s", o->name, sample(o)) > 0);
        cr_assert_eq(read_with(FLAGS(), FLAGS(in_env)), 0, "%s", fault);
        expect_set(o, sample(o));
        cr_assert_eq(read_with(FLAGS(flag), FLAGS()), 0, "%s", fault);
        expect_set(o, sample(o));
        free(in_env);
        free(flag);
    }
}

Test(config, each_number_is_taken_from_its_least_to_its_most)
{
    for (const struct option *o = options; o->name != NULL; o++) {
        const long long rows[] = {o->min, o->max, o->min - 1, o->max + 1};
        for (size_t i = 0; i < 4 && o->type == OPTION_NUMBER; i++) {
            char *flag;
            cr_assert(asprintf(&flag, "--%s=%lld", o->name, rows[i]) > 0);
            cr_expect_eq(read_flag(flag), i < 2 ? 0 : -1, "%s", flag);
            cr_expect(i < 2 || strstr(fault, o->name) != NULL, "%s", fault);
            free(flag);
        }
    }
}

Test(config, each_option_says_what_it_is)
{
    for (const struct option *o = options; o->name != NULL; o++) {
        cr_expect(o->text != NULL && o->text[0] != '\0', "%s", o->name);
        cr_expect_neq(o->value != NULL, o->absent != NULL, "%s: a default, or the default in words", o->name);
        cr_expect(o->type == OPTION_NUMBER || (o->min == 0 && o->max == 0), "%s", o->name);
    }
}

Test(config, a_variable_that_no_option_knows_is_found)
{
    char *const *env =
        FLAGS("PATH=/bin", "AKKOORD_LISTN=:1", "AKKOORD_LISTEN=:1", "AKKOORD_DATABASE_FILE=x",
              "AKKOORD_SERVICE_HOST=10.0.0.1", "AKKOORD_PORT_8080_TCP=x", "AKKOORD_URL=x", "AKKOORD_KEY=x",
              "AKKOORD_TOKEN=x", "AKKOORD_LISTEN_FILE=x", "AKKOORD_TOKENS=x", "AKKOORD_=", "AKKOORD=x");
    size_t cursor = 0;
    cr_expect_str_eq(config_unknown(env, &cursor), "AKKOORD_LISTN=:1");
    cr_expect_str_eq(config_unknown(env, &cursor), "AKKOORD_LISTEN_FILE=x");
    cr_expect_str_eq(config_unknown(env, &cursor), "AKKOORD_TOKENS=x");
    cr_expect_str_eq(config_unknown(env, &cursor), "AKKOORD_=");
    cr_expect_null(config_unknown(env, &cursor));
}

Test(config, what_serving_needs_is_told_before_it_starts)
{
    static const struct {
        char *words[6];
        const char *fault; /* how it begins; NULL: it may start */
    } rows[] = {
        {{NULL}, "AKKOORD_SUBJECT_KEY_FILE is needed, and is not set: name a file"},
        {{"--subject-key-file=k"}, "AKKOORD_JWT_SECRET_FILE or AKKOORD_JWKS_FILE is needed"},
        {{"--subject-key-file=k", "--jwks-file=j"}, NULL},
        {{"--subject-key-file=k", "--link-key-file=l", "--jwks-file=j"}, NULL},
        {{"--subject-key-file=k", "--link-key-file=l", "--jwks-file=j", "--tls-cert-file=c"},
         "AKKOORD_TLS_CERT_FILE is c, and AKKOORD_TLS_LISTEN is not set"},
        {{"--subject-key-file=k", "--link-key-file=l", "--jwks-file=j", "--tls-key-file=k"},
         "AKKOORD_TLS_KEY_FILE is k, and AKKOORD_TLS_LISTEN is not set"},
        {{"--subject-key-file=k", "--link-key-file=l", "--jwks-file=j", "--listen=none"},
         "AKKOORD_LISTEN is none, and AKKOORD_TLS_LISTEN"},
        {{"--subject-key-file=k", "--link-key-file=l", "--jwks-file=j", "--tls-listen=:443"},
         "AKKOORD_TLS_LISTEN needs AKKOORD_TLS_CERT_FILE and AKKOORD_TLS_KEY_FILE: it is :443, and the first "
         "is not set"},
        {{"--subject-key-file=k", "--link-key-file=l", "--jwks-file=j", "--tls-listen=:443",
          "--tls-cert-file=c"},
         "AKKOORD_TLS_LISTEN needs AKKOORD_TLS_CERT_FILE and AKKOORD_TLS_KEY_FILE: it is :443, and the "
         "second is not "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *words[6];
        memcpy(words, rows[i].words, sizeof words);
        cr_assert_eq(read_with(words, FLAGS()), 0, "%s", fault);
        cr_expect_eq(config_serve_check(&config, fault), rows[i].fault == NULL ? 0 : -1, "%zu", i);
        cr_expect(rows[i].fault == NULL || strncmp(fault, rows[i].fault, strlen(rows[i].fault)) == 0,
                  "%zu: %s", i, fault);
    }
}

Test(config, a_service_does_not_stand_in_its_own_way)
{
    static const struct {
        char *listen, *tls, *metrics;
        bool meets;
    } rows[] = {{"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", false},
                {"127.0.0.1:1", "127.0.0.2:1", "[::1]:1", false},
                {"127.0.0.1:1,127.0.0.1:1", "", "127.0.0.1:3", true},
                {"127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:3", true},
                {"127.0.0.1:1", "", "127.0.0.1:2,127.0.0.1:1", true},
                {":1", "", "127.0.0.1:1", true},
                {"Example.nl:1", "", "example.nl:1", true},
                {"127.0.0.1:3", "", "*:3", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct config given = {.listen = rows[i].listen,
                                     .tls_listen = rows[i].tls,
                                     .metrics_listen = rows[i].metrics,
                                     .tls_cert_file = "c",
                                     .tls_key_file = "k",
                                     .subject_key_file = "s",
                                     .link_key_file = "l",
                                     .jwt_secret_file = "j",
                                     .jwks_file = ""};
        cr_expect_eq(config_serve_check(&given, fault), rows[i].meets ? -1 : 0, "%zu: %s", i, fault);
    }
}

Test(config, addresses_are_walked_in_order)
{
    const char *cursor = "example.nl:80, [2001:db8::1]:443 ,:8080,*:1";
    static const struct address rows[] = {{"example.nl", 80}, {"2001:db8::1", 443}, {"", 8080}, {"", 1}};
    struct address address;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert(address_next(&cursor, &address), "%zu", i);
        cr_expect_str_eq(address.host, rows[i].host);
        cr_expect_eq(address.port, rows[i].port);
    }
    cr_expect_not(address_next(&cursor, &address));
    cr_expect_str_eq(cursor, "");
}

Test(config, networks_are_walked_in_order)
{
    const char *cursor = "10.0.0.0/8,2001:db8::/32, 192.0.2.7";
    struct network n;
    cr_assert(network_next(&cursor, &n));
    cr_expect(!n.v6 && n.prefix == 8 && n.bytes[0] == 10);
    cr_assert(network_next(&cursor, &n));
    cr_expect(n.v6 && n.prefix == 32 && n.bytes[0] == 0x20 && n.bytes[3] == 0xb8);
    cr_assert(network_next(&cursor, &n));
    cr_expect(!n.v6 && n.prefix == 32 && n.bytes[3] == 7);
    cr_expect_not(network_next(&cursor, &n));
}

Test(config, help_and_readme_are_made_from_the_same_table)
{
    char *help = printed(help_print), *table = printed(config_markdown);
    cr_expect_neq(strstr(help, "AKKOORD_JWT_MAX_LIFETIME, --jwt-max-lifetime\n"), NULL);
    cr_expect_neq(strstr(help, "default: 86400 seconds (60 to 31622400)\n"), NULL);
    cr_expect_neq(strstr(help, "AKKOORD_DATABASE_FILE, --database-file"), NULL);
    cr_expect_eq(strchr(help, '`'), NULL);
    cr_expect_neq(strstr(table, "| `AKKOORD_JWT_MAX_LIFETIME` | `86400` seconds | "), NULL);
    cr_expect_neq(strstr(table, "| `AKKOORD_TLS_LISTEN` | none | "), NULL);
    free(help);
    free(table);
}
