/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/token.h"

#include "base/base64url.h"
#include "mint.h"

#include <criterion/criterion.h>
#include <jwt.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* The clock of these tests: 1 000 000 s after the epoch. The good token was issued then and lives an hour. */
#define NOW (INT64_C(1000000) * SECOND)

#define HS256 "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define RS256 "{\"alg\":\"RS256\",\"kid\":\"rsa-1\"}"
#define ES256 "{\"alg\":\"ES256\",\"kid\":\"ec-1\",\"typ\":\"at+jwt\"}"

#define ISS    "\"iss\":\"https://issuer.example\""
#define AUD    "\"aud\":\"akkoord\""
#define SUB    "\"sub\":\"shop-backend\""
#define DEMO   "\"controller\":\"demo\""
#define SCOPE  "\"scope\":\"consent:record consent:check\""
#define EXP    "\"exp\":1003600"
#define GOOD   "{" ISS "," AUD "," SUB "," DEMO "," SCOPE "," EXP "}"
#define AND(x) "{" ISS "," AUD "," SUB "," DEMO "," SCOPE "," EXP "," x "}"

static enum token_fault verify(const struct keys *keys, const char *token)
{
    struct claims claims;
    return token_verify(keys, token, strlen(token), NOW, &claims);
}

/* Takes the keys and the token. */
static enum token_fault verdict_of(struct keys *keys, char *token)
{
    enum token_fault fault = verify(keys, token);
    keys_unref(keys);
    free(token);
    return fault;
}

static enum token_fault verdict(char *token)
{
    return verdict_of(mint_keys(), token);
}

static enum token_fault rsa_verdict(char *token)
{
    return verdict_of(mint_rsa_keys(), token);
}

static enum token_fault header_verdict(const char *header)
{
    return verdict(mint_hs256(header, GOOD, MINT_SECRET));
}

static enum token_fault payload_verdict(const char *payload)
{
    return verdict(mint_hs256(HS256, payload, MINT_SECRET));
}

