/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/policy_conflict.h"

#include <string.h>

static void controller_fault(const struct node *root, const char *member, enum error e, const char *detail)
{
    struct node controller = node_member(root, "controller"), at = node_optional(&controller, member);
    node_fault(&at, e, detail);
}

static void purposes_fault(const struct node *root, const char *detail)
{
    struct node purposes = node_member(root, "purposes");
    node_fault(&purposes, ERROR_CONFLICT, detail);
}

/* What a purpose is blamed for, at one of its members. */
static const struct purpose_rule {
    enum apply_outcome outcome;
    enum error error;
    const char *member, *detail;
} purpose_rules[] = {
    {APPLY_BASIS_FIXED, ERROR_CONFLICT, "lawful_basis",
     "fixed: the purpose is in use, and a No to it or to everything must go on counting. Make a new purpose"},
    {APPLY_CHANNEL_FIXED, ERROR_CONFLICT, "channel",
     "fixed: the purpose is in use, and a No to it, to its channel or to everything must go on counting. "
     "Make "
     "a new purpose"},
    {APPLY_REPLACES_FIXED, ERROR_CONFLICT, "replaces",
     "fixed: what it replaced is in use, and a No to that must go on counting. A purpose that came between "
     "stays in the document, retired"},
    {APPLY_REPLACES_CHANNEL, ERROR_INVALID, "replaces",
     "must be a purpose of the same channel: a No to the other would not count"},
    {APPLY_ENTITY_ADDED, ERROR_CONFLICT, "entities",
     "one more than people agreed to: give its notice a new version that is material and in force, so that "
     "they are asked anew, or make a new purpose"},
};

/* Returns false where the outcome blames no purpose. */
static bool purpose_fault(const struct node *root, const struct policy_apply_job *job)
{
    for (size_t i = 0; i < sizeof purpose_rules / sizeof *purpose_rules; i++) {
        const struct purpose_rule *rule = &purpose_rules[i];
        if (rule->outcome != job->outcome || job->offender >= job->policy->purpose_count)
            continue;
        struct node purposes = node_member(root, "purposes"), one = node_at(&purposes, job->offender),
                    member = node_optional(&one, rule->member);
        node_fault(&member, rule->error, rule->detail);
        return true;
    }
    return false;
}

/* Where the document has that notice version; the policy has them sorted. ${notices} must stay. */
static struct node notice_node(const struct node *notices, const struct notice *wanted)
{
    size_t count = node_elements(notices, 1, POLICY_NOTICES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node one = node_at(notices, i), id = node_member(&one, "id"),
                    version = node_member(&one, "version");
        if (strcmp(node_string(&id, 1, POLICY_KEY_MAX, NULL), wanted->id) == 0 &&
            strcmp(node_string(&version, 1, POLICY_KEY_MAX, NULL), wanted->version) == 0)
            return one;
    }
    return *notices;
}

static void words_fault(const struct node *root, const struct notice *notice)
{
    struct node notices = node_member(root, "notices"), one = notice_node(&notices, notice);
    node_fault(&one, ERROR_CONFLICT,
               "this version was applied with other words, or another date or change. Make a new version");
}

bool policy_conflict_fault(struct reader *body, const struct policy_apply_job *job)
{
    struct node root = reader_root(body);

    /* at the place in the document that it is about */
    switch (job->outcome) {
    case APPLY_COUNTRY_FIXED:
        controller_fault(&root, "country", ERROR_CONFLICT,
                         "fixed: phone numbers are known, and another country would give them other tags");
        return true;
    case APPLY_NO_TIME_ZONE:
        controller_fault(&root, "time_zone", ERROR_INVALID, "no time zone that the database knows");
        return true;
    case APPLY_STRANDS:
        purposes_fault(&root, "a purpose that has events is left out: say force=retire to retire it");
        return true;
    case APPLY_BASIS_FIXED:
    case APPLY_CHANNEL_FIXED:
    case APPLY_REPLACES_FIXED:
    case APPLY_REPLACES_CHANNEL:
    case APPLY_ENTITY_ADDED:
        return purpose_fault(&root, job);
    case APPLY_WORDS_FIXED:
        if (job->offender >= job->policy->notice_count)
            return false;
        words_fault(&root, &job->policy->notices[job->offender]);
        return true;
    case APPLY_DONE:
    case APPLY_SAME:
    case APPLY_OTHER_VERSION:
    case APPLY_DONE_BEFORE:
    case APPLY_SAME_BEFORE:
    case APPLY_KEY_REUSED:
        break;
    }
    return false; /* also what a newer schema may say and this program does not know */
}
