/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* /v1/retention and .../retention-events, and `akkoord purge`. What is due when: tests/store/test_retention.c
 * and tests/fault/keep_no_longer.py. */

static const json_t *ask(const struct tenant *t, int status, const char *query)
{
    return get(t, status, "/v1/retention/due%s", query);
}

/* Of one controller, or with ${t} NULL of all. */
static char *purge(const struct tenant *t, const char *flag)
{
    const char *const one[] = {HARNESS_PROGRAM, "purge", "--controller", t != NULL ? t->key : "", flag, NULL};
    const char *const all[] = {HARNESS_PROGRAM, "purge", flag, NULL};
    const char *const *argv = t != NULL ? one : all;
    const char *const settings[] = {text_of("AKKOORD_DATABASE=%s", stage_database()->service),
                                    text_of("AKKOORD_SUBJECT_KEY_FILE=%s", stage_keyring()->subject_key_file),
                                    NULL};
    char *output;
    cr_assert_eq(process_run(argv, settings, &output), 0);
    return output;
}

static struct tenant tenant_with(const char *key, const char *rules)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), key);
    json_t *policy = tenant_policy(&t);
    json_object_set_new(policy, "retention", json_of("{'proof_kept': 'P1Y', 'rules': [%s]}", rules));
    tenant_apply(&t, policy);
    return t;
}

#define RULE(purpose, class, duration, after)                                                                \
    "{'purpose': '" purpose "', 'data_class': '" class "', 'duration': '" duration "', 'after': '" after     \
                                                       "', 'source': 'a test', 'review_date': '2099-01-01'}"

static const char *somebody(const struct tenant *t, const char *name)
{
    post(t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'web_form', "
         "'ref': 'crm-1', 'evidence': {'url': 'https://example.nl/form'}}",
         email(name));
    return string_at(post(t, 200, "/v1/subjects/lookup", "{'subject': %s}", email(name)), "/subject_id");
}

Test(retention, a_clock_that_was_told_runs_out_and_somebody_says_it_is_done)
{
    struct tenant t = tenant_with("kept-told", RULE("marketing", "account", "P30D", "contract_end") "," RULE(
                                                   "marketing", "invoices", "P10Y", "invoice"));
    const char *subject = somebody(&t, "a"), *path = text_of("/v1/subjects/%s/retention-events", subject);
    expect(post(&t, 201, path, "{'event': 'contract_end', 'ref': 'c-1', 'at': '2026-01-31T10:00:00Z'}"),
           "{'subject_id': '%s', 'event': 'contract_end', 'purpose': null, 'ref': 'c-1', 'at': "
           "'2026-01-31T10:00:00Z'}",
           subject);
    expect(ask(&t, 200, "?at=2026-03-02T09:59:59Z"), "{'due': [], 'next': null}");
    expect(ask(&t, 200, "?at=2026-03-02T10:00:00Z"),
           "{'due': [{'subject_id': '%s', 'ref': 'c-1', 'purpose': 'marketing', 'data_class': 'account', "
           "'due_at': '2026-03-02T10:00:00Z', 'event': 'contract_end', 'began_at': '2026-01-31T10:00:00Z', "
           "'source': 'a test'}]}",
           subject);
    expect(ask(&t, 200, "?at=2026-03-02T10:00:00Z&data_class=invoices"), "{'due': []}");

    /* told again of the same contract it counts from there */
    post(&t, 201, path, "{'event': 'contract_end', 'ref': 'c-1', 'at': '2026-02-01T10:00:00Z'}");
    expect(ask(&t, 200, "?at=2026-03-02T10:00:00Z"), "{'due': []}");

    post(&t, 201, path,
         "{'event': 'deleted', 'purpose': 'marketing', 'data_class': 'account', 'ref': 'c-1', 'at': "
         "'2026-03-04T08:00:00Z'}");
    expect(ask(&t, 200, "?at=2026-03-05T00:00:00Z"), "{'due': []}");
    expect(ask(&t, 200, "?at=2026-03-05T00:00:00Z&deleted=true"),
           "{'due': [{'ref': 'c-1', 'deleted_at': '2026-03-04T08:00:00Z', 'deleted_by': 'tester'}]}");
}

