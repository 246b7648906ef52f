/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "policy/policies.h"

#include <criterion/criterion.h>

/* Objections (GDPR art. 21): how they stand, are weighed and taken back; and Noes to a channel. */

static struct tenant objected_to(const char *key)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), key);
    tenant_apply(
        &t, json_of("{'controller': {'key': '%s', 'country': 'NL'}, 'purposes': [{'key': 'calls', "
                    "'lawful_basis': 'legitimate_interest', 'channel': 'phone', 'objection': 'weighed'}, "
                    "{'key': 'news', 'lawful_basis': 'consent', 'channel': 'email', 'notice': 'news'}], "
                    "'notices': [{'id': 'news', 'version': '1', 'effective_from': "
                    "'2026-01-01T00:00:00Z', 'texts': {'en': 'May we write?'}}]}",
                    key));
    return t;
}

static const json_t *weigh(const struct tenant *t, int status, const char *outcome)
{
    return post(t, status, "/v1/objections",
                "{'subject': %s, 'purpose': 'calls', 'outcome': '%s', 'grounds': 'a quarrel'}", email("a"),
                outcome);
}

Test(objections, the_person_takes_one_back)
{
    struct tenant t = objected_to("taken-back");
    say(&t, 201, email("a"), "calls", "objected", "");
    cr_expect_str_eq(reason_of(&t, "a", "calls"), "restricted");
    expect(say(&t, 201, email("a"), "calls", "objection_withdrawn", ""), "{'effect': 'applied'}");
    cr_expect_str_eq(reason_of(&t, "a", "calls"), "not_required");
    weigh(&t, 409, "upheld");
    say(&t, 201, email("a"), "calls", "objected", "");
    weigh(&t, 201, "upheld");
    cr_expect_str_eq(reason_of(&t, "a", "calls"), "objected");
    say(&t, 201, email("a"), "calls", "objection_withdrawn", "");
    cr_expect_str_eq(reason_of(&t, "a", "calls"), "not_required");
}

Test(objections, consent_that_was_refused_is_not_given_by_taking_an_objection_back)
{
    struct tenant t = objected_to("no-yes");
    say(&t, 201, email("a"), "news", "refused", "");
    expect(say(&t, 422, email("a"), "news", "objection_withdrawn", ""),
           "{'errors': [{'pointer': '/event_state'}]}");
}

Test(objections, an_outcome_answers_one_that_stands_and_each_once)
{
    struct tenant t = objected_to("once");
    expect(weigh(&t, 409, "overridden"), "{'type': 'urn:akkoord:problem:no-objection'}");
    cr_expect_eq(tenant_events(&t), 0);
    say(&t, 201, email("a"), "calls", "objected", "");
    weigh(&t, 201, "upheld");
    weigh(&t, 409, "overridden");
    cr_expect_str_eq(reason_of(&t, "a", "calls"), "objected");
    say(&t, 201, email("a"), "calls", "objected", "");
    cr_expect_str_eq(reason_of(&t, "a", "calls"), "restricted", "a new one is weighed anew");
    weigh(&t, 201, "overridden");
    cr_expect_str_eq(reason_of(&t, "a", "calls"), "not_required");
    say(&t, 201, email("a"), "calls", "objected", "");
    cr_expect_str_eq(reason_of(&t, "a", "calls"), "restricted");
}

Test(objections, an_outcome_is_the_controllers_and_told_with_its_grounds)
{
    struct tenant t = objected_to("grounds");
    const json_t *r = say(&t, 201, email("a"), "calls", "objected", "");
    weigh(&t, 201, "upheld");
    expect(get(&t, 200, "/v1/subjects/%s/history", string_at(r, "/subject_id")),
           "{'events': [{'event_state': 'objected', 'expressed_by': {'role': 'self'}}, {'event_state': "
           "'upheld', "
           "'expressed_by': {'role': 'controller'}, 'grounds': 'a quarrel'}]}");
}

Test(objections, a_no_to_everything_tells_what_it_does_not_stop_and_that_one_may_object)
{
    struct tenant t = objected_to("everything-but");
    expect(post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", email("a")),
           "{'withdrawn': [{'purpose': 'news'}], 'not_stopped': [{'purpose': 'calls', 'reason': "
           "'legitimate_interest', 'object': true}]}");
    cr_expect_str_eq(reason_of(&t, "a", "calls"), "not_required");
    expect(post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*', 'object': true}", email("a")),
           "{'withdrawn': [{'purpose': 'calls'}, {'purpose': 'news'}], 'not_stopped': []}");
    cr_expect_str_eq(reason_of(&t, "a", "calls"), "restricted");
    cr_expect_str_eq(reason_of(&t, "a", "news"), "withdrawn");
}

Test(objections, a_no_to_a_channel_stops_what_is_added_to_it_later_whatever_is_sold)
{
    struct tenant t = objected_to("channel-later");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'channel': 'email'}", email("a"));
    json_t *policy =
        json_of("{'controller': {'key': 'channel-later', 'country': 'NL'}, 'purposes': [{'key': "
                "'calls', 'lawful_basis': 'legitimate_interest', 'channel': 'phone', 'objection': "
                "'weighed'}, {'key': 'news', 'lawful_basis': 'consent', 'channel': 'email', "
                "'notice': 'news'}, {'key': 'like', 'lawful_basis': 'soft_opt_in', 'channel': "
                "'email', 'direct_marketing': true}], 'notices': [{'id': 'news', 'version': '1', "
                "'effective_from': '2026-01-01T00:00:00Z', 'texts': {'en': 'May we write?'}}]}");
    tenant_apply(&t, policy);
    static const char sale[] = ", 'sale': {'ref': 'order-1', 'product_group': 'phones', 'at': "
                               "'2026-02-01T14:00:00Z', 'opt_out_offered_at': '2026-02-01T14:00:00Z'}";
    expect(say(&t, 201, email("a"), "like", "eligible", sale), "{'effect': 'superseded'}");
    cr_expect_str_eq(reason_of(&t, "a", "like"), "withdrawn");
    say(&t, 201, email("b"), "like", "eligible", sale);
    cr_expect_str_eq(reason_of(&t, "b", "like"), "granted");
}

Test(objections, of_two_noes_of_one_rank_each_is_applied)
{
    struct tenant t = objected_to("equal");
    const char *at = text_of(", 'event_time': '%s'", time_from_now(-60));
    expect(say(&t, 201, email("a"), "news", "refused", at), "{'effect': 'applied'}");
    expect(say(&t, 201, email("a"), "news", "withdrawn", at), "{'effect': 'applied'}");
    expect(say(&t, 201, email("a"), "news", "refused", at), "{'effect': 'applied'}");
    cr_expect_str_eq(reason_of(&t, "a", "news"), "withdrawn");
}

/* Not only what a No to all stops. */
Test(objections, an_erasure_remembers_them)
{
    struct tenant t = objected_to("remembered");
    cr_expect_str_eq(reason_of(&t, "a", "calls"), "not_required");
    say(&t, 201, email("a"), "calls", "objected", "");
    weigh(&t, 201, "upheld");
    const char *id =
        string_at(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("a")), "/subject_id");
    post(&t, 200, text_of("/v1/subjects/%s/erase", id), "{}");
    cr_expect_str_eq(reason_of(&t, "a", "calls"), "suppressed");
    cr_expect_str_eq(reason_of(&t, "b", "calls"), "not_required");
    say(&t, 201, email("a"), "calls", "objection_withdrawn", "");
    cr_expect_str_eq(reason_of(&t, "a", "calls"), "not_required");
    cr_expect_str_eq(reason_of(&t, "a", "news"), "suppressed");
}
