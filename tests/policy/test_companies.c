/* SPDX-License-Identifier: Apache-2.0 */
#include "policies.h"

#include "harness/process.h"

#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

/* Five companies, each with the policy of examples/, and what each of them must be able to rely on. NEEDS.md
 * says which need is held by which test. */

/* How many identifiers the tenant's people are known by. */
static long people_known(const struct tenant *t)
{
    return database_number(stage_database(),
                           "select count(*) from identifier join controller using (controller_id) where "
                           "controller.key = '%s'",
                           t->key);
}

/* The register has each of ${purposes}, which ends with NULL, on that basis. */
static void rest_on(const struct tenant *t, const char *basis, const char *const purposes[])
{
    for (; *purposes != NULL; purposes++) {
        const json_t *row = register_row(t, *purposes);
        cr_expect_not_null(row, "%s has no row", *purposes);
        if (row == NULL)
            continue;
        expect(row, text_of("{'lawful_basis': '%s', 'role': 'controller'}", basis));
        cr_expect_gt(json_array_size(json_object_get(row, "retention")), 0, "%s has a term", *purposes);
    }
}

/* ---- an operator: a contact form, a cookie code, recordings ---- */

Test(operator, a_question_by_form_is_kept_by_consent_for_two_weeks)
{
    struct tenant t = company("operator", "operator-form");
    cr_expect_str_eq(reason_of(&t, "asks", "contact_request"), "never_asked");
    say(&t, 201, email("asks"), "contact_request", "given", "");
    cr_expect_str_eq(reason_of(&t, "asks", "contact_request"), "granted");
    const json_t *old =
        say(&t, 201, email("asked"), "contact_request", "given", ", 'event_time': '2026-02-02T10:00:00Z'");
    expect(old, "{'notice': {'id': 'contact_request', 'version': '1', 'language': 'nl'}}");
    cr_expect_eq(strncmp(string_at(old, "/valid_until"), "2026-02-16T10:00:00", 19), 0);
    cr_expect_str_eq(reason_of(&t, "asked", "contact_request"), "expired");
}

/* As a run at that time finds it: its functions are told what time it is. */
static void run_at(const struct tenant *t, const char *later)
{
    PGconn *session = database_session(stage_database());
    session_run(
        session,
        text_of("do $$ declare r retention_run; o controller; t timestamptz := clock_timestamp() + interval "
                "'%s'; begin select * into o from controller where key = '%s'; loop r := "
                "retention_run_of(o.controller_id, t, false); exit when r.run_no is null; perform "
                "purge_batch(o.controller_id, r, t); end loop; end $$",
                later, t->key));
    PQfinish(session);
}

static const char *after(const char *later)
{
    return database_value(stage_database(),
                          "select to_char((now() + interval '%s') at time zone 'UTC', "
                          "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')",
                          later);
}

static long events_left(const struct tenant *t)
{
    return database_number(
        stage_database(), "select count(*) from event join controller using (controller_id) where key = '%s'",
        t->key);
}

Test(operator, what_came_by_the_contact_form_is_deleted_after_two_weeks)
{
    struct tenant t = company("operator", "operator-term");
    say(&t, 201, email("asks"), "contact_request", "given",
        ", 'ref': 'form-7', 'evidence': {'form': 'contact'}");
    run_at(&t, "13 days 23 hours");
    cr_expect_eq(events_left(&t), 1);
    expect(get(&t, 200, "/v1/retention/due?at=%s", after("13 days 23 hours")), "{'due': []}");
    run_at(&t, "15 days");
    cr_expect_eq(events_left(&t), 0);
    cr_expect_eq(database_number(stage_database(), "select count(*) from evidence join controller using "
                                                   "(controller_id) where key = 'operator-term'"),
                 0);
    expect(get(&t, 200, "/v1/retention/due?at=%s", after("15 days")),
           "{'due': [{'ref': 'form-7', 'purpose': 'contact_request', 'data_class': 'contact form', 'event': "
           "'recorded'}]}");
    expect(get(&t, 200, "/v1/retention/runs"), "{'runs': [{'events': 1, 'evidence': 1, 'by_rule': {'consent "
                                               "of contact_request: P14D after recorded': 1}}, "
                                               "{'events': 0}]}");
}

Test(operator, a_term_is_read_and_nothing_of_it_is_left_undone)
{
    struct tenant t = company("operator", "operator-stated");
    json_t *policy = example_policy("operator", t.key);
    const json_t *left = json_at(put(&t, "", policy)->json, "/not_enforced");
    for (size_t i = 0; i < json_array_size(left); i++)
        cr_expect_neq(strncmp(json_string_value(json_array_get(left, i)), "/retention", 10), 0);
    json_t *rule = json_array_get(json_object_get(json_object_get(policy, "retention"), "rules"), 0);
    json_object_set_new(rule, "duration", json_string("two weeks"));
    json_object_set_new(rule, "purpose", json_string("contact_form"));
    expect(put(&t, "", policy)->json, "{'status': 422, 'errors': [{'pointer': '/retention/rules/0/purpose'}, "
                                      "{'pointer': '/retention/rules/0/duration'}]}");
}

Test(operator, a_form_without_a_choice_is_no_consent)
{
    struct tenant t = company("operator", "operator-explicit");
    post(&t, 422, "/v1/consents",
         "{'subject': %s, 'purpose': 'contact_request', 'collection_method': 'web_form'}", email("silent"));
    cr_expect_str_eq(reason_of(&t, "silent", "contact_request"), "never_asked");
}

Test(operator, consent_is_recorded_only_where_the_basis_is_consent)
{
    struct tenant t = company("operator", "operator-bases");
    expect(say(&t, 422, email("a"), "telephony", "given", ""),
           "{'type': 'urn:akkoord:problem:not-withdrawable'}");
    say(&t, 422, email("a"), "traffic_records", "given", "");
    say(&t, 422, email("a"), "call_recordings", "given", "");
    expect(check(&t, email("a"), "telephony"), "{'reason': 'not_required', 'lawful_basis': 'contract'}");
    expect(check(&t, email("a"), "traffic_records"),
           "{'reason': 'not_required', 'lawful_basis': 'legal_obligation'}");
    expect(check(&t, email("a"), "call_recordings"),
           "{'reason': 'not_required', 'lawful_basis': 'legitimate_interest'}");
    cr_expect_eq(tenant_events(&t), 0);
}

Test(operator, the_register_has_terms_of_time_terms_after_an_event_and_none)
{
    struct tenant t = company("operator", "operator-register");
    expect(register_row(&t, "contact_request"),
           "{'lawful_basis': 'consent', 'retention': ['contact form: P14D after recorded (own choice, review "
           "2027-06-01)', 'consent: P14D after recorded (own choice: the answer is the end of it, review "
           "2027-06-01)']}");
    expect(register_row(&t, "telephony"),
           "{'lawful_basis': 'contract', 'retention': ['account, voicemail, "
           "tickets, chats: P0D after contract_end (contract, review 2027-06-01)']}");
    expect(register_row(&t, "site_preferences"),
           "{'lawful_basis': 'exempt', 'retention': ['cookie code: not kept (own choice: it stays on the "
           "device, review 2027-06-01)']}");
}

