/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The website's side: what a page loads, and what its visitors send. */

#define ORIGIN "https://www.krant.example"

/* The demo's policy with a website, a cookie, and a purpose that the browser's signal refuses. */
static json_t *site_policy(const struct tenant *t)
{
    json_t *policy = tenant_policy(t);
    json_object_update_missing(
        policy,
        json_of("{'sites': [{'origins': ['" ORIGIN "', 'http://localhost:8000'],"
                " 'cookie_domain': 'krant.example',"
                "            'theme': {'light': {'accent': '#0b5fa5'}},"
                " 'texts': {'accept': {'de': 'Ja', 'nl': 'Ja'}}},"
                "           {'origins': ['https://los.example'], 'visitor_code': 'none'}],"
                " 'cookies': [{'name': '_v', 'provider': 'Demo', 'purpose': 'analytics', 'duration': 'P6M',"
                "   'kind': 'cookie', 'party': 'first', 'class': 'analytics',"
                " 'description': {'nl': 'Telt.'}},"
                "  {'name': 's', 'provider': 'Demo', 'purpose': 'functional', 'duration': 'session',"
                " 'kind': 'cookie',"
                "   'party': 'first', 'class': 'strictly_necessary',"
                " 'conditions': {'reason': 'Needed'}}]}"));
    json_array_append_new(json_object_get(policy, "purposes"),
                          json_of("{'key': 'ads', 'lawful_basis': 'consent', 'channel': 'web', 'gpc': true,"
                                  " 'name': {'nl': 'Advertenties'}, 'validity': 'P6M',"
                                  " 'refused_until': 'P6M',"
                                  " 'signals': ['ad_storage', 'ad_user_data'], 'notice': 'analytics'}"));
    return policy;
}

static struct tenant site_tenant(const char *key)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), key);
    tenant_apply(&t, site_policy(&t));
    return t;
}

/* An answer without a token. */
static const struct answer *get_site(const struct tenant *t, const char *rest, const char *header)
{
    return client_send(&(struct request){
        .service = t->service, .path = text_of("/v1/sites/%s/%s", t->key, rest), .headers = {header}});
}

/* ---- config ---- */

Test(sites, the_config_is_what_a_banner_needs_in_one_language)
{
    struct tenant t = site_tenant("sites-config");
    const struct answer *a = get_site(&t, "config?lang=nl", NULL);
    cr_assert_eq(a->status, 200);
    cr_expect_str_eq(answer_header(a, "content-type"), "application/json");
    cr_expect_str_eq(answer_header(a, "cache-control"), "public, max-age=300");
    cr_expect_str_eq(answer_header(a, "access-control-allow-origin"), "*");
    cr_expect_null(answer_header(a, "access-control-allow-credentials"));
    expect(a->json,
           "{'controller': '%s', 'name': 'Demo', 'version': 1, 'language': 'nl', 'languages': ['en', 'nl'],"
           " 'direction': 'ltr', 'ask': true, 'statement': 'listed', 'forms': [],"
           " 'sites': [{'origins': ['" ORIGIN "', 'http://localhost:8000'],"
           " 'cookie_domain': 'krant.example',"
           "   'visitor_code': 'random', 'theme': {'light': {'accent': '#0b5fa5'}},"
           " 'texts': {'accept': 'Ja'}},"
           "  {'origins': ['https://los.example'], 'cookie_domain': null, 'visitor_code': 'none'}],"
           " 'texts': {'accept': 'Alles toestaan'},"
           " 'purposes': [{'key': 'analytics', 'name': 'Bezoekersstatistieken', 'ask': true, 'gpc': false,"
           "    'signals': [], 'validity': 'P1Y', 'refused_until': null, 'replaces': null,"
           "    'notice': {'id': 'analytics', 'version': '1',"
           " 'text': 'Wij tellen bezoeken om de site beter te maken."
           " Mogen wij daarvoor een cookie plaatsen?'}},"
           "   {'key': 'functional', 'ask': false, 'notice': null},"
           "   {'key': 'ads', 'ask': true, 'gpc': true, 'signals': ['ad_storage', 'ad_user_data']}],"
           " 'cookies': [{'name': '_v', 'purpose': 'analytics', 'needs_consent': true,"
           " 'description': 'Telt.'},"
           "   {'name': 's', 'needs_consent': false, 'description': null}]}",
           t.key);
}

Test(sites, another_language_gets_the_defaults_bytes_and_another_notice_hash)
{
    struct tenant t = site_tenant("sites-language");
    const struct answer *nl = get_site(&t, "config?lang=nl-BE", NULL), *en = get_site(&t, "config", NULL);
    cr_expect_str_eq(string_at(nl->json, "/language"), "nl");
    cr_expect_str_neq(string_at(nl->json, "/notice"), string_at(en->json, "/notice"));
    expect(en->json, "{'language': 'en', 'texts': {'refuse': 'Refuse all'}, 'sites': [{'texts': {}},"
                     " {'texts': {}}]}");
    static const char *const unknown[] = {"config?lang=fr", "config?lang=", "config?lang=%3Cb%3E",
                                          "config?lang=not-a-language-tag-at-all"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        const struct answer *a = get_site(&t, unknown[i], NULL);
        cr_assert_eq(a->status, 200, "%s", unknown[i]);
        cr_expect_str_eq(a->body, en->body, "%s", unknown[i]);
    }
}

Test(sites, a_config_of_a_version_is_immutable)
{
    struct tenant t = site_tenant("sites-version");
    json_t *policy = site_policy(&t);
    json_object_set_new(policy, "cookies", json_string("none"));
    tenant_apply(&t, policy);
    const struct answer *first = get_site(&t, "config?version=1", NULL);
    cr_expect_str_eq(answer_header(first, "cache-control"), "public, max-age=31536000, immutable");
    expect(first->json, "{'version': 1, 'ask': true}");
    const struct answer *now = get_site(&t, "config", NULL);
    expect(now->json, "{'version': 2, 'ask': false, 'notice': null, 'purposes': [], 'statement': 'none'}");
    const char *header = text_of("If-None-Match: %s", answer_header(now, "etag"));
    cr_expect_eq(get_site(&t, "config", header)->status, 304);
    cr_expect_eq(get_site(&t, "config?version=3", NULL)->status, 404);
}

