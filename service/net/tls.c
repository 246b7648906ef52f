/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls.h"

#include "base/log.h"

#include <h2o.h>
#include <openssl/err.h>
#include <stdbool.h>

/* Forward secrecy and authenticated encryption only: what RFC 9113, 9.2.2 leaves of TLS 1.2. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

static bool files_use(SSL_CTX *ctx, const char *cert_file, const char *key_file)
{
    return SSL_CTX_use_certificate_chain_file(ctx, cert_file) == 1 &&
           SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_check_private_key(ctx) == 1;
}

SSL_CTX *tls_create(const char *cert_file, const char *key_file)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (ctx != NULL && SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
        SSL_CTX_set_cipher_list(ctx, ciphers) == 1 && files_use(ctx, cert_file, key_file)) {
        SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
        SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS); /* 34 KB of each connection that is idle */
        h2o_ssl_register_alpn_protocols(ctx, h2o_alpn_protocols);
        return ctx;
    }
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    log_error("tls.load", "reason=\"%s\"", reason != NULL ? reason : "certificate and key cannot be used");
    ERR_clear_error();
    SSL_CTX_free(ctx);
    return NULL;
}
