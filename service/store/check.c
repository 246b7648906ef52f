/* SPDX-License-Identifier: Apache-2.0 */
#include "store/check.h"

#include "base/fault.h"
#include "base/limits.h"
#include "store/params.h"
#include "store/row.h"
#include "store/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Purposes one call may ask about, and one chunk of a batch. */
enum { CHECK_SETS_MAX = POLICY_PURPOSES_MAX };

static struct check_job *check_of(struct job *job)
{
    return list_entry(job, struct check_job, job);
}

static void check_bind(const struct sent *batch, size_t count, struct params *params)
{
    struct param *controllers = params_array(params, PARAM_INT4);
    struct param *tags = params_array(params, PARAM_BYTEA);
    struct param *low = params_array(params, PARAM_INT4);
    struct param *high = params_array(params, PARAM_INT4);
    struct param *purposes = params_array(params, PARAM_INT4);
    for (size_t i = 0; i < count; i++) {
        struct check_job *c = check_of(batch[i].job);
        int32_t first = (int32_t)purposes->elements + 1; /* arrays count from 1 */
        int32_t lows[CHECK_SETS_MAX], highs[CHECK_SETS_MAX];
        assert(c->set_count <= CHECK_SETS_MAX);
        check_job_clear(c);
        for (size_t k = 0; k < c->set_count; k++) {
            lows[k] = first;
            for (size_t j = 0; j < c->sets[k].count; j++)
                param_int4(purposes, c->sets[k].numbers[j]);
            first += (int32_t)c->sets[k].count;
            highs[k] = first - 1;
        }
        for (size_t k = 0; k < c->count; k++) {
            param_int4(controllers, c->job.controller_id);
            param_bytes(tags, c->probes[k].tag.bytes, TAG_SIZE);
            param_int4(low, lows[c->probes[k].set]);
            param_int4(high, highs[c->probes[k].set]);
            c->probes[k].count = 0;
        }

        /* Who asks for the generation alone has a place in the arrays too, as the job's weight says: a probe
         * of nobody, for no purpose. */
        if (c->count == 0) {
            param_int4(controllers, c->job.controller_id);
            param_bytes(tags, (const unsigned char[TAG_SIZE]){0}, TAG_SIZE);
            param_int4(low, first);
            param_int4(high, first - 1);
        }
    }
}

enum {
    COLUMN_CONTROLLER,
    COLUMN_GENERATION,
    COLUMN_AS_OF,
    COLUMN_N,
    COLUMN_STATE,
    COLUMN_POINTED = COLUMN_STATE + STATE_COLUMNS
};

static void generation_take(const struct sent *batch, size_t count, const PGresult *rows, int row)
{
    int32_t controller_id = row_int4(rows, row, COLUMN_CONTROLLER);
    for (size_t i = 0; i < count; i++) {
        struct check_job *c = batch[i].job != NULL ? check_of(batch[i].job) : NULL;
        if (c == NULL || c->job.controller_id != controller_id)
            continue;
        c->generation = row_int8(rows, row, COLUMN_GENERATION);
        c->as_of = row_instant(rows, row, COLUMN_AS_OF);
    }
}

static bool states_grow(struct check_job *c)
{
    size_t room = c->state_room == 0 ? CHECK_FEW : 2 * c->state_room;
    bool first = c->state_room == 0, leaves_few = c->states == c->few;
    struct state *grown = first             ? c->few
                          : fault_strikes() ? NULL
                                            : realloc(leaves_few ? NULL : c->states, room * sizeof *grown);
    if (grown == NULL)
        return false;
    if (leaves_few && !first)
        memcpy(grown, c->few, sizeof c->few);
    c->states = grown;
    c->state_room = room;
    return true;
}

static void state_add(struct check_job *c, struct probe *p, struct state s)
{
    if (c->state_count == c->state_room && !states_grow(c)) {
        c->broken = true;
        return;
    }
    if (p->count++ == 0)
        p->first = c->state_count;
    c->states[c->state_count++] = s;
}

/* A row of probe ${p}: a state, or a pointer with those it leads to. All of one probe's come together, else
 * the parts of the answer would be taken for the whole. */
static void states_take(struct check_job *c, struct probe *p, const PGresult *rows, int row)
{
    if (p->count > 0 && p->first + p->count != c->state_count) {
        c->broken = true;
        return;
    }
    struct state s = state_of(rows, row, COLUMN_STATE);
    if (s.purpose != PURPOSE_POINTER) {
        state_add(c, p, s);
        return;
    }
    size_t len;
    const char *bytes = row_bytes(rows, row, COLUMN_POINTED, &len);
    c->broken = c->broken || len % STATE_BYTES != 0;
    for (size_t at = 0; at + STATE_BYTES <= len; at += STATE_BYTES)
        state_add(c, p, state_unpack(bytes + at));
}

static void check_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    /* Rows come in the order of the probes, so the walk goes on from the last place. */
    size_t at = 0;
    int32_t first = 0; /* number of the first probe of batch[at] */
    int n_rows = PQntuples(rows);
    for (int row = 0; row < n_rows; row++) {
        if (!row_is_null(rows, row, COLUMN_CONTROLLER)) {
            generation_take(batch, count, rows, row);
            continue;
        }
        int32_t n = row_int4(rows, row, COLUMN_N);
        if (n < first)
            at = 0, first = 0;
        while (at + 1 < count && n >= first + (int32_t)batch[at].weight)
            first += (int32_t)batch[at++].weight;
        if (batch[at].job != NULL)
            states_take(check_of(batch[at].job), &check_of(batch[at].job)->probes[n - first], rows, row);
    }
}

void check_job_init(struct check_job *c, int32_t controller_id, struct probe *probes, size_t count,
                    const struct purpose_set *sets, size_t set_count)
{
    static const struct verb check_verb = {
        .statement = "check", .batch_max = READ_BATCH_MAX, .bind = check_bind, .take = check_take};
    *c = (struct check_job){.count = count, .probes = probes, .sets = sets, .set_count = set_count};
    c->job = (struct job){
        .verb = &check_verb, .controller_id = controller_id, .weight = count > 0 ? (uint32_t)count : 1};
}

void check_job_clear(struct check_job *c)
{
    if (c->states != c->few)
        free(c->states);
    c->states = NULL;
    c->state_count = c->state_room = 0;
    c->generation = 0;
    c->broken = false;
}

struct states check_states(const struct check_job *c, size_t probe)
{
    const struct probe *p = &c->probes[probe];
    return (struct states){.count = p->count, .list = p->count > 0 ? c->states + p->first : NULL};
}
