/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "config/config.h"

/* The files that a set-up makes where they are missing. One that is there is never touched: without its
 * subject key nobody can be found again, and every No is lost. Each says what it makes on stdout, and returns
 * -1 with the reason on stderr. */

enum { SETUP_SECRET_BYTES = 24, SETUP_SECRET_TEXT = 2 * SETUP_SECRET_BYTES + 1 };

/* ${path} with the folders above it, if it is not there: for us alone, or, as root where there is a group
 * akkoord, for that to enter too. */
int setup_folder(const char *path, bool for_group);
/* Fails where we are root and there is a group akkoord, and the folder is not that one's. */
int setup_folder_judge(const char *path);
/* What the options name: subject and link keys, the secret of tokens unless public keys are named, the
 * folder of the keys of receipts; and the key of ${controller}, unless it is NULL. */
int setup_keys(const struct config *config, const char *controller);
/* ${text} as the file ${path}, without a word of what is in it. */
int setup_file(const char *path, const char *text, size_t len);
/* A password. */
int setup_secret(char ret_secret[SETUP_SECRET_TEXT]);
