/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict_told.h"

#include <criterion/criterion.h>

/* Several companies in one statement. */

static const struct {
    struct told told;
    int entity;
} of_entities[] = {
    {{"a Yes to all", OFFERS, {HELD(OFFERS, SELF, EVENT_GIVEN, SAID)}, "granted"}, NORTH},
    {{"a Yes to one", OFFERS, {HELD(OFFERS_NORTH, SELF, EVENT_GIVEN, SAID)}, "granted"}, NORTH},
    {{"a Yes to another", OFFERS, {HELD(OFFERS_NORTH, SELF, EVENT_GIVEN, SAID)}, "never_asked"}, SOUTH},
    {{"a Yes to all, then a No to one",
      OFFERS,
      {HELD(OFFERS, SELF, EVENT_GIVEN, BEFORE), HELD(OFFERS_NORTH, SELF, EVENT_WITHDRAWN, SAID)},
      "withdrawn"},
     NORTH},
    {{"and of the others",
      OFFERS,
      {HELD(OFFERS, SELF, EVENT_GIVEN, BEFORE), HELD(OFFERS_NORTH, SELF, EVENT_WITHDRAWN, SAID)},
      "granted"},
     SOUTH},
    {{"a No to one, then a Yes to all",
      OFFERS,
      {HELD(OFFERS, SELF, EVENT_GIVEN, SAID), HELD(OFFERS_NORTH, SELF, EVENT_WITHDRAWN, BEFORE)},
      "granted"},
     NORTH},
    {{"a withdrawal that names none holds for all",
      OFFERS,
      {HELD(OFFERS_NORTH, SELF, EVENT_GIVEN, BEFORE), HELD(OFFERS, SELF, EVENT_WITHDRAWN, SAID)},
      "withdrawn"},
     NORTH},
    {{"the standing No",
      OFFERS,
      {HELD(OFFERS_NORTH, SELF, EVENT_GIVEN, BEFORE), HELD(PURPOSE_ALL, SELF, EVENT_WITHDRAWN, SAID)},
      "withdrawn"},
     NORTH},
    {{"the standing No to one",
      OFFERS,
      {HELD(OFFERS, SELF, EVENT_GIVEN, BEFORE), HELD(ALL_OF_NORTH, SELF, EVENT_WITHDRAWN, SAID)},
      "withdrawn"},
     NORTH},
    {{"and of the others",
      OFFERS,
      {HELD(OFFERS, SELF, EVENT_GIVEN, BEFORE), HELD(ALL_OF_NORTH, SELF, EVENT_WITHDRAWN, SAID)},
      "granted"},
     SOUTH},
    {{"of its channel",
      OFFERS,
      {HELD(OFFERS, SELF, EVENT_GIVEN, BEFORE), HELD(EMAILS_OF_NORTH, SELF, EVENT_WITHDRAWN, SAID)},
      "withdrawn"},
     NORTH},
    {{"of another channel",
      OFFERS,
      {HELD(OFFERS, SELF, EVENT_GIVEN, BEFORE), HELD(TEXTS_OF_NORTH, SELF, EVENT_WITHDRAWN, SAID)},
      "granted"},
     NORTH},
    {{"a request of one",
      OFFERS,
      {HELD(OFFERS_NORTH, SELF, EVENT_REQUESTED, AFTER, .ends = 2)},
      "unconfirmed"},
     NORTH},
    {{"a request of another",
      OFFERS,
      {HELD(OFFERS_NORTH, SELF, EVENT_REQUESTED, AFTER, .ends = 2)},
      "never_asked"},
     SOUTH},
    {{"a guardian's No to one",
      OFFERS,
      {CHILD, HELD(OFFERS, SELF, EVENT_GIVEN, SAID), HELD(OFFERS_NORTH, PARENT, EVENT_REFUSED, BEFORE)},
      "refused"},
     NORTH},
    {{"a No of one to the old", TRIPS, {HELD(OFFERS_NORTH, SELF, EVENT_REFUSED, BEFORE)}, "refused"}, NORTH},
    {{"a No of another to the old", TRIPS, {HELD(OFFERS_NORTH, SELF, EVENT_REFUSED, BEFORE)}, "never_asked"},
     SOUTH},
};

Test(verdict_entities, each_entity_is_judged_by_what_was_said_to_it_and_to_all)
{
    for (size_t i = 0; i < sizeof of_entities / sizeof *of_entities; i++) {
        struct verdict v = verdict_told(&group, of_entities[i].entity, &of_entities[i].told, NOW);
        cr_expect_str_eq(reason_word(v.reason), of_entities[i].told.reason, "%s: %s",
                         of_entities[i].told.question, reason_word(v.reason));
        cr_expect_eq(v.entity, of_entities[i].entity);
    }
}

/* What tells them apart is when the ledger wrote them. */
Test(verdict_entities, of_two_that_rank_alike_the_same_one_stands_whichever_is_read_first)
{
    struct state one = act(CLASS_CHOICE, EVENT_GIVEN, SAID), other = one;
    one.purpose = OFFERS;
    other.purpose = OFFERS_NORTH;
    other.revision++;
    const struct states told[] = {{.count = 2, .list = (struct state[]){one, other}},
                                  {.count = 2, .list = (struct state[]){other, one}}};
    for (size_t i = 0; i < 2; i++)
        cr_expect_eq(verdict_of(&group, &group.purposes[0], NORTH, &told[i], NOW).revision, other.revision);
}

Test(verdict_entities, asked_for_all_entities_it_answers_the_strictest)
{
    static const struct {
        struct told told;
        int entity;
    } rows[] = {
        {{"a Yes to all", OFFERS, {HELD(OFFERS, SELF, EVENT_GIVEN, SAID)}, "granted"}, NORTH},
        {{"a Yes to one alone", OFFERS, {HELD(OFFERS_NORTH, SELF, EVENT_GIVEN, SAID)}, "never_asked"}, SOUTH},
        {{"a No to the last",
          OFFERS,
          {HELD(OFFERS, SELF, EVENT_GIVEN, BEFORE), HELD(OFFERS_WEST, SELF, EVENT_WITHDRAWN, SAID)},
          "withdrawn"},
         WEST},
        {{"a No to an entity the purpose is not of",
          TRIPS,
          {HELD(TRIPS, SELF, EVENT_GIVEN, BEFORE), HELD(TRIPS_WEST, SELF, EVENT_WITHDRAWN, SAID)},
          "granted"},
         NORTH},
        {{"of equals the one that ends first",
          OFFERS,
          {HELD(OFFERS_NORTH, SELF, EVENT_GIVEN, SAID, .ends = 9),
           HELD(OFFERS_SOUTH, SELF, EVENT_GIVEN, SAID, .ends = 3),
           HELD(OFFERS_WEST, SELF, EVENT_GIVEN, SAID)},
          "granted"},
         SOUTH},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict v = verdict_told(&group, ENTITY_ANY, &rows[i].told, NOW);
        cr_expect_str_eq(reason_word(v.reason), rows[i].told.reason, "%s: %s", rows[i].told.question,
                         reason_word(v.reason));
        cr_expect_eq(v.entity, rows[i].entity, "%s: entity %d", rows[i].told.question, v.entity);
    }
}