#define expect_fault(actual, expected)                                                                       \
    do {                                                                                                     \
        enum token_fault seen = (actual);                                                                    \
        cr_expect_eq(seen, expected, "%s: %s", #actual, token_fault_text(seen));                             \
    } while (0)

Test(token, a_good_token_of_each_algorithm_is_accepted)
{
    expect_fault(rsa_verdict(mint_hs256(HS256, GOOD, MINT_SECRET)), TOKEN_OK);
    expect_fault(rsa_verdict(mint_signed(RS256, GOOD, MINT_RSA)), TOKEN_OK);
    expect_fault(rsa_verdict(mint_signed(ES256, GOOD, MINT_EC)), TOKEN_OK);
}

Test(token, a_good_token_gives_its_claims)
{
    struct claims claims;
    struct keys *keys = mint_rsa_keys();
    char *token = mint_signed(RS256, AND("\"jti\":\"0190-a\""), MINT_RSA);
    cr_assert_eq(token_verify(keys, token, strlen(token), NOW, &claims), TOKEN_OK);
    cr_expect_str_eq(claims.controller, "demo");
    cr_expect_str_eq(claims.subject, "shop-backend");
    cr_expect_str_eq(claims.id, "0190-a");
    cr_expect_eq(claims.scopes, SCOPE_CONSENT_RECORD | SCOPE_CONSENT_CHECK);
    cr_expect_eq(claims.expires, INT64_C(1003600) * SECOND);
    free(token);
    keys_unref(keys);
}

Test(token, claims_are_written_for_a_good_token_only)
{
    struct claims claims, before;
    memset(&claims, 0x5a, sizeof claims);
    before = claims;
    struct keys *keys = mint_keys();
    char *token = mint_hs256(HS256, AND("\"jti\":7"), MINT_SECRET);
    cr_assert_eq(token_verify(keys, token, strlen(token), NOW, &claims), TOKEN_BAD_ID);
    cr_expect_eq(memcmp(&claims, &before, sizeof claims), 0);
    free(token);
    keys_unref(keys);
}

/* RFC 8725, 3.1 and 3.2: the algorithm comes from the key. */

Test(token, hs256_signed_with_a_public_key_is_refused_where_libjwt_accepts_it)
{
    const char *pem = mint_pem(MINT_RSA);
    char *token = mint_hs256("{\"alg\":\"HS256\",\"kid\":\"rsa-1\"}", GOOD, pem);
    jwt_t *jwt;
    cr_expect_eq(jwt_decode(&jwt, token, (const unsigned char *)pem, (int)strlen(pem)), 0,
                 "libjwt has closed the gap: token.c need no longer go around it");
    jwt_free(jwt);
    expect_fault(rsa_verdict(token), TOKEN_UNKNOWN_KEY);
    expect_fault(rsa_verdict(mint_hs256(HS256, GOOD, pem)), TOKEN_BAD_SIGNATURE);
}

Test(token, hs256_signed_with_a_public_key_is_refused_where_there_is_no_secret)
{
    struct keys *keys;
    char fault[KEYS_FAULT];
    struct jwk jwk = mint_jwk(MINT_RSA);
    struct keys_source source = {.jwks = &jwk, .jwk_count = 1};
    cr_assert_eq(keys_create(&source, &keys, fault), 0);
    char *token = mint_hs256(HS256, GOOD, mint_pem(MINT_RSA));
    expect_fault(verify(keys, token), TOKEN_UNKNOWN_KEY);
    free(token);
    keys_unref(keys);
}

Test(token, alg_none_is_refused_with_and_without_a_signature_and_in_any_spelling)
{
    const char *const spellings[] = {"none", "None", "NONE", "nOnE"};
    for (size_t i = 0; i < 4; i++) {
        char header[64], *token;
        snprintf(header, sizeof header, "{\"alg\":\"%s\"}", spellings[i]);
        expect_fault(header_verdict(header), TOKEN_BAD_ALGORITHM);
        char *text = mint_unsigned(header, GOOD);
        cr_assert_gt(asprintf(&token, "%s.", text), 0);
        free(text);
        expect_fault(verdict(token), TOKEN_NOT_A_JWS);
    }
}

Test(token, an_algorithm_that_is_not_one_of_three_or_not_spelled_so_is_refused)
{
    expect_fault(header_verdict("{\"alg\":\"hs256\"}"), TOKEN_BAD_ALGORITHM);
    expect_fault(header_verdict("{\"alg\":\"HS384\"}"), TOKEN_BAD_ALGORITHM);
    expect_fault(header_verdict("{\"alg\":\"HS512\"}"), TOKEN_BAD_ALGORITHM);
    expect_fault(header_verdict("{\"alg\":\"\"}"), TOKEN_BAD_ALGORITHM);
    expect_fault(header_verdict("{\"alg\":256}"), TOKEN_BAD_ALGORITHM);
    expect_fault(header_verdict("{\"alg\":null}"), TOKEN_BAD_ALGORITHM);
    expect_fault(header_verdict("{\"alg\":[\"HS256\"]}"), TOKEN_BAD_ALGORITHM);
    expect_fault(header_verdict("{}"), TOKEN_BAD_ALGORITHM);
}

Test(token, a_token_of_one_public_algorithm_under_a_key_of_the_other_is_refused)
{
    expect_fault(rsa_verdict(mint_signed("{\"alg\":\"RS256\",\"kid\":\"ec-1\"}", GOOD, MINT_RSA)),
                 TOKEN_UNKNOWN_KEY);
    expect_fault(rsa_verdict(mint_signed("{\"alg\":\"ES256\",\"kid\":\"rsa-1\"}", GOOD, MINT_EC)),
                 TOKEN_UNKNOWN_KEY);
    expect_fault(rsa_verdict(mint_signed("{\"alg\":\"ES256\",\"kid\":\"ec-1\"}", GOOD, MINT_RSA)),
                 TOKEN_BAD_SIGNATURE);
    expect_fault(rsa_verdict(mint_signed(ES256, GOOD, MINT_EC_P384)), TOKEN_BAD_SIGNATURE);
}

/* RFC 8725, 3.3: the signature. */

Test(token, a_token_signed_by_a_stranger_is_refused)
{
    expect_fault(rsa_verdict(mint_hs256(HS256, GOOD, "another secret of at least thirty-two bytes")),
                 TOKEN_BAD_SIGNATURE);
    expect_fault(rsa_verdict(mint_signed(RS256, GOOD, MINT_RSA_OTHER)), TOKEN_BAD_SIGNATURE);
    expect_fault(rsa_verdict(mint_signed(ES256, GOOD, MINT_EC_OTHER)), TOKEN_BAD_SIGNATURE);
}

Test(token, a_cut_signature_is_refused_at_every_length)
{
    char *tokens[] = {mint_hs256(HS256, GOOD, MINT_SECRET), mint_signed(RS256, GOOD, MINT_RSA),
                      mint_signed(ES256, GOOD, MINT_EC)};
    struct keys *keys = mint_rsa_keys();
    for (size_t i = 0; i < 3; i++) {
        while (tokens[i][strlen(tokens[i]) - 1] != '.') {
            tokens[i][strlen(tokens[i]) - 1] = '\0';
            cr_expect_neq(verify(keys, tokens[i]), TOKEN_OK);
        }
        expect_fault(verify(keys, tokens[i]), TOKEN_NOT_A_JWS);
        free(tokens[i]);
    }
    keys_unref(keys);
}

Test(token, a_change_of_any_character_is_refused)
{
    char *tokens[] = {mint_hs256(HS256, GOOD, MINT_SECRET), mint_signed(ES256, GOOD, MINT_EC)};
    struct keys *keys = mint_keys();
    for (size_t i = 0; i < 2; i++) {
        for (char *at = tokens[i]; *at != '\0'; at++) {
            char kept = *at;
            *at = kept == 'A' ? 'B' : 'A';
            cr_expect_neq(verify(keys, tokens[i]), TOKEN_OK, "at %td", at - tokens[i]);
            *at = kept;
        }
        expect_fault(verify(keys, tokens[i]), TOKEN_OK);
        free(tokens[i]);
    }
    keys_unref(keys);
}

Test(token, a_signature_with_bytes_behind_it_is_refused)
{
    char *ec = mint_signed(ES256, GOOD, MINT_EC), *longer;
    cr_assert_gt(asprintf(&longer, "%sAA", ec), 0); /* 66 bytes, well-formed, the first 64 right */
    free(ec);
    expect_fault(verdict(longer), TOKEN_BAD_SIGNATURE);
}

Test(token, an_ecdsa_signature_of_zeroes_is_refused)
{
    char *text = mint_unsigned(ES256, GOOD), *token;
    unsigned char zero[64] = {0};
    char *signature = mint_base64url(zero, sizeof zero);
    cr_assert_gt(asprintf(&token, "%s.%s", text, signature), 0);
    free(signature);
    free(text);
    expect_fault(verdict(token), TOKEN_BAD_SIGNATURE);
}

Test(token, the_signature_is_checked_before_a_claim_is_read)
{
    expect_fault(verdict(mint_hs256(HS256, "not json", "another secret of at least thirty-two bytes")),
                 TOKEN_BAD_SIGNATURE);
}

Test(token, a_refused_signature_leaves_nothing_in_libcryptos_error_queue)
{
    expect_fault(rsa_verdict(mint_signed(RS256, GOOD, MINT_RSA_OTHER)), TOKEN_BAD_SIGNATURE);
    expect_fault(rsa_verdict(mint_signed(ES256, GOOD, MINT_RSA)), TOKEN_BAD_SIGNATURE);
    cr_expect_eq(ERR_peek_error(), 0);
}

/* Form: RFC 7515, 3.1 and 5.2; RFC 8725, 3.7 and 3.12. */

static char *with(const char *before, const char *after)
{
    char *good = mint_hs256(HS256, GOOD, MINT_SECRET), *token;
    cr_assert_gt(asprintf(&token, "%s%s%s", before, good, after), 0);
    free(good);
    return token;
}

Test(token, anything_but_three_parts_is_refused)
{
    const char *const wrong[] = {"",     ".",    "..",   "...",         "a",        "a.b",
                                 "a..b", ".a.b", "a.b.", "YQ.YQ.YQ.YQ", "a.b.c.d.e"};
    struct keys *keys = mint_keys();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_eq(verify(keys, wrong[i]), TOKEN_NOT_A_JWS, "%s", wrong[i]);
    keys_unref(keys);
    expect_fault(verdict(with("", ".")), TOKEN_NOT_A_JWS);
    expect_fault(verdict(with("", ".YQ")), TOKEN_NOT_A_JWS);
    expect_fault(verdict(with(".", "")), TOKEN_NOT_A_JWS);
}

Test(token, garbage_around_a_token_is_refused)
{
    const char *const garbage[] = {"=", "A", "AA", "AAAA", " ", "\n", "\t", "!", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        cr_expect_neq(verdict(with("", garbage[i])), TOKEN_OK, "%zu", i);
        cr_expect_neq(verdict(with(garbage[i], "")), TOKEN_OK, "%zu", i);
    }
}

Test(token, a_nul_and_what_stands_behind_it_is_refused)
{
    struct claims claims;
    struct keys *keys = mint_keys();
    char *token = with("", "x.y");
    size_t len = strlen(token);
    token[len - 3] = '\0';
    expect_fault(verify(keys, token), TOKEN_OK);
    expect_fault(token_verify(keys, token, len, NOW, &claims), TOKEN_NOT_A_JWS);
    expect_fault(token_verify(keys, token, len - 2, NOW, &claims), TOKEN_NOT_A_JWS);
    free(token);
    keys_unref(keys);
}

Test(token, more_than_8192_bytes_are_refused_unread)
{
    struct claims claims;
    struct keys *keys = mint_keys();
    char *huge = malloc(1 << 20);
    memset(huge, 'A', 1 << 20);
    expect_fault(token_verify(keys, huge, 1 << 20, NOW, &claims), TOKEN_TOO_LARGE);
    expect_fault(token_verify(keys, huge, TOKEN_MAX + 1, NOW, &claims), TOKEN_TOO_LARGE);
    expect_fault(token_verify(keys, huge, TOKEN_MAX, NOW, &claims), TOKEN_NOT_A_JWS);
    memset(huge, '.', TOKEN_MAX);
    expect_fault(token_verify(keys, huge, TOKEN_MAX, NOW, &claims), TOKEN_NOT_A_JWS);
    memset(huge, 'A', TOKEN_MAX);
    huge[TOKEN_MAX - 6] = huge[TOKEN_MAX - 3] = '.';
    expect_fault(token_verify(keys, huge, TOKEN_MAX, NOW, &claims), TOKEN_BAD_HEADER);
    free(huge);
    keys_unref(keys);
}

Test(token, a_signature_longer_than_any_key_makes_is_refused)
{
    char *text = mint_unsigned(RS256, GOOD), *token;
    char tail[1400];
    memset(tail, 'A', sizeof tail - 1);
    tail[sizeof tail - 1] = '\0';
    cr_assert_gt(asprintf(&token, "%s.%s", text, tail), 0);
    free(text);
    expect_fault(rsa_verdict(token), TOKEN_NOT_A_JWS);
}

Test(token, base64url_is_strict)
{
    unsigned char bytes[8];
    size_t len;
    cr_expect(base64url_decode("_-8", 3, bytes, 8, &len));
    cr_expect_eq(len, 2);
    cr_expect_eq(bytes[0], 0xff);
    cr_expect_eq(bytes[1], 0xef);
    cr_expect_not(base64url_decode("/+8", 3, bytes, 8, &len), "the other alphabet");
    cr_expect_not(base64url_decode("_-8=", 4, bytes, 8, &len), "padding");
    cr_expect_not(base64url_decode("_-9", 3, bytes, 8, &len), "bits beyond the last byte");
    cr_expect_not(base64url_decode("AAAAA", 5, bytes, 8, &len), "a length that no bytes have");
    cr_expect_not(base64url_decode("AAAAAAAAAAAA", 12, bytes, 8, &len), "no room");
    cr_expect(base64url_decode("AAAAAAAAAAA", 11, bytes, 8, &len), "just room");
    cr_expect_eq(len, 8);
}

Test(token, a_header_that_is_not_an_object_with_each_member_once_is_refused)
{
    expect_fault(header_verdict("{\"alg\":\"HS256\",\"alg\":\"HS256\"}"), TOKEN_BAD_HEADER);
    expect_fault(header_verdict("{\"alg\":\"none\",\"\\u0061lg\":\"HS256\"}"), TOKEN_BAD_HEADER);
    expect_fault(header_verdict("[\"alg\",\"HS256\"]"), TOKEN_BAD_HEADER);
    expect_fault(header_verdict("\"HS256\""), TOKEN_BAD_HEADER);
    expect_fault(header_verdict("{\"alg\":\"HS256\"} x"), TOKEN_BAD_HEADER);
    expect_fault(header_verdict("{\"alg\":\"HS256\""), TOKEN_BAD_HEADER);
    expect_fault(header_verdict("{\"alg\":\"HS256\",\"x\":\"\xff\"}"), TOKEN_BAD_HEADER);
    expect_fault(header_verdict("{\"alg\":\"HS256\",\"x\":\"\\u0000\"}"), TOKEN_BAD_HEADER);
}

Test(token, the_type_is_absent_or_one_of_three_in_any_case)
{
    expect_fault(header_verdict("{\"alg\":\"HS256\"}"), TOKEN_OK);
    expect_fault(header_verdict("{\"alg\":\"HS256\",\"typ\":\"jwt\"}"), TOKEN_OK);
    expect_fault(header_verdict("{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}"), TOKEN_OK);
    expect_fault(header_verdict("{\"alg\":\"HS256\",\"typ\":\"AT+JWT\"}"), TOKEN_OK);
    expect_fault(header_verdict("{\"alg\":\"HS256\",\"typ\":\"application/at+jwt\"}"), TOKEN_OK);
    expect_fault(header_verdict("{\"alg\":\"HS256\",\"typ\":\"logout+jwt\"}"), TOKEN_BAD_TYPE);
    expect_fault(header_verdict("{\"alg\":\"HS256\",\"typ\":\"\"}"), TOKEN_BAD_TYPE);
    expect_fault(header_verdict("{\"alg\":\"HS256\",\"typ\":null}"), TOKEN_BAD_TYPE);
    expect_fault(header_verdict("{\"alg\":\"HS256\",\"typ\":[\"JWT\"]}"), TOKEN_BAD_TYPE);
}

Test(token, extensions_compression_and_encryption_are_refused)
{
    expect_fault(header_verdict("{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}"), TOKEN_UNKNOWN_EXTENSION);
    expect_fault(header_verdict("{\"alg\":\"HS256\",\"crit\":[]}"), TOKEN_UNKNOWN_EXTENSION);
    expect_fault(header_verdict("{\"alg\":\"HS256\",\"crit\":null}"), TOKEN_UNKNOWN_EXTENSION);
    expect_fault(header_verdict("{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}"),
                 TOKEN_UNKNOWN_EXTENSION);
    expect_fault(header_verdict("{\"alg\":\"HS256\",\"b64\":false}"), TOKEN_UNKNOWN_EXTENSION);
    expect_fault(header_verdict("{\"alg\":\"HS256\",\"zip\":\"DEF\"}"), TOKEN_UNKNOWN_EXTENSION);
    expect_fault(header_verdict("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}"), TOKEN_UNKNOWN_EXTENSION);
}

Test(token, a_key_that_the_token_brings_along_is_never_used)
{
    struct jwk stranger = mint_jwk(MINT_EC_OTHER);
    char header[512];
    snprintf(header, sizeof header,
             "{\"alg\":\"ES256\",\"kid\":\"ec-1\",\"jku\":\"https://evil.example/jwks\",\"x5u\":\"file:///"
             "etc/passwd\","
             "\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}}",
             stranger.x, stranger.y);
    expect_fault(verdict(mint_signed(header, GOOD, MINT_EC_OTHER)), TOKEN_BAD_SIGNATURE);
    expect_fault(verdict(mint_signed(header, GOOD, MINT_EC)), TOKEN_OK);
}

Test(token, a_kid_is_compared_and_nothing_else)
{
    const char *const kids[] = {"\"../../../../dev/null\"",
                                "\"' OR 1=1 --\"",
                                "\"rsa-1/../ec-1\"",
                                "\"\"",
                                "\"EC-1\"",
                                "\"ec-1 \"",
                                "1",
                                "null",
                                "[\"ec-1\"]",
                                "{}"};
    for (size_t i = 0; i < sizeof kids / sizeof *kids; i++) {
        char header[128];
        snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"kid\":%s}", kids[i]);
        cr_expect_eq(verdict(mint_signed(header, GOOD, MINT_EC)), TOKEN_UNKNOWN_KEY, "%s", kids[i]);
    }
}

