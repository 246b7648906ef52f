/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "api/staffing.h"

/* POST /v1/subjects/{id}/restrict and .../lift: a person's data is kept, and nothing else is done with it
 * (GDPR art. 18), until that is lifted. */

static void restriction_read(struct staffing *s, const struct node *root, struct writer *detail)
{
    static const char *const members[] = {"reason", "on_behalf_of", "request", NULL};
    node_only(root, members);
    staffing_reason(s, root, detail);
    staffing_request(s, root);
}

static void lift_read(struct staffing *s, const struct node *root, struct writer *detail)
{
    static const char *const members[] = {"reason", "on_behalf_of", NULL};
    node_only(root, members);
    staffing_reason(s, root, detail);
}

static void restricted_write(const struct staffing *s, struct writer *w)
{
    writer_bool(w, "restricted", s->kind->act == STAFF_RESTRICTED);
}

void handle_restrict(struct call *call)
{
    static const struct staff_kind kind = {
        .act = STAFF_RESTRICTED, .status = 200, .read = restriction_read, .answer = restricted_write};
    staffing_start(call, &kind);
}

void handle_lift(struct call *call)
{
    static const struct staff_kind kind = {
        .act = STAFF_LIFTED, .status = 200, .read = lift_read, .answer = restricted_write};
    staffing_start(call, &kind);
}
