/* SPDX-License-Identifier: Apache-2.0 */
#include "http/controllers.h"

#include "base/limits.h"
#include "store/lane.h"

#include <h2o.h>
#include <stdlib.h>
#include <string.h>

/* Controllers a worker holds: beyond that the one least lately loaded goes. Each is a few ten KB. */
enum { CONTROLLERS_MAX = 1024 };

struct known {
    struct list link; /* in all->known, least lately loaded first */
    char key[POLICY_KEY_MAX + 1];
    struct controller *controller; /* NULL: nothing loaded yet */
    struct list next_load;         /* waits of those that came while a load ran */
    struct list this_load;         /* waits the running load answers; those who leave take theirs out */
    struct controller_job job;
    bool is_loading; /* ${job} is in a lane, whoever still waits for it */
    struct controllers *all;
};

struct controllers {
    struct worker *worker;
    struct list known;
    size_t count;
};

struct controllers *controllers_create(struct worker *worker)
{
    struct controllers *all = h2o_mem_alloc(sizeof *all);
    *all = (struct controllers){.worker = worker};
    list_init(&all->known);
    return all;
}

static void known_free(struct known *k)
{
    list_remove(&k->link);
    controller_unref(k->controller);
    k->all->count--;
    free(k);
}

void controllers_destroy(struct controllers *all)
{
    list_each_safe(node, &all->known)
    {
        known_free(list_entry(node, struct known, link));
    }
    free(all);
}

static struct known *known_find(struct controllers *all, const char *key)
{
    list_each(node, &all->known)
    {
        struct known *k = list_entry(node, struct known, link);
        if (strcmp(k->key, key) == 0)
            return k;
    }
    return NULL;
}

static bool known_is_busy(const struct known *k)
{
    return k->is_loading || !list_empty(&k->next_load);
}

static void known_evict(struct controllers *all)
{
    list_each_safe(node, &all->known)
    {
        struct known *k = list_entry(node, struct known, link);
        if (all->count < CONTROLLERS_MAX)
            return;
        if (!known_is_busy(k))
            known_free(k);
    }
}

static struct known *known_add(struct controllers *all, const char *key)
{
    known_evict(all);
    struct known *k = h2o_mem_alloc(sizeof *k);
    *k = (struct known){.all = all};
    snprintf(k->key, sizeof k->key, "%s", key);
    list_init(&k->this_load);
    list_init(&k->next_load);
    list_append(&all->known, &k->link);
    all->count++;
    return k;
}

struct controller *controllers_find(struct controllers *all, const char *key)
{
    struct known *k = known_find(all, key);
    return k != NULL && k->controller != NULL ? controller_ref(k->controller) : NULL;
}

bool controllers_know_revoked(struct controllers *all, const struct claims *claims)
{
    if (claims->id[0] == '\0')
        return false; /* no way to name it */
    const struct known *k = known_find(all, claims->controller);
    return k != NULL && k->controller != NULL && controller_revoked(k->controller, claims->id);
}

static void load_start(struct known *k, int64_t deadline);

static void load_answer(struct known *k, enum error e)
{
    struct list due;
    list_init(&due);
    list_move_all(&due, &k->this_load);
    struct controller *c = e == ERROR_NONE ? k->controller : NULL;
    if (!list_empty(&k->next_load))
        load_start(k, clock_monotonic() + QUEUE_WAIT_MS * 1000);
    for (struct list *node = list_shift(&due); node != NULL; node = list_shift(&due)) {
        struct controller_wait *wait = list_entry(node, struct controller_wait, link);
        wait->done(wait, c != NULL ? controller_ref(c) : NULL, e);
    }
}

static void on_loaded(struct job *job, enum error e)
{
    struct known *k = list_entry(job, struct known, job.job);
    if (e == ERROR_NONE && k->job.found) {
        struct controller *c = controller_of_job(database_keys(k->all->worker->options->database), &k->job);
        controller_unref(k->controller);
        k->controller = c;
        worker_clock(k->all->worker, k->job.as_of);
        e = c != NULL ? ERROR_NONE : ERROR_INTERNAL;
    } else if (e == ERROR_NONE) {
        e = ERROR_NO_POLICY;
    }
    controller_job_clear(&k->job);
    k->is_loading = false;
    if (k->controller != NULL)
        (void)controller_ref(k->controller); /* the answers may load again */
    struct controller *held = k->controller;
    load_answer(k, e);
    controller_unref(held);
}

static void load_start(struct known *k, int64_t deadline)
{
    list_move_all(&k->this_load, &k->next_load);
    k->is_loading = true;
    controller_job_init(&k->job, k->key);
    int64_t longest = clock_monotonic() + CALL_DEADLINE_MS * 1000;
    k->job.job.deadline = deadline < longest ? deadline : longest;
    k->job.job.done = on_loaded;
    lane_submit(k->all->worker->read, &k->job.job);
}

void controllers_load(struct controllers *all, const char *key, int64_t deadline,
                      struct controller_wait *wait)
{
    struct known *k = known_find(all, key);
    if (k == NULL)
        k = known_add(all, key);
    list_append(&k->next_load, &wait->link);
    if (!k->is_loading)
        load_start(k, deadline);
}
