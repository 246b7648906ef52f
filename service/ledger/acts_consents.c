/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "ledger/acts_internal.h"
#include "ledger/entity.h"
#include "ledger/free_text.h"

#include <assert.h>

/* What was agreed to or refused: an object or an array of them, each with one choice or several.
 *
 * (1) A Yes is taken only where the policy has something to say Yes to: the basis is a choice, the purpose
 * is not retired, cookies are asked for at all; and from who may give it.  (2) A No needs no more than
 * being said: nothing that binds a Yes (a sale, a guardian's strength and form, a retired purpose) binds
 * it, and it has no end.  (3) A Yes that must be confirmed is none yet: it is a request that waits beside
 * what stands, with an end.  (4) A copy of what another system recorded undoes nothing that the person
 * said: its class says so, whatever the method. (5) What rests on another basis than consent can be
 * objected to; a No to it is an objection.  (6) Whether the person may decide alone is for the ledger to
 * find, which knows them: of a Yes here that depends on it, ${needs_guardian}. */

static const char *const given_states[] = {"given", "refused", "withdrawn", "objected", "eligible", NULL};
static const enum event_state given_numbers[] = {EVENT_GIVEN, EVENT_REFUSED, EVENT_WITHDRAWN, EVENT_OBJECTED,
                                                 EVENT_ELIGIBLE};

static const char *reference_of(const struct acts_common *c, const struct node *n)
{
    return reference_read(c->env->arena, c->controller->policy, n);
}

static void import_read(struct acts_common *c, struct writer *w)
{
    static const char *const members[] = {"batch", "source", NULL};
    struct node n = node_optional(&c->root, "import");
    c->is_import = c->act.method == METHOD_IMPORT;
    if (!node_present(&n))
        return;
    c->is_import = true;
    node_only(&n, members);
    struct node batch = node_member(&n, "batch"), source = node_member(&n, "source");
    writer_object_begin(w, "import");
    writer_text(w, "batch", reference_of(c, &batch));
    writer_text(w, "source", reference_of(c, &source));
    writer_object_end(w);
}

/* The sale that a soft opt-in rests on (Tw 11.7(3)). Returns whether there is one. */
static bool sale_read(struct acts_common *c, struct writer *w)
{
    static const char *const members[] = {"ref", "product_group", "at", "opt_out_offered_at", NULL};
    struct node n = node_optional(&c->root, "sale");
    if (!node_present(&n))
        return false;
    node_only(&n, members);
    struct node ref = node_member(&n, "ref"), group = node_member(&n, "product_group"),
                at = node_member(&n, "at"), offered = node_member(&n, "opt_out_offered_at");
    writer_object_begin(w, "sale");
    writer_text(w, "ref", reference_of(c, &ref));
    writer_text(w, "product_group", reference_of(c, &group));
    writer_moment(w, "at", node_moment(&at));
    writer_moment(w, "opt_out_offered_at", node_moment(&offered));
    writer_object_end(w);
    return true;
}

/* What the state, read at ${n}, becomes under the purpose's basis; EVENT_NONE, with a fault, when it
 * cannot be. */
static enum event_state state_under(const struct acts_common *c, const struct purpose *p,
                                    enum event_state state, const struct node *at_purpose,
                                    const struct node *n)
{
    if (state == EVENT_GIVEN && c->act.slot == SLOT_GUARDIAN && p->guardian.minors == MINORS_GUARDIAN)
        return state; /* whatever the basis: a minor's guardian has to agree */
    if (!basis_is_withdrawable(p->basis) &&
        !(c->act.slot == SLOT_GUARDIAN && p->guardian.minors == MINORS_GUARDIAN)) {
        node_fault(at_purpose, ERROR_NOT_WITHDRAWABLE, "this purpose does not rest on a choice");
        return EVENT_NONE;
    }
    if (p->basis == BASIS_CONSENT) {
        if (state == EVENT_ELIGIBLE)
            node_fault(n, ERROR_INVALID, "eligible is for soft_opt_in");
        return state == EVENT_ELIGIBLE ? EVENT_NONE : state;
    }
    if (event_state_is_no(state))
        return EVENT_OBJECTED;
    if (state == EVENT_ELIGIBLE && p->basis == BASIS_SOFT_OPT_IN)
        return state;
    node_fault(n, ERROR_INVALID, "this purpose does not rest on consent: it can be objected to");
    return EVENT_NONE;
}

