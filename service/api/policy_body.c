/* SPDX-License-Identifier: Apache-2.0 */
#include "api/policy_body.h"

#include "wire/policy_document.h"

#include <string.h>

bool policy_body_read(struct call *call, struct reader *body, struct policy **ret_policy)
{
    h2o_iovec_t bytes = call_body(call);
    struct policy *policy = policy_document_read(body, bytes.base, bytes.len);
    if (policy != NULL && strcmp(policy->controller, call->claims.controller) != 0) {
        struct node root = reader_root(body), controller = node_member(&root, "controller"),
                    key = node_member(&controller, "key");
        node_fault(&key, ERROR_INVALID, "not the controller that the token names");
        policy_free(policy);
        policy = NULL;
    }
    if (policy == NULL) {
        call_bad_body(call, body);
        return false;
    }
    *ret_policy = policy;
    return true;
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

void policy_body_conflict(struct call *call, struct reader *body, const struct policy_apply_job *job)
{
    struct node root = reader_root(body);
    if (job->outcome == APPLY_COUNTRY_FIXED) {
        struct node controller = node_member(&root, "controller"),
                    country = node_optional(&controller, "country");
        node_fault(&country, ERROR_CONFLICT,
                   "fixed: phone numbers are known, and another country would give them other tags");
    } else if (job->outcome == APPLY_NO_TIME_ZONE) {
        struct node controller = node_member(&root, "controller"),
                    zone = node_optional(&controller, "time_zone");
        node_fault(&zone, ERROR_INVALID, "no time zone that the database knows");
    } else if (job->outcome == APPLY_STRANDS) {
        struct node purposes = node_member(&root, "purposes");
        node_fault(&purposes, ERROR_CONFLICT,
                   "a purpose that has events is left out: say force=retire to retire it");
    } else if (job->outcome == APPLY_BASIS_FIXED) {
        struct node purposes = node_member(&root, "purposes"), one = node_at(&purposes, job->offender),
                    basis = node_optional(&one, "lawful_basis");
        node_fault(&basis, ERROR_CONFLICT,
                   "fixed: the purpose is in use, and a No to it or to everything must go on counting. Make "
                   "a new purpose");
    } else {
        struct node notices = node_member(&root, "notices"),
                    one = notice_node(&notices, &job->policy->notices[job->offender]);
        node_fault(
            &one, ERROR_CONFLICT,
            "this version was applied with other words, or another date or change. Make a new version");
    }
    call_bad_body(call, body);
}
