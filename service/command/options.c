/* SPDX-License-Identifier: Apache-2.0 */
#include "command/command.h"

static int options_print(const struct config *config, const struct arguments *args)
{
    (void)config, (void)args;
    config_markdown(stdout);
    return 0;
}

const struct command options_command = {
    "options", "", "prints the table of all options as Markdown", NULL, command_no_options, options_print};
