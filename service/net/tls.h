/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <openssl/ssl.h>

enum { TLS_FAULT = 640 }; /* bytes of a sentence, with its NUL */

/* A context of TLS 1.2 and later with ALPN for HTTP/2 and HTTP/1.1. Returns NULL when the files (PEM)
 * cannot be read or do not belong together, with the option, the file, what is wrong and what to do in
 * ${fault}. The caller frees it with SSL_CTX_free. */
SSL_CTX *tls_create(const char *cert_file, const char *key_file, char fault[TLS_FAULT]);
