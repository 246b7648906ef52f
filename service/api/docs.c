/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "http/asset.h"

#include <stdio.h>
#include <string.h>

/* The contract, as it was embedded: /openapi.yaml, and rendered for people at /docs. That page asks for
 * nothing but what stands here, and sends nothing but the requests that its reader tries. */

extern const struct embedded web_files[];

enum { WEB_NAME_MAX = 64 };

static const char revalidated[] = "no-cache"; /* a new release is seen at once; a 304 costs nothing */

static const struct web_type {
    const char *suffix, *type;
} web_types[] = {{".yaml", "application/yaml"},
                 {".html", "text/html; charset=utf-8"},
                 {".css", "text/css; charset=utf-8"},
                 {".js", "text/javascript; charset=utf-8"},
                 {".txt", "text/plain; charset=utf-8"}};

/* NULL: it is none that is served here. */
static const char *web_type_of(const char *name)
{
    const char *suffix = strrchr(name, '.');
    for (size_t i = 0; suffix != NULL && i < sizeof web_types / sizeof *web_types; i++) {
        if (strcmp(suffix, web_types[i].suffix) == 0)
            return web_types[i].type;
    }
    return NULL;
}

static void web_answer(struct call *call, const char *name)
{
    const struct embedded *file = embedded_find(web_files, name);
    const char *type = web_type_of(name);
    call_set_header(call, "content-security-policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    if (file != NULL && type != NULL)
        asset_answer(call, web_files, file, type, revalidated);
    else
        call_problem(call, ERROR_NOT_FOUND, NULL, NULL);
}

void handle_openapi(struct call *call)
{
    web_answer(call, "akkoord.yaml");
}

void handle_docs(struct call *call)
{
    web_answer(call, "docs.html");
}

void handle_docs_file(struct call *call)
{
    char name[WEB_NAME_MAX];
    h2o_iovec_t argument = call->arguments[0];
    snprintf(name, sizeof name, "%.*s", argument.len < sizeof name ? (int)argument.len : 0, argument.base);
    web_answer(call, name);
}

/* The address of the service itself is where somebody new begins. */
void handle_root(struct call *call)
{
    call_set_header(call, "location", "docs");
    call_answer(call, 302, "text/plain; charset=utf-8", "docs\n", strlen("docs\n"));
}
