/* SPDX-License-Identifier: Apache-2.0 */
#include "net/token_bucket.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <pthread.h>

enum { LIMIT = 100, WINDOW_SECONDS = 10 };

static const int64_t start = 1000 * SECOND;
static struct token_buckets *buckets;
static struct token_bucket_state state;

static void open_one(void)
{
    buckets = token_buckets_create(64, LIMIT, WINDOW_SECONDS * SECOND);
}

static void close_one(void)
{
    token_buckets_destroy(buckets);
}

TestSuite(token_buckets, .init = open_one, .fini = close_one);

static bool take(uint64_t owner, uint64_t amount, int64_t now)
{
    return token_buckets_take(buckets, owner, amount, now, &state);
}

Test(token_buckets, a_new_owner_has_a_whole_window)
{
    cr_assert(take(1, LIMIT, start));
    cr_assert_eq(state.left, 0);
    cr_assert_eq(state.full_in, WINDOW_SECONDS * SECOND);
    cr_assert_not(take(1, 1, start));
}

Test(token_buckets, what_is_not_there_is_not_taken_in_part)
{
    cr_assert(take(1, 60, start));
    cr_assert_not(take(1, 41, start));
    cr_assert(take(1, 40, start));
}

Test(token_buckets, it_comes_back_with_time_and_tells_when)
{
    take(1, LIMIT, start);
    cr_assert_not(take(1, 10, start));
    cr_assert(state.retry_in >= SECOND && state.retry_in <= SECOND + 1000);
    cr_assert_not(take(1, 10, start + SECOND - 1000));
    cr_assert(take(1, 10, start + SECOND));
    cr_assert(take(1, LIMIT, start + 100 * SECOND));
    cr_assert_not(take(1, 1, start + 100 * SECOND));
}

Test(token_buckets, more_than_the_limit_is_never_there)
{
    cr_assert_not(take(1, LIMIT + 1, start));
    cr_assert_not(take(1, UINT64_MAX, start));
    cr_assert(take(1, LIMIT, start));
}

Test(token_buckets, owners_do_not_share)
{
    take(2, LIMIT, start);
    cr_assert(take(4, LIMIT, start));
}

Test(token_buckets, a_fine_is_paid_before_anything_else)
{
    take(1, LIMIT, start);
    token_buckets_fine(buckets, 1, 20, start);
    cr_assert_not(take(1, 1, start + 2 * SECOND));
    cr_assert(take(1, 1, start + 2 * SECOND + SECOND / 10));
}

Test(token_buckets, a_fine_ends_after_two_windows)
{
    token_buckets_fine(buckets, 1, 1000 * LIMIT, start);
    cr_assert_not(take(1, LIMIT, start + 2 * WINDOW_SECONDS * SECOND - 1000));
    cr_assert(take(1, LIMIT, start + 2 * WINDOW_SECONDS * SECOND));
}

/* Strangers come by the thousand: whose bucket is empty is not the one who is forgotten. */
Test(token_buckets, whoever_spends_is_remembered)
{
    take(1, LIMIT, start);
    for (uint64_t stranger = 3; stranger < 20000; stranger += 2)
        take(stranger, 1, start);
    cr_assert_not(take(1, 1, start));
}

Test(token_buckets, a_day_of_five_million_is_counted_to_the_line)
{
    struct token_buckets *day = token_buckets_create(64, 5000000, 86400 * SECOND);
    for (int batch = 0; batch < 50; batch++)
        cr_assert(token_buckets_take(day, 1, 100000, start, &state));
    cr_assert_not(token_buckets_take(day, 1, 1, start, &state));
    cr_assert(token_buckets_take(day, 1, 57, start + SECOND, &state));
    cr_assert_not(token_buckets_take(day, 1, 1, start + SECOND, &state));
    token_buckets_destroy(day);
}

Test(token_buckets, what_is_given_back_can_be_spent_again)
{
    take(1, LIMIT, start);
    token_buckets_give(buckets, 1, 5, start);
    cr_assert_not(take(1, 6, start));
    cr_assert(take(1, 5, start));
    cr_assert_not(take(1, 1, start));
}

Test(token_buckets, a_full_one_takes_nothing_back_and_who_is_forgotten_has_none)
{
    take(1, 0, start);
    token_buckets_give(buckets, 1, LIMIT, start);
    token_buckets_give(buckets, 2, LIMIT, start);
    cr_assert(take(1, LIMIT, start));
    cr_assert_not(take(1, 1, start));
    cr_assert(take(2, LIMIT, start));
    cr_assert_not(take(2, 1, start));
}

/* ---- one bucket ---- */

static const struct token_rate rate = TOKEN_RATE(LIMIT, WINDOW_SECONDS *SECOND);

static struct token_bucket full(void)
{
    struct token_bucket b;
    token_bucket_fill(&b, &rate, start);
    return b;
}

Test(token_bucket, it_holds_its_limit_and_comes_back_with_time)
{
    struct token_bucket b = full();
    for (int i = 0; i < LIMIT; i++)
        cr_assert(token_bucket_take(&b, &rate, 1, start, NULL));
    cr_assert_not(token_bucket_take(&b, &rate, 1, start, NULL));
    cr_assert(token_bucket_take(&b, &rate, 10, start + SECOND, NULL));
    cr_assert_not(token_bucket_take(&b, &rate, 1, start + SECOND, NULL));
    cr_assert(token_bucket_take(&b, &rate, LIMIT, start + 100 * SECOND, NULL));
    cr_assert_not(token_bucket_take(&b, &rate, 1, start + 100 * SECOND, NULL));
}

Test(token_bucket, what_is_earned_is_there_at_once_and_no_more_than_the_limit)
{
    struct token_bucket b = full();
    token_bucket_take(&b, &rate, LIMIT, start, NULL);
    token_bucket_give(&b, &rate, 7, start);
    cr_assert(token_bucket_take(&b, &rate, 7, start, NULL));
    cr_assert_not(token_bucket_take(&b, &rate, 1, start, NULL));
    token_bucket_give(&b, &rate, UINT64_MAX, start);
    cr_assert(token_bucket_take(&b, &rate, LIMIT, start, NULL));
    cr_assert_not(token_bucket_take(&b, &rate, 1, start, NULL));
}

Test(token_bucket, a_fine_makes_a_debt)
{
    struct token_bucket b = full();
    token_bucket_fine(&b, &rate, LIMIT + 10, start);
    cr_assert_not(token_bucket_take(&b, &rate, 1, start + SECOND, NULL));
    cr_assert(token_bucket_take(&b, &rate, 1, start + SECOND + SECOND / 10, NULL));
}

enum { THREADS = 4, TURNS = 100000 };

static void *spend(void *count)
{
    struct token_bucket_state ignored;
    for (int i = 0; i < TURNS; i++)
        *(size_t *)count += token_buckets_take(buckets, 1, 1, start, &ignored);
    return NULL;
}

Test(token_buckets, threads_add_up_to_the_limit)
{
    pthread_t threads[THREADS];
    size_t counts[THREADS] = {0}, total = 0;
    take(1, 0, start); /* not new any more */
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, spend, &counts[i]);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        total += counts[i];
    }
    cr_assert_eq(total, LIMIT);
}