Test(operator, what_its_statement_names_beside_the_service_is_in_the_register)
{
    static const char *const by_contract[] = {"telephony", "trainings", "tailor_made_work", NULL};
    static const char *const by_interest[] = {"call_recordings", "monitoring", "statistics", NULL};
    struct tenant t = company("operator", "operator-rows");
    rest_on(&t, "contract", by_contract);
    rest_on(&t, "legitimate_interest", by_interest);
    say(&t, 201, email("user"), "statistics", "objected", "");
    cr_expect_str_eq(reason_of(&t, "user", "statistics"), "restricted");
    cr_expect_str_eq(reason_of(&t, "user", "monitoring"), "not_required");
}

Test(operator, the_policy_claims_nothing_of_staff_that_nobody_sees_to)
{
    struct tenant t = company("operator", "operator-claims");
    const json_t *policy = get(&t, 200, "/v1/policy");
    cr_expect_str_eq(string_at(policy, "/controller/security"), "Staff see only what their work needs.");
}

Test(operator, a_visitors_cookie_code_is_known_again_and_stands_nowhere_in_the_database)
{
    struct tenant t = company("operator", "operator-code");
    say(&t, 201, visitor("c0de"), "contact_request", "given", ", 'ref': 'beside-the-code'");
    expect(check(&t, visitor("c0de"), "contact_request"), "{'reason': 'granted'}");
    expect(check(&t, visitor("next"), "contact_request"), "{'reason': 'never_asked'}");
    cr_expect_not_null(database_mentions(stage_database(), "beside-the-code"), "what is kept is found");
    const char *table = database_mentions(stage_database(), "c0de-" MARK);
    cr_expect_null(table, "the code is in %s", table);
}

Test(operator, nothing_is_kept_under_the_code_of_a_cookie_that_needs_no_consent)
{
    struct tenant t = company("operator", "operator-nothing");
    expect(check(&t, visitor("settings"), "site_preferences"),
           "{'reason': 'not_required', 'lawful_basis': 'exempt'}");
    say(&t, 422, visitor("settings"), "site_preferences", "given", "");
    cr_expect_eq(people_known(&t), 0);
    say(&t, 201, visitor("settings"), "contact_request", "given", "");
    cr_expect_eq(people_known(&t), 1, "who chose is known");
}

Test(operator, recordings_are_announced_in_words_that_an_objection_names)
{
    struct tenant t = company("operator", "operator-announced");
    expect(say(&t, 201, email("caller"), "call_recordings", "objected", ""),
           "{'event_state': 'objected', 'notice': {'id': 'call_recordings', 'version': '1'}}");
}

Test(operator, people_are_told_of_a_new_processing_before_it_begins)
{
    struct tenant t = company("operator", "operator-new");
    say(&t, 201, email("asks"), "contact_request", "given", ", 'ref': 'crm-7'");
    const char *from = time_from_now(5L * 86400);
    json_t *policy = example_policy("operator", t.key);
    json_array_append_new(
        json_object_get(policy, "purposes"),
        json_of("{'key': 'call_analysis', 'lawful_basis': 'legitimate_interest', 'channel': 'phone', "
                "'notice': 'call_analysis'}"));
    notice_add(policy, "call_analysis", "1", "material", from);
    notice_add(policy, "contact_request", "2", "material", from);
    const json_t *r = rehearse(&t, 200, policy);
    expect(r, "{'changes': {'purposes': {'added': ['call_analysis']}}, 'subjects': 1}");
    cr_expect_eq(subjects(r, "call_analysis", NULL, "notice_unknown"), 1);
    cr_expect_eq(subjects(r, "contact_request", "granted", "granted"), 1);
    tenant_apply(&t, policy);
    cr_expect_str_eq(reason_of(&t, "asks", "call_analysis"), "notice_unknown");
    expect(check(&t, email("asks"), "contact_request"), "{'reason': 'granted', 'renew_by': '%s'}", from);
    expect(get(&t, 200, "/v1/renewals?due_within=P6D"),
           "{'renewals': [{'ref': 'crm-7', 'purpose': 'contact_request', 'kind': 'notice', 'due_at': '%s'}]}",
           from);
}

Test(operator, recordings_need_no_consent_and_an_objection_is_weighed)
{
    struct tenant t = company("operator", "operator-recordings");
    cr_expect_str_eq(reason_of(&t, "caller", "call_recordings"), "not_required");
    say(&t, 201, email("caller"), "call_recordings", "objected", "");
    cr_expect_str_eq(reason_of(&t, "caller", "call_recordings"), "restricted");
    cr_expect_str_eq(reason_of(&t, "another", "call_recordings"), "not_required");
    static const char body[] =
        "{'subject': %s, 'purpose': 'call_recordings', 'outcome': '%s', 'grounds': 'a quarrel'}";
    post(&t, 201, "/v1/objections", body, email("caller"), "upheld");
    cr_expect_str_eq(reason_of(&t, "caller", "call_recordings"), "objected");
    expect(post(&t, 409, "/v1/objections", body, email("caller"), "overridden"),
           "{'type': 'urn:akkoord:problem:no-objection'}");
    cr_expect_str_eq(reason_of(&t, "caller", "call_recordings"), "objected");
    say(&t, 201, email("caller"), "call_recordings", "objected", "");
    post(&t, 201, "/v1/objections", body, email("caller"), "overridden");
    cr_expect_str_eq(reason_of(&t, "caller", "call_recordings"), "not_required");
}

Test(operator, interests_are_weighed_once_an_objection_and_the_outcome_is_the_controllers)
{
    struct tenant t = company("operator", "operator-weighed");
    static const char body[] =
        "{'subject': %s, 'purpose': 'call_recordings', 'outcome': '%s', 'grounds': 'a quarrel'}";
    post(&t, 409, "/v1/objections", body, email("caller"), "overridden");
    say(&t, 201, email("caller"), "call_recordings", "objected", "");
    post(&t, 201, "/v1/objections", body, email("caller"), "upheld");
    post(&t, 409, "/v1/objections", body, email("caller"), "overridden");
    cr_expect_str_eq(reason_of(&t, "caller", "call_recordings"), "objected");
    say(&t, 201, email("caller"), "call_recordings", "objected", "");
    const json_t *r = post(&t, 201, "/v1/objections", body, email("caller"), "overridden");
    cr_expect_str_eq(reason_of(&t, "caller", "call_recordings"), "not_required");
    const json_t *events =
        json_at(get(&t, 200, "/v1/subjects/%s/history", string_at(r, "/subject_id")), "/events");
    size_t i;
    json_t *one;
    bool told = false;
    json_array_foreach(events, i, one)
    {
        if (strcmp(string_at(one, "/event_state"), "overridden") != 0)
            continue;
        expect(one, "{'expressed_by': {'role': 'controller'}, 'grounds': 'a quarrel'}");
        told = true;
    }
    cr_expect(told);
}

