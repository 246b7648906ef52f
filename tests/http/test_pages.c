/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"
#include "wire/page_texts.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What people see: the pages behind links, and how a policy dresses them. */

static const struct answer *look(const char *path)
{
    return client_send(&(struct request){.service = stage_service(0),
                                         .path = path,
                                         .content_type = "",
                                         .foreign = true,
                                         .headers = {"Accept-Language: de, en;q=0.5"}});
}

Test(pages, the_style_sheet_is_ours_small_and_fetches_nothing)
{
    const struct answer *css = look("/page.css");
    cr_assert_eq(css->status, 200);
    cr_expect_str_eq(answer_header(css, "content-type"), "text/css; charset=utf-8");
    cr_expect_str_eq(answer_header(css, "x-content-type-options"), "nosniff");
    cr_expect_lt(css->len, 6 * 1024);
    cr_expect_null(strstr(css->body, "url("));
    cr_expect_null(strstr(css->body, "@import"));
}

Test(pages, a_colour_is_a_style_sheet_on_which_words_can_be_read)
{
    static const struct {
        const char *colour, *css;
    } rows[] = {
        {"2f4a3c", ":root{--accent:#2f4a3c;--on-accent:#fff;--mark:#767676}\n"},
        {"FFD500", ":root{--accent:#ffd500;--on-accent:#000;--mark:#767676}\n"},
        {"777777", ":root{--accent:#777777;--on-accent:#000;--mark:#777777}\n"},
        {"000000", ":root{--accent:#000000;--on-accent:#fff;--mark:#767676}\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct answer *css = look(text_of("/page-%s.css", rows[i].colour));
        cr_assert_eq(css->status, 200);
        cr_expect_str_eq(css->body, rows[i].css);
        cr_expect_str_eq(answer_header(css, "content-type"), "text/css; charset=utf-8");
        cr_expect_str_eq(answer_header(css, "x-content-type-options"), "nosniff");
    }
    static const char *const none[] = {"/page-red.css", "/page-12345.css", "/page-1234567.css",
                                       "/page-12345g.css", "/page-%7D%7B.css"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        cr_expect_eq(look(none[i])->status, 404, "%s", none[i]);
}

/* ---- a policy's own ---- */

#define LOGO                                                                                                 \
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGPQ97IBIgYIBQATpgLVOqQyWwAAAABJRU5ErkJggg=="
static const char hostile[] = "</script><img src=x onerror=alert(1)>\" onload=\"alert(2)";

/* Every text that the document has becomes hostile, but for what is no text. */
static void poison(json_t *value)
{
    const char *name;
    json_t *one;
    size_t i;
    json_object_foreach(value, name, one)
    {
        if (json_is_string(one))
            json_object_set_new(value, name, json_string(hostile));
        else
            poison(one);
    }
    json_array_foreach(value, i, one) poison(one);
}

/* Of all pages the texts in a language, each hostile; its slot stays. */
static json_t *texts_in_german(void)
{
    json_t *texts = json_object();
    for (enum page_text t = PAGE_TEXT_FIRST; t < PAGE_TEXTS_END; t++) {
        bool has_slot = strstr(page_text_in(t, "en"), "{}") != NULL;
        json_object_set_new(texts, page_text_name(t),
                            json_string(text_of("%s%s", hostile, has_slot ? " {}" : "")));
    }
    return json_pack("{s:o}", "de", texts);
}

static json_t *hostile_policy(const struct tenant *t)
{
    json_t *policy = tenant_policy(t), *controller = json_object_get(policy, "controller"), *one;
    size_t i;
    json_object_set_new(controller, "name", json_string(hostile));
    json_object_set_new(controller, "languages", json_of("['de', 'en']"));
    json_object_set_new(controller, "address", json_of("{'street': 'x', 'city': 'y'}"));
    json_object_set_new(controller, "contact",
                        json_of("{'name': 'javascript:alert(3)', 'url': 'https://shop.example/'}"));
    json_object_set_new(controller, "data_protection_officer", json_string("javascript:alert(4)"));
    json_object_set_new(controller, "supervisory_authority", json_string(hostile));
    poison(json_object_get(controller, "address"));
    json_array_foreach(json_object_get(policy, "purposes"), i, one)
    {
        json_object_set_new(one, "name", json_pack("{s:s}", "de", hostile));
        json_object_set_new(one, "description", json_pack("{s:s}", "de", hostile));
    }
    json_array_foreach(json_object_get(policy, "notices"), i, one) poison(json_object_get(one, "texts"));
    one = json_array_get(json_object_get(policy, "purposes"), 1);
    json_object_set_new(one, "minors", json_of("{'guardian': {'least': 'email'}}"));
    one = json_array_get(json_object_get(policy, "purposes"), 0);
    json_object_set_new(one, "double_opt_in", json_true());
    json_object_set_new(
        policy, "pages",
        json_pack("{s:s, s:s, s:o}", "colour", "#ffd500", "logo", LOGO, "texts", texts_in_german()));
    return policy;
}

static const char *path_at(const json_t *answer, const char *member)
{
    const char *url = string_at(answer, member);
    return strchr(strstr(url, "://") + 3, '/');
}

Test(pages, no_text_of_a_policy_becomes_markup_and_no_address_a_script)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "pages-hostile");
    tenant_apply(&t, hostile_policy(&t));
    const char *const paths[] = {
        path_at(post(&t, 202, "/v1/consents",
                     "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': "
                     "'web_form'}",
                     email("a")),
                "/confirmation/url"),
        path_at(post(&t, 201, "/v1/links", "{'subject': %s, 'kind': 'unsubscribe'}", email("a")), "/url"),
        path_at(post(&t, 201, "/v1/links", "{'subject': %s, 'kind': 'preferences'}", email("a")), "/url"),
        path_at(post(&t, 202, "/v1/guardian-requests",
                     "{'subject': %s, 'guardian': %s, 'purposes': ['marketing'], 'minor': true}", email("a"),
                     email("g")),
                "/url"),
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const struct answer *page = look(paths[i]);
        cr_assert_eq(page->status, 200, "%s: %d", paths[i], page->status);
        cr_expect_not_null(strstr(page->body, "lang=\"de\""));
        cr_expect_not_null(strstr(page->body, "&lt;/script"));
        cr_expect_null(strstr(page->body, "<script"));
        cr_expect_null(strstr(page->body, "</script"));
        cr_expect_null(strstr(page->body, "<img src=x"));
        cr_expect_null(strstr(page->body, "\" onload"));
        cr_expect_null(strstr(page->body, "=\"javascript"));
        cr_expect_null(strstr(page->body, "role=\"alert\""), "nothing is wrong yet: %s", paths[i]);
        cr_expect_null(strstr(page->body, "href=\"http"));
        cr_expect_not_null(strstr(page->body, "/page-ffd500.css"));
        cr_expect_lt(page->len, 15 * 1024);
    }
}

