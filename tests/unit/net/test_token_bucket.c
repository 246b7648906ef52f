/* SPDX-License-Identifier: Apache-2.0 */
#include "net/token_bucket.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <pthread.h>

enum { LIMIT = 100, WINDOW_SECONDS = 10 };

static const int64_t start = 1000 * SECOND;
static struct token_buckets *quota;
static struct token_bucket_state state;

static void open_one(void)
{
    quota = token_buckets_create(64, LIMIT, WINDOW_SECONDS * SECOND);
}

static void close_one(void)
{
    token_buckets_destroy(quota);
}

TestSuite(quota, .init = open_one, .fini = close_one);

static bool take(uint64_t owner, uint64_t amount, int64_t now)
{
    return token_buckets_take(quota, owner, amount, now, &state);
}

Test(quota, a_newcomer_has_a_whole_window)
{
    cr_assert(take(1, LIMIT, start));
    cr_assert_eq(state.left, 0);
    cr_assert_eq(state.full_in, WINDOW_SECONDS * SECOND);
    cr_assert_not(take(1, 1, start));
}

Test(quota, what_is_not_there_is_not_taken_in_part)
{
    cr_assert(take(1, 60, start));
    cr_assert_not(take(1, 41, start));
    cr_assert(take(1, 40, start));
}

Test(quota, it_comes_back_with_time_and_tells_when)
{
    take(1, LIMIT, start);
    cr_assert_not(take(1, 10, start));
    cr_assert(state.retry_in >= SECOND && state.retry_in <= SECOND + 1000);
    cr_assert_not(take(1, 10, start + SECOND - 1000));
    cr_assert(take(1, 10, start + SECOND));
    cr_assert(take(1, LIMIT, start + 100 * SECOND));
    cr_assert_not(take(1, 1, start + 100 * SECOND));
}

Test(quota, more_than_the_limit_is_never_there)
{
    cr_assert_not(take(1, LIMIT + 1, start));
    cr_assert_not(take(1, UINT64_MAX, start));
    cr_assert(take(1, LIMIT, start));
}

Test(quota, owners_do_not_share)
{
    take(2, LIMIT, start);
    cr_assert(take(4, LIMIT, start));
}

Test(quota, a_fine_is_paid_before_anything_else)
{
    take(1, LIMIT, start);
    token_buckets_fine(quota, 1, 20, start);
    cr_assert_not(take(1, 1, start + 2 * SECOND));
    cr_assert(take(1, 1, start + 2 * SECOND + SECOND / 10));
}

Test(quota, a_fine_ends_after_two_windows)
{
    token_buckets_fine(quota, 1, 1000 * LIMIT, start);
    cr_assert_not(take(1, LIMIT, start + 2 * WINDOW_SECONDS * SECOND - 1000));
    cr_assert(take(1, LIMIT, start + 2 * WINDOW_SECONDS * SECOND));
}

/* Strangers come by the thousand: whose bucket is empty is not the one who is forgotten. */
Test(quota, whoever_spends_is_remembered)
{
    take(1, LIMIT, start);
    for (uint64_t stranger = 3; stranger < 20000; stranger += 2)
        take(stranger, 1, start);
    cr_assert_not(take(1, 1, start));
}

Test(quota, a_day_of_five_million_is_counted_to_the_line)
{
    struct token_buckets *day = token_buckets_create(64, 5000000, 86400 * SECOND);
    for (int batch = 0; batch < 50; batch++)
        cr_assert(token_buckets_take(day, 1, 100000, start, &state));
    cr_assert_not(token_buckets_take(day, 1, 1, start, &state));
    cr_assert(token_buckets_take(day, 1, 57, start + SECOND, &state));
    cr_assert_not(token_buckets_take(day, 1, 1, start + SECOND, &state));
    token_buckets_destroy(day);
}

enum { THREADS = 4, TURNS = 100000 };

static void *spend(void *count)
{
    struct token_bucket_state ignored;
    for (int i = 0; i < TURNS; i++)
        *(size_t *)count += token_buckets_take(quota, 1, 1, start, &ignored);
    return NULL;
}

Test(quota, threads_add_up_to_the_limit)
{
    pthread_t threads[THREADS];
    size_t counts[THREADS] = {0}, total = 0;
    take(1, 0, start); /* no newcomer any more */
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, spend, &counts[i]);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        total += counts[i];
    }
    cr_assert_eq(total, LIMIT);
}
