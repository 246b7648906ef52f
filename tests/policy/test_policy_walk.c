/* SPDX-License-Identifier: Apache-2.0 */
#include "policies.h"

#include "harness/process.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What walks a whole ledger: the rehearsal of a policy, renewals, and invalidation. */

/* ---- help ---- */

static json_t *member(json_t *policy, const char *list, size_t i)
{
    return json_array_get(json_object_get(policy, list), i);
}

static void give(const struct tenant *t, const char *name, const char *purpose, const char *more)
{
    post(t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': '%s', 'event_state': 'given', 'collection_method': 'app'%s}",
         email(name), purpose, more);
}

/* Consents of so many people to marketing, in one call. */
static void give_many(const struct tenant *t, const char *name, size_t count, const char *more)
{
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(all, json_of("{'subject': %s, 'purpose': 'marketing', 'event_state': 'given', "
                                           "'collection_method': 'app'%s}",
                                           email(text_of("%s%zu", name, i)), more));
    char *body = json_dumps(all, 0);
    post(t, 201, "/v1/consents", "%s", body);
    free(body);
}

/* ---- rehearse ---- */

Test(rehearse, verdicts_are_counted_by_purpose_and_reason_before_and_after_and_nothing_is_written)
{
    struct tenant t = stage_tenant("rehearse");
    give(&t, "a", "newsletter", "");
    give(&t, "b", "newsletter", "");
    give(&t, "b", "marketing", "");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'newsletter'}", email("b"));
    give(&t, "c", "marketing", ", 'event_time': '2026-01-01T00:00:00Z'");
    json_t *policy = tenant_policy(&t);
    notice_add(policy, "newsletter", "2", "material", "2026-11-01T00:00:00Z");
    json_object_set_new(member(policy, "purposes", 1), "validity", json_string("P1D"));
    json_array_remove(json_object_get(policy, "purposes"), 3);
    json_array_append_new(
        json_object_get(policy, "purposes"),
        json_of("{'key': 'surveys', 'lawful_basis': 'consent', 'channel': 'email', 'notice': 'newsletter'}"));
    long events = tenant_events(&t);
    const json_t *r = rehearse(&t, 200, policy);
    expect(r, "{'version': 1, 'subjects': 3, 'changes': {'purposes': {'added': ['surveys'], 'removed': "
              "['functional'], "
              "'changed': [{'purpose': 'marketing', 'members': ['validity']}]}, 'notices': {'added': [{'id': "
              "'newsletter', 'version': '2', 'change': 'material'}], 'removed': []}, 'members': []}}");
    cr_expect_eq(subjects(r, "newsletter", "granted", "notice_outdated"), 1);
    cr_expect_eq(subjects(r, "newsletter", "withdrawn", "withdrawn"), 1);
    cr_expect_eq(subjects(r, "newsletter", "never_asked", "never_asked"), 1);
    cr_expect_eq(subjects(r, "marketing", "granted", "granted"), 1);
    cr_expect_eq(subjects(r, "marketing", "granted", "expired"), 1);
    cr_expect_eq(subjects(r, "functional", "not_required", NULL), 3);
    cr_expect_eq(subjects(r, "surveys", NULL, "never_asked"), 3);
    cr_expect_eq(tenant_events(&t), events);
    cr_expect_eq(
        database_number(stage_database(), "select policy_version from controller where key = 'rehearse'"), 1);

    cr_assert_eq(tenant_apply(&t, policy), 2);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "notice_outdated");
    cr_expect_str_eq(reason_of(&t, "b", "newsletter"), "withdrawn");
    cr_expect_str_eq(reason_of(&t, "b", "marketing"), "granted");
    cr_expect_str_eq(reason_of(&t, "c", "marketing"), "expired");
}