Test(token, without_a_kid_the_only_key_of_the_algorithm_is_meant)
{
    expect_fault(rsa_verdict(mint_signed("{\"alg\":\"ES256\"}", GOOD, MINT_EC)), TOKEN_OK);
    expect_fault(rsa_verdict(mint_signed("{\"alg\":\"RS256\"}", GOOD, MINT_RSA)), TOKEN_UNKNOWN_KEY);
}

Test(token, the_secret_has_no_kid)
{
    expect_fault(header_verdict("{\"alg\":\"HS256\",\"kid\":\"rsa-1\"}"), TOKEN_UNKNOWN_KEY);
}

Test(token, a_payload_that_is_not_an_object_with_each_member_once_is_refused)
{
    expect_fault(payload_verdict(AND(DEMO)), TOKEN_BAD_PAYLOAD);
    expect_fault(payload_verdict(AND("\"exp\":1003600")), TOKEN_BAD_PAYLOAD);
    expect_fault(payload_verdict(AND("\"\\u0073ub\":\"another\"")), TOKEN_BAD_PAYLOAD);
    expect_fault(payload_verdict(AND("\"act\":{\"a\":1,\"a\":2}")), TOKEN_BAD_PAYLOAD);
    expect_fault(payload_verdict("[" GOOD "]"), TOKEN_BAD_PAYLOAD);
    expect_fault(payload_verdict(GOOD "{}"), TOKEN_BAD_PAYLOAD);
    expect_fault(payload_verdict("{"), TOKEN_BAD_PAYLOAD);
    expect_fault(payload_verdict("null"), TOKEN_BAD_PAYLOAD);
    expect_fault(payload_verdict(AND("\"x\":\"\xc0\xaf\"")), TOKEN_BAD_PAYLOAD);
}

