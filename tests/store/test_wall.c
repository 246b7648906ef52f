/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"
#include "ledger.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Row level security: the service's role reaches no rows but those of the controllers that were admitted,
 * though the statement asks for all. */

#define LONG_AGO (INT64_C(1500000000) * SECOND)

/* Every table with a controller_id is behind the wall, but for these. */
#define OUTSIDE "'controller', 'policy', 'purpose', 'notice', 'revoked', 'api_key', 'head'"

static const char *const tables[] = {"identifier",
                                     "tie",
                                     "guardian",
                                     "event",
                                     "named",
                                     "confirmed",
                                     "evidence",
                                     "purged",
                                     "consent",
                                     "idempotency",
                                     "endpoint",
                                     "outbox",
                                     "import_batch",
                                     "imported",
                                     "told",
                                     "beside",
                                     "unranked",
                                     "alias",
                                     "tombstone",
                                     "retention_run",
                                     "retention_start",
                                     "retention_deletion",
                                     "site_count",
                                     "audit",
                                     "register",
                                     "breach",
                                     "rights_request",
                                     "forgotten",
                                     "check_trace",
                                     "kept_link",
                                     "kept_link_tag"};
enum { TABLES = sizeof tables / sizeof *tables };

static struct ledger l, other;

static void stop(void)
{
    if (other.pg != NULL)
        ledger_close(&other);
    if (l.pg != NULL)
        ledger_close(&l);
}

TestSuite(wall, .fini = stop, .timeout = 300);

/* A row of each table. */
static void rows_make(const struct ledger *of)
{
    const struct person p = person_of(1, 2);
    const struct guardian guardian = {.is_named = true, .tag = tag_numbered(9)};
    struct act act = act_of(&p, OFFERS, EVENT_GIVEN, LONG_AGO);
    act.role = ROLE_PARENT;
    act.guardian = &guardian;
    act.evidence = "{}";
    struct record_job r = request_of(of, &act, 1);
    r.idempotency.present = true;
    r.context = "";
    batch_run(of->pg, &r, 1);
    cr_assert_eq(r.outcome, RECORD_DONE);
    record_job_clear(&r);
    char sql[2048];
    snprintf(
        sql, sizeof sql,
        "insert into purged values (%1$d, 7, 8, 'test'); insert into confirmed values (%1$d, 1, 1); "
        "insert into endpoint (controller_id, name, url, secret) values (%1$d, 'messages', '', ''); "
        "insert into outbox (controller_id, message_id, kind, tag, put_at, ends_at, due_at) "
        "values (%1$d, gen_random_uuid(), 0, '', now(), now(), now()); "
        "insert into import_batch values (%1$d, 1, '', ''); "
        "insert into imported values (%1$d, 1, gen_random_uuid(), 1, 1); "
        "insert into told values (%1$d, 7, null, false, null, false); "
        "insert into beside values (%1$d, 1, 7); insert into unranked values (%1$d, 7, 8); "
        "insert into alias values (%1$d, 8, 1, 2, false); "
        "insert into tombstone values (%1$d, '', 8, gen_random_uuid(), 0, now()); "
        "insert into retention_run (controller_id, run_no, started_at, policy_version, rules, others, until) "
        "values (%1$d, 1, now(), 1, '{}', '{}', 1); "
        "insert into retention_start values (%1$d, 1, '', '', '', '', now(), '', now()); "
        "insert into retention_deletion values (%1$d, 1, '', '', '', '', now(), '', now()); "
        "insert into kept_link values (%1$d, '', null, '', now()); "
        "insert into kept_link_tag values (%1$d, '', 0, ''); "
        "insert into site_count values (%1$d, now(), '', 1)",
        of->controller);
    cluster_sql(sql);
    char rights[1024];
    snprintf(
        rights, sizeof rights,
        "select rights_request_add(%1$d, gen_random_uuid(), 'access', null, null, now(), 'P1M', 1, null, "
        "null, "
        "'pending', null, null, null, 'x', null, null, null); "
        "select breach_add(%1$d, gen_random_uuid(), now(), null, null, null, null, '', null, null, '{}', "
        "false, null, 'x', null, null, null); insert into forgotten values (%1$d, '', now()); "
        "insert into check_trace values (%1$d, 1, gen_random_uuid(), now(), 'x', 'r', 1, 1, 1, 1, '', "
        "'')",
        of->controller);
    cluster_sql(rights);
}

