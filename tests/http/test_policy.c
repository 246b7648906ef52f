/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct answer *put(const struct tenant *t, const char *header, const json_t *policy)
{
    char *body = json_dumps(policy, 0);
    const struct answer *a = client_send(&(struct request){.service = t->service,
                                                           .method = "PUT",
                                                           .path = "/v1/policy",
                                                           .token = t->token,
                                                           .body = body,
                                                           .headers = {header}});
    free(body);
    return a;
}

static json_t *purpose(json_t *policy, size_t i)
{
    return json_array_get(json_object_get(policy, "purposes"), i);
}

static json_t *with_purpose(const struct tenant *t, const char *key)
{
    json_t *policy = tenant_policy(t);
    json_array_append_new(json_object_get(policy, "purposes"),
                          json_of("{'key': '%s', 'lawful_basis': 'exempt', 'channel': 'web'}", key));
    return policy;
}

Test(policy, what_is_applied_through_one_service_is_in_force_on_the_other_by_the_next_request)
{
    struct tenant t = stage_tenant("two-nodes"), other = tenant_at(&t, stage_service(1));
    cr_assert_str_eq(reason_of(&other, "a", "functional"), "not_required");
    for (int i = 0; i < 10; i++) {
        const char *key = text_of("added-%d", i);
        const struct tenant *here = i % 2 == 0 ? &t : &other, *there = i % 2 == 0 ? &other : &t;
        tenant_apply(here, with_purpose(&t, key));
        cr_assert_str_eq(reason_of(there, "a", key), "not_required");
        tenant_apply(here, tenant_policy(&t));
        post(there, 422, "/v1/check", "{'subject': %s, 'purpose': '%s'}", email("a"), key);
    }
}

Test(policy, a_purpose_that_starts_to_need_more_is_no_longer_allowed_on_either_node)
{
    struct tenant t = stage_tenant("validity"), other = tenant_at(&t, stage_service(1));
    post(&t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app'}",
         email("a"));
    cr_assert_str_eq(reason_of(&other, "a", "newsletter"), "granted");
    json_t *policy = tenant_policy(&t);
    json_array_append_new(json_object_get(policy, "notices"),
                          json_of("{'id': 'newsletter', 'version': '2', 'effective_from': "
                                  "'2026-01-01T00:00:00Z', 'texts': {'en': 'New words.'}}"));
    tenant_apply(&t, policy);
    cr_assert_str_eq(reason_of(&other, "a", "newsletter"), "notice_outdated");
    const json_t *r =
        post(&other, 201, "/v1/consents",
             "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app'}",
             email("b"));
    expect(r, "{'policy_version': 2, 'notice': {'version': '2'}}");
}

Test(policy, records_and_withdrawals_through_the_other_service_know_a_new_purpose)
{
    struct tenant t = stage_tenant("writes"), other = tenant_at(&t, stage_service(1));
    reason_of(&other, "a", "functional");
    json_t *policy = tenant_policy(&t);
    json_array_append_new(
        json_object_get(policy, "purposes"),
        json_of("{'key': 'surveys', 'lawful_basis': 'consent', 'channel': 'sms', 'notice': 'newsletter'}"));
    tenant_apply(&t, policy);
    expect(post(&other, 201, "/v1/consents",
                "{'subject': %s, 'purpose': 'surveys', 'event_state': 'given', 'collection_method': 'app'}",
                email("a")),
           "{'policy_version': 2}");
    json_array_append_new(
        json_object_get(policy, "purposes"),
        json_of("{'key': 'polls', 'lawful_basis': 'consent', 'channel': 'phone', 'notice': 'newsletter'}"));
    tenant_apply(&t, policy);
    expect(post(&other, 200, "/v1/withdraw", "{'subject': %s, 'channel': 'phone'}", email("a")),
           "{'withdrawn': [{'purpose': 'polls'}]}");
    expect(get(&other, 200, "/v1/changes?purpose=polls"),
           "{'changes': [{'purpose': '*', 'channel': 'phone'}]}");
}

