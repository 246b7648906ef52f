/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

/* Who looked at whose data, and why: each read is an entry, and is told only once it is one. */

static const char *given(const struct tenant *t, const char *name)
{
    return string_at(post(t, 201, "/v1/consents",
                          "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', "
                          "'collection_method': 'app', 'ref': 'ref-%s'}",
                          email(name), name),
                     "/subject_id");
}

Test(audit, every_read_says_who_whose_and_why)
{
    struct tenant t = stage_tenant("audit"), there = tenant_at(&t, stage_service(1));
    const char *a = given(&t, "a");
    post(&t, 200, "/v1/subjects/lookup?reason=complaint%204711", "{'subject': %s}", email("a"));
    post(&t, 404, "/v1/subjects/lookup", "{'subject': %s}", email("nobody"));
    get(&there, 200, "/v1/subjects/%s/consents?reason=call&on_behalf_of=reseller-7", a);
    get(&t, 200, "/v1/subjects/%s/history", a);
    const json_t *told = get(&t, 200, "/v1/audit?reason=yearly");
    expect(told,
           "{'entries': ["
           "{'number': 1, 'actor': 'tester', 'action': 'lookup', 'subject_id': '%s', 'found': 1, 'reason': "
           "'complaint 4711', 'on_behalf_of': null, 'request_id': null}, "
           "{'number': 2, 'action': 'lookup', 'subject_id': null, 'found': 0}, "
           "{'number': 3, 'action': 'consents', 'subject_id': '%s', 'reason': 'call', "
           "'on_behalf_of': 'reseller-7'}, "
           "{'number': 4, 'action': 'history', 'found': 1, 'reason': null}], 'next': null, 'last': 4}",
           a, a);
    expect(get(&there, 200, "/v1/audit?after=4"),
           "{'entries': [{'number': 5, 'action': 'audit', 'found': 4, 'reason': 'yearly'}], 'last': 5}");
}

Test(audit, a_page_and_a_filter_go_on_where_they_stopped)
{
    struct tenant t = stage_tenant("audit-pages");
    const char *a = given(&t, "a"), *b = given(&t, "b");
    for (int i = 0; i < 3; i++) {
        get(&t, 200, "/v1/subjects/%s/consents", a);
        get(&t, 200, "/v1/subjects/%s/consents", b);
    }
    expect(get(&t, 200, "/v1/audit?limit=4"), "{'next': 4}");
    expect(get(&t, 200, "/v1/audit?limit=4&after=4"),
           "{'entries': [{'number': 5}, {'number': 6}, {'number': 7, 'action': 'audit'}], 'next': null}");
    expect(get(&t, 200, "/v1/audit?limit=2&subject_id=%s", b),
           "{'entries': [{'number': 2, 'subject_id': '%s'}, {'number': 4}], 'next': 4}", b);
    expect(get(&t, 200, "/v1/audit?after=4&subject_id=%s", b),
           "{'entries': [{'number': 6}, {'number': 9, 'action': 'audit'}], 'next': null}");
    expect(get(&t, 200, "/v1/audit?actor=nobody"), "{'entries': [], 'next': null}");
    expect(get(&t, 200, "/v1/audit?from=%s", time_from_now(3600)), "{'entries': []}");
    expect(get(&t, 200, "/v1/audit?limit=1&from=%s", time_from_now(-3600)), "{'entries': [{'number': 1}]}");
    expect(get(&t, 200, "/v1/audit?until=%s", time_from_now(-3600)), "{'entries': []}");
}

Test(audit, a_policy_may_ask_for_the_reason)
{
    struct tenant t = stage_tenant("audit-reason");
    const char *a = given(&t, "a");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(policy, "rights", json_of("{'reading_reason': 'required'}"));
    tenant_apply(&t, policy);
    expect(post(&t, 422, "/v1/subjects/lookup", "{'subject': %s}", email("a")),
           "{'type': 'urn:akkoord:problem:reason-required'}");
    get(&t, 422, "/v1/subjects/%s/consents", a);
    get(&t, 422, "/v1/subjects/%s/history", a);
    get(&t, 422, "/v1/audit");
    get(&t, 200, "/v1/subjects/%s/history?reason=asked", a);
    expect(get(&t, 200, "/v1/audit?reason=mine"), "{'last': 1}");
}

/* What was answered to ${body}, lines of JSON with ' for ". */
static const char *lines(const struct tenant *t, int status, const char *path, const char *body)
{
    const struct answer *r = client_send(&(struct request){.service = t->service,
                                                           .method = "POST",
                                                           .path = path,
                                                           .token = t->token,
                                                           .content_type = "application/x-ndjson",
                                                           .body = json_text("%s", body)});
    cr_assert_eq(r->status, status, "%s", r->body);
    return r->body;
}

