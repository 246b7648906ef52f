/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "policy/policies.h"
#include "pressed.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* A preference page as a browser sends it: with what it showed, and what nobody touched on it; while it was
 * open somebody may have said something else. */

enum { FORM_MAX = 32 * 1024, NAME_MAX = 128 };

static const char *link_for(const struct tenant *t, const char *name, const char *kind)
{
    const json_t *made =
        post(t, 201, "/v1/links", "{'subject': %s, 'language': 'en', %s}", email(name), kind);
    return strchr(strstr(string_at(made, "/url"), "://") + 3, '/');
}

#define PREFERENCES          "'kind': 'preferences'"
#define UNSUBSCRIBE(purpose) "'kind': 'unsubscribe', 'purposes': ['" purpose "']"

/* The value of an attribute of the tag that begins at ${tag}. */
static bool attribute_of(const char *tag, const char *name, char ret_value[NAME_MAX])
{
    const char *end = strchr(tag, '>'), *at = strstr(tag, text_of(" %s=\"", name));
    if (at == NULL || at > end)
        return false;
    at += strlen(name) + 3;
    snprintf(ret_value, NAME_MAX, "%.*s", (int)strcspn(at, "\""), at);
    return true;
}

/* What the browser of ${page} sends when ${touched} was chosen on it: "p.news=no&...", or "". */
static const char *sent(const char *page, const char *touched)
{
    char body[FORM_MAX] = "action=save", name[NAME_MAX], value[NAME_MAX], other[NAME_MAX];
    for (const char *tag = strstr(page, "<input"); tag != NULL; tag = strstr(tag + 1, "<input")) {
        bool is_hidden = attribute_of(tag, "type", other) && strcmp(other, "hidden") == 0;
        if (!attribute_of(tag, "name", name) || !attribute_of(tag, "value", value) ||
            (!is_hidden && !attribute_of(tag, "checked", other)) || strstr(touched, name) != NULL)
            continue;
        size_t len = strlen(body);
        snprintf(body + len, sizeof body - len, "&%s=%s", name, value);
    }
    return text_of("%s%s%s", body, touched[0] != '\0' ? "&" : "", touched);
}

static bool is_marked(const char *page, const char *purpose, const char *value)
{
    return strstr(page, text_of("name=\"p.%s\" value=\"%s\" checked", purpose, value)) != NULL;
}

static bool is_offered(const char *page, const char *purpose, const char *value)
{
    return strstr(page, text_of("name=\"p.%s\" value=\"%s\"", purpose, value)) != NULL;
}

static bool says_changed(const char *page)
{
    return strstr(page, "after you opened this page") != NULL && strstr(page, "Choose again") != NULL;
}

/* One of each kind to choose of: what rests on consent (news, old), an interest that can be objected to, one
 * whose objections are weighed, and what was bought. */
static json_t *kinds(const char *key)
{
    return json_of(
        "{'controller': {'key': '%s', 'country': 'NL'}, 'purposes': ["
        "{'key': 'news', 'lawful_basis': 'consent', 'channel': 'email', 'notice': 'news'},"
        "{'key': 'old', 'lawful_basis': 'consent', 'channel': 'email', 'notice': 'news'},"
        "{'key': 'interest', 'lawful_basis': 'legitimate_interest', 'channel': 'email'},"
        "{'key': 'weigh', 'lawful_basis': 'legitimate_interest', 'channel': 'post', 'objection': 'weighed'},"
        "{'key': 'soft', 'lawful_basis': 'soft_opt_in', 'channel': 'email'}],"
        "'notices': [{'id': 'news', 'version': '1', 'effective_from': '2020-01-01T00:00:00Z', "
        "'texts': {'en': 'Yes?'}}]}",
        key);
}

static struct tenant of_kinds(const char *key)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), key);
    tenant_apply(&t, kinds(key));
    return t;
}

/* ---- what was not touched ---- */

