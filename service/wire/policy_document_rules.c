/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_document_internal.h"

#include <string.h>

/* What holds for the whole of a controller: how long things are kept, from which age somebody decides alone,
 * how addresses are masked, how soon a request is answered. */

/* ---- retention ---- */

static void proof_kept_check(const struct node *n)
{
    if (node_kind(n) == NODE_NULL)
        node_fault(n, ERROR_INVALID, "must be an ISO 8601 duration: proof is not kept for ever");
    else
        value_duration(n);
}

/* Of what is held beside the ledger (sql/function/retention_records.sql). */
static void record_term_check(const struct node *n)
{
    if (node_kind(n) == NODE_NULL)
        node_fault(n, ERROR_INVALID, "must be an ISO 8601 duration: it is not kept for ever");
    else
        value_duration(n);
}

/* Who looked, and what was done about a right, has to outlive what it is the answer to: a request may take a
 * month and two further ones (GDPR art. 12(3)). */
enum { AUDIT_LEAST_MONTHS = 3, AUDIT_LEAST_DAYS = 92, SHORTEST_MONTH = 28 };

static void audit_term_check(const struct node *n)
{
    if (node_kind(n) == NODE_NULL) {
        record_term_check(n);
        return;
    }
    struct duration d = value_duration(n);
    bool is_told = !duration_is_zero(d); /* else it is at fault already */
    int64_t days = d.days + d.seconds / 86400 + (int64_t)d.months * SHORTEST_MONTH;
    if (is_told && d.months < AUDIT_LEAST_MONTHS && days < AUDIT_LEAST_DAYS)
        node_fault(
            n, ERROR_INVALID,
            "must be P3M at least: so long a request may take that it has to answer for (GDPR art. 12(3))");
}

static void tombstone_read(struct draft *d, const struct node *n)
{
    d->policy->tombstone = value_duration(n);
}

static void rule_purpose_read(struct draft *d, const struct node *n)
{
    value_purpose(d, n);
}

/* Zero is a term here: until the event itself. */
static void rule_duration_check(const struct node *n)
{
    struct duration duration;
    size_t len;
    const char *text = node_string(n, 1, DURATION_TEXT, &len);
    if (len > 0 && !value_is_word(n, "none") && !duration_parse(text, len, &duration))
        node_fault(n, ERROR_INVALID, "must be none, or an ISO 8601 duration in whole numbers, such as P6M");
}

/* What the duration counts from. recorded and consent_end the ledger tells; contract_end and any other word
 * are told by POST /v1/subjects/{id}/retention-events. */
static void rule_after_check(const struct node *n)
{
    size_t len;
    const char *word = node_string(n, 1, POLICY_KEY_MAX, &len);
    if (len > 0 && !policy_key_valid(word, len))
        node_fault(n, ERROR_INVALID,
                   "must be recorded, consent_end, contract_end or a word of your own: a-z, 0-9, _ and -");
}

/* Terms are a controller's own, with where they come from: what counts as a legal duty changes, and
 * terms outlive the acts that asked for them. So each has a date on which it is looked at again. */
static const struct member retention_rule_members[] = {
    {"purpose", OPTIONAL, .read = rule_purpose_read},
    {"data_class", REQUIRED, .check = value_line},
    {"duration", REQUIRED, .check = rule_duration_check},
    {"after", OPTIONAL, .check = rule_after_check},
    {"source", REQUIRED, .check = value_line},
    {"review_date", REQUIRED, .check = value_date},
    {.name = NULL},
};

void retention_rule_read(struct draft *d, const struct node *rule)
{
    section_read(d, rule, retention_rule_members);
    if (!node_is_object(rule))
        return;
    struct node duration = node_optional(rule, "duration");
    struct node after = node_optional(rule, "after"), class = node_optional(rule, "data_class");
    bool here = value_is_word(&class, "consent") || value_is_word(&class, "evidence");
    if (here && node_present(&after) && !value_is_word(&after, "recorded") &&
        !value_is_word(&after, "consent_end"))
        node_fault(&after, ERROR_INVALID,
                   "must be recorded or consent_end: what the service holds itself counts from there");
    bool none = value_is_word(&duration, "none");
    if (none && node_present(&after))
        node_fault(&after, ERROR_INVALID, "must be left out where nothing is kept");
    else if (!none && node_present(&duration) && !node_present(&after))
        node_fault(&after, ERROR_INVALID, "is required: the event that the duration counts from");
}

static void rules_read(struct draft *d, const struct node *n)
{
    size_t count = node_elements(n, 0, POLICY_RULES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node rule = node_at(n, i);
        retention_rule_read(d, &rule);
    }
}

static const struct member retention_members[] = {
    {"proof_kept", OPTIONAL, .check = proof_kept_check},
    {"tombstone", OPTIONAL, .read = tombstone_read},
    {"audit", OPTIONAL, .check = audit_term_check},
    {"rights_requests", OPTIONAL, .check = record_term_check},
    {"breaches", OPTIONAL, .check = record_term_check},
    {"check_traces", OPTIONAL, .check = record_term_check},
    {"rules", OPTIONAL, .read = rules_read},
    {.name = NULL},
};

