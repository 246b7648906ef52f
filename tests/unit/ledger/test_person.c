/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/person.h"

#include "stand.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct stand s;
static struct person person;

static void start(void)
{
    stand_open(&s);
}

static void finish(void)
{
    tagger_destroy(s.controller.old_tagger);
    stand_close(&s);
}

TestSuite(person, .init = start, .fini = finish);

static void read_only(const struct ledger_env *env, struct reader *body, struct acts *ret_acts)
{
    (void)ret_acts;
    struct node root = reader_root(body);
    person_read(&root, env->controller, &person);
}

static const char *faults_of(const char *subject)
{
    stand_read(&s, read_only, "{'subject': %s}", subject);
    return stand_faults(&s);
}

static struct tag tag_of(enum identifier_type type, const char *normal)
{
    struct identifier identifier;
    struct tag tag;
    cr_assert_null(identifier_normalise(type, normal, strlen(normal), "NL", &identifier));
    tagger_make(s.controller.tagger, &identifier, &tag);
    return tag;
}

Test(person, an_identifier_becomes_the_tag_of_its_normal_form)
{
    struct tag tag = tag_of(IDENTIFIER_EMAIL, "a@example.com");
    cr_expect_str_eq(faults_of("{'type': 'email', 'value': ' A@Example.COM '}"), "");
    cr_assert_eq(person.count, 1);
    cr_expect_eq(person.types[0], IDENTIFIER_EMAIL);
    cr_expect_arr_eq(person.tags[0].bytes, tag.bytes, TAG_SIZE);
    cr_expect_not(person.rotating);
}

Test(person, the_same_twice_is_once)
{
    cr_expect_str_eq(faults_of("[{'type': 'email', 'value': 'a@example.com'},"
                               " {'type': 'email', 'value': 'A@EXAMPLE.COM'},"
                               " {'type': 'customer', 'value': 'c-1'}]"),
                     "");
    cr_expect_eq(person.count, 2);
}

Test(person, the_strongest_identifier_comes_first_and_equals_as_they_were_named)
{
    static const uint8_t order[] = {IDENTIFIER_CUSTOMER, IDENTIFIER_EMAIL,  IDENTIFIER_EMAIL,
                                    IDENTIFIER_PHONE,    IDENTIFIER_POSTAL, IDENTIFIER_VISITOR};
    struct tag first = tag_of(IDENTIFIER_EMAIL, "b@example.com"),
               second = tag_of(IDENTIFIER_EMAIL, "a@example.com");
    cr_expect_str_eq(
        faults_of("[{'type': 'visitor', 'value': 'v-1'}, {'type': 'postal', 'value': 'NL;7521PR;2;'},"
                  " {'type': 'email', 'value': 'b@example.com'},"
                  " {'type': 'phone', 'value': '+31612345678'},"
                  " {'type': 'email', 'value': 'a@example.com'},"
                  " {'type': 'customer', 'value': 'c-1'}]"),
        "");
    cr_assert_eq(person.count, sizeof order);
    cr_expect_arr_eq(person.types, order, sizeof order);
    cr_expect_arr_eq(person.tags[1].bytes, first.bytes, TAG_SIZE);
    cr_expect_arr_eq(person.tags[2].bytes, second.bytes, TAG_SIZE);
}

Test(person, two_customer_codes_are_two_people)
{
    cr_expect_str_eq(
        faults_of("[{'type': 'customer', 'value': 'c-1'}, {'type': 'email', 'value': 'a@example.com'},"
                  " {'type': 'customer', 'value': 'c-2'}]"),
        "/subject/2");
    cr_expect_str_eq(
        faults_of("[{'type': 'customer', 'value': 'c-1'}, {'type': 'customer', 'value': 'c-1'}]"), "");
}

Test(person, while_a_key_is_rotated_each_identifier_has_both_its_tags)
{
    static const struct numbered_keys keys = {
        .count = 2, .keys = {{.number = 2, .bytes = {2}}, {.number = 1, .bytes = {1}}}};
    s.controller.old_tagger = tagger_create(&keys, 2, 2, "stand");
    cr_assert_not_null(s.controller.old_tagger);
    cr_expect_str_eq(faults_of("{'type': 'email', 'value': 'a@example.com'}"), "");
    cr_expect(person.rotating);
    cr_expect_neq(memcmp(person.tags[0].bytes, person.old_tags[0].bytes, TAG_SIZE), 0);
}

Test(person, each_fault_points_at_its_member)
{
    cr_expect_str_eq(faults_of("{'type': 'name', 'value': 'a'}"), "/subject/type");
    cr_expect_str_eq(faults_of("{'type': 'email', 'value': 'nobody'}"), "/subject/value");
    cr_expect_str_eq(
        faults_of("[{'type': 'email', 'value': 'a@example.com'}, {'type': 'phone', 'value': 'x'}]"),
        "/subject/1/value");
    cr_expect_str_eq(faults_of("{'type': 'email'}"), "/subject/value");
    cr_expect_str_eq(faults_of("{'type': 'email', 'value': 'a@example.com', 'name': 'A'}"), "/subject/name");
    cr_expect_str_eq(faults_of("[]"), "/subject");
    cr_expect_str_eq(faults_of("'a@example.com'"), "/subject");
    stand_read(&s, read_only, "{}");
    cr_expect_str_eq(stand_faults(&s), "/subject");
}