Test(sites, a_script_comes_in_the_coding_that_is_liked_best)
{
    static const char *const cases[][2] = {
        {"br, gzip", "br"},
        {"gzip, deflate", "gzip"},
        {"gzip;q=1, br;q=0.5", "gzip"},
        {"br;q=0, gzip", "gzip"},
        {"identity, br;q=0.1", NULL},
        {"libbr, x-gzip", NULL},
        {"*", "br"},
        {"br;q=0, *;q=0.5", "gzip"},
        {"gzip;q=0.000", NULL},
    };
    struct tenant t = site_tenant("sites-coding");
    char *plain = strdup(answer_header(get_site(&t, "banner.js", NULL), "etag"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct answer *a = get_site(&t, "banner.js", text_of("Accept-Encoding: %s", cases[i][0]));
        const char *coding = answer_header(a, "content-encoding"), *etag = answer_header(a, "etag");
        cr_assert_eq(a->status, 200, "%s", cases[i][0]);
        cr_expect_str_eq(answer_header(a, "vary"), "accept-encoding");
        cr_expect(cases[i][1] == NULL ? coding == NULL : coding != NULL && strcmp(coding, cases[i][1]) == 0,
                  "%s: %s", cases[i][0], coding != NULL ? coding : "none");
        cr_expect_eq(strcmp(etag, plain) == 0, cases[i][1] == NULL, "%s: another form, another tag",
                     cases[i][0]);
        bool is_gzip = a->len > 2 && memcmp(a->body, "\x1f\x8b", 2) == 0;
        cr_expect_eq(is_gzip, coding != NULL && strcmp(coding, "gzip") == 0, "%s: so are the bytes",
                     cases[i][0]);
    }
    char *brotli = strdup(answer_header(get_site(&t, "banner.js", "Accept-Encoding: br"), "etag"));
    cr_expect_str_neq(brotli, answer_header(get_site(&t, "banner.js", "Accept-Encoding: gzip"), "etag"));
    free(brotli);
    free(plain);
}

/* tests/http/released: it is of no release, and of none of today's scripts. */
Test(sites, a_script_of_an_earlier_release_is_served_under_its_hash)
{
    static const char sha256[] = "44e2f5c35617fc78b661a30a489ff68b1057af27ad816699bdd70d6de8e82be4";
    struct tenant t = site_tenant("sites-released");
    const struct answer *a = get_site(&t, text_of("quiet.%s.js", sha256), NULL);
    cr_assert_eq(a->status, 200, "%s", a->body);
    cr_expect_not_null(strstr(a->body, "Stands for a script of an earlier release"));
    cr_expect_str_eq(answer_header(a, "cache-control"), "public, max-age=31536000, immutable");
    cr_expect_str_eq(answer_header(a, "access-control-allow-origin"), "*");
    cr_expect_str_eq(answer_header(a, "cross-origin-resource-policy"), "cross-origin");
    cr_expect_not_null(strstr(answer_header(a, "content-type"), "text/javascript"));
    cr_expect_str_eq(answer_header(get_site(&t, text_of("quiet.%s.js", sha256), "Accept-Encoding: br"),
                                   "content-encoding"),
                     "br");
    cr_expect_null(strstr(get_site(&t, "quiet.js", NULL)->body, "Stands for"), "today's is another");
    cr_expect_eq(get_site(&t, text_of("banner.%s.js", sha256), NULL)->status, 404, "no other script");
    cr_expect_eq(get_site(&t, text_of("quiet.%.63s0.js", sha256), NULL)->status, 404, "no other hash");
}

Test(sites, where_there_are_no_cookies_the_banner_is_one_that_asks_nothing)
{
    struct tenant t = site_tenant("sites-none"), other = site_tenant("sites-some"),
                  bare = tenant_bare(stage_service(0), stage_keyring(), "sites-nowhere");
    json_t *policy = site_policy(&t), *none = json_copy(policy);
    json_object_set_new(none, "cookies", json_string("none"));
    char *whole = strdup(answer_header(get_site(&other, "banner.js", NULL), "etag"));
    cr_expect_str_eq(answer_header(get_site(&bare, "banner.js", NULL), "etag"), whole);
    for (size_t i = 0; i < 3; i++) { /* at once, whatever was held before */
        tenant_apply(&t, none);
        const struct answer *a = get_site(&t, "banner.js", NULL);
        cr_assert_eq(a->status, 200, "%d: %.200s", a->status, a->body);
        cr_expect_str_eq(answer_header(a, "cache-control"), "public, max-age=300");
        cr_expect_str_eq(answer_header(a, "access-control-allow-origin"), "*");
        cr_expect_str_neq(answer_header(a, "etag"), whole);
        cr_expect_null(strstr(a->body, "fetch("));
        cr_expect_str_eq(answer_header(get_site(&t, "whole.js", NULL), "etag"), whole);
        cr_expect_str_eq(answer_header(get_site(&other, "banner.js", NULL), "etag"), whole);
        tenant_apply(&t, policy);
        cr_expect_str_eq(answer_header(get_site(&t, "banner.js", NULL), "etag"), whole);
    }
    free(whole);
}

Test(sites, an_unknown_parameter_or_site_is_refused)
{
    struct tenant t = site_tenant("sites-parameter");
    static const char *const wrong[] = {"config?language=nl", "config?lang=nl&lang=en", "config?version=0",
                                        "config?version=x",   "config?shown=yes",       "config?origin=x"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct answer *a = get_site(&t, wrong[i], NULL);
        cr_expect_eq(a->status, 422, "%s", wrong[i]);
        cr_expect_str_eq(answer_header(a, "cache-control"), "no-store");
    }
    struct tenant bare = tenant_bare(stage_service(0), stage_keyring(), "sites-bare");
    cr_expect_eq(get_site(&bare, "config", NULL)->status, 404);
}

Test(sites, words_that_are_to_come_are_not_told_for_good)
{
    struct tenant t = site_tenant("sites-coming");
    json_t *policy = site_policy(&t);
    json_array_append_new(json_object_get(policy, "notices"),
                          json_of("{'id': 'analytics', 'version': '2', 'effective_from': '%s',"
                                  " 'texts': {'nl': 'Later', 'en': 'Later'}}",
                                  time_from_now(3600)));
    tenant_apply(&t, policy);
    const struct answer *a = get_site(&t, "config?version=2", NULL);
    cr_expect_str_eq(answer_header(a, "cache-control"), "public, max-age=300");
    expect(a->json, "{'purposes': [{'notice': {'version': '1'}}, {}, {}]}");
}

/* ---- what pages send ---- */

#define VISITOR                                                                                              \
    "mallemolenAAAAAAAAAAAA" /* 22 characters that decode to 128 bits, and carry the tests' mark */
#define OTHER "mallemolenBBBBBBBBBBBA"

/* A request of a page; ${origin} NULL: without one. */
static const struct answer *send_from(const struct tenant *t, const char *origin, const char *rest,
                                      const char *body)
{
    const char *header = origin != NULL ? text_of("Origin: %s", origin) : NULL;
    return client_send(&(struct request){.service = t->service,
                                         .path = text_of("/v1/sites/%s/%s", t->key, rest),
                                         .body = body,
                                         .headers = {header}});
}

static const char *token_from(const struct tenant *t, const char *origin, const char *visitor,
                              const char *notice)
{
    json_t *body = json_object();
    if (visitor != NULL)
        json_object_set_new(body, "visitor", json_string(visitor));
    if (notice != NULL)
        json_object_set_new(body, "notice", json_string(notice));
    const struct answer *a = send_from(t, origin, "token", json_dumps(body, 0));
    cr_assert_eq(a->status, 200, "%s", a->body);
    return string_at(a->json, "/token");
}

/* A page asks with no body, and no name for it. */
Test(sites, a_token_of_nobody_needs_no_body)
{
    struct tenant t = site_tenant("sites-nobody");
    const struct answer *a = client_send(&(struct request){.service = t.service,
                                                           .method = "POST",
                                                           .path = text_of("/v1/sites/%s/token", t.key),
                                                           .content_type = "",
                                                           .headers = {"Origin: " ORIGIN}});
    cr_assert_eq(a->status, 200, "%s", a->body);
    cr_assert_not_null(string_at(a->json, "/token"));
}

static const char *notice_in(const struct tenant *t, const char *language)
{
    return string_at(get_site(t, text_of("config?lang=%s", language), NULL)->json, "/notice");
}

/* What a visitor chose, with all that belongs to it. */
static const struct answer *choose(const struct tenant *t, const char *visitor, const char *choices,
                                   const char *rest)
{
    const char *notice = notice_in(t, "nl");
    return send_from(t, ORIGIN, "choices",
                     json_text("{'visitor': '%s', 'choices': %s, 'token': '%s', 'notice': '%s',"
                               " 'language': 'nl'%s}",
                               visitor, choices, token_from(t, ORIGIN, visitor, notice), notice, rest));
}

/* The private check's reason. */
static const char *visitor_reason(const struct tenant *t, const char *visitor, const char *purpose)
{
    return string_at(post(t, 200, "/v1/check",
                          "{'subject': {'type': 'visitor', 'value': '%s'},"
                          " 'purpose': '%s'}",
                          visitor, purpose),
                     "/reason");
}

Test(sites, a_choice_is_recorded_with_the_words_that_were_shown)
{
    struct tenant t = site_tenant("sites-choice");
    const struct answer *a = choose(&t, VISITOR, "{'analytics': 'given', 'ads': 'refused'}",
                                    ", 'layer': 'second', 'variant': 'standard',"
                                    " 'clicks': {'accept': 2, 'refuse': 1},"
                                    " 'tc_string': 'CP_abc-1.YAAA'");
    cr_assert_eq(a->status, 201, "%s", a->body);
    cr_expect_str_eq(answer_header(a, "access-control-allow-origin"), ORIGIN);
    cr_expect_str_eq(answer_header(a, "vary"), "origin");
    cr_expect_null(answer_header(a, "access-control-allow-credentials"));
    cr_expect_null(answer_header(a, "set-cookie"), "the service is not the site's own server here");
    expect(a->json,
           "{'policy_version': 1, 'choices': [{'purpose': 'analytics', 'event_state': 'given',"
           " 'effect': 'applied'},"
           " {'purpose': 'ads', 'event_state': 'refused', 'effect': 'applied', 'valid_until': null}]}");
    cr_expect_str_eq(visitor_reason(&t, VISITOR, "analytics"), "granted");
    cr_expect_str_eq(visitor_reason(&t, VISITOR, "ads"), "refused");

    const char *id = string_at(post(&t, 200, "/v1/subjects/lookup",
                                    "{'subject': {'type': 'visitor',"
                                    " 'value': '%s'}}",
                                    VISITOR),
                               "/subject_id");
    const json_t *event = json_at(get(&t, 200, "/v1/subjects/%s/history", id), "/events/0");
    expect(event,
           "{'collection_method': 'banner', 'actor': 'site',"
           " 'notice': {'id': 'analytics', 'version': '1', 'language': 'nl'},"
           " 'evidence': {'banner': {'notice': '%s', 'layer': 'second', 'variant': 'standard',"
           "   'clicks': {'accept': 2, 'refuse': 1}, 'preselected': false}, 'tc_string': 'CP_abc-1.YAAA'}}",
           notice_in(&t, "nl"));
}

Test(sites, who_holds_the_code_reads_what_stands)
{
    struct tenant t = site_tenant("sites-read");
    cr_assert_eq(choose(&t, VISITOR, "{'analytics': 'given', 'ads': 'refused'}", "")->status, 201);
    const struct answer *a = send_from(&t, ORIGIN, "choices/read", json_text("{'visitor': '%s'}", VISITOR));
    cr_assert_eq(a->status, 200, "%s", a->body);
    cr_expect_str_eq(answer_header(a, "cache-control"), "no-store");
    expect(a->json, "{'policy_version': 1, 'choices': [{'purpose': 'analytics', 'allow': true,"
                    " 'reason': 'granted'},"
                    " {'purpose': 'ads', 'allow': false, 'reason': 'refused', 'valid_until': null}]}");
    cr_expect(json_is_string(json_at(a->json, "/choices/1/ask_again_after")));
    expect(send_from(&t, ORIGIN, "choices/read", json_text("{'visitor': '%s'}", OTHER))->json,
           "{'choices': [{'reason': 'never_asked', 'allow': false}, {'reason': 'never_asked'}]}");
    cr_expect_eq(send_from(&t, ORIGIN, "choices/read", "{\"visitor\": \"short\"}")->status, 422);
    cr_expect_eq(send_from(&t, ORIGIN, "choices/read", "{}")->status, 422);
    cr_expect_eq(
        send_from(&t, "https://evil.example", "choices/read", json_text("{'visitor': '%s'}", VISITOR))
            ->status,
        403);
}

Test(sites, no_other_origin_is_heard_and_none_may_read_the_answer)
{
    struct tenant t = site_tenant("sites-origin");
    static const char *const foreign[] = {NULL,
                                          "null",
                                          "https://evil.example",
                                          "https://krant.example",
                                          "http://www.krant.example",
                                          "https://www.krant.example:444",
                                          "https://www.krant.example.evil.example",
                                          "https://xwww.krant.example",
                                          "*",
                                          "https://www.krant.example/",
                                          "HTTPS://WWW.KRANT.EXAMPLE"};
    const char *token = token_from(&t, ORIGIN, VISITOR, NULL);
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        const struct answer *a[] = {
            send_from(&t, foreign[i], "token", "{}"),
            send_from(
                &t, foreign[i], "choices",
                json_text("{'visitor': '%s', 'choices': {'ads': 'given'}, 'token': '%s'}", VISITOR, token))};
        for (size_t k = 0; k < 2; k++) {
            cr_assert_eq(a[k]->status, 403, "%s: %s", foreign[i], a[k]->body);
            cr_expect_str_eq(string_at(a[k]->json, "/type"), "urn:akkoord:problem:foreign-origin");
            cr_expect_null(answer_header(a[k], "access-control-allow-origin"));
            cr_expect_str_eq(answer_header(a[k], "vary"), "origin");
            cr_expect_str_eq(answer_header(a[k], "cache-control"), "no-store");
        }
    }
    cr_expect_eq(tenant_events(&t), 0);
}

