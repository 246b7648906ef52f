/* SPDX-License-Identifier: Apache-2.0 */
#include "http/acts.h"

#include "auth/link.h"
#include "base/limits.h"
#include "domain/age.h"
#include "domain/moment.h"
#include "http/entity.h"
#include "http/evidence.h"
#include "http/person.h"
#include "http/receipt.h"
#include "wire/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const forms[] = {"written", "electronic", NULL};
static const char *const given_states[] = {"given", "refused", "withdrawn", "objected", "eligible", NULL};
static const enum event_state given_numbers[] = {EVENT_GIVEN, EVENT_REFUSED, EVENT_WITHDRAWN, EVENT_OBJECTED,
                                                 EVENT_ELIGIBLE};

/* What is the same for all acts of one object of the body. */
struct common {
    struct call *call;
    const struct controller *controller;
    struct acts *acts;
    size_t object;
    struct person *person;
    struct act act;         /* what is known before the purpose is */
    enum strength strength; /* of a guardian's act */
    bool is_written; /* likewise: on paper, with the signed document named, or electronically and signed */
    int entity;      /* ENTITY_ANY: for all */
    bool is_import;
    struct node notice; /* absent: the one in force */
    struct node root;
};

/* ---- memory ---- */

static struct act *act_add(struct common *c)
{
    struct acts *a = c->acts;
    if ((a->count & (a->count - 1)) ==
        0) { /* room doubles at each power of two; the old memory goes with the call */
        size_t room = a->count == 0 ? 1 : a->count * 2;
        struct act *list = call_alloc(c->call, room * sizeof *list);
        size_t *objects = call_alloc(c->call, room * sizeof *objects);
        if (a->count > 0) {
            memcpy(list, a->list, a->count * sizeof *list);
            memcpy(objects, a->objects, a->count * sizeof *objects);
        }
        a->list = list;
        a->objects = objects;
    }
    a->objects[a->count] = c->object;
    a->list[a->count] = c->act;
    return &a->list[a->count++];
}

static void acts_init(struct acts *acts)
{
    *acts = (struct acts){0};
    buf_init(&acts->context, ANSWER_BYTES_MAX);
}

void acts_free(struct acts *acts)
{
    buf_free(&acts->context);
}

/* Of two acts alike in class, time and state the one with the higher number stands, whatever order they came in. FNV-1a over what
 * they say. */
static int32_t act_tie(const struct act *a)
{
    const int64_t said[] = {a->purpose,          a->notice,          a->validity.months, a->validity.days,
                            a->validity.seconds, (int64_t)a->method, (int64_t)a->role};
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        for (unsigned shift = 0; shift < 64; shift += 8)
            hash = (hash ^ (uint8_t)((uint64_t)said[i] >> shift)) * 16777619u;
    return (int32_t)(hash >> 1);
}

/* ---- members shared by both bodies ---- */

static void time_read(struct common *c)
{
    struct node n = node_optional(&c->root, "event_time");
    c->act.at = node_present(&n) ? node_moment(&n) : INSTANT_NONE;
    if (c->act.at != INSTANT_NONE && c->act.at < 0)
        node_fault(&n, ERROR_INVALID, "a time from 1970 on");
}

static bool has_documents(const struct node *root)
{
    struct node evidence = node_optional(root, "evidence");
    if (!node_is_object(&evidence))
        return false;
    struct node documents = node_optional(&evidence, "documents");
    return node_present(&documents);
}

/* ${w}: the event's detail. */
static void expressed_by_read(struct common *c, struct writer *w)
{
    static const char *const members[] = {"role", "strength", "form", NULL};
    struct node n = node_optional(&c->root, "expressed_by");
    if (!node_present(&n))
        return;
    node_only(&n, members);
    struct node role = node_member(&n, "role"), strength = node_optional(&n, "strength"),
                form = node_optional(&n, "form");
    int r = node_word(&role, role_words);
    int s = node_present(&strength) ? node_word(&strength, strength_words) : 0;
    int f = node_present(&form) ? node_word(&form, forms) : 1;
    if (r < 0 || s < 0 || f < 0)
        return;
    if (r == ROLE_SELF) {
        if (node_present(&strength))
            node_fault(&strength, ERROR_INVALID, "only a guardian's act has a strength");
        if (node_present(&form))
            node_fault(&form, ERROR_INVALID, "only a guardian's act has a form");
        return;
    }
    c->act.role = (enum role)r;
    c->act.slot = SLOT_GUARDIAN;
    c->strength = (enum strength)s;
    c->is_written = f == 0 ? has_documents(&c->root) : s >= STRENGTH_SIGNED;
    writer_object_begin(w, "expressed_by");
    writer_text(w, "strength", strength_words[s]);
    writer_text(w, "form", forms[f]);
    writer_object_end(w);
}

