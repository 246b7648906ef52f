/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"
#include "ledger.h"

#include "base/limits.h"
#include "store/api_key.h"
#include "store/as_of.h"
#include "store/breach.h"
#include "store/delivery.h"
#include "store/outbox.h"
#include "store/policy.h"
#include "store/retention.h"
#include "store/rights.h"
#include "store/staff.h"
#include "store/walk.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* The numbers of sql/function/numbers.sql are those of the program's enums, and what sql/function/rank.sql
 * works out of a rank is what domain/consent does. */

static struct ledger l;

static void stop(void)
{
    if (l.pg != NULL)
        ledger_close(&l);
}

TestSuite(numbers, .fini = stop, .timeout = 300);

static const struct {
    const char *name;
    int64_t number;
} numbers[] = {
    {"slot_yes", SLOT_YES},
    {"slot_no", SLOT_NO},
    {"slot_reached", SLOT_REACHED},
    {"slot_signal", SLOT_SIGNAL},
    {"slot_sale", SLOT_SALE},
    {"slot_pending", SLOT_PENDING},
    {"slot_outcome", SLOT_OUTCOME},
    {"slot_age", SLOT_AGE},
    {"slot_age_limit", SLOT_AGE_LIMIT},
    {"slot_age_document", SLOT_AGE_DOCUMENT},
    {"slot_care", SLOT_CARE},
    {"slot_care_limit", SLOT_CARE_LIMIT},
    {"slot_care_document", SLOT_CARE_DOCUMENT},
    {"slot_count", SLOT_COUNT},
    {"guardian_named", GUARDIAN_NAMED},
    {"guardian_staff", GUARDIAN_STAFF},
    {"staff_restricted", GUARDIAN_STAFF *SLOT_COUNT + STAFF_RESTRICTED},
    {"staff_lifted", GUARDIAN_STAFF *SLOT_COUNT + STAFF_LIFTED},
    {"staff_erased", GUARDIAN_STAFF *SLOT_COUNT + STAFF_ERASED},
    {"staff_undone", GUARDIAN_STAFF *SLOT_COUNT + STAFF_UNDONE},
    {"staff_added", GUARDIAN_STAFF *SLOT_COUNT + STAFF_ADDED},
    {"staff_ended", GUARDIAN_STAFF *SLOT_COUNT + STAFF_ENDED},
    {"staff_merged", GUARDIAN_STAFF *SLOT_COUNT + STAFF_MERGED},
    {"staff_split", GUARDIAN_STAFF *SLOT_COUNT + STAFF_SPLIT},
    {"staff_corrected", GUARDIAN_STAFF *SLOT_COUNT + STAFF_CORRECTED},
    {"guardian_time", GUARDIAN_TIME},
    {"time_expiring", GUARDIAN_TIME *SLOT_COUNT + TIME_EXPIRING},
    {"time_expired", GUARDIAN_TIME *SLOT_COUNT + TIME_EXPIRED},
    {"time_lapsed", GUARDIAN_TIME *SLOT_COUNT + TIME_LAPSED},
    {"time_limit", GUARDIAN_TIME *SLOT_COUNT + TIME_LIMIT},
    {"ending_ended", 1},
    {"ending_expiring", 2},
    {"ending_age", 3},
    {"ending_care", 4},
    {"ending_of_policy", 5},
    {"endings_max", 200},
    {"retention_done", RETENTION_DONE},
    {"retention_no_subject", RETENTION_NO_SUBJECT},
    {"retention_no_rule", RETENTION_NO_RULE},
    {"retention_no_class", RETENTION_NO_CLASS},
    {"retention_key_reused", RETENTION_KEY_REUSED},
    {"rights_done", RIGHTS_DONE},
    {"rights_stale", RIGHTS_STALE},
    {"rights_key_reused", RIGHTS_KEY_REUSED},
    {"rights_not_theirs", RIGHTS_NOT_THEIRS},
    {"rights_linked_lately", RIGHTS_LINKED_LATELY},
    {"rights_answered", RIGHTS_ANSWERED},
    {"rights_unknown", RIGHTS_UNKNOWN},
    {"rights_closed", RIGHTS_CLOSED},
    {"rights_other_kind", RIGHTS_OTHER_KIND},
    {"rights_other_subject", RIGHTS_OTHER_SUBJECT},
    {"rights_not_them", RIGHTS_NOT_THEM},
    {"breach_done", BREACH_DONE},
    {"breach_unknown", BREACH_UNKNOWN},
    {"breach_key_reused", BREACH_KEY_REUSED},
    {"as_of_known", AS_OF_KNOWN},
    {"as_of_forgotten", AS_OF_FORGOTTEN},
    {"as_of_too_much", AS_OF_TOO_MUCH},
    {"purge_events_max", PURGE_EVENTS_MAX},
    {"as_of_most", AS_OF_MOST},
    {"event_given", EVENT_GIVEN},
    {"event_invalidated", EVENT_INVALIDATED},
    {"event_requested", EVENT_REQUESTED},
    {"event_restricted", EVENT_RESTRICTED},
    {"event_erased", EVENT_ERASED},
    {"event_staff", EVENT_STAFF},
    {"event_passed", EVENT_PASSED},
    {"class_choice", CLASS_CHOICE},
    {"role_self", ROLE_SELF},
    {"role_staff", ROLE_STAFF},
    {"role_controller", ROLE_CONTROLLER},
    {"method_double_opt_in", METHOD_DOUBLE_OPT_IN},
    {"method_api", METHOD_API},
    {"staff_done", STAFF_DONE},
    {"staff_stale", STAFF_STALE},
    {"staff_replayed", STAFF_REPLAYED},
    {"staff_key_reused", STAFF_KEY_REUSED},
    {"staff_no_subject", STAFF_NO_SUBJECT},
    {"staff_no_other", STAFF_NO_OTHER},
    {"staff_same", STAFF_SAME},
    {"staff_already", STAFF_ALREADY},
    {"staff_nothing", STAFF_NOTHING},
    {"staff_not_theirs", STAFF_NOT_THEIRS},
    {"staff_others", STAFF_OTHERS},
    {"staff_too_many", STAFF_TOO_MANY},
    {"staff_customers", STAFF_CUSTOMERS},
    {"staff_browser", STAFF_BROWSER},
    {"staff_no_request", STAFF_NO_REQUEST},
    {"effect_applied", EFFECT_APPLIED},
    {"effect_superseded", EFFECT_SUPERSEDED},
    {"effect_pending", EFFECT_PENDING},
    {"effect_settled_there", EFFECT_SETTLED_THERE},
    {"effect_repeated", EFFECT_REPEATED},
    {"flag_imported", FLAG_IMPORTED},
    {"flag_signal", FLAG_SIGNAL},
    {"message_confirmation", MESSAGE_CONFIRMATION},
    {"message_guardian_request", MESSAGE_GUARDIAN_REQUEST},
    {"message_identity", MESSAGE_IDENTITY},
    {"message_guardian_second", MESSAGE_GUARDIAN_SECOND},
    {"message_expired", MESSAGE_EXPIRED},
    {"record_done", RECORD_DONE},
    {"record_replayed", RECORD_REPLAYED},
    {"record_key_reused", RECORD_KEY_REUSED},
    {"record_in_future", RECORD_IN_FUTURE},
    {"record_stale", RECORD_STALE},
    {"record_again", RECORD_AGAIN},
    {"record_too_many", RECORD_TOO_MANY},
    {"record_no_objection", RECORD_NO_OBJECTION},
    {"record_expired", RECORD_EXPIRED},
    {"record_overtaken", RECORD_OVERTAKEN},
    {"record_gone", RECORD_GONE},
    {"record_confirmed", RECORD_CONFIRMED},
    {"answer_unknown", 32},
    {"answer_untied", 64},
    {"pointer_up", 0},
    {"pointer_down", 1},
    {"pointer_side", 2},
    {"forever", (INT64_C(1) << 53) - 1},
    {"apply_done", APPLY_DONE},
    {"apply_same", APPLY_SAME},
    {"apply_other_version", APPLY_OTHER_VERSION},
    {"apply_country_fixed", APPLY_COUNTRY_FIXED},
    {"apply_basis_fixed", APPLY_BASIS_FIXED},
    {"apply_words_fixed", APPLY_WORDS_FIXED},
    {"apply_no_time_zone", APPLY_NO_TIME_ZONE},
    {"apply_strands", APPLY_STRANDS},
    {"apply_done_before", APPLY_DONE_BEFORE},
    {"apply_same_before", APPLY_SAME_BEFORE},
    {"apply_key_reused", APPLY_KEY_REUSED},
    {"apply_channel_fixed", APPLY_CHANNEL_FIXED},
    {"apply_replaces_fixed", APPLY_REPLACES_FIXED},
    {"apply_replaces_channel", APPLY_REPLACES_CHANNEL},
    {"apply_entity_added", APPLY_ENTITY_ADDED},
    {"purpose_all", PURPOSE_ALL},
    {"purpose_pointer", PURPOSE_POINTER},
    {"policy_version_any", POLICY_VERSION_ANY},
    {"identifier_phone", IDENTIFIER_PHONE},
    {"identifier_customer", IDENTIFIER_CUSTOMER},
    {"identifier_visitor", IDENTIFIER_VISITOR},
    {"tag_size", TAG_SIZE},
    {"walk_refs", WALK_REFS},
    {"walk_origins", WALK_ORIGINS},
    {"persons_told_max", PERSONS_TOLD_MAX},
    {"persons_share_max", 512},
    {"person_identifiers_max", PERSON_IDENTIFIERS_MAX},
    {"persons_pushed_max", PERSONS_PUSHED_MAX},
    {"rebuild_max", 4096},
    {"no_last", INT64_MAX},
    {"identifiers_all", 1000000},
    {"expire_keys_max", EXPIRE_KEYS_MAX},
    {"expire_pending_max", EXPIRE_PENDING_MAX},
    {"api_key_no_controller", API_KEY_NO_CONTROLLER},
    {"api_key_added", API_KEY_ADDED},
    {"api_key_maker_gone", API_KEY_MAKER_GONE},
    {"api_key_outlasts", API_KEY_OUTLASTS},
    {"api_key_past", API_KEY_PAST},
    {"api_key_full", API_KEY_FULL},
    {"api_keys_max", API_KEYS_MAX},
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

Test(numbers, have_in_sql_the_value_of_the_programs)
{
    l = ledger_open("values");
    for (size_t i = 0; i < NUMBERS; i++) {
        char sql[80];
        snprintf(sql, sizeof sql, "select %s()", numbers[i].name);
        cr_expect_eq(ledger_number(&l, sql), numbers[i].number, "%s()", numbers[i].name);
    }
}

Test(numbers, are_all_compared)
{
    l = ledger_open("counted");
    cr_assert_eq(
        ledger_number(
            &l,
            "select count(*) from pg_proc where pronamespace = 'public'::regnamespace and pronargs = 0 "
            "and provolatile = 'i' and prorettype in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)"),
        NUMBERS);
}

Test(numbers, a_rank_has_the_parts_that_the_program_gives_it)
{
    l = ledger_open("ranks");
    static const instant times[] = {0, 1, INT64_C(1767268800123456), (INT64_C(1) << 53) - 1};
    for (int class = CLASS_COPY; class <= CLASS_CHOICE; class ++) {
        for (int state = EVENT_ELIGIBLE; state <= EVENT_WITHDRAWN; state++) {
            for (size_t t = 0; t < 2 * (sizeof times / sizeof *times); t++) {
                char sql[200];
                bool words = t % 2 == 1;
                instant at = times[t / 2];
                rank r = rank_of((enum event_class) class, (enum event_state)state, words, at);
                snprintf(sql, sizeof sql, "select rank_at(rank_base(%d::int2, %d::int2, %s), %ld)", class,
                         state, words ? "true" : "false", (long)at);
                cr_assert_eq(ledger_number(&l, sql), r, "%s", sql);
                snprintf(sql, sizeof sql, "select rank_state(%ld)", (long)r);
                cr_assert_eq(ledger_number(&l, sql), state, "%s", sql);
                snprintf(sql, sizeof sql, "select rank_time(%ld)", (long)r);
                cr_assert_eq(ledger_number(&l, sql), at, "%s", sql);
                snprintf(sql, sizeof sql, "select rank_is_no(%ld)::int", (long)r);
                cr_assert_eq(ledger_number(&l, sql), event_state_is_no((enum event_state)state), "%s", sql);
            }
        }
    }
}

Test(numbers, a_time_is_the_programs_and_back)
{
    l = ledger_open("times");
    cr_assert_eq(ledger_number(&l, "select instant_of('2026-01-01T12:00:00.123456Z')"),
                 INT64_C(1767268800123456));
    cr_assert_eq(ledger_number(&l, "select (time_of(1767268800123456) = '2026-01-01T12:00:00.123456Z')::int"),
                 1);
    cr_assert_eq(ledger_number(&l, "select generation_after(7, to_timestamp(0))"), 8);
    cr_assert_eq(ledger_number(&l, "select generation_after(7, time_of(9))"), 9);
}

/* ${sql}'s plan says ${there} and not ${absent}. */
static void assert_planned(const char *sql, const char *there, const char *absent)
{
    PGresult *rows = PQexec(l.pg, sql);
    cr_assert_eq(PQresultStatus(rows), PGRES_TUPLES_OK, "%s", PQerrorMessage(l.pg));
    bool found = false;
    for (int row = 0; row < PQntuples(rows); row++) {
        const char *line = PQgetvalue(rows, row, 0);
        found = found || strstr(line, there) != NULL;
        cr_expect_null(strstr(line, absent), "%s", line);
    }
    cr_expect(found, "no %s in the plan of %s", there, sql);
    PQclear(rows);
}

Test(numbers, cost_a_statement_nothing)
{
    l = ledger_open("inlined");
    assert_planned("explain (verbose, costs off) select from consent where slot = slot_no()", "slot = 1",
                   "slot_no");
    assert_planned("explain (verbose, costs off) select from consent where rank_state(rank) = event_given()",
                   "rank & '15'", "rank_state");
    assert_planned("explain (verbose, costs off) select rank_time(rank), rank_at(rank, 1) from consent",
                   ">> 6", "rank_");
    assert_planned(
        "explain (verbose, costs off) select generation_after(generation, created_at) from controller",
        "GREATEST", "generation_after");
    assert_planned("explain (verbose, costs off) select i.type, s.rank from identifier i, "
                   "lateral states_heard(i.controller_id, i.tag, null) s",
                   "consent_pkey", "states_heard");
}
