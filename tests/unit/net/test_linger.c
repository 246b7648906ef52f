/* SPDX-License-Identifier: Apache-2.0 */
#include "net/guard/linger.h"

#include "base/clock.h"
#include "base/limits.h"
#include "loop/loop.h"

#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

static const int64_t now = 1000 * SECOND;
static struct loop *loop;
static struct linger_list lingering;

static void make(void)
{
    loop = loop_create();
    linger_init(&lingering);
}

static void end(void)
{
    linger_end(&lingering);
    loop_destroy(loop);
}

TestSuite(linger, .init = make, .fini = end);

/* A connection that lingers for ${max} bytes; returns its client's end. */
static int take(size_t max)
{
    int fds[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    linger_take(&lingering, loop_h2o(loop), fds[0], max, now);
    return fds[1];
}

static bool transmit(int client, size_t len)
{
    static const char zeros[4096];
    bool sent = send(client, zeros, len, MSG_NOSIGNAL) == (ssize_t)len;
    loop_run_once(loop, 10);
    return sent;
}

Test(linger, nothing_more_is_sent_and_what_comes_is_read)
{
    char byte;
    int client = take(10000);
    cr_assert_eq(recv(client, &byte, 1, 0), 0, "our side is shut");
    for (int i = 0; i < 2; i++)
        cr_assert(transmit(client, 4096));
    cr_assert_eq(lingering.count, 1);
    close(client);
}

Test(linger, it_ends_with_the_bytes_that_were_left)
{
    int client = take(5000);
    cr_assert(transmit(client, 4096));
    cr_assert(transmit(client, 904));
    cr_assert_eq(lingering.count, 0);
    cr_assert_not(transmit(client, 1));
    close(client);
}

Test(linger, it_ends_with_its_client)
{
    int client = take(5000);
    close(client);
    loop_run_once(loop, 10);
    cr_assert_eq(lingering.count, 0);
}

Test(linger, it_ends_when_its_time_is_over)
{
    int client = take(5000);
    linger_sweep(&lingering, now + LINGER_MS * INT64_C(1000));
    cr_assert_eq(lingering.count, 1);
    linger_sweep(&lingering, now + LINGER_MS * INT64_C(1000) + 1);
    cr_assert_eq(lingering.count, 0);
    cr_assert_not(transmit(client, 1));
    close(client);
}

Test(linger, there_is_room_for_so_many)
{
    int clients[LINGER_SOCKETS_MAX + 1];
    for (size_t i = 0; i <= LINGER_SOCKETS_MAX; i++)
        clients[i] = take(5000);
    cr_assert_eq(lingering.count, LINGER_SOCKETS_MAX);
    cr_assert_not(transmit(clients[LINGER_SOCKETS_MAX], 1), "the one too many is closed");
    cr_assert(transmit(clients[0], 1));
    for (size_t i = 0; i <= LINGER_SOCKETS_MAX; i++)
        close(clients[i]);
}
