/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_document_internal.h"

#include <string.h>

static void texts_check(const struct node *n)
{
    struct language_text texts[POLICY_LANGUAGES_MAX];
    value_texts(n, texts);
}

static void key_check(const struct node *n)
{
    char key[POLICY_KEY_MAX + 1];
    value_key(n, key);
}

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

static void role_check(const struct node *n)
{
    static const char *const words[] = {"controller", "processor", NULL};
    node_word(n, words);
}

static void objection_check(const struct node *n)
{
    static const char *const words[] = {"absolute", "weighed", NULL};
    node_word(n, words);
}

static void minors_check(const struct node *n)
{
    static const char *const words[] = {"allowed", "guardian", "forbidden", NULL};
    if (value_is(n, KIND_TEXT | KIND_OBJECT) && node_kind(n) == NODE_STRING)
        node_word(n, words);
}

const struct member purpose_members[] = {
    {"key", REQUIRED, .read = purpose_key_read},
    {"name", OPTIONAL, .check = texts_check},
    {"description", OPTIONAL, .check = texts_check},
    {"lawful_basis", REQUIRED, .read = basis_read},
    {"rationale", OPTIONAL, .check = value_text_or_texts},
    {"direct_marketing", OPTIONAL, .read = direct_marketing_read},
    {"channel", REQUIRED, .read = channel_read},
    {"validity", OPTIONAL, .read = validity_read},
    {"refused_until", OPTIONAL, .read = refused_until_read},
    {"double_opt_in", LATER, .read = double_opt_in_read},
    {"notice", OPTIONAL, .read = purpose_notice_read},
    {"unknown_words", OPTIONAL, .read = unknown_words_read},
    {"signals", OPTIONAL, .read = signals_read},
    {"retired", OPTIONAL, .read = retired_read},
    {"role", OPTIONAL, .check = role_check},
    {"recipients", OPTIONAL, .kinds = KIND_LIST},
    {"processors", OPTIONAL, .kinds = KIND_LIST},
    {"data_categories", OPTIONAL, .kinds = KIND_LIST},
    {"automated_decision", OPTIONAL, .kinds = KIND_FLAG | KIND_TEXT | KIND_OBJECT},
    {"replaces", LATER, .check = key_check},
    {"minors", LATER, .check = minors_check},
    {"objection", LATER, .check = objection_check},
    {"gpc", LATER, .kinds = KIND_FLAG},
    {"entities", LATER, .kinds = KIND_LIST},
    {"retention", LATER, .kinds = KIND_TEXT | KIND_LIST | KIND_OBJECT},
    {.name = NULL},
};

/* Tw 11.7: an electronic message to sell needs consent, or a sale before it; a telephone call needs consent. */
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

/* What must hold between the members of one purpose, and between it and those before it. */
static void purpose_check(const struct draft *d, const struct node *purpose)
{
    struct node key = node_optional(purpose, "key");
    struct node basis = node_optional(purpose, "lawful_basis");
    struct node notice = node_optional(purpose, "notice");
    if (d->purpose->key[0] != '\0' && policy_purpose(d->policy, d->purpose->key) != NULL)
        node_fault(&key, ERROR_INVALID, "another purpose has this key");
    purpose_check_marketing(d, &basis);
    if (d->basis_known && d->purpose->basis == BASIS_CONSENT && !node_present(&notice))
        node_fault(&notice, ERROR_INVALID, "is required: consent is proved by the words that were shown");
}

void purposes_read(struct draft *d, const struct node *n)
{
    struct policy *policy = d->policy;
    size_t count = node_elements(n, 1, POLICY_PURPOSES_MAX);
    if (count == 0 || (policy->purposes = array_of(n, count, sizeof *policy->purposes)) == NULL)
        return;
    for (; policy->purpose_count < count; policy->purpose_count++) {
        struct node purpose = node_at(n, policy->purpose_count);
        d->purpose = &policy->purposes[policy->purpose_count];
        d->basis_known = d->channel_known = false;
        section_read(d, &purpose, purpose_members);
        purpose_check(d, &purpose);
    }
}
