/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "base/limits.h"
#include "http/attempt.h"
#include "http/idempotency.h"
#include "ledger/free_text.h"
#include "store/claim.h"
#include "store/lane.h"
#include "store/record.h"
#include "store/walk.h"
#include "wire/writer.h"

#include <assert.h>
#include <string.h>

/* POST /v1/consents/invalidate: consents that turn out to prove nothing, such as those to words that
 * misled, no longer count.
 *
 * (1) Each gets an event of its own, a No at the consent's own time and above it in rank, so that it undoes
 *     that consent and nothing newer: who chose again meanwhile has chosen. It is bound to what the consent
 *     named: nobody said No.
 *     What named several identifiers counts once: it is looked for under each, since under its person's
 *     strongest something newer may stand.
 * (2) What was invalidated is no consent any more, nor is one that a No stands above: the same call again
 *     finds the rest, and whoever is cut short goes on where they were.
 * (3) A stretch of subjects is matched and then written in batches, before the next is asked for; one job
 *     is on a lane at a time, or none where the attempt loads or confirms: whoever is called back goes on,
 *     or ends the call.
 * (4) With an idempotency key nothing is matched before the key is claimed, and nobody else works under it
 *     until the claim has ended. An answer is given once the counts, and where to go on, are kept with the
 *     key; a call that ends without (the policy changes too fast, the process dies) lets the claim run
 *     out, and the next one goes on where the last was kept. */

/* How the call ends once the key is let go of. */
enum ending {
    ENDING_DONE,  /* to the end of the ledger */
    ENDING_CUT,   /* ${error}: what was done is told, and how to go on */
    ENDING_FAULTY /* the body is at fault, by the policy held */
};

struct invalidating {
    struct attempt attempt;
    h2o_iovec_t bytes; /* a copy of the body: the request may be gone when it is read again */
    struct reader body;
    bool only_counts;
    const char *cursor; /* subject_id to begin after, or NULL */
    bool begun;         /* ${cursor} was looked at */
    int64_t after;      /* where the stretch begins */

    h2o_iovec_t key; /* of idempotency; {NULL, 0}: none was sent */
    bool is_claimed;
    struct claim_job claim;
    enum ending ending;
    enum error error;

    /* What the body names, by the policy of this attempt. */
    struct purpose_set purposes; /* the purpose, and each entity's */
    struct purpose_set over;     /* whose Noes may have undone it */
    int32_t notice;              /* 0: any */
    const char *form;            /* NULL: any; likewise below */
    const char *import_batch;
    instant from, to; /* INSTANT_NONE: no bound */
    const char *detail;

    struct walk_job walk;  /* the stretch */
    size_t subject, state; /* the next of the stretch to look at */
    struct act *acts;      /* WRITE_BATCH_MAX */
    struct person *persons;
    struct record_job record;     /* a batch of the stretch's matches */
    int64_t matched, invalidated; /* in all, of what was written */
};

static void invalidating_dispose(void *state)
{
    struct invalidating *v = state;
    reader_close(&v->body);
    walk_job_clear(&v->walk);
    record_job_clear(&v->record);
    attempt_end(&v->attempt);
}

/* ---- the body ---- */

/* A text as it is kept with what was recorded: masked. */
static const char *masked_read(struct call *call, const struct invalidating *v, const struct node *n,
                               size_t max)
{
    size_t len;
    const char *text = node_string(n, 1, max, &len);
    char *masked = call_alloc(call, free_text_room(len));
    free_text_mask(v->attempt.controller->policy, text, len, masked);
    return masked;
}

