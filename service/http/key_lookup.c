/* SPDX-License-Identifier: Apache-2.0 */
#include "http/key_lookup.h"

#include "base/limits.h"
#include "store/lane.h"

#include <stdlib.h>
#include <string.h>

/* ---- the date of its last use ---- */

static void on_used(struct job *job, enum error e)
{
    (void)e; /* tomorrow, or by another thread */
    free(list_entry(job, struct api_key_used_job, job));
}

static void used_write(const struct key_lookup *lookup)
{
    struct api_key_used_job *used = h2o_mem_alloc(sizeof *used);
    api_key_used_job_init(used, lookup->job.controller_id, lookup->key.id);
    used->job.deadline = clock_monotonic() + CALL_DEADLINE_MS * INT64_C(1000);
    used->job.done = on_used;
    lane_submit(lookup->worker->write, &used->job);
}

/* ---- the look-up ---- */

_Static_assert(sizeof((struct claims){0}.controller) == API_KEY_ROW_CONTROLLER, "a row has its bytes");
_Static_assert(sizeof((struct claims){0}.subject) == API_KEY_ROW_NAME, "likewise");

static struct claims claims_of(const struct key_lookup *lookup)
{
    const struct api_key_find_job *job = &lookup->job;
    struct claims claims = {.is_api_key = true};
    instant now = clock_wall(), until = now + API_KEY_REMEMBERED * SECOND;
    memcpy(claims.controller, job->key.controller, sizeof claims.controller);
    memcpy(claims.subject, job->key.name, sizeof claims.subject);
    api_key_token_id(lookup->key.id, claims.id);
    claims.scopes = scopes_parse(job->key.scopes, NULL);
    /* What is left of it, by the database's clock. */
    if (job->key.expires != INSTANT_NONE && job->key.expires - job->as_of < until - now)
        until = now + (job->key.expires - job->as_of);
    claims.expires = until;
    return claims;
}

static void on_found(struct job *job, enum error e)
{
    struct key_lookup *lookup =
        list_entry(list_entry(job, struct api_key_find_job, job), struct key_lookup, job);
    struct worker *worker = lookup->worker;
    lookup->waits = false;
    worker->lookups--;
    if (e != ERROR_NONE || !lookup->job.found || !api_key_matches(&lookup->key, lookup->job.hash)) {
        lookup->done(lookup, e, NULL);
        return;
    }
    struct claims claims = claims_of(lookup);
    remembered_put(worker->tokens, worker->keys.tokens, lookup->token.base, lookup->token.len, &claims);
    if (!lookup->job.used_today)
        used_write(lookup);
    lookup->done(lookup, ERROR_NONE, &claims);
}

void key_lookup_start(struct key_lookup *lookup, struct worker *worker, h2o_iovec_t token,
                      const struct api_key *key, int deadline_ms,
                      void (*done)(struct key_lookup *lookup, enum error e,
                                   const struct claims *claims_or_null))
{
    *lookup = (struct key_lookup){.worker = worker, .token = token, .key = *key, .waits = true, .done = done};
    api_key_find_job_init(&lookup->job, key->id);
    int64_t ms = deadline_ms < CALL_DEADLINE_MS ? deadline_ms : CALL_DEADLINE_MS;
    lookup->job.job.deadline = clock_monotonic() + ms * 1000;
    lookup->job.job.done = on_found;
    worker->lookups++;
    lane_submit(worker->read, &lookup->job.job);
}

void key_lookup_end(struct key_lookup *lookup)
{
    if (!lookup->waits)
        return;
    lookup->waits = false;
    lookup->worker->lookups--;
    lane_cancel(lookup->worker->read, &lookup->job.job);
}
