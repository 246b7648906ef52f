/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* What a token may do, a word each. */
#define SCOPES(X)                                                                                            \
    X(CONSENT_RECORD, "consent:record")                                                                      \
    X(CONSENT_IMPORT, "consent:import")                                                                      \
    X(CONSENT_CHECK, "consent:check")                                                                        \
    X(CONSENT_WITHDRAW, "consent:withdraw")                                                                  \
    X(SUBJECT_READ, "subject:read")                                                                          \
    X(CHANGES_READ, "changes:read")                                                                          \
    X(POLICY_READ, "policy:read")                                                                            \
    X(POLICY_WRITE, "policy:write")                                                                          \
    X(MASK, "mask")                                                                                          \
    X(KEYS_WRITE, "keys:write")                                                                              \
    X(LINK_CREATE, "link:create")                                                                            \
    X(WEBHOOK_READ, "webhook:read")                                                                          \
    X(RIGHTS_WRITE, "rights:write")                                                                          \
    X(SUBJECT_ERASE, "subject:erase")                                                                        \
    X(AUDIT, "audit")

#define SCOPE_NUMBER(name, word) SCOPE_NUMBER_##name,
enum scope_number { SCOPES(SCOPE_NUMBER) SCOPE_COUNT };
#undef SCOPE_NUMBER

/* One bit each: a set of scopes is their sum. */
#define SCOPE_BIT(name, word) SCOPE_##name = 1u << SCOPE_NUMBER_##name,
enum scope { SCOPES(SCOPE_BIT) SCOPE_NONE = 0 };
#undef SCOPE_BIT

/* Room for all words with a space between them, and the NUL. */
#define SCOPE_ROOM(name, word) +sizeof(word)
enum { SCOPES_TEXT = 0 SCOPES(SCOPE_ROOM) };
#undef SCOPE_ROOM

/* The word of one scope, a static string. */
const char *scope_word(enum scope scope);
/* Reads words separated by spaces (RFC 6749, 3.3). A word that is not in the table grants nothing: it may be
 * meant for another service. ${ret_unknown} says whether there was one; it may be NULL. */
uint32_t scopes_parse(const char *text, bool *ret_unknown);
/* The words of the set, a space between them, in the order of the table. */
void scopes_format(uint32_t scopes, char text[SCOPES_TEXT]);
