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

static ssize_t field_find(const h2o_headers_t *headers, const char *name, ssize_t after)
{
    size_t len = strlen(name);
    const h2o_token_t *known = h2o_lookup_token(name, len);
    ssize_t at = known != NULL ? h2o_find_header(headers, known, after) : -1;
    return at >= 0 ? at : h2o_find_header_by_str(headers, name, len, after);
}

/* Both live as long as ${req}. */
static void answer_says(h2o_req_t *req, const char *name, const char *value)
{
    if (field_find(&req->res.headers, name, -1) < 0)
        h2o_add_header_by_str(&req->pool, &req->res.headers, name, strlen(name), 1, NULL, value,
                              strlen(value));
}

static const char allow_origin[] = "access-control-allow-origin";

struct site_page site_page_of(struct call *call)
{
    h2o_iovec_t origin = call_header(call, "origin");
    if (call->req != NULL)
        answer_says(call->req, "vary", "origin");
    if (origin.base == NULL || call_header_is_repeated(call, "origin"))
        return (struct site_page){"", 0};
    return (struct site_page){call_copy(call, origin.base, origin.len), origin.len};
}

void site_allow(struct call *call, const struct site_page *page)
{
    if (call->req != NULL)
        answer_says(call->req, allow_origin, h2o_strdup(&call->req->pool, page->origin, SIZE_MAX).base);
}

/* The path's controller, as far as the thread holds it: nothing is asked for an error that is found before
 * a token or a body is read. NULL: none. With a reference. */
static struct controller *controller_held(struct worker *worker, const h2o_req_t *req)
{
    static const char before[] = "/v1/sites/";
    enum { BEFORE = sizeof before - 1 };
    char key[POLICY_KEY_MAX + 1];
    if (req->path.len <= BEFORE || memcmp(req->path.base, before, BEFORE) != 0)
        return NULL;
    const char *at = req->path.base + BEFORE, *slash = memchr(at, '/', req->path.len - BEFORE);
    size_t len = slash != NULL ? (size_t)(slash - at) : 0;
    if (len == 0 || len > POLICY_KEY_MAX || !policy_key_valid(at, len))
        return NULL;
    memcpy(key, at, len);
    key[len] = '\0';
    return controllers_find(worker->controllers, key);
}

void site_problem_headers(struct worker *worker, h2o_req_t *req)
{
    ssize_t at = field_find(&req->headers, "origin", -1);
    answer_says(req, "vary", "origin");
    if (at < 0 || field_find(&req->headers, "origin", at) >= 0)
        return;
    h2o_iovec_t origin = req->headers.entries[at].value;
    struct controller *c = controller_held(worker, req);
    if (c != NULL && policy_site(c->policy, origin.base, origin.len) != NULL)
        answer_says(req, allow_origin, h2o_strdup(&req->pool, origin.base, origin.len).base);
    controller_unref(c);
}

void site_problem_open(struct worker *worker, h2o_req_t *req)
{
    (void)worker;
    answer_says(req, allow_origin, "*");
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
