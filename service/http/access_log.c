/* SPDX-License-Identifier: Apache-2.0 */
#include "http/access_log.h"

#include "base/hex.h"
#include "base/log.h"
#include "domain/moment.h"
#include "http/route.h"
#include "loop/loop.h"
#include "mask/mask.h"
#include "net/client_address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = 512, /* the longest: all members at their longest are below 400 */
    WRITE_BYTES =
        4096, /* PIPE_BUF: what a pipe that is ready takes at once, whole, and apart from other threads' */
    BUFFER_BYTES = 256 * 1024, /* of a tick: 1 000 lines */
    TRACE_ID = 32,
    SPAN_ID = 16,
    TRACEPARENT = 2 + 1 + TRACE_ID + 1 + SPAN_ID + 1 + 2
};

struct access_log {
    struct worker *worker;
    struct loop_task flush;
    int fd;
    uint64_t dropped; /* lines, since that was told */
    size_t len;
    char bytes[BUFFER_BYTES];
};

int access_log_open(const char *path)
{
    if (strcmp(path, "-") == 0)
        return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
}

void access_log_reopen(int fd, const char *path)
{
    int again = strcmp(path, "-") == 0 ? -1 : access_log_open(path);
    if (again < 0)
        return;
    dup3(again, fd, O_CLOEXEC);
    close(again);
}

/* ---- writing ---- */

/* The end of the last line within ${max} bytes. */
static size_t lines_end(const char *bytes, size_t len, size_t max)
{
    if (len <= max)
        return len;
    const char *newline = memrchr(bytes, '\n', max);
    return newline != NULL ? (size_t)(newline + 1 - bytes) : len;
}

static bool lines_write(int fd, const char *bytes, size_t len)
{
    struct pollfd out = {.fd = fd, .events = POLLOUT};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0 && write(fd, bytes, len) == (ssize_t)len;
}

static uint64_t lines_count(const char *bytes, size_t len)
{
    uint64_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += bytes[i] == '\n';
    return count;
}

static void flush(struct access_log *log)
{
    for (size_t at = 0, share; at < log->len; at += share) {
        share = lines_end(log->bytes + at, log->len - at, WRITE_BYTES);
        if (!lines_write(log->fd, log->bytes + at, share)) {
            log->dropped += lines_count(log->bytes + at, share);
        } else if (log->dropped > 0) {
            log_warn("access_log.dropped", "lines=%llu", (unsigned long long)log->dropped);
            log->dropped = 0;
        }
    }
    log->len = 0;
}

static void on_flush(struct loop_task *task)
{
    flush(list_entry(task, struct access_log, flush));
}

struct access_log *access_log_create(struct worker *worker, int fd)
{
    struct access_log *log = h2o_mem_alloc(sizeof *log);
    log->worker = worker;
    log->fd = fd;
    log->dropped = 0;
    log->len = 0;
    loop_task_init(&log->flush, on_flush);
    return log;
}

void access_log_destroy(struct access_log *log)
{
    if (log == NULL)
        return;
    loop_task_cancel(&log->flush);
    flush(log);
    free(log);
}

/* ---- a line ---- */

struct text {
    char *at, *end;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(t->at, (size_t)(t->end - t->at), format, args);
    va_end(args);
    t->at += len > 0 && len < t->end - t->at ? len : 0;
}

/* Methods of strangers too; nothing that would need an escape. */
static bool is_method(h2o_iovec_t method)
{
    for (size_t i = 0; i < method.len; i++) {
        if (!isupper((unsigned char)method.base[i]))
            return false;
    }
    return method.len > 0 && method.len <= 16;
}

static void address_put(struct text *t, const struct access_log *log, const h2o_req_t *req)
{
    const struct mask_prefixes prefixes = {MASK_IPV4_DEFAULT, MASK_IPV6_DEFAULT};
    struct sockaddr_storage address;
    char whole[INET6_ADDRSTRLEN] = "", masked[MASK_ADDRESS_SIZE];
    size_t len;
    client_address_of(log->worker->networks, req, &address);
    if (address.ss_family == AF_INET)
        inet_ntop(AF_INET, &((struct sockaddr_in *)&address)->sin_addr, whole, sizeof whole);
    else if (address.ss_family == AF_INET6)
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&address)->sin6_addr, whole, sizeof whole);
    if (mask_address(whole, strlen(whole), prefixes, masked, &len))
        put(t, ",\"address\":\"%s\"", masked);
}

/* W3C Trace Context, 3.2: what is not of version 00's form is as good as absent. */
static void trace_put(struct text *t, const h2o_req_t *req)
{
    ssize_t at = h2o_find_header_by_str(&req->headers, H2O_STRLIT("traceparent"), -1);
    if (at < 0)
        return;
    h2o_iovec_t value = req->headers.entries[at].value;
    const char *trace = value.base + 3, *span = trace + TRACE_ID + 1;
    if (value.len != TRACEPARENT || memcmp(value.base, "00-", 3) != 0 || !hex_is_lower(trace, TRACE_ID) ||
        trace[TRACE_ID] != '-' || !hex_is_lower(span, SPAN_ID) || span[SPAN_ID] != '-' ||
        !hex_is_lower(span + SPAN_ID + 1, 2))
        return;
    put(t, ",\"trace_id\":\"%.*s\",\"parent_id\":\"%.*s\"", TRACE_ID, trace, SPAN_ID, span);
}

static const char *protocol_word(int version)
{
    return version >= 0x200 ? "HTTP/2" : version == 0x101 ? "HTTP/1.1" : "HTTP/1.0";
}

static int64_t microseconds_since(struct timeval start, instant now)
{
    int64_t us = now - (start.tv_sec * SECOND + start.tv_usec);
    return start.tv_sec != 0 && us > 0 ? us : 0;
}

/* Asked every second by machines that keep an answer for themselves. */
static bool is_probe(const char *route)
{
    return route != NULL && (strcmp(route, "/healthz") == 0 || strcmp(route, "/readyz") == 0);
}

static void line_put(struct text *t, const struct access_log *log, const h2o_req_t *req,
                     const char *route_or_null)
{
    instant now = clock_wall();
    char time[MOMENT_TEXT + 1];
    moment_format(now, time);
    h2o_iovec_t method = is_method(req->input.method) ? req->input.method : h2o_iovec_init("-", 1);
    put(t, "{\"time\":\"%s\",\"method\":\"%.*s\",\"route\":", time, (int)method.len, method.base);
    put(t, route_or_null != NULL ? "\"%s\"" : "null", route_or_null);
    put(t, ",\"status\":%d,\"duration_us\":%lld,\"bytes_in\":%zu,\"bytes_out\":%zu,\"protocol\":\"%s\"",
        req->res.status, (long long)microseconds_since(req->timestamps.request_begin_at, now),
        req->entity.len, req->bytes_sent, protocol_word(req->version));
    address_put(t, log, req);
    trace_put(t, req);
    *t->at++ = '}';
    *t->at++ = '\n';
}

void access_log_line(struct access_log *log, const h2o_req_t *req)
{
    const struct route *asked = route_asked(log->worker->options->routes, req);
    const char *route = asked != NULL ? asked->path : NULL;
    if (is_probe(route))
        return;

    if (BUFFER_BYTES - log->len < LINE_MAX_BYTES)
        flush(log);
    struct text t = {log->bytes + log->len, log->bytes + log->len + LINE_MAX_BYTES - 2};
    line_put(&t, log, req, route);
    log->len = (size_t)(t.at - log->bytes);
    loop_task_post(log->worker->loop, &log->flush);
}