static bool is_language(const char *text)
{
    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == strlen(text) &&
           strcspn(text, "-") >= 2;
}

static void language_read(struct common *c)
{
    struct node n = node_optional(&c->root, "language");
    if (!node_present(&n))
        return;
    size_t len;
    const char *text = node_string(&n, 2, sizeof(((struct notice_text *)0)->language) - 1, &len);
    if (len == 0)
        return;
    if (!is_language(text)) {
        node_fault(&n, ERROR_INVALID, "a language tag of BCP 47, such as nl or nl-BE");
        return;
    }
    char *lower = call_copy(c->call, text, len);
    for (char *p = lower; *p != '\0'; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p | 32) : *p;
    c->act.language = lower;
}

static void ref_read(struct common *c)
{
    struct node n = node_optional(&c->root, "ref");
    if (!node_present(&n))
        return;
    const char *text = node_string(&n, 1, REF_BYTES_MAX, NULL);
    c->act.ref = text[0] != '\0' ? text : NULL;
}

static void common_read(struct common *c, struct writer *detail)
{
    person_read(&c->root, c->controller, c->person);
    c->acts->identifiers += c->person->count;
    c->entity = entity_read(&c->root, c->controller->policy);
    time_read(c);
    language_read(c);
    ref_read(c);
    expressed_by_read(c, detail);
    c->act.person = c->person;
    c->act.evidence = evidence_read(c->call, &c->root);
}

static struct common common_of(struct call *call, const struct controller *controller, struct acts *acts,
                               struct node root)
{
    struct common c = {.call = call, .controller = controller, .acts = acts, .root = root};
    c.person = call_alloc(call, sizeof *c.person);
    c.act.at = INSTANT_NONE;
    return c;
}

static void record_id_make(const struct node *root, struct act *act)
{
    if (uuid_v7(act->record_id) != 0)
        node_fault(root, ERROR_OVERLOADED, "no random bytes");
}

/* ---- what a record says of the person: detail of the event, and a state of its own ---- */

static void fact_write(struct writer *w, const char *key, bool holds, const char *until)
{
    writer_object_begin(w, key);
    writer_bool(w, "holds", holds);
    writer_text(w, "until", until);
    writer_object_end(w);
}

static bool month_parse(const char *text, size_t len, int32_t *ret_year, int32_t *ret_month)
{
    if (len != 7 || text[4] != '-' || strspn(text, "0123456789") != 4 || strspn(text + 5, "0123456789") != 2)
        return false;
    *ret_year = (int32_t)strtol(text, NULL, 10);
    *ret_month = (int32_t)strtol(text + 5, NULL, 10);
    return *ret_year >= 1900 && *ret_month >= 1 && *ret_month <= 12;
}

static const char *country_read(const struct common *c, const struct node *minor)
{
    struct node n = node_optional(minor, "country");
    if (!node_present(&n))
        return c->controller->policy->country;
    const char *country = node_string(&n, 2, 2, NULL);
    if (country[0] < 'A' || country[0] > 'Z' || country[1] < 'A' || country[1] > 'Z')
        node_fault(&n, ERROR_INVALID, "a country of ISO 3166-1 (alpha-2), such as NL");
    return country;
}

/* Of a birth month only the date is kept on which the limit is reached: it counts as its last day. Whether that day has come the ledger
 * knows, which has the clock and the time zone. */
static void birth_month_read(struct common *c, const struct node *minor, struct writer *w)
{
    static const char *const members[] = {"birth_month", "country", NULL};
    node_only(minor, members);
    struct node n = node_member(minor, "birth_month");
    size_t len;
    int32_t year, month;
    const char *text = node_string(&n, 7, 7, &len), *country = country_read(c, minor);
    if (len == 0)
        return;
    if (!month_parse(text, len, &year, &month)) {
        node_fault(&n, ERROR_INVALID, "a month, such as 2012-05");
        return;
    }
    int years = age_limit(c->controller->policy, country, worker_now(c->call->worker), CHANNEL_WEB);
    if (years == 0)
        return; /* no fixed age: nothing to keep */
    struct calendar_date limit = age_reached(year, month, years);
    char until[16];
    snprintf(until, sizeof until, "%04d-%02d-%02d", limit.year, limit.month, limit.day);
    fact_write(w, "minor", true, until);
}