Test(rehearse, a_new_purpose_has_no_state_but_the_no_that_holds_for_all_and_for_what_it_replaces)
{
    struct tenant t = stage_tenant("replaces");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", email("all"));
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'newsletter'}", email("one"));
    give(&t, "yes", "newsletter", "");
    json_t *policy = tenant_policy(&t);
    json_array_append_new(
        json_object_get(policy, "purposes"),
        json_of("{'key': 'letters', 'lawful_basis': 'consent', 'channel': 'email', 'notice': "
                "'newsletter', 'replaces': 'newsletter'}"));
    json_array_append_new(
        json_object_get(policy, "purposes"),
        json_of("{'key': 'calls', 'lawful_basis': 'consent', 'channel': 'phone', 'notice': 'newsletter'}"));
    json_array_append_new(json_object_get(policy, "purposes"),
                          json_of("{'key': 'bills', 'lawful_basis': 'contract', 'channel': 'email'}"));
    const json_t *r = rehearse(&t, 200, policy);
    cr_expect_eq(subjects(r, "letters", NULL, "withdrawn"), 2);
    cr_expect_eq(subjects(r, "letters", NULL, "never_asked"), 1);
    cr_expect_eq(subjects(r, "calls", NULL, "withdrawn"), 1);
    cr_expect_eq(subjects(r, "calls", NULL, "never_asked"), 2);
    cr_expect_eq(subjects(r, "bills", NULL, "not_required"), 3);
}

Test(rehearse, a_yes_to_unknown_words_is_no_yes_to_a_new_notice)
{
    struct tenant t = stage_tenant("unknown-words");
    post(&t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'paper'}",
         email("a"));
    json_t *policy = tenant_policy(&t);
    notice_add(policy, "newsletter", "2", "editorial", "2026-11-01T00:00:00Z");
    const json_t *r = rehearse(&t, 200, policy);
    expect(r, "{'changes': {'notices': {'added': [{'version': '2', 'change': 'editorial'}]}}}");
    cr_expect_eq(subjects(r, "newsletter", "notice_unknown", "notice_unknown"), 1);
}

Test(rehearse, what_applying_would_refuse_is_refused_alike)
{
    struct tenant t = stage_tenant("conflicts");
    give(&t, "a", "newsletter", "");
    json_t *words = tenant_policy(&t);
    json_object_set_new(json_object_get(member(words, "notices", 0), "texts"), "en",
                        json_string("Other words."));
    expect(rehearse(&t, 409, words),
           "{'type': 'urn:akkoord:problem:conflict', 'errors': [{'pointer': '/notices/0'}]}");
    json_t *basis = tenant_policy(&t);
    json_object_set_new(member(basis, "purposes", 0), "lawful_basis", json_string("legitimate_interest"));
    json_object_set_new(member(basis, "purposes", 0), "channel", json_string("post"));
    expect(rehearse(&t, 409, basis), "{'errors': [{'pointer': '/purposes/0/lawful_basis'}]}");
    json_t *zone = tenant_policy(&t);
    json_object_set_new(json_object_get(zone, "controller"), "time_zone", json_string("Europe/Nowhere"));
    expect(rehearse(&t, 422, zone), "{'errors': [{'pointer': '/controller/time_zone'}]}");
    json_t *broken = tenant_policy(&t);
    json_object_set_new(member(broken, "purposes", 0), "validity", json_string("a while"));
    expect(rehearse(&t, 422, broken), "{'errors': [{'pointer': '/purposes/0/validity'}]}");
    json_t *foreign = tenant_policy(&t);
    json_object_set_new(json_object_get(foreign, "controller"), "key", json_string("another"));
    expect(rehearse(&t, 422, foreign), "{'errors': [{'pointer': '/controller/key'}]}");
}

Test(rehearse, the_first_policy_of_all_meets_no_ledger)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "rehearse-first");
    expect(rehearse(&t, 200, tenant_policy(&t)), "{'version': 0, 'subjects': 0, 'verdicts': [], 'changes': "
                                                 "{'purposes': {'added': ['newsletter', 'marketing', "
                                                 "'analytics', 'functional']}, 'members': ['controller']}}");
    cr_expect_eq(
        database_number(stage_database(), "select count(*) from controller where key = 'rehearse-first'"), 0);
}

