/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a check would have answered at a moment: by what was recorded up to then, and the policy of then.
 * tests/model/as_of.py holds it to the model over random worlds. */

static const json_t *say(const struct tenant *t, const char *name, const char *purpose, const char *state)
{
    return post(t, 201, "/v1/consents",
                "{'subject': %s, 'purpose': '%s', 'event_state': '%s', 'collection_method': 'app'}",
                email(name), purpose, state);
}

/* When the database last recorded something of the tenant; and a microsecond before. */
static const char *recorded(const struct tenant *t, int before)
{
    return database_value(
        stage_database(),
        "select to_char(max(recorded_at) - %d * interval '1 microsecond', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from event join controller using (controller_id) "
        "where key = '%s'",
        before, t->key);
}

static const json_t *then_(const struct tenant *t, int status, const char *name, const char *moment)
{
    return post(t, status, "/v1/check", "{'subject': %s, 'purpose': 'newsletter', 'as_of': '%s'}",
                email(name), moment);
}

enum { ARRAY = 1000, MUCH = 10, TOO_MUCH = 20 }; /* arrays: as_of_most() is 20 000 acts */

/* A Yes and a No in turns, of one person. */
static void say_many(const struct tenant *t)
{
    json_t *acts = json_array();
    for (int i = 0; i < ARRAY; i++)
        json_array_append_new(acts, json_pack("{s:{s:s,s:s},s:s,s:s,s:s}", "subject", "type", "customer",
                                              "value", "K", "purpose", "newsletter", "event_state",
                                              i % 2 == 0 ? "given" : "refused", "collection_method", "app"));
    char *body = json_dumps(acts, JSON_COMPACT);
    const struct answer *a = client_send(&(struct request){.service = t->service,
                                                           .protocol = HTTP2,
                                                           .token = t->token,
                                                           .method = "POST",
                                                           .path = "/v1/consents",
                                                           .body = body});
    cr_assert_eq(a->status, 201, "%s", a->body);
    json_decref(acts);
    free(body);
}

Test(as_of, who_said_much_is_wound_back_and_of_too_much_it_is_said_for_good)
{
    struct tenant t = stage_tenant("as-of-much");
    static const char check[] =
        "{'subject': {'type': 'customer', 'value': 'K'}, 'purpose': 'newsletter', 'as_of': '%s'}";
    for (int i = 0; i < MUCH; i++)
        say_many(&t);
    const char *moment = recorded(&t, 0);
    expect(post(&t, 200, "/v1/check", check, moment), "{'reason': 'refused'}");
    for (int i = MUCH; i <= TOO_MUCH; i++)
        say_many(&t);
    expect(post(&t, 422, "/v1/check", check, moment),
           "{'type': 'urn:akkoord:problem:invalid', 'allow': false}");
}

Test(as_of, each_moment_has_the_verdict_that_stood_then_with_the_event_that_proves_it)
{
    struct tenant t = stage_tenant("as-of");
    say(&t, "b", "newsletter", "given");
    const char *start = recorded(&t, 0);
    const json_t *yes = say(&t, "a", "newsletter", "given");
    const char *given = recorded(&t, 0), *before = recorded(&t, 1);
    const json_t *no = say(&t, "a", "newsletter", "refused");
    const char *refused = recorded(&t, 0), *yet = recorded(&t, 1);
    expect(then_(&t, 200, "a", start), "{'allow': false, 'reason': 'never_asked', 'events': []}");
    expect(then_(&t, 200, "a", before), "{'allow': false, 'reason': 'never_asked', 'as_of': '%s'}", before);
    expect(then_(&t, 200, "a", given),
           "{'allow': true, 'reason': 'granted', 'policy_version': 1, 'record_id': '%s', 'events': "
           "[{'record_id': "
           "'%s', 'event_state': 'given', 'actor': 'tester'}]}",
           string_at(yes, "/record_id"), string_at(yes, "/record_id"));
    expect(then_(&t, 200, "a", yet), "{'allow': true}");
    expect(then_(&t, 200, "a", refused),
           "{'allow': false, 'reason': 'refused', 'events': [{'record_id': '%s'}]}",
           string_at(no, "/record_id"));
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "refused", "nothing of it stays");
    expect(get(&t, 200, "/v1/audit"), "{'entries': [{'action': 'check_as_of'}, {}, {}, {}, {}]}");
}

