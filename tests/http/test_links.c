/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "policy/policies.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Links that people click: how they are made, and who may do what with one. */

static const char urlencoded[] = "application/x-www-form-urlencoded";
static const char multipart[] = "multipart/form-data; boundary=b";
static const char one_click[] = "List-Unsubscribe=One-Click";

/* ${header}: one more of the question's, or NULL. */
static const struct answer *look_with(const char *method, const char *path, const char *header)
{
    return client_send(&(struct request){.service = stage_service(0),
                                         .method = method,
                                         .path = path,
                                         .content_type = "",
                                         .headers = {header},
                                         .foreign = true});
}

static const struct answer *look_as(const char *method, const char *path)
{
    return look_with(method, path, NULL);
}

static const struct answer *look(const char *path)
{
    return look_as("GET", path);
}

static const struct answer *press_with(const char *path, const char *type, const char *body,
                                       const char *header)
{
    return client_send(&(struct request){.service = stage_service(0),
                                         .method = "POST",
                                         .path = path,
                                         .content_type = type,
                                         .body = body,
                                         .headers = {header},
                                         .foreign = true});
}

static const struct answer *press(const char *path, const char *type, const char *body)
{
    return press_with(path, type, body, NULL);
}

/* The path of a link made for somebody: ${more} stands behind the subject. */
static const char *link_for(const struct tenant *t, const char *subject, const char *kind, const char *more)
{
    const json_t *made = post(t, 201, "/v1/links", "{'subject': %s, 'kind': '%s'%s}", subject, kind, more);
    const char *url = string_at(made, "/url");
    return strchr(strstr(url, "://") + 3, '/');
}

static struct tenant doubly(const char *key)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), key);
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "double_opt_in", json_true());
    tenant_apply(&t, policy);
    return t;
}

static const char *letter(size_t i)
{
    return text_of("letter-%zu", i);
}

/* Has ${count} newsletters more than others. */
static struct tenant with_letters(const char *key, size_t count, bool double_opt_in)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), key);
    json_t *policy = tenant_policy(&t), *purposes = json_object_get(policy, "purposes");
    for (size_t i = 0; i < count; i++) {
        json_t *one = json_deep_copy(json_array_get(purposes, 0));
        json_object_set_new(one, "key", json_string(letter(i)));
        if (double_opt_in)
            json_object_set_new(one, "double_opt_in", json_true());
        json_array_append_new(purposes, one);
    }
    tenant_apply(&t, policy);
    return t;
}

static void yes(const struct tenant *t, const char *name, const char *purpose)
{
    say(t, 201, email(name), purpose, "given", "");
}

/* The path of a confirmation that was asked for somebody. */
static const char *confirmation_for(const struct tenant *t, const char *name)
{
    const char *url = string_at(say(t, 202, email(name), "newsletter", "given", ""), "/confirmation/url");
    return strchr(strstr(url, "://") + 3, '/');
}

/* ---- POST /v1/links ---- */

Test(links, a_link_has_136_characters_at_most_and_an_end)
{
    struct tenant t = stage_tenant("links-made");
    const json_t *made =
        post(&t, 201, "/v1/links",
             "{'subject': %s, 'kind': 'unsubscribe', 'purposes': ['newsletter', 'marketing'], "
             "'language': 'nl'}",
             email("a"));
    cr_expect_leq(strlen(string_at(made, "/token")), 136);
    cr_expect_not_null(strstr(string_at(made, "/url"), "/u/"));
    cr_expect_gt(strcmp(string_at(made, "/expires_at"), time_from_now(2L * 366 * 86400)), 0);
    cr_expect_null(json_object_get(made, "headers"), "the public URL is not https");
    made = post(&t, 201, "/v1/links", "{'subject': %s, 'kind': 'preferences'}", email("a"));
    cr_expect_not_null(strstr(string_at(made, "/url"), "/p/"));
    cr_expect_lt(strcmp(string_at(made, "/expires_at"), time_from_now(86400 + 60)), 0);
    made = post(&t, 201, "/v1/links",
                "{'subject': [%s, %s], 'kind': 'unsubscribe', 'purposes': "
                "['newsletter', 'marketing', 'analytics']}",
                email("a"), customer("a"));
    cr_expect_leq(strlen(string_at(made, "/token")), 136);
}

