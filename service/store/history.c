/* SPDX-License-Identifier: Apache-2.0 */
#include "store/history.h"

#include "store/params.h"
#include "store/row.h"
#include "store/state.h"

#include <stdlib.h>

enum {
    COLUMN_HEAD,
    COLUMN_GENERATION,
    COLUMN_AS_OF,
    COLUMN_REVISION,
    COLUMN_RECORD,
    COLUMN_SUBJECT,
    COLUMN_PURPOSE,
    COLUMN_RANK,
    COLUMN_RECORDED_AT,
    COLUMN_VALID_UNTIL,
    COLUMN_NOTICE,
    COLUMN_POLICY_VERSION,
    COLUMN_SLOT,
    COLUMN_ROLE,
    COLUMN_METHOD,
    COLUMN_EFFECT,
    COLUMN_WAS,
    COLUMN_FLAGS,
    COLUMN_LANGUAGE,
    COLUMN_ACTOR,
    COLUMN_REF,
    COLUMN_DETAIL,
    COLUMN_EVIDENCE,
    COLUMN_RECHECK,
    COLUMN_KNOWN,
    COLUMN_STATE
};

static struct history_job *history_of(struct job *job)
{
    return list_entry(job, struct history_job, job);
}

static void history_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct history_job *h = history_of(batch[0].job);
    params_int4(params, h->job.controller_id);
    params_int8(params, h->subject_no);
    params_int8(params, h->after);
    params_int8(params, h->limit);
    params_purposes(params, h->only);
}

static void changes_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    const struct history_job *h = history_of(batch[0].job);
    params_int4(params, h->job.controller_id);
    params_int8(params, h->after);
    params_int8(params, h->until);
    params_int8(params, h->limit);
    params_purposes(params, h->only);
}

static void entry_take(struct entry *e, const PGresult *rows, int row)
{
    e->revision = row_int8(rows, row, COLUMN_REVISION);
    row_uuid(rows, row, COLUMN_RECORD, e->record_id);
    e->subject_no = row_int8(rows, row, COLUMN_SUBJECT);
    e->purpose = row_int4(rows, row, COLUMN_PURPOSE);
    e->rank = row_int8(rows, row, COLUMN_RANK);
    e->recorded_at = row_instant(rows, row, COLUMN_RECORDED_AT);
    e->valid_until = row_instant(rows, row, COLUMN_VALID_UNTIL);
    e->notice = row_int4(rows, row, COLUMN_NOTICE);
    e->policy_version = row_int4(rows, row, COLUMN_POLICY_VERSION);
    slot_split(row_int4(rows, row, COLUMN_SLOT), &e->slot, &e->guardian);
    e->role = (enum role)row_int2(rows, row, COLUMN_ROLE);
    e->method = (enum collection_method)row_int2(rows, row, COLUMN_METHOD);
    e->effect = (enum effect)row_int2(rows, row, COLUMN_EFFECT);
    e->was = (enum event_state)row_int2(rows, row, COLUMN_WAS);
    e->flags = (uint16_t)row_int2(rows, row, COLUMN_FLAGS);
    e->language = row_text(rows, row, COLUMN_LANGUAGE);
    e->actor = row_text(rows, row, COLUMN_ACTOR);
    e->ref = row_text(rows, row, COLUMN_REF);
    e->detail = row_text(rows, row, COLUMN_DETAIL);
    e->evidence = row_text(rows, row, COLUMN_EVIDENCE);
    e->known = row_bool(rows, row, COLUMN_KNOWN);
}

static void recheck_take(struct history_job *h, struct entry *e, const PGresult *rows, int row)
{
    e->recheck_many = row_is_null(rows, row, COLUMN_RECHECK);
    if (row_int8_array(rows, row, COLUMN_RECHECK, &e->recheck, &e->recheck_count) != 0)
        h->broken = true;
}

static void state_take(struct history_job *h, struct entry *e, const PGresult *rows, int row)
{
    if (row_is_null(rows, row, COLUMN_STATE + STATE_RANK))
        return;
    if (e->count++ == 0)
        e->first = h->state_count;
    h->states[h->state_count++] = state_of(rows, row, COLUMN_STATE);
}

static void history_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct history_job *h = history_of(batch[0].job);
    history_job_clear(h);
    int n = PQntuples(rows);
    h->entries = calloc((size_t)n + 1, sizeof *h->entries);
    h->states = calloc((size_t)n + 1, sizeof *h->states);
    if (h->entries == NULL || h->states == NULL) {
        h->broken = true;
        return;
    }
    for (int row = 0; row < n; row++) {
        h->head = row_int8(rows, row, COLUMN_HEAD);
        h->generation = row_int8(rows, row, COLUMN_GENERATION);
        h->as_of = row_instant(rows, row, COLUMN_AS_OF);
        if (row_is_null(rows, row, COLUMN_RECORD))
            break; /* there is no event */
        bool goes_on =
            h->count > 0 && h->entries[h->count - 1].revision == row_int8(rows, row, COLUMN_REVISION);
        if (!goes_on) {
            entry_take(&h->entries[h->count], rows, row);
            recheck_take(h, &h->entries[h->count++], rows, row);
        }
        state_take(h, &h->entries[h->count - 1], rows, row);
    }
}

void history_job_prepare(struct history_job *h)
{
    static const struct verb of_subject = {
        .statement = "history", .batch_max = 1, .bind = history_bind, .take = history_take};
    static const struct verb of_ledger = {
        .statement = "changes", .batch_max = 1, .bind = changes_bind, .take = history_take};
    h->job.verb = h->subject_no != 0 ? &of_subject : &of_ledger;
    h->job.weight = 1;
}

struct states history_states(const struct history_job *h, const struct entry *e)
{
    return (struct states){.count = e->count, .list = e->count > 0 ? h->states + e->first : NULL};
}

void history_job_clear(struct history_job *h)
{
    for (size_t i = 0; i < h->count; i++) {
        struct entry *e = &h->entries[i];
        free(e->language);
        free(e->actor);
        free(e->ref);
        free(e->detail);
        free(e->evidence);
        free(e->recheck);
    }
    free(h->entries);
    free(h->states);
    h->entries = NULL;
    h->states = NULL;
    h->count = h->state_count = 0;
}
