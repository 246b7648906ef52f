/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"
#include "policy/policies.h"

#include <criterion/criterion.h>
#include <string.h>

/* Mail about what is like what somebody bought (Tw 11.7(3)): a check may name what is to be sold. */

static struct tenant shop(const char *key)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), key);
    tenant_apply(
        &t, json_of("{'controller': {'key': '%s', 'country': 'NL'}, 'product_groups': [{'key': 'phones', "
                    "'similar': ['cases']}, {'key': 'cases'}, {'key': 'wine'}], 'purposes': [{'key': "
                    "'like', 'lawful_basis': 'soft_opt_in', 'channel': 'email'}, {'key': 'orders', "
                    "'lawful_basis': 'contract', 'channel': 'email'}]}",
                    key));
    return t;
}

static const json_t *buys(const struct tenant *t, const char *name, const char *group, const char *at)
{
    return post(
        t, 201, "/v1/consents",
        "{'subject': %s, 'purpose': 'like', 'event_state': 'eligible', 'collection_method': 'web_form', "
        "'event_time': '%s', 'sale': {'ref': 'order-1', 'product_group': '%s', 'at': '%s', "
        "'opt_out_offered_at': '%s'}}",
        email(name), at, group, at, at);
}

#define JANUARY "2026-01-10T12:00:00Z"
#define MARCH   "2026-03-10T12:00:00Z"

static const char *may_sell(const struct tenant *t, const char *name, const char *group)
{
    const json_t *r = post(t, 200, "/v1/check", "{'subject': %s, 'purpose': 'like', 'product_group': '%s'}",
                           email(name), group);
    return string_at(r, "/reason");
}

Test(soft_opt_in, only_a_sale_of_the_group_that_is_named_or_of_one_like_it_counts)
{
    struct tenant t = shop("groups");
    buys(&t, "a", "phones", JANUARY);
    cr_expect_str_eq(reason_of(&t, "a", "like"), "granted", "whatever is sold");
    cr_expect_str_eq(may_sell(&t, "a", "phones"), "granted");
    cr_expect_str_eq(may_sell(&t, "a", "cases"), "granted", "the policy has it as similar");
    cr_expect_str_eq(may_sell(&t, "a", "wine"), "never_asked");
    cr_expect_str_eq(may_sell(&t, "a", "Phones"), "never_asked", "byte for byte");
    buys(&t, "b", "cases", JANUARY);
    cr_expect_str_eq(may_sell(&t, "b", "phones"), "granted", "both ways");
    cr_expect_str_eq(may_sell(&t, "nobody", "phones"), "never_asked");
}

/* A typing error must not lose a sale: only what rests on it has one. */
Test(soft_opt_in, what_rests_on_no_sale_has_none)
{
    static const char *const origins[] = {
        "'sale': {'ref': 'order-1', 'product_group': 'phones', 'at': '" JANUARY
        "', 'opt_out_offered_at': '" JANUARY "'}",
        "'published': {'at': '" JANUARY "', 'for': 'offers', 'where': 'https://shop.example/contact'}"};
    static const char *const pointers[] = {"/sale", "/published"};
    struct tenant t = shop("no-sale");
    for (size_t i = 0; i < 2; i++) {
        expect(post(&t, 422, "/v1/consents",
                    "{'subject': %s, 'purpose': 'like', 'event_state': 'objected', 'collection_method': "
                    "'web_form', %s}",
                    email("a"), origins[i]),
               "{'errors': [{'pointer': '%s'}]}", pointers[i]);
        post(&t, 422, "/v1/consents",
             "{'subject': %s, 'choices': {'like': 'objected'}, 'collection_method': 'web_form', %s}",
             email("a"), origins[i]);
        post(&t, 201, "/v1/consents",
             "{'subject': %s, 'choices': {'like': 'eligible'}, 'collection_method': 'web_form', %s}",
             email("a"), origins[i]);
    }
}

