/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/jwks.h"

#include "mint.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From the text of a JWKS to keys: wire/jwks reads, auth/keys judges. */

static char fault[KEYS_FAULT];

static int read_text(const char *text, struct jwks *ret_jwks)
{
    fault[0] = '\0';
    return jwks_read(text, strlen(text), ret_jwks, fault);
}

static void malformed(const char *text, const char *words)
{
    struct jwks jwks;
    cr_expect_eq(read_text(text, &jwks), -1, "%s", text);
    cr_expect_not_null(strstr(fault, words), "%s: %s", text, fault);
}

Test(jwks, a_document_becomes_keys)
{
    struct jwk rsa = mint_jwk(MINT_RSA), ec = mint_jwk(MINT_EC);
    char *text;
    cr_assert_gt(
        asprintf(
            &text,
            "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"r\",\"use\":\"sig\",\"alg\":\"RS256\",\"n\":\"%s\","
            "\"e\":\"%s\",\"x5t\":\"passed over\",\"key_ops\":[\"verify\"],\"akkoord_issuer\":\"https://i\","
            "\"akkoord_controllers\":[\"demo\",\"shop\"]},"
            "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}]}",
            rsa.n, rsa.e, ec.x, ec.y),
        0);
    struct jwks jwks;
    struct keys *keys;
    cr_assert_eq(read_text(text, &jwks), 0, "%s", fault);
    free(text);
    struct keys_source source = {.jwks = jwks.keys, .jwk_count = jwks.count, .issuer = "https://j"};
    cr_assert_eq(keys_create(&source, &keys, fault), 0, "%s", fault);
    jwks_free(&jwks);
    const struct key *first = keys_select(keys, "r", ALGORITHM_RS256);
    cr_assert_not_null(first);
    cr_expect_str_eq(key_issuer(first), "https://i");
    cr_expect(key_speaks_for(first, "shop"));
    const struct key *second = keys_select(keys, NULL, ALGORITHM_ES256);
    cr_assert_not_null(second);
    cr_expect_str_eq(key_issuer(second), "https://j");
    cr_expect_not(key_speaks_for(second, "shop"));
    keys_unref(keys);
}

Test(jwks, what_is_not_a_jwks_is_refused)
{
    malformed("", "well-formed");
    malformed("{\"keys\":[", "well-formed");
    malformed("{\"keys\":[],\"keys\":[]}", "each member once");
    malformed("{\"keys\":[{\"kty\":\"RSA\",\"kty\":\"EC\"}]}", "each member once");
    malformed("{\"keys\":[]} x", "well-formed");
    malformed("[]", "an array `keys`");
    malformed("{}", "an array `keys`");
    malformed("{\"keys\":{}}", "an array `keys`");
    malformed("{\"keys\":[]}", "1 to 64 keys");
}

Test(jwks, a_member_of_the_wrong_type_is_named_with_the_number_of_its_key)
{
    malformed("{\"keys\":[\"a\"]}", "JWKS key 1: it has the wrong type");
    malformed("{\"keys\":[{},{\"kid\":1}]}", "JWKS key 2: kid has the wrong type");
    malformed("{\"keys\":[{\"n\":null}]}", "n has the wrong type");
    malformed("{\"keys\":[{\"akkoord_issuer\":[]}]}", "akkoord_issuer has");
    malformed("{\"keys\":[{\"akkoord_controllers\":\"demo\"}]}", "akkoord_controllers has");
    malformed("{\"keys\":[{\"akkoord_controllers\":[\"demo\",1]}]}", "akkoord_controllers has");
    malformed(
        "{\"keys\":[{\"akkoord_controllers\":[\"demo\"]},{\"akkoord_controllers\":[\"demo\"],\"use\":1}]}",
        "JWKS key 2: use has");
}

Test(jwks, a_fault_repeats_nothing_of_the_document)
{
    malformed("{\"keys\":[{\"d\":\"very-private\" oops", "line 1");
    cr_expect_null(strstr(fault, "private"));
}

Test(jwks, a_private_member_is_noticed)
{
    static const char *const names[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[64];
        struct jwks jwks;
        snprintf(text, sizeof text, "{\"keys\":[{\"kty\":\"RSA\",\"%s\":\"x\"}]}", names[i]);
        cr_assert_eq(read_text(text, &jwks), 0);
        cr_expect(jwks.keys[0].holds_secret, "%s", names[i]);
        jwks_free(&jwks);
    }
}