Test(sites, an_error_is_told_to_the_pages_that_the_policy_names)
{
    struct tenant t = site_tenant("sites-errors");
    for (int i = 0; i < 24; i++)
        token_from(&t, ORIGIN, VISITOR, NULL); /* so that each thread has the policy, as after a preflight */
    char *large = calloc(1, 300 * 1024 + 1);
    memset(large, ' ', 300 * 1024);
    const struct {
        const char *rest, *type, *body;
        int status;
    } rows[] = {{"choices", NULL, "{", 400},
                {"choices", NULL, "{}", 422},
                {"choices", "text/plain", "{}", 415},
                {"choices", NULL, large, 413},
                {"choices/read", "text/plain", "{}", 415},
                {"links/request", NULL, "{", 400},
                {"token?x=1", NULL, "{}", 422}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int named = 0; named < 2; named++) {
            const char *origin = named ? ORIGIN : "https://evil.example";
            const struct answer *a =
                client_send(&(struct request){.service = t.service,
                                              .method = "POST",
                                              .path = text_of("/v1/sites/%s/%s", t.key, rows[i].rest),
                                              .content_type = rows[i].type,
                                              .body = rows[i].body,
                                              .headers = {text_of("Origin: %s", origin)}});
            const char *allowed = answer_header(a, "access-control-allow-origin");
            cr_expect_eq(a->status, named || a->status == 403 ? a->status : rows[i].status);
            cr_expect(!named || a->status == rows[i].status, "%zu: %d %s", i, a->status, a->body);
            cr_expect_str_eq(answer_header(a, "vary"), "origin", "%zu", i);
            cr_expect(named ? allowed != NULL && strcmp(allowed, ORIGIN) == 0 : allowed == NULL, "%zu", i);
        }
    }
    free(large);
    const struct answer *open = get_site(&t, "config?x=1", "Origin: https://evil.example");
    cr_expect_eq(open->status, 422);
    cr_expect_str_eq(answer_header(open, "access-control-allow-origin"), "*");
}

