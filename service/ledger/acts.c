/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "base/limits.h"
#include "ledger/acts_internal.h"
#include "ledger/entity.h"
#include "ledger/evidence.h"
#include "ledger/free_text.h"
#include "ledger/person.h"
#include "wire/policy_language.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

struct act *acts_add(struct acts_common *c)
{
    struct acts *a = c->acts;
    a->list = arena_grow(c->env->arena, a->list, a->count, sizeof *a->list);
    a->objects = arena_grow(c->env->arena, a->objects, a->count, sizeof *a->objects);
    a->objects[a->count] = c->object;
    a->list[a->count] = c->act;
    return &a->list[a->count++];
}

/* Of two acts alike in class, time and state the one with the higher number stands, whatever order they came
 * in. A hash of what they say; it is stored, so it is the same on every machine. */
static int32_t act_tie(const struct act *a)
{
    const int64_t said[] = {a->purpose,          a->notice,          a->validity.months, a->validity.days,
                            a->validity.seconds, (int64_t)a->method, (int64_t)a->role,   a->flags};
    uint32_t hash = HASH_NOTHING;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        uint64_t bytes = htole64((uint64_t)said[i]);
        hash = hash_plain(hash, &bytes, sizeof bytes);
    }
    return (int32_t)(hash >> 1);
}

static void time_read(struct acts_common *c)
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

/* What only a guardian's act has. */
static void guardian_members_forbid(const struct node *by)
{
    static const char *const names[] = {"strength", "form", "identifier"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct node n = node_optional(by, names[i]);
        if (node_present(&n))
            node_fault(&n, ERROR_INVALID, "only of a guardian");
    }
}

/* Which guardian: who is named, or the one of that role. */
static void guardian_read(struct acts_common *c, const struct node *by)
{
    struct node n = node_optional(by, "identifier");
    struct tagged tagged;
    c->act.guardian_no = (int32_t)c->act.role;
    if (!node_present(&n) || !tagged_read(&n, c->controller, &tagged))
        return;
    struct guardian *guardian = arena_zeroed(c->env->arena, sizeof *guardian);
    *guardian = (struct guardian){.is_named = true,
                                  .tag = tagged.tag,
                                  .old_tag = tagged.old_tag,
                                  .rotating = c->controller->old_tagger != NULL};
    c->act.guardian = guardian;
    c->act.guardian_no = 0;
}

/* How sure it is, and whether it is in writing. ${w}: the event's detail. */
static void strength_read(struct acts_common *c, const struct node *by, struct writer *w)
{
    static const char *const forms[] = {"written", "electronic", NULL};
    struct node strength = node_optional(by, "strength"), form = node_optional(by, "form");
    int s = node_present(&strength) ? node_word(&strength, strength_words) : STRENGTH_CHECKBOX;
    int f = node_present(&form) ? node_word(&form, forms) : 1;
    if (s < 0 || f < 0)
        return;
    bool is_written = f == 0 || s == STRENGTH_SIGNED || s == STRENGTH_EID;
    c->act.flags = (uint8_t)(s | (is_written ? FLAG_WRITTEN : 0));
    writer_object_begin(w, "expressed_by");
    writer_text(w, "strength", strength_words[s]);
    writer_text(w, "form", forms[f]);
    writer_object_end(w);
}

/* ${w}: the event's detail. */
static void expressed_by_read(struct acts_common *c, struct writer *w)
{
    static const char *const members[] = {"role", "strength", "form", "identifier", NULL};
    static const char *const roles[] = {"self", "parent", "carer", "legal_representative", "staff", NULL};
    struct node n = node_optional(&c->root, "expressed_by");
    if (!node_present(&n))
        return;
    node_only(&n, members);
    struct node role = node_member(&n, "role");
    int r = node_word(&role, roles);
    if (r < 0)
        return;
    c->act.role = (enum role)r;
    if (!role_is_guardian(c->act.role)) {
        guardian_members_forbid(&n);
        if (r == ROLE_STAFF && !c->has_documents)
            node_fault(&role, ERROR_INVALID, "what staff corrects needs a document in evidence.documents");
        return;
    }
    guardian_read(c, &n);
    strength_read(c, &n, w);
}

void acts_language_read(struct acts_common *c)
{
    struct node n = node_optional(&c->root, "language");
    if (!node_present(&n))
        return;
    size_t len;
    const char *text = node_string(&n, 2, sizeof(((struct notice_text *)0)->language) - 1, &len);
    if (len == 0)
        return;
    if (!language_is_tag(text)) {
        node_fault(&n, ERROR_INVALID, "a language tag of BCP 47, such as nl or nl-BE");
        return;
    }
    char *lower = arena_copy(c->env->arena, text, len);
    for (char *p = lower; *p != '\0'; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p | 32) : *p;
    c->act.language = lower;
}

