/* SPDX-License-Identifier: Apache-2.0 */
#include "request.h"

#include <string.h>

void request_open(h2o_req_t *req, const char *path_and_query)
{
    memset(req, 0, sizeof *req);
    h2o_mem_init_pool(&req->pool);
    req->path = h2o_strdup(&req->pool, path_and_query, SIZE_MAX);
    const char *query = strchr(path_and_query, '?');
    req->query_at = query != NULL ? (size_t)(query - path_and_query) : SIZE_MAX;
}

void request_header(h2o_req_t *req, const char *name, const char *value)
{
    h2o_add_header_by_str(&req->pool, &req->headers, name, strlen(name), 1, NULL, value, strlen(value));
}

const char *request_answer_header(h2o_req_t *req, const char *name)
{
    for (size_t i = 0; i < req->res.headers.size; i++) {
        const h2o_header_t *h = &req->res.headers.entries[i];
        if (h2o_memis(h->name->base, h->name->len, name, strlen(name)))
            return h2o_strdup(&req->pool, h->value.base, h->value.len).base;
    }
    return NULL;
}

void request_close(h2o_req_t *req)
{
    h2o_mem_clear_pool(&req->pool);
}