Test(sites, an_origin_that_the_policy_names_since_is_heard_at_once)
{
    struct tenant t = site_tenant("sites-since"), other = tenant_at(&t, stage_service(1));
    json_t *policy = site_policy(&t), *origins;
    cr_expect_eq(send_from(&other, "https://nieuw.krant.example", "token", "{}")->status, 403);
    origins = json_object_get(json_array_get(json_object_get(policy, "sites"), 0), "origins");
    json_array_append_new(origins, json_string("https://nieuw.krant.example"));
    json_array_remove(origins, 1);
    tenant_apply(&t, policy);
    cr_expect_eq(send_from(&other, "https://nieuw.krant.example", "token", "{}")->status, 200);
    cr_expect_eq(send_from(&other, "http://localhost:8000", "token", "{}")->status, 403);
}

Test(sites, a_token_is_of_its_origin_visitor_notice_and_controller)
{
    struct tenant t = site_tenant("sites-token"), other = site_tenant("sites-token-other");
    const char *notice = notice_in(&t, "nl"), *own = token_from(&t, ORIGIN, VISITOR, notice);
    const struct {
        const char *origin, *visitor, *token, *notice;
    } wrong[] = {{ORIGIN, OTHER, own, notice},
                 {ORIGIN, VISITOR, own, notice_in(&t, "en")},
                 {"http://localhost:8000", VISITOR, own, notice},
                 {ORIGIN, VISITOR, token_from(&t, ORIGIN, VISITOR, NULL), notice},
                 {ORIGIN, VISITOR, token_from(&other, ORIGIN, VISITOR, notice), notice},
                 {ORIGIN, VISITOR, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", notice},
                 {ORIGIN, VISITOR, "x", notice}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct answer *a = send_from(
            &t, wrong[i].origin, "choices",
            json_text("{'visitor': '%s', 'choices': {'ads': 'given'}, 'token': '%s', 'notice': '%s'}",
                      wrong[i].visitor, wrong[i].token, wrong[i].notice));
        cr_assert_eq(a->status, 403, "%zu: %s", i, a->body);
        expect(a->json, "{'type': 'urn:akkoord:problem:collection-token',"
                        " 'errors': [{'pointer': '/token'}]}");
    }
    cr_expect_eq(tenant_events(&t), 0);
    for (int i = 0; i < 2; i++) {
        const struct answer *a =
            send_from(&t, ORIGIN, "choices",
                      json_text("{'visitor': '%s', 'choices': {'ads': 'refused'}, 'token': '%s',"
                                " 'notice': '%s'}",
                                VISITOR, own, notice));
        cr_expect_eq(a->status, 201, "within its life it is good again: %s", a->body);
    }
}

Test(sites, the_least_that_a_page_sends_is_a_choice_of_the_words_in_force)
{
    struct tenant t = site_tenant("sites-least");
    const struct answer *a = send_from(&t, ORIGIN, "token", "");
    cr_assert_eq(a->status, 200, "%s", a->body);
    a = send_from(
        &t, ORIGIN, "choices",
        json_text("{'visitor': '%s', 'choices': {'ads': 'given', 'analytics': 'refused'}, 'token': '%s'}",
                  VISITOR, string_at(a->json, "/token")));
    cr_assert_eq(a->status, 201, "%s", a->body);
    expect(a->json, "{'choices': [{'effect': 'applied'}, {'effect': 'applied'}]}");
    cr_expect_str_eq(visitor_reason(&t, VISITOR, "ads"), "granted");
    cr_expect_str_eq(visitor_reason(&t, VISITOR, "analytics"), "refused");
    cr_expect_eq(
        database_number(stage_database(),
                        "select count(*) from event join controller using (controller_id) where key = '%s' "
                        "and flags & 32 <> 0",
                        t.key),
        2, "that nobody said which words is kept");
}

Test(sites, nothing_is_recorded_that_is_no_choice_of_a_visitor_about_cookies)
{
    struct tenant t = site_tenant("sites-wrong");
    static const struct {
        const char *choices, *rest, *pointer;
    } wrong[] = {
        {"{'newsletter': 'given'}", "", "/choices/newsletter"},
        {"{'functional': 'given'}", "", "/choices/functional"},
        {"{'nothing': 'given'}", "", "/choices/nothing"},
        {"{'ads': 'objected'}", "", "/choices/ads"},
        {"{'ads': true}", "", "/choices/ads"},
        {"{}", "", "/choices"},
        {"[]", "", "/choices"},
        {"{'ads': 'given'}", ", 'clicks': {'accept': 1, 'refuse': 2}", "/choices/ads"},
        {"{'ads': 'given'}", ", 'clicks': {'accept': 1}", "/clicks/refuse"},
        {"{'ads': 'given'}", ", 'layer': 'third'", "/layer"},
        {"{'ads': 'given'}", ", 'variant': 'A b'", "/variant"},
        {"{'ads': 'given'}", ", 'tc_string': 'a b'", "/tc_string"},
        {"{'ads': 'given'}", ", 'tc_string': 'a..b'", "/tc_string"},
        {"{'ads': 'given'}", ", 'late_seconds': -1", "/late_seconds"},
        {"{'ads': 'given'}", ", 'late_seconds': 99999999", "/late_seconds"},
        {"{'ads': 'given'}", ", 'import': 'cookieless'", "/import"},
        {"{'ads': 'given'}", ", 'gpc': 'yes'", "/gpc"},
        {"{'ads': 'given'}", ", 'subject': {'type': 'email', 'value': 'a@b.example'}", "/subject"},
        {"{'ads': 'given'}", ", 'event_time': '2026-01-01T00:00:00Z'", "/event_time"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct answer *a = choose(&t, VISITOR, wrong[i].choices, wrong[i].rest);
        cr_assert_eq(a->status, 422, "%s%s: %s", wrong[i].choices, wrong[i].rest, a->body);
        cr_expect_str_eq(string_at(a->json, "/errors/0/pointer"), wrong[i].pointer, "%s%s", wrong[i].choices,
                         wrong[i].rest);
    }
    static const char *const codes[] = {"", "short", "mallemolenAAAAAAAAAAAB", "mallemolenAAAAAAAAAAAAA",
                                        "mallemolen=AAAAAAAAAAA"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        cr_expect_eq(send_from(&t, ORIGIN, "choices",
                               json_text("{'visitor': '%s', 'choices': {'ads': 'given'},"
                                         " 'token': '%s'}",
                                         codes[i], token_from(&t, ORIGIN, VISITOR, NULL)))
                         ->status,
                     422, "%s", codes[i]);
    cr_expect_eq(tenant_events(&t), 0);
}

Test(sites, the_browsers_signal_is_a_no_of_its_own)
{
    struct tenant t = site_tenant("sites-signal");
    cr_assert_eq(choose(&t, VISITOR, "{'ads': 'given', 'analytics': 'given'}", "")->status, 201);
    expect(choose(&t, VISITOR, "{}", ", 'gpc': true")->json, "{'choices': [{'purpose': 'ads',"
                                                             " 'event_state': 'refused'}]}");
    cr_expect_str_eq(visitor_reason(&t, VISITOR, "ads"), "refused");
    cr_expect_str_eq(visitor_reason(&t, VISITOR, "analytics"), "granted", "it is not marked so");
    cr_assert_eq(choose(&t, VISITOR, "{'ads': 'given'}", ", 'gpc': true")->status, 201);
    cr_expect_str_eq(visitor_reason(&t, VISITOR, "ads"), "granted", "given in sight of the signal");
    cr_assert_eq(choose(&t, VISITOR, "{}", ", 'gpc': true")->status, 201);
    cr_expect_str_eq(visitor_reason(&t, VISITOR, "ads"), "granted", "it stands");
}

Test(sites, a_yes_to_words_that_are_not_these_counts_for_nothing_and_a_no_does)
{
    struct tenant t = site_tenant("sites-words");
    const char *old = "00000000000000000000000000000000000000000000000000000000000000ff";
    const char *format = "{'visitor': '%s', 'choices': {'ads': 'given', 'analytics': 'refused'},"
                         " 'token': '%s',"
                         " 'notice': '%s', 'language': '%s'}";
    const struct answer *a = send_from(
        &t, ORIGIN, "choices", json_text(format, VISITOR, token_from(&t, ORIGIN, VISITOR, old), old, "nl"));
    expect(a->json, "{'choices': [{'effect': 'words_unknown'}, {'effect': 'applied'}]}");
    cr_expect_str_eq(visitor_reason(&t, VISITOR, "ads"), "notice_unknown");
    cr_expect_str_eq(visitor_reason(&t, VISITOR, "analytics"), "refused");
    const char *nl = notice_in(&t, "nl");
    a = send_from(&t, ORIGIN, "choices",
                  json_text(format, OTHER, token_from(&t, ORIGIN, OTHER, nl), nl, "en"));
    expect(a->json, "{'choices': [{'effect': 'words_unknown'}, {'effect': 'applied'}]}");
}

Test(sites, what_was_chosen_first_and_sent_late_does_not_undo_what_came_after)
{
    struct tenant t = site_tenant("sites-late");
    cr_assert_eq(choose(&t, VISITOR, "{'ads': 'refused'}", "")->status, 201);
    const struct answer *a = choose(&t, VISITOR, "{'ads': 'given'}", ", 'late_seconds': 3600");
    expect(a->json, "{'choices': [{'effect': 'superseded'}]}");
    cr_expect_str_eq(visitor_reason(&t, VISITOR, "ads"), "refused");
}

Test(sites, another_banners_choice_is_an_import_and_undoes_nothing)
{
    struct tenant t = site_tenant("sites-import");
    cr_assert_eq(choose(&t, VISITOR, "{'ads': 'refused'}", ", 'late_seconds': 3600")->status, 201);
    cr_assert_eq(choose(&t, VISITOR, "{'ads': 'given', 'analytics': 'given'}",
                        ","
                        " 'import': 'klaro'")
                     ->status,
                 201);
    cr_expect_str_eq(visitor_reason(&t, VISITOR, "ads"), "refused");
    cr_expect_str_eq(visitor_reason(&t, VISITOR, "analytics"), "notice_unknown");
}

Test(sites, a_site_without_codes_records_nothing)
{
    struct tenant t = site_tenant("sites-anonymous");
    const char *origin = "https://los.example", *token = token_from(&t, origin, NULL, NULL);
    const struct answer *a =
        send_from(&t, origin, "choices", json_text("{'choices': {'ads': 'given'}, 'token': '%s'}", token));
    cr_assert_eq(a->status, 201, "%s", a->body);
    expect(a->json, "{'choices': []}");
    a = send_from(&t, origin, "choices",
                  json_text("{'visitor': '%s', 'choices': {'ads': 'given'}, 'token': '%s'}", VISITOR,
                            token_from(&t, origin, VISITOR, NULL)));
    expect(a->json, "{'status': 422, 'errors': [{'pointer': '/visitor'}]}");
    a = send_from(
        &t, ORIGIN, "choices",
        json_text("{'choices': {'ads': 'given'}, 'token': '%s'}", token_from(&t, ORIGIN, NULL, NULL)));
    expect(a->json, "{'status': 422, 'errors': [{'pointer': '/visitor'}]}");
    cr_expect_eq(tenant_events(&t), 0);
}

Test(sites, the_sites_own_server_gets_a_cookie_to_set)
{
    struct tenant t = site_tenant("sites-cookie");
    const char *token = token_from(&t, ORIGIN, VISITOR, NULL);
    struct request request = {.service = t.service,
                              .path = text_of("/v1/sites/%s/choices", t.key),
                              .body = json_text("{'visitor': '%s', 'choices': {'ads': 'refused'},"
                                                " 'token': '%s'}",
                                                VISITOR, token),
                              .headers = {"Origin: " ORIGIN, "Sec-Fetch-Site: same-origin",
                                          "Cookie: a=b; akkoord=1.1." VISITOR
                                          ".analytics~g.ads~g.foreign~g"}};
    const struct answer *a = client_send(&request);
    cr_assert_eq(a->status, 201, "%s", a->body);
    int seconds = 0, end = 0;
    sscanf(answer_header(a, "set-cookie"),
           "akkoord=1.1." VISITOR ".analytics~g.ads~r; Path=/; Max-Age=%d; SameSite=Lax; Secure;"
           " Domain=krant.example%n",
           &seconds, &end);
    cr_assert_eq(end, (int)strlen(answer_header(a, "set-cookie")), "%s", answer_header(a, "set-cookie"));
    cr_expect(seconds >= 181 * 86400 && seconds <= 184 * 86400, "half a year, from whatever day: %d s",
              seconds);
    request.headers[2] = "Cookie: akkoord=1.1." OTHER ".analytics~g";
    const char *set = answer_header(client_send(&request), "set-cookie");
    cr_expect_not_null(strstr(set, "akkoord=1.1." VISITOR ".ads~r;"), "%s", set);
    request.headers[1] = "Sec-Fetch-Site: cross-site";
    cr_expect_null(answer_header(client_send(&request), "set-cookie"));
}

Test(sites, a_preflight_is_answered_to_the_policys_origins_alone)
{
    struct tenant t = site_tenant("sites-preflight");
    struct request request = {.service = t.service,
                              .method = "OPTIONS",
                              .path = text_of("/v1/sites/%s/choices", t.key),
                              .headers = {"Origin: " ORIGIN, "Access-Control-Request-Method: POST"}};
    const struct answer *a = client_send(&request);
    cr_expect_eq(a->status, 204);
    cr_expect_str_eq(answer_header(a, "access-control-allow-origin"), ORIGIN);
    cr_expect_str_eq(answer_header(a, "access-control-allow-methods"), "POST");
    cr_expect_str_eq(answer_header(a, "access-control-allow-headers"), "content-type, idempotency-key");
    cr_expect_str_eq(answer_header(a, "access-control-max-age"), "7200");
    cr_expect_str_eq(answer_header(a, "allow"), "POST, OPTIONS");
    cr_expect_str_eq(answer_header(a, "vary"), "origin");
    request.headers[0] = "Origin: https://evil.example";
    a = client_send(&request);
    cr_expect_eq(a->status, 204);
    cr_expect_null(answer_header(a, "access-control-allow-origin"));
    cr_expect_null(answer_header(a, "access-control-allow-methods"));
    cr_expect_eq(get_site(&t, "choices", NULL)->status, 405);
}

Test(sites, a_site_that_is_none_is_not_found_by_what_pages_send)
{
    struct tenant bare = tenant_bare(stage_service(0), stage_keyring(), "sites-none");
    cr_expect_eq(send_from(&bare, ORIGIN, "token", "{}")->status, 404);
    cr_expect_eq(send_from(&bare, ORIGIN, "choices", "{}")->status, 404);
    cr_expect_eq(send_from(&bare, ORIGIN, "choices/read", "{}")->status, 404);
}

/* ---- forms ---- */

/* With a newsletter that must be confirmed by what is delivered. */
static struct tenant form_tenant(const char *key)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), key);
    json_t *policy = site_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "double_opt_in", json_true());
    json_object_set_new(policy, "messages",
                        json_of("{'endpoint': 'https://mail.example/', 'secret': 'mailer',"
                                " 'confirmation': 'delivered'}"));
    tenant_apply(&t, policy);
    return t;
}

