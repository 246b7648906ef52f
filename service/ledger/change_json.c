/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/change_json.h"

#include "ledger/event_json.h"

/* The verdict now on an event's subject and purpose. A standing No is told as what it is: no purpose is
 * allowed by it. What is none of the policy's any more is retired. */
static enum reason reason_now(const struct history_job *job, const struct entry *e,
                              const struct policy *policy)
{
    struct states states = history_states(job, e);
    if (!e->known)
        return REASON_SUPPRESSED; /* the person was erased */
    if (rank_state(e->rank) == EVENT_ERASED)
        return REASON_SUPPRESSED;
    if (rank_state(e->rank) == EVENT_RESTRICTED)
        return REASON_RESTRICTED;
    if (e->purpose <= PURPOSE_ALL)
        return rank_state(e->rank) == EVENT_OBJECTED ? REASON_OBJECTED : REASON_WITHDRAWN;
    int entity;
    const struct purpose *purpose = policy_purpose_numbered(policy, e->purpose, &entity);
    return purpose != NULL ? verdict_of(policy, purpose, entity, &states, job->as_of).reason : REASON_RETIRED;
}

/* Whose verdicts it may have changed beside. */
static void recheck_write(struct writer *w, const struct entry *e, const struct controller *c)
{
    char subject[SUBJECT_ID_TEXT + 1];
    writer_array_begin(w, "recheck");
    bool is_of_all =
        (e->guardian == GUARDIAN_STAFF || e->guardian == GUARDIAN_TIME) && e->purpose <= PURPOSE_ALL;
    if (is_of_all) { /* all of the person's own, too */
        subject_id_format(c->ids, e->subject_no, subject);
        writer_text(w, NULL, subject);
    }
    for (size_t i = 0; i < e->recheck_count; i++) {
        subject_id_format(c->ids, e->recheck[i], subject);
        writer_text(w, NULL, subject);
    }
    writer_array_end(w);
    if (e->recheck_many)
        writer_bool(w, "many", true);
}

void change_write(struct writer *w, const struct history_job *job, const struct entry *e,
                  const struct controller *c)
{
    char subject[SUBJECT_ID_TEXT + 1];
    enum reason reason = reason_now(job, e, c->policy);
    subject_id_format(c->ids, e->subject_no, subject);
    writer_object_begin(w, NULL);
    writer_int(w, "revision", e->revision);
    writer_uuid(w, "record_id", e->record_id);
    writer_text(w, "subject_id", subject);
    writer_text(w, "ref", e->ref);
    purpose_write(w, c, e->purpose);
    writer_text(w, "event_state", event_word(rank_state(e->rank), e->guardian, e->slot));
    writer_moment(w, "event_time", rank_time(e->rank));
    writer_moment(w, "recorded_at", e->recorded_at);
    bool is_of_all =
        e->purpose <= PURPOSE_ALL && (rank_state(e->rank) == EVENT_STAFF || e->guardian == GUARDIAN_TIME);
    writer_bool(w, "allow", !is_of_all && reason_allows(reason));
    writer_text(w, "reason", is_of_all ? NULL : reason_word(reason));
    recheck_write(w, e, c);
    writer_object_end(w);
}
