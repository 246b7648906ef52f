/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "domain/policy.h"
#include "http/attempt.h"
#include "http/etag.h"
#include "http/site_counts.h"
#include "site/handlers.h"
#include "site/request.h"
#include "store/lane.h"
#include "store/policy.h"
#include "wire/site_config.h"

#include <string.h>

/* GET /v1/sites/{controller}/config: what the banner shows, without a token. */

struct config_reading {
    struct attempt attempt; /* of whose sites it is counted */
    struct call *call;
    const char *language; /* as it was wished for; NULL: none was */
    bool versioned;       /* a version was asked for, not the one in force */
    bool shown;           /* to be counted */
    struct policy_read_job job;
};

static void reading_dispose(void *state)
{
    struct config_reading *r = state;
    policy_read_job_clear(&r->job);
    attempt_end(&r->attempt);
}

/* Of one version for good, unless other words are to come. */
static const char *cache_control_of(const struct config_reading *r, const struct policy *policy, instant at)
{
    return r->versioned && !site_config_changes(policy, at) ? "public, max-age=31536000, immutable"
                                                            : "public, max-age=300";
}

/* The words that are told, as shown. */
static void config_count(const struct config_reading *r, const struct site_config *config)
{
    const struct controller *c = r->attempt.controller;
    char language[LANGUAGE_CHOSEN_SIZE];
    uint8_t hash[NOTICE_HASH_SIZE];
    site_config_language(config, language);
    if (r->shown && c->policy->version == config->version &&
        policy_banner_hash(config->policy, language, config->at, hash))
        site_counts_add(r->call->worker->site_counts, c->controller_id, c->policy, hash, COUNT_FETCHED);
}

static void config_answer(struct config_reading *r, struct reader *document, const struct policy *policy)
{
    struct call *call = r->call;
    instant now = worker_now(call->worker) != 0 ? worker_now(call->worker) : clock_wall();
    struct site_config config = {document, policy, r->job.version, r->language, now};
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    site_config_json(&config, &out);
    config_count(r, &config);
    call_set_header(call, "access-control-allow-origin", "*");
    call_set_header(call, "x-content-type-options", "nosniff");
    call_answer_cacheable(call, "application/json", cache_control_of(r, policy, now), &out);
}

static void on_config_read(struct job *job, enum error e)
{
    struct config_reading *r =
        list_entry(list_entry(job, struct policy_read_job, job), struct config_reading, job);
    struct call *call = r->call;
    if (e != ERROR_NONE || call->req == NULL) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    if (r->job.version == 0) {
        call_problem(call, ERROR_NOT_FOUND, "There is no such site, or version.", NULL);
        return;
    }
    struct reader document;
    const char *text = r->job.document != NULL ? r->job.document : "";
    struct policy *policy = policy_document_read(&document, text, strlen(text));
    if (policy != NULL)
        config_answer(r, &document, policy);
    else
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
    policy_free(policy);
    reader_close(&document);
}

static bool query_read(struct config_reading *r)
{
    static const char *const allowed[] = {"lang", "version", "shown", NULL};
    struct call *call = r->call;
    const char *shown = call_query(call, "shown");
    int64_t version;
    if (call_query_only(call, allowed) != 0 ||
        call_query_int(call, "version", 0, 1, INT32_MAX, &version) != 0 ||
        (shown != NULL && strcmp(shown, "true") != 0 && strcmp(shown, "false") != 0))
        return false;
    r->language = call_query(call, "lang");
    r->versioned = version != 0;
    r->shown = !r->versioned && (shown == NULL || strcmp(shown, "true") == 0);
    r->job.wanted = (int32_t)version;
    return true;
}

static void config_begin(struct call *call)
{
    struct config_reading *r = call->state;
    r->job.job.deadline = call->deadline;
    r->job.job.done = on_config_read;
    lane_submit(call->worker->slow, &r->job.job); /* anybody may ask: not before the checks */
}

static void config_start(struct call *call)
{
    struct config_reading *r = call_alloc(call, sizeof *r);
    call->state = r;
    call->dispose = reading_dispose;
    r->call = call;
    policy_read_job_init(&r->job, call->claims.controller, 0);
    if (query_read(r))
        attempt_start(&r->attempt, call, config_begin);
    else
        call_problem(call, ERROR_INVALID, "The query takes lang, version and shown (true or false).", NULL);
}

void handle_site_config(struct call *call)
{
    site_begin(call, config_start);
}
