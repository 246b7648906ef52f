/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "command/command.h"

/* Writes bash's completion of the program: a function of ${commands} (NULL at the end), their flags, what
 * these take where it is one of a few words or a file, and the options each reads. */
void completion_write(const struct command *const *commands, FILE *out);
