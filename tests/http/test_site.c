/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <string.h>

/* What is published out of a policy: the cookies of a site, the record of processing, the schema. */

/* An answer without a token. */
static const struct answer *get_public(const struct tenant *t, const char *path, const char *header)
{
    return client_send(&(struct request){.service = t->service, .path = path, .headers = {header}});
}

static const struct answer *get_cookies(const struct tenant *t, const char *query, const char *header)
{
    return get_public(t, text_of("/v1/sites/%s/cookies%s", t->key, query), header);
}

static json_t *cookies_policy(const struct tenant *t)
{
    json_t *policy = tenant_policy(t);
    json_object_set_new(
        policy, "cookies",
        json_of("[{'name': '_visitor', 'provider': '<Demo>', 'purpose': 'analytics', 'duration': 'P6M',"
                " 'kind': 'cookie', 'party': 'first', 'class': 'analytics'}]"));
    return policy;
}

Test(site, the_cookies_of_a_site_are_told_to_anybody)
{
    struct tenant t = stage_tenant("site-cookies");
    tenant_apply(&t, cookies_policy(&t));
    const struct answer *a = get_cookies(&t, "?lang=nl", NULL);
    cr_assert_eq(a->status, 200);
    cr_expect_str_eq(answer_header(a, "content-type"), "application/json");
    cr_expect_str_eq(answer_header(a, "cache-control"), "public, max-age=300");
    expect(a->json,
           "{'controller': '%s', 'language': 'nl', 'cookies': 'listed', 'list': [{'name': '_visitor',"
           " 'needs_consent': true, 'purpose': {'key': 'analytics', 'name': 'Bezoekersstatistieken'}}]}",
           t.key);
}

Test(site, a_browser_gets_a_page_that_runs_nothing)
{
    struct tenant t = stage_tenant("site-page");
    tenant_apply(&t, cookies_policy(&t));
    const struct answer *a = get_cookies(
        &t, "?lang=nl", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
    cr_assert_eq(a->status, 200);
    cr_expect_str_eq(answer_header(a, "content-type"), "text/html; charset=utf-8");
    cr_expect_not_null(strstr(answer_header(a, "content-security-policy"), "default-src 'none'"));
    cr_expect_not_null(strstr(a->body, "<html lang=\"nl\">"));
    cr_expect_not_null(strstr(a->body, "&lt;Demo&gt;"));
    cr_expect_null(strstr(a->body, "<script"));
    static const char *const json[] = {"Accept: */*", "Accept: application/json, text/html;q=0.5",
                                       "Accept: text/html;q=0"};
    for (size_t i = 0; i < sizeof json / sizeof *json; i++)
        cr_expect_str_eq(answer_header(get_cookies(&t, "", json[i]), "content-type"), "application/json",
                         "%s", json[i]);
}

Test(site, what_a_client_has_is_not_sent_again_until_the_policy_changes_it)
{
    struct tenant t = stage_tenant("site-etag");
    tenant_apply(&t, cookies_policy(&t));
    const char *etag = answer_header(get_cookies(&t, "", NULL), "etag");
    const char *header = text_of("If-None-Match: \"other\", %s", etag);
    const struct answer *same = get_cookies(&t, "", header);
    cr_expect_eq(same->status, 304);
    cr_expect_eq(same->len, 0);
    cr_expect_str_eq(answer_header(same, "etag"), etag);
    cr_expect_eq(get_cookies(&t, "?lang=nl", header)->status, 200, "another language is another answer");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(policy, "cookies", json_string("none"));
    tenant_apply(&t, policy);
    const struct answer *changed = get_cookies(&t, "", header);
    cr_expect_eq(changed->status, 200);
    expect(changed->json, "{'cookies': 'none', 'list': []}");
}

Test(site, a_site_there_is_not_is_not_found)
{
    struct tenant bare = tenant_bare(stage_service(0), stage_keyring(), "site-without-policy");
    cr_expect_eq(get_cookies(&bare, "", NULL)->status, 404);
    cr_expect_eq(get_public(&bare, "/v1/sites/NoKey/cookies", NULL)->status, 404);
    cr_expect_eq(get_public(&bare, "/v1/sites/%2e/cookies", NULL)->status, 404);
}

Test(site, what_can_be_no_controllers_key_is_not_looked_for)
{
    struct tenant t = stage_tenant("site-hyphen");
    tenant_apply(&t, cookies_policy(&t));
    database_value(stage_database(), "update controller set key = '-hyphen' where key = '%s'", t.key);
    cr_expect_eq(get_public(&t, "/v1/sites/-hyphen/cookies", NULL)->status, 404);
}

Test(site, an_unknown_language_gets_the_bytes_of_the_first)
{
    struct tenant t = stage_tenant("site-language");
    json_t *policy = cookies_policy(&t);
    json_object_set_new(json_object_get(policy, "controller"), "languages", json_of("['nl', 'en']"));
    tenant_apply(&t, policy);
    static const char *const unknown[] = {"?lang=xx", "?lang=",      "?lang=%3C",
                                          "?lang=n",  "?lang=nl-BE", "?lang=not-a-language-tag-at-all"};
    static const char *const media[] = {"Accept: application/json", "Accept: text/html"};
    for (size_t m = 0; m < 2; m++) {
        const char *first = text_of("%s", get_cookies(&t, "", media[m])->body);
        cr_expect_not_null(strstr(first, m == 0 ? "\"language\":\"nl\"" : "<html lang=\"nl\">"), "%s", first);
        for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
            const struct answer *a = get_cookies(&t, unknown[i], media[m]);
            cr_expect_eq(a->status, 200, "%s", unknown[i]);
            cr_expect_str_eq(a->body, first, "%s", unknown[i]);
        }
        cr_expect_str_neq(get_cookies(&t, "?lang=en", media[m])->body, first);
    }
    static const char *const wrong[] = {"?lang=nl&lang=en", "?language=nl", "?lang=nl&x=1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_eq(get_cookies(&t, wrong[i], NULL)->status, 422, "%s", wrong[i]);
}

Test(site, the_record_of_processing_is_for_who_may_read_the_policy)
{
    struct tenant t = stage_tenant("site-register");
    const json_t *reg = get(&t, 200, "/v1/policy/register");
    expect(reg,
           "{'controller': '%s', 'rows': [{'purpose': 'newsletter', 'lawful_basis': 'consent'},"
           " {'purpose': 'marketing'}, {'purpose': 'analytics'}, {'purpose': 'functional'}]}",
           t.key);
    get(&t, 422, "/v1/policy/register?format=xml");
    struct tenant other = t;
    other.token = token_of(t.keyring, t.key, "policy:write", "tester");
    get(&other, 403, "/v1/policy/register");
    struct tenant bare = tenant_bare(stage_service(0), stage_keyring(), "site-register-bare");
    get(&bare, 409, "/v1/policy/register");
}

Test(site, the_record_of_processing_is_had_as_csv)
{
    struct tenant t = stage_tenant("site-csv");
    const struct answer *a = client_send(
        &(struct request){.service = t.service, .path = "/v1/policy/register?format=csv", .token = t.token});
    cr_assert_eq(a->status, 200);
    cr_expect_str_eq(answer_header(a, "content-type"), "text/csv; charset=utf-8");
    cr_expect_str_eq(answer_header(a, "content-disposition"), "attachment; filename=\"register.csv\"");
    cr_expect_eq(strncmp(a->body, "purpose,name,", 13), 0);
    cr_expect_not_null(strstr(a->body, "\r\n\"newsletter\","));
}

Test(site, the_schema_of_a_policy_is_published)
{
    struct tenant t = stage_tenant("site-schema");
    const struct answer *a = get_public(&t, "/v1/policy/schema", NULL);
    cr_assert_eq(a->status, 200);
    cr_expect_str_eq(answer_header(a, "content-type"), "application/schema+json");
    cr_expect_str_eq(answer_header(a, "cache-control"), "public, max-age=300");
    expect(a->json, "{'$schema': 'https://json-schema.org/draft/2020-12/schema'}");
    const char *header = text_of("If-None-Match: %s", answer_header(a, "etag"));
    cr_expect_eq(get_public(&t, "/v1/policy/schema", header)->status, 304);
}

Test(site, a_consent_to_cookies_for_years_is_applied_with_a_warning)
{
    struct tenant t = stage_tenant("site-warning");
    json_t *policy = cookies_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 2), "validity",
                        json_string("P2Y"));
    const struct answer *a = client_send(&(struct request){.service = t.service,
                                                           .method = "PUT",
                                                           .path = "/v1/policy",
                                                           .token = t.token,
                                                           .body = json_dumps(policy, 0)});
    cr_assert_eq(a->status, 200);
    expect(a->json, "{'warnings': [{'pointer': '/purposes/2/validity'}]}");
}