Test(pages, a_policy_with_an_address_that_is_a_script_is_refused)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "pages-script");
    static const struct {
        const char *member, *value, *pointer;
    } rows[] = {
        {"controller", "{'key': 'pages-script', 'country': 'NL', 'contact': {'url': 'javascript:alert(1)'}}",
         "/controller/contact/url"},
        {"messages", "{'endpoint': 'javascript:alert(1)', 'secret': 'mail'}", "/messages/endpoint"},
        {"sites", "[{'origins': ['javascript:alert(1)']}]", "/sites/0/origins/0"},
        {"sites", "[{'origins': ['https://shop.example'], 'return_urls': ['javascript:alert(1)']}]",
         "/sites/0/return_urls/0"},
        {"pages", "{'logo': 'javascript:alert(1)'}", "/pages/logo"},
        {"pages", "{'colour': 'url(javascript:alert(1))'}", "/pages/colour"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *policy = tenant_policy(&t);
        json_object_set_new(policy, rows[i].member, json_of("%s", rows[i].value));
        char *body = json_dumps(policy, 0);
        const struct answer *a = client_send(&(struct request){
            .service = t.service, .method = "PUT", .path = "/v1/policy", .token = t.token, .body = body});
        cr_expect_eq(a->status, 422, "%s: %d", rows[i].pointer, a->status);
        cr_expect_not_null(strstr(a->body, rows[i].pointer), "%s: %s", rows[i].pointer, a->body);
        free(body);
        json_decref(policy);
    }
}

Test(pages, each_ends_with_the_way_back_that_the_policy_names_and_no_request)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "pages-back");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(
        policy, "sites",
        json_of("[{'origins': ['https://los.example']}, {'origins': ['https://shop.example'], "
                "'return_urls': ['https://shop.example/account?tab=1', "
                "'https://shop.example/other']}]"));
    tenant_apply(&t, policy);
    static const char back[] =
        "<p><a href=\"https://shop.example/account?tab=1\">Back to shop.example</a></p>";
    static const char *const kinds[] = {"unsubscribe", "preferences"};
    for (size_t i = 0; i < 2; i++) {
        const char *path = path_at(
            post(&t, 201, "/v1/links", "{'subject': %s, 'kind': '%s'}", email("a"), kinds[i]), "/url");
        cr_expect_not_null(strstr(look(path)->body, back), "%s", look(path)->body);
        const struct answer *asked =
            look(text_of("%s?return_url=https://evil.example/&back=https://evil.example/", path));
        cr_expect_not_null(strstr(asked->body, back));
        cr_expect_null(strstr(asked->body, "evil"));
    }
}