Test(policy, what_is_read_back_through_the_other_service_follows_the_policy)
{
    struct tenant t = stage_tenant("read-back"), other = tenant_at(&t, stage_service(1));
    const char *id = string_at(
        post(&t, 201, "/v1/consents",
             "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app'}",
             email("a")),
        "/subject_id");
    expect(get(&other, 200, "/v1/changes"), "{'changes': [{'allow': true, 'reason': 'granted'}]}");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(purpose(policy, 0), "retired", json_true());
    tenant_apply(&t, policy);
    expect(get(&other, 200, "/v1/changes"), "{'changes': [{'allow': false, 'reason': 'retired'}]}");
    json_object_set_new(purpose(policy, 0), "retired", json_false());
    tenant_apply(&t, policy);
    expect(json_at(get(&other, 200, "/v1/subjects/%s/consents", id), "/consents/0"),
           "{'verdict': {'allow': true}}");
    json_object_set_new(purpose(policy, 0), "retired", json_true());
    tenant_apply(&t, policy);
    expect(json_at(get(&other, 200, "/v1/subjects/%s/consents", id), "/consents/0"),
           "{'verdict': {'allow': false, 'reason': 'retired'}}");
    json_object_set_new(purpose(policy, 0), "retired", json_false());
    tenant_apply(&t, policy);
    const char *line = json_text("{'subject': %s, 'purpose': 'newsletter'}\n", email("a"));
    struct request batch = {.service = other.service,
                            .path = "/v1/check/batch?only=allowed",
                            .token = t.token,
                            .content_type = "application/x-ndjson",
                            .body = line};
    cr_assert_str_eq(client_send(&batch)->body, line);
    json_object_set_new(purpose(policy, 0), "retired", json_true());
    tenant_apply(&t, policy);
    cr_assert_str_eq(client_send(&batch)->body, "");
}

Test(policy, the_same_document_is_the_same_version)
{
    struct tenant t = stage_tenant("same");
    const struct answer *again = put(&t, NULL, tenant_policy(&t));
    expect(again->json, "{'version': 1, 'changed': false}");
    cr_assert_str_eq(answer_header(again, "etag"), "\"1\"");
    const char *reordered = json_text("  {'purposes': [{'channel': 'web', 'lawful_basis': 'exempt', 'key': "
                                      "'x'}],\n 'controller': {'country': 'NL', 'key': 'same'}}");
    const char *plain = json_text("{'controller': {'key': 'same', 'country': 'NL'}, 'purposes': [{'key': "
                                  "'x', 'lawful_basis': 'exempt', 'channel': 'web'}]}");
    const struct answer *first = put(&t, NULL, json_of("%s", plain));
    expect(first->json, "{'version': 2, 'changed': true}");
    const struct answer *second = client_send(&(struct request){
        .service = t.service, .method = "PUT", .path = "/v1/policy", .token = t.token, .body = reordered});
    expect(second->json, "{'version': 2, 'changed': false, 'sha256': '%s'}",
           string_at(first->json, "/sha256"));
    expect(put(&t, NULL, tenant_policy(&t))->json, "{'version': 3, 'changed': true}");
}

Test(policy, versions_are_kept_and_told_with_a_strong_etag)
{
    struct tenant t = stage_tenant("versions");
    tenant_apply(&t, with_purpose(&t, "second"));
    for (int version = 1; version <= 2; version++) {
        const struct answer *a = client_send(&(struct request){
            .service = t.service, .path = text_of("/v1/policy?version=%d", version), .token = t.token});
        cr_assert_eq(a->status, 200);
        cr_assert_str_eq(answer_header(a, "etag"), text_of("\"%d\"", version));
        cr_assert_str_eq(answer_header(a, "akkoord-policy-version"), text_of("%d", version));
        cr_assert_str_eq(answer_header(a, "cache-control"), "private, no-cache");
        cr_assert_eq(json_array_size(json_at(a->json, "/purposes")), (size_t)(3 + version));
    }
    cr_assert(json_equal(get(&t, 200, "/v1/policy"), with_purpose(&t, "second")));
    get(&t, 404, "/v1/policy?version=3");
    static const char *const wrong[] = {"0", "-1", "x", "1.5", "", "99999999999999999999", NULL};
    for (size_t i = 0; wrong[i] != NULL; i++)
        get(&t, 422, "/v1/policy?version=%s", wrong[i]);
    get(&t, 422, "/v1/policy?versoin=1");
}

