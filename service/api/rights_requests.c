/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "base/limits.h"
#include "domain/rights.h"
#include "http/attempt.h"
#include "http/idempotency.h"
#include "ledger/free_text.h"
#include "ledger/identity_link.h"
#include "ledger/person.h"
#include "ledger/rights_json.h"
#include "store/lane.h"
#include "store/rights.h"
#include "store/subject.h"
#include "wire/writer.h"

#include <string.h>
#include <strings.h>

/* What people ask, with its clock: POST /v1/rights-requests, and what becomes of one:
 * POST /v1/rights-requests/{id}/extend, pause, resume, refuse, close, identity, identity-link.
 *
 * Each call reads first, since days are the database's to tell (what day it is where the controller is), and
 * then writes what the rules make of it, where nobody changed the request meanwhile. What came with an
 * idempotency key is found by that first read, as it was answered; and read so after the write, too. */

enum action {
    ACTION_ADD,
    ACTION_EXTEND,
    ACTION_PAUSE,
    ACTION_RESUME,
    ACTION_REFUSE,
    ACTION_CLOSE,
    ACTION_IDENTITY,
    ACTION_IDENTITY_LINK
};
enum { AHEAD_SECONDS = 60 }; /* that two clocks may differ */
static const char *const action_words[] = {"add",   "extend",   "pause",         "resume", "refuse",
                                           "close", "identity", "identity_link", NULL};

/* How it was made sure who asks, the outcome only: no document has a place here (GDPR art. 5(1)(c)). */
static const char *const identity_methods[] = {"link",       "login",    "callback", "in_person", "known",
                                               "electronic", "document", "none",     NULL};
static const char *const identity_outcomes[] = {"pending", "verified", "failed", "not_needed", NULL};
static const char *const media[] = {"email", "letter", "phone", "in_person", "web", "app", NULL};

struct asking {
    struct attempt attempt;
    enum action action;
    uint8_t id[UUID_SIZE];
    struct reader body;
    h2o_iovec_t key_field;
    struct idempotency key;

    /* what the body says */
    enum right kind;
    struct person person;
    bool has_person;
    int64_t subject_no;
    const char *client, *medium, *on_behalf_of, *ref, *identity_method, *identity_outcome;
    const char *reason, *complaint;
    instant received; /* INSTANT_NONE: now */
    struct duration extension;

    struct tag tags[2 * IDENTIFIERS_MAX];
    struct lookup_job lookup;
    struct rights_list_job list;
    struct rights_add_job add;
    struct rights_set_job set;
    struct identity_link to;
    struct rights_link_job link;
    bool written; /* the list tells what to answer */
};

static void asking_dispose(void *state)
{
    struct asking *a = state;
    reader_close(&a->body);
    rights_list_job_clear(&a->list);
    attempt_end(&a->attempt);
}

/* ---- what the body says ---- */

static void identity_read(struct asking *a, const struct node *n)
{
    static const char *const members[] = {"method", "outcome", NULL};
    if (!node_present(n))
        return;
    node_only(n, members);
    struct node method = node_member(n, "method"), outcome = node_member(n, "outcome");
    int m = node_word(&method, identity_methods), o = node_word(&outcome, identity_outcomes);
    if (m == 0)
        node_fault(&method, ERROR_INVALID, "that the link was followed only its page can say: identity-link");
    a->identity_method = m >= 0 ? identity_methods[m] : NULL;
    a->identity_outcome = o >= 0 ? identity_outcomes[o] : NULL;
}

static const char *words_read(struct asking *a, const struct node *root, const char *name, bool required)
{
    struct node n = required ? node_member(root, name) : node_optional(root, name);
    if (!node_present(&n))
        return NULL;
    return free_text_read(&a->attempt.call->arena, a->attempt.controller->policy, &n, REASON_BYTES_MAX);
}

