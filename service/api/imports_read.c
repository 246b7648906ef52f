/* SPDX-License-Identifier: Apache-2.0 */
#include "api/imports_internal.h"
#include "base/limits.h"
#include "ledger/person.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- look ---- */

static uint64_t tag_word(const struct tag *tag)
{
    uint64_t word;
    memcpy(&word, tag->bytes + TAG_SIZE - sizeof word, sizeof word);
    return word;
}

static void met_grow(struct import_met *m)
{
    struct import_met old = *m;
    m->room = old.room == 0 ? 1024 : 2 * old.room;
    m->places = calloc(m->room, sizeof *m->places);
    if (m->places == NULL)
        h2o_fatal("no memory");
    for (size_t k = 0; k < old.room; k++) {
        if (old.places[k].entry == 0)
            continue;
        size_t at = old.places[k].tag & (m->room - 1);
        while (m->places[at].entry != 0)
            at = (at + 1) & (m->room - 1);
        m->places[at] = old.places[k];
    }
    free(old.places);
}

/* The entry that named it first; ${entry} where none did. */
static uint32_t met_first(struct import_met *m, uint64_t tag, uint32_t entry)
{
    if (2 * m->count >= m->room)
        met_grow(m);
    size_t at = tag & (m->room - 1);
    while (m->places[at].entry != 0 && m->places[at].tag != tag)
        at = (at + 1) & (m->room - 1);
    if (m->places[at].entry == 0) { /* entries stand there from 1 on */
        m->places[at].tag = tag;
        m->places[at].entry = entry + 1;
        m->count++;
    }
    return m->places[at].entry - 1;
}

static uint32_t kin_root(struct import_call *i, uint32_t entry)
{
    while (i->entries[entry].kin != entry) {
        i->entries[entry].kin = i->entries[i->entries[entry].kin].kin;
        entry = i->entries[entry].kin;
    }
    return entry;
}

static void kin_join(struct import_call *i, uint32_t a, uint32_t b)
{
    a = kin_root(i, a);
    b = kin_root(i, b);
    i->entries[a < b ? b : a].kin = a < b ? a : b;
}

/* What it is, by its members, unless it has kin. */
static enum import_sort sort_of(const struct node *root, const struct person *person)
{
    static const char *const others[] = {"choices", "expressed_by", "minor", "represented"};
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        struct node n = node_optional(root, others[k]);
        if (node_present(&n))
            return IMPORT_KIN;
    }
    if (person->count == 0 || (person->count > 1 && memchr(person->types, IDENTIFIER_VISITOR, person->count)))
        return IMPORT_KIN;
    return person->count == 1 ? IMPORT_ONE : IMPORT_SEVERAL;
}

void imports_look(struct import_call *i, const struct ndjson_line *line)
{
    uint32_t place = (uint32_t)i->entry_count++;
    struct import_entry *entry = &i->entries[place];
    struct reader body;
    struct person person = {0};
    assert(i->entry_count <= i->entry_room);
    *entry = (struct import_entry){
        .bytes = line->bytes, .len = (uint32_t)line->len, .number = (uint32_t)line->number, .kin = place};
    if (line->len > BATCH_LINE_BYTES_MAX)
        return;
    reader_open(&body, line->bytes, line->len);
    struct node root = reader_root(&body);
    if (node_is_object(&root)) {
        person_read_leniently(&root, i->attempt.controller, &person);
        entry->sort = (uint8_t)sort_of(&root, &person);
    }
    reader_close(&body);
    for (size_t k = 0; k < person.count; k++) {
        entry->named ^= tag_word(&person.tags[k]);
        kin_join(i, met_first(&i->met, tag_word(&person.tags[k]), place), place);
    }
}

static void order_add(struct import_call *i, enum import_sort sort)
{
    for (uint32_t k = 0; k < i->entry_count; k++) {
        if (i->entries[k].sort == sort)
            i->order[i->order_count++] = k;
    }
}

