/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "api/imports_internal.h"
#include "base/limits.h"
#include "domain/personal.h"
#include "store/lane.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* POST /v1/imports: lines of another system go into the ledger, and each is told what it is worth. */

enum { SLICE = 200 }; /* lines looked at, read or written in one tick: 2 ms */

static void imports_go_on(struct import_call *i);

struct ledger_env imports_env(const struct import_call *i, struct arena *arena)
{
    struct ledger_env env = attempt_env(&i->attempt);
    env.arena = arena;
    env.import_source = i->source;
    env.import_batch = i->batch;
    return env;
}

static void group_clear(struct import_group *g)
{
    import_job_clear(&g->job);
    arena_free(&g->arena);
    g->arena.vital = true;
    g->job.count = 0;
    g->acts = 0;
}

static void imports_dispose(void *state)
{
    struct import_call *i = state;
    assert(i->in_flight == 0 && !i->confirming);
    loop_task_cancel(&i->step);
    for (size_t k = 0; i->groups != NULL && k < IMPORT_GROUPS; k++)
        group_clear(&i->groups[k]);
    check_job_clear(&i->confirm);
    free(i->groups);
    free(i->entries);
    free(i->met.places);
    free(i->order);
    free(i->sets);
    free(i->results);
    free(i->counted);
    free(i->tallies);
    buf_free(&i->out);
    attempt_end(&i->attempt);
}

/* ---- to the ledger ---- */

static void on_group(struct job *job, enum error e)
{
    struct import_job *import = list_entry(job, struct import_job, job);
    struct import_group *g = list_entry(import, struct import_group, job);
    struct import_call *i = g->call;
    assert(g->is_sent && i->in_flight > 0);
    i->in_flight--;
    g->is_sent = false;
    if (e != ERROR_NONE)
        i->failure = e;
    else if (g->job.broken)
        i->failure = ERROR_OUTCOME_UNKNOWN;
    else
        imports_take(i, g);
    group_clear(g);
    imports_go_on(i);
}

static void group_send(struct import_call *i, struct import_group *g)
{
    import_job_prepare(&g->job);
    g->job.job.controller_id = i->attempt.controller->controller_id;
    g->job.job.deadline = i->attempt.call->deadline;
    g->job.job.done = on_group;
    g->is_sent = true;
    i->in_flight++;
    lane_submit(i->attempt.call->worker->write, &g->job.job);
}

static void on_confirmed(struct job *job, enum error e)
{
    struct check_job *check = list_entry(job, struct check_job, job);
    struct import_call *i = list_entry(check, struct import_call, confirm);
    i->confirming = false;
    i->confirmed = e == ERROR_NONE;
    if (e != ERROR_NONE)
        i->failure = e;
    else if (check->generation != i->attempt.controller->generation)
        i->stale = true;
    imports_go_on(i);
}

/* No line was good enough to be sent: by the policy in force? */
static void imports_confirm(struct import_call *i)
{
    i->confirming = true;
    check_job_clear(&i->confirm);
    check_job_init(&i->confirm, i->attempt.controller->controller_id, NULL, 0, NULL, 0);
    i->confirm.job.deadline = i->attempt.call->deadline;
    i->confirm.job.done = on_confirmed;
    lane_submit(i->attempt.call->worker->slow, &i->confirm.job);
}

/* ---- the steps ---- */

static bool memory_suffices(const struct import_call *i)
{
    return call_hold(i->attempt.call,
                     i->entry_room * sizeof *i->entries + i->met.room * sizeof *i->met.places +
                         2 * i->entry_room * sizeof *i->order + i->result_room * sizeof *i->results +
                         i->counted_room * sizeof *i->counted + IMPORT_GROUPS * sizeof *i->groups +
                         i->out.len);
}

/* Ends the call, or begins it again; once nothing of it is on the wire. */
static void imports_halt(struct import_call *i)
{
    static const char again[] = "Send it again: lines that are in are told as repeated.";
    loop_task_cancel(&i->step);
    if (i->in_flight > 0 || i->confirming)
        return;
    if (i->failure == ERROR_NONE && i->stale && i->attempt.call->req != NULL)
        attempt_again(&i->attempt);
    else
        call_problem(i->attempt.call, i->failure != ERROR_NONE ? i->failure : ERROR_UNAVAILABLE, again, NULL);
}

static void imports_answer(struct import_call *i)
{
    imports_write_end(i);
    if (buf_failed(&i->out))
        call_problem(i->attempt.call, ERROR_OVERLOADED, "The answer does not fit in memory.", NULL);
    else
        call_answer_buf(i->attempt.call, 200, "application/x-ndjson", &i->out);
}

static struct import_group *group_free(const struct import_call *i)
{
    for (size_t k = 0; k < IMPORT_GROUPS; k++) {
        if (!i->groups[k].is_sent)
            return &i->groups[k];
    }
    return NULL;
}

static bool imports_can_read(const struct import_call *i)
{
    return !i->all_looked || (i->next < i->order_count && group_free(i) != NULL);
}

static bool imports_can_write(const struct import_call *i)
{
    return i->all_looked && i->next == i->order_count && i->in_flight == 0 && i->confirmed &&
           i->written < i->entry_count;
}

static void imports_go_on(struct import_call *i)
{
    /* The lines are in the body, which goes with the request. */
    if (i->failure != ERROR_NONE || i->stale || i->attempt.call->req == NULL)
        imports_halt(i);
    else if (imports_can_read(i) || imports_can_write(i))
        loop_task_post(i->attempt.call->worker->loop, &i->step);
    else if (i->in_flight > 0 || i->confirming)
        return; /* it will come back */
    else if (!i->confirmed)
        imports_confirm(i);
    else
        imports_answer(i);
}

