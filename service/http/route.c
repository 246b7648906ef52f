/* SPDX-License-Identifier: Apache-2.0 */
#include "http/route.h"

#include <stdio.h>
#include <string.h>

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

const struct route *route_find(const struct route *routes, h2o_iovec_t method, h2o_iovec_t path,
                               h2o_iovec_t *ret_argument)
{
    for (const struct route *r = routes; r->method != NULL; r++) {
        if ((is(method, r->method) || (strcmp(r->method, "GET") == 0 && is(method, "HEAD"))) &&
            path_matches(r->path, path, ret_argument))
            return r;
    }
    return NULL;
}

void route_methods(const struct route *routes, h2o_iovec_t path, char *text, size_t room)
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

const struct route *route_asked(const struct route *routes, const h2o_req_t *req)
{
    h2o_iovec_t path = req->input.path, argument;
    const char *query = path.len > 0 ? memchr(path.base, '?', path.len) : NULL;
    if (query != NULL)
        path.len = (size_t)(query - path.base);
    return route_find(routes, req->input.method, path, &argument);
}