Test(operator, an_objection_can_be_taken_back)
{
    struct tenant t = company("operator", "operator-back");
    say(&t, 201, email("caller"), "statistics", "objected", "");
    cr_expect_str_eq(reason_of(&t, "caller", "statistics"), "restricted");
    say(&t, 201, email("caller"), "statistics", "objection_withdrawn", "");
    cr_expect_str_eq(reason_of(&t, "caller", "statistics"), "not_required");
}

/* ---- no cookies: newsletter and promotion on paper, as processor ---- */

Test(no_cookies, the_list_says_none_and_no_cookie_consent_is_taken)
{
    struct tenant t = company("no-cookies", "no-cookies-list");
    expect(get(&t, 200, "/v1/sites/no-cookies-list/cookies"), "{'cookies': 'none', 'list': []}");
    expect(say(&t, 422, visitor("v"), "analytics", "given", ""),
           "{'type': 'urn:akkoord:problem:unknown-purpose'}");
    json_t *policy = example_policy("no-cookies", t.key);
    json_array_append_new(
        json_object_get(policy, "purposes"),
        json_of("{'key': 'analytics', 'lawful_basis': 'consent', 'channel': 'web', 'notice': 'newsletter'}"));
    tenant_apply(&t, policy);
    expect(say(&t, 422, visitor("v"), "analytics", "given", ""), "{'errors': [{'pointer': '/event_state'}]}");
    cr_expect_eq(tenant_events(&t), 0);
}

/* The token of the confirmation that a newsletter waits for. */
static const char *subscribe(const struct tenant *t, const char *name)
{
    return string_at(say(t, 202, email(name), "newsletter", "given", ""), "/confirmation/token");
}

Test(no_cookies, newsletter_and_promotion_on_paper_are_separate_choices)
{
    struct tenant t = company("no-cookies", "no-cookies-two");
    say(&t, 201, email("paper"), "printed_promotion", "given", "");
    cr_expect_str_eq(reason_of(&t, "paper", "printed_promotion"), "granted");
    cr_expect_str_eq(reason_of(&t, "paper", "newsletter"), "never_asked");
    const char *token = subscribe(&t, "mail");
    cr_expect_str_eq(reason_of(&t, "mail", "newsletter"), "unconfirmed");
    post(&t, 201, "/v1/confirm", "{'token': '%s'}", token);
    cr_expect_str_eq(reason_of(&t, "mail", "newsletter"), "granted");
    cr_expect_str_eq(reason_of(&t, "mail", "printed_promotion"), "never_asked");
}

Test(no_cookies, a_withdrawal_of_a_channel_leaves_the_other)
{
    struct tenant t = company("no-cookies", "no-cookies-channel");
    post(&t, 201, "/v1/confirm", "{'token': '%s'}", subscribe(&t, "both"));
    say(&t, 201, email("both"), "printed_promotion", "given", "");
    expect(post(&t, 200, "/v1/withdraw", "{'subject': %s, 'channel': 'post'}", email("both")),
           "{'withdrawn': [{'purpose': 'printed_promotion', 'was': 'given'}]}");
    cr_expect_str_eq(reason_of(&t, "both", "printed_promotion"), "withdrawn");
    cr_expect_str_eq(reason_of(&t, "both", "newsletter"), "granted");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'channel': 'email'}", email("both"));
    cr_expect_str_eq(reason_of(&t, "both", "newsletter"), "withdrawn");
}

Test(no_cookies, a_no_to_a_channel_holds_for_what_is_added_to_it_later)
{
    struct tenant t = company("no-cookies", "no-cookies-later");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'channel': 'post'}", email("a"));
    json_t *policy = example_policy("no-cookies", t.key);
    json_array_append_new(
        json_object_get(policy, "purposes"),
        json_of("{'key': 'samples', 'lawful_basis': 'legitimate_interest', 'channel': 'post', "
                "'direct_marketing': true}"));
    tenant_apply(&t, policy);
    cr_expect_str_eq(reason_of(&t, "a", "samples"), "withdrawn");
    cr_expect_str_eq(reason_of(&t, "b", "samples"), "not_required");
}

Test(no_cookies, the_register_says_where_the_company_is_processor)
{
    struct tenant t = company("no-cookies", "no-cookies-role");
    expect(register_row(&t, "newsletter"), "{'role': 'controller'}");
    expect(register_row(&t, "hosted_recordings"), "{'role': 'processor'}");
}

Test(no_cookies, changes_are_told_without_consent_and_to_optimisation_one_may_object)
{
    static const char *const by_contract[] = {"service_changes", NULL};
    static const char *const by_interest[] = {"optimisation", NULL};
    struct tenant t = company("no-cookies", "no-cookies-objects");
    rest_on(&t, "contract", by_contract);
    rest_on(&t, "legitimate_interest", by_interest);
    cr_expect_str_eq(reason_of(&t, "a", "optimisation"), "not_required");
    expect(say(&t, 201, email("a"), "optimisation", "objected", ""),
           "{'notice': {'id': 'optimisation', 'version': '1'}}");
    cr_expect_str_eq(reason_of(&t, "a", "optimisation"), "restricted");
    expect(say(&t, 422, email("a"), "service_changes", "objected", ""),
           "{'type': 'urn:akkoord:problem:not-withdrawable'}");
    cr_expect_str_eq(reason_of(&t, "a", "service_changes"), "not_required");
}

Test(no_cookies, as_processor_it_names_who_of_each_client_may_ask)
{
    struct tenant t = company("no-cookies", "no-cookies-contact");
    expect(register_row(&t, "newsletter"), "{'role': 'controller', 'client': null}");
    expect(register_row(&t, "hosted_recordings"),
           "{'role': 'processor', 'client': 'Garage Voorbeeld, The owner, privacy@garage.example'}");
    json_t *policy = example_policy("no-cookies", t.key);
    json_object_del(json_array_get(json_object_get(policy, "clients"), 1), "contact");
    expect(put(&t, "", policy)->json, "{'status': 422, 'errors': [{'pointer': '/clients/1/contact'}]}");
}

/* ---- youth: minors, by codes that the school issued ---- */

/* The birth month of somebody so many years old, and some months. */
static const char *born(int years)
{
    char month[16];
    time_t at = time(NULL) - (time_t)(years * 365.25 * 86400) - 150 * 86400;
    struct tm parts;
    strftime(month, sizeof month, "%Y-%m", gmtime_r(&at, &parts));
    return text_of("{'birth_month': '%s'}", month);
}

static const json_t *child_says(const struct tenant *t, int status, const char *name, const char *state)
{
    return say(t, status, customer(name), "pupil_phone", state, text_of(", 'minor': %s", born(15)));
}

#define PROOF                                                                                                \
    "'evidence': {'documents': [{'name': 'form.pdf', 'sha256': "                                             \
    "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}]}"

static const char signed_form[] =
    "'expressed_by': {'role': 'parent', 'strength': 'signed', 'form': 'written'}, " PROOF;

