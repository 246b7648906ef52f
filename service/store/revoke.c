/* SPDX-License-Identifier: Apache-2.0 */
#include "store/revoke.h"

#include "store/params.h"
#include "store/row.h"

static void revoke_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct revoke_job *r = list_entry(batch[0].job, struct revoke_job, job);
    params_text(params, r->controller);
    params_text(params, r->token_id);
    params_int8(params, r->expires);
}

static void revoke_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    list_entry(batch[0].job, struct revoke_job, job)->found = row_bool(rows, 0, 0);
}

void revoke_job_init(struct revoke_job *r, const char *controller, const char *token_id, instant expires)
{
    static const struct verb verb = {.statement = "revoke_token",
                                     .writes = true,
                                     .batch_max = 1,
                                     .bind = revoke_bind,
                                     .take = revoke_take};
    *r = (struct revoke_job){.job = {.verb = &verb, .weight = 1},
                             .controller = controller,
                             .token_id = token_id,
                             .expires = expires};
}