static void minor_read(struct common *c, struct writer *w)
{
    struct node n = node_optional(&c->root, "minor"), evidence = node_optional(&c->root, "evidence");
    if (!node_present(&n))
        return;
    if (node_is_object(&n)) {
        birth_month_read(c, &n, w);
        return;
    }
    bool minor = node_bool(&n);
    if (!minor && !node_present(&evidence))
        node_fault(&n, ERROR_INVALID, "that somebody is no minor needs evidence");
    fact_write(w, "minor", minor, NULL);
}

static bool is_date(const char *text, size_t len)
{
    char moment[32];
    instant ignored;
    snprintf(moment, sizeof moment, "%.10sT00:00:00Z", text);
    return len == 10 && moment_parse(moment, strlen(moment), &ignored);
}

/* An adult under guardianship (curatele, mentorschap): {"until": date or null}; false lifts it. */
static void represented_read(struct common *c, struct writer *w)
{
    static const char *const members[] = {"until", NULL};
    struct node n = node_optional(&c->root, "represented"), evidence = node_optional(&c->root, "evidence");
    if (!node_present(&n))
        return;
    if (node_kind(&n) == NODE_BOOL && !node_bool(&n)) {
        if (!node_present(&evidence))
            node_fault(&n, ERROR_INVALID, "that somebody is no longer represented needs evidence");
        fact_write(w, "represented", false, NULL);
        return;
    }
    node_only(&n, members);
    struct node until = node_member(&n, "until");
    if (node_kind(&until) == NODE_NULL) {
        fact_write(w, "represented", true, NULL);
        return;
    }
    size_t len;
    const char *text = node_string(&until, 10, 10, &len);
    if (len != 0 && !is_date(text, len))
        node_fault(&until, ERROR_INVALID, "a date, such as 2030-01-01, or null");
    else if (len != 0)
        fact_write(w, "represented", true, text);
}

/* ---- POST /v1/consents ---- */

static void import_read(struct common *c, struct writer *w)
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
    writer_text(w, "batch", node_string(&batch, 1, REF_BYTES_MAX, NULL));
    writer_text(w, "source", node_string(&source, 1, REF_BYTES_MAX, NULL));
    writer_object_end(w);
}

/* The sale that a soft opt-in rests on (Tw 11.7(3)). Returns whether there is one. */
static bool sale_read(struct common *c, struct writer *w)
{
    static const char *const members[] = {"ref", "product_group", "at", "opt_out_offered_at", NULL};
    struct node n = node_optional(&c->root, "sale");
    if (!node_present(&n))
        return false;
    node_only(&n, members);
    struct node ref = node_member(&n, "ref"), group = node_member(&n, "product_group"),
                at = node_member(&n, "at"), offered = node_member(&n, "opt_out_offered_at");
    writer_object_begin(w, "sale");
    writer_text(w, "ref", node_string(&ref, 1, REF_BYTES_MAX, NULL));
    writer_text(w, "product_group", node_string(&group, 1, REF_BYTES_MAX, NULL));
    writer_moment(w, "at", node_moment(&at));
    writer_moment(w, "opt_out_offered_at", node_moment(&offered));
    writer_object_end(w);
    return true;
}

/* On paper, by telephone and in imports nobody knows which words were shown, unless the caller says so. */
static bool words_are_unknown(const struct common *c)
{
    return c->is_import || c->act.method == METHOD_PAPER || c->act.method == METHOD_PHONE ||
           c->act.method == METHOD_IN_PERSON || c->act.method == METHOD_LETTER;
}

static bool hash_parse(const char *hex, uint8_t ret_hash[NOTICE_HASH_SIZE])
{
    for (size_t i = 0; i < NOTICE_HASH_SIZE; i++) {
        unsigned value = 0;
        for (size_t k = 0; k < 2; k++) {
            char d = hex[2 * i + k];
            if (!((d >= '0' && d <= '9') || (d >= 'a' && d <= 'f')))
                return false;
            value = value << 4 | (unsigned)(d <= '9' ? d - '0' : d - 'a' + 10);
        }
        ret_hash[i] = (uint8_t)value;
    }
    return true;
}