Test(links, what_is_wrong_is_told_by_its_pointer)
{
    struct tenant t = stage_tenant("links-wrong");
    static const struct {
        const char *members, *pointer;
    } wrong[] = {
        {"'kind': 'confirm'", "/kind"},
        {"'kind': 'unsubscribe', 'purposes': ['nothing']", "/purposes/0"},
        {"'kind': 'unsubscribe', 'purposes': ['functional']", "/purposes/0"},
        {"'kind': 'unsubscribe', 'purposes': ['newsletter', 'newsletter']", "/purposes/1"},
        {"'kind': 'unsubscribe', 'purposes': []", "/purposes"},
        {"'kind': 'preferences', 'purposes': ['newsletter']", "/purposes"},
        {"'kind': 'preferences', 'expires_at': '2099-01-01T00:00:00Z'", "/expires_at"},
        {"'kind': 'unsubscribe', 'expires_at': '2027-01-01T00:00:00Z'", "/expires_at"},
        {"'kind': 'unsubscribe', 'language': 'n'", "/language"},
        {"'kind': 'unsubscribe', 'purpose': 'newsletter'", "/purpose"},
        {"'kind': 'unsubscribe', 'subject_id': 'AAAAAAAAAAAAAAAAAAAAAA'", "/subject_id"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect(post(&t, 422, "/v1/links", "{'subject': %s, %s}", email("a"), wrong[i].members),
               "{'errors': [{'pointer': '%s'}]}", wrong[i].pointer);
    expect(post(&t, 422, "/v1/links", "{'kind': 'unsubscribe'}"), "{'errors': [{'pointer': '/subject'}]}");
}

Test(links, a_line_each_and_a_bad_line_is_told_and_passed_over)
{
    struct tenant t = stage_tenant("links-lines");
    const struct answer *a = client_send(&(struct request){
        .service = t.service,
        .path = "/v1/links",
        .token = t.token,
        .content_type = "application/x-ndjson",
        .body = json_text("{'subject': %s, 'kind': 'unsubscribe'}\n\n{'kind': 'unsubscribe'}\nno\n"
                          "{'subject': %s, 'kind': 'preferences'}\n",
                          email("a"), email("b"))});
    cr_assert_eq(a->status, 200);
    json_t *lines = json_lines(a->body);
    expect(lines,
           "[{'line': 1}, {'line': 3, 'error': {'status': 422}}, {'line': 4, 'error': {'status': 400}}, "
           "{'line': 5}]");
    cr_expect_not_null(strstr(string_at(lines, "/0/url"), "/u/"));
    cr_expect_not_null(strstr(string_at(lines, "/3/url"), "/p/"));
    cr_expect_eq(json_object_size(json_array_get(lines, 0)), 3, "line, url, expires_at and no more");
}

Test(links, its_scope_is_its_own)
{
    struct tenant t = stage_tenant("links-scope");
    t.token = token_of(stage_keyring(), "links-scope", "consent:record subject:read", "tester");
    post(&t, 403, "/v1/links", "{'subject': %s, 'kind': 'unsubscribe'}", email("a"));
}

/* ---- one click ---- */

Test(links, one_click_stops_in_either_form_once)
{
    struct tenant t = stage_tenant("links-click");
    static const char part[] = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n"
                               "One-Click\r\n--b--\r\n";
    yes(&t, "a", "newsletter");
    yes(&t, "b", "newsletter");
    const char *a = link_for(&t, email("a"), "unsubscribe", ", 'purposes': ['newsletter']"),
               *b = link_for(&t, email("b"), "unsubscribe", ", 'purposes': ['newsletter']");
    long events = tenant_events(&t);
    const struct answer *done = press(a, urlencoded, one_click);
    cr_assert_eq(done->status, 200);
    cr_expect_null(answer_header(done, "set-cookie"));
    cr_expect_null(answer_header(done, "location"));
    cr_expect_str_eq(answer_header(done, "content-type"), "text/plain; charset=utf-8");
    cr_expect_str_eq(answer_header(done, "cache-control"), "no-store");
    cr_expect_str_eq(done->body, "Stopped.\n");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
    cr_expect_eq(press(b, multipart, part)->status, 200);
    cr_expect_str_eq(reason_of(&t, "b", "newsletter"), "withdrawn");
    cr_expect_eq(tenant_events(&t), events + 2);
    cr_expect_eq(press(a, urlencoded, one_click)->status, 200);
    cr_expect_eq(press(b, multipart, part)->status, 200);
    cr_expect_eq(tenant_events(&t), events + 2, "a form posted twice is recorded once");
    yes(&t, "a", "newsletter");
    cr_expect_eq(press(a, urlencoded, one_click)->status, 200);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn",
                     "a No is never lost, whatever came before");
}

/* A No of theirs reaches the customer too, who said Yes again since, under the code alone. */
Test(links, the_same_link_stops_what_began_elsewhere_since)
{
    struct tenant t = stage_tenant("links-elsewhere");
    const char *both = text_of("[%s, %s]", customer("x"), email("a"));
    say(&t, 201, both, "newsletter", "given", "");
    const char *path = link_for(&t, email("a"), "unsubscribe", ", 'purposes': ['newsletter']");
    const char *choices = link_for(&t, email("a"), "preferences", "");
    static const char *const bodies[] = {"List-Unsubscribe=One-Click", "action=stop",
                                         "action=save&p.newsletter=no", "action=stop_all"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        const char *to = i < 2 ? path : choices;
        cr_expect_eq(press(to, urlencoded, bodies[i])->status, 200);
        cr_expect_str_eq(reason(&t, customer("x"), "newsletter"), "withdrawn");
        long events = tenant_events(&t);
        cr_expect_null(strstr(look(path)->body, "name=\"action\" value=\"stop\""), "nothing is left");
        cr_expect_eq(press(to, urlencoded, bodies[i])->status, 200);
        cr_expect_eq(tenant_events(&t), events, "%s: a form posted twice is recorded once", bodies[i]);

        say(&t, 201, customer("x"), "newsletter", "given", "");
        cr_expect_not_null(strstr(look(path)->body, "name=\"action\" value=\"stop\""));
        cr_expect_eq(press(to, urlencoded, bodies[i])->status, 200);
        cr_expect_str_eq(reason(&t, customer("x"), "newsletter"), "withdrawn", "%s", bodies[i]);
        say(&t, 201, customer("x"), "newsletter", "given", "");
    }
}

/* As a program sends it that makes a boundary of its own each time. */
static const struct answer *click_with_boundary(const char *path, const char *boundary)
{
    return press(path, text_of("multipart/form-data; boundary=%s", boundary),
                 text_of("--%s\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n"
                         "One-Click\r\n--%s--\r\n",
                         boundary, boundary));
}

Test(links, the_same_stop_is_recorded_once_however_it_is_sent)
{
    struct tenant t = stage_tenant("links-once");
    yes(&t, "a", "newsletter");
    const char *path = link_for(&t, email("a"), "unsubscribe", ", 'purposes': ['newsletter']");
    long events = tenant_events(&t);
    static const char *const boundaries[] = {"b1", "b2", "b3", "b4"};
    static const char *const bodies[] = {"List-Unsubscribe=One-Click&n=1",
                                         "List-Unsubscribe=One-Click&n=2",
                                         "n=3&List-Unsubscribe=One-Click",
                                         "List-Unsubscribe=One%2DClick",
                                         "action=stop",
                                         "action=stop&n=1"};
    for (size_t i = 0; i < sizeof boundaries / sizeof *boundaries; i++)
        cr_expect_eq(click_with_boundary(path, boundaries[i])->status, 200);
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        cr_expect_eq(press(path, urlencoded, bodies[i])->status, 200, "%s", bodies[i]);
    cr_expect_eq(press(text_of("%s?utm_source=a", path), urlencoded, one_click)->status, 200);
    cr_expect_eq(press(text_of("%s?utm_source=b&x", path), urlencoded, "action=stop")->status, 200);
    cr_expect_eq(tenant_events(&t), events + 1);
    yes(&t, "a", "newsletter");
    cr_expect_eq(click_with_boundary(path, "b1")->status, 200);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn", "a stop after a new Yes counts");
    cr_expect_eq(tenant_events(&t), events + 3);
}

Test(links, everything_is_stopped_once_and_again_after_a_yes)
{
    struct tenant t = stage_tenant("links-all-once");
    yes(&t, "a", "newsletter");
    const char *path = link_for(&t, email("a"), "preferences", "");
    cr_expect_eq(press(path, urlencoded, "action=stop_all")->status, 200);
    long events = tenant_events(&t);
    static const char *const bodies[] = {"action=stop_all", "action=stop_all&n=1",
                                         "action=stop_all&p.newsletter=yes"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        cr_expect_eq(press(path, urlencoded, bodies[i])->status, 200);
    cr_expect_eq(press(text_of("%s?utm_source=a", path), urlencoded, "action=stop_all")->status, 200);
    cr_expect_eq(tenant_events(&t), events);
    yes(&t, "a", "newsletter");
    cr_expect_eq(press(path, urlencoded, "action=stop_all")->status, 200);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
}

Test(links, what_was_done_says_how)
{
    struct tenant t = stage_tenant("links-how");
    yes(&t, "a", "newsletter");
    const char *path = link_for(&t, email("a"), "unsubscribe", ", 'purposes': ['newsletter']");
    const json_t *who = post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("a"));
    cr_expect_eq(press(path, urlencoded, one_click)->status, 200);
    const json_t *history = get(&t, 200, "/v1/subjects/%s/history", string_at(who, "/subject_id"));
    expect(json_at(history, "/events/1"),
           "{'event_state': 'withdrawn', 'collection_method': 'one_click', "
           "'actor': 'page', 'evidence': {'how': 'one_click', 'ip': '127.0.0.0'}}");
    yes(&t, "a", "newsletter");
    cr_expect_eq(press(path, urlencoded, "action=stop")->status, 200);
    history = get(&t, 200, "/v1/subjects/%s/history", string_at(who, "/subject_id"));
    expect(json_at(history, "/events/3"), "{'event_state': 'withdrawn', 'evidence': {'how': 'button'}}");
}

Test(links, anything_else_is_400_and_changes_nothing)
{
    struct tenant t = stage_tenant("links-else");
    yes(&t, "a", "newsletter");
    const char *path = link_for(&t, email("a"), "unsubscribe", ", 'purposes': ['newsletter']");
    long events = tenant_events(&t);
    static const char *const bodies[] = {"",
                                         "List-Unsubscribe=one-click",
                                         "List-Unsubscribe=One-Click&List-Unsubscribe=One-Click",
                                         "List-Unsubscribe=One-Click&action=stop",
                                         "action=go",
                                         "action=stop&action=stop",
                                         "List-Unsubscribe"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        cr_expect_eq(press(path, urlencoded, bodies[i])->status, 400, "%s", bodies[i]);
    cr_expect_eq(press(path, "application/json", "{}")->status, 400);
    cr_expect_eq(press(path, multipart, "--b\r\n")->status, 400);
    cr_expect_eq(tenant_events(&t), events);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
}

Test(links, a_link_without_purposes_stops_all_of_the_channel)
{
    struct tenant t = stage_tenant("links-channel");
    yes(&t, "a", "newsletter");
    yes(&t, "a", "marketing");
    yes(&t, "a", "analytics");
    cr_expect_eq(press(link_for(&t, email("a"), "unsubscribe", ""), urlencoded, one_click)->status, 200);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
    cr_expect_str_eq(reason_of(&t, "a", "marketing"), "withdrawn");
    cr_expect_str_eq(reason_of(&t, "a", "analytics"), "granted", "another channel");
    cr_expect_eq(press(link_for(&t, email("never"), "unsubscribe", ""), urlencoded, one_click)->status, 200);
    cr_expect_str_eq(reason_of(&t, "never", "newsletter"), "withdrawn", "of somebody never seen too");
}

/* ---- who may do what ---- */

Test(links, a_scanner_that_looks_at_each_kind_changes_nothing)
{
    struct tenant t = doubly("links-scanner");
    yes(&t, "a", "marketing");
    const json_t *asked = say(&t, 202, email("a"), "newsletter", "given", "");
    const char *url = string_at(asked, "/confirmation/url");
    const char *const paths[] = {strchr(strstr(url, "://") + 3, '/'),
                                 link_for(&t, email("a"), "unsubscribe", ""),
                                 link_for(&t, email("a"), "preferences", "")};
    /* Mail programs and browsers that fetch ahead say so in one of these; a filter says nothing. */
    static const char *const ahead[] = {NULL,
                                        "Sec-Purpose: prefetch",
                                        "Sec-Purpose: prefetch;prerender",
                                        "Purpose: prefetch",
                                        "X-Moz: prefetch",
                                        "X-Purpose: preview"};
    long events = tenant_events(&t);
    enum { TIMES = 10, HEADERS = sizeof ahead / sizeof *ahead };
    for (size_t i = 0; i < 3; i++) {
        for (size_t times = 0; times < TIMES * HEADERS; times++) {
            const char *header = ahead[times % HEADERS];
            cr_expect_eq(look_with("GET", paths[i], header)->status, 200, "%s", paths[i]);
            cr_expect_eq(look_with("HEAD", paths[i], header)->status, 200);
        }
    }
    cr_expect_eq(tenant_events(&t), events);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "unconfirmed");
    cr_expect_str_eq(reason_of(&t, "a", "marketing"), "granted");
}

Test(links, what_does_not_open_is_404_always_the_same_bytes)
{
    struct tenant t = doubly("links-404");
    const char *stop = link_for(&t, email("a"), "unsubscribe", ""),
               *choices = link_for(&t, email("a"), "preferences", "");
    char other[400], cut[400];
    snprintf(other, sizeof other, "/p/%s", stop + 3);
    snprintf(cut, sizeof cut, "%.*s", (int)strlen(choices) - 1, choices);
    const char *const paths[] = {"/u/no", "/c/no", "/p/no", other, cut};
    const struct answer *first = look("/p/other");
    cr_expect_eq(first->status, 404);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const struct answer *a = look(paths[i]);
        cr_expect_eq(a->status, 404, "%s", paths[i]);
        cr_expect_str_eq(a->body, first->body, "%s", paths[i]);
        a = press(paths[i], urlencoded,
                  paths[i][1] == 'c'   ? "action=confirm"
                  : paths[i][1] == 'p' ? "action=save"
                                       : "action=stop");
        cr_expect_eq(a->status, 404, "%s", paths[i]);
        cr_expect_str_eq(a->body, first->body, "%s", paths[i]);
    }
}

