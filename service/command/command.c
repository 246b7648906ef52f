/* SPDX-License-Identifier: Apache-2.0 */
#include "command/command.h"

#include "base/log.h"
#include "command/manual.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

extern char **environ;

const char *const command_no_options[] = {NULL};

int command_misused(const char *command, const char *fault)
{
    fprintf(stderr, "akkoord: %s: %s\nusage: akkoord %s --help tells it.\n", command, fault, command);
    return COMMAND_MISUSED;
}

int command_failed(const char *command, const char *fault)
{
    fprintf(stderr, "akkoord: %s: %.*s\n", command, (int)strcspn(fault, "\n"), fault);
    return 1;
}

static void commands_print(const struct command *const *commands, FILE *out)
{
    fprintf(out, "usage: akkoord COMMAND [FLAG...]\n\n");
    for (; *commands != NULL; commands++)
        fprintf(out, "  %-8s %-15s %s\n", (*commands)->name, (*commands)->operands, (*commands)->text);
    fprintf(out, "\nakkoord COMMAND --help tells its flags and options, akkoord --version the version; "
                 "akkoord --manual "
                 "FOLDER\nwrites the man pages and bash's completion.\n");
}

static int command_help(const struct command *command)
{
    printf("usage: akkoord %s [FLAG...]%s%s\n%s.\n\n", command->name, command->operands[0] != '\0' ? " " : "",
           command->operands, command->text);
    for (const struct config_flag *f = command->flags; f != NULL && f->name != NULL; f++)
        printf("  --%s%s%s\n      %s\n\n", f->name, f->value != NULL ? " " : "",
               f->value != NULL ? f->value : "", f->text);
    config_help(command->options, stdout);
    return 0;
}

/* A mistyped variable would be an option that silently keeps its default. */
static void unknown_warn(void)
{
    size_t cursor = 0;
    for (const char *entry; (entry = config_unknown(environ, &cursor)) != NULL;)
        log_warn("config.unknown", "variable=%.*s", (int)strcspn(entry, "="), entry);
}

static int operand_refuse(const struct command *command, const char *operand)
{
    char fault[CONFIG_FAULT];
    snprintf(fault, sizeof fault, "\"%.64s\": it takes flags only: take it out, or name the option it is of",
             operand);
    return command_misused(command->name, fault);
}

/* What was printed and did not arrive was not done: a full disk, a closed pipe. */
static int stdout_check(const char *name, int rc)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return rc;
    fprintf(stderr, "akkoord: %s: not all of it could be written to standard output%s%s\n", name,
            errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
    return rc != 0 ? rc : 1;
}

int command_run(const struct command *command, int count, char **words)
{
    struct config config;
    struct arguments args = {.flags = command->flags, .options = command->options};
    char fault[CONFIG_FAULT];
    if (config_read(count, words, environ, &config, &args, fault) != 0)
        return command_misused(command->name, fault);

    log_set_level(config.log_level);
    if (command->options != command_no_options && !args.help)
        unknown_warn();

    int rc;
    if (args.help)
        rc = command_help(command);
    else if (command->operands[0] == '\0' && args.operand_count > 0)
        rc = operand_refuse(command, args.operands[0]);
    else
        rc = command->run(&config, &args);
    config_free(&config);
    return stdout_check(command->name, rc);
}

int command_main(const struct command *const *commands, int argc, char **argv, const char *version)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
        commands_print(commands, stdout);
        putchar('\n');
        config_help(NULL, stdout);
        return stdout_check(name, 0);
    }
    if (strcmp(name, "--version") == 0) {
        printf("akkoord %s\n", version);
        return stdout_check(name, 0);
    }
    if (strcmp(name, "--manual") == 0)
        return argc == 3 ? manual_write(commands, version, argv[2])
                         : command_misused("--manual", "the folder to write to is needed");

    for (const struct command *const *c = commands; *c != NULL; c++) {
        if (strcmp(name, (*c)->name) == 0)
            return command_run(*c, argc - 2, argv + 2);
    }
    if (name[0] != '\0')
        fprintf(stderr, "akkoord: there is no command \"%.80s\"\n", name);
    commands_print(commands, stderr);
    return COMMAND_MISUSED;
}