Test(as_of, a_no_that_reached_an_address_later_did_not_reach_it_then)
{
    struct tenant t = stage_tenant("as-of-ties");
    say(&t, "a", "newsletter", "given");
    const char *given = recorded(&t, 0);
    post(&t, 200, "/v1/withdraw", "{'subject': {'type': 'customer', 'value': '" MARK "-1'}, 'purpose': '*'}");
    const char *withdrawn = recorded(&t, 0);
    post(&t, 201, "/v1/consents",
         "{'subject': [{'type': 'customer', 'value': '" MARK
         "-1'}, %s], 'purpose': 'marketing', 'event_state': "
         "'refused', 'collection_method': 'app'}",
         email("a"));
    const char *tied = recorded(&t, 0);
    expect(then_(&t, 200, "a", given), "{'reason': 'granted'}");
    expect(then_(&t, 200, "a", withdrawn), "{'reason': 'granted'}");
    expect(then_(&t, 200, "a", tied), "{'reason': 'withdrawn'}");
}

Test(as_of, the_policy_is_that_of_the_moment)
{
    struct tenant t = stage_tenant("as-of-policy");
    say(&t, "a", "newsletter", "given");
    const char *given = recorded(&t, 0);
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "validity",
                        json_of("'PT1S'"));
    tenant_apply(&t, policy);
    say(&t, "b", "newsletter", "given");
    const char *later = recorded(&t, 0);
    expect(then_(&t, 200, "a", given), "{'policy_version': 1, 'reason': 'granted'}");
    expect(then_(&t, 200, "b", later), "{'policy_version': 2, 'reason': 'granted'}");
    expect(then_(&t, 410, "a", "2020-01-01T00:00:00Z"), "{'type': 'urn:akkoord:problem:not-known-any-more'}");
    then_(&t, 422, "a", time_from_now(3600));
    then_(&t, 422, "a", "2026-02-30T00:00:00Z");
    post(&t, 422, "/v1/check", "{'subject': %s, 'purpose': 'nothing', 'as_of': '%s'}", email("a"), given);
    post(&t, 422, "/v1/check", "{'subject': %s, 'purpose': 'newsletter', 'as_of': '%s', 'x': 1}", email("a"),
         given);
    expect(post(&t, 200, "/v1/check",
                "{'subject': [%s, %s], 'purposes': ['newsletter', 'marketing'], 'as_of': '%s'}", email("a"),
                email("nobody"), given),
           "{'results': [{'reason': 'never_asked'}, {'reason': 'never_asked'}]}");
}

Test(as_of, a_body_that_only_has_the_word_in_it_is_an_ordinary_check)
{
    struct tenant t = stage_tenant("as-of-word");
    expect(post(&t, 200, "/v1/check",
                "{'subject': {'type': 'customer', 'value': 'as_of'}, 'purpose': 'newsletter'}"),
           "{'reason': 'never_asked'}");
}

Test(as_of, what_was_purged_since_is_not_known_any_more)
{
    struct tenant t = stage_tenant("as-of-purged");
    say(&t, "a", "newsletter", "given");
    const char *given = recorded(&t, 0);
    say(&t, "b", "newsletter", "given");
    PGconn *owner = database_session(stage_database());
    session_run(
        owner, "begin; set local akkoord.purging = 'on'; "
               "create temp table who as select i.controller_id, i.tag, i.subject_no from identifier i join "
               "controller c using (controller_id) join event e using (controller_id, subject_no) "
               "where c.key = 'as-of-purged' and e.revision = 1; "
               "insert into purged select controller_id, 1, 1, 'retention' from who; "
               "delete from event e using who w where e.controller_id = w.controller_id and e.revision = 1; "
               "delete from consent s using who w where s.controller_id = w.controller_id and s.tag = w.tag; "
               "delete from identifier i using who w where i.controller_id = w.controller_id and "
               "i.tag = w.tag; commit");
    PQfinish(owner);
    expect(then_(&t, 410, "a", given), "{'type': 'urn:akkoord:problem:not-known-any-more'}");
    say(&t, "c", "newsletter", "given");
    expect(then_(&t, 200, "a", recorded(&t, 0)), "{'reason': 'never_asked'}");
    expect(then_(&t, 200, "b", recorded(&t, 0)), "{'reason': 'granted'}");
}

