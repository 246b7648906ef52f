/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "policy/policies.h"
#include "pressed.h"

#include <criterion/criterion.h>
#include <string.h>

/* What the pages of a link say of what stands, and what they stop, where it stands apart: at one identifier
 * and not at another, for one entity and not for another, by another voice than the person's. */

/* ${whose}: "'subject': ..." or "'subject_id': ...". */
static const char *link_to(const struct tenant *t, const char *whose, const char *kind)
{
    const json_t *made = post(t, 201, "/v1/links", "{%s, 'language': 'en', %s}", whose, kind);
    return strchr(strstr(string_at(made, "/url"), "://") + 3, '/');
}

#define PREFERENCES          "'kind': 'preferences'"
#define UNSUBSCRIBE(purpose) "'kind': 'unsubscribe', 'purposes': ['" purpose "']"

static const char *both(const char *name)
{
    return text_of("[%s, %s]", customer(name), email(name));
}

static const char *id_of(const struct tenant *t, const char *subject)
{
    return string_at(post(t, 200, "/v1/subjects/lookup", "{'subject': %s}", subject), "/subject_id");
}

/* Whether the answer ${value} of ${purpose} is the one that is marked. */
static bool is_marked(const char *page, const char *purpose, const char *value)
{
    return strstr(page, text_of("name=\"p.%s\" value=\"%s\" checked", purpose, value)) != NULL;
}

static void expect_marks(const char *page, const char *purpose, bool yes, bool no)
{
    cr_expect_not_null(strstr(page, text_of("name=\"p.%s\" value=\"no\"", purpose)), "%s", page);
    cr_expect_eq(is_marked(page, purpose, "yes"), yes, "%s", page);
    cr_expect_eq(is_marked(page, purpose, "no"), no, "%s", page);
}

static void expect_stoppable(const char *path, bool stoppable)
{
    const char *page = look(path);
    cr_expect_eq(strstr(page, "value=\"stop\"") != NULL, stoppable, "%s", page);
    cr_expect_eq(strstr(page, "You stopped this earlier") == NULL, stoppable, "%s", page);
}

/* A Yes came back at the address alone. */
static struct tenant half_stopped(const char *key)
{
    struct tenant t = stage_tenant(key);
    say(&t, 201, both("a"), "newsletter", "given", "");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'newsletter'}", email("a"));
    say(&t, 201, email("a"), "newsletter", "given", "");
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "granted");
    cr_assert_str_eq(reason(&t, customer("a"), "newsletter"), "withdrawn");
    return t;
}

Test(standing, what_goes_on_at_one_address_is_stopped_from_any_link)
{
    struct tenant t = half_stopped("standing-stop");
    const char *const links[] = {text_of("'subject': %s", both("a")),
                                 text_of("'subject': [%s, %s]", email("a"), customer("a")),
                                 text_of("'subject_id': '%s'", id_of(&t, customer("a")))};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        expect_stoppable(link_to(&t, links[i], UNSUBSCRIBE("newsletter")), true);
    press(link_to(&t, links[2], UNSUBSCRIBE("newsletter")), "action=stop");
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        expect_stoppable(link_to(&t, links[i], UNSUBSCRIBE("newsletter")), false);
}

Test(standing, a_no_is_saved_where_one_address_still_says_yes)
{
    struct tenant t = half_stopped("standing-save");
    const char *path = link_to(&t, text_of("'subject_id': '%s'", id_of(&t, customer("a"))), PREFERENCES);
    const char *page = look(path);
    expect_marks(page, "newsletter", true, false);
    cr_expect_not_null(strstr(page, "for some of your addresses"), "%s", page);
    cr_expect_not_null(strstr(press(path, "action=save&p.newsletter=no"), "Your choices are saved"));
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "withdrawn");
    page = look(path);
    expect_marks(page, "newsletter", false, true);
    cr_expect_null(strstr(page, "for some of your addresses"), "%s", page);
    cr_expect_not_null(strstr(press(path, "action=save&p.newsletter=no"), "Nothing was changed"));
}

Test(standing, an_identifier_that_was_never_asked_hides_no_yes)
{
    struct tenant t = stage_tenant("standing-never");
    const char *visiting = text_of("[%s, %s]", visitor("a"), customer("a"));
    say(&t, 201, both("a"), "newsletter", "given", "");
    say(&t, 201, visiting, "analytics", "given", "");
    const char *page =
        look(link_to(&t, text_of("'subject_id': '%s'", id_of(&t, customer("a"))), PREFERENCES));
    expect_marks(page, "newsletter", true, false);
    expect_marks(page, "analytics", true, false);
    cr_expect_null(strstr(page, "for some of your addresses"), "nobody said no: %s", page);
}