/* All at one moment, of two persons, of two classes, under two references. */
Test(retention, pages_end_between_any_two)
{
    struct tenant t = tenant_with("kept-pages", RULE("marketing", "account", "P1D", "contract_end") "," RULE(
                                                    "marketing", "letters", "P1D", "contract_end"));
    for (int i = 0; i < 4; i++)
        post(&t, 201, text_of("/v1/subjects/%s/retention-events", somebody(&t, text_of("p%d", i / 2))),
             "{'event': 'contract_end', 'ref': 'c-%d', 'at': '2026-01-31T10:00:00Z'}", i % 2);
    const char *after = "";
    size_t seen = 0;
    json_t *all = json_object();
    for (int page = 0; page < 3; page++) {
        const json_t *a = ask(&t, 200, text_of("?limit=3%s", after)), *item;
        size_t i;
        json_array_foreach(json_at(a, "/due"), i, item)
        {
            seen++;
            json_object_set_new(all,
                                text_of("%s %s %s", string_at(item, "/subject_id"),
                                        string_at(item, "/data_class"), string_at(item, "/ref")),
                                json_true());
        }
        if (page < 2)
            after = text_of("&after=%s", string_at(a, "/next"));
        else
            cr_expect(json_is_null(json_at(a, "/next")));
    }
    cr_expect_eq(seen, 8);
    cr_expect_eq(json_object_size(all), 8);
    ask(&t, 422, "?after=nothing");
    ask(&t, 422, "?after=1.nothing");
    ask(&t, 422, "?after=1.0000000000000000.nothing");
}

Test(retention, what_cannot_be_is_refused)
{
    struct tenant t = tenant_with("kept-bad", RULE("marketing", "account", "P30D", "contract_end")), poor = t;
    const char *path = text_of("/v1/subjects/%s/retention-events", somebody(&t, "a"));
    expect(post(&t, 422, path, "{'event': 'invoice'}"), "{'errors': [{'pointer': '/event'}]}");
    expect(post(&t, 422, path, "{'event': 'deleted'}"), "{'errors': [{'pointer': '/data_class'}]}");
    expect(post(&t, 422, path, "{'event': 'deleted', 'data_class': 'calls'}"),
           "{'errors': [{'pointer': '/data_class'}]}");
    expect(post(&t, 422, path, "{'event': 'contract_end', 'purpose': 'nothing'}"),
           "{'errors': [{'pointer': '/purpose'}]}");
    expect(post(&t, 422, path, "{'event': 'contract_end', 'at': '2026-02-30T10:00:00Z'}"),
           "{'errors': [{'pointer': '/at'}]}");
    post(&t, 404, "/v1/subjects/nobody/retention-events", "{'event': 'contract_end'}");
    ask(&t, 422, "?at=yesterday");
    ask(&t, 422, "?purpose=nothing");
    poor.token = token_of(t.keyring, t.key, "policy:read", "tester");
    ask(&poor, 403, "");
    post(&poor, 403, path, "{'event': 'contract_end'}");
}

