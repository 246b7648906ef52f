/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "http/recording.h"
#include "http/site_counts.h"
#include "ledger/choice_cookie.h"
#include "site/handlers.h"
#include "site/request.h"

#include <string.h>

/* POST /v1/sites/{controller}/choices: what a visitor chose goes into the ledger, as any other act. */

struct choosing {
    struct recording recording; /* first: the call's state */
    struct site_page page;
    struct site_choice choice;
    char *kept; /* the cookie that came along, or "" */
};

static struct choosing *choosing_of(struct recording *r)
{
    return list_entry(r, struct choosing, recording);
}

static void choices_compose(struct recording *r, const struct ledger_env *env, struct acts *ret_acts)
{
    struct choosing *c = choosing_of(r);
    struct call *call = r->attempt.call;
    h2o_iovec_t body = call_body(call);
    reader_close(&r->body);
    reader_open(&r->body, body.base, body.len);
    site_choices_read(env, &c->page, &r->body, ret_acts, &c->choice);
    if (c->choice.site != NULL)
        site_allow(call, &c->page);
}

/* ---- the cookie ---- */

/* The value of the cookie `akkoord` in a header Cookie; "" where there is none. */
static char *cookie_kept(struct call *call)
{
    static const char name[] = "akkoord=";
    h2o_iovec_t all = call_header(call, "cookie");
    for (size_t at = 0; at < all.len;) {
        const char *part = all.base + at, *end = memchr(part, ';', all.len - at);
        size_t len = end != NULL ? (size_t)(end - part) : all.len - at;
        if (len >= sizeof name - 1 && len < CHOICE_COOKIE_MAX && memcmp(part, name, sizeof name - 1) == 0)
            return call_copy(call, part + sizeof name - 1, len - (sizeof name - 1));
        at += len + 1;
        while (at < all.len && all.base[at] == ' ')
            at++;
    }
    return call_copy(call, "", 0);
}

/* Where the site's own server passed it on: a browser keeps what a server sets for as long as it says. */
static void cookie_set(struct choosing *c)
{
    struct call *call = c->recording.attempt.call;
    struct buf cookie;
    if (!site_is_passed_on(call, &c->page) || c->choice.answer == SITE_ANSWER_NONE)
        return;
    buf_init(&cookie, CHOICE_COOKIE_MAX);
    if (choice_cookie_write(c->recording.attempt.controller->policy, &c->page, &c->choice, &c->recording.body,
                            c->kept, worker_now(call->worker), &cookie))
        call_set_header(call, "set-cookie", cookie.data);
    buf_free(&cookie);
}

/* ---- the answer ---- */

static void event_write(struct writer *w, const struct recorded *e, const struct policy *policy)
{
    const struct purpose *purpose = policy_purpose_numbered(policy, e->purpose, NULL);
    writer_object_begin(w, NULL);
    writer_text(w, "purpose", purpose != NULL ? purpose->key : NULL);
    writer_text(w, "event_state", event_state_word(rank_state(e->rank)));
    writer_text(w, "effect", effect_word(e->effect));
    writer_uuid(w, "record_id", e->record_id);
    writer_moment(w, "recorded_at", e->recorded_at);
    writer_moment(w, "valid_until", e->valid_until);
    writer_object_end(w);
}

static void choice_count(struct choosing *c)
{
    static const enum site_counted kinds[] = {
        [SITE_ACCEPTED] = COUNT_ACCEPTED, [SITE_REFUSED] = COUNT_REFUSED, [SITE_CHOSEN] = COUNT_CHOSEN};
    const struct controller *controller = c->recording.attempt.controller;
    if (c->choice.answer == SITE_ANSWER_NONE || c->recording.job.outcome == RECORD_REPLAYED)
        return;
    site_counts_add(c->recording.attempt.call->worker->site_counts, controller->controller_id,
                    controller->policy, c->choice.words_known ? c->choice.notice : NULL,
                    kinds[c->choice.answer]);
}

static void choices_answer(struct recording *r)
{
    struct choosing *c = choosing_of(r);
    struct call *call = r->attempt.call;
    const struct policy *policy = r->attempt.controller->policy;
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_int(&w, "policy_version", policy->version);
    writer_array_begin(&w, "choices");
    for (size_t i = 0; i < r->job.event_count; i++)
        event_write(&w, &r->job.events[i], policy);
    writer_array_end(&w);
    writer_object_end(&w);
    cookie_set(c);
    choice_count(c);
    call_answer_json(call, 201, &out);
}

/* No act, and no fault: the site gives no codes. */
static void choices_counted(struct recording *r, enum gone gone)
{
    (void)gone;
    r->job.event_count = 0;
    choices_answer(r);
}

static void choices_start(struct call *call)
{
    static const struct recording_kind kind = {
        .compose = choices_compose, .answer = choices_answer, .gone = choices_counted};
    struct choosing *c = call_alloc(call, sizeof *c);
    c->page = site_page_of(call);
    c->kept = cookie_kept(call);
    recording_start(&c->recording, call, &kind);
}

void handle_site_choices(struct call *call)
{
    if (call_takes_no_query(call))
        site_begin(call, choices_start);
}