Test(standing, what_goes_on_for_one_entity_is_shown_and_stopped)
{
    struct tenant t = company("three-entities", "standing-entities");
    static const char hosted[] = ", 'entity': 'hosted'", voip[] = ", 'entity': 'voip'";
    const char *whose = text_of("'subject': %s", email("a"));
    say(&t, 201, email("a"), "marketing_email", "given", hosted);
    const char *path = link_to(&t, whose, PREFERENCES), *page = look(path);
    expect_marks(page, "marketing_email", true, false);
    cr_expect_not_null(strstr(page, "This is so for: Voorbeeld Hosted Bellen."), "%s", page);
    say(&t, 201, email("a"), "marketing_email", "refused", voip);
    expect_marks(look(path), "marketing_email", true, false);
    expect_stoppable(link_to(&t, whose, UNSUBSCRIBE("marketing_email")), true);
    cr_expect_not_null(strstr(press(path, "action=save&p.marketing_email=no"), "Your choices are saved"));
    const json_t *now =
        post(&t, 200, "/v1/check", "{'subject': %s, 'purpose': 'marketing_email'%s}", email("a"), hosted);
    cr_expect_str_eq(string_at(now, "/reason"), "withdrawn");
    expect_stoppable(link_to(&t, whose, UNSUBSCRIBE("marketing_email")), false);
}

Test(standing, an_objection_is_made_where_one_address_took_it_back)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "standing-object");
    json_t *policy = tenant_policy(&t), *one = json_array_get(json_object_get(policy, "purposes"), 2);
    json_object_set_new(one, "lawful_basis", json_string("legitimate_interest"));
    json_object_del(one, "notice");
    json_object_del(one, "validity");
    tenant_apply(&t, policy);
    say(&t, 201, both("a"), "newsletter", "given", "");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'analytics'}", email("a"));
    say(&t, 201, email("a"), "analytics", "objection_withdrawn", "");
    cr_assert_str_eq(reason(&t, customer("a"), "analytics"), "objected");
    const char *whose = text_of("'subject': %s", both("a"));
    expect_stoppable(link_to(&t, whose, UNSUBSCRIBE("analytics")), true);
    press(link_to(&t, whose, PREFERENCES), "action=save&p.analytics=no");
    cr_expect_str_eq(reason_of(&t, "a", "analytics"), "objected");
    expect_stoppable(link_to(&t, whose, UNSUBSCRIBE("analytics")), false);
}

/* ---- a request that waits ---- */

/* The token of a request that somebody made after a No. */
static const char *asked_again(struct tenant *t, const char *key)
{
    *t = tenant_bare(stage_service(0), stage_keyring(), key);
    json_t *policy = tenant_policy(t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "double_opt_in", json_true());
    tenant_apply(t, policy);
    say(t, 201, email("a"), "newsletter", "refused", "");
    return string_at(say(t, 202, email("a"), "newsletter", "given", ""), "/confirmation/token");
}

Test(standing, a_request_after_a_no_is_stopped_from_the_preference_page)
{
    struct tenant t;
    const char *token = asked_again(&t, "standing-asked");
    const char *path = link_to(&t, text_of("'subject': %s", email("a")), PREFERENCES), *page = look(path);
    expect_marks(page, "newsletter", false, false);
    cr_expect_not_null(strstr(page, "waits for your confirmation"), "%s", page);
    cr_expect_not_null(strstr(press(path, "action=save&p.newsletter=no"), "Your choices are saved"));
    expect_marks(look(path), "newsletter", false, true);
    post(&t, 410, "/v1/confirm", "{'token': '%s'}", token);
    cr_expect_str_eq(reason_of(&t, "a", "newsletter"), "refused");
}

Test(standing, a_request_after_a_no_is_stopped_from_the_unsubscribe_page)
{
    struct tenant t;
    const char *token = asked_again(&t, "standing-asked-stop");
    const char *path = link_to(&t, text_of("'subject': %s", email("a")), UNSUBSCRIBE("newsletter"));
    expect_stoppable(path, true);
    press(path, "action=stop");
    expect_stoppable(path, false);
    post(&t, 410, "/v1/confirm", "{'token': '%s'}", token);
}

/* ---- another's voice ---- */

Test(standing, a_browsers_no_is_not_the_persons_own)
{
    struct tenant t = stage_tenant("standing-gpc");
    post(&t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'analytics', 'event_state': 'refused', 'collection_method': 'gpc'}",
         visitor("a"));
    const char *path = link_to(&t, text_of("'subject': %s", visitor("a")), PREFERENCES), *page = look(path);
    expect_marks(page, "analytics", false, false);
    cr_expect_not_null(strstr(page, "Your browser said no on"), "%s", page);
    cr_expect_null(strstr(page, "You said no on"), "%s", page);
    long events = tenant_events(&t);
    cr_expect_not_null(strstr(press(path, "action=save&p.analytics=no"), "Your choices are saved"));
    cr_expect_eq(tenant_events(&t), events + 1);
    expect_marks(look(path), "analytics", false, true);
    cr_expect_not_null(strstr(press(path, "action=save&p.analytics=no"), "Nothing was changed"));
}

