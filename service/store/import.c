/* SPDX-License-Identifier: Apache-2.0 */
#include "store/import.h"

#include "base/fault.h"
#include "store/record_internal.h"
#include "store/row.h"
#include "store/state.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMN_BEFORE = 16, COLUMN_AFTER, FRAME = 4 };

static struct import_job *import_of(struct job *job)
{
    return list_entry(job, struct import_job, job);
}

/* The lines as a batch of requests. */
static void lines_as_batch(const struct import_job *j, struct sent batch[IMPORT_ACTS_MAX])
{
    assert(j->count <= IMPORT_ACTS_MAX);
    for (size_t i = 0; i < j->count; i++)
        batch[i] = (struct sent){.job = &j->lines[i].job, .weight = (uint32_t)j->lines[i].count};
}

static void looks_bind(const struct import_job *j, struct params *params)
{
    int32_t low[POLICY_PURPOSES_MAX], high[POLICY_PURPOSES_MAX], next = 1; /* arrays count from 1 */
    struct param *numbers = params_array(params, PARAM_INT4);
    struct param *lows = params_array(params, PARAM_INT4), *highs = params_array(params, PARAM_INT4);
    assert(j->set_count <= POLICY_PURPOSES_MAX);
    for (size_t i = 0; i < j->set_count; i++) {
        low[i] = next;
        for (size_t k = 0; k < j->sets[i].count; k++)
            param_int4(numbers, j->sets[i].numbers[k]);
        next += (int32_t)j->sets[i].count;
        high[i] = next - 1;
    }
    for (size_t i = 0; i < j->told_count; i++) {
        param_int4(lows, low[j->sets_of[i]]);
        param_int4(highs, high[j->sets_of[i]]);
    }
}

static void answer_forget(struct import_job *j)
{
    free(j->told);
    free(j->bytes);
    free(j->unpacked);
    j->told = NULL;
    j->bytes = NULL;
    j->unpacked = NULL;
    j->unpacked_room = 0;
    j->broken = false;
}

static void import_bind(const struct sent *batch, size_t count, struct params *params)
{
    struct import_job *j = import_of(batch[0].job);
    struct sent lines[IMPORT_ACTS_MAX];
    (void)count;
    answer_forget(j);
    lines_as_batch(j, lines);
    record_bind_requests(lines, j->count, params);
    params_bool(params, record_is_apart(lines, j->count));
    record_bind_copies(lines, j->count, params);
    params_bool(params, j->dry);
    looks_bind(j, params);
    record_bind_acts(lines, j->count, params);
}

/* Keeps the bytes of one column behind those kept before. */
static const char *bytes_keep(char **end, const PGresult *rows, int row, int column, size_t *ret_len)
{
    if (row_is_null(rows, row, column))
        return NULL;
    const char *bytes = row_bytes(rows, row, column, ret_len), *kept = *end;
    memcpy(*end, bytes, *ret_len);
    *end += *ret_len;
    return kept;
}

static size_t bytes_told(const PGresult *rows)
{
    size_t total = 1, len;
    for (int row = 0; row < PQntuples(rows); row++) {
        for (int column = COLUMN_BEFORE; column <= COLUMN_AFTER; column++) {
            row_bytes(rows, row, column, &len);
            total += len;
        }
    }
    return total;
}

static void told_take(struct import_job *j, const PGresult *rows)
{
    j->told = fault_strikes() ? NULL : calloc(j->told_count + 1, sizeof *j->told);
    j->bytes = malloc(bytes_told(rows));
    if (j->told == NULL || j->bytes == NULL) {
        j->broken = true;
        return;
    }
    char *end = j->bytes;
    for (int row = 0; row < PQntuples(rows); row++) {
        int32_t act = record_row_act(rows, row);
        if (act < 0 || (size_t)act >= j->told_count)
            continue;
        struct import_told *t = &j->told[act];
        t->before = bytes_keep(&end, rows, row, COLUMN_BEFORE, &t->before_len);
        t->after = bytes_keep(&end, rows, row, COLUMN_AFTER, &t->after_len);
    }
}

static void import_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct import_job *j = import_of(batch[0].job);
    struct sent lines[IMPORT_ACTS_MAX];
    lines_as_batch(j, lines);
    record_take(lines, j->count, rows);
    told_take(j, rows);
}

void import_job_prepare(struct import_job *j)
{
    static const struct verb import_verb = {
        .statement = "import", .writes = true, .batch_max = 1, .bind = import_bind, .take = import_take};
    assert(j->count > 0);
    j->told_count = 0;
    for (size_t i = 0; i < j->count; i++)
        j->told_count += j->lines[i].count;
    j->job.verb = &import_verb;
    j->job.edition = j->lines[0].generation;
    j->job.weight = (uint32_t)j->told_count;
}

static bool unpacked_add(struct import_job *j, size_t at, struct state s)
{
    if (at == j->unpacked_room) {
        size_t room = at == 0 ? 8 : 2 * at;
        struct state *grown = fault_strikes() ? NULL : realloc(j->unpacked, room * sizeof *grown);
        if (grown == NULL)
            return false;
        j->unpacked = grown;
        j->unpacked_room = room;
    }
    j->unpacked[at] = s;
    return true;
}

/* The frame ${place}: its states' bytes. Returns false where there is none. */
static bool frame_find(const char *bytes, size_t len, size_t place, const char **ret_at, size_t *ret_len)
{
    for (size_t at = 0; at + FRAME <= len;) {
        uint32_t frame;
        memcpy(&frame, bytes + at, sizeof frame);
        frame = be32toh(frame);
        at += FRAME;
        if (frame > len - at)
            return false;
        if (place-- == 0) {
            *ret_at = bytes + at;
            *ret_len = frame;
            return frame % STATE_BYTES == 0;
        }
        at += frame;
    }
    return false;
}

/* Of an act under whose one tag nothing was known. */
static struct state own_state(const struct act *said, const struct recorded *event)
{
    struct state s = {.purpose = said->purpose,
                      .slot = said->slot,
                      .rank = event->rank,
                      .revision = event->revision,
                      .valid_until = event->valid_until,
                      .notice_number = said->notice,
                      .flags = said->flags};
    memcpy(s.record_id, event->record_id, UUID_SIZE);
    return s;
}

bool import_job_states(struct import_job *j, size_t act, const struct act *said, const struct recorded *event,
                       size_t place, bool after, struct states *ret_states)
{
    const struct import_told *t = &j->told[act];
    bool is_framed = after && t->after != NULL;
    const char *at;
    size_t len, count = 0;
    if (!frame_find(is_framed ? t->after : t->before, is_framed ? t->after_len : t->before_len, place, &at,
                    &len))
        return false;
    for (; len > 0; at += STATE_BYTES, len -= STATE_BYTES) {
        struct state s = state_unpack(at);
        if (s.purpose != PURPOSE_POINTER && !unpacked_add(j, count++, s))
            return false;
    }
    if (after && !is_framed && event->effect != EFFECT_REPEATED &&
        !unpacked_add(j, count++, own_state(said, event)))
        return false;
    *ret_states = (struct states){.count = count, .list = j->unpacked};
    return true;
}

void import_job_clear(struct import_job *j)
{
    for (size_t i = 0; i < j->count; i++)
        record_job_clear(&j->lines[i]);
    answer_forget(j);
    j->told_count = 0;
}
