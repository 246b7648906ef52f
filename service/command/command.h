/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "config/config.h"

/* One subcommand of akkoord. */
struct command {
    const char *name;
    const char *operands;            /* "FILE"; "" for none */
    const char *text;                /* for the help */
    const struct config_flag *flags; /* its own, beside the options; NULL: none */
    const char *const *options;      /* those it reads, as in struct arguments; NULL: all of them */
    /* Returns the process's exit code: 0, 1 when it failed, 2 when it was called wrongly; the reason is on
     * stderr. */
    int (*run)(const struct config *config, const struct arguments *args);
};

enum { COMMAND_MISUSED = 2 };
/* Says on stderr that a command was called wrongly, and returns COMMAND_MISUSED. */
int command_misused(const char *command, const char *fault);
/* Says on stderr why a command failed, and returns 1. */
int command_failed(const char *command, const char *fault);

/* Reads the command line and the environment for ${command} and runs it, or tells its --help. ${words}
 * follow its name, and are moved about. Returns the process's exit code. */
int command_run(const struct command *command, int count, char **words);
/* What main does: as above for the one of ${commands} (NULL at the end) that ${argv}[1] names; --help,
 * --version and --manual FOLDER of the program. */
int command_main(const struct command *const *commands, int argc, char **argv, const char *version);

/* For a command that reads no option. */
extern const char *const command_no_options[];

extern const struct command serve_command;
extern const struct command setup_command;
extern const struct command migrate_command;
extern const struct command apply_command;
extern const struct command rotate_command;
extern const struct command token_command;
extern const struct command receipt_key_command;
extern const struct command verify_command;
extern const struct command purge_command;
extern const struct command erase_command;
extern const struct command import_command;
extern const struct command sync_command;
extern const struct command subject_command;
extern const struct command requests_command;
extern const struct command key_command;
extern const struct command mask_command;
extern const struct command health_command;
extern const struct command doctor_command;
extern const struct command webhook_command;
extern const struct command options_command;
