/* SPDX-License-Identifier: Apache-2.0 */
#include "api/policy_body.h"

#include "ledger/policy_conflict.h"
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
    }
    if (policy == NULL || !policy_document_check(body, policy)) {
        policy_free(policy);
        call_bad_body(call, body);
        return false;
    }
    *ret_policy = policy;
    return true;
}

void policy_body_conflict(struct call *call, struct reader *body, const struct policy_apply_job *job)
{
    if (policy_conflict_fault(body, job))
        call_bad_body(call, body);
    else
        call_problem(call, ERROR_INTERNAL, NULL, NULL);
}