/* As a processor: only the contact whom the policy has of that client may ask. */
static void client_read(struct asking *a, const struct node *root)
{
    static const char *const members[] = {"type", "value", NULL};
    struct node client = node_optional(root, "client"), contact = node_optional(root, "contact");
    if (!node_present(&client)) {
        if (node_present(&contact))
            node_fault(&contact, ERROR_INVALID,
                       "stands with client: who asks for whom the data is processed");
        return;
    }
    const char *key = node_string(&client, 1, POLICY_KEY_MAX, NULL);
    const struct client *known = key[0] != '\0' ? policy_client(a->attempt.controller->policy, key) : NULL;
    if (key[0] != '\0' && known == NULL)
        node_fault(&client, ERROR_INVALID, "no client of the policy");
    contact = node_member(root, "contact");
    if (!node_present(&contact))
        return;
    node_only(&contact, members);
    struct node type = node_member(&contact, "type"), value = node_member(&contact, "value");
    static const char *const types[] = {"email", NULL};
    node_word(&type, types);
    const char *address = node_string(&value, 1, IDENTIFIER_MAX, NULL);
    if (known != NULL && address[0] != '\0' &&
        (known->contact == NULL || strcasecmp(known->contact, address) != 0))
        node_fault(&value, ERROR_INVALID,
                   "is not the contact that the policy has of this client: a processor takes the "
                   "controller's own requests alone");
    a->client = known != NULL ? known->key : NULL;
}

static void subject_read(struct asking *a, const struct node *root)
{
    struct node subject = node_optional(root, "subject"), id = node_optional(root, "subject_id");
    if (node_present(&subject) && node_present(&id)) {
        node_fault(&id, ERROR_INVALID, "either subject or subject_id");
    } else if (node_present(&id)) {
        size_t len;
        const char *text = node_string(&id, 1, SUBJECT_ID_TEXT, &len);
        if (len > 0 && !subject_id_parse(a->attempt.controller->ids, text, len, &a->subject_no))
            node_fault(&id, ERROR_INVALID, "none of this controller's");
    } else if (node_present(&subject) || a->client == NULL) {
        a->has_person = true; /* whom a client asks about, a processor may not know */
        person_read_leniently(root, a->attempt.controller, &a->person);
    }
}

static void add_read(struct asking *a, const struct node *root)
{
    static const char *const members[] = {"kind",         "subject",     "subject_id", "client",
                                          "contact",      "received_at", "identity",   "medium",
                                          "on_behalf_of", "ref",         NULL};
    node_only(root, members);
    struct node kind = node_member(root, "kind"), received = node_optional(root, "received_at"),
                identity = node_optional(root, "identity"), medium = node_optional(root, "medium"),
                ref = node_optional(root, "ref");
    int k = node_word(&kind, right_words);
    a->kind = k >= 0 ? (enum right)k : RIGHT_ACCESS;
    client_read(a, root);
    subject_read(a, root);
    a->received = node_present(&received) ? node_moment(&received) : INSTANT_NONE;
    a->identity_outcome = "pending";
    identity_read(a, &identity);
    int m = node_present(&medium) ? node_word(&medium, media) : -1;
    a->medium = m >= 0 ? media[m] : NULL;
    a->on_behalf_of = words_read(a, root, "on_behalf_of", false);
    a->ref = node_present(&ref) ? reference_read(&a->attempt.call->arena, a->attempt.controller->policy, &ref)
                                : NULL;
}

static void extension_read(struct asking *a, const struct node *root)
{
    static const char text[] = "must be a duration in months, weeks and days, of P2M at most";
    struct node by = node_optional(root, "by");
    a->extension = (struct duration){.months = RIGHTS_EXTENSION_MONTHS};
    if (!node_present(&by))
        return;
    size_t len;
    const char *value = node_string(&by, 1, DURATION_TEXT, &len);
    struct duration d = a->extension;
    bool is_none = len > 0 && !duration_parse(value, len, &d);
    bool is_long = d.months > RIGHTS_EXTENSION_MONTHS ||
                   (d.months == RIGHTS_EXTENSION_MONTHS && d.days > 0) ||
                   d.days > 28 * RIGHTS_EXTENSION_MONTHS || (d.months > 0 && d.days > 28);
    if (is_none || is_long || d.seconds > 0 || duration_is_zero(d))
        node_fault(&by, ERROR_INVALID, text);
    a->extension = d;
}