Test(soft_opt_in, a_withdrawal_tells_that_a_sale_stood)
{
    struct tenant t = shop("was-sale");
    static const char withdrawal[] = "{'subject': %s, 'purpose': '%s'}";
    buys(&t, "one", "phones", JANUARY);
    expect(post(&t, 200, "/v1/withdraw", withdrawal, email("one"), "like"),
           "{'withdrawn': [{'was': 'eligible'}]}");
    expect(post(&t, 200, "/v1/withdraw", withdrawal, email("one"), "like"),
           "{'withdrawn': [{'was': 'objected'}]}");
    buys(&t, "all", "phones", JANUARY);
    expect(post(&t, 200, "/v1/withdraw", withdrawal, email("all"), "*"),
           "{'withdrawn': [{'was': 'eligible'}]}");
    say(&t, 201, text_of("[%s, %s]", customer("tied"), email("tied")), "like", "eligible",
        ", 'sale': {'ref': 'order-1', 'product_group': 'phones', 'at': '" JANUARY
        "', 'opt_out_offered_at': '" JANUARY "'}");
    expect(post(&t, 200, "/v1/withdraw", withdrawal, customer("tied"), "like"),
           "{'withdrawn': [{'was': 'eligible'}]}");
    say(&t, 201, email("tied"), "like", "objection_withdrawn", "");
    expect(post(&t, 200, "/v1/withdraw", withdrawal, email("tied"), "*"),
           "{'withdrawn': [{'was': 'objection_withdrawn'}]}");
}

Test(soft_opt_in, sales_of_several_groups_stand_beside_each_other)
{
    struct tenant t = shop("beside");
    buys(&t, "a", "phones", MARCH);
    buys(&t, "a", "wine", JANUARY);
    buys(&t, "a", "bicycles", JANUARY);
    cr_expect_str_eq(may_sell(&t, "a", "phones"), "granted");
    cr_expect_str_eq(may_sell(&t, "a", "wine"), "granted", "whichever was the later");
    cr_expect_str_eq(may_sell(&t, "a", "bicycles"), "granted", "one that the policy does not have");
    cr_expect_str_eq(may_sell(&t, "a", "tyres"), "never_asked");
    expect(
        post(&t, 200, "/v1/check", "{'subject': %s, 'purpose': 'like', 'product_group': 'wine'}", email("a")),
        "{'since': '" JANUARY "'}");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'like'}", email("a"));
    cr_expect_str_eq(may_sell(&t, "a", "wine"), "objected", "a No is to all of them");
    expect(buys(&t, "a", "wine", MARCH), "{'effect': 'superseded'}");
    cr_expect_str_eq(may_sell(&t, "a", "wine"), "objected");
}

static struct tenant sisters(const char *key)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), key);
    tenant_apply(
        &t, json_of("{'controller': {'key': '%s', 'country': 'NL'}, 'entities': [{'key': 'north', 'name': "
                    "'North'}, {'key': 'south', 'name': 'South'}], 'product_groups': [{'key': 'phones', "
                    "'similar': ['cases']}, {'key': 'cases'}, {'key': 'wine'}], 'purposes': [{'key': 'like', "
                    "'lawful_basis': 'soft_opt_in', 'channel': 'email', 'entities': ['north', 'south']}]}",
                    key));
    return t;
}

/* What a check says, and what a line of a batch says of the same. */
static const char *may_one_sell(const struct tenant *t, const char *group, const char *entity)
{
    const char *of_one = *entity != '\0' ? text_of(", 'entity': '%s'", entity) : "";
    const char *asked =
        text_of("{'subject': %s, 'purpose': 'like', 'product_group': '%s'%s}", email("a"), group, of_one);
    const char *reason = string_at(post(t, 200, "/v1/check", "%s", asked), "/reason");
    const struct answer *a = client_send(&(struct request){.service = t->service,
                                                           .path = "/v1/check/batch",
                                                           .token = t->token,
                                                           .content_type = "application/x-ndjson",
                                                           .body = json_text("%s", asked)});
    cr_assert_eq(a->status, 200);
    cr_expect_str_eq(string_at(json_lines(a->body), "/0/reason"), reason, "a batch says so too");
    return reason;
}

Test(soft_opt_in, of_several_entities_each_may_sell_what_is_like_its_own_sale)
{
    struct tenant t = sisters("sisters");
    say(&t, 201, email("a"), "like", "eligible",
        ", 'entity': 'north', 'sale': {'ref': 'order-1', 'product_group': 'phones', 'at': '" JANUARY
        "', 'opt_out_offered_at': '" JANUARY "'}");
    cr_expect_str_eq(may_one_sell(&t, "phones", "north"), "granted");
    cr_expect_str_eq(may_one_sell(&t, "cases", "north"), "granted");
    cr_expect_str_eq(may_one_sell(&t, "wine", "north"), "never_asked");
    cr_expect_str_eq(may_one_sell(&t, "phones", "south"), "never_asked", "another's sale");
    cr_expect_str_eq(may_one_sell(&t, "phones", ""), "never_asked", "of all of them, the strictest");
    say(&t, 201, email("a"), "like", "eligible",
        ", 'sale': {'ref': 'order-2', 'product_group': 'wine', 'at': '" JANUARY
        "', 'opt_out_offered_at': '" JANUARY "'}");
    cr_expect_str_eq(may_one_sell(&t, "wine", "south"), "granted", "a sale of all of them");
    cr_expect_str_eq(may_one_sell(&t, "wine", ""), "granted");
    cr_expect_str_eq(may_one_sell(&t, "phones", "south"), "never_asked");
    post(&t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'like', 'entity': 'north'}", email("a"));
    cr_expect_str_eq(may_one_sell(&t, "wine", "north"), "objected");
    cr_expect_str_eq(may_one_sell(&t, "wine", "south"), "granted");
    cr_expect_str_eq(may_one_sell(&t, "wine", ""), "objected");
}