/* A guardian's Yes must be of the strength and form that the purpose asks for; a No never needs more than
 * being said. */
static void guardian_check(const struct acts_common *c, const struct purpose *p, const struct node *at_state)
{
    const struct guardian_rule *rule = &p->guardian;
    struct node by = node_optional(&c->root, "expressed_by");
    if (c->act.slot != SLOT_GUARDIAN || rule->minors == MINORS_ALLOWED)
        return;
    if (rule->minors == MINORS_FORBIDDEN)
        node_fault(at_state, ERROR_INVALID, "no consent is asked for minors here");
    else if ((rule->roles & 1u << c->act.role) == 0)
        node_fault(&by, ERROR_INVALID, "not a role that may act for this purpose");
    else if (c->strength < rule->least)
        node_fault(&by, ERROR_INVALID, "weaker than this purpose asks for");
    else if (rule->written && !c->is_written)
        node_fault(&by, ERROR_INVALID,
                   "this purpose asks for it in writing: form written with the signed document's name and "
                   "SHA-256 in evidence.documents, or electronic and signed");
}

/* A Yes that must be confirmed waits beside what stands. A copy of one that was confirmed elsewhere says
 * when. */
static bool must_be_confirmed(const struct acts_common *c, const struct purpose *p, enum event_state state)
{
    if (!p->double_opt_in || state != EVENT_GIVEN || c->act.slot == SLOT_GUARDIAN)
        return false;
    if (!c->is_import)
        return true;
    struct node evidence = node_optional(&c->root, "evidence"), at = {0};
    if (node_is_object(&evidence))
        at = node_optional(&evidence, "confirmed_at");
    if (!node_present(&at))
        node_fault(&evidence, ERROR_INVALID, "an import of a double opt-in needs confirmed_at");
    return false;
}

static void choice_check(const struct acts_common *c, const struct purpose *p, enum event_state state,
                         const struct node *at_state, bool has_sale)
{
    if (p->retired && !event_state_is_no(state))
        node_fault(at_state, ERROR_INVALID, "the purpose is retired: only a No can be recorded");
    if (state == EVENT_ELIGIBLE && !has_sale)
        node_fault(&c->root, ERROR_INVALID, "eligible needs the sale");
    if (c->act.method == METHOD_GPC && !event_state_is_no(state))
        node_fault(at_state, ERROR_INVALID, "a gpc signal is never a Yes");
    if (c->controller->policy->cookies_none && p->channel == CHANNEL_WEB && p->basis == BASIS_CONSENT)
        node_fault(at_state, ERROR_INVALID, "the policy says that there are no cookies: nothing is asked");
    if (!event_state_is_no(state))
        guardian_check(c, p, at_state);
}

/* What comes of it unless something newer stands. */
static enum effect effect_of(const struct acts_common *c, const struct notice *notice, bool no, bool waits)
{
    if (waits)
        return EFFECT_PENDING;
    if (no || notice == NULL || !policy_notice_outdated(c->controller->policy, notice, c->env->now))
        return EFFECT_APPLIED;
    return EFFECT_OUTDATED;
}

/* What is left to be said of the act once purpose and state are known. */
static void choice_act(struct acts_common *c, const struct purpose *purpose, enum event_state state,
                       const struct notice *notice, const struct notice_text *text, bool waits)
{
    const struct duration until_confirmed = {.days = CONFIRM_WITHIN_DAYS}, none = {0};
    bool no = event_state_is_no(state);
    assert(state != EVENT_NONE && !(waits && no)); /* (3) */
    struct act *act = acts_add(c);

    /* Where it stands, and how it ranks there (4). */
    act->purpose = purpose_number_for(purpose, c->entity);
    act->slot = waits ? SLOT_PENDING : act->slot;
    state = waits ? EVENT_REQUESTED : state;
    act->rank_base = rank_base(event_class_of(state, c->act.method, c->is_import), state);
    act->floating = no && c->act.at == INSTANT_NONE;

    /* How long. */
    act->has_end = waits || (!no && !duration_is_zero(purpose->validity));
    act->validity = waits ? until_confirmed : act->has_end ? purpose->validity : none;
    assert(!(no && act->has_end)); /* (2) */

    /* The words that were shown, and what comes of it (6). */
    act->notice = notice != NULL ? notice->number : 0;
    if (act->language == NULL && text != NULL)
        act->language = text->language;
    act->effect = effect_of(c, notice, no, waits);
    act->needs_guardian = !no && act->slot == SLOT_SELF && act->effect == EFFECT_APPLIED &&
                          purpose->guardian.minors != MINORS_ALLOWED;
    acts_seal(c, act);
}