/* What `akkoord apply FILE` prints; fails the test where it is refused. */
static const char *command_apply(const char *file)
{
    const char *const argv[] = {HARNESS_PROGRAM, "apply", file, NULL};
    const char *const settings[] = {text_of("AKKOORD_DATABASE=%s", stage_database()->service),
                                    text_of("AKKOORD_SUBJECT_KEY_FILE=%s", stage_keyring()->subject_key_file),
                                    NULL};
    char *output;
    cr_assert_eq(process_run(argv, settings, &output), 0, "%s was refused", file);
    return output;
}

Test(site, each_example_is_applied_and_its_cookies_and_register_are_told)
{
    static const char *const keys[] = {"operator", "no-cookies", "youth", "three-entities", "directory"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct tenant t = tenant_bare(stage_service(0), stage_keyring(), keys[i]);
        command_apply(text_of(EXAMPLES "/%s.json", keys[i]));
        bool none = strcmp(keys[i], "no-cookies") == 0;
        expect(get_cookies(&t, "", NULL)->json, "{'controller': '%s', 'cookies': '%s'}", keys[i],
               none ? "none" : "listed");
        cr_expect_geq(json_array_size(json_at(get(&t, 200, "/v1/policy/register"), "/rows")), 4);
    }
}

Test(site, the_command_tells_a_warning_too)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "site-command");
    json_t *policy = cookies_policy(&t);
    json_object_del(json_array_get(json_object_get(policy, "purposes"), 2), "validity");
    const char *file = text_of("%s/site-command.json", stage_keyring()->dir);
    cr_assert_eq(file_write(file, json_dumps(policy, 0)), 0);
    cr_expect_not_null(strstr(command_apply(file), "warning: /purposes/2/validity: "));
}
