/* SPDX-License-Identifier: Apache-2.0 */
#include "command/command.h"

static const struct command *const commands[] = {&setup_command,   &serve_command,       &migrate_command,
                                                 &apply_command,   &rotate_command,      &key_command,
                                                 &token_command,   &receipt_key_command, &verify_command,
                                                 &purge_command,   &erase_command,       &import_command,
                                                 &sync_command,    &subject_command,     &requests_command,
                                                 &mask_command,    &health_command,      &doctor_command,
                                                 &webhook_command, &options_command,     NULL};

int main(int argc, char **argv)
{
    return command_main(commands, argc, argv, AKKOORD_VERSION);
}
