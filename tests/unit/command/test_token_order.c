/* SPDX-License-Identifier: Apache-2.0 */
#include "command/token_order.h"

#include "auth/token.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define NOW    (INT64_C(1000000) * SECOND)
#define SECRET "0123456789abcdef0123456789abcdef\n"

static struct token_order order(void)
{
    return (struct token_order){.secret = SECRET,
                                .secret_len = sizeof SECRET - 1,
                                .controller = "demo",
                                .scope = "consent:record mask",
                                .client = "cli",
                                .ttl = 3600};
}

/* Returns the fault, and what was written in ${ret_text}, which the caller frees. */
static const char *issue(struct token_order o, char **ret_text)
{
    size_t len;
    FILE *out = open_memstream(ret_text, &len);
    const char *fault = token_issue(&o, NOW, out);
    fclose(out);
    return fault;
}

static void refused(struct token_order o, const char *words)
{
    char *text;
    const char *fault = issue(o, &text);
    cr_expect(fault != NULL && strstr(fault, words) != NULL, "%s: %s", words,
              fault != NULL ? fault : "accepted");
    cr_expect_str_eq(text, "");
    free(text);
}

Test(token_order, a_token_is_one_line_that_the_service_accepts)
{
    char *text, fault[KEYS_FAULT];
    struct keys *keys;
    struct claims claims;
    struct keys_source source = {.secret = SECRET, .secret_len = sizeof SECRET - 1};
    cr_assert_null(issue(order(), &text));
    cr_assert_eq(keys_create(&source, &keys, fault), 0);
    cr_expect_eq(strcspn(text, "\n"), strlen(text) - 1);
    cr_assert_eq(token_verify(keys, text, strlen(text) - 1, NOW, &claims), TOKEN_OK);
    cr_expect_str_eq(claims.controller, "demo");
    cr_expect_str_eq(claims.subject, "cli");
    cr_expect_eq(strlen(claims.id), 36);
    cr_expect_eq(claims.scopes, SCOPE_CONSENT_RECORD | SCOPE_MASK);
    cr_expect_eq(claims.expires, NOW + 3600 * SECOND);
    keys_unref(keys);
    free(text);
}

Test(token_order, the_configured_issuer_is_named)
{
    char *text, fault[KEYS_FAULT];
    struct keys *keys;
    struct claims claims;
    struct token_order o = order();
    o.issuer = "https://issuer.example";
    struct keys_source source = {.secret = SECRET, .secret_len = sizeof SECRET - 1, .issuer = o.issuer};
    cr_assert_null(issue(o, &text));
    cr_assert_eq(keys_create(&source, &keys, fault), 0);
    cr_expect_eq(token_verify(keys, text, strlen(text) - 1, NOW, &claims), TOKEN_OK);
    keys_unref(keys);
    free(text);
}

Test(token_order, what_the_service_would_refuse_is_not_issued)
{
    struct token_order o = order();
    o.scope = "consent:record consent:chek";
    refused(o, "scope");
    o.scope = "";
    refused(o, "scope");
    o = order();
    o.controller = "Demo";
    refused(o, "controller");
    o = order();
    o.client = "";
    refused(o, "client");
    o = order();
    o.secret_len = 20;
    refused(o, "32 bytes");
    o = order();
    o.ttl = 2 * 86400;
    refused(o, "further ahead");
}

Test(token_order, an_option_may_allow_a_longer_life)
{
    char *text;
    struct token_order o = order();
    o.ttl = 2 * 86400;
    o.max_lifetime = 7 * 86400;
    cr_expect_null(issue(o, &text));
    free(text);
}

Test(token_order, a_time_to_live_is_a_number_and_a_unit)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {{"90s", 90},    {"30m", 1800},  {"1h", 3600},
                {"24h", 86400}, {"2d", 172800}, {"36500d", 3153600000}};
    static const char *const bad[] = {"",    "1",    "h",      "0s",           "-1h",
                                      "+1h", "1.5h", "1h30m",  " 1h",          "1h ",
                                      "1w",  "1H",   "36501d", "99999999999s", "9999999999d"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t seconds = 0;
        cr_expect(ttl_parse(good[i].text, &seconds), "%s", good[i].text);
        cr_expect_eq(seconds, good[i].seconds, "%s", good[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t seconds = 7;
        cr_expect_not(ttl_parse(bad[i], &seconds), "%s", bad[i]);
        cr_expect_eq(seconds, 7);
    }
}
