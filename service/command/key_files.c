/* SPDX-License-Identifier: Apache-2.0 */
#include "command/key_files.h"

#include "base/file.h"
#include "wire/jwks.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_FILE_BYTES_MAX = 64 * 1024,   /* sixteen subject keys are below 1 KiB */
    JWKS_FILE_BYTES_MAX = 1024 * 1024 /* 64 keys with a few hundred controllers each */
};

static int fault_say(char fault[KEY_FILES_FAULT], const char *option, const char *path, const char *reason,
                     const char *advice)
{
    snprintf(fault, KEY_FILES_FAULT, "%s: %.200s: %s: %s", option, path, reason, advice);
    return -1;
}

/* That it is exposed says what to do by itself; one that is too large is another file than was meant. */
static int read_fault_say(char fault[KEY_FILES_FAULT], const char *option, const char *path,
                          const char *reason)
{
    if (strcmp(reason, FILE_EXPOSED) != 0)
        return fault_say(fault, option, path, reason,
                         strcmp(reason, FILE_TOO_LARGE) == 0 ? "name the file of the keys, which are short"
                                                             : "name a file that the service may read");
    snprintf(fault, KEY_FILES_FAULT, "%s: %.200s: %s", option, path, reason);
    return -1;
}

static int numbered_keys_load(const char *option, const char *path, struct numbered_keys *ret_keys,
                              char fault[KEY_FILES_FAULT])
{
    struct buf b;
    if (path[0] == '\0') {
        snprintf(fault, KEY_FILES_FAULT, "%s is not set", option);
        return -1;
    }
    buf_init(&b, KEY_FILE_BYTES_MAX);
    int rc = 0;
    const char *reason = file_read_key(path, &b);
    if (reason != NULL)
        rc = read_fault_say(fault, option, path, reason);
    else if ((reason = numbered_keys_parse(b.data != NULL ? b.data : "", b.len, ret_keys)) != NULL)
        rc = fault_say(
            fault, option, path, reason,
            "bring back the file as it was; a first one has `1:` and what `openssl rand -base64 32` prints");
    file_wipe(&b);
    return rc;
}

int subject_keys_load(const struct config *config, struct numbered_keys *ret_keys,
                      char fault[KEY_FILES_FAULT])
{
    return numbered_keys_load("AKKOORD_SUBJECT_KEY_FILE", config->subject_key_file, ret_keys, fault);
}

int link_keys_load(const struct config *config, struct link_keys *ret_keys, char fault[KEY_FILES_FAULT])
{
    struct numbered_keys keys = {.count = 0};
    int rc = config->link_key_file[0] == '\0'
                 ? subject_keys_load(config, &keys, fault)
                 : numbered_keys_load("AKKOORD_LINK_KEY_FILE", config->link_key_file, &keys, fault);
    if (rc == 0 && (rc = link_keys_make(&keys, ret_keys)) != 0)
        snprintf(fault, KEY_FILES_FAULT, "libcrypto derives no keys for links");
    numbered_keys_wipe(&keys);
    return rc;
}

int jwt_secret_load(const struct config *config, struct buf *ret_secret, char fault[KEY_FILES_FAULT])
{
    buf_init(ret_secret, KEY_FILE_BYTES_MAX);
    const char *reason = file_read_key(config->jwt_secret_file, ret_secret);
    return reason == NULL ? 0
                          : read_fault_say(fault, "AKKOORD_JWT_SECRET_FILE", config->jwt_secret_file, reason);
}

static int jwks_load(const struct config *config, struct jwks *ret_jwks, char fault[KEY_FILES_FAULT])
{
    static const char option[] = "AKKOORD_JWKS_FILE";
    struct buf b;
    char words[JWKS_FAULT];
    buf_init(&b, JWKS_FILE_BYTES_MAX);
    const char *reason = file_read(config->jwks_file, &b);
    int rc = 0;
    if (reason != NULL)
        rc = read_fault_say(fault, option, config->jwks_file, reason);
    else if (jwks_read(b.data != NULL ? b.data : "", b.len, ret_jwks, words) != 0)
        rc = fault_say(fault, option, config->jwks_file, words,
                       "name a JWKS document (RFC 7517) of public keys");
    buf_free(&b);
    return rc;
}

static int keys_make(const struct config *config, const struct buf *secret, const struct jwks *jwks,
                     const struct receipt_keys *receipts, struct keys **ret_keys, char fault[KEY_FILES_FAULT])
{
    const char *bytes = secret->data != NULL ? secret->data : "";
    const struct keys_source source = {.secret = config->jwt_secret_file[0] != '\0' ? bytes : NULL,
                                       .secret_len = secret->len,
                                       .jwks = jwks->keys,
                                       .jwk_count = jwks->count,
                                       .issuer = config->jwt_issuer,
                                       .receipts = receipts,
                                       .max_lifetime = config->jwt_max_lifetime};
    char words[KEYS_FAULT];
    if (keys_create(&source, ret_keys, words) == 0)
        return 0;
    snprintf(fault, KEY_FILES_FAULT,
             "the keys of tokens (AKKOORD_JWT_SECRET_FILE: %.200s; AKKOORD_JWKS_FILE: %.200s): %s: a secret "
             "is 32 bytes "
             "or more (`openssl rand -base64 32`), a JWKS has a key for each issuer",
             config->jwt_secret_file[0] != '\0' ? config->jwt_secret_file : "none",
             config->jwks_file[0] != '\0' ? config->jwks_file : "none", words);
    return -1;
}

