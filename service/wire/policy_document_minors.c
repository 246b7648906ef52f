/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/age.h"
#include "wire/policy_document_internal.h"

/* What a document says of minors against the laws of their countries (GDPR art. 8). There are consents that a
 * child needs no parent for, such as to advice and help (recital 38), and laws that the program does not know
 * yet: so who says why may go another way, and is warned. */

/* When all of the laws that data/ages.csv knows is in force. */
static const instant lasting = INT64_C(253402300799) * SECOND; /* 9999-12-31 */

static bool looks_at_minors(const struct purpose *p)
{
    return !p->retired && (p->guardian.minors != MINORS_ALLOWED || p->age_required);
}

static bool leaves_it_to_minors(const struct policy *policy, const struct purpose *p)
{
    return !p->retired && p->basis == BASIS_CONSENT && p->guardian.minors == MINORS_ALLOWED &&
           age_limit(policy, policy->country, lasting, p->channel) > 0;
}

static void purpose_find(const struct node *purpose, const struct policy *policy, const struct purpose *p,
                         minors_finding *tell, void *cookie)
{
    struct node minors = node_optional(purpose, "minors"), guardian = {0};
    struct node rationale = node_optional(purpose, "rationale");
    if (leaves_it_to_minors(policy, p))
        tell(cookie, &minors, node_present(&rationale),
             "no minor below this country's age consents alone: say guardian or forbidden, or why not in the "
             "purpose's rationale",
             "lets minors below this country's age consent alone");
    if (node_is_object(&minors))
        guardian = node_optional(&minors, "guardian");
    void *cursor = NULL;
    const char *name;
    struct node one;
    if (node_is_object(&guardian) && !node_next(&guardian, &cursor, &name, &one))
        tell(cookie, &guardian, node_present(&rationale),
             "must say who may act for a minor, or how sure that must be; or why it does not, in the "
             "purpose's "
             "rationale",
             "asks nothing of who says to be a guardian");
}

static void ages_find(const struct node *ages, minors_finding *tell, void *cookie)
{
    void *cursor = NULL;
    const char *country;
    struct node age;
    while (node_is_object(ages) && node_next(ages, &cursor, &country, &age)) {
        struct node years = node_is_object(&age) ? node_member(&age, "years") : age;
        if (node_int(&years, 0, UINT8_MAX) < age_of_law(country))
            tell(cookie, &age, node_is_object(&age),
                 "below the age of this country's law: say why, by an object of years and rationale",
                 "below the age of this country's law");
    }
}

void minors_find(const struct node *root, const struct policy *policy, minors_finding *tell, void *cookie)
{
    struct node purposes = node_optional(root, "purposes"), ages = node_optional(root, "ages");
    for (size_t i = 0; i < policy->purpose_count; i++) {
        struct node purpose = node_at(&purposes, i);
        purpose_find(&purpose, policy, &policy->purposes[i], tell, cookie);
    }
    ages_find(&ages, tell, cookie);
}

static void finding_fault(void *cookie, const struct node *n, bool reasoned, const char *fault,
                          const char *then)
{
    (void)cookie;
    (void)then;
    if (!reasoned)
        node_fault(n, ERROR_INVALID, fault);
}

/* Whether nobody knows from which age people decide alone in the controller's country. */
static bool age_is_missing(const struct policy *policy)
{
    return age_of_law(policy->country) == 0 && age_limit(policy, policy->country, lasting, CHANNEL_WEB) == 0;
}

bool policy_document_check(struct reader *r, const struct policy *policy)
{
    struct node root = reader_root(r), ages = node_optional(&root, "ages");
    bool looks = false;
    minors_find(&root, policy, finding_fault, NULL);
    for (size_t i = 0; i < policy->purpose_count; i++)
        looks = looks || looks_at_minors(&policy->purposes[i]);
    if (looks && age_is_missing(policy))
        node_fault(&ages, ERROR_INVALID,
                   "must have the controller's country: its law sets no age, and a purpose looks at minors");
    return reader_ok(r);
}