Test(links, a_foreign_page_may_not_press)
{
    struct tenant t = stage_tenant("links-foreign");
    yes(&t, "a", "newsletter");
    const char *path = link_for(&t, email("a"), "unsubscribe", "");
    cr_expect_eq(press_with(path, urlencoded, "action=stop", "Origin: https://evil.example")->status, 403);
    cr_expect_eq(press_with(path, urlencoded, "action=stop", "Sec-Fetch-Site: cross-site")->status, 403);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
    cr_expect_eq(press_with(path, urlencoded, one_click, "Origin: https://mail.example")->status, 200);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
    cr_expect_eq(press_with(path, urlencoded, "action=stop", "Origin: null")->status, 200);
}

Test(links, a_page_says_no_more_than_it_must_and_is_kept_by_nobody)
{
    struct tenant t = stage_tenant("links-headers");
    const struct answer *page = look(link_for(&t, email("a"), "preferences", ", 'language': 'nl'"));
    cr_assert_eq(page->status, 200);
    cr_expect_str_eq(answer_header(page, "content-security-policy"),
                     "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
                     "base-uri 'none'; frame-ancestors 'none'");
    cr_expect_str_eq(answer_header(page, "referrer-policy"), "no-referrer");
    cr_expect_str_eq(answer_header(page, "x-content-type-options"), "nosniff");
    cr_expect_str_eq(answer_header(page, "cache-control"), "no-store");
    cr_expect_null(answer_header(page, "set-cookie"));
    cr_expect_lt(page->len, 15 * 1024 - look("/page.css")->len);
    cr_expect_null(client_mark_in(page->body));
    cr_expect_null(strstr(page->body, "<script"));
    cr_expect_null(strstr(page->body, "style="));
    cr_expect_null(strstr(page->body, "://"));
}

/* What a reader gets who cut the link off, or a program that tries another method. */
Test(links, what_is_nearly_a_page_is_answered_as_one)
{
    static const char *const kinds[] = {"/c/", "/u/", "/p/", "/g/", "/i/"};
    const char *none = text_of("%s", look("/c/none")->body);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct answer *cut = look(kinds[i]);
        cr_expect_eq(cut->status, 404);
        cr_expect_str_eq(cut->body, none);
        for (size_t k = 0; k < 3; k++) {
            const struct answer *a = k == 0   ? look(kinds[i])
                                     : k == 1 ? look_as("DELETE", text_of("%snone", kinds[i]))
                                              : look_as("PUT", text_of("%snone", kinds[i]));
            cr_expect_eq(a->status, k == 0 ? 404 : 405);
            cr_expect_str_eq(answer_header(a, "content-type"), "text/html; charset=utf-8");
            cr_expect_not_null(strstr(answer_header(a, "content-security-policy"), "default-src 'none'"));
            cr_expect_str_eq(answer_header(a, "referrer-policy"), "no-referrer");
            cr_expect_str_eq(answer_header(a, "x-content-type-options"), "nosniff");
            cr_expect_str_eq(answer_header(a, "cache-control"), "no-store");
            cr_expect(k == 0 || strcmp(answer_header(a, "allow"), "GET, HEAD, POST, OPTIONS") == 0);
        }
    }
    cr_expect_str_eq(answer_header(look_as("DELETE", "/v1/check"), "content-type"),
                     "application/problem+json");
    cr_expect_str_eq(answer_header(look("/v1/none"), "content-type"), "application/problem+json");
}

