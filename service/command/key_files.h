/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/keys.h"
#include "auth/link.h"
#include "auth/webhook.h"
#include "base/buf.h"
#include "config/config.h"
#include "domain/tag.h"

#include <limits.h>

/* The key files that the options name, read. A fault is a sentence that names the option and the file, and
 * says nothing of what is in it. */
enum { KEY_FILES_FAULT = 1024 }; /* bytes, with its NUL */

/* The subject keys; to be wiped by the caller. Returns -1 with ${fault}. */
int subject_keys_load(const struct config *config, struct numbered_keys *ret_keys,
                      char fault[KEY_FILES_FAULT]);
/* Likewise the keys that links are sealed with: the subject keys where no file of their own is named (each
 * use derives its own, auth/sealed.h). */
int link_keys_load(const struct config *config, struct link_keys *ret_keys, char fault[KEY_FILES_FAULT]);
/* The secrets that sign what is delivered; NULL where no file is named. To be freed by the caller, or
 * taken by chore/outbox. */
int webhook_secrets_load(const struct config *config, struct webhook_secrets **ret_secrets,
                         char fault[KEY_FILES_FAULT]);
/* The shared secret's bytes, in a buffer to be given to file_wipe, whatever is returned. Returns -1 with
 * ${fault}. */
int jwt_secret_load(const struct config *config, struct buf *ret_secret, char fault[KEY_FILES_FAULT]);
/* The keys that sign receipts: of AKKOORD_RECEIPT_KEY_DIR each CONTROLLER.pem, a private key; and each
 * CONTROLLER.ANYTHING.pem, a public one that signed before. None where no folder is set. Gives one reference.
 * Returns -1 with ${fault}. */
int receipt_keys_load(const struct config *config, struct receipt_keys **ret_keys,
                      char fault[KEY_FILES_FAULT]);
/* Makes the key that signs a controller's receipts, CONTROLLER.pem in ${folder}, whose name is put into
 * ${ret_path}. Returns NULL; FILE_THERE where there is one, which stays as it is; or why not, in words. */
const char *receipt_key_file_make(const char *folder, const char *controller, char ret_path[PATH_MAX]);
/* All keys of tokens, secret and JWKS together; none may be among ${receipts}. Gives one reference. Returns
 * -1 with ${fault}. */
int token_keys_load(const struct config *config, const struct receipt_keys *receipts, struct keys **ret_keys,
                    char fault[KEY_FILES_FAULT]);