Test(audit, a_list_is_recorded_as_its_persons_are)
{
    struct tenant t = stage_tenant("audit-list");
    const char *a = given(&t, "a"), *b = given(&t, "b");
    const char *list =
        text_of("{'subject': %s}\n{'subject': %s}\n{'subject': %s}\nno line\n{'subject': %s}\n", email("a"),
                email("nobody"), email("b"), email("a"));
    lines(&t, 200, "/v1/subjects/lookup?reason=campaign%2017&on_behalf_of=reseller-7", list);
    expect(get(&t, 200, "/v1/audit?subject_id=%s", a),
           "{'entries': [{'action': 'lookup', 'subject_id': '%s', 'found': 2, 'reason': 'campaign 17', "
           "'on_behalf_of': 'reseller-7'}]}",
           a);
    expect(get(&t, 200, "/v1/audit?subject_id=%s", b), "{'entries': [{'action': 'lookup', 'found': 1}]}");
    expect(get(&t, 200, "/v1/audit?limit=3"),
           "{'entries': [{}, {}, {'number': 3, 'action': 'lookup', 'subject_id': null, 'found': 0}]}");

    /* a check that tells whose it is */
    list = text_of("{'subject': %s, 'purpose': 'newsletter'}\n", email("a"));
    lines(&t, 200, "/v1/check/batch?with=subject_id", list);
    lines(&t, 200, "/v1/check/batch?with=subject_id&only=denied", list);
    lines(&t, 200, "/v1/check/batch", list);
    expect(get(&t, 200, "/v1/audit?subject_id=%s", a),
           "{'entries': [{'action': 'lookup', 'found': 2}, {'action': 'audit'}, {'action': 'lookup', "
           "'found': 1, "
           "'reason': null}]}");
    lines(&t, 422, "/v1/check/batch?reason=call", list); /* nothing is read that it is a reason for */
    lines(&t, 422, "/v1/subjects/lookup?raeson=call", list);
}

/* Two customers at one address. */
Test(audit, whoever_is_told_of_beside_has_an_entry_too)
{
    struct tenant t = stage_tenant("audit-also");
    static const char said[] =
        "{'subject': [{'type': 'customer', 'value': '%s'}, %s], 'purpose': 'newsletter', "
        "'event_state': 'given', 'collection_method': 'app'}";
    const char *ids[2];
    for (int i = 0; i < 2; i++)
        ids[i] = string_at(post(&t, 201, "/v1/consents", said, i == 0 ? "c1" : "c2", email("both")),
                           "/subject_id");
    post(&t, 200, "/v1/subjects/lookup?reason=call", "{'subject': %s}", email("both"));
    lines(&t, 200, "/v1/subjects/lookup?reason=list", text_of("{'subject': %s}\n", email("both")));
    for (int i = 0; i < 2; i++)
        expect(get(&t, 200, "/v1/audit?subject_id=%s", ids[i]),
               "{'entries': [{'action': 'lookup', 'found': 1, 'reason': 'call'}, "
               "{'action': 'lookup', 'found': 1, 'reason': 'list'}]}");
}

Test(audit, a_list_of_thousands_has_an_entry_for_each)
{
    enum { PERSONS = 2500 };
    struct tenant t = stage_tenant("audit-thousands");
    char *list = NULL;
    for (int from = 0; from < PERSONS; from += 500) {
        char *acts = NULL;
        for (int i = from; i < from + 500; i++) {
            const char *who = email(text_of("p%d.", i));
            acts = text_of("%s{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', "
                           "'collection_method': 'app'}",
                           acts == NULL ? "" : text_of("%s,", acts), who);
            list = text_of("%s{'subject': %s}\n", list == NULL ? "" : list, who);
        }
        post(&t, 201, "/v1/consents", "[%s]", acts);
    }
    lines(&t, 200, "/v1/subjects/lookup", list);
    cr_expect_eq(database_number(stage_database(),
                                 "select count(distinct a.subject_no) from audit a join controller c using "
                                 "(controller_id) where c.key = '%s' and a.action = 'lookup'",
                                 t.key),
                 PERSONS);
    expect(get(&t, 200, "/v1/audit?limit=1"), "{'last': 2500}");
}

