/* SPDX-License-Identifier: Apache-2.0 */
#include "store/staff.h"

#include "store/params.h"
#include "store/row.h"

#include <assert.h>
#include <stdlib.h>

static struct staff_job *staff_of(struct job *job)
{
    return list_entry(job, struct staff_job, job);
}

static void identifiers_bind(const struct staff_job *s, struct params *params)
{
    struct param *tags = params_array(params, PARAM_BYTEA);
    for (size_t i = 0; i < s->count; i++)
        param_bytes(tags, s->tags[i].bytes, TAG_SIZE);
    struct param *types = params_array(params, PARAM_INT2);
    for (size_t i = 0; i < s->count; i++)
        param_int2(types, s->types[i]);
    if (!s->rotating) {
        params_null(params);
        return;
    }
    struct param *old = params_array(params, PARAM_BYTEA);
    for (size_t i = 0; i < s->count; i++)
        param_bytes(old, s->old_tags[i].bytes, TAG_SIZE);
}

static void confirms_bind(const struct staff_job *s, struct params *params)
{
    struct param *purposes = params_array(params, PARAM_INT4), *messages = params_array(params, PARAM_BYTEA);
    for (size_t i = 0; i < s->confirm_count; i++) {
        const struct staff_confirm *confirm = &s->confirms[i];
        param_int4(purposes, confirm->purpose);
        if (confirm->message != NULL)
            param_bytes(messages, confirm->message, confirm->message_len);
        else
            param_null(messages);
    }
}

static void staff_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    struct staff_job *s = staff_of(batch[0].job);
    staff_job_clear(s);
    params_int4(params, s->job.controller_id);
    params_int8(params, s->generation);
    params_int4(params, s->policy_version);
    params_text(params, s->actor);
    params_idempotency(params, &s->idempotency);
    params_int4(params, GUARDIAN_STAFF * SLOT_COUNT + (int32_t)s->kind);
    params_int8(params, s->subject_no);
    params_int8(params, s->other_no);
    identifiers_bind(s, params);
    params_bool(params, s->is_proven);
    if (s->keeps_proof_told)
        params_bool(params, s->keeps_proof);
    else
        params_null(params);
    params_bool(params, s->remembers_no);
    params_interval(params, &s->term);
    confirms_bind(s, params);
    params_text(params, s->detail);
    params_bytes(params, s->record_id, UUID_SIZE);
    if (s->answers)
        params_bytes(params, s->request_id, UUID_SIZE);
    else
        params_null(params);
    params_text(params, s->on_behalf_of);
    params_text(params, s->token);
}

enum {
    COLUMN_OUTCOME,
    COLUMN_REVISION,
    COLUMN_RECORD,
    COLUMN_RECORDED_AT,
    COLUMN_SUBJECT,
    COLUMN_COUNTS,
    COLUMN_UNTIL
};

static void staff_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct staff_job *s = staff_of(batch[0].job);
    s->broken = PQntuples(rows) != 1 || row_int8_array(rows, 0, COLUMN_COUNTS, &s->counts, &s->counted) != 0;
    if (s->broken)
        return;
    s->outcome = (enum staff_outcome)row_int2(rows, 0, COLUMN_OUTCOME);
    if (row_is_null(rows, 0, COLUMN_REVISION))
        return;
    s->revision = row_int8(rows, 0, COLUMN_REVISION);
    row_uuid(rows, 0, COLUMN_RECORD, s->record_id);
    s->recorded_at = row_instant(rows, 0, COLUMN_RECORDED_AT);
    s->told_no = row_int8(rows, 0, COLUMN_SUBJECT);
    s->until = row_instant(rows, 0, COLUMN_UNTIL);
    bool is_told = s->outcome == STAFF_DONE || s->outcome == STAFF_REPLAYED;
    if (s->kind == STAFF_ERASED && is_told && s->counted != ERASE_COUNTS)
        s->broken = true;
}

void staff_job_prepare(struct staff_job *s)
{
    static const struct verb verb = {
        .statement = "staff", .writes = true, .batch_max = 1, .bind = staff_bind, .take = staff_take};
    assert(s->count <= STAFF_IDENTIFIERS_MAX);
    s->job.verb = &verb;
    s->job.weight = 1;
}

void staff_job_clear(struct staff_job *s)
{
    free(s->counts);
    s->counts = NULL;
    s->counted = 0;
    s->revision = s->told_no = 0;
    s->until = INSTANT_NONE;
    s->outcome = STAFF_DONE;
    s->broken = false;
}

struct staff_request staff_request_at(const struct staff_job *s, size_t place)
{
    assert(place < s->counted / 2);
    return (struct staff_request){.subject_no = s->counts[2 * place], .revision = s->counts[2 * place + 1]};
}
