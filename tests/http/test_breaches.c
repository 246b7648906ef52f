/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <string.h>

/* Breaches of personal data: the 72 hours, who is concerned, the record of GDPR art. 33(5). */

static const char *say(const struct tenant *t, const char *name, const char *purpose)
{
    return string_at(
        post(t, 201, "/v1/consents",
             "{'subject': %s, 'purpose': '%s', 'event_state': 'given', 'collection_method': 'app', "
             "'ref': 'ref-%s'}",
             email(name), purpose, name),
        "/subject_id");
}

static const json_t *add(const struct tenant *t, const char *rest)
{
    return post(t, 201, "/v1/breaches", "{'facts': 'a laptop was stolen', 'high_risk': false%s}", rest);
}

static const json_t *change(const struct tenant *t, int status, const json_t *breach, const char *body)
{
    return post(t, status, text_of("/v1/breaches/%s", string_at(breach, "/breach_id")), "%s",
                json_text("%s", body));
}

Test(breaches, the_clock_runs_through_nights_weekends_and_holidays)
{
    struct tenant t = stage_tenant("breach-clock");
    const json_t *b = add(&t, ", 'known_at': '2026-04-03T09:30:00Z'"); /* Good Friday */
    expect(
        b,
        "{'known_at': '2026-04-03T09:30:00Z', 'due_at': '2026-04-06T09:30:00Z', 'overdue': true, 'purposes': "
        "null, 'subjects_named': null, 'reported_at': null, 'closed_at': null, 'recorded_by': 'tester'}");
    expect(add(&t, ""), "{'overdue': false}");
    expect(change(&t, 422, b, "{'reported_at': '2026-04-07T09:30:00Z'}"),
           "{'errors': [{'pointer': '/reported_at'}]}");
    expect(change(&t, 200, b, "{'reported_at': '2026-04-07T09:30:00Z', 'delay': 'found after Easter'}"),
           "{'reported_at': '2026-04-07T09:30:00Z', 'delay': 'found after Easter', 'overdue': false}");
}

Test(breaches, the_record_is_brought_up_to_date_and_closed)
{
    struct tenant t = stage_tenant("breach-record");
    const json_t *b = add(&t, ", 'data_classes': ['e-mail addresses'], 'effects': 'unknown yet'");
    change(&t, 422, b, "{'closed': true}");
    expect(change(&t, 200, b,
                  "{'effects': 'none seen', 'measures': 'disk was encrypted', 'not_reported': 'no risk'}"),
           "{'facts': 'a laptop was stolen', 'effects': 'none seen', 'data_classes': ['e-mail addresses'], "
           "'not_reported': 'no risk', 'closed_at': null}");
    cr_assert(json_is_string(json_at(change(&t, 200, b, "{'closed': true}"), "/closed_at")));
    expect(get(&t, 200, "/v1/breaches/%s", string_at(b, "/breach_id")), "{'measures': 'disk was encrypted'}");
    expect(get(&t, 200, "/v1/breaches"), "{'breaches': [{'breach_id': '%s'}], 'next': null}",
           string_at(b, "/breach_id"));
}

Test(breaches, who_is_concerned_is_told_in_pages_and_recorded)
{
    struct tenant t = stage_tenant("breach-subjects"), reseller = t;
    reseller.token = token_of(t.keyring, t.key, "consent:record", "reseller-7");
    const char *a = say(&t, "a", "newsletter"), *b = say(&t, "b", "marketing"),
               *c = say(&reseller, "c", "newsletter");
    const char *all = string_at(add(&t, ""), "/breach_id"),
               *news = string_at(add(&t, ", 'purposes': ['newsletter']"), "/breach_id"),
               *one = string_at(add(&t, text_of(", 'subjects': ['%s']", b)), "/breach_id"),
               *before = string_at(add(&t, ", 'period': {'to': '2020-01-01T00:00:00Z'}"), "/breach_id");
    const json_t *page = get(&t, 200, "/v1/breaches/%s/subjects?limit=2", all);
    expect(page,
           "{'subjects': [{'subject_id': '%s', 'ref': 'ref-a', 'actor': 'tester'}, {'subject_id': '%s'}]}", a,
           b);
    expect(get(&t, 200, "/v1/breaches/%s/subjects?limit=2&after=%s", all, string_at(page, "/next")),
           "{'subjects': [{'subject_id': '%s', 'actor': 'reseller-7'}], 'next': null}", c);
    expect(get(&t, 200, "/v1/breaches/%s/subjects", news),
           "{'subjects': [{'subject_id': '%s'}, {'subject_id': '%s'}]}", a, c);
    expect(get(&t, 200, "/v1/breaches/%s/subjects?actor=reseller-7", news),
           "{'subjects': [{'subject_id': '%s'}]}", c);
    expect(get(&t, 200, "/v1/breaches/%s/subjects", one), "{'subjects': [{'subject_id': '%s'}]}", b);
    expect(get(&t, 200, "/v1/breaches/%s/subjects?reason=letter", before), "{'subjects': []}");
    expect(get(&t, 200, "/v1/audit?after=9"),
           "{'entries': [{'action': 'breach_subjects', 'reason': 'letter'}]}");
}

Test(breaches, a_reseller_without_a_key_of_its_own_is_told_by_its_word)
{
    struct tenant t = stage_tenant("breach-reseller");
    say(&t, "a", "newsletter");
    post(&t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app', "
         "'on_behalf_of': 'shop-b'}",
         email("b"));
    expect(get(&t, 200, "/v1/breaches/%s/subjects", string_at(add(&t, ""), "/breach_id")),
           "{'subjects': [{'on_behalf_of': null}, {'ref': null, 'on_behalf_of': 'shop-b'}], 'next': null}");
}

Test(breaches, what_is_wrong_is_told)
{
    struct tenant t = stage_tenant("breach-wrong");
    post(&t, 422, "/v1/breaches", "{'facts': 'x', 'high_risk': false, 'known_at': '%s'}",
         time_from_now(3600));
    post(&t, 422, "/v1/breaches", "{'facts': 'x', 'high_risk': false, 'known_at': '2026-02-30T00:00:00Z'}");
    post(&t, 422, "/v1/breaches", "{'facts': 'x', 'high_risk': false, 'purposes': ['nothing']}");
    post(&t, 422, "/v1/breaches",
         "{'facts': 'x', 'high_risk': false, 'period': {'from': '2026-02-01T00:00:00Z', 'to': "
         "'2026-01-01T00:00:00Z'}}");
    post(&t, 422, "/v1/breaches", "{'high_risk': false}");
    get(&t, 404, "/v1/breaches/019aa5d4-11aa-7b3c-8d21-90f0c3b7aa10/subjects");
    post(&t, 404, "/v1/breaches/019aa5d4-11aa-7b3c-8d21-90f0c3b7aa10", "{}");
    const char *first = string_at(
        post_with(&t, 201, "/v1/breaches", "Idempotency-Key: k", "{'facts': 'x', 'high_risk': false}"),
        "/breach_id");
    expect(post_with(&t, 201, "/v1/breaches", "Idempotency-Key: k", "{'facts': 'x', 'high_risk': false}"),
           "{'breach_id': '%s'}", first);
    post_with(&t, 422, "/v1/breaches", "Idempotency-Key: k", "{'facts': 'y', 'high_risk': false}");
}
