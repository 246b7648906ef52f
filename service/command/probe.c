/* SPDX-License-Identifier: Apache-2.0 */
#include "command/probe.h"

#include "base/clock.h"

#include <errno.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROBE_DEADLINE (2 * SECOND)

struct line {
    int fd;
    SSL *tls; /* NULL in clear text */
    instant deadline;
};

/* An address to listen on, as a client on this machine reaches it. */
static const char *host_to_ask(const struct address *a)
{
    if (a->host[0] == '\0' || strcmp(a->host, "0.0.0.0") == 0)
        return "127.0.0.1";
    return strcmp(a->host, "::") == 0 ? "::1" : a->host;
}

/* Waits until ${fd} is ready for ${events}, or the deadline. */
static bool ready(int fd, short events, instant deadline)
{
    struct pollfd p = {.fd = fd, .events = events};
    instant left = deadline - clock_monotonic();
    return left > 0 && poll(&p, 1, (int)(left / 1000) + 1) == 1;
}

static int socket_connect(const struct addrinfo *to, instant deadline)
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

static int host_connect(const struct address *a, instant deadline)
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

/* After a call that returned ${rc}: waits for what TLS waits for. Returns false when it cannot go on. */
static bool tls_wait(const struct line *l, int rc)
{
    int wanted = SSL_get_error(l->tls, rc);
    return (wanted == SSL_ERROR_WANT_READ && ready(l->fd, POLLIN, l->deadline)) ||
           (wanted == SSL_ERROR_WANT_WRITE && ready(l->fd, POLLOUT, l->deadline));
}

/* No certificate is judged here: who asks is on the same machine, and wants to see which one is shown. */
static bool tls_begin(struct line *l)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    l->tls = ctx != NULL ? SSL_new(ctx) : NULL;
    SSL_CTX_free(ctx);
    if (l->tls == NULL || SSL_set_fd(l->tls, l->fd) != 1)
        return false;
    int rc;
    while ((rc = SSL_connect(l->tls)) != 1) {
        if (!tls_wait(l, rc))
            return false;
    }
    return true;
}

/* Returns the bytes that came, or 0 at the end, whatever ended it. */
static size_t receive(const struct line *l, char *bytes, size_t size)
{
    if (l->tls == NULL) {
        ssize_t got = ready(l->fd, POLLIN, l->deadline) ? recv(l->fd, bytes, size, 0) : 0;
        return got > 0 ? (size_t)got : 0;
    }
    int got;
    while ((got = SSL_read(l->tls, bytes, (int)size)) <= 0) {
        if (!tls_wait(l, got))
            return 0;
    }
    return (size_t)got;
}

/* A socket that is new takes so few bytes at once. */
static bool ask(const struct line *l, const char *path)
{
    char request[128];
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    return l->tls == NULL ? send(l->fd, request, (size_t)len, MSG_NOSIGNAL) == len
                          : SSL_write(l->tls, request, len) == len;
}

static enum probe_outcome answer_take(struct line *l, bool over_tls, const char *path,
                                      struct probe_answer *ret_answer)
{
    if ((over_tls && !tls_begin(l)) || !ask(l, path))
        return PROBE_SILENT;

    /* all that comes, or as much as there is room for */
    char text[PROBE_ANSWER_MAX];
    size_t have = 0;
    for (size_t got; have < sizeof text - 1 && (got = receive(l, text + have, sizeof text - 1 - have)) > 0;)
        have += got;
    if (have == 0)
        return PROBE_SILENT;

    /* for who asked */
    text[have] = '\0';
    memcpy(ret_answer->text, text, have + 1);
    ret_answer->certificate = over_tls ? SSL_get1_peer_certificate(l->tls) : NULL;
    return PROBE_ANSWERED;
}

enum probe_outcome probe_get(const struct address *at, bool over_tls, const char *path,
                             struct probe_answer *ret_answer)
{
    struct line line = {.deadline = clock_monotonic() + PROBE_DEADLINE};
    line.fd = host_connect(at, line.deadline);
    if (line.fd < 0)
        return PROBE_REFUSED;
    enum probe_outcome outcome = answer_take(&line, over_tls, path, ret_answer);
    SSL_free(line.tls);
    close(line.fd);
    return outcome;
}

bool probe_is_akkoord(const struct probe_answer *answer)
{
    return strcasestr(answer->text, "\r\nServer: akkoord\r\n") != NULL;
}

void probe_database(const struct probe_answer *answer, char ret_id[DATABASE_ID_SIZE])
{
    static const char member[] = "\"database\":\"";
    const char *at = strstr(answer->text, member);
    const char *id = at != NULL ? at + strlen(member) : "";
    bool whole = strspn(id, "0123456789abcdef") == DATABASE_ID_SIZE - 1;
    memcpy(ret_id, id, whole ? DATABASE_ID_SIZE - 1 : 0);
    ret_id[whole ? DATABASE_ID_SIZE - 1 : 0] = '\0';
}
