/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <string.h>

/* One identifier in all its spellings; who somebody is where it must not stand; how much of an address is
 * kept. */

static void give(const struct tenant *t, const char *type, const char *value)
{
    post(t, 201, "/v1/consents",
         "{'subject': {'type': '%s', 'value': '%s'}, 'purpose': 'newsletter', 'event_state': 'given', "
         "'collection_method': 'web_form'}",
         type, value);
}

static const char *reason(const struct tenant *t, const char *type, const char *value)
{
    return string_at(post(t, 200, "/v1/check",
                          "{'subject': {'type': '%s', 'value': '%s'}, 'purpose': 'newsletter'}", type, value),
                     "/reason");
}

Test(identifiers, one_address_is_known_in_each_of_its_spellings)
{
    struct tenant t = stage_tenant("spellings");
    static const char *const spellings[][4] = {
        {"postal", "NL;" MARK_POSTAL ";2A;", "nl; 9741 zq; 02 ;a", "NL;\uff19\uff17\uff14\uff11ZQ;\uff12;A"},
        {"phone", "+54 9 11 2345 6789", "+54 11 2345 6789", "tel:+541123456789;ext=1"},
        {"phone", "+378 0549 886377", "+378 886377", "00378 549 886377"},
        {"phone", "+31 970 10212345", "0970 10212345", "tel:+3197010212345"},
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        cr_expect_str_eq(reason(&t, spellings[i][0], spellings[i][3]), "never_asked");
        give(&t, spellings[i][0], spellings[i][1]);
        cr_expect_str_eq(reason(&t, spellings[i][0], spellings[i][2]), "granted", "%s", spellings[i][2]);
        cr_expect_str_eq(reason(&t, spellings[i][0], spellings[i][3]), "granted", "%s", spellings[i][3]);
    }
    cr_expect_str_eq(reason(&t, "postal", "NL;" MARK_POSTAL ";2;B"), "never_asked");
}

#define SHORT "{'type': 'phone', 'value': '06 6181828'}"

Test(identifiers, a_no_is_taken_and_found_again_whatever_its_number)
{
    struct tenant t = stage_tenant("short-number");
    post(&t, 422, "/v1/check", "{'subject': " SHORT ", 'purpose': 'newsletter'}");
    post(&t, 404, "/v1/subjects/lookup", "{'subject': " SHORT "}");
    expect(post(&t, 422, "/v1/consents",
                "{'subject': " SHORT ", 'purpose': 'newsletter', 'event_state': 'given', "
                "'collection_method': 'app'}"),
           "{'errors': [{'pointer': '/subject/value'}]}");
    post(&t, 201, "/v1/consents",
         "{'subject': " SHORT ", 'purpose': 'newsletter', 'event_state': 'refused', 'collection_method': "
         "'app'}");
    expect(post(&t, 200, "/v1/withdraw", "{'subject': " SHORT ", 'purpose': '*'}"),
           "{'withdrawn': [{'purpose': 'newsletter'}, {'purpose': 'marketing'}, {'purpose': 'analytics'}]}");
    const char *id = string_at(post(&t, 200, "/v1/subjects/lookup", "{'subject': " SHORT "}"), "/subject_id");
    expect(get(&t, 200, "/v1/subjects/%s/consents", id), "{'subject_id': '%s'}", id);
}

Test(identifiers, a_reference_names_nobody)
{
    struct tenant t = stage_tenant("references");
    expect(
        post(&t, 422, "/v1/consents",
             "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app', "
             "'ref': '" MARK "@example.nl', 'import': {'batch': '0" MARK_PHONE "', 'source': 'crm'}}",
             email("a")),
        "{'errors': [{'pointer': '/ref'}, {'pointer': '/import/batch'}]}");
    expect(post(&t, 422, "/v1/withdraw", "{'subject': %s, 'purpose': 'newsletter', 'ref': '123456782'}",
                email("a")),
           "{'errors': [{'pointer': '/ref'}]}");
    post(
        &t, 201, "/v1/consents",
        "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app', 'ref': "
        "'crm-4711', 'evidence': {'url': 'https://shop.example/u/" MARK
        "%%40example.nl/join', 'form': 'of 0" MARK_PHONE "'}}",
        email("a"));
    const char *id =
        string_at(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("a")), "/subject_id");
    expect(
        get(&t, 200, "/v1/subjects/%s/history", id),
        "{'events': [{'ref': 'crm-4711', 'evidence': {'url': 'https://shop.example/u/***/join', 'form': 'of "
        "***'}}]}");
}

static void mask_set(const struct tenant *t, int ipv4, int ipv6)
{
    json_t *policy = tenant_policy(t);
    json_object_set_new(policy, "mask", json_pack("{s:i,s:i}", "ipv4_prefix", ipv4, "ipv6_prefix", ipv6));
    tenant_apply(t, policy);
    json_decref(policy);
}

static const char *masked(const struct tenant *t, const char *query)
{
    const struct answer *a = client_send(&(struct request){.service = t->service,
                                                           .path = text_of("/v1/mask%s", query),
                                                           .token = t->token,
                                                           .content_type = "text/plain",
                                                           .body = "203.0.113.77 2001:db8:1:2::3"});
    cr_assert_eq(a->status, 200, "%d: %.500s", a->status, a->body);
    return a->body;
}

Test(identifiers, the_policy_in_force_says_how_much_of_an_address_is_kept)
{
    struct tenant t = stage_tenant("mask"), other = tenant_at(&t, stage_service(1));
    cr_expect_str_eq(masked(&t, ""), "203.0.113.0 2001:db8:1::");
    cr_expect_str_eq(masked(&other, ""), "203.0.113.0 2001:db8:1::");
    mask_set(&t, 16, 32);
    cr_expect_str_eq(masked(&other, ""), "203.0.0.0 2001:db8::");
    cr_expect_str_eq(masked(&t, "?ipv4_prefix=24"), "203.0.113.0 2001:db8::");
    cr_expect_str_eq(masked(&t, "?ipv4_prefix=8&ipv6_prefix=0"), "203.0.0.0 ::");
    post(&t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app', "
         "'evidence': {'ip': '" MARK_IP "', 'form': 'from " MARK_IP "'}}",
         email("a"));
    const char *id =
        string_at(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("a")), "/subject_id");
    expect(get(&t, 200, "/v1/subjects/%s/history", id),
           "{'events': [{'evidence': {'ip': '203.0.0.0', 'form': 'from 203.0.0.0'}}]}");
}

Test(identifiers, without_a_policy_an_address_is_masked_as_most_do)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "mask-bare");
    cr_expect_str_eq(masked(&t, ""), "203.0.113.0 2001:db8:1::");
}