static const struct answer *send_form(const struct tenant *t, const char *form, const char *address,
                                      const char *notice, const char *rest)
{
    return send_from(t, ORIGIN, text_of("forms/%s", form),
                     json_text("{'email': '%s', 'token': '%s', 'notice': '%s'%s}", address,
                               token_from(t, ORIGIN, NULL, notice), notice, rest));
}

Test(sites, a_form_asks_to_be_confirmed_and_says_nothing)
{
    struct tenant t = form_tenant("sites-form");
    const json_t *config = get_site(&t, "config?lang=nl", NULL)->json;
    expect(config, "{'forms': [{'key': 'newsletter', 'notice': {'version': '1'}}]}");
    const char *notice = string_at(config, "/forms/0/notice/sha256");
    for (int i = 0; i < 2; i++) { /* not known, and known */
        const struct answer *a = send_form(&t, "newsletter", "jan-" MARK "@example.nl", notice, "");
        cr_assert_eq(a->status, 202, "%s", a->body);
        cr_expect_str_eq(a->body, "{}");
        cr_expect_str_eq(answer_header(a, "access-control-allow-origin"), ORIGIN);
    }
    cr_expect_eq(tenant_events(&t), 2);
    cr_expect_str_eq(reason_of(&t, "jan", "newsletter"), "unconfirmed");
    const char *mails =
        "select count(*) from outbox o join controller c using (controller_id) where c.key = '%s'";
    const char *sent = database_value(stage_database(), mails, t.key);
    cr_expect_str_eq(sent, "1", "one in ten minutes: %s", sent);
}

