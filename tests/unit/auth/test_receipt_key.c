/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/jws.h"
#include "auth/key.h"
#include "auth/keys.h"
#include "base/base64url.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct receipt_keys *keys;
static struct buf pem;

static void make(void)
{
    keys = receipt_keys_create();
    buf_init(&pem, RECEIPT_KEY_PEM_MAX);
    cr_assert_eq(receipt_key_make(&pem), 0);
}

static void drop(void)
{
    receipt_keys_unref(keys);
    buf_free(&pem);
}

TestSuite(receipt_key, .init = make, .fini = drop);
TestSuite(jws, .init = make, .fini = drop);

/* One member of the only key of a JWKS as it was written. */
static void member(const char *jwks, const char *name, char ret_text[64])
{
    char mark[16];
    snprintf(mark, sizeof mark, "\"%s\":\"", name);
    const char *at = strstr(jwks, mark);
    cr_assert_not_null(at);
    at += strlen(mark);
    snprintf(ret_text, 64, "%.*s", (int)strcspn(at, "\""), at);
}

static struct key *published(char x[64], char y[64], char kid[64])
{
    struct buf jwks;
    struct key *key = NULL;
    buf_init(&jwks, 4096);
    receipt_keys_jwks(keys, &jwks);
    buf_byte(&jwks, '\0');
    cr_assert(!buf_failed(&jwks));
    cr_expect_null(strstr(jwks.data, "demo")); /* whose it is stands nowhere */
    cr_expect_null(strstr(jwks.data, "\"d\""));
    member(jwks.data, "x", x);
    member(jwks.data, "y", y);
    member(jwks.data, "kid", kid);
    const char *fault = key_from_jwk(
        &(struct jwk){.kty = "EC", .crv = "P-256", .x = x, .y = y, .kid = kid, .alg = "ES256"}, "i", &key);
    cr_assert_null(fault, "%s", fault);
    buf_free(&jwks);
    return key;
}

/* ---- receipt_key ---- */

Test(receipt_key, a_key_signs_for_its_controller_alone)
{
    cr_assert_null(receipt_keys_add(keys, "demo", true, pem.data, pem.len));
    cr_expect_not_null(receipt_keys_find(keys, "demo"));
    cr_expect_null(receipt_keys_find(keys, "other"));
}

Test(receipt_key, one_key_signs_for_one_controller_and_a_controller_has_one)
{
    struct buf other;
    buf_init(&other, RECEIPT_KEY_PEM_MAX);
    cr_assert_eq(receipt_key_make(&other), 0);
    cr_assert_null(receipt_keys_add(keys, "demo", true, pem.data, pem.len));
    cr_expect_not_null(receipt_keys_add(keys, "demo", true, other.data, other.len));
    cr_expect_not_null(receipt_keys_add(keys, "other", true, pem.data, pem.len));
    cr_expect_null(receipt_keys_add(keys, "other", true, other.data, other.len));
    buf_free(&other);
}

Test(receipt_key, a_public_key_is_published_and_signs_nothing)
{
    BIO *in = BIO_new_mem_buf(pem.data, (int)pem.len), *out = BIO_new(BIO_s_mem());
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    char *text, x[64], y[64], kid[64];
    PEM_write_bio_PUBKEY(out, pkey);
    long len = BIO_get_mem_data(out, &text);
    cr_expect_not_null(receipt_keys_add(keys, "demo", true, text, (size_t)len));
    cr_assert_null(receipt_keys_add(keys, "demo", false, text, (size_t)len));
    cr_expect_null(receipt_keys_find(keys, "demo"));
    key_destroy(published(x, y, kid));
    EVP_PKEY_free(pkey);
    BIO_free(out);
    BIO_free(in);
}

Test(receipt_key, what_is_no_key_on_p256_is_refused_and_not_repeated)
{
    static const char *const bad[] = {"", "secret",
                                      "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"};
    for (size_t i = 0; i < 3; i++) {
        const char *fault = receipt_keys_add(keys, "demo", true, bad[i], strlen(bad[i]));
        cr_assert_not_null(fault);
        cr_expect(bad[i][0] == '\0' || strstr(fault, bad[i]) == NULL);
    }
    EVP_PKEY *other = EVP_EC_gen("P-384");
    BIO *out = BIO_new(BIO_s_mem());
    char *text;
    PEM_write_bio_PrivateKey(out, other, NULL, NULL, 0, NULL, NULL);
    long len = BIO_get_mem_data(out, &text);
    cr_expect_not_null(receipt_keys_add(keys, "demo", true, text, (size_t)len));
    BIO_free(out);
    EVP_PKEY_free(other);
}

