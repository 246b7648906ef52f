/* SPDX-License-Identifier: Apache-2.0 */
#include "site/request.h"

#include "http/controllers.h"
#include "store/lane.h"
#include "store/policy.h"

#include <string.h>

/* The actor of what a page sends. */
static const char actor[] = "site";

/* ---- the controller ---- */

struct site_search {
    struct call *call;
    void (*begin)(struct call *call);
    struct policy_read_job job;
};

static void search_dispose(void *state)
{
    struct site_search *s = state;
    policy_read_job_clear(&s->job);
}

static void on_searched(struct job *job, enum error e)
{
    struct site_search *s = list_entry(list_entry(job, struct policy_read_job, job), struct site_search, job);
    struct call *call = s->call;
    if (e != ERROR_NONE) {
        call_problem(call, e, NULL, NULL);
        return;
    }
    if (s->job.version == 0) {
        call_problem(call, ERROR_NOT_FOUND, "There is no such site.", NULL);
        return;
    }
    search_dispose(s);
    call->state = NULL;
    call->dispose = NULL;
    if (call->req != NULL)
        s->begin(call);
    else
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
}

static void site_search(struct call *call, void (*begin)(struct call *call))
{
    struct site_search *s = call_alloc(call, sizeof *s);
    s->call = call;
    s->begin = begin;
    policy_read_job_init(&s->job, call->claims.controller, 0);
    s->job.job.deadline = call->deadline;
    s->job.job.done = on_searched;
    call->state = s;
    call->dispose = search_dispose;
    lane_submit(call->worker->slow, &s->job.job);
}

void site_begin(struct call *call, void (*begin)(struct call *call))
{
    h2o_iovec_t key = call->arguments[0];
    if (!policy_key_valid(key.base, key.len)) {
        call_problem(call, ERROR_NOT_FOUND, "There is no such site.", NULL);
        return;
    }
    call->claims = (struct claims){.scopes = SCOPE_CONSENT_RECORD | SCOPE_CONSENT_IMPORT};
    memcpy(call->claims.controller, key.base, key.len);
    memcpy(call->claims.subject, actor, sizeof actor);
    call->charged = true; /* the address has been: what strangers send must not use up the site's own limit */
    struct controller *held = controllers_find(call->worker->controllers, call->claims.controller);
    bool is_held = held != NULL;
    controller_unref(held);
    if (is_held)
        begin(call);
    else
        site_search(call, begin);
}

/* ---- the page ---- */

struct site_page site_page_of(struct call *call)
{
    h2o_iovec_t origin = call_header(call, "origin");
    call_set_header(call, "vary", "origin");
    if (origin.base == NULL || call_header_is_repeated(call, "origin"))
        return (struct site_page){"", 0};
    return (struct site_page){call_copy(call, origin.base, origin.len), origin.len};
}

void site_allow(struct call *call, const struct site_page *page)
{
    static const char name[] = "access-control-allow-origin";
    if (call->req == NULL)
        return;
    const h2o_headers_t *headers = &call->req->res.headers;
    if (h2o_find_header(headers, H2O_TOKEN_ACCESS_CONTROL_ALLOW_ORIGIN, -1) < 0 &&
        h2o_find_header_by_str(headers, name, sizeof name - 1, -1) < 0)
        call_set_header(call, name, page->origin);
}

bool site_is_passed_on(const struct call *call, const struct site_page *page)
{
    if (call->req == NULL)
        return false;
    h2o_iovec_t fetched = call_header(call, "sec-fetch-site"), host = call->req->authority;
    const char *at = memmem(page->origin, page->origin_len, "://", 3);
    if (fetched.base != NULL)
        return h2o_memis(fetched.base, fetched.len, H2O_STRLIT("same-origin"));
    return at != NULL &&
           h2o_memis(host.base, host.len, at + 3, page->origin_len - (size_t)(at + 3 - page->origin));
}
