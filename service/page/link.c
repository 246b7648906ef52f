/* SPDX-License-Identifier: Apache-2.0 */
#include "page/link.h"

#include "base/limits.h"
#include "http/server.h"
#include "ledger/confirmation.h"
#include "ledger/probes.h"
#include "page/opened.h"
#include "store/lane.h"
#include "wire/writer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistr.h>

/* ---- whose it is ---- */

static void under_policy(struct call *call);

static void controller_known(struct call *call, void *cookie)
{
    struct link_page *p = cookie;
    if (p->is_post)
        recording_start(&p->recording, call, p->recording.kind);
    else
        attempt_start(&p->recording.attempt, call, under_policy);
}

static bool link_read(struct link_page *p)
{
    struct call *call = link_page_call(p);
    h2o_iovec_t token = call->arguments[0];
    if (link_open(call->worker->options->link_keys, p->use, token.base, token.len, &p->link) != 0)
        return false;
    if (p->use == LINK_CONFIRM)
        return confirm_link_unpack(&p->link, &p->requests.which);
    p->who = call_alloc(call, sizeof *p->who);
    p->is_kept = kept_link_unpack(&p->link, p->kept_id);
    return p->is_kept || person_link_unpack(p->link.payload, p->link.len, p->who);
}

static void link_page_dispose(void *state)
{
    struct link_page *p = state;
    link_page_forget(&p->recording);
    attempt_end(&p->recording.attempt);
}

void link_page_start(struct link_page *p, struct call *call, enum link_use use,
                     void (*show)(struct link_page *p), const struct recording_kind *kind)
{
    p->recording.attempt.call = call;
    p->recording.kind = kind;
    p->use = use;
    p->show = show;
    p->is_post = kind != NULL;
    call->state = p;
    call->dispose = link_page_dispose; /* of a POST recording_start sets its own */
    if (!link_read(p)) {
        page_not_found(call);
        return;
    }
    page_open(call, p->link.controller_id, controller_known, p);
}

bool link_page_form(struct link_page *p, struct call *call)
{
    h2o_iovec_t type = call_header(call, "content-type"), body = call_body(call);
    p->how = "button";
    if (type.base == NULL || !form_read(&call->arena, type.base, type.len, body.base, body.len, &p->form)) {
        call_problem(call, ERROR_BAD_REQUEST, NULL, NULL);
        return false;
    }
    /* A mail program's one click, and nothing that a page of ours sends (RFC 8058, 3.1). */
    const char *one_click = form_value(&p->form, "List-Unsubscribe");
    bool is_program = one_click != NULL && form_value(&p->form, "action") == NULL;
    if (!is_program && !page_is_origin_ours(call)) {
        call_problem(call, ERROR_FOREIGN_ORIGIN, NULL, NULL);
        return false;
    }
    return true;
}

/* ---- the policy's texts ---- */

static void what_stands(struct link_page *p);

static void language_choose(struct link_page *p)
{
    const char *wanted = p->who != NULL && p->who->language[0] != '\0' ? p->who->language : NULL;
    p->language = page_language(link_page_call(p), controller_texts(link_page_controller(p)), wanted);
}

/* ---- the row that a link names ---- */

static bool is_current(struct link_page *p, enum error e, bool broken, int64_t generation);

static void on_kept(struct job *job, enum error e)
{
    struct link_page *p = list_entry(list_entry(job, struct kept_link_job, job), struct link_page, kept);
    if (!is_current(p, e, false, p->kept.generation))
        return;
    if (link_page_call(p)->req == NULL) {
        call_problem(link_page_call(p), ERROR_UNAVAILABLE, NULL, NULL);
        return;
    }
    if (p->kept.found && person_link_kept(&p->kept.link, p->who)) {
        language_choose(p);
        what_stands(p);
        return;
    }
    language_choose(p); /* it went at its end, or with its person */
    if (!link_page_expired(p))
        link_page_over(p, TEXT_OVER_PERSON);
}