Test(rehearse, the_document_in_force_changes_nothing)
{
    struct tenant t = stage_tenant("unchanged");
    give(&t, "a", "newsletter", "");
    expect(rehearse(&t, 200, tenant_policy(&t)), "{'version': 1, 'changes': {'purposes': {'added': [], "
                                                 "'removed': [], 'changed': []}, 'notices': {'added': [], "
                                                 "'removed': []}, 'members': []}, 'subjects': 1}");
}

Test(rehearse, scopes_are_asked_for)
{
    struct tenant t = stage_tenant("walk-scopes");
    t.token = token_of(t.keyring, t.key, "policy:read consent:record changes:read", "reader");
    rehearse(&t, 403, tenant_policy(&t));
    post(&t, 403, "/v1/consents/invalidate", "{}");
    get(&t, 403, "/v1/renewals");
}

/* Runs `akkoord apply --rehearse`; returns what it printed. */
static char *command_run(const json_t *policy, const char *format, int status)
{
    const char *path = text_of("%s/rehearse-%d.json", stage_keyring()->dir, (int)clock_ms());
    char *body = json_dumps(policy, 0), *output;
    file_write(path, body);
    free(body);
    const char *const argv[] = {HARNESS_PROGRAM, "apply", "--rehearse", "--format", format, path, NULL};
    const char *const settings[] = {text_of("AKKOORD_DATABASE=%s", stage_database()->service),
                                    text_of("AKKOORD_SUBJECT_KEY_FILE=%s", stage_keyring()->subject_key_file),
                                    NULL};
    cr_assert_eq(process_run(argv, settings, &output), status, "%s", output);
    return output;
}

Test(rehearse, the_command_tells_the_same_as_json_and_in_words)
{
    struct tenant t = stage_tenant("command");
    give(&t, "a", "newsletter", "");
    json_t *policy = tenant_policy(&t);
    notice_add(policy, "newsletter", "2", "material", "2026-11-01T00:00:00Z");
    json_t *by_service = json_deep_copy(rehearse(&t, 200, policy)),
           *by_command = json_of("%s", command_run(policy, "json", 0));
    json_object_del(by_service, "as_of");
    json_object_del(by_command, "as_of");
    cr_expect(json_equal(by_service, by_command));
    const char *words = command_run(policy, "text", 0);
    cr_expect_not_null(strstr(words, "notice newsletter 2 added: material, from 2026-11-01T00:00:00Z\n"),
                       "%s", words);
    cr_expect_not_null(strstr(words, "newsletter: granted becomes notice_outdated, 1\n"), "%s", words);
    cr_expect_not_null(strstr(words, "marketing: never_asked stays, 1\n"), "%s", words);
    cr_expect_not_null(strstr(command_run(tenant_policy(&t), "text", 0), "nothing would change\n"));
    json_object_set_new(json_object_get(member(policy, "notices", 0), "texts"), "en",
                        json_string("Other words."));
    command_run(policy, "json", 1);
    cr_expect_eq(
        database_number(stage_database(), "select policy_version from controller where key = 'command'"), 1);
}

/* ---- a ledger of several stretches ---- */

