/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <string.h>

/* What a next version may not make of the Noes and Yeses that people said to this one. */

#define WORDS   "'notices': [{'id': 'n', 'version': '1', 'texts': {'en': 'Yes'}}]"
#define CONSENT "'lawful_basis': 'consent', 'channel': 'email', 'notice': 'n'"

static const struct answer *send(const struct tenant *t, const char *method, const char *path,
                                 const json_t *policy)
{
    char *body = json_dumps(policy, 0);
    const struct answer *a = client_send(&(struct request){
        .service = t->service, .method = method, .path = path, .token = t->token, .body = body});
    free(body);
    return a;
}

/* Applied, which a rehearsal foretells. Returns the answer. */
static const json_t *apply(const struct tenant *t, const char *query, int status, const json_t *policy)
{
    if (query[0] == '\0') {
        const struct answer *a = send(t, "POST", "/v1/policy/rehearse", policy);
        cr_expect_eq(a->status, status, "rehearsed: %s", a->body);
    }
    const struct answer *a = send(t, "PUT", text_of("/v1/policy%s", query), policy);
    cr_assert_eq(a->status, status, "%s", a->body);
    return a->json;
}

static void refused(const struct tenant *t, const char *pointer, const json_t *policy)
{
    expect(apply(t, "", 409, policy),
           "{'type': 'urn:akkoord:problem:conflict', 'errors': [{'pointer': '%s'}]}", pointer);
}

/* ${purposes}: in single quotes, as the rest of a document behind them. */
static json_t *document(const struct tenant *t, const char *purposes)
{
    return json_of("{'controller': {'key': '%s', 'country': 'NL'}, 'purposes': [%s}", t->key, purposes);
}

static struct tenant tenant_of(const char *key, const char *purposes)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), key);
    apply(&t, "", 200, document(&t, purposes));
    return t;
}

static json_t *purpose(json_t *policy, size_t i)
{
    return json_array_get(json_object_get(policy, "purposes"), i);
}

static void give(const struct tenant *t, const char *name, const char *key, const char *more)
{
    post(t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': '%s', 'event_state': 'given', 'collection_method': 'app'%s}",
         email(name), key, more);
}

static void stop(const struct tenant *t, const char *name, const char *what)
{
    post(t, 200, "/v1/withdraw", "{'subject': %s, %s}", email(name), what);
}

/* ---- channels ---- */

Test(policy_bound, the_channel_of_a_purpose_in_use_is_fixed)
{
    struct tenant t = tenant_of("bound-channel", "{'key': 'news', " CONSENT "}], " WORDS);
    json_t *policy = document(&t, "{'key': 'news', " CONSENT "}], " WORDS);
    json_object_set_new(purpose(policy, 0), "channel", json_string("sms"));
    apply(&t, "", 200, policy);
    json_object_set_new(purpose(policy, 0), "channel", json_string("email"));
    apply(&t, "", 200, policy);
    give(&t, "a", "news", "");
    stop(&t, "a", "'channel': 'email'");
    json_object_set_new(purpose(policy, 0), "channel", json_string("sms"));
    refused(&t, "/purposes/0/channel", policy);
    cr_expect_str_eq(reason_of(&t, "a", "news"), "withdrawn");
}

Test(policy_bound, what_a_no_to_a_channel_stops_keeps_its_channel_though_nothing_was_said_of_it)
{
    static const char both[] = "{'key': 'letters', 'lawful_basis': 'legitimate_interest', 'channel': 'post', "
                               "'direct_marketing': true}, {'key': 'bills', 'lawful_basis': 'contract', "
                               "'channel': 'post'}]";
    struct tenant t = tenant_of("bound-letters", both);
    stop(&t, "a", "'channel': 'post'");
    json_t *policy = document(&t, both);
    json_object_set_new(purpose(policy, 1), "channel", json_string("web"));
    apply(&t, "", 200, policy);
    json_object_set_new(purpose(policy, 0), "channel", json_string("web"));
    refused(&t, "/purposes/0/channel", policy);
}

Test(policy_bound, a_purpose_comes_again_by_the_channel_it_had)
{
    static const char both[] = "{'key': 'news', " CONSENT "}, {'key': 'x', 'lawful_basis': 'exempt', "
                               "'channel': 'web'}], " WORDS;
    struct tenant t = tenant_of("bound-again", both);
    give(&t, "a", "news", "");
    stop(&t, "a", "'channel': 'email'");
    json_t *policy = document(&t, both);
    json_array_remove(json_object_get(policy, "purposes"), 0);
    apply(&t, "?force=retire", 200, policy);
    policy = document(&t, both);
    json_object_set_new(purpose(policy, 0), "channel", json_string("sms"));
    refused(&t, "/purposes/0/channel", policy);
    apply(&t, "", 200, document(&t, both));
    cr_expect_str_eq(reason_of(&t, "a", "news"), "withdrawn");
}

