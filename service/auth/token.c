/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token.h"

#include "base/base64url.h"

#include <assert.h>
#include <errno.h>
#include <jwt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* jwt_decode is not used. In libjwt 1.10.2 it takes the algorithm from the token, in any spelling; verifies
 * HS256 with a public key's PEM; accepts a member twice (the last wins); stops reading JSON at a NUL; refuses
 * typ at+jwt, which RFC 9068 prescribes; parses the PEM anew for each token; and when its copy of the key
 * cannot be allocated, it answers success without having verified anything. libjwt parses the JSON and signs;
 * libcrypto verifies (auth/key). */

/* (1) Of a token nothing is believed before its signature: the header chooses among the operator's keys,
 *     by kid and alg, and the key it finds is pinned to that alg; the payload is not even decoded.
 * (2) What is read is what was signed: the parts are pieces of the one text, and together all of it.
 * (3) A text that is given to a parser of C strings ends where it was decoded to: no NUL hides what is
 *     behind.
 * (4) TOKEN_OK is returned, and ${ret_claims} written, only behind key_verify. Whatever fails on the way,
 *     memory included, is a fault.
 * (5) No member of any header or payload leads anywhere: no URL, no certificate, no file. */

enum { DECODED_MAX = TOKEN_MAX / 4 * 3 };

struct parts {
    const char *signature;
    size_t signed_len; /* "header.payload" */
    size_t header_len;
    size_t payload_len;
    size_t signature_len;
};

#define TOKEN_SENTENCE(name, sentence) sentence,
static const char *const sentences[TOKEN_FAULT_COUNT] = {TOKEN_FAULTS(TOKEN_SENTENCE)};
#undef TOKEN_SENTENCE

const char *token_fault_text(enum token_fault fault)
{
    assert(fault < TOKEN_FAULT_COUNT);
    return sentences[fault];
}

static bool token_split(const char *token, size_t len, struct parts *ret_parts)
{
    const char *end = token + len;
    const char *payload = memchr(token, '.', len);
    const char *signature = payload != NULL ? memchr(payload + 1, '.', (size_t)(end - payload - 1)) : NULL;
    if (signature == NULL || memchr(signature + 1, '.', (size_t)(end - signature - 1)) != NULL)
        return false;
    ret_parts->header_len = (size_t)(payload - token);
    ret_parts->payload_len = (size_t)(signature - payload - 1);
    ret_parts->signed_len = (size_t)(signature - token);
    ret_parts->signature = signature + 1;
    ret_parts->signature_len = (size_t)(end - signature - 1);
    assert(ret_parts->header_len + 1 + ret_parts->payload_len == ret_parts->signed_len); /* (2) */
    assert(ret_parts->signed_len + 1 + ret_parts->signature_len == len);
    return ret_parts->header_len != 0 && ret_parts->payload_len != 0 && ret_parts->signature_len != 0;
}

/* A NUL would hide from the JSON parser, which reads a C string, what stands behind it. */
static bool part_decode(const char *part, size_t len, char text[DECODED_MAX + 1])
{
    size_t decoded;
    if (!base64url_decode(part, len, (unsigned char *)text, DECODED_MAX, &decoded))
        return false;
    assert(decoded <= DECODED_MAX);
    text[decoded] = '\0';
    return strlen(text) == decoded;
}

/* Whatever its type: jwt_get_header answers NULL for a member that is no string too, and only errno tells. */
static bool header_has(jwt_t *header, const char *name)
{
    return jwt_get_header(header, name) != NULL || errno != ENOENT;
}

static bool type_known(const char *typ)
{
    return strcasecmp(typ, "JWT") == 0 || strcasecmp(typ, "at+jwt") == 0 ||
           strcasecmp(typ, "application/at+jwt") == 0;
}

static enum token_fault header_select(jwt_t *header, const struct keys *keys, const struct key **ret_key)
{
    static const char *const extensions[] = {"crit", "b64", "zip", "enc"};
    const char *typ = jwt_get_header(header, "typ");