void retention_read(struct draft *d, const struct node *n)
{
    section_read(d, n, retention_members);
}

/* ---- ages ---- */

/* GDPR art. 8(1) lets no country go below 13; above 18 nobody is a minor. */
enum { AGE_LEAST = 13, AGE_MOST = 18 };

static void years_read(struct draft *d, const struct node *n)
{
    d->policy->ages[d->policy->age_count].years = (uint8_t)node_int(n, AGE_LEAST, AGE_MOST);
}

static const struct member age_members[] = {
    {"years", REQUIRED, .read = years_read},
    {"rationale", REQUIRED, .check = value_text_or_texts},
    {.name = NULL},
};

void ages_read(struct draft *d, const struct node *n)
{
    size_t count = node_members(n, 0, POLICY_AGES_MAX);
    void *cursor = NULL;
    const char *country;
    struct node years;
    if (count == 0)
        return;
    while (node_next(n, &cursor, &country, &years)) {
        struct age_override *age = &d->policy->ages[d->policy->age_count];
        if (node_is_object(&years))
            section_read(d, &years, age_members);
        else
            years_read(d, &years);
        if (!country_is_known(country)) {
            node_fault(&years, ERROR_INVALID,
                       "must be named by a country of ISO 3166-1 (alpha-2), such as NL or GB");
            continue;
        }
        memcpy(age->country, country, sizeof age->country);
        d->policy->age_count++;
    }
}

/* ---- mask ---- */

static void ipv4_prefix_read(struct draft *d, const struct node *n)
{
    d->policy->mask.ipv4 = (uint8_t)node_int(n, 0, 32);
}

static void ipv6_prefix_read(struct draft *d, const struct node *n)
{
    d->policy->mask.ipv6 = (uint8_t)node_int(n, 0, 128);
}

static void preset_read(struct draft *d, const struct node *n)
{
    size_t len;
    const char *name = node_string(n, 1, POLICY_KEY_MAX, &len);
    if (len > 0 && !mask_preset(name, &d->policy->mask))
        node_fault(n, ERROR_INVALID, "must be one of ga, matomo-2, strict");
}

static const struct member mask_members[] = {
    {"preset", OPTIONAL, .read = preset_read},
    {"ipv4_prefix", OPTIONAL, .read = ipv4_prefix_read},
    {"ipv6_prefix", OPTIONAL, .read = ipv6_prefix_read},
    {.name = NULL},
};

/* Whether cookies are kept without consent on the condition that the last octet of an address is masked. */
static bool draft_counts_anonymously(const struct draft *d)
{
    for (size_t i = 0; i < d->policy->purpose_count; i++) {
        if (d->facts[i].cookies_counted)
            return true;
    }
    return false;
}

/* Of IPv6 what is as good: the 80 bits that Google Analytics took away where it took an IPv4 octet. */
static void prefix_check(const struct node *n, uint8_t prefix, uint8_t most)
{
    if (prefix > most)
        node_fault(n, ERROR_INVALID,
                   "keeps more than cookies of class statistics_anonymous may: last_octet_masked");
}

void mask_read(struct draft *d, const struct node *n)
{
    section_read(d, n, mask_members);
    if (!node_is_object(n))
        return;
    struct node preset = node_optional(n, "preset");
    struct node ipv4 = node_optional(n, "ipv4_prefix");
    struct node ipv6 = node_optional(n, "ipv6_prefix");
    if (node_present(&preset) && (node_present(&ipv4) || node_present(&ipv6)))
        node_fault(&preset, ERROR_INVALID, "stands alone: it sets both prefixes");
    if (draft_counts_anonymously(d)) {
        prefix_check(&ipv4, d->policy->mask.ipv4, MASK_IPV4_DEFAULT);
        prefix_check(&ipv6, d->policy->mask.ipv6, MASK_IPV6_DEFAULT);
    }
}

/* ---- rights ---- */

/* One month at most (GDPR art. 12(3)); what is given in days must fit the shortest. */
static void term_of_rights_read(struct draft *d, const struct node *n)
{
    if (node_kind(n) == NODE_NULL) {
        node_fault(n, ERROR_INVALID, "must be an ISO 8601 duration");
        return;
    }
    struct duration term = value_duration(n);
    int64_t days = term.days + (term.seconds + 86399) / 86400;
    if (term.months > 1 || (term.months == 1 && days > 0) || days > SHORTEST_MONTH)
        node_fault(n, ERROR_INVALID, "must be at most one month: P1M, or up to P28D");
    else if ((term.months > 0 || term.days > 0) && term.seconds > 0)
        node_fault(n, ERROR_INVALID, "must be in months, weeks and days, or in hours");
    else if (!duration_is_zero(term))
        d->policy->rights_term = term;
}

static void reading_reason_read(struct draft *d, const struct node *n)
{
    static const char *const words[] = {"optional", "required", NULL};
    d->policy->reason_required = node_word(n, words) == 1;
}

static const struct member rights_members[] = {
    {"term", OPTIONAL, .read = term_of_rights_read},
    {"reading_reason", OPTIONAL, .read = reading_reason_read},
    {.name = NULL},
};

void rights_read(struct draft *d, const struct node *n)
{
    section_read(d, n, rights_members);
}