/* One choice: a purpose and what was said of it. ${at_purpose} and ${at_state} are where faults belong. */
static void choice_read(struct acts_common *c, const char *key, const struct node *at_purpose,
                        const struct node *at_state, bool has_sale)
{
    int word = node_word(at_state, given_states);
    const struct purpose *purpose = policy_purpose(c->controller->policy, key);
    if (purpose == NULL)
        node_fault(at_purpose, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy");
    if (word < 0 || purpose == NULL)
        return;
    enum event_state state = state_under(c, purpose, given_numbers[word], at_purpose, at_state);
    if (state == EVENT_NONE)
        return;
    choice_check(c, purpose, state, at_state, has_sale);
    entity_check(&c->root, purpose, c->entity);
    const struct notice_text *text = NULL;
    const struct notice *notice = acts_notice_of(c, purpose, c->env->now, &text);
    choice_act(c, purpose, state, notice, text, must_be_confirmed(c, purpose, state));
    acts_tell(c, purpose, notice, text);
}

static void choices_read(struct acts_common *c, const struct node *choices, bool has_sale)
{
    void *cursor = NULL;
    const char *key;
    struct node one;
    if (node_members(choices, 1, PURPOSES_PER_CALL_MAX) == 0)
        return;
    while (node_next(choices, &cursor, &key, &one))
        choice_read(c, key, &one, &one, has_sale);
}

static void purpose_and_state_read(struct acts_common *c, bool has_sale)
{
    struct node purpose = node_member(&c->root, "purpose"), state = node_member(&c->root, "event_state");
    const char *key = node_string(&purpose, 1, POLICY_KEY_MAX, NULL);
    if (key[0] != '\0' && node_present(&state))
        choice_read(c, key, &purpose, &state, has_sale);
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
        "subject",  "purpose", "event_state",  "choices",     "event_time", "collection_method",
        "language", "notice",  "expressed_by", "ref",         "evidence",   "import",
        "sale",     "entity",  "minor",        "represented", NULL};
    node_only(&c->root, members);

    /* What is common to its acts; what has no column of its own becomes the event's detail. */
    struct buf detail;
    buf_init(&detail, EVIDENCE_BYTES_MAX);
    struct writer w = writer_of(&detail);
    writer_object_begin(&w, NULL);
    method_read(c);
    acts_common_read(c, &w);
    import_read(c, &w);
    bool has_sale = sale_read(c, &w);
    acts_facts_read(c, &w);
    writer_object_end(&w);
    acts_detail_keep(c, &detail);
    *(c->is_import ? &c->acts->needs_import : &c->acts->needs_record) = true;
    c->notice = node_optional(&c->root, "notice");

    /* What was said, of one purpose or of several. */
    struct node choices = node_optional(&c->root, "choices");
    if (!node_present(&choices)) {
        purpose_and_state_read(c, has_sale);
        return;
    }
    struct node purpose = node_optional(&c->root, "purpose"), state = node_optional(&c->root, "event_state");
    if (node_present(&purpose) || node_present(&state))
        node_fault(&choices, ERROR_INVALID, "either choices, or purpose and event_state");
    c->acts->context.is_array = true;
    choices_read(c, &choices, has_sale);
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
        node_fault(&root, ERROR_INVALID, "at most 1000 identifiers in one request");
    if (ret_acts->count > RECORDS_MAX)
        node_fault(&root, ERROR_INVALID, "at most 1000 events in one request");
    acts_check(ret_acts, body);
}