    /* What kind of token it says it is, and what else it wants understood. */
    if (typ != NULL ? !type_known(typ) : header_has(header, "typ"))
        return TOKEN_BAD_TYPE;
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        if (header_has(header, extensions[i]))
            return TOKEN_UNKNOWN_EXTENSION;

    /* The one key it may have been signed with. */
    const char *alg = jwt_get_header(header, "alg");
    enum algorithm algorithm;
    if (alg == NULL || !algorithm_parse(alg, &algorithm))
        return TOKEN_BAD_ALGORITHM;
    const char *kid = jwt_get_header(header, "kid");
    if (kid == NULL && header_has(header, "kid"))
        return TOKEN_UNKNOWN_KEY;
    const struct key *key = keys_select(keys, kid, algorithm);
    if (key == NULL)
        return TOKEN_UNKNOWN_KEY;
    assert(key_algorithm(key) == algorithm); /* (1) */
    *ret_key = key;
    return TOKEN_OK;
}

static enum token_fault header_read(const char *text, const struct keys *keys, const struct key **ret_key)
{
    jwt_t *header;
    if (jwt_new(&header) != 0)
        return TOKEN_NO_MEMORY;
    enum token_fault fault = TOKEN_BAD_HEADER;
    if (jwt_add_headers_json(header, text) == 0)
        fault = header_select(header, keys, ret_key);
    jwt_free(header);
    return fault;
}

enum token_fault token_verify(const struct keys *keys, const char *token, size_t len, instant now,
                              struct claims *ret_claims)
{
    struct parts parts;
    char text[DECODED_MAX + 1];
    unsigned char signature[KEY_SIGNATURE_MAX];
    size_t signature_len;
    const struct key *key = NULL;

    /* The form, before anything costs anything. */
    if (len > TOKEN_MAX)
        return TOKEN_TOO_LARGE;
    if (!token_split(token, len, &parts))
        return TOKEN_NOT_A_JWS;
    if (!base64url_decode(parts.signature, parts.signature_len, signature, sizeof signature, &signature_len))
        return TOKEN_NOT_A_JWS;

    /* The header, which says whose signature it should be; then the signature. */
    if (!part_decode(token, parts.header_len, text))
        return TOKEN_BAD_HEADER;
    enum token_fault fault = header_read(text, keys, &key);
    if (fault != TOKEN_OK)
        return fault;
    assert(key != NULL);
    if (!key_verify(key, token, parts.signed_len, signature, signature_len))
        return TOKEN_BAD_SIGNATURE;

    /* Only now what it says. */
    if (!part_decode(token + parts.header_len + 1, parts.payload_len, text))
        return TOKEN_BAD_PAYLOAD;
    return claims_read(text, key, keys_max_lifetime(keys), now, ret_claims);
}

static int claims_write(jwt_t *jwt, const char *issuer, const struct claims *claims, instant now)
{
    char scope[SCOPES_TEXT];
    scopes_format(claims->scopes, scope);
    int fault = jwt_add_grant(jwt, "aud", CLAIMS_AUDIENCE);
    fault |= jwt_add_grant(jwt, "sub", claims->subject);
    fault |= jwt_add_grant(jwt, "controller", claims->controller);
    fault |= jwt_add_grant(jwt, "scope", scope);
    fault |= jwt_add_grant_int(jwt, "iat", (long)(now / SECOND));
    fault |= jwt_add_grant_int(jwt, "exp", (long)(claims->expires / SECOND));
    if (issuer != NULL)
        fault |= jwt_add_grant(jwt, "iss", issuer);
    if (claims->id[0] != '\0')
        fault |= jwt_add_grant(jwt, "jti", claims->id);
    return fault;
}

char *token_sign(const char *secret, size_t len, const char *issuer, const struct claims *claims, instant now)
{
    jwt_t *jwt;
    assert(len <= INT_MAX);
    if (jwt_new(&jwt) != 0)
        return NULL;
    char *token = NULL;
    if (claims_write(jwt, issuer, claims, now) == 0 &&
        jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)secret, (int)len) == 0)
        token = jwt_encode_str(jwt);
    jwt_free(jwt);
    return token;
}
