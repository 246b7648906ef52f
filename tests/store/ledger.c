/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger.h"

#include "base/clock.h"
#include "cluster.h"
#include "store/blocking.h"
#include "store/database.h"
#include "store/policy.h"
#include "store/schema.h"
#include "store/statement.h"

#include <criterion/criterion.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

static const struct numbered_keys keys = {.count = 1,
                                          .keys = {{.number = 1, .bytes = "the subject key of store tests"}}};

static struct purpose purposes[] = {
    {.number = NEWSLETTER, .key = "newsletter", .direct_marketing = true, .notice = "words"},
    {.number = OFFERS, .key = "offers", .direct_marketing = true, .validity = {.months = 24}},
    {.number = STATISTICS, .key = "statistics", .channel = CHANNEL_WEB}};
static struct notice_text texts[] = {{.language = "nl", .sha256 = "old"},
                                     {.language = "nl", .sha256 = "new"}};
static struct notice notices[] = {
    {.number = NOTICE_OLD, .id = "words", .version = "1", .text_count = 1, .texts = &texts[0]},
    {.number = NOTICE_NEW,
     .id = "words",
     .version = "2",
     .effective_from = 1,
     .text_count = 1,
     .texts = &texts[1]}};
static struct policy policy = {.version = 1,
                               .country = "NL",
                               .time_zone = "Europe/Amsterdam",
                               .purpose_count = 3,
                               .purposes = purposes,
                               .notice_count = 2,
                               .notices = notices};

const struct numbered_keys *ledger_keys(void)
{
    return &keys;
}

const struct policy *ledger_policy(void)
{
    return &policy;
}

static PGconn *connect_to(const char *conninfo)
{
    char *fault = NULL;
    struct database *db = database_create(conninfo, &keys, &fault);
    cr_assert_not_null(db);
    PGconn *pg = database_connect(db);
    cr_assert_eq(PQstatus(pg), CONNECTION_OK, "%s", PQerrorMessage(pg));
    database_destroy(db);
    return pg;
}

PGconn *service_connect(void)
{
    return connect_to(cluster_service());
}

PGconn *owner_connect(void)
{
    return connect_to(cluster_owner());
}

int64_t ledger_number(const struct ledger *l, const char *sql)
{
    char controller[16];
    snprintf(controller, sizeof controller, "%d", l->controller);
    const char *values[] = {controller};
    PGresult *rows = PQexecParams(l->pg, sql, strstr(sql, "$1") != NULL ? 1 : 0, NULL, values, NULL, NULL, 0);
    cr_assert(PQresultStatus(rows) == PGRES_TUPLES_OK || PQresultStatus(rows) == PGRES_COMMAND_OK, "%s: %s",
              sql, PQerrorMessage(l->pg));
    int64_t number = PQntuples(rows) > 0 ? strtoll(PQgetvalue(rows, 0, 0), NULL, 10) : 0;
    PQclear(rows);
    return number;
}

const char *sql_refused(PGconn *pg, const char *sql)
{
    static char sqlstate[6];
    PGresult *rows = PQexec(pg, sql);
    const char *found = PQresultErrorField(rows, PG_DIAG_SQLSTATE);
    snprintf(sqlstate, sizeof sqlstate, "%s", found != NULL ? found : "");
    PQclear(rows);
    return sqlstate[0] != '\0' ? sqlstate : NULL;
}

PGconn *ledger_hold(const struct ledger *l)
{
    PGconn *holder = service_connect();
    char sql[128];
    snprintf(sql, sizeof sql, "begin; select from head where controller_id = %d for update", l->controller);
    cr_assert_null(sql_refused(holder, sql));
    return holder;
}

void session_admit(PGconn *pg, int32_t controller)
{
    char sql[80];
    snprintf(sql, sizeof sql, "set akkoord.controllers = '{%d}'", controller);
    cr_assert_null(sql_refused(pg, sql));
}

struct ledger ledger_open(const char *key)
{
    struct ledger l = {.pg = service_connect()};
    const char *trouble = schema_refuses(l.pg, &keys);
    cr_assert_null(trouble, "%s", trouble);
    snprintf(policy.controller, sizeof policy.controller, "%s", key);
    struct policy_apply_job apply = {.policy = &policy,
                                     .document = "{}",
                                     .sha256 = (const uint8_t *)"0123456789abcdef0123456789abcdef",
                                     .actor = "test",
                                     .key = 1};
    policy_apply_job_prepare(&apply);
    cr_assert_eq(job_run_blocking(l.pg, &apply.job), ERROR_NONE);
    cr_assert_eq(apply.outcome, APPLY_DONE);
    struct controller_job load;
    controller_job_init(&load, key);
    cr_assert_eq(job_run_blocking(l.pg, &load.job), ERROR_NONE);
    cr_assert(load.found);
    l.controller = load.controller_id;
    l.generation = load.generation;
    controller_job_clear(&load);
    session_admit(l.pg, l.controller);
    return l;
}

void ledger_close(struct ledger *l)
{
    PQfinish(l->pg);
}

struct tag tag_numbered(uint32_t n)
{
    struct tag tag = {.bytes = {1}}; /* made by subject key 1 */
    uint32_t wire = htobe32(n);
    memcpy(tag.bytes + 1, &wire, sizeof wire);
    return tag;
}

struct person person_of(uint32_t first, size_t count)
{
    struct person p = {.count = count};
    for (size_t i = 0; i < count; i++) {
        p.tags[i] = tag_numbered(first + (uint32_t)i);
        p.types[i] = IDENTIFIER_EMAIL;
    }
    return p;
}

