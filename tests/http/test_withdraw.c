/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <string.h>

static const json_t *withdraw(const struct tenant *t, const char *name, const char *what)
{
    return post(t, 200, "/v1/withdraw", "{'subject': %s, %s}", email(name), what);
}

static const json_t *give(const struct tenant *t, const char *name, const char *purpose, const char *more)
{
    return post(t, 201, "/v1/consents",
                "{'subject': %s, 'purpose': '%s', 'event_state': 'given', 'collection_method': 'web_form'%s}",
                email(name), purpose, more);
}

Test(withdraw, the_next_check_knows_it_on_either_node)
{
    struct tenant t = stage_tenant("next-check"), other = tenant_at(&t, stage_service(1));
    for (int i = 0; i < 20; i++) {
        const char *name = text_of("n%d", i);
        give(&t, name, "newsletter", "");
        cr_assert_str_eq(reason_of(&other, name, "newsletter"), "granted");
        expect(withdraw(&t, name, "'purpose': 'newsletter'"),
               "{'withdrawn': [{'purpose': 'newsletter', 'was': 'given', 'effect': 'applied'}], "
               "'not_stopped': []}");
        cr_assert_str_eq(reason_of(&other, name, "newsletter"), "withdrawn");
        cr_assert_str_eq(reason_of(&t, name, "newsletter"), "withdrawn");
    }
}