Test(walk, everybody_is_met_once_however_many_there_are)
{
    struct tenant t = stage_tenant("many");
    give_many(&t, "x", 700, "");
    give_many(&t, "y", 601, "");
    post(&t, 201, "/v1/consents",
         "{'subject': [%s, %s], 'purpose': 'marketing', 'event_state': 'given', 'collection_method': 'app'}",
         email("twice"), email("twice-too"));
    const json_t *r = rehearse(&t, 200, tenant_policy(&t));
    cr_expect_eq(number_at(r, "/subjects"), 1302);
    cr_expect_eq(subjects(r, "marketing", "granted", "granted"), 1302);

    json_t *ids = json_object();
    const char *next = "";
    size_t pages = 0, told = 0;
    for (; next != NULL; pages++) {
        const json_t *page =
            get(&t, 200, "/v1/renewals?due_within=P3Y&limit=500%s%s", *next != '\0' ? "&after=" : "", next);
        size_t i;
        json_t *one;
        json_array_foreach(json_object_get(page, "renewals"), i, one)
        {
            json_object_set_new(ids, string_at(one, "/subject_id"), json_true());
            told++;
        }
        next = json_string_value(json_object_get(page, "next"));
    }
    cr_expect_eq(pages, 3);
    cr_expect_eq(told, 1302);
    cr_expect_eq(json_object_size(ids), 1302);

    const char *body =
        "{'purpose': 'marketing', 'period': {'from': '2020-01-01T00:00:00Z'}, 'reason': 'the form misled'}";
    expect(post(&t, 200, "/v1/consents/invalidate?rehearse=true", "%s", body),
           "{'matched': 1302, 'invalidated': 0}");
    cr_expect_eq(tenant_events(&t), 1302);
    expect(post(&t, 200, "/v1/consents/invalidate", "%s", body), "{'matched': 1302, 'invalidated': 1302}");
    cr_expect_eq(tenant_events(&t), 2604);
    expect(post(&t, 200, "/v1/consents/invalidate", "%s", body), "{'matched': 0, 'invalidated': 0}");
    cr_expect_str_eq(reason_of(&t, "x699", "marketing"), "invalidated");
    cr_expect_str_eq(reason_of(&t, "y600", "marketing"), "invalidated");
    cr_expect_str_eq(reason_of(&t, "twice-too", "marketing"), "invalidated");
}

/* ---- renewals ---- */

Test(renewals, tells_of_ends_of_validity_within_the_window)
{
    struct tenant t = stage_tenant("ends");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(member(policy, "purposes", 1), "validity", json_string("P20D"));
    tenant_apply(&t, policy);
    give(&t, "a", "marketing", ", 'ref': 'crm-1'");
    give(&t, "a", "newsletter", "");
    give(&t, "over", "marketing", ", 'event_time': '2026-01-01T00:00:00Z'");
    give(&t, "gone", "marketing", "");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", email("gone"));
    const char *id =
        string_at(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("a")), "/subject_id");
    const json_t *state = post(&t, 200, "/v1/check", "{'subject': %s, 'purpose': 'marketing'}", email("a"));
    const json_t *r = get(&t, 200, "/v1/renewals");
    expect(r,
           "{'renewals': [{'subject_id': '%s', 'ref': 'crm-1', 'purpose': 'marketing', 'kind': 'validity', "
           "'due_at': "
           "'%s'}], 'next': null}",
           id, string_at(state, "/valid_until"));
    cr_expect_null(client_mark_in(json_dumps(r, 0)));
    expect(get(&t, 200, "/v1/renewals?due_within=P19D"), "{'renewals': []}");
    expect(get(&t, 200, "/v1/renewals?due_within=P21D&after=%s", id), "{'renewals': [], 'next': null}");
}

Test(renewals, tells_of_a_material_notice_before_it_takes_effect)
{
    struct tenant t = stage_tenant("notice-to-come");
    give(&t, "a", "newsletter", "");
    json_t *policy = tenant_policy(&t);
    const char *from = time_from_now(5L * 86400);
    notice_add(policy, "newsletter", "2", "editorial", time_from_now(3L * 86400));
    notice_add(policy, "newsletter", "3", "material", from);
    tenant_apply(&t, policy);
    expect(get(&t, 200, "/v1/renewals"),
           "{'renewals': [{'ref': null, 'purpose': 'newsletter', 'kind': 'notice', 'due_at': '%s'}]}", from);
    expect(get(&t, 200, "/v1/renewals?due_within=P4D"), "{'renewals': []}");
}