struct person person_numbered(uint32_t n)
{
    return person_of(n, 1);
}

static enum slot slot_of(enum event_state state)
{
    if (state == EVENT_UPHELD || state == EVENT_OVERRIDDEN)
        return SLOT_OUTCOME;
    return event_state_is_no(state)   ? SLOT_NO
           : state == EVENT_ELIGIBLE  ? SLOT_SALE
           : state == EVENT_REQUESTED ? SLOT_PENDING
                                      : SLOT_YES;
}

struct act act_of(const struct person *person, int32_t purpose, enum event_state state, instant at)
{
    static const struct purpose_set standing = {.count = 2, .numbers = {PURPOSE_ALL, PURPOSE_CHANNEL_FIRST}};
    struct act act = {.over = purpose > PURPOSE_ALL ? &standing : NULL,
                      .person = person,
                      .purpose = purpose,
                      .slot = slot_of(state),
                      .method = METHOD_WEB_FORM,
                      .rank_base = rank_base(event_class_of(state, METHOD_WEB_FORM, false), state, true),
                      .floating = event_state_is_no(state) && at == INSTANT_NONE,
                      .at = at,
                      .notice = event_state_is_no(state) ? 0 : NOTICE_NEW};
    cr_assert_eq(uuid_v7(act.record_id), 0);
    return act;
}

struct record_job request_of(const struct ledger *l, struct act *acts, size_t count)
{
    struct record_job r = {.job.controller_id = l->controller,
                           .generation = l->generation,
                           .policy_version = 1,
                           .accepted = clock_monotonic(),
                           .actor = "test",
                           .count = count,
                           .acts = acts};
    record_job_prepare(&r);
    return r;
}

static const char *statement_text(const char *file)
{
    for (const struct embedded *f = statement_files; f->name != NULL; f++) {
        if (strcmp(f->name, file) == 0)
            return f->data;
    }
    return NULL;
}

/* Which parameter of record.sql says that the acts are apart; and no. */
enum { PARAM_APART = 7 };
static const char no[] = {0};

static void run(PGconn *pg, struct record_job *requests, size_t count, bool one_by_one)
{
    struct sent *batch = calloc(count, sizeof *batch);
    cr_assert_not_null(batch);
    for (size_t i = 0; i < count; i++)
        batch[i] = (struct sent){&requests[i].job, requests[i].job.weight};
    session_admit(pg, requests[0].job.controller_id);
    struct params params;
    const char *values[PARAMS_MAX];
    int lengths[PARAMS_MAX], formats[PARAMS_MAX];
    params_init(&params);
    batch[0].job->verb->bind(batch, count, &params);
    params_finish(&params, values, lengths, formats);
    if (one_by_one)
        values[PARAM_APART] = no;
    PGresult *rows =
        PQexecParams(pg, statement_text("record.sql"), params.count, NULL, values, lengths, formats, 1);
    cr_assert_eq(PQresultStatus(rows), PGRES_TUPLES_OK, "%s", PQerrorMessage(pg));
    batch[0].job->verb->take(batch, count, rows);
    PQclear(rows);
    params_free(&params);
    free(batch);
}

void batch_run(PGconn *pg, struct record_job *requests, size_t count)
{
    run(pg, requests, count, false);
}

void batch_run_one_by_one(PGconn *pg, struct record_job *requests, size_t count)
{
    run(pg, requests, count, true);
}

struct recorded ledger_record(const struct ledger *l, struct act act)
{
    struct record_job r = request_of(l, &act, 1);
    batch_run(l->pg, &r, 1);
    cr_assert_eq(r.outcome, RECORD_DONE);
    cr_assert_geq(r.event_count, 1);
    struct recorded e = r.events[0];
    e.was_each = NULL;
    record_job_clear(&r);
    return e;
}

/* The numbers are those of the set. */
static struct heard heard_of(const struct ledger *l, struct tag tag, const struct purpose_set *set)
{
    struct probe probe = {.tag = tag};
    struct check_job check;
    struct heard h = {0};
    check_job_init(&check, l->controller, &probe, 1, set, 1);
    cr_assert_eq(job_run_blocking(l->pg, &check.job), ERROR_NONE);
    cr_assert_eq(check.generation, l->generation);
    cr_assert_not(check.broken);
    struct states states = check_states(&check, 0);
    cr_assert_leq(states.count, sizeof h.list / sizeof *h.list);
    h.count = states.count;
    for (size_t i = 0; i < states.count; i++)
        h.list[i] = states.list[i];
    check_job_clear(&check);
    return h;
}

struct heard ledger_heard(const struct ledger *l, struct tag tag, int32_t purpose)
{
    struct purpose_set set = {.count = 3, .numbers = {PURPOSE_ALL, purpose, PURPOSE_POINTER}};
    return heard_of(l, tag, &set);
}

enum reason ledger_reason(const struct ledger *l, struct tag tag, int32_t purpose)
{
    const struct purpose *p = policy_purpose_numbered(&policy, purpose, NULL);
    struct purpose_set set = {0};
    purpose_set_of(&policy, p, &set);
    struct heard h = heard_of(l, tag, &set);
    struct states states = {.count = h.count, .list = h.list};
    return verdict_of(&policy, p, ENTITY_ANY, &states, ledger_now(l)).reason;
}

instant ledger_now(const struct ledger *l)
{
    return ledger_number(l, "select (extract(epoch from clock_timestamp()) * 1000000)::bigint");
}
