/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/keys.h"

#include "mint.h"

#include <criterion/criterion.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

static char fault[KEYS_FAULT];

static int load(const struct jwk *jwks, size_t count, const char *issuer, struct keys **ret_keys)
{
    struct keys_source source = {.jwks = jwks, .jwk_count = count, .issuer = issuer};
    fault[0] = '\0';
    return keys_create(&source, ret_keys, fault);
}

/* Fails, and the sentence has the words. */
static void refused(const struct jwk *jwks, size_t count, const char *words)
{
    struct keys *keys = NULL;
    cr_expect_eq(load(jwks, count, MINT_ISSUER, &keys), -1, "accepted: %s", words);
    cr_expect_null(keys);
    cr_expect_not_null(strstr(fault, words), "%s", fault);
    keys_unref(keys);
}

static int load_secret(const char *secret, size_t len, struct keys **ret_keys)
{
    struct keys_source source = {.secret = secret, .secret_len = len};
    return keys_create(&source, ret_keys, fault);
}

Test(keys, a_set_without_any_key_is_refused)
{
    refused(NULL, 0, "no key");
}

Test(keys, a_secret_of_31_bytes_is_too_short_and_its_newline_is_not_counted)
{
    struct keys *keys;
    cr_expect_eq(load_secret("0123456789012345678901234567890\n", 32, &keys), -1);
    cr_expect_str_eq(fault, "shared secret: the secret is shorter than 32 bytes");
    cr_assert_eq(load_secret("01234567890123456789012345678901\r\n", 34, &keys), 0);
    keys_unref(keys);
}

Test(keys, one_newline_at_the_end_of_a_secret_file_is_trimmed_and_no_more)
{
    cr_expect_eq(key_secret_len("ab\n", 3), 2);
    cr_expect_eq(key_secret_len("ab\r\n", 4), 2);
    cr_expect_eq(key_secret_len("ab\n\n", 4), 3);
    cr_expect_eq(key_secret_len("ab\r", 3), 3);
    cr_expect_eq(key_secret_len("\n", 1), 0);
    cr_expect_eq(key_secret_len("", 0), 0);
}

Test(keys, the_secret_speaks_for_all_and_a_jwk_only_for_those_it_lists)
{
    struct keys *keys = mint_rsa_keys();
    const struct key *secret = keys_select(keys, NULL, ALGORITHM_HS256);
    const struct key *rsa = keys_select(keys, "rsa-1", ALGORITHM_RS256);
    cr_assert_not_null(secret);
    cr_assert_not_null(rsa);
    cr_expect(key_speaks_for(secret, "anyone"));
    cr_expect(key_speaks_for(rsa, "demo"));
    cr_expect(key_speaks_for(rsa, "shop"));
    cr_expect_not(key_speaks_for(rsa, "dem"));
    cr_expect_not(key_speaks_for(rsa, "anyone"));
    keys_unref(keys);
}

Test(keys, a_jwk_without_controllers_speaks_for_none)
{
    struct keys *keys;
    struct jwk jwk = mint_jwk(MINT_RSA);
    jwk.controllers = NULL;
    jwk.controller_count = 0;
    cr_assert_eq(load(&jwk, 1, MINT_ISSUER, &keys), 0, "%s", fault);
    cr_expect_not(key_speaks_for(keys_select(keys, "rsa-1", ALGORITHM_RS256), "demo"));
    keys_unref(keys);
}

Test(keys, a_key_is_found_by_its_kid_and_only_under_its_own_algorithm)
{
    struct keys *keys = mint_rsa_keys();
    cr_expect_not_null(keys_select(keys, "ec-1", ALGORITHM_ES256));
    cr_expect_null(keys_select(keys, "ec-1", ALGORITHM_RS256));
    cr_expect_null(keys_select(keys, "rsa-1", ALGORITHM_HS256));
    cr_expect_null(keys_select(keys, "../../etc/passwd", ALGORITHM_RS256));
    cr_expect_null(keys_select(keys, "", ALGORITHM_RS256));
    keys_unref(keys);
}

Test(keys, without_a_kid_only_a_key_alone_of_its_algorithm_is_meant)
{
    struct keys *keys = mint_rsa_keys();
    cr_expect_not_null(keys_select(keys, NULL, ALGORITHM_ES256));
    cr_expect_null(keys_select(keys, NULL, ALGORITHM_RS256), "rsa-1 or rsa-2?");
    keys_unref(keys);
}