Test(sites, what_pages_send_takes_no_query)
{
    struct tenant t = form_tenant("sites-query");
    const char *sha256 = string_at(get_site(&t, "config?lang=nl", NULL)->json, "/forms/0/notice/sha256");
    const char *bodies[][2] = {
        {"choices",
         text_of("{\"visitor\": \"" VISITOR "\", \"choices\": {\"analytics\": \"given\"}, \"token\": \"%s\"}",
                 token_from(&t, ORIGIN, VISITOR, NULL))},
        {"forms/newsletter",
         text_of("{\"email\": \"jan-" MARK "@example.nl\", \"token\": \"%s\", \"notice\": \"%s\"}",
                 token_from(&t, ORIGIN, NULL, sha256), sha256)},
        {"token", "{}"},
        {"choices/read", "{\"visitor\": \"" VISITOR "\"}"},
        {"links/request", text_of("{\"email\": \"jan-" MARK "@example.nl\", \"token\": \"%s\"}",
                                  token_from(&t, ORIGIN, NULL, NULL))}};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        cr_expect_eq(send_from(&t, ORIGIN, text_of("%s?x=1", bodies[i][0]), bodies[i][1])->status, 422, "%s",
                     bodies[i][0]);
    cr_expect_eq(tenant_events(&t), 0);
    for (size_t i = 0; i < 2; i++)
        cr_expect_lt(send_from(&t, ORIGIN, bodies[i][0], bodies[i][1])->status, 300, "%s", bodies[i][0]);
}