Test(preferences, what_was_not_touched_takes_no_later_no_back)
{
    struct tenant t = of_kinds("stale-yes");
    say(&t, 201, email("a"), "news", "given", "");
    const char *path = link_for(&t, "a", PREFERENCES), *page = look(path);
    cr_assert(is_marked(page, "news", "yes") && is_marked(page, "interest", "yes"), "%s", page);
    press(link_for(&t, "a", UNSUBSCRIBE("news")), "List-Unsubscribe=One-Click");
    say(&t, 201, email("a"), "interest", "objected", "");
    long events = tenant_events(&t);
    for (unsigned i = 0; i < 2; i++) {
        const char *now = press(path, sent(page, "p.old=no"));
        cr_expect(says_changed(now), "%s", now);
        cr_expect_eq(strstr(now, "Your choices are saved") != NULL, i == 0, "%s", now);
        cr_expect_null(strstr(now, "Nothing was changed"), "%s", now);
        cr_expect(is_marked(now, "news", "no") && is_marked(now, "interest", "no"), "%s", now);
    }
    cr_expect_str_eq(reason_of(&t, "a", "news"), "withdrawn");
    cr_expect_str_eq(reason_of(&t, "a", "interest"), "objected");
    cr_expect_str_eq(reason_of(&t, "a", "old"), "refused", "a No that was pressed is written down");
    cr_expect_eq(tenant_events(&t), events + 1);
}

Test(preferences, what_was_not_touched_takes_no_later_yes_back)
{
    struct tenant t = of_kinds("stale-no");
    say(&t, 201, email("a"), "news", "refused", "");
    const char *path = link_for(&t, "a", PREFERENCES), *page = look(path);
    cr_assert(is_marked(page, "news", "no"), "%s", page);
    say(&t, 201, email("a"), "news", "given", "");
    const char *now = press(path, sent(page, "p.old=no"));
    cr_expect(says_changed(now), "%s", now);
    cr_expect(is_marked(now, "news", "yes"), "%s", now);
    cr_expect_str_eq(reason_of(&t, "a", "news"), "granted");
}

/* It would be to words that nobody reads any more. */
Test(preferences, what_was_not_touched_renews_nothing)
{
    struct tenant t = of_kinds("stale-words");
    say(&t, 201, email("a"), "news", "given", "");
    const char *path = link_for(&t, "a", PREFERENCES), *page = look(path);
    json_t *policy = kinds(t.key);
    notice_add(policy, "news", "2", "material", "2020-06-01T00:00:00Z");
    tenant_apply(&t, policy);
    long events = tenant_events(&t);
    const char *now = press(path, sent(page, ""));
    cr_expect(says_changed(now), "%s", now);
    cr_expect_str_eq(reason_of(&t, "a", "news"), "notice_outdated");
    cr_expect_eq(tenant_events(&t), events);
}

Test(preferences, what_was_not_touched_and_did_not_change_is_no_choice)
{
    struct tenant t = of_kinds("untouched");
    say(&t, 201, email("a"), "news", "given", "");
    say(&t, 201, email("a"), "old", "refused", "");
    const char *path = link_for(&t, "a", PREFERENCES), *page = look(path);
    long events = tenant_events(&t);
    const char *now = press(path, sent(page, ""));
    cr_expect_not_null(strstr(now, "Nothing was changed"), "%s", now);
    cr_expect_not(says_changed(now), "%s", now);
    cr_expect_eq(tenant_events(&t), events);
}

/* ---- what was pressed ---- */

Test(preferences, a_yes_on_a_page_that_is_out_of_date_is_asked_again_and_a_no_counts)
{
    struct tenant t = of_kinds("stale-pressed");
    const char *path = link_for(&t, "a", PREFERENCES), *page = look(path);
    say(&t, 201, email("a"), "news", "refused", "");
    const char *now = press(path, sent(page, "p.news=yes&p.old=yes"));
    cr_expect(says_changed(now), "%s", now);
    cr_expect_str_eq(reason_of(&t, "a", "news"), "refused");
    cr_expect_str_eq(reason_of(&t, "a", "old"), "granted", "nothing was said of that one");
    const char *again = press(path, sent(now, "p.news=yes"));
    cr_expect_not_null(strstr(again, "Your choices are saved"), "%s", again);
    cr_expect_not(says_changed(again), "%s", again);
    cr_expect_str_eq(reason_of(&t, "a", "news"), "granted");
    press(path, sent(page, "p.news=no"));
    cr_expect_str_eq(reason_of(&t, "a", "news"), "withdrawn", "a No counts from any page");
}

