/* SPDX-License-Identifier: Apache-2.0 */
#include "page/frame.h"
#include "page/guardian_internal.h"
#include "page/handlers.h"
#include "page/opened.h"
#include "store/lane.h"

#include <string.h>

/* /g/{token}: a guardian reads what is asked for a child, and says yes to some of it, refuses all, or takes a
 * Yes back. The page is the statement: what it showed is hashed, and what was signed is that.
 *
 * (1) Nothing is ticked beforehand, and refusing takes one press as agreeing does. (2) A Yes is taken while
 * the request waits; a No always. (3) A form that is sent twice is recorded once, however it was sent: a Yes
 * names what the guardian had said when its page was made, and is then the same for good; a No is the same
 * only while nothing was said since, so that none is lost. */

static struct guardian_page *page_of(struct recording *r)
{
    return list_entry(r, struct guardian_page, recording);
}

static struct call *call_of(const struct guardian_page *g)
{
    return g->recording.attempt.call;
}

/* By which tags the guardian may be known: a rotation has wrapped the link's since. Returns false where the
 * link is of keys that are no more. */
static bool tags_fill(struct guardian_page *g, const struct controller *c)
{
    struct guardian_request_job *job = &g->asked;
    if (tagger_wrap(c->tagger, &g->link.guardian, &job->tags[job->tag_count]) == 0)
        job->tag_count++;
    if (c->old_tagger != NULL &&
        tagger_wrap(c->old_tagger, &g->link.guardian, &job->tags[job->tag_count]) == 0)
        job->tag_count++;
    return job->tag_count > 0;
}

static void guardian_ask(struct guardian_page *g, void (*done)(struct job *job, enum error e))
{
    const struct controller *c = g->recording.attempt.controller;
    guardian_request_job_clear(&g->asked);
    guardian_request_job_init(&g->asked, c->controller_id, &g->link.which);
    if (!tags_fill(g, c)) {
        page_not_found(call_of(g));
        return;
    }
    g->asked.job.deadline = call_of(g)->deadline;
    g->asked.job.done = done;
    lane_submit(call_of(g)->worker->read, &g->asked.job);
}

static struct guardian_page *page_of_job(struct job *job)
{
    return list_entry(list_entry(job, struct guardian_request_job, job), struct guardian_page, asked);
}

