/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const json_t *check(const struct tenant *t, const char *name, const char *purpose)
{
    return post(t, 200, "/v1/check", "{'subject': %s, 'purpose': '%s'}", email(name), purpose);
}

static const json_t *say(const struct tenant *t, const char *name, const char *purpose, const char *state,
                         const char *more)
{
    return post(t, 201, "/v1/consents",
                "{'subject': %s, 'purpose': '%s', 'event_state': '%s', 'collection_method': 'web_form'%s}",
                email(name), purpose, state, more);
}

Test(check, a_yes_is_granted_with_the_event_that_proves_it)
{
    struct tenant t = stage_tenant("granted");
    const json_t *r = say(&t, "a", "newsletter", "given", ", 'event_time': '2026-03-01T10:00:00Z'");
    expect(check(&t, "a", "newsletter"),
           "{'allow': true, 'reason': 'granted', 'purpose': 'newsletter', 'lawful_basis': 'consent', "
           "'since': '2026-03-01T10:00:00Z', 'valid_until': null, 'ask_again_after': null, 'record_id': "
           "'%s', 'revision': 1}",
           string_at(r, "/record_id"));
    say(&t, "a", "marketing", "given", ", 'event_time': '2026-03-01T10:00:00Z'");
    expect(check(&t, "a", "marketing"), "{'allow': true, 'valid_until': '2028-03-01T10:00:00Z'}");
}

Test(check, each_no_has_its_reason)
{
    static const char *const noes[] = {"refused", "withdrawn", "objected", NULL};
    struct tenant t = stage_tenant("noes");
    for (size_t i = 0; noes[i] != NULL; i++) {
        const json_t *r = say(&t, noes[i], "newsletter", noes[i], "");
        expect(check(&t, noes[i], "newsletter"),
               "{'allow': false, 'reason': '%s', 'record_id': '%s', 'valid_until': null}", noes[i],
               string_at(r, "/record_id"));
    }
}

Test(check, a_person_never_seen_was_never_asked)
{
    struct tenant t = stage_tenant("never");
    expect(check(&t, "a", "newsletter"), "{'allow': false, 'reason': 'never_asked', 'since': null, "
                                         "'valid_until': null, 'record_id': null, 'revision': null}");
    say(&t, "b", "marketing", "given", "");
    expect(check(&t, "b", "newsletter"), "{'reason': 'never_asked'}");
    cr_assert_eq(tenant_events(&t), 1, "a check wrote");
}

Test(check, a_yes_older_than_its_validity_has_expired)
{
    struct tenant t = stage_tenant("expired");
    say(&t, "a", "analytics", "given", ", 'event_time': '2024-03-01T10:00:00Z'");
    expect(check(&t, "a", "analytics"),
           "{'allow': false, 'reason': 'expired', 'valid_until': '2025-03-01T10:00:00Z'}");
    say(&t, "a", "analytics", "given", "");
    expect(check(&t, "a", "analytics"), "{'reason': 'granted'}");
}

Test(check, a_validity_that_ends_while_it_is_watched_ends)
{
    struct tenant t = stage_tenant("ends");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "validity",
                        json_string("PT1H"));
    tenant_apply(&t, policy);
    say(&t, "a", "newsletter", "given", text_of(", 'event_time': '%s'", time_from_now(-3600 + 3)));
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "granted");
    const char *reason = "";
    for (int i = 0; i < 300 && strcmp(reason, "expired") != 0; i++, sleep_ms(50))
        reason = reason_of(&t, "a", "newsletter");
    cr_assert_str_eq(reason, "expired");
}

Test(check, words_that_nobody_knows_do_not_count_unless_the_policy_says_so)
{
    struct tenant t = stage_tenant("words");
    post(&t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'paper'}",
         email("a"));
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "notice_unknown");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "unknown_words",
                        json_of("{'allow': 'They were on the card.'}"));
    tenant_apply(&t, policy);
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "granted");
}

Test(check, a_material_change_of_the_words_outdates_a_yes_and_an_editorial_one_does_not)
{
    struct tenant t = stage_tenant("material");
    json_t *policy = tenant_policy(&t);
    say(&t, "a", "newsletter", "given", "");
    json_array_append_new(
        json_object_get(policy, "notices"),
        json_of("{'id': 'newsletter', 'version': '2', 'effective_from': '2026-01-01T00:00:00Z', 'change': "
                "'editorial', 'texts': {'en': 'A comma more.'}}"));
    tenant_apply(&t, policy);
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "granted");
    json_array_append_new(json_object_get(policy, "notices"),
                          json_of("{'id': 'newsletter', 'version': '3', 'effective_from': "
                                  "'2026-01-02T00:00:00Z', 'texts': {'en': 'Something else.'}}"));
    tenant_apply(&t, policy);
    expect(check(&t, "a", "newsletter"), "{'allow': false, 'reason': 'notice_outdated'}");
    say(&t, "a", "newsletter", "given", "");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "granted");
}

