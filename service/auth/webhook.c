/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/webhook.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char mark[] = "whsec_";

enum { MAC_SIZE = 32, MAC_BASE64 = 44, BASE64_MAX = (WEBHOOK_SECRET_MAX + 2) / 3 * 4 };

struct webhook_secret {
    char name[WEBHOOK_NAME_MAX + 1];
    size_t len;
    uint8_t bytes[WEBHOOK_SECRET_MAX + 2]; /* room for what padding decodes to */
};

struct webhook_secrets {
    size_t count;
    struct webhook_secret list[WEBHOOK_SECRETS_MAX];
};

static bool name_is_good(const char *name, size_t len)
{
    static const char characters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    bool good = len > 0 && len <= WEBHOOK_NAME_MAX && name[0] != '_' && name[0] != '-';
    for (size_t i = 0; good && i < len; i++)
        good = memchr(characters, name[i], sizeof characters - 1) != NULL;
    return good;
}

/* Encoded again it must be the same: OpenSSL's decoder overlooks blanks and loose bits. */
static bool secret_decode(const char *base64, size_t len, struct webhook_secret *s)
{
    uint8_t again[BASE64_MAX + 1];
    if (len == 0 || len % 4 != 0 || len > BASE64_MAX)
        return false;
    size_t padding = base64[len - 2] == '=' ? 2 : base64[len - 1] == '=' ? 1 : 0;
    int decoded = EVP_DecodeBlock(s->bytes, (const uint8_t *)base64, (int)len);
    if (decoded < 0)
        return false;
    s->len = (size_t)decoded - padding;
    EVP_EncodeBlock(again, s->bytes, (int)s->len);
    bool same = CRYPTO_memcmp(again, base64, len) == 0;
    OPENSSL_cleanse(again, sizeof again);
    return same && s->len >= WEBHOOK_SECRET_MIN && s->len <= WEBHOOK_SECRET_MAX;
}

static size_t secrets_named(const struct webhook_secrets *secrets, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < secrets->count; i++)
        count += strcmp(secrets->list[i].name, name) == 0 ? 1 : 0;
    return count;
}

static const char *secret_add(struct webhook_secrets *secrets, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    size_t name_len = colon != NULL ? (size_t)(colon - line) : 0, rest = len - name_len - 1;
    if (secrets->count == WEBHOOK_SECRETS_MAX)
        return "has more than 1000 secrets";
    if (colon == NULL || !name_is_good(line, name_len) || rest < sizeof mark - 1 ||
        memcmp(colon + 1, mark, sizeof mark - 1) != 0)
        return "has a line that is not NAME:whsec_BASE64, the name of a-z, 0-9, _ and -";
    struct webhook_secret *s = &secrets->list[secrets->count];
    memcpy(s->name, line, name_len);
    s->name[name_len] = '\0';
    if (!secret_decode(colon + sizeof mark, rest - (sizeof mark - 1), s))
        return "has a secret that is not 24 to 64 bytes in base64";
    if (secrets_named(secrets, s->name) == WEBHOOK_SECRETS_OF_NAME_MAX)
        return "has more than four secrets of one name";
    secrets->count++;
    return NULL;
}

const char *webhook_secrets_parse(const char *text, size_t len, struct webhook_secrets **ret_secrets)
{
    struct webhook_secrets *secrets = calloc(1, sizeof *secrets);
    const char *fault = secrets == NULL ? "cannot be read: memory ran out" : NULL;
    const char *end = text + len;
    for (const char *line = text; line < end && fault == NULL;) {
        const char *feed = memchr(line, '\n', (size_t)(end - line));
        const char *stop = feed == NULL ? end : feed, *next = feed == NULL ? end : feed + 1;
        while (stop > line && (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r'))
            stop--;
        if (stop > line && *line != '#')
            fault = secret_add(secrets, line, (size_t)(stop - line));
        line = next;
    }
    if (fault == NULL && secrets->count == 0)
        fault = "has no secret";
    if (fault == NULL)
        *ret_secrets = secrets;
    else
        webhook_secrets_free(secrets);
    return fault;
}

void webhook_secrets_free(struct webhook_secrets *secrets)
{
    if (secrets == NULL)
        return;
    OPENSSL_cleanse(secrets, sizeof *secrets);
    free(secrets);
}

/* HMAC over `id.timestamp.body`. */
static bool mac_make(const struct webhook_secret *s, const char *head, const void *body, size_t len,
                     uint8_t ret_mac[MAC_SIZE])
{
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", (char *)"SHA256", 0),
                           OSSL_PARAM_construct_end()};
    size_t size = 0;
    bool ok = ctx != NULL && EVP_MAC_init(ctx, s->bytes, s->len, params) == 1 &&
              EVP_MAC_update(ctx, (const uint8_t *)head, strlen(head)) == 1 &&
              EVP_MAC_update(ctx, body, len) == 1 && EVP_MAC_final(ctx, ret_mac, &size, MAC_SIZE) == 1;
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(hmac);
    return ok;
}

int webhook_sign(const struct webhook_secrets *secrets, const char *name, const char *id, int64_t timestamp,
                 const void *body, size_t len, char ret_signature[WEBHOOK_SIGNATURE_MAX + 1])
{
    char head[128], text[WEBHOOK_SIGNATURE_MAX + 1];
    size_t written = 0;
    snprintf(head, sizeof head, "%.80s.%" PRId64 ".", id, timestamp);
    for (size_t i = 0; secrets != NULL && i < secrets->count; i++) {
        const struct webhook_secret *s = &secrets->list[i];
        uint8_t mac[MAC_SIZE], base64[MAC_BASE64 + 1];
        if (strcmp(s->name, name) != 0)
            continue;
        if (!mac_make(s, head, body, len, mac))
            return -1;
        EVP_EncodeBlock(base64, mac, MAC_SIZE);
        written += (size_t)snprintf(text + written, sizeof text - written, "%sv1,%s", written > 0 ? " " : "",
                                    (const char *)base64);
    }
    if (written == 0)
        return -1;
    memcpy(ret_signature, text, written + 1);
    return 0;
}