Test(receipt_key, a_kid_binds_a_key_to_its_controller)
{
    char x[64], y[64], kid[64], own[RECEIPT_KEY_ID + 1], others[RECEIPT_KEY_ID + 1];
    cr_assert_null(receipt_keys_add(keys, "demo", true, pem.data, pem.len));
    key_destroy(published(x, y, kid));
    receipt_key_id("demo", x, y, own);
    receipt_key_id("dem", x, y, others);
    cr_expect_str_eq(own, kid);
    cr_expect_str_neq(others, kid);
    cr_expect_str_eq(receipt_key_kid(receipt_keys_find(keys, "demo")), kid);
}

/* What people are handed must let nobody in. */
Test(receipt_key, none_verifies_tokens)
{
    char x[64], y[64], kid[64], fault[KEYS_FAULT];
    struct keys *tokens = NULL;
    cr_assert_null(receipt_keys_add(keys, "demo", true, pem.data, pem.len));
    key_destroy(published(x, y, kid));
    const struct jwk jwk = {.kty = "EC", .crv = "P-256", .x = x, .y = y, .kid = "another"};
    struct keys_source source = {.jwks = &jwk, .jwk_count = 1, .issuer = "i", .receipts = keys};
    cr_expect_eq(keys_create(&source, &tokens, fault), -1);
    cr_expect_not_null(strstr(fault, "receipts"));
    source.receipts = NULL;
    cr_assert_eq(keys_create(&source, &tokens, fault), 0); /* it is the one thing that is wrong with it */
    keys_unref(tokens);
}

/* ---- jws ---- */

static void sign(const char *text, size_t len, size_t piece, struct buf *out)
{
    struct jws j;
    buf_init(out, 1 << 20);
    jws_begin(&j, receipt_keys_find(keys, "demo"), JWS_RECEIPT, out);
    for (size_t at = 0; at < len; at += piece)
        jws_add(&j, text + at, len - at < piece ? len - at : piece, out);
    cr_assert_eq(jws_end(&j, out), 0);
}

static bool verifies(const struct key *key, const char *text, size_t len, const char *payload,
                     size_t payload_len)
{
    struct jws_parts parts;
    const char *fault = jws_split(text, len, &parts);
    bool good = fault == NULL && key_verify(key, parts.signed_bytes, parts.signed_len, parts.signature,
                                            sizeof parts.signature);
    if (good)
        cr_expect(parts.payload.len == payload_len && memcmp(parts.payload.data, payload, payload_len) == 0);
    jws_parts_free(&parts);
    return good;
}

Test(jws, pieces_of_any_size_make_one_signed_text)
{
    char x[64], y[64], kid[64], text[10000];
    cr_assert_null(receipt_keys_add(keys, "demo", true, pem.data, pem.len));
    struct key *key = published(x, y, kid);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 31 + i / 7);
    for (size_t piece = 1; piece < 9; piece++) {
        for (size_t len = 0; len < 12; len++) {
            struct buf out;
            sign(text, len + 1, piece, &out);
            cr_expect(verifies(key, out.data, out.len, text, len + 1), "%zu bytes by %zu", len + 1, piece);
            buf_free(&out);
        }
    }
    static const size_t pieces[] = {1, 1000, 3071, 3072, 3073, 9999};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct buf out;
        sign(text, sizeof text, pieces[i], &out);
        cr_expect(verifies(key, out.data, out.len, text, sizeof text), "by %zu", pieces[i]);
        buf_free(&out);
    }
    key_destroy(key);
}

Test(jws, a_changed_character_fails_wherever_it_is)
{
    static const char payload[] = "{\"iss\":\"demo\"}";
    char x[64], y[64], kid[64];
    struct buf out;
    cr_assert_null(receipt_keys_add(keys, "demo", true, pem.data, pem.len));
    struct key *key = published(x, y, kid);
    sign(payload, strlen(payload), 5, &out);
    cr_assert(verifies(key, out.data, out.len, payload, strlen(payload)));
    for (size_t i = 0; i < out.len; i++) {
        char was = out.data[i];
        out.data[i] = was == 'A' ? 'B' : 'A';
        cr_expect(!verifies(key, out.data, out.len, payload, strlen(payload)), "at %zu", i);
        out.data[i] = was;
    }
    cr_expect(!verifies(key, out.data, out.len - 1, payload, strlen(payload)));
    key_destroy(key);
    buf_free(&out);
}

/* A text that says of itself that it is a receipt is no token to anybody. */
Test(jws, its_header_says_what_it_is)
{
    struct buf out;
    struct jws_parts parts;
    cr_assert_null(receipt_keys_add(keys, "demo", true, pem.data, pem.len));
    sign("{}", 2, 1, &out);
    cr_assert_null(jws_split(out.data, out.len, &parts));
    buf_byte(&parts.header, '\0');
    cr_expect_not_null(strstr(parts.header.data, "\"typ\":\"akkoord-receipt+jws\""));
    jws_parts_free(&parts);
    buf_free(&out);
}