Test(token, json_that_hides_something_behind_a_nul_is_refused)
{
    static const char header[] = HS256 "\0{}", payload[] = GOOD "\0{}";
    char *parts[] = {mint_base64url(HS256, strlen(HS256)), mint_base64url(GOOD, strlen(GOOD)),
                     mint_base64url(header, sizeof header - 1), mint_base64url(payload, sizeof payload - 1)};
    char *texts[2];
    cr_assert_gt(asprintf(&texts[0], "%s.%s", parts[2], parts[1]), 0);
    cr_assert_gt(asprintf(&texts[1], "%s.%s", parts[0], parts[3]), 0);
    expect_fault(verdict(mint_hs256_text(texts[0], MINT_SECRET)), TOKEN_BAD_HEADER);
    expect_fault(verdict(mint_hs256_text(texts[1], MINT_SECRET)), TOKEN_BAD_PAYLOAD);
    for (size_t i = 0; i < 4; i++)
        free(parts[i]);
}

Test(token, libjwt_itself_accepts_a_claim_twice)
{
    jwt_t *jwt;
    char *token = mint_hs256(HS256, AND(DEMO), MINT_SECRET);
    cr_expect_eq(jwt_decode(&jwt, token, (const unsigned char *)MINT_SECRET, (int)strlen(MINT_SECRET)), 0,
                 "libjwt has closed the gap: token.c need no longer go around it");
    jwt_free(jwt);
    free(token);
}