static void purpose_read(struct invalidating *v, const struct node *root)
{
    const struct policy *policy = v->attempt.controller->policy;
    struct node n = node_member(root, "purpose");
    const char *key = node_string(&n, 1, POLICY_KEY_MAX, NULL);
    const struct purpose *p = key[0] != '\0' ? policy_purpose(policy, key) : NULL;
    v->purposes.count = 0;
    if (key[0] != '\0' && p == NULL)
        node_fault(&n, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy");
    if (p == NULL)
        return;
    purpose_set_add(&v->purposes, policy, p);
    v->over = (struct purpose_set){.count = 1, .numbers = {p->number}};
    if (purpose_stopped_by_all(p))
        purpose_set_standing(&v->over, policy, p);
}

static void notice_read(struct invalidating *v, const struct node *n)
{
    static const char *const members[] = {"id", "version", NULL};
    node_only(n, members);
    struct node id = node_member(n, "id"), version = node_member(n, "version");
    const char *id_text = node_string(&id, 1, POLICY_KEY_MAX, NULL);
    const char *version_text = node_string(&version, 1, POLICY_KEY_MAX, NULL);
    if (id_text[0] == '\0' || version_text[0] == '\0')
        return;
    const struct notice *found =
        policy_notice(v->attempt.controller->policy, id_text, version_text, INSTANT_NONE);
    if (found == NULL)
        node_fault(n, ERROR_UNKNOWN_NOTICE, "no notice version of the policy");
    else
        v->notice = found->number;
}

static void period_read(struct invalidating *v, const struct node *n)
{
    static const char *const members[] = {"from", "to", NULL};
    node_only(n, members);
    node_members(n, 1, 2);
    struct node from = node_optional(n, "from"), to = node_optional(n, "to");
    v->from = node_moment(&from);
    v->to = node_moment(&to);
    if (v->from != INSTANT_NONE && v->to != INSTANT_NONE && v->from >= v->to)
        node_fault(&to, ERROR_INVALID, "later than from");
}

static void origin_read(struct call *call, struct invalidating *v, const struct node *root)
{
    struct node notice = node_optional(root, "notice"), form = node_optional(root, "form"),
                period = node_optional(root, "period"), batch = node_optional(root, "import_batch");
    v->notice = 0;
    v->from = v->to = INSTANT_NONE;
    if (node_present(&notice))
        notice_read(v, &notice);
    if (node_present(&form))
        v->form = masked_read(call, v, &form, FORM_BYTES_MAX);
    if (node_present(&period))
        period_read(v, &period);
    if (node_present(&batch))
        v->import_batch = masked_read(call, v, &batch, REF_BYTES_MAX);
    if (!node_present(&notice) && !node_present(&form) && !node_present(&period) && !node_present(&batch))
        node_fault(root, ERROR_INVALID, "at least one of notice, form, period and import_batch");
}

static void reason_read(struct call *call, struct invalidating *v, const struct node *root)
{
    struct node n = node_member(root, "reason");
    struct buf detail;
    buf_init(&detail, 8 * GROUNDS_BYTES_MAX);
    struct writer w = writer_of(&detail);
    writer_object_begin(&w, NULL);
    writer_text(&w, "reason", masked_read(call, v, &n, GROUNDS_BYTES_MAX));
    writer_object_end(&w);
    if (buf_failed(&detail))
        node_fault(&n, ERROR_OVERLOADED, "memory ran out");
    else
        v->detail = call_copy(call, detail.data, detail.len);
    buf_free(&detail);
}

static void body_read(struct call *call, struct invalidating *v)
{
    static const char *const members[] = {"purpose",      "notice", "form", "period",
                                          "import_batch", "reason", NULL};
    reader_close(&v->body);
    reader_open(&v->body, v->bytes.base, v->bytes.len);
    struct node root = reader_root(&v->body);
    if (!node_present(&root))
        return;
    node_only(&root, members);
    purpose_read(v, &root);
    origin_read(call, v, &root);
    reason_read(call, v, &root);
}

/* ---- matching ---- */

static bool slot_holds_consent(enum slot slot)
{
    return slot == SLOT_YES || slot == SLOT_SALE;
}

/* Whether a No of the same person or guardian is above it (2). */
static bool is_undone(const struct invalidating *v, const struct walked *subject, const struct state *s)
{
    for (size_t i = subject->first; i < subject->first + subject->count; i++) {
        const struct state *no = &v->walk.states[i];
        if (no->purpose == s->purpose && no->guardian == (s->slot == SLOT_SALE ? 0 : s->guardian) &&
            (no->slot == SLOT_NO || no->slot == SLOT_REACHED) && no->rank > s->rank)
            return true;
    }
    return false;
}

static bool state_matches(const struct invalidating *v, const struct walked *subject, size_t at)
{
    const struct state *s = &v->walk.states[at];
    const struct walked_proof *proof = &v->walk.proofs[at];
    instant time = rank_time(s->rank);
    if (!slot_holds_consent(s->slot) || event_state_is_no(rank_state(s->rank)))
        return false; /* (2): it was invalidated */
    if (proof->is_elsewhere)
        return false; /* (1) */
    if (v->notice != 0 && s->notice_number != v->notice)
        return false;
    if ((v->from != INSTANT_NONE && time < v->from) || (v->to != INSTANT_NONE && time >= v->to))
        return false;
    if (v->form != NULL && (proof->form == NULL || strcmp(proof->form, v->form) != 0))
        return false;
    if (v->import_batch != NULL && (proof->batch == NULL || strcmp(proof->batch, v->import_batch) != 0))
        return false;
    return !is_undone(v, subject, s);
}

/* The next match of the stretch; SIZE_MAX: it has no more. */
static size_t match_next(struct invalidating *v, const struct walked **ret_subject)
{
    for (; v->subject < v->walk.count; v->subject++, v->state = 0) {
        const struct walked *s = &v->walk.subjects[v->subject];
        while (v->state < s->count) {
            size_t at = s->first + v->state++;
            if (state_matches(v, s, at)) {
                *ret_subject = s;
                return at;
            }
        }
    }
    return SIZE_MAX;
}

/* While a key is rotated the tag may be one that moves before this is written: it is given as both. */
static bool tag_add(const struct controller *c, const struct tag *tag, uint8_t type, struct person *person)
{
    size_t at = person->count++;
    person->tags[at] = person->old_tags[at] = *tag;
    person->types[at] = type;
    if (c->old_tagger == NULL)
        return true;
    if (tagger_wrap(c->tagger, tag, &person->tags[at]) != 0)
        return false;
    person->rotating = person->rotating || memcmp(tag, &person->tags[at], sizeof *tag) != 0;
    return true;
}

/* Who said it, and the identifier that it was found under. */
static bool person_of(const struct controller *c, const struct walked *s, const struct walked_proof *proof,
                      struct person *ret_person)
{
    *ret_person = (struct person){0};
    bool good = !proof->has_owner || tag_add(c, &proof->owner, proof->owner_type, ret_person);
    return tag_add(c, &s->tag, s->type, ret_person) && good;
}

static bool act_of(struct invalidating *v, size_t at, const struct walked *subject)
{
    struct person *person = &v->persons[v->record.count];
    struct act *act = &v->acts[v->record.count];
    const struct state *s = &v->walk.states[at];
    *act = (struct act){.person = person,
                        .purpose = s->purpose,
                        .over = &v->over,
                        .slot = s->slot,
                        .role = ROLE_CONTROLLER,
                        .guardian_no = s->slot == SLOT_SALE ? 0 : s->guardian,
                        .group = s->slot == SLOT_SALE ? product_group_stored(s->guardian, s->flags) : 0,
                        .method = METHOD_API,
                        .rank_base = rank_base(CLASS_CHOICE, EVENT_INVALIDATED, s->notice_number != 0),
                        .at = rank_time(s->rank),
                        .notice = s->notice_number,
                        .flags = rank_class(s->rank) == CLASS_COPY ? FLAG_IMPORTED : 0,
                        .effect = EFFECT_APPLIED,
                        .detail = v->detail};
    v->record.count++;
    return person_of(v->attempt.controller, subject, &v->walk.proofs[at], person) &&
           uuid_v7(act->record_id) == 0;
}

/* ---- stretch by stretch ---- */

static void stretch_ask(struct call *call, struct invalidating *v);

static void invalidating_answer(struct call *call, const struct invalidating *v)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    writer_int(&w, "matched", v->matched);
    writer_int(&w, "invalidated", v->invalidated);
    writer_object_end(&w);
    call_answer_json(call, 200, &out);
}