static void look_slice(struct import_call *i)
{
    struct ndjson_line line;
    for (size_t k = 0; k < SLICE; k++) {
        enum ndjson_step step = ndjson_next(&i->walk, &line);
        if (step != NDJSON_LINE && step != NDJSON_LONG) {
            i->all_looked = true;
            imports_order(i);
            return;
        }
        imports_look(i, &line);
    }
}

static void write_slice(struct import_call *i)
{
    for (size_t k = 0; k < SLICE && i->written < i->entry_count; k++)
        imports_write(i, &i->entries[i->written++]);
}

static void on_step(struct loop_task *task)
{
    struct import_call *i = list_entry(task, struct import_call, step);
    if (i->attempt.call->req == NULL) {
        imports_go_on(i);
        return;
    }
    if (!i->all_looked) {
        look_slice(i);
    } else if (i->next < i->order_count) {
        struct import_group *g = group_free(i);
        imports_read(i, g);
        if (g->job.count > 0)
            group_send(i, g);
    } else {
        write_slice(i);
    }
    if (!memory_suffices(i))
        i->failure = ERROR_OVERLOADED;
    imports_go_on(i);
}

/* ---- the call ---- */

static void sets_make(struct import_call *i)
{
    const struct policy *policy = i->attempt.controller->policy;
    free(i->sets);
    i->sets = calloc(policy->purpose_count + 1, sizeof *i->sets);
    if (i->sets == NULL)
        h2o_fatal("no memory");
    for (size_t k = 0; k < policy->purpose_count; k++)
        purpose_set_of(policy, &policy->purposes[k], &i->sets[k]);
}

/* Source and batch name no person. */
static bool names_are_clean(const struct import_call *i)
{
    const char *country = i->attempt.controller->policy->country;
    return personal_find(i->source, strlen(i->source), country) == PERSONAL_NONE &&
           personal_find(i->batch, strlen(i->batch), country) == PERSONAL_NONE;
}

static void imports_begin(struct call *call)
{
    struct import_call *i = call->state;
    i->stale = i->confirmed = false;
    if (call->req == NULL) {
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    if (!names_are_clean(i)) {
        call_problem(call, ERROR_INVALID, "source and batch name no person: no address or number of one.",
                     NULL);
        return;
    }
    sets_make(i);

    /* Whatever is in stays in; the rest is read anew, by this policy. */
    if (!i->all_looked) {
        i->walk = ndjson_of(call_body(call).base, call_body(call).len, BATCH_LINES_MAX, BATCH_LINE_BYTES_MAX);
    } else {
        i->next = 0;
        for (size_t k = 0; k < i->entry_count; k++) {
            if (i->entries[k].state != IMPORT_DONE)
                i->entries[k].state = IMPORT_WAITS;
        }
    }
    imports_go_on(i);
}

static size_t lines_count(h2o_iovec_t body)
{
    size_t lines = 0;
    const char *at = body.base, *end = body.base + body.len;
    while (at < end && lines <= BATCH_LINES_MAX) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline != NULL ? newline + 1 : end;
        lines++;
    }
    return lines;
}

static bool name_is_valid(const char *name)
{
    return name != NULL && name[0] != '\0' && strlen(name) <= REF_BYTES_MAX;
}

static bool query_read(struct call *call, struct import_call *i)
{
    static const char *const allowed[] = {"source", "batch", "dry_run", NULL};
    if (call_query_only(call, allowed) != 0) {
        call_problem(call, ERROR_INVALID, "The query takes source, batch and dry_run, each once.", NULL);
        return false;
    }
    i->source = call_query(call, "source");
    i->batch = call_query(call, "batch");
    if (!name_is_valid(i->source) || !name_is_valid(i->batch)) {
        call_problem(call, ERROR_INVALID, "source and batch must be there: 1 to 128 bytes each.", NULL);
        return false;
    }
    const char *dry = call_query(call, "dry_run");
    i->dry = dry != NULL && (dry[0] == '\0' || strcmp(dry, "true") == 0 || strcmp(dry, "1") == 0);
    if (dry != NULL && !i->dry && strcmp(dry, "false") != 0 && strcmp(dry, "0") != 0) {
        call_problem(call, ERROR_INVALID, "dry_run is true or false.", NULL);
        return false;
    }
    return true;
}

void handle_import(struct call *call)
{
    struct import_call *i = call_alloc(call, sizeof *i);
    if (!query_read(call, i))
        return;
    size_t lines = lines_count(call_body(call));
    if (lines > BATCH_LINES_MAX) {
        call_problem(call, ERROR_TOO_LARGE, "An import has at most 100000 lines a call.", NULL);
        return;
    }
    call->state = i;
    call->dispose = imports_dispose;
    loop_task_init(&i->step, on_step);
    buf_init(&i->out, BATCH_ANSWER_BYTES_MAX);
    i->entry_room = lines + 1;
    i->entries = calloc(i->entry_room, sizeof *i->entries);
    i->order = calloc(2 * i->entry_room, sizeof *i->order);
    i->groups = calloc(IMPORT_GROUPS, sizeof *i->groups);
    if (i->entries == NULL || i->order == NULL || i->groups == NULL)
        h2o_fatal("no memory");
    for (size_t k = 0; k < IMPORT_GROUPS; k++) {
        i->groups[k].call = i;
        i->groups[k].arena.vital = true;
    }
    if (call_charge(call, lines))
        attempt_start(&i->attempt, call, imports_begin);
}