Test(audit, a_list_needs_the_reason_too)
{
    struct tenant t = stage_tenant("audit-list-reason");
    given(&t, "a");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(policy, "rights", json_of("{'reading_reason': 'required'}"));
    tenant_apply(&t, policy);
    const char *list = text_of("{'subject': %s}\n", email("a")),
               *check = text_of("{'subject': %s, 'purpose': 'newsletter'}\n", email("a"));
    cr_expect(strstr(lines(&t, 422, "/v1/subjects/lookup", list), "reason-required") != NULL);
    cr_expect(strstr(lines(&t, 422, "/v1/check/batch?with=subject_id", check), "reason-required") != NULL);
    lines(&t, 200, "/v1/check/batch", check);
    lines(&t, 200, "/v1/subjects/lookup?reason=asked", list);
    lines(&t, 200, "/v1/check/batch?with=subject_id&reason=asked", check);
    expect(get(&t, 200, "/v1/audit?reason=mine"), "{'last': 2}");
}

Test(audit, a_list_that_cannot_be_recorded_is_not_told)
{
    struct tenant t = stage_tenant("audit-list-refused");
    given(&t, "a");
    PGconn *owner = database_session(stage_database());
    session_run(owner,
                "create function refuse_list() returns trigger language plpgsql as $$ begin "
                "if new.reason = 'refuse list' then raise exception 'no' using errcode = '53100'; end if; "
                "return new; end $$; create trigger refuses_list before insert on audit for each row "
                "execute function refuse_list()");
    const char *list = text_of("{'subject': %s}\n", email("a"));
    lines(&t, 503, "/v1/subjects/lookup?reason=refuse%20list", list);
    session_run(owner, "drop trigger refuses_list on audit; drop function refuse_list()");
    PQfinish(owner);
    expect(get(&t, 200, "/v1/audit"), "{'entries': [], 'last': 0}");
}

/* A list is read by a statement that does not tell what is in force: its node may hold an older policy. */
Test(audit, a_node_that_knows_an_older_policy_asks_for_the_reason_too)
{
    struct tenant t = stage_tenant("audit-reason-old"), there = tenant_at(&t, stage_service(1));
    static const char *const lists[] = {"/v1/rights-requests", "/v1/policy/changes?since=1", "/v1/audit",
                                        "/v1/renewals"};
    given(&t, "a");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        json_t *policy = tenant_policy(&t);
        tenant_apply(&t, policy);
        get(&there, 200, "%s", lists[i]); /* it holds this one from here on */
        json_object_set_new(policy, "rights", json_of("{'reading_reason': 'required'}"));
        tenant_apply(&t, policy);
        expect(get(&there, 422, "%s", lists[i]), "{'type': 'urn:akkoord:problem:reason-required'}");
    }
}

Test(audit, it_has_no_address_in_it_and_takes_no_typing_error)
{
    struct tenant t = stage_tenant("audit-words");
    const char *a = given(&t, "a");
    get(&t, 200, "/v1/subjects/%s/history?reason=of%%20a%%40example.nl%%20from%%20192.0.2.33", a);
    expect(get(&t, 200, "/v1/audit"), "{'entries': [{'reason': 'of *** from 192.0.2.0'}]}");
    get(&t, 422, "/v1/subjects/%s/history?raeson=call", a);
    get(&t, 422, "/v1/subjects/%s/history?reason=", a);
    get(&t, 422, "/v1/subjects/%s/history?reason=a%%0ab", a);
    get(&t, 422, "/v1/subjects/%s/history?reason=%%ff", a);
    get(&t, 422, "/v1/audit?from=2026-02-30T00:00:00Z");
    get(&t, 422, "/v1/audit?subject_id=nobody");
}

Test(audit, one_without_its_scope_reads_nothing_and_is_no_entry)
{
    struct tenant t = stage_tenant("audit-scope"), reader = t;
    reader.token = token_of(t.keyring, t.key, "subject:read", "reader");
    get(&reader, 403, "/v1/audit");
    expect(get(&t, 200, "/v1/audit"), "{'entries': [], 'last': 0}");
}

Test(audit, what_cannot_be_recorded_is_not_told)
{
    struct tenant t = stage_tenant("audit-refused");
    const char *a = given(&t, "a");
    PGconn *owner = database_session(stage_database());
    session_run(owner, "create function refuse() returns trigger language plpgsql as $$ begin "
                       "if new.reason = 'refuse' then raise exception 'no' using errcode = '53100'; end if; "
                       "return new; end $$; create trigger refuses before insert on audit for each row "
                       "execute function refuse()");
    get(&t, 503, "/v1/subjects/%s/history?reason=refuse", a);
    get(&t, 200, "/v1/subjects/%s/history", a);
    session_run(owner, "drop trigger refuses on audit; drop function refuse()");
    PQfinish(owner);
    expect(get(&t, 200, "/v1/audit"), "{'entries': [{'number': 1}], 'last': 1}");
}

