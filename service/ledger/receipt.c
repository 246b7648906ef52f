/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/receipt.h"

#include "auth/link.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* One receipt being written. */
struct receipt {
    struct writer w;
    const struct receipt_context *context;
    const struct recorded *events; /* that are not told yet */
    size_t count;
    const struct ledger_env *env;
    instant effective_at; /* of a withdrawal: the latest of the events told */
};

/* Rule (1). */
static bool is_same_act(const struct recorded *a, const struct recorded *b)
{
    return memcmp(a->record_id, b->record_id, UUID_SIZE - 1) == 0 &&
           (a->record_id[UUID_SIZE - 1] & 0xf8) == (b->record_id[UUID_SIZE - 1] & 0xf8);
}

/* Whether there is an event left, of the act that is to come: one on that purpose (2). */
static bool receipt_is_next(const struct receipt *r, int32_t purpose)
{
    return r->count > 0 && r->events[0].purpose == purpose;
}

/* How many events the first act of those that are left has. */
static size_t act_events(const struct receipt *r)
{
    size_t n = 1;
    while (n < r->count && is_same_act(&r->events[0], &r->events[n]))
        n++;
    return n;
}

static void receipt_advance(struct receipt *r, size_t events)
{
    assert(events <= r->count);
    r->events += events;
    r->count -= events;
}

static void subject_write(struct receipt *r, const struct recorded *e)
{
    char id[SUBJECT_ID_TEXT + 1];
    subject_id_format(r->env->controller->ids, e->subject_no, id);
    writer_text(&r->w, "subject_id", id);
}

/* The rank that stood before for ${purpose}, 0 for none. Of the standing No it is each purpose's own, or
 * an earlier standing No where that was the higher; the ledger's ${was} tells only of the latter. */
static rank stood_before(const struct recorded *e, int32_t purpose)
{
    for (size_t i = 0; i < e->was_each_count; i++) {
        if (e->was_each[2 * i] == purpose)
            return e->was_each[2 * i + 1];
    }
    return (rank)e->was; /* the state is its lowest bits */
}

static void was_write(struct receipt *r, const struct recorded *e, int32_t purpose)
{
    enum event_state was = purpose == e->purpose ? e->was : rank_state(stood_before(e, purpose));
    writer_text(&r->w, "was", event_state_word(was));
}

/* A standing No with a time of its own may come too late for one purpose and not for another. */
static enum effect effect_on(const struct recorded *e, int32_t purpose)
{
    if (purpose == e->purpose)
        return e->effect;
    return stood_before(e, purpose) > e->rank ? EFFECT_SUPERSEDED : e->effect;
}

/* The act's events on further subjects. */
static void also_write(struct receipt *r, const struct recorded *events, size_t count, int32_t purpose,
                       bool with_was)
{
    if (count == 0)
        return;
    writer_array_begin(&r->w, "also");
    for (size_t i = 0; i < count; i++) {
        writer_object_begin(&r->w, NULL);
        writer_uuid(&r->w, "record_id", events[i].record_id);
        subject_write(r, &events[i]);
        writer_int(&r->w, "revision", events[i].revision);
        if (with_was)
            was_write(r, &events[i], purpose);
        writer_text(&r->w, "effect", effect_word(effect_on(&events[i], purpose)));
        writer_object_end(&r->w);
    }
    writer_array_end(&r->w);
}

/* What the person confirms it with: whoever can read the mailbox, and nobody else, has this token. */
static void confirmation_write(struct receipt *r, const struct recorded *e)
{
    struct confirm_token token = {.controller_id = r->env->controller->controller_id,
                                  .purpose = e->purpose,
                                  .subject_no = e->subject_no,
                                  .revision = e->revision};
    char text[LINK_TEXT_MAX + 1], url[1024];
    if (link_seal(r->env->keys, LINK_CONFIRM, e->valid_until, &token, sizeof token, text) != 0) {
        r->w.buf->failed = true;
        return;
    }
    snprintf(url, sizeof url, "%s/confirm/%s", r->env->public_url, text);
    writer_object_begin(&r->w, "confirmation");
    writer_text(&r->w, "token", text);
    writer_text(&r->w, "url", url);
    writer_moment(&r->w, "expires_at", e->valid_until);
    writer_object_end(&r->w);
}

