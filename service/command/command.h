/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "config/config.h"

/* One subcommand of akkoord. */
struct command {
    const char *name;
    const char *operands;            /* "FILE"; "" for none */
    const char *text;                /* for the help */
    const struct config_flag *flags; /* its own, beside the options; NULL: none */
    /* Returns the process's exit code: 0, 1 when it failed, 2 when it was called wrongly; the reason is on stderr. */
    int (*run)(const struct config *config, const struct arguments *args);
};

enum { COMMAND_MISUSED = 2 };
/* Says on stderr that a command was called wrongly, and returns COMMAND_MISUSED. */
int command_misused(const char *command, const char *fault);
/* Says on stderr why a command failed, and returns 1. */
int command_failed(const char *command, const char *fault);

extern const struct command serve_command;
extern const struct command migrate_command;
extern const struct command apply_command;
extern const struct command token_command;
extern const struct command health_command;
extern const struct command doctor_command;
extern const struct command rotate_command;