Test(standing, a_childs_own_no_is_kept_beside_the_guardians)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "standing-child");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 1), "minors",
                        json_of("{'guardian': {'least': 'email'}}"));
    tenant_apply(&t, policy);
    const char *by =
        text_of(", 'minor': true, 'expressed_by': {'role': 'parent', 'identifier': %s, 'strength': 'email'}",
                email("parent"));
    say(&t, 201, email("a"), "marketing", "refused", by);
    const char *path = link_to(&t, text_of("'subject': %s", email("a")), PREFERENCES), *page = look(path);
    expect_marks(page, "marketing", false, false);
    cr_expect_not_null(strstr(page, "A parent or guardian said no on"), "%s", page);
    cr_expect_not_null(strstr(press(path, "action=save&p.marketing=no"), "Your choices are saved"));
    say(&t, 201, email("a"), "marketing", "given", by);
    cr_expect_str_eq(reason_of(&t, "a", "marketing"), "refused", "no Yes counts above the child's own No");
}

Test(standing, a_guardians_yes_is_told_as_theirs)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "standing-parent");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 1), "minors",
                        json_of("{'guardian': {'least': 'email'}}"));
    tenant_apply(&t, policy);
    say(&t, 201, email("a"), "marketing", "given",
        text_of(", 'minor': true, 'expressed_by': {'role': 'parent', 'identifier': %s, 'strength': 'email'}",
                email("parent")));
    const char *page = look(link_to(&t, text_of("'subject': %s", email("a")), PREFERENCES));
    expect_marks(page, "marketing", true, false);
    cr_expect_not_null(strstr(page, "A parent or guardian said yes on"), "%s", page);
    cr_expect_null(strstr(page, "You said yes on"), "%s", page);
}

/* ---- what took another's place ---- */

/* newsletter is left out or retired, and bulletin is in its place. */
static void replace(const struct tenant *t, bool left_out)
{
    json_t *policy = tenant_policy(t), *purposes = json_object_get(policy, "purposes"),
           *one = json_deep_copy(json_array_get(purposes, 0));
    json_object_set_new(one, "key", json_string("bulletin"));
    json_object_set_new(one, "name", json_of("{'en': 'The bulletin'}"));
    json_object_set_new(one, "replaces", json_string("newsletter"));
    json_array_append_new(purposes, one);
    if (left_out)
        json_array_remove(purposes, 0);
    else
        json_object_set_new(json_array_get(purposes, 0), "retired", json_true());
    const struct answer *a = put(t, "?force=retire", policy);
    cr_assert_eq(a->status, 200, "%s", a->body);
}

Test(standing, what_took_the_place_of_a_purpose_is_shown_and_stopped_by_its_links)
{
    for (int left_out = 0; left_out < 2; left_out++) {
        struct tenant t = stage_tenant(left_out ? "standing-left" : "standing-retired");
        say(&t, 201, email("a"), "newsletter", "given", "");
        const char *path = link_to(&t, text_of("'subject': %s", email("a")), UNSUBSCRIBE("newsletter"));
        replace(&t, left_out);
        say(&t, 201, email("a"), "bulletin", "given", "");
        cr_expect_not_null(strstr(look(path), "The bulletin"));
        cr_expect_null(strstr(look(path), ">Newsletter<"));
        expect_stoppable(path, true);
        cr_expect_not_null(strstr(press(path, "action=stop"), "The bulletin"));
        cr_expect_str_eq(reason_of(&t, "a", "bulletin"), "withdrawn");
        expect_stoppable(path, false);
    }
}

Test(standing, who_never_said_no_is_not_told_to_have_stopped_what_was_retired)
{
    struct tenant t = stage_tenant("standing-over");
    say(&t, 201, email("a"), "newsletter", "given", "");
    const char *path = link_to(&t, text_of("'subject': %s", email("a")), UNSUBSCRIBE("newsletter")), *page;
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "retired", json_true());
    cr_assert_eq(put(&t, "?force=retire", policy)->status, 200);
    page = look(path);
    cr_expect_null(strstr(page, "You stopped this earlier"), "%s", page);
    cr_expect_null(strstr(page, "value=\"stop\""), "%s", page);
    press(path, "action=stop");
    cr_expect_not_null(strstr(look(path), "You stopped this earlier"));
}
