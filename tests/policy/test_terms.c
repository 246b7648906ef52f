/* SPDX-License-Identifier: Apache-2.0 */
#include "policies.h"

#include "harness/process.h"

#include <criterion/criterion.h>
#include <string.h>

/* Every retention term that the statements of the five companies name and that other systems hold: it is in
 * the list on its day, and not a second before. What begins is told, and the list is asked for another time
 * than now. */

/* What begins on 31 January 2026 at 10:00 in Amsterdam ends then, there: the last day of a shorter month, and
 * at the same time of day in summer. */
static const struct {
    const char *duration;
    const char *due, *before;
} ends[] = {
    {"P0D", "2026-01-31T09:00:00Z", "2026-01-31T08:59:59Z"},
    {"P14D", "2026-02-14T09:00:00Z", "2026-02-14T08:59:59Z"},
    {"P1M", "2026-02-28T09:00:00Z", "2026-02-28T08:59:59Z"},
    {"P3M", "2026-04-30T08:00:00Z", "2026-04-30T07:59:59Z"},
    {"P4M", "2026-05-31T08:00:00Z", "2026-05-31T07:59:59Z"},
    {"P6M", "2026-07-31T08:00:00Z", "2026-07-31T07:59:59Z"},
    {"P1Y", "2027-01-31T09:00:00Z", "2027-01-31T08:59:59Z"},
    {"P2Y", "2028-01-31T09:00:00Z", "2028-01-31T08:59:59Z"},
    {"P7Y", "2033-01-31T09:00:00Z", "2033-01-31T08:59:59Z"},
    {"P10Y", "2036-01-31T09:00:00Z", "2036-01-31T08:59:59Z"},
};
enum { ENDS = sizeof ends / sizeof *ends };

static size_t due_at(const struct tenant *t, const char *at, const char *class)
{
    const json_t *due = json_at(get(t, 200, "/v1/retention/due?at=%s", at), "/due");
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(due); i++)
        count += strcmp(string_at(json_array_get(due, i), "/data_class"), class) == 0;
    return count;
}

static void rule_holds(const struct tenant *t, const char *subject, const json_t *rule)
{
    const char *duration = string_at(rule, "/duration"), *class = string_at(rule, "/data_class"),
               *word = string_at(rule, "/after");
    const json_t *purpose = json_object_get(rule, "purpose");
    size_t i = 0;
    while (i < ENDS && strcmp(ends[i].duration, duration) != 0)
        i++;
    cr_assert_lt(i, ENDS, "%s: %s", class, duration);
    post(t, 201, text_of("/v1/subjects/%s/retention-events", subject),
         "{'event': '%s', 'ref': 'r-1', 'at': '2026-01-31T10:00:00+01:00'%s}", word,
         purpose != NULL ? text_of(", 'purpose': '%s'", json_string_value(purpose)) : "");
    cr_expect_eq(due_at(t, ends[i].before, class), 0, "%s of %s is due too soon", class, t->key);
    cr_expect_eq(due_at(t, ends[i].due, class), 1, "%s of %s is not due", class, t->key);
}

/* Of what other systems hold; what the service holds itself is let go of by it. */
static size_t rules_hold(const struct tenant *t, const char *subject, const json_t *rules)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        const char *class = string_at(rule, "/data_class");
        if (strcmp(string_at(rule, "/duration"), "none") == 0 || strcmp(class, "consent") == 0)
            continue;
        rule_holds(t, subject, rule);
        count++;
    }
    return count;
}

static size_t terms_hold(const char *name)
{
    struct tenant t = company(name, text_of("terms-%s", name));
    const json_t *policy = example_policy(name, t.key);
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", email("a"));
    const char *subject =
        string_at(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("a")), "/subject_id");
    return rules_hold(&t, subject, json_at(policy, "/retention/rules"));
}

Test(terms, of_the_operator_are_due_on_their_day)
{
    cr_expect_eq(terms_hold("operator"), 7);
}

Test(terms, of_the_company_without_cookies_are_due_on_their_day)
{
    cr_expect_eq(terms_hold("no-cookies"), 3);
}

Test(terms, of_the_company_for_the_young_are_due_on_their_day)
{
    cr_expect_eq(terms_hold("youth"), 7);
}

Test(terms, of_the_three_companies_in_one_are_due_on_their_day)
{
    cr_expect_eq(terms_hold("three-entities"), 3);
}

Test(terms, of_the_one_with_a_directory_are_due_on_their_day)
{
    cr_expect_eq(terms_hold("directory"), 4);
}