/* A reload, or a browser that opens its tabs again. */
Test(preferences, a_form_that_is_sent_again_after_a_no_says_no_yes)
{
    struct tenant t = of_kinds("sent-again");
    const char *path = link_for(&t, "a", PREFERENCES), *page = look(path);
    const char *const forms[] = {sent(page, "p.news=yes"), "action=save&p.news=yes&v.news=1",
                                 text_of("%s&s.news=x", "action=save&p.news=yes&v.news=1"),
                                 text_of("%s&s.news=no.", "action=save&p.news=yes&v.news=1")};
    press(path, forms[0]);
    cr_assert_str_eq(reason_of(&t, "a", "news"), "granted");
    cr_expect_not_null(strstr(press(path, forms[0]), "Nothing was changed"), "a press too many");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'news'}", email("a"));
    long events = tenant_events(&t);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        cr_expect(says_changed(press(path, forms[i])), "%s", forms[i]);
        cr_expect_str_eq(reason_of(&t, "a", "news"), "withdrawn", "%s", forms[i]);
    }
    cr_expect_eq(tenant_events(&t), events);
}

/* ---- an objection is taken back ---- */

static void takes_back(const struct tenant *t, const char *name, const char *purpose, const char *no)
{
    const char *path = link_for(t, name, PREFERENCES), *page = look(path);
    cr_expect_str_eq(reason_of(t, name, purpose), no);
    cr_expect(is_marked(page, purpose, "no") && is_offered(page, purpose, "yes"), "%s", page);
    const char *now = press(path, sent(page, text_of("p.%s=yes", purpose)));
    cr_expect_not_null(strstr(now, "Your choices are saved"), "%s", now);
    cr_expect(is_marked(now, purpose, "yes"), "%s", now);
}

static void buys(const struct tenant *t, const char *name)
{
    say(t, 201, email(name), "soft", "eligible",
        ", 'sale': {'ref': 'order-1', 'product_group': 'phones', 'at': '2026-01-10T12:00:00Z', "
        "'opt_out_offered_at': '2026-01-10T12:00:00Z'}");
}

Test(preferences, an_objection_that_is_still_weighed_is_taken_back)
{
    struct tenant t = of_kinds("weighed-back");
    say(&t, 201, email("a"), "weigh", "objected", "");
    cr_expect_not_null(strstr(look(link_for(&t, "a", PREFERENCES)), "You objected on"));
    takes_back(&t, "a", "weigh", "restricted");
    cr_expect_str_eq(reason_of(&t, "a", "weigh"), "not_required");
}

Test(preferences, what_was_bought_is_told_of_again_after_everything_was_stopped)
{
    struct tenant t = of_kinds("soft-back");
    buys(&t, "a");
    press(link_for(&t, "a", PREFERENCES), "action=stop_all");
    takes_back(&t, "a", "soft", "withdrawn");
    cr_expect_str_eq(reason_of(&t, "a", "soft"), "granted");
    buys(&t, "b");
    say(&t, 201, email("b"), "soft", "objected", "");
    takes_back(&t, "b", "soft", "objected");
    cr_expect_str_eq(reason_of(&t, "b", "soft"), "granted");
}

Test(preferences, no_yes_is_offered_that_can_do_nothing)
{
    struct tenant t = of_kinds("no-use");
    const char *path = link_for(&t, "a", PREFERENCES), *page = look(path);
    cr_expect(is_offered(page, "soft", "no") && !is_offered(page, "soft", "yes"), "nothing was sold: %s",
              page);
    long events = tenant_events(&t);
    press(path, sent(page, "p.soft=yes"));
    cr_expect_eq(tenant_events(&t), events);
    press(path, sent(page, "p.soft=no"));
    buys(&t, "a");
    cr_expect_str_eq(reason_of(&t, "a", "soft"), "objected", "the No was there before");
    press(path, sent(look(path), "p.interest=no"));
    say(&t, 201, email("a"), "news", "given", "");
    const char *id =
        string_at(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("a")), "/subject_id");
    post(&t, 200, text_of("/v1/subjects/%s/restrict", id), "{}");
    page = look(path);
    cr_expect(is_offered(page, "interest", "yes"), "one's own No can be taken back: %s", page);
    cr_expect_not(is_offered(page, "weigh", "yes"), "nobody objected to that: %s", page);
}

/* ---- what took its place ---- */

static void replace(json_t *policy, const char *old, const char *new, bool stays)
{
    json_t *purposes = json_object_get(policy, "purposes"), *first = json_array_get(purposes, 0);
    json_t *next = json_deep_copy(first);
    cr_assert_str_eq(json_string_value(json_object_get(first, "key")), old);
    json_object_set_new(next, "key", json_string(new));
    json_object_set_new(next, "replaces", json_string(old));
    json_array_append_new(purposes, next);
    if (stays)
        json_object_set_new(first, "retired", json_true());
    else
        json_array_remove(purposes, 0);
}

