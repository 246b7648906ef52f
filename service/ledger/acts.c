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
                            a->validity.seconds, (int64_t)a->method, (int64_t)a->role};
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

/* ${w}: the event's detail. */
static void expressed_by_read(struct acts_common *c, struct writer *w)
{
    static const char *const members[] = {"role", "strength", "form", NULL};
    static const char *const forms[] = {"written", "electronic", NULL};
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

static void language_read(struct acts_common *c)
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

void acts_common_read(struct acts_common *c, struct writer *detail)
{
    person_read_leniently(&c->root, c->controller, c->person);
    c->acts->identifiers += c->person->count;
    c->entity = entity_read(&c->root, c->controller->policy);
    time_read(c);
    language_read(c);
    ref_read(c);
    expressed_by_read(c, detail);
    c->act.person = c->person;
    c->act.evidence = evidence_read(c->env, &c->root);
}

struct acts_common acts_common_of(const struct ledger_env *env, struct acts *acts, struct node root)
{
    struct acts_common c = {.env = env, .controller = env->controller, .acts = acts, .root = root};
    c.person = arena_zeroed(env->arena, sizeof *c.person);
    c.act.at = INSTANT_NONE;
    c.entity = ENTITY_ANY;
    return c;
}

void acts_seal(struct acts_common *c, struct act *act)
{
    act->tie = act_tie(act);
    if (uuid_v7(act->record_id) != 0)
        node_fault(&c->root, ERROR_OVERLOADED, "no random bytes");
}

void acts_detail_keep(struct acts_common *c, struct buf *detail)
{
    c->act.detail =
        detail->len > 2 && !buf_failed(detail) ? arena_copy(c->env->arena, detail->data, detail->len) : NULL;
    buf_free(detail);
}

void acts_tell(struct acts_common *c, const struct purpose *purpose, const struct notice *notice,
               const struct notice_text *text)
{
    struct receipt_act *told = receipt_act_add(&c->acts->context, c->env->arena);
    told->number = purpose_number_for(purpose, c->entity);
    told->purpose = purpose->key;
    told->entity = c->entity != ENTITY_ANY ? c->controller->policy->entities[c->entity].key : NULL;
    told->words = notice_words_of(notice, text);
}

#ifdef AKKOORD_CHECKS
static void act_check(const struct act *a)
{
    static const uint8_t unsealed[UUID_SIZE];
    assert(memcmp(a->record_id, unsealed, UUID_SIZE) != 0);
    assert(!a->floating || a->at == INSTANT_NONE || a->slot == SLOT_OUTCOME);
    assert((a->effect == EFFECT_PENDING) == (a->slot == SLOT_PENDING));
}

static void acts_order_check(const struct acts *acts, bool of_all)
{
    for (size_t i = 0; i < acts->count; i++) {
        assert(acts->list[i].purpose == (of_all ? PURPOSE_ALL : acts->context.acts[i].number));
        assert(i == 0 || acts->objects[i] >= acts->objects[i - 1]);
    }
    (void)of_all;
}
#endif

void acts_check(const struct acts *acts, const struct reader *body)
{
    if (!reader_ok(body))
        return;
    const struct receipt_context *told = &acts->context;
    bool of_all = told->kind == RECEIPT_WITHDRAW_ALL;
    assert(of_all ? acts->count == 1 : told->act_count == acts->count); /* (4) */
    assert(told->kind == RECEIPT_RECORD || !told->is_array);
#ifdef AKKOORD_CHECKS
    acts_order_check(acts, of_all);
    for (size_t i = 0; i < acts->count; i++)
        act_check(&acts->list[i]);
#endif
}