static void two_controllers(const char *one, const char *another)
{
    other = ledger_open(another);
    l = ledger_open(one);
    rows_make(&other);
    rows_make(&l);
}

Test(wall, stands_around_every_table_with_a_controller_but_those_named)
{
    l = ledger_open("surrounded");
    cr_assert_eq(ledger_number(&l,
                               "select count(*) from pg_class c join pg_attribute a on a.attrelid = c.oid "
                               "where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace "
                               "and a.attname = 'controller_id' and c.relname not in (" OUTSIDE ") "
                               "and not (c.relrowsecurity and exists (select from pg_policy p where "
                               "p.polrelid = c.oid and p.polcmd = '*'))"),
                 0);
    cr_assert_eq(ledger_number(&l, "select count(*) from pg_class where relrowsecurity") >= TABLES, true);
    cr_assert_eq(ledger_number(&l, "select count(*) from pg_roles where rolname = current_user "
                                   "and (rolbypassrls or rolsuper)"),
                 0);
    cr_assert_eq(ledger_number(&l, "select count(*) from pg_class where relkind in ('v', 'm') "
                                   "and relnamespace = 'public'::regnamespace"),
                 0, "a view reads as its owner, behind the wall");
}

Test(wall, a_statement_that_asks_for_all_gets_the_admitted_controllers_rows)
{
    two_controllers("inside", "outside");
    for (size_t i = 0; i < TABLES; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "select count(*) from %s", tables[i]);
        int64_t seen = ledger_number(&l, sql);
        snprintf(sql, sizeof sql, "select count(*) from %s where controller_id = $1", tables[i]);
        cr_expect_eq(seen, ledger_number(&l, sql), "%s", tables[i]);
        cr_expect_geq(seen, 1, "%s", tables[i]);
    }
    char both[80];
    snprintf(both, sizeof both, "set akkoord.controllers = '{%d,%d}'", l.controller, other.controller);
    cr_assert_null(sql_refused(l.pg, both));
    cr_assert_eq(ledger_number(&l, "select count(distinct controller_id) from event"), 2);
}

Test(wall, with_nobody_admitted_a_row_in_reach_is_an_error)
{
    two_controllers("nobody", "nobody else");
    PGconn *fresh = service_connect();
    for (size_t i = 0; i < TABLES; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "select from %s", tables[i]);
        cr_expect_str_eq(sql_refused(fresh, sql), "42704", "%s: never named", tables[i]);
    }
    cr_assert_null(sql_refused(fresh, "begin; select set_config('akkoord.controllers', '{}', true); commit"));
    for (size_t i = 0; i < TABLES; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "select from %s", tables[i]);
        cr_expect_str_eq(sql_refused(fresh, sql), "22P02", "%s: named in a transaction that is over",
                         tables[i]);
    }
    PQfinish(fresh);
}

Test(wall, no_row_is_written_for_another_controller)
{
    two_controllers("writer", "written");
    char sql[256];
    snprintf(sql, sizeof sql, "insert into identifier values (%d, '\\x01ff', 9, 1, true)", other.controller);
    cr_expect_str_eq(sql_refused(l.pg, sql), "42501");
    snprintf(sql, sizeof sql, "update consent set rank = 0 where controller_id = %d", other.controller);
    cr_expect_null(sql_refused(l.pg, sql));
    cr_expect_eq(ledger_number(&other, "select count(*) from consent where rank = 0"), 0);
    snprintf(sql, sizeof sql, "update consent set controller_id = %d", other.controller);
    cr_expect_str_eq(sql_refused(l.pg, sql), "42501");
}

Test(wall, a_function_that_is_called_for_another_controller_writes_nothing)
{
    two_controllers("caller", "called");
    char sql[160];
    snprintf(sql, sizeof sql, "select tie_identifier(%d, 1, '{1}', 7, 1::int2, false)", other.controller);
    cr_assert_str_eq(sql_refused(l.pg, sql), "42501");
    cr_assert_eq(ledger_number(&other, "select count(*) from tie"), 1);
}
