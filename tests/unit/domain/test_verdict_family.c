/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict_told.h"

#include <criterion/criterion.h>

/* Guardians, who are persons of their own, and what was told of an age: by name, by a document, or with
 * another identifier of a person who has this one. */

enum { WEAKER = STRENGTH_EMAIL_PLUS, SIGNED = STRENGTH_SIGNED | FLAG_WRITTEN };

static const struct told of_several_guardians[] = {
    {"one refuses, another agrees since",
     MAIL,
     {CHILD, HELD(MAIL, MOTHER, EVENT_REFUSED, BEFORE), HELD(MAIL, FATHER, EVENT_GIVEN, SAID)},
     "refused"},
    {"one agrees, another refuses since",
     MAIL,
     {CHILD, HELD(MAIL, MOTHER, EVENT_GIVEN, BEFORE), HELD(MAIL, FATHER, EVENT_REFUSED, SAID)},
     "refused"},
    {"the same agrees since",
     MAIL,
     {CHILD, HELD(MAIL, MOTHER, EVENT_REFUSED, BEFORE), HELD(MAIL, MOTHER, EVENT_GIVEN, SAID)},
     "granted"},
    {"a legal representative's is not a carer's",
     MAIL,
     {CHILD, HELD(MAIL, ROLE_LEGAL_REPRESENTATIVE, EVENT_REFUSED, BEFORE),
      HELD(MAIL, CARER, EVENT_GIVEN, SAID)},
     "refused"},
    {"both agree",
     MAIL,
     {CHILD, HELD(MAIL, MOTHER, EVENT_GIVEN, BEFORE), HELD(MAIL, FATHER, EVENT_GIVEN, SAID)},
     "granted"},
    {"both refuse: the first reason",
     MAIL,
     {CHILD, HELD(MAIL, MOTHER, EVENT_REFUSED, SAID), HELD(MAIL, FATHER, EVENT_WITHDRAWN, BEFORE)},
     "withdrawn"},
    {"one was found invalid",
     MAIL,
     {CHILD, HELD(MAIL, MOTHER, EVENT_INVALIDATED, SAID), HELD(MAIL, FATHER, EVENT_GIVEN, BEFORE)},
     "invalidated"},
    {"an import's Yes of the same undoes none",
     MAIL,
     {CHILD, HELD(MAIL, MOTHER, EVENT_REFUSED, BEFORE),
      HELD(MAIL, MOTHER, EVENT_GIVEN, SAID, .copied = true)},
     "refused"},
    {"the person's No, and a guardian's before it in the order of reasons",
     MAIL,
     {CHILD, HELD(MAIL, SELF, EVENT_REFUSED, SAID), HELD(MAIL, MOTHER, EVENT_WITHDRAWN, BEFORE)},
     "withdrawn"},
    {"of age, one's own Yes counts",
     MAIL,
     {GROWN, HELD(MAIL, MOTHER, EVENT_REFUSED, BEFORE), HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
     "granted"},
    {"of age, nothing said, and one guardian's No",
     MAIL,
     {GROWN, HELD(MAIL, MOTHER, EVENT_REFUSED, BEFORE), HELD(MAIL, FATHER, EVENT_GIVEN, BEFORE)},
     "never_asked"},
    {"of age, nothing said, a guardian's Yes stood",
     MAIL,
     {GROWN, HELD(MAIL, FATHER, EVENT_GIVEN, BEFORE)},
     "granted"},
    {"of age, the own Yes is from before",
     MAIL,
     {GROWN, HELD(MAIL, SELF, EVENT_GIVEN, BEFORE)},
     "never_asked"},
    {"an interest, and a guardian's objection",
     GAMES,
     {CHILD, HELD(GAMES, MOTHER, EVENT_OBJECTED, BEFORE), HELD(GAMES, FATHER, EVENT_GIVEN, SAID)},
     "objected"},
    {"an interest, and a guardian's Yes",
     GAMES,
     {CHILD, HELD(GAMES, FATHER, EVENT_GIVEN, SAID)},
     "not_required"},
    {"an interest, alone", GAMES, {CHILD}, "guardian_required"},
};

Test(verdict_family, a_guardians_no_stands_until_that_guardian_takes_it_back)
{
    ASSERT_TOLD(of_several_guardians);
}

Test(verdict_family, a_guardians_yes_counts_from_the_least_strength_and_form_on)
{
    static const struct told rows[] = {
        {"signed, in writing",
         CLUB,
         {CHILD, HELD(CLUB, MOTHER, EVENT_GIVEN, SAID, .flags = SIGNED)},
         "granted"},
        {"stronger, in writing",
         CLUB,
         {CHILD, HELD(CLUB, MOTHER, EVENT_GIVEN, SAID, .flags = STRENGTH_EID | FLAG_WRITTEN)},
         "granted"},
        {"weaker",
         CLUB,
         {CHILD, HELD(CLUB, MOTHER, EVENT_GIVEN, SAID, .flags = WEAKER | FLAG_WRITTEN)},
         "guardian_required"},
        {"not in writing",
         CLUB,
         {CHILD, HELD(CLUB, MOTHER, EVENT_GIVEN, SAID, .flags = STRENGTH_IN_PERSON)},
         "guardian_required"},
        {"one weaker, one strong enough",
         CLUB,
         {CHILD, HELD(CLUB, MOTHER, EVENT_GIVEN, AFTER, .flags = WEAKER),
          HELD(CLUB, FATHER, EVENT_GIVEN, SAID, .flags = SIGNED)},
         "granted"},
        {"a No needs no strength",
         CLUB,
         {CHILD, HELD(CLUB, MOTHER, EVENT_REFUSED, AFTER),
          HELD(CLUB, FATHER, EVENT_GIVEN, SAID, .flags = SIGNED)},
         "refused"},
        {"a weaker Yes of the same stands in the stronger one's place",
         CLUB,
         {CHILD, HELD(CLUB, MOTHER, EVENT_GIVEN, SAID, .flags = SIGNED),
          HELD(CLUB, MOTHER, EVENT_GIVEN, AFTER, .flags = WEAKER)},
         "guardian_required"},
        {"where minors are not asked none counts, of no known age either",
         ADULT,
         {HELD(ADULT, MOTHER, EVENT_GIVEN, SAID, .flags = STRENGTH_EID | FLAG_WRITTEN)},
         "never_asked"},
    };
    ASSERT_TOLD(rows);
}

Test(verdict_family, a_limit_stands_until_its_date_and_only_a_document_by_name_lifts_it)
{
    static const struct told rows[] = {
        {"told again with an older age: the later date",
         MAIL,
         {CHILD, ADULT_TOLD, HELD(MAIL, PARENT, EVENT_WITHDRAWN, SAID), HELD(MAIL, SELF, EVENT_GIVEN, AFTER)},
         "withdrawn"},
        {"told again with a nearer date",
         MAIL,
         {FACT(SLOT_AGE, .ends = PAST), FACT(SLOT_AGE_LIMIT, .ends = COMING),
          HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
         "guardian_required"},
        {"represented until a date, after without an end",
         MAIL,
         {FACT(SLOT_CARE, .forever = true), FACT(SLOT_CARE, .ends = PAST),
          HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
         "guardian_required"},
        {"a document says of age",
         MAIL,
         {CHILD, FACT(SLOT_AGE_DOCUMENT, .ends = 0), HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
         "granted"},
        {"a document says when, and it is past",
         MAIL,
         {CHILD, FACT(SLOT_AGE_DOCUMENT, .ends = PAST), HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
         "granted"},
        {"and what was said before that day is none",
         MAIL,
         {CHILD, FACT(SLOT_AGE_DOCUMENT, .ends = PAST), HELD(MAIL, SELF, EVENT_GIVEN, BEFORE)},
         "never_asked"},
        {"a document says when, and it is to come, whatever else was told",
         MAIL,
         {ADULT_TOLD, FACT(SLOT_AGE_DOCUMENT, .ends = COMING), HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
         "guardian_required"},
        {"of two documents the later stands, though it limits longer",
         MAIL,
         {FACT(SLOT_AGE_DOCUMENT, .ends = COMING, .ago = SAID),
          FACT(SLOT_AGE_DOCUMENT, .ends = 0, .ago = BEFORE), HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
         "guardian_required"},
        {"though it lifts",
         MAIL,
         {FACT(SLOT_AGE_DOCUMENT, .ends = COMING, .ago = BEFORE),
          FACT(SLOT_AGE_DOCUMENT, .ends = 0, .ago = SAID), HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
         "granted"},
        {"a document of an age says nothing of being represented",
         MAIL,
         {REPRESENTED, FACT(SLOT_AGE_DOCUMENT, .ends = 0), HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
         "guardian_required"},
    };
    ASSERT_TOLD(rows);
}

Test(verdict_family, who_shares_an_identifier_with_a_child)
{
    static const struct told rows[] = {
        {"the mail box, where the mother told her own age",
         MAIL,
         {ADULT_TOLD, FACT(SLOT_AGE_REACHED, .ends = COMING), HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
         "guardian_required"},
        {"where she proved it",
         MAIL,
         {FACT(SLOT_AGE_DOCUMENT, .ends = 0), FACT(SLOT_AGE_REACHED, .ends = COMING),
          HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
         "granted"},
        {"a limit from elsewhere gives a guardian no say over who told to be of age",
         MAIL,
         {ADULT_TOLD, FACT(SLOT_AGE_REACHED, .ends = COMING), HELD(MAIL, PARENT, EVENT_GIVEN, SAID)},
         "guardian_required"},
        {"it does over who told nothing",
         MAIL,
         {FACT(SLOT_AGE_REACHED, .ends = COMING), HELD(MAIL, PARENT, EVENT_GIVEN, SAID)},
         "granted"},
        {"a sibling's guardian signed for the sibling",
         MAIL,
         {CHILD, HELD(MAIL, SELF, EVENT_GIVEN, SAID)},
         "guardian_required"},
        {"of age by what was told: a guardian has no say",
         MAIL,
         {ADULT_TOLD, HELD(MAIL, PARENT, EVENT_GIVEN, SAID)},
         "never_asked"},
        {"nor to say no",
         MAIL,
         {ADULT_TOLD, HELD(MAIL, PARENT, EVENT_REFUSED, SAID), HELD(MAIL, SELF, EVENT_GIVEN, BEFORE)},
         "granted"},
        {"of age, and represented: the representative has",
         MAIL,
         {ADULT_TOLD, REPRESENTED, HELD(MAIL, ROLE_LEGAL_REPRESENTATIVE, EVENT_GIVEN, SAID)},
         "granted"},
        {"of age, and a representation that only came from elsewhere gives none",
         MAIL,
         {ADULT_TOLD, FACT(SLOT_CARE_REACHED, .ends = COMING), HELD(MAIL, PARENT, EVENT_GIVEN, SAID)},
         "guardian_required"},
        {"no longer represented, by a document: the representative's Yes is over",
         MAIL,
         {REPRESENTED, FACT(SLOT_CARE_DOCUMENT, .ends = 0),
          HELD(MAIL, ROLE_LEGAL_REPRESENTATIVE, EVENT_GIVEN, SAID)},
         "never_asked"},
    };
    ASSERT_TOLD(rows);
}

Test(verdict_family, where_an_age_is_required_only_one_told_by_name_is_known)
{
    static const struct told rows[] = {
        {"never told", CLUB, {HELD(CLUB, SELF, EVENT_GIVEN, SAID)}, "age_unknown"},
        {"never asked", CLUB, {{0}}, "age_unknown"},
        {"told", CLUB, {ADULT_TOLD, HELD(CLUB, SELF, EVENT_GIVEN, SAID)}, "granted"},
        {"by a document alone",
         CLUB,
         {FACT(SLOT_AGE_DOCUMENT, .ends = 0), HELD(CLUB, SELF, EVENT_GIVEN, SAID)},
         "granted"},
        {"a limit from elsewhere",
         CLUB,
         {FACT(SLOT_AGE_REACHED, .ends = COMING), HELD(CLUB, MOTHER, EVENT_GIVEN, SAID, .flags = SIGNED)},
         "age_unknown"},
        {"a limit that was told with a No",
         CLUB,
         {FACT(SLOT_AGE_LIMIT, .ends = PAST), HELD(CLUB, SELF, EVENT_GIVEN, SAID)},
         "age_unknown"},
        {"being represented tells no age",
         CLUB,
         {REPRESENTED, HELD(CLUB, MOTHER, EVENT_GIVEN, SAID, .flags = SIGNED)},
         "age_unknown"},
        {"a No comes first", CLUB, {HELD(CLUB, SELF, EVENT_REFUSED, SAID)}, "refused"},
        {"a guardian's too, of who is limited from elsewhere",
         CLUB,
         {FACT(SLOT_AGE_REACHED, .ends = COMING), HELD(CLUB, MOTHER, EVENT_REFUSED, SAID)},
         "refused"},
    };
    ASSERT_TOLD(rows);
}

Test(verdict_family, it_tells_who_is_limited_whatever_the_purpose_says_of_them)
{
    static const struct {
        struct told told;
        bool minor;
    } rows[] = {
        {{"a child", TEEN, {CHILD}, ""}, true},
        {{"by a limit from elsewhere", TEEN, {FACT(SLOT_AGE_REACHED, .ends = COMING)}, ""}, true},
        {{"represented", TEEN, {REPRESENTED}, ""}, true},
        {{"grown", TEEN, {GROWN}, ""}, false},
        {{"grown, by a document", TEEN, {CHILD, FACT(SLOT_AGE_DOCUMENT, .ends = 0)}, ""}, false},
        {{"of no known age", TEEN, {{0}}, ""}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(verdict_told(&household, ENTITY_ANY, &rows[i].told, NOW).minor, rows[i].minor, "%s",
                     rows[i].told.question);
}

/* The Yes that decides is told, and it is the guardian's: nobody looks at the child's from before it. */
Test(verdict_family, for_a_child_the_verdict_rests_on_the_latest_of_the_guardians)
{
    static const struct told rows[] = {
        {.question = "told last",
         .purpose = SITE_CHILD,
         .held = {CHILD, HELD(SITE_CHILD, SELF, EVENT_GIVEN, 50, .unknown = true),
                  HELD(SITE_CHILD, MOTHER, EVENT_GIVEN, BEFORE),
                  HELD(SITE_CHILD, FATHER, EVENT_RENEWED, SAID, .ends = 5)}},
        {.question = "told first",
         .purpose = SITE_CHILD,
         .held = {HELD(SITE_CHILD, FATHER, EVENT_RENEWED, SAID, .ends = 5),
                  HELD(SITE_CHILD, MOTHER, EVENT_GIVEN, BEFORE),
                  HELD(SITE_CHILD, SELF, EVENT_GIVEN, 50, .unknown = true), CHILD}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict v = verdict_told(&household, ENTITY_ANY, &rows[i], NOW);
        cr_expect_eq(v.reason, REASON_GRANTED, "%s", rows[i].question);
        assert_decided_by(&v, SAID, EVENT_RENEWED);
        cr_expect_eq(v.valid_until, NOW + 5 * DAY, "%s", rows[i].question);
    }
}

/* Whatever is known of an age: were it otherwise, a limit could open what it closes. */
Test(verdict_family, an_own_yes_that_does_not_count_hides_a_guardians_from_before_it_and_none_since)
{
    static const struct told rows[] = {
        {"no known age, hidden",
         SITE_CHILD,
         {HELD(SITE_CHILD, SELF, EVENT_GIVEN, SAID, .unknown = true),
          HELD(SITE_CHILD, PARENT, EVENT_GIVEN, BEFORE)},
         "notice_unknown"},
        {"of a child",
         SITE_CHILD,
         {CHILD, HELD(SITE_CHILD, SELF, EVENT_GIVEN, SAID, .unknown = true),
          HELD(SITE_CHILD, PARENT, EVENT_GIVEN, BEFORE)},
         "notice_unknown"},
        {"said too young",
         SITE_CHILD,
         {FACT(SLOT_AGE, .ends = -1), HELD(SITE_CHILD, SELF, EVENT_GIVEN, SAID, .unknown = true),
          HELD(SITE_CHILD, PARENT, EVENT_GIVEN, BEFORE)},
         "notice_unknown"},
        {"no known age, and a guardian agrees since",
         SITE_CHILD,
         {HELD(SITE_CHILD, SELF, EVENT_GIVEN, BEFORE, .unknown = true),
          HELD(SITE_CHILD, PARENT, EVENT_GIVEN, SAID)},
         "granted"},
        {"of a child, likewise",
         SITE_CHILD,
         {CHILD, HELD(SITE_CHILD, SELF, EVENT_GIVEN, BEFORE, .unknown = true),
          HELD(SITE_CHILD, PARENT, EVENT_GIVEN, SAID)},
         "granted"},
        {"of a child, and no guardian agrees",
         SITE_CHILD,
         {CHILD, HELD(SITE_CHILD, SELF, EVENT_GIVEN, SAID, .unknown = true)},
         "guardian_required"},
        {"one that is over, of a child",
         SITE_CHILD,
         {CHILD, HELD(SITE_CHILD, SELF, EVENT_GIVEN, BEFORE, .ends = -1),
          HELD(SITE_CHILD, PARENT, EVENT_RENEWED, SAID)},
         "granted"},
        {"where no consent is needed nobody looks at it",
         GAMES,
         {CHILD, HELD(GAMES, SELF, EVENT_GIVEN, SAID, .ends = -1), HELD(GAMES, PARENT, EVENT_GIVEN, BEFORE)},
         "not_required"},
    };
    ASSERT_TOLD(rows);
}

Test(verdict_family, what_is_said_as_the_day_of_age_begins_counts_and_not_a_microsecond_before)
{
    struct state known[] = {act(CLASS_CHOICE, EVENT_GIVEN, SAID),
                            {.slot = SLOT_AGE, .rank = NOW - SAID * DAY, .valid_until = INSTANT_NONE}};
    const struct states all = {.count = 2, .list = known};
    const struct purpose *mail = policy_purpose_numbered(&household, MAIL, NULL);
    known[0].purpose = MAIL;
    cr_expect_eq(verdict_of(&household, mail, ENTITY_ANY, &all, NOW).reason, REASON_GRANTED);
    known[1].rank++;
    cr_expect_eq(verdict_of(&household, mail, ENTITY_ANY, &all, NOW).reason, REASON_NEVER_ASKED);
}
