/* SPDX-License-Identifier: Apache-2.0 */
#include "store/walk.h"

#include "base/limits.h"
#include "store/params.h"
#include "store/row.h"
#include "store/state.h"

#include <stdlib.h>
#include <string.h>

enum {
    COLUMN_LAST,
    COLUMN_GENERATION,
    COLUMN_AS_OF,
    COLUMN_SUBJECT,
    COLUMN_TAG,
    COLUMN_TYPE,
    COLUMN_STATE,
    COLUMN_IS_OTHERS = COLUMN_STATE + STATE_COLUMNS,
    COLUMN_ROLE,
    COLUMN_REF,
    COLUMN_BATCH,
    COLUMN_FORM,
    COLUMN_OWNER_TAG,
    COLUMN_OWNER_TYPE,
    COLUMN_IS_ELSEWHERE
};

static void walk_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct walk_job *w = list_entry(batch[0].job, struct walk_job, job);
    params_int4(params, w->job.controller_id);
    params_int8(params, w->after);
    params_int4(params, w->numbers);
    params_int4(params, (int32_t)w->proof);
    params_purposes(params, w->only);
}

static void subject_take(struct walk_job *w, const PGresult *rows, int row)
{
    struct walked *s = &w->subjects[w->count++];
    size_t len;
    s->subject_no = row_int8(rows, row, COLUMN_SUBJECT);
    s->type = (uint8_t)row_int2(rows, row, COLUMN_TYPE);
    s->first = w->state_count;
    const char *tag = row_bytes(rows, row, COLUMN_TAG, &len);
    if (tag != NULL && len == TAG_SIZE)
        memcpy(s->tag.bytes, tag, TAG_SIZE);
    else
        w->broken = true;
}

static char *text_take(struct walk_job *w, const PGresult *rows, int row, int column)
{
    char *text = row_text(rows, row, column);
    if (text == NULL && !row_is_null(rows, row, column))
        w->broken = true;
    return text;
}

static void owner_take(struct walk_job *w, const PGresult *rows, int row, struct walked_proof *proof)
{
    size_t len;
    const char *tag = row_bytes(rows, row, COLUMN_OWNER_TAG, &len);
    if (tag == NULL)
        return;
    proof->has_owner = true;
    proof->owner_type = (uint8_t)row_int2(rows, row, COLUMN_OWNER_TYPE);
    proof->is_elsewhere = row_bool(rows, row, COLUMN_IS_ELSEWHERE);
    if (len == TAG_SIZE)
        memcpy(proof->owner.bytes, tag, TAG_SIZE);
    else
        w->broken = true;
}

static void state_take(struct walk_job *w, const PGresult *rows, int row)
{
    struct walked_proof *proof = &w->proofs[w->state_count];
    w->states[w->state_count++] = state_of(rows, row, COLUMN_STATE);
    w->subjects[w->count - 1].count++;
    proof->is_others = row_bool(rows, row, COLUMN_IS_OTHERS);
    proof->role = (enum role)row_int2(rows, row, COLUMN_ROLE);
    proof->ref = text_take(w, rows, row, COLUMN_REF);
    proof->batch = text_take(w, rows, row, COLUMN_BATCH);
    proof->form = text_take(w, rows, row, COLUMN_FORM);
    owner_take(w, rows, row, proof);
}

static void row_take(struct walk_job *w, const PGresult *rows, int row)
{
    w->generation = row_int8(rows, row, COLUMN_GENERATION);
    w->last = row_int8(rows, row, COLUMN_LAST);
    w->as_of = row_instant(rows, row, COLUMN_AS_OF);
    if (row_is_null(rows, row, COLUMN_SUBJECT))
        return; /* nobody has one of these numbers */
    bool goes_on =
        w->count > 0 && w->subjects[w->count - 1].subject_no == row_int8(rows, row, COLUMN_SUBJECT);
    if (!goes_on)
        subject_take(w, rows, row);
    if (!row_is_null(rows, row, COLUMN_STATE + STATE_RANK))
        state_take(w, rows, row);
}

static void walk_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct walk_job *w = list_entry(batch[0].job, struct walk_job, job);
    walk_job_clear(w);
    size_t n = (size_t)PQntuples(rows);
    w->subjects = calloc(n + 1, sizeof *w->subjects);
    w->states = calloc(n + 1, sizeof *w->states);
    w->proofs = calloc(n + 1, sizeof *w->proofs);
    if (w->subjects == NULL || w->states == NULL || w->proofs == NULL) {
        w->broken = true;
        return;
    }
    for (int row = 0; row < (int)n; row++)
        row_take(w, rows, row);
}

void walk_job_prepare(struct walk_job *w)
{
    static const struct verb verb = {
        .statement = "walk", .batch_max = 1, .bind = walk_bind, .take = walk_take};
    w->job.verb = &verb;
    w->job.weight = 1;
}

void walk_job_clear(struct walk_job *w)
{
    for (size_t i = 0; i < w->state_count; i++) {
        free(w->proofs[i].ref);
        free(w->proofs[i].batch);
        free(w->proofs[i].form);
    }
    free(w->subjects);
    free(w->states);
    free(w->proofs);
    w->subjects = NULL;
    w->states = NULL;
    w->proofs = NULL;
    w->count = w->state_count = 0;
    w->generation = 0;
    w->broken = false;
}

struct states walk_states(const struct walk_job *w, const struct walked *subject)
{
    return (struct states){.count = subject->count, .list = w->states + subject->first};
}

int64_t walk_next(const struct walk_job *w)
{
    return w->after + w->numbers >= w->last ? INT64_MAX : w->after + w->numbers;
}

size_t policy_verdicts(const struct policy *policy)
{
    return policy->purpose_count * (policy->entity_count > 0 ? policy->entity_count : 1);
}

int32_t walk_numbers(size_t verdicts)
{
    size_t fit = WALK_VERDICTS_MAX / (verdicts > 0 ? verdicts : 1);
    return fit > WALK_SUBJECTS_MAX ? WALK_SUBJECTS_MAX : fit > 0 ? (int32_t)fit : 1;
}