/* ---- what was replaced ---- */

#define CHAIN                                                                                                \
    "{'key': 'a', " CONSENT "}, {'key': 'b', " CONSENT ", 'replaces': 'a'}, {'key': 'c', " CONSENT           \
    ", 'replaces': 'b'}], " WORDS

Test(policy_bound, what_a_purpose_replaced_it_goes_on_replacing)
{
    struct tenant t = tenant_of("bound-replaces", CHAIN);
    json_t *policy = document(&t, CHAIN);
    json_object_del(purpose(policy, 1), "replaces");
    apply(&t, "", 200, policy);
    apply(&t, "", 200, document(&t, CHAIN));
    give(&t, "p", "c", ", 'event_time': '2026-11-01T00:00:00Z'");
    stop(&t, "p", "'purpose': 'a'");
    cr_expect_str_eq(reason_of(&t, "p", "c"), "withdrawn");
    refused(&t, "/purposes/1/replaces", policy);

    policy = document(&t, CHAIN);
    json_object_set_new(purpose(policy, 2), "replaces", json_string("a"));
    apply(&t, "", 200, policy);
    json_object_del(purpose(policy, 2), "replaces");
    refused(&t, "/purposes/2/replaces", policy);
    cr_expect_str_eq(reason_of(&t, "p", "c"), "withdrawn");
}

Test(policy_bound, what_came_between_stays_in_the_document)
{
    struct tenant t = tenant_of("bound-between", CHAIN);
    give(&t, "p", "c", ", 'event_time': '2026-11-01T00:00:00Z'");
    stop(&t, "p", "'purpose': 'a'");
    json_t *policy = document(&t, CHAIN);
    json_object_set_new(purpose(policy, 1), "retired", json_true());
    apply(&t, "", 200, policy);
    cr_expect_str_eq(reason_of(&t, "p", "c"), "withdrawn");
    json_array_remove(json_object_get(policy, "purposes"), 1);
    refused(&t, "/purposes/1/replaces", policy);
    json_array_remove(json_object_get(policy, "purposes"), 0);
    json_object_set_new(purpose(policy, 0), "replaces", json_string("a"));
    apply(&t, "?force=retire", 200, policy);
    cr_expect_str_eq(reason_of(&t, "p", "c"), "withdrawn");
}

Test(policy_bound, a_purpose_takes_the_place_of_one_of_its_own_channel)
{
    struct tenant t =
        tenant_of("bound-place", "{'key': 'a', " CONSENT "}, {'key': 'b', " CONSENT "}], " WORDS);
    json_t *policy =
        document(&t, "{'key': 'a', " CONSENT "}, {'key': 'b', 'lawful_basis': 'consent', 'channel': 'web', "
                     "'notice': 'n', 'replaces': 'a'}], " WORDS);
    expect(apply(&t, "", 422, policy), "{'errors': [{'pointer': '/purposes/1/replaces'}]}");
    json_array_remove(json_object_get(policy, "purposes"), 0);
    expect(apply(&t, "", 422, policy), "{'errors': [{'pointer': '/purposes/0/replaces'}]}");
    json_object_set_new(purpose(policy, 0), "channel", json_string("email"));
    apply(&t, "", 200, policy);
}

/* ---- entities ---- */

#define COMPANIES "'entities': [{'key': 'a', 'name': 'A'}, {'key': 'b', 'name': 'B'}]"
#define OF_A      "{'key': 'news', " CONSENT ", 'entities': ['a']}], " WORDS ", " COMPANIES
#define OF_ALL    "{'key': 'news', " CONSENT "}], " WORDS ", " COMPANIES

static void words_add(json_t *policy, const char *version, const char *from, const char *change)
{
    json_array_append_new(json_object_get(policy, "notices"),
                          json_of("{'id': 'n', 'version': '%s', 'effective_from': '%s', 'change': '%s', "
                                  "'texts': {'en': 'Yes, to B as well'}}",
                                  version, from, change));
}

static void entity_add(json_t *policy, const char *key)
{
    json_array_append_new(json_object_get(policy, "entities"), json_of("{'key': '%s', 'name': 'C'}", key));
}

Test(policy_bound, nobody_agreed_to_a_company_that_was_not_there)
{
    struct tenant t = tenant_of("bound-wider", OF_A);
    json_t *policy = document(&t, OF_A);
    json_object_del(purpose(policy, 0), "entities");
    apply(&t, "", 200, policy);
    apply(&t, "", 200, document(&t, OF_A));
    give(&t, "p", "news", ", 'entity': 'a'");
    apply(&t, "", 200, policy);
    cr_expect_str_eq(reason_of(&t, "p", "news"), "never_asked");
    apply(&t, "", 200, document(&t, OF_A));

    give(&t, "p", "news", "");
    refused(&t, "/purposes/0/entities", policy);
    words_add(policy, "2", "2026-01-01T00:00:00Z", "editorial");
    refused(&t, "/purposes/0/entities", policy);
    words_add(policy, "3", "2099-01-01T00:00:00Z", "material");
    refused(&t, "/purposes/0/entities", policy);
    words_add(policy, "4", "2026-02-01T00:00:00Z", "material");
    apply(&t, "", 200, policy);
    cr_expect_str_eq(reason_of(&t, "p", "news"), "notice_outdated");
    give(&t, "p", "news", "");
    cr_expect_str_eq(reason_of(&t, "p", "news"), "granted");
}

