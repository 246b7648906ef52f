/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/collection_token.h"

#include "base/base64url.h"

#include <endian.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

static const char label[] = "akkoord collection token 1";

enum { EXPIRY = 8, MAC = 16, TOKEN = 1 + EXPIRY + MAC, KEY = 32 };

/* Each part behind its length: no two sets of parts give the same bytes. */
enum { PART_MAX = 512, MESSAGE_MAX = EXPIRY + 4 * (2 + PART_MAX) };

static size_t part_put(uint8_t *out, const char *bytes, size_t len)
{
    const uint16_t size = htobe16((uint16_t)len);
    memcpy(out, &size, sizeof size);
    memcpy(out + sizeof size, bytes, len);
    return sizeof size + len;
}

/* Returns 0 where a part is too long. */
static size_t message_write(const struct collection *c, const uint8_t expiry[EXPIRY],
                            uint8_t out[MESSAGE_MAX])
{
    const char *const parts[] = {c->controller, c->origin, c->visitor, c->notice};
    const size_t lens[] = {strlen(c->controller), c->origin_len, strlen(c->visitor), strlen(c->notice)};
    size_t len = EXPIRY;
    memcpy(out, expiry, EXPIRY);
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        if (lens[i] > PART_MAX)
            return 0;
        len += part_put(out + len, parts[i], lens[i]);
    }
    return len;
}

static int mac_make(const struct numbered_key *key, const struct collection *c, const uint8_t expiry[EXPIRY],
                    uint8_t ret_mac[MAC])
{
    uint8_t message[MESSAGE_MAX], own[KEY], mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;
    size_t len = message_write(c, expiry, message);
    if (len == 0 || numbered_key_derive(key, label, c->controller, own, sizeof own) != 0)
        return -1;
    bool made = HMAC(EVP_sha256(), own, sizeof own, message, len, mac, &mac_len) != NULL && mac_len >= MAC;
    OPENSSL_cleanse(own, sizeof own);
    if (made)
        memcpy(ret_mac, mac, MAC);
    return made ? 0 : -1;
}

int collection_token_make(const struct numbered_keys *keys, const struct collection *c, instant expires,
                          char ret_text[COLLECTION_TOKEN_TEXT + 1])
{
    uint8_t token[TOKEN];
    const uint64_t seconds = htobe64((uint64_t)(expires / SECOND));
    if (keys->count == 0)
        return -1;
    token[0] = keys->keys[0].number;
    memcpy(token + 1, &seconds, EXPIRY);
    if (mac_make(&keys->keys[0], c, token + 1, token + 1 + EXPIRY) != 0)
        return -1;
    base64url_encode(token, sizeof token, ret_text);
    return 0;
}

bool collection_token_holds(const struct numbered_keys *keys, const struct collection *c, instant now,
                            const char *text, size_t len)
{
    uint8_t token[TOKEN], mac[MAC];
    uint64_t seconds;
    size_t size;
    if (!base64url_decode(text, len, token, sizeof token, &size) || size != sizeof token)
        return false;
    memcpy(&seconds, token + 1, EXPIRY);
    seconds = be64toh(seconds);
    const struct numbered_key *key = numbered_keys_find(keys, token[0]);
    if (key == NULL || now < 0 || seconds <= (uint64_t)(now / SECOND) ||
        seconds > (uint64_t)(now / SECOND) + COLLECTION_TOKEN_SECONDS + COLLECTION_TOKEN_SKEW)
        return false;
    return mac_make(key, c, token + 1, mac) == 0 && CRYPTO_memcmp(mac, token + 1 + EXPIRY, MAC) == 0;
}