/* What cannot go on says what was done, and how to go on. */
static void cut_answer(struct call *call, const struct invalidating *v)
{
    char cursor[SUBJECT_ID_TEXT + 1], how[64] = "the same key", detail[256];
    if (v->after == 0 && v->matched == 0) {
        call_problem(call, v->error, NULL, NULL);
        return;
    }
    subject_id_format(v->attempt.controller->ids, v->after, cursor);
    if (v->key.base == NULL)
        snprintf(how, sizeof how, "after=%s", cursor);
    snprintf(detail, sizeof detail,
             "Cut short: %lld consents matched so far, %lld were invalidated and stay so. Send the body "
             "again with %s to go on.",
             (long long)v->matched, (long long)v->invalidated, how);
    call_problem(call, v->invalidated > 0 ? ERROR_OUTCOME_UNKNOWN : v->error, detail, NULL);
}

static void ending_answer(struct call *call, struct invalidating *v)
{
    switch (v->ending) {
    case ENDING_DONE:
        invalidating_answer(call, v);
        return;
    case ENDING_CUT:
        cut_answer(call, v);
        return;
    case ENDING_FAULTY:
        attempt_bad_body(&v->attempt, &v->body);
    }
}

static void on_kept(struct job *job, enum error e)
{
    struct invalidating *v = list_entry(list_entry(job, struct claim_job, job), struct invalidating, claim);
    assert(v->is_claimed);
    v->is_claimed = false;
    if (e != ERROR_NONE && v->ending == ENDING_DONE)
        call_problem(v->attempt.call, ERROR_OUTCOME_UNKNOWN,
                     "All were invalidated; that could not be kept with the key. Send it again.", NULL);
    else
        ending_answer(v->attempt.call, v);
}