Test(preferences, a_no_on_an_open_page_stops_what_took_its_purposes_place)
{
    for (unsigned i = 0; i < 2; i++) {
        struct tenant t = of_kinds(i == 0 ? "place-retired" : "place-left");
        say(&t, 201, email("a"), "news", "given", "");
        const char *path = link_for(&t, "a", PREFERENCES), *page = look(path);
        json_t *policy = kinds(t.key);
        replace(policy, "news", "news2", i == 0);
        cr_assert_eq(put(&t, "?force=retire", policy)->status, 200);
        say(&t, 201, email("a"), "news2", "given", "");
        press(path, sent(page, ""));
        cr_expect_str_eq(reason_of(&t, "a", "news2"), "granted", "nothing was touched");
        const char *now = press(path, sent(page, "p.news=no"));
        cr_expect_not_null(strstr(now, "Your choices are saved"), "%s", now);
        cr_expect(is_marked(now, "news2", "no"), "%s", now);
        cr_expect_str_eq(reason_of(&t, "a", "news2"), "withdrawn");
        cr_expect_not_null(strstr(press(path, sent(page, "p.news=no")), "Nothing was changed"));
    }
}

Test(preferences, a_no_to_what_was_replaced_counts_whatever_was_marked_beside)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "place-beside");
    json_t *policy = kinds(t.key);
    replace(policy, "news", "news2", true);
    json_object_del(json_array_get(json_object_get(policy, "purposes"), 0), "retired");
    tenant_apply(&t, policy);
    say(&t, 201, email("a"), "news2", "refused", "");
    const char *path = link_for(&t, "a", PREFERENCES), *page = look(path);
    cr_assert(is_marked(page, "news2", "no") && is_offered(page, "news", "no"), "%s", page);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "retired", json_true());
    tenant_apply(&t, policy);
    say(&t, 201, email("a"), "news2", "given", "");
    press(path, sent(page, "p.news=no"));
    cr_expect_str_eq(reason_of(&t, "a", "news2"), "withdrawn");
}

/* What was on the page when it was opened says No to nothing but what was pressed. */
Test(preferences, a_no_that_was_only_shown_stops_nothing_that_took_its_place)
{
    struct tenant t = of_kinds("place-shown");
    say(&t, 201, email("a"), "news", "refused", "");
    const char *path = link_for(&t, "a", PREFERENCES), *page = look(path);
    json_t *policy = kinds(t.key);
    replace(policy, "news", "news2", true);
    tenant_apply(&t, policy);
    say(&t, 201, email("a"), "news2", "given", "");
    press(path, sent(page, "p.old=no"));
    cr_expect_str_eq(reason_of(&t, "a", "news2"), "granted");
    press(path, sent(page, "p.news=yes"));
    press(path, "action=save&p.news=no");
    cr_expect_str_eq(reason_of(&t, "a", "news2"), "withdrawn", "who does not say what was shown pressed it");
}

/* ---- what left the policy ---- */

Test(preferences, an_unsubscribe_link_of_what_left_the_policy_says_so)
{
    struct tenant t = of_kinds("left");
    say(&t, 201, email("a"), "news", "given", "");
    const char *path = link_for(&t, "a", UNSUBSCRIBE("news"));
    json_t *policy = kinds(t.key);
    json_array_remove(json_object_get(policy, "purposes"), 0);
    cr_assert_eq(put(&t, "?force=retire", policy)->status, 200);
    const struct answer *over = page_send(path, NULL);
    cr_expect_eq(over->status, 410);
    cr_expect_not_null(strstr(over->body, "does not exist any more"), "%s", over->body);
    long events = tenant_events(&t);
    const char *stopped = press(path, "action=stop");
    cr_expect_not_null(strstr(stopped, "does not exist any more"), "%s", stopped);
    cr_expect_null(strstr(stopped, "<ul>"), "%s", stopped);
    cr_expect_eq(tenant_events(&t), events + 1, "a No counts, should it come back");
    cr_expect_str_eq(press(path, "List-Unsubscribe=One-Click"), "Stopped.\n");
}

#undef PREFERENCES
#undef UNSUBSCRIBE
