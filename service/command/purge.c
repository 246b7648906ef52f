/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/key.h"
#include "chore/chores.h"
#include "command/command.h"
#include "command/on_database.h"
#include "store/blocking.h"
#include "store/retention.h"
#include "store/rotate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Lets go of what a controller's policy says is kept no longer, now; or tells what that would be. */

enum { RULES_MAX = 4096, BUSY_US = 100000 };

struct order {
    const char *controller; /* NULL: all */
    bool dry_run;
};

/* What the chunks of a rehearsal came to. */
struct totals {
    size_t count;
    struct purge_count rules[RULES_MAX];
};

static int totals_add(struct totals *t, const struct purge_count *c)
{
    size_t i = 0;
    while (i < t->count && strcmp(t->rules[i].rule, c->rule) != 0)
        i++;
    if (i == t->count) {
        if (i == RULES_MAX || (t->rules[i].rule = strdup(c->rule)) == NULL)
            return -1;
        t->count++;
    }
    t->rules[i].events += c->events;
    t->rules[i].evidence += c->evidence;
    return 0;
}

static void totals_print(const struct totals *t)
{
    printf("ROWS\tEVIDENCE\tRULE\n");
    for (size_t i = 0; i < t->count; i++)
        printf("%" PRId64 "\t%" PRId64 "\t%s\n", t->rules[i].events, t->rules[i].evidence, t->rules[i].rule);
}

/* What is held beside the ledger of one controller. */
static bool records_rehearse(PGconn *pg, const char *controller, struct totals *t)
{
    struct purge_rehearse_job job;
    purge_records_rehearse_job_init(&job, controller);
    bool good = job_run_blocking(pg, &job.job) == ERROR_NONE && !job.broken;
    for (size_t i = 0; good && i < job.count; i++)
        good = totals_add(t, &job.counts[i]) == 0;
    purge_rehearse_job_clear(&job);
    return good;
}

static bool ledger_rehearse(PGconn *pg, const char *controller, struct totals *t)
{
    struct purge_rehearse_job job;
    int64_t after = 0;
    bool good;
    do {
        purge_rehearse_job_init(&job, controller, after);
        good = job_run_blocking(pg, &job.job) == ERROR_NONE && !job.broken;
        for (size_t i = 0; good && i < job.count; i++)
            good = totals_add(t, &job.counts[i]) == 0;
        after = job.looked_to;
        purge_rehearse_job_clear(&job);
    } while (good && after != 0);
    return good;
}

/* The controller that was named, or each. */
static int rehearse(PGconn *pg, const struct order *o)
{
    struct key_states_job named;
    struct totals *t = calloc(1, sizeof *t);
    key_states_job_init(&named, o->controller);
    bool good = t != NULL && job_run_blocking(pg, &named.job) == ERROR_NONE && !named.broken;
    for (size_t i = 0; good && i < named.count; i++)
        good = ledger_rehearse(pg, named.states[i].key, t) && records_rehearse(pg, named.states[i].key, t);
    bool is_unknown = good && o->controller != NULL && named.count == 0;
    if (good && !is_unknown)
        totals_print(t);
    for (size_t i = 0; t != NULL && i < t->count; i++)
        free(t->rules[i].rule);
    free(t);
    key_states_job_clear(&named);
    if (is_unknown)
        return command_failed("purge", "there is no such controller");
    return good ? 0 : command_failed("purge", "the database did not answer");
}

/* One batch after the other, until there is nothing to do; the first may begin a run. */
static enum error purge_until_done(PGconn *pg, const struct order *o, enum purge_begins begins,
                                   int64_t *batches)
{
    struct purge_job job;
    enum error e;
    do {
        purge_job_init(&job, o->controller, begins, CHORE_LOCK_PURGE);
        e = job_run_blocking(pg, &job.job);
        if (e == ERROR_NONE && job.elsewhere)
            usleep(BUSY_US); /* a service has it, a batch at a time */
        else
            begins = PURGE_NONE;
        *batches += job.worked;
    } while (e == ERROR_NONE && (job.elsewhere || job.worked));
    return e;
}

/* A run that is open goes up to where the ledger was when it began: it is ended first. */
static int purge_all(PGconn *pg, const struct order *o)
{
    int64_t batches = 0;
    if (purge_until_done(pg, o, PURGE_NONE, &batches) != ERROR_NONE ||
        purge_until_done(pg, o, PURGE_AT_ONCE, &batches) != ERROR_NONE)
        return command_failed("purge", "the database did not take it: it goes on with the next run");
    printf("done, in %" PRId64 " batches: GET /v1/retention/runs tells what went\n", batches);
    return 0;
}

static int purge_work(PGconn *pg, const struct numbered_keys *keys, void *cookie)
{
    const struct order *o = cookie;
    (void)keys;
    return o->dry_run ? rehearse(pg, o) : purge_all(pg, o);
}

static int purge_run(const struct config *config, const struct arguments *args)
{
    struct order order = {.controller = arguments_flag(args, "controller"),
                          .dry_run = arguments_flag(args, "dry-run") != NULL};
    if (args->operand_count != 0 || (order.controller != NULL && !controller_key_valid(order.controller)))
        return command_misused("purge", "a controller's key is 1 to 64 letters a-z, digits, _ and -");
    return on_database(config, "purge", purge_work, &order);
}

static const struct config_flag purge_flags[] = {
    {"controller", "K", "of this controller alone; of all by default"},
    {"dry-run", NULL, "tell what would go, by rule, and let go of nothing"},
    {0}};

const struct command purge_command = {
    "purge", "", "lets go of what is kept no longer, now", purge_flags, on_database_options, purge_run};
