/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/consents_json.h"

#include "domain/verdict.h"
#include "ledger/event_json.h"
#include "ledger/limit.h"
#include "ledger/verdict_json.h"

/* The place of the state that a verdict rests on, or SIZE_MAX. What an act told beside it is a state of the
 * same revision, and proves nothing. */
static size_t behind(const struct states_job *job, int64_t revision)
{
    for (size_t i = 0; i < job->count; i++) {
        if (revision != 0 && job->states[i].revision == revision && !slot_is_fact(job->states[i].slot))
            return i;
    }
    return SIZE_MAX;
}

static void consent_write(struct writer *w, const struct controller *controller, const struct states_job *job,
                          const struct purpose *p)
{
    struct states all = {.count = job->count, .list = job->states};
    struct verdict verdict = verdict_of(controller->policy, p, ENTITY_ANY, &all, job->as_of);
    size_t at = behind(job, verdict.revision);
    writer_object_begin(w, NULL);
    writer_text(w, "purpose", p->key);
    writer_object_begin(w, "verdict");
    verdict_members(w, &verdict, controller->policy, job->as_of);
    writer_object_end(w);
    if (at != SIZE_MAX)
        proof_write(w, "event", &job->states[at], &job->proofs[at],
                    job->proofs[at].subject_no == job->subject_no, controller);
    else
        writer_null(w, "event");
    writer_object_end(w);
}

/* What is known of the person: a minor, or represented, until when, and how one knows. Null: nothing is. */
static void fact_write(struct writer *w, const char *key, const struct states_job *job, enum slot told)
{
    struct states all = {.count = job->count, .list = job->states};
    const struct state *s = states_limit(&all, told);
    if (s == NULL) {
        writer_null(w, key);
        return;
    }
    instant until = state_until(s);
    writer_object_begin(w, key);
    writer_bool(w, "holds", until > job->as_of);
    writer_moment(w, "until", until > 0 && until < LIMIT_OPEN ? until : INSTANT_NONE);
    writer_bool(w, "documented", s->slot == told + (SLOT_AGE_DOCUMENT - SLOT_AGE));
    writer_uuid(w, "record_id", s->record_id);
    writer_object_end(w);
}

void consents_members(struct writer *w, const struct controller *controller, const struct states_job *states)
{
    const struct policy *policy = controller->policy;
    fact_write(w, "minor", states, SLOT_AGE);
    fact_write(w, "represented", states, SLOT_CARE);
    writer_array_begin(w, "consents");
    for (size_t i = 0; i < policy->purpose_count; i++)
        consent_write(w, controller, states, &policy->purposes[i]);
    writer_array_end(w);
}