static void ref_read(struct acts_common *c)
{
    struct node n = node_optional(&c->root, "ref");
    if (!node_present(&n))
        return;
    const char *text = reference_read(c->env->arena, c->controller->policy, &n);
    c->act.ref = text[0] != '\0' ? text : NULL;
}

/* For whom it is recorded, as a reseller says it. */
static void behalf_read(struct acts_common *c, struct writer *detail)
{
    struct node n = node_optional(&c->root, "on_behalf_of");
    if (node_present(&n))
        writer_text(detail, "on_behalf_of",
                    free_text_read(c->env->arena, c->controller->policy, &n, REASON_BYTES_MAX));
}

void acts_common_read(struct acts_common *c, struct writer *detail)
{
    const struct page_act *page = c->env->page;
    if (page != NULL)
        *c->person = *page->person;
    else
        person_read_leniently(&c->root, c->controller, c->person);
    c->acts->identifiers += c->person->count;
    c->entity = entity_read(&c->root, c->controller->policy);
    time_read(c);
    acts_language_read(c);
    ref_read(c);
    c->has_documents = has_documents(&c->root);
    expressed_by_read(c, detail);
    behalf_read(c, detail);
    c->act.evidence = page != NULL ? page->evidence : evidence_read(c->env, &c->root);
}

struct acts_common acts_common_of(const struct ledger_env *env, struct acts *acts, struct node root)
{
    struct acts_common c = {.env = env, .controller = env->controller, .acts = acts, .root = root};
    c.person = arena_zeroed(env->arena, sizeof *c.person);
    c.act.person = c.person;
    c.act.at = INSTANT_NONE;
    c.entity = ENTITY_ANY;
    return c;
}

instant acts_time(const struct acts_common *c)
{
    return c->act.at != INSTANT_NONE ? c->act.at : c->env->now;
}

/* The numbers under which a No to ${p} may stand: for all entities; for the one that the act is of, or for
 * each. */
static void over_add(struct purpose_set *over, const struct acts_common *c, const struct purpose *p)
{
    over->numbers[over->count++] = p->number;
    if (c->entity != ENTITY_ANY)
        over->numbers[over->count++] = purpose_number_for(p, c->entity);
    for (size_t i = 0; c->entity == ENTITY_ANY && i < c->controller->policy->entity_count; i++) {
        if (p->entity_numbers[i] != 0)
            over->numbers[over->count++] = p->entity_numbers[i];
    }
}

/* The numbers under which a standing No, to everything or to a channel, may stand for the entity of ${c}. */
static void standing_over_add(const struct acts_common *c, struct purpose_set *over, int32_t standing)
{
    const struct policy *policy = c->controller->policy;
    over->numbers[over->count++] = standing;
    for (size_t i = 0; i < policy->entity_count; i++) {
        if (policy->entities[i].number != 0 && (c->entity == ENTITY_ANY || (size_t)c->entity == i))
            over->numbers[over->count++] = standing_number_for(policy, standing, (int)i);
    }
}

void acts_act_on(struct acts_common *c, struct act *act, const struct purpose *purpose)
{
    struct purpose_set *over = arena_zeroed(c->env->arena, sizeof *over);
    act->purpose = purpose_number_for(purpose, c->entity);
    act->over = over;
    over_add(over, c, purpose);
    int32_t replaced = purpose->replaces_number;
    for (size_t i = 0; i < REPLACES_MAX && replaced != 0; i++) {
        const struct purpose *p = policy_purpose_numbered(c->controller->policy, replaced, NULL);
        if (p != NULL)
            over_add(over, c, p);
        else
            over->numbers[over->count++] = replaced; /* it left the policy */
        replaced = p != NULL ? p->replaces_number : 0;
    }
    if (purpose_stopped_by_all(purpose)) {
        standing_over_add(c, over, PURPOSE_ALL);
        standing_over_add(c, over, purpose_of_channel((int)purpose->channel));
    }
    assert(over->count <= PURPOSE_SET_MAX);
}

void acts_seal(struct acts_common *c, struct act *act)
{
    act->tie = act_tie(act);
    if (c->is_import)
        act->copy = acts_copy(c, act);
    if (uuid_v7(act->record_id) != 0)
        node_fault(&c->root, ERROR_OVERLOADED, "no random bytes");
}

void acts_detail_keep(struct acts_common *c, struct buf *detail)
{
    c->act.detail =
        detail->len > 2 && !buf_failed(detail) ? arena_copy(c->env->arena, detail->data, detail->len) : NULL;
    buf_free(detail);
}

