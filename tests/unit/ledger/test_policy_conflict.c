/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/policy_conflict.h"

#include "base/embedded.h"
#include "wire/policy_document.h"

#include <criterion/criterion.h>
#include <string.h>

extern const struct embedded example_files[];

static struct reader body;
static struct policy *policy;

static void start(void)
{
    const struct embedded *demo = embedded_find(example_files, "demo.json");
    cr_assert_not_null(demo);
    policy = policy_document_read(&body, demo->data, demo->len);
    cr_assert_not_null(policy);
}

static void finish(void)
{
    policy_free(policy);
    reader_close(&body);
}

TestSuite(policy_conflict, .init = start, .fini = finish);

static bool fault_of(enum apply_outcome outcome, size_t offender)
{
    struct policy_apply_job job = {.policy = policy, .outcome = outcome, .offender = offender};
    return policy_conflict_fault(&body, &job);
}

Test(policy_conflict, each_that_a_document_is_blamed_for_points_at_its_member)
{
    static const struct {
        enum apply_outcome outcome;
        const char *pointer;
        enum error error;
    } rows[] = {
        {APPLY_COUNTRY_FIXED, "/controller/country", ERROR_CONFLICT},
        {APPLY_NO_TIME_ZONE, "/controller/time_zone", ERROR_INVALID},
        {APPLY_STRANDS, "/purposes", ERROR_CONFLICT},
        {APPLY_BASIS_FIXED, "/purposes/0/lawful_basis", ERROR_CONFLICT},
        {APPLY_CHANNEL_FIXED, "/purposes/0/channel", ERROR_CONFLICT},
        {APPLY_REPLACES_FIXED, "/purposes/0/replaces", ERROR_CONFLICT},
        {APPLY_REPLACES_CHANNEL, "/purposes/0/replaces", ERROR_INVALID},
        {APPLY_ENTITY_ADDED, "/purposes/0/entities", ERROR_CONFLICT},
        {APPLY_WORDS_FIXED, "/notices/2", ERROR_CONFLICT}, /* the policy has them sorted */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        finish();
        start();
        struct reader_fault fault = {0};
        cr_expect(fault_of(rows[i].outcome, 0), "%s", rows[i].pointer);
        cr_expect_eq(reader_error(&body), rows[i].error, "%s", rows[i].pointer);
        cr_assert(reader_fault_next(&body, &fault));
        cr_expect_str_eq(fault.pointer, rows[i].pointer);
        cr_expect_not(reader_fault_next(&body, &fault));
    }
}

Test(policy_conflict, an_outcome_that_no_document_is_blamed_for_is_no_fault_of_it)
{
    static const int others[] = {
        APPLY_DONE, APPLY_SAME, APPLY_OTHER_VERSION, APPLY_DONE_BEFORE, APPLY_SAME_BEFORE, APPLY_KEY_REUSED,
        42,         -1};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_not(fault_of((enum apply_outcome)others[i], SIZE_MAX), "%d", others[i]);
    cr_expect(reader_ok(&body));
}

Test(policy_conflict, a_place_beyond_the_policy_is_not_looked_at)
{
    cr_expect_not(fault_of(APPLY_BASIS_FIXED, policy->purpose_count));
    cr_expect_not(fault_of(APPLY_ENTITY_ADDED, policy->purpose_count));
    cr_expect_not(fault_of(APPLY_WORDS_FIXED, policy->notice_count));
    cr_expect(reader_ok(&body));
}
