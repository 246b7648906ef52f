/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Why a token is refused. The sentences go into the log and into `WWW-Authenticate: Bearer
 * error="invalid_token", error_description="..."` (RFC 6750, 3), so they keep to its characters (no quote, no
 * backslash) and repeat nothing of the token. */
#define TOKEN_FAULTS(X)                                                                                      \
    X(TOKEN_OK, "The token is valid")                                                                        \
    X(TOKEN_TOO_LARGE, "The token is larger than 8192 bytes")                                                \
    X(TOKEN_NOT_A_JWS, "The token is not three parts of base64url without padding")                          \
    X(TOKEN_BAD_HEADER, "The token's header is not a JSON object with each member once")                     \
    X(TOKEN_BAD_TYPE, "The token's typ is neither JWT nor at+jwt")                                           \
    X(TOKEN_UNKNOWN_EXTENSION, "The token's header asks for an extension that is not supported")             \
    X(TOKEN_BAD_ALGORITHM, "The token's alg is none of HS256, RS256 and ES256")                              \
    X(TOKEN_UNKNOWN_KEY, "No key of this service goes by the token's kid and alg")                           \
    X(TOKEN_BAD_SIGNATURE, "The token's signature is wrong")                                                 \
    X(TOKEN_BAD_PAYLOAD, "The token's payload is not a JSON object with each member once")                   \
    X(TOKEN_BAD_EXPIRY, "The token's exp is missing or not a number")                                        \
    X(TOKEN_EXPIRED, "The token has expired")                                                                \
    X(TOKEN_LIVES_TOO_LONG, "The token's exp is further ahead than this service allows")                     \
    X(TOKEN_NOT_YET_VALID, "The token's nbf is not a number or lies ahead")                                  \
    X(TOKEN_ISSUED_AHEAD, "The token's iat is not a number or lies ahead")                                   \
    X(TOKEN_WRONG_AUDIENCE, "The token's aud does not name akkoord")                                         \
    X(TOKEN_WRONG_ISSUER, "The token's iss is not the one its key is bound to")                              \
    X(TOKEN_BAD_SUBJECT, "The token's sub is missing or not 1 to 128 printable ASCII characters")            \
    X(TOKEN_BAD_CONTROLLER, "The token's controller is missing or not a controller's key")                   \
    X(TOKEN_FOREIGN_CONTROLLER, "The token's key may not speak for its controller")                          \
    X(TOKEN_BAD_SCOPE, "The token's scope is not words separated by spaces")                                 \
    X(TOKEN_BAD_ID, "The token's jti is not 1 to 128 printable ASCII characters")                            \
    X(TOKEN_MISSPELT_KEY, "The API key is not as it was given: its checksum is wrong")                       \
    X(TOKEN_NO_SUCH_KEY, "There is no such API key, or it has ended or was revoked")                         \
    X(TOKEN_NO_MEMORY, "The token could not be verified for want of memory")

#define TOKEN_FAULT(name, sentence) name,
enum token_fault { TOKEN_FAULTS(TOKEN_FAULT) TOKEN_FAULT_COUNT };
#undef TOKEN_FAULT

/* A static sentence. */
const char *token_fault_text(enum token_fault fault);
