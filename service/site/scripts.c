/* SPDX-License-Identifier: Apache-2.0 */
#include "base/embedded.h"
#include "base/limits.h"
#include "domain/policy.h"
#include "http/asset.h"
#include "http/controllers.h"
#include "site/handlers.h"
#include "store/check.h"
#include "store/lane.h"
#include "store/policy.h"

#include <stdio.h>
#include <string.h>

/* GET /v1/sites/{controller}/NAME.js and NAME.<sha256>.js: the banner, and what it loads, as it was
 * embedded: the same files for all controllers. (1) banner.js alone is another where the policy in force says
 * `cookies: none`: quiet.js, which asks nobody, nor the service. Where that cannot be told it is the whole
 * banner, which finds out by itself: a page is never without. whole.js is that, whatever the policy says. */

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

static void script_answer(struct call *call, const struct embedded *script, bool is_pinned)
{
    call_set_header(call, "access-control-allow-origin", "*");
    call_set_header(call, "cross-origin-resource-policy", "cross-origin");
    asset_answer(call, script_files, script, "text/javascript; charset=utf-8",
                 is_pinned ? "public, max-age=31536000, immutable" : "public, max-age=300");
}

/* ---- banner.js ---- */

/* Waits for one thing at a time. */
struct banner_choice {
    struct call *call;
    const char *key;
    int64_t deadline;              /* of clock_monotonic */
    struct controller *controller; /* with a reference; NULL: none is held */
    struct policy_read_job search; /* whether there is such a controller */
    struct check_job current;      /* whether what is held is in force */
    struct controller_wait wait;
};

static void choice_dispose(void *state)
{
    struct banner_choice *b = state;
    policy_read_job_clear(&b->search);
    check_job_clear(&b->current);
    controller_unref(b->controller);
}

/* NULL: what the policy says cannot be told. */
static void banner_answer(struct banner_choice *b, const struct controller *c)
{
    bool is_quiet = c != NULL && c->policy->cookies_none;
    const struct embedded *script = embedded_find(script_files, is_quiet ? "quiet.js" : "banner.js");
    if (b->call->req == NULL || script == NULL)
        call_problem(b->call, ERROR_UNAVAILABLE, NULL, NULL);
    else
        script_answer(b->call, script, false);
}

static void on_loaded(struct controller_wait *wait, struct controller *c, enum error e)
{
    (void)e;
    struct banner_choice *b = list_entry(wait, struct banner_choice, wait);
    controller_unref(b->controller);
    b->controller = c;
    banner_answer(b, c);
}

static void banner_load(struct banner_choice *b)
{
    b->wait.done = on_loaded;
    controllers_load(b->call->worker->controllers, b->key, b->deadline, &b->wait);
}

static void on_current(struct job *job, enum error e)
{
    struct banner_choice *b =
        list_entry(list_entry(job, struct check_job, job), struct banner_choice, current);
    if (e != ERROR_NONE)
        banner_answer(b, NULL);
    else if (b->current.generation != b->controller->generation)
        banner_load(b);
    else
        banner_answer(b, b->controller);
}

/* Strangers name what they like: only who exists is loaded. */
static void on_searched(struct job *job, enum error e)
{
    struct banner_choice *b =
        list_entry(list_entry(job, struct policy_read_job, job), struct banner_choice, search);
    if (e != ERROR_NONE || b->search.version == 0)
        banner_answer(b, NULL);
    else
        banner_load(b);
}

static void banner_choose(struct call *call)
{
    struct banner_choice *b = call_alloc(call, sizeof *b);
    b->call = call;
    b->key = call_argument(call, 0);
    b->deadline = clock_monotonic() + BANNER_CHOICE_MS * INT64_C(1000);
    b->controller = controllers_find(call->worker->controllers, b->key);
    call->state = b;
    call->dispose = choice_dispose;
    if (b->controller == NULL) {
        policy_read_job_init(&b->search, b->key, 0);
        b->search.job.deadline = b->deadline;
        b->search.job.done = on_searched;
        lane_submit(call->worker->slow, &b->search.job); /* anybody may ask: not before the checks */
        return;
    }
    check_job_init(&b->current, b->controller->controller_id, NULL, 0, NULL, 0);
    b->current.job.deadline = b->deadline;
    b->current.job.done = on_current;
    lane_submit(call->worker->slow, &b->current.job);
}

/* ---- any ---- */

void handle_site_script(struct call *call)
{
    bool is_pinned;
    h2o_iovec_t name = call->arguments[1];
    if (!call_takes_no_query(call))
        return;
    if (h2o_memis(name.base, name.len, H2O_STRLIT("whole")))
        name = h2o_iovec_init(H2O_STRLIT("banner"));
    const struct embedded *script = script_find(name, &is_pinned);
    if (script == NULL || !policy_key_valid(call->arguments[0].base, call->arguments[0].len)) {
        call_problem(call, ERROR_NOT_FOUND, "There is no such script, or no longer in that version.", NULL);
        return;
    }
    if (h2o_memis(call->arguments[1].base, call->arguments[1].len, H2O_STRLIT("banner")))
        banner_choose(call);
    else
        script_answer(call, script, is_pinned);
}
