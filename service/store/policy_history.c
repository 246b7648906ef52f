/* SPDX-License-Identifier: Apache-2.0 */
#include "store/policy_history.h"

#include "base/limits.h"
#include "store/params.h"
#include "store/row.h"

#include <stdlib.h>
#include <string.h>

static void versions_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct policy_versions_job *v = list_entry(batch[0].job, struct policy_versions_job, job);
    params_text(params, v->controller);
    params_int4(params, v->after);
    params_int4(params, v->limit);
}

static void versions_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct policy_versions_job *v = list_entry(batch[0].job, struct policy_versions_job, job);
    policy_versions_job_clear(v);
    int n = PQntuples(rows);
    v->rows = calloc((size_t)n + 1, sizeof *v->rows);
    v->broken = v->rows == NULL;
    for (int row = 0; !v->broken && row < n; row++) {
        struct policy_version_row *to = &v->rows[v->count++];
        size_t len = 0;
        *to = (struct policy_version_row){.version = row_int4(rows, row, 0),
                                          .applied = row_instant(rows, row, 1),
                                          .by = row_text(rows, row, 2),
                                          .changes = row_text(rows, row, 4)};
        const char *hash = row_bytes(rows, row, 3, &len);
        v->broken = to->by == NULL || to->changes == NULL || hash == NULL || len != sizeof to->sha256;
        if (!v->broken)
            memcpy(to->sha256, hash, len);
    }
}

void policy_versions_job_prepare(struct policy_versions_job *v)
{
    static const struct verb verb = {
        .statement = "policy_versions", .batch_max = 1, .bind = versions_bind, .take = versions_take};
    v->job = (struct job){.verb = &verb, .weight = 1};
}

void policy_versions_job_clear(struct policy_versions_job *v)
{
    for (size_t i = 0; i < v->count; i++) {
        free(v->rows[i].by);
        free(v->rows[i].changes);
    }
    free(v->rows);
    v->rows = NULL;
    v->count = 0;
}

static void changes_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct policy_changes_job *p = list_entry(batch[0].job, struct policy_changes_job, job);
    params_int4(params, p->job.controller_id);
    params_int4(params, p->since);
    params_int8(params, p->after);
    params_int4(params, BREACH_WINDOW);
    params_int4(params, p->limit);
}

static void changes_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct policy_changes_job *p = list_entry(batch[0].job, struct policy_changes_job, job);
    policy_changes_job_clear(p);
    int n = PQntuples(rows);
    p->told = calloc((size_t)n + 1, sizeof *p->told);
    p->changes = n > 0 ? row_text(rows, 0, 1) : NULL;
    p->broken = p->told == NULL || (n > 0 && p->changes == NULL);
    for (int row = 0; !p->broken && row < n; row++) {
        p->version = row_int4(rows, row, 0);
        p->through = row_int8(rows, row, 2);
        p->last = row_int8(rows, row, 3);
        if (row_is_null(rows, row, 4))
            break; /* there is nobody */
        p->told[p->count++] =
            (struct policy_told){.subject_no = row_int8(rows, row, 4), .ref = row_text(rows, row, 5)};
    }
}

void policy_changes_job_prepare(struct policy_changes_job *p, int32_t controller_id)
{
    static const struct verb verb = {
        .statement = "policy_changes", .batch_max = 1, .bind = changes_bind, .take = changes_take};
    p->job = (struct job){.verb = &verb, .controller_id = controller_id, .weight = 1};
}

void policy_changes_job_clear(struct policy_changes_job *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->told[i].ref);
    free(p->told);
    free(p->changes);
    p->told = NULL;
    p->changes = NULL;
    p->count = 0;
    p->version = 0;
}