/* ---- a double opt-in by the page ---- */

Test(links, the_button_confirms_and_the_page_says_so_from_then_on)
{
    struct tenant t = doubly("links-confirm");
    const json_t *asked = say(&t, 202, email("a"), "newsletter", "given", ", 'evidence': {'form': 'footer'}");
    const char *url = string_at(asked, "/confirmation/url"), *path = strchr(strstr(url, "://") + 3, '/');
    cr_expect_eq(press(path, urlencoded, "action=stop")->status, 400);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "unconfirmed");
    const struct answer *done = press(path, urlencoded, "action=confirm");
    cr_assert_eq(done->status, 200);
    cr_expect_not_null(strstr(done->body, "Thank you"), "%s", done->body);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
    long events = tenant_events(&t);
    done = press(path, urlencoded, "action=confirm");
    cr_expect(done->status == 200 && strstr(done->body, "since") != NULL, "%s", done->body);
    cr_expect_not_null(strstr(look(path)->body, "You have been subscribed since"));
    cr_expect_eq(tenant_events(&t), events);
    const json_t *who = post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("a"));
    const json_t *history = get(&t, 200, "/v1/subjects/%s/history", string_at(who, "/subject_id"));
    expect(
        json_at(history, "/events/1"),
        "{'event_state': 'given', 'collection_method': 'double_opt_in', 'evidence': {'how': 'button', 'ip': "
        "'127.0.0.0', 'requested': {'collection_method': 'web_form', 'evidence': {'form': 'footer'}}}}");
}

/* Both ways to the page of a confirmation that was used, in both languages: each is told ${english} or
 * ${dutch}, and of none that somebody is subscribed. */
static void expect_not_subscribed(const char *path, const char *english, const char *dutch)
{
    static const char *const languages[] = {"Accept-Language: en", "Accept-Language: nl"};
    for (size_t i = 0; i < 4; i++) {
        const char *language = languages[i / 2], *words = i / 2 == 0 ? english : dutch;
        const struct answer *page = i % 2 == 0 ? press_with(path, urlencoded, "action=confirm", language)
                                               : look_with("GET", path, language);
        cr_expect_eq(page->status, 200);
        cr_expect_not_null(strstr(page->body, words), "%s: %s", words, page->body);
        cr_expect_not_null(
            strstr(page->body, i / 2 == 0 ? "You confirmed this on " : "U hebt dit bevestigd op "));
        cr_expect_null(strstr(page->body, "ubscribed"), "%s", page->body);
        cr_expect_null(strstr(page->body, "aangemeld"), "%s", page->body);
    }
}

Test(links, a_confirmation_speaks_the_language_that_was_asked_in)
{
    struct tenant t = doubly("links-spoken");
    const json_t *asked = say(&t, 202, email("a"), "newsletter", "given", ", 'language': 'nl'");
    const char *path = strchr(strstr(string_at(asked, "/confirmation/url"), "://") + 3, '/');
    const struct answer *page = look_with("GET", path, "Accept-Language: en");
    cr_expect_not_null(strstr(page->body, "<html lang=\"nl\">"), "%s", page->body);
    page = press_with(path, urlencoded, "action=confirm", "Accept-Language: en");
    cr_expect_eq(page->status, 200);
    cr_expect_not_null(strstr(page->body, "<html lang=\"nl\">"), "%s", page->body);
}

Test(links, who_confirmed_and_stopped_is_not_told_to_be_subscribed)
{
    struct tenant t = doubly("links-stopped-since");
    const char *path = confirmation_for(&t, "a"), *later = confirmation_for(&t, "a");
    cr_expect_eq(press(path, urlencoded, "action=confirm")->status, 200);
    cr_expect_not_null(strstr(look_with("GET", path, "Accept-Language: nl")->body, "U bent aangemeld sinds"));
    const char *stop = link_for(&t, email("a"), "unsubscribe", ", 'purposes': ['newsletter']");
    cr_expect_eq(press(stop, urlencoded, one_click)->status, 200);
    expect_not_subscribed(path, "It was stopped on ", "Dit is gestopt op ");
    cr_expect_eq(press(later, urlencoded, "action=confirm")->status, 410);
    press(confirmation_for(&t, "a"), urlencoded, "action=confirm");
    cr_expect_not_null(strstr(look(path)->body, "You have been subscribed since"), "and came back");
}

Test(links, a_minor_who_confirms_is_told_that_a_guardian_must_agree_too)
{
    struct tenant t = doubly("links-minor");
    json_t *policy = tenant_policy(&t), *newsletter = json_array_get(json_object_get(policy, "purposes"), 0);
    json_object_set_new(newsletter, "double_opt_in", json_true());
    json_object_set_new(newsletter, "minors", json_of("{'guardian': {'least': 'email'}}"));
    tenant_apply(&t, policy);
    const char *url = string_at(say(&t, 202, email("a"), "newsletter", "given", ", 'minor': true"),
                                "/confirmation/url"),
               *path = strchr(strstr(url, "://") + 3, '/');
    expect_not_subscribed(path, "A parent or guardian still has to agree",
                          "Een ouder of verzorger moet nog akkoord geven");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "guardian_required");
}