static void kept_ask(struct link_page *p)
{
    struct call *call = link_page_call(p);
    kept_link_job_init(&p->kept, p->link.controller_id, p->kept_id);
    p->kept.job.deadline = call->deadline;
    p->kept.job.done = on_kept;
    lane_submit(call->worker->read, &p->kept.job);
}

/* Under the policy that the attempt holds. */
static void prepare(struct link_page *p)
{
    struct call *call = link_page_call(p);
    if (call->req == NULL) {
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
    } else if (p->is_kept) {
        kept_ask(p);
    } else {
        language_choose(p);
        what_stands(p);
    }
}

static void under_policy(struct call *call)
{
    struct link_page *p = call->state;
    link_page_forget(&p->recording);
    prepare(p);
}

void link_page_ask(struct recording *r)
{
    prepare(link_page_of(r));
}

void link_page_forget(struct recording *r)
{
    struct link_page *p = link_page_of(r);
    check_job_clear(&p->check);
    requests_job_clear(&p->requests);
    yeses_reached_job_clear(&p->reached);
}

/* ---- what stands ---- */

/* Whether the form can only stop something. */
static bool only_stops(const struct link_page *p)
{
    const char *action = form_value(&p->form, "action");
    return p->use == LINK_UNSUBSCRIBE || (action != NULL && strcmp(action, "stop_all") == 0);
}

/* (3): so that what was recorded since makes another key. Of what there is to stop only a Yes counts, and
 * what may become one: a No that was recorded by the same form must not make it another. */
static int64_t latest_of(const struct link_page *p)
{
    int64_t latest = 0;
    bool stops = only_stops(p);
    for (size_t i = 0; i < p->check.state_count; i++) {
        const struct state *s = &p->check.states[i];
        bool counts = !stops || !event_state_is_no(rank_state(s->rank));
        if (counts && s->revision > latest)
            latest = s->revision;
    }
    for (size_t i = 0; i < p->reached.count; i++) {
        if (p->reached.yeses[i].newest > latest)
            latest = p->reached.yeses[i].newest;
    }
    return latest;
}

/* A field of a page with choices: what was chosen, the words it was chosen by, or what was shown beside. */
static bool is_choice(const char *name)
{
    return (name[0] == 'p' || name[0] == 'v' || name[0] == 's') && name[1] == '.';
}

/* (3): what the form says, not its bytes: one click and the button stop alike, a boundary says nothing, and
 * what no page of ours asks is not heard. */
static void meaning_write(const struct link_page *p, struct buf *out)
{
    const char *action = form_value(&p->form, "action");
    buf_text(out, action != NULL ? action : "stop");
    buf_byte(out, '\0');
    for (size_t i = 0; i < p->form.count; i++) {
        const struct form_field *field = &p->form.fields[i];
        if (only_stops(p) || !is_choice(field->name))
            continue;
        buf_append(out, field->name, strlen(field->name) + 1);
        buf_append(out, field->value, strlen(field->value) + 1);
    }
}

/* Returns false when memory ran out. A new version may have more to stop. */
static bool key_make(struct link_page *p)
{
    struct call *call = link_page_call(p);
    const struct controller *c = link_page_controller(p);
    h2o_iovec_t token = call->arguments[0];
    uint8_t hash[32];
    struct buf meaning;
    buf_init(&meaning, FORM_BODY_BYTES_MAX + 64);
    meaning_write(p, &meaning);
    bool is_made = !buf_failed(&meaning);
    tagger_hash(c->tagger, "page", meaning.data, meaning.len, hash);
    buf_free(&meaning);
    size_t room = token.len + sizeof hash * 2 + 48;
    char *key = call_alloc(call, room);
    int len = snprintf(key, room, "page %.*s %lld %d ", (int)token.len, token.base, (long long)latest_of(p),
                       (int)c->policy->version);
    for (size_t i = 0; i < sizeof hash; i++)
        len += snprintf(key + len, room - (size_t)len, "%02x", hash[i]);
    p->recording.key = h2o_iovec_init(key, (size_t)len);
    return is_made;
}