Test(check, a_standing_no_overrules_every_purpose_that_rests_on_a_choice)
{
    struct tenant t = stage_tenant("standing");
    say(&t, "a", "newsletter", "given", "");
    const json_t *w = post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", email("a"));
    expect(check(&t, "a", "newsletter"),
           "{'allow': false, 'reason': 'withdrawn', 'record_id': '%s', 'revision': 2}",
           string_at(w, "/withdrawn/0/record_id"));
    expect(check(&t, "a", "functional"),
           "{'allow': true, 'reason': 'not_required', 'lawful_basis': 'exempt', 'record_id': null}");
}

Test(check, each_lawful_basis_has_its_verdict_for_a_person_never_seen)
{
    static const struct {
        const char *basis, *reason;
    } bases[] = {{"contract", "not_required"},       {"legal_obligation", "not_required"},
                 {"vital_interest", "not_required"}, {"public_task", "not_required"},
                 {"exempt", "not_required"},         {"legitimate_interest", "not_required"},
                 {"soft_opt_in", "never_asked"}};
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "bases");
    json_t *policy = json_of("{'controller': {'key': 'bases', 'country': 'NL'}, 'purposes': []}");
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        json_array_append_new(
            json_object_get(policy, "purposes"),
            json_of("{'key': 'p%zu', 'lawful_basis': '%s', 'channel': 'post'}", i, bases[i].basis));
    tenant_apply(&t, policy);
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        expect(check(&t, "a", text_of("p%zu", i)), "{'reason': '%s', 'lawful_basis': '%s'}", bases[i].reason,
               bases[i].basis);
}

Test(check, a_no_that_may_not_be_asked_again_yet_says_until_when)
{
    struct tenant t = stage_tenant("ask-again");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "refused_until",
                        json_string("P6M"));
    tenant_apply(&t, policy);
    say(&t, "a", "newsletter", "refused", ", 'event_time': '2026-09-15T10:00:00Z'");
    expect(check(&t, "a", "newsletter"), "{'reason': 'refused', 'ask_again_after': '2027-03-15T10:00:00Z'}");
}

Test(check, signals_are_told_where_the_policy_maps_them)
{
    struct tenant t = stage_tenant("signals");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 2), "signals",
                        json_of("['analytics_storage', 'ad_storage']"));
    tenant_apply(&t, policy);
    expect(check(&t, "a", "analytics"),
           "{'signals': {'analytics_storage': 'denied', 'ad_storage': 'denied'}}");
    say(&t, "a", "analytics", "given", "");
    expect(check(&t, "a", "analytics"),
           "{'signals': {'analytics_storage': 'granted', 'ad_storage': 'granted'}}");
    cr_assert_null(json_object_get(check(&t, "a", "newsletter"), "signals"));
}

Test(check, several_purposes_are_answered_in_their_order)
{
    struct tenant t = stage_tenant("several");
    say(&t, "a", "newsletter", "given", "");
    say(&t, "a", "marketing", "refused", "");
    const json_t *results = post(
        &t, 200, "/v1/check",
        "{'subject': %s, 'purposes': ['functional', 'marketing', 'newsletter', 'analytics', 'marketing']}",
        email("a"));
    expect(results,
           "{'results': [{'purpose': 'functional', 'reason': 'not_required'}, {'purpose': 'marketing', "
           "'reason': 'refused'}, {'purpose': 'newsletter', 'reason': 'granted'}, {'purpose': 'analytics', "
           "'reason': 'never_asked'}, {'purpose': 'marketing', 'reason': 'refused'}]}");
    expect(post(&t, 200, "/v1/check", "{'subject': %s, 'purposes': ['newsletter']}", email("a")),
           "{'results': [{'allow': true}]}");
}

