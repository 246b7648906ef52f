/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/key.h"
#include "command/command.h"
#include "command/key_files.h"

#include <stdio.h>

/* Makes the key that signs a controller's receipts. One that is there is never made anew: what it signed must
 * still be verified. */

static const struct config_flag receipt_key_flags[] = {
    {"controller", "K", "the key of the controller whose receipts it signs"}, {0}};

static int receipt_key_run(const struct config *config, const struct arguments *args)
{
    const char *controller = arguments_flag(args, "controller");
    char path[PATH_MAX];
    if (controller == NULL || args->operand_count != 0 || !controller_key_valid(controller))
        return command_misused("receipt-key", "--controller is needed: 1 to 64 letters a-z, digits, _ and -");
    if (config->receipt_key_dir[0] == '\0')
        return command_misused("receipt-key", "AKKOORD_RECEIPT_KEY_DIR is needed");
    const char *fault = receipt_key_file_make(config->receipt_key_dir, controller, path);
    if (fault != NULL)
        return command_failed("receipt-key", fault);
    printf("made %s: SIGHUP lets a service that runs know\n", path);
    return 0;
}

static const char *const receipt_key_options[] = {"receipt-key-dir", NULL};

const struct command receipt_key_command = {"receipt-key",
                                            "",
                                            "makes the key that signs a controller's receipts",
                                            receipt_key_flags,
                                            receipt_key_options,
                                            receipt_key_run};