/* Whether what was asked can be gone by; else the call has ended, or begins again. */
static bool guardian_judge(struct guardian_page *g, enum error e)
{
    struct attempt *attempt = &g->recording.attempt;
    if (e != ERROR_NONE || g->asked.broken)
        call_problem(attempt->call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
    else if (g->asked.generation != attempt->controller->generation)
        attempt_again(attempt);
    else
        return true;
    return false;
}

/* ---- GET ---- */

static void on_asked(struct job *job, enum error e)
{
    struct guardian_page *g = page_of_job(job);
    if (guardian_judge(g, e))
        guardian_show(g, 200);
}

static void showing_begin(struct call *call)
{
    guardian_ask(call->state, on_asked);
}

static void showing_dispose(void *state)
{
    struct guardian_page *g = state;
    guardian_request_job_clear(&g->asked);
    attempt_end(&g->recording.attempt);
}

static void showing_start(struct call *call, void *cookie)
{
    struct guardian_page *g = cookie;
    call->state = g;
    call->dispose = showing_dispose;
    attempt_start(&g->recording.attempt, call, showing_begin);
}

/* ---- POST ---- */

static void sending_forget(struct recording *r)
{
    guardian_request_job_clear(&page_of(r)->asked);
}

/* (3) */
static void on_sending_asked(struct job *job, enum error e)
{
    struct guardian_page *g = page_of_job(job);
    struct call *call = call_of(g);
    if (!guardian_judge(g, e))
        return;
    if (call->req == NULL)
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
    else if (!guardian_key_make(g))
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
    else
        recording_go_on(&g->recording);
}

static void sending_ask(struct recording *r)
{
    guardian_ask(page_of(r), on_sending_asked);
}

static void sending_compose(struct recording *r, const struct ledger_env *env, struct acts *ret_acts)
{
    struct guardian_page *g = page_of(r);
    *ret_acts = (struct acts){.gone = GONE_LOST};
    g->answer.address = page_sender_address(r->attempt.call);
    g->answer.user_agent = page_sender_agent(r->attempt.call);
    g->complete = guardian_form_read(g, env);
    g->made = g->complete && guardian_answer_acts(env, &g->link, &g->asked, &g->answer, &r->body, ret_acts);
    if (!g->made)
        *ret_acts = (struct acts){.gone = GONE_LOST};
}

static void on_gone_asked(struct job *job, enum error e)
{
    struct guardian_page *g = page_of_job(job);
    if (guardian_judge(g, e))
        guardian_show(g, 410);
}

/* Nothing was recorded: something is missing in the form, or it says what has been said; or what a Yes needs
 * went meanwhile, which is said above the page as it is now. */
static void sending_gone(struct recording *r, enum gone gone)
{
    (void)gone;
    struct guardian_page *g = page_of(r);
    if (g->made) {
        g->said = TEXT_OVER_LOST;
        guardian_ask(g, on_gone_asked);
    } else if (g->complete)
        call_problem(call_of(g), ERROR_OVERLOADED, NULL, NULL);
    else
        guardian_show(g, g->said != TEXT_NONE ? 422 : 200);
}

/* Of a form that was sent before: whether what it recorded then is the last that was said; TEXT_NONE: nothing
 * is left of it. */
static enum page_text repeat_text(const struct guardian_page *g)
{
    const struct record_job *first = &g->recording.job;
    int64_t last = 0;
    for (size_t i = 0; i < first->event_count; i++)
        last = first->events[i].revision > last ? first->events[i].revision : last;
    if (g->asked.count == 0)
        return TEXT_NONE;
    return last == guardian_said_last(g) ? TEXT_GUARDIAN_RECORDED : TEXT_GUARDIAN_AGAIN;
}

static void on_recorded_asked(struct job *job, enum error e)
{
    struct guardian_page *g = page_of_job(job);
    if (e != ERROR_NONE || g->asked.broken) {
        call_problem(call_of(g), ERROR_OUTCOME_UNKNOWN, NULL, NULL);
        return;
    }
    g->said = g->recording.job.outcome == RECORD_REPLAYED ? repeat_text(g) : TEXT_GUARDIAN_RECORDED;
    guardian_show(g, 200);
}

static void sending_answer(struct recording *r)
{
    guardian_ask(page_of(r), on_recorded_asked);
}

static void sending_start(struct call *call, void *cookie)
{
    static const struct recording_kind kind = {.compose = sending_compose,
                                               .ask = sending_ask,
                                               .forget = sending_forget,
                                               .answer = sending_answer,
                                               .gone = sending_gone};
    struct guardian_page *g = cookie;
    recording_start(&g->recording, call, &kind);
}

/* ---- both ---- */

static struct guardian_page *page_opened(struct call *call)
{
    struct guardian_page *g = call_alloc(call, sizeof *g);
    h2o_iovec_t token = call->arguments[0];
    if (guardian_link_open(call->worker->options->link_keys, token.base, token.len, &g->link) == 0)
        return g;
    page_not_found(call);
    return NULL;
}

void handle_guardian_page(struct call *call)
{
    struct guardian_page *g = page_opened(call);
    if (g != NULL)
        page_open(call, g->link.controller_id, showing_start, g);
}

void handle_guardian_form(struct call *call)
{
    struct guardian_page *g = page_opened(call);
    if (g == NULL)
        return;
    h2o_iovec_t body = call_body(call), type = call_header(call, "content-type");
    if (!page_is_origin_ours(call))
        call_problem(call, ERROR_FOREIGN_ORIGIN, NULL, NULL);
    else if (type.base == NULL ||
             !form_read(&call->arena, type.base, type.len, body.base, body.len, &g->form) ||
             !guardian_action_read(g))
        call_problem(call, ERROR_BAD_REQUEST, NULL, NULL);
    else
        page_open(call, g->link.controller_id, sending_start, g);
}
