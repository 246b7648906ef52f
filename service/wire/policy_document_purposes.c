/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_document_internal.h"

#include <assert.h>
#include <string.h>

static void purpose_key_read(struct draft *d, const struct node *n)
{
    value_key(n, d->purpose->key);
}

static void basis_read(struct draft *d, const struct node *n)
{
    int word = node_word(n, lawful_basis_words);
    d->basis_known = word >= 0;
    if (d->basis_known)
        d->purpose->basis = (enum lawful_basis)word;
}

static void channel_read(struct draft *d, const struct node *n)
{
    int word = node_word(n, channel_words);
    d->channel_known = word >= 0;
    if (d->channel_known)
        d->purpose->channel = (enum channel)word;
}

static void direct_marketing_read(struct draft *d, const struct node *n)
{
    d->purpose->direct_marketing = node_bool(n);
}

static void retired_read(struct draft *d, const struct node *n)
{
    d->purpose->retired = node_bool(n);
}

static void double_opt_in_read(struct draft *d, const struct node *n)
{
    d->purpose->double_opt_in = node_bool(n);
}

static void validity_read(struct draft *d, const struct node *n)
{
    d->purpose->validity = value_duration(n);
}

static void refused_until_read(struct draft *d, const struct node *n)
{
    d->purpose->refused_until = value_duration(n);
}

static void purpose_notice_read(struct draft *d, const struct node *n)
{
    value_key(n, d->purpose->notice);
}

/* "deny", or {"allow": "why"}: who lets a Yes count whose words nobody knows has to say why. */
static void unknown_words_read(struct draft *d, const struct node *n)
{
    static const char *const members[] = {"allow", NULL};
    if (value_is_word(n, "deny"))
        return;
    if (node_kind(n) != NODE_OBJECT) {
        node_fault(n, ERROR_INVALID, "must be deny, or an object whose allow gives the reason");
        return;
    }
    node_only(n, members);
    struct node reason = node_member(n, "allow");
    value_text_or_texts(&reason);
    d->purpose->unknown_words_allowed = node_present(&reason);
}

static void signals_read(struct draft *d, const struct node *n)
{
    size_t count = node_elements(n, 0, SIGNAL_COUNT);
    for (size_t i = 0; i < count; i++) {
        struct node element = node_at(n, i);
        int word = node_word(&element, signal_words);
        if (word < 0)
            continue;
        uint32_t bit = UINT32_C(1) << word;
        if ((d->purpose->signals & bit) != 0)
            node_fault(&element, ERROR_INVALID, "stands twice");
        d->purpose->signals |= bit;
    }
}

static void role_read(struct draft *d, const struct node *n)
{
    static const char *const words[] = {"controller", "processor", NULL};
    d->facts[d->policy->purpose_count].processor = node_word(n, words) == 1;
}

static const struct member processor_members[] = {
    {"name", REQUIRED, .check = value_line},
    {"country", OPTIONAL, .check = value_country_check},
    {"safeguard", OPTIONAL, .check = value_line},
    {"sub_processor", OPTIONAL, .kinds = KIND_FLAG},
    {.name = NULL},
};

static void processors_check(const struct node *n)
{
    value_objects(n, POLICY_LIST_MAX, processor_members);
}

/* false, true, or in words what decides and what it means for somebody (GDPR art. 13(2)(f)). */
static void automated_decision_check(const struct node *n)
{
    if (value_is(n, KIND_FLAG | KIND_TEXT | KIND_OBJECT) && node_kind(n) != NODE_BOOL)
        value_text_or_texts(n);
}

static void replaces_read(struct draft *d, const struct node *n)
{
    value_key(n, d->purpose->replaces);
}

static void objection_read(struct draft *d, const struct node *n)
{
    static const char *const words[] = {"absolute", "weighed", NULL};
    d->purpose->objection_weighed = node_word(n, words) == 1;
}

static void gpc_read(struct draft *d, const struct node *n)
{
    d->purpose->gpc = node_bool(n);
}

