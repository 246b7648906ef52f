/* SPDX-License-Identifier: Apache-2.0 */
/* No token is good but one that was signed with the key; of such a one, header and claims are judged as
 * jansson's tree of them is judged here; and what was good is not, with one character changed. */
#include "auth/token.h"
#include "base/base64url.h"
#include "fuzz.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define SECRET       "a shared secret of forty-eight bytes, for tests."
#define NOW_SECONDS  INT64_C(1800000000)
#define NOW          (NOW_SECONDS * SECOND)
#define GOOD_HEADER  "{\"alg\":\"HS256\"}"
#define GOOD_PAYLOAD "{\"aud\":\"akkoord\",\"sub\":\"s\",\"controller\":\"demo\",\"exp\":1800000100}"

enum { TEXT_MAX = 4096 };

static struct keys *the_keys(void)
{
    static struct keys *keys;
    char fault[KEYS_FAULT];
    struct keys_source source = {.secret = SECRET, .secret_len = strlen(SECRET)};
    if (keys == NULL)
        REQUIRE(keys_create(&source, &keys, fault) == 0);
    return keys;
}

static size_t sign(const char *header, size_t header_len, const char *payload, size_t payload_len,
                   char *token)
{
    unsigned char mac[32];
    base64url_encode((const unsigned char *)header, header_len, token);
    size_t len = strlen(token);
    token[len++] = '.';
    base64url_encode((const unsigned char *)payload, payload_len, token + len);
    len += strlen(token + len);
    REQUIRE(HMAC(EVP_sha256(), SECRET, sizeof SECRET - 1, (unsigned char *)token, len, mac, NULL) != NULL);
    token[len++] = '.';
    base64url_encode(mac, sizeof mac, token + len);
    return len + strlen(token + len);
}

static json_t *object_of(const char *text, size_t len)
{
    if (memchr(text, '\0', len) != NULL)
        return NULL;
    json_t *tree = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(tree))
        return tree;
    json_decref(tree);
    return NULL;
}

static bool text_is(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

static bool header_good(const json_t *header)
{
    static const char *const refused[] = {"crit", "b64", "zip", "enc", "kid"}; /* the key has no kid */
    static const char *const types[] = {"JWT", "at+jwt", "application/at+jwt"};
    const json_t *typ = json_object_get(header, "typ");
    bool known = typ == NULL;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        known = known || (json_is_string(typ) && strcasecmp(json_string_value(typ), types[i]) == 0);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (json_object_get(header, refused[i]) != NULL)
            return false;
    return known && text_is(json_object_get(header, "alg"), "HS256");
}

static bool printable(const json_t *value, size_t max)
{
    const char *text = json_string_value(value);
    if (text == NULL || text[0] == '\0' || strlen(text) > max)
        return false;
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

static bool audience_good(const json_t *aud)
{
    bool listed = text_is(aud, "akkoord");
    for (size_t i = 0; i < json_array_size(aud); i++) {
        if (!json_is_string(json_array_get(aud, i)))
            return false;
        listed = listed || text_is(json_array_get(aud, i), "akkoord");
    }
    return listed;
}

static bool controller_good(const json_t *controller)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    const char *text = json_string_value(controller);
    return text != NULL && text[0] != '\0' && strchr("_-", text[0]) == NULL && strlen(text) <= 64 &&
           text[strspn(text, first)] == '\0';
}

/* Absent, or a whole number of at most ${max}. */
static bool time_good(const json_t *value, int64_t max)
{
    return value == NULL || (json_is_integer(value) && json_integer_value(value) <= max);
}

static bool payload_good(const json_t *p)
{
    const json_t *exp = json_object_get(p, "exp"), *scope = json_object_get(p, "scope");
    const json_t *id = json_object_get(p, "jti");
    return json_is_integer(exp) && json_integer_value(exp) > NOW_SECONDS - CLAIMS_SKEW &&
           time_good(exp, NOW_SECONDS + KEYS_LIFETIME + CLAIMS_SKEW) &&
           time_good(json_object_get(p, "nbf"), NOW_SECONDS + CLAIMS_SKEW) &&
           time_good(json_object_get(p, "iat"), NOW_SECONDS + CLAIMS_SKEW) &&
           audience_good(json_object_get(p, "aud")) && printable(json_object_get(p, "sub"), 128) &&
           controller_good(json_object_get(p, "controller")) && (scope == NULL || json_is_string(scope)) &&
           (id == NULL || printable(id, 128));
}

/* A fraction of a second is cut; how such numbers are spelled is not judged here. */
static bool has_fractions(const json_t *p)
{
    return json_is_real(json_object_get(p, "exp")) || json_is_real(json_object_get(p, "nbf")) ||
           json_is_real(json_object_get(p, "iat"));
}

static void claims_match(const struct claims *claims, const json_t *p)
{
    const json_t *id = json_object_get(p, "jti"), *scope = json_object_get(p, "scope");
    REQUIRE(text_is(json_object_get(p, "sub"), claims->subject));
    REQUIRE(text_is(json_object_get(p, "controller"), claims->controller));
    REQUIRE(id != NULL ? text_is(id, claims->id) : claims->id[0] == '\0');
    REQUIRE(claims->scopes == (scope != NULL ? scopes_parse(json_string_value(scope), NULL) : SCOPE_NONE));
    struct claims again;
    char *token = token_sign(SECRET, strlen(SECRET), NULL, claims, NOW);
    REQUIRE(token != NULL && token_verify(the_keys(), token, strlen(token), NOW, &again) == TOKEN_OK);
    REQUIRE(strcmp(again.subject, claims->subject) == 0 && strcmp(again.controller, claims->controller) == 0);
    REQUIRE(strcmp(again.id, claims->id) == 0 && again.scopes == claims->scopes);
    REQUIRE(again.expires == claims->expires);
    free(token);
}

static void changed_is_refused(char *token, size_t len, const uint8_t change[2])
{
    struct claims claims;
    size_t at = change[0] * len / 256;
    if (change[1] == (uint8_t)token[at])
        return;
    token[at] = (char)change[1];
    REQUIRE(token_verify(the_keys(), token, len, NOW, &claims) != TOKEN_OK);
}

/* Signs the two and compares the verdict. */
static void judge(const char *header, size_t header_len, const char *payload, size_t payload_len,
                  const uint8_t change[2])
{
    char token[TEXT_MAX * 2];
    struct claims claims;
    size_t len = sign(header, header_len, payload, payload_len, token);
    bool taken = token_verify(the_keys(), token, len, NOW, &claims) == TOKEN_OK;
    json_t *h = object_of(header, header_len), *p = object_of(payload, payload_len);
    if (!has_fractions(p))
        REQUIRE(taken == (h != NULL && header_good(h) && p != NULL && payload_good(p)));
    if (taken) {
        claims_match(&claims, p);
        changed_is_refused(token, len, change);
    }
    json_decref(h);
    json_decref(p);
}

/* A byte that says what follows: a token, a header, or a payload; two bytes for a change; then the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3 || size > TEXT_MAX / 2)
        return 0;
    const char *text = (const char *)data + 3;
    struct claims claims;
    switch (data[0] % 3) {
    case 0:
        REQUIRE(token_verify(the_keys(), text, size - 3, NOW, &claims) != TOKEN_OK);
        break;
    case 1:
        judge(text, size - 3, GOOD_PAYLOAD, strlen(GOOD_PAYLOAD), data + 1);
        break;
    default:
        judge(GOOD_HEADER, strlen(GOOD_HEADER), text, size - 3, data + 1);
    }
    return 0;
}
