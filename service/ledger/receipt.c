/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/receipt.h"

#include "auth/link.h"
#include "wire/writer.h"

#include <stdio.h>
#include <string.h>

/* One receipt being written. */
struct receipt {
    struct writer w;
    const struct receipt_context *context;
    const struct recorded *events;
    size_t count;
    const struct ledger_env *env;
    instant effective_at;
};

/* One act on several subjects has records that differ in their last three bits only. */
static bool is_same_act(const struct recorded *a, const struct recorded *b)
{
    return memcmp(a->record_id, b->record_id, UUID_SIZE - 1) == 0 &&
           (a->record_id[UUID_SIZE - 1] & 0xf8) == (b->record_id[UUID_SIZE - 1] & 0xf8);
}

static size_t act_events(const struct receipt *r, size_t first)
{
    size_t n = 1;
    while (first + n < r->count && is_same_act(&r->events[first], &r->events[first + n]))
        n++;
    return n;
}

static void subject_write(struct receipt *r, const struct recorded *e)
{
    char id[SUBJECT_ID_TEXT + 1];
    subject_id_format(r->env->controller->ids, e->subject_no, id);
    writer_text(&r->w, "subject_id", id);
}

/* The rank that stood before for ${purpose}, 0 for none. Of the standing No it is each purpose's own, or an earlier standing No where
 * that was the higher; the ledger's ${was} tells only of the latter. */
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

static void notice_write_kept(struct writer *w, const struct receipt_act *act)
{
    if (!act->has_notice) {
        writer_null(w, "notice");
        return;
    }
    writer_object_begin(w, "notice");
    writer_text(w, "id", act->notice.id);
    writer_text(w, "version", act->notice.version);
    if (act->notice.language != NULL) {
        writer_text(w, "language", act->notice.language);
        writer_sha256(w, "sha256", act->notice.sha256);
    }
    writer_object_end(w);
}

static void record_write(struct receipt *r, const struct recorded *e, size_t n, const struct receipt_act *act)
{
    writer_object_begin(&r->w, NULL);
    writer_uuid(&r->w, "record_id", e->record_id);
    subject_write(r, e);
    writer_text(&r->w, "purpose", act->purpose);
    if (act->entity != NULL)
        writer_text(&r->w, "entity", act->entity);
    notice_write_kept(&r->w, act);
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
    bool pending = false;
    size_t at = 0;
    if (r->context->is_array)
        writer_array_begin(&r->w, NULL);
    for (size_t i = 0; i < r->context->act_count; i++) {
        if (at == r->count)
            return 0;
        size_t n = act_events(r, at);
        record_write(r, &r->events[at], n, &r->context->acts[i]);
        pending = pending || r->events[at].effect == EFFECT_PENDING;
        at += n;
    }
    if (r->context->is_array)
        writer_array_end(&r->w);
    return at == r->count ? pending ? 202 : 201 : 0;
}

static void withdrawn_write(struct receipt *r, const struct recorded *e, size_t n, int32_t purpose,
                            const char *key)
{
    writer_object_begin(&r->w, NULL);
    writer_text(&r->w, "purpose", key);
    writer_uuid(&r->w, "record_id", e->record_id);
    writer_int(&r->w, "revision", e->revision);
    was_write(r, e, purpose);
    writer_text(&r->w, "effect", effect_word(effect_on(e, purpose)));
    also_write(r, e + 1, n - 1, purpose, true);
    writer_object_end(&r->w);
    if (rank_time(e->rank) > r->effective_at)
        r->effective_at = rank_time(e->rank);
}

/* Of a standing No each purpose it stops is told of the one act; else each act of its own purpose. */
static int withdrawn_each(struct receipt *r)
{
    bool all = r->context->kind == RECEIPT_WITHDRAW_ALL;
    size_t at = 0;
    for (size_t i = 0; i < r->context->act_count; i++) {
        const struct receipt_act *act = &r->context->acts[i];
        if (at == r->count)
            return 0;
        const struct recorded *e = &r->events[at];
        size_t n = act_events(r, at);
        withdrawn_write(r, e, n, all ? act->number : e->purpose, act->purpose);
        at += all ? 0 : n;
    }
    return 200;
}

static int withdrawal_write(struct receipt *r)
{
    if (r->count == 0)
        return 0;
    r->effective_at = rank_time(r->events[0].rank);
    writer_object_begin(&r->w, NULL);
    writer_array_begin(&r->w, "withdrawn");
    int status = withdrawn_each(r);
    writer_array_end(&r->w);

    writer_array_begin(&r->w, "not_stopped");
    for (size_t i = 0; i < r->context->not_stopped_count; i++) {
        writer_object_begin(&r->w, NULL);
        writer_text(&r->w, "purpose", r->context->not_stopped[i].purpose);
        writer_text(&r->w, "reason", r->context->not_stopped[i].reason);
        writer_object_end(&r->w);
    }
    writer_array_end(&r->w);
    writer_moment(&r->w, "effective_at", r->effective_at);
    writer_object_end(&r->w);
    return status;
}

int receipt_write(struct buf *out, const struct receipt_context *context, const struct recorded *events,
                  size_t count, const struct ledger_env *env)
{
    struct receipt r = {
        .w = writer_of(out), .context = context, .events = events, .count = count, .env = env};
    return context->kind == RECEIPT_RECORD ? records_write(&r) : withdrawal_write(&r);
}