/* Of who confirms for a child, and of one who has none of the child's messages to stop by. */
Test(links, a_guardian_who_confirms_is_no_subscriber_and_takes_it_back_by_the_same_link)
{
    struct tenant t = doubly("links-guardian-confirms");
    static const char by[] = ", 'minor': true, 'expressed_by': {'role': 'parent', 'strength': 'email', "
                             "'identifier': {'type': 'email', 'value': 'mum-" MARK "@example.nl'}}";
    for (size_t i = 0; i < 2; i++) {
        const json_t *asked = say(&t, 202, email("kid"), "newsletter", "given", by);
        const char *path = strchr(strstr(string_at(asked, "/confirmation/url"), "://") + 3, '/');
        const struct answer *page = look(path);
        cr_expect_not_null(strstr(page->body, "consent for a child"), "%s", page->body);
        cr_expect_eq(press(path, urlencoded, "action=withdraw")->status, 200);
        cr_expect_str_neq(reason(&t, email("kid"), "newsletter"), "granted", "nothing to take back yet");

        page = press(path, urlencoded, "action=confirm");
        cr_expect_eq(page->status, 200);
        cr_expect_str_eq(reason(&t, email("kid"), "newsletter"), "granted");
        cr_expect_null(strstr(page->body, "ubscribed"), "%s", page->body);
        cr_expect_null(strstr(page->body, "below each message"), "%s", page->body);
        cr_expect_null(strstr(page->body, "name=\"email\""), "%s", page->body);
        cr_expect_not_null(strstr(page->body, "You gave your consent on "), "%s", page->body);
        page = look(path);
        cr_expect_not_null(strstr(page->body, "value=\"withdraw\""), "%s", page->body);

        page = press(path, urlencoded, "action=withdraw");
        cr_expect_eq(page->status, 200);
        cr_expect_not_null(strstr(page->body, "You said no on "), "%s", page->body);
        cr_expect_null(strstr(page->body, "value=\"withdraw\""), "%s", page->body);
        cr_expect_str_eq(reason(&t, email("kid"), "newsletter"), "withdrawn");
        long events = tenant_events(&t);
        cr_expect_eq(press(path, urlencoded, "action=withdraw")->status, 200);
        cr_expect_eq(press(path, urlencoded, "action=confirm")->status, 200, "it was, and no more");
        cr_expect_eq(tenant_events(&t), events);
        cr_expect_str_eq(reason(&t, email("kid"), "newsletter"), "withdrawn");
    }
    const char *id =
        string_at(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("kid")), "/subject_id");
    expect(get(&t, 200, "/v1/subjects/%s/history", id),
           "{'events': [{}, {}, {'event_state': 'withdrawn', 'collection_method': 'preference_page', "
           "'expressed_by': {'role': 'parent'}}, {}, {}, {}]}");
}

Test(links, who_confirms_for_themselves_takes_nothing_back_by_it)
{
    struct tenant t = doubly("links-own-confirms");
    const char *path = confirmation_for(&t, "a");
    cr_expect_eq(press(path, urlencoded, "action=confirm")->status, 200);
    cr_expect_eq(press(path, urlencoded, "action=withdraw")->status, 200);
    cr_expect_str_eq(reason(&t, email("a"), "newsletter"), "granted");
}

Test(links, who_confirms_words_that_were_outdated_is_told_so)
{
    struct tenant t = doubly("links-outdated");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "double_opt_in", json_true());
    const char *path = confirmation_for(&t, "a");
    notice_add(policy, "newsletter", "2", "material", "2026-01-02T00:00:00Z");
    tenant_apply(&t, policy);
    expect_not_subscribed(path, "The text has changed since you were asked",
                          "De tekst is gewijzigd nadat u dit is gevraagd");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "notice_outdated");
}

Test(links, of_several_that_were_confirmed_each_is_told_as_it_stands)
{
    struct tenant t = with_letters("links-mixed", 2, true);
    const json_t *asked = post(&t, 202, "/v1/consents",
                               "{'subject': %s, 'choices': {'letter-0': 'given', 'letter-1': 'given'}, "
                               "'collection_method': 'web_form'}",
                               email("a"));
    const char *url = string_at(asked, "/0/confirmation/url"), *path = strchr(strstr(url, "://") + 3, '/');
    cr_expect_eq(press(path, urlencoded, "action=confirm")->status, 200);
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'letter-1'}", email("a"));
    const struct answer *page = look(path);
    cr_expect_not_null(strstr(page->body, "<h1>You confirmed this</h1>"), "%s", page->body);
    cr_expect_not_null(strstr(page->body, "<p>It was stopped on "));
    cr_expect_not_null(strstr(page->body, "<p>You have been subscribed since "));
}

Test(links, a_confirmation_that_is_overtaken_is_410_and_says_why)
{
    struct tenant t = doubly("links-overtaken");
    const char *url = string_at(say(&t, 202, email("a"), "newsletter", "given", ""), "/confirmation/url"),
               *path = strchr(strstr(url, "://") + 3, '/');
    cr_expect_eq(look(path)->status, 200);
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", email("a"));
    const struct answer *shown = look(path);
    cr_expect_eq(shown->status, 410);
    cr_expect(strstr(shown->body, "a No was given") != NULL && strstr(shown->body, "<form") == NULL, "%s",
              shown->body);
    const struct answer *over = press(path, urlencoded, "action=confirm");
    cr_expect_eq(over->status, 410);
    cr_expect_not_null(strstr(over->body, "a No was given"), "%s", over->body);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
}

/* What was asked for together is confirmed together: the page says that the rest is not either. */
Test(links, a_no_to_a_part_of_what_was_asked_for_says_that_the_rest_was_not_recorded)
{
    struct tenant t = with_letters("links-part", 2, true);
    const json_t *asked = post(&t, 202, "/v1/consents",
                               "{'subject': %s, 'collection_method': 'web_form', 'choices': {'letter-0': "
                               "'given', 'letter-1': 'given'}}",
                               email("a"));
    const char *url = string_at(asked, "/0/confirmation/url"), *path = strchr(strstr(url, "://") + 3, '/');
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'letter-1'}", email("a"));
    const struct answer *pages[] = {look(path), press(path, urlencoded, "action=confirm")};
    for (size_t i = 0; i < 2; i++) {
        cr_expect_eq(pages[i]->status, 410);
        cr_expect_not_null(strstr(pages[i]->body, "nothing of what was asked for was recorded"), "%s",
                           pages[i]->body);
    }
    cr_expect_str_eq(reason_of(&t, "a", "letter-0"), "unconfirmed");
}

Test(links, a_no_before_it_was_asked_for_overtakes_nothing)
{
    struct tenant t = doubly("links-before");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'newsletter'}", email("a"));
    const char *url = string_at(say(&t, 202, email("a"), "newsletter", "given", ""), "/confirmation/url"),
               *path = strchr(strstr(url, "://") + 3, '/');
    cr_expect_eq(look(path)->status, 200);
    cr_expect_eq(press(path, urlencoded, "action=confirm")->status, 200);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
}

Test(links, one_token_confirms_more_purposes_than_eight)
{
    struct tenant t = with_letters("links-many", 20, true);
    json_t *choices = json_object();
    for (size_t i = 0; i < 20; i++)
        json_object_set_new(choices, letter(i), json_string("given"));
    char *text = json_dumps(choices, 0);
    const json_t *asked =
        post(&t, 202, "/v1/consents", "{'subject': %s, 'collection_method': 'web_form', 'choices': %s}",
             email("a"), text);
    cr_expect_leq(strlen(string_at(asked, "/0/confirmation/token")), 136);
    cr_expect_str_eq(string_at(asked, "/0/confirmation/token"), string_at(asked, "/19/confirmation/token"));
    post(&t, 201, "/v1/confirm", "{'token': '%s'}", string_at(asked, "/7/confirmation/token"));
    cr_expect_str_eq(reason_of(&t, "a", "letter-0"), "granted");
    cr_expect_str_eq(reason_of(&t, "a", "letter-19"), "granted");
    free(text);
}

/* ---- what does not fit a token ---- */

enum { LETTERS = 90 };

/* Members of a link that stops all letters. */
static const char *all_letters(void)
{
    static char text[4096];
    size_t len = (size_t)snprintf(text, sizeof text, ", 'language': 'nl', 'purposes': ['newsletter'");
    for (size_t i = 0; i < LETTERS; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, ", '%s'", letter(i));
    snprintf(text + len, sizeof text - len, "]");
    return text;
}

