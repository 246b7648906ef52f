/* SPDX-License-Identifier: Apache-2.0 */
#include "command/key_files.h"

#include "base/file.h"
#include "wire/jwks.h"

#include <stdio.h>
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

int subject_keys_load(const struct config *config, struct subject_keys *ret_keys, char fault[KEY_FILES_FAULT])
{
    static const char option[] = "AKKOORD_SUBJECT_KEY_FILE";
    struct buf b;
    if (config->subject_key_file[0] == '\0') {
        snprintf(fault, KEY_FILES_FAULT, "%s is not set", option);
        return -1;
    }
    buf_init(&b, KEY_FILE_BYTES_MAX);
    int rc = 0;
    const char *reason = file_read_key(config->subject_key_file, &b);
    if (reason != NULL)
        rc = read_fault_say(fault, option, config->subject_key_file, reason);
    else if ((reason = subject_keys_parse(b.data != NULL ? b.data : "", b.len, ret_keys)) != NULL)
        rc = fault_say(
            fault, option, config->subject_key_file, reason,
            "bring back the file as it was; a first one has `1:` and what `openssl rand -base64 32` prints");
    file_wipe(&b);
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
                     struct keys **ret_keys, char fault[KEY_FILES_FAULT])
{
    const char *bytes = secret->data != NULL ? secret->data : "";
    const struct keys_source source = {.secret = config->jwt_secret_file[0] != '\0' ? bytes : NULL,
                                       .secret_len = secret->len,
                                       .jwks = jwks->keys,
                                       .jwk_count = jwks->count,
                                       .issuer = config->jwt_issuer,
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

int token_keys_load(const struct config *config, struct keys **ret_keys, char fault[KEY_FILES_FAULT])
{
    struct buf secret;
    struct jwks jwks = {0};
    buf_init(&secret, KEY_FILE_BYTES_MAX);
    int rc = config->jwt_secret_file[0] != '\0' ? jwt_secret_load(config, &secret, fault) : 0;
    if (rc == 0 && config->jwks_file[0] != '\0')
        rc = jwks_load(config, &jwks, fault);
    if (rc == 0)
        rc = keys_make(config, &secret, &jwks, ret_keys, fault);
    jwks_free(&jwks);
    file_wipe(&secret);
    return rc;
}