Test(pages, a_logo_is_shown_and_kept_by_its_content)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "pages-logo");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(policy, "pages", json_pack("{s:s}", "logo", LOGO));
    tenant_apply(&t, policy);
    const char *path =
        path_at(post(&t, 201, "/v1/links", "{'subject': %s, 'kind': 'preferences'}", email("a")), "/url");
    const char *src = strstr(look(path)->body, "<img src=\"");
    cr_assert_not_null(src);
    src += strlen("<img src=\"");
    const char *logo = text_of("%.*s", (int)strcspn(src, "\""), src);
    const struct answer *a = look(logo);
    cr_assert_eq(a->status, 200, "%s", logo);
    cr_expect_str_eq(answer_header(a, "content-type"), "image/png");
    cr_expect_str_eq(answer_header(a, "cache-control"), "public, max-age=31536000, immutable");
    cr_expect_str_eq(answer_header(a, "x-content-type-options"), "nosniff");
    cr_expect_eq(a->len, 73);
    char other[200];
    snprintf(other, sizeof other, "%.*s0", (int)strlen(logo) - 1, logo);
    cr_expect_eq(look(other)->status, 404);
    cr_expect_eq(look("/logo/0/0000000000000000")->status, 404);
    cr_expect_eq(look("/logo/99999999999/0000000000000000")->status, 404);
    cr_expect_eq(look("/logo/x/0000000000000000")->status, 404);
}

Test(pages, a_policys_own_words_stand_in_place_of_ours)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "pages-words");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(policy, "pages", json_of("{'texts': {'en': {'stop_button': 'No more of this'}}}"));
    tenant_apply(&t, policy);
    const struct answer *page = look(
        path_at(post(&t, 201, "/v1/links", "{'subject': %s, 'kind': 'unsubscribe'}", email("a")), "/url"));
    cr_expect_not_null(strstr(page->body, "No more of this"));
    cr_expect_not_null(strstr(page->body, "If you press the button"), "what it does not say is ours");
    cr_expect_not_null(strstr(page->body, "lang=\"en\""), "German is not spoken here");
}

Test(pages, the_language_that_a_browser_likes_best_is_spoken)
{
    static const char *const rows[][2] = {
        {"en;q=0.5, nl;q=0.9", "nl"},
        {"nl;q=0, en", "en"},
        {"nl;q=0,en;q=0.1", "en"},
        {"de, nl;q=0.3, en;q=0.2", "nl"},
        {"en, nl", "en"},
        {"en-GB;q=0.8, nl-BE;q=0.9", "nl-BE"},
        {"nl;q=0.001", "nl"},
        {"NL; q=0.2, en; q=0.1", "NL"},
    };
    struct tenant t = stage_tenant("pages-accept");
    const char *path =
        path_at(post(&t, 201, "/v1/links", "{'subject': %s, 'kind': 'unsubscribe'}", email("a")), "/url");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct answer *page =
            client_send(&(struct request){.service = t.service,
                                          .path = path,
                                          .content_type = "",
                                          .foreign = true,
                                          .headers = {text_of("Accept-Language: %s", rows[i][0])}});
        cr_expect_not_null(strstr(page->body, text_of("<html lang=\"%s\"", rows[i][1])), "%s: %.200s",
                           rows[i][0], page->body);
    }
}

/* As people write it in English, so many hours ahead of UTC. */
static const char *day_ahead(long hours)
{
    time_t there = time(NULL) + hours * 3600;
    struct tm tm;
    char text[64];
    gmtime_r(&there, &tm);
    strftime(text, sizeof text, "%e %B %Y", &tm);
    return text_of("%s", text + strspn(text, " "));
}

Test(pages, a_day_is_that_of_the_controllers_time_zone)
{
    static const struct {
        const char *zone;
        long hours;
    } zones[] = {{"Pacific/Kiritimati", 14}, {"Etc/GMT+12", -12}};
    for (size_t i = 0; i < 2; i++) {
        struct tenant t = tenant_bare(stage_service(0), stage_keyring(), text_of("pages-day-%zu", i));
        json_t *policy = tenant_policy(&t);
        json_object_set_new(json_object_get(policy, "controller"), "time_zone", json_string(zones[i].zone));
        tenant_apply(&t, policy);
        post(&t, 201, "/v1/consents",
             "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': "
             "'web_form'}",
             email("a"));
        const char *before = day_ahead(zones[i].hours);
        const json_t *made = post(&t, 201, "/v1/links",
                                  "{'subject': %s, 'kind': 'preferences', 'language': 'en'}", email("a"));
        const struct answer *page = look(strchr(strstr(string_at(made, "/url"), "://") + 3, '/'));
        cr_assert_eq(page->status, 200);
        cr_expect(strstr(page->body, before) != NULL || strstr(page->body, day_ahead(zones[i].hours)) != NULL,
                  "%s: %s", before, page->body);
        cr_expect_null(strstr(page->body, "UTC"));
    }
}
