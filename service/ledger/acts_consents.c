/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "ledger/acts_internal.h"
#include "ledger/entity.h"
#include "ledger/evidence.h"
#include "ledger/free_text.h"
#include "ledger/mail_box.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* What was agreed to or refused: an object or an array of them, each with one choice or several.
 *
 * (1) A Yes is taken only where the policy has something to say Yes to: the basis is a choice, the purpose
 * is not retired, cookies are asked for at all; and from who may give it.  (2) A No needs no more than
 * being said: nothing that binds a Yes (a sale, a guardian's strength and form, a retired purpose) binds
 * it, and it has no end.  (3) A Yes that must be confirmed is none yet: it is a request that waits beside
 * what stands, with an end.  (4) A copy of what another system recorded undoes nothing that the person
 * said: its class says so, whatever the method. (5) What rests on another basis than consent can be
 * objected to; a No to it is an objection, and taking that back is a Yes.  (6) Whether the person may
 * decide alone is for the ledger to find, which knows them: of a Yes here that depends on it,
 * ${needs_guardian}. Only where the record itself tells the age it is refused here. */

static const char *const given_states[] = {
    "given", "refused", "withdrawn", "objected", "objection_withdrawn", "eligible", NULL};
static const enum event_state given_numbers[] = {
    EVENT_GIVEN, EVENT_REFUSED, EVENT_WITHDRAWN, EVENT_OBJECTED, EVENT_OBJECTION_WITHDRAWN, EVENT_ELIGIBLE};

/* What a clock may be ahead by. */
enum { AHEAD_SECONDS = 60 };

static void past_check(const struct acts_common *c, const struct node *n, instant at)
{
    if (at != INSTANT_NONE && at > c->env->now + AHEAD_SECONDS * SECOND)
        node_fault(n, ERROR_INVALID, "more than 60 seconds ahead of the server's clock");
}

static const char *reference_of(const struct acts_common *c, const struct node *n)
{
    return reference_read(c->env->arena, c->controller->policy, n);
}

/* Where a copy comes from: said by each object itself, or by the call for all of its lines. */
static void import_read(struct acts_common *c, struct writer *w)
{
    static const char *const members[] = {"batch", "source", NULL};
    struct node n = node_optional(&c->root, "import");
    c->is_import = c->act.method == METHOD_IMPORT || c->env->import_batch != NULL;
    c->source = c->env->import_source;
    c->batch = c->env->import_batch;
    if (node_present(&n) && c->env->import_batch != NULL) {
        node_fault(&n, ERROR_INVALID, "source and batch are those of the call");
        return;
    }
    if (node_present(&n)) {
        c->is_import = true;
        node_only(&n, members);
        struct node batch = node_member(&n, "batch"), source = node_member(&n, "source");
        c->batch = reference_of(c, &batch);
        c->source = reference_of(c, &source);
    }
    if (c->batch == NULL)
        return;
    c->import_from = w->buf->len;
    writer_object_begin(w, "import");
    writer_text(w, "batch", c->batch);
    writer_text(w, "source", c->source);
    writer_object_end(w);
    c->import_to = w->buf->len;
}

/* The sale that a soft opt-in rests on (Tw 11.7(3)): with it the person was offered to say no. Returns
 * whether there is one. */
static bool sale_read(struct acts_common *c, struct writer *w)
{
    static const char *const members[] = {"ref", "product_group", "at", "opt_out_offered_at", NULL};
    struct node n = node_optional(&c->root, "sale");
    if (!node_present(&n))
        return false;
    node_only(&n, members);
    struct node ref = node_member(&n, "ref"), group = node_member(&n, "product_group"),
                at = node_member(&n, "at"), offered = node_member(&n, "opt_out_offered_at");
    instant sold = node_moment(&at), told = node_moment(&offered);
    past_check(c, &at, sold);
    past_check(c, &offered, told);
    if (sold != INSTANT_NONE && told != INSTANT_NONE && told > sold)
        node_fault(&offered, ERROR_INVALID, "the offer comes with the sale, not after it");
    writer_object_begin(w, "sale");
    writer_text(w, "ref", reference_of(c, &ref));
    const char *group_name = reference_of(c, &group);
    c->sold = group_name[0] != '\0' ? product_group_of(group_name) : 0;
    writer_text(w, "product_group", group_name);
    writer_moment(w, "at", sold);
    writer_moment(w, "opt_out_offered_at", told);
    writer_object_end(w);
    return true;
}

/* An address that a business published to be written to (Tw 11.7(3)): when it was seen, for what, and where.
 * Returns whether there is one. */
static bool published_read(struct acts_common *c, struct writer *w)
{
    static const char *const members[] = {"at", "for", "where", NULL};
    struct node n = node_optional(&c->root, "published");
    if (!node_present(&n))
        return false;
    node_only(&n, members);
    struct node at = node_member(&n, "at"), purpose = node_member(&n, "for"),
                where = node_member(&n, "where");
    instant seen = node_moment(&at);
    past_check(c, &at, seen);
    writer_object_begin(w, "published");
    writer_moment(w, "at", seen);
    evidence_text_read(c->env, &purpose, "for", PUBLISHED_BYTES_MAX, w);
    evidence_url_read(c->env, &where, "where", w);
    writer_object_end(w);
    return true;
}

/* What a soft opt-in rests on. Returns whether there is any. */
static bool origin_read(struct acts_common *c, struct writer *w)
{
    bool sold = sale_read(c, w), published = published_read(c, w);
    if (sold && published) {
        struct node n = node_optional(&c->root, "published");
        node_fault(&n, ERROR_INVALID, "either sale or published");
    }
    return sold || published;
}

/* What a soft opt-in rests on is nothing to any other choice. */
static void origin_check(const struct acts_common *c, bool has_origin)
{
    static const char *const members[] = {"sale", "published"};
    for (size_t i = 0; has_origin && !c->has_eligible && i < sizeof members / sizeof *members; i++) {
        struct node n = node_optional(&c->root, members[i]);
        if (node_present(&n))
            node_fault(&n, ERROR_INVALID, "unknown member: only of eligible");
    }
}

/* The Yes of a purpose that rests on no consent: an objection that is taken back, or what a soft opt-in rests
 * on. */
static enum event_state other_yes_under(const struct purpose *p, enum event_state state, const struct node *n)
{
    if (state == EVENT_OBJECTION_WITHDRAWN || (state == EVENT_ELIGIBLE && p->basis == BASIS_SOFT_OPT_IN))
        return state;
    node_fault(n, ERROR_INVALID, "this purpose does not rest on consent: it can be objected to");
    return EVENT_NONE;
}

/* What the state, read at ${n}, becomes under the purpose's basis; EVENT_NONE, with a fault, when it
 * cannot be. */
static enum event_state state_under(const struct acts_common *c, const struct purpose *p,
                                    enum event_state state, const struct node *at_purpose,
                                    const struct node *n)
{
    bool is_for_minor = acts_is_guardians(c) && p->guardian.minors == MINORS_GUARDIAN;
    if (state == EVENT_GIVEN && is_for_minor)
        return state; /* whatever the basis: a minor's guardian has to agree */
    if (!basis_is_withdrawable(p->basis) && !p->direct_marketing && !is_for_minor) {
        node_fault(at_purpose, ERROR_NOT_WITHDRAWABLE, "this purpose does not rest on a choice");
        return EVENT_NONE;
    }
    if (p->basis != BASIS_CONSENT)
        return event_state_is_no(state) ? EVENT_OBJECTED : other_yes_under(p, state, n);
    if (state == EVENT_GIVEN || event_state_is_no(state))
        return state;
    node_fault(n, ERROR_INVALID,
               state == EVENT_ELIGIBLE ? "eligible is for soft_opt_in"
                                       : "this purpose rests on consent: a new Yes takes a No back");
    return EVENT_NONE;
}

static bool is_said_written(const struct node *form)
{
    return node_kind(form) == NODE_STRING && strcmp(node_string(form, 0, SIZE_MAX, NULL), "written") == 0;
}

/* What claims more than being said is proven by a document. */
static void proof_check(const struct acts_common *c)
{
    struct node by = node_optional(&c->root, "expressed_by");
    if (!acts_is_guardians(c) || c->has_documents || !node_is_object(&by))
        return;
    struct node strength = node_optional(&by, "strength"), form = node_optional(&by, "form");
    if ((c->act.flags & FLAG_STRENGTH) == STRENGTH_SIGNED)
        node_fault(&strength, ERROR_INVALID, "a signature needs the signed document in evidence.documents");
    else if (is_said_written(&form))
        node_fault(&form, ERROR_INVALID, "what is written needs the document in evidence.documents");
}

/* Nobody is their own guardian: what one is known by is none of what the act names, be it under another
 * word behind a plus. */
static void own_guardian_check(const struct acts_common *c)
{
    struct node by = node_optional(&c->root, "expressed_by"), subject = node_optional(&c->root, "subject");
    struct identifier address;
    if (c->act.guardian == NULL || !node_is_object(&by))
        return;
    struct node own = node_optional(&by, "identifier");
    bool is_childs =
        mail_box_read(&own, c->controller, &address) && mail_box_is_of(&subject, c->controller, &address);
    for (size_t i = 0; i < c->person->count && !is_childs; i++)
        is_childs = memcmp(&c->person->tags[i], &c->act.guardian->tag, sizeof(struct tag)) == 0;
    if (is_childs)
        node_fault(&own, ERROR_INVALID,
                   "this is the person's own: a guardian is known by an identifier of their own");
}

/* A guardian's Yes must be of the strength and form that the purpose asks for; a No never needs more than
 * being said. */
static void guardian_check(const struct acts_common *c, const struct purpose *p, const struct node *at_state)
{
    const struct guardian_rule *rule = &p->guardian;
    struct node by = node_optional(&c->root, "expressed_by");
    enum strength strength = (enum strength)(c->act.flags & FLAG_STRENGTH);
    if (rule->minors == MINORS_FORBIDDEN && !acts_is_guardians(c) && acts_tell_minor(c))
        node_fault(at_state, ERROR_INVALID, "no consent is asked of minors here");
    if (!acts_is_guardians(c) || rule->minors == MINORS_ALLOWED)
        return;
    if (c->act.role == ROLE_PARENT && acts_tell_of_age(c))
        node_fault(&by, ERROR_INVALID, "the person may decide alone by now");
    if (rule->minors == MINORS_FORBIDDEN)
        node_fault(at_state, ERROR_INVALID, "no consent is asked for minors here");
    else if ((rule->roles & 1u << c->act.role) == 0)
        node_fault(&by, ERROR_INVALID, "not a role that may act for this purpose");
    else if (strength < rule->least)
        node_fault(&by, ERROR_INVALID, "weaker than this purpose asks for");
    else if (rule->written && (c->act.flags & FLAG_WRITTEN) == 0)
        node_fault(&by, ERROR_INVALID,
                   "this purpose asks for it in writing: form written with the signed document's name and "
                   "SHA-256 in evidence.documents, or electronic and signed");
}

/* A copy of a double opt-in that was confirmed elsewhere says when: after it was asked for. */
static void confirmed_check(const struct acts_common *c)
{
    struct node evidence = node_optional(&c->root, "evidence"), at = {0};
    if (node_is_object(&evidence))
        at = node_optional(&evidence, "confirmed_at");
    if (!node_present(&at)) {
        node_fault(&evidence, ERROR_INVALID, "an import of a double opt-in needs confirmed_at");
        return;
    }
    instant confirmed = node_moment(&at);
    past_check(c, &at, confirmed);
    if (confirmed != INSTANT_NONE && confirmed < acts_time(c))
        node_fault(&at, ERROR_INVALID, "not before it was asked for, at event_time");
}

/* Whether a guardian's Yes is more than a click that anybody can make: signed, said in person or by eID, and
 * shown by a document. */
static bool is_proven(const struct acts_common *c)
{
    return acts_is_guardians(c) && c->has_documents && (c->act.flags & FLAG_STRENGTH) >= STRENGTH_SIGNED;
}

/* A Yes that must be confirmed waits beside what stands. */
static bool must_be_confirmed(const struct acts_common *c, const struct purpose *p, enum event_state state)
{
    bool confirmed = c->env->page != NULL && c->env->page->confirmed;
    if (!p->double_opt_in || state != EVENT_GIVEN || is_proven(c) || confirmed)
        return false;
    if (!c->is_import)
        return true;
    confirmed_check(c);
    return false;
}

static void choice_check(const struct acts_common *c, const struct purpose *p, enum event_state state,
                         const struct node *at_state, bool has_origin)
{
    if (p->retired && !event_state_is_no(state))
        node_fault(at_state, ERROR_INVALID, "the purpose is retired: only a No can be recorded");
    if (state == EVENT_ELIGIBLE && !has_origin)
        node_fault(&c->root, ERROR_INVALID, "eligible needs the sale, or where the address was published");
    if (c->act.method == METHOD_GPC && !event_state_is_no(state))
        node_fault(at_state, ERROR_INVALID, "a gpc signal is never a Yes");
    if (c->controller->policy->cookies_none && p->channel == CHANNEL_WEB && p->basis == BASIS_CONSENT)
        node_fault(at_state, ERROR_INVALID, "the policy says that there are no cookies: nothing is asked");
    if (!event_state_is_no(state)) {
        proof_check(c);
        own_guardian_check(c);
        guardian_check(c, p, at_state);
    }
}

/* What comes of it unless something newer stands. */
static enum effect effect_of(const struct acts_common *c, const struct purpose *p, enum event_state state,
                             const struct notice *notice)
{
    if (state == EVENT_REQUESTED)
        return EFFECT_PENDING;
    bool has_words = state == EVENT_GIVEN || state == EVENT_ELIGIBLE;
    return has_words ? acts_words_effect(c, p, notice) : EFFECT_APPLIED;
}

/* Where it stands. A guardian's No is nobody's signal. */
static enum slot slot_of(const struct acts_common *c, enum event_state state)
{
    if (event_state_is_no(state))
        return c->act.method == METHOD_GPC && !acts_is_guardians(c) ? SLOT_SIGNAL : SLOT_NO;
    return state == EVENT_REQUESTED ? SLOT_PENDING : state == EVENT_ELIGIBLE ? SLOT_SALE : SLOT_YES;
}

/* Whether it was given in sight of the browser's signal. */
static bool is_under_signal(const struct acts_common *c)
{
    struct node evidence = node_optional(&c->root, "evidence");
    struct node gpc = node_is_object(&evidence) ? node_optional(&evidence, "gpc") : evidence;
    return node_kind(&gpc) == NODE_BOOL && node_bool(&gpc);
}

/* Whether whoever asked gets the token, too, is part of the proof: then one party could do both halves. */
static const char *evidence_with_token(const struct acts_common *c, bool waits, const char *evidence)
{
    if (!waits)
        return evidence;
    const char *way = c->controller->policy->messages.confirmation_only_delivered ? "delivered" : "returned";
    size_t len = evidence != NULL ? strlen(evidence) - 1 : 0;
    size_t room = len + sizeof "{\"token\":\"delivered\"}";
    char *joined = arena_need(c->env->arena, room);
    snprintf(joined, room, "%.*s%s\"token\":\"%s\"}", (int)len, evidence != NULL ? evidence : "",
             evidence != NULL ? "," : "{", way);
    return joined;
}

/* How long it holds: a request until it must be confirmed, a Yes as its purpose's last, a No always. */
static void choice_end(struct act *act, const struct purpose *purpose, enum event_state state)
{
    const struct duration until_confirmed = {.days = CONFIRM_WITHIN_DAYS};
    if (state == EVENT_REQUESTED) {
        act->validity = until_confirmed;
        act->has_end = true;
    } else if (state == EVENT_GIVEN || state == EVENT_ELIGIBLE) {
        act->validity = purpose->validity;
        act->has_end = !duration_is_zero(purpose->validity);
    }
    assert(!(event_state_is_no(state) && act->has_end)); /* (2) */
}

/* What is left to be said of the act once purpose and state are known. */
static void choice_act(struct acts_common *c, const struct purpose *purpose, enum event_state state,
                       const struct acts_words *words)
{
    bool no = event_state_is_no(state), waits = state == EVENT_REQUESTED;
    assert(state != EVENT_NONE);
    struct act *act = acts_add(c);

    /* Where it stands, and how it ranks there (4). */
    acts_act_on(c, act, purpose);
    act->slot = slot_of(c, state);
    act->group = act->slot == SLOT_SALE ? c->sold : 0;
    act->rank_base =
        rank_base(event_class_of(state, c->act.method, c->is_import), state, words->notice != NULL);
    act->floating = no && c->act.at == INSTANT_NONE;
    act->evidence = evidence_with_token(c, waits, act->evidence);
    if (!no && (c->under_signal || is_under_signal(c)))
        act->flags |= FLAG_SIGNAL;
    if (words->assumed)
        act->flags |= FLAG_ASSUMED;

    choice_end(act, purpose, state);

    /* The words that were shown, and what comes of it (6). */
    act->notice = words->notice != NULL ? words->notice->number : 0;
    if (act->language == NULL && words->text != NULL)
        act->language = words->text->language;
    act->effect = effect_of(c, purpose, state, words->notice);
    act->needs_guardian = !no && !acts_is_guardians(c) && act->effect == EFFECT_APPLIED &&
                          purpose->guardian.minors != MINORS_ALLOWED;
    acts_seal(c, act);
}

/* One choice: a purpose and what was said of it. ${at_purpose} and ${at_state} are where faults belong. */
static void choice_read(struct acts_common *c, const char *key, const struct node *at_purpose,
                        const struct node *at_state, bool has_origin)
{
    int word = node_word(at_state, given_states);
    const struct purpose *purpose = policy_purpose(c->controller->policy, key);
    if (purpose == NULL)
        node_fault(at_purpose, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy");
    c->has_eligible = c->has_eligible || (word >= 0 && given_numbers[word] == EVENT_ELIGIBLE);
    if (word < 0 || purpose == NULL)
        return;
    enum event_state state = state_under(c, purpose, given_numbers[word], at_purpose, at_state);
    if (state == EVENT_NONE)
        return;
    choice_check(c, purpose, state, at_state, has_origin);
    entity_check(&c->root, purpose, c->entity);
    struct acts_words words = acts_words_of(c, purpose, event_state_is_no(state));
    if (must_be_confirmed(c, purpose, state))
        state = EVENT_REQUESTED; /* (3) */
    choice_act(c, purpose, state, &words);
    acts_tell(c, purpose, &words);
}

void acts_choose(struct acts_common *c, const struct purpose *purpose, enum event_state state,
                 const struct acts_words *words, const struct node *at)
{
    choice_check(c, purpose, state, at, false);
    choice_act(c, purpose, state, words);
    acts_tell(c, purpose, words);
}

static void choices_read(struct acts_common *c, const struct node *choices, bool has_origin)
{
    void *cursor = NULL;
    const char *key;
    struct node one;
    if (node_members(choices, 1, PURPOSES_PER_CALL_MAX) == 0)
        return;
    while (node_next(choices, &cursor, &key, &one))
        choice_read(c, key, &one, &one, has_origin);
}

static void purpose_and_state_read(struct acts_common *c, bool has_origin)
{
    struct node purpose = node_member(&c->root, "purpose"), state = node_member(&c->root, "event_state");
    const char *key = node_string(&purpose, 1, POLICY_KEY_MAX, NULL);
    if (key[0] != '\0' && node_present(&state))
        choice_read(c, key, &purpose, &state, has_origin);
}

static void method_read(struct acts_common *c)
{
    struct node n = node_member(&c->root, "collection_method");
    int word = node_word(&n, collection_method_words);
    c->act.method = word >= 0 ? (enum collection_method)word : METHOD_API;
}

/* One object of the body. */
static void consent_read(struct acts_common *c)
{
    static const char *const members[] = {
        "subject",  "purpose",   "event_state",  "choices", "event_time",  "collection_method",
        "language", "notice",    "expressed_by", "ref",     "evidence",    "import",
        "sale",     "published", "entity",       "minor",   "represented", "on_behalf_of",
        NULL};
    node_only(&c->root, members);

    /* What is common to its acts; what has no column of its own becomes the event's detail. */
    struct buf detail;
    buf_init(&detail, EVIDENCE_BYTES_MAX);
    struct writer w = writer_of(&detail);
    writer_object_begin(&w, NULL);
    method_read(c);
    acts_common_read(c, &w);
    import_read(c, &w);
    bool has_origin = origin_read(c, &w);
    acts_facts_read(c, &w);
    writer_object_end(&w);
    acts_detail_keep(c, &detail);
    *(c->is_import ? &c->acts->needs_import : &c->acts->needs_record) = true;
    c->notice = node_optional(&c->root, "notice");

    /* What was said, of one purpose or of several. */
    struct node choices = node_optional(&c->root, "choices");
    if (!node_present(&choices)) {
        purpose_and_state_read(c, has_origin);
        origin_check(c, has_origin);
        return;
    }
    struct node purpose = node_optional(&c->root, "purpose"), state = node_optional(&c->root, "event_state");
    if (node_present(&purpose) || node_present(&state))
        node_fault(&choices, ERROR_INVALID, "either choices, or purpose and event_state");
    c->acts->context.is_array = true;
    choices_read(c, &choices, has_origin);
    origin_check(c, has_origin);
}

void consents_read(const struct ledger_env *env, struct reader *body, struct acts *ret_acts)
{
    *ret_acts = (struct acts){0};
    struct node root = reader_root(body);
    if (!node_present(&root))
        return;
    ret_acts->body_is_array = node_is_array(&root);
    if (ret_acts->body_is_array) {
        size_t count = node_elements(&root, 1, RECORDS_MAX);
        ret_acts->context.is_array = true;
        for (size_t i = 0; i < count; i++) {
            struct acts_common c = acts_common_of(env, ret_acts, node_at(&root, i));
            c.object = i;
            consent_read(&c);
        }
    } else {
        struct acts_common c = acts_common_of(env, ret_acts, root);
        consent_read(&c);
    }
    if (ret_acts->identifiers > IDENTIFIERS_TOTAL_MAX)
        node_fault(&root, ERROR_INVALID, "at most 4000 identifiers in one request");
    if (ret_acts->count > RECORDS_MAX)
        node_fault(&root, ERROR_INVALID, "at most 1000 events in one request");
    acts_messages_put(env, body, ret_acts);
    ret_acts->context.is_delivered = env->controller->policy->messages.confirmation_only_delivered;
    acts_check(ret_acts, body);
}
