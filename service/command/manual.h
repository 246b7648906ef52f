/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "command/command.h"

/* What a package installs beside the program, made from the tables that --help prints. */

/* Writes into ${folder}, which must be there: akkoord.1, an akkoord-NAME.1 of each of ${commands} (NULL at
 * the end), and akkoord.bash, bash's completion. Returns 0, or 1 with the reason on stderr. */
int manual_write(const struct command *const *commands, const char *version, const char *folder);