Test(person, more_than_eight_are_a_fault)
{
    char subject[1024];
    size_t len = (size_t)snprintf(subject, sizeof subject, "[");
    for (int i = 0; i < 9; i++)
        len += (size_t)snprintf(subject + len, sizeof subject - len, "%s{'type': 'visitor', 'value': 'v-%d'}",
                                i > 0 ? "," : "", i);
    snprintf(subject + len, sizeof subject - len, "]");
    cr_expect_str_eq(faults_of(subject), "/subject");
}

static void read_leniently(const struct ledger_env *env, struct reader *body, struct acts *ret_acts)
{
    (void)ret_acts;
    struct node root = reader_root(body);
    person_read_leniently(&root, env->controller, &person);
}

/* A number with a digit too few. */
#define SHORT "'subject': {'type': 'phone', 'value': '06-1234567'}"

Test(person, a_no_is_never_refused_for_its_numbers_plan)
{
    static const char *const noes[] = {
        "{" SHORT "}",
        "{" SHORT ", 'event_state': 'refused'}",
        "{" SHORT ", 'event_state': 'withdrawn'}",
        "{" SHORT ", 'event_state': 'objected'}",
        "{" SHORT ", 'choices': {'news': 'refused', 'stats': 'objected'}}",
    };
    for (size_t i = 0; i < sizeof noes / sizeof *noes; i++) {
        stand_read(&s, read_leniently, "%s", noes[i]);
        cr_expect_str_eq(stand_faults(&s), "", "%s", noes[i]);
        cr_expect_eq(person.count, 1);
    }
}

Test(person, a_yes_is_refused_for_its_numbers_plan)
{
    static const char *const yeses[] = {
        "{" SHORT ", 'event_state': 'given'}",
        "{" SHORT ", 'event_state': 'eligible'}",
        "{" SHORT ", 'choices': {'news': 'refused', 'stats': 'given'}}",
    };
    for (size_t i = 0; i < sizeof yeses / sizeof *yeses; i++) {
        stand_read(&s, read_leniently, "%s", yeses[i]);
        cr_expect_str_eq(stand_faults(&s), "/subject/value", "%s", yeses[i]);
    }
    cr_expect_str_eq(faults_of("{'type': 'phone', 'value': '06-1234567'}"), "/subject/value");
}

Test(person, a_no_that_names_either_of_two_numbers_is_to_both)
{
    memcpy(s.controller.policy->country, "IT", sizeof "IT");
    stand_read(&s, read_leniently, "{'subject': {'type': 'phone', 'value': '390 612 3456'}}");
    cr_expect_str_eq(stand_faults(&s), "");
    cr_assert_eq(person.count, 2);
    struct tag national = tag_of(IDENTIFIER_PHONE, "+393906123456");
    struct tag coded = tag_of(IDENTIFIER_PHONE, "+3906123456");
    cr_expect_arr_eq(person.tags[0].bytes, national.bytes, TAG_SIZE);
    cr_expect_arr_eq(person.tags[1].bytes, coded.bytes, TAG_SIZE);
}

Test(person, each_reading_of_a_number_is_an_identifier_in_its_place)
{
    static const uint8_t order[] = {IDENTIFIER_CUSTOMER, IDENTIFIER_EMAIL, IDENTIFIER_PHONE, IDENTIFIER_PHONE,
                                    IDENTIFIER_VISITOR};
    memcpy(s.controller.policy->country, "IT", sizeof "IT");
    stand_read(&s, read_leniently,
               "{'subject': [{'type': 'visitor', 'value': 'v-1'}, {'type': 'phone', 'value': '390 612 3456'},"
               " {'type': 'phone', 'value': '+3906123456'}, {'type': 'email', 'value': 'a@example.com'},"
               " {'type': 'customer', 'value': 'c-1'}]}");
    cr_expect_str_eq(stand_faults(&s), "");
    cr_assert_eq(person.count, sizeof order, "the second number is a reading of the first");
    cr_expect_arr_eq(person.types, order, sizeof order);
    struct tag national = tag_of(IDENTIFIER_PHONE, "+393906123456");
    cr_expect_arr_eq(person.tags[2].bytes, national.bytes, TAG_SIZE);
}

Test(person, a_reading_too_many_is_a_fault)
{
    char body[1024];
    memcpy(s.controller.policy->country, "IT", sizeof "IT");
    size_t len = (size_t)snprintf(body, sizeof body, "{'subject': [");
    for (int i = 0; i < 7; i++)
        len += (size_t)snprintf(body + len, sizeof body - len, "{'type': 'visitor', 'value': 'v-%d'},", i);
    snprintf(body + len, sizeof body - len, "{'type': 'phone', 'value': '390 612 3456'}]}");
    stand_read(&s, read_leniently, "%s", body);
    cr_expect_str_eq(stand_faults(&s), "/subject/7");
}
