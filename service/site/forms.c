/* SPDX-License-Identifier: Apache-2.0 */
#include "http/recording.h"
#include "ledger/site_form.h"
#include "site/handlers.h"
#include "site/request.h"

/* POST /v1/sites/{controller}/forms/{form}: somebody's address, which waits for its confirmation. Whatever
 * is known of it, the answer is the same. */

struct form_sending {
    struct recording recording; /* first: the call's state */
    struct site_page page;
    struct site_form form;
    const char *key; /* of the form */
};

static void form_compose(struct recording *r, const struct ledger_env *env, struct acts *ret_acts)
{
    struct form_sending *f = list_entry(r, struct form_sending, recording);
    struct call *call = r->attempt.call;
    h2o_iovec_t body = call_body(call);
    reader_close(&r->body);
    reader_open(&r->body, body.base, body.len);
    site_form_read(env, &f->page, f->key, &r->body, ret_acts, &f->form);
    if (f->form.site != NULL)
        site_allow(call, &f->page);
}

static void form_answer(struct recording *r)
{
    call_answer(r->attempt.call, 202, "application/json", "{}", 2);
}

/* No act, and no fault: it was a trap. */
static void form_trapped(struct recording *r, enum gone gone)
{
    (void)gone;
    form_answer(r);
}

static void form_start(struct call *call)
{
    static const struct recording_kind kind = {
        .compose = form_compose, .answer = form_answer, .gone = form_trapped};
    struct form_sending *f = call_alloc(call, sizeof *f);
    f->page = site_page_of(call);
    f->key = call_copy(call, call->arguments[1].base, call->arguments[1].len);
    recording_start(&f->recording, call, &kind);
}

void handle_site_form(struct call *call)
{
    if (call_takes_no_query(call))
        site_begin(call, form_start);
}