void imports_order(struct import_call *i)
{
    free(i->met.places);
    i->met = (struct import_met){0};

    /* The lines of each kin, one behind the other; last is kept where the first one's link will be. */
    uint32_t *last = calloc(i->entry_count + 1, sizeof *last);
    if (last == NULL)
        h2o_fatal("no memory");
    for (uint32_t k = 0; k < i->entry_count; k++) {
        uint32_t root = kin_root(i, k);
        if (root != k)
            i->entries[last[root]].next_kin = k;
        last[root] = k;
    }
    for (uint32_t k = 0; k < i->entry_count; k++) {
        if (i->entries[k].kin != k || last[k] != k)
            i->entries[k].sort = IMPORT_KIN;
    }
    order_add(i, IMPORT_ONE);
    bool are_few = i->entry_count - i->order_count <= IMPORT_KIN_ACTS; /* all others are one group */
    if (!are_few)
        order_add(i, IMPORT_SEVERAL);
    for (uint32_t k = 0; k < i->entry_count; k++) {
        struct import_entry *entry = &i->entries[k];
        if (are_few && entry->sort == IMPORT_SEVERAL)
            entry->sort = IMPORT_KIN;
        if (entry->kin != k || entry->sort != IMPORT_KIN)
            continue;
        for (uint32_t one = k;; one = i->entries[one].next_kin) {
            i->order[i->order_count++] = one;
            if (one == last[k])
                break;
        }
    }
    free(last);
    assert(i->order_count == i->entry_count);
}

/* ---- read ---- */

bool imports_read_line(const struct ledger_env *env, const struct import_entry *entry, struct reader *body,
                       struct acts *ret_acts)
{
    *ret_acts = (struct acts){0};
    reader_open(body, entry->bytes, entry->len);
    struct node root = reader_root(body);
    if (!node_present(&root))
        return false;
    if (node_is_object(&root))
        consents_read(env, body, ret_acts);
    else
        node_fault(&root, ERROR_INVALID, "a line is one object");
    return reader_ok(body) && ret_acts->count > 0;
}

static void line_add(struct import_call *i, struct import_group *g, uint32_t place, const struct acts *acts)
{
    const struct controller *c = i->attempt.controller;
    const struct call *call = i->attempt.call;
    g->entries[g->job.count] = place;
    g->lines[g->job.count++] = (struct record_job){.job.controller_id = c->controller_id,
                                                   .generation = c->generation,
                                                   .policy_version = c->policy->version,
                                                   .accepted = call->accepted,
                                                   .actor = call->claims.subject,
                                                   .count = acts->count,
                                                   .acts = acts->list};
    for (size_t k = 0; k < acts->count; k++) {
        const struct purpose *purpose = policy_purpose_numbered(c->policy, acts->list[k].purpose, NULL);
        assert(purpose != NULL);
        g->sets_of[g->acts++] = (size_t)(purpose - c->policy->purposes);
    }
}

void imports_read(struct import_call *i, struct import_group *g)
{
    struct ledger_env env = imports_env(i, &g->arena);
    assert(g->job.count == 0 && !g->is_sent);
    g->job.lines = g->lines;
    g->job.sets_of = g->sets_of;
    g->job.sets = i->sets;
    g->job.set_count = i->attempt.controller->policy->purpose_count;
    g->job.dry = i->dry;
    uint8_t sort = i->entries[i->order[i->next]].sort;
    size_t room = sort == IMPORT_ONE ? IMPORT_ACTS_MAX : IMPORT_KIN_ACTS;

    while (i->next < i->order_count && i->failure == ERROR_NONE) {
        struct import_entry *entry = &i->entries[i->order[i->next]];
        if (entry->state != IMPORT_WAITS) {
            i->next++;
            continue;
        }
        struct reader body;
        struct acts acts;
        bool ok = entry->len <= BATCH_LINE_BYTES_MAX && entry->sort == sort;
        if (entry->sort != sort)
            return; /* the others: the next group */
        if (!ok) {
            entry->state = IMPORT_BAD;
            i->next++;
            continue;
        }
        ok = imports_read_line(&env, entry, &body, &acts);
        if (!ok && error_status(reader_error(&body)) >= 500)
            i->failure = reader_error(&body); /* the line is not at fault */
        reader_close(&body);
        if (ok && g->acts + acts.count > room)
            return; /* read again, for the next group */
        if (ok)
            line_add(i, g, i->order[i->next], &acts);
        else
            entry->state = IMPORT_BAD;
        i->next++;
    }
}