/* More identifiers than fit. */
static const char *five_addresses(const char *name)
{
    return text_of("[%s, {'type': 'email', 'value': '%s-2-" MARK "@example.nl'}, "
                   "{'type': 'email', 'value': '%s-3-" MARK "@example.nl'}, "
                   "{'type': 'email', 'value': '%s-4-" MARK "@example.nl'}, %s]",
                   email(name), name, name, name, customer(name));
}

static long rows_kept(const struct tenant *t)
{
    return database_number(stage_database(),
                           "select count(*) from kept_link join controller c using (controller_id) "
                           "where c.key = '%s'",
                           t->key);
}

Test(links, what_does_not_fit_is_a_row_of_the_ledger)
{
    struct tenant t = with_letters("links-rows", LETTERS, false);
    yes(&t, "a", letter(0));
    yes(&t, "a", letter(LETTERS - 1));
    yes(&t, "a", "marketing");
    const char *path = link_for(&t, email("a"), "unsubscribe", all_letters());
    cr_expect_leq(strlen(path), 3 + 136);
    cr_expect_eq(rows_kept(&t), 1);
    const struct answer *page = look(path);
    cr_assert_eq(page->status, 200);
    cr_expect_not_null(strstr(page->body, "lang=\"nl\""), "%s", page->body);
    cr_expect_eq(press(path, urlencoded, one_click)->status, 200);
    cr_expect_str_eq(reason_of(&t, "a", letter(0)), "withdrawn");
    cr_expect_str_eq(reason_of(&t, "a", letter(LETTERS - 1)), "withdrawn");
    cr_expect_str_eq(reason_of(&t, "a", "marketing"), "granted");

    /* by subject_id, and by more identifiers than fit */
    const json_t *who = post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("a"));
    const json_t *made = post(&t, 201, "/v1/links", "{'subject_id': '%s', 'kind': 'unsubscribe'%s}",
                              string_at(who, "/subject_id"), all_letters());
    yes(&t, "a", letter(7));
    cr_expect_eq(
        press(strchr(strstr(string_at(made, "/url"), "://") + 3, '/'), urlencoded, one_click)->status, 200);
    cr_expect_str_eq(reason_of(&t, "a", letter(7)), "withdrawn");
    path = link_for(&t, five_addresses("a"), "preferences", "");
    cr_expect_eq(press(path, urlencoded, "action=save&p.marketing=no")->status, 200);
    cr_expect_str_eq(reason_of(&t, "a", "marketing"), "withdrawn", "one of them had said Yes");
    cr_expect_eq(rows_kept(&t), 3);
}

Test(links, the_same_link_again_is_the_same_row_and_lines_keep_theirs)
{
    struct tenant t = with_letters("links-row-lines", LETTERS, false);
    char *body = NULL;
    size_t len;
    FILE *to = open_memstream(&body, &len);
    for (size_t i = 0; i < 450; i++)
        fputs(json_text("{'subject': %s, 'kind': 'unsubscribe'%s}\n", email(text_of("l%zu", i % 300)),
                        i % 3 == 0 ? "" : all_letters()),
              to);
    fclose(to);
    const struct answer *a = client_send(&(struct request){.service = t.service,
                                                           .path = "/v1/links",
                                                           .token = t.token,
                                                           .content_type = "application/x-ndjson",
                                                           .body = body});
    cr_assert_eq(a->status, 200, "%s", a->body);
    json_t *lines = json_lines(a->body);
    cr_assert_eq(json_array_size(lines), 450);
    cr_expect_eq(rows_kept(&t), 200);
    const char *url = string_at(lines, "/449/url");
    cr_expect_eq(press(strchr(strstr(url, "://") + 3, '/'), urlencoded, one_click)->status, 200);
    cr_expect_str_eq(reason_of(&t, "l149", letter(3)), "withdrawn");
    free(body);
}

Test(links, a_row_goes_with_its_person_and_at_its_end)
{
    struct tenant t = with_letters("links-row-gone", LETTERS, false);
    yes(&t, "a", "newsletter");
    const json_t *who = post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("a"));
    const char *named = link_for(&t, email("a"), "unsubscribe", all_letters()),
               *by_id = link_for(&t, five_addresses("a"), "preferences", ""),
               *other = link_for(&t, email("b"), "unsubscribe", all_letters());
    post(&t, 201, "/v1/links", "{'subject_id': '%s', 'kind': 'unsubscribe'%s}", string_at(who, "/subject_id"),
         all_letters());
    cr_expect_eq(rows_kept(&t), 4);
    post(&t, 200, text_of("/v1/subjects/%s/erase", string_at(who, "/subject_id")), "{}");
    cr_expect_eq(rows_kept(&t), 1);
    cr_expect_eq(look(named)->status, 410);
    cr_expect_eq(press(named, urlencoded, one_click)->status, 410);
    cr_expect_eq(look(by_id)->status, 410);
    cr_expect_eq(look(other)->status, 200);
    database_value(stage_database(),
                   "update kept_link set ends_at = '2020-01-01' from controller c "
                   "where c.controller_id = kept_link.controller_id and c.key = '%s'",
                   t.key);
    database_value(stage_database(), "select expire_links()");
    cr_expect_eq(rows_kept(&t), 0);
    cr_expect_eq(look(other)->status, 410);
}

/* ... and goes on for who else it names, who is known. */
Test(links, a_row_that_names_another_too_goes_on_for_them)
{
    struct tenant t = with_letters("links-row-two", LETTERS, false);
    say(&t, 201, customer("a"), "marketing", "given", "");
    say(&t, 201, text_of("[%s, %s]", customer("b"), email("both")), "marketing", "given", "");
    say(&t, 201, text_of("[%s, %s]", customer("a"), email("both")), "marketing", "given", "");
    const char *whom = text_of("[%s, %s]", customer("a"), email("both"));
    const char *path = link_for(&t, whom, "unsubscribe", all_letters());
    const json_t *who = post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", customer("a"));
    post(&t, 200, text_of("/v1/subjects/%s/erase", string_at(who, "/subject_id")), "{'remember_no': true}");
    cr_expect_eq(rows_kept(&t), 1);
    say(&t, 201, email("both"), letter(0), "given", "");
    cr_expect_eq(press(path, urlencoded, one_click)->status, 200);
    cr_expect_str_eq(reason_of(&t, "both", letter(0)), "withdrawn");
    expect(post(&t, 404, "/v1/subjects/lookup", "{'subject': %s}", customer("a")), "{'status': 404}");

    /* asked for again, it names nobody who was erased */
    link_for(&t, whom, "unsubscribe", all_letters());
    cr_expect_eq(database_number(stage_database(),
                                 "select count(*) from kept_link_tag join controller c using (controller_id) "
                                 "where c.key = '%s'",
                                 t.key),
                 1);
    const char *none = link_for(&t, customer("a"), "unsubscribe", all_letters());
    cr_expect_eq(look(none)->status, 410);
    cr_expect_eq(rows_kept(&t), 1);
}

/* ---- the preference page ---- */

/* What the page shows of a purpose now, as its form tells it: a Yes that takes a No back is to that. */
static const char *shown(const char *path, const char *purpose)
{
    const char *field = text_of("name=\"s.%s\" value=\"", purpose);
    const char *at = strstr(look(path)->body, field);
    cr_assert_not_null(at, "%s", field);
    at += strlen(field);
    return text_of("&s.%s=%.*s", purpose, (int)strcspn(at, "\""), at);
}