static void change_read(struct asking *a, const struct node *root)
{
    static const char *const of_extend[] = {"reason", "by", NULL}, *const of_pause[] = {"reason", NULL},
                             *const of_nothing[] = {NULL}, *const of_refuse[] = {"reason", "complaint", NULL},
                             *const of_identity[] = {"method", "outcome", NULL};
    static const char *const *const members[] = {of_nothing, of_extend, of_pause,   of_nothing,
                                                 of_refuse,  of_pause,  of_identity};
    if (a->action == ACTION_IDENTITY) {
        identity_read(a, root);
        return;
    }
    if (a->action == ACTION_IDENTITY_LINK) {
        struct ledger_env env = attempt_env(&a->attempt);
        identity_link_read(&env, root, &a->to);
        return;
    }
    node_only(root, members[a->action]);
    if (a->action == ACTION_EXTEND)
        extension_read(a, root);
    if (a->action != ACTION_RESUME)
        a->reason = words_read(a, root, "reason", a->action != ACTION_CLOSE);
    if (a->action == ACTION_REFUSE)
        a->complaint = words_read(a, root, "complaint", false);
}

/* ---- the clock ---- */

/* When it is due by now, unless its clock stands. */
static struct rights_end due_of(const struct rights_clock *clock)
{
    struct rights_end due = {.day = DAY_NONE, .at = INSTANT_NONE};
    struct calendar_date day;
    if (!rights_due(clock, &due.at, &day))
        due.day = (int32_t)calendar_days(day);
    return due;
}

/* What a change makes of the clock. Returns NULL, or why it cannot be made. */
static const char *clock_set(struct asking *a, const struct rights_row *r, instant now, int32_t today)
{
    bool paused = r->paused_at != INSTANT_NONE;
    a->set.paused_days = r->paused_days;
    a->set.paused = r->paused;
    a->set.due = (struct rights_end){.day = DAY_NONE, .at = INSTANT_NONE};

    /* what may follow what */
    if (r->closed_at != INSTANT_NONE)
        return "It is closed.";
    if (a->action == ACTION_EXTEND && r->extended_at != INSTANT_NONE)
        return "It was extended before, which may be done once.";
    if (a->action == ACTION_EXTEND && r->due.at != INSTANT_NONE && r->due.at <= now)
        return "Its term is over: an extension has to be told within it.";
    if (a->action == ACTION_PAUSE && paused)
        return "It is paused already.";
    if (a->action == ACTION_RESUME && !paused)
        return "It is not paused.";

    /* what was paused */
    if (paused && a->action != ACTION_RESUME && a->action != ACTION_REFUSE && a->action != ACTION_CLOSE)
        return NULL; /* the clock stands still */
    if (paused) {
        a->set.paused_days += today - r->paused_day;
        a->set.paused.seconds += (now - r->paused_at) / SECOND;
    }
    if (a->action == ACTION_PAUSE)
        return NULL;
    struct rights_clock clock = {.country = a->attempt.controller->policy->country,
                                 .received = r->received,
                                 .received_on = calendar_date_of(r->received_day),
                                 .term = r->term,
                                 .extension = a->action == ACTION_EXTEND ? a->extension : r->extension,
                                 .paused_days = a->set.paused_days,
                                 .paused_seconds = a->set.paused.seconds};
    a->set.due = due_of(&clock);
    return NULL;
}

/* ---- the steps ---- */

static void list_send(struct call *call, struct asking *a);

static void asking_answer(struct call *call, struct asking *a)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    rights_request_write(&w, a->attempt.controller->ids, &a->list.rows[0], a->list.as_of);
    call_answer_json(call,
                     a->action == ACTION_ADD             ? 201
                     : a->action == ACTION_IDENTITY_LINK ? 202
                                                         : 200,
                     &out);
}