int webhook_secrets_load(const struct config *config, struct webhook_secrets **ret_secrets,
                         char fault[KEY_FILES_FAULT])
{
    static const char option[] = "AKKOORD_WEBHOOK_SECRETS_FILE";
    struct buf b;
    *ret_secrets = NULL;
    if (config->webhook_secrets_file[0] == '\0')
        return 0;
    buf_init(&b, KEY_FILE_BYTES_MAX);
    int rc = 0;
    const char *reason = file_read_key(config->webhook_secrets_file, &b);
    if (reason != NULL)
        rc = read_fault_say(fault, option, config->webhook_secrets_file, reason);
    else if ((reason = webhook_secrets_parse(b.data != NULL ? b.data : "", b.len, ret_secrets)) != NULL)
        rc = fault_say(fault, option, config->webhook_secrets_file, reason,
                       "a line is the name, `:whsec_` and what `openssl rand -base64 32` prints");
    file_wipe(&b);
    return rc;
}

/* ---- receipts ---- */

/* CONTROLLER.pem or CONTROLLER.ANYTHING.pem. Fills in the controller, and whether it is the first. */
static bool receipt_file_named(const char *name, char ret_controller[CONTROLLER_KEY_MAX + 1], bool *ret_signs)
{
    static const char suffix[] = ".pem";
    size_t len = strlen(name), stem = strcspn(name, ".");
    if (len < sizeof suffix || strcmp(name + len - (sizeof suffix - 1), suffix) != 0 ||
        stem > CONTROLLER_KEY_MAX)
        return false;
    memcpy(ret_controller, name, stem);
    ret_controller[stem] = '\0';
    *ret_signs = stem + sizeof suffix - 1 == len;
    return controller_key_valid(ret_controller);
}

static int receipt_key_load(const char *folder, const char *name, struct receipt_keys *keys,
                            char fault[KEY_FILES_FAULT])
{
    static const char option[] = "AKKOORD_RECEIPT_KEY_DIR";
    char path[PATH_MAX], controller[CONTROLLER_KEY_MAX + 1];
    bool signs;
    struct buf b;
    if (!receipt_file_named(name, controller, &signs))
        return 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    buf_init(&b, RECEIPT_KEY_PEM_MAX);
    const char *reason = signs ? file_read_key(path, &b) : file_read(path, &b);
    int rc = reason == NULL ? 0 : read_fault_say(fault, option, path, reason);
    if (rc == 0 &&
        (reason = receipt_keys_add(keys, controller, signs, b.data != NULL ? b.data : "", b.len)) != NULL)
        rc = fault_say(fault, option, path, reason, "`akkoord receipt-key` makes one");
    file_wipe(&b);
    return rc;
}

int receipt_keys_load(const struct config *config, struct receipt_keys **ret_keys,
                      char fault[KEY_FILES_FAULT])
{
    struct receipt_keys *keys = receipt_keys_create();
    struct dirent **names = NULL;
    const char *folder = config->receipt_key_dir;
    int count = folder[0] != '\0' ? scandir(folder, &names, NULL, alphasort) : 0;
    int rc = 0;
    if (keys == NULL || count < 0)
        rc = fault_say(fault, "AKKOORD_RECEIPT_KEY_DIR", folder, strerror(keys == NULL ? ENOMEM : errno),
                       "name a folder that the service may read");
    for (int i = 0; i < count; i++) {
        if (rc == 0)
            rc = receipt_key_load(folder, names[i]->d_name, keys, fault);
        free(names[i]);
    }
    free(names);
    if (rc == 0)
        *ret_keys = keys;
    else
        receipt_keys_unref(keys);
    return rc;
}

int token_keys_load(const struct config *config, const struct receipt_keys *receipts, struct keys **ret_keys,
                    char fault[KEY_FILES_FAULT])
{
    struct buf secret;
    struct jwks jwks = {0};
    buf_init(&secret, KEY_FILE_BYTES_MAX);
    int rc = config->jwt_secret_file[0] != '\0' ? jwt_secret_load(config, &secret, fault) : 0;
    if (rc == 0 && config->jwks_file[0] != '\0')
        rc = jwks_load(config, &jwks, fault);
    if (rc == 0)
        rc = keys_make(config, &secret, &jwks, receipts, ret_keys, fault);
    jwks_free(&jwks);
    file_wipe(&secret);
    return rc;
}

const char *receipt_key_file_make(const char *folder, const char *controller, char ret_path[PATH_MAX])
{
    struct buf pem;
    if (snprintf(ret_path, PATH_MAX, "%s/%s.pem", folder, controller) >= PATH_MAX)
        return "the folder's name is too long";
    buf_init(&pem, RECEIPT_KEY_PEM_MAX);
    const char *fault = receipt_key_make(&pem) == 0 ? file_make_key(ret_path, pem.data, pem.len)
                                                    : "libcrypto could not make a key";
    file_wipe(&pem);
    return fault;
}