/* The undo took the tie too, by which a No and a restriction that came later are not to be found then. */
Test(as_of, what_an_undone_import_tied_is_wound_back_with_it)
{
    struct tenant t = stage_tenant("as-of-undone");
    const char *id = string_at(say(&t, "a", "newsletter", "given"), "/subject_id");
    post(&t, 201, "/v1/consents",
         "{'subject': [%s, %s], 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': "
         "'web_form', 'event_time': '2026-03-01T00:00:00Z', 'notice': {'id': 'newsletter', 'version': '1'}, "
         "'import': {'source': 'crm', 'batch': '1'}}",
         email("a"), email("b"));
    const char *moment = recorded(&t, 0);
    expect(then_(&t, 200, "b", moment), "{'reason': 'granted'}");
    say(&t, "a", "newsletter", "withdrawn");
    post(&t, 200, text_of("/v1/subjects/%s/restrict", id), "{}");
    expect(then_(&t, 200, "b", moment), "{'reason': 'granted'}");
    post(&t, 200, "/v1/imports/crm/1/undo", "{}");
    expect(then_(&t, 200, "b", moment), "{'reason': 'granted'}");
}

Test(as_of, a_moment_ahead_is_where_the_body_says_it)
{
    struct tenant t = stage_tenant("as-of-ahead");
    expect(post(&t, 422, "/v1/check", "{'subject': %s, 'purpose': 'newsletter', 'as_of': '%s'}", email("a"),
                time_from_now(3600)),
           "{'errors': [{'pointer': '/as_of'}]}");
}

/* ---- keep: that a check was asked ---- */

Test(keep, a_trace_proves_that_the_check_came_before_the_send)
{
    struct tenant t = stage_tenant("keep");
    say(&t, "a", "newsletter", "given");
    const json_t *one =
        post(&t, 200, "/v1/check", "{'subject': %s, 'purpose': 'newsletter', 'keep': {'ref': 'campaign-17'}}",
             email("a"));
    expect(one, "{'allow': true, 'reason': 'granted'}");
    const json_t *many = post(&t, 200, "/v1/check",
                              "{'subject': %s, 'purposes': ['newsletter', 'marketing'], 'keep': {'ref': "
                              "'campaign-17'}}",
                              email("a"));
    expect(
        get(&t, 200, "/v1/check/traces?ref=campaign-17"),
        "{'traces': [{'trace_id': '%s', 'at': '%s', 'actor': 'tester', 'revision': 1, 'policy_version': 1, "
        "'verdicts': 1, 'allowed': 1}, {'trace_id': '%s', 'verdicts': 2, 'allowed': 1}], 'next': null}",
        string_at(one, "/trace_id"), string_at(one, "/as_of"), string_at(many, "/trace_id"));
    expect(get(&t, 200, "/v1/check/traces?ref=campaign-18"), "{'traces': []}");
    get(&t, 422, "/v1/check/traces");
    post(&t, 422, "/v1/check", "{'subject': %s, 'purpose': 'newsletter', 'keep': {}}", email("a"));
    const char *now = string_at(
        post(&t, 200, "/v1/check", "{'subject': %s, 'purpose': 'newsletter'}", email("a")), "/as_of");
    expect(
        post(&t, 422, "/v1/check",
             "{'subject': %s, 'purpose': 'newsletter', 'as_of': '%s', 'keep': {'ref': 'campaign-17'}}",
             email("a"), now),
        "{'errors': [{'pointer': '/keep', 'detail': 'proves that a check came before a send; one that looks "
        "back is kept in the audit'}]}");
    post(&t, 422, "/v1/check", "{'subject': %s, 'purpose': 'newsletter', 'keep': {'ref': 'of a@example.nl'}}",
         email("a"));
}

