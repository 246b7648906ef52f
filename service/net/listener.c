/* SPDX-License-Identifier: Apache-2.0 */
#include "net/listener.h"

#include "base/limits.h"
#include "config/config.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 }; /* connections that wait for accept; the kernel cuts it to net.core.somaxconn */

/* Returns the socket, or -1 with errno set. */
static int socket_listen(const struct addrinfo *at, bool beside)
{
    int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol), on = 1;
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int buffer = RECEIVE_BUFFER_BYTES / 2; /* the kernel doubles it */
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if (at->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);

    /* The kernel lets two share a port when both say so; the first says so only once it has the port,
     * which nobody else had then. */
    if ((!beside || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) &&
        bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0 &&
        (beside || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0))
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* ---- a refusal, in words ---- */

static const char *advice_on(int error)
{
    switch (error) {
    case EADDRINUSE:
        return "end what listens there, or name another port (`akkoord doctor` says who it is; `serve "
               "--take-over` "
               "takes over from an akkoord on the same database)";
    case EADDRNOTAVAIL:
        return "it is not an address of this machine: name one that is, or leave the host out for all of "
               "them";
    case EACCES:
        return "name a port from 1024 on, or give the program CAP_NET_BIND_SERVICE";
    default:
        return "name another address";
    }
}

static int refuse(char fault[LISTENER_FAULT], const struct address *a, const char *reason, const char *advice)
{
    const char *v6 = strchr(a->host, ':');
    snprintf(fault, LISTENER_FAULT, "%s%s%s:%u: %s: %s", v6 != NULL ? "[" : "",
             a->host[0] != '\0' ? a->host : "*", v6 != NULL ? "]" : "", a->port, reason, advice);
    return -1;
}

/* ---- addresses ---- */

static void all_close(int *fds, int count)
{
    while (count > 0)
        close(fds[--count]);
}

/* Whether a host may do without this one of its addresses. */
static bool is_absent(int error)
{
    return error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

/* Returns how many were opened, or -1 with ${fault}. */
static int found_open(const struct address *a, const struct addrinfo *found, bool beside, int *fds,
                      size_t max, char fault[LISTENER_FAULT])
{
    int count = 0, absent = EADDRNOTAVAIL;
    for (const struct addrinfo *at = found; at != NULL; at = at->ai_next) {
        if ((size_t)count == max) {
            all_close(fds, count);
            return refuse(fault, a, "there are too many addresses", "name fewer");
        }
        int fd = socket_listen(at, beside);
        if (fd >= 0) {
            fds[count++] = fd;
        } else if (is_absent(errno)) {
            absent = errno;
        } else {
            int error = errno;
            all_close(fds, count);
            return refuse(fault, a, strerror(error), advice_on(error));
        }
    }
    return count > 0 ? count : refuse(fault, a, strerror(absent), advice_on(absent));
}

static int address_open(const struct address *a, bool beside, int *fds, size_t max,
                        char fault[LISTENER_FAULT])
{
    char port[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    snprintf(port, sizeof port, "%u", a->port);
    int error = getaddrinfo(a->host[0] != '\0' ? a->host : NULL, port, &hints, &found);
    if (error != 0)
        return refuse(fault, a, gai_strerror(error),
                      "name a host that this machine can resolve, or its address");
    int count = found_open(a, found, beside, fds, max, fault);
    freeaddrinfo(found);
    return count;
}

int listeners_open(const char *list, bool beside, int *ret_fds, size_t max, char fault[LISTENER_FAULT])
{
    struct address a;
    int count = 0;
    while (address_next(&list, &a)) {
        int n = address_open(&a, beside, ret_fds + count, max - (size_t)count, fault);
        if (n < 0) {
            all_close(ret_fds, count);
            return -1;
        }
        count += n;
    }
    return count;
}
