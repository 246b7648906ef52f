/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/claims.h"

#include <errno.h>
#include <jwt.h>
#include <stdlib.h>
#include <string.h>

enum presence { ABSENT, PRESENT, WRONG };

/* libjwt answers NULL both for a member that is absent and for one that is no string; only errno tells. */
static enum presence claim_text(jwt_t *jwt, const char *name, const char **ret_text)
{
    const char *text = jwt_get_grant(jwt, name);
    if (text == NULL)
        return errno == ENOENT ? ABSENT : WRONG;
    *ret_text = text;
    return PRESENT;
}

/* A NumericDate (RFC 7519, 2) in seconds, a fraction cut. libjwt's own getter answers 0 for a string, which
 * would make any nbf hold, so the value is read from its JSON. */
static enum presence claim_seconds(jwt_t *jwt, const char *name, int64_t *ret_seconds)
{
    char *json = jwt_get_grants_json(jwt, name);
    if (json == NULL)
        return errno == EINVAL ? ABSENT : WRONG;
    enum presence presence = WRONG;
    char *end;
    errno = 0;
    long long seconds = strtoll(json, &end, 10);
    if (end != json && errno == 0 && end[*end == '.' ? 1 + strspn(end + 1, "0123456789") : 0] == '\0') {
        *ret_seconds = seconds;
        presence = PRESENT;
    }
    free(json);
    return presence;
}

/* ${json} is jansson's own compact spelling, so ASCII stands in it as it is and `"` only behind a backslash.
 */
static bool audience_listed(const char *json)
{
    static const char audience[] = "\"" CLAIMS_AUDIENCE "\"";
    if (*json == '"')
        return strcmp(json, audience) == 0;
    if (*json++ != '[')
        return false;
    bool listed = false;
    while (*json == '"') { /* An element that is no string ends it: [["akkoord"]] names nobody. */
        const char *start = json++;
        while (*json != '"')
            json += *json == '\\' ? 2 : 1;
        size_t len = (size_t)(++json - start);
        listed = listed || (len == sizeof audience - 1 && memcmp(start, audience, len) == 0);
        json += *json == ',';
    }
    return listed && *json == ']';
}

static bool audience_matches(jwt_t *jwt)
{
    char *json = jwt_get_grants_json(jwt, "aud");
    bool matches = json != NULL && audience_listed(json);
    free(json);
    return matches;
}

static bool printable(const char *text, size_t max)
{
    size_t len = 0;
    while (text[len] >= ' ' && text[len] <= '~')
        len++;
    return text[len] == '\0' && len >= 1 && len <= max;
}

bool claims_subject_valid(const char *text)
{
    return printable(text, CLAIMS_SUBJECT_MAX);
}

static enum token_fault read_times(jwt_t *jwt, int64_t max_lifetime, int64_t now, struct claims *claims)
{
    int64_t exp, nbf, iat;
    if (claim_seconds(jwt, "exp", &exp) != PRESENT)
        return TOKEN_BAD_EXPIRY;
    if (exp <= now - CLAIMS_SKEW)
        return TOKEN_EXPIRED;
    if (exp > now + max_lifetime + CLAIMS_SKEW)
        return TOKEN_LIVES_TOO_LONG;
    enum presence presence = claim_seconds(jwt, "nbf", &nbf);
    if (presence == WRONG || (presence == PRESENT && nbf > now + CLAIMS_SKEW))
        return TOKEN_NOT_YET_VALID;
    presence = claim_seconds(jwt, "iat", &iat);
    if (presence == WRONG || (presence == PRESENT && iat > now + CLAIMS_SKEW))
        return TOKEN_ISSUED_AHEAD;
    claims->expires = exp * SECOND;
    return TOKEN_OK;
}

static enum token_fault read_parties(jwt_t *jwt, const struct key *key, struct claims *claims)
{
    const char *issuer, *subject, *controller;
    if (!audience_matches(jwt))
        return TOKEN_WRONG_AUDIENCE;
    if (key_issuer(key) != NULL &&
        (claim_text(jwt, "iss", &issuer) != PRESENT || strcmp(issuer, key_issuer(key)) != 0))
        return TOKEN_WRONG_ISSUER;
    if (claim_text(jwt, "sub", &subject) != PRESENT || !claims_subject_valid(subject))
        return TOKEN_BAD_SUBJECT;
    if (claim_text(jwt, "controller", &controller) != PRESENT || !controller_key_valid(controller))
        return TOKEN_BAD_CONTROLLER;
    if (!key_speaks_for(key, controller))
        return TOKEN_FOREIGN_CONTROLLER;
    memcpy(claims->subject, subject, strlen(subject) + 1);
    memcpy(claims->controller, controller, strlen(controller) + 1);
    return TOKEN_OK;
}

static enum token_fault read_rights(jwt_t *jwt, const struct key *key, struct claims *claims)
{
    const char *scope = "", *id = "";
    if (claim_text(jwt, "scope", &scope) == WRONG)
        return TOKEN_BAD_SCOPE;
    enum presence presence = claim_text(jwt, "jti", &id);
    if (presence == WRONG || (presence == PRESENT && !printable(id, CLAIMS_ID_MAX)))
        return TOKEN_BAD_ID;
    claims->scopes = scopes_parse(scope, NULL);
    if (key_algorithm(key) != ALGORITHM_HS256)
        claims->scopes &= ~(uint32_t)SCOPE_KEYS_WRITE; /* not an issuer's to give, but the operator's */
    memcpy(claims->id, id, strlen(id) + 1);
    return TOKEN_OK;
}

enum token_fault claims_read(const char *payload, const struct key *key, int64_t max_lifetime, instant now,
                             struct claims *ret_claims)
{
    jwt_t *jwt;
    if (jwt_new(&jwt) != 0)
        return TOKEN_NO_MEMORY;
    struct claims claims;
    memset(&claims, 0, sizeof claims);
    /* Unlike jwt_decode, this refuses an object with a member twice, at any depth. */
    enum token_fault fault = jwt_add_grants_json(jwt, payload) == 0 ? TOKEN_OK : TOKEN_BAD_PAYLOAD;
    if (fault == TOKEN_OK)
        fault = read_times(jwt, max_lifetime, now / SECOND, &claims);
    if (fault == TOKEN_OK)
        fault = read_parties(jwt, key, &claims);
    if (fault == TOKEN_OK)
        fault = read_rights(jwt, key, &claims);
    if (fault == TOKEN_OK)
        *ret_claims = claims;
    jwt_free(jwt);
    return fault;
}