/* Everything is known. */
static void proceed(struct link_page *p)
{
    struct call *call = link_page_call(p);
    if (call->req == NULL) {
        call_problem(call, ERROR_UNAVAILABLE, NULL, NULL);
    } else if (!p->is_post) {
        p->show(p);
    } else if (p->use != LINK_CONFIRM && !key_make(p)) { /* a token to confirm is good once by itself */
        call_problem(call, ERROR_OVERLOADED, NULL, NULL);
    } else {
        recording_go_on(&p->recording);
    }
}

static void states_ask(struct link_page *p);

void link_page_again(struct link_page *p, void (*show)(struct link_page *p))
{
    p->is_post = false;
    p->is_recorded = true;
    p->show = show;
    check_job_clear(&p->check);
    yeses_reached_job_clear(&p->reached);
    states_ask(p);
}

/* Whether a job of the page came back under the policy held; else it goes on by itself. */
static bool is_current(struct link_page *p, enum error e, bool broken, int64_t generation)
{
    if (e != ERROR_NONE || broken) {
        enum error told = p->is_recorded ? ERROR_OUTCOME_UNKNOWN : e != ERROR_NONE ? e : ERROR_OVERLOADED;
        call_problem(link_page_call(p), told, NULL, NULL);
        return false;
    }
    if (!p->is_recorded && generation != link_page_controller(p)->generation) {
        attempt_again(&p->recording.attempt);
        return false;
    }
    return true;
}

/* ---- what a No would stop beyond what the link names ---- */

/* A form's No may be one that was said before, and stop what began since elsewhere; a page tells what there
 * is to stop where it seems that there is nothing. */
static bool looks_beyond(const struct link_page *p)
{
    if (p->use == LINK_CONFIRM || p->is_post)
        return p->use != LINK_CONFIRM;
    for (size_t i = 0; i < link_page_controller(p)->policy->purpose_count; i++) {
        if (link_page_standing(p, i).own_no_everywhere)
            return true;
    }
    return false;
}

static void on_reached(struct job *job, enum error e)
{
    struct link_page *p =
        list_entry(list_entry(job, struct yeses_reached_job, job), struct link_page, reached);
    if (is_current(p, e, p->reached.broken, p->reached.generation))
        proceed(p);
}

/* The tags of the link, under the old key too while one is rotated. */
static void reached_tags(struct link_page *p)
{
    size_t count = p->person.count, old = p->person.rotating ? count : 0;
    struct tag *tags = call_alloc(link_page_call(p), (count + old + 1) * sizeof *tags);
    memcpy(tags, p->person.tags, count * sizeof *tags);
    memcpy(tags + count, p->person.old_tags, old * sizeof *tags);
    p->reached.tags = tags;
    p->reached.tag_count = count + old;
}

static void reached_stopped(struct link_page *p)
{
    const struct policy *policy = link_page_controller(p)->policy;
    size_t most = policy->purpose_count * (1 + policy->entity_count), count = 0;
    int32_t *stopped = call_alloc(link_page_call(p), (most + 1) * sizeof *stopped);
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *purpose = &policy->purposes[i];
        if (!purpose_stopped_by_all(purpose))
            continue;
        stopped[count++] = purpose->number;
        for (size_t k = 0; k < policy->entity_count; k++)
            stopped[count++] = purpose->entity_numbers[k];
    }
    p->reached.stopped = stopped;
    p->reached.stopped_count = count;
}

static void reached_ask(struct link_page *p)
{
    struct call *call = link_page_call(p);
    yeses_reached_job_init(&p->reached, p->link.controller_id);
    reached_tags(p);
    reached_stopped(p);
    p->reached.job.deadline = call->deadline;
    p->reached.job.done = on_reached;
    lane_submit(call->worker->read, &p->reached.job);
}

static void on_checked(struct job *job, enum error e)
{
    struct link_page *p = list_entry(list_entry(job, struct check_job, job), struct link_page, check);
    if (!is_current(p, e, p->check.broken, p->check.generation))
        return;
    worker_clock(link_page_call(p)->worker, p->check.as_of);
    if (looks_beyond(p))
        reached_ask(p);
    else
        proceed(p);
}

