/* SPDX-License-Identifier: Apache-2.0 */
#include "store/check.h"

#include "base/limits.h"
#include "store/row.h"

#include <string.h>

static struct check_job *check_of(struct job *job)
{
    return list_entry(job, struct check_job, job);
}

static void controllers_bind(const struct sent *batch, size_t count, struct params *params)
{
    struct param *controllers = params_array(params, PARAM_INT4);
    for (size_t i = 0; i < count; i++) {
        /* A batch seldom has more than a few controllers; what slips through twice costs a row. */
        if (i == 0 || check_of(batch[i].job)->controller_id != check_of(batch[i - 1].job)->controller_id)
            param_int4(controllers, check_of(batch[i].job)->controller_id);
    }
}

static void check_bind(const struct sent *batch, size_t count, struct params *params)
{
    controllers_bind(batch, count, params);
    struct param *controllers = params_array(params, PARAM_INT4);
    struct param *tags = params_array(params, PARAM_BYTEA);
    struct param *purposes = params_array(params, PARAM_INT4);
    for (size_t i = 0; i < count; i++) {
        struct check_job *c = check_of(batch[i].job);
        c->generation = 0;
        for (size_t k = 0; k < c->count; k++) {
            memset(&c->probes[k].standing, 0, sizeof c->probes[k].standing);
            param_int4(controllers, c->controller_id);
            param_bytes(tags, c->probes[k].tag.bytes, TAG_SIZE);
            param_int4(purposes, c->probes[k].purpose);
        }
    }
}

enum {
    COLUMN_N,
    COLUMN_PURPOSE,
    COLUMN_SLOT,
    COLUMN_RANK,
    COLUMN_REVISION,
    COLUMN_VALID_UNTIL,
    COLUMN_NOTICE,
    COLUMN_RECORD
};

static void generation_take(const struct sent *batch, size_t count, const PGresult *rows, int row)
{
    int32_t controller_id = row_int4(rows, row, COLUMN_PURPOSE);
    for (size_t i = 0; i < count; i++) {
        struct check_job *c = batch[i].job != NULL ? check_of(batch[i].job) : NULL;
        if (c == NULL || c->controller_id != controller_id)
            continue;
        c->generation = row_int8(rows, row, COLUMN_RANK);
        c->as_of = row_instant(rows, row, COLUMN_VALID_UNTIL);
    }
}

static void state_take(struct probe *probe, const PGresult *rows, int row)
{
    int16_t slot = row_int2(rows, row, COLUMN_SLOT);
    if (slot < SLOT_SELF || slot > SLOT_GUARDIAN)
        return;
    struct state *s = row_int4(rows, row, COLUMN_PURPOSE) == PURPOSE_ALL ? &probe->standing.all[slot]
                                                                         : &probe->standing.purpose[slot];
    s->rank = row_int8(rows, row, COLUMN_RANK);
    s->revision = row_int8(rows, row, COLUMN_REVISION);
    s->valid_until = row_instant(rows, row, COLUMN_VALID_UNTIL);
    s->notice_number = row_int4(rows, row, COLUMN_NOTICE);
    row_uuid(rows, row, COLUMN_RECORD, s->record_id);
}

static void check_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    /* Rows come in the order of the probes, so the walk goes on from the last place. */
    size_t at = 0;
    int32_t first = 0; /* number of the first probe of batch[at] */
    int n_rows = PQntuples(rows);
    for (int row = 0; row < n_rows; row++) {
        int32_t n = row_int4(rows, row, COLUMN_N);
        if (n < 0) {
            generation_take(batch, count, rows, row);
            continue;
        }
        if (n < first)
            at = 0, first = 0;
        while (at + 1 < count && n >= first + (int32_t)batch[at].weight)
            first += (int32_t)batch[at++].weight;
        if (batch[at].job != NULL)
            state_take(&check_of(batch[at].job)->probes[n - first], rows, row);
    }
}

void check_job_init(struct check_job *c, int32_t controller_id, struct probe *probes, size_t count)
{
    static const struct verb check_verb = {
        .statement = "check", .batch_max = READ_BATCH_MAX, .bind = check_bind, .take = check_take};
    *c = (struct check_job){.controller_id = controller_id, .count = count, .probes = probes};
    c->job = (struct job){.verb = &check_verb, .weight = (uint32_t)count};
}
