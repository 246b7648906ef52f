/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "api/policy_body.h"
#include "base/embedded.h"
#include "base/limits.h"
#include "http/controllers.h"
#include "http/etag.h"
#include "http/idempotency.h"
#include "ledger/policy_warnings.h"
#include "store/lane.h"
#include "wire/policy_document.h"

#include <stdlib.h>
#include <string.h>

/* GET and PUT /v1/policy, and GET /v1/policy/schema. */

extern const struct embedded web_files[];

/* ---- GET ---- */

struct policy_reading {
    struct call *call;
    struct policy_read_job job;
};

static void reading_dispose(void *state)
{
    struct policy_reading *p = state;
    policy_read_job_clear(&p->job);
}

static void etag_format(int32_t version, char text[16])
{
    snprintf(text, 16, "\"%d\"", version);
}

static void version_headers(struct call *call, int32_t version)
{
    char etag[16], number[16];
    etag_format(version, etag);
    snprintf(number, sizeof number, "%d", version);
    call_set_header(call, "etag", etag);
    call_set_header(call, "akkoord-policy-version", number);
}

static void on_policy_read(struct job *job, enum error e)
{
    struct policy_reading *p =
        list_entry(list_entry(job, struct policy_read_job, job), struct policy_reading, job);
    struct call *call = p->call;
    if (e != ERROR_NONE || call->req == NULL) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    if (p->job.version == 0) {
        call_problem(call, p->job.wanted != 0 ? ERROR_NOT_FOUND : ERROR_NO_POLICY, NULL, NULL);
        return;
    }
    if (p->job.document == NULL) {
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    char etag[16];
    etag_format(p->job.version, etag);
    h2o_set_header(&call->req->pool, &call->req->res.headers, H2O_TOKEN_CACHE_CONTROL,
                   H2O_STRLIT("private, no-cache"), 1);
    version_headers(call, p->job.version);
    if (etag_seen(call, etag))
        call_answer(call, 304, NULL, "", 0);
    else
        call_answer(call, 200, "application/json", p->job.document, strlen(p->job.document));
}

void handle_policy_get(struct call *call)
{
    static const char *const allowed[] = {"version", NULL};
    int64_t wanted;
    if (call_query_only(call, allowed) != 0 ||
        call_query_int(call, "version", 0, 1, INT32_MAX, &wanted) != 0) {
        call_problem(call, ERROR_INVALID, "The query takes version=N, once, and nothing else.", NULL);
        return;
    }
    struct policy_reading *p = call_alloc(call, sizeof *p);
    call->state = p;
    call->dispose = reading_dispose;
    p->call = call;
    policy_read_job_init(&p->job, call->claims.controller, (int32_t)wanted);
    p->job.job.deadline = call->deadline;
    p->job.job.done = on_policy_read;
    lane_submit(call->worker->read, &p->job.job);
}

/* The JSON Schema of the document: for editors and for those who write one, so it needs no token. */
void handle_policy_schema(struct call *call)
{
    if (!call_takes_no_query(call))
        return;
    const struct embedded *schema = embedded_find(web_files, "policy.schema.json");
    if (schema == NULL) {
        call_problem(call, ERROR_NOT_FOUND, NULL, NULL);
        return;
    }
    struct buf out;
    buf_init(&out, schema->len);
    buf_append(&out, schema->data, schema->len);
    call_answer_cacheable(call, "application/schema+json", "public, max-age=300", &out);
}

/* ---- PUT ---- */

struct applying {
    struct call *call;
    struct reader body;
    struct policy *policy;
    struct buf document;
    uint8_t sha256[POLICY_HASH_SIZE];
    struct policy_apply_job job;
};

static void applying_dispose(void *state)
{
    struct applying *a = state;
    reader_close(&a->body);
    policy_free(a->policy);
    buf_free(&a->document);
    policy_apply_job_clear(&a->job);
}

static void applied_answer(struct call *call, struct applying *a)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_int(&w, "version", a->job.version);
    writer_sha256(&w, "sha256", a->sha256);
    writer_bool(&w, "changed", a->job.outcome == APPLY_DONE || a->job.outcome == APPLY_DONE_BEFORE);
    policy_document_not_enforced(&a->body, &w, "not_enforced");
    policy_warnings_write(&a->body, &a->job, &w);
    writer_object_end(&w);
    version_headers(call, a->job.version);
    call_answer_json(call, 200, &out);
}

static void applied_tell(struct call *call, struct applying *a)
{
    switch (a->job.outcome) {
    case APPLY_DONE:
    case APPLY_SAME:
    case APPLY_DONE_BEFORE:
    case APPLY_SAME_BEFORE:
        applied_answer(call, a);
        return;
    case APPLY_OTHER_VERSION:
        if (a->job.version > 0)
            version_headers(call, a->job.version);
        call_problem(call, ERROR_PRECONDITION_FAILED,
                     "Another version is in force than If-Match or If-None-Match expects.", NULL);
        return;
    case APPLY_KEY_REUSED:
        call_problem(call, ERROR_KEY_REUSED, "Send the same body again, or another key.", NULL);
        return;
    case APPLY_COUNTRY_FIXED:
    case APPLY_BASIS_FIXED:
    case APPLY_WORDS_FIXED:
    case APPLY_NO_TIME_ZONE:
    case APPLY_STRANDS:
    case APPLY_CHANNEL_FIXED:
    case APPLY_REPLACES_FIXED:
    case APPLY_REPLACES_CHANNEL:
    case APPLY_ENTITY_ADDED:
        break;
    }
    policy_body_conflict(call, &a->body, &a->job);
}

