/* SPDX-License-Identifier: Apache-2.0 */
#include "store/record.h"

#include "base/clock.h"
#include "base/fault.h"
#include "store/params.h"
#include "store/record_internal.h"
#include "store/row.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct record_job *record_of(struct job *job)
{
    return list_entry(job, struct record_job, job);
}

void record_bind_requests(const struct sent *batch, size_t count, struct params *params)
{
    const struct record_job *first = record_of(batch[0].job);
    params_int4(params, first->job.controller_id);
    params_int8(params, first->generation);
    params_int4(params, first->policy_version);
    struct param *keys = params_array(params, PARAM_BYTEA);
    struct param *fingerprints = params_array(params, PARAM_BYTEA);
    struct param *contexts = params_array(params, PARAM_TEXT);
    struct param *actors = params_array(params, PARAM_TEXT);
    for (size_t i = 0; i < count; i++) {
        const struct record_job *r = record_of(batch[i].job);
        if (r->idempotency.present) {
            param_bytes(keys, r->idempotency.key_hash, KEY_HASH_SIZE);
            param_bytes(fingerprints, r->idempotency.fingerprint, KEY_HASH_SIZE);
            param_text(contexts, r->context);
        } else {
            param_null(keys);
            param_null(fingerprints);
            param_null(contexts);
        }
        param_text(actors, r->actor);
    }
    param_trim(keys); /* what is beyond an array's end is null too */
    param_trim(fingerprints);
    param_trim(contexts);
}

static int16_t effect_asked(const struct act *a)
{
    return (int16_t)(a->needs_guardian ? EFFECT_SETTLED_THERE : (int)a->effect);
}

/* A sale stands beside those of other product groups. */
static int32_t slot_sent(const struct act *a)
{
    return (int32_t)a->slot + SLOT_COUNT * product_group_place(a->group);
}

static int16_t flags_sent(const struct act *a)
{
    return (int16_t)(a->flags | product_group_flags(a->group));
}

/* An act on its way, with what its request adds. */
struct outgoing {
    int32_t request; /* its index */
    int64_t age;     /* microseconds since it was accepted */
    const struct act *act;
    const struct person *person;
};

static void bind_tag(struct param *p, const struct tag *tag_or_null)
{
    if (tag_or_null != NULL)
        param_bytes(p, tag_or_null, TAG_SIZE);
    else
        param_null(p);
}

/* An array's text form: arrays of arrays must be of one length. */
static void bind_purposes(struct param *p, const struct purpose_set *set)
{
    if (set == NULL) {
        param_text(p, "{}");
        return;
    }
    char text[12 * PURPOSE_SET_MAX + 3];
    size_t n = 0;
    text[n++] = '{';
    for (size_t i = 0; i < set->count; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, i > 0 ? ",%d" : "%d", (int)set->numbers[i]);
    text[n++] = '}';
    text[n] = '\0';
    param_text(p, text);
}

static void bind_time(struct param *p, instant at)
{
    if (at != INSTANT_NONE)
        param_int8(p, at);
    else
        param_null(p);
}

static void bind_validity(struct param *p, const struct act *a)
{
    if (a->has_end)
        param_interval(p, a->validity);
    else
        param_null(p);
}

static void bind_notice(struct param *p, int32_t number)
{
    if (number != 0)
        param_int4(p, number);
    else
        param_null(p);
}

/* As type act has it: NULL where nothing was told. */
static void bind_fact(struct param *p, const struct fact *f)
{
    param_text(p, !f->told ? NULL : !f->limited ? "" : f->until[0] != '\0' ? f->until : "infinity");
}

static const struct tag *old_guardian(const struct act *a)
{
    return a->guardian != NULL && a->guardian->rotating ? &a->guardian->old_tag : NULL;
}

static void bind_old_tags(struct param *p, const struct person *person)
{
    if (person->rotating)
        param_bytes(p, person->old_tags, person->count * TAG_SIZE);
    else
        param_null(p);
}

