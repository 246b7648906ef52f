/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_document_internal.h"

/* What may stand in a policy document, and is seldom wise. */

enum { POINTER_MAX = 256 }; /* bytes: three names of the tables and an index */

static void warning_tell(const struct node *n, const char *detail, policy_warning *tell, void *cookie)
{
    struct buf pointer;
    buf_init(&pointer, POINTER_MAX);
    node_pointer(n, &pointer);
    buf_byte(&pointer, '\0');
    if (!buf_failed(&pointer))
        tell(cookie, pointer.data, detail);
    buf_free(&pointer);
}

/* Marks the purposes that have a cookie of a class that needs consent. */
static void cookie_purposes_mark(const struct node *root, const struct policy *policy, bool marks[])
{
    struct node cookies = node_optional(root, "cookies");
    size_t count = node_is_array(&cookies) ? node_elements(&cookies, 0, POLICY_COOKIES_MAX) : 0;
    for (size_t i = 0; i < count; i++) {
        struct node cookie = node_at(&cookies, i);
        struct node key = node_optional(&cookie, "purpose");
        struct node class = node_optional(&cookie, "class");
        const struct purpose *purpose = policy_purpose(policy, node_string(&key, 1, POLICY_KEY_MAX, NULL));
        if (purpose != NULL && node_word(&class, cookie_class_words) >= COOKIE_CONSENT_CLASSES)
            marks[purpose - policy->purposes] = true;
    }
}

/* The Dutch and French authorities expect people to be asked anew about cookies within a year or so. Counted from a year of 365 days,
 * so that P365D and P12M are both a year. */
static bool longer_than_a_year(struct duration d)
{
    static const struct duration year = {.months = 12};
    return duration_is_zero(d) || duration_add(0, d) > duration_add(0, year);
}

void policy_document_warn(struct reader *r, const struct policy *policy, policy_warning *tell, void *cookie)
{
    bool marks[POLICY_PURPOSES_MAX] = {false};
    struct node root = reader_root(r);
    struct node purposes = node_optional(&root, "purposes");
    cookie_purposes_mark(&root, policy, marks);
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *p = &policy->purposes[i];
        if (!marks[i] || p->channel != CHANNEL_WEB || p->retired || !longer_than_a_year(p->validity))
            continue;
        struct node purpose = node_at(&purposes, i);
        struct node validity = node_optional(&purpose, "validity");
        warning_tell(&validity, "a consent to cookies should not be valid for more than 12 months", tell,
                     cookie);
    }
}
