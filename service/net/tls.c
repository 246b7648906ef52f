/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls.h"

#include <errno.h>
#include <h2o.h>
#include <openssl/err.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Forward secrecy and authenticated encryption only: what RFC 9113, 9.2.2 leaves of TLS 1.2. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

/* A key that asks for its passphrase has nobody to answer. */
static int no_passphrase(char *passphrase, int size, int writing, void *cookie)
{
    (void)passphrase, (void)size, (void)writing, (void)cookie;
    return -1;
}

static bool refuse(char fault[TLS_FAULT], const char *option, const char *path, const char *reason)
{
    snprintf(fault, TLS_FAULT, "%s: %.200s %s", option, path, reason);
    return false;
}

static bool is_readable(const char *option, const char *path, char fault[TLS_FAULT])
{
    char reason[128];
    struct stat file;
    if (access(path, R_OK) == 0 && stat(path, &file) == 0) {
        if (!S_ISDIR(file.st_mode))
            return true;
        errno = EISDIR;
    }
    snprintf(reason, sizeof reason, "cannot be read: %s: name a file that the service may read",
             strerror(errno));
    return refuse(fault, option, path, reason);
}

/* The key comes first: a certificate that does not fit takes a key out again, while a key would be refused
 * without a reason. */
static bool files_use(SSL_CTX *ctx, const char *cert, const char *key, char fault[TLS_FAULT])
{
    static const char cert_option[] = "AKKOORD_TLS_CERT_FILE", key_option[] = "AKKOORD_TLS_KEY_FILE";
    if (!is_readable(key_option, key, fault) || !is_readable(cert_option, cert, fault))
        return false;
    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
        return refuse(
            fault, key_option, key,
            "is no private key as PEM, without a passphrase: `openssl pkey -in FILE` shows what it is");
    if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
        return refuse(
            fault, cert_option, cert,
            "is no chain of certificates as PEM, or its key is too weak: name the service's own certificate, "
            "followed by those that sign it");
    if (SSL_CTX_check_private_key(ctx) != 1)
        return refuse(
            fault, key_option, key,
            "is not the key of the first certificate in AKKOORD_TLS_CERT_FILE: name the two that belong "
            "together, and the service's own certificate first");
    return true;
}

SSL_CTX *tls_create(const char *cert_file, const char *key_file, char fault[TLS_FAULT])
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    snprintf(fault, TLS_FAULT, "OpenSSL cannot be used: look at its configuration (openssl.cnf)");
    if (ctx != NULL && SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
        SSL_CTX_set_cipher_list(ctx, ciphers) == 1 && files_use(ctx, cert_file, key_file, fault)) {
        SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
        SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS); /* 34 KB of each connection that is idle */
        h2o_ssl_register_alpn_protocols(ctx, h2o_alpn_protocols);
        return ctx;
    }
    ERR_clear_error();
    SSL_CTX_free(ctx);
    return NULL;
}