/* ${n} events of one act. */
static void record_write(struct receipt *r, const struct recorded *e, size_t n, const struct receipt_act *act)
{
    writer_object_begin(&r->w, NULL);
    writer_uuid(&r->w, "record_id", e->record_id);
    subject_write(r, e);
    receipt_act_write(&r->w, act);
    writer_text(&r->w, "event_state", event_state_word(rank_state(e->rank)));
    writer_text(&r->w, "effect", effect_word(e->effect));
    writer_int(&r->w, "revision", e->revision);
    writer_moment(&r->w, "event_time", rank_time(e->rank));
    writer_moment(&r->w, "recorded_at", e->recorded_at);
    bool waits = rank_state(e->rank) == EVENT_REQUESTED;
    writer_moment(&r->w, "valid_until", waits ? INSTANT_NONE : e->valid_until);
    if (waits)
        confirmation_write(r, e);
    writer_int(&r->w, "policy_version", e->policy_version);
    also_write(r, e + 1, n - 1, e->purpose, false);
    writer_object_end(&r->w);
}

static int records_write(struct receipt *r)
{
    const struct receipt_context *c = r->context;
    bool pending = false;
    if (!c->is_array && c->act_count != 1)
        return 0; /* (3) */
    if (c->is_array)
        writer_array_begin(&r->w, NULL);
    for (size_t i = 0; i < c->act_count; i++) {
        if (!receipt_is_next(r, c->acts[i].number))
            return 0;
        size_t n = act_events(r);
        record_write(r, r->events, n, &c->acts[i]);
        pending = pending || r->events[0].effect == EFFECT_PENDING;
        receipt_advance(r, n);
    }
    if (c->is_array)
        writer_array_end(&r->w);
    return r->count > 0 ? 0 : pending ? 202 : 201;
}

/* ${n} events of one act, and what they are to the purpose of ${act}. */
static void withdrawn_write(struct receipt *r, const struct recorded *e, size_t n,
                            const struct receipt_act *act)
{
    writer_object_begin(&r->w, NULL);
    writer_text(&r->w, "purpose", act->purpose);
    writer_uuid(&r->w, "record_id", e->record_id);
    writer_int(&r->w, "revision", e->revision);
    was_write(r, e, act->number);
    writer_text(&r->w, "effect", effect_word(effect_on(e, act->number)));
    also_write(r, e + 1, n - 1, act->number, true);
    writer_object_end(&r->w);
    if (rank_time(e->rank) > r->effective_at)
        r->effective_at = rank_time(e->rank);
}

/* An act each. Returns whether the events are theirs. */
static bool withdrawn_each_write(struct receipt *r)
{
    for (size_t i = 0; i < r->context->act_count; i++) {
        const struct receipt_act *act = &r->context->acts[i];
        if (!receipt_is_next(r, act->number))
            return false;
        size_t n = act_events(r);
        withdrawn_write(r, r->events, n, act);
        receipt_advance(r, n);
    }
    return r->count == 0;
}

/* One act, and each purpose that it stops. Returns whether the events are its own. */
static bool withdrawn_all_write(struct receipt *r)
{
    if (!receipt_is_next(r, PURPOSE_ALL) || act_events(r) != r->count)
        return false;
    for (size_t i = 0; i < r->context->act_count; i++)
        withdrawn_write(r, r->events, r->count, &r->context->acts[i]);
    return true;
}

static int withdrawal_write(struct receipt *r)
{
    if (r->count == 0)
        return 0; /* (3) */
    bool of_all = r->context->kind == RECEIPT_WITHDRAW_ALL;
    r->effective_at = rank_time(r->events[0].rank);
    writer_object_begin(&r->w, NULL);
    writer_array_begin(&r->w, "withdrawn");
    bool whole = of_all ? withdrawn_all_write(r) : withdrawn_each_write(r);
    writer_array_end(&r->w);
    receipt_not_stopped_write(&r->w, r->context);
    writer_moment(&r->w, "effective_at", r->effective_at);
    writer_object_end(&r->w);
    return whole ? 200 : 0;
}

int receipt_write(struct buf *out, const struct receipt_context *context, const struct recorded *events,
                  size_t count, const struct ledger_env *env)
{
    struct receipt r = {
        .w = writer_of(out), .context = context, .events = events, .count = count, .env = env};
    return context->kind == RECEIPT_RECORD ? records_write(&r) : withdrawal_write(&r);
}
