/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"
#include "ledger.h"

#include "store/migration.h"
#include "store/schema.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What `akkoord migrate` does to functions, under a service that runs. Its steps are upgrade.py's. */

static struct ledger l;
static PGconn *owner;
static FILE *nowhere;

static void start(void)
{
    char key[32];
    snprintf(key, sizeof key, "migrated-%d", (int)getpid());
    l = ledger_open(key);
    owner = owner_connect();
    nowhere = fopen("/dev/null", "w");
    cr_assert_not_null(nowhere);
}

static void stop(void)
{
    fclose(nowhere);
    PQfinish(owner);
    ledger_close(&l);
}

TestSuite(migration, .init = start, .fini = stop, .timeout = 300);

static void owner_does(const char *sql)
{
    const char *refused = sql_refused(owner, sql);
    cr_assert_null(refused, "%s: %s", sql, refused);
}

/* migration_run leaves its connection without the service's settings: each has its own. */
static int migrate(void)
{
    PGconn *pg = owner_connect();
    int rc = migration_run(pg, "akkoord", nowhere);
    PQfinish(pg);
    return rc;
}

/* A function of the program's with another body, arguments or result. */
#define OTHER_BODY                                                                                           \
    "create or replace function begin_rotation(c integer, p_key smallint) returns boolean language plpgsql " \
    "as 'begin raise exception ''the old body''; end'"
#define OTHER_RESULT                                                                                         \
    "drop function begin_rotation; create function begin_rotation(c integer, p_key smallint) returns text "  \
    "language sql as 'select ''another result'''"
#define CALL "select begin_rotation(0, 1::smallint)"

Test(migration, replaces_a_function_where_it_stands)
{
    owner_does(OTHER_BODY);
    int64_t oid = ledger_number(&l, "select 'begin_rotation(integer, smallint)'::regprocedure::oid::bigint");
    cr_assert_null(sql_refused(l.pg, "prepare called as " CALL));
    cr_assert_not_null(sql_refused(l.pg, "execute called"));
    cr_assert_eq(migrate(), 0);
    cr_assert_null(sql_refused(l.pg, "execute called"), "who had prepared it goes on, with the new body");
    cr_assert_eq(ledger_number(&l, "select 'begin_rotation(integer, smallint)'::regprocedure::oid::bigint"),
                 oid);
}

Test(migration, replaces_a_function_of_another_result_and_gives_the_service_its_rights)
{
    owner_does(OTHER_RESULT);
    owner_does("drop function expire_keys(); create function expire_keys() returns text language sql as "
               "'select 1::text'");
    cr_assert_null(sql_refused(l.pg, "prepare called as " CALL));
    cr_assert_eq(migrate(), 0);
    cr_assert_str_eq(sql_refused(l.pg, "execute called"), "0A000",
                     "a lane connects again, and prepares again");
    cr_assert_null(sql_refused(l.pg, CALL));
    cr_assert_eq(ledger_number(&l, "select expire_keys()"), 0);
    cr_assert_eq(
        ledger_number(&l, "select count(*) from pg_proc, aclexplode(proacl) where prosecdef and grantee = 0"),
        0, "nobody else may run what runs as the owner");
}

Test(migration, leaves_a_function_of_other_arguments_to_the_program_that_calls_it)
{
    owner_does("create function begin_rotation(c integer) returns boolean language sql as 'select true'");
    owner_does(OTHER_BODY);
    cr_assert_eq(migrate(), 0);
    cr_assert_null(sql_refused(l.pg, "select begin_rotation(0)"));
    cr_assert_null(sql_refused(l.pg, CALL));
    owner_does("drop function begin_rotation(integer)");
}

static void future_undo(void)
{
    cluster_sql("delete from migration where step = 998");
    stop();
}

Test(migration, leaves_the_functions_of_a_newer_program, .fini = future_undo)
{
    owner_does(OTHER_BODY);
    owner_does("insert into migration (step, name, oldest) values (998, 'future', 1)");
    cr_assert_eq(migrate(), 0);
    cr_assert_str_eq(sql_refused(l.pg, CALL), "P0001");
    owner_does("delete from migration where step = 998");
    cr_assert_eq(migrate(), 0);
    cr_assert_null(sql_refused(l.pg, CALL));
}

Test(migration, applies_all_functions_or_none)
{
    owner_does(OTHER_BODY);
    owner_does("drop function revoke_token; create function revoke_token(p_controller text, p_token_id text, "
               "p_expires_at "
               "timestamptz) returns text language sql as 'select 1::text'");
    owner_does("create view in_the_way as select revoke_token('', '', now())");
    cr_assert_eq(migrate(), -1);
    cr_assert_str_eq(sql_refused(l.pg, CALL), "P0001", "an earlier file's is as it was");
    owner_does("drop view in_the_way");
    cr_assert_eq(migrate(), 0);
    cr_assert_null(sql_refused(l.pg, CALL));
}

/* A moment in which the database takes no writes must not take down the lanes that connect in it. */
Test(migration, a_new_connection_whose_keys_are_known_writes_nothing)
{
    cr_assert_null(sql_refused(l.pg, "begin read only"));
    const char *trouble = schema_refuses(l.pg, ledger_keys());
    cr_assert_null(trouble, "%s", trouble);
    cr_assert_null(sql_refused(l.pg, "rollback"));
}