static void bind_message(struct param *p, const uint8_t *message, size_t len)
{
    if (message != NULL)
        param_bytes(p, message, len);
    else
        param_null(p);
}

static void bind_answers(struct param *p, int64_t answers)
{
    if (answers != 0)
        param_int8(p, answers);
    else
        param_null(p);
}

static void bind_second_after(struct param *p, const struct act *a)
{
    if (a->needs_second)
        param_interval(p, a->second_after);
    else
        param_null(p);
}

/* The members of the type act, in its order: the only list of them here. Each is bound to ${p} of an outgoing
 * act ${o}. */
#define ACT_MEMBERS(X)                                                                                       \
    X(PARAM_INT4, param_int4(p, o->request))                                                                 \
    X(PARAM_BYTEA, param_bytes(p, o->person->tags, o->person->count *TAG_SIZE))                              \
    X(PARAM_BYTEA, param_bytes(p, o->person->types, o->person->count))                                       \
    X(PARAM_BYTEA, bind_old_tags(p, o->person))                                                              \
    X(PARAM_INT4, param_int4(p, o->act->purpose))                                                            \
    X(PARAM_TEXT, bind_purposes(p, o->act->over))                                                            \
    X(PARAM_INT4, param_int4(p, slot_sent(o->act)))                                                          \
    X(PARAM_BYTEA, bind_tag(p, o->act->guardian != NULL ? &o->act->guardian->tag : NULL))                    \
    X(PARAM_BYTEA, bind_tag(p, old_guardian(o->act)))                                                        \
    X(PARAM_INT4, param_int4(p, o->act->guardian_no))                                                        \
    X(PARAM_INT2, param_int2(p, flags_sent(o->act)))                                                         \
    X(PARAM_INT2, param_int2(p, (int16_t)o->act->role))                                                      \
    X(PARAM_INT2, param_int2(p, (int16_t)o->act->method))                                                    \
    X(PARAM_INT8, param_int8(p, o->act->rank_base))                                                          \
    X(PARAM_INT4, param_int4(p, o->act->tie))                                                                \
    X(PARAM_BOOL, param_bool(p, o->act->floating))                                                           \
    X(PARAM_INT8, bind_time(p, o->act->at))                                                                  \
    X(PARAM_INT8, param_int8(p, o->age))                                                                     \
    X(PARAM_INTERVAL, bind_validity(p, o->act))                                                              \
    X(PARAM_INT4, bind_notice(p, o->act->notice))                                                            \
    X(PARAM_INT2, param_int2(p, effect_asked(o->act)))                                                       \
    X(PARAM_UUID, param_bytes(p, o->act->record_id, UUID_SIZE))                                              \
    X(PARAM_TEXT, param_text(p, o->act->language))                                                           \
    X(PARAM_TEXT, param_text(p, o->act->ref))                                                                \
    X(PARAM_TEXT, param_text(p, o->act->detail))                                                             \
    X(PARAM_TEXT, param_text(p, o->act->evidence))                                                           \
    X(PARAM_TEXT, bind_fact(p, &o->act->age))                                                                \
    X(PARAM_BOOL, param_bool(p, o->act->age.documented))                                                     \
    X(PARAM_TEXT, bind_fact(p, &o->act->care))                                                               \
    X(PARAM_BOOL, param_bool(p, o->act->care.documented))                                                    \
    X(PARAM_BYTEA, bind_message(p, o->act->message, o->act->message_len))                                    \
    X(PARAM_BYTEA, bind_tag(p, o->act->message_to))                                                          \
    X(PARAM_BYTEA, bind_message(p, o->act->second, o->act->second_len))                                      \
    X(PARAM_INT8, bind_answers(p, o->act->answers))                                                          \
    X(PARAM_INTERVAL, bind_second_after(p, o->act))

#define ACT_MEMBER_TYPE(type, bind) type,
static const enum param_type act_types[] = {ACT_MEMBERS(ACT_MEMBER_TYPE)};
#undef ACT_MEMBER_TYPE
enum { ACT_MEMBER_COUNT = sizeof act_types / sizeof *act_types };

