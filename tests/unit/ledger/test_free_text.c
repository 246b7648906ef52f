/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/free_text.h"

#include "base/limits.h"
#include "stand.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Of each body: what a caller writes in words of its own. */
#define GIVEN                                                                                                \
    "'subject': {'type': 'email', 'value': 'a@example.com'}, 'collection_method': 'web_form', "              \
    "'purpose': 'news', 'event_state': 'given'"
#define SOLD                                                                                                 \
    "'subject': {'type': 'email', 'value': 'a@example.com'}, 'collection_method': 'web_form', "              \
    "'purpose': 'shop', 'event_state': 'eligible'"
#define STOP "'subject': {'type': 'email', 'value': 'a@example.com'}, 'purpose': 'news'"
#define WEIGH                                                                                                \
    "'subject': {'type': 'email', 'value': 'a@example.com'}, 'purpose': 'survey', 'outcome': 'upheld'"
#define SALE "'at': '2026-01-01T00:00:00Z', 'opt_out_offered_at': '2026-01-01T00:00:00Z'"

static struct stand s;

static void start(void)
{
    stand_open(&s);
}

static void finish(void)
{
    stand_close(&s);
}

TestSuite(free_text, .init = start, .fini = finish);

static const struct {
    stand_reads *reads;
    const char *body, *pointer; /* %s is the reference */
} references[] = {
    {consents_read, "{" GIVEN ", 'ref': '%s'}", "/ref"},
    {withdraw_read, "{" STOP ", 'ref': '%s'}", "/ref"},
    {objection_read, "{" WEIGH ", 'grounds': 'a quarrel', 'ref': '%s'}", "/ref"},
    {consents_read, "{" GIVEN ", 'import': {'batch': '%s', 'source': 's'}}", "/import/batch"},
    {consents_read, "{" GIVEN ", 'import': {'batch': 'b', 'source': '%s'}}", "/import/source"},
    {consents_read, "{" SOLD ", 'sale': {'ref': '%s', 'product_group': 'shoes', " SALE "}}", "/sale/ref"},
    {consents_read, "{" SOLD ", 'sale': {'ref': 'r', 'product_group': '%s', " SALE "}}",
     "/sale/product_group"},
};
enum { REFERENCES = sizeof references / sizeof *references };

static void reference_send(size_t i, const char *reference)
{
    char body[1024], *at = body;
    const char *hole = strstr(references[i].body, "%s");
    at = mempcpy(at, references[i].body, (size_t)(hole - references[i].body));
    snprintf(at, sizeof body - (size_t)(at - body), "%s%s", reference, hole + 2);
    stand_read(&s, references[i].reads, "%s", body);
}

Test(free_text, a_reference_that_says_who_somebody_is_is_a_fault)
{
    static const char *const persons[] = {"jan@example.nl", "crm/jan%40example.nl", "tel 06-12345678",
                                          "+31612345678", "bsn-123456782"};
    for (size_t i = 0; i < REFERENCES; i++) {
        for (size_t j = 0; j < sizeof persons / sizeof *persons; j++) {
            reference_send(i, persons[j]);
            cr_expect_str_eq(stand_faults(&s), references[i].pointer, "%s", persons[j]);
        }
    }
}

Test(free_text, any_other_reference_is_taken)
{
    static const char *const others[] = {"crm-4711", "2026-11-21", "9b2e4f7a-1c3d-4e5f-8a9b-061234567890",
                                         "0000123456", "203.0.113.77"};
    for (size_t i = 0; i < REFERENCES; i++) {
        for (size_t j = 0; j < sizeof others / sizeof *others; j++) {
            reference_send(i, others[j]);
            cr_expect_str_eq(stand_faults(&s), "", "%s of %s", others[j], references[i].pointer);
        }
    }
}

Test(free_text, of_an_address_in_a_reference_the_masked_one_is_kept)
{
    reference_send(0, "host-203.0.113.77");
    cr_expect_str_eq(s.acts.list[0].ref, "host-203.0.113.0");
    reference_send(3, "203.0.113.77");
    cr_expect_str_eq(s.acts.list[0].detail, stand_json("{'import':{'batch':'203.0.113.0','source':'s'}}"));
    s.controller.policy->mask = (struct mask_prefixes){16, 32};
    reference_send(0, "host-203.0.113.77");
    cr_expect_str_eq(s.acts.list[0].ref, "host-203.0.0.0");
}

Test(free_text, grounds_are_kept_without_anybody_in_them)
{
    stand_read(&s, objection_read,
               "{" WEIGH
               ", 'grounds': 'jan@example.nl of 203.0.113.77 called from 06-12345678, BSN 123456782'}");
    cr_assert_str_eq(stand_faults(&s), "");
    cr_expect_str_eq(s.acts.list[0].detail,
                     stand_json("{'grounds':'*** of 203.0.113.0 called from ***, BSN ***'}"));
}

Test(free_text, the_longest_texts_fit)
{
    char grounds[GROUNDS_BYTES_MAX + 1];
    memset(grounds, 'g', sizeof grounds - 1);
    grounds[sizeof grounds - 1] = '\0';
    stand_read(&s, objection_read, "{" WEIGH ", 'grounds': '%s'}", grounds);
    cr_expect_str_eq(stand_faults(&s), "");
    stand_read(&s, objection_read, "{" WEIGH ", 'grounds': '%sg'}", grounds);
    cr_expect_str_eq(stand_faults(&s), "/grounds");
}
