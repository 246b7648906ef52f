/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/receipt.h"

#include "ledger/confirmation.h"

#include <assert.h>
#include <string.h>

/* A token that was sealed, and the last act that it confirms. */
struct confirmation_text {
    size_t last; /* place in the context; none is sealed yet where it is below the act that is written */
    char url[CONFIRM_URL_MAX];
};

/* One receipt being written. */
struct receipt {
    struct writer w;
    const struct receipt_context *context;
    const struct recorded *events; /* that are not told yet */
    size_t count;
    const struct ledger_env *env;
    bool pending; /* one of those told is */
    bool is_sealed;
    struct confirmation_text confirmation;
    instant effective_at; /* of a withdrawal: the latest of the events told */
};

/* The event of the act that is to come, which must be one on that purpose (2); NULL: it is not there. */
static const struct recorded *receipt_next(struct receipt *r, int32_t purpose)
{
    if (r->count == 0 || r->events[0].purpose != purpose)
        return NULL;
    r->count--;
    return r->events++;
}

static void subject_write(struct receipt *r, const struct recorded *e)
{
    char id[SUBJECT_ID_TEXT + 1];
    subject_id_format(r->env->controller->ids, e->subject_no, id);
    writer_text(&r->w, "subject_id", id);
}

/* The rank that stood before for the purpose of ${act}, 0 for none. Of a standing No it is each purpose's
 * own, or an earlier standing No where that was the higher; the ledger's ${was} tells only of the latter. */
static rank stood_before(const struct recorded *e, const struct receipt_act *act)
{
    rank stood = 0;
    for (size_t i = 0; i < e->was_each_count; i++) {
        int64_t number = e->was_each[2 * i];
        bool is_its = number == act->number || (act->for_all != 0 && number == act->for_all);
        if (is_its && e->was_each[2 * i + 1] > stood)
            stood = e->was_each[2 * i + 1];
    }
    return stood != 0 ? stood : (rank)e->was; /* the state is its lowest bits */
}

static void was_write(struct receipt *r, const struct recorded *e, const struct receipt_act *act)
{
    enum event_state was = act->number == e->purpose ? e->was : rank_state(stood_before(e, act));
    writer_text(&r->w, "was", event_state_word(was));
}

/* A standing No with a time of its own may come too late for one purpose and not for another. Of two that
 * rank alike but for words and state each has its effect. */
static enum effect effect_on(const struct recorded *e, const struct receipt_act *act)
{
    if (act->number == e->purpose)
        return e->effect;
    return stood_before(e, act) >> RANK_NO_SHIFT > e->rank >> RANK_NO_SHIFT ? EFFECT_SUPERSEDED : e->effect;
}

/* ---- records ---- */

/* Whether one of ${count} requests from ${e} on is of that purpose. */
static bool is_requested(const struct recorded *e, size_t count, int32_t purpose)
{
    for (size_t i = 0; i < count; i++) {
        if (e[i].purpose == purpose && rank_state(e[i].rank) == EVENT_REQUESTED)
            return true;
    }
    return false;
}

/* The link of the request ${e}, the act at ${at}, and of those behind it that are the same person's, of the
 * same identifiers: whoever has one has all. No purpose is in it twice. */
static int confirmation_seal(struct receipt *r, const struct recorded *e, size_t at)
{
    const struct receipt_context *c = r->context;
    struct confirmation confirmation = {.subject_no = e->subject_no, .revision = e->revision};
    for (size_t i = at; i < c->act_count; i++) {
        const struct recorded *own = e + (i - at); /* (1) */
        if (i > at && (!c->acts[i].is_joined || i - at > r->count))
            break;
        if (rank_state(own->rank) != EVENT_REQUESTED)
            continue;
        if (is_requested(e, i - at, own->purpose))
            break;
        confirmation.count = (int32_t)(own->revision - e->revision) + 1;
        r->confirmation.last = i;
    }
    return confirmation_url(r->env->link_keys, r->env->public_url, r->env->controller->controller_id,
                            &confirmation, e->valid_until, r->confirmation.url, sizeof r->confirmation.url);
}

/* What the person confirms it with: whoever can read the mailbox, and nobody else, has this token. Where it
 * leaves by the outbox, the answer tells its end and no more. */
static void confirmation_write(struct receipt *r, const struct recorded *e, size_t at)
{
    if (r->context->is_delivered) {
        writer_object_begin(&r->w, "confirmation");
        writer_bool(&r->w, "delivered", true);
        writer_moment(&r->w, "expires_at", e->valid_until);
        writer_object_end(&r->w);
        return;
    }
    if ((!r->is_sealed || at > r->confirmation.last) && confirmation_seal(r, e, at) != 0) {
        r->w.buf->failed = true;
        return;
    }
    r->is_sealed = true;
    writer_object_begin(&r->w, "confirmation");
    writer_text(&r->w, "token", strrchr(r->confirmation.url, '/') + 1);
    writer_text(&r->w, "url", r->confirmation.url);
    writer_moment(&r->w, "expires_at", e->valid_until);
    writer_object_end(&r->w);
}