static bool set_has(const struct purpose_set *set, int32_t number)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->numbers[i] == number)
            return true;
    }
    return false;
}

/* Adds what is not there yet. Returns false, and adds nothing, where there is no room. */
static bool set_merge(struct purpose_set *set, const struct purpose_set *more)
{
    size_t missing = 0;
    for (size_t i = 0; i < more->count; i++)
        missing += !set_has(set, more->numbers[i]);
    if (set->count + missing > PURPOSE_SET_MAX)
        return false;
    for (size_t i = 0; i < more->count; i++) {
        if (!set_has(set, more->numbers[i]))
            set->numbers[set->count++] = more->numbers[i];
    }
    return true;
}

/* What a verdict on each purpose looks at, as few sets as hold it. */
static void sets_make(struct link_page *p)
{
    const struct policy *policy = link_page_controller(p)->policy;
    struct call *call = link_page_call(p);
    size_t most = policy->purpose_count < PAGE_SETS_MAX ? policy->purpose_count : PAGE_SETS_MAX;
    p->sets = call_alloc(call, (most + 1) * sizeof *p->sets);
    p->set_count = 1;
    for (size_t i = 0; i < policy->purpose_count; i++) {
        struct purpose_set one = {0};
        purpose_set_of(policy, &policy->purposes[i], &one);
        if (!set_merge(&p->sets[p->set_count - 1], &one)) {
            if (p->set_count == PAGE_SETS_MAX)
                h2o_fatal("more purposes than a policy has");
            set_merge(&p->sets[p->set_count++], &one);
        }
        p->set_of[i] = (uint8_t)(p->set_count - 1);
    }
}

static void states_ask(struct link_page *p)
{
    struct call *call = link_page_call(p);
    size_t each = probes_count(&p->person);
    sets_make(p);
    p->probes = call_alloc(call, (p->set_count * each + 1) * sizeof *p->probes);
    for (size_t set = 0; set < p->set_count; set++)
        probes_fill(&p->person, set, p->probes + set * each);
    check_job_init(&p->check, p->link.controller_id, p->probes, p->set_count * each, p->sets, p->set_count);
    p->check.job.deadline = call->deadline;
    p->check.job.done = on_checked;
    lane_submit(call->worker->read, &p->check.job);
}

/* While a rotation runs a tag that the database gave stands under the old key, or under the new one. */
static void person_take(struct link_page *p, const struct person *found)
{
    const struct controller *c = link_page_controller(p);
    p->person = *found;
    p->person.rotating = c->old_tagger != NULL;
    for (size_t i = 0; i < found->count; i++) {
        p->person.old_tags[i] = found->tags[i];
        (void)tagger_wrap(c->tagger, &found->tags[i], &p->person.tags[i]);
    }
}

static void on_own(struct job *job, enum error e)
{
    struct link_page *p = list_entry(list_entry(job, struct person_own_job, job), struct link_page, own);
    if (!is_current(p, e, false, p->own.generation))
        return;
    if (p->own.count == 0) {
        link_page_over(p, TEXT_OVER_PERSON);
        return;
    }
    struct person found = {.count = p->own.count};
    memcpy(found.tags, p->own.tags, sizeof p->own.tags);
    memcpy(found.types, p->own.types, sizeof p->own.types);
    person_take(p, &found);
    states_ask(p);
}

/* The tags that the link names, under the key in force. Returns false where their key is none of the
 * chain. */
static bool tags_wrap(struct link_page *p)
{
    const struct controller *c = link_page_controller(p);
    p->person = (struct person){.count = p->who->count, .rotating = c->old_tagger != NULL};
    memcpy(p->person.types, p->who->types, sizeof p->person.types);
    for (size_t i = 0; i < p->who->count; i++) {
        if (tagger_wrap(c->tagger, &p->who->tags[i], &p->person.tags[i]) != 0)
            return false;
        p->person.old_tags[i] = p->person.tags[i];
        if (c->old_tagger != NULL)
            (void)tagger_wrap(c->old_tagger, &p->who->tags[i], &p->person.old_tags[i]);
    }
    return true;
}