Test(renewals, tells_of_the_day_on_which_a_minor_may_decide)
{
    struct tenant t = stage_tenant("ages-to-come");
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    /* next month's last day, sixteen years on: between 28 and 62 days from now */
    int month = tm.tm_mon == 11 ? 1 : tm.tm_mon + 2, year = tm.tm_year + 1900 - 16 + (tm.tm_mon == 11);
    post(&t, 202, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app', "
         "'ref': 'crm-9', "
         "'minor': {'birth_month': '%04d-%02d'}}",
         email("young"), year, month);
    give(&t, "adult", "newsletter", "");
    expect(get(&t, 200, "/v1/renewals?due_within=P63D"),
           "{'renewals': [{'ref': 'crm-9', 'purpose': null, 'kind': 'age'}], 'next': null}");
    expect(get(&t, 200, "/v1/renewals?due_within=P27D"), "{'renewals': []}");
}

Test(renewals, a_page_ends_with_a_subject_and_the_next_goes_on_behind)
{
    struct tenant t = stage_tenant("pages");
    give_many(&t, "p", 3, "");
    const json_t *first = get(&t, 200, "/v1/renewals?due_within=P3Y&limit=2");
    expect(first, "{'renewals': [{}, {}]}");
    const json_t *second =
        get(&t, 200, "/v1/renewals?due_within=P3Y&limit=2&after=%s", string_at(first, "/next"));
    expect(second, "{'renewals': [{}], 'next': null}");
    expect(get(&t, 200, "/v1/renewals?due_within=P3Y&limit=3"), "{'renewals': [{}, {}, {}], 'next': null}");
    get(&t, 422, "/v1/renewals?after=nobody");
    get(&t, 422, "/v1/renewals?due_within=soon");
    get(&t, 422, "/v1/renewals?limit=0");
    get(&t, 422, "/v1/renewals?limits=1");
}

static json_t *entities_policy(const struct tenant *t)
{
    return json_of(
        "{'controller': {'key': '%s', 'country': 'NL'}, 'entities': [{'key': 'east', 'name': 'East'}, "
        "{'key': "
        "'west', 'name': 'West'}], 'purposes': [{'key': 'news', 'lawful_basis': 'consent', 'channel': "
        "'post', "
        "'validity': 'P20D', 'notice': 'news'}], 'notices': [{'id': 'news', 'version': '1', 'texts': {'en': "
        "'Yes.'}}]}",
        t->key);
}

Test(renewals, a_yes_for_all_entities_is_told_of_once_and_one_of_an_entity_by_its_name)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "entities-renew");
    tenant_apply(&t, entities_policy(&t));
    give(&t, "all", "news", "");
    give(&t, "west", "news", ", 'entity': 'west'");
    const json_t *r = get(&t, 200, "/v1/renewals");
    expect(r,
           "{'renewals': [{'purpose': 'news', 'kind': 'validity'}, {'entity': 'west', 'kind': 'validity'}]}");
    cr_expect_null(json_object_get(json_at(r, "/renewals/0"), "entity"));
}

/* ---- invalidate ---- */

