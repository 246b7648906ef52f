/* SPDX-License-Identifier: Apache-2.0 */
#include "command/command.h"

/* `akkoord mask` alone, so that its tests need nothing of the service. */
int main(int argc, char **argv)
{
    return argc > 0 ? command_run(&mask_command, argc - 1, argv + 1) : COMMAND_MISUSED;
}