Test(soft_opt_in, the_same_is_asked_in_a_batch_and_of_a_moment_that_is_past)
{
    struct tenant t = shop("asked");
    buys(&t, "a", "phones", JANUARY);
    const char *then =
        database_value(stage_database(),
                       "select to_char(max(recorded_at), 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from "
                       "event join controller using (controller_id) where key = '%s'",
                       t.key);
    buys(&t, "a", "wine", MARCH);
    static const char question[] = "{'subject': %s, 'purpose': 'like', 'product_group': '%s'}\n";
    const struct answer *a = client_send(
        &(struct request){.service = t.service,
                          .path = "/v1/check/batch",
                          .token = t.token,
                          .content_type = "application/x-ndjson",
                          .body = text_of("%s%s%s", json_text(question, email("a"), "cases"),
                                          json_text(question, email("a"), "tyres"),
                                          json_text("{'subject': %s, 'purpose': 'orders', 'product_group': "
                                                    "'tyres'}\n",
                                                    email("a")))});
    expect(json_lines(a->body), "[{'line': 1, 'reason': 'granted'}, {'line': 2, 'reason': 'never_asked'}, "
                                "{'line': 3, 'reason': 'not_required'}]");
    static const char past[] = "{'subject': %s, 'purpose': 'like', 'product_group': '%s', 'as_of': '%s'}";
    expect(post(&t, 200, "/v1/check", past, email("a"), "phones", then), "{'reason': 'granted'}");
    expect(post(&t, 200, "/v1/check", past, email("a"), "wine", then), "{'reason': 'never_asked'}");
    cr_expect_str_eq(may_sell(&t, "a", "wine"), "granted");
    expect(post(&t, 200, "/v1/check",
                "{'subject': %s, 'purposes': ['like', 'orders'], 'product_group': 'tyres'}", email("a")),
           "{'results': [{'reason': 'never_asked'}, {'reason': 'not_required'}]}");
}

Test(soft_opt_in, a_sale_that_is_found_invalid_takes_no_other_with_it)
{
    struct tenant t = shop("invalid");
    buys(&t, "a", "phones", JANUARY);
    buys(&t, "a", "wine", MARCH);
    expect(
        post(&t, 200, "/v1/consents/invalidate",
             "{'purpose': 'like', 'reason': 'no offer was made', 'period': {'from': '2026-03-01T00:00:00Z', "
             "'to': '2026-04-01T00:00:00Z'}}"),
        "{'matched': 1, 'invalidated': 1}");
    cr_expect_str_eq(may_sell(&t, "a", "wine"), "invalidated");
    cr_expect_str_eq(may_sell(&t, "a", "phones"), "granted");
    cr_expect_str_eq(reason_of(&t, "a", "like"), "granted");
}

Test(soft_opt_in, an_address_that_was_published_counts_whatever_is_sold)
{
    struct tenant t = shop("published");
    post(&t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'like', 'event_state': 'eligible', 'collection_method': 'web_form', "
         "'published': {'at': '" JANUARY "', 'for': 'offers', 'where': 'https://shop.example/contact'}}",
         email("a"));
    cr_expect_str_eq(may_sell(&t, "a", "wine"), "granted");
}

Test(soft_opt_in, a_group_is_a_name_and_nobodys_address)
{
    struct tenant t = shop("named");
    static const char *const wrong[] = {"''", "12", "null", "'jan@example.nl'", "{}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect(post(&t, 422, "/v1/check", "{'subject': %s, 'purpose': 'like', 'product_group': %s}",
                    email("a"), wrong[i]),
               "{'errors': [{'pointer': '/product_group'}]}");
}