/* Keeps with the key how far it came, where there is one, and answers. */
static void invalidating_end(struct call *call, struct invalidating *v, enum ending ending)
{
    v->ending = ending;
    if (!v->is_claimed) {
        ending_answer(call, v);
        return;
    }
    v->claim.is_done = ending == ENDING_DONE;
    v->claim.after = v->after;
    v->claim.matched = v->matched;
    v->claim.invalidated = v->invalidated;
    claim_job_keep(&v->claim);
    v->claim.job.deadline = call->deadline;
    v->claim.job.done = on_kept;
    lane_submit(call->worker->write, &v->claim.job);
}

/* ${e}: ERROR_NONE where it is out of time. */
static void invalidating_fail(struct call *call, struct invalidating *v, enum error e)
{
    v->error = e != ERROR_NONE ? e : ERROR_OVERLOADED;
    invalidating_end(call, v, ENDING_CUT);
}

/* What is begun must be able to end within the call's time. */
static bool must_stop(const struct call *call)
{
    return call->worker->draining || clock_monotonic() >= call->deadline - CALL_DEADLINE_MS * 1000;
}

static void stretch_end(struct call *call, struct invalidating *v)
{
    int64_t next = walk_next(&v->walk);
    if (next == INT64_MAX) {
        invalidating_end(call, v, ENDING_DONE);
        return;
    }
    assert(next > v->after);
    v->after = next;
    stretch_ask(call, v);
}

static void batch_write(struct call *call, struct invalidating *v);

static void on_written(struct job *job, enum error e)
{
    struct invalidating *v = list_entry(list_entry(job, struct record_job, job), struct invalidating, record);
    struct call *call = v->attempt.call;
    if (e != ERROR_NONE || v->record.broken) {
        invalidating_fail(call, v, e != ERROR_NONE ? e : ERROR_OUTCOME_UNKNOWN);
    } else if (v->record.outcome == RECORD_STALE) {
        attempt_again(&v->attempt);
    } else if (v->record.outcome != RECORD_DONE) {
        invalidating_fail(call, v, ERROR_INTERNAL);
    } else {
        v->matched += (int64_t)v->record.count;
        for (size_t i = 0; i < v->record.event_count; i++)
            v->invalidated += v->record.events[i].effect != EFFECT_SUPERSEDED;
        batch_write(call, v);
    }
}

/* The next batch of the stretch's matches; without any the stretch is done. */
static void batch_write(struct call *call, struct invalidating *v)
{
    const struct controller *c = v->attempt.controller;
    const struct walked *subject;
    record_job_clear(&v->record);
    v->record = (struct record_job){.job.controller_id = c->controller_id,
                                    .generation = c->generation,
                                    .policy_version = c->policy->version,
                                    .accepted = clock_monotonic(),
                                    .context = "",
                                    .actor = call->claims.subject,
                                    .acts = v->acts};
    bool good = true;
    size_t at;
    while (v->record.count < WRITE_BATCH_MAX && (at = match_next(v, &subject)) != SIZE_MAX)
        good = act_of(v, at, subject) && good;
    if (v->record.count == 0) {
        stretch_end(call, v);
        return;
    }
    if (!good || must_stop(call)) {
        invalidating_fail(call, v, good ? ERROR_NONE : ERROR_INTERNAL);
        return;
    }
    record_job_prepare(&v->record);
    v->record.job.deadline = call->deadline;
    v->record.job.done = on_written;
    lane_submit(call->worker->write, &v->record.job);
}

static void on_stretch(struct job *job, enum error e)
{
    struct invalidating *v = list_entry(list_entry(job, struct walk_job, job), struct invalidating, walk);
    struct call *call = v->attempt.call;
    const struct walked *subject;
    if (e != ERROR_NONE || v->walk.broken) {
        invalidating_fail(call, v, e);
        return;
    }
    if (v->walk.generation != v->attempt.controller->generation) {
        attempt_again(&v->attempt);
        return;
    }
    v->subject = v->state = 0;
    if (!v->only_counts) {
        batch_write(call, v);
        return;
    }
    while (match_next(v, &subject) != SIZE_MAX)
        v->matched++;
    stretch_end(call, v);
}