Test(check, of_several_identifiers_the_strictest_answers)
{
    struct tenant t = stage_tenant("strictest");
    say(&t, "yes", "newsletter", "given", "");
    say(&t, "no", "newsletter", "refused", "");
    say(&t, "withdrawn", "newsletter", "withdrawn", "");
    static const struct {
        const char *first, *second, *reason;
    } pairs[] = {{"yes", "no", "refused"},         {"no", "yes", "refused"},
                 {"withdrawn", "no", "withdrawn"}, {"no", "withdrawn", "withdrawn"},
                 {"yes", "unseen", "never_asked"}, {"yes", "yes", "granted"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        expect(post(&t, 200, "/v1/check", "{'subject': [%s, %s], 'purpose': 'newsletter'}",
                    email(pairs[i].first), email(pairs[i].second)),
               "{'reason': '%s'}", pairs[i].reason);
    expect(post(&t, 200, "/v1/check", "{'subject': [%s, %s, %s], 'purposes': ['newsletter', 'functional']}",
                email("yes"), email("no"), email("unseen")),
           "{'results': [{'reason': 'refused'}, {'reason': 'not_required'}]}");
}

Test(check, an_unknown_purpose_is_422_and_names_which)
{
    struct tenant t = stage_tenant("unknown");
    expect(post(&t, 422, "/v1/check", "{'subject': %s, 'purpose': 'newsleter'}", email("a")),
           "{'type': 'urn:akkoord:problem:unknown-purpose', 'errors': [{'pointer': '/purpose'}]}");
    expect(post(&t, 422, "/v1/check", "{'subject': %s, 'purposes': ['newsletter', 'x', '*']}", email("a")),
           "{'errors': [{'pointer': '/purposes/1'}, {'pointer': '/purposes/2'}]}");
}

Test(check, a_controller_without_a_policy_is_409)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "no-policy");
    expect(post(&t, 409, "/v1/check", "{'subject': %s, 'purpose': 'newsletter'}", email("a")),
           "{'type': 'urn:akkoord:problem:no-policy'}");
    post(&t, 409, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app'}",
         email("a"));
    post(&t, 409, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", email("a"));
    get(&t, 409, "/v1/policy");
    get(&t, 409, "/v1/changes");
}

Test(check, a_retired_purpose_is_never_allowed)
{
    struct tenant t = stage_tenant("retired"), other = tenant_at(&t, stage_service(1));
    say(&t, "a", "newsletter", "given", "");
    cr_assert_str_eq(reason_of(&other, "a", "newsletter"), "granted");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "retired", json_true());
    tenant_apply(&t, policy);
    expect(check(&other, "a", "newsletter"), "{'allow': false, 'reason': 'retired'}");
    expect(get(&t, 200, "/v1/changes"),
           "{'changes': [{'purpose': 'newsletter', 'allow': false, 'reason': 'retired'}]}");
}

Test(check, a_purpose_without_events_may_leave_the_policy_and_is_unknown_then)
{
    struct tenant t = stage_tenant("removed"), other = tenant_at(&t, stage_service(1));
    cr_assert_str_eq(reason_of(&other, "a", "newsletter"), "never_asked");
    json_t *policy = tenant_policy(&t);
    json_array_remove(json_object_get(policy, "purposes"), 0);
    tenant_apply(&t, policy);
    post(&t, 422, "/v1/check", "{'subject': %s, 'purpose': 'newsletter'}", email("a"));
    post(&other, 422, "/v1/check", "{'subject': %s, 'purpose': 'newsletter'}", email("a"));
}

Test(check, what_cannot_be_answered_is_503_and_says_no)
{
    struct tenant shared = stage_tenant("unreachable");
    const char *const settings[] = {"AKKOORD_DATABASE=host=127.0.0.1 port=1 dbname=akkoord user=akkoord",
                                    NULL};
    struct service s;
    struct service_options options = {
        .name = "unreachable", .db = stage_database(), .keyring = stage_keyring(), .settings = {settings[0]}};
    cr_assert_eq(service_spawn(&options, &s), 0);
    cr_assert(service_logged(&s, 0, "server.start", 20000));
    struct tenant t = tenant_at(&shared, &s);
    expect(post(&t, 503, "/v1/check", "{'subject': %s, 'purpose': 'newsletter'}", email("a")),
           "{'type': 'urn:akkoord:problem:unavailable', 'allow': false}");
    const struct answer *batch = client_send(
        &(struct request){.service = &s,
                          .path = "/v1/check/batch?only=allowed",
                          .token = t.token,
                          .content_type = "application/x-ndjson",
                          .body = json_text("{'subject': %s, 'purpose': 'newsletter'}\n", email("a"))});
    cr_assert_eq(batch->status, 503);
    expect(batch->json, "{'allow': false}");
    get(&t, 503, "/readyz");
    get(&t, 200, "/healthz");
    post(&t, 503, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app'}",
         email("a"));
    cr_assert_eq(service_stop(&s, 10000), 0);
}