Test(invalidate, consents_to_a_notice_version_and_no_other)
{
    struct tenant t = stage_tenant("by-notice");
    json_t *policy = tenant_policy(&t);
    notice_add(policy, "newsletter", "2", "editorial", "2026-10-01T00:00:00Z");
    tenant_apply(&t, policy);
    give(&t, "old", "newsletter", ", 'notice': {'id': 'newsletter', 'version': '1'}");
    give(&t, "new", "newsletter", "");
    give(&t, "old", "marketing", "");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'newsletter'}", email("gone"));
    const char *body =
        "{'purpose': 'newsletter', 'notice': {'id': 'newsletter', 'version': '1'}, 'reason': 'the words "
        "named no controller, as told from 203.0.113.77'}";
    long events = tenant_events(&t);
    expect(post(&t, 200, "/v1/consents/invalidate?rehearse=true", "%s", body),
           "{'matched': 1, 'invalidated': 0}");
    cr_expect_eq(tenant_events(&t), events);
    cr_expect_str_eq(reason_of(&t, "old", "newsletter"), "granted");
    expect(post(&t, 200, "/v1/consents/invalidate", "%s", body), "{'matched': 1, 'invalidated': 1}");
    expect(post(&t, 200, "/v1/check", "{'subject': %s, 'purpose': 'newsletter'}", email("old")),
           "{'allow': false, 'reason': 'invalidated'}");
    cr_expect_str_eq(reason_of(&t, "old", "marketing"), "granted");
    cr_expect_str_eq(reason_of(&t, "new", "newsletter"), "granted");
    cr_expect_str_eq(reason_of(&t, "gone", "newsletter"), "withdrawn");
    const char *id =
        string_at(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("old")), "/subject_id");
    expect(json_at(get(&t, 200, "/v1/subjects/%s/history", id), "/events/2"),
           "{'event_state': 'invalidated', 'purpose': 'newsletter', 'actor': 'tester', 'notice': {'version': "
           "'1'}, "
           "'reason': 'the words named no controller, as told from 203.0.113.0', 'effect': 'applied'}");
    expect(get(&t, 200, "/v1/changes?after=%ld", events),
           "{'changes': [{'event_state': 'invalidated', 'reason': "
           "'invalidated'}]}");
}

/* Under the customer's code a later Yes stands; under the address still the one that is void. */
Test(invalidate, a_consent_is_found_under_each_identifier_it_named)
{
    struct tenant t = stage_tenant("named-beside");
    const char *both = text_of("[%s, %s]", customer("c"), email("c"));
    const json_t *old = say(&t, 201, both, "newsletter", "given", ", 'event_time': '2026-11-01T00:00:00Z'");
    say(&t, 201, customer("c"), "newsletter", "given", "");
    const char *body = "{'purpose': 'newsletter', 'period': {'to': '2026-11-02T00:00:00Z'}, 'reason': 'r'}";
    expect(post(&t, 200, "/v1/consents/invalidate?rehearse=true", "%s", body), "{'matched': 1}");
    expect(post(&t, 200, "/v1/consents/invalidate", "%s", body), "{'matched': 1}");
    cr_expect_str_eq(reason_of(&t, "c", "newsletter"), "invalidated");
    cr_expect_str_eq(reason(&t, customer("c"), "newsletter"), "granted");
    expect(
        get(&t, 200, "/v1/subjects/%s/history", string_at(old, "/subject_id")),
        "{'events': [{'event_state': 'given'}, {'event_state': 'given'}, {'event_state': 'invalidated'}]}");
    expect(post(&t, 200, "/v1/consents/invalidate", "%s", body), "{'matched': 0, 'invalidated': 0}");
}

Test(invalidate, only_a_newer_choice_cures_it)
{
    struct tenant t = stage_tenant("cure");
    give(&t, "a", "newsletter", ", 'event_time': '2026-11-01T00:00:00Z'");
    expect(post(&t, 200, "/v1/consents/invalidate",
                "{'purpose': 'newsletter', 'period': {'from': '2026-11-01T00:00:00Z', 'to': "
                "'2026-11-02T00:00:00Z'}, "
                "'reason': 'untrue'}"),
           "{'matched': 1, 'invalidated': 1}");
    give(&t, "a", "newsletter", ", 'event_time': '2026-10-31T00:00:00Z'");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "invalidated");
    give(&t, "a", "newsletter", ", 'import': {'batch': 'b', 'source': 's'}");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "invalidated");
    give(&t, "a", "newsletter", ", 'event_time': '2026-11-01T00:00:01Z'");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
}

