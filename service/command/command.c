/* SPDX-License-Identifier: Apache-2.0 */
#include "command/command.h"

#include <stdio.h>
#include <string.h>

int command_misused(const char *command, const char *fault)
{
    fprintf(stderr, "akkoord: %s: %s\nakkoord %s --help tells more.\n", command, fault, command);
    return COMMAND_MISUSED;
}

int command_failed(const char *command, const char *fault)
{
    fprintf(stderr, "akkoord: %s: %.*s\n", command, (int)strcspn(fault, "\n"), fault);
    return 1;
}
