/* SPDX-License-Identifier: Apache-2.0 */
#include "http/route.h"

#include "auth/scope.h"
#include "base/limits.h"
#include "http/handlers.h"

#include <stdio.h>
#include <string.h>

const struct route routes[] = {
    {"POST", "/v1/consents", SCOPE_CONSENT_RECORD | SCOPE_CONSENT_IMPORT, MEDIA_JSON, BODY_BYTES_MAX,
     CALL_DEADLINE_MS, .cost = COST_RECORDS, .handle = handle_record},
    {"POST", "/v1/consents/invalidate", SCOPE_POLICY_WRITE, MEDIA_JSON, BODY_BYTES_MAX, WALK_DEADLINE_MS,
     .handle = handle_invalidate},
    {"POST", "/v1/withdraw", SCOPE_CONSENT_WITHDRAW, MEDIA_JSON, BODY_BYTES_MAX, CALL_DEADLINE_MS,
     .cost = COST_RECORDS, .handle = handle_withdraw},
    {"POST", "/v1/confirm", SCOPE_CONSENT_RECORD, MEDIA_JSON, BODY_BYTES_MAX, CALL_DEADLINE_MS,
     .cost = COST_RECORDS, .handle = handle_confirm},
    {"POST", "/v1/objections", SCOPE_POLICY_WRITE, MEDIA_JSON, BODY_BYTES_MAX, CALL_DEADLINE_MS,
     .cost = COST_RECORDS, .handle = handle_objection},
    {"POST", "/v1/check", SCOPE_CONSENT_CHECK, MEDIA_JSON, BODY_BYTES_MAX, CALL_DEADLINE_MS, .is_check = true,
     .handle = handle_check},
    {"POST", "/v1/check/batch", SCOPE_CONSENT_CHECK, MEDIA_NDJSON, BATCH_BODY_BYTES_MAX, BATCH_DEADLINE_MS,
     .is_check = true, .cost = COST_RECORDS, .handle = handle_check_batch},
    {"GET", "/v1/policy", SCOPE_POLICY_READ, MEDIA_NONE, 0, CALL_DEADLINE_MS, .admits = true,
     .handle = handle_policy_get},
    {"PUT", "/v1/policy", SCOPE_POLICY_WRITE, MEDIA_JSON, POLICY_BODY_BYTES_MAX, CALL_DEADLINE_MS,
     .admits = true, .handle = handle_policy_put},
    {"POST", "/v1/policy/rehearse", SCOPE_POLICY_WRITE, MEDIA_JSON, POLICY_BODY_BYTES_MAX, WALK_DEADLINE_MS,
     .admits = true, .handle = handle_policy_rehearse},
    {"GET", "/v1/policy/schema", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS, .cost = COST_ADDRESS,
     .handle = handle_policy_schema},
    {"GET", "/v1/policy/register", SCOPE_POLICY_READ, MEDIA_NONE, 0, CALL_DEADLINE_MS, .admits = true,
     .handle = handle_policy_register},
    {"GET", "/v1/sites/{id}/cookies", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS, .cost = COST_ADDRESS,
     .handle = handle_site_cookies},
    {"POST", "/v1/subjects/lookup", SCOPE_SUBJECT_READ, MEDIA_JSON, BODY_BYTES_MAX, CALL_DEADLINE_MS,
     .handle = handle_lookup},
    {"GET", "/v1/subjects/{id}/consents", SCOPE_SUBJECT_READ, MEDIA_NONE, 0, CALL_DEADLINE_MS,
     .handle = handle_consents},
    {"GET", "/v1/subjects/{id}/history", SCOPE_SUBJECT_READ, MEDIA_NONE, 0, CALL_DEADLINE_MS,
     .handle = handle_history},
    {"GET", "/v1/renewals", SCOPE_SUBJECT_READ, MEDIA_NONE, 0, CALL_DEADLINE_MS, .handle = handle_renewals},
    {"GET", "/v1/changes", SCOPE_CHANGES_READ, MEDIA_NONE, 0, CALL_DEADLINE_MS + LONG_POLL_SECONDS_MAX * 1000,
     .handle = handle_changes},
    {"POST", "/v1/mask", SCOPE_MASK, MEDIA_MASKABLE, BATCH_BODY_BYTES_MAX, CALL_DEADLINE_MS, .admits = true,
     .handle = handle_mask},
    {"POST", "/v1/analytics/filter", SCOPE_MASK | SCOPE_CONSENT_CHECK, MEDIA_NDJSON, BATCH_BODY_BYTES_MAX,
     BATCH_DEADLINE_MS, .needs_all_scopes = true, .cost = COST_RECORDS, .handle = handle_analytics_filter},
    {"GET", "/healthz", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS, .cost = COST_NONE,
     .handle = handle_live},
    {"GET", "/readyz", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS, .cost = COST_NONE,
     .handle = handle_ready},
    {"GET", "/openapi.yaml", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS, .cost = COST_ADDRESS,
     .handle = handle_openapi},
    {"GET", "/docs", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS, .cost = COST_ADDRESS,
     .handle = handle_docs},
    {0}};

size_t route_count(void)
{
    return sizeof routes / sizeof *routes - 1;
}

/* Whether ${path} has the shape of ${pattern}; what stands for "{id}" goes into ${ret_argument}. */
static bool path_matches(const char *pattern, h2o_iovec_t path, h2o_iovec_t *ret_argument)
{
    size_t len = strlen(pattern);
    const char *hole = strstr(pattern, "{id}");
    if (hole == NULL)
        return h2o_memis(path.base, path.len, pattern, len);
    size_t before = (size_t)(hole - pattern), after = len - before - 4;
    if (path.len <= before + after || memcmp(path.base, pattern, before) != 0 ||
        memcmp(path.base + path.len - after, hole + 4, after) != 0)
        return false;
    *ret_argument = h2o_iovec_init(path.base + before, path.len - before - after);
    return memchr(ret_argument->base, '/', ret_argument->len) == NULL;
}

static bool is(h2o_iovec_t text, const char *word)
{
    return h2o_memis(text.base, text.len, word, strlen(word));
}

const struct route *route_find(h2o_iovec_t method, h2o_iovec_t path, h2o_iovec_t *ret_argument)
{
    for (const struct route *r = routes; r->method != NULL; r++) {
        if ((is(method, r->method) || (strcmp(r->method, "GET") == 0 && is(method, "HEAD"))) &&
            path_matches(r->path, path, ret_argument))
            return r;
    }
    return NULL;
}

void route_methods(h2o_iovec_t path, char *text, size_t room)
{
    h2o_iovec_t argument;
    size_t len = 0;
    text[0] = '\0';
    for (const struct route *r = routes; r->method != NULL; r++) {
        if (path_matches(r->path, path, &argument))
            len += (size_t)snprintf(text + len, room - len, "%s%s, ", r->method,
                                    strcmp(r->method, "GET") == 0 ? ", HEAD" : "");
    }
    if (len > 0)
        snprintf(text + len, room - len, "OPTIONS");
}

const struct route *route_asked(const h2o_req_t *req)
{
    h2o_iovec_t path = req->input.path, argument;
    const char *query = path.len > 0 ? memchr(path.base, '?', path.len) : NULL;
    if (query != NULL)
        path.len = (size_t)(query - path.base);
    return route_find(req->input.method, path, &argument);
}