/* RFC 7519, 4.1: the claims. */

#define TIMES(x) "{" ISS "," AUD "," SUB "," DEMO "," SCOPE "," x "}"

Test(token, a_token_without_an_end_is_refused)
{
    expect_fault(payload_verdict("{" ISS "," AUD "," SUB "," DEMO "," SCOPE "}"), TOKEN_BAD_EXPIRY);
    expect_fault(payload_verdict(TIMES("\"exp\":\"1003600\"")), TOKEN_BAD_EXPIRY);
    expect_fault(payload_verdict(TIMES("\"exp\":null")), TOKEN_BAD_EXPIRY);
    expect_fault(payload_verdict(TIMES("\"exp\":true")), TOKEN_BAD_EXPIRY);
    expect_fault(payload_verdict(TIMES("\"exp\":1e300")), TOKEN_BAD_EXPIRY);
    expect_fault(payload_verdict(TIMES("\"exp\":[1003600]")), TOKEN_BAD_EXPIRY);
}

Test(token, an_expired_token_is_refused_after_a_minute_of_skew)
{
    expect_fault(payload_verdict(TIMES("\"exp\":999941")), TOKEN_OK);
    expect_fault(payload_verdict(TIMES("\"exp\":999940")), TOKEN_EXPIRED);
    expect_fault(payload_verdict(TIMES("\"exp\":0")), TOKEN_EXPIRED);
    expect_fault(payload_verdict(TIMES("\"exp\":-1")), TOKEN_EXPIRED);
    expect_fault(payload_verdict(TIMES("\"exp\":-9223372036854775808")), TOKEN_EXPIRED);
}