Test(sites, a_form_that_was_filled_in_by_a_machine_records_nothing_and_is_answered_the_same)
{
    struct tenant t = form_tenant("sites-trap");
    const char *notice = string_at(get_site(&t, "config", NULL)->json, "/forms/0/notice/sha256");
    const struct answer *a =
        send_form(&t, "newsletter", "jan-" MARK "@example.nl", notice, ", 'honeypot': 'http://spam.example'");
    cr_expect_eq(a->status, 202);
    cr_expect_str_eq(a->body, "{}");
    cr_expect_eq(tenant_events(&t), 0);
}

static long links_sent(const struct tenant *t)
{
    return strtol(database_value(stage_database(),
                                 "select count(*) from outbox o join controller c using (controller_id) "
                                 "where c.key = '%s' and o.kind = 1",
                                 t->key),
                  NULL, 10);
}

Test(sites, a_lost_link_goes_to_who_is_known_and_the_page_is_told_nothing)
{
    struct tenant t = form_tenant("sites-lost");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'newsletter'}", email("jan"));
    const char *token = token_from(&t, ORIGIN, NULL, NULL);
    static const char *const names[] = {"jan", "nobody", "jan"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct answer *a =
            send_from(&t, ORIGIN, "links/request",
                      json_text("{'email': '%s-" MARK "@example.nl', 'token': '%s'}", names[i], token));
        cr_assert_eq(a->status, 202, "%s", a->body);
        cr_expect_str_eq(a->body, "{}");
    }
    for (unsigned i = 0; i < 50 && links_sent(&t) == 0; i++)
        usleep(100 * 1000);
    cr_expect_eq(links_sent(&t), 1);
    cr_expect_eq(send_from(&t, "https://evil.example", "links/request",
                           json_text("{'email': 'jan-" MARK "@example.nl', 'token': '%s'}", token))
                     ->status,
                 403);
    cr_expect_eq(
        send_from(&t, ORIGIN, "links/request", "{\"email\": \"a@example.nl\", \"token\": \"x\"}")->status,
        403);
}