/* A parent's Yes for somebody of that age; ${by}: how it was expressed. */
static const json_t *parent_agrees(const struct tenant *t, int status, const char *name, int years,
                                   const char *by)
{
    return post(t, status, "/v1/consents",
                "{'subject': %s, 'purpose': 'pupil_phone', 'event_state': 'given', 'collection_method': "
                "'paper', 'notice': {'id': 'pupil_phone', 'version': '1'}, 'minor': %s, %s}",
                customer(name), born(years), by);
}

Test(youth, a_child_of_15_alone_waits_for_a_guardian)
{
    struct tenant t = company("youth", "youth-alone");
    expect(child_says(&t, 202, "kid", "given"), "{'effect': 'pending'}");
    cr_expect_str_eq(reason(&t, customer("kid"), "pupil_phone"), "guardian_required");
}

Test(youth, who_is_known_to_be_a_child_waits_without_saying_so_again)
{
    struct tenant t = company("youth", "youth-known");
    child_says(&t, 201, "kid", "refused");
    expect(say(&t, 202, customer("kid"), "pupil_phone", "given", ""), "{'effect': 'pending'}");
    cr_expect_str_eq(reason(&t, customer("kid"), "pupil_phone"), "age_unknown",
                     "what is told with a No may limit, and opens nothing");
    child_says(&t, 202, "kid", "given");
    expect(say(&t, 202, customer("kid"), "pupil_phone", "given", ""), "{'effect': 'pending'}");
    cr_expect_str_eq(reason(&t, customer("kid"), "pupil_phone"), "guardian_required");
    expect(say(&t, 422, customer("kid"), "pupil_phone", "given",
               ", 'minor': false, 'evidence': {'form': 'desk'}"),
           "{'errors': [{'pointer': '/minor'}]}");
    expect(say(&t, 201, customer("kid"), "pupil_phone", "given",
               ", 'minor': false, 'expressed_by': {'role': 'staff'}, " PROOF),
           "{'effect': 'applied'}");
    cr_expect_str_eq(reason(&t, customer("kid"), "pupil_phone"), "granted");
}

Test(youth, a_child_does_not_come_of_age_by_saying_so)
{
    struct tenant t = company("youth", "youth-says");
    child_says(&t, 202, "kid", "given");
    expect(say(&t, 422, customer("kid"), "pupil_phone", "given",
               ", 'minor': false, 'evidence': {'user_agent': 'x'}"),
           "{'errors': [{'pointer': '/minor'}]}");
    say(&t, 202, customer("kid"), "pupil_phone", "given", text_of(", 'minor': %s", born(20)));
    cr_expect_str_eq(reason(&t, customer("kid"), "pupil_phone"), "guardian_required");
}

Test(youth, nobody_whose_age_is_not_known_is_taken_to_be_of_age)
{
    struct tenant t = company("youth", "youth-unknown");
    cr_expect_str_eq(reason(&t, customer("pupil"), "pupil_phone"), "age_unknown");
    say(&t, 201, customer("pupil"), "pupil_phone", "given", "");
    cr_expect_str_eq(reason(&t, customer("pupil"), "pupil_phone"), "age_unknown");
    child_says(&t, 201, "other", "refused");
    cr_expect_str_eq(reason(&t, customer("other"), "usage_overview"), "age_unknown",
                     "an age that came with a No opens nothing");
    say(&t, 201, customer("pupil"), "pupil_phone", "given", text_of(", 'minor': %s", born(20)));
    cr_expect_str_eq(reason(&t, customer("pupil"), "pupil_phone"), "granted");
}

Test(youth, a_child_whose_parent_agreed_waits_for_nobody)
{
    struct tenant t = company("youth", "youth-agreed");
    child_says(&t, 202, "kid", "given");
    parent_agrees(&t, 201, "kid", 15, signed_form);
    expect(child_says(&t, 201, "kid", "given"), "{'effect': 'applied'}");
    expect(say(&t, 201, customer("kid"), "pupil_phone", "given", ""), "{'effect': 'applied'}");
    cr_expect_str_eq(reason(&t, customer("kid"), "pupil_phone"), "granted");
    post(&t, 200, "/v1/withdraw",
         "{'subject': %s, 'purpose': 'pupil_phone', 'expressed_by': {'role': 'parent'}}", customer("kid"));
    expect(say(&t, 202, customer("kid"), "pupil_phone", "given", ""), "{'effect': 'pending'}");
}

