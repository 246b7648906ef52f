/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Every failure a client can see: code, HTTP status, the word in the problem's URN, and its title (RFC 9457).
 * No handler invents a status; tests/rules checks that openapi/akkoord.yaml lists each. */
#define ERRORS(X)                                                                                            \
    X(ERROR_NONE, 200, "none", "No error")                                                                   \
    X(ERROR_BAD_REQUEST, 400, "bad-request", "The request is malformed")                                     \
    X(ERROR_NOT_JSON, 400, "not-json", "The body is not well-formed JSON")                                   \
    X(ERROR_INVALID_TOKEN, 401, "invalid-token", "The bearer token is missing or not valid")                 \
    X(ERROR_INSUFFICIENT_SCOPE, 403, "insufficient-scope", "The token lacks the scope for this")             \
    X(ERROR_FOREIGN_ORIGIN, 403, "foreign-origin", "The policy does not name this origin")                   \
    X(ERROR_COLLECTION_TOKEN, 403, "collection-token", "The collection token does not hold")                 \
    X(ERROR_NOT_FOUND, 404, "not-found", "There is nothing here")                                            \
    X(ERROR_METHOD_NOT_ALLOWED, 405, "method-not-allowed", "This resource does not know that method")        \
    X(ERROR_NO_POLICY, 409, "no-policy", "This controller has no policy yet")                                \
    X(ERROR_IN_PROGRESS, 409, "in-progress", "The first request with this key is still running")             \
    X(ERROR_CONFLICT, 409, "conflict", "This cannot follow what is recorded already")                        \
    X(ERROR_NO_RECEIPT_KEY, 409, "no-receipt-key", "This controller has no key that signs receipts")         \
    X(ERROR_NO_OBJECTION, 409, "no-objection", "No objection stands that this could answer")                 \
    X(ERROR_GONE, 410, "gone", "This was used, has expired, or was overtaken")                               \
    X(ERROR_NOT_KNOWN_ANY_MORE, 410, "not-known-any-more", "What stood then was erased or purged since")     \
    X(ERROR_PRECONDITION_FAILED, 412, "precondition-failed", "Another version is in force")                  \
    X(ERROR_TOO_LARGE, 413, "too-large", "The body is larger than this route takes")                         \
    X(ERROR_UNSUPPORTED_MEDIA_TYPE, 415, "unsupported-media-type", "This route takes another content type")  \
    X(ERROR_INVALID, 422, "invalid", "The request is well-formed but wrong")                                 \
    X(ERROR_UNKNOWN_PURPOSE, 422, "unknown-purpose", "The policy has no such purpose")                       \
    X(ERROR_UNKNOWN_NOTICE, 422, "unknown-notice", "The policy has no such notice")                          \
    X(ERROR_EVENT_IN_FUTURE, 422, "event-in-future", "The event's time lies ahead of the server's clock")    \
    X(ERROR_REASON_REQUIRED, 422, "reason-required", "The policy asks why a person's data is read")          \
    X(ERROR_NOT_WITHDRAWABLE, 422, "not-withdrawable", "This purpose does not rest on a choice")             \
    X(ERROR_TOO_MANY_IDENTIFIERS, 422, "too-many-identifiers", "A person has at most 32 identifiers")        \
    X(ERROR_KEY_REUSED, 422, "key-reused", "This idempotency key was used with another body")                \
    X(ERROR_TOO_MANY_REQUESTS, 429, "too-many-requests", "The limit of this client is reached")              \
    X(ERROR_HEADERS_TOO_LARGE, 431, "headers-too-large", "The request header is too large")                  \
    X(ERROR_INTERNAL, 500, "internal", "The service failed")                                                 \
    X(ERROR_OVERLOADED, 503, "overloaded", "The service has more work than it takes; nothing was written")   \
    X(ERROR_UNAVAILABLE, 503, "unavailable", "The database cannot be reached; nothing was written")          \
    X(ERROR_OUTCOME_UNKNOWN, 504, "outcome-unknown", "It may have been written: repeat with the same key")

#define ERROR_MEMBER(code, status, word, title) code,
enum error { ERRORS(ERROR_MEMBER) ERROR_COUNT };
#undef ERROR_MEMBER

/* The three columns of the table. Static strings. */
int error_status(enum error e);
const char *error_word(enum error e);
const char *error_title(enum error e);