Test(token, a_token_that_lives_longer_than_a_day_is_refused)
{
    expect_fault(payload_verdict(TIMES("\"exp\":1086460")), TOKEN_OK);
    expect_fault(payload_verdict(TIMES("\"exp\":1086461")), TOKEN_LIVES_TOO_LONG);
    expect_fault(payload_verdict(TIMES("\"exp\":9223372036854775807")), TOKEN_LIVES_TOO_LONG);
    expect_fault(payload_verdict(TIMES("\"exp\":99999999999999999999")), TOKEN_BAD_PAYLOAD);
}

Test(token, an_option_may_allow_a_longer_or_only_a_shorter_life)
{
    const int64_t lifetimes[] = {60, 60 * 60, 90 * 86400};
    const enum token_fault expected[] = {TOKEN_LIVES_TOO_LONG, TOKEN_OK, TOKEN_OK};
    char *token = mint_hs256(HS256, GOOD, MINT_SECRET);
    for (size_t i = 0; i < 3; i++) {
        struct keys *keys;
        char fault[KEYS_FAULT];
        struct keys_source source = {
            .secret = MINT_SECRET, .secret_len = strlen(MINT_SECRET), .max_lifetime = lifetimes[i]};
        cr_assert_eq(keys_create(&source, &keys, fault), 0);
        expect_fault(verify(keys, token), expected[i]);
        keys_unref(keys);
    }
    free(token);
}

Test(token, a_fraction_of_a_second_is_cut)
{
    expect_fault(payload_verdict(TIMES("\"exp\":999941.5")), TOKEN_OK);
    expect_fault(payload_verdict(TIMES("\"exp\":999940.9")), TOKEN_EXPIRED);
}

Test(token, a_token_from_the_future_is_refused_beyond_a_minute_of_skew)
{
    expect_fault(payload_verdict(AND("\"nbf\":1000060,\"iat\":1000060")), TOKEN_OK);
    expect_fault(payload_verdict(AND("\"nbf\":1000061")), TOKEN_NOT_YET_VALID);
    expect_fault(payload_verdict(AND("\"iat\":1000061")), TOKEN_ISSUED_AHEAD);
    expect_fault(payload_verdict(AND("\"nbf\":9223372036854775807")), TOKEN_NOT_YET_VALID);
}

Test(token, a_time_that_is_no_number_does_not_pass_for_zero)
{
    expect_fault(payload_verdict(AND("\"nbf\":\"1000061\"")), TOKEN_NOT_YET_VALID);
    expect_fault(payload_verdict(AND("\"nbf\":null")), TOKEN_NOT_YET_VALID);
    expect_fault(payload_verdict(AND("\"iat\":\"\"")), TOKEN_ISSUED_AHEAD);
    expect_fault(payload_verdict(AND("\"iat\":{}")), TOKEN_ISSUED_AHEAD);
}

#define FOR(x) "{" ISS "," x "," SUB "," DEMO "," SCOPE "," EXP "}"

Test(token, the_audience_must_name_this_service)
{
    expect_fault(payload_verdict(FOR("\"aud\":[\"akkoord\"]")), TOKEN_OK);
    expect_fault(payload_verdict(FOR("\"aud\":[\"crm\",\"akkoord\",\"\\\"\"]")), TOKEN_OK);
    const char *const wrong[] = {"\"crm\"",
                                 "\"akkoord2\"",
                                 "\"Akkoord\"",
                                 "\"\"",
                                 "[]",
                                 "null",
                                 "true",
                                 "7",
                                 "[\"crm\"]",
                                 "[[\"akkoord\"]]",
                                 "[\"\\\"akkoord\"]",
                                 "{\"akkoord\":1}",
                                 "[\"akkoord\",1]",
                                 "[{\"a\":\"akkoord\"}]",
                                 "[\"a\\\\\",\"b\"]",
                                 "\"\\\"akkoord\\\"\""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char payload[512];
        snprintf(payload, sizeof payload, FOR("\"aud\":%s"), wrong[i]);
        cr_expect_eq(payload_verdict(payload), TOKEN_WRONG_AUDIENCE, "%s", wrong[i]);
    }
    expect_fault(payload_verdict("{" ISS "," SUB "," DEMO "," SCOPE "," EXP "}"), TOKEN_WRONG_AUDIENCE);
}

#define BY(x) "{" x AUD "," SUB "," DEMO "," SCOPE "," EXP "}"

