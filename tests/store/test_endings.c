/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"
#include "ledger.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is told to have ended, and what is not. As it is told, tests/fault/endings.py has. */

static struct ledger l;
static PGconn *owner;

static void start(void)
{
    char key[32];
    snprintf(key, sizeof key, "ends-%d", (int)getpid());
    l = ledger_open(key);
    owner = owner_connect();
    session_admit(owner, l.controller);
}

static void stop(void)
{
    PQfinish(owner);
    ledger_close(&l);
}

TestSuite(endings, .init = start, .fini = stop, .timeout = 300);

static int64_t number(const char *sql)
{
    struct ledger as_owner = l;
    as_owner.pg = owner;
    return ledger_number(&as_owner, sql);
}

/* The slot in which the end of the request is told; 0: it is not. */
static int64_t request_told(void)
{
    return number("select coalesce(ending_slot($1, ending_ended(), e, e.valid_until, '{}'), 0) from event e "
                  "where controller_id = $1 and slot = slot_pending()");
}

static void request(const struct person *child)
{
    struct act act = act_of(child, NEWSLETTER, EVENT_REQUESTED, INSTANT_NONE);
    act.has_end = true;
    act.validity = (struct duration){.days = 30};
    ledger_record(&l, act);
}

Test(endings, a_request_that_a_guardian_answered_did_not_lapse)
{
    static const enum event_state answers[] = {EVENT_GIVEN, EVENT_REFUSED};
    struct guardian parent = {.is_named = true, .tag = tag_numbered(90)};
    for (uint32_t i = 0; i < 2; i++) {
        struct person child = person_numbered(10 + i);
        request(&child);
        cr_expect_eq(request_told(), GUARDIAN_TIME * SLOT_COUNT + TIME_LAPSED);
        struct act act = act_of(&child, NEWSLETTER, answers[i], INSTANT_NONE);
        act.role = ROLE_PARENT;
        act.guardian = &parent;
        ledger_record(&l, act);
        cr_expect_eq(request_told(), 0, "answer %u", i);
        number("select set_config('akkoord.purging', 'on', false)");
        number("delete from event where controller_id = $1");
    }
}

static void version(int number_, const char *validity)
{
    char sql[400];
    snprintf(sql, sizeof sql,
             "insert into policy (controller_id, version, document, sha256, applied_by) values ($1, %d, "
             "'{\"purposes\": [{\"key\": \"offers\", \"validity\": \"%s\"}]}', '\\x00', 'test') on conflict "
             "(controller_id, version) do update set document = excluded.document",
             number_, validity);
    number(sql);
}

/* Of several policies the last is looked at: what was recorded under one between them ends sooner too. */
Test(endings, a_validity_that_was_another_in_between_is_looked_for)
{
    version(1, "P1Y");
    version(2, "P1Y");
    number("select endings_policy_begin($1, 1, 2, now())");
    cr_expect_eq(number("select count(*) from ending_policy where controller_id = $1 and rules is null"), 1);
    version(2, "P5Y");
    version(3, "P1Y");
    number("select endings_policy_begin($1, 1, 3, now())");
    cr_expect_eq(number("select count(*) from ending_policy where controller_id = $1 and rules is not null"),
                 1);
}

static void due_add(const struct ledger *of, int count)
{
    char sql[300];
    snprintf(
        sql, sizeof sql,
        "insert into ending_due (controller_id, at, revision, kind) select $1, now() - interval '1 s' * g, "
        "0, ending_of_policy() from generate_series(1, %d) g",
        count);
    struct ledger as_owner = *of;
    as_owner.pg = owner;
    ledger_number(&as_owner, sql);
}

/* Who has much to tell does not keep others waiting. */
Test(endings, are_told_by_turns)
{
    char key[32];
    snprintf(key, sizeof key, "waits-%d", (int)getpid());
    struct ledger second = ledger_open(key);
    while (number("select tell_endings()::integer") != 0)
        ;
    due_add(&l, 900);
    due_add(&second, 1);
    number("select tell_endings()");
    number("select tell_endings()");
    cr_expect_eq(number("select count(*) from ending_due where controller_id = $1"), 700);
    cr_expect_eq(number("select count(*) from ending_due where controller_id > $1"), 0);
    ledger_close(&second);
}