Test(links, choices_are_saved_and_what_stands_already_is_not_recorded_again)
{
    struct tenant t = stage_tenant("links-choices");
    yes(&t, "a", "marketing");
    const char *path = link_for(&t, email("a"), "preferences", "");
    long events = tenant_events(&t);
    const struct answer *saved = press(path, urlencoded,
                                       "action=save&p.newsletter=yes&v.newsletter=1&p.marketing=no&"
                                       "p.analytics=&p.functional=no&p.other=yes");
    cr_assert_eq(saved->status, 200);
    cr_expect_not_null(strstr(saved->body, "Your choices are saved"), "%s", saved->body);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
    cr_expect_str_eq(reason_of(&t, "a", "marketing"), "withdrawn");
    cr_expect_str_eq(reason_of(&t, "a", "analytics"), "never_asked");
    cr_expect_eq(tenant_events(&t), events + 2);
    saved = press(path, urlencoded, "action=save&p.newsletter=yes&v.newsletter=1&p.marketing=no");
    cr_expect_not_null(strstr(saved->body, "Nothing was changed"), "%s", saved->body);
    cr_expect_eq(tenant_events(&t), events + 2);
    for (unsigned i = 0; i < 2; i++) {
        static const char yes[] = "action=save&p.marketing=yes&v.marketing=1";
        cr_expect_eq(press(path, urlencoded, text_of("%s%s", yes, shown(path, "marketing")))->status, 200);
        cr_expect_eq(press(path, urlencoded, i == 0 ? "action=save&p.marketing=no" : yes)->status, 200);
    }
    cr_expect_str_eq(reason_of(&t, "a", "marketing"), "granted", "the last press counts");
    cr_expect_eq(press(path, urlencoded, "action=stop_all")->status, 200);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
    cr_expect_str_eq(reason_of(&t, "a", "marketing"), "withdrawn");
    cr_expect_eq(press(path, urlencoded, "action=other")->status, 400);
}

Test(links, a_yes_is_to_the_words_that_were_shown)
{
    struct tenant t = stage_tenant("links-words");
    const char *path = link_for(&t, email("a"), "preferences", ", 'language': 'nl'");
    cr_expect_not_null(strstr(look(path)->body, "Ja, stuur mij de nieuwsbrief"));
    cr_expect_eq(press(path, urlencoded, "action=save&p.newsletter=yes&v.newsletter=1")->status, 200);
    const json_t *who = post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("a"));
    const json_t *history = get(&t, 200, "/v1/subjects/%s/history", string_at(who, "/subject_id"));
    expect(
        json_at(history, "/events/0"),
        "{'event_state': 'given', 'collection_method': 'preference_page', 'language': 'nl', 'notice': {'id': "
        "'newsletter', 'version': '1', 'language': 'nl'}, 'evidence': {'how': 'button'}}");
}

Test(links, an_objection_is_made_and_taken_back)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "links-object");
    json_t *policy = tenant_policy(&t), *one = json_array_get(json_object_get(policy, "purposes"), 2);
    json_object_set_new(one, "lawful_basis", json_string("legitimate_interest"));
    json_object_del(one, "notice");
    json_object_del(one, "validity");
    tenant_apply(&t, policy);
    const char *path = link_for(&t, email("a"), "preferences", "");
    cr_expect_str_eq(reason_of(&t, "a", "analytics"), "not_required");
    cr_expect_eq(press(path, urlencoded, "action=save&p.analytics=no")->status, 200);
    cr_expect_str_eq(reason_of(&t, "a", "analytics"), "objected");
    press(path, urlencoded, text_of("action=save&p.analytics=yes%s", shown(path, "analytics")));
    cr_expect_str_eq(reason_of(&t, "a", "analytics"), "not_required");
    cr_expect_eq(press(path, urlencoded, "action=stop_all")->status, 200);
    cr_expect_str_eq(reason_of(&t, "a", "analytics"), "objected", "everything is an objection too");
}

/* ---- whom it acts for ---- */

Test(links, by_subject_it_acts_for_those_named_and_by_subject_id_for_what_is_the_persons_alone)
{
    struct tenant t = stage_tenant("links-whom");
    say(&t, 201, text_of("[%s, %s]", customer("a"), email("a")), "marketing", "given", "");
    say(&t, 201, text_of("[%s, %s]", customer("b"), email("shared")), "marketing", "given", "");
    say(&t, 201, text_of("[%s, %s]", customer("a"), email("shared")), "marketing", "given", "");
    const char *path = link_for(&t, email("a"), "preferences", "");
    cr_expect_eq(press(path, urlencoded, "action=save&p.newsletter=yes&v.newsletter=1")->status, 200);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "granted");
    cr_expect_str_eq(reason(&t, customer("a"), "newsletter"), "never_asked", "it was not named");

    const json_t *who = post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", customer("a"));
    const json_t *made = post(&t, 201, "/v1/links", "{'subject_id': '%s', 'kind': 'preferences'}",
                              string_at(who, "/subject_id"));
    path = strchr(strstr(string_at(made, "/url"), "://") + 3, '/');
    cr_expect_eq(press(path, urlencoded, "action=save&p.analytics=yes&v.analytics=1")->status, 200);
    cr_expect_str_eq(reason(&t, customer("a"), "analytics"), "granted");
    cr_expect_str_eq(reason_of(&t, "a", "analytics"), "granted");
    cr_expect_str_eq(reason_of(&t, "shared", "analytics"), "never_asked", "somebody else has it too");
}

/* Whoever becomes a customer is still who the link was made for. */
Test(links, by_subject_id_it_acts_on_when_somebody_stronger_is_named_with_it)
{
    struct tenant t = stage_tenant("links-stronger");
    const char *id = string_at(say(&t, 201, email("a"), "newsletter", "given", ""), "/subject_id");
    const json_t *made = post(&t, 201, "/v1/links",
                              "{'subject_id': '%s', 'kind': 'unsubscribe', 'purposes': ['newsletter']}", id);
    const char *path = strchr(strstr(string_at(made, "/url"), "://") + 3, '/');
    say(&t, 201, text_of("[%s, %s]", customer("x"), email("a")), "marketing", "given", "");
    cr_expect_eq(look(path)->status, 200);
    cr_expect_eq(press(path, urlencoded, one_click)->status, 200);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
}

Test(links, a_link_is_its_controllers)
{
    struct tenant t = stage_tenant("links-one"), other = stage_tenant("links-other");
    yes(&t, "a", "newsletter");
    yes(&other, "a", "newsletter");
    cr_expect_eq(press(link_for(&t, email("a"), "unsubscribe", ""), urlencoded, one_click)->status, 200);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
    cr_expect_str_eq(reason_of(&other, "a", "newsletter"), "granted");
}

