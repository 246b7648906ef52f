/* SPDX-License-Identifier: Apache-2.0 */
/* What the lane's own checks catch. The numbers are those of lane_internal.h. */
#include "store/database.h"
#include "store/lane_internal.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>

enum { JOBS = 3, WEIGHT = 2 };

static struct loop *loop;
static struct database *db;
static struct lane *lane;
static struct job jobs[JOBS], sent[JOBS];
static struct lane_batch *batch;

static void on_done(struct job *job, enum error outcome)
{
    (void)job;
    (void)outcome;
}

static const struct verb write_verb = {.statement = "write", .writes = true, .batch_max = JOBS * WEIGHT};
static const struct verb read_verb = {.statement = "read", .batch_max = JOBS * WEIGHT};

static struct job job_made(void)
{
    return (struct job){
        .verb = &write_verb, .controller_id = 1, .deadline = INT64_MAX, .weight = WEIGHT, .done = on_done};
}

/* A lane whose server is nowhere, with jobs in its queue and a batch that is to be sent again. */
static void lane_make(void)
{
    char *fault = NULL;
    loop = loop_create();
    db = database_create("host=/nowhere", NULL, &fault);
    cr_assert_not_null(db, "%s", fault);
    lane = lane_create(loop, db, "test", 2, 60000);
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i] = job_made();
        lane_submit(lane, &jobs[i]);
    }

    batch = calloc(1, sizeof *batch + JOBS * sizeof *batch->jobs);
    batch->verb = &write_verb;
    batch->count = JOBS;
    for (size_t i = 0; i < JOBS; i++) {
        sent[i] = job_made();
        sent[i].batch = batch;
        list_init(&sent[i].link);
        batch->jobs[i] = (struct sent){&sent[i], WEIGHT};
    }
    list_append(&lane->again, &batch->link);
}

TestSuite(lane_check, .init = lane_make);

Test(lane_check, passes_what_holds)
{
    lane_check(lane);
    lane_cancel(lane, &(struct job){0});
    batch->jobs[1].job = NULL; /* it was answered */
    lane_check(lane);
    lane_destroy(lane);
    database_destroy(db);
    loop_destroy(loop);
}

#define CAUGHT(name, plant)                                                                                  \
    Test(lane_check, catches_##name, .signal = SIGABRT)                                                      \
    {                                                                                                        \
        plant;                                                                                               \
        lane_check(lane);                                                                                    \
    }

CAUGHT(a_weight_that_is_forgotten, lane->weight -= WEIGHT)
CAUGHT(a_weight_counted_twice, lane->weight += WEIGHT)
CAUGHT(a_weight_without_a_queue, list_init(&lane->queue))
CAUGHT(a_job_that_weighs_nothing, (jobs[0].weight = 0, lane->weight -= WEIGHT))
CAUGHT(a_weight_that_changed_meanwhile, jobs[0].weight++)
CAUGHT(a_job_that_does_not_know_it_is_queued, jobs[0].queued = false)
CAUGHT(a_queued_job_that_has_a_batch, jobs[0].batch = batch)
CAUGHT(a_refused_job_that_is_counted,
       (list_remove(&jobs[0].link), lane->weight -= WEIGHT, list_append(&lane->refused, &jobs[0].link)))
CAUGHT(a_batch_on_the_wire_that_is_not_counted, list_move_all(&lane->wire, &lane->again))
CAUGHT(a_batch_counted_that_is_not_on_the_wire, lane->on_wire++)
CAUGHT(a_batch_on_a_wire_that_is_cut, (list_move_all(&lane->wire, &lane->again), lane->on_wire++))
CAUGHT(a_batch_without_a_place, batch->count = 0)
CAUGHT(a_job_of_another_batch, sent[1].batch = NULL)
CAUGHT(a_job_of_another_verb, sent[1].verb = &read_verb)
CAUGHT(a_job_in_a_batch_and_in_the_queue, sent[1].queued = true)
CAUGHT(a_job_in_a_batch_and_in_a_list, list_append(&lane->refused, &sent[1].link))
CAUGHT(a_job_whose_place_has_another_weight, batch->jobs[1].weight--)
CAUGHT(a_write_of_another_controller, sent[1].controller_id++)
CAUGHT(a_job_of_another_edition, sent[1].edition++)
CAUGHT(a_batch_that_is_too_heavy, (sent[1].weight++, batch->jobs[1].weight++))
CAUGHT(a_refused_job_that_nobody_will_answer,
       (lane_cancel(lane, &jobs[0]), list_append(&lane->refused, &jobs[0].link),
        loop_task_cancel(&lane->flush), jobs[0].queued = false))

Test(lane_check, a_job_that_weighs_nothing_is_not_taken, .signal = SIGABRT)
{
    static struct job nothing;
    nothing = job_made();
    nothing.weight = 0;
    lane_submit(lane, &nothing);
}
