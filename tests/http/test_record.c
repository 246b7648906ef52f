/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* An act on newsletter by web form: its state, and ${more} members. */
static const char *act(const char *name, const char *state, const char *more)
{
    return text_of(
        "{'subject': %s, 'purpose': 'newsletter', 'event_state': '%s', 'collection_method': 'web_form'%s}",
        email(name), state, more);
}

static const json_t *record(const struct tenant *t, const char *name, const char *state, const char *more)
{
    return post(t, 201, "/v1/consents", "%s", act(name, state, more));
}

/* The whole event, as history tells it. */
static const json_t *last_event(const struct tenant *t, const json_t *record)
{
    const json_t *history = get(t, 200, "/v1/subjects/%s/history", string_at(record, "/subject_id"));
    const json_t *events = json_at(history, "/events");
    return json_array_get(events, json_array_size(events) - 1);
}

Test(record, all_that_was_sent_is_kept_and_told_again)
{
    struct tenant t = stage_tenant("whole");
    const json_t *r = post(
        &t, 201, "/v1/consents",
        "{'subject': %s, 'purpose': 'marketing', 'event_state': 'given', 'event_time': "
        "'2026-03-02T10:30:00.123456789+01:00',"
        " 'collection_method': 'web_form', 'language': 'EN', 'notice': {'id': 'marketing', 'version': '1'},"
        " 'expressed_by': {'role': 'self'}, 'ref': 'crm-4711',"
        " 'evidence': {'ip': '" MARK_IP "', 'user_agent': 'Mozilla/5.0 (" MARK_IP
        ")', 'form': 'footer', 'url': 'https://www.example.nl/join?who=" MARK "#top',"
        " 'documents': [{'name': 'form.pdf', 'sha256': "
        "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}]}}",
        email("whole"));
    expect(r, "{'purpose': 'marketing', 'event_state': 'given', 'effect': 'applied', 'revision': 1, "
              "'event_time': '2026-03-02T09:30:00.123456Z',"
              " 'valid_until': '2028-03-02T09:30:00.123456Z', 'policy_version': 1, 'notice': {'id': "
              "'marketing', 'version': '1', 'language': 'en'}}");
    const json_t *e = last_event(&t, r);
    expect(e,
           "{'record_id': '%s', 'revision': 1, 'purpose': 'marketing', 'event_state': 'given', 'effect': "
           "'applied', 'event_time': '2026-03-02T09:30:00.123456Z',"
           " 'valid_until': '2028-03-02T09:30:00.123456Z', 'collection_method': 'web_form', 'language': "
           "'en', 'notice': {'id': 'marketing', 'version': '1', 'language': 'en', 'sha256': '%s'},"
           " 'expressed_by': {'role': 'self'}, 'ref': 'crm-4711', 'import': null, 'sale': null, 'reason': "
           "null, 'actor': 'tester', 'policy_version': 1,"
           " 'evidence': {'ip': '203.0.113.0', 'user_agent': 'Mozilla/5.0 (203.0.113.0)', 'form': 'footer', "
           "'url': 'https://www.example.nl/join',"
           " 'documents': [{'name': 'form.pdf', 'sha256': "
           "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}]}}",
           string_at(r, "/record_id"), string_at(r, "/notice/sha256"));
}

Test(record, what_was_not_sent_is_null)
{
    struct tenant t = stage_tenant("bare");
    const json_t *r = record(&t, "bare", "given", "");
    expect(r, "{'valid_until': null, 'notice': {'id': 'newsletter', 'version': '1', 'language': 'en'}}");
    expect(last_event(&t, r), "{'ref': null, 'evidence': null, 'import': null, 'sale': null, 'reason': null, "
                              "'expressed_by': {'role': 'self'}}");
}

Test(record, a_record_id_is_a_uuid_of_version_7)
{
    struct tenant t = stage_tenant("uuid");
    const char *id = string_at(record(&t, "uuid", "given", ""), "/record_id");
    cr_assert_eq(strlen(id), 36);
    cr_assert_eq(id[14], '7');
    cr_assert_not_null(strchr("89ab", id[19]));
}

