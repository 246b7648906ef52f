/* SPDX-License-Identifier: Apache-2.0 */
#include "site/routes.h"

#include "auth/scope.h"
#include "base/limits.h"
#include "site/handlers.h"
#include "site/request.h"

const struct route site_routes[] = {
    {"GET", "/v1/sites/{id}/cookies", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS, .cost = COST_ADDRESS,
     .problem_headers = site_problem_open, .handle = handle_site_cookies},
    {"GET", "/v1/sites/{controller}/config", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS,
     .cost = COST_ADDRESS, .problem_headers = site_problem_open, .handle = handle_site_config},
    {"GET", "/v1/sites/{controller}/stats", SCOPE_POLICY_READ, MEDIA_NONE, 0, CALL_DEADLINE_MS,
     .admits = true, .handle = handle_site_stats},
    {"GET", "/v1/sites/{controller}/{name}.js", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS,
     .cost = COST_ADDRESS, .problem_headers = site_problem_open, .handle = handle_site_script},
    {"POST", "/v1/sites/{controller}/token", SCOPE_NONE, MEDIA_JSON_OR_NONE, SITE_BODY_BYTES_MAX,
     CALL_DEADLINE_MS, .cost = COST_ADDRESS, .problem_headers = site_problem_headers,
     .handle = handle_site_token},
    {"OPTIONS", "/v1/sites/{controller}/token", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS,
     .cost = COST_ADDRESS, .problem_headers = site_problem_headers, .handle = handle_site_preflight},
    {"POST", "/v1/sites/{controller}/choices", SCOPE_NONE, MEDIA_JSON, SITE_BODY_BYTES_MAX, CALL_DEADLINE_MS,
     .cost = COST_ADDRESS, .problem_headers = site_problem_headers, .handle = handle_site_choices},
    {"OPTIONS", "/v1/sites/{controller}/choices", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS,
     .cost = COST_ADDRESS, .problem_headers = site_problem_headers, .handle = handle_site_preflight},
    {"POST", "/v1/sites/{controller}/choices/read", SCOPE_NONE, MEDIA_JSON, SITE_BODY_BYTES_MAX,
     CALL_DEADLINE_MS, .cost = COST_ADDRESS, .problem_headers = site_problem_headers,
     .handle = handle_site_read},
    {"OPTIONS", "/v1/sites/{controller}/choices/read", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS,
     .cost = COST_ADDRESS, .problem_headers = site_problem_headers, .handle = handle_site_preflight},
    {"POST", "/v1/sites/{controller}/forms/{form}", SCOPE_NONE, MEDIA_JSON, SITE_BODY_BYTES_MAX,
     CALL_DEADLINE_MS, .cost = COST_ADDRESS, .problem_headers = site_problem_headers,
     .handle = handle_site_form},
    {"OPTIONS", "/v1/sites/{controller}/forms/{form}", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS,
     .cost = COST_ADDRESS, .problem_headers = site_problem_headers, .handle = handle_site_preflight},
    {"POST", "/v1/sites/{controller}/links/request", SCOPE_NONE, MEDIA_JSON, SITE_BODY_BYTES_MAX,
     CALL_DEADLINE_MS, .cost = COST_ADDRESS, .problem_headers = site_problem_headers,
     .handle = handle_site_lost_link},
    {"OPTIONS", "/v1/sites/{controller}/links/request", SCOPE_NONE, MEDIA_NONE, 0, CALL_DEADLINE_MS,
     .cost = COST_ADDRESS, .problem_headers = site_problem_headers, .handle = handle_site_preflight},
    {"POST", "/v1/links/request", SCOPE_LINK_CREATE, MEDIA_JSON, BODY_BYTES_MAX, CALL_DEADLINE_MS,
     .cost = COST_RECORDS, .handle = handle_lost_link},
    {0}};