/* By another program. */
static const char *mac_of(const char *salt, const char *text)
{
    const char *path = text_of("%s/hashed-%d", STAGE_DIR, (int)getpid());
    const char *const argv[] = {
        "/usr/bin/env", "openssl", "mac",  "-digest", "SHA256", "-macopt", text_of("hexkey:%s", salt),
        "-in",          path,      "HMAC", NULL};
    char *output;
    cr_assert_eq(file_write(path, text), 0);
    cr_assert_eq(process_run(argv, NULL, &output), 0);
    for (char *at = output; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    return text_of("%.64s", output);
}

Test(keep, what_is_kept_of_one_check_finds_nobody_without_its_salt)
{
    struct tenant t = stage_tenant("keep-salt");
    say(&t, "a", "newsletter", "given");
    const char *body =
        json_text("{'subject': %s, 'purpose': 'newsletter', 'keep': {'ref': 'salted'}}", email("a"));
    const char *salts[2];
    for (int i = 0; i < 2; i++) {
        const struct answer *told = client_send(
            &(struct request){.service = t.service, .token = t.token, .path = "/v1/check", .body = body});
        cr_assert_eq(told->status, 200, "%s", told->body);
        salts[i] = string_at(told->json, "/salt");
        cr_expect_eq(strlen(salts[i]), 32);
        expect(get(&t, 200, "/v1/check/traces?ref=salted&after=%d", i),
               "{'traces': [{'trace_id': '%s', 'request_hmac': '%s', 'answer_hmac': '%s'}]}",
               string_at(told->json, "/trace_id"), mac_of(salts[i], body), mac_of(salts[i], told->body));
        cr_expect_null(database_mentions(stage_database(), salts[i]));
    }
    cr_expect_str_neq(salts[0], salts[1]);
}

static const struct answer *batch_kept(const struct tenant *t, const char *ref, const char *query,
                                       const char *body)
{
    return client_send(&(struct request){.service = t->service,
                                         .token = t->token,
                                         .path = text_of("/v1/check/batch?keep=%s%s", ref, query),
                                         .content_type = "application/x-ndjson",
                                         .body = body});
}

Test(keep, a_batch_leaves_one_trace_with_the_hashes_of_what_was_sent_and_told)
{
    struct tenant t = stage_tenant("keep-batch");
    say(&t, "a", "newsletter", "given");
    char *body =
        text_of("{\"subject\": {\"type\": \"email\", \"value\": \"%s\"}, \"purpose\": \"newsletter\"}\n\n",
                string_at(json_of("%s", email("a")), "/value"));
    body = text_of(
        "%s%sno JSON\n%s", body, body,
        "{\"subject\": {\"type\": \"email\", \"value\": \"z@example.nl\"}, \"purpose\": \"newsletter\"}");
    static const char *const queries[] = {"", "&only=allowed", "&only=denied"};
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        const char *ref = text_of("list-%zu", i);
        const struct answer *told = batch_kept(&t, ref, queries[i], body);
        cr_assert_eq(told->status, 200, "%s", told->body);
        expect(
            get(&t, 200, "/v1/check/traces?ref=%s", ref),
            "{'traces': [{'trace_id': '%s', 'actor': 'tester', 'revision': 1, 'verdicts': 3, 'allowed': 2, "
            "'request_hmac': '%s', 'answer_hmac': '%s'}], 'next': null}",
            answer_header(told, "trace-id"), mac_of(answer_header(told, "trace-salt"), body),
            mac_of(answer_header(told, "trace-salt"), told->body));
    }
    cr_expect_eq(batch_kept(&t, "of%20a@example.nl", "", body)->status, 422);
    cr_expect_eq(batch_kept(&t, "", "", body)->status, 422);
    const struct answer *empty = batch_kept(&t, "nothing", "", "no JSON");
    expect(get(&t, 200, "/v1/check/traces?ref=nothing"),
           "{'traces': [{'verdicts': 0, 'allowed': 0, 'answer_hmac': '%s'}]}",
           mac_of(answer_header(empty, "trace-salt"), empty->body));
}

Test(keep, the_hash_of_a_large_batch_is_that_of_all_its_slices)
{
    enum { LINES = 5000 };
    struct tenant t = stage_tenant("keep-large");
    char *body;
    size_t len;
    FILE *out = open_memstream(&body, &len);
    for (int i = 0; i < LINES; i++)
        fprintf(out,
                "{\"subject\": {\"type\": \"customer\", \"value\": \"%04d\"}, \"purpose\": "
                "\"newsletter\"}\n",
                i);
    fclose(out);
    const struct answer *told = batch_kept(&t, "large", "", body);
    cr_assert_eq(told->status, 200);
    expect(get(&t, 200, "/v1/check/traces?ref=large"),
           "{'traces': [{'verdicts': 5000, 'allowed': 0, 'request_hmac': '%s', 'answer_hmac': '%s'}]}",
           mac_of(answer_header(told, "trace-salt"), body),
           mac_of(answer_header(told, "trace-salt"), told->body));
    free(body);
}
