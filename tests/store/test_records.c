/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"
#include "ledger.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is held beside the ledger has terms of its own: there the day before, gone the day after. The function
 * is told what time it is. */

static struct ledger l;
static PGconn *owner;

static void start(void)
{
    char key[32];
    snprintf(key, sizeof key, "records-%d", (int)getpid());
    l = ledger_open(key);
    owner = owner_connect();
    session_admit(owner, l.controller);
}

static void stop(void)
{
    PQfinish(owner);
    ledger_close(&l);
}

TestSuite(records, .init = start, .fini = stop, .timeout = 600);

/* With ' for ", and $1 the controller. */
static void run(const char *sql)
{
    struct ledger as_owner = l;
    as_owner.pg = owner;
    ledger_number(&as_owner, sql);
}

static int64_t number(const char *sql)
{
    struct ledger as_owner = l;
    as_owner.pg = owner;
    return ledger_number(&as_owner, sql);
}

static void terms(const char *members)
{
    char sql[400];
    snprintf(sql, sizeof sql, "update policy set document = '{\"retention\": {%s}}' where controller_id = $1",
             members);
    run(sql);
}

/* One of each, of now, closed where it can be, and one of what is open. */
static void held(void)
{
    run("select audit_add($1, array['a'], array['t'], array['lookup'], array[null::int8], array[1], "
        "array['why'], array[null::text], array[null::uuid])::text");
    run("select check_keep($1, gen_random_uuid(), clock_timestamp(), 'a', 'campaign', 1, 1, 1, '\\x00', "
        "'\\x00')::text");
    run("insert into rights_request (controller_id, request_no, request_id, kind, received_at, received_on, "
        "term, "
        "identity_outcome, state, closed_at, recorded_at, recorded_by) "
        "select $1, n, gen_random_uuid(), 'access', clock_timestamp(), current_date, 'P1M', 'verified', "
        "'done', "
        "case n when 1 then clock_timestamp() end, clock_timestamp(), 'a' from generate_series(1, 2) n");
    run("insert into breach (controller_id, breach_no, breach_id, known_at, due_at, to_time, facts, "
        "data_classes, "
        "high_risk, closed_at, recorded_at, recorded_by) "
        "select $1, n, gen_random_uuid(), clock_timestamp(), clock_timestamp(), clock_timestamp(), 'lost', "
        "'{}', "
        "false, case n when 1 then clock_timestamp() end, clock_timestamp(), 'a' from generate_series(1, 2) "
        "n");
}

/* How many rows a batch lets go of, at so long from now. */
static int64_t gone_at(const char *later)
{
    char sql[300];
    snprintf(sql, sizeof sql,
             "select coalesce(sum(value::int8), 0)::int8 from jsonb_each_text(purge_records_batch($1, "
             "clock_timestamp() + interval '%s'))",
             later);
    return number(sql);
}

#define LEFT(table) number("select count(*) from " table " where controller_id = $1")

Test(records, each_goes_by_its_own_term_the_day_after_and_not_the_day_before)
{
    terms("\"audit\": \"P2Y\", \"rights_requests\": \"P3Y\", \"breaches\": \"P4Y\", \"check_traces\": "
          "\"P18M\"");
    held();
    cr_expect_eq(gone_at("18 months -1 day"), 0);
    cr_expect_eq(gone_at("18 months 1 day"), 1);
    cr_expect_eq(LEFT("check_trace"), 0);
    cr_expect_eq(gone_at("2 years -1 day"), 0);
    cr_expect_eq(gone_at("2 years 1 day"), 1);
    cr_expect_eq(LEFT("audit"), 0);
    cr_expect_eq(gone_at("3 years -1 day"), 0);
    cr_expect_eq(gone_at("3 years 1 day"), 1);
    cr_expect_eq(gone_at("4 years -1 day"), 0);
    cr_expect_eq(gone_at("4 years 1 day"), 1);
    cr_expect_eq(gone_at("80 years"), 0);
    cr_expect_eq(LEFT("rights_request"), 1, "what is open stays");
    cr_expect_eq(LEFT("breach"), 1, "what is open stays");
}

Test(records, five_years_where_the_policy_says_nothing)
{
    terms("\"proof_kept\": \"P1Y\"");
    held();
    cr_expect_eq(gone_at("5 years -1 day"), 0);
    cr_expect_eq(gone_at("5 years 1 day"), 4);
}

Test(records, a_batch_is_no_longer_than_one_of_events)
{
    terms("\"audit\": \"P1M\"");
    run("select audit_add($1, array_fill('a'::text, '{1200}'), array_fill('t'::text, '{1200}'), "
        "array_fill('lookup'::text, '{1200}'), array_fill(null::int8, '{1200}'), array_fill(1, '{1200}'), "
        "array_fill('why'::text, '{1200}'), array_fill(null::text, '{1200}'), array_fill(null::uuid, "
        "'{1200}'))::text");
    cr_expect_eq(gone_at("2 months"), 500);
    cr_expect_eq(number("select min(audit_no) from audit where controller_id = $1"), 501, "the oldest first");
    cr_expect_eq(gone_at("2 months"), 500);
    cr_expect_eq(gone_at("2 months"), 200);
    cr_expect_eq(gone_at("2 months"), 0);
}