Test(token, the_issuer_must_be_the_one_the_key_is_bound_to)
{
    expect_fault(payload_verdict(BY("")), TOKEN_WRONG_ISSUER);
    expect_fault(payload_verdict(BY("\"iss\":\"https://issuer.example/\",")), TOKEN_WRONG_ISSUER);
    expect_fault(payload_verdict(BY("\"iss\":[\"https://issuer.example\"],")), TOKEN_WRONG_ISSUER);
    expect_fault(rsa_verdict(mint_signed(RS256, BY("\"iss\":\"https://other.example\","), MINT_RSA)),
                 TOKEN_WRONG_ISSUER);
}

Test(token, a_secret_that_is_bound_to_no_issuer_takes_any)
{
    struct keys *keys = mint_secret_keys();
    char *tokens[] = {mint_hs256(HS256, BY(""), MINT_SECRET), mint_hs256(HS256, GOOD, MINT_SECRET)};
    for (size_t i = 0; i < 2; i++) {
        expect_fault(verify(keys, tokens[i]), TOKEN_OK);
        free(tokens[i]);
    }
    keys_unref(keys);
}

#define OF(x) "{" ISS "," AUD "," SUB "," SCOPE "," EXP x "}"

Test(token, a_key_speaks_for_its_own_controllers_only)
{
    static const char other[] = "{\"alg\":\"RS256\",\"kid\":\"rsa-2\"}";
    expect_fault(rsa_verdict(mint_signed(RS256, OF(",\"controller\":\"shop\""), MINT_RSA)), TOKEN_OK);
    expect_fault(rsa_verdict(mint_signed(RS256, OF(",\"controller\":\"other\""), MINT_RSA)),
                 TOKEN_FOREIGN_CONTROLLER);
    expect_fault(rsa_verdict(mint_signed(other, OF(",\"controller\":\"other\""), MINT_RSA_OTHER)), TOKEN_OK);
    expect_fault(rsa_verdict(mint_signed(other, GOOD, MINT_RSA_OTHER)), TOKEN_FOREIGN_CONTROLLER);
}

Test(token, a_controller_that_is_missing_or_misspelled_is_refused)
{
    const char *const wrong[] = {"",
                                 ",\"controller\":\"\"",
                                 ",\"controller\":\"Demo\"",
                                 ",\"controller\":\"-demo\"",
                                 ",\"controller\":\"demo\\n\"",
                                 ",\"controller\":[\"demo\"]",
                                 ",\"controller\":null",
                                 ",\"controller\":\"a b\""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char payload[512];
        snprintf(payload, sizeof payload, OF("%s"), wrong[i]);
        cr_expect_eq(payload_verdict(payload), TOKEN_BAD_CONTROLLER, "%s", wrong[i]);
    }
}

#define FROM(x) "{" ISS "," AUD "," DEMO "," SCOPE "," EXP x "}"

Test(token, a_client_has_a_name_of_1_to_128_printable_characters)
{
    char payload[512], name[130] = "";
    memset(name, 'n', 129);
    snprintf(payload, sizeof payload, FROM(",\"sub\":\"%s\""), name);
    expect_fault(payload_verdict(payload), TOKEN_BAD_SUBJECT);
    snprintf(payload, sizeof payload, FROM(",\"sub\":\"%s\""), name + 1);
    expect_fault(payload_verdict(payload), TOKEN_OK);
    expect_fault(payload_verdict(FROM("")), TOKEN_BAD_SUBJECT);
    expect_fault(payload_verdict(FROM(",\"sub\":\"\"")), TOKEN_BAD_SUBJECT);
    expect_fault(payload_verdict(FROM(",\"sub\":7")), TOKEN_BAD_SUBJECT);
    expect_fault(payload_verdict(FROM(",\"sub\":\"a\\nb\"")), TOKEN_BAD_SUBJECT);
    expect_fault(payload_verdict(FROM(",\"sub\":\"\\u007f\"")), TOKEN_BAD_SUBJECT);
    expect_fault(payload_verdict(FROM(",\"sub\":\"caf\\u00e9\"")), TOKEN_BAD_SUBJECT);
}

Test(token, a_scope_is_words_and_an_unknown_word_grants_nothing)
{
    bool unknown;
    cr_expect_eq(scopes_parse("", NULL), SCOPE_NONE);
    cr_expect_eq(scopes_parse("mask  policy:read ", &unknown), SCOPE_MASK | SCOPE_POLICY_READ);
    cr_expect_not(unknown);
    cr_expect_eq(scopes_parse("masks mas consent: consent:recordx MASK \tmask", &unknown), SCOPE_NONE);
    cr_expect(unknown);
    expect_fault(payload_verdict("{" ISS "," AUD "," SUB "," DEMO "," EXP "}"), TOKEN_OK);
    expect_fault(payload_verdict("{" ISS "," AUD "," SUB "," DEMO "," EXP ",\"scope\":[\"mask\"]}"),
                 TOKEN_BAD_SCOPE);
}