static void stretch_ask(struct call *call, struct invalidating *v)
{
    if (must_stop(call)) {
        invalidating_fail(call, v, ERROR_NONE);
        return;
    }
    walk_job_clear(&v->walk);
    v->walk = (struct walk_job){.job.controller_id = v->attempt.controller->controller_id,
                                .after = v->after,
                                .numbers = WALK_SUBJECTS_MAX,
                                .proof = WALK_ORIGINS,
                                .only = &v->purposes};
    walk_job_prepare(&v->walk);
    v->walk.job.deadline = call->deadline;
    v->walk.job.done = on_stretch;
    lane_submit(call->worker->slow, &v->walk.job);
}

/* ---- the call ---- */

/* The key is claimed, where there is one. */
static void invalidating_go_on(struct call *call, struct invalidating *v)
{
    body_read(call, v);
    if (!reader_ok(&v->body)) {
        invalidating_end(call, v, ENDING_FAULTY);
        return;
    }
    stretch_ask(call, v);
}

static void on_claimed(struct job *job, enum error e)
{
    struct invalidating *v = list_entry(list_entry(job, struct claim_job, job), struct invalidating, claim);
    struct call *call = v->attempt.call;
    if (e != ERROR_NONE) { /* of the work itself nothing is written */
        call_problem_untold(call, e);
        return;
    }
    v->matched = v->claim.matched;
    v->invalidated = v->claim.invalidated;
    switch (v->claim.outcome) {
    case CLAIM_RUNNING:
        call_problem(call, ERROR_IN_PROGRESS, "Repeat it later with the same key.", NULL);
        return;
    case CLAIM_REUSED:
        call_problem(call, ERROR_KEY_REUSED, "Send the same body again, or another key.", NULL);
        return;
    case CLAIM_DONE:
        invalidating_answer(call, v);
        return;
    case CLAIM_OURS:
        v->is_claimed = true;
        v->after = v->claim.after != 0 ? v->claim.after : v->after;
        invalidating_go_on(call, v);
    }
}

static void claim_ask(struct call *call, struct invalidating *v)
{
    if (!v->claim.key.present && call->req == NULL) { /* nothing was written, and nobody waits for it */
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    const struct controller *c = v->attempt.controller;
    if (!v->claim.key.present)
        v->claim.key = idempotency_of(call, c->tagger, v->key);
    v->claim.job =
        (struct job){.controller_id = c->controller_id, .deadline = call->deadline, .done = on_claimed};
    claim_job_prepare(&v->claim);
    lane_submit(call->worker->write, &v->claim.job);
}

static void invalidating_begin(struct call *call)
{
    struct invalidating *v = call->state;
    if (!v->begun && v->cursor != NULL &&
        !subject_id_parse(v->attempt.controller->ids, v->cursor, strlen(v->cursor), &v->after)) {
        call_problem(call, ERROR_INVALID, "after takes what an answer named.", NULL);
        return;
    }
    v->begun = true;
    if (v->key.base != NULL && !v->is_claimed)
        claim_ask(call, v);
    else
        invalidating_go_on(call, v);
}

/* Only while it counts: what writes goes on, whoever waits for it. */
static bool invalidating_abandon(struct call *call)
{
    struct invalidating *v = call->state;
    if (!v->only_counts)
        return false;
    lane_cancel(call->worker->slow, &v->walk.job);
    attempt_abandon(&v->attempt);
    return true;
}

void handle_invalidate(struct call *call)
{
    static const char *const allowed[] = {"rehearse", "after", NULL};
    struct invalidating *v = call_alloc(call, sizeof *v);
    const char *rehearse = call_query(call, "rehearse");
    bool good = rehearse == NULL || strcmp(rehearse, "true") == 0 || strcmp(rehearse, "false") == 0;
    if (call_query_only(call, allowed) != 0 || !good) {
        call_problem(call, ERROR_INVALID, "The query takes rehearse=true and after=SUBJECT_ID, each once.",
                     NULL);
        return;
    }
    v->only_counts = rehearse != NULL && strcmp(rehearse, "true") == 0;
    if (!v->only_counts &&
        !idempotency_read(call, &v->key)) /* what writes nothing is repeated as often as one likes */
        return;
    h2o_iovec_t body = call_body(call);
    call->state = v;
    call->dispose = invalidating_dispose;
    call->abandon = invalidating_abandon;
    v->bytes = h2o_iovec_init(call_copy(call, body.base, body.len), body.len);
    v->cursor = call_query(call, "after");
    v->acts = call_alloc(call, WRITE_BATCH_MAX * sizeof *v->acts);
    v->persons = call_alloc(call, WRITE_BATCH_MAX * sizeof *v->persons);
    attempt_start(&v->attempt, call, invalidating_begin);
}
