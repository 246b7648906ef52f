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

/* Of a client, or with "" of the controller itself. */
static size_t due_at(const struct tenant *t, const char *at, const char *client, const char *class)
{
    const json_t *due = json_at(get(t, 200, "/v1/retention/due?at=%s&client=%s", at, client), "/due");
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(due); i++)
        count += strcmp(string_at(json_array_get(due, i), "/data_class"), class) == 0;
    return count;
}

/* ${client}: whose rule it is, or NULL. */
static void rule_holds(const struct tenant *t, const char *subject, const char *client, const json_t *rule)
{
    const char *duration = string_at(rule, "/duration"), *class = string_at(rule, "/data_class"),
               *word = string_at(rule, "/after");
    const json_t *purpose = json_object_get(rule, "purpose");
    size_t i = 0;
    while (i < ENDS && strcmp(ends[i].duration, duration) != 0)
        i++;
    cr_assert_lt(i, ENDS, "%s: %s", class, duration);
    post(t, 201, text_of("/v1/subjects/%s/retention-events", subject),
         "{'event': '%s', 'ref': '%s-1', 'at': '2026-01-31T10:00:00+01:00'%s%s}", word,
         client != NULL ? client : "r",
         purpose != NULL ? text_of(", 'purpose': '%s'", json_string_value(purpose)) : "",
         client != NULL ? text_of(", 'client': '%s'", client) : "");
    const char *of = client != NULL ? client : "";
    cr_expect_eq(due_at(t, ends[i].before, of, class), 0, "%s of %s is due too soon", class, t->key);
    cr_expect_eq(due_at(t, ends[i].due, of, class), 1, "%s of %s is not due", class, t->key);
}

/* Of what other systems hold; what the service holds itself is let go of by it. */
static size_t rules_hold(const struct tenant *t, const char *subject, const char *client, const json_t *rules)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        const char *class = string_at(rule, "/data_class");
        if (strcmp(string_at(rule, "/duration"), "none") == 0 || strcmp(class, "consent") == 0)
            continue;
        rule_holds(t, subject, client, rule);
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
    size_t count = rules_hold(&t, subject, NULL, json_at(policy, "/retention/rules"));
    const json_t *clients = json_object_get(policy, "clients");
    for (size_t i = 0; i < json_array_size(clients); i++) {
        const json_t *client = json_array_get(clients, i), *rules = json_object_get(client, "retention");
        count += rules_hold(&t, subject, string_at(client, "/key"), rules);
    }
    return count;
}

/* What is held for one client is due by its terms, and by nobody else's. */
Test(terms, of_a_client_are_its_own)
{
    struct tenant t = company("no-cookies", "terms-of-a-client");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", email("a"));
    const char *subject =
        string_at(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("a")), "/subject_id");
    const char *path = text_of("/v1/subjects/%s/retention-events", subject);
    post(&t, 422, path, "{'event': 'recorded', 'client': 'nobody', 'purpose': 'hosted_recordings'}");
    post(&t, 422, path, "{'event': 'contract_end', 'client': 'bakery'}");
    expect(post(&t, 201, path,
                "{'event': 'recorded', 'client': 'bakery', 'purpose': 'hosted_recordings', 'ref': 'call-7', "
                "'at': '2026-01-31T10:00:00+01:00'}"),
           "{'client': 'bakery', 'ref': 'call-7'}");
    cr_expect_eq(due_at(&t, "2026-12-31T10:00:00Z", "garage", "recordings"), 0);
    cr_expect_eq(due_at(&t, "2026-12-31T10:00:00Z", "", "use and faults"), 0);
    expect(get(&t, 200, "/v1/retention/due?client=bakery"),
           "{'due': [{'client': 'bakery', 'data_class': 'recordings', 'ref': 'call-7'}]}");

    post(&t, 201, path, "{'event': 'deleted', 'client': 'garage', 'data_class': 'recordings'}");
    cr_expect_eq(due_at(&t, "2026-12-31T10:00:00Z", "bakery", "recordings"), 1);
    post(&t, 201, path, "{'event': 'deleted', 'client': 'bakery', 'data_class': 'recordings'}");
    cr_expect_eq(due_at(&t, "2026-12-31T10:00:00Z", "bakery", "recordings"), 0);
}

Test(terms, of_the_operator_are_due_on_their_day)
{
    cr_expect_eq(terms_hold("operator"), 7);
}

Test(terms, of_the_company_without_cookies_are_due_on_their_day)
{
    cr_expect_eq(terms_hold("no-cookies"), 3 + 3);
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