Test(links, a_purpose_that_left_the_policy_is_410)
{
    struct tenant t = stage_tenant("links-left");
    const char *path = link_for(&t, email("a"), "unsubscribe", ", 'purposes': ['newsletter']");
    json_t *policy = tenant_policy(&t);
    json_array_remove(json_object_get(policy, "purposes"), 0);
    json_array_remove(json_object_get(policy, "notices"), 0);
    tenant_apply(&t, policy);
    const struct answer *over = look(path);
    cr_expect_eq(over->status, 410);
    cr_expect_not_null(strstr(over->body, "does not exist any more"));
    cr_expect_eq(press(path, urlencoded, one_click)->status, 410);
}

Test(links, no_token_is_in_a_log)
{
    struct tenant t = stage_tenant("links-log");
    const char *path = link_for(&t, email("a"), "unsubscribe", "");
    look(path);
    press(path, urlencoded, one_click);
    look("/u/AAAAAAAA-not-a-token-but-it-looks-like-one");
    cr_expect_not(service_logged(t.service, 0, path + 3, 0));
    cr_expect_not(service_logged(t.service, 0, "AAAAAAAA-not-a-token", 0));
}

/* ---- for people who lost the mail ---- */

static long messages_of(const struct tenant *t)
{
    return strtol(database_value(stage_database(),
                                 "select count(*) from outbox o join controller c using (controller_id) "
                                 "where c.key = '%s' and o.kind = 1",
                                 t->key),
                  NULL, 10);
}

/* Waits until so many messages are in the outbox; it is put there after the answer. */
static bool messages_become(const struct tenant *t, long count)
{
    for (unsigned i = 0; i < 50 && messages_of(t) != count; i++)
        usleep(100 * 1000);
    return messages_of(t) == count;
}

Test(links, a_lost_link_goes_to_who_is_known_and_the_answer_never_tells)
{
    struct tenant t = stage_tenant("lost-link");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(policy, "messages",
                        json_of("{'endpoint': 'https://mail.invalid/', 'secret': 'mail'}"));
    tenant_apply(&t, policy);
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'newsletter'}", email("known"));
    for (unsigned i = 0; i < 3; i++) {
        const struct answer *a = client_send(&(struct request){
            .service = t.service,
            .path = "/v1/links/request",
            .token = t.token,
            .body = json_text("{'subject': %s, 'language': 'nl'}", email(i == 1 ? "stranger" : "known"))});
        cr_expect_eq(a->status, 202);
        cr_expect_str_eq(a->body, "{}");
    }
    cr_expect(messages_become(&t, 1), "one an hour, and none to strangers: %ld", messages_of(&t));
    expect(post(&t, 422, "/v1/links/request", "{'subject': {'type': 'customer', 'value': '1'}}"),
           "{'errors': [{'pointer': '/subject'}]}");
}

/* A tenant whose newsletter is confirmed by what reaches the mail box alone. */
static struct tenant delivering(const char *key)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), key);
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "double_opt_in", json_true());
    json_object_set_new(
        policy, "messages",
        json_of("{'endpoint': 'https://mail.invalid/', 'secret': 'mail', 'confirmation': 'delivered'}"));
    tenant_apply(&t, policy);
    return t;
}

Test(links, who_made_a_link_cannot_say_the_yes_that_a_mail_box_must_confirm)
{
    struct tenant t = delivering("links-both-halves");
    const char *path = link_for(&t, email("a"), "preferences", "");
    const struct answer *page = look(path);
    cr_expect_null(strstr(page->body, "name=\"p.newsletter\" value=\"yes\""));
    cr_expect_not_null(strstr(page->body, "name=\"p.newsletter\" value=\"no\""));
    cr_expect_not_null(strstr(page->body, "name=\"p.marketing\" value=\"yes\""));
    cr_expect_not_null(strstr(page->body, "value=\"more\""));
    press(path, urlencoded, "action=save&p.newsletter=yes&v.newsletter=1&p.marketing=yes&v.marketing=1");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "never_asked");
    cr_expect_str_eq(reason_of(&t, "a", "marketing"), "granted");
    press(path, urlencoded, "action=save&p.newsletter=no");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "refused", "a No always counts");
}

Test(links, from_a_forwarded_newsletter_the_preference_page_is_reached_by_the_persons_own_mail_box)
{
    struct tenant t = delivering("links-more"), none = stage_tenant("links-no-more");
    yes(&t, "a", "marketing");
    yes(&t, "b", "marketing");
    const char *path = link_for(&t, email("a"), "unsubscribe", "");
    const struct answer *page = look(path);
    cr_expect_not_null(strstr(page->body, "value=\"more\""));
    cr_expect_null(strstr(page->body, "a-" MARK), "the page tells nobody the address");
    cr_expect_null(strstr(look(link_for(&none, email("a"), "unsubscribe", ""))->body, "value=\"more\""));
    static const char *const typed[] = {"b-" MARK "%40example.nl", "no+address", "",
                                        "A-" MARK "%40Example.NL", "a-" MARK "%40example.nl"};
    const struct answer *first = press(path, urlencoded, "action=more");
    cr_expect_eq(first->status, 200);
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        const struct answer *a = press(path, urlencoded, text_of("action=more&email=%s", typed[i]));
        cr_expect_eq(a->status, 200);
        cr_expect_str_eq(a->body, first->body, "the same whatever was typed: %s", typed[i]);
        if (i == 2) {
            usleep(500 * 1000); /* what another's address would send has left by then */
            cr_expect_eq(messages_of(&t), 0, "none to somebody else, known or not");
        }
    }
    cr_expect(messages_become(&t, 1), "one, to the address itself: %ld", messages_of(&t));

    static const char *const foreign[] = {"action=more", "action=more&List-Unsubscribe=One-Click",
                                          "action=stop&List-Unsubscribe=x"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        cr_expect_eq(press_with(path, urlencoded, foreign[i], "Origin: https://evil.example")->status, 403,
                     "%s", foreign[i]);
}

Test(links, the_page_of_a_used_confirmation_reaches_the_preference_page_by_the_mail_box_too)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "links-used"),
                  none = doubly("links-unused");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "double_opt_in", json_true());
    json_object_set_new(policy, "messages",
                        json_of("{'endpoint': 'https://mail.invalid/', 'secret': 'mail'}"));
    tenant_apply(&t, policy);
    const char *path = confirmation_for(&t, "a"), *other = confirmation_for(&none, "a");
    cr_expect_null(strstr(look(path)->body, "value=\"more\""), "first things first");
    press(path, urlencoded, "action=confirm");
    press(other, urlencoded, "action=confirm");
    cr_expect_null(strstr(look(other)->body, "value=\"more\""), "nothing is delivered there");
    const struct answer *page = look(path);
    cr_expect_not_null(strstr(page->body, "You have been subscribed since"));
    cr_expect_not_null(strstr(page->body, "value=\"more\""));
    cr_expect_not_null(strstr(press(path, urlencoded, "action=confirm")->body, "value=\"more\""));
    const struct answer *first = press(path, urlencoded, "action=more&email=b-" MARK "%40example.nl");
    cr_expect_eq(first->status, 200);
    const struct answer *own = press(path, urlencoded, "action=more&email=a-" MARK "%40example.nl");
    cr_expect_str_eq(own->body, first->body, "the same whatever was typed");
    cr_expect(messages_become(&t, 1), "one, to the person's own: %ld", messages_of(&t));
    cr_expect_eq(press_with(path, urlencoded, "action=more", "Origin: https://evil.example")->status, 403);
}
