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

static void basis_fault(const struct node *root, size_t purpose)
{
    struct node purposes = node_member(root, "purposes"), one = node_at(&purposes, purpose),
                basis = node_optional(&one, "lawful_basis");
    node_fault(&basis, ERROR_CONFLICT,
               "fixed: the purpose is in use, and a No to it or to everything must go on counting. Make "
               "a new purpose");
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
        if (job->offender >= job->policy->purpose_count)
            return false;
        basis_fault(&root, job->offender);
        return true;
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
