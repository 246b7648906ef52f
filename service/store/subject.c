/* SPDX-License-Identifier: Apache-2.0 */
#include "store/subject.h"

#include "store/params.h"
#include "store/row.h"
#include "store/state.h"

#include <stdlib.h>

static void lookup_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct lookup_job *l = list_entry(batch[0].job, struct lookup_job, job);
    params_int4(params, l->job.controller_id);
    struct param *tags = params_array(params, PARAM_BYTEA);
    for (size_t i = 0; i < l->count; i++)
        param_bytes(tags, l->tags[i].bytes, TAG_SIZE);
}

/* A row a person: the one first, then the others by number; or one row with nobody. */
static void lookup_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL || PQntuples(rows) == 0)
        return;
    struct lookup_job *l = list_entry(batch[0].job, struct lookup_job, job);
    l->generation = row_int8(rows, 0, 0);
    l->subject_no = row_int8(rows, 0, 1);
    size_t others = (size_t)PQntuples(rows) - 1;
    l->also_many = others > PERSONS_TOLD_MAX;
    l->also_count = l->also_many ? PERSONS_TOLD_MAX : others;
    for (size_t i = 0; i < l->also_count; i++)
        l->also[i] = (struct also){row_int8(rows, (int)i + 1, 1), (uint8_t)row_int2(rows, (int)i + 1, 2)};
}

void lookup_job_init(struct lookup_job *l, int32_t controller_id, const struct tag *tags, size_t count)
{
    static const struct verb verb = {
        .statement = "subject_lookup", .batch_max = 1, .bind = lookup_bind, .take = lookup_take};
    *l = (struct lookup_job){
        .job = {.verb = &verb, .controller_id = controller_id, .weight = 1}, .count = count, .tags = tags};
}

/* Of an event that a state comes from, behind the state's. */
enum {
    PROOF_RECORDED_AT,
    PROOF_SUBJECT,
    PROOF_BY,
    PROOF_PURPOSE,
    PROOF_RANK,
    PROOF_ROLE,
    PROOF_METHOD,
    PROOF_POLICY_VERSION,
    PROOF_LANGUAGE,
    PROOF_ACTOR,
    PROOF_REF,
    PROOF_DETAIL
};

enum {
    COLUMN_GENERATION,
    COLUMN_AS_OF,
    COLUMN_IS_KNOWN,
    COLUMN_STATE,
    COLUMN_PROOF = COLUMN_STATE + STATE_COLUMNS
};

static void states_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct states_job *s = list_entry(batch[0].job, struct states_job, job);
    params_int4(params, s->job.controller_id);
    params_int8(params, s->subject_no);
}

void proof_take(struct proof *to, const PGresult *rows, int row, int first)
{
    bool is_own = row_is_null(rows, row, first + PROOF_BY);
    to->recorded_at = row_instant(rows, row, first + PROOF_RECORDED_AT);
    to->subject_no = row_int8(rows, row, first + PROOF_SUBJECT);
    to->by = is_own ? IDENTIFIER_TYPES : (uint8_t)row_int2(rows, row, first + PROOF_BY);
    to->purpose = row_int4(rows, row, first + PROOF_PURPOSE);
    to->rank = row_int8(rows, row, first + PROOF_RANK);
    to->role = (enum role)row_int2(rows, row, first + PROOF_ROLE);
    to->method = (enum collection_method)row_int2(rows, row, first + PROOF_METHOD);
    to->policy_version = row_int4(rows, row, first + PROOF_POLICY_VERSION);
    to->language = row_text(rows, row, first + PROOF_LANGUAGE);
    to->actor = row_text(rows, row, first + PROOF_ACTOR);
    to->ref = row_text(rows, row, first + PROOF_REF);
    to->detail = row_text(rows, row, first + PROOF_DETAIL);
}

void proof_clear(struct proof *p)
{
    free(p->language);
    free(p->actor);
    free(p->ref);
    free(p->detail);
}

static void states_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct states_job *s = list_entry(batch[0].job, struct states_job, job);
    states_job_clear(s);
    int n = PQntuples(rows);
    s->states = calloc((size_t)n + 1, sizeof *s->states);
    s->proofs = calloc((size_t)n + 1, sizeof *s->proofs);
    if (s->states == NULL || s->proofs == NULL) {
        s->broken = true;
        return;
    }
    for (int row = 0; row < n; row++) {
        s->generation = row_int8(rows, row, COLUMN_GENERATION);
        s->as_of = row_instant(rows, row, COLUMN_AS_OF);
        s->found = row_bool(rows, row, COLUMN_IS_KNOWN);
        if (row_is_null(rows, row, COLUMN_STATE + STATE_PURPOSE))
            break; /* there is no state */
        s->states[s->count] = state_of(rows, row, COLUMN_STATE);
        proof_take(&s->proofs[s->count++], rows, row, COLUMN_PROOF);
    }
}

void states_job_init(struct states_job *s, int32_t controller_id, int64_t subject_no)
{
    static const struct verb verb = {
        .statement = "subject_states", .batch_max = 1, .bind = states_bind, .take = states_take};
    *s = (struct states_job){.job = {.verb = &verb, .controller_id = controller_id, .weight = 1},
                             .subject_no = subject_no};
}

void states_job_clear(struct states_job *s)
{
    for (size_t i = 0; i < s->count; i++)
        proof_clear(&s->proofs[i]);
    free(s->states);
    free(s->proofs);
    s->states = NULL;
    s->proofs = NULL;
    s->count = 0;
}