Test(policy_bound, a_company_of_its_own_or_of_a_retired_purpose_is_free)
{
    struct tenant t = tenant_of("bound-later", OF_ALL);
    give(&t, "p", "news", "");
    json_t *policy = document(&t, OF_ALL);
    entity_add(policy, "c");
    refused(&t, "/purposes/0/entities", policy);

    /* of what was there */
    json_object_set_new(purpose(policy, 0), "entities", json_of("['b', 'a']"));
    json_array_append_new(json_object_get(policy, "purposes"),
                          json_of("{'key': 'more', " CONSENT ", 'entities': ['c']}"));
    json_object_set_new(json_array_get(json_object_get(policy, "entities"), 0), "name", json_string("Aa"));
    apply(&t, "", 200, policy);
    json_object_set_new(purpose(policy, 0), "entities", json_of("['b']"));
    apply(&t, "", 200, policy);

    /* it does not come back wider than it went */
    json_object_set_new(purpose(policy, 0), "retired", json_true());
    json_object_set_new(purpose(policy, 0), "entities", json_of("['b', 'c']"));
    apply(&t, "", 200, policy);
    json_object_del(purpose(policy, 0), "retired");
    refused(&t, "/purposes/0/entities", policy);
}

Test(policy_bound, of_a_controller_that_becomes_several_none_was_named)
{
    struct tenant t = tenant_of("bound-several", "{'key': 'news', " CONSENT "}], " WORDS);
    give(&t, "p", "news", "");
    refused(&t, "/purposes/0/entities", document(&t, OF_ALL));
}

Test(policy_bound, a_controller_as_a_whole_is_more_than_one_of_its_companies)
{
    struct tenant t = tenant_of("bound-whole", OF_A), whole = tenant_of("bound-whole-all", OF_ALL);
    give(&t, "p", "news", "");
    give(&whole, "p", "news", "");
    refused(&t, "/purposes/0/entities", document(&t, "{'key': 'news', " CONSENT "}], " WORDS));
    apply(&whole, "", 200, document(&whole, "{'key': 'news', " CONSENT "}], " WORDS));
}

Test(policy_bound, a_sale_of_one_company_is_none_of_another)
{
    static const char soft[] = "{'key': 'offers', 'lawful_basis': 'soft_opt_in', 'channel': 'email', "
                               "'notice': 'n', 'entities': ['a']}], " WORDS ", " COMPANIES;
    struct tenant t = tenant_of("bound-sale", soft);
    post(
        &t, 201, "/v1/consents",
        "{'subject': %s, 'purpose': 'offers', 'event_state': 'eligible', 'collection_method': 'api', 'sale': "
        "{'ref': 's', 'product_group': 'tv', 'at': '2026-11-01T00:00:00Z', 'opt_out_offered_at': "
        "'2026-11-01T00:00:00Z'}}",
        email("p"));
    json_t *policy = document(&t, soft);
    json_object_del(purpose(policy, 0), "entities");
    words_add(policy, "2", "2026-01-01T00:00:00Z", "material");
    refused(&t, "/purposes/0/entities", policy);
}

Test(policy_bound, a_company_that_leaves_takes_the_noes_to_it_along_which_is_warned_of)
{
    struct tenant t = tenant_of("bound-left", OF_ALL), all = tenant_of("bound-left-all", OF_ALL);
    json_t *policy = document(&t, OF_ALL);
    json_array_remove(json_object_get(policy, "entities"), 1);
    expect(apply(&t, "", 200, policy), "{'warnings': []}");
    apply(&t, "", 200, document(&t, OF_ALL));
    give(&t, "p", "news", "");
    stop(&t, "p", "'purpose': 'news', 'entity': 'b'");
    expect(send(&t, "POST", "/v1/policy/rehearse", policy)->json,
           "{'warnings': [{'pointer': '/entities', 'detail': 'b is not here, and people said something to it "
           "alone: a No to it is asked about no longer'}]}");
    expect(apply(&t, "", 200, policy), "{'warnings': [{'pointer': '/entities'}]}");

    stop(&all, "p", "'purpose': '*', 'entity': 'b'");
    expect(apply(&all, "", 200, document(&all, "{'key': 'news', " CONSENT "}], " WORDS)),
           "{'warnings': [{'pointer': '/entities'}]}");
}