static void purpose_entities_read(struct draft *d, const struct node *n)
{
    size_t count = node_elements(n, 1, POLICY_ENTITIES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node element = node_at(n, i);
        char key[POLICY_KEY_MAX + 1];
        value_key(&element, key);
        if (key[0] == '\0')
            continue;
        int place = policy_entity(d->policy, key);
        if (place < 0) {
            node_fault(&element, ERROR_INVALID, "there is no such entity in this document");
            continue;
        }
        uint32_t bit = UINT32_C(1) << place;
        if ((d->purpose->entities & bit) != 0)
            node_fault(&element, ERROR_INVALID, "stands twice");
        d->purpose->entities |= bit;
    }
}

const struct member purpose_members[] = {
    {"key", REQUIRED, .read = purpose_key_read},
    {"name", OPTIONAL, .check = value_texts_check},
    {"description", OPTIONAL, .check = value_texts_check},
    {"lawful_basis", REQUIRED, .read = basis_read},
    {"rationale", OPTIONAL, .check = value_text_or_texts},
    {"direct_marketing", OPTIONAL, .read = direct_marketing_read},
    {"channel", REQUIRED, .read = channel_read},
    {"validity", OPTIONAL, .read = validity_read},
    {"refused_until", OPTIONAL, .read = refused_until_read},
    {"double_opt_in", OPTIONAL, .read = double_opt_in_read},
    {"notice", OPTIONAL, .read = purpose_notice_read},
    {"unknown_words", OPTIONAL, .read = unknown_words_read},
    {"signals", OPTIONAL, .read = signals_read},
    {"retired", OPTIONAL, .read = retired_read},
    {"role", OPTIONAL, .read = role_read},
    {"recipients", OPTIONAL, .check = value_lines},
    {"processors", OPTIONAL, .check = processors_check},
    {"data_subjects", OPTIONAL, .check = value_lines},
    {"data_categories", OPTIONAL, .check = value_lines},
    {"automated_decision", OPTIONAL, .check = automated_decision_check},
    {"replaces", OPTIONAL, .read = replaces_read},
    {"minors", OPTIONAL, .read = minors_read},
    {"objection", OPTIONAL, .read = objection_read},
    {"gpc", OPTIONAL, .read = gpc_read},
    {"entities", OPTIONAL, .read = purpose_entities_read},
    {"choice", OPTIONAL, .check = choice_check},
    {.name = NULL},
};

/* Tw 11.7: an electronic message to sell needs consent, or a sale before it; a
 * telephone call needs consent. */
static void purpose_check_marketing(const struct draft *d, const struct node *basis)
{
    const struct purpose *p = d->purpose;
    bool electronic = p->channel == CHANNEL_EMAIL || p->channel == CHANNEL_SMS || p->channel == CHANNEL_PHONE;
    bool chosen = p->basis == BASIS_CONSENT || p->basis == BASIS_SOFT_OPT_IN;
    if (!d->basis_known || !d->channel_known)
        return;
    if (p->direct_marketing && electronic && !chosen)
        node_fault(basis, ERROR_INVALID,
                   "direct marketing by email, sms or phone must rest on consent or soft_opt_in");
    if (p->basis == BASIS_SOFT_OPT_IN && p->channel == CHANNEL_PHONE)
        node_fault(basis, ERROR_INVALID, "soft_opt_in does not hold for phone");
}

/* Art. 21(2), (3): an objection to direct marketing is not weighed against anything; where there is
 * no right to object, nothing is. */
static void purpose_check_objection(const struct draft *d, const struct node *purpose)
{
    const struct purpose *p = d->purpose;
    struct node objection = node_optional(purpose, "objection");
    if (!p->objection_weighed || !d->basis_known)
        return;
    if (p->direct_marketing || p->basis == BASIS_SOFT_OPT_IN)
        node_fault(&objection, ERROR_INVALID,
                   "must be absolute: no interest outweighs a No to direct marketing");
    else if (!basis_takes_objection(p->basis))
        node_fault(&objection, ERROR_INVALID,
                   "is weighed only where the basis is legitimate_interest or public_task");
}

static void purpose_defaults(struct draft *d)
{
    struct purpose *p = d->purpose;
    p->channel = CHANNEL_COUNT; /* not known */
    p->guardian.least = STRENGTH_CHECKBOX;
    p->guardian.roles = 1U << ROLE_PARENT | 1U << ROLE_CARER | 1U << ROLE_LEGAL_REPRESENTATIVE;
}