Test(sites, a_form_takes_no_other_purpose_words_address_or_token)
{
    struct tenant t = form_tenant("sites-form-wrong");
    const char *notice = string_at(get_site(&t, "config", NULL)->json, "/forms/0/notice/sha256");
    const char *other = notice_in(&t, "nl");
    cr_expect_eq(send_form(&t, "marketing", "a." MARK "@example.nl", notice, "")->status, 404);
    cr_expect_eq(send_form(&t, "analytics", "a." MARK "@example.nl", notice, "")->status, 404);
    cr_expect_eq(send_form(&t, "nothing", "a." MARK "@example.nl", notice, "")->status, 404);
    cr_expect_eq(send_form(&t, "newsletter", "a." MARK "@example.nl", other, "")->status, 422);
    expect(send_form(&t, "newsletter", MARK, notice, "")->json,
           "{'status': 422, 'errors': [{'pointer': '/email'}]}");
    const struct answer *a =
        send_from(&t, ORIGIN, "forms/newsletter",
                  json_text("{'email': 'a.%s@example.nl', 'token': '%s', 'notice': '%s'}", MARK,
                            token_from(&t, ORIGIN, NULL, NULL), notice));
    cr_expect_eq(a->status, 403);
    cr_expect_eq(send_from(&t, "https://evil.example", "forms/newsletter", "{}")->status, 403);
    cr_expect_eq(tenant_events(&t), 0);
}

/* ---- counts ---- */

/* The first day of the stats, once something is counted there. */
static const json_t *stats_day(const struct tenant *t, long answers)
{
    for (int i = 0; i < 200; i++) {
        const json_t *days = json_at(get(t, 200, "/v1/sites/%s/stats", t->key), "/days");
        const json_t *day = json_array_get(days, 0);
        if (day != NULL &&
            number_at(day, "/accepted") + number_at(day, "/refused") + number_at(day, "/chosen") >= answers)
            return day;
        usleep(100000);
    }
    cr_assert_fail("nothing was counted");
    return NULL;
}

Test(sites, how_a_banner_was_answered_is_counted_and_who_is_not)
{
    struct tenant t = site_tenant("sites-stats");
    static const char *const codes[] = {VISITOR, OTHER, "mallemolenCCCCCCCCCCCA", "mallemolenDDDDDDDDDDDA"};
    static const char *const chosen[] = {
        "{'ads': 'given', 'analytics': 'given'}", "{'ads': 'refused', 'analytics': 'refused'}",
        "{'ads': 'refused', 'analytics': 'given'}", "{'ads': 'refused', 'analytics': 'withdrawn'}"};
    for (size_t i = 0; i < 4; i++) /* each asks for the config once */
        cr_assert_eq(choose(&t, codes[i], chosen[i], "")->status, 201);
    for (size_t i = 0; i < 3; i++)
        get_site(&t, "config?lang=nl&shown=false", NULL);
    const json_t *day = stats_day(&t, 4);
    expect(day, "{'notice': '%s', 'policy_version': 1, 'accepted': 1, 'refused': 2, 'chosen': 1}",
           notice_in(&t, "nl"));
    long shown = number_at(day, "/shown");
    cr_expect(shown >= 4 && shown <= 5, "%ld", shown);
    expect(get(&t, 200, "/v1/sites/%s/stats?from=2020-01-01&to=2020-01-31", t.key),
           "{'from': '2020-01-01', 'to': '2020-01-31', 'days': []}");
}

Test(sites, the_counts_are_for_who_may_read_the_policy)
{
    struct tenant t = site_tenant("sites-stats-who"), other = site_tenant("sites-stats-other");
    cr_expect_eq(get_site(&t, "stats", NULL)->status, 401);
    get(&other, 404, "/v1/sites/%s/stats", t.key);
    static const char *const wrong[] = {"from=2026-13-01",
                                        "from=2026-02-29",
                                        "to=yesterday",
                                        "day=2026-01-01",
                                        "from=0000-01-01",
                                        "from=",
                                        "from=2026-11-02&to=2026-11-01",
                                        "from=2024-01-01&to=2026-11-01",
                                        "from=2025-01-01&to=2026-02-06",
                                        "from=1990-01-01",
                                        "from=9999-01-01"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        get(&t, 422, "/v1/sites/%s/stats?%s", t.key, wrong[i]);
    get(&t, 200, "/v1/sites/%s/stats?from=2025-01-01&to=2026-02-05", t.key); /* 400 days after */
    struct tenant recorder = t;
    recorder.token = token_of(t.keyring, t.key, "consent:record", "tester");
    get(&recorder, 403, "/v1/sites/%s/stats", t.key);
}
