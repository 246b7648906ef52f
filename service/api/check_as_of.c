/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "base/limits.h"
#include "domain/moment.h"
#include "http/attempt.h"
#include "http/reading.h"
#include "ledger/entity.h"
#include "ledger/event_json.h"
#include "ledger/person.h"
#include "ledger/sold.h"
#include "ledger/verdict_json.h"
#include "store/as_of.h"
#include "store/lane.h"
#include "store/numbering.h"
#include "wire/policy_document.h"

#include <string.h>

/* POST /v1/check with as_of: what the answer was at a moment, by the policy of that moment and by what was
 * recorded up to then, with the events that prove it. It reads a person's data, and is recorded as such. */
struct looking_back {
    struct attempt attempt;
    struct reader body;
    instant at;
    struct policy_at_job policy_job;
    struct policy *policy; /* as it was */
    struct person person;
    bool several;
    int entity;
    product_group group; /* that is to be sold; 0: it is not said */
    size_t purpose_count;
    const struct purpose **purposes;
    struct tag tags[2 * IDENTIFIERS_MAX];
    struct states_as_of_job job;
    struct reading reading;
};

static void looking_dispose(void *state)
{
    struct looking_back *l = state;
    reader_close(&l->body);
    policy_at_job_clear(&l->policy_job);
    policy_free(l->policy);
    states_as_of_job_clear(&l->job);
    reading_close(&l->reading);
    attempt_end(&l->attempt);
}

bool check_has_as_of(struct call *call)
{
    static const char name[] = "\"as_of\"";
    h2o_iovec_t body = call_body(call);
    if (memmem(body.base, body.len, name, sizeof name - 1) == NULL)
        return false;
    struct reader reader;
    reader_open(&reader, body.base, body.len);
    struct node root = reader_root(&reader);
    bool found = false;
    if (node_is_object(&root)) {
        struct node as_of = node_optional(&root, "as_of");
        found = node_present(&as_of);
    }
    reader_close(&reader);
    return found;
}

/* ---- the answer ---- */

/* While a subject key is rotated an identifier stands under one of its two tags. */
static const struct tag_as_of *identifier_found(const struct looking_back *l, size_t i)
{
    if (!l->person.rotating)
        return &l->job.found[i];
    const struct tag_as_of *tag = &l->job.found[2 * i], *old = &l->job.found[2 * i + 1];
    return tag->count == 0 && (old->count > 0 || old->subject_no != 0) ? old : tag;
}

static struct verdict identifier_verdict(const struct looking_back *l, size_t i,
                                         const struct purpose *purpose)
{
    const struct tag_as_of *found = identifier_found(l, i);
    struct states states = {.count = found->count,
                            .list = found->count > 0 ? l->job.states + found->first : NULL};
    return verdict_to_sell(l->policy, purpose, l->entity, l->group, &states, l->at);
}

/* Each identifier's verdict rests on one event at most; one that several rest on is told once. */
static void events_write(struct writer *w, const struct looking_back *l, const struct purpose *purpose)
{
    int64_t told[IDENTIFIERS_MAX];
    size_t count = 0;
    writer_array_begin(w, "events");
    for (size_t i = 0; i < l->person.count; i++) {
        const struct tag_as_of *found = identifier_found(l, i);
        int64_t revision = identifier_verdict(l, i, purpose).revision;
        bool again = revision == 0;
        for (size_t k = 0; k < count; k++)
            again = again || told[k] == revision;
        for (size_t k = found->first; !again && k < found->first + found->count; k++) {
            if (l->job.states[k].revision != revision || slot_is_fact(l->job.states[k].slot))
                continue;
            proof_write(w, NULL, &l->job.states[k], &l->job.proofs[k],
                        l->job.proofs[k].subject_no == found->subject_no, l->attempt.controller);
            told[count++] = revision;
            again = true;
        }
    }
    writer_array_end(w);
}

