/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The keys of a service under test, as files in a folder: the shared secret, subject
 * keys, certificate and its key. */

#define KEYRING_SECRET "the shared secret of throw-away services, for tests"

struct keyring {
    const char *dir;
    const char *secret_file;
    const char *subject_key_file;
    const char *link_key_file;
    const char *receipt_key_dir; /* has a key for the controller "demo" */
    const char *cert_file;       /* self-signed, for localhost and 127.0.0.1 */
    const char *cert_key_file;
};

/* Makes the files, or returns -1. */
int keyring_create(const char *dir, struct keyring *ret_keyring);
/* One that was made before. */
struct keyring keyring_at(const char *dir);
/* A new certificate, and a key for it, in the place of the old ones; ${name} is its common name. */
int keyring_certify(const struct keyring *keyring, const char *name);