static void act_bind(struct param *const columns[ACT_MEMBER_COUNT], const struct outgoing *o)
{
    struct param *const *column = columns;
    struct param *p;
#define ACT_MEMBER_BIND(type, bind)                                                                          \
    p = *column++;                                                                                           \
    bind;
    ACT_MEMBERS(ACT_MEMBER_BIND)
#undef ACT_MEMBER_BIND
    assert(column == columns + ACT_MEMBER_COUNT);
}

/* A browser is tied to nobody. */
static bool person_is_plain(const struct person *p)
{
    return !p->rotating && (p->count == 1 || memchr(p->types, IDENTIFIER_VISITOR, p->count) == NULL);
}

/* Whether it is one that record_apart() takes. */
static bool act_is_plain(const struct act *a)
{
    return person_is_plain(a->person) && a->purpose > PURPOSE_ALL && a->guardian == NULL &&
           a->guardian_no == 0 && a->message_to == NULL && a->answers == 0 && !a->age.told && !a->care.told &&
           rank_state(a->rank_base) != EVENT_INVALIDATED &&
           (a->slot == SLOT_YES || a->slot == SLOT_NO || a->slot == SLOT_SALE || a->slot == SLOT_PENDING);
}

/* A set of tags, found by their last bytes, which are those of a hash. Twice as many places as tags. */
enum { TAG_PLACES = 4096, TAGS_APART_MAX = TAG_PLACES / 2 };
static_assert(2 * RECORDS_MAX <= TAGS_APART_MAX && 2 * WRITE_BATCH_MAX <= TAGS_APART_MAX,
              "a whole batch, of two identifiers each");

/* False: it is there already. */
static bool tag_set_add(const struct tag *places[TAG_PLACES], const struct tag *tag)
{
    uint64_t hash;
    memcpy(&hash, tag->bytes + TAG_SIZE - sizeof hash, sizeof hash);
    size_t at = hash % TAG_PLACES;
    while (places[at] != NULL) {
        if (memcmp(places[at], tag, TAG_SIZE) == 0)
            return false;
        at = (at + 1) % TAG_PLACES;
    }
    places[at] = tag;
    return true;
}

/* Of at most TAGS_APART_MAX identifiers, whether each is another. */
static bool tags_are_apart(const struct sent *batch, size_t count)
{
    const struct tag *places[TAG_PLACES] = {NULL};
    for (size_t i = 0; i < count; i++) {
        const struct record_job *r = record_of(batch[i].job);
        for (size_t k = 0; k < r->count; k++) {
            const struct person *p = r->acts[k].person;
            for (size_t n = 0; n < p->count; n++) {
                if (!tag_set_add(places, &p->tags[n]))
                    return false;
            }
        }
    }
    return true;
}

/* Whether the acts of a batch may be recorded by one statement (sql/function/record_apart.sql). Whether one
 * of the identifiers is tied to others, or of several known, is found out there. */
bool record_is_apart(const struct sent *batch, size_t count)
{
    size_t tags = 0;
    bool has_one = false, has_several = false;
    for (size_t i = 0; i < count; i++) {
        const struct record_job *r = record_of(batch[i].job);
        for (size_t k = 0; k < r->count; k++) {
            size_t names = r->acts[k].person->count;
            tags += names;
            has_one = has_one || names == 1;
            has_several = has_several || names > 1;
            if (!act_is_plain(&r->acts[k]) || (has_one && has_several))
                return false;
        }
    }
    return tags == 1 || (tags <= TAGS_APART_MAX && tags_are_apart(batch, count));
}

void record_bind_acts(const struct sent *batch, size_t count, struct params *params)
{
    struct param *columns[ACT_MEMBER_COUNT];
    for (size_t i = 0; i < ACT_MEMBER_COUNT; i++)
        columns[i] = params_array(params, act_types[i]);
    int64_t now = clock_monotonic();
    for (size_t i = 0; i < count; i++) {
        struct record_job *r = record_of(batch[i].job);
        record_job_clear(r);
        for (size_t k = 0; k < r->count; k++) {
            struct outgoing o = {.request = (int32_t)i, .age = now - r->accepted, .act = &r->acts[k]};
            o.person = o.act->person;
            act_bind(columns, &o);
        }
    }
    for (size_t i = 1; i < ACT_MEMBER_COUNT; i++) /* the first, the request's, says how many there are */
        param_trim(columns[i]);
}