Test(youth, a_parents_signed_form_grants_and_is_kept_by_its_hash)
{
    struct tenant t = company("youth", "youth-signed");
    child_says(&t, 202, "kid", "given");
    const json_t *r = parent_agrees(&t, 201, "kid", 15, signed_form);
    expect(check(&t, customer("kid"), "pupil_phone"), "{'allow': true, 'reason': 'granted'}");
    cr_expect_str_eq(reason(&t, customer("kid"), "usage_overview"), "guardian_required",
                     "a form on the phone is none on the overview");
    const json_t *history = get(&t, 200, "/v1/subjects/%s/history", string_at(r, "/subject_id"));
    char *text = json_dumps(history, 0);
    cr_expect_not_null(strstr(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
}

Test(youth, a_carer_and_a_legal_representative_may_sign_too)
{
    struct tenant t = company("youth", "youth-roles");
    static const char *const roles[] = {"carer", "legal_representative"};
    for (size_t i = 0; i < 2; i++) {
        const char *by = text_of(
            "'expressed_by': {'role': '%s', 'strength': 'signed', 'form': 'electronic'}, " PROOF, roles[i]);
        parent_agrees(&t, 201, roles[i], 15, by);
        cr_expect_str_eq(reason(&t, customer(roles[i]), "pupil_phone"), "granted");
    }
}

Test(youth, a_checkbox_or_a_form_without_its_hash_is_not_enough)
{
    struct tenant t = company("youth", "youth-weak");
    const char *paper = "'expressed_by': {'role': 'parent', 'strength': 'signed', 'form': 'written'}";
    expect(parent_agrees(&t, 422, "kid", 15, "'expressed_by': {'role': 'parent', 'strength': 'checkbox'}"),
           "{'errors': [{'pointer': '/expressed_by', 'detail': 'weaker than this purpose asks for'}]}");
    const json_t *unproved = parent_agrees(&t, 422, "kid", 15, paper);
    expect(unproved, "{'errors': [{'pointer': '/expressed_by/strength'}]}");
    cr_expect_not_null(strstr(string_at(unproved, "/errors/0/detail"), "evidence.documents"));
    const char *spoken = "'expressed_by': {'role': 'parent', 'strength': 'in_person'}, " PROOF;
    unproved = parent_agrees(&t, 422, "kid", 15, spoken);
    expect(unproved, "{'errors': [{'pointer': '/expressed_by'}]}");
    cr_expect_not_null(strstr(string_at(unproved, "/errors/0/detail"), "in writing"));
    const char *hashless = "'expressed_by': {'role': 'parent', 'strength': 'eid', 'form': 'written'}";
    expect(parent_agrees(&t, 422, "kid", 15, hashless), "{'errors': [{'pointer': '/expressed_by/form'}]}");
    cr_expect_eq(tenant_events(&t), 0);
}

Test(youth, a_parents_withdrawal_holds_at_once)
{
    struct tenant t = company("youth", "youth-withdrawn");
    parent_agrees(&t, 201, "kid", 15, signed_form);
    post(&t, 200, "/v1/withdraw",
         "{'subject': %s, 'purpose': 'pupil_phone', 'expressed_by': {'role': 'parent'}}", customer("kid"));
    cr_expect_str_eq(reason(&t, customer("kid"), "pupil_phone"), "withdrawn");
}

Test(youth, the_childs_own_no_beats_the_parents_yes)
{
    struct tenant t = company("youth", "youth-own-no");
    child_says(&t, 201, "kid", "refused");
    parent_agrees(&t, 201, "kid", 15, signed_form);
    cr_expect_str_eq(reason(&t, customer("kid"), "pupil_phone"), "refused");
}

Test(youth, the_same_child_in_belgium_decides_alone)
{
    struct tenant t = company("youth", "youth-belgium");
    char *minor = text_of("%s", born(15));
    minor[strlen(minor) - 1] = '\0';
    say(&t, 201, customer("kid"), "pupil_phone", "given", text_of(", 'minor': %s, 'country': 'BE'}", minor));
    cr_expect_str_eq(reason(&t, customer("kid"), "pupil_phone"), "granted");
}

Test(youth, past_the_limit_a_guardian_has_no_say)
{
    struct tenant t = company("youth", "youth-limit");
    expect(parent_agrees(&t, 422, "kid", 16, signed_form),
           "{'errors': [{'pointer': '/expressed_by', 'detail': 'the person may decide alone by now'}]}");
    cr_expect_eq(tenant_events(&t), 0);
    say(&t, 201, customer("kid"), "pupil_phone", "given", text_of(", 'minor': %s", born(16)));
    cr_expect_str_eq(reason(&t, customer("kid"), "pupil_phone"), "granted");
}

Test(youth, a_question_an_order_and_a_watch_for_fraud_need_no_consent)
{
    static const char *const by_contract[] = {"eligibility", NULL};
    static const char *const by_interest[] = {"contact_form", "fraud", NULL};
    struct tenant t = company("youth", "youth-rows");
    rest_on(&t, "contract", by_contract);
    rest_on(&t, "legitimate_interest", by_interest);
    cr_expect_str_eq(reason_of(&t, "a", "contact_form"), "not_required");
    say(&t, 201, email("a"), "contact_form", "objected", "");
    cr_expect_str_eq(reason_of(&t, "a", "contact_form"), "objected");
    say(&t, 201, customer("kid"), "fraud", "objected", "");
    cr_expect_str_eq(reason(&t, customer("kid"), "fraud"), "restricted");
    expect(register_row(&t, "eligibility"), "{'automated_decision': 'no'}");
}

/* The youth policy where its first purpose leaves consent to children. */
static json_t *left_to_children(const struct tenant *t)
{
    json_t *policy = example_policy("youth", t->key);
    json_t *purpose = json_array_get(json_object_get(policy, "purposes"), 0);
    json_object_set_new(purpose, "minors", json_string("allowed"));
    return policy;
}

Test(youth, a_policy_leaves_consent_to_children_only_with_a_reason_and_is_warned)
{
    struct tenant t = company("youth", "youth-left");
    json_t *policy = left_to_children(&t);
    expect(put(&t, "", policy)->json, "{'status': 422, 'errors': [{'pointer': '/purposes/0/minors'}]}");
    rehearse(&t, 422, policy);
    json_object_set_new(json_object_get(policy, "ages"), "NL", json_integer(13));
    expect(put(&t, "", policy)->json,
           "{'status': 422, 'errors': [{'pointer': '/purposes/0/minors'}, {'pointer': '/ages/NL'}]}");
    policy = left_to_children(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "rationale",
                        json_string("Advice and help, for which a child needs nobody."));
    expect(put(&t, "", policy)->json, "{'changed': true, 'warnings': [{'pointer': '/purposes/0/minors'}]}");
    expect(check(&t, customer("kid"), "pupil_phone"), "{'reason': 'never_asked'}");
}

Test(youth, who_pays_is_not_who_uses)
{
    struct tenant t = company("youth", "youth-payer");
    say(&t, 201, customer("payer"), "pupil_phone", "given", text_of(", 'minor': %s", born(40)));
    cr_expect_str_eq(reason(&t, customer("payer"), "pupil_phone"), "granted");
    cr_expect_str_eq(reason(&t, customer("user"), "pupil_phone"), "age_unknown");
    cr_expect_str_eq(reason(&t, visitor("user"), "pupil_phone"), "age_unknown");
    /* The payer signs as a parent, but on the payer's own code. */
    parent_agrees(&t, 201, "payer", 15, signed_form);
    child_says(&t, 202, "user", "given");
    cr_expect_str_eq(reason(&t, customer("user"), "pupil_phone"), "guardian_required");
    parent_agrees(&t, 201, "user", 15, signed_form);
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", customer("payer"));
    cr_expect_str_eq(reason(&t, customer("user"), "pupil_phone"), "granted");
}

/* ---- three entities in one statement ---- */

static const json_t *check_entity(const struct tenant *t, const char *name, const char *entity)
{
    return post(t, 200, "/v1/check", "{'subject': %s, 'purpose': 'marketing_email', 'entity': '%s'}",
                email(name), entity);
}

Test(three_entities, a_yes_for_all_and_a_no_to_one)
{
    struct tenant t = company("three-entities", "entities-one");
    say(&t, 201, email("a"), "marketing_email", "given", "");
    expect(check_entity(&t, "a", "voip"), "{'reason': 'granted', 'entity': 'voip'}");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'marketing_email', 'entity': 'voip'}",
         email("a"));
    expect(check_entity(&t, "a", "voip"), "{'allow': false, 'reason': 'withdrawn', 'entity': 'voip'}");
    expect(check_entity(&t, "a", "hosted"), "{'allow': true, 'reason': 'granted', 'entity': 'hosted'}");
    expect(check_entity(&t, "a", "subscriptions"), "{'reason': 'granted', 'entity': 'subscriptions'}");
    expect(check(&t, email("a"), "marketing_email"),
           "{'allow': false, 'reason': 'withdrawn', 'entity': 'voip'}");
}

Test(three_entities, a_withdrawal_that_names_none_holds_for_all)
{
    struct tenant t = company("three-entities", "entities-all");
    say(&t, 201, email("a"), "marketing_email", "given", "");
    say(&t, 201, email("a"), "marketing_email", "given", ", 'entity': 'hosted'");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'marketing_email'}", email("a"));
    static const char *const entities[] = {"hosted", "voip", "subscriptions"};
    for (size_t i = 0; i < 3; i++)
        expect(check_entity(&t, "a", entities[i]), "{'reason': 'withdrawn', 'entity': '%s'}", entities[i]);
}

