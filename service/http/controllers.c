/* SPDX-License-Identifier: Apache-2.0 */
#include "http/controllers.h"

#include "base/limits.h"
#include "base/log.h"
#include "store/numbering.h"
#include "wire/policy_document.h"

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

struct controller *controller_ref(struct controller *c)
{
    c->refs++;
    return c;
}

void controller_unref(struct controller *c)
{
    if (c == NULL || --c->refs > 0)
        return;
    policy_free(c->policy);
    tagger_destroy(c->tagger);
    tagger_destroy(c->old_tagger);
    subject_ids_destroy(c->ids);
    for (size_t i = 0; i < c->revoked_count; i++)
        free(c->revoked[i]);
    free(c->revoked);
    free(c->numbers);
    free(c);
}

const struct numbered *controller_numbered(const struct controller *c, bool is_notice, int32_t number)
{
    for (size_t i = 0; i < c->number_count; i++) {
        if (c->numbers[i].is_notice == is_notice && c->numbers[i].number == number)
            return &c->numbers[i];
    }
    return NULL;
}

bool controller_revoked(const struct controller *c, const char *token_id)
{
    for (size_t i = 0; i < c->revoked_count; i++) {
        if (strcmp(c->revoked[i], token_id) == 0)
            return true;
    }
    return false;
}

/* Whether all of them could be read: with one that is missing, a revoked token would pass. */
static bool revoked_move(struct controller *c, struct controller_job *job)
{
    bool whole = job->revoked != NULL;
    c->revoked = job->revoked;
    c->revoked_count = job->revoked_count;
    job->revoked = NULL;
    job->revoked_count = 0;
    for (size_t i = 0; i < c->revoked_count; i++)
        whole = whole && c->revoked[i] != NULL;
    return whole;
}

static void numbers_move(struct controller *c, struct controller_job *job)
{
    c->numbers = job->numbers;
    c->number_count = job->number_count;
    job->numbers = NULL;
    job->number_count = 0;
}

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

static struct policy *policy_of(const struct controller_job *job)
{
    struct reader reader;
    struct policy *policy = policy_document_read(&reader, job->document, job->document_len);
    reader_close(&reader);
    if (policy == NULL)
        return NULL;
    policy->version = job->policy_version;
    if (policy_keep_retired(policy, job->numbers, job->number_count) != 0 ||
        policy_number(policy, job->numbers, job->number_count) != 0 || policy_index(policy) != 0) {
        policy_free(policy);
        return NULL;
    }
    return policy;
}

/* NULL when the document or the keys are not what this program can work with. */
static struct controller *controller_of(struct controllers *all, struct controller_job *job)
{
    const struct subject_keys *keys = database_keys(all->worker->options->database);
    struct controller *c = h2o_mem_alloc(sizeof *c);
    *c = (struct controller){.refs = 1, .controller_id = job->controller_id, .generation = job->generation};
    c->policy = job->document != NULL && job->numbers != NULL ? policy_of(job) : NULL;
    c->tagger = tagger_create(keys, job->key_first, job->key_last, job->key);
    if (job->key_oldest < job->key_last)
        c->old_tagger = tagger_create(keys, job->key_first, job->key_oldest, job->key);
    c->ids = subject_ids_create(job->subject_id_key, job->controller_id);
    memcpy(c->policy_hash, job->policy_hash, sizeof c->policy_hash);
    bool has_keys = c->tagger != NULL && (c->old_tagger != NULL || job->key_oldest >= job->key_last);
    bool has_revoked = revoked_move(c, job);
    numbers_move(c, job);
    if (c->policy != NULL && has_keys && c->ids != NULL && has_revoked)
        return c;
    if (has_keys)
        log_error("controller.load", "policy=%d", c->policy != NULL);
    else
        log_error("controller.keys",
                  "first=%d oldest=%d last=%d reason=\"the subject key file lacks a key that is in force, or "
                  "did when this "
                  "process started: start it again on the new file\"",
                  job->key_first, job->key_oldest, job->key_last);
    controller_unref(c);
    return NULL;
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
        struct controller *c = controller_of(k->all, &k->job);
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
