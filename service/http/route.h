/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/scope.h"
#include "http/media.h"

#include <h2o.h>
#include <stdbool.h>

struct call;

/* What a request takes of its client's, or its address's, rate limit. */
enum cost {
    COST_CALL,    /* one of the client's */
    COST_RECORDS, /* as many as it records or asks: the handler knows, and calls call_charge */
    COST_ADDRESS, /* one of the address's: no token is needed */
    COST_NONE     /* what a container's health check asks */
};

/* A row of a table, which ends with one whose method is NULL. Its place is the route's number in /metrics. */
struct route {
    const char *method; /* GET also answers HEAD */
    const char *path;   /* one segment may be "{id}" */
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
};

/* Whether what it does is there before its answer. */
static inline bool route_writes(const struct route *route)
{
    return (route->scopes &
            (SCOPE_CONSENT_RECORD | SCOPE_CONSENT_WITHDRAW | SCOPE_POLICY_WRITE | SCOPE_KEYS_WRITE)) != 0;
}

/* NULL: none has that method and path. ${ret_argument}: what stands for "{id}". */
const struct route *route_find(const struct route *routes, h2o_iovec_t method, h2o_iovec_t path,
                               h2o_iovec_t *ret_argument);
/* The route of a request as it came, before libh2o made anything of it; NULL: there is none. */
const struct route *route_asked(const struct route *routes, const h2o_req_t *req);
/* The methods a path knows, as Allow names them; "" when there is no such path. */
void route_methods(const struct route *routes, h2o_iovec_t path, char *text, size_t room);