/* The text whose hash was sent; where a language was sent too it must be that one. */
static const struct notice_text *text_hashed(const struct common *c, const struct notice *n,
                                             const struct node *sha256)
{
    size_t len;
    uint8_t hash[NOTICE_HASH_SIZE];
    const char *hex = node_string(sha256, 2 * NOTICE_HASH_SIZE, 2 * NOTICE_HASH_SIZE, &len);
    if (len == 0)
        return NULL;
    if (!hash_parse(hex, hash)) {
        node_fault(sha256, ERROR_INVALID, "64 lower-case hexadecimal digits");
        return NULL;
    }
    for (size_t i = 0; i < n->text_count; i++) {
        const struct notice_text *t = &n->texts[i];
        if (memcmp(t->sha256, hash, sizeof hash) == 0 &&
            (c->act.language == NULL || t == notice_text_in(n, c->act.language)))
            return t;
    }
    node_fault(sha256, ERROR_UNKNOWN_NOTICE, "not the hash of this notice's words");
    return NULL;
}

/* The notice that was named. */
static const struct notice *notice_named(const struct common *c, const struct purpose *purpose,
                                         const struct notice_text **ret_text)
{
    static const char *const members[] = {"id", "version", "sha256", NULL};
    const struct node *n = &c->notice;
    node_only(n, members);
    struct node id = node_member(n, "id"), version = node_member(n, "version"),
                sha256 = node_optional(n, "sha256");
    const char *id_text = node_string(&id, 1, POLICY_KEY_MAX, NULL);
    const char *version_text = node_string(&version, 1, POLICY_KEY_MAX, NULL);
    if (id_text[0] == '\0' || version_text[0] == '\0')
        return NULL;
    const struct notice *found = policy_notice(c->controller->policy, id_text, version_text, 0);
    if (found == NULL)
        node_fault(n, ERROR_UNKNOWN_NOTICE, "no notice version of the policy");
    else if (purpose->notice[0] != '\0' && strcmp(found->id, purpose->notice) != 0)
        node_fault(n, ERROR_UNKNOWN_NOTICE, "another purpose's words: not what was agreed to here");
    else if (node_present(&sha256))
        *ret_text = text_hashed(c, found, &sha256);
    return found;
}

static const struct notice *notice_of(const struct common *c, const struct purpose *purpose, instant now,
                                      const struct notice_text **ret_text)
{
    const struct notice *n = NULL;
    if (node_present(&c->notice))
        n = notice_named(c, purpose, ret_text);
    else if (purpose->notice[0] != '\0' && !words_are_unknown(c))
        n = policy_notice(c->controller->policy, purpose->notice, NULL,
                          c->act.at != INSTANT_NONE ? c->act.at : now);
    if (n != NULL && *ret_text == NULL)
        *ret_text = notice_text_in(n, c->act.language);
    return n;
}

/* What the state, read at ${n}, becomes under the purpose's basis; EVENT_NONE, with a fault, when it cannot be. */
static enum event_state state_under(const struct common *c, const struct purpose *p, enum event_state state,
                                    const struct node *at_purpose, const struct node *n)
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

