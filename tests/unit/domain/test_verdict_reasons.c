/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict_scene.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* What a privacy officer asks, one row a question; and the words of the answers. */

static const char *const reasons_of_the_contract[] = {
    "retired",        "suppressed",  "restricted",        "objected",     "withdrawn", "refused",
    "invalidated",    "age_unknown", "guardian_required", "unconfirmed",  "expired",   "notice_outdated",
    "notice_unknown", "never_asked", "granted",           "not_required",
};

Test(verdict_reasons, the_reasons_are_the_contracts_in_its_order)
{
    cr_assert_eq(REASON_COUNT, sizeof reasons_of_the_contract / sizeof *reasons_of_the_contract);
    for (enum reason r = 0; r < REASON_COUNT; r++)
        cr_expect_str_eq(reason_word(r), reasons_of_the_contract[r]);
}

Test(verdict_reasons, only_granted_and_not_required_allow)
{
    for (enum reason r = 0; r < REASON_COUNT; r++) {
        bool expected = strcmp(reason_word(r), "granted") == 0 || strcmp(reason_word(r), "not_required") == 0;
        cr_expect_eq(reason_allows(r), expected, "%s", reason_word(r));
    }
}

Test(verdict_reasons, on_consent_only_a_yes_that_counts_is_a_yes)
{
    static const struct row rows[] = {
        {"never seen", {.basis = BASIS_CONSENT}, "never_asked"},
        {"a Yes", {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS}, "granted"},
        {"a renewed Yes", {.basis = BASIS_CONSENT, .self = EVENT_RENEWED, .words = WORDS}, "granted"},
        {"a Yes with an end ahead",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .ends = 1},
         "granted"},
        {"an imported Yes to known words",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .copied = true},
         "granted"},
        {"a Yes past its end",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .ends = -1},
         "expired"},
        {"a Yes to words since changed",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = OLD_WORDS},
         "notice_outdated"},
        {"a Yes to words nobody knows", {.basis = BASIS_CONSENT, .self = EVENT_GIVEN}, "notice_unknown"},
        {"a Yes to another purpose's words",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = OTHER_WORDS},
         "notice_unknown"},
        {"a Yes to words no longer in the policy",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = LOST_WORDS},
         "notice_unknown"},
        {"unknown words that the policy allows",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .unknown_words_allowed = true},
         "granted"},
        {"old words where unknown ones are allowed",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = OLD_WORDS, .unknown_words_allowed = true},
         "notice_outdated"},
        {"expired and outdated",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = OLD_WORDS, .ends = -1},
         "expired"},
        {"expired and unknown", {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .ends = -1}, "expired"},
        {"a guardian's Yes alone",
         {.basis = BASIS_CONSENT, .guardian = EVENT_GIVEN, .words = WORDS},
         "granted"},
        {"marketing by consent",
         {.basis = BASIS_CONSENT, .direct_marketing = true, .self = EVENT_GIVEN, .words = WORDS},
         "granted"},
        {"an objection taken back is none",
         {.basis = BASIS_CONSENT, .self = EVENT_OBJECTION_WITHDRAWN},
         "never_asked"},
        {"a sale is none", {.basis = BASIS_CONSENT, .self = EVENT_ELIGIBLE}, "never_asked"},
        {"marketing never asked", {.basis = BASIS_CONSENT, .direct_marketing = true}, "never_asked"},
    };
    ASSERT_ROWS(rows);
}

