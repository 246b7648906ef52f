/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict_told.h"

#include <criterion/criterion.h>

/* Purposes that replace others, objections that are weighed, requests that wait. */

Test(verdict_weighed, a_no_to_what_a_purpose_replaces_counts_for_it_too)
{
    static const struct told rows[] = {
        {"a No to the old", CURRENT, {HELD(OLD, SELF, EVENT_WITHDRAWN, BEFORE)}, "withdrawn"},
        {"a No to the oldest", CURRENT, {HELD(OLDEST, SELF, EVENT_REFUSED, BEFORE)}, "refused"},
        {"a No to one that left the document", HEIR, {HELD(GONE, SELF, EVENT_REFUSED, BEFORE)}, "refused"},
        {"a newer Yes to the new",
         CURRENT,
         {HELD(OLD, SELF, EVENT_WITHDRAWN, BEFORE), HELD(CURRENT, SELF, EVENT_GIVEN, SAID)},
         "granted"},
        {"an older Yes to the new",
         CURRENT,
         {HELD(OLD, SELF, EVENT_WITHDRAWN, AFTER), HELD(CURRENT, SELF, EVENT_GIVEN, SAID)},
         "withdrawn"},
        {"an import's newer Yes to the new",
         CURRENT,
         {HELD(OLD, SELF, EVENT_WITHDRAWN, BEFORE), HELD(CURRENT, SELF, EVENT_GIVEN, SAID, .copied = true)},
         "withdrawn"},
        {"a Yes to the old is none to the new", CURRENT, {HELD(OLD, SELF, EVENT_GIVEN, SAID)}, "never_asked"},
        {"a newer Yes to the old undoes no No to the oldest",
         CURRENT,
         {HELD(OLDEST, SELF, EVENT_REFUSED, BEFORE), HELD(OLD, SELF, EVENT_GIVEN, SAID)},
         "refused"},
        {"a guardian's No to the old",
         CURRENT,
         {CHILD, HELD(OLD, PARENT, EVENT_REFUSED, BEFORE), HELD(CURRENT, SELF, EVENT_GIVEN, SAID)},
         "refused"},
        {"a No to the new says nothing of the old",
         OLD,
         {HELD(CURRENT, SELF, EVENT_REFUSED, SAID)},
         "retired"},
        {"withdrawn there, an objection here",
         INTEREST,
         {HELD(MAIL, SELF, EVENT_WITHDRAWN, BEFORE)},
         "restricted"},
        {"refused there", INTEREST, {HELD(MAIL, SELF, EVENT_REFUSED, BEFORE)}, "refused"},
    };
    ASSERT_TOLD(rows);
}

static const struct told weighed[] = {
    {"no objection", PROFILE, {{0}}, "not_required"},
    {"objected", PROFILE, {HELD(PROFILE, SELF, EVENT_OBJECTED, BEFORE)}, "restricted"},
    {"upheld",
     PROFILE,
     {HELD(PROFILE, SELF, EVENT_OBJECTED, BEFORE), HELD(PROFILE, SELF, EVENT_UPHELD, SAID)},
     "objected"},
    {"overridden",
     PROFILE,
     {HELD(PROFILE, SELF, EVENT_OBJECTED, BEFORE), HELD(PROFILE, SELF, EVENT_OVERRIDDEN, SAID)},
     "not_required"},
    {"overridden, and objected again",
     PROFILE,
     {HELD(PROFILE, SELF, EVENT_OBJECTED, AFTER), HELD(PROFILE, SELF, EVENT_OVERRIDDEN, SAID)},
     "restricted"},
    {"upheld, and objected again",
     PROFILE,
     {HELD(PROFILE, SELF, EVENT_OBJECTED, AFTER), HELD(PROFILE, SELF, EVENT_UPHELD, SAID)},
     "restricted"},
    {"overridden, and objected again within the microsecond",
     PROFILE,
     {HELD(PROFILE, SELF, EVENT_OBJECTED, SAID), HELD(PROFILE, SELF, EVENT_OVERRIDDEN, SAID)},
     "restricted"},
    {"an outcome without an objection", PROFILE, {HELD(PROFILE, SELF, EVENT_UPHELD, SAID)}, "not_required"},
    {"overridden, and a guardian objects since",
     PROFILE,
     {CHILD, HELD(PROFILE, SELF, EVENT_OBJECTED, BEFORE), HELD(PROFILE, SELF, EVENT_OVERRIDDEN, SAID),
      HELD(PROFILE, PARENT, EVENT_OBJECTED, AFTER)},
     "restricted"},
    {"the guardian's overridden, and the person objects since",
     PROFILE,
     {CHILD, HELD(PROFILE, PARENT, EVENT_OBJECTED, BEFORE), HELD(PROFILE, SELF, EVENT_OVERRIDDEN, SAID),
      HELD(PROFILE, SELF, EVENT_OBJECTED, AFTER)},
     "restricted"},
    {"upheld, and a guardian objects since",
     PROFILE,
     {CHILD, HELD(PROFILE, SELF, EVENT_OBJECTED, BEFORE), HELD(PROFILE, SELF, EVENT_UPHELD, SAID),
      HELD(PROFILE, PARENT, EVENT_OBJECTED, AFTER)},
     "restricted"},
    {"overridden, beside a No that is not weighed",
     PROFILE,
     {CHILD, HELD(PROFILE, SELF, EVENT_OBJECTED, BEFORE), HELD(PROFILE, SELF, EVENT_OVERRIDDEN, SAID),
      HELD(PROFILE, PARENT, EVENT_REFUSED, BEFORE)},
     "refused"},
    {"an old purpose's objection was overridden, this one's was not",
     INTEREST,
     {HELD(MAIL, SELF, EVENT_OBJECTED, BEFORE), HELD(MAIL, SELF, EVENT_OVERRIDDEN, SAID)},
     "restricted"},
    {"the standing No leaves it alone",
     PROFILE,
     {HELD(PURPOSE_ALL, SELF, EVENT_WITHDRAWN, BEFORE)},
     "not_required"},
};

Test(verdict_weighed, an_objection_that_is_weighed_restricts_until_its_outcome)
{
    ASSERT_TOLD(weighed);
}

Test(verdict_weighed, a_restriction_names_the_objection_and_an_overridden_one_decides_nothing)
{
    static const struct told restricted = {.purpose = PROFILE,
                                           .held = {HELD(PROFILE, SELF, EVENT_OBJECTED, BEFORE)}};
    static const struct told overridden = {
        .purpose = PROFILE,
        .held = {HELD(PROFILE, SELF, EVENT_OBJECTED, BEFORE), HELD(PROFILE, SELF, EVENT_OVERRIDDEN, SAID)}};
    struct verdict v = verdict_told(&household, ENTITY_ANY, &restricted, NOW);
    assert_decided_by(&v, BEFORE, EVENT_OBJECTED);
    cr_expect_eq(verdict_told(&household, ENTITY_ANY, &overridden, NOW).revision, 0);
}

Test(verdict_weighed, a_request_that_waits_names_itself_but_has_no_end_of_a_yes)
{
    static const struct told waits = {.purpose = MAIL,
                                      .held = {HELD(MAIL, SELF, EVENT_REQUESTED, AFTER, .ends = 2)}};
    struct verdict v = verdict_told(&household, ENTITY_ANY, &waits, NOW);
    cr_expect_eq(v.reason, REASON_UNCONFIRMED);
    assert_decided_by(&v, AFTER, EVENT_REQUESTED);
    cr_expect_eq(v.valid_until, INSTANT_NONE);
}
