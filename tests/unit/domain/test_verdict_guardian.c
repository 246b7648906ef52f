/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict_told.h"

#include <criterion/criterion.h>

/* Of children and of represented adults. */

static const struct told of_minors[] = {
    {"alone", MAIL, {CHILD, HELD(MAIL, SELF, EVENT_GIVEN, SAID)}, "guardian_required"},
    {"never asked", MAIL, {CHILD}, "guardian_required"},
    {"a Yes from before the age was known",
     MAIL,
     {HELD(MAIL, SELF, EVENT_GIVEN, 90), CHILD},
     "guardian_required"},
    {"of no known age", MAIL, {HELD(MAIL, SELF, EVENT_GIVEN, SAID)}, "granted"},
    {"of an age without a limit",
     MAIL,
     {FACT(SLOT_AGE, .forever = true), HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
     "guardian_required"},
    {"no minor after all", MAIL, {ADULT_TOLD, HELD(MAIL, SELF, EVENT_GIVEN, SAID)}, "granted"},
    {"the guardian's Yes alone", MAIL, {CHILD, HELD(MAIL, PARENT, EVENT_GIVEN, SAID)}, "granted"},
    {"both Yes",
     MAIL,
     {CHILD, HELD(MAIL, PARENT, EVENT_GIVEN, SAID), HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
     "granted"},
    {"the guardian's Yes is over",
     MAIL,
     {CHILD, HELD(MAIL, PARENT, EVENT_GIVEN, SAID, .ends = -1), HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
     "expired"},
    {"a request of the child's own",
     MAIL,
     {CHILD, HELD(MAIL, SELF, EVENT_REQUESTED, SAID, .ends = 2)},
     "guardian_required"},
    {"where a minor may decide, alone", TEEN, {CHILD, HELD(TEEN, SELF, EVENT_GIVEN, SAID)}, "granted"},
    {"where a minor may decide, never asked", TEEN, {CHILD}, "never_asked"},
    {"where minors are not asked, alone",
     ADULT,
     {CHILD, HELD(ADULT, SELF, EVENT_GIVEN, SAID)},
     "guardian_required"},
    {"where minors are not asked, the guardian's Yes",
     ADULT,
     {CHILD, HELD(ADULT, PARENT, EVENT_GIVEN, SAID)},
     "guardian_required"},
    {"on a contract, alone", ACCOUNT, {CHILD}, "guardian_required"},
    {"on a contract, the guardian's Yes",
     ACCOUNT,
     {CHILD, HELD(ACCOUNT, PARENT, EVENT_GIVEN, SAID)},
     "not_required"},
    {"on a contract, the guardian's Yes is over",
     ACCOUNT,
     {CHILD, HELD(ACCOUNT, PARENT, EVENT_GIVEN, SAID, .ends = -1)},
     "expired"},
    {"on a contract, of no known age", ACCOUNT, {{0}}, "not_required"},
    {"a sale and no guardian", SHOP, {CHILD, HELD(SHOP, SELF, EVENT_ELIGIBLE, SAID)}, "guardian_required"},
    {"a sale and the guardian's Yes",
     SHOP,
     {CHILD, HELD(SHOP, SELF, EVENT_ELIGIBLE, SAID), HELD(SHOP, PARENT, EVENT_GIVEN, SAID)},
     "guardian_required"},
    {"the guardian's Yes and no sale",
     SHOP,
     {CHILD, HELD(SHOP, PARENT, EVENT_GIVEN, SAID)},
     "guardian_required"},
};

Test(verdict_guardian, for_a_known_minor_a_guardian_decides)
{
    ASSERT_TOLD(of_minors);
}

Test(verdict_guardian, a_no_of_the_childs_own_or_of_a_guardian_applies_at_once)
{
    static const struct told rows[] = {
        {"the child's, before the guardian's Yes",
         MAIL,
         {CHILD, HELD(MAIL, SELF, EVENT_REFUSED, BEFORE), HELD(MAIL, PARENT, EVENT_GIVEN, SAID)},
         "refused"},
        {"the child's, after it",
         MAIL,
         {CHILD, HELD(MAIL, SELF, EVENT_WITHDRAWN, AFTER), HELD(MAIL, PARENT, EVENT_GIVEN, SAID)},
         "withdrawn"},
        {"the child's standing No",
         MAIL,
         {CHILD, HELD(PURPOSE_ALL, SELF, EVENT_WITHDRAWN, BEFORE), HELD(MAIL, PARENT, EVENT_GIVEN, SAID)},
         "withdrawn"},
        {"the guardian's", MAIL, {CHILD, HELD(MAIL, PARENT, EVENT_WITHDRAWN, AFTER)}, "withdrawn"},
        {"the guardian's, and the child's Yes since",
         MAIL,
         {CHILD, HELD(MAIL, PARENT, EVENT_REFUSED, BEFORE), HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
         "refused"},
        {"the guardian's, where a minor may decide",
         TEEN,
         {CHILD, HELD(TEEN, PARENT, EVENT_REFUSED, BEFORE), HELD(TEEN, SELF, EVENT_GIVEN, SAID)},
         "refused"},
        {"the guardian's, on a contract",
         ACCOUNT,
         {CHILD, HELD(ACCOUNT, PARENT, EVENT_WITHDRAWN, AFTER)},
         "withdrawn"},
        {"the guardian's standing No",
         MAIL,
         {CHILD, HELD(PURPOSE_ALL, PARENT, EVENT_WITHDRAWN, BEFORE), HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
         "withdrawn"},
        {"and of one channel",
         MAIL,
         {CHILD, HELD(EMAILS, PARENT, EVENT_WITHDRAWN, BEFORE), HELD(MAIL, CARER, EVENT_GIVEN, SAID)},
         "withdrawn"},
        {"the guardian's that came from another identifier",
         MAIL,
         {CHILD, HELD(MAIL, MOTHER, EVENT_REFUSED, BEFORE, .reached = true),
          HELD(MAIL, FATHER, EVENT_GIVEN, SAID)},
         "refused"},
        {"the child's objection to shop mail",
         SHOP,
         {CHILD, HELD(SHOP, SELF, EVENT_OBJECTED, AFTER), HELD(SHOP, PARENT, EVENT_GIVEN, SAID)},
         "objected"},
    };
    ASSERT_TOLD(rows);
}

static const struct told past_the_limit[] = {
    {"the guardian's Yes stays", MAIL, {GROWN, HELD(MAIL, PARENT, EVENT_GIVEN, BEFORE)}, "granted"},
    {"or ends, as the policy says",
     MAIL_SELF,
     {GROWN, HELD(MAIL_SELF, PARENT, EVENT_GIVEN, BEFORE)},
     "expired"},
    {"an own Yes from before", MAIL, {GROWN, HELD(MAIL, SELF, EVENT_GIVEN, BEFORE)}, "never_asked"},
    {"an own Yes from before, beside the guardian's",
     MAIL,
     {GROWN, HELD(MAIL, SELF, EVENT_GIVEN, BEFORE), HELD(MAIL, PARENT, EVENT_GIVEN, BEFORE)},
     "granted"},
    {"an own Yes from before, where the guardian's ends",
     MAIL_SELF,
     {GROWN, HELD(MAIL_SELF, SELF, EVENT_GIVEN, BEFORE), HELD(MAIL_SELF, PARENT, EVENT_GIVEN, BEFORE)},
     "expired"},
    {"an own Yes from before, where minors decide alone",
     TEEN,
     {GROWN, HELD(TEEN, SELF, EVENT_GIVEN, BEFORE)},
     "granted"},
    {"an own Yes from before, where minors are not asked",
     ADULT,
     {GROWN, HELD(ADULT, SELF, EVENT_GIVEN, BEFORE)},
     "never_asked"},
    {"an own Yes since", MAIL, {GROWN, HELD(MAIL, SELF, EVENT_GIVEN, SAID)}, "granted"},
    {"an own Yes since, where minors are not asked",
     ADULT,
     {GROWN, HELD(ADULT, SELF, EVENT_GIVEN, SAID)},
     "granted"},
    {"an own Yes since, where the guardian's ended",
     MAIL_SELF,
     {GROWN, HELD(MAIL_SELF, SELF, EVENT_GIVEN, SAID), HELD(MAIL_SELF, PARENT, EVENT_GIVEN, BEFORE)},
     "granted"},
    {"an own Yes since undoes the guardian's No",
     MAIL,
     {GROWN, HELD(MAIL, SELF, EVENT_GIVEN, SAID), HELD(MAIL, PARENT, EVENT_WITHDRAWN, BEFORE)},
     "granted"},
    {"and the guardian's standing No",
     MAIL,
     {GROWN, HELD(MAIL, SELF, EVENT_GIVEN, SAID), HELD(PURPOSE_ALL, PARENT, EVENT_WITHDRAWN, BEFORE)},
     "granted"},
    {"an own No since undoes the guardian's Yes",
     MAIL,
     {GROWN, HELD(MAIL, SELF, EVENT_REFUSED, SAID), HELD(MAIL, PARENT, EVENT_GIVEN, BEFORE)},
     "refused"},
    {"an own Yes since that is over does not bring the guardian's back",
     MAIL,
     {GROWN, HELD(MAIL, SELF, EVENT_GIVEN, SAID, .ends = -1), HELD(MAIL, PARENT, EVENT_GIVEN, BEFORE)},
     "expired"},
    {"the guardian's No stops nothing any more",
     MAIL,
     {GROWN, HELD(MAIL, PARENT, EVENT_WITHDRAWN, BEFORE)},
     "never_asked"},
    {"an own Yes from before is none beside it",
     MAIL,
     {GROWN, HELD(MAIL, SELF, EVENT_GIVEN, BEFORE), HELD(MAIL, PARENT, EVENT_WITHDRAWN, BEFORE)},
     "never_asked"},
    {"but another guardian's Yes does not outlast it",
     MAIL,
     {GROWN, HELD(MAIL, CARER, EVENT_GIVEN, BEFORE), HELD(MAIL, PARENT, EVENT_WITHDRAWN, 50)},
     "never_asked"},
    {"a sale counts for who is of age",
     SHOP,
     {GROWN, HELD(SHOP, SELF, EVENT_ELIGIBLE, SAID), HELD(SHOP, PARENT, EVENT_OBJECTED, BEFORE)},
     "granted"},
    {"a guardian's Yes that was found invalid hides nothing that was said since",
     MAIL,
     {GROWN, HELD(MAIL, SELF, EVENT_GIVEN, SAID), HELD(MAIL, PARENT, EVENT_INVALIDATED, AFTER)},
     "granted"},
    {"an own No from before stands",
     MAIL,
     {GROWN, HELD(MAIL, SELF, EVENT_REFUSED, BEFORE), HELD(MAIL, PARENT, EVENT_GIVEN, BEFORE)},
     "refused"},
    {"never asked", MAIL, {GROWN}, "never_asked"},
    {"a request since",
     MAIL,
     {GROWN, HELD(MAIL, SELF, EVENT_GIVEN, BEFORE), HELD(MAIL, SELF, EVENT_REQUESTED, 1, .ends = 2)},
     "unconfirmed"},
    {"on a contract nobody needs to be asked",
     ACCOUNT_SELF,
     {GROWN, HELD(ACCOUNT_SELF, PARENT, EVENT_GIVEN, BEFORE)},
     "not_required"},
    {"nor does the guardian's No stop it any more",
     ACCOUNT,
     {GROWN, HELD(ACCOUNT, PARENT, EVENT_WITHDRAWN, BEFORE)},
     "not_required"},
};

Test(verdict_guardian, past_the_limit_the_person_decides)
{
    ASSERT_TOLD(past_the_limit);
}

Test(verdict_guardian, the_limit_is_reached_at_its_moment_and_not_a_microsecond_before)
{
    static const struct told own = {.purpose = MAIL, .held = {CHILD, HELD(MAIL, SELF, EVENT_GIVEN, SAID)}};
    static const struct told stays = {.purpose = MAIL,
                                      .held = {CHILD, HELD(MAIL, PARENT, EVENT_GIVEN, SAID)}};
    static const struct told ends = {.purpose = MAIL_SELF,
                                     .held = {CHILD, HELD(MAIL_SELF, PARENT, EVENT_GIVEN, SAID)}};
    const instant limit = NOW + COMING * DAY;
    cr_expect_eq(verdict_told(&household, ENTITY_ANY, &own, limit - 1).reason, REASON_GUARDIAN_REQUIRED);
    cr_expect_eq(verdict_told(&household, ENTITY_ANY, &own, limit).reason, REASON_NEVER_ASKED);
    struct verdict v = verdict_told(&household, ENTITY_ANY, &stays, limit - 1);
    cr_expect(v.reason == REASON_GRANTED && !v.reconfirm_due && !v.renew_self);
    v = verdict_told(&household, ENTITY_ANY, &stays, limit);
    cr_expect(v.reason == REASON_GRANTED && v.reconfirm_due && !v.renew_self);
    cr_expect_eq(v.valid_until, INSTANT_NONE);
    v = verdict_told(&household, ENTITY_ANY, &ends, limit - 1);
    cr_expect(v.reason == REASON_GRANTED && !v.reconfirm_due && !v.renew_self);
    v = verdict_told(&household, ENTITY_ANY, &ends, limit);
    cr_expect(v.reason == REASON_EXPIRED && !v.reconfirm_due && v.renew_self);
    cr_expect_eq(v.valid_until, limit);
    cr_expect_eq(v.since, NOW - SAID * DAY);
}

Test(verdict_guardian, it_tells_who_has_to_renew)
{
    static const struct {
        struct told told;
        bool reconfirm_due, renew_self;
    } rows[] = {
        {{"a guardian's Yes past the limit",
          MAIL,
          {GROWN, HELD(MAIL, PARENT, EVENT_GIVEN, BEFORE)},
          "granted"},
         true,
         false},
        {{"an own Yes past the limit", MAIL, {GROWN, HELD(MAIL, SELF, EVENT_GIVEN, SAID)}, "granted"},
         false,
         false},
        {{"an own Yes from before", MAIL, {GROWN, HELD(MAIL, SELF, EVENT_GIVEN, BEFORE)}, "never_asked"},
         false,
         false},
        {{"a guardian's Yes that came to its end past the limit",
          MAIL,
          {GROWN, HELD(MAIL, PARENT, EVENT_GIVEN, BEFORE, .ends = -1)},
          "expired"},
         false,
         true},
        {{"a guardian's Yes that came to its end, of a child",
          MAIL,
          {CHILD, HELD(MAIL, PARENT, EVENT_GIVEN, BEFORE, .ends = -1)},
          "expired"},
         false,
         false},
        {{"a guardian's Yes of no known age", MAIL, {HELD(MAIL, PARENT, EVENT_GIVEN, BEFORE)}, "granted"},
         false,
         false},
        {{"an own Yes that came to its end",
          MAIL,
          {HELD(MAIL, SELF, EVENT_GIVEN, BEFORE, .ends = -1)},
          "expired"},
         false,
         false},
        {{"a No past the limit", MAIL, {GROWN, HELD(MAIL, SELF, EVENT_REFUSED, BEFORE)}, "refused"},
         false,
         false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict v = verdict_told(&household, ENTITY_ANY, &rows[i].told, NOW);
        cr_expect_str_eq(reason_word(v.reason), rows[i].told.reason, "%s", rows[i].told.question);
        cr_expect_eq(v.reconfirm_due, rows[i].reconfirm_due, "%s", rows[i].told.question);
        cr_expect_eq(v.renew_self, rows[i].renew_self, "%s", rows[i].told.question);
    }
}

Test(verdict_guardian, a_guardians_yes_that_ends_at_the_limit_ends_no_later_than_by_itself)
{
    static const struct told row = {
        .purpose = MAIL_SELF,
        .held = {GROWN, HELD(MAIL_SELF, PARENT, EVENT_GIVEN, BEFORE, .ends = PAST - 1)}};
    cr_expect_eq(verdict_told(&household, ENTITY_ANY, &row, NOW).valid_until, NOW + (PAST - 1) * DAY);
}

static const struct told of_represented[] = {
    {"alone", MAIL, {REPRESENTED, HELD(MAIL, SELF, EVENT_GIVEN, SAID)}, "guardian_required"},
    {"without an end",
     MAIL,
     {FACT(SLOT_CARE, .forever = true), HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
     "guardian_required"},
    {"the representative's Yes", MAIL, {REPRESENTED, HELD(MAIL, PARENT, EVENT_GIVEN, SAID)}, "granted"},
    {"the own No beats it",
     MAIL,
     {REPRESENTED, HELD(MAIL, SELF, EVENT_REFUSED, BEFORE), HELD(MAIL, PARENT, EVENT_GIVEN, SAID)},
     "refused"},
    {"the representative's No", MAIL, {REPRESENTED, HELD(MAIL, PARENT, EVENT_REFUSED, SAID)}, "refused"},
    {"lifted",
     MAIL,
     {FACT(SLOT_CARE, .ends = COMING), FACT(SLOT_CARE_DOCUMENT, .ends = 0),
      HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
     "granted"},
    {"over, an own Yes from before", MAIL, {FREE, HELD(MAIL, SELF, EVENT_GIVEN, BEFORE)}, "never_asked"},
    {"over, an own Yes since", MAIL, {FREE, HELD(MAIL, SELF, EVENT_GIVEN, SAID)}, "granted"},
    {"over, the representative's Yes ends",
     MAIL_SELF,
     {FREE, HELD(MAIL_SELF, PARENT, EVENT_GIVEN, BEFORE)},
     "expired"},
    {"of age, but represented",
     MAIL,
     {GROWN, REPRESENTED, HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
     "guardian_required"},
    {"no longer represented, but a minor",
     MAIL,
     {CHILD, FREE, HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
     "guardian_required"},
    {"of age, but represented, and both said Yes",
     MAIL,
     {GROWN, REPRESENTED, HELD(MAIL, SELF, EVENT_GIVEN, SAID), HELD(MAIL, PARENT, EVENT_GIVEN, SAID)},
     "granted"},
    {"of age, but represented: the own Yes undoes no representative's No",
     MAIL,
     {GROWN, REPRESENTED, HELD(MAIL, SELF, EVENT_GIVEN, SAID), HELD(MAIL, PARENT, EVENT_REFUSED, BEFORE)},
     "refused"},
    {"both over: the later counts, which may be the age",
     MAIL,
     {FREE, FACT(SLOT_AGE, .ends = -5), HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
     "never_asked"},
    {"both over: the later counts",
     MAIL,
     {GROWN, FACT(SLOT_CARE, .ends = -5), HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
     "never_asked"},
};

Test(verdict_guardian, for_a_represented_adult_the_same_holds)
{
    ASSERT_TOLD(of_represented);
}