/* The write has been done, or was not needed: what stands now is told. */
static void on_added(struct job *job, enum error e)
{
    struct asking *a = list_entry(list_entry(job, struct rights_add_job, job), struct asking, add);
    struct call *call = a->attempt.call;
    if (e != ERROR_NONE) {
        call_problem(call, e, NULL, NULL);
    } else if (a->add.reused) {
        call_problem(call, ERROR_KEY_REUSED, NULL, NULL);
    } else {
        memcpy(a->id, a->add.id, sizeof a->id);
        a->written = true;
        list_send(call, a);
    }
}

/* The same whoever has the address. */
static void link_refuse(struct call *call, struct asking *a)
{
    struct node root = reader_root(&a->body), to = node_member(&root, "to");
    node_fault(&to, ERROR_INVALID,
               "is no address that the person of this request had when it was received, and has alone");
    call_bad_body(call, &a->body);
}

static void changed(struct asking *a, enum error e, enum rights_outcome outcome)
{
    struct call *call = a->attempt.call;
    if (e != ERROR_NONE) {
        call_problem(call, e, NULL, NULL);
        return;
    }
    switch (outcome) {
    case RIGHTS_DONE:
        a->written = true;
        list_send(call, a);
        return;
    case RIGHTS_STALE:
        call_problem(call, ERROR_CONFLICT, "It was changed at the same time: read it again.", NULL);
        return;
    case RIGHTS_KEY_REUSED:
        call_problem(call, ERROR_KEY_REUSED, NULL, NULL);
        return;
    case RIGHTS_NOT_THEIRS:
        link_refuse(call, a);
        return;
    case RIGHTS_LINKED_LATELY:
        call_problem(call, ERROR_CONFLICT,
                     "A link went there within ten minutes, or three within a day. Nothing was sent.", NULL);
        return;
    }
}

static void on_set(struct job *job, enum error e)
{
    struct asking *a = list_entry(list_entry(job, struct rights_set_job, job), struct asking, set);
    changed(a, e, a->set.outcome);
}

static void add_send(struct call *call, struct asking *a)
{
    const struct controller *c = a->attempt.controller;
    const struct policy *policy = c->policy;
    instant received = a->received != INSTANT_NONE ? a->received : a->list.as_of;
    if (a->received != INSTANT_NONE && a->received > a->list.as_of + AHEAD_SECONDS * SECOND) {
        reader_member_fault(&a->body, "received_at", "lies ahead of the server's clock");
        call_bad_body(call, &a->body);
        return;
    }
    if (call->req == NULL || uuid_v7(a->add.id) != 0) {
        call_problem(call, call->req == NULL ? ERROR_UNAVAILABLE : ERROR_INTERNAL, NULL, NULL);
        return;
    }
    struct rights_clock clock = {
        .country = policy->country,
        .received = received,
        .received_on = calendar_date_of(a->received != INSTANT_NONE ? a->list.day : a->list.today),
        .term = policy->rights_term};
    a->add.kind = right_words[a->kind];
    a->add.subject_no = a->subject_no;
    a->add.client = a->client;
    a->add.received = received;
    a->add.term = policy->rights_term;
    a->add.due = due_of(&clock);
    a->add.identity_method = a->identity_method;
    a->add.identity_outcome = a->identity_outcome;
    a->add.medium = a->medium;
    a->add.on_behalf_of = a->on_behalf_of;
    a->add.ref = a->ref;
    a->add.actor = call->claims.subject;
    a->add.token = call->claims.id[0] != '\0' ? call->claims.id : NULL;
    a->add.key = a->key;
    rights_add_job_prepare(&a->add, c->controller_id);
    a->add.job.deadline = call->deadline;
    a->add.job.done = on_added;
    call->abandon = NULL;
    lane_submit(call->worker->write, &a->add.job);
}