Test(withdraw, a_withdrawal_right_after_a_yes_stamped_ahead_is_withdrawn)
{
    struct tenant t = stage_tenant("stamped-ahead");
    give(&t, "a", "newsletter", text_of(", 'event_time': '%s'", time_from_now(59)));
    const json_t *w = withdraw(&t, "a", "'purpose': 'newsletter'");
    expect(w, "{'withdrawn': [{'was': 'given', 'effect': 'applied'}]}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
    give(&t, "b", "newsletter", text_of(", 'event_time': '%s'", time_from_now(59)));
    withdraw(&t, "b", "'purpose': '*'");
    cr_assert_str_eq(reason_of(&t, "b", "newsletter"), "withdrawn");
    give(&t, "c", "newsletter", text_of(", 'event_time': '%s'", time_from_now(59)));
    withdraw(&t, "c", "'channel': 'email'");
    cr_assert_str_eq(reason_of(&t, "c", "newsletter"), "withdrawn");
}

/* What a node whose clock runs fast would have left: a Yes a minute ahead of the database's clock. */
Test(withdraw, a_withdrawal_stands_above_a_yes_that_lies_ahead_in_the_ledger)
{
    struct tenant t = stage_tenant("ahead");
    give(&t, "a", "newsletter", "");
    PGconn *session = database_session(stage_database());
    session_run(session, "update consent set rank = rank + (60000000::bigint << 6) from controller c where "
                         "c.controller_id = consent.controller_id and key = 'ahead'");
    session_run(session, "update head set latest = latest + 60000000 from controller c where "
                         "c.controller_id = head.controller_id and key = 'ahead'");
    PQfinish(session);
    expect(withdraw(&t, "a", "'purpose': 'newsletter'"), "{'withdrawn': [{'effect': 'applied'}]}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
    expect(withdraw(&t, "a", "'purpose': '*'"),
           "{'withdrawn': [{'effect': 'applied'}, {'effect': 'applied'}, {'effect': 'applied'}]}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
}

Test(withdraw, a_channel_stops_every_purpose_of_it)
{
    struct tenant t = stage_tenant("channel");
    give(&t, "a", "newsletter", "");
    give(&t, "a", "analytics", "");
    const json_t *w = withdraw(
        &t, "a", "'channel': 'email', 'reason': 'complaint', 'collection_method': 'one_click', 'ref': 'r-1'");
    expect(w, "{'withdrawn': [{'purpose': 'newsletter', 'was': 'given', 'revision': 3}, {'purpose': "
              "'marketing', 'was': null, 'revision': 3}], 'not_stopped': []}");
    cr_assert_str_eq(reason_of(&t, "a", "marketing"), "withdrawn");
    cr_assert_str_eq(reason_of(&t, "a", "analytics"), "granted");
    json_t *policy = tenant_policy(&t);
    json_array_append_new(
        json_object_get(policy, "purposes"),
        json_of("{'key': 'surveys', 'lawful_basis': 'consent', 'channel': 'email', 'notice': 'newsletter'}"));
    tenant_apply(&t, policy);
    cr_assert_str_eq(reason_of(&t, "a", "surveys"), "withdrawn", "it was added later");
    give(&t, "a", "surveys", "");
    cr_assert_str_eq(reason_of(&t, "a", "surveys"), "granted");
    cr_assert_str_eq(reason_of(&t, "a", "marketing"), "withdrawn");
    expect(post(&t, 422, "/v1/withdraw", "{'subject': %s, 'channel': 'sms'}", email("a")),
           "{'type': 'urn:akkoord:problem:unknown-purpose', 'errors': [{'pointer': '/channel'}]}");
}

Test(withdraw, everything_is_one_standing_no_that_overrules_purposes_added_later)
{
    struct tenant t = stage_tenant("everything");
    give(&t, "a", "newsletter", "");
    const json_t *w = withdraw(&t, "a", "'purpose': '*'");
    expect(w, "{'withdrawn': [{'purpose': 'newsletter', 'was': 'given'}, {'purpose': 'marketing', 'was': "
              "null}, {'purpose': 'analytics', 'was': null}], 'not_stopped': [{'purpose': 'functional', "
              "'reason': 'exempt'}]}");
    cr_assert_str_eq(string_at(w, "/withdrawn/0/record_id"), string_at(w, "/withdrawn/2/record_id"));
    cr_assert_eq(tenant_events(&t), 2);
    json_t *policy = tenant_policy(&t);
    json_array_append_new(
        json_object_get(policy, "purposes"),
        json_of("{'key': 'surveys', 'lawful_basis': 'consent', 'channel': 'email', 'notice': 'newsletter'}"));
    tenant_apply(&t, policy);
    cr_assert_str_eq(reason_of(&t, "a", "surveys"), "withdrawn");
    cr_assert_str_eq(reason_of(&t, "a", "functional"), "not_required");
    give(&t, "a", "surveys", "");
    cr_assert_str_eq(reason_of(&t, "a", "surveys"), "granted");
    cr_assert_str_eq(reason_of(&t, "a", "marketing"), "withdrawn");
}

Test(withdraw, a_second_one_changes_nothing_and_tells_the_standing_no)
{
    struct tenant t = stage_tenant("again");
    give(&t, "a", "newsletter", "");
    withdraw(&t, "a", "'purpose': 'newsletter'");
    expect(withdraw(&t, "a", "'purpose': 'newsletter'"),
           "{'withdrawn': [{'was': 'withdrawn', 'effect': 'applied'}]}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
    withdraw(&t, "b", "'purpose': '*'");
    expect(withdraw(&t, "b", "'purpose': '*'"),
           "{'withdrawn': [{'was': 'withdrawn'}, {'was': 'withdrawn'}, {'was': 'withdrawn'}]}");
    expect(withdraw(&t, "b", "'purpose': 'newsletter'"), "{'withdrawn': [{'was': 'withdrawn'}]}");
}

Test(withdraw, a_person_never_seen_can_stop_it_and_the_no_is_remembered)
{
    struct tenant t = stage_tenant("never-seen");
    const json_t *w = withdraw(&t, "a", "'purpose': 'newsletter'");
    expect(w, "{'withdrawn': [{'purpose': 'newsletter', 'was': null, 'effect': 'applied'}]}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
    expect(post(&t, 201, "/v1/consents",
                "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': "
                "'import', 'notice': {'id': 'newsletter', 'version': '1'}}",
                email("a")),
           "{'effect': 'superseded'}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
    withdraw(&t, "b", "'purpose': '*'");
    cr_assert_str_eq(reason_of(&t, "b", "analytics"), "withdrawn");
}

Test(withdraw, a_later_yes_counts_again_and_an_earlier_one_does_not)
{
    struct tenant t = stage_tenant("later");
    withdraw(&t, "a", "'purpose': '*', 'event_time': '2026-03-01T00:00:00Z'");
    expect(give(&t, "a", "newsletter", ", 'event_time': '2026-02-01T00:00:00Z'"), "{'effect': 'superseded'}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
    expect(give(&t, "a", "newsletter", ", 'event_time': '2026-04-01T00:00:00Z'"), "{'effect': 'applied'}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "granted");
    expect(
        withdraw(&t, "a", "'purpose': 'newsletter', 'event_time': '2026-03-15T00:00:00Z'"),
        "{'withdrawn': [{'effect': 'superseded', 'was': 'given'}], 'effective_at': '2026-03-15T00:00:00Z'}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "granted");
}

/* It stands from March on: behind the Yes of April, which it leaves, and before that of February. */
Test(withdraw, a_late_one_of_everything_tells_what_it_came_too_late_for)
{
    struct tenant t = stage_tenant("late-everything");
    give(&t, "a", "newsletter", ", 'event_time': '2026-04-01T00:00:00Z'");
    give(&t, "a", "analytics", ", 'event_time': '2026-02-01T00:00:00Z'");
    expect(
        withdraw(&t, "a", "'purpose': '*', 'event_time': '2026-03-01T00:00:00Z'"),
        "{'withdrawn': [{'purpose': 'newsletter', 'was': 'given', 'effect': 'superseded'}, {'purpose': "
        "'marketing', "
        "'was': null, 'effect': 'applied'}, {'purpose': 'analytics', 'was': 'given', 'effect': 'applied'}]}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "granted");
    cr_assert_str_eq(reason_of(&t, "a", "marketing"), "withdrawn");
    cr_assert_str_eq(reason_of(&t, "a", "analytics"), "withdrawn");
}

Test(withdraw, on_other_bases_it_is_an_objection_or_refused)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "objection");
    tenant_apply(
        &t, json_of("{'controller': {'key': 'objection', 'country': 'NL'}, 'purposes': ["
                    "{'key': 'li', 'lawful_basis': 'legitimate_interest', 'channel': 'phone'}, {'key': "
                    "'task', 'lawful_basis': 'public_task', 'channel': 'post'},"
                    "{'key': 'soft', 'lawful_basis': 'soft_opt_in', 'channel': 'email'}, {'key': 'contract', "
                    "'lawful_basis': 'contract', 'channel': 'web'},"
                    "{'key': 'law', 'lawful_basis': 'legal_obligation', 'channel': 'web'}, {'key': 'vital', "
                    "'lawful_basis': 'vital_interest', 'channel': 'web'},"
                    "{'key': 'exempt', 'lawful_basis': 'exempt', 'channel': 'web'}, {'key': 'direct', "
                    "'lawful_basis': 'legitimate_interest', 'channel': 'post', 'direct_marketing': true}]}"));
    static const char *const objects[] = {"li", "task", "soft", NULL}, *const refuses[] = {"contract", "law",
                                                                                           "vital", "exempt",
                                                                                           NULL};
    for (size_t i = 0; objects[i] != NULL; i++) {
        expect(withdraw(&t, "a", text_of("'purpose': '%s'", objects[i])),
               "{'withdrawn': [{'purpose': '%s', 'effect': 'applied'}]}", objects[i]);
        cr_assert_str_eq(reason_of(&t, "a", objects[i]), "objected");
    }
    long events = tenant_events(&t);
    for (size_t i = 0; refuses[i] != NULL; i++)
        expect(post(&t, 422, "/v1/withdraw", "{'subject': %s, 'purpose': '%s'}", email("a"), refuses[i]),
               "{'type': 'urn:akkoord:problem:not-withdrawable', 'errors': [{'pointer': '/purpose'}]}");
    expect(post(&t, 422, "/v1/withdraw", "{'subject': %s, 'channel': 'web'}", email("a")),
           "{'type': 'urn:akkoord:problem:not-withdrawable'}");
    cr_assert_eq(tenant_events(&t), events);
    expect(withdraw(&t, "b", "'purpose': '*'"),
           "{'withdrawn': [{'purpose': 'soft'}, {'purpose': 'direct'}], 'not_stopped': [{'purpose': 'li', "
           "'reason': 'legitimate_interest'}, {'purpose': 'task', 'reason': 'public_task'}, {'purpose': "
           "'contract', 'reason': 'contract'}, {'purpose': 'law', 'reason': 'legal_obligation'}, {'purpose': "
           "'vital', 'reason': 'vital_interest'}, {'purpose': 'exempt', 'reason': 'exempt'}]}");
    cr_assert_str_eq(reason_of(&t, "b", "li"), "not_required");
    cr_assert_str_neq(reason_of(&t, "b", "direct"), "not_required");
    cr_assert_str_neq(reason_of(&t, "b", "soft"), "never_asked");
}

Test(withdraw, all_that_was_sent_is_kept)
{
    struct tenant t = stage_tenant("kept");
    withdraw(&t, "a",
             "'purpose': 'newsletter', 'event_time': '2026-03-01T00:00:00Z', 'collection_method': 'letter', "
             "'reason': 'staff', 'ref': 'ticket-9', 'expressed_by': {'role': 'carer', 'strength': 'signed', "
             "'form': 'written'}, 'evidence': {'ip': '" MARK_IP "'}");
    const json_t *found = post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("a"));
    expect(
        get(&t, 200, "/v1/subjects/%s/history", string_at(found, "/subject_id")),
        "{'events': [{'event_state': 'withdrawn', 'event_time': '2026-03-01T00:00:00Z', 'collection_method': "
        "'letter', 'reason': 'staff', 'ref': 'ticket-9', 'expressed_by': {'role': 'carer', 'strength': "
        "'signed', 'form': 'written'}, 'evidence': {'ip': '203.0.113.0'}, 'notice': null}], 'next': null}");
}

Test(withdraw, several_identifiers_of_several_people_are_all_stopped)
{
    struct tenant t = stage_tenant("people");
    give(&t, "a", "newsletter", "");
    give(&t, "b", "newsletter", "");
    const json_t *w = post(&t, 200, "/v1/withdraw", "{'subject': [%s, %s, %s], 'purpose': 'newsletter'}",
                           email("a"), email("b"), email("c"));
    expect(w, "{'withdrawn': [{'was': 'given', 'effect': 'applied'}]}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
    cr_assert_str_eq(reason_of(&t, "b", "newsletter"), "withdrawn");
    cr_assert_str_eq(reason_of(&t, "c", "newsletter"), "withdrawn");
}

Test(withdraw, effective_at_is_the_time_of_the_no)
{
    struct tenant t = stage_tenant("effective");
    const json_t *w = withdraw(&t, "a", "'purpose': 'newsletter'");
    const json_t *verdict =
        post(&t, 200, "/v1/check", "{'subject': %s, 'purpose': 'newsletter'}", email("a"));
    expect(verdict, "{'reason': 'withdrawn', 'since': '%s', 'record_id': '%s', 'revision': 1}",
           string_at(w, "/effective_at"), string_at(w, "/withdrawn/0/record_id"));
}

/* Of two companies; ${more}: further purposes. */
static json_t *two_companies(const struct tenant *t, const char *more)
{
    return json_of(
        "{'controller': {'key': '%s', 'country': 'NL'}, 'entities': [{'key': 'acme', 'name': 'Acme'}, "
        "{'key': 'beta', 'name': 'Beta'}], 'purposes': [{'key': 'bills', 'lawful_basis': 'contract', "
        "'channel': 'email'}, {'key': 'study', 'lawful_basis': 'legitimate_interest', 'channel': 'web', "
        "'objection': 'absolute'}%s], 'notices': [{'id': 'words', 'version': '1', 'effective_from': "
        "'2020-01-01T00:00:00Z', 'texts': {'en': 'May we?'}}]}",
        t->key, more);
}

#define NEWS                                                                                                 \
    ", {'key': 'news', 'lawful_basis': 'consent', 'channel': 'email', 'notice': 'words'}, {'key': 'texts', " \
    "'lawful_basis': 'consent', 'channel': 'sms', 'notice': 'words'}"

static const char *reason_for(const struct tenant *t, const char *name, const char *purpose,
                              const char *entity)
{
    return string_at(post(t, 200, "/v1/check", "{'subject': %s, 'purpose': '%s', 'entity': '%s'}",
                          email(name), purpose, entity),
                     "/reason");
}

Test(withdraw, of_everything_of_one_entity_it_holds_for_what_that_one_adds_later)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "entity-standing");
    tenant_apply(&t, two_companies(&t, ""));
    const json_t *w = withdraw(&t, "a", "'purpose': '*', 'entity': 'acme'");
    expect(
        w,
        "{'withdrawn': [{'purpose': 'study', 'was': null}], 'not_stopped': [{'purpose': 'bills', 'reason': "
        "'contract'}]}");
    cr_expect_str_eq(reason_for(&t, "a", "study", "acme"), "objected");
    cr_expect_str_eq(reason_for(&t, "a", "study", "beta"), "not_required");
    withdraw(&t, "b", "'channel': 'web', 'entity': 'beta'");

    tenant_apply(&t, two_companies(&t, NEWS));
    give(&t, "c", "news", "");
    give(&t, "a", "texts", ", 'event_time': '2026-01-01T00:00:00Z'");
    cr_expect_str_eq(reason_for(&t, "a", "news", "acme"), "withdrawn");
    cr_expect_str_eq(reason_for(&t, "a", "texts", "acme"), "withdrawn",
                     "and undone by nothing that is older");
    cr_expect_str_eq(reason_for(&t, "a", "texts", "beta"), "granted");
    cr_expect_str_eq(reason_of(&t, "a", "texts"), "withdrawn", "of all, the strictest");
    cr_expect_str_eq(reason_for(&t, "b", "news", "beta"), "never_asked", "it was of another channel");
    cr_expect_str_eq(reason_for(&t, "c", "news", "acme"), "granted");
    const char *id =
        string_at(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("a")), "/subject_id");
    expect(get(&t, 200, "/v1/subjects/%s/history", id),
           "{'events': [{'purpose': '*', 'entity': 'acme', 'event_state': 'withdrawn'}, {'purpose': 'study', "
           "'entity': 'acme', 'event_state': 'objected'}, {'purpose': 'texts'}]}");
    expect(
        get(&t, 200, "/v1/changes?limit=3"),
        "{'changes': [{'purpose': '*', 'entity': 'acme'}, {'purpose': 'study'}, {'purpose': '*', 'entity': "
        "'beta', 'channel': 'web'}]}");
}

Test(withdraw, of_a_channel_of_one_entity_it_tells_what_stood)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "entity-channel");
    tenant_apply(&t, two_companies(&t, NEWS));
    give(&t, "a", "news", "");
    give(&t, "a", "texts", "");
    expect(withdraw(&t, "a", "'channel': 'email', 'entity': 'beta'"),
           "{'withdrawn': [{'purpose': 'news', 'was': 'given', 'effect': 'applied'}]}");
    expect(withdraw(&t, "a", "'channel': 'email', 'entity': 'beta'"),
           "{'withdrawn': [{'purpose': 'news', 'was': 'withdrawn', 'effect': 'applied'}]}");
    cr_expect_str_eq(reason_for(&t, "a", "news", "beta"), "withdrawn");
    cr_expect_str_eq(reason_for(&t, "a", "news", "acme"), "granted");
    cr_expect_str_eq(reason_for(&t, "a", "texts", "beta"), "granted");
    give(&t, "a", "news", ", 'entity': 'beta'");
    cr_expect_str_eq(reason_for(&t, "a", "news", "beta"), "granted", "a later Yes opens what it names");
    expect(
        withdraw(&t, "a", "'purpose': '*', 'entity': 'beta'"),
        "{'withdrawn': [{'purpose': 'study', 'was': null}, {'purpose': 'news', 'was': 'given'}, {'purpose': "
        "'texts', 'was': 'given'}]}");
    cr_expect_str_eq(reason_for(&t, "a", "texts", "beta"), "withdrawn");
    cr_expect_str_eq(reason_for(&t, "a", "texts", "acme"), "granted");
}

Test(withdraw, of_one_entity_a_channel_where_nothing_rests_on_a_choice_is_refused)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "no-choice");
    tenant_apply(&t, two_companies(&t, ""));
    expect(post(&t, 422, "/v1/withdraw", "{'subject': %s, 'channel': 'email', 'entity': 'acme'}", email("a")),
           "{'type': 'urn:akkoord:problem:not-withdrawable'}");
}

Test(withdraw, of_all_entities_it_tells_what_was_said_to_each)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "entity-each");
    tenant_apply(&t, two_companies(&t, NEWS));
    give(&t, "a", "news", ", 'entity': 'acme'");
    expect(withdraw(&t, "a", "'purpose': 'news'"), "{'withdrawn': [{'purpose': 'news', 'was': 'given'}]}");
    expect(withdraw(&t, "a", "'purpose': 'news'"),
           "{'withdrawn': [{'purpose': 'news', 'was': 'withdrawn'}]}");
    give(&t, "a", "news", ", 'entity': 'beta'");
    expect(withdraw(&t, "a", "'purpose': 'news', 'entity': 'acme'"),
           "{'withdrawn': [{'purpose': 'news', 'was': 'withdrawn'}]}");
    give(&t, "b", "news", ", 'entity': 'acme'");
    give(&t, "b", "news", ", 'entity': 'beta'");
    expect(withdraw(&t, "b", "'purpose': 'news'"), "{'withdrawn': [{'purpose': 'news', 'was': 'given'}]}");
    give(&t, "c", "texts", "");
    expect(withdraw(&t, "c", "'purpose': 'news'"), "{'withdrawn': [{'purpose': 'news', 'was': null}]}");
}
