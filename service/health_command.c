/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "command.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEALTH_DEADLINE (2 * SECOND)
enum { ANSWER_MAX = 2048 }; /* bytes of an answer that are looked at and shown */

/* An address to listen on, as a client on this machine reaches it. */
static const char *host_to_ask(const struct address *a)
{
    if (a->host[0] == '\0' || strcmp(a->host, "0.0.0.0") == 0)
        return "127.0.0.1";
    return strcmp(a->host, "::") == 0 ? "::1" : a->host;
}

/* Waits until ${fd} is ready for ${events}, or the deadline. */
static bool ready(int fd, short events, int64_t deadline)
{
    struct pollfd p = {.fd = fd, .events = events};
    int64_t left = deadline - clock_monotonic();
    return left > 0 && poll(&p, 1, (int)(left / 1000) + 1) == 1;
}

static int socket_connect(const struct addrinfo *to, int64_t deadline)
{
    int fault = 0;
    socklen_t size = sizeof fault;
    int fd = socket(to->ai_family, to->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, to->ai_protocol);
    if (fd < 0)
        return -1;
    if (connect(fd, to->ai_addr, to->ai_addrlen) == 0 ||
        (errno == EINPROGRESS && ready(fd, POLLOUT, deadline) &&
         getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &size) == 0 && fault == 0))
        return fd;
    close(fd);
    return -1;
}

static int host_connect(const struct address *a, int64_t deadline)
{
    char port[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    snprintf(port, sizeof port, "%d", a->port);
    if (getaddrinfo(host_to_ask(a), port, &hints, &found) != 0)
        return -1;
    int fd = -1;
    for (const struct addrinfo *to = found; to != NULL && fd < 0; to = to->ai_next)
        fd = socket_connect(to, deadline);
    freeaddrinfo(found);
    return fd;
}

/* Sends the request, a few bytes that any socket takes at once, and reads until the answer ends. Returns its length. */
static size_t answer_read(int fd, const char *path, int64_t deadline, char answer[ANSWER_MAX])
{
    char request[128];
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    if (send(fd, request, (size_t)len, MSG_NOSIGNAL) != len)
        return 0;
    size_t have = 0;
    while (have < ANSWER_MAX - 1 && ready(fd, POLLIN, deadline)) {
        ssize_t got = recv(fd, answer + have, ANSWER_MAX - 1 - have, 0);
        if (got <= 0)
            break;
        have += (size_t)got;
    }
    answer[have] = '\0';
    return have;
}

/* The status line and the body's first: what `docker inspect` shows of an unhealthy container. */
static int answer_judge(char *answer)
{
    static const char good[] = "HTTP/1.1 200";
    bool healthy = strncmp(answer, good, strlen(good)) == 0;
    char *body = strstr(answer, "\r\n\r\n");
    const char *text = body != NULL ? body + strlen("\r\n\r\n") : "";
    int line = (int)strcspn(text, "\r\n");
    answer[strcspn(answer, "\r")] = '\0';
    printf("%s %.*s\n", answer, line, text);
    return healthy ? 0 : 1;
}

static int health(const struct config *config, const struct arguments *args)
{
    const char *list = config->listen;
    struct address address;
    char answer[ANSWER_MAX];
    int64_t deadline = clock_monotonic() + HEALTH_DEADLINE;
    if (!address_next(&list, &address))
        return command_failed("health", "it asks in clear text: AKKOORD_LISTEN is needed");
    int fd = host_connect(&address, deadline);
    if (fd < 0)
        return command_failed("health", "nothing answers at AKKOORD_LISTEN");
    const char *path = arguments_flag(args, "live") != NULL ? "/healthz" : "/readyz";
    size_t len = answer_read(fd, path, deadline, answer);
    close(fd);
    return len > 0 ? answer_judge(answer) : command_failed("health", "no answer");
}

static const struct config_flag health_flags[] = {
    {"live", NULL, "only whether the process lives (/healthz), not whether it can serve (/readyz)"}, {0}};

const struct command health_command = {
    "health", "", "asks the running service whether it is ready; for a container's health check",
    health_flags, health};