/* A confirmation speaks as what was asked for did, where that is known. */
static void requests_language(struct link_page *p)
{
    const struct request_row *first = p->requests.rows;
    struct call *call = link_page_call(p);
    if (p->requests.count == 0 || first->language == NULL || (first->flags & FLAG_ASSUMED) != 0)
        return;
    p->language = page_language(call, controller_texts(link_page_controller(p)),
                                call_copy(call, first->language, strlen(first->language)));
}

static void on_requests(struct job *job, enum error e)
{
    struct link_page *p = list_entry(list_entry(job, struct requests_job, job), struct link_page, requests);
    if (!is_current(p, e, p->requests.broken, p->requests.generation))
        return;
    worker_clock(link_page_call(p)->worker, p->requests.as_of);
    requests_language(p);
    if (p->requests.person.count > 0)
        person_take(p, &p->requests.person);
    bool confirms = p->is_post && p->recording.kind->confirms;
    if (confirms || p->person.count == 0)
        proceed(p);
    else
        states_ask(p); /* whether a No came since is shown; who confirms is told by the ledger */
}

static void what_stands(struct link_page *p)
{
    struct call *call = link_page_call(p);
    struct confirmation which = p->requests.which;
    assert(p->use == LINK_CONFIRM || p->who != NULL);
    if (p->use == LINK_CONFIRM) {
        requests_job_init(&p->requests, p->link.controller_id, &which);
        p->requests.job.deadline = call->deadline;
        p->requests.job.done = on_requests;
        lane_submit(call->worker->read, &p->requests.job);
    } else if (p->who->count == 0) {
        person_own_job_init(&p->own, p->link.controller_id, p->who->subject_no);
        p->own.job.deadline = call->deadline;
        p->own.job.done = on_own;
        lane_submit(call->worker->read, &p->own.job);
    } else if (tags_wrap(p)) {
        states_ask(p);
    } else {
        page_not_found(call);
    }
}

/* ---- what pages ask of it ---- */

struct verdict link_page_verdict(const struct link_page *p, size_t purpose)
{
    const struct policy *policy = link_page_controller(p)->policy;
    size_t first = p->set_of[purpose] * probes_count(&p->person);
    return probes_verdict(&p->person, policy, &policy->purposes[purpose], ENTITY_ANY, 0, &p->check, first);
}

static bool is_allowed_beyond(const struct link_page *p, const struct purpose *purpose)
{
    size_t entities = link_page_controller(p)->policy->entity_count;
    for (size_t i = 0; i < p->reached.count; i++) {
        int32_t number = p->reached.yeses[i].purpose;
        bool is_of_it = number == purpose->number;
        for (size_t k = 0; k < entities; k++)
            is_of_it = is_of_it || number == purpose->entity_numbers[k];
        if (is_of_it && p->reached.yeses[i].stands)
            return true;
    }
    return false;
}

struct standing link_page_standing(const struct link_page *p, size_t purpose)
{
    const struct policy *policy = link_page_controller(p)->policy;
    size_t first = p->set_of[purpose] * probes_count(&p->person);
    struct standing s = probes_standing(&p->person, policy, &policy->purposes[purpose], &p->check, first);
    s.allowed_beyond = !s.allowed && is_allowed_beyond(p, &policy->purposes[purpose]);
    s.own_no_everywhere = s.own_no_everywhere && !s.allowed_beyond;
    return s;
}

const struct request_row *link_page_confirmed(const struct link_page *p)
{
    for (size_t i = 0; i < p->requests.count; i++) {
        if (p->requests.rows[i].confirmed != 0)
            return &p->requests.rows[i];
    }
    return NULL;
}

static bool rests_on_choice(const struct purpose *p)
{
    return basis_is_withdrawable(p->basis) || p->direct_marketing;
}