Test(record, every_collection_method_is_taken_and_told_again)
{
    static const char *const methods[] = {
        "web_form", "banner", "preference_page", "one_click", "double_opt_in", "app",       "api",    "email",
        "sms",      "chat",   "phone",           "letter",    "paper",         "in_person", "import", "gpc",
        NULL};
    struct tenant t = stage_tenant("methods");
    for (size_t i = 0; methods[i] != NULL; i++) {
        const json_t *r = post(
            &t, 201, "/v1/consents",
            "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'refused', 'collection_method': '%s'}",
            email(methods[i]), methods[i]);
        expect(last_event(&t, r), "{'collection_method': '%s', 'event_state': 'refused'}", methods[i]);
    }
    post(&t, 422, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'gpc'}",
         email("gpc-yes"));
}

Test(record, every_kind_of_identifier_is_found_again_in_another_spelling)
{
    static const struct {
        const char *type, *written, *otherwise;
    } kinds[] = {{"email", "Jan." MARK "@Example.NL", " jan." MARK "@example.nl "},
                 {"email", MARK "@b\u00fccher.example", MARK "@xn--bcher-kva.example"},
                 {"phone", "06 " MARK_PHONE,
                  "+31"
                  "6" MARK_PHONE},
                 {"postal", "nl;9741 zq;2;a", "NL;" MARK_POSTAL ";2;A"},
                 {"customer", "K-" MARK, "K-" MARK},
                 {"visitor", "v-" MARK, "v-" MARK}};
    struct tenant t = stage_tenant("kinds");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char written[64];
        snprintf(written, sizeof written, "%s", kinds[i].written);
        if (i == 2) /* nine digits after the 0 */
            snprintf(written, sizeof written, "06-%.8s", MARK_PHONE + 1);
        post(&t, 201, "/v1/consents",
             "{'subject': {'type': '%s', 'value': '%s'}, 'purpose': 'newsletter', 'event_state': 'given', "
             "'collection_method': 'app'}",
             kinds[i].type, written);
        const char *otherwise = i == 2 ? text_of("+316%.8s", MARK_PHONE + 1) : kinds[i].otherwise;
        expect(post(&t, 200, "/v1/check",
                    "{'subject': {'type': '%s', 'value': '%s'}, 'purpose': 'newsletter'}", kinds[i].type,
                    otherwise),
               "{'allow': true}");
    }
    expect(post(&t, 200, "/v1/check",
                "{'subject': {'type': 'customer', 'value': 'k-" MARK "'}, 'purpose': 'newsletter'}"),
           "{'reason': 'never_asked'}");
}

/* ---- effect and rank ---- */

