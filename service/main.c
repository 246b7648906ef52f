/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "command/command.h"
#include "command/mask.h"

#include <stdio.h>
#include <string.h>

extern char **environ;

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
    return out == stdout ? 0 : COMMAND_MISUSED;
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