/* What follows from other members where a member is left out. */
static void purpose_complete(struct draft *d)
{
    struct purpose *p = d->purpose;
    assert(p == &d->policy->purposes[d->policy->purpose_count]); /* (2), (5) */
    if (!d->facts[d->policy->purpose_count].minors_stated)
        p->guardian.minors =
            p->basis == BASIS_CONSENT || p->basis == BASIS_SOFT_OPT_IN ? MINORS_GUARDIAN : MINORS_ALLOWED;
    if (p->entities == 0)
        p->entities = (UINT32_C(1) << d->policy->entity_count) - 1;
}

/* Following what each purpose replaces must come to an end: a No would else go round for ever. ${next}: the
 * place of the purpose that each replaces, or SIZE_MAX. */
static bool replaces_goes_round(const size_t next[], size_t count, size_t from)
{
    size_t at = next[from];
    for (size_t steps = 0; steps < count && at != SIZE_MAX; steps++) {
        if (at == from)
            return true;
        at = next[at];
    }
    return false;
}

/* A No to everything that goes by one channel must count for what took a purpose's place, too. Of one that
 * left the document the database knows the channel. */
static bool replaces_other_channel(const struct policy *policy, size_t at, size_t replaced)
{
    if (replaced == SIZE_MAX)
        return false;
    enum channel is = policy->purposes[at].channel, was = policy->purposes[replaced].channel;
    return is != was && is != CHANNEL_COUNT && was != CHANNEL_COUNT;
}

static void purposes_check_replaces(const struct draft *d, const struct node *purposes)
{
    const struct policy *policy = d->policy;
    size_t next[POLICY_PURPOSES_MAX];
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *old = policy->purposes[i].replaces[0] != '\0'
                                        ? policy_purpose(policy, policy->purposes[i].replaces)
                                        : NULL;
        assert(old == NULL || old < policy->purposes + policy->purpose_count);
        next[i] = old != NULL ? (size_t)(old - policy->purposes) : SIZE_MAX;
    }
    for (size_t i = 0; i < policy->purpose_count; i++) {
        struct node purpose = node_at(purposes, i);
        struct node replaces = node_optional(&purpose, "replaces");
        if (replaces_goes_round(next, policy->purpose_count, i))
            node_fault(&replaces, ERROR_INVALID,
                       next[i] == i ? "must be another purpose" : "goes round: what it replaces replaces it");
        else if (replaces_other_channel(policy, i, next[i]))
            node_fault(&replaces, ERROR_INVALID,
                       "must be a purpose of the same channel: a No to the other would not count");
    }
}

/* What must hold between the members of one purpose, and between it and those before it. */
static void purpose_check(const struct draft *d, const struct node *purpose)
{
    struct node key = node_optional(purpose, "key");
    struct node basis = node_optional(purpose, "lawful_basis");
    struct node notice = node_optional(purpose, "notice");
    if (d->purpose->key[0] != '\0' && policy_purpose(d->policy, d->purpose->key) != NULL)
        node_fault(&key, ERROR_INVALID, "another purpose has this key");
    purpose_check_marketing(d, &basis);
    purpose_check_objection(d, purpose);
    if (d->basis_known && d->purpose->basis == BASIS_CONSENT && !node_present(&notice))
        node_fault(&notice, ERROR_INVALID, "is required: consent is proved by the words that were shown");
}

void purposes_read(struct draft *d, const struct node *n)
{
    struct policy *policy = d->policy;
    size_t count = node_elements(n, 1, POLICY_PURPOSES_MAX);
    assert(policy->purposes == NULL && policy->purpose_count == 0);
    if (count == 0 || (policy->purposes = array_of(n, count, sizeof *policy->purposes)) == NULL)
        return;
    for (; policy->purpose_count < count; policy->purpose_count++) {
        struct node purpose = node_at(n, policy->purpose_count);
        d->purpose = &policy->purposes[policy->purpose_count];
        d->basis_known = d->channel_known = false;
        purpose_defaults(d);
        section_read(d, &purpose, purpose_members);
        purpose_check(d, &purpose);
        purpose_complete(d);
    }
    purposes_check_replaces(d, n);
}
