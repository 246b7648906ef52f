/* SPDX-License-Identifier: Apache-2.0 */
#include "store/check.h"

#include "base/fault.h"
#include "base/limits.h"
#include "store/params.h"
#include "store/row.h"
#include "store/state.h"
#include "store/view.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Purposes one call may ask about, and one chunk of a batch. */
enum { CHECK_SETS_MAX = POLICY_PURPOSES_MAX };

static struct check_job *check_of(struct job *job)
{
    return list_entry(job, struct check_job, job);
}

/* The arrays of one element a probe, and the purposes that they point into. */
struct probe_arrays {
    struct param *controllers, *tags, *low, *high, *purposes;
    struct param *numbers; /* NULL: they are asked one and all */
};

static struct probe_arrays arrays_of(struct params *params, bool numbered)
{
    struct probe_arrays a;
    a.controllers = params_array(params, PARAM_INT4);
    a.tags = params_array(params, PARAM_BYTEA);
    a.low = params_array(params, PARAM_INT4);
    a.high = params_array(params, PARAM_INT4);
    a.purposes = params_array(params, PARAM_INT4);
    a.numbers = numbered ? params_array(params, PARAM_INT4) : NULL;
    return a;
}

/* ${first}: the number of the job's first probe among those of the batch. */
static void probes_bind(struct check_job *c, int32_t first, struct probe_arrays *a)
{
    int32_t next = (int32_t)a->purposes->elements + 1; /* arrays count from 1 */
    int32_t lows[CHECK_SETS_MAX], highs[CHECK_SETS_MAX];
    assert(c->set_count <= CHECK_SETS_MAX);
    for (size_t k = 0; k < c->set_count; k++) {
        lows[k] = next;
        for (size_t j = 0; j < c->sets[k].count; j++)
            param_int4(a->purposes, c->sets[k].numbers[j]);
        next += (int32_t)c->sets[k].count;
        highs[k] = next - 1;
    }
    for (size_t k = 0; k < c->count; k++) {
        struct probe *p = &c->probes[k];
        p->count = 0;
        p->pointed = false;
        if (p->held)
            continue;
        param_int4(a->controllers, c->job.controller_id);
        param_bytes(a->tags, p->tag.bytes, TAG_SIZE);
        param_int4(a->low, lows[p->set]);
        param_int4(a->high, highs[p->set]);
        if (a->numbers != NULL)
            param_int4(a->numbers, first + (int32_t)k);
    }
}

static void check_bind(const struct sent *batch, size_t count, struct params *params)
{
    struct probe_arrays a = arrays_of(params, false);
    for (size_t i = 0; i < count; i++) {
        struct check_job *c = check_of(batch[i].job);
        check_job_clear(c);
        for (size_t k = 0; k < c->count; k++)
            c->probes[k].held = false;
        probes_bind(c, 0, &a);

        /* Who asks for the generation alone has a place in the arrays too, as the job's weight says: a probe
         * of nobody, for no purpose. */
        if (c->count == 0) {
            int32_t next = (int32_t)a.purposes->elements + 1;
            param_int4(a.controllers, c->job.controller_id);
            param_bytes(a.tags, (const unsigned char[TAG_SIZE]){0}, TAG_SIZE);
            param_int4(a.low, next);
            param_int4(a.high, next - 1);
        }
    }
}

/* Which of a job's probes are in the view: of one that was overtaken none is looked for again. */
static bool probes_hold(struct check_job *c, uint64_t epoch)
{
    bool all = true;
    c->epoch = epoch;
    for (size_t k = 0; k < c->count; k++) {
        struct probe *p = &c->probes[k];
        p->held =
            !c->overtaken && view_has(c->link->view, epoch, c->job.controller_id, &c->sets[p->set], &p->tag);
        p->count = 0;
        all = all && p->held;
    }
    c->overtaken = false;
    return all;
}

/* Up to where the view knows the log of each controller of the batch. */
static void stands_bind(const struct sent *batch, size_t count, struct params *params)
{
    struct param *controllers = params_array(params, PARAM_INT4);
    struct param *stands = params_array(params, PARAM_INT8);
    for (size_t i = 0; i < count; i++) {
        const struct check_job *c = check_of(batch[i].job);
        size_t before = 0; /* most often the first is the only one */
        while (before < i && batch[before].job->controller_id != c->job.controller_id)
            before++;
        if (before < i)
            continue;
        param_int4(controllers, c->job.controller_id);
        param_int8(stands, view_stands(c->link->view, c->job.controller_id));
    }
}

