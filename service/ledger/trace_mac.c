/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/trace_mac.h"

#include "base/hex.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

bool trace_salt_make(uint8_t ret_salt[TRACE_SALT])
{
    return RAND_bytes(ret_salt, TRACE_SALT) == 1;
}

void trace_salt_format(const uint8_t salt[TRACE_SALT], char ret_text[2 * TRACE_SALT + 1])
{
    hex_write(salt, TRACE_SALT, ret_text);
    ret_text[2 * TRACE_SALT] = '\0';
}

void trace_mac_begin(struct trace_mac *m, const uint8_t salt[TRACE_SALT])
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    if (m->ctx == NULL) {
        EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
        m->ctx = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
        EVP_MAC_free(hmac);
    }
    m->is_broken = m->ctx == NULL || EVP_MAC_init(m->ctx, salt, TRACE_SALT, params) != 1;
}

void trace_mac_add(struct trace_mac *m, const void *bytes, size_t len)
{
    if (len > 0 && !m->is_broken && EVP_MAC_update(m->ctx, bytes, len) != 1)
        m->is_broken = true;
}

bool trace_mac_end(struct trace_mac *m, uint8_t ret_mac[TRACE_HASH])
{
    size_t len = 0;
    return !m->is_broken && EVP_MAC_final(m->ctx, ret_mac, &len, TRACE_HASH) == 1 && len == TRACE_HASH;
}

void trace_mac_free(struct trace_mac *m)
{
    EVP_MAC_CTX_free(m->ctx);
    m->ctx = NULL;
}

bool trace_mac_of(const uint8_t salt[TRACE_SALT], const void *bytes, size_t len, uint8_t ret_mac[TRACE_HASH])
{
    struct trace_mac m = {0};
    trace_mac_begin(&m, salt);
    trace_mac_add(&m, bytes, len);
    bool is_made = trace_mac_end(&m, ret_mac);
    trace_mac_free(&m);
    return is_made;
}
