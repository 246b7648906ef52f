/* SPDX-License-Identifier: Apache-2.0 */
#include "store/erasures.h"

#include "store/params.h"
#include "store/row.h"

#include <stdlib.h>
#include <string.h>

/* ---- list ---- */

static void list_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct erasures_job *e = list_entry(batch[0].job, struct erasures_job, job);
    params_text(params, e->controller);
    params_int8(params, e->since);
    params_int4(params, e->after_controller);
    params_int8(params, e->after_revision);
    params_int4(params, e->limit);
}

static void list_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct erasures_job *e = list_entry(batch[0].job, struct erasures_job, job);
    int n = PQntuples(rows);
    erasures_job_clear(e);
    e->rows = calloc((size_t)n + 1, sizeof *e->rows);
    e->broken = e->rows == NULL;
    for (int row = 0; row < n && !e->broken; row++) {
        struct erasure *to = &e->rows[e->count++];
        to->controller_id = row_int4(rows, row, 0);
        to->revision = row_int8(rows, row, 1);
        to->line = row_text(rows, row, 2);
        e->broken = to->line == NULL;
    }
}

void erasures_job_prepare(struct erasures_job *e)
{
    static const struct verb verb = {
        .statement = "erasures", .batch_max = 1, .bind = list_bind, .take = list_take};
    e->job = (struct job){.verb = &verb, .weight = 1};
}

void erasures_job_clear(struct erasures_job *e)
{
    for (size_t i = 0; i < e->count; i++)
        free(e->rows[i].line);
    free(e->rows);
    e->rows = NULL;
    e->count = 0;
}

/* ---- again ---- */

static void again_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct erase_again_job *e = list_entry(batch[0].job, struct erase_again_job, job);
    params_text(params, e->line);
    params_text(params, e->actor);
}

static void again_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    static const char *const words[] = {"there", "erased", "remembered", "nothing", "other_key"};
    (void)count;
    if (batch[0].job == NULL)
        return;
    enum erased_again outcome = ERASED_THERE;
    const char *word = row_is_null(rows, 0, 0) ? "" : PQgetvalue(rows, 0, 0);
    while (outcome < ERASED_FOREIGN && strcmp(words[outcome], word) != 0)
        outcome++;
    list_entry(batch[0].job, struct erase_again_job, job)->outcome = outcome;
}

void erase_again_job_init(struct erase_again_job *e, const char *line, const char *actor)
{
    static const struct verb verb = {
        .statement = "erase_again", .writes = true, .batch_max = 1, .bind = again_bind, .take = again_take};
    *e = (struct erase_again_job){.job = {.verb = &verb, .weight = 1}, .line = line, .actor = actor};
}