static void still_denied_write(struct receipt *r, const struct recorded *e)
{
    if (e->still_denied == 0)
        return;
    writer_array_begin(&r->w, "still_denied");
    for (unsigned type = 0; type < IDENTIFIER_TYPES; type++) {
        if ((e->still_denied & 1u << type) != 0)
            writer_text(&r->w, NULL, identifier_type_word((enum identifier_type)type));
    }
    writer_array_end(&r->w);
}

/* ${at}: place of the act. */
static void record_write(struct receipt *r, const struct recorded *e, size_t at)
{
    writer_object_begin(&r->w, NULL);
    writer_uuid(&r->w, "record_id", e->record_id);
    subject_write(r, e);
    receipt_act_write(&r->w, &r->context->acts[at]);
    writer_text(&r->w, "event_state", event_state_word(rank_state(e->rank)));
    writer_text(&r->w, "effect", effect_word(e->effect));
    writer_int(&r->w, "revision", e->revision);
    writer_moment(&r->w, "event_time", rank_time(e->rank));
    writer_moment(&r->w, "recorded_at", e->recorded_at);
    bool waits = rank_state(e->rank) == EVENT_REQUESTED;
    writer_moment(&r->w, "valid_until", waits ? INSTANT_NONE : e->valid_until);
    if (waits)
        confirmation_write(r, e, at);
    still_denied_write(r, e);
    if (!e->tied)
        writer_bool(&r->w, "tied", false);
    writer_int(&r->w, "policy_version", e->policy_version);
    writer_object_end(&r->w);
    r->pending = r->pending || e->effect == EFFECT_PENDING;
}

/* An act each. Returns whether the events are theirs. */
static bool records_write(struct receipt *r)
{
    for (size_t i = 0; i < r->context->act_count; i++) {
        const struct recorded *e = receipt_next(r, r->context->acts[i].number);
        if (e == NULL)
            return false;
        record_write(r, e, i);
    }
    return r->count == 0;
}

/* Each event, and what it is of. Returns whether all are of something. */
static bool confirmed_write(struct receipt *r)
{
    const struct receipt_context *c = r->context;
    size_t count = r->count;
    while (r->count > 0) {
        size_t at = 0;
        while (at < c->act_count && c->acts[at].number != r->events[0].purpose)
            at++;
        if (at == c->act_count)
            return false;
        record_write(r, receipt_next(r, c->acts[at].number), at);
    }
    return c->is_array || count == 1;
}

static int record_answer_write(struct receipt *r)
{
    const struct receipt_context *c = r->context;
    if (r->count == 0 || (!c->is_array && c->act_count != 1))
        return 0; /* (3) */
    if (c->is_array)
        writer_array_begin(&r->w, NULL);
    bool whole = c->kind == RECEIPT_CONFIRM ? confirmed_write(r) : records_write(r);
    if (c->is_array)
        writer_array_end(&r->w);
    return !whole ? 0 : r->pending ? 202 : 201;
}

/* ---- withdrawals ---- */

/* An event, and what it is to the purpose of ${act}. */
static void withdrawn_write(struct receipt *r, const struct recorded *e, const struct receipt_act *act)
{
    writer_object_begin(&r->w, NULL);
    writer_text(&r->w, "purpose", act->purpose);
    writer_uuid(&r->w, "record_id", e->record_id);
    writer_int(&r->w, "revision", e->revision);
    was_write(r, e, act);
    writer_text(&r->w, "effect", effect_word(effect_on(e, act)));
    writer_object_end(&r->w);
    if (rank_time(e->rank) > r->effective_at)
        r->effective_at = rank_time(e->rank);
}

/* Returns whether the events are those of the acts. */
static bool withdrawn_all_write(struct receipt *r)
{
    const struct receipt_context *c = r->context;
    bool is_standing = c->kind == RECEIPT_WITHDRAW_STANDING;
    const struct recorded *standing = is_standing ? receipt_next(r, c->standing) : NULL;
    if (is_standing && standing == NULL)
        return false;
    for (size_t i = 0; i < c->act_count; i++) {
        const struct receipt_act *act = &c->acts[i];
        bool own = !is_standing || act->is_apart;
        const struct recorded *e = own ? receipt_next(r, act->number) : standing;
        if (e == NULL)
            return false;
        withdrawn_write(r, e, act);
    }
    return r->count == 0;
}

static int withdrawal_write(struct receipt *r)
{
    if (r->count == 0)
        return 0; /* (3) */
    const struct recorded *first = r->events;
    r->effective_at = rank_time(first->rank);
    writer_object_begin(&r->w, NULL);
    writer_array_begin(&r->w, "withdrawn");
    bool whole = withdrawn_all_write(r);
    writer_array_end(&r->w);
    receipt_not_stopped_write(&r->w, r->context);
    if (!first->known)
        writer_bool(&r->w, "known", false);
    if (!first->tied)
        writer_bool(&r->w, "tied", false);
    writer_moment(&r->w, "effective_at", r->effective_at);
    writer_object_end(&r->w);
    return whole ? 200 : 0;
}

int receipt_write(struct buf *out, const struct receipt_context *context, const struct recorded *events,
                  size_t count, const struct ledger_env *env)
{
    struct receipt r = {
        .w = writer_of(out), .context = context, .events = events, .count = count, .env = env};
    bool records = context->kind == RECEIPT_RECORD || context->kind == RECEIPT_CONFIRM;
    return records ? record_answer_write(&r) : withdrawal_write(&r);
}