static void hex_write(struct writer *w, const char *key, const uint8_t hash[NOTICE_HASH_SIZE])
{
    char text[2 * NOTICE_HASH_SIZE];
    for (size_t i = 0; i < NOTICE_HASH_SIZE; i++) {
        text[2 * i] = "0123456789abcdef"[hash[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[hash[i] & 15];
    }
    writer_string(w, key, text, sizeof text);
}

/* The act's line of the context: members without braces. */
static void context_line(struct buf *context, const struct purpose *purpose, const struct notice *notice,
                         const struct notice_text *text)
{
    size_t start = context->len;
    struct writer w = writer_of(context);
    writer_object_begin(&w, NULL);
    writer_text(&w, "purpose", purpose->key);
    if (notice == NULL) {
        writer_null(&w, "notice");
    } else {
        writer_object_begin(&w, "notice");
        writer_text(&w, "id", notice->id);
        writer_text(&w, "version", notice->version);
        writer_text(&w, "language", text != NULL ? text->language : NULL);
        if (text != NULL)
            hex_write(&w, "sha256", text->sha256);
        writer_object_end(&w);
    }
    writer_object_end(&w);
    if (buf_failed(context))
        return;
    memmove(context->data + start, context->data + start + 1, context->len - start - 2);
    context->len -= 2;
    buf_byte(context, '\n');
}

static int32_t purpose_number(const struct purpose *p, int entity)
{
    return entity != ENTITY_ANY ? p->entity_numbers[entity] : p->number;
}

/* A guardian's Yes must be of the strength and form that the purpose asks for; a No never needs more than being said. */
static void guardian_check(const struct common *c, const struct purpose *p, const struct node *at_state)
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

/* A Yes that must be confirmed waits beside what stands. A copy of one that was confirmed elsewhere says when. */
static bool must_be_confirmed(const struct common *c, const struct purpose *p, enum event_state state)
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

static void choice_check(const struct common *c, const struct purpose *p, enum event_state state,
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

/* What is left to be said of the act once purpose and state are known. */
static void choice_act(struct common *c, const struct purpose *purpose, enum event_state state,
                       const struct notice *notice, const struct notice_text *text, bool waits)
{
    instant now = worker_now(c->call->worker);
    bool no = event_state_is_no(state);
    struct act *act = act_add(c);
    act->purpose = purpose_number(purpose, c->entity);
    act->slot = waits ? SLOT_PENDING : act->slot;
    state = waits ? EVENT_REQUESTED : state;
    act->rank_base = rank_base(event_class_of(state, c->act.method, c->is_import), state);
    act->floating = no && c->act.at == INSTANT_NONE;
    act->has_end = waits || (!no && !duration_is_zero(purpose->validity));
    const struct duration until_confirmed = {.days = CONFIRM_WITHIN_DAYS}, none = {0};
    act->validity = waits ? until_confirmed : act->has_end ? purpose->validity : none;
    act->notice = notice != NULL ? notice->number : 0;
    if (act->language == NULL && text != NULL)
        act->language = text->language;
    bool outdated = !no && notice != NULL && policy_notice_outdated(c->controller->policy, notice, now);
    act->effect = waits ? EFFECT_PENDING : outdated ? EFFECT_OUTDATED : EFFECT_APPLIED;
    act->needs_guardian = !no && act->slot == SLOT_SELF && act->effect == EFFECT_APPLIED &&
                          purpose->guardian.minors != MINORS_ALLOWED;
    act->tie = act_tie(act);
    record_id_make(&c->root, act);
}

/* One choice: a purpose and what was said of it. ${at_purpose} and ${at_state} are where faults belong. */
static void choice_read(struct common *c, const char *key, const struct node *at_purpose,
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
    const struct notice *notice = notice_of(c, purpose, worker_now(c->call->worker), &text);
    choice_act(c, purpose, state, notice, text, must_be_confirmed(c, purpose, state));
    context_line(&c->acts->context, purpose, notice, text);
}

static void choices_read(struct common *c, const struct node *choices, bool has_sale)
{
    void *cursor = NULL;
    const char *key;
    struct node one;
    if (node_members(choices, 1, PURPOSES_PER_CALL_MAX) == 0)
        return;
    while (node_next(choices, &cursor, &key, &one))
        choice_read(c, key, &one, &one, has_sale);
}

static void purpose_and_state_read(struct common *c, bool has_sale)
{
    struct node purpose = node_member(&c->root, "purpose"), state = node_member(&c->root, "event_state");
    const char *key = node_string(&purpose, 1, POLICY_KEY_MAX, NULL);
    if (key[0] != '\0' && node_present(&state))
        choice_read(c, key, &purpose, &state, has_sale);
}

static void method_read(struct common *c)
{
    struct node n = node_member(&c->root, "collection_method");
    int word = node_word(&n, collection_method_words);
    c->act.method = word >= 0 ? (enum collection_method)word : METHOD_API;
}

static void detail_keep(struct common *c, struct buf *detail)
{
    c->act.detail =
        detail->len > 2 && !buf_failed(detail) ? call_copy(c->call, detail->data, detail->len) : NULL;
    buf_free(detail);
}

static void consent_read(struct common *c)
{
    static const char *const members[] = {
        "subject",  "purpose", "event_state",  "choices",     "event_time", "collection_method",
        "language", "notice",  "expressed_by", "ref",         "evidence",   "import",
        "sale",     "entity",  "minor",        "represented", NULL};
    node_only(&c->root, members);
    struct buf detail;
    buf_init(&detail, EVIDENCE_BYTES_MAX);
    struct writer w = writer_of(&detail);
    writer_object_begin(&w, NULL);
    method_read(c);
    common_read(c, &w);
    import_read(c, &w);
    bool has_sale = sale_read(c, &w);
    minor_read(c, &w);
    represented_read(c, &w);
    writer_object_end(&w);
    detail_keep(c, &detail);
    *(c->is_import ? &c->acts->needs_import : &c->acts->needs_record) = true;
    c->notice = node_optional(&c->root, "notice");
    struct node choices = node_optional(&c->root, "choices");
    if (!node_present(&choices)) {
        purpose_and_state_read(c, has_sale);
        return;
    }
    struct node purpose = node_optional(&c->root, "purpose"), state = node_optional(&c->root, "event_state");
    if (node_present(&purpose) || node_present(&state))
        node_fault(&choices, ERROR_INVALID, "either choices, or purpose and event_state");
    c->acts->is_array = true;
    choices_read(c, &choices, has_sale);
}

void consents_read(struct call *call, struct reader *body, const struct controller *controller,
                   struct acts *ret_acts)
{
    acts_init(ret_acts);
    struct node root = reader_root(body);
    if (!node_present(&root))
        return;
    buf_text(&ret_acts->context, RECEIPT_ARRAY);
    ret_acts->body_is_array = node_is_array(&root);
    if (ret_acts->body_is_array) {
        size_t count = node_elements(&root, 1, RECORDS_MAX);
        ret_acts->is_array = true;
        for (size_t i = 0; i < count; i++) {
            struct common c = common_of(call, controller, ret_acts, node_at(&root, i));
            c.object = i;
            consent_read(&c);
        }
    } else {
        struct common c = common_of(call, controller, ret_acts, root);
        consent_read(&c);
    }
    if (ret_acts->identifiers > IDENTIFIERS_TOTAL_MAX)
        node_fault(&root, ERROR_INVALID, "at most 1000 identifiers in one request");
    if (ret_acts->count > RECORDS_MAX)
        node_fault(&root, ERROR_INVALID, "at most 1000 events in one request");
    if (!ret_acts->is_array && !buf_failed(&ret_acts->context))
        memcpy(ret_acts->context.data, RECEIPT_SINGLE, sizeof RECEIPT_SINGLE - 1);
}

/* ---- POST /v1/withdraw ---- */

/* Where nothing was agreed to there is nothing to withdraw: it is an objection (GDPR art. 21). */
static enum event_state no_state(const struct purpose *purpose)
{
    return purpose != NULL && purpose->basis != BASIS_CONSENT ? EVENT_OBJECTED : EVENT_WITHDRAWN;
}

static void no_add(struct common *c, const struct purpose *purpose)
{
    enum event_state state = no_state(purpose);
    struct act *act = act_add(c);
    act->purpose = purpose != NULL ? purpose_number(purpose, c->entity) : PURPOSE_ALL;
    act->rank_base = rank_base(CLASS_CHOICE, state); /* a withdrawal is a choice, whatever it came by */
    act->floating = c->act.at == INSTANT_NONE;
    act->tie = act_tie(act);
    record_id_make(&c->root, act);
}

static void not_stopped_write(struct writer *w, const struct purpose *p)
{
    writer_object_begin(w, NULL);
    writer_text(w, "purpose", p->key);
    writer_text(w, "reason", lawful_basis_words[p->basis]);
    writer_object_end(w);
}

static void withdraw_one(struct common *c, const struct node *n, const char *key)
{
    const struct purpose *purpose = policy_purpose(c->controller->policy, key);
    if (purpose == NULL) {
        node_fault(n, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy");
        return;
    }
    if (!basis_is_withdrawable(purpose->basis) && !purpose->direct_marketing) {
        node_fault(n, ERROR_NOT_WITHDRAWABLE, "this purpose does not rest on a choice");
        return;
    }
    entity_check(&c->root, purpose, c->entity);
    no_add(c, purpose);
    buf_printf(&c->acts->context, RECEIPT_WITHDRAW "[]\n%s\n", purpose->key);
}

static void withdraw_all(struct common *c)
{
    const struct policy *policy = c->controller->policy;
    struct buf *context = &c->acts->context;
    buf_text(context, RECEIPT_WITHDRAW_ALL);
    struct writer w = writer_of(context);
    writer_array_begin(&w, NULL);
    for (size_t i = 0; i < policy->purpose_count; i++) {
        if (!policy->purposes[i].retired && !purpose_stopped_by_all(&policy->purposes[i]))
            not_stopped_write(&w, &policy->purposes[i]);
    }
    writer_array_end(&w);
    buf_byte(context, '\n');
    for (size_t i = 0; i < policy->purpose_count; i++) {
        if (!policy->purposes[i].retired && purpose_stopped_by_all(&policy->purposes[i]))
            buf_printf(context, "%d %s\n", policy->purposes[i].number, policy->purposes[i].key);
    }
    no_add(c, NULL);
}

static bool is_meant(const struct purpose *p, enum channel channel)
{
    return !p->retired && (channel == CHANNEL_COUNT || p->channel == channel);
}

/* Each purpose of a channel (or, for one entity, of all channels: ${channel} CHANNEL_COUNT) by itself. */
static void withdraw_each(struct common *c, const struct node *n, enum channel channel)
{
    const struct policy *policy = c->controller->policy;
    struct buf *context = &c->acts->context;
    bool used = false;
    buf_text(context, RECEIPT_WITHDRAW);
    struct writer w = writer_of(context);
    writer_array_begin(&w, NULL);
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *p = &policy->purposes[i];
        used = used || is_meant(p, channel);
        if (is_meant(p, channel) && !basis_is_withdrawable(p->basis) && !p->direct_marketing)
            not_stopped_write(&w, p);
    }
    writer_array_end(&w);
    buf_byte(context, '\n');
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *p = &policy->purposes[i];
        if (!is_meant(p, channel) || (!basis_is_withdrawable(p->basis) && !p->direct_marketing))
            continue;
        no_add(c, p);
        buf_printf(context, "%s\n", p->key);
    }
    if (!used)
        node_fault(n, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy uses this channel");
    else if (c->acts->count == 0)
        node_fault(n, ERROR_NOT_WITHDRAWABLE, "no purpose of this channel rests on a choice");
}

static void what_read(struct common *c)
{
    struct node channel = node_optional(&c->root, "channel");
    if (node_present(&channel)) {
        struct node purpose = node_optional(&c->root, "purpose");
        if (node_present(&purpose))
            node_fault(&channel, ERROR_INVALID, "either purpose or channel");
        int word = node_word(&channel, channel_words);
        if (word >= 0)
            withdraw_each(c, &channel, (enum channel)word);
        return;
    }
    struct node purpose = node_member(&c->root, "purpose");
    const char *key = node_string(&purpose, 1, POLICY_KEY_MAX, NULL);
    if (strcmp(key, "*") == 0 && c->entity != ENTITY_ANY)
        withdraw_each(c, &purpose, CHANNEL_COUNT);
    else if (strcmp(key, "*") == 0)
        withdraw_all(c);
    else if (key[0] != '\0')
        withdraw_one(c, &purpose, key);
}

void withdraw_read(struct call *call, struct reader *body, const struct controller *controller,
                   struct acts *ret_acts)
{
    static const char *const members[] = {
        "subject",  "purpose", "channel", "event_time", "collection_method", "ref", "expressed_by",
        "evidence", "reason",  "entity",  NULL};
    static const char *const reasons[] = {"person", "complaint", "staff", NULL};
    acts_init(ret_acts);
    struct common c = common_of(call, controller, ret_acts, reader_root(body));
    if (!node_present(&c.root))
        return;
    node_only(&c.root, members);
    struct node method = node_optional(&c.root, "collection_method"),
                reason = node_optional(&c.root, "reason");
    int method_word = node_present(&method) ? node_word(&method, collection_method_words) : METHOD_API;
    int reason_word_index = node_present(&reason) ? node_word(&reason, reasons) : 0;
    c.act.method = method_word >= 0 ? (enum collection_method)method_word : METHOD_API;
    struct buf detail;
    buf_init(&detail, EVIDENCE_BYTES_MAX);
    struct writer w = writer_of(&detail);
    writer_object_begin(&w, NULL);
    common_read(&c, &w);
    writer_text(&w, "reason", reasons[reason_word_index >= 0 ? reason_word_index : 0]);
    writer_object_end(&w);
    detail_keep(&c, &detail);
    what_read(&c);
}

/* ---- POST /v1/objections ---- */

void objection_read(struct call *call, struct reader *body, const struct controller *controller,
                    struct acts *ret_acts)
{
    static const char *const members[] = {"subject", "purpose", "entity", "outcome", "grounds", "ref", NULL};
    static const char *const outcomes[] = {"upheld", "overridden", NULL};
    acts_init(ret_acts);
    struct common c = common_of(call, controller, ret_acts, reader_root(body));
    if (!node_present(&c.root))
        return;
    node_only(&c.root, members);
    struct node purpose_node = node_member(&c.root, "purpose"), outcome = node_member(&c.root, "outcome"),
                grounds = node_member(&c.root, "grounds");
    const char *key = node_string(&purpose_node, 1, POLICY_KEY_MAX, NULL);
    const char *why = node_string(&grounds, 1, GROUNDS_BYTES_MAX, NULL);
    const struct purpose *purpose = key[0] != '\0' ? policy_purpose(controller->policy, key) : NULL;
    int word = node_word(&outcome, outcomes);
    struct buf detail;
    buf_init(&detail, EVIDENCE_BYTES_MAX);
    struct writer w = writer_of(&detail);
    writer_object_begin(&w, NULL);
    common_read(&c, &w);
    writer_text(&w, "grounds", why);
    writer_object_end(&w);
    detail_keep(&c, &detail);
    if (key[0] != '\0' && purpose == NULL)
        node_fault(&purpose_node, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy");
    else if (purpose != NULL && !purpose->objection_weighed)
        node_fault(&purpose_node, ERROR_INVALID,
                   "objections to this purpose are absolute: there is nothing to weigh");
    if (!reader_ok(body) || purpose == NULL)
        return;
    struct act *act = act_add(&c);
    act->purpose = purpose_number(purpose, c.entity);
    act->slot = SLOT_OUTCOME;
    act->method = METHOD_API;
    act->rank_base = rank_base(CLASS_CHOICE, word == 0 ? EVENT_UPHELD : EVENT_OVERRIDDEN);
    act->floating = true;
    act->tie = act_tie(act);
    record_id_make(&c.root, act);
    buf_text(&c.acts->context, RECEIPT_SINGLE);
    context_line(&c.acts->context, purpose, NULL, NULL);
}

/* ---- POST /v1/confirm ---- */

static void confirmation_add(struct common *c, const struct confirm_token *token)
{
    const struct policy *policy = c->controller->policy;
    const struct purpose *purpose = NULL;
    for (size_t i = 0; i < policy->purpose_count && purpose == NULL; i++) {
        const struct purpose *p = &policy->purposes[i];
        bool is_it = p->number == token->purpose;
        for (size_t e = 0; e < policy->entity_count; e++)
            is_it = is_it || p->entity_numbers[e] == token->purpose;
        purpose = is_it ? p : NULL;
    }
    if (purpose == NULL)
        return; /* no longer in the policy */
    const struct notice_text *text = NULL;
    const struct notice *notice = policy_notice(policy, purpose->notice, NULL, worker_now(c->call->worker));
    if (notice != NULL)
        text = notice_text_in(notice, NULL);
    struct act *act = act_add(c);
    act->purpose = token->purpose;
    act->method = METHOD_DOUBLE_OPT_IN;
    act->has_end = !duration_is_zero(purpose->validity);
    act->validity = purpose->validity;
    act->needs_guardian = purpose->guardian.minors != MINORS_ALLOWED;
    act->tie = act_tie(act);
    record_id_make(&c->root, act);
    buf_text(&c->acts->context, RECEIPT_SINGLE);
    context_line(&c->acts->context, purpose, notice, text);
    c->acts->confirmation =
        (struct confirmation){.subject_no = token->subject_no, .revision = token->revision};
}

void confirm_read(struct call *call, struct reader *body, const struct controller *controller,
                  struct acts *ret_acts)
{
    static const char *const members[] = {"token", "evidence", NULL};
    acts_init(ret_acts);
    struct common c = common_of(call, controller, ret_acts, reader_root(body));
    if (!node_present(&c.root))
        return;
    node_only(&c.root, members);
    struct node n = node_member(&c.root, "token");
    size_t len;
    const char *text = node_string(&n, 1, 4096, &len);
    c.act.evidence = evidence_read(call, &c.root);
    struct confirm_token token;
    const struct subject_keys *keys = database_keys(call->worker->options->database);
    if (len != 0 &&
        link_open(keys, LINK_CONFIRM, worker_now(call->worker), text, len, &token, sizeof token) == 0 &&
        token.controller_id == controller->controller_id)
        confirmation_add(&c, &token);
}