Test(keys, two_keys_of_one_kid_are_refused_with_the_number_of_the_second)
{
    struct jwk jwks[] = {mint_jwk(MINT_RSA), mint_jwk(MINT_EC)};
    jwks[1].kid = "rsa-1";
    refused(jwks, 2, "JWKS key 2: another key has this kid");
}

Test(keys, a_key_without_kid_must_be_alone_of_its_algorithm)
{
    struct keys *keys;
    struct jwk jwks[] = {mint_jwk(MINT_RSA), mint_jwk(MINT_EC), mint_jwk(MINT_EC_OTHER)};
    jwks[2].kid = NULL;
    refused(jwks, 3, "JWKS key 3");
    jwks[0].kid = NULL;
    cr_expect_eq(load(jwks, 2, MINT_ISSUER, &keys), 0, "%s", fault);
    keys_unref(keys);
}

Test(keys, each_jwk_is_bound_to_an_issuer_its_own_before_the_configured_one)
{
    struct keys *keys = NULL;
    struct jwk jwks[] = {mint_jwk(MINT_RSA), mint_jwk(MINT_EC)};
    jwks[0].issuer = NULL;
    cr_expect_eq(load(jwks, 2, NULL, &keys), -1);
    cr_expect_not_null(strstr(fault, "JWKS key 1: it is bound to no issuer"), "%s", fault);
    cr_expect_eq(load(jwks, 2, "", &keys), -1, "an empty option is none");
    cr_assert_eq(load(jwks, 2, "https://configured.example", &keys), 0, "%s", fault);
    cr_expect_str_eq(key_issuer(keys_select(keys, "rsa-1", ALGORITHM_RS256)), "https://configured.example");
    cr_expect_str_eq(key_issuer(keys_select(keys, "ec-1", ALGORITHM_ES256)), MINT_ISSUER);
    keys_unref(keys);
}

Test(keys, private_and_symmetric_keys_do_not_belong_in_a_jwks)
{
    struct jwk jwk = mint_jwk(MINT_RSA);
    jwk.holds_secret = true;
    refused(&jwk, 1, "private or symmetric");
    jwk = (struct jwk){.kty = "oct", .kid = "s", .issuer = MINT_ISSUER};
    refused(&jwk, 1, "private or symmetric");
}

Test(keys, an_algorithm_that_does_not_fit_the_key_is_refused)
{
    const char *const wrong[] = {"HS256", "ES256", "RS384", "PS256", "none", "rs256", ""};
    struct jwk jwk = mint_jwk(MINT_RSA);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        jwk.alg = wrong[i];
        refused(&jwk, 1, "alg must be");
    }
    struct keys *keys;
    jwk.alg = "RS256";
    cr_expect_eq(load(&jwk, 1, MINT_ISSUER, &keys), 0, "%s", fault);
    keys_unref(keys);
}

Test(keys, only_keys_for_signatures_are_taken)
{
    struct keys *keys;
    struct jwk jwk = mint_jwk(MINT_EC);
    jwk.use = "enc";
    refused(&jwk, 1, "use must be sig");
    jwk.use = "sig";
    cr_expect_eq(load(&jwk, 1, MINT_ISSUER, &keys), 0, "%s", fault);
    keys_unref(keys);
}

Test(keys, another_kind_of_key_is_refused)
{
    struct jwk jwk = mint_jwk(MINT_EC);
    jwk.kty = "OKP";
    refused(&jwk, 1, "kty must be");
    jwk.kty = NULL;
    refused(&jwk, 1, "kty must be");
}

/* As identity providers publish them beside those that sign. */
Test(keys, a_key_for_others_beside_ours_is_passed_over)
{
    struct keys *keys;
    struct jwk jwks[] = {mint_jwk(MINT_EC), mint_jwk(MINT_RSA), mint_jwk(MINT_RSA)};
    jwks[0].kty = "OKP";
    jwks[1].use = "enc";
    cr_assert_eq(load(jwks, 3, MINT_ISSUER, &keys), 0, "%s", fault);
    cr_expect_not_null(keys_select(keys, NULL, ALGORITHM_RS256));
    cr_expect_null(keys_select(keys, NULL, ALGORITHM_ES256));
    keys_unref(keys);
    refused(jwks, 2, "JWKS key 1: kty must be");
    jwks[0].holds_secret = true;
    refused(jwks, 3, "private or symmetric");
}

