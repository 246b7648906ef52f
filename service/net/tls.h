/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <openssl/ssl.h>

/* A context of TLS 1.2 and later with ALPN for HTTP/2 and HTTP/1.1. Returns NULL, with the reason logged,
 * when the files cannot be read or do not belong together. The caller frees it with SSL_CTX_free. */
SSL_CTX *tls_create(const char *cert_file, const char *key_file);