static void verdict_write(struct writer *w, const struct looking_back *l, const struct purpose *purpose)
{
    struct verdict strictest = identifier_verdict(l, 0, purpose);
    for (size_t i = 1; i < l->person.count; i++)
        strictest = verdict_stricter(strictest, identifier_verdict(l, i, purpose));
    writer_object_begin(w, NULL);
    verdict_members(w, &strictest, l->policy, l->at);
    writer_int(w, "policy_version", l->policy->version);
    events_write(w, l, purpose);
    writer_object_end(w);
}

static void looking_answer(struct looking_back *l)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    if (l->several) {
        writer_object_begin(&w, NULL);
        writer_array_begin(&w, "results");
    }
    for (size_t i = 0; i < l->purpose_count; i++)
        verdict_write(&w, l, l->purposes[i]);
    if (l->several) {
        writer_array_end(&w);
        writer_object_end(&w);
    }
    reading_answer(&l->reading, l->attempt.controller->controller_id, "check_as_of",
                   identifier_found(l, 0)->subject_no, l->job.state_count, &out);
}

static void on_states(struct job *job, enum error e)
{
    struct looking_back *l =
        list_entry(list_entry(job, struct states_as_of_job, job), struct looking_back, job);
    struct call *call = l->attempt.call;
    if (e != ERROR_NONE || l->job.broken) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
        return;
    }
    if (l->job.generation != l->attempt.controller->generation) {
        attempt_again(&l->attempt);
        return;
    }
    enum as_of_outcome worst = AS_OF_KNOWN;
    for (size_t i = 0; i < l->job.count; i++)
        worst = l->job.found[i].outcome > worst ? l->job.found[i].outcome : worst;
    if (worst == AS_OF_TOO_MUCH)
        call_problem(
            call, ERROR_INVALID,
            "More acts, or identifiers, hang together with these than are wound back. The history of "
            "each person (GET /v1/subjects/{id}/history) has them all.",
            NULL);
    else if (worst == AS_OF_FORGOTTEN)
        reading_problem(&l->reading, l->attempt.controller->controller_id, "check_as_of",
                        ERROR_NOT_KNOWN_ANY_MORE,
                        "Somebody was erased or purged since, and this may be them.");
    else
        looking_answer(l);
}

/* ---- the question ---- */