/* Where all is held, and is one controller's, there is no need of a statement that could ask. */
static const char *held_choose(const struct sent *batch, size_t count)
{
    bool current = true;
    uint64_t epoch = view_epoch(check_of(batch[0].job)->link); /* all are sent over one */
    for (size_t i = 0; i < count; i++) {
        struct check_job *c = check_of(batch[i].job);
        check_job_clear(c);
        c->asks = !probes_hold(c, epoch);
        current = current && !c->asks && c->job.controller_id == batch[0].job->controller_id;
    }
    for (size_t i = 0; i < count; i++)
        check_of(batch[i].job)->current = current;
    return current ? "check_current" : "check_held";
}

static void held_bind(const struct sent *batch, size_t count, struct params *params)
{
    const struct check_job *any = check_of(batch[0].job);
    if (any->current) {
        params_int4(params, any->job.controller_id);
        params_int8(params, view_stands(any->link->view, any->job.controller_id));
    } else {
        stands_bind(batch, count, params);
    }
    params_int4(params, TOUCHED_ROWS_MAX);
    params_int4(params, TOUCHED_MARKS_MAX);
    if (any->current)
        return;

    struct probe_arrays a = arrays_of(params, true);
    int32_t first = 0;
    for (size_t i = 0; i < count; i++) {
        struct check_job *c = check_of(batch[i].job);
        if (c->asks)
            probes_bind(c, first, &a);
        first += (int32_t)batch[i].weight;
    }
}

/* What the statements return of a controller ... */
enum {
    COLUMN_CONTROLLER,
    COLUMN_GENERATION,
    COLUMN_AS_OF,
    CHECK_STATES, /* here those of check.sql begin */
    COLUMN_STOOD = CHECK_STATES,
    COLUMN_NEWEST,
    COLUMN_NO,
    COLUMN_MARKS,
    HELD_STATES /* and here those of check_held.sql; check_current.sql has none */
};
/* ... and of a probe, from one of those two on. */
enum { STATES_N, STATES_STATE, STATES_POINTED = STATES_STATE + STATE_COLUMNS };

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

/* A row of probe ${p}, from the column on: a state, or a pointer with those it leads to. All of one probe's
 * come together, else the parts of the answer would be taken for the whole. */
static void states_take(struct check_job *c, struct probe *p, const PGresult *rows, int row, int column)
{
    if (p->count > 0 && p->first + p->count != c->state_count) {
        c->broken = true;
        return;
    }
    struct state s = state_of(rows, row, column + STATES_STATE);
    if (s.purpose != PURPOSE_POINTER) {
        state_add(c, p, s);
        return;
    }
    p->pointed = true;
    size_t len;
    const char *bytes = row_bytes(rows, row, column + STATES_POINTED, &len);
    c->broken = c->broken || len % STATE_BYTES != 0;
    for (size_t at = 0; at + STATE_BYTES <= len; at += STATE_BYTES)
        state_add(c, p, state_unpack(bytes + at));
}

/* Those of the states begin at the column. */
static void rows_take(const struct sent *batch, size_t count, const PGresult *rows, int column)
{
    /* Rows come in the order of the probes, so the walk goes on from the last place. */
    size_t at = 0;
    int32_t first = 0; /* number of the first probe of batch[at] */
    int n_rows = PQntuples(rows);
    for (int row = 0; row < n_rows; row++) {
        if (!row_is_null(rows, row, COLUMN_CONTROLLER)) {
            if (row == 0 ||
                row_int4(rows, row, COLUMN_CONTROLLER) != row_int4(rows, row - 1, COLUMN_CONTROLLER))
                generation_take(batch, count, rows, row);
            continue;
        }
        int32_t n = row_int4(rows, row, column + STATES_N);
        if (n < first)
            at = 0, first = 0;
        while (at + 1 < count && n >= first + (int32_t)batch[at].weight)
            first += (int32_t)batch[at++].weight;
        if (batch[at].job != NULL)
            states_take(check_of(batch[at].job), &check_of(batch[at].job)->probes[n - first], rows, row,
                        column);
    }
}

static void check_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    rows_take(batch, count, rows, CHECK_STATES);
}

/* Which snapshot of a controller its jobs are answered from. */
static void number_take(const struct sent *batch, size_t count, int32_t controller_id, int64_t number)
{
    for (size_t i = 0; i < count; i++) {
        struct check_job *c = batch[i].job != NULL ? check_of(batch[i].job) : NULL;
        if (c != NULL && c->job.controller_id == controller_id)
            c->number = number;
    }
}