Test(verdict_reasons, on_consent_every_no_stops)
{
    static const struct row rows[] = {
        {"refused", {.basis = BASIS_CONSENT, .self = EVENT_REFUSED}, "refused"},
        {"withdrawn", {.basis = BASIS_CONSENT, .self = EVENT_WITHDRAWN}, "withdrawn"},
        {"objected", {.basis = BASIS_CONSENT, .self = EVENT_OBJECTED}, "objected"},
        {"invalidated", {.basis = BASIS_CONSENT, .self = EVENT_INVALIDATED}, "invalidated"},
        {"a No has no end", {.basis = BASIS_CONSENT, .self = EVENT_REFUSED, .ends = -1}, "refused"},
        {"a No needs no words",
         {.basis = BASIS_CONSENT, .self = EVENT_WITHDRAWN, .words = LOST_WORDS},
         "withdrawn"},
        {"a No, and a request since",
         {.basis = BASIS_CONSENT, .self = EVENT_REFUSED, .pending = 1},
         "refused"},
        {"the standing No, never asked", {.basis = BASIS_CONSENT, .self_all = AFTER}, "withdrawn"},
        {"a Yes, then the standing No",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .self_all = AFTER},
         "withdrawn"},
        {"the standing No, then a Yes",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .self_all = BEFORE},
         "granted"},
        {"the standing No, then an import's Yes",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .copied = true, .self_all = BEFORE},
         "withdrawn"},
        {"refused, then the standing No",
         {.basis = BASIS_CONSENT, .self = EVENT_REFUSED, .self_all = AFTER},
         "withdrawn"},
        {"the standing No, then an objection taken back",
         {.basis = BASIS_CONSENT, .self = EVENT_OBJECTION_WITHDRAWN, .self_all = BEFORE},
         "withdrawn"},
        {"the standing No, then refused",
         {.basis = BASIS_CONSENT, .self = EVENT_REFUSED, .self_all = BEFORE},
         "refused"},
        {"a standing No and an expired Yes before it",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .ends = -1, .self_all = AFTER},
         "withdrawn"},
    };
    ASSERT_ROWS(rows);
}

Test(verdict_reasons, of_a_child_a_no_in_either_slot_stops)
{
    static const struct row rows[] = {
        {"guardian yes, child no",
         {.child = true, .self = EVENT_REFUSED, .guardian = EVENT_GIVEN, .words = WORDS},
         "refused"},
        {"child yes, guardian no",
         {.child = true, .self = EVENT_GIVEN, .guardian = EVENT_WITHDRAWN, .words = WORDS},
         "withdrawn"},
        {"both yes",
         {.child = true, .self = EVENT_GIVEN, .guardian = EVENT_GIVEN, .words = WORDS},
         "granted"},
        {"both no: the first reason counts",
         {.child = true, .self = EVENT_REFUSED, .guardian = EVENT_WITHDRAWN},
         "withdrawn"},
        {"the guardian's standing No does not wait for the child's Yes",
         {.child = true, .self = EVENT_GIVEN, .words = WORDS, .guardian_all = BEFORE},
         "withdrawn"},
        {"the child's standing No does not wait for the guardian's Yes",
         {.child = true, .guardian = EVENT_GIVEN, .words = WORDS, .self_all = BEFORE},
         "withdrawn"},
        {"the guardian undoes the guardian's standing No",
         {.child = true, .guardian = EVENT_GIVEN, .words = WORDS, .guardian_all = BEFORE},
         "granted"},
        {"the guardian's Yes was found invalid",
         {.child = true, .guardian = EVENT_INVALIDATED, .self = EVENT_GIVEN, .words = WORDS},
         "invalidated"},
    };
    ASSERT_ROWS(rows);
}

Test(verdict_reasons, of_no_known_age_the_person_decides_and_a_guardians_yes_counts_beside_no_guardians_no)
{
    static const struct row rows[] = {
        {"yes, guardian no", {.self = EVENT_GIVEN, .guardian = EVENT_WITHDRAWN, .words = WORDS}, "granted"},
        {"no, guardian yes", {.self = EVENT_REFUSED, .guardian = EVENT_GIVEN, .words = WORDS}, "refused"},
        {"guardian no", {.guardian = EVENT_REFUSED}, "never_asked"},
        {"guardian yes", {.guardian = EVENT_GIVEN, .words = WORDS}, "granted"},
        {"the guardian's Yes was found invalid", {.guardian = EVENT_INVALIDATED}, "never_asked"},
        {"and the own Yes was not",
         {.guardian = EVENT_INVALIDATED, .self = EVENT_GIVEN, .words = WORDS},
         "granted"},
    };
    ASSERT_ROWS(rows);
}