size_t link_page_stops(const struct link_page *p, size_t ret_places[POLICY_PURPOSES_MAX])
{
    const struct policy *policy = link_page_controller(p)->policy;
    size_t count = 0;
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *purpose = &policy->purposes[i];
        bool meant = p->who->purpose_count == 0 && purpose->channel == p->who->channel && !purpose->retired &&
                     rests_on_choice(purpose);
        for (size_t k = 0; k < p->who->purpose_count; k++) {
            int32_t named = p->who->purposes[k];
            meant =
                meant || named == purpose->number ||
                (!purpose->retired && rests_on_choice(purpose) && purpose_took_over(policy, purpose, named));
        }
        if (meant)
            ret_places[count++] = i;
    }
    return count;
}

bool link_page_takes_yes(const struct link_page *p, const struct purpose *purpose)
{
    return !purpose->double_opt_in || p->who->is_delivered ||
           !link_page_controller(p)->policy->messages.confirmation_only_delivered;
}

const struct purpose_texts *link_page_purpose(const struct link_page *p, const struct purpose *purpose)
{
    static const struct purpose_texts none = {.key = ""};
    const struct purpose_texts *found =
        policy_texts_purpose(controller_texts(link_page_controller(p)), purpose->key);
    return found != NULL ? found : &none;
}

static void address_write(struct writer *w, const struct link_page *p, struct mask_prefixes prefixes)
{
    const char *whole = page_sender_address(link_page_call(p));
    char masked[MASK_ADDRESS_SIZE];
    size_t len;
    if (whole != NULL && mask_address(whole, strlen(whole), prefixes, masked, &len))
        writer_string(w, "ip", masked, len);
}

const char *link_page_evidence(const struct link_page *p, const struct ledger_env *env)
{
    enum { AGENT_MAX = 512 };
    const struct mask_prefixes prefixes = env->controller->policy->mask;
    h2o_iovec_t agent = call_header(link_page_call(p), "user-agent");
    struct buf out;
    buf_init(&out, EVIDENCE_BYTES_MAX);
    struct writer w = writer_of(&out);
    writer_object_begin(&w, NULL);
    if (!p->recording.kind->confirms) /* there it is told beside both legs */
        writer_text(&w, "how", p->how);
    if (p->use == LINK_PREFERENCES) /* who else had it is part of the proof */
        writer_text(&w, "link", p->who->is_delivered ? "delivered" : "returned");
    address_write(&w, p, prefixes);
    if (agent.base != NULL && agent.len > 0 && agent.len <= AGENT_MAX &&
        u8_check((const uint8_t *)agent.base, agent.len) == NULL) {
        char *masked = arena_need(env->arena, mask_room(agent.len));
        writer_string(&w, "user_agent", masked, mask_text(agent.base, agent.len, prefixes, masked));
    }
    writer_object_end(&w);
    const char *kept = buf_failed(&out) ? NULL : arena_copy(env->arena, out.data, out.len);
    buf_free(&out);
    return kept;
}

void link_page_compose(struct link_page *p, const struct ledger_env *env, const struct buf *body,
                       void (*read)(const struct ledger_env *env, struct reader *body, struct acts *ret_acts),
                       struct acts *ret_acts)
{
    struct reader *r = &p->recording.body;
    const bool only_delivered = env->controller->policy->messages.confirmation_only_delivered;
    const struct page_act act = {.person = &p->person,
                                 .evidence = link_page_evidence(p, env),
                                 .confirmed = !only_delivered || p->who->is_delivered};
    struct ledger_env own = *env;
    own.page = &act;
    reader_close(r);
    reader_open(r, body->data, body->len);
    read(&own, r, ret_acts);
}

void link_page_begin(struct link_page *p, struct page *page, enum page_text title)
{
    page_begin(page, link_page_call(p), controller_texts(link_page_controller(p)), p->language, title);
}

void link_page_over(struct link_page *p, enum page_text why)
{
    struct page page;
    link_page_begin(p, &page, TEXT_OVER_TITLE);
    page_say(&page, "p", why, NULL);
    page_answer(&page, error_status(ERROR_GONE));
}

bool link_page_expired(struct link_page *p)
{
    instant now = worker_now(link_page_call(p)->worker);
    if (now < p->link.expires)
        return false;
    link_page_over(p, TEXT_OVER_EXPIRED);
    return true;
}
