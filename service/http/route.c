/* SPDX-License-Identifier: Apache-2.0 */
#include "http/route.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Up to the next slash, or the end. */
static size_t segment_len(const char *text, size_t len)
{
    const char *slash = memchr(text, '/', len);
    return slash != NULL ? (size_t)(slash - text) : len;
}

/* Whether ${segment} has the shape of one of a pattern; what stands for its braces goes into ${ret_argument},
 * which is left alone where it has none. */
static bool segment_matches(h2o_iovec_t pattern, h2o_iovec_t segment, h2o_iovec_t *ret_argument)
{
    const char *open = memchr(pattern.base, '{', pattern.len);
    if (open == NULL)
        return h2o_memis(segment.base, segment.len, pattern.base, pattern.len);
    const char *behind = (const char *)memchr(open, '}', pattern.len - (size_t)(open - pattern.base)) + 1;
    size_t before = (size_t)(open - pattern.base), after = pattern.len - (size_t)(behind - pattern.base);
    if (segment.len <= before + after || memcmp(segment.base, pattern.base, before) != 0 ||
        memcmp(segment.base + segment.len - after, behind, after) != 0)
        return false;
    *ret_argument = h2o_iovec_init(segment.base + before, segment.len - before - after);
    return true;
}

/* Whether ${path} has the shape of ${pattern}, segment by segment. */
static bool shape_matches(const char *pattern, h2o_iovec_t path,
                          h2o_iovec_t ret_arguments[ROUTE_ARGUMENTS_MAX])
{
    size_t len = strlen(pattern), argument = 0;
    const char *at = path.base, *end = path.base + path.len;
    for (;;) {
        h2o_iovec_t wanted = h2o_iovec_init(pattern, segment_len(pattern, len));
        h2o_iovec_t segment = h2o_iovec_init(at, segment_len(at, (size_t)(end - at)));
        h2o_iovec_t found = {NULL, 0};
        if (!segment_matches(wanted, segment, &found))
            return false;
        if (found.base != NULL)
            ret_arguments[argument++] = found;
        pattern += wanted.len, len -= wanted.len;
        at += segment.len;
        if (len == 0 || at == end)
            return len == 0 && at == end;
        pattern++, len--, at++; /* the slash */
    }
}

/* Most routes are plain, and each request is held to all of them up to its own. */
static bool path_matches(const struct route *r, h2o_iovec_t path,
                         h2o_iovec_t ret_arguments[ROUTE_ARGUMENTS_MAX])
{
    if (r->plain_len > 0)
        return h2o_memis(path.base, path.len, r->path, r->plain_len);
    return shape_matches(r->path, path, ret_arguments);
}

static bool is(h2o_iovec_t text, const char *word)
{
    return h2o_memis(text.base, text.len, word, strlen(word));
}

const struct route *route_find(const struct route *routes, h2o_iovec_t method, h2o_iovec_t path,
                               h2o_iovec_t ret_arguments[ROUTE_ARGUMENTS_MAX])
{
    for (const struct route *r = routes; r->method != NULL; r++) {
        if (path_matches(r, path, ret_arguments) &&
            (is(method, r->method) || (strcmp(r->method, "GET") == 0 && is(method, "HEAD"))))
            return r;
    }
    return NULL;
}

const struct route *route_near(const struct route *routes, h2o_iovec_t path)
{
    h2o_iovec_t arguments[ROUTE_ARGUMENTS_MAX];
    for (const struct route *r = routes; r->method != NULL; r++) {
        size_t len = strlen(r->path), before = strcspn(r->path, "{");
        bool is_cut = before < len && r->path[before - 1] == '/' && strcspn(r->path, "}") == len - 1 &&
                      h2o_memis(path.base, path.len, r->path, before);
        if (is_cut || path_matches(r, path, arguments))
            return r;
    }
    return NULL;
}

void route_methods(const struct route *routes, h2o_iovec_t path, char *text, size_t room)
{
    h2o_iovec_t arguments[ROUTE_ARGUMENTS_MAX];
    size_t len = 0;
    text[0] = '\0';
    for (const struct route *r = routes; r->method != NULL; r++) {
        if (strcmp(r->method, "OPTIONS") != 0 && path_matches(r, path, arguments))
            len += (size_t)snprintf(text + len, room - len, "%s%s, ", r->method,
                                    strcmp(r->method, "GET") == 0 ? ", HEAD" : "");
    }
    if (len > 0)
        snprintf(text + len, room - len, "OPTIONS");
}

const struct route *route_asked(const struct route *routes, const h2o_req_t *req)
{
    h2o_iovec_t path = req->input.path, arguments[ROUTE_ARGUMENTS_MAX];
    const char *query = path.len > 0 ? memchr(path.base, '?', path.len) : NULL;
    if (query != NULL)
        path.len = (size_t)(query - path.base);
    return route_find(routes, req->input.method, path, arguments);
}

void routes_join(const struct route *const tables[], struct route *ret_routes, size_t room)
{
    size_t count = 0;
    for (; *tables != NULL; tables++) {
        for (const struct route *r = *tables; r->method != NULL; r++) {
            assert(count + 1 < room);
            ret_routes[count] = *r;
            ret_routes[count++].plain_len = strchr(r->path, '{') == NULL ? strlen(r->path) : 0;
        }
    }
    ret_routes[count] = (struct route){0};
}
