/* SPDX-License-Identifier: Apache-2.0 */
#include "net/listener.h"

#include "base/limits.h"
#include "base/log.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 }; /* connections that wait for accept; the kernel cuts it to net.core.somaxconn */

static int socket_listen(const struct addrinfo *at)
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
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0 &&
        bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int fault = errno;
    close(fd);
    errno = fault;
    return -1;
}

/* Splits "host:port" in place. */
static char *port_split(char *address, char **ret_host)
{
    char *colon = strrchr(address, ':');
    if (colon == NULL || colon[1] == '\0')
        return NULL;
    *colon = '\0';
    size_t len = strlen(address);
    *ret_host = address;
    if (len >= 2 && address[0] == '[' && address[len - 1] == ']') {
        address[len - 1] = '\0';
        *ret_host = address + 1;
    }
    return colon + 1;
}

static int address_open(char *address, int *fds, size_t max)
{
    char *host, *port = port_split(address, &host);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    if (port == NULL || getaddrinfo(host[0] != '\0' ? host : NULL, port, &hints, &found) != 0) {
        log_error("listen", "reason=\"not an address: host:port\"");
        return -1;
    }
    int count = 0;
    for (const struct addrinfo *at = found; at != NULL && (size_t)count < max; at = at->ai_next) {
        int fd = socket_listen(at);
        if (fd >= 0)
            fds[count++] = fd;
        else if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
            log_error("listen", "port=%s reason=\"%s\"", port, strerror(errno));
    }
    freeaddrinfo(found);
    return count > 0 ? count : -1;
}

int listeners_open(const char *list, int *ret_fds, size_t max)
{
    char *copy = strdup(list), *rest = copy, *address;
    int count = 0;
    if (copy == NULL)
        return -1;
    while (count >= 0 && (address = strsep(&rest, ",")) != NULL) {
        if (address[0] == '\0')
            continue;
        int n = address_open(address, ret_fds + count, max - (size_t)count);
        if (n < 0) {
            while (count > 0)
                close(ret_fds[--count]);
            count = -1;
        } else {
            count += n;
        }
    }
    free(copy);
    return count;
}