Test(three_entities, what_was_said_to_one_is_read_back_as_said_to_it)
{
    struct tenant t = company("three-entities", "entities-read");
    const json_t *yes = say(&t, 201, email("a"), "marketing_email", "given", ", 'entity': 'hosted'");
    expect(yes, "{'purpose': 'marketing_email', 'entity': 'hosted'}");
    say(&t, 201, email("a"), "marketing_email", "refused", ", 'entity': 'voip'");
    say(&t, 201, email("b"), "marketing_email", "given", "");
    expect(get(&t, 200, "/v1/subjects/%s/history", string_at(yes, "/subject_id")),
           "{'events': [{'purpose': 'marketing_email', 'entity': 'hosted', 'event_state': 'given'},"
           " {'purpose': 'marketing_email', 'entity': 'voip', 'event_state': 'refused'}]}");
    const json_t *changes = get(&t, 200, "/v1/changes?purpose=marketing_email");
    expect(changes, "{'changes': ["
                    "{'purpose': 'marketing_email', 'entity': 'hosted', 'allow': true, 'reason': 'granted'},"
                    "{'purpose': 'marketing_email', 'entity': 'voip', 'allow': false, 'reason': 'refused'},"
                    "{'purpose': 'marketing_email', 'allow': true, 'reason': 'granted'}]}");
    cr_expect_null(json_object_get(json_at(changes, "/changes/2"), "entity"), "it was said to all");
    const json_t *states = get(&t, 200, "/v1/subjects/%s/consents", string_at(yes, "/subject_id"));
    const json_t *proof = NULL;
    size_t i;
    const json_t *one;
    json_array_foreach(json_object_get(states, "consents"), i, one)
    {
        if (strcmp(string_at(one, "/purpose"), "marketing_email") == 0)
            proof = json_at(one, "/event");
    }
    expect(proof, "{'purpose': 'marketing_email', 'entity': 'voip', 'event_state': 'refused'}");
}

Test(three_entities, what_left_the_policy_is_still_named_where_it_was_said)
{
    struct tenant t = company("three-entities", "entities-left");
    const json_t *yes = say(&t, 201, email("a"), "marketing_email", "given", ", 'entity': 'voip'");
    json_t *policy = example_policy("three-entities", t.key);
    json_object_set_new(json_array_get(json_object_get(policy, "notices"), 0), "version",
                        json_string("another"));
    char *text = json_dumps(policy, 0);
    for (char *at = text; (at = strstr(at, "\"voip\"")) != NULL;)
        memcpy(at, "\"home\"", 6);
    json_t *without = json_loads(text, 0, NULL);
    tenant_apply(&t, without);
    expect(get(&t, 200, "/v1/subjects/%s/history", string_at(yes, "/subject_id")),
           "{'events': [{'purpose': 'marketing_email', 'entity': 'voip', 'event_state': 'given',"
           " 'notice': {'id': 'marketing_email', 'version': '1'}}]}");
    expect(get(&t, 200, "/v1/changes"), "{'changes': [{'purpose': 'marketing_email', 'entity': 'voip',"
                                        " 'allow': false, 'reason': 'retired'}]}");
    json_decref(without);
    json_decref(policy);
    free(text);
}

Test(three_entities, to_send_offers_and_to_choose_them_for_somebody_are_two_choices)
{
    struct tenant t = company("three-entities", "entities-personal");
    post(&t, 201, "/v1/consents",
         "{'subject': %s, 'choices': {'marketing_email': 'given', 'marketing_personalisation': 'refused'}, "
         "'collection_method': 'web_form'}",
         email("a"));
    cr_expect_str_eq(reason_of(&t, "a", "marketing_email"), "granted");
    cr_expect_str_eq(reason_of(&t, "a", "marketing_personalisation"), "refused");
}

Test(three_entities, one_that_a_purpose_is_not_of_cannot_be_asked_about)
{
    struct tenant t = company("three-entities", "entities-other");
    const char *body = "{'subject': %s, 'purpose': 'similar_products', 'entity': '%s'}";
    expect(post(&t, 200, "/v1/check", body, email("a"), "voip"), "{'reason': 'never_asked'}");
    expect(post(&t, 422, "/v1/check", body, email("a"), "hosted"), "{'errors': [{'pointer': '/entity'}]}");
    expect(post(&t, 422, "/v1/check", body, email("a"), "fourth"), "{'errors': [{'pointer': '/entity'}]}");
}

Test(three_entities, that_nothing_is_sold_to_others_stands_in_the_register)
{
    static const char *const purposes[] = {"marketing_email", "marketing_personalisation",
                                           "similar_products"};
    struct tenant t = company("three-entities", "entities-sold");
    for (size_t i = 0; i < 3; i++)
        expect(register_row(&t, purposes[i]),
               "{'recipients': ['nobody: nothing is sold or given to others']}");
}

/* ---- directory: listings, analytics, marketing ---- */

Test(directory, the_two_listings_are_separate_and_by_default_there_is_none)
{
    struct tenant t = company("directory", "directory-two");
    cr_expect_str_eq(reason_of(&t, "a", "directory_print"), "never_asked");
    say(&t, 201, email("a"), "directory_print", "given", "");
    cr_expect_str_eq(reason_of(&t, "a", "directory_print"), "granted");
    cr_expect_str_eq(reason_of(&t, "a", "directory_enquiry"), "never_asked");
}

Test(directory, a_secret_number_is_a_no_to_both_listings)
{
    struct tenant t = company("directory", "directory-secret");
    say(&t, 201, email("a"), "directory_print", "given", "");
    post(&t, 201, "/v1/consents",
         "{'subject': %s, 'choices': {'directory_print': 'refused', 'directory_enquiry': 'refused'}, "
         "'collection_method': 'phone'}",
         email("a"));
    cr_expect_str_eq(reason_of(&t, "a", "directory_print"), "refused");
    cr_expect_str_eq(reason_of(&t, "a", "directory_enquiry"), "refused");
}

Test(directory, no_cookie_of_analytics_before_a_yes_or_after_a_no)
{
    struct tenant t = company("directory", "directory-analytics");
    const char *v = visitor("v");
    expect(check(&t, v, "analytics"), "{'allow': false, 'reason': 'never_asked'}");
    say(&t, 201, v, "analytics", "given", "");
    expect(check(&t, v, "analytics"),
           "{'allow': true, 'reason': 'granted', 'signals': {'analytics_storage': 'granted'}}");
    say(&t, 201, v, "analytics", "refused", "");
    expect(check(&t, v, "analytics"),
           "{'allow': false, 'reason': 'refused', 'signals': {'analytics_storage': 'denied'}}");
    expect(check(&t, v, "visit_counts"), "{'allow': true, 'reason': 'not_required'}");
}