static void set_send(struct call *call, struct asking *a, const struct rights_row *r)
{
    const struct policy *policy = a->attempt.controller->policy;
    const char *trouble = clock_set(a, r, a->list.as_of, a->list.today);
    if (trouble != NULL) {
        call_problem(call, ERROR_CONFLICT, trouble, NULL);
        return;
    }
    memcpy(a->set.id, a->id, sizeof a->set.id);
    a->set.edition = r->edition;
    a->set.action = action_words[a->action];
    a->set.extension = a->action == ACTION_EXTEND ? &a->extension : NULL;
    a->set.reason = a->reason;
    a->set.complaint = a->action == ACTION_REFUSE && a->complaint == NULL ? policy->authority : a->complaint;
    a->set.identity_method = a->identity_method;
    a->set.identity_outcome = a->identity_outcome;
    a->set.answer = a->action == ACTION_CLOSE ? a->reason : NULL;
    a->set.actor = call->claims.subject;
    a->set.token = call->claims.id[0] != '\0' ? call->claims.id : NULL;
    a->set.key = a->key;
    rights_set_job_prepare(&a->set, a->attempt.controller->controller_id);
    a->set.job.deadline = call->deadline;
    a->set.job.done = on_set;
    call->abandon = NULL;
    lane_submit(call->worker->write, &a->set.job);
}

/* ---- the link that proves who asks ---- */

static void on_linked(struct job *job, enum error e)
{
    struct asking *a = list_entry(list_entry(job, struct rights_link_job, job), struct asking, link);
    changed(a, e, a->link.outcome);
}

static void link_send(struct call *call, struct asking *a, const struct rights_row *r)
{
    struct ledger_env env = attempt_env(&a->attempt);
    if (r->closed_at != INSTANT_NONE) {
        call_problem(call, ERROR_CONFLICT, "It is closed.", NULL);
        return;
    }
    if (!env.controller->policy->messages.has_endpoint) {
        call_problem(call, ERROR_CONFLICT, "The policy names no endpoint that messages are delivered to.",
                     NULL);
        return;
    }
    memcpy(a->link.id, a->id, sizeof a->link.id);
    a->link.edition = r->edition;
    a->link.to = a->to.address;
    a->link.content = identity_link_message(&env, &a->to, r->number, r->edition + 1, a->list.as_of,
                                            &a->link.content_len, &a->link.valid_until);
    if (a->link.content == NULL) {
        call_problem(call, ERROR_INTERNAL, NULL, NULL);
        return;
    }
    a->link.actor = call->claims.subject;
    a->link.token = call->claims.id[0] != '\0' ? call->claims.id : NULL;
    a->link.key = a->key;
    rights_link_job_prepare(&a->link, env.controller->controller_id);
    a->link.job.deadline = call->deadline;
    a->link.job.done = on_linked;
    call->abandon = NULL;
    lane_submit(call->worker->write, &a->link.job);
}

static void on_listed(struct job *job, enum error e)
{
    struct asking *a = list_entry(list_entry(job, struct rights_list_job, job), struct asking, list);
    struct call *call = a->attempt.call;
    if (e != ERROR_NONE || a->list.broken)
        call_problem(call, e != ERROR_NONE ? e : ERROR_OVERLOADED, NULL, NULL);
    else if (a->list.reused)
        call_problem(call, ERROR_KEY_REUSED, NULL, NULL);
    else if (a->list.kept || (a->written && a->list.count > 0))
        asking_answer(call, a);
    else if (!a->written && a->list.generation != a->attempt.controller->generation)
        attempt_again(&a->attempt);
    else if (a->action == ACTION_ADD && !a->written)
        add_send(call, a);
    else if (a->list.count == 0)
        call_problem(call, ERROR_NOT_FOUND, "There is no such request.", NULL);
    else if (a->action == ACTION_IDENTITY_LINK)
        link_send(call, a, &a->list.rows[0]);
    else
        set_send(call, a, &a->list.rows[0]);
}

