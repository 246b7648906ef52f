/* SPDX-License-Identifier: Apache-2.0 */
#include "http/schedule.h"

#include "base/limits.h"
#include "base/list.h"
#include "base/log.h"

#include <assert.h>
#include <stdlib.h>

struct schedule {
    const struct chore *chores;
    size_t count;
    int64_t due[CHORES_MAX];     /* of clock_monotonic */
    int64_t started[CHORES_MAX]; /* likewise, the last time */
    const struct worker *worker;
    struct chore_run run; /* run.chore NULL: none runs */
};

struct schedule *schedule_create(const struct chore *chores, const struct worker *worker, int64_t now)
{
    struct schedule *s = calloc(1, sizeof *s);
    if (s == NULL)
        abort();
    s->chores = chores;
    s->worker = worker;
    for (; chores[s->count].name != NULL; s->count++) {
        assert(s->count < CHORES_MAX && chores[s->count].every_ms > 0);
        s->due[s->count] = now + chores[s->count].every_ms * 1000;
    }
    return s;
}

void schedule_destroy(struct schedule *s)
{
    assert(s == NULL || s->run.chore == NULL);
    free(s);
}

/* When a chore may start: keeps (2) and (4). */
static int64_t chore_due(const struct schedule *s, size_t i)
{
    int64_t beside = s->started[i] + s->chores[i].beside_ms * 1000;
    return s->due[i] < beside && !list_empty(&s->worker->calls) ? beside : s->due[i];
}

void schedule_beat(struct schedule *s, int64_t now)
{
    if (s->run.chore != NULL || s->count == 0)
        return; /* keeps (1) */
    size_t next = 0;
    for (size_t i = 1; i < s->count; i++) {
        if (chore_due(s, i) < chore_due(s, next))
            next = i; /* keeps (3) */
    }
    if (now < chore_due(s, next))
        return;

    const struct chore *chore = &s->chores[next];
    s->started[next] = now;
    s->due[next] = now + chore->every_ms * 1000;
    s->run = (struct chore_run){.chore = chore,
                                .lane = worker_lane(s->worker, chore->lane),
                                .deadline = now + CALL_DEADLINE_MS * 1000,
                                .schedule = s};
    chore->start(&s->run);
}

void chore_end(struct chore_run *run, enum error e, enum chore_result result)
{
    struct schedule *s = run->schedule;
    const struct chore *chore = run->chore;
    assert(run == &s->run && chore != NULL);
    if (e != ERROR_NONE)
        log_debug("chore.failed", "name=%s error=%s", chore->name, error_word(e));
    else if (result == CHORE_MORE)
        s->due[chore - s->chores] -= chore->every_ms * 1000;
    run->chore = NULL;
}
