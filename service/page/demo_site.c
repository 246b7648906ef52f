/* SPDX-License-Identifier: Apache-2.0 */
#include "page/demo_site.h"

#include "http/server.h"
#include "page/frame.h"

void handle_demo_site(struct call *call)
{
    const struct server_options *options = call->worker->options;
    if (!page_is_demo(call) || !call_takes_no_query(call))
        return;
    if (options->demo_site[0] == '\0') {
        page_not_found(call);
        return;
    }
    call_set_header(call, "location", options->demo_site);
    call_answer(call, 302, NULL, "", 0);
}