/* The place of a copy's source and batch among those met, from 1; a new one is added. */
static int32_t copy_place(const struct copy *copy, const struct copy **met, size_t *met_count)
{
    static const char none[] = "";
    for (size_t i = *met_count; i-- > 0;) {
        const struct copy *m = met[i];
        bool is_same =
            copy->batch == NULL || m->batch == NULL
                ? copy->batch == m->batch
                : strcmp(copy->batch, m->batch) == 0 && strcmp(copy->source != NULL ? copy->source : none,
                                                               m->source != NULL ? m->source : none) == 0;
        if (is_same)
            return (int32_t)i + 1;
    }
    met[(*met_count)++] = copy;
    return (int32_t)*met_count;
}

void record_bind_copies(const struct sent *batch, size_t count, struct params *params)
{
    static const uint8_t no_line[UUID_SIZE];
    const struct copy *met[RECORDS_MAX];
    size_t met_count = 0;
    struct param *places = params_array(params, PARAM_INT4), *lines = params_array(params, PARAM_UUID);
    for (size_t i = 0; i < count; i++) {
        const struct record_job *r = record_of(batch[i].job);
        for (size_t k = 0; k < r->count; k++) {
            const struct copy *copy = r->acts[k].copy;
            param_int4(places, copy != NULL ? copy_place(copy, met, &met_count) : 0);
            param_bytes(lines, copy != NULL ? copy->line : no_line, UUID_SIZE);
        }
    }
    struct param *sources = params_array(params, PARAM_TEXT), *batches = params_array(params, PARAM_TEXT);
    for (size_t i = 0; i < met_count; i++) {
        param_text(sources, met[i]->source);
        param_text(batches, met[i]->batch);
    }
}

static void imports_bind(const struct sent *batch, size_t count, struct params *params)
{
    record_bind_requests(batch, count, params);
    params_bool(params, record_is_apart(batch, count));
    record_bind_copies(batch, count, params);
    record_bind_acts(batch, count, params);
}

/* The purposes of a batch, each once: a few, however many acts there are. A channel's No is a standing No. */
struct purposes_seen {
    size_t count;
    int32_t list[16];
    bool too_many;
};

static void purpose_see(struct purposes_seen *seen, int32_t purpose)
{
    if (purpose < PURPOSE_ALL)
        purpose = PURPOSE_ALL;
    for (size_t i = 0; i < seen->count; i++) {
        if (seen->list[i] == purpose)
            return;
    }
    seen->too_many = seen->count == sizeof seen->list / sizeof *seen->list;
    if (!seen->too_many)
        seen->list[seen->count++] = purpose;
}

/* What record() would else read all acts for. */
static void bind_seen(const struct sent *batch, size_t count, struct params *params)
{
    int64_t newest = 0;
    struct purposes_seen seen = {0};
    for (size_t i = 0; i < count; i++) {
        const struct record_job *r = record_of(batch[i].job);
        for (size_t k = 0; k < r->count && !seen.too_many; k++) {
            const struct act *a = &r->acts[k];
            if (a->at != INSTANT_NONE && a->at > newest)
                newest = a->at;
            purpose_see(&seen, a->purpose);
        }
    }
    if (seen.too_many) {
        params_null(params);
        params_null(params);
        return;
    }
    params_int8(params, newest);
    struct param *purposes = params_array(params, PARAM_INT4);
    for (size_t i = 0; i < seen.count; i++)
        param_int4(purposes, seen.list[i]);
}

static void record_bind(const struct sent *batch, size_t count, struct params *params)
{
    record_bind_requests(batch, count, params);
    params_bool(params, record_is_apart(batch, count));
    params_null(params);
    record_bind_acts(batch, count, params);
    bind_seen(batch, count, params);
}