Test(token, keys_write_is_the_operators_to_give_and_no_issuers)
{
    static const char payload[] = "{" ISS "," AUD "," SUB "," DEMO "," EXP ",\"scope\":\"mask keys:write\"}";
    struct keys *keys = mint_rsa_keys(), *secret = mint_keys();
    char *tokens[] = {mint_signed(RS256, payload, MINT_RSA), mint_signed(ES256, payload, MINT_EC)};
    struct claims claims;
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(token_verify(keys, tokens[i], strlen(tokens[i]), NOW, &claims), TOKEN_OK);
        cr_expect_eq(claims.scopes, SCOPE_MASK);
        free(tokens[i]);
    }
    char *own = mint_hs256(HS256, payload, MINT_SECRET);
    cr_assert_eq(token_verify(secret, own, strlen(own), NOW, &claims), TOKEN_OK);
    cr_expect_eq(claims.scopes, SCOPE_MASK | SCOPE_KEYS_WRITE);
    free(own);
    keys_unref(keys);
    keys_unref(secret);
}

Test(token, each_scope_has_its_word)
{
    char text[SCOPES_TEXT];
    const uint32_t all = (UINT32_C(1) << SCOPE_COUNT) - 1;
    scopes_format(all, text);
    cr_expect_str_eq(text,
                     "consent:record consent:import consent:check consent:withdraw subject:read changes:read "
                     "policy:read policy:write mask keys:write link:create webhook:read rights:write "
                     "subject:erase audit");
    cr_expect_eq(scopes_parse(text, NULL), all);
    cr_expect_str_eq(scope_word(SCOPE_CONSENT_RECORD), "consent:record");
    cr_expect_str_eq(scope_word(SCOPE_MASK), "mask");
    scopes_format(SCOPE_NONE, text);
    cr_expect_str_eq(text, "");
}

Test(token, an_id_is_absent_or_1_to_128_printable_characters)
{
    expect_fault(payload_verdict(AND("\"jti\":\"\"")), TOKEN_BAD_ID);
    expect_fault(payload_verdict(AND("\"jti\":\"\\u0001\"")), TOKEN_BAD_ID);
    expect_fault(payload_verdict(AND("\"jti\":{}")), TOKEN_BAD_ID);
}

Test(token, what_is_signed_here_is_accepted_here)
{
    struct keys *keys = mint_keys();
    struct claims claims, read;
    memset(&claims, 0, sizeof claims);
    snprintf(claims.controller, sizeof claims.controller, "demo");
    snprintf(claims.subject, sizeof claims.subject, "a \"quoted\" \\ client");
    snprintf(claims.id, sizeof claims.id, "id-1");
    claims.scopes = SCOPE_MASK | SCOPE_CHANGES_READ;
    claims.expires = NOW + 90 * SECOND;
    char *token = token_sign(MINT_SECRET, strlen(MINT_SECRET), MINT_ISSUER, &claims, NOW);
    memset(&read, 0, sizeof read);
    cr_assert_eq(token_verify(keys, token, strlen(token), NOW, &read), TOKEN_OK);
    cr_expect_eq(memcmp(&read, &claims, sizeof read), 0);
    free(token);
    token = token_sign(MINT_SECRET, strlen(MINT_SECRET), NULL, &claims, NOW);
    expect_fault(verify(keys, token), TOKEN_WRONG_ISSUER);
    free(token);
    keys_unref(keys);
}

Test(token, a_reason_fits_into_www_authenticate)
{
    for (unsigned i = 0; i < TOKEN_FAULT_COUNT; i++) {
        const char *text = token_fault_text((enum token_fault)i);
        cr_expect_gt(strlen(text), 10);
        for (; *text != '\0'; text++)
            cr_expect(*text >= ' ' && *text <= '~' && *text != '"' && *text != '\\', "%u", i);
    }
}

static void *verify_often(void *arg)
{
    const struct keys *keys = ((void **)arg)[0];
    bool *good = ((void **)arg)[1];
    char *tokens[] = {mint_hs256(HS256, GOOD, MINT_SECRET), mint_signed(RS256, GOOD, MINT_RSA),
                      mint_signed(ES256, GOOD, MINT_EC)};
    char *stranger = mint_signed(ES256, GOOD, MINT_EC_OTHER);
    for (int i = 0; i < 50; i++) {
        for (size_t t = 0; t < 3; t++)
            *good = *good && verify(keys, tokens[t]) == TOKEN_OK;
        *good = *good && verify(keys, stranger) == TOKEN_BAD_SIGNATURE;
    }
    for (size_t t = 0; t < 3; t++)
        free(tokens[t]);
    free(stranger);
    return NULL;
}

Test(token, threads_share_a_set_of_keys)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    bool good[THREADS];
    void *args[THREADS][2];
    struct keys *keys = mint_rsa_keys();
    for (unsigned p = 0; p < MINT_PAIRS; p++)
        mint_pair((enum mint_pair)p);
    for (size_t i = 0; i < THREADS; i++) {
        good[i] = true;
        args[i][0] = keys;
        args[i][1] = &good[i];
        cr_assert_eq(pthread_create(&threads[i], NULL, verify_often, args[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        cr_expect(good[i]);
    }
    keys_unref(keys);
}