static void list_send(struct call *call, struct asking *a)
{
    bool one = a->written || a->action != ACTION_ADD;
    rights_list_job_clear(&a->list);
    a->list = (struct rights_list_job){.id = one ? a->id : NULL,
                                       .limit = 1,
                                       .due_before = INSTANT_NONE,
                                       .moment = a->received,
                                       .key = a->key};
    rights_list_job_prepare(&a->list, a->attempt.controller->controller_id);
    a->list.job.deadline = call->deadline;
    a->list.job.done = on_listed;
    lane_submit(call->worker->read, &a->list.job);
}

static void on_found(struct job *job, enum error e)
{
    struct asking *a = list_entry(list_entry(job, struct lookup_job, job), struct asking, lookup);
    struct call *call = a->attempt.call;
    if (e != ERROR_NONE) {
        call_problem(call, e, NULL, NULL);
    } else if (a->lookup.generation != a->attempt.controller->generation) {
        attempt_again(&a->attempt);
    } else {
        a->subject_no = a->lookup.subject_no;
        list_send(call, a);
    }
}

static void person_find(struct call *call, struct asking *a)
{
    size_t count = 0;
    for (size_t i = 0; i < a->person.count; i++) {
        a->tags[count++] = a->person.tags[i];
        if (a->person.rotating)
            a->tags[count++] = a->person.old_tags[i];
    }
    lookup_job_init(&a->lookup, a->attempt.controller->controller_id, a->tags, count);
    a->lookup.job.deadline = call->deadline;
    a->lookup.job.done = on_found;
    lane_submit(call->worker->read, &a->lookup.job);
}

static void asking_begin(struct call *call)
{
    struct asking *a = call->state;
    if (call->req == NULL) { /* nothing was written, and nobody waits for it */
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    reader_close(&a->body);
    a->has_person = false;
    a->key = idempotency_of(call, a->attempt.controller->tagger, a->key_field);
    h2o_iovec_t body = call_body(call);
    if (body.len == 0 && a->action != ACTION_ADD)
        body = h2o_iovec_init(H2O_STRLIT("{}"));
    reader_open(&a->body, body.base, body.len);
    struct node root = reader_root(&a->body);
    if (node_present(&root) && a->action == ACTION_ADD)
        add_read(a, &root);
    else if (node_present(&root))
        change_read(a, &root);
    if (!reader_ok(&a->body))
        attempt_bad_body(&a->attempt, &a->body);
    else if (a->has_person)
        person_find(call, a);
    else
        list_send(call, a);
}

static bool asking_abandon(struct call *call)
{
    struct asking *a = call->state;
    lane_cancel(call->worker->read, &a->lookup.job);
    lane_cancel(call->worker->read, &a->list.job);
    attempt_abandon(&a->attempt);
    return true;
}

static void asking_start(struct call *call, enum action action)
{
    struct asking *a = call_alloc(call, sizeof *a);
    if (!call_takes_no_query(call))
        return;
    a->action = action;
    a->received = INSTANT_NONE;
    if (action != ACTION_ADD && !uuid_parse(call->arguments[0].base, call->arguments[0].len, a->id)) {
        call_problem(call, ERROR_NOT_FOUND, "There is no such request.", NULL);
        return;
    }
    if (!idempotency_read(call, &a->key_field))
        return;
    call->state = a;
    call->dispose = asking_dispose;
    call->abandon = asking_abandon;
    attempt_start(&a->attempt, call, asking_begin);
}

void handle_rights_request(struct call *call)
{
    asking_start(call, ACTION_ADD);
}

void handle_rights_extend(struct call *call)
{
    asking_start(call, ACTION_EXTEND);
}

void handle_rights_pause(struct call *call)
{
    asking_start(call, ACTION_PAUSE);
}

void handle_rights_resume(struct call *call)
{
    asking_start(call, ACTION_RESUME);
}

void handle_rights_refuse(struct call *call)
{
    asking_start(call, ACTION_REFUSE);
}

void handle_rights_close(struct call *call)
{
    asking_start(call, ACTION_CLOSE);
}

void handle_rights_identity(struct call *call)
{
    asking_start(call, ACTION_IDENTITY);
}

void handle_rights_identity_link(struct call *call)
{
    asking_start(call, ACTION_IDENTITY_LINK);
}