Test(keys, an_rsa_key_below_2048_bits_is_refused)
{
    EVP_PKEY *small = EVP_RSA_gen(1024);
    BIGNUM *n = NULL;
    unsigned char bytes[128];
    cr_assert_eq(EVP_PKEY_get_bn_param(small, "n", &n), 1);
    char *text = mint_base64url(bytes, (size_t)BN_bn2bin(n, bytes));
    struct jwk jwk = mint_jwk(MINT_RSA);
    jwk.n = text;
    refused(&jwk, 1, "2048");
    free(text);
    BN_free(n);
    EVP_PKEY_free(small);
}

Test(keys, a_malformed_rsa_key_is_refused)
{
    struct jwk jwk = mint_jwk(MINT_RSA);
    jwk.e = "AAAA";
    refused(&jwk, 1, "not a sound RSA");
    jwk.e = "AQ+B";
    refused(&jwk, 1, "base64url");
    jwk.e = NULL;
    refused(&jwk, 1, "base64url");
    jwk = mint_jwk(MINT_RSA);
    jwk.n = NULL;
    refused(&jwk, 1, "base64url");
    char *huge = calloc(1, 4001);
    memset(huge, 'B', 4000);
    jwk.n = huge;
    refused(&jwk, 1, "base64url");
    free(huge);
}

Test(keys, an_ec_key_must_be_a_point_of_p_256)
{
    struct jwk jwk = mint_jwk(MINT_EC_P384);
    refused(&jwk, 1, "crv P-256");
    jwk.crv = "P-256";
    refused(&jwk, 1, "32 bytes");
    jwk = mint_jwk(MINT_EC);
    jwk.y = mint_jwk(MINT_EC_OTHER).y;
    refused(&jwk, 1, "not a point");
    jwk.y = NULL;
    refused(&jwk, 1, "32 bytes");
    jwk = mint_jwk(MINT_EC);
    jwk.crv = NULL;
    refused(&jwk, 1, "crv P-256");
}

Test(keys, a_kid_has_1_to_128_bytes)
{
    char kid[130] = "";
    struct jwk jwk = mint_jwk(MINT_EC);
    jwk.kid = kid;
    refused(&jwk, 1, "kid");
    memset(kid, 'k', 129);
    refused(&jwk, 1, "kid");
    kid[128] = '\0';
    struct keys *keys;
    cr_expect_eq(load(&jwk, 1, MINT_ISSUER, &keys), 0, "%s", fault);
    keys_unref(keys);
}

Test(keys, a_controllers_key_is_1_to_64_of_a_small_alphabet)
{
    char name[66] = "";
    memset(name, 'a', 65);
    cr_expect_not(controller_key_valid(name));
    name[64] = '\0';
    cr_expect(controller_key_valid(name));
    cr_expect(controller_key_valid("0-a_b"));
    const char *const wrong[] = {"", "-a", "_a", "Demo", "a b", "a/b", "a.b", "caf\xc3\xa9"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(controller_key_valid(wrong[i]), "%s", wrong[i]);
    struct jwk jwk = mint_jwk(MINT_EC);
    const char *const controllers[] = {"demo", "*"};
    jwk.controllers = controllers;
    refused(&jwk, 1, "akkoord_controllers");
}

Test(keys, more_than_64_keys_are_refused)
{
    struct jwk jwks[KEYS_MAX + 1];
    char names[KEYS_MAX + 1][8];
    for (size_t i = 0; i <= KEYS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "k%zu", i);
        jwks[i] = mint_jwk(MINT_EC);
        jwks[i].kid = names[i];
    }
    refused(jwks, KEYS_MAX + 1, "more than 64");
}

Test(keys, each_set_has_another_generation)
{
    struct keys *a = mint_secret_keys(), *b = mint_secret_keys();
    cr_expect_neq(keys_generation(a), keys_generation(b));
    cr_expect_neq(keys_generation(a), 0);
    keys_unref(a);
    keys_unref(b);
}

Test(keys, a_set_lives_until_its_last_reference)
{
    struct keys *keys = mint_secret_keys();
    struct keys *second = keys_ref(keys);
    keys_unref(keys);
    cr_expect_not_null(keys_select(second, NULL, ALGORITHM_HS256));
    keys_unref(second);
    keys_unref(NULL);
}