static void on_applied(struct job *job, enum error e)
{
    struct applying *a = list_entry(list_entry(job, struct policy_apply_job, job), struct applying, job);
    struct call *call = a->call;
    if (e != ERROR_NONE)
        call_problem(call, e, NULL, NULL);
    else
        applied_tell(call, a);
}

/* The version of an entity tag as we write them; 0: it is none of ours, and never in force. */
static int32_t version_of(h2o_iovec_t tag)
{
    int64_t version = 0;
    for (size_t i = 1; i + 1 < tag.len && version <= INT32_MAX; i++) {
        if (tag.base[i] < '0' || tag.base[i] > '9' || (version == 0 && tag.base[i] == '0'))
            return 0;
        version = version * 10 + (tag.base[i] - '0');
    }
    return version <= INT32_MAX ? (int32_t)version : 0;
}

static bool versions_read(h2o_iovec_t list, struct policy_precondition *seen)
{
    struct etag tag;
    while (list.len > 0) {
        if (!etag_next(&list, &tag))
            return false;
        int32_t version = tag.is_weak ? 0 : version_of(tag.text); /* compared strongly: RFC 9110, 13.1.1 */
        if (version == 0)
            continue;
        if (seen->count == POLICY_PRECONDITION_MAX)
            return false;
        seen->versions[seen->count++] = version;
    }
    return true;
}

/* The versions that may be in force: of If-Match, or of If-None-Match: *. Returns
 * false when a header is neither. */
static bool precondition_read(struct call *call, struct policy_precondition *ret_seen)
{
    h2o_iovec_t match = call_header(call, "if-match"), none = call_header(call, "if-none-match");
    *ret_seen = (struct policy_precondition){.is_set = match.base != NULL || none.base != NULL};
    if (none.base != NULL) {
        ret_seen->versions[ret_seen->count++] = POLICY_VERSION_NONE;
        return match.base == NULL && none.len == 1 && none.base[0] == '*';
    }
    if (match.base == NULL)
        return true;
    if (match.len == 1 && match.base[0] == '*') {
        ret_seen->versions[ret_seen->count++] = POLICY_VERSION_ANY;
        return true;
    }
    return match.len > 0 && !call_header_is_repeated(call, "if-match") && versions_read(match, ret_seen);
}

static bool document_read(struct call *call, struct applying *a)
{
    if (!policy_body_read(call, &a->body, &a->policy))
        return false;
    policy_document_canonical(&a->body, &a->document, a->sha256);
    buf_byte(&a->document, '\0');
    if (buf_failed(&a->document)) {
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
        return false;
    }
    return true;
}

/* A controller's first policy comes before there is anything of it: its hashes will be
 * made by the key it starts with. */
static bool idempotency_keep(struct call *call, h2o_iovec_t key, struct idempotency *ret_kept)
{
    const struct worker *worker = call->worker;
    uint8_t first = worker->options->subject_key;
    struct controller *c = controllers_find(worker->controllers, call->claims.controller);
    struct tagger *own = NULL;
    if (c == NULL && key.base != NULL)
        own = tagger_create(database_keys(worker->options->database), first, first, call->claims.controller);
    bool can = key.base == NULL || c != NULL || own != NULL;
    if (can)
        *ret_kept = idempotency_of(call, c != NULL ? c->tagger : own, key);
    tagger_destroy(own);
    controller_unref(c);
    return can;
}

void handle_policy_put(struct call *call)
{
    static const char *const allowed[] = {"force", NULL};
    const char *force = call_query(call, "force");
    if (call_query_only(call, allowed) != 0 || (force != NULL && strcmp(force, "retire") != 0)) {
        call_problem(call, ERROR_INVALID, "The query takes force=retire, once, and nothing else.", NULL);
        return;
    }

    /* what the header says */
    struct applying *a = call_alloc(call, sizeof *a);
    call->state = a;
    call->dispose = applying_dispose;
    a->call = call;
    buf_init(&a->document, POLICY_BODY_BYTES_MAX + 1);
    struct policy_precondition seen;
    if (!precondition_read(call, &seen)) {
        call_problem(call, ERROR_BAD_REQUEST, "If-Match takes ETags or *; If-None-Match takes *; not both.",
                     NULL);
        return;
    }
    h2o_iovec_t key;
    if (!idempotency_read(call, &key))
        return;

    /* the document, and what is done with it */
    if (!document_read(call, a))
        return;
    a->job = (struct policy_apply_job){.policy = a->policy,
                                       .document = a->document.data,
                                       .sha256 = a->sha256,
                                       .actor = call->claims.subject,
                                       .seen = seen,
                                       .retire = force != NULL,
                                       .key = call->worker->options->subject_key};
    if (!idempotency_keep(call, key, &a->job.idempotency)) {
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
        return;
    }

    /* the database decides */
    policy_apply_job_prepare(&a->job);
    a->job.job.deadline = call->deadline;
    a->job.job.done = on_applied;
    lane_submit(call->worker->write, &a->job.job);
}
