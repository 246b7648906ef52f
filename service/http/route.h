/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/scope.h"
#include "base/error.h"
#include "http/media.h"

#include <h2o.h>
#include <stdbool.h>

struct call;
struct worker;

/* What a request takes of its client's, or its address's, rate limit. */
enum cost {
    COST_CALL,    /* one of the client's */
    COST_RECORDS, /* as many as it records or asks: the handler knows, and calls call_charge */
    COST_ADDRESS, /* one of the address's: no token is needed */
    COST_NONE     /* what a container's health check asks */
};

enum { ROUTE_ARGUMENTS_MAX = 2 };

/* A row of a table, which ends with one whose method is NULL. Its place is the route's number in /metrics. */
struct route {
    const char *method; /* GET also answers HEAD */
    const char *path;   /* with up to ROUTE_ARGUMENTS_MAX places in braces, at most one a segment */
    uint32_t scopes;    /* any one of these; 0: no token is asked for */
    enum media media;
    size_t body_max; /* bytes */
    int deadline_ms;
    bool needs_all_scopes; /* not one of them is enough, but only all */
    bool is_check;         /* a problem says `"allow": false` too */
    /* the handler asks nothing under a policy: that the token was not revoked is asked before it */
    bool admits;
    enum cost cost;
    void (*handle)(struct call *call);
    /* Answers an error as a reader sees it. NULL: a problem as JSON. */
    void (*problem)(struct worker *worker, h2o_req_t *req, enum error e);
    /* Header fields of an error, whoever finds it; may be called again. NULL: none of its own. */
    void (*problem_headers)(struct worker *worker, h2o_req_t *req);
    /* Bytes of a path without braces, which is compared as a whole; routes_join() fills it in. 0: it has
     * braces, or nobody knows. */
    size_t plain_len;
};

/* Whether what it does is there before its answer. */
static inline bool route_writes(const struct route *route)
{
    return (route->scopes &
            (SCOPE_CONSENT_RECORD | SCOPE_CONSENT_IMPORT | SCOPE_CONSENT_WITHDRAW | SCOPE_POLICY_WRITE |
             SCOPE_KEYS_WRITE | SCOPE_RIGHTS_WRITE | SCOPE_SUBJECT_ERASE)) != 0;
}

/* NULL: none has that method and path. ${ret_arguments}: what stands for the braces, none of it empty. */
const struct route *route_find(const struct route *routes, h2o_iovec_t method, h2o_iovec_t path,
                               h2o_iovec_t ret_arguments[ROUTE_ARGUMENTS_MAX]);
/* The route of a request as it came, before libh2o made anything of it; NULL: there is none. */
const struct route *route_asked(const struct route *routes, const h2o_req_t *req);
/* Whose reader it is that asks for ${path} by a method that none has, or with nothing in place of the braces
 * at its end; NULL: nobody's. */
const struct route *route_near(const struct route *routes, h2o_iovec_t path);
/* The methods a path knows, as Allow names them; "" when there is no such path. OPTIONS is known of each:
 * a row of its own answers more than that. */
void route_methods(const struct route *routes, h2o_iovec_t path, char *text, size_t room);
/* All rows of several tables as one; ${tables} ends with NULL, and ${room} counts the row at the end. */
void routes_join(const struct route *const tables[], struct route *ret_routes, size_t room);