Test(audit, an_export_and_what_staff_did_are_entries_too)
{
    struct tenant t = stage_tenant("audit-staff");
    const char *a = given(&t, "a");
    cr_assert_eq(client_send(&(struct request){.service = t.service,
                                               .method = "POST",
                                               .path = text_of("/v1/subjects/%s/export?reason=asked", a),
                                               .token = t.token})
                     ->status,
                 200);
    post(&t, 200, text_of("/v1/subjects/%s/restrict", a), "{}");
    expect(get(&t, 200, "/v1/audit?subject_id=%s", a),
           "{'entries': [{'action': 'export', 'found': 1, 'reason': 'asked'}, {'action': 'restrict'}]}");
    post(&t, 200, text_of("/v1/subjects/%s/erase", a), "{}");
    expect(get(&t, 200, "/v1/audit?after=3"),
           "{'entries': [{'number': 4, 'action': 'erase', 'reason': null}]}");
    expect(get(&t, 200, "/v1/audit?limit=1"), "{'entries': [{'action': 'export', 'reason': null}]}");
}

Test(audit, why_somebody_was_erased_is_in_its_entry_and_not_in_the_ledger)
{
    struct tenant t = stage_tenant("audit-erased");
    const char *a = given(&t, "a");
    post(&t, 200, text_of("/v1/subjects/%s/erase", a), "{'reason': 'as the kwibus of number 7 asked'}");
    expect(get(&t, 200, "/v1/audit"),
           "{'entries': [{'action': 'erase', 'reason': 'as the kwibus of number 7 asked'}]}");
    cr_expect_eq(
        database_number(stage_database(), "select count(*) from event where detail::text like '%%kwibus%%'"),
        0);
    cr_expect_eq(database_number(stage_database(),
                                 "select count(*) from idempotency where context::text like '%%kwibus%%'"),
                 0);
}

/* ---- the policy's own history ---- */

/* Applies ${file} by the command, with a flag or variable more; its exit status. */
static int command_apply(const char *file, const char *by, const char *setting)
{
    const char *const argv[] = {HARNESS_PROGRAM, "apply", file, by != NULL ? "--by" : NULL, by, NULL};
    const char *const settings[] = {text_of("AKKOORD_DATABASE=%s", stage_database()->service),
                                    text_of("AKKOORD_SUBJECT_KEY_FILE=%s", stage_keyring()->subject_key_file),
                                    setting, NULL};
    char *output;
    return process_run(argv, settings, &output);
}

Test(history, a_website_is_told_by_its_first_origin)
{
    struct tenant t = stage_tenant("history-site");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(policy, "sites",
                        json_of("[{'origins': ['https://shop.example', 'https://www.shop.example']}]"));
    tenant_apply(&t, policy);
    json_object_set_new(policy, "sites",
                        json_of("[{'origins': ['https://shop.example'], 'cookie_domain': 'shop.example'}]"));
    tenant_apply(&t, policy);
    expect(get(&t, 200, "/v1/policy/versions?after=2"),
           "{'versions': [{'changes': [{'section': 'sites', 'key': 'https://shop.example', 'change': "
           "'changed', 'members': "
           "['cookie_domain', 'origins']}]}]}");
}

Test(history, the_ref_is_of_the_latest_event_that_has_one)
{
    struct tenant t = stage_tenant("history-ref");
    given(&t, "a"); /* ref-a */
    post(&t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app'}",
         email("a"));
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "validity", json_of("'P1Y'"));
    tenant_apply(&t, policy);
    expect(get(&t, 200, "/v1/policy/changes?since=1"), "{'subjects': [{'ref': 'ref-a'}]}");
}