/* Brings the view to the statement's snapshot: the rows of one controller stand together. */
static void view_take(const struct sent *batch, size_t batch_count, const struct check_job *first,
                      const PGresult *rows)
{
    struct touched touched[TOUCHED_ROWS_MAX];
    size_t count = 0;
    int n_rows = PQntuples(rows);
    for (int row = 0; row < n_rows; row++) {
        if (row_is_null(rows, row, COLUMN_CONTROLLER))
            continue; /* a state; wherever it stands */
        int32_t controller_id = row_int4(rows, row, COLUMN_CONTROLLER);
        if (!row_is_null(rows, row, COLUMN_NO) && count < TOUCHED_ROWS_MAX) {
            struct touched *t = &touched[count++];
            t->no = row_int8(rows, row, COLUMN_NO);
            t->marks =
                row_is_null(rows, row, COLUMN_MARKS) ? NULL : row_bytes(rows, row, COLUMN_MARKS, &t->len);
        }
        bool last = row + 1 == n_rows || row_is_null(rows, row + 1, COLUMN_CONTROLLER) ||
                    row_int4(rows, row + 1, COLUMN_CONTROLLER) != controller_id;
        if (!last)
            continue;
        int64_t newest = row_int8(rows, row, COLUMN_NEWEST), stood = row_int8(rows, row, COLUMN_STOOD);
        /* Of check_current.sql's rows the last is not the newest where there may be more. Where there is none
         * the log is empty, but only if it was known to be: else it was let go of, or what was held has been
         * forgotten since, and nothing says what the snapshot had. Then nothing is answered by it. */
        bool is_newest = count == 0 ? stood == 0 : count < TOUCHED_ROWS_MAX;
        if (!first->current || is_newest) {
            view_advance(first->link->view, first->epoch, controller_id, stood, newest, touched, count);
            number_take(batch, batch_count, controller_id, newest);
        }
        count = 0;
    }
}

static struct view_moment moment_of(const struct check_job *c)
{
    return (struct view_moment){c->epoch, c->job.controller_id, c->number};
}

/* A probe that was asked is held from now on. A tag with a pointer is not: what it leads to is another's. */
static void probe_keep(struct check_job *c, const struct probe *p)
{
    struct view_moment at = moment_of(c);
    if (!p->pointed)
        view_put(c->link->view, &at, &c->sets[p->set], &p->tag, p->count > 0 ? c->states + p->first : NULL,
                 p->count);
}

/* What the view had of it when it was sent, if it has it still. */
static void probe_answer(struct check_job *c, struct probe *p)
{
    struct state states[VIEW_STATES_MAX];
    struct view_moment at = moment_of(c);
    int count = view_get(c->link->view, &at, &c->sets[p->set], &p->tag, states);
    c->overtaken = c->overtaken || count < 0;
    for (int i = 0; i < count; i++)
        state_add(c, p, states[i]);
}

static void probes_take(struct check_job *c)
{
    for (size_t k = 0; k < c->count; k++) {
        struct probe *p = &c->probes[k];
        if (p->held)
            probe_answer(c, p);
        else if (!c->broken)
            probe_keep(c, p);
    }
}

static void held_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    const struct check_job *first = NULL; /* all were sent over one link, at one time */
    for (size_t i = 0; i < count && first == NULL; i++)
        first = batch[i].job != NULL ? check_of(batch[i].job) : NULL;
    if (first == NULL)
        return; /* nobody is left */
    view_take(batch, count, first, rows);
    rows_take(batch, count, rows, HELD_STATES);
    for (size_t i = 0; i < count; i++) {
        if (batch[i].job != NULL)
            probes_take(check_of(batch[i].job));
    }
}

static bool held_settled(const struct job *job)
{
    const struct check_job *c = list_entry(job, struct check_job, job);
    return !c->overtaken;
}

void check_job_hold(struct check_job *c, struct view_link *link)
{
    static const struct verb held_verb = {.statement = "check_held",
                                          .batch_max = READ_BATCH_MAX,
                                          .choose = held_choose,
                                          .bind = held_bind,
                                          .take = held_take,
                                          .settled = held_settled};
    c->link = link;
    if (link == NULL)
        return;
    c->job.verb = &held_verb;
    for (size_t k = 0; k < c->count; k++)
        view_expect(link->view, &c->probes[k].tag);
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
    c->number = -1;
    c->broken = false;
}

struct states check_states(const struct check_job *c, size_t probe)
{
    const struct probe *p = &c->probes[probe];
    return (struct states){.count = p->count, .list = p->count > 0 ? c->states + p->first : NULL};
}