Test(verdict_reasons, a_double_opt_in_waits_for_its_confirmation)
{
    static const struct row rows[] = {
        {"requested", {.basis = BASIS_CONSENT, .pending = 2}, "unconfirmed"},
        {"not confirmed in time", {.basis = BASIS_CONSENT, .pending = -1}, "never_asked"},
        {"confirmed, and asked for again",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .pending = 2},
         "granted"},
        {"requested, then the standing No",
         {.basis = BASIS_CONSENT, .pending = 2, .self_all = 1},
         "withdrawn"},
        {"withdrawn, then requested",
         {.basis = BASIS_CONSENT, .self = EVENT_WITHDRAWN, .pending = 2},
         "withdrawn"},
        {"a guardian's No beside it",
         {.basis = BASIS_CONSENT, .child = true, .guardian = EVENT_REFUSED, .pending = 2},
         "refused"},
        {"expired, and asked for again",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .ends = -1, .pending = 2},
         "unconfirmed"},
        {"outdated, and asked for again",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = OLD_WORDS, .pending = 2},
         "unconfirmed"},
        {"unknown words, and asked for again",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .pending = 2},
         "unconfirmed"},
        {"expired, and the new request too",
         {.basis = BASIS_CONSENT, .self = EVENT_GIVEN, .words = WORDS, .ends = -1, .pending = -1},
         "expired"},
        {"a request where the Yes belongs is none",
         {.basis = BASIS_CONSENT, .self = EVENT_REQUESTED, .words = WORDS},
         "never_asked"},
        {"no confirmation is waited for", {.basis = BASIS_CONTRACT, .pending = 2}, "not_required"},
    };
    ASSERT_ROWS(rows);
}

Test(verdict_reasons, where_people_may_object_nothing_is_allowed_before_its_announcement_is_in_force)
{
    for (enum lawful_basis basis = BASIS_CONSENT + 1; basis < LAWFUL_BASIS_COUNT; basis++) {
        const struct scene scene = {.basis = basis, .self = EVENT_ELIGIBLE};
        const char *then = basis == BASIS_SOFT_OPT_IN ? "granted" : "not_required";
        struct purpose purpose = purpose_in(&scene);
        snprintf(purpose.notice, sizeof purpose.notice, "to-come");
        struct verdict before = verdict_at(&scene, &purpose, NOW + DAY - 1);
        struct verdict after = verdict_at(&scene, &purpose, NOW + DAY);
        cr_expect_str_eq(reason_word(before.reason), basis_takes_objection(basis) ? "notice_unknown" : then,
                         "%s", lawful_basis_words[basis]);
        cr_expect_eq(before.revision, 0, "it rests on no act");
        cr_expect_str_eq(reason_word(after.reason), then, "%s", lawful_basis_words[basis]);
    }
}

Test(verdict_reasons, a_soft_opt_in_needs_a_sale_and_no_objection)
{
    static const struct row rows[] = {
        {"no sale", {.basis = BASIS_SOFT_OPT_IN}, "never_asked"},
        {"no sale, marketing", {.basis = BASIS_SOFT_OPT_IN, .direct_marketing = true}, "never_asked"},
        {"a sale", {.basis = BASIS_SOFT_OPT_IN, .direct_marketing = true, .self = EVENT_ELIGIBLE}, "granted"},
        {"a sale needs no words",
         {.basis = BASIS_SOFT_OPT_IN, .self = EVENT_ELIGIBLE, .words = LOST_WORDS},
         "granted"},
        {"a sale too long ago", {.basis = BASIS_SOFT_OPT_IN, .self = EVENT_ELIGIBLE, .ends = -1}, "expired"},
        {"objected", {.basis = BASIS_SOFT_OPT_IN, .self = EVENT_OBJECTED}, "objected"},
        {"withdrawn", {.basis = BASIS_SOFT_OPT_IN, .self = EVENT_WITHDRAWN}, "withdrawn"},
        {"a sale after the standing No is no choice",
         {.basis = BASIS_SOFT_OPT_IN, .self = EVENT_ELIGIBLE, .self_all = BEFORE},
         "withdrawn"},
        {"a Yes", {.basis = BASIS_SOFT_OPT_IN, .self = EVENT_GIVEN}, "granted"},
        {"a guardian's Yes", {.basis = BASIS_SOFT_OPT_IN, .guardian = EVENT_GIVEN}, "granted"},
        {"a guardian's sale is none",
         {.basis = BASIS_SOFT_OPT_IN, .guardian = EVENT_ELIGIBLE},
         "never_asked"},
        {"an objection taken back is no sale",
         {.basis = BASIS_SOFT_OPT_IN, .self = EVENT_OBJECTION_WITHDRAWN, .self_all = BEFORE},
         "never_asked"},
        {"a sale, then the standing No",
         {.basis = BASIS_SOFT_OPT_IN, .self = EVENT_ELIGIBLE, .self_all = AFTER},
         "withdrawn"},
    };
    ASSERT_ROWS(rows);
}

