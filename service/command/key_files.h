/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/keys.h"
#include "base/buf.h"
#include "config/config.h"
#include "domain/tag.h"

/* The key files that the options name, read. A fault is a sentence that names the option and the file, and
 * says nothing of what is in it. */
enum { KEY_FILES_FAULT = 1024 }; /* bytes, with its NUL */

/* The subject keys; to be wiped by the caller. Returns -1 with ${fault}. */
int subject_keys_load(const struct config *config, struct subject_keys *ret_keys,
                      char fault[KEY_FILES_FAULT]);
/* The shared secret's bytes, in a buffer to be given to file_wipe, whatever is returned. Returns -1 with
 * ${fault}. */
int jwt_secret_load(const struct config *config, struct buf *ret_secret, char fault[KEY_FILES_FAULT]);
/* All keys of tokens, secret and JWKS together. Gives one reference. Returns -1 with ${fault}. */
int token_keys_load(const struct config *config, struct keys **ret_keys, char fault[KEY_FILES_FAULT]);
