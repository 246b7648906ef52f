/* SPDX-License-Identifier: Apache-2.0 */
#include "command/token_order.h"

#include "auth/token.h"
#include "base/uuid.h"

#include <stdlib.h>
#include <string.h>

enum { TTL_DIGITS = 10 }; /* no overflow in 64 bits, whatever the unit */

bool ttl_parse(const char *text, int64_t *ret_seconds)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    const int64_t max = INT64_C(100) * 365 * 86400;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > TTL_DIGITS || strlen(text) != digits + 1)
        return false;
    int64_t count = strtoll(text, NULL, 10);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (text[digits] == units[i].letter && count >= 1 && count <= max / units[i].seconds) {
            *ret_seconds = count * units[i].seconds;
            return true;
        }
    }
    return false;
}

static const char *claims_from(const struct token_order *order, instant now, struct claims *ret_claims)
{
    bool unknown;
    struct claims claims = {.expires = now + order->ttl * SECOND};
    claims.scopes = scopes_parse(order->scope, &unknown);
    if (unknown || claims.scopes == SCOPE_NONE)
        return "the scope must be words such as consent:record, separated by spaces";
    if (!controller_key_valid(order->controller))
        return "the controller must be 1 to 64 letters a-z, digits, _ and -";
    if (!claims_subject_valid(order->client))
        return "the client must be 1 to 128 printable ASCII characters";
    uint8_t id[UUID_SIZE];
    if (uuid_v7(id) != 0)
        return "the system has no random bytes";
    uuid_format(id, claims.id);
    memcpy(claims.controller, order->controller, strlen(order->controller) + 1);
    memcpy(claims.subject, order->client, strlen(order->client) + 1);
    *ret_claims = claims;
    return NULL;
}

/* Asks the very code that will meet the token: a wrong one is better refused here than by the service. */
static const char *token_refusal(const struct keys_source *source, const char *token, instant now)
{
    struct keys *keys;
    struct claims claims;
    char fault[KEYS_FAULT];
    if (keys_create(source, &keys, fault) != 0)
        return "the secret must have at least 32 bytes";
    enum token_fault refused = token_verify(keys, token, strlen(token), now, &claims);
    keys_unref(keys);
    return refused == TOKEN_OK ? NULL : token_fault_text(refused);
}

const char *token_issue(const struct token_order *order, instant now, FILE *out)
{
    const char *issuer = order->issuer != NULL && order->issuer[0] != '\0' ? order->issuer : NULL;
    struct keys_source source = {.secret = order->secret,
                                 .secret_len = order->secret_len,
                                 .issuer = issuer,
                                 .max_lifetime = order->max_lifetime};
    struct claims claims;
    const char *fault = claims_from(order, now, &claims);
    if (fault != NULL)
        return fault;
    size_t len = key_secret_len(order->secret, order->secret_len);
    char *token = token_sign(order->secret, len, issuer, &claims, now);
    fault = token == NULL ? "the token could not be signed" : token_refusal(&source, token, now);
    if (fault == NULL && (fprintf(out, "%s\n", token) < 0 || fflush(out) != 0))
        fault = "the token could not be written";
    free(token);
    return fault;
}
