/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_document_internal.h"

/* How a choice is put to people: refusing must be as easy as accepting, and nothing is ticked for them
 * (GDPR art. 7(3), recital 32). */

enum { CLICKS_MAX = 20 };

static void clicks_check(const struct node *n)
{
    node_int(n, 1, CLICKS_MAX);
}

static void preselected_check(const struct node *n)
{
    if (node_bool(n))
        node_fault(n, ERROR_INVALID, "must be false: what is ticked beforehand is no choice");
}

static const struct member choice_members[] = {
    {"accept_clicks", REQUIRED, .check = clicks_check},
    {"refuse_clicks", REQUIRED, .check = clicks_check},
    {"preselected", OPTIONAL, .check = preselected_check},
    {.name = NULL},
};

void choice_check(const struct node *n)
{
    section_read(NULL, n, choice_members);
    if (!node_is_object(n))
        return;
    struct node accept = node_optional(n, "accept_clicks");
    struct node refuse = node_optional(n, "refuse_clicks");
    if (node_kind(&accept) == NODE_NUMBER && node_kind(&refuse) == NODE_NUMBER &&
        node_int(&refuse, 1, CLICKS_MAX) > node_int(&accept, 1, CLICKS_MAX))
        node_fault(&refuse, ERROR_INVALID, "must not be more than accept_clicks");
}