Test(policy, a_client_that_has_it_gets_304)
{
    static const struct {
        const char *header;
        int status;
    } seen[] = {{"If-None-Match: \"1\"", 304},   {"If-None-Match: \"7\", \"1\"", 304},
                {"If-None-Match: W/\"1\"", 304}, {"If-None-Match: *", 304},
                {"If-None-Match: \"2\"", 200},   {"If-None-Match: \"11\"", 200}};
    struct tenant t = stage_tenant("not-modified");
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        const struct answer *a = client_send(&(struct request){
            .service = t.service, .path = "/v1/policy", .token = t.token, .headers = {seen[i].header}});
        cr_assert_eq(a->status, seen[i].status, "%s: %d", seen[i].header, a->status);
        cr_assert_str_eq(answer_header(a, "etag"), "\"1\"");
        cr_assert_eq(a->len > 0, a->status == 200);
    }
}

Test(policy, if_match_makes_sure_that_nobody_applied_one_in_between)
{
    struct tenant t = stage_tenant("if-match");
    const struct answer *stale = put(&t, "If-Match: \"7\"", with_purpose(&t, "x"));
    cr_assert_eq(stale->status, 412);
    expect(stale->json, "{'type': 'urn:akkoord:problem:precondition-failed'}");
    expect(get(&t, 200, "/v1/policy"), "{'purposes': [{}, {}, {}, {}]}");
    cr_assert_eq(put(&t, "If-Match: \"1\"", with_purpose(&t, "x"))->status, 200);
    cr_assert_eq(put(&t, "If-Match: \"1\"", with_purpose(&t, "y"))->status, 412);
    cr_assert_eq(put(&t, "If-Match: *", with_purpose(&t, "z"))->status, 200);
    cr_assert_eq(put(&t, "If-None-Match: *", with_purpose(&t, "w"))->status, 412);
    cr_assert_eq(put(&t, "If-Match: 3", with_purpose(&t, "w"))->status, 400);
    struct tenant fresh = tenant_bare(stage_service(0), stage_keyring(), "if-match-new");
    cr_assert_eq(put(&fresh, "If-None-Match: *", tenant_policy(&fresh))->status, 200);
}

Test(policy, if_match_is_a_list_that_is_compared_strongly)
{
    static const struct {
        const char *header;
        int status;
    } seen[] = {
        {"If-Match: \"7\", \"1\"", 200},    {"If-Match: \"1\" ,\"7\"", 200}, {"If-Match: \"7\", \"8\"", 412},
        {"If-Match: W/\"1\"", 412},         {"If-Match: \"01\"", 412},       {"If-Match: \"x\"", 412},
        {"If-Match: \"99999999999\"", 412}, {"If-Match: \"0\"", 412},        {"If-Match: \"1", 400},
        {"If-Match: \"1\" \"7\"", 400},     {"If-Match: 1, \"1\"", 400},     {"If-Match: *, \"1\"", 400},
        {"If-None-Match: \"1\"", 400}};
    struct tenant t = stage_tenant("if-match-list");
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        const struct answer *a = put(&t, seen[i].header, tenant_policy(&t));
        cr_assert_eq(a->status, seen[i].status, "%s: %d", seen[i].header, a->status);
        if (a->status == 412)
            cr_assert_str_eq(answer_header(a, "etag"), "\"1\"");
    }
}

Test(policy, where_there_is_none_no_if_match_holds)
{
    struct tenant fresh = tenant_bare(stage_service(0), stage_keyring(), "if-match-none");
    const char *const headers[] = {"If-Match: *", "If-Match: \"1\"", "If-Match: \"0\""};
    for (size_t i = 0; i < 3; i++) {
        const struct answer *a = put(&fresh, headers[i], tenant_policy(&fresh));
        cr_assert_eq(a->status, 412, "%s: %d", headers[i], a->status);
        cr_assert_null(answer_header(a, "etag"));
    }
    get(&fresh, 409, "/v1/policy");
}

