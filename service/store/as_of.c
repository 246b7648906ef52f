/* SPDX-License-Identifier: Apache-2.0 */
#include "store/as_of.h"

#include "store/params.h"
#include "store/row.h"
#include "store/state.h"

#include <stdlib.h>
#include <string.h>

/* ---- the policy ---- */

static void policy_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct policy_at_job *p = list_entry(batch[0].job, struct policy_at_job, job);
    params_int4(params, p->job.controller_id);
    params_int8(params, p->at);
}

static void policy_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL || PQntuples(rows) != 1)
        return;
    struct policy_at_job *p = list_entry(batch[0].job, struct policy_at_job, job);
    policy_at_job_clear(p);
    p->generation = row_int8(rows, 0, 0);
    p->as_of = row_instant(rows, 0, 1);
    p->version = row_int4(rows, 0, 2);
    p->document = row_text(rows, 0, 3);
    p->document_len = p->document != NULL ? strlen(p->document) : 0;
    p->broken = p->version != 0 && p->document == NULL;
}

void policy_at_job_init(struct policy_at_job *p, int32_t controller_id, instant at)
{
    static const struct verb verb = {
        .statement = "policy_at", .batch_max = 1, .bind = policy_bind, .take = policy_take};
    *p =
        (struct policy_at_job){.job = {.verb = &verb, .controller_id = controller_id, .weight = 1}, .at = at};
}

void policy_at_job_clear(struct policy_at_job *p)
{
    free(p->document);
    p->document = NULL;
}

/* ---- the states ---- */

static void states_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct states_as_of_job *s = list_entry(batch[0].job, struct states_as_of_job, job);
    params_int4(params, s->job.controller_id);
    struct param *tags = params_array(params, PARAM_BYTEA);
    for (size_t i = 0; i < s->count; i++)
        param_bytes(tags, s->tags[i].bytes, TAG_SIZE);
    params_int8(params, s->at);
}

enum {
    COLUMN_GENERATION,
    COLUMN_PLACE,
    COLUMN_OUTCOME,
    COLUMN_SUBJECT,
    COLUMN_STATE,
    COLUMN_PROOF = COLUMN_STATE + STATE_COLUMNS
};

/* Rows of one tag stand together, the first of them without a state. */
static void states_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct states_as_of_job *s = list_entry(batch[0].job, struct states_as_of_job, job);
    states_as_of_job_clear(s);
    int n = PQntuples(rows);
    s->states = calloc((size_t)n + 1, sizeof *s->states);
    s->proofs = calloc((size_t)n + 1, sizeof *s->proofs);
    s->broken = s->states == NULL || s->proofs == NULL || n == 0;
    for (int row = 0; !s->broken && row < n; row++) {
        size_t place = (size_t)row_int4(rows, row, COLUMN_PLACE) - 1;
        s->generation = row_int8(rows, row, COLUMN_GENERATION);
        if (place >= s->count) {
            s->broken = true;
            break;
        }
        struct tag_as_of *tag = &s->found[place];
        enum as_of_outcome outcome = (enum as_of_outcome)row_int4(rows, row, COLUMN_OUTCOME);
        tag->outcome = outcome > tag->outcome ? outcome : tag->outcome;
        tag->subject_no = row_int8(rows, row, COLUMN_SUBJECT);
        if (row_is_null(rows, row, COLUMN_STATE + STATE_PURPOSE))
            continue;
        if (tag->count++ == 0)
            tag->first = s->state_count;
        s->states[s->state_count] = state_of(rows, row, COLUMN_STATE);
        proof_take(&s->proofs[s->state_count++], rows, row, COLUMN_PROOF);
    }
}

void states_as_of_job_init(struct states_as_of_job *s, int32_t controller_id, const struct tag *tags,
                           size_t count, instant at)
{
    static const struct verb verb = {
        .statement = "states_as_of", .batch_max = 1, .bind = states_bind, .take = states_take};
    *s = (struct states_as_of_job){.job = {.verb = &verb, .controller_id = controller_id, .weight = 1},
                                   .count = count,
                                   .tags = tags,
                                   .at = at};
}

void states_as_of_job_clear(struct states_as_of_job *s)
{
    for (size_t i = 0; i < s->state_count; i++)
        proof_clear(&s->proofs[i]);
    free(s->states);
    free(s->proofs);
    s->states = NULL;
    s->proofs = NULL;
    s->state_count = 0;
    memset(s->found, 0, sizeof s->found);
}
