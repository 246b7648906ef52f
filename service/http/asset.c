/* SPDX-License-Identifier: Apache-2.0 */
#include "http/asset.h"

#include "http/etag.h"
#include "http/media.h"

#include <stdio.h>

enum { NAME_MAX_BYTES = 136 };

/* The codings that are made at build time, the smaller first. */
static const struct coding {
    const char *name, *suffix;
} codings[] = {{"br", "br"}, {"gzip", "gz"}};

/* What the request likes best: a file coded so, in ${ret_coding}; else the file itself, and NULL. */
static const struct embedded *asset_coded(const struct call *call, const struct embedded *files,
                                          const struct embedded *file, const char **ret_coding)
{
    char name[NAME_MAX_BYTES];
    h2o_iovec_t accept = call_header(call, "accept-encoding");
    int best = coding_weight(accept, "identity");
    const struct embedded *chosen = file;
    *ret_coding = NULL;
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
        int weight = coding_weight(accept, codings[i].name);
        snprintf(name, sizeof name, "%s.%s", file->name, codings[i].suffix);
        const struct embedded *coded = embedded_find(files, name);
        /* Where it is as welcome as the file itself, it is the shorter one. */
        if (coded == NULL || weight <= 0 || weight < best || (*ret_coding != NULL && weight == best))
            continue;
        best = weight;
        chosen = coded;
        *ret_coding = codings[i].name;
    }
    return chosen;
}

void asset_answer(struct call *call, const struct embedded *files, const struct embedded *file,
                  const char *type, const char *cacheable)
{
    char etag[ETAG_TEXT + 1];
    const char *coding;
    const struct embedded *sent = asset_coded(call, files, file, &coding);
    snprintf(etag, sizeof etag, "\"%.*s\"", ETAG_TEXT - 2, sent->sha256);
    call_set_header(call, "etag", etag);
    call_set_header(call, "vary", "accept-encoding");
    call_set_header(call, "x-content-type-options", "nosniff");
    h2o_set_header(&call->req->pool, &call->req->res.headers, H2O_TOKEN_CACHE_CONTROL, cacheable,
                   strlen(cacheable), 1);
    if (etag_seen(call, etag)) {
        call_answer(call, 304, NULL, "", 0);
        return;
    }
    if (coding != NULL)
        call_set_header(call, "content-encoding", coding);
    call_answer_static(call, 200, type, sent->data, sent->len);
}
