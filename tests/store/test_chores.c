/* SPDX-License-Identifier: Apache-2.0 */
#include "chore/chores.h"

#include "base/limits.h"
#include "base/list.h"
#include "base/log.h"
#include "cluster.h"
#include "ledger.h"
#include "loop/loop.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Two services, as far as chores go: each with a schedule of its own and a
 * connection of its own to one database. */

enum { PATIENCE_MS = 30000, SERVICES = 2 };

static struct loop *loop;
static struct database *db;
static struct worker workers[SERVICES];
static struct schedule *schedules[SERVICES];
static struct ledger l;
static int64_t now; /* as the schedules are told */

static bool all_ready(void)
{
    return lane_is_ready(workers[0].slow) && lane_is_ready(workers[1].slow);
}

static bool all_idle(void)
{
    return lane_is_idle(workers[0].slow) && lane_is_idle(workers[1].slow);
}

/* How many of the services' statements wait for a lock. */
static int64_t blocked(void)
{
    return ledger_number(&l, "select count(*) from pg_stat_activity where usename = 'akkoord' and "
                             "wait_event_type = 'Lock' and query like '%expire_%'");
}

static bool one_is_blocked_and_one_idle(void)
{
    return lane_is_idle(workers[0].slow) != lane_is_idle(workers[1].slow) && blocked() == 1;
}

static bool comes(bool (*holds)(void))
{
    int64_t until = clock_monotonic() + PATIENCE_MS * INT64_C(1000);
    while (!holds() && clock_monotonic() < until)
        loop_run_once(loop, LOOP_BEAT_MS);
    return holds();
}

static void beat(size_t service)
{
    schedule_beat(schedules[service], now);
}

/* ${controller}: this test's own. */
static void open(const char *controller, const struct chore *table)
{
    char *fault = NULL;
    log_set_level(LOG_LEVEL_ERROR);
    l = ledger_open(controller);
    loop = loop_create();
    db = database_create(cluster_service(), ledger_keys(), &fault);
    cr_assert_not_null(db, "%s", fault);
    now = clock_monotonic();
    for (size_t i = 0; i < SERVICES; i++) {
        list_init(&workers[i].calls);
        workers[i].slow = lane_create(loop, db, "slow", READ_DEPTH, SLOW_STALL_MS);
        schedules[i] = schedule_create(table, &workers[i], now);
    }
    cr_assert(comes(all_ready));
    now += EXPIRE_EVERY_MS * INT64_C(1000);
}

static void close(void)
{
    for (size_t i = 0; i < SERVICES; i++) {
        lane_destroy(workers[i].slow);
        schedule_destroy(schedules[i]);
    }
    database_destroy(db);
    loop_destroy(loop);
    ledger_close(&l);
}

TestSuite(chores, .fini = close, .timeout = 600);

/* Keys that were used ${hours} ago, one behind the other: those of one moment would go together. */
static void keys_add(int from, int to, int hours)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "insert into idempotency (controller_id, key_hash, fingerprint, context, first_revision, "
             "events, recorded_at) select %d, decode(lpad(to_hex(g), 64, '0'), 'hex'), '', '', g, 1, "
             "now() - interval '%d hours' + g * interval '1 us' from generate_series(%d, %d) g",
             l.controller, hours, from, to);
    cluster_sql(sql);
}

static int64_t keys(void)
{
    return ledger_number(&l, "select count(*) from idempotency where controller_id = $1");
}

static bool none_left(void)
{
    return all_idle() && keys() == 0;
}

Test(chores, what_one_node_does_another_does_not_at_the_same_time)
{
    open("chores at once", (const struct chore[]){chores[0], {0}});
    keys_add(1, 10, 25);
    PGconn *holder = owner_connect();
    cr_assert_null(sql_refused(holder, "begin; lock table idempotency"));
    beat(0);
    beat(1);
    cr_assert(comes(one_is_blocked_and_one_idle), "%lld wait", (long long)blocked());
    cr_assert_null(sql_refused(holder, "rollback"));
    cr_assert(comes(none_left));
    PQfinish(holder);
}

Test(chores, what_a_node_has_done_another_may_do_next)
{
    open("chores in turn", (const struct chore[]){chores[0], {0}});
    for (size_t service = 0; service < SERVICES; service++) {
        keys_add(1, 10, 25);
        keys_add(11, 20, 23);
        beat(service);
        cr_assert(comes(all_idle));
        cr_assert_eq(keys(), 10);
        cluster_sql("delete from idempotency");
    }
}

Test(chores, as_much_as_goes_at_a_time_is_gone_on_with_at_once)
{
    open("chores on and on", (const struct chore[]){chores[0], {0}});
    keys_add(1, EXPIRE_KEYS_MAX + 10, 25);
    beat(0);
    cr_assert(comes(all_idle));
    cr_assert_eq(keys(), 10);
    beat(0);
    cr_assert(comes(none_left));
    keys_add(1, 10, 25);
    beat(0);
    cr_assert(comes(all_idle));
    cr_expect_eq(keys(), 10, "its time has not come");
    cluster_sql("delete from idempotency");
}

Test(chores, each_has_a_lock_of_its_own)
{
    open("chores apart", chores);
    for (const struct chore *a = chores; a->name != NULL; a++) {
        for (const struct chore *b = chores; b < a; b++)
            cr_expect(a->lock == 0 || a->lock != b->lock, "%s and %s", a->name, b->name);
    }
}

/* Without being asked: a run of a controller that had none today, and no second one. */
Test(chores, what_is_kept_no_longer_goes_by_itself_once_a_day)
{
    const struct chore *purge = chores;
    while (strcmp(purge->name, "purge") != 0)
        purge++;
    open("chores purge", (const struct chore[]){*purge, {0}});
    struct person p = person_numbered(1);
    ledger_record(&l, act_of(&p, NEWSLETTER, EVENT_GIVEN, INSTANT_NONE));
    cluster_sql("update policy set document = '{\"retention\": {\"rules\": [{\"data_class\": \"consent\", "
                "\"duration\": \"P0D\", \"after\": \"recorded\"}]}}'");
    for (int i = 0; i < 40; i++) {
        beat((size_t)i % SERVICES);
        cr_assert(comes(all_idle));
    }
    cr_expect_eq(ledger_number(&l, "select count(*) from event where controller_id = $1"), 0);
    cr_expect_eq(ledger_number(&l, "select count(*) from retention_run where controller_id = $1"), 1);
    cr_expect_eq(ledger_number(&l,
                               "select count(*) from retention_run where controller_id = $1 and ended_at is "
                               "not null and events = 1"),
                 1);
}