enum {
    COLUMN_OUTCOME,
    COLUMN_REQUEST,
    COLUMN_ACT,
    COLUMN_RECORD,
    COLUMN_REVISION,
    COLUMN_SUBJECT,
    COLUMN_RANK,
    COLUMN_RECORDED_AT,
    COLUMN_VALID_UNTIL,
    COLUMN_PURPOSE,
    COLUMN_EFFECT,
    COLUMN_WAS,
    COLUMN_WAS_EACH,
    COLUMN_POLICY_VERSION,
    COLUMN_CONTEXT,
    COLUMN_ANSWER
};

/* Pairs of purpose and rank. */
static int was_each_take(struct recorded *e, const PGresult *rows, int row)
{
    size_t numbers;
    if (row_int8_array(rows, row, COLUMN_WAS_EACH, &e->was_each, &numbers) != 0)
        return -1;
    e->was_each_count = numbers / 2;
    return 0;
}

static struct recorded *event_add(struct record_job *r)
{
    if ((r->event_count & (r->event_count - 1)) == 0) { /* room doubles at each power of two */
        size_t room = r->event_count == 0 ? 1 : r->event_count * 2;
        struct recorded *grown = fault_strikes() ? NULL : realloc(r->events, room * sizeof *grown);
        if (grown == NULL)
            return NULL;
        r->events = grown;
    }
    struct recorded *e = &r->events[r->event_count++];
    *e = (struct recorded){.act = -1};
    return e;
}

/* event.answer: a bit for each type of identifier that stays under a No, and these. */
enum { ANSWER_UNKNOWN = 32, ANSWER_UNTIED = 64 };
static_assert(1 << IDENTIFIER_TYPES <= ANSWER_UNKNOWN, "a bit each type");

static void event_take(struct record_job *r, const PGresult *rows, int row)
{
    struct recorded *e = event_add(r);
    if (e == NULL || was_each_take(e, rows, row) != 0) {
        r->broken = true;
        return;
    }
    if (r->outcome == RECORD_DONE) /* the batch numbers its acts, the job its own */
        e->act = row_int4(rows, row, COLUMN_ACT);
    row_uuid(rows, row, COLUMN_RECORD, e->record_id);
    e->revision = row_int8(rows, row, COLUMN_REVISION);
    e->subject_no = row_int8(rows, row, COLUMN_SUBJECT);
    e->rank = row_int8(rows, row, COLUMN_RANK);
    e->recorded_at = row_instant(rows, row, COLUMN_RECORDED_AT);
    e->valid_until = row_instant(rows, row, COLUMN_VALID_UNTIL);
    e->purpose = row_int4(rows, row, COLUMN_PURPOSE);
    e->effect = (enum effect)row_int2(rows, row, COLUMN_EFFECT);
    e->was = (enum event_state)row_int2(rows, row, COLUMN_WAS);
    e->policy_version = row_int4(rows, row, COLUMN_POLICY_VERSION);
    int16_t answer = row_int2(rows, row, COLUMN_ANSWER);
    e->still_denied = (uint8_t)(answer & (ANSWER_UNKNOWN - 1));
    e->known = (answer & ANSWER_UNKNOWN) == 0;
    e->tied = (answer & ANSWER_UNTIED) == 0;
}

static void outcome_take(struct record_job *r, int32_t first_act, const PGresult *rows, int row)
{
    r->outcome = (enum record_outcome)row_int2(rows, row, COLUMN_OUTCOME);
    if (r->outcome == RECORD_IN_FUTURE || r->outcome == RECORD_TOO_MANY || r->outcome == RECORD_NO_OBJECTION)
        r->faulty_act = row_int4(rows, row, COLUMN_ACT) - first_act;
    if (r->outcome != RECORD_DONE && r->outcome != RECORD_CONFIRMED)
        return;
    event_take(r, rows, row);
    if (r->event_count > 0 && r->outcome == RECORD_DONE)
        r->events[r->event_count - 1].act -= first_act;
}