Test(policy, a_repeat_with_the_same_key_gets_the_first_answer)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "policy-key"),
                  other = tenant_at(&t, stage_service(1));
    const char *const keys[] = {"Idempotency-Key: first", "Idempotency-Key: \"second\""};
    const struct answer *first = put(&t, keys[0], tenant_policy(&t)),
                        *second = put(&t, keys[1], with_purpose(&t, "x"));
    expect(first->json, "{'version': 1, 'changed': true}");
    expect(second->json, "{'version': 2, 'changed': true}");
    const struct answer *again[] = {put(&t, keys[0], tenant_policy(&t)),
                                    put(&other, keys[0], tenant_policy(&t)),
                                    put(&other, "Idempotency-Key: second", with_purpose(&t, "x"))};
    cr_assert_str_eq(again[0]->body, first->body);
    cr_assert_str_eq(again[1]->body, first->body);
    cr_assert_str_eq(again[2]->body, second->body);
    cr_assert_str_eq(answer_header(again[0], "etag"), "\"1\"");
    cr_assert(json_equal(get(&t, 200, "/v1/policy"), with_purpose(&t, "x")), "a late repeat changes nothing");
    const struct answer *same = put(&t, "Idempotency-Key: third", with_purpose(&t, "x"));
    expect(same->json, "{'version': 2, 'changed': false}");
    put(&t, NULL, tenant_policy(&t));
    cr_assert_str_eq(put(&t, "Idempotency-Key: third", with_purpose(&t, "x"))->body, same->body);
    get(&t, 404, "/v1/policy?version=4");
}

Test(policy, the_same_key_with_another_document_or_route_is_422)
{
    struct tenant t = stage_tenant("policy-key-reused");
    cr_assert_eq(put(&t, "Idempotency-Key: k", with_purpose(&t, "x"))->status, 200);
    const struct answer *other = put(&t, "Idempotency-Key: k", with_purpose(&t, "y"));
    cr_assert_eq(other->status, 422);
    expect(other->json, "{'type': 'urn:akkoord:problem:key-reused'}");
    expect(post_with(&t, 422, "/v1/withdraw", "Idempotency-Key: k", "{'subject': %s, 'purpose': '*'}",
                     email("a")),
           "{'type': 'urn:akkoord:problem:key-reused'}");
    post_with(&t, 200, "/v1/withdraw", "Idempotency-Key: l", "{'subject': %s, 'purpose': '*'}", email("a"));
    expect(put(&t, "Idempotency-Key: l", with_purpose(&t, "y"))->json,
           "{'type': 'urn:akkoord:problem:key-reused'}");
    cr_assert_eq(put(&t, "Idempotency-Key: two words", with_purpose(&t, "y"))->status, 400);
    get(&t, 404, "/v1/policy?version=3");
}

Test(policy, of_two_that_build_on_the_same_version_one_wins)
{
    struct tenant t = stage_tenant("two-writers");
    for (int round = 1; round <= 5; round++) {
        const char *header = text_of("If-Match: \"%d\"", round);
        struct request requests[2];
        const struct answer *answers[2];
        for (int i = 0; i < 2; i++)
            requests[i] =
                (struct request){.service = stage_service(i),
                                 .method = "PUT",
                                 .path = "/v1/policy",
                                 .token = t.token,
                                 .headers = {header},
                                 .body = json_dumps(with_purpose(&t, text_of("p%d-%d", round, i)), 0)};
        client_send_all(requests, 2, answers);
        cr_assert_eq(answers[0]->status + answers[1]->status, 200 + 412, "%d and %d", answers[0]->status,
                     answers[1]->status);
    }
}

Test(policy, the_basis_of_a_purpose_with_events_is_fixed)
{
    struct tenant t = stage_tenant("basis");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(purpose(policy, 0), "lawful_basis", json_string("soft_opt_in"));
    tenant_apply(&t, policy);
    tenant_apply(&t, tenant_policy(&t));
    post(&t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app'}",
         email("a"));
    const struct answer *a = put(&t, NULL, policy);
    cr_assert_eq(a->status, 409);
    expect(a->json,
           "{'type': 'urn:akkoord:problem:conflict', 'errors': [{'pointer': '/purposes/0/lawful_basis'}]}");
}

Test(policy, the_words_of_a_notice_version_are_fixed)
{
    struct tenant t = stage_tenant("words");
    json_t *policy = tenant_policy(&t);
    json_t *notice = json_array_get(json_object_get(policy, "notices"), 1);
    json_object_set_new(json_object_get(notice, "texts"), "en", json_string("Other words."));
    const struct answer *a = put(&t, NULL, policy);
    cr_assert_eq(a->status, 409);
    expect(a->json, "{'type': 'urn:akkoord:problem:conflict', 'errors': [{'pointer': '/notices/1'}]}");
    json_object_set_new(notice, "version", json_string("2"));
    json_object_set_new(notice, "effective_from", json_string("2026-01-01T00:00:00Z"));
    cr_assert_eq(put(&t, NULL, policy)->status, 200);
}