Test(invalidate, by_period_form_and_import_batch_all_of_which_must_hold)
{
    struct tenant t = stage_tenant("by-origin");
    give(&t, "shop", "marketing",
         ", 'evidence': {'form': 'shop 203.0.113.77'}, 'event_time': '2026-11-01T00:00:00Z'");
    give(&t, "fair", "marketing", ", 'evidence': {'form': 'fair'}, 'event_time': '2026-11-02T00:00:00Z'");
    give(&t, "bare", "marketing", ", 'event_time': '2026-11-03T00:00:00Z'");
    give(&t, "copy", "marketing",
         ", 'import': {'batch': 'spring', 'source': 'old'}, 'event_time': '2026-11-01T00:00:00Z', 'notice': "
         "{'id': "
         "'marketing', 'version': '1'}");
    give(&t, "other", "marketing",
         ", 'import': {'batch': 'autumn', 'source': 'old'}, 'event_time': '2026-11-01T00:00:00Z', 'notice': "
         "{'id': "
         "'marketing', 'version': '1'}");
    const char *count = "/v1/consents/invalidate?rehearse=true";
    expect(post(&t, 200, count, "{'purpose': 'marketing', 'form': 'shop 203.0.113.77', 'reason': 'r'}"),
           "{'matched': 1}");
    expect(post(&t, 200, count, "{'purpose': 'marketing', 'form': 'sho', 'reason': 'r'}"), "{'matched': 0}");
    expect(post(&t, 200, count,
                "{'purpose': 'marketing', 'period': {'from': '2026-11-02T00:00:00Z', 'to': "
                "'2026-11-03T00:00:00Z'}, "
                "'reason': 'r'}"),
           "{'matched': 1}");
    expect(post(&t, 200, count,
                "{'purpose': 'marketing', 'period': {'to': '2026-11-02T00:00:00Z'}, 'reason': 'r'}"),
           "{'matched': 3}");
    expect(post(&t, 200, count,
                "{'purpose': 'marketing', 'form': 'fair', 'period': {'to': '2026-11-02T00:00:00Z'}, "
                "'reason': 'r'}"),
           "{'matched': 0}");
    expect(post(&t, 200, "/v1/consents/invalidate",
                "{'purpose': 'marketing', 'import_batch': 'spring', 'reason': 'bought'}"),
           "{'matched': 1, 'invalidated': 1}");
    cr_expect_str_eq(reason_of(&t, "copy", "marketing"), "invalidated");
    cr_expect_str_eq(reason_of(&t, "other", "marketing"), "granted");
    cr_expect_str_eq(reason_of(&t, "shop", "marketing"), "granted");
}

/* Of a later time or not, it stood behind the choice. */
Test(invalidate, an_imports_yes_takes_nothing_from_what_the_person_chose_before)
{
    struct tenant t = stage_tenant("chosen-before");
    give(&t, "c", "marketing", ", 'event_time': '2026-11-01T00:00:00Z'");
    say(&t, 201, text_of("[%s, %s]", customer("c"), email("c")), "marketing", "given",
        ", 'import': {'batch': 'bought', 'source': 'old'}, 'event_time': '2026-11-02T00:00:00Z', 'notice': "
        "{'id': 'marketing', 'version': '1'}");
    cr_assert_str_eq(reason(&t, customer("c"), "marketing"), "granted");
    expect(post(&t, 200, "/v1/consents/invalidate",
                "{'purpose': 'marketing', 'import_batch': 'bought', 'reason': 'r'}"),
           "{'matched': 1, 'invalidated': 1}");
    cr_expect_str_eq(reason(&t, customer("c"), "marketing"), "invalidated");
    cr_expect_str_eq(reason_of(&t, "c", "marketing"), "granted");
}

