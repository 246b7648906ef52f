/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"

/* What a route takes as a body. */
enum media { MEDIA_NONE, MEDIA_JSON, MEDIA_NDJSON, MEDIA_MASKABLE };

/* What a request takes of its client's, or its address's, allowance. */
enum cost {
    COST_CALL,    /* one of the client's */
    COST_RECORDS, /* as many as it records or asks: the handler knows, and calls call_charge */
    COST_ADDRESS, /* one of the address's: no token is needed */
    COST_NONE     /* what a container's health check asks */
};

struct route {
    const char *method; /* GET also answers HEAD */
    const char *path;   /* one segment may be "{id}" */
    uint32_t scopes;    /* any one of these; 0: no token is asked for */
    enum media media;
    size_t body_max; /* bytes */
    int deadline_ms;
    bool needs_all_scopes; /* not one of them is enough, but only all */
    bool is_check;         /* a problem says `"allow": false` too */
    bool
        admits; /* the handler asks nothing under a policy: that the token was not revoked is asked before it */
    enum cost cost;
    void (*handle)(struct call *call);
};

/* Ends with a row whose method is NULL. Its place in the table is the route's number in /metrics. */
extern const struct route routes[];
size_t route_count(void);

/* The detail of ERROR_TOO_MANY_REQUESTS. */
extern const char client_spent[];

/* Whether what it does is there before its answer. */
bool route_writes(const struct route *route);

/* Finds the route, holds the request to it (method, token, scope, media type, size) and starts the call, or answers the problem. */
void route_request(struct worker *worker, h2o_req_t *req);

/* The path of the route that a request is for, as the table has it; NULL: there is none. */
const char *route_pattern(const h2o_req_t *req);
/* Bytes that the body of a request may have whose header is there: 0 when it will be refused whatever the body. */
size_t route_body_max(struct worker *worker, const h2o_req_t *req);