Test(record, an_older_event_than_the_one_that_stands_is_superseded)
{
    struct tenant t = stage_tenant("older");
    expect(record(&t, "a", "refused", ", 'event_time': '2026-03-01T00:00:00Z'"), "{'effect': 'applied'}");
    expect(record(&t, "a", "given", ", 'event_time': '2026-02-01T00:00:00Z'"), "{'effect': 'superseded'}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "refused");
    expect(record(&t, "a", "given", ", 'event_time': '2026-04-01T00:00:00Z'"), "{'effect': 'applied'}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "granted");
    expect(record(&t, "a", "withdrawn", ", 'event_time': '2026-03-15T00:00:00Z'"),
           "{'effect': 'superseded'}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "granted");
}

Test(record, of_one_moment_a_no_stands_above_a_yes_in_either_order)
{
    struct tenant t = stage_tenant("moment");
    const char *at = ", 'event_time': '2026-03-01T00:00:00Z'";
    record(&t, "a", "given", at);
    expect(record(&t, "a", "refused", at), "{'effect': 'applied'}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "refused");
    record(&t, "b", "refused", at);
    expect(record(&t, "b", "given", at), "{'effect': 'superseded'}");
    cr_assert_str_eq(reason_of(&t, "b", "newsletter"), "refused");
}

Test(record, an_imported_yes_never_undoes_a_no_however_new_it_is)
{
    static const char *const noes[] = {"refused", "withdrawn", "objected", NULL};
    struct tenant t = stage_tenant("import");
    for (size_t i = 0; noes[i] != NULL; i++) {
        record(&t, noes[i], noes[i], ", 'event_time': '2020-06-01T00:00:00Z'");
        expect(record(&t, noes[i], "given",
                      ", 'notice': {'id': 'newsletter', 'version': '1'}, 'import': {'batch': '1', 'source': "
                      "'old-crm'}"),
               "{'effect': 'superseded'}");
        cr_assert_str_eq(reason_of(&t, noes[i], "newsletter"), noes[i]);
    }
    post(&t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'import', "
         "'notice': {'id': 'newsletter', 'version': '1'}}",
         email("method"));
    cr_assert_str_eq(reason_of(&t, "method", "newsletter"), "granted");
    record(&t, "method", "withdrawn", ", 'event_time': '2020-06-01T00:00:00Z'");
    cr_assert_str_eq(reason_of(&t, "method", "newsletter"), "withdrawn");
    record(&t, "method", "given", ", 'event_time': '2020-06-02T00:00:00Z'");
    cr_assert_str_eq(reason_of(&t, "method", "newsletter"), "granted");
}

Test(record, an_imported_no_counts)
{
    struct tenant t = stage_tenant("import-no");
    record(&t, "a", "given", ", 'event_time': '2026-01-01T00:00:00Z'");
    expect(record(&t, "a", "withdrawn",
                  ", 'event_time': '2026-01-02T00:00:00Z', 'import': {'batch': '1', 'source': 'old-crm'}"),
           "{'effect': 'applied'}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
}

Test(record, a_browsers_signal_stands_beside_the_choice_until_a_later_yes_or_one_given_under_it)
{
    struct tenant t = stage_tenant("gpc");
    const char *gpc =
        "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'refused', 'collection_method': 'gpc'}";
    record(&t, "a", "given", ", 'event_time': '2020-06-01T00:00:00Z'");
    expect(post(&t, 201, "/v1/consents", gpc, email("a")), "{'effect': 'applied'}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "refused", "it holds from its time on");
    expect(record(&t, "a", "given", ", 'event_time': '2020-07-01T00:00:00Z'"), "{'effect': 'applied'}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "refused", "said before it");
    expect(record(&t, "a", "given", ""), "{'effect': 'applied'}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "granted", "said after it");
    expect(record(&t, "b", "given", ", 'event_time': '2020-06-01T00:00:00Z', 'evidence': {'gpc': true}"),
           "{'effect': 'applied'}");
    expect(post(&t, 201, "/v1/consents", gpc, email("b")), "{'effect': 'superseded'}");
    cr_assert_str_eq(reason_of(&t, "b", "newsletter"), "granted", "given under it");
    record(&t, "b", "withdrawn", "");
    cr_assert_str_eq(reason_of(&t, "b", "newsletter"), "withdrawn");
}

Test(record, a_no_without_a_time_is_never_superseded)
{
    static const char *const noes[] = {"refused", "withdrawn", "objected", NULL};
    struct tenant t = stage_tenant("floating");
    for (size_t i = 0; noes[i] != NULL; i++) {
        record(&t, noes[i], "given", text_of(", 'event_time': '%s'", time_from_now(59)));
        expect(record(&t, noes[i], noes[i], ""), "{'effect': 'applied'}");
        cr_assert_str_eq(reason_of(&t, noes[i], "newsletter"), noes[i]);
    }
}

Test(record, more_than_a_minute_ahead_is_refused_and_up_to_that_counts_as_now)
{
    struct tenant t = stage_tenant("ahead");
    const json_t *problem = post(&t, 422, "/v1/consents", "%s",
                                 act("a", "given", text_of(", 'event_time': '%s'", time_from_now(75))));
    expect(problem,
           "{'type': 'urn:akkoord:problem:event-in-future', 'errors': [{'pointer': '/event_time'}]}");
    cr_assert_eq(tenant_events(&t), 0);
    const json_t *r = record(&t, "a", "given", text_of(", 'event_time': '%s'", time_from_now(50)));
    cr_assert_str_eq(string_at(r, "/event_time"), string_at(r, "/recorded_at"));
    problem = post(&t, 422, "/v1/consents", "[%s, %s]", act("b", "given", ""),
                   act("c", "given", text_of(", 'event_time': '%s'", time_from_now(3600))));
    expect(problem, "{'errors': [{'pointer': '/1/event_time'}]}");
    cr_assert_eq(tenant_events(&t), 1);
}

Test(record, a_yes_to_words_no_longer_in_force_is_outdated)
{
    struct tenant t = stage_tenant("outdated");
    json_t *policy = tenant_policy(&t);
    json_array_append_new(json_object_get(policy, "notices"),
                          json_of("{'id': 'newsletter', 'version': '2', 'effective_from': "
                                  "'2026-01-01T00:00:00Z', 'texts': {'en': 'New words.'}}"));
    tenant_apply(&t, policy);
    expect(record(&t, "a", "given", ", 'notice': {'id': 'newsletter', 'version': '1'}"),
           "{'effect': 'outdated', 'notice': {'version': '1'}, 'policy_version': 2}");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "notice_outdated");
    expect(record(&t, "b", "given", ", 'event_time': '2025-06-01T00:00:00Z'"),
           "{'effect': 'outdated', 'notice': {'version': '1'}}");
    expect(record(&t, "c", "given", ""), "{'effect': 'applied', 'notice': {'version': '2'}}");
    cr_assert_str_eq(reason_of(&t, "c", "newsletter"), "granted");
    expect(record(&t, "c", "refused", ", 'notice': {'id': 'newsletter', 'version': '1'}"),
           "{'effect': 'applied'}");
}

Test(record, the_words_of_paper_phone_and_imports_are_unknown_unless_named)
{
    static const char *const methods[] = {"paper", "phone", "in_person", "letter", "import", NULL};
    struct tenant t = stage_tenant("paper");
    for (size_t i = 0; methods[i] != NULL; i++) {
        const char *start = text_of(
            "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': '%s'",
            email(methods[i]), methods[i]);
        expect(post(&t, 201, "/v1/consents", "%s}", start), "{'notice': null, 'effect': 'words_unknown'}");
        cr_assert_str_eq(reason_of(&t, methods[i], "newsletter"), "notice_unknown");
        expect(post(&t, 201, "/v1/consents", "%s, 'notice': {'id': 'newsletter', 'version': '1'}}", start),
               "{'notice': {'version': '1'}}");
        cr_assert_str_eq(reason_of(&t, methods[i], "newsletter"), "granted");
    }
    expect(record(&t, "import-beside", "given", ", 'import': {'batch': '1', 'source': 'x'}"),
           "{'notice': null}");
}

Test(record, a_hash_of_other_words_is_an_unknown_notice)
{
    struct tenant t = stage_tenant("hash");
    const char *hash = string_at(record(&t, "a", "given", ", 'language': 'nl'"), "/notice/sha256");
    const char *notice = ", 'notice': {'id': 'newsletter', 'version': '1', 'sha256': '%s'}";
    expect(record(&t, "b", "given", text_of(notice, hash)), "{'notice': {'language': 'nl'}}");
    const char *wrong = text_of("%s%c", text_of("%.63s", hash), hash[63] == '0' ? '1' : '0');
    expect(post(&t, 422, "/v1/consents", "%s", act("c", "given", text_of(notice, wrong))),
           "{'type': 'urn:akkoord:problem:unknown-notice'}");
    cr_assert_eq(tenant_events(&t), 2);
}

Test(record, a_language_falls_back_to_its_first_part_and_is_refused_where_no_words_are_in_it)
{
    struct tenant t = stage_tenant("language");
    expect(record(&t, "a", "given", ", 'language': 'nl'"), "{'notice': {'language': 'nl'}}");
    expect(record(&t, "a", "given", ", 'language': 'NL-be'"), "{'notice': {'language': 'nl'}}");
    expect(post(&t, 422, "/v1/consents", "%s", act("a", "given", ", 'language': 'fr'")),
           "{'errors': [{'pointer': '/language'}]}");
    expect(record(&t, "a", "given", ", 'language': 'fr', 'import': {'batch': '1', 'source': 'x'}"),
           "{'notice': null}");
}

/* ---- several at once ---- */

Test(record, choices_are_one_event_each_in_their_order)
{
    struct tenant t = stage_tenant("choices");
    const json_t *r = post(&t, 201, "/v1/consents",
                           "{'subject': %s, 'choices': {'marketing': 'refused', 'newsletter': 'given', "
                           "'analytics': 'given'}, 'collection_method': 'banner'}",
                           email("a"));
    expect(r, "[{'purpose': 'marketing', 'event_state': 'refused', 'valid_until': null, 'revision': 1}, "
              "{'purpose': 'newsletter', 'event_state': 'given', 'revision': 2}, {'purpose': 'analytics', "
              "'revision': 3}]");
    for (int i = 1; i < 3; i++)
        cr_assert_str_eq(string_at(r, "/0/subject_id"), string_at(r, text_of("/%d/subject_id", i)));
    cr_assert_str_eq(reason_of(&t, "a", "marketing"), "refused");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "granted");
}

Test(record, an_array_is_written_whole_or_not_at_all)
{
    struct tenant t = stage_tenant("array");
    const json_t *r = post(&t, 201, "/v1/consents",
                           "[%s, %s, {'subject': %s, 'choices': {'marketing': 'given', 'analytics': "
                           "'given'}, 'collection_method': 'app'}]",
                           act("a", "given", ""), act("b", "refused", ""), email("c"));
    expect(r, "[{'revision': 1, 'event_state': 'given'}, {'revision': 2, 'event_state': 'refused'}, "
              "{'revision': 3, 'purpose': 'marketing'}, {'revision': 4, 'purpose': 'analytics'}]");
    expect(post(&t, 201, "/v1/consents", "[%s]", act("d", "given", "")), "[{'revision': 5}]");
    const json_t *problem = post(&t, 422, "/v1/consents", "[%s, %s, %s]", act("e", "given", ""),
                                 act("f", "maybe", ""), act("g", "given", ", 'ref': 7"));
    expect(problem, "{'errors': [{'pointer': '/1/event_state'}, {'pointer': '/2/ref'}]}");
    cr_assert_eq(tenant_events(&t), 5);
    cr_assert_str_eq(reason_of(&t, "e", "newsletter"), "never_asked");
}

Test(record, events_of_one_person_in_one_array_are_ranked_among_each_other)
{
    struct tenant t = stage_tenant("one-person");
    const json_t *r = post(&t, 201, "/v1/consents", "[%s, %s, %s]",
                           act("a", "given", ", 'event_time': '2026-03-01T00:00:00Z'"),
                           act("a", "refused", ", 'event_time': '2026-03-03T00:00:00Z'"),
                           act("a", "given", ", 'event_time': '2026-03-02T00:00:00Z'"));
    expect(r, "[{'effect': 'applied'}, {'effect': 'applied'}, {'effect': 'superseded'}]");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "refused");
}

Test(record, a_thousand_records_are_one_array_and_one_more_is_refused)
{
    struct tenant t = stage_tenant("thousand");
    for (int count = 1001; count >= 1000; count--) {
        char *body;
        size_t len;
        FILE *out = open_memstream(&body, &len);
        for (int i = 0; i < count; i++)
            fprintf(out,
                    "%s{'subject': {'type': 'visitor', 'value': 'v" MARK
                    "%d'}, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app'}",
                    i > 0 ? "," : "[", i);
        fprintf(out, "]");
        fclose(out);
        const json_t *answer = post(&t, count == 1000 ? 201 : 422, "/v1/consents", "%s", body);
        free(body);
        if (count == 1000)
            cr_assert_eq(number_at(answer, "/999/revision"), 1000);
    }
    cr_assert_eq(tenant_events(&t), 1000);
}

/* ---- several identifiers ---- */

#define VISITOR(name)  "{'type': 'visitor', 'value': '" name MARK "'}"
#define CUSTOMER(name) "{'type': 'customer', 'value': '" name MARK "'}"
#define PHONE(number)  "{'type': 'phone', 'value': '" number "'}"
#define PAIR(a, b)     "[" a ", " b "]"

static const json_t *say(const struct tenant *t, const char *subject, const char *purpose, const char *state)
{
    return post(t, 201, "/v1/consents",
                "{'subject': %s, 'purpose': '%s', 'event_state': '%s', 'collection_method': 'app'}", subject,
                purpose, state);
}

static const char *reason_for(const struct tenant *t, const char *subject, const char *purpose)
{
    return string_at(post(t, 200, "/v1/check", "{'subject': %s, 'purpose': '%s'}", subject, purpose),
                     "/reason");
}

Test(record, identifiers_recorded_together_are_one_subject)
{
    struct tenant t = stage_tenant("together");
    const json_t *r = say(&t, PAIR(VISITOR("a"), CUSTOMER("a")), "newsletter", "given");
    cr_assert_null(json_object_get(r, "also"));
    cr_assert_eq(tenant_events(&t), 1);
    cr_assert_str_eq(reason_for(&t, VISITOR("a"), "newsletter"), "granted");
    cr_assert_str_eq(reason_for(&t, CUSTOMER("a"), "newsletter"), "granted");
    say(&t, CUSTOMER("a"), "newsletter", "withdrawn");
    cr_assert_str_eq(reason_for(&t, VISITOR("a"), "newsletter"), "withdrawn");
}

Test(record, a_no_reaches_an_identifier_that_is_named_with_it_later_and_a_yes_does_not)
{
    struct tenant t = stage_tenant("takes-over");
    say(&t, PHONE("0612345678"), "newsletter", "withdrawn");
    say(&t, PHONE("0612345678"), "analytics", "given");
    say(&t, PAIR(CUSTOMER("a"), PHONE("0612345678")), "marketing", "given");
    cr_assert_str_eq(reason_for(&t, CUSTOMER("a"), "newsletter"), "withdrawn");
    cr_assert_str_eq(reason_for(&t, CUSTOMER("a"), "analytics"), "never_asked");
    cr_assert_str_eq(reason_for(&t, CUSTOMER("a"), "marketing"), "granted");
    cr_assert_str_eq(reason_for(&t, PHONE("0612345678"), "marketing"), "granted");
}

Test(record, an_act_is_one_event_of_the_person_of_its_strongest_identifier)
{
    struct tenant t = stage_tenant("two-subjects");
    const char *first = string_at(say(&t, VISITOR("a"), "newsletter", "given"), "/subject_id");
    const char *second = string_at(say(&t, CUSTOMER("a"), "newsletter", "given"), "/subject_id");
    cr_assert_str_neq(first, second);
    const json_t *r = say(&t, PAIR(VISITOR("a"), CUSTOMER("a")), "newsletter", "refused");
    expect(r, "{'subject_id': '%s', 'revision': 3}", second);
    cr_assert_null(json_object_get(r, "also"));
    cr_assert_str_eq(reason_for(&t, VISITOR("a"), "newsletter"), "refused");
    cr_assert_str_eq(reason_for(&t, CUSTOMER("a"), "newsletter"), "refused");
    cr_assert_eq(tenant_events(&t), 3);
}

Test(record, the_same_identifier_twice_is_one)
{
    struct tenant t = stage_tenant("twice");
    const json_t *r =
        post(&t, 201, "/v1/consents",
             "{'subject': [%s, {'type': 'email', 'value': 'A-" MARK
             "@EXAMPLE.nl'}], 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app'}",
             email("a"));
    cr_assert_null(json_object_get(r, "also"));
    cr_assert_eq(tenant_events(&t), 1);
}

Test(record, eight_identifiers_are_taken_and_nine_are_not)
{
    struct tenant t = stage_tenant("eight");
    char list[2048] = "";
    for (int i = 0; i < 9; i++) {
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i > 0 ? ", " : "",
                 email(text_of("n%d", i)));
        if (i >= 7)
            post(&t, i == 7 ? 201 : 422, "/v1/consents",
                 "{'subject': [%s], 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': "
                 "'app'}",
                 list);
    }
    for (int i = 0; i < 8; i++)
        cr_assert_str_eq(reason_of(&t, text_of("n%d", i), "newsletter"), "granted");
}

/* ---- bases ---- */

Test(record, what_may_be_recorded_depends_on_the_lawful_basis)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "bases");
    tenant_apply(&t, json_of("{'controller': {'key': 'bases', 'country': 'NL'}, 'purposes': ["
                             "{'key': 'li', 'lawful_basis': 'legitimate_interest', 'channel': 'email'}, "
                             "{'key': 'task', 'lawful_basis': 'public_task', 'channel': 'post'},"
                             "{'key': 'soft', 'lawful_basis': 'soft_opt_in', 'channel': 'email'}, {'key': "
                             "'contract', 'lawful_basis': 'contract', 'channel': 'web'}]}"));
    const char *body = "{'subject': %s, 'purpose': '%s', 'event_state': '%s', 'collection_method': 'app'%s}";
    expect(post(&t, 201, "/v1/consents", body, email("a"), "li", "withdrawn", ""),
           "{'event_state': 'objected'}");
    expect(post(&t, 201, "/v1/consents", body, email("a"), "task", "objected", ""),
           "{'event_state': 'objected'}");
    cr_assert_str_eq(reason_of(&t, "a", "li"), "objected");
    expect(post(&t, 422, "/v1/consents", body, email("a"), "contract", "given", ""),
           "{'type': 'urn:akkoord:problem:not-withdrawable', 'errors': [{'pointer': '/purpose'}]}");
    post(&t, 422, "/v1/consents", body, email("a"), "soft", "eligible", "");
    const char *sale = ", 'sale': {'ref': 'order-88', 'product_group': 'phones', 'at': "
                       "'2026-02-01T14:00:00Z', 'opt_out_offered_at': '2026-02-01T14:00:00Z'}";
    const json_t *r = post(&t, 201, "/v1/consents", body, email("a"), "soft", "eligible", sale);
    expect(r, "{'event_state': 'eligible', 'effect': 'applied'}");
    expect(last_event(&t, r), "{'sale': {'ref': 'order-88', 'product_group': 'phones', 'at': "
                              "'2026-02-01T14:00:00Z', 'opt_out_offered_at': '2026-02-01T14:00:00Z'}}");
    cr_assert_str_eq(reason_of(&t, "a", "soft"), "granted");
    expect(post(&t, 201, "/v1/consents", body, email("a"), "soft", "withdrawn", ""),
           "{'event_state': 'objected'}");
    expect(post(&t, 201, "/v1/consents", body, email("a"), "soft", "eligible", sale), "{}");
    cr_assert_str_eq(reason_of(&t, "a", "soft"), "objected", "a sale undid a No");
}

Test(record, revisions_are_given_without_a_gap_also_when_many_write_at_once)
{
    enum { COUNT = 60 };
    struct tenant t = stage_tenant("gapless");
    struct request requests[COUNT];
    const struct answer *answers[COUNT];
    bool seen[COUNT + 1] = {false};
    for (int i = 0; i < COUNT; i++)
        requests[i] = (struct request){.service = stage_service(i % 2),
                                       .path = "/v1/consents",
                                       .token = t.token,
                                       .body = json_text("%s", act(text_of("n%d", i % 50), "given", ""))};
    client_send_all(requests, COUNT, answers);
    for (int i = 0; i < COUNT; i++) {
        cr_assert_eq(answers[i]->status, 201, "%s", answers[i]->body);
        long revision = number_at(answers[i]->json, "/revision");
        cr_assert(revision >= 1 && revision <= COUNT && !seen[revision], "revision %ld", revision);
        seen[revision] = true;
    }
}