Test(policy, the_country_is_fixed_once_a_phone_number_is_known)
{
    struct tenant t = stage_tenant("country");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_object_get(policy, "controller"), "country", json_string("BE"));
    tenant_apply(&t, policy);
    tenant_apply(&t, tenant_policy(&t));
    post(&t, 201, "/v1/consents",
         "{'subject': {'type': 'phone', 'value': '+316%.8s'}, 'purpose': 'newsletter', 'event_state': "
         "'given', 'collection_method': 'app'}",
         MARK_PHONE + 1);
    const struct answer *a = put(&t, NULL, policy);
    cr_assert_eq(a->status, 409);
    expect(a->json,
           "{'type': 'urn:akkoord:problem:conflict', 'errors': [{'pointer': '/controller/country'}]}");
}

Test(policy, a_country_whose_holidays_are_not_known_is_warned_of)
{
    struct tenant t = stage_tenant("policy-holidays");
    json_t *policy = tenant_policy(&t), *controller = json_object_get(policy, "controller");
    static const char *const countries[] = {"NL", "IS"};
    for (size_t i = 0; i < 2; i++) {
        json_object_set_new(controller, "country", json_string(countries[i]));
        json_object_set_new(controller, "time_zone", json_string("Europe/Amsterdam"));
        const struct answer *a = client_send(&(struct request){.service = t.service,
                                                               .method = "PUT",
                                                               .path = "/v1/policy",
                                                               .token = t.token,
                                                               .body = json_dumps(policy, 0)});
        cr_assert_eq(a->status, 200, "%s", a->body);
        expect(a->json, i == 0 ? "{'warnings': []}" : "{'warnings': [{'pointer': '/controller/country'}]}");
    }
}

Test(policy, every_fault_of_a_document_is_told_at_once_and_nothing_is_applied)
{
    struct tenant t = stage_tenant("faults");
    const struct answer *a =
        put(&t, NULL,
            json_of("{'controller': {'key': 'faults', 'country': 'Netherlands'}, 'purposes': ["
                    "{'key': 'Newsletter', 'lawful_basis': 'exempt', 'channel': 'web'}, {'key': 'a', "
                    "'lawful_basis': 'because', 'channel': 'web'},"
                    "{'key': 'b', 'lawful_basis': 'exempt', 'channel': 'web', 'validity': 'six months'}, "
                    "{'key': 'c', 'lawful_basis': 'consent', 'channel': 'web'}], 'colour': 'red'}"));
    cr_assert_eq(a->status, 422);
    static const char *const pointers[] = {"/controller/country",
                                           "/purposes/0/key",
                                           "/purposes/1/lawful_basis",
                                           "/purposes/2/validity",
                                           "/purposes/3/notice",
                                           "/colour",
                                           NULL};
    for (size_t i = 0; pointers[i] != NULL; i++)
        cr_assert_not_null(strstr(a->body, text_of("\"pointer\":\"%s\"", pointers[i])), "%s is not in %s",
                           pointers[i], a->body);
    cr_assert_str_eq(answer_header(client_send(&(struct request){
                                       .service = t.service, .path = "/v1/policy", .token = t.token}),
                                   "etag"),
                     "\"1\"");
}

Test(policy, the_command_applies_a_file_and_says_what_is_wrong_with_one)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "by-command");
    const char *file = text_of("%s/by-command.json", stage_keyring()->dir);
    const char *const argv[] = {HARNESS_PROGRAM, "apply", file, NULL};
    const char *const settings[] = {text_of("AKKOORD_DATABASE=%s", stage_database()->service),
                                    text_of("AKKOORD_SUBJECT_KEY_FILE=%s", t.keyring->subject_key_file),
                                    NULL};
    char *body = json_dumps(tenant_policy(&t), 0);
    cr_assert_eq(file_write(file, body), 0);
    cr_assert_eq(process_run(argv, settings, NULL), 0);
    cr_assert_eq(process_run(argv, settings, NULL), 0);
    cr_assert(json_equal(get(&t, 200, "/v1/policy"), tenant_policy(&t)));
    cr_assert_eq(file_write(file, "{\"controller\": {}}"), 0);
    cr_assert_neq(process_run(argv, settings, NULL), 0);
    expect(get(&t, 200, "/v1/policy?version=1"), "{}");
    get(&t, 404, "/v1/policy?version=2");
    free(body);
}