Test(retention, the_command_tells_what_would_go_and_lets_it_go)
{
    struct tenant t = tenant_with("kept-command", RULE("newsletter", "evidence", "P0D", "recorded") "," RULE(
                                                      "marketing", "consent", "P0D", "recorded"));
    somebody(&t, "a");
    post(&t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'marketing', 'event_state': 'given', 'collection_method': 'web_form'}",
         email("a"));
    const char *told = purge(&t, "--dry-run");
    cr_expect_not_null(strstr(purge(NULL, "--dry-run"), "ROWS\tEVIDENCE\tRULE\n"));
    cr_expect_not_null(strstr(told, "0\t1\tevidence of newsletter: P0D after recorded\n"), "%s", told);
    cr_expect_not_null(strstr(told, "1\t0\tconsent of marketing: P0D after recorded\n"), "%s", told);
    cr_expect_eq(tenant_events(&t), 2);
    expect(get(&t, 200, "/v1/retention/runs"), "{'runs': [], 'next': null}");
    purge(&t, NULL);
    expect(get(&t, 200, "/v1/retention/runs"),
           "{'runs': [{'run': 1, 'events': 1, 'evidence': 1, 'states': 1, 'by_rule': {'consent of marketing: "
           "P0D "
           "after recorded': 1, 'evidence of newsletter: P0D after recorded': 1}}], 'next': null}");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
    cr_expect_str_eq(reason_of(&t, "a", "marketing"), "never_asked");
}

/* So long ago is what was held until now. */
static void age(const struct tenant *t, const char *by)
{
    PGconn *owner = database_session(stage_database());
    static const char *const of[][2] = {
        {"audit", "at"}, {"check_trace", "at"}, {"rights_request", "closed_at"}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        session_run(owner, text_of("update %s x set %s = x.%s - interval '%s' from controller c where "
                                   "c.controller_id = x.controller_id and c.key = '%s'",
                                   of[i][0], of[i][1], of[i][1], by, t->key));
    PQfinish(owner);
}

Test(retention, what_is_held_beside_the_ledger_has_terms_of_its_own)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "kept-beside");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(policy, "retention",
                        json_of("{'audit': 'P1Y', 'rights_requests': 'P2Y', 'check_traces': 'P3Y'}"));
    tenant_apply(&t, policy);
    const char *subject = somebody(&t, "a");
    const json_t *done =
        post(&t, 201, "/v1/rights-requests", "{'kind': 'access', 'subject': %s}", email("a"));
    post(&t, 201, "/v1/rights-requests", "{'kind': 'access', 'subject': %s}", email("a"));
    post(&t, 200, text_of("/v1/rights-requests/%s/close", string_at(done, "/request_id")), "{}");
    post(&t, 200, "/v1/check", "{'subject': %s, 'purpose': 'newsletter', 'keep': {'ref': 'campaign-17'}}",
         email("a"));
    get(&t, 200, "/v1/subjects/%s/consents", subject);
    age(&t, "2 years 1 day");
    const char *told = purge(&t, "--dry-run");
    cr_expect_not_null(strstr(told, "5\t0\taudit: P1Y after recorded\n"), "%s", told);
    cr_expect_not_null(strstr(told, "1\t0\trights_requests: P2Y after closed\n"), "%s", told);
    cr_expect_null(strstr(told, "check_traces"), "%s", told);
    purge(&t, NULL);
    expect(get(&t, 200, "/v1/retention/runs"),
           "{'runs': [{'run': 1, 'events': 0, 'by_rule': {'audit: P1Y after recorded': 5, "
           "'rights_requests: P2Y after closed': 1}}]}");
    expect(get(&t, 200, "/v1/audit"), "{'entries': [], 'next': null}");
    expect(get(&t, 200, "/v1/rights-requests"), "{'requests': [{'state': 'open'}], 'next': null}");
    expect(get(&t, 200, "/v1/audit"), "{'entries': [{'action': 'audit'}, {'action': 'rights_requests'}]}");
    get(&t, 200, "/v1/check/traces?ref=campaign-17");
    age(&t, "11 months");
    purge(&t, NULL);
    expect(get(&t, 200, "/v1/retention/runs"), "{'runs': [{'run': 2, 'by_rule': {}}, {'run': 1}]}");
    age(&t, "2 months");
    purge(&t, NULL);
    expect(
        get(&t, 200, "/v1/retention/runs"),
        "{'runs': [{'run': 3, 'by_rule': {'check_traces: P3Y after recorded': 1}}, {'run': 2}, {'run': 1}]}");
}
