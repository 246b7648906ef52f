/* SPDX-License-Identifier: Apache-2.0 */
#include "http/challenge.h"

#include <stdio.h>

enum { CHALLENGE_MAX = 256 /* bytes */ };

static void challenge_add(h2o_req_t *req, const char *challenge)
{
    h2o_iovec_t copy = h2o_strdup(&req->pool, challenge, SIZE_MAX);
    h2o_set_header(&req->pool, &req->res.headers, H2O_TOKEN_WWW_AUTHENTICATE, copy.base, copy.len, 1);
}

void challenge_token(h2o_req_t *req, const char *fault)
{
    char text[CHALLENGE_MAX] = "Bearer realm=\"akkoord\"";
    if (fault != NULL)
        snprintf(text, sizeof text,
                 "Bearer realm=\"akkoord\", error=\"invalid_token\", error_description=\"%s\"", fault);
    challenge_add(req, text);
}

const char *challenge_scope(h2o_req_t *req, const char *scopes)
{
    char text[CHALLENGE_MAX];
    snprintf(text, sizeof text, "Bearer realm=\"akkoord\", error=\"insufficient_scope\", scope=\"%s\"",
             scopes);
    challenge_add(req, text);
    snprintf(text, sizeof text, "This needs the scope %s.", scopes);
    return h2o_strdup(&req->pool, text, SIZE_MAX).base;
}
