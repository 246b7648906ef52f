/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_document_internal.h"

#include <string.h>

/* What is stored on or read from somebody's device (Tw 11.7a). Two classes need no consent,
 * and must say why; the others do. */

const char *const cookie_class_words[] = {
    "strictly_necessary", "statistics_anonymous", "preferences", "analytics", "marketing", NULL};

const char *const cookie_kind_words[] = {"cookie", "local_storage", "pixel", NULL};
const char *const cookie_party_words[] = {"first", "third", NULL};

static void duration_check(const struct node *n)
{
    if (!value_is_word(n, "session"))
        value_duration(n);
    if (node_kind(n) == NODE_NULL)
        node_fault(n, ERROR_INVALID, "must be session, or an ISO 8601 duration");
}

static void kind_check(const struct node *n)
{
    node_word(n, cookie_kind_words);
}

static void party_check(const struct node *n)
{
    node_word(n, cookie_party_words);
}

static void class_check(const struct node *n)
{
    node_word(n, cookie_class_words);
}

static const struct member cookie_members[] = {
    {"name", REQUIRED, .check = value_line},        {"provider", REQUIRED, .check = value_line},
    {"purpose", REQUIRED, .kinds = KIND_TEXT},      {"duration", REQUIRED, .check = duration_check},
    {"kind", REQUIRED, .check = kind_check},        {"party", REQUIRED, .check = party_check},
    {"class", REQUIRED, .check = class_check},      {"description", OPTIONAL, .check = value_text_or_texts},
    {"conditions", OPTIONAL, .kinds = KIND_OBJECT}, {.name = NULL},
};

static void met_check(const struct node *n)
{
    if (!node_bool(n))
        node_fault(n, ERROR_INVALID, "must be true: without it these statistics need consent");
}

/* The four under which the Dutch authority takes counting to be harmless. */
static const struct member statistics_members[] = {
    {"processor_contract", REQUIRED, .check = met_check},
    {"last_octet_masked", REQUIRED, .check = met_check},
    {"sharing_off", REQUIRED, .check = met_check},
    {"no_other_services", REQUIRED, .check = met_check},
    {.name = NULL},
};

static const struct member necessity_members[] = {
    {"reason", REQUIRED, .check = value_text_or_texts},
    {.name = NULL},
};

static const struct member *const conditions_members[] = {
    [COOKIE_STRICTLY_NECESSARY] = necessity_members,
    [COOKIE_STATISTICS_ANONYMOUS] = statistics_members,
};

static void conditions_check(const struct node *cookie, enum cookie_class class)
{
    bool free_of_consent = class < COOKIE_CONSENT_CLASSES;
    struct node conditions =
        free_of_consent ? node_member(cookie, "conditions") : node_optional(cookie, "conditions");
    if (!node_is_object(&conditions))
        return;
    if (free_of_consent)
        section_read(NULL, &conditions, conditions_members[class]);
    else
        node_fault(&conditions, ERROR_INVALID, "only a class that needs no consent has conditions");
}

static void cookie_read(struct draft *d, const struct node *cookie)
{
    section_read(d, cookie, cookie_members);
    if (!node_is_object(cookie))
        return;
    struct node key = node_optional(cookie, "purpose");
    struct node word = node_optional(cookie, "class");
    size_t place = value_purpose(d, &key);
    int class = node_word(&word, cookie_class_words);
    if (class < 0)
        return;
    conditions_check(cookie, (enum cookie_class) class);
    if (place == SIZE_MAX)
        return;
    if (class >= COOKIE_CONSENT_CLASSES && d->policy->purposes[place].basis != BASIS_CONSENT)
        node_fault(&word, ERROR_INVALID, "needs consent, and the purpose rests on another basis");
    if (class >= COOKIE_CONSENT_CLASSES)
        d->facts[place].cookies_asked = true;
    if (class == COOKIE_STATISTICS_ANONYMOUS)
        d->facts[place].cookies_counted = true;
    else
        d->facts[place].cookies_further = true;
}

void cookies_read(struct draft *d, const struct node *n)
{
    if (value_is_word(n, "none")) {
        d->policy->cookies_none = true;
        return;
    }
    if (!node_is_array(n)) {
        node_fault(n, ERROR_INVALID, "must be none, or an array");
        return;
    }
    size_t count = node_elements(n, 0, POLICY_COOKIES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node cookie = node_at(n, i);
        cookie_read(d, &cookie);
    }
    for (size_t i = 0; i < d->policy->purpose_count; i++)
        d->policy->purposes[i].anonymous_statistics =
            d->facts[i].cookies_counted && !d->facts[i].cookies_further;
}

void banner_decide(struct draft *d)
{
    for (size_t i = 0; i < d->policy->purpose_count; i++) {
        struct purpose *p = &d->policy->purposes[i];
        bool on_device = p->channel == CHANNEL_WEB || d->facts[i].cookies_asked;
        p->on_banner = p->basis == BASIS_CONSENT && on_device && !p->double_opt_in && !p->retired &&
                       !d->policy->cookies_none;
    }
}
