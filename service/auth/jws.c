/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/jws.h"

#include "base/base64url.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

/* libjwt is not used here: it signs what it holds as a tree, all of it, with its members in another order. */

enum {
    COORDINATE = 32,
    DER_MAX = 80,     /* two integers of 33 bytes, and headers */
    GROUP = 3,        /* bytes that make four characters */
    SLICE = 3 * 1024, /* bytes encoded at a time: whole groups */
    PAYLOAD_MAX = 256 * 1024 * 1024
};

/* Encodes ${len} bytes to ${out}, and into what is signed. */
static void encode(struct jws *j, const uint8_t *bytes, size_t len, struct buf *out)
{
    char text[SLICE / GROUP * 4 + 1];
    while (len > 0 && !j->failed) {
        size_t slice = len < SLICE ? len : SLICE;
        base64url_encode(bytes, slice, text);
        size_t chars = base64url_length(slice);
        j->failed = EVP_DigestSignUpdate(j->ctx, text, chars) != 1;
        buf_append(out, text, chars);
        bytes += slice;
        len -= slice;
    }
}

void jws_begin(struct jws *j, const struct receipt_key *key, const char *typ, struct buf *out)
{
    *j = (struct jws){.ctx = EVP_MD_CTX_new()};
    j->failed =
        j->ctx == NULL || EVP_DigestSignInit(j->ctx, NULL, EVP_sha256(), NULL, receipt_key_private(key)) != 1;
    struct buf header;
    buf_init(&header, JWS_HEADER_MAX);
    buf_printf(&header, "{\"alg\":\"ES256\",\"typ\":\"%s\",\"kid\":\"%s\"}", typ, receipt_key_kid(key));
    if (buf_failed(&header))
        j->failed = true;
    else
        encode(j, (const uint8_t *)header.data, header.len, out);
    buf_free(&header);
    j->failed = j->failed || EVP_DigestSignUpdate(j->ctx, ".", 1) != 1;
    buf_byte(out, '.');
}

void jws_add(struct jws *j, const char *bytes, size_t len, struct buf *out)
{
    const uint8_t *next = (const uint8_t *)bytes;

    /* what was left makes a group with what comes first */
    while (j->carried > 0 && j->carried < GROUP && len > 0) {
        j->carry[j->carried++] = *next++;
        len--;
    }
    if (j->carried == GROUP) {
        encode(j, j->carry, GROUP, out);
        j->carried = 0;
    }

    /* whole groups, and what is left of it */
    size_t whole = len / GROUP * GROUP;
    encode(j, next, whole, out);
    if (len > whole) {
        memcpy(j->carry, next + whole, len - whole);
        j->carried = len - whole;
    }
}

/* Two numbers of 32 bytes (RFC 7518, 3.4); libcrypto gives them in DER. */
static bool signature_make(struct jws *j, uint8_t ret_signature[2 * COORDINATE])
{
    uint8_t der[DER_MAX];
    size_t len = sizeof der;
    if (EVP_DigestSignFinal(j->ctx, der, &len) != 1)
        return false;
    const uint8_t *cursor = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &cursor, (long)len);
    bool good = pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), ret_signature, COORDINATE) > 0 &&
                BN_bn2binpad(ECDSA_SIG_get0_s(pair), ret_signature + COORDINATE, COORDINATE) > 0;
    ECDSA_SIG_free(pair);
    return good;
}

int jws_end(struct jws *j, struct buf *out)
{
    uint8_t signature[2 * COORDINATE];
    char text[88];
    encode(j, j->carry, j->carried, out);
    bool good = !j->failed && signature_make(j, signature);
    if (good) {
        base64url_encode(signature, sizeof signature, text);
        buf_byte(out, '.');
        buf_text(out, text);
    }
    jws_abandon(j);
    return good && !buf_failed(out) ? 0 : -1;
}

void jws_abandon(struct jws *j)
{
    EVP_MD_CTX_free(j->ctx);
    j->ctx = NULL;
    ERR_clear_error(); /* on a loop thread TLS would take it for its own */
}

/* ---- taken apart ---- */

static bool part_decode(const char *part, size_t len, size_t most, struct buf *ret_bytes)
{
    size_t room = len / 4 * 3 + 3, decoded;
    if (len == 0 || room > most)
        return false;
    buf_init(ret_bytes, room);
    char *bytes = buf_extend(ret_bytes, room);
    if (bytes == NULL || !base64url_decode(part, len, (unsigned char *)bytes, room, &decoded))
        return false;
    ret_bytes->len = decoded;
    return true;
}

const char *jws_split(const char *text, size_t len, struct jws_parts *ret_parts)
{
    memset(ret_parts, 0, sizeof *ret_parts);
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
        len--;
    const char *end = text + len;
    const char *payload = memchr(text, '.', len);
    const char *signature = payload != NULL ? memchr(payload + 1, '.', (size_t)(end - payload - 1)) : NULL;
    if (signature == NULL || memchr(signature + 1, '.', (size_t)(end - signature - 1)) != NULL)
        return "it is not three parts with a dot between: no compact JWS (RFC 7515)";
    size_t decoded;
    ret_parts->signed_bytes = text;
    ret_parts->signed_len = (size_t)(signature - text);
    if (!part_decode(text, (size_t)(payload - text), JWS_HEADER_MAX, &ret_parts->header) ||
        !part_decode(payload + 1, (size_t)(signature - payload - 1), PAYLOAD_MAX, &ret_parts->payload) ||
        !base64url_decode(signature + 1, (size_t)(end - signature - 1), ret_parts->signature,
                          sizeof ret_parts->signature, &decoded) ||
        decoded != sizeof ret_parts->signature)
        return "its parts are not base64url, or not of the size that ES256 makes";
    return NULL;
}

void jws_parts_free(struct jws_parts *parts)
{
    buf_free(&parts->header);
    buf_free(&parts->payload);
}
