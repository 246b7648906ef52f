/* SPDX-License-Identifier: Apache-2.0 */
#include "http/controllers.h"

#include "base/hash.h"
#include "base/limits.h"
#include "store/lane.h"

#include <assert.h>
#include <h2o.h>
#include <stdlib.h>
#include <string.h>

/* Controllers a worker holds: beyond that the one least lately loaded goes. Each is a few
 * ten KB. Twice as many places. */
enum { CONTROLLERS_MAX = 1024, PLACES = 2048 };

/* A controller that was asked for.
 *
 * (1) It is in the list and in the chain of its key's place, and is counted once.
 * (2) A wait is in one of its two lists until it is answered or leaves.
 * (3) A load answers those alone who came before it began: who comes while one runs is in ${next_load},
 *     and moves to ${this_load} when the next begins.
 * (4) While one waits, a load runs.
 * (5) It is not let go while a load runs. */
struct known {
    struct list link; /* in all->known, least lately loaded first */
    struct known *chain;
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
    struct hash_key hash_key; /* tokens name the keys: strangers' choice, where an issuer is theirs */
    struct list known;
    size_t count;
    struct known *places[PLACES];
    struct known *last; /* found last, or NULL: of one controller's calls none pays for the hash */
};

struct controllers *controllers_create(struct worker *worker)
{
    struct controllers *all = h2o_mem_alloc(sizeof *all);
    *all = (struct controllers){.worker = worker, .hash_key = hash_key_make()};
    list_init(&all->known);
    return all;
}

/* ---- the table ---- */

/* Where the chain begins in which that key is, or would be. */
static struct known **place_of(struct controllers *all, const char *key)
{
    return &all->places[hash_keyed(&all->hash_key, key, strlen(key)) % PLACES];
}

/* What points at the one of that key, or at the end of its chain. */
static struct known **known_slot(struct controllers *all, const char *key)
{
    struct known **slot = place_of(all, key);
    while (*slot != NULL && strcmp((*slot)->key, key) != 0)
        slot = &(*slot)->chain;
    return slot;
}

/* Held after each step. */
static void known_check(const struct known *k)
{
    assert(*known_slot(k->all, k->key) == k);                                          /* (1) */
    assert(k->is_loading || (list_empty(&k->this_load) && list_empty(&k->next_load))); /* (4) */
    assert(k->controller == NULL || k->controller->refs > 0);
    (void)k;
}

static void known_free(struct known *k)
{
    *known_slot(k->all, k->key) = k->chain;
    if (k->all->last == k)
        k->all->last = NULL;
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

/* Makes room for one more, unless all that are held are being loaded. */
static void known_evict(struct controllers *all)
{
    list_each_safe(node, &all->known)
    {
        struct known *k = list_entry(node, struct known, link);
        if (all->count < CONTROLLERS_MAX)
            return;
        if (!k->is_loading)
            known_free(k); /* keeps (5) */
    }
}

static struct known *known_add(struct controllers *all, const char *key)
{
    known_evict(all);
    struct known *k = h2o_mem_alloc(sizeof *k), **place = place_of(all, key);
    *k = (struct known){.all = all, .chain = *place};
    snprintf(k->key, sizeof k->key, "%s", key);
    list_init(&k->this_load);
    list_init(&k->next_load);
    list_append(&all->known, &k->link);
    *place = k;
    all->count++;
    known_check(k);
    return k;
}

static struct controller *held(struct controllers *all, const char *key)
{
    if (all->last == NULL || strcmp(all->last->key, key) != 0)
        all->last = *known_slot(all, key);
    return all->last != NULL ? all->last->controller : NULL;
}

struct controller *controllers_find(struct controllers *all, const char *key)
{
    struct controller *c = held(all, key);
    return c != NULL ? controller_ref(c) : NULL;
}

bool controllers_know_revoked(struct controllers *all, const struct claims *claims)
{
    if (claims->id[0] == '\0')
        return false; /* no way to name it */
    const struct controller *c = held(all, claims->controller);
    return c != NULL && controller_revoked(c, claims->id);
}

/* ---- loading ---- */

static void on_loaded(struct job *job, enum error e);

static void load_start(struct known *k, int64_t deadline)
{
    list_move_all(&k->this_load, &k->next_load); /* keeps (3): none of them came after this */
    list_remove(&k->link);
    list_append(&k->all->known, &k->link);
    k->is_loading = true;
    controller_job_init(&k->job, k->key);
    int64_t longest = clock_monotonic() + CALL_DEADLINE_MS * 1000;
    k->job.job.deadline = deadline < longest ? deadline : longest;
    k->job.job.done = on_loaded;
    known_check(k);
    lane_submit(k->all->worker->read, &k->job.job);
}

/* Answers those who waited for the load that has ended, after the next has begun where others came meanwhile:
 * the answers may load again, and by then ${k} may be gone. */
static void load_answer(struct known *k, struct controller *c, enum error e)
{
    struct list due;
    list_init(&due);
    list_move_all(&due, &k->this_load);
    if (!list_empty(&k->next_load))
        load_start(k, clock_monotonic() + QUEUE_WAIT_MS * 1000); /* keeps (4) */
    known_check(k);
    for (struct list *node = list_shift(&due); node != NULL; node = list_shift(&due)) {
        struct controller_wait *wait = list_entry(node, struct controller_wait, link);
        wait->done(wait, c != NULL ? controller_ref(c) : NULL, e);
    }
}

static void on_loaded(struct job *job, enum error e)
{
    struct known *k = list_entry(job, struct known, job.job);
    assert(k->is_loading);
    k->is_loading = false;
    struct controller *loaded = NULL;
    if (e == ERROR_NONE && k->job.found) {
        loaded = controller_of_job(database_keys(k->all->worker->options->database), &k->job);
        controller_unref(k->controller);
        k->controller = loaded;
        worker_clock(k->all->worker, k->job.as_of);
        e = loaded != NULL ? ERROR_NONE : ERROR_INTERNAL;
    } else if (e == ERROR_NONE) {
        e = ERROR_NO_POLICY;
    }
    controller_job_clear(&k->job);

    if (loaded != NULL)
        (void)controller_ref(loaded); /* an answer may let go of ${k} */
    load_answer(k, loaded, e);
    controller_unref(loaded);
}

void controllers_load(struct controllers *all, const char *key, int64_t deadline,
                      struct controller_wait *wait)
{
    struct known *k = *known_slot(all, key);
    if (k == NULL)
        k = known_add(all, key);
    list_append(&k->next_load, &wait->link);
    if (!k->is_loading)
        load_start(k, deadline);
    known_check(k);
}
