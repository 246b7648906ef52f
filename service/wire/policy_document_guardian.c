/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_document_internal.h"

#include <assert.h>

/* Who may decide for a minor, or for somebody represented. */

/* In the order of the enum, from ROLE_PARENT on. */
static const char *const guardian_words[] = {"parent", "carer", "legal_representative", NULL};
enum { GUARDIAN_ROLES = ROLE_LEGAL_REPRESENTATIVE - ROLE_PARENT + 1 };
static_assert(sizeof guardian_words / sizeof *guardian_words == GUARDIAN_ROLES + 1, "each has a word");

static void roles_read(struct draft *d, const struct node *n)
{
    size_t count = node_elements(n, 1, GUARDIAN_ROLES);
    uint8_t roles = 0;
    for (size_t i = 0; i < count; i++) {
        struct node element = node_at(n, i);
        int word = node_word(&element, guardian_words);
        if (word < 0)
            continue;
        uint8_t bit = (uint8_t)(1U << (word + ROLE_PARENT));
        if ((roles & bit) != 0)
            node_fault(&element, ERROR_INVALID, "stands twice");
        roles |= bit;
    }
    d->purpose->guardian.roles = roles;
}

static void least_read(struct draft *d, const struct node *n)
{
    int word = node_word(n, strength_words);
    if (word >= 0)
        d->purpose->guardian.least = (enum strength)word;
}

static void written_read(struct draft *d, const struct node *n)
{
    d->purpose->guardian.written = node_bool(n);
}

static void at_limit_read(struct draft *d, const struct node *n)
{
    static const char *const words[] = {"reconfirm", "expire", NULL};
    d->purpose->guardian.ends_at_limit = node_word(n, words) == 1;
}

static const struct member guardian_members[] = {
    {"roles", OPTIONAL, .read = roles_read},
    {"least", OPTIONAL, .read = least_read},
    {"written", OPTIONAL, .read = written_read},
    {"at_limit", OPTIONAL, .read = at_limit_read},
    {.name = NULL},
};

static void guardian_read(struct draft *d, const struct node *n)
{
    d->facts[d->policy->purpose_count].minors_stated = true;
    d->purpose->guardian.minors = MINORS_GUARDIAN;
    section_read(d, n, guardian_members);
}

static void age_read(struct draft *d, const struct node *n)
{
    static const char *const words[] = {"required", NULL};
    d->purpose->age_required = node_word(n, words) == 0;
}

static const struct member minors_members[] = {
    {"guardian", OPTIONAL, .read = guardian_read},
    {"age", OPTIONAL, .read = age_read},
    {.name = NULL},
};

void minors_read(struct draft *d, const struct node *n)
{
    static const char *const words[] = {
        [MINORS_ALLOWED] = "allowed", [MINORS_GUARDIAN] = "guardian", [MINORS_FORBIDDEN] = "forbidden", NULL};
    if (!value_is(n, KIND_TEXT | KIND_OBJECT))
        return;
    if (node_kind(n) == NODE_OBJECT) {
        section_read(d, n, minors_members);
        struct node guardian = node_optional(n, "guardian"), age = node_optional(n, "age");
        if (!node_present(&guardian) && !node_present(&age))
            node_fault(n, ERROR_INVALID, "must have guardian or age");
        return;
    }
    d->facts[d->policy->purpose_count].minors_stated = true;
    int word = node_word(n, words);
    if (word >= 0)
        d->purpose->guardian.minors = (enum minors_rule)word;
}
