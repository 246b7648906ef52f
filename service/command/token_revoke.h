/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "config/config.h"

/* `akkoord token revoke`: takes a token back on every service, by the file that holds it (--token-file,
 * `-` for standard input) or by its jti (--id, with --controller). Returns the exit code. */
int revoke_command(const struct config *config, const struct arguments *args);