void record_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    int n_rows = PQntuples(rows);
    for (int row = 0; row < n_rows; row++) {
        if (row_int2(rows, row, COLUMN_OUTCOME) == RECORD_STALE) {
            for (size_t i = 0; i < count; i++) {
                if (batch[i].job != NULL)
                    record_of(batch[i].job)->outcome = RECORD_STALE;
            }
            return;
        }
        int32_t request = row_int4(rows, row, COLUMN_REQUEST);
        if (request < 0 || (size_t)request >= count || batch[request].job == NULL)
            continue;
        int32_t first_act = 0;
        for (int32_t i = 0; i < request; i++)
            first_act += (int32_t)batch[i].weight;
        outcome_take(record_of(batch[request].job), first_act, rows, row);
    }
}

int32_t record_row_act(const PGresult *rows, int row)
{
    return row_is_null(rows, row, COLUMN_ACT) ? -1 : row_int4(rows, row, COLUMN_ACT);
}

static bool has_copies(const struct record_job *r)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->acts[i].copy != NULL)
            return true;
    }
    return false;
}

void record_job_prepare(struct record_job *r)
{
    static const struct verb record_verb = {.statement = "record",
                                            .writes = true,
                                            .batch_max = WRITE_BATCH_MAX,
                                            .bind = record_bind,
                                            .take = record_take};
    static const struct verb imports_verb = {.statement = "record_imports",
                                             .writes = true,
                                             .batch_max = WRITE_BATCH_MAX,
                                             .bind = imports_bind,
                                             .take = record_take};
    r->job.verb = has_copies(r) ? &imports_verb : &record_verb;
    /* A batch is of one generation: the function compares one. */
    r->job.edition = r->generation;
    r->job.weight = (uint32_t)r->count;
}

void record_job_clear(struct record_job *r)
{
    for (size_t i = 0; i < r->event_count; i++)
        free(r->events[i].was_each);
    free(r->events);
    free(r->first_context);
    r->events = NULL;
    r->event_count = 0;
    r->first_context = NULL;
    r->outcome = RECORD_DONE;
    r->broken = false;
}

static void replay_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    struct record_job *r = record_of(batch[0].job);
    record_job_clear(r);
    params_int4(params, r->job.controller_id);
    params_bytes(params, r->idempotency.key_hash, KEY_HASH_SIZE);
    params_bytes(params, r->idempotency.fingerprint, KEY_HASH_SIZE);
}

static void replay_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL)
        return;
    struct record_job *r = record_of(batch[0].job);
    r->outcome = RECORD_REPLAYED;
    for (int row = 0; row < PQntuples(rows); row++) {
        if (r->first_context == NULL)
            r->first_context = row_text(rows, row, COLUMN_CONTEXT);
        if (!row_is_null(rows, row, COLUMN_REVISION)) /* null: all its events were purged */
            event_take(r, rows, row);
    }
    r->broken = r->broken || (r->first_context == NULL && PQntuples(rows) > 0);
}

void record_job_replay(struct record_job *r)
{
    static const struct verb replay_verb = {
        .statement = "replay", .batch_max = 1, .bind = replay_bind, .take = replay_take};
    r->job.verb = &replay_verb;
    r->job.weight = 1;
}

static void confirm_bind(const struct sent *batch, size_t count, struct params *params)
{
    const struct confirmation *c = &record_of(batch[0].job)->confirmation;
    record_bind_requests(batch, count, params);
    params_bool(params, false);
    struct param *confirms = params_array(params, PARAM_INT8);
    param_int8(confirms, c->subject_no);
    param_int8(confirms, c->revision);
    param_int8(confirms, c->count);
    record_bind_acts(batch, count, params);
    params_null(params);
    params_null(params);
}

void record_job_confirm(struct record_job *r, const struct confirmation *c)
{
    static const struct verb confirm_verb = {
        .statement = "record", .writes = true, .batch_max = 1, .bind = confirm_bind, .take = record_take};
    r->confirmation = *c;
    r->job.verb = &confirm_verb;
    r->job.weight = 1;
}
