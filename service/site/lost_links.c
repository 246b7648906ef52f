/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "http/attempt.h"
#include "http/lost_link.h"
#include "ledger/site_form.h"
#include "site/handlers.h"
#include "site/request.h"

/* POST /v1/links/request, and of a site's pages /v1/sites/{controller}/links/request: for people who lost the
 * mail. Whether anybody is known by the address is looked up after the answer, which is always the same; the
 * link leaves by the outbox, and is never in it. */
struct asking {
    struct attempt attempt;
    struct reader body;
    bool is_public; /* it comes from a page of a site's */
    struct site_page page;
};

static void asking_dispose(void *state)
{
    struct asking *a = state;
    reader_close(&a->body);
    attempt_end(&a->attempt);
}

/* Returns whether a link is to be sent, where nothing is wrong. */
static bool asking_read(struct asking *a, const struct ledger_env *env, struct lost_link *ret_lost)
{
    struct node root = reader_root(&a->body);
    if (!a->is_public) {
        if (node_present(&root))
            lost_link_read(env, &root, ret_lost);
        return true;
    }
    struct site_form form;
    site_link_read(env, &a->page, &a->body, ret_lost, &form);
    if (form.site != NULL)
        site_allow(a->attempt.call, &a->page);
    return !form.is_trapped;
}

static void asking_begin(struct call *call)
{
    struct asking *a = call->state;
    struct lost_link lost = {0};
    if (call->req == NULL) {
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    struct ledger_env env = attempt_env(&a->attempt);
    h2o_iovec_t body = call_body(call);
    reader_close(&a->body);
    reader_open(&a->body, body.base, body.len);
    /* Whether there is an endpoint the outbox knows: this thread may hold an older policy. */
    bool sends = asking_read(a, &env, &lost);
    if (!reader_ok(&a->body))
        attempt_bad_body(&a->attempt, &a->body);
    else if (sends && !lost_link_send(call, &env, &lost))
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
    else
        call_answer(call, 202, "application/json", "{}", 2);
}

static struct asking *asking_make(struct call *call)
{
    struct asking *a = call_alloc(call, sizeof *a);
    call->state = a;
    call->dispose = asking_dispose;
    return a;
}

static void site_start(struct call *call)
{
    struct asking *a = asking_make(call);
    a->is_public = true;
    a->page = site_page_of(call);
    attempt_start(&a->attempt, call, asking_begin);
}

void handle_site_lost_link(struct call *call)
{
    if (call_takes_no_query(call))
        site_begin(call, site_start);
}

void handle_lost_link(struct call *call)
{
    if (call_takes_no_query(call) && call_charge(call, 1))
        attempt_start(&asking_make(call)->attempt, call, asking_begin);
}
