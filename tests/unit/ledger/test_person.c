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
    s.keys =
        (struct subject_keys){.count = 2, .keys = {{.number = 2, .bytes = {2}}, {.number = 1, .bytes = {1}}}};
    s.controller.old_tagger = tagger_create(&s.keys, 2, 2, "stand");
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