Test(history, a_version_is_by_the_person_behind_the_command)
{
    struct tenant t = stage_tenant("history-behind");
    json_t *policy = tenant_policy(&t);
    const char *file = text_of("%s/history-behind.json", stage_keyring()->dir);
    static const char *const terms[] = {"'P1Y'", "'P2Y'", "'P3Y'"};
    for (size_t i = 0; i < 3; i++) {
        json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "validity",
                            json_of("%s", terms[i]));
        cr_assert_eq(file_write(file, json_dumps(policy, 0)), 0);
        cr_assert_eq(command_apply(file, i == 0 ? "jansen" : NULL, i == 1 ? "SUDO_USER=devries" : NULL), 0);
    }
    const json_t *told = get(&t, 200, "/v1/policy/versions?after=1");
    expect(told, "{'versions': [{'applied_by': 'jansen (akkoord apply)'}, {}, {}]}");
    cr_expect_not_null(strstr(string_at(told, "/versions/2/applied_by"), " (akkoord apply)"));
    if (getuid() == 0) /* anybody else says of themselves who they are */
        cr_expect_str_eq(string_at(told, "/versions/1/applied_by"), "devries (akkoord apply)");
    cr_expect_eq(command_apply(file, "", NULL), 2);
    cr_expect_eq(command_apply(file, "a\tb", NULL), 2);
}

Test(history, each_version_says_when_by_whom_and_what_changed)
{
    struct tenant t = stage_tenant("history-policy");
    const char *a = given(&t, "a");
    post(&t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'marketing', 'event_state': 'given', 'collection_method': 'app'}",
         email("b"));
    json_t *policy = tenant_policy(&t), *first = json_array_get(json_object_get(policy, "purposes"), 0);
    json_object_set_new(first, "validity", json_of("'P1Y'"));
    tenant_apply(&t, policy);
    expect(get(&t, 200, "/v1/policy/versions?after=1"),
           "{'versions': [{'version': 2, 'applied_by': 'tester', 'changes': [{'section': 'purposes', 'key': "
           "'newsletter', 'change': 'changed', 'members': ['validity']}]}], 'next': null}");
    expect(get(&t, 200, "/v1/policy/changes?since=1"),
           "{'since': 1, 'version': 2, 'changes': [{'key': 'newsletter'}], 'subjects': [{'subject_id': '%s', "
           "'ref': "
           "'ref-a'}], 'next': null}",
           a);
    json_object_set_new(policy, "entities", json_of("[{'key': 'sister', 'name': {'nl': 'Zus BV'}}]"));
    static const char *const asked_anew[] = {"newsletter", "marketing"};
    for (size_t i = 0; i < sizeof asked_anew / sizeof *asked_anew; i++)
        json_array_append_new(json_object_get(policy, "notices"),
                              json_of("{'id': '%s', 'version': '2', 'effective_from': "
                                      "'2026-01-01T00:00:00Z', 'texts': {'en': 'Yes, to both'}}",
                                      asked_anew[i]));
    tenant_apply(&t, policy);
    const json_t *told = get(&t, 200, "/v1/policy/changes?since=2");
    expect(told,
           "{'version': 3, 'changes': [{'section': 'entities', 'key': 'sister', 'change': 'added', 'name': "
           "{'nl': 'Zus BV'}}, {'key': 'marketing 2'}, {'key': 'newsletter 2'}]}");
    cr_assert_eq(json_array_size(json_at(told, "/subjects")), 2, "all are told of what is new");
    get(&t, 404, "/v1/policy/changes?since=9");
    get(&t, 422, "/v1/policy/changes");
}

Test(audit, the_ledger_says_too_on_whose_behalf)
{
    struct tenant t = stage_tenant("audit-behalf");
    const char *a = string_at(post(&t, 201, "/v1/consents",
                                   "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', "
                                   "'collection_method': 'app', 'on_behalf_of': 'reseller-7'}",
                                   email("a")),
                              "/subject_id");
    post(&t, 200, "/v1/withdraw",
         "{'subject': %s, 'purpose': 'newsletter', 'on_behalf_of': 'jan@reseller.example of 7'}", email("a"));
    post(&t, 200, text_of("/v1/subjects/%s/restrict", a), "{'on_behalf_of': 'reseller-8'}");
    post(&t, 200, text_of("/v1/subjects/%s/lift", a), "{}");
    const json_t *told = get(&t, 200, "/v1/subjects/%s/history", a);
    expect(told,
           "{'events': [{'event_state': 'given', 'on_behalf_of': 'reseller-7'}, {'event_state': 'withdrawn', "
           "'on_behalf_of': '*** of 7'}, {'event_state': 'restricted', 'on_behalf_of': 'reseller-8'}, "
           "{}]}");
    cr_expect_null(json_object_get(json_at(told, "/events/3"), "on_behalf_of"));
    expect(get(&t, 200, "/v1/audit?subject_id=%s", a),
           "{'entries': [{'action': 'restrict', 'on_behalf_of': 'reseller-8'}, {'action': 'lift', "
           "'on_behalf_of': null}, {'action': 'history'}]}");
    post(&t, 422, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app', "
         "'on_behalf_of': ''}",
         email("a"));
}
