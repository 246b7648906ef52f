/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/jws.h"
#include "auth/key.h"
#include "base/file.h"
#include "command/command.h"
#include "wire/reader.h"

#include <stdio.h>
#include <string.h>

/* Verifies a receipt or a certificate without asking anybody: against a JWKS that was kept, such as what
 * /.well-known/jwks.json said. */

enum {
    SIGNED_BYTES_MAX = 128 * 1024 * 1024, /* a receipt of 50 000 events */
    JWKS_BYTES_MAX = 4 * 1024 * 1024,     /* RECEIPT_KEYS_MAX of 250 bytes */
    KID_MAX = 128
};

static const struct config_flag verify_flags[] = {
    {"jwks", "FILE", "the public keys, as /.well-known/jwks.json gives them"}, {0}};

/* The header says what the text is and by which key: exactly this, and nothing that would have to be
 * understood besides (RFC 7515, 4.1.11). */
static const char *header_read(struct reader *r, const struct buf *header, const char **ret_kid)
{
    static const char *const members[] = {"alg", "typ", "kid", NULL};
    static const char *const algs[] = {"ES256", NULL};
    static const char *const typs[] = {JWS_RECEIPT, JWS_CERTIFICATE, NULL};
    if (reader_open(r, header->data, header->len) != ERROR_NONE)
        return "its header is not JSON";
    struct node root = reader_root(r);
    node_only(&root, members);
    struct node alg = node_member(&root, "alg"), typ = node_member(&root, "typ"),
                kid = node_member(&root, "kid");
    node_word(&alg, algs);
    node_word(&typ, typs);
    *ret_kid = node_string(&kid, 1, KID_MAX, NULL);
    return reader_ok(r) ? NULL : "it is neither a receipt nor a certificate of Akkoord";
}

/* What a key of the set says of itself, where it is the one that is meant. */
static bool key_read(const struct node *n, const char *kid, struct jwk *ret_jwk)
{
    const char *texts[6];
    static const char *const names[] = {"kty", "crv", "x", "y", "kid", "alg"};
    for (size_t i = 0; i < 6; i++) {
        struct node member = {0};
        if (node_is_object(n))
            member = node_optional(n, names[i]);
        texts[i] = node_kind(&member) == NODE_STRING ? node_string(&member, 0, KID_MAX, NULL) : "";
    }
    *ret_jwk = (struct jwk){.kty = texts[0], .crv = texts[1], .x = texts[2], .y = texts[3], .kid = texts[4]};
    return strcmp(texts[4], kid) == 0;
}

static const char *key_find(struct reader *r, const char *kid, struct jwk *ret_jwk)
{
    struct node root = reader_root(r);
    if (!node_is_object(&root))
        return "the JWKS is not a JSON object";
    struct node keys = node_optional(&root, "keys");
    size_t count = node_is_array(&keys) ? node_elements(&keys, 0, SIZE_MAX) : 0;
    for (size_t i = 0; i < count; i++) {
        struct node n = node_at(&keys, i);
        if (key_read(&n, kid, ret_jwk))
            return NULL;
    }
    return "the JWKS has no key of its kid";
}

static const char *signature_check(const struct jwk *jwk, const struct jws_parts *parts)
{
    struct key *key = NULL;
    const char *fault = key_from_jwk(jwk, "receipts", &key);
    if (fault != NULL)
        return "its key in the JWKS is not sound";
    bool good =
        key_algorithm(key) == ALGORITHM_ES256 &&
        key_verify(key, parts->signed_bytes, parts->signed_len, parts->signature, sizeof parts->signature);
    key_destroy(key);
    return good ? NULL : "the signature is not valid: it was changed, or another key made it";
}

/* The kid says whose key it is: one that signs for one controller says nothing for another. */
static const char *issuer_check(struct reader *r, const struct jws_parts *parts, const struct jwk *jwk,
                                const char **ret_issuer)
{
    char kid[RECEIPT_KEY_ID + 1];
    if (reader_open(r, parts->payload.data, parts->payload.len) != ERROR_NONE)
        return "it is signed, but not JSON";
    struct node root = reader_root(r);
    struct node iss = node_member(&root, "iss");
    *ret_issuer = node_string(&iss, 1, CONTROLLER_KEY_MAX, NULL);
    if (!reader_ok(r))
        return "it is signed, but does not say for whom";
    receipt_key_id(*ret_issuer, jwk->x, jwk->y, kid);
    return strcmp(kid, jwk->kid) == 0 ? NULL : "it was signed with the key of another controller";
}

static int judge(const struct buf *text, struct reader *jwks)
{
    struct jws_parts parts;
    struct reader header = {0}, payload = {0};
    struct jwk jwk;
    const char *kid = "", *issuer = "";
    const char *fault = jws_split(text->data != NULL ? text->data : "", text->len, &parts);
    if (fault == NULL)
        fault = header_read(&header, &parts.header, &kid);
    if (fault == NULL)
        fault = key_find(jwks, kid, &jwk);
    if (fault == NULL)
        fault = signature_check(&jwk, &parts);
    if (fault == NULL)
        fault = issuer_check(&payload, &parts, &jwk, &issuer);

    int rc = fault == NULL ? 0 : command_failed("verify", fault);
    if (rc == 0) {
        fprintf(stderr, "akkoord: verify: valid, signed for the controller %s with the key %s\n", issuer,
                kid);
        bool told = fwrite(parts.payload.data, 1, parts.payload.len, stdout) == parts.payload.len &&
                    putchar('\n') != EOF && fflush(stdout) == 0;
        rc = told ? 0 : command_failed("verify", "it is valid, but could not be written");
    }
    reader_close(&payload);
    reader_close(&header);
    jws_parts_free(&parts);
    return rc;
}

static int verify_run(const struct config *config, const struct arguments *args)
{
    const char *path = arguments_flag(args, "jwks");
    struct buf text, keys;
    struct reader jwks = {0};
    (void)config;
    if (args->operand_count != 1 || path == NULL)
        return command_misused("verify", "FILE (- for standard input) and --jwks FILE are needed");
    buf_init(&text, SIGNED_BYTES_MAX);
    buf_init(&keys, JWKS_BYTES_MAX);
    int rc;
    const char *fault = file_read(args->operands[0], &text);
    if (fault != NULL || (fault = file_read(path, &keys)) != NULL)
        rc = command_failed("verify", fault);
    else if (reader_open(&jwks, keys.data != NULL ? keys.data : "", keys.len) != ERROR_NONE)
        rc = command_failed("verify", "the JWKS is not JSON");
    else
        rc = judge(&text, &jwks);
    reader_close(&jwks);
    buf_free(&keys);
    buf_free(&text);
    return rc;
}

const struct command verify_command = {"verify",
                                       "FILE",
                                       "verifies a receipt or a certificate, and prints what it says",
                                       verify_flags,
                                       command_no_options,
                                       verify_run};