/* ---- what came of it ---- */

static void results_room(struct import_call *i, size_t more)
{
    if (i->result_count + more <= i->result_room)
        return;
    i->result_room = 2 * i->result_room + i->entry_count + more;
    i->results = reallocarray(i->results, i->result_room, sizeof *i->results);
    if (i->results == NULL)
        h2o_fatal("no memory");
}

/* The strictest verdict over the act's identifiers, before the group or after it. */
static enum reason reason_told(struct import_call *i, struct import_group *g, size_t act,
                               const struct act *said, const struct recorded *event, bool after)
{
    const struct policy *policy = i->attempt.controller->policy;
    int entity = ENTITY_ANY;
    const struct purpose *purpose = policy_purpose_numbered(policy, said->purpose, &entity);
    struct verdict strictest = {.reason = REASON_COUNT};
    for (size_t k = 0; k < said->person->count; k++) {
        struct states states;
        if (!import_job_states(&g->job, act, said, event, k, after, &states)) {
            i->failure = ERROR_OUTCOME_UNKNOWN;
            return REASON_NEVER_ASKED;
        }
        struct verdict v = verdict_of(policy, purpose, entity, &states, worker_now(i->attempt.call->worker));
        strictest = k == 0 ? v : verdict_stricter(strictest, v);
    }
    return strictest.reason;
}

static void line_take(struct import_call *i, struct import_group *g, const struct record_job *line,
                      size_t first, struct import_entry *entry)
{
    if (line->event_count != line->count) {
        i->failure = ERROR_OUTCOME_UNKNOWN;
        return;
    }
    results_room(i, line->count);
    entry->result = (uint32_t)i->result_count;
    entry->result_count = (uint16_t)line->count;
    for (size_t k = 0; k < line->count; k++) {
        const struct recorded *e = &line->events[k];
        struct import_result *r = &i->results[i->result_count++];
        *r = (struct import_result){.purpose = line->acts[k].purpose, .effect = (uint8_t)e->effect};
        memcpy(r->record_id, e->record_id, UUID_SIZE);
        r->before = (uint8_t)reason_told(i, g, first + k, &line->acts[k], e, false);
        r->after = (uint8_t)reason_told(i, g, first + k, &line->acts[k], e, true);
        if (e->effect != EFFECT_REPEATED)
            worker_clock(i->attempt.call->worker, e->recorded_at);
    }
    entry->state = IMPORT_DONE;
}

void imports_take(struct import_call *i, struct import_group *g)
{
    size_t act = 0;
    for (size_t k = 0; k < g->job.count && !i->stale; k++) {
        struct record_job *line = &g->lines[k];
        struct import_entry *entry = &i->entries[g->entries[k]];
        switch (line->outcome) {
        case RECORD_DONE:
            line_take(i, g, line, act, entry);
            break;
        case RECORD_STALE:
            i->stale = true;
            break;
        case RECORD_IN_FUTURE:
            entry->state = IMPORT_IN_FUTURE;
            break;
        case RECORD_TOO_MANY:
            entry->state = IMPORT_TOO_MANY;
            break;
        case RECORD_AGAIN: /* it says what another said that was refused: alone it is told why */
            if (i->order_count < 2 * i->entry_room)
                i->order[i->order_count++] = g->entries[k];
            break;
        default:
            i->failure = ERROR_INTERNAL;
        }
        act += line->count;
    }
    i->confirmed = i->confirmed || !i->stale;
}