Test(invalidate, each_entitys_consent)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "entities-invalidate");
    tenant_apply(&t, entities_policy(&t));
    give(&t, "all", "news", "");
    give(&t, "west", "news", ", 'entity': 'west'");
    expect(post(&t, 200, "/v1/consents/invalidate",
                "{'purpose': 'news', 'notice': {'id': 'news', 'version': '1'}, 'reason': 'untrue'}"),
           "{'matched': 2, 'invalidated': 2}");
    expect(post(&t, 200, "/v1/check", "{'subject': %s, 'purpose': 'news', 'entity': 'west'}", email("west")),
           "{'reason': 'invalidated'}");
    cr_expect_str_eq(reason_of(&t, "all", "news"), "invalidated");
}

Test(invalidate, a_guardians_yes_too_though_the_person_may_decide_by_now)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "guardians");
    tenant_apply(
        &t,
        json_of(
            "{'controller': {'key': '%s', 'country': 'NL'}, 'purposes': [{'key': 'phone', 'lawful_basis': "
            "'consent', 'channel': 'phone', 'notice': 'phone', 'minors': {'guardian': {'roles': ['parent'], "
            "'least': 'checkbox', 'at_limit': 'reconfirm'}}}], 'notices': [{'id': 'phone', 'version': '1', "
            "'texts': {'en': 'Yes.'}}]}",
            t.key));
    give(&t, "child", "phone", ", 'minor': true, 'expressed_by': {'role': 'parent', 'strength': 'email'}");
    cr_assert_str_eq(reason_of(&t, "child", "phone"), "granted");
    cr_assert_eq(
        database_number(
            stage_database(),
            "with past as (update consent set rank = instant_of(now() - interval '1 day') where slot in (8, "
            "9) "
            "and controller_id = (select controller_id from controller where key = '%s') returning 1) "
            "select count(*) from past",
            t.key),
        2);
    cr_assert_str_eq(reason_of(&t, "child", "phone"), "granted");
    expect(post(&t, 200, "/v1/consents/invalidate",
                "{'purpose': 'phone', 'notice': {'id': 'phone', 'version': '1'}, 'reason': 'forged'}"),
           "{'matched': 1, 'invalidated': 1}");
    cr_expect_str_eq(reason_of(&t, "child", "phone"), "never_asked", "of age, and said nothing");
}

Test(invalidate, what_it_is_about_must_be_told)
{
    struct tenant t = stage_tenant("told");
    expect(post(&t, 422, "/v1/consents/invalidate", "{'purpose': 'newsletter', 'reason': 'r'}"),
           "{'errors': [{}]}");
    expect(post(&t, 422, "/v1/consents/invalidate", "{'purpose': 'newsletter', 'form': 'f'}"),
           "{'errors': [{'pointer': '/reason'}]}");
    expect(post(&t, 422, "/v1/consents/invalidate", "{'purpose': 'nothing', 'form': 'f', 'reason': 'r'}"),
           "{'type': 'urn:akkoord:problem:unknown-purpose'}");
    expect(post(&t, 422, "/v1/consents/invalidate",
                "{'purpose': 'newsletter', 'notice': {'id': 'newsletter', 'version': '9'}, 'reason': 'r'}"),
           "{'type': 'urn:akkoord:problem:unknown-notice'}");
    expect(post(&t, 422, "/v1/consents/invalidate",
                "{'purpose': 'newsletter', 'period': {'from': '2026-01-02T00:00:00Z', 'to': "
                "'2026-01-01T00:00:00Z'}, "
                "'reason': 'r'}"),
           "{'errors': [{'pointer': '/period/to'}]}");
    post(&t, 422, "/v1/consents/invalidate", "{'purpose': 'newsletter', 'period': {}, 'reason': 'r'}");
    post(&t, 422, "/v1/consents/invalidate?after=nobody",
         "{'purpose': 'newsletter', 'form': 'f', 'reason': 'r'}");
    post(&t, 422, "/v1/consents/invalidate?rehearse=maybe",
         "{'purpose': 'newsletter', 'form': 'f', 'reason': 'r'}");
}