static const struct purpose *purpose_read(const struct looking_back *l, const struct node *n)
{
    const char *key = node_string(n, 1, POLICY_KEY_MAX, NULL);
    const struct purpose *purpose = key[0] != '\0' ? policy_purpose(l->policy, key) : NULL;
    if (key[0] != '\0' && purpose == NULL)
        node_fault(n, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy that was in force then");
    return purpose;
}

static void question_read(struct call *call, struct looking_back *l)
{
    static const char *const members[] = {"subject",       "purpose", "purposes", "entity",
                                          "product_group", "as_of",   "keep",     NULL};
    struct node root = reader_root(&l->body), keep = node_optional(&root, "keep");
    node_only(&root, members);
    if (node_present(&keep))
        node_fault(&keep, ERROR_INVALID,
                   "proves that a check came before a send; one that looks back is kept in the audit");
    person_read(&root, l->attempt.controller, &l->person);
    struct node many = node_optional(&root, "purposes"), one = node_optional(&root, "purpose");
    l->several = node_present(&many);
    if (l->several && node_present(&one))
        node_fault(&many, ERROR_INVALID, "either purpose or purposes");
    l->purpose_count = l->several ? node_elements(&many, 1, PURPOSES_PER_CALL_MAX) : 1;
    l->purposes = call_alloc(call, (l->purpose_count + 1) * sizeof *l->purposes);
    if (!l->several) {
        one = node_member(&root, "purpose");
        l->purposes[0] = purpose_read(l, &one);
    }
    for (size_t i = 0; l->several && i < l->purpose_count; i++) {
        struct node n = node_at(&many, i);
        l->purposes[i] = purpose_read(l, &n);
    }
    l->entity = entity_read(&root, l->policy);
    l->group = sold_read(&root, l->policy);
    for (size_t i = 0; i < l->purpose_count; i++) {
        if (l->purposes[i] != NULL)
            entity_check(&root, l->purposes[i], l->entity);
    }
}

static void states_ask(struct call *call, struct looking_back *l)
{
    size_t count = 0;
    for (size_t i = 0; i < l->person.count; i++) {
        l->tags[count++] = l->person.tags[i];
        if (l->person.rotating)
            l->tags[count++] = l->person.old_tags[i];
    }
    states_as_of_job_clear(&l->job);
    states_as_of_job_init(&l->job, l->attempt.controller->controller_id, l->tags, count, l->at);
    l->job.job.deadline = call->deadline;
    l->job.job.done = on_states;
    lane_submit(call->worker->slow, &l->job.job);
}

/* The policy of then, with the numbers the ledger gave since. */
static struct policy *policy_of(const struct policy_at_job *job, const struct controller *c)
{
    struct reader reader;
    struct policy *policy = policy_document_read(&reader, job->document, job->document_len);
    reader_close(&reader);
    if (policy == NULL)
        return NULL;
    policy->version = job->version;
    if (policy_keep_retired(policy, c->numbers, c->number_count) == 0 &&
        policy_number(policy, c->numbers, c->number_count) == 0 && policy_index(policy) == 0)
        return policy;
    policy_free(policy);
    return NULL;
}

static void on_policy(struct job *job, enum error e)
{
    struct looking_back *l =
        list_entry(list_entry(job, struct policy_at_job, job), struct looking_back, policy_job);
    struct call *call = l->attempt.call;
    const struct policy_at_job *p = &l->policy_job;
    if (e != ERROR_NONE || p->broken) {
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
    } else if (p->generation != l->attempt.controller->generation) {
        attempt_again(&l->attempt);
    } else if (l->at > p->as_of) {
        reader_member_fault(&l->body, "as_of", "lies ahead of the server's clock");
        call_bad_body(call, &l->body);
    } else if (p->version == 0) {
        call_problem(call, ERROR_NOT_KNOWN_ANY_MORE, "No policy was in force then.", NULL);
    } else if ((l->policy = policy_of(p, l->attempt.controller)) == NULL) {
        call_problem(call, ERROR_INTERNAL, "The policy that was in force then cannot be read any more.",
                     NULL);
    } else {
        question_read(call, l);
        if (reader_ok(&l->body))
            states_ask(call, l);
        else
            attempt_bad_body(&l->attempt, &l->body);
    }
}

static void looking_begin(struct call *call)
{
    struct looking_back *l = call->state;
    if (call->req == NULL) {
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    reader_close(&l->body);
    policy_free(l->policy);
    l->policy = NULL;
    h2o_iovec_t body = call_body(call);
    reader_open(&l->body, body.base, body.len);
    struct node root = reader_root(&l->body), as_of = node_member(&root, "as_of");
    l->at = node_moment(&as_of);
    if (!reader_ok(&l->body)) {
        attempt_bad_body(&l->attempt, &l->body);
        return;
    }
    if (!reading_judge(&l->reading, &l->attempt))
        return;
    policy_at_job_clear(&l->policy_job);
    policy_at_job_init(&l->policy_job, l->attempt.controller->controller_id, l->at);
    l->policy_job.job.deadline = call->deadline;
    l->policy_job.job.done = on_policy;
    lane_submit(call->worker->read, &l->policy_job.job);
}

static bool looking_abandon(struct call *call)
{
    struct looking_back *l = call->state;
    lane_cancel(call->worker->read, &l->policy_job.job);
    lane_cancel(call->worker->slow, &l->job.job);
    attempt_abandon(&l->attempt);
    return true;
}

void handle_check_as_of(struct call *call)
{
    struct looking_back *l = call_alloc(call, sizeof *l);
    if (!reading_query_alone(call) || !reading_open(&l->reading, call))
        return;
    call->state = l;
    call->dispose = looking_dispose;
    call->abandon = looking_abandon;
    attempt_start(&l->attempt, call, looking_begin);
}