Test(verdict_reasons, where_no_yes_is_needed_only_an_objection_stops)
{
    static const struct row rows[] = {
        {"legitimate interest", {.basis = BASIS_LEGITIMATE_INTEREST}, "not_required"},
        {"public task", {.basis = BASIS_PUBLIC_TASK}, "not_required"},
        {"objected to an interest", {.basis = BASIS_LEGITIMATE_INTEREST, .self = EVENT_OBJECTED}, "objected"},
        {"objected to a task", {.basis = BASIS_PUBLIC_TASK, .self = EVENT_OBJECTED}, "objected"},
        {"withdrawn", {.basis = BASIS_LEGITIMATE_INTEREST, .self = EVENT_WITHDRAWN}, "withdrawn"},
        {"an objection taken back",
         {.basis = BASIS_LEGITIMATE_INTEREST,
          .direct_marketing = true,
          .self_all = BEFORE,
          .self = EVENT_OBJECTION_WITHDRAWN},
         "not_required"},
        {"refused", {.basis = BASIS_LEGITIMATE_INTEREST, .self = EVENT_REFUSED}, "refused"},
        {"the standing No leaves an interest alone",
         {.basis = BASIS_LEGITIMATE_INTEREST, .self_all = AFTER},
         "not_required"},
        {"the standing No leaves a task alone",
         {.basis = BASIS_PUBLIC_TASK, .self_all = AFTER},
         "not_required"},
        {"it stops marketing on an interest",
         {.basis = BASIS_LEGITIMATE_INTEREST, .direct_marketing = true, .self_all = AFTER},
         "withdrawn"},
        {"and marketing on a contract",
         {.basis = BASIS_CONTRACT, .direct_marketing = true, .self = EVENT_WITHDRAWN},
         "withdrawn"},
        {"marketing on an interest",
         {.basis = BASIS_LEGITIMATE_INTEREST, .direct_marketing = true},
         "not_required"},
        {"contract", {.basis = BASIS_CONTRACT}, "not_required"},
        {"legal obligation", {.basis = BASIS_LEGAL_OBLIGATION}, "not_required"},
        {"vital interest", {.basis = BASIS_VITAL_INTEREST}, "not_required"},
        {"exempt", {.basis = BASIS_EXEMPT}, "not_required"},
        {"contract and the standing No", {.basis = BASIS_CONTRACT, .self_all = AFTER}, "not_required"},
        {"obligation and the standing No",
         {.basis = BASIS_LEGAL_OBLIGATION, .self_all = AFTER},
         "not_required"},
        {"vital interest and the standing No",
         {.basis = BASIS_VITAL_INTEREST, .guardian_all = AFTER},
         "not_required"},
        {"exempt and the standing No", {.basis = BASIS_EXEMPT, .self_all = AFTER}, "not_required"},
        {"an expired Yes is not missed",
         {.basis = BASIS_LEGITIMATE_INTEREST, .self = EVENT_GIVEN, .ends = -1},
         "not_required"},
    };
    ASSERT_ROWS(rows);
}
