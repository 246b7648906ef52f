/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/api_key.h"
#include "auth/remembered.h"
#include "auth/token.h"

#include "mint.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOW (INT64_C(1000000) * SECOND)

static struct claims claims_of(const char *subject, instant expires)
{
    struct claims claims;
    memset(&claims, 0, sizeof claims);
    snprintf(claims.subject, sizeof claims.subject, "%s", subject);
    claims.expires = expires;
    return claims;
}

static void put(struct remembered *r, const struct keys *keys, const char *token, instant expires)
{
    struct claims claims = claims_of(token, expires);
    remembered_put(r, keys, token, strlen(token), &claims);
}

static bool knows(struct remembered *r, const struct keys *keys, const char *token, instant now)
{
    struct claims claims;
    return remembered_find(r, keys, token, strlen(token), now, &claims) && strcmp(claims.subject, token) == 0;
}

Test(remembered, a_token_is_found_by_its_exact_bytes)
{
    struct keys *keys = mint_secret_keys();
    struct remembered *r = remembered_create();
    cr_expect_not(knows(r, keys, "a.b.c", NOW));
    put(r, keys, "a.b.c", NOW + SECOND);
    cr_expect(knows(r, keys, "a.b.c", NOW));
    cr_expect_not(knows(r, keys, "a.b.C", NOW));
    cr_expect_not(knows(r, keys, "a.b.", NOW));
    cr_expect_not(knows(r, keys, "a.b.cc", NOW));
    cr_expect_not(knows(r, keys, "", NOW));
    remembered_destroy(r);
    keys_unref(keys);
}

Test(remembered, the_claims_come_back_whole)
{
    struct keys *keys = mint_secret_keys();
    struct remembered *r = remembered_create();
    struct claims claims = claims_of("client", NOW + SECOND), seen;
    snprintf(claims.controller, sizeof claims.controller, "demo");
    claims.scopes = SCOPE_MASK;
    remembered_put(r, keys, "t", 1, &claims);
    cr_assert(remembered_find(r, keys, "t", 1, NOW, &seen));
    cr_expect_eq(memcmp(&seen, &claims, sizeof seen), 0);
    remembered_destroy(r);
    keys_unref(keys);
}

Test(remembered, an_expired_token_is_not_found)
{
    struct keys *keys = mint_secret_keys();
    struct remembered *r = remembered_create();
    put(r, keys, "t", NOW + SECOND);
    cr_expect(knows(r, keys, "t", NOW + SECOND - 1));
    cr_expect_not(knows(r, keys, "t", NOW + SECOND));
    remembered_destroy(r);
    keys_unref(keys);
}

Test(remembered, all_is_forgotten_when_the_keys_are_read_again)
{
    struct keys *keys = mint_secret_keys(), *again = mint_secret_keys();
    struct remembered *r = remembered_create();
    put(r, keys, "t", NOW + SECOND);
    cr_expect(knows(r, keys, "t", NOW));
    cr_expect_not(knows(r, again, "t", NOW));
    cr_expect_not(knows(r, keys, "t", NOW), "nor does it come back with the old set");
    remembered_destroy(r);
    keys_unref(keys);
    keys_unref(again);
}

Test(remembered, the_table_is_bounded_and_keeps_what_lives_longest)
{
    struct keys *keys = mint_secret_keys();
    struct remembered *r = remembered_create();
    char token[32];
    size_t kept = 0;
    put(r, keys, "long", NOW + 1000 * SECOND);
    for (int i = 0; i < 3 * REMEMBERED_MAX; i++) {
        snprintf(token, sizeof token, "token-%d", i);
        put(r, keys, token, NOW + SECOND);
        cr_assert(knows(r, keys, token, NOW), "the newest always finds a place");
    }
    for (int i = 0; i < 3 * REMEMBERED_MAX; i++) {
        snprintf(token, sizeof token, "token-%d", i);
        kept += knows(r, keys, token, NOW);
    }
    cr_expect_leq(kept, REMEMBERED_MAX);
    cr_expect_gt(kept, REMEMBERED_MAX * 9 / 10);
    cr_expect(knows(r, keys, "long", NOW));
    remembered_destroy(r);
    keys_unref(keys);
}

Test(remembered, destroying_nothing_is_allowed)
{
    remembered_destroy(NULL);
}

/* Nanoseconds of CPU that it takes to find ${token} many times: the least of some rounds. */
static int64_t cost_of(struct remembered *r, const struct keys *keys, const char *token)
{
    enum { ROUNDS = 20, TIMES = 1000 };
    int64_t least = INT64_MAX;
    struct claims claims;
    for (int round = 0; round < ROUNDS; round++) {
        struct timespec from, to;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
        for (int i = 0; i < TIMES; i++)
            cr_assert(remembered_find(r, keys, token, strlen(token), NOW, &claims));
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
        int64_t took = (to.tv_sec - from.tv_sec) * INT64_C(1000000000) + to.tv_nsec - from.tv_nsec;
        least = took < least ? took : least;
    }
    return least;
}

Test(remembered, an_api_key_costs_no_more_than_a_token)
{
    struct keys *keys = mint_secret_keys();
    struct remembered *r = remembered_create();
    struct claims claims = claims_of("web shop", NOW + 3600 * SECOND);
    snprintf(claims.controller, sizeof claims.controller, "demo");
    claims.scopes = SCOPE_CONSENT_CHECK;
    char *token = token_sign(MINT_SECRET, strlen(MINT_SECRET), NULL, &claims, NOW), key[API_KEY_TEXT_MAX + 1];
    struct api_key made;
    cr_assert_eq(api_key_make(key, &made), 0);
    remembered_put(r, keys, token, strlen(token), &claims);
    remembered_put(r, keys, key, strlen(key), &claims);
    int64_t of_token = cost_of(r, keys, token), of_key = cost_of(r, keys, key);
    cr_assert_leq(of_key, of_token, "%lld ns, a token %lld ns", (long long)of_key, (long long)of_token);
    free(token);
    remembered_destroy(r);
    keys_unref(keys);
}
