/* SPDX-License-Identifier: Apache-2.0 */
#include "base/embedded.h"
#include "domain/policy.h"
#include "http/asset.h"
#include "site/handlers.h"

#include <stdio.h>
#include <string.h>

/* GET /v1/sites/{controller}/NAME.js and NAME.<sha256>.js: the banner, and what it loads, as it was
 * embedded. The controller is not looked at: the files are the same for all. */

extern const struct embedded script_files[];

enum { NAME_MAX_BYTES = 128, SHA256_HEX = 64 };

/* Of "NAME" or "NAME.<sha256>". A file of that hash may have been kept from an earlier release. */
static const struct embedded *script_find(h2o_iovec_t argument, bool *ret_is_pinned)
{
    char name[NAME_MAX_BYTES];
    if (argument.len + sizeof ".js" > sizeof name)
        return NULL;
    snprintf(name, sizeof name, "%.*s.js", (int)argument.len, argument.base);
    const char *dot = memchr(argument.base, '.', argument.len);
    const struct embedded *found = embedded_find(script_files, name);
    *ret_is_pinned = dot != NULL;
    if (found != NULL || dot == NULL)
        return found;

    size_t len = (size_t)(dot - argument.base);
    h2o_iovec_t hash = h2o_iovec_init(dot + 1, argument.len - len - 1);
    snprintf(name, sizeof name, "%.*s.js", (int)len, argument.base);
    found = embedded_find(script_files, name);
    return found != NULL && h2o_memis(hash.base, hash.len, found->sha256, SHA256_HEX) ? found : NULL;
}

void handle_site_script(struct call *call)
{
    bool is_pinned;
    if (!call_takes_no_query(call))
        return;
    const struct embedded *script = script_find(call->arguments[1], &is_pinned);
    if (script == NULL || !policy_key_valid(call->arguments[0].base, call->arguments[0].len)) {
        call_problem(call, ERROR_NOT_FOUND, "There is no such script, or no longer in that version.", NULL);
        return;
    }
    call_set_header(call, "access-control-allow-origin", "*");
    call_set_header(call, "cross-origin-resource-policy", "cross-origin");
    asset_answer(call, script_files, script, "text/javascript; charset=utf-8",
                 is_pinned ? "public, max-age=31536000, immutable" : "public, max-age=300");
}