Test(directory, a_yes_under_a_cookies_code_counts_no_longer_than_the_cookie)
{
    struct tenant t = company("directory", "directory-ends");
    expect(json_at(get(&t, 200, "/v1/sites/directory-ends/cookies"), "/list/2"), "{'duration': 'P6M'}");
    const json_t *old =
        say(&t, 201, visitor("old"), "analytics", "given", ", 'event_time': '2026-01-05T10:00:00Z'");
    cr_expect_eq(strncmp(string_at(old, "/valid_until"), "2026-07-05T10:00:00", 19), 0);
    cr_expect_str_eq(reason(&t, visitor("old"), "analytics"), "expired");
    json_t *policy = example_policy("directory", t.key);
    json_object_set_new(json_array_get(json_object_get(policy, "cookies"), 2), "duration",
                        json_string("P7M"));
    expect(put(&t, "", policy)->json, "{'warnings': [{'pointer': '/cookies/2/duration'}]}");
}

Test(directory, the_cookie_list_says_which_need_consent)
{
    struct tenant t = company("directory", "directory-cookies");
    expect(get(&t, 200, "/v1/sites/directory-cookies/cookies"),
           "{'list': [{'name': 'login', 'class': 'strictly_necessary', 'needs_consent': false}, "
           "{'name': '_count', 'class': 'statistics_anonymous', 'needs_consent': false}, "
           "{'name': '_visitor_*', 'class': 'analytics', 'needs_consent': true}]}");
}

Test(directory, statistics_without_consent_need_all_their_conditions)
{
    static const char *const conditions[] = {"processor_contract", "last_octet_masked", "sharing_off",
                                             "no_other_services"};
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "directory-conditions");
    for (size_t i = 0; i < 4; i++) {
        json_t *policy = example_policy("directory", t.key);
        json_t *counting = json_array_get(json_object_get(policy, "cookies"), 1);
        json_object_set_new(json_object_get(counting, "conditions"), conditions[i], json_false());
        const struct answer *a = put(&t, "", policy);
        cr_expect_eq(a->status, 422, "without %s: %d", conditions[i], a->status);
    }
}

Test(directory, offers_by_mail_only_after_a_yes_and_traffic_data_is_a_choice_of_its_own)
{
    struct tenant t = company("directory", "directory-mail");
    cr_expect_str_eq(reason_of(&t, "a", "marketing_email"), "never_asked");
    say(&t, 201, email("a"), "marketing_email", "given", "");
    cr_expect_str_eq(reason_of(&t, "a", "marketing_email"), "granted");
    cr_expect_str_eq(reason_of(&t, "a", "traffic_data_marketing"), "never_asked");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'marketing_email'}", email("a"));
    cr_expect_str_eq(reason_of(&t, "a", "marketing_email"), "withdrawn");
}

Test(directory, a_number_is_shown_until_its_owner_objects)
{
    struct tenant t = company("directory", "directory-number");
    cr_expect_str_eq(reason_of(&t, "a", "number_display"), "not_required");
    say(&t, 201, email("a"), "number_display", "objected", "");
    cr_expect_str_eq(reason_of(&t, "a", "number_display"), "objected");
}

Test(directory, an_objection_to_recording_names_the_words_that_announced_it)
{
    struct tenant t = company("directory", "directory-announced");
    const json_t *r = say(
        &t, 201, email("a"), "call_recordings", "objected",
        ", 'notice': {'id': 'call_recordings', 'version': '1'}, 'evidence': {'form': 'the announcement'}");
    expect(r, "{'event_state': 'objected', 'notice': {'id': 'call_recordings', 'version': '1'}}");
    cr_expect_str_eq(reason_of(&t, "a", "call_recordings"), "restricted");
}

Test(directory, before_the_announcement_is_in_force_no_call_may_be_recorded)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "directory-before");
    json_t *policy = example_policy("directory", t.key);
    json_object_set_new(json_array_get(json_object_get(policy, "notices"), 3), "effective_from",
                        json_string(time_from_now(3600)));
    tenant_apply(&t, policy);
    expect(check(&t, email("a"), "call_recordings"),
           "{'allow': false, 'reason': 'notice_unknown', 'since': null}");
    notice_add(policy, "call_recordings", "0", "material", time_from_now(-60));
    tenant_apply(&t, policy);
    expect(check(&t, email("a"), "call_recordings"), "{'allow': true, 'reason': 'not_required'}");
}

/* ---- what holds for all of them ---- */

Test(authority, is_named_where_people_are_told_of_cookies_and_of_their_consents)
{
    static const char *const companies[] = {"operator", "no-cookies", "youth", "three-entities", "directory"};
    static const char named[] =
        "{'supervisory_authority': 'Autoriteit Persoonsgegevens, https://autoriteitpersoonsgegevens.nl'}";
    for (size_t i = 0; i < sizeof companies / sizeof *companies; i++) {
        struct tenant t = company(companies[i], text_of("authority-%s", companies[i]));
        post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", email("a"));
        const json_t *a = post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("a"));
        const char *id = string_at(a, "/subject_id");
        expect(get(&t, 200, "/v1/sites/%s/cookies", t.key), named);
        expect(get(&t, 200, "/v1/subjects/%s/consents", id), named);
        expect(get(&t, 200, "/v1/subjects/%s/history", id), named);
        expect(json_at(get(&t, 200, "/v1/policy/register"), "/rows/0"), named);
    }
    struct tenant t = stage_tenant("authority-unstated");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", email("a"));
    const json_t *a = post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("a"));
    expect(get(&t, 200, "/v1/subjects/%s/consents", string_at(a, "/subject_id")),
           "{'supervisory_authority': null}");
}

static json_t *small_policy(const struct tenant *t, const char *basis)
{
    return json_of("{'controller': {'key': '%s', 'country': 'NL'}, 'purposes': [{'key': 'news', "
                   "'lawful_basis': '%s', 'channel': 'post', 'notice': 'news'}, {'key': 'bills', "
                   "'lawful_basis': 'contract', 'channel': 'post'}], 'notices': [{'id': 'news', 'version': "
                   "'1', 'effective_from': '2026-01-01T00:00:00Z', 'texts': {'en': 'May we write?'}}]}",
                   t->key, basis);
}

static struct tenant small(const char *key)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), key);
    tenant_apply(&t, small_policy(&t, "consent"));
    say(&t, 201, email("a"), "news", "given", "");
    return t;
}

Test(notice, a_material_version_outdates_a_consent_until_it_is_renewed)
{
    struct tenant t = small("material");
    json_t *policy = small_policy(&t, "consent");
    notice_add(policy, "news", "2", "material", time_from_now(-60));
    tenant_apply(&t, policy);
    cr_expect_str_eq(reason_of(&t, "a", "news"), "notice_outdated");
    expect(say(&t, 201, email("a"), "news", "given", ""), "{'notice': {'version': '2'}}");
    cr_expect_str_eq(reason_of(&t, "a", "news"), "granted");
}

Test(notice, an_editorial_version_leaves_a_consent_as_it_is)
{
    struct tenant t = small("editorial");
    json_t *policy = small_policy(&t, "consent");
    notice_add(policy, "news", "2", "editorial", time_from_now(-60));
    tenant_apply(&t, policy);
    cr_expect_str_eq(reason_of(&t, "a", "news"), "granted");
}

