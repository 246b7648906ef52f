/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_document_internal.h"

#include <string.h>

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

/* Counted from a year of 365 days, so that P365D and P12M are both a year. */
static bool is_longer(struct duration a, struct duration b)
{
    return duration_add(0, a) > duration_add(0, b);
}

/* The Dutch and French authorities expect people to be asked anew about cookies within a year or so. */
static bool longer_than_a_year(struct duration d)
{
    static const struct duration year = {.months = 12};
    return duration_is_zero(d) || is_longer(d, year);
}

/* A cookie that stays when the Yes to it has ended is one without consent. */
static void cookie_warn(const struct node *cookie, const struct purpose *purpose, policy_warning *tell,
                        void *told)
{
    struct node stays = node_optional(cookie, "duration");
    struct duration duration;
    size_t len;
    const char *text = node_string(&stays, 1, DURATION_TEXT, &len);
    if (!value_is_word(&stays, "session") && duration_parse(text, len, &duration) &&
        !duration_is_zero(purpose->validity) && is_longer(duration, purpose->validity))
        warning_tell(&stays, "a cookie should not stay longer than the consent to it is valid", tell, told);
}

/* Of each cookie of a class that needs consent. Marks their purposes. */
static void cookies_warn(const struct node *root, const struct policy *policy, bool marks[],
                         policy_warning *tell, void *told)
{
    struct node cookies = node_optional(root, "cookies");
    size_t count = node_is_array(&cookies) ? node_elements(&cookies, 0, POLICY_COOKIES_MAX) : 0;
    for (size_t i = 0; i < count; i++) {
        struct node cookie = node_at(&cookies, i);
        struct node key = node_optional(&cookie, "purpose");
        struct node class = node_optional(&cookie, "class");
        const struct purpose *purpose = policy_purpose(policy, node_string(&key, 1, POLICY_KEY_MAX, NULL));
        if (purpose == NULL || node_word(&class, cookie_class_words) < COOKIE_CONSENT_CLASSES)
            continue;
        marks[purpose - policy->purposes] = true;
        cookie_warn(&cookie, purpose, tell, told);
    }
}

/* What leaves this machine in clear text is read on its way, and is delivered nowhere unless the operator
 * allows the address. */
static void endpoint_warn(const struct node *object, policy_warning *tell, void *told)
{
    static const char clear[] = "http://";
    static const char *const own[] = {"localhost", "127.0.0.1", "[::1]"};
    struct node endpoint = node_optional(object, "endpoint");
    const char *url = node_present(&endpoint) ? node_string(&endpoint, 1, POLICY_LINE_MAX, NULL) : "";
    if (strncmp(url, clear, sizeof clear - 1) != 0)
        return;
    const char *host = url + sizeof clear - 1;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        size_t len = strlen(own[i]);
        if (strncmp(host, own[i], len) == 0 && strchr(":/?", host[len]) != NULL)
            return;
    }
    warning_tell(&endpoint,
                 "is in clear text: say https, for it is delivered only where the operator allows that", tell,
                 told);
}

static void endpoints_warn(const struct node *root, policy_warning *tell, void *told)
{
    struct node messages = node_optional(root, "messages"), recipients = node_optional(root, "recipients");
    size_t count = node_is_array(&recipients) ? node_elements(&recipients, 0, POLICY_RECIPIENTS_MAX) : 0;
    if (node_is_object(&messages))
        endpoint_warn(&messages, tell, told);
    for (size_t i = 0; i < count; i++) {
        struct node recipient = node_at(&recipients, i);
        endpoint_warn(&recipient, tell, told);
    }
}

/* Paper does without: its document is named with what it says. */
static void certificate_warn(const struct node *root, const struct policy *policy, policy_warning *tell,
                             void *told)
{
    struct node officer = node_optional(root, "officer"),
                certificate = node_optional(&officer, "certificate");
    for (size_t i = 0; i < policy->purpose_count && policy->officer_certificate == NULL; i++) {
        const struct guardian_rule *rule = &policy->purposes[i].guardian;
        if (policy->purposes[i].retired || rule->minors != MINORS_GUARDIAN ||
            (rule->least != STRENGTH_SIGNED && !rule->written))
            continue;
        warning_tell(
            &certificate,
            "is needed for a signature on a guardian's page: without it guardians are asked on paper "
            "alone",
            tell, told);
        return;
    }
}

struct telling {
    policy_warning *tell;
    void *cookie;
};

static void minors_warn(void *cookie, const struct node *n, bool reasoned, const char *fault,
                        const char *then)
{
    const struct telling *t = cookie;
    (void)fault;
    if (reasoned)
        warning_tell(n, then, t->tell, t->cookie);
}

void policy_document_warn(struct reader *r, const struct policy *policy, policy_warning *tell, void *cookie)
{
    bool marks[POLICY_PURPOSES_MAX] = {false};
    struct node root = reader_root(r);
    struct node purposes = node_optional(&root, "purposes");
    cookies_warn(&root, policy, marks, tell, cookie);
    minors_find(&root, policy, minors_warn, &(struct telling){tell, cookie});
    endpoints_warn(&root, tell, cookie);
    certificate_warn(&root, policy, tell, cookie);
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