static bool is_same_guardian(const struct act *a, const struct act *b)
{
    if (a->guardian == NULL || b->guardian == NULL)
        return a->guardian == b->guardian && a->guardian_no == b->guardian_no;
    return memcmp(&a->guardian->tag, &b->guardian->tag, sizeof a->guardian->tag) == 0;
}

/* Whether the act that was added last names whom the one before it named, and the same says it: who confirms
 * one confirms both. */
static bool is_joined(const struct acts *acts)
{
    if (acts->count < 2)
        return false;
    const struct act *last = &acts->list[acts->count - 1], *before = last - 1;
    const struct person *a = last->person, *b = before->person;
    bool names_same =
        a == b || (a->count == b->count && memcmp(a->tags, b->tags, a->count * sizeof *a->tags) == 0);
    return names_same && is_same_guardian(last, before);
}

struct receipt_act *acts_tell(struct acts_common *c, const struct purpose *purpose,
                              const struct acts_words *words)
{
    struct receipt_act *told = receipt_act_add(&c->acts->context, c->env->arena);
    told->number = purpose_number_for(purpose, c->entity);
    told->for_all = c->entity != ENTITY_ANY ? purpose->number : 0;
    told->purpose = purpose->key;
    told->entity = c->entity != ENTITY_ANY ? c->controller->policy->entities[c->entity].key : NULL;
    told->is_joined = is_joined(c->acts);
    told->text = -1;
    if (words != NULL && words->notice != NULL) {
        told->words = notice_words_of(words->notice, words->text);
        told->words.assumed = words->assumed;
        told->notice = words->notice->number;
        told->text = words->text != NULL ? (int32_t)(words->text - words->notice->texts) : -1;
    }
    return told;
}

#ifdef AKKOORD_CHECKS
static bool slot_fits(const struct act *a)
{
    bool no = event_state_is_no(rank_state(a->rank_base));
    switch (a->slot) {
    case SLOT_YES:
    case SLOT_SALE:
    case SLOT_PENDING:
        return !no;
    case SLOT_NO:
    case SLOT_SIGNAL:
        return no;
    default:
        return a->slot == SLOT_OUTCOME;
    }
}

static void act_check(const struct act *a)
{
    static const uint8_t unsealed[UUID_SIZE];
    assert(memcmp(a->record_id, unsealed, UUID_SIZE) != 0);
    assert(!a->floating || a->at == INSTANT_NONE || a->slot == SLOT_OUTCOME);
    assert((a->effect == EFFECT_PENDING) == (a->slot == SLOT_PENDING));
    assert(slot_fits(a));
}

static void guardian_check(const struct act *a)
{
    bool is_asked = a->slot == SLOT_PENDING && a->role == ROLE_SELF && a->guardian != NULL;
    assert((role_is_guardian(a->role) || is_asked) == (a->guardian != NULL || a->guardian_no != 0));
    assert(a->guardian == NULL || a->guardian_no == 0);
}

/* The number of the act that is told at ${place}: its own, or (PURPOSE_POINTER) none, where a standing No is
 * told of again. */
static int32_t number_told(const struct receipt_context *told, size_t place)
{
    const struct receipt_act *a = &told->acts[place];
    return told->kind != RECEIPT_WITHDRAW_STANDING || a->is_apart ? a->number : PURPOSE_POINTER;
}

/* (4) */
static void acts_order_check(const struct acts *acts)
{
    const struct receipt_context *told = &acts->context;
    size_t next = 0;
    if (told->kind == RECEIPT_WITHDRAW_STANDING) {
        assert(acts->count > 0 && acts->list[0].purpose == told->standing);
        next = 1;
    }
    for (size_t i = 0; i < told->act_count; i++) {
        int32_t number = number_told(told, i);
        if (number == PURPOSE_POINTER)
            continue;
        assert(next < acts->count && acts->list[next].purpose == number);
        next++;
    }
    assert(next == acts->count);
}

static void acts_objects_check(const struct acts *acts)
{
    for (size_t i = 1; i < acts->count; i++)
        assert(acts->objects[i] >= acts->objects[i - 1]);
}
#endif

void acts_check(const struct acts *acts, const struct reader *body)
{
    if (!reader_ok(body))
        return;
    const struct receipt_context *told = &acts->context;
    assert(told->kind == RECEIPT_RECORD || told->kind == RECEIPT_CONFIRM || !told->is_array);
    assert(told->kind == RECEIPT_WITHDRAW_STANDING || told->act_count >= acts->count);
    (void)told;
#ifdef AKKOORD_CHECKS
    if (told->kind != RECEIPT_CONFIRM)
        acts_order_check(acts);
    acts_objects_check(acts);
    for (size_t i = 0; i < acts->count; i++) {
        act_check(&acts->list[i]);
        guardian_check(&acts->list[i]);
    }
#endif
}