Test(basis, a_soft_opt_in_needs_a_sale_and_another_sale_undoes_no_objection)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "soft");
    tenant_apply(&t,
                 json_of("{'controller': {'key': 'soft', 'country': 'NL'}, 'purposes': [{'key': 'like', "
                         "'lawful_basis': 'soft_opt_in', 'channel': 'email', 'direct_marketing': true}]}"));
    static const char sale[] = ", 'sale': {'ref': 'order-1', 'product_group': 'phones', 'at': "
                               "'2026-02-01T14:00:00Z', 'opt_out_offered_at': '2026-02-01T14:00:00Z'}";
    cr_expect_str_eq(reason_of(&t, "a", "like"), "never_asked");
    say(&t, 201, email("a"), "like", "eligible", sale);
    cr_expect_str_eq(reason_of(&t, "a", "like"), "granted");
    say(&t, 201, email("a"), "like", "objected", "");
    cr_expect_str_eq(reason_of(&t, "a", "like"), "objected");
    say(&t, 201, email("a"), "like", "eligible", sale);
    cr_expect_str_eq(reason_of(&t, "a", "like"), "objected");
}

Test(basis, consent_does_not_become_legitimate_interest_once_somebody_chose)
{
    struct tenant t = small("to-interest");
    say(&t, 201, email("no"), "news", "refused", "");
    const struct answer *a = put(&t, "", small_policy(&t, "legitimate_interest"));
    cr_assert_eq(a->status, 409);
    expect(a->json, "{'errors': [{'pointer': '/purposes/0/lawful_basis'}]}");
    cr_expect_eq(put(&t, "?force=retire", small_policy(&t, "legitimate_interest"))->status, 409);
    cr_expect_str_eq(reason_of(&t, "a", "news"), "granted");
    cr_expect_str_eq(reason_of(&t, "no", "news"), "refused");
    cr_expect_str_eq(reason_of(&t, "unknown", "news"), "never_asked");
}

Test(purpose, one_with_events_is_not_lost_but_retired_when_that_is_asked)
{
    struct tenant t = small("left-out");
    json_t *policy = small_policy(&t, "consent");
    json_array_remove(json_object_get(policy, "purposes"), 0);
    json_object_del(policy, "notices");
    cr_assert_eq(put(&t, "", policy)->status, 409);
    cr_expect_str_eq(reason_of(&t, "a", "news"), "granted");
    const struct answer *a = put(&t, "?force=retire", policy);
    cr_assert_eq(a->status, 200, "%s", a->body);
    cr_expect_str_eq(reason_of(&t, "a", "news"), "retired");
}

Test(basis, an_objection_is_weighed_by_an_entity_that_the_purpose_is_of)
{
    static const char body[] = "{'subject': %s, 'purpose': 'calls', 'entity': '%s', 'outcome': 'overridden', "
                               "'grounds': 'a quarrel'}";
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "whose-calls");
    tenant_apply(&t,
                 json_of("{'controller': {'key': 'whose-calls', 'country': 'NL'}, 'entities': [{'key': "
                         "'acme', 'name': 'Acme'}, {'key': 'beta', 'name': 'Beta'}], 'purposes': [{'key': "
                         "'calls', 'lawful_basis': 'legitimate_interest', 'channel': 'post', 'objection': "
                         "'weighed', 'entities': "
                         "['acme']}]}"));
    expect(post(&t, 422, "/v1/objections", body, email("a"), "beta"), "{'errors': [{'pointer': '/entity'}]}");
    post(&t, 409, "/v1/objections", body, email("a"), "acme");
    say(&t, 201, email("a"), "calls", "objected", "");
    cr_expect_str_eq(reason_of(&t, "a", "calls"), "restricted");
    post(&t, 201, "/v1/objections", body, email("a"), "acme");
    cr_expect_str_eq(reason_of(&t, "a", "calls"), "not_required");
    post(&t, 409, "/v1/objections", body, email("a"), "acme");
    say(&t, 201, email("b"), "calls", "objected", ", 'entity': 'acme'");
    cr_expect_str_eq(reason_of(&t, "b", "calls"), "restricted");
    post(&t, 201, "/v1/objections",
         "{'subject': %s, 'purpose': 'calls', 'outcome': 'overridden', 'grounds': 'a quarrel'}", email("b"));
    cr_expect_str_eq(reason_of(&t, "b", "calls"), "not_required");
    expect(post(&t, 409, "/v1/objections", body, email("b"), "acme"),
           "{'type': 'urn:akkoord:problem:no-objection'}");
}

Test(purpose, a_retired_one_has_its_place_among_entities_that_came_later)
{
    struct tenant t = small("entity-later");
    json_t *policy = small_policy(&t, "consent"), *whole = small_policy(&t, "consent");
    json_array_remove(json_object_get(policy, "purposes"), 0);
    json_object_del(policy, "notices");
    cr_assert_eq(put(&t, "?force=retire", policy)->status, 200);
    json_object_set_new(policy, "entities", json_of("[{'key': 'acme', 'name': 'Acme'}]"));
    cr_assert_eq(put(&t, "", policy)->status, 200);
    cr_expect_str_eq(reason_of(&t, "a", "news"), "retired");
    expect(say(&t, 201, email("a"), "news", "withdrawn", ", 'entity': 'acme'"), "{'entity': 'acme'}");
    json_object_set_new(json_object_get(policy, "controller"), "name", json_string("News and others"));
    cr_expect_eq(put(&t, "", policy)->status, 200, "what was said of it since strands nothing");
    json_object_set(whole, "entities", json_object_get(policy, "entities"));
    cr_expect_eq(put(&t, "", whole)->status, 409, "who agreed did not hear of it");
    notice_add(whole, "news", "2", "material", time_from_now(-60));
    cr_expect_eq(put(&t, "", whole)->status, 200);
    expect(post(&t, 200, "/v1/check", "{'subject': %s, 'purpose': 'news', 'entity': 'acme'}", email("a")),
           "{'reason': 'withdrawn', 'entity': 'acme'}");
}

Test(purpose, one_that_was_agreed_to_for_one_entity_only_is_retired_as_a_whole)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "for-one-only");
    json_t *policy = small_policy(&t, "consent");
    json_object_set_new(policy, "entities", json_of("[{'key': 'acme', 'name': 'Acme'}]"));
    tenant_apply(&t, policy);
    say(&t, 201, email("a"), "news", "given", ", 'entity': 'acme'");
    json_array_remove(json_object_get(policy, "purposes"), 0);
    json_object_del(policy, "notices");
    cr_assert_eq(put(&t, "", policy)->status, 409);
    cr_assert_eq(put(&t, "?force=retire", policy)->status, 200);
    cr_expect_str_eq(reason_of(&t, "a", "news"), "retired");
    say(&t, 201, email("a"), "news", "withdrawn", "");
}
