/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "command.h"
#include "file.h"
#include "key_files.h"
#include "mask_command.h"
#include "revoke_command.h"
#include "token_command.h"

#include <stdio.h>
#include <string.h>

enum { EXIT_MISUSED = 2 };

extern char **environ;

int command_misused(const char *command, const char *fault)
{
    fprintf(stderr, "akkoord: %s: %s\nakkoord %s --help tells more.\n", command, fault, command);
    return EXIT_MISUSED;
}

int command_failed(const char *command, const char *fault)
{
    fprintf(stderr, "akkoord: %s: %.*s\n", command, (int)strcspn(fault, "\n"), fault);
    return 1;
}

/* ---- akkoord token, akkoord options ---- */

static const struct config_flag token_flags[] = {
    {"controller", "K", "the key of the controller it is for"},
    {"scope", "WORDS", "what it may do: words such as consent:record, separated by spaces"},
    {"ttl", "TIME", "how long it is good for: 90s, 30m, 1h, 2d"},
    {"client", "NAME", "what the events will name as their actor; cli where nothing is said"},
    {"token-file", "FILE", "revoke: the token itself; - for standard input"},
    {"id", "JTI", "revoke: or the jti of one of --controller"},
    {0}};

static int token_print(const struct config *config, struct token_order *order)
{
    struct buf secret;
    char fault[KEY_FILES_FAULT];
    int rc = jwt_secret_load(config, &secret, fault);
    if (rc != 0) {
        command_failed("token", fault);
    } else {
        order->secret = secret.data != NULL ? secret.data : "";
        order->secret_len = secret.len;
        const char *refusal = token_issue(order, clock_wall(), stdout);
        rc = refusal != NULL ? command_failed("token", refusal) : 0;
    }
    file_wipe(&secret);
    return rc != 0;
}

static int token(const struct config *config, const struct arguments *args)
{
    const char *client = arguments_flag(args, "client");
    const char *ttl = arguments_flag(args, "ttl");
    struct token_order order = {.issuer = config->jwt_issuer,
                                .controller = arguments_flag(args, "controller"),
                                .scope = arguments_flag(args, "scope"),
                                .client = client != NULL ? client : "cli",
                                .max_lifetime = config->jwt_max_lifetime};
    if (args->operand_count == 1 && strcmp(args->operands[0], "revoke") == 0)
        return revoke_command(config, args);
    if (order.controller == NULL || order.scope == NULL || ttl == NULL || args->operand_count != 0)
        return command_misused("token", "--controller, --scope and --ttl are needed, and nothing else");
    if (!ttl_parse(ttl, &order.ttl))
        return command_misused("token", "--ttl is not a time such as 90s, 30m, 1h or 2d");
    if (config->jwt_secret_file[0] == '\0')
        return command_misused("token", "AKKOORD_JWT_SECRET_FILE is needed");
    return token_print(config, &order);
}

static const struct command token_command = {
    "token", "[revoke]", "prints a token signed with the shared secret; revoke: takes one back", token_flags,
    token};

/* ---- dispatch ---- */

static const struct command *const commands[] = {&serve_command, &migrate_command, &apply_command,
                                                 &token_command, &health_command,  &doctor_command,
                                                 &rotate_command};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static int usage(FILE *out)
{
    fprintf(out, "usage: akkoord COMMAND [FLAG...]\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-8s %-8s %s\n", commands[i]->name, commands[i]->operands, commands[i]->text);
    fprintf(out, "  %-8s %-8s %s\n", "mask", "", "masks IP addresses in a stream of text or NDJSON");
    fprintf(out, "\nakkoord COMMAND --help tells its flags and options, akkoord --version the version.\n");
    return out == stdout ? 0 : EXIT_MISUSED;
}

static int command_help(const struct command *command)
{
    printf("usage: akkoord %s [FLAG...] %s\n%s.\n\n", command->name, command->operands, command->text);
    for (const struct config_flag *f = command->flags; f != NULL && f->name != NULL; f++)
        printf("  --%s%s%s\n      %s\n\n", f->name, f->value != NULL ? " " : "",
               f->value != NULL ? f->value : "", f->text);
    config_help(stdout);
    return 0;
}

static bool asks_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return true;
    }
    return false;
}

/* A mistyped variable would be an option that silently keeps its default. */
static void unknown_warn(void)
{
    size_t cursor = 0;
    for (const char *entry; (entry = config_unknown(environ, &cursor)) != NULL;)
        log_warn("config.unknown", "variable=%.*s", (int)strcspn(entry, "="), entry);
}

static int command_run(const struct command *command, int argc, char **argv)
{
    struct config config;
    struct arguments args = {.flags = command->flags};
    char fault[CONFIG_FAULT];
    if (asks_help(argc, argv))
        return command_help(command);
    if (config_read(argc, argv, environ, &config, &args, fault) != 0)
        return command_misused(command->name, fault);
    log_set_level(config.log_level);
    unknown_warn();
    int rc = 1;
    if (command->operands[0] == '\0' && args.operand_count > 0)
        rc = command_misused(command->name, "it takes flags only");
    else
        rc = command->run(&config, &args);
    config_free(&config);
    return rc;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0)
        return usage(stdout);
    if (strcmp(name, "--version") == 0) {
        printf("akkoord %s\n", AKKOORD_VERSION);
        return 0;
    }
    /* The README's table; not for people. */
    if (strcmp(name, "options") == 0) {
        config_markdown(stdout);
        return 0;
    }
    if (strcmp(name, "mask") == 0)
        return mask_command(argc - 1, argv + 1);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(name, commands[i]->name) == 0)
            return command_run(commands[i], argc - 2, argv + 2);
    }
    if (name[0] != '\0')
        fprintf(stderr, "akkoord: there is no command \"%.80s\"\n", name);
    return usage(stderr);
}
