/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/loop.h"

#include <assert.h>
#include <h2o.h>
#include <stdatomic.h>
#include <stdlib.h>

struct loop {
    h2o_evloop_t *h2o;
    h2o_timeout_t tick_end; /* 0 ms: fires when the tick's reads are done */
    h2o_timeout_entry_t tick_end_entry;
    h2o_timeout_t
        tick_after; /* 0 ms, and comes after tick_end: what is linked to that here waits for the next tick */
    h2o_timeout_entry_t tick_after_entry;
    bool running; /* the tasks, at the end of this tick */
    struct list tasks;
    h2o_timeout_t beat;
    h2o_timeout_entry_t beat_entry;
    struct list pulses;
    h2o_multithread_queue_t *queue; /* NULL: nobody was to be woken yet */
};

struct loop_wake {
    h2o_multithread_receiver_t receiver;
    h2o_multithread_message_t message;
    atomic_bool sent; /* the message, and it was not taken yet */
    struct loop *loop;
    void (*run)(void *cookie);
    void *cookie;
};

static void on_tick_end(h2o_timeout_entry_t *entry)
{
    struct loop *loop = H2O_STRUCT_FROM_MEMBER(struct loop, tick_end_entry, entry);
    struct list due;
    list_init(&due);
    list_move_all(&due, &loop->tasks);
    loop->running = true;
    for (struct list *node = list_shift(&due); node != NULL; node = list_shift(&due)) {
        struct loop_task *task = list_entry(node, struct loop_task, link);
        task->run(task);
    }
    loop->running = false;
    if (!list_empty(&loop->tasks)) /* linked to tick_end now, they would run before anything is read */
        h2o_timeout_link(loop->h2o, &loop->tick_after, &loop->tick_after_entry);
}

static void on_tick_after(h2o_timeout_entry_t *entry)
{
    struct loop *loop = H2O_STRUCT_FROM_MEMBER(struct loop, tick_after_entry, entry);
    if (!h2o_timeout_is_linked(&loop->tick_end_entry))
        h2o_timeout_link(loop->h2o, &loop->tick_end, &loop->tick_end_entry);
}

static void on_beat(h2o_timeout_entry_t *entry)
{
    struct loop *loop = H2O_STRUCT_FROM_MEMBER(struct loop, beat_entry, entry);
    h2o_timeout_link(loop->h2o, &loop->beat, &loop->beat_entry);
    list_each_safe(node, &loop->pulses)
    {
        struct loop_pulse *pulse = list_entry(node, struct loop_pulse, link);
        pulse->beat(pulse);
    }
}

struct loop *loop_create(void)
{
    struct loop *loop = h2o_mem_alloc(sizeof *loop);
    *loop = (struct loop){.h2o = h2o_evloop_create(),
                          .tick_end_entry = {.cb = on_tick_end},
                          .tick_after_entry = {.cb = on_tick_after},
                          .beat_entry = {.cb = on_beat}};
    list_init(&loop->tasks);
    list_init(&loop->pulses);
    h2o_timeout_init(loop->h2o, &loop->tick_end, 0);
    h2o_timeout_init(loop->h2o, &loop->tick_after,
                     0); /* libh2o runs them in the order in which they were made */
    h2o_timeout_init(loop->h2o, &loop->beat, LOOP_BEAT_MS);
    h2o_timeout_link(loop->h2o, &loop->beat, &loop->beat_entry);
    return loop;
}

void loop_destroy(struct loop *loop)
{
    assert(list_empty(&loop->tasks) && list_empty(&loop->pulses));
    if (h2o_timeout_is_linked(&loop->tick_end_entry))
        h2o_timeout_unlink(&loop->tick_end_entry);
    if (h2o_timeout_is_linked(&loop->tick_after_entry))
        h2o_timeout_unlink(&loop->tick_after_entry);
    h2o_timeout_unlink(&loop->beat_entry);
    h2o_timeout_dispose(loop->h2o, &loop->tick_end);
    h2o_timeout_dispose(loop->h2o, &loop->tick_after);
    h2o_timeout_dispose(loop->h2o, &loop->beat);
    if (loop->queue != NULL) {
        h2o_multithread_destroy_queue(loop->queue);
        free(loop->queue); /* libh2o 2.2 leaves it */
    }
    h2o_evloop_destroy(loop->h2o);
    free(loop);
}

void loop_run_once(struct loop *loop, int max_wait_ms)
{
    h2o_evloop_run(loop->h2o, max_wait_ms);
}

struct st_h2o_evloop_t *loop_h2o(struct loop *loop)
{
    return loop->h2o;
}

void loop_task_init(struct loop_task *task, void (*run)(struct loop_task *task))
{
    task->run = run;
    list_init(&task->link);
}

void loop_task_post(struct loop *loop, struct loop_task *task)
{
    if (!list_empty(&task->link))
        return;
    list_append(&loop->tasks, &task->link);
    if (!loop->running && !h2o_timeout_is_linked(&loop->tick_end_entry))
        h2o_timeout_link(loop->h2o, &loop->tick_end, &loop->tick_end_entry);
}

void loop_task_cancel(struct loop_task *task)
{
    list_remove(&task->link);
}

void loop_pulse_start(struct loop *loop, struct loop_pulse *pulse, void (*beat)(struct loop_pulse *pulse))
{
    pulse->beat = beat;
    list_append(&loop->pulses, &pulse->link);
}

void loop_pulse_stop(struct loop_pulse *pulse)
{
    list_remove(&pulse->link);
}

static void message_take(h2o_linklist_t *messages)
{
    if (!h2o_linklist_is_empty(messages))
        h2o_linklist_unlink(messages->next); /* there is one a receiver */
}

static void on_woken(h2o_multithread_receiver_t *receiver, h2o_linklist_t *messages)
{
    struct loop_wake *wake = H2O_STRUCT_FROM_MEMBER(struct loop_wake, receiver, receiver);
    message_take(messages);
    atomic_store(&wake->sent, false); /* before it runs: who wakes it meanwhile is not missed */
    wake->run(wake->cookie);
}

struct loop_wake *loop_wake_create(struct loop *loop, void (*run)(void *cookie), void *cookie)
{
    if (loop->queue == NULL)
        loop->queue = h2o_multithread_create_queue(loop->h2o);
    struct loop_wake *wake = h2o_mem_alloc(sizeof *wake);
    *wake = (struct loop_wake){.loop = loop, .run = run, .cookie = cookie};
    h2o_multithread_register_receiver(loop->queue, &wake->receiver, on_woken);
    return wake;
}

void loop_wake_destroy(struct loop_wake *wake)
{
    if (wake == NULL)
        return;
    message_take(&wake->receiver._messages);
    h2o_multithread_unregister_receiver(wake->loop->queue, &wake->receiver);
    free(wake);
}

void loop_wake_up(struct loop_wake *wake)
{
    if (!atomic_exchange(&wake->sent, true))
        h2o_multithread_send_message(&wake->receiver, &wake->message);
}
