/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/keys.h"
#include "auth/scope.h"
#include "auth/token_fault.h"
#include "base/clock.h"

enum {
    CLAIMS_SUBJECT_MAX = 128, /* bytes of sub: kept with every event as its actor */
    CLAIMS_ID_MAX = 128,      /* bytes of jti: the common issuers' have 22 to 64 */
    CLAIMS_SKEW = 60          /* seconds two clocks may differ */
};

/* Who this service is in a token's aud. */
#define CLAIMS_AUDIENCE "akkoord"

/* What a verified token says. */
struct claims {
    char controller[CONTROLLER_KEY_MAX + 1];
    char subject[CLAIMS_SUBJECT_MAX + 1];
    char id[CLAIMS_ID_MAX + 1]; /* jti, "" when there is none */
    uint32_t scopes;            /* see auth/scope */
    instant expires;            /* of an API key: until when it is remembered */
    bool is_api_key;            /* ${id} is api_key_token_id's */
};

/* Whether ${text} may stand as sub: 1 to 128 printable ASCII characters. */
bool claims_subject_valid(const char *text);

/* Reads the payload of a token whose signature by ${key} has been verified, and holds it to the contract
 * (openapi/akkoord.yaml): exp required and at most ${max_lifetime} seconds ahead, nbf and iat
 * honoured, aud, the issuer and the controllers of the key; keys:write grants nothing but under the shared
 * secret. The clocks may differ by CLAIMS_SKEW. Writes ${ret_claims} on TOKEN_OK only. Thread-safe. */
enum token_fault claims_read(const char *payload, const struct key *key, int64_t max_lifetime, instant now,
                             struct claims *ret_claims);
