/* SPDX-License-Identifier: Apache-2.0 */
#include "net/guard/interpose.h"

#include "base/limits.h"
#include "net/guard/guard_internal.h"
#include "net/guard/http1_head.h"

#include <dlfcn.h>
#include <string.h>

/* The library's prototypes, of h2o/http2_internal.h, which needs a header that Debian does not ship. What is
 * void here is opaque to us; a connection begins with its h2o_conn_t, as on HTTP/1.1. */
int h2o_hpack_parse_headers(h2o_req_t *req, void *table, const uint8_t *src, size_t len, int *pseudo_headers,
                            size_t *content_length, void **digests, const char **err_desc);
ssize_t h2o_http2_decode_frame(struct guard_frame *frame, const uint8_t *src, size_t len,
                               const void *settings, const char **err_desc);
int h2o_http2_decode_data_payload(struct guard_payload *payload, const struct guard_frame *frame,
                                  const char **err_desc);
void h2o_http2_stream_reset(h2o_conn_t *conn, void *stream);
int phr_parse_request(const char *text, size_t len, const char **method, size_t *method_len,
                      const char **path, size_t *path_len, int *minor_version, struct phr_header *headers,
                      size_t *count, size_t last_len);

#define INTERPOSED(X)                                                                                        \
    X(h2o_hpack_parse_headers)                                                                               \
    X(h2o_http2_decode_frame)                                                                                \
    X(h2o_http2_decode_data_payload)                                                                         \
    X(h2o_http2_stream_reset)                                                                                \
    X(h2o_init_request)                                                                                      \
    X(h2o_send_error_generic)                                                                                \
    X(h2o_socket_close)                                                                                      \
    X(h2o_socket_write)                                                                                      \
    X(phr_parse_request)                                                                                     \
    X(h2o_socket_read_start)

#define REAL(name) __typeof__(&name) name;
static struct {
    INTERPOSED(REAL)
} real;
#undef REAL

static const struct {
    const char *name;
    void *ours;
    void **real;
} interposed[] = {
#define ROW(name) {#name, (void *)name, (void **)(void *)&real.name},
    INTERPOSED(ROW)
#undef ROW
};
enum { COUNT = sizeof interposed / sizeof *interposed };

static const h2o_iovec_t
    *keep_alive_name; /* of the library's table: names in it are told apart by their address */

/* Before main: the program also uses libh2o without a server. */
__attribute__((constructor)) static void interpose_init(void)
{
    keep_alive_name = &h2o_lookup_token(H2O_STRLIT("keep-alive"))->buf;
    H2O_TOKEN_HOST->http2_should_reject = 0; /* the library would skip it: fields_settle compares it */
    for (size_t i = 0; i < COUNT; i++)
        *interposed[i].real = dlsym(RTLD_NEXT, interposed[i].name);
}

const char *interpose_missing(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (*interposed[i].real == NULL || dlsym(RTLD_DEFAULT, interposed[i].name) != interposed[i].ours)
            return interposed[i].name;
    }
    return NULL;
}

/* ---- what is read ---- */

static void on_read(h2o_socket_t *socket, const char *err)
{
    connection_read(connection_of(socket), err);
}

void h2o_socket_read_start(h2o_socket_t *socket, h2o_socket_cb cb)
{
    struct connection *c = connection_of(socket);
    if (c != NULL)
        connection_reading(c, cb);
    real.h2o_socket_read_start(socket, c != NULL ? on_read : cb);
}

void h2o_init_request(h2o_req_t *req, h2o_conn_t *conn, h2o_req_t *src)
{
    real.h2o_init_request(req, conn, src);
    struct connection *c = connection_of(conn->callbacks->get_socket(conn));
    if (c != NULL)
        connection_request(c, req);
}

void h2o_socket_close(h2o_socket_t *socket)
{
    struct connection *c = connection_of(socket);
    if (c != NULL)
        connection_closing(c);
    real.h2o_socket_close(socket);
}

/* ---- HTTP/1.1 ---- */

/* "100 Continue" is the one thing that libh2o writes before it has asked anybody: not for a body that will be
 * refused (RFC 9110, 10.1.1). */
void h2o_socket_write(h2o_socket_t *socket, h2o_iovec_t *bytes, size_t count, h2o_socket_cb cb)
{
    static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (count == 1 && h2o_memis(bytes->base, bytes->len, interim, sizeof interim - 1)) {
        struct connection *c = connection_of(socket);
        if (c != NULL && !connection_continue(c))
            return;
    }
    real.h2o_socket_write(socket, bytes, count, cb);
}

static bool begins_http2(const char *text, size_t len)
{
    static const char preface[] = "PRI * HTTP/2";
    size_t known = len < sizeof preface - 1 ? len : sizeof preface - 1;
    return memcmp(text, preface, known) == 0;
}

static enum error unreadable_error(const char *text, size_t len)
{
    size_t lines = 0;
    for (const char *at = text; (at = memchr(at, '\n', len - (size_t)(at - text))) != NULL; at++)
        lines++;
    return lines > HEADER_FIELDS_MAX ? ERROR_HEADERS_TOO_LARGE : ERROR_BAD_REQUEST;
}

/* A header that cannot be read is given out as one of a request that has nothing, is the connection's last,
 * and that the guard refuses: libh2o's own answer would be none that the contract knows. */
int phr_parse_request(const char *text, size_t len, const char **method, size_t *method_len,
                      const char **path, size_t *path_len, int *minor_version, struct phr_header *headers,
                      size_t *count, size_t last_len)
{
    int rc = real.phr_parse_request(text, len, method, method_len, path, path_len, minor_version, headers,
                                    count, last_len);
    struct connection *c = connection_current();
    size_t declared = SIZE_MAX;
    bool is_bad = rc > 0 ? !http1_head_read(headers, *count, *minor_version, &declared) ||
                               !http1_target_read(path, path_len)
                         : rc == -1 && !begins_http2(text, len);
    if (c != NULL && rc > 0)
        connection_declared(c, declared);
    if (c == NULL || !is_bad)
        return rc;
    connection_refuse(c, NULL, rc > 0 ? ERROR_BAD_REQUEST : unreadable_error(text, len));
    *method = "GET", *method_len = 3;
    *path = "/", *path_len = 1;
    *minor_version = 0;
    *count = 0;
    return rc > 0 ? rc : (int)len;
}

/* What libh2o finds fault with by itself, before a request reaches its handler: it goes there all the same,
 * to be refused in the words of the contract. */
void h2o_send_error_generic(h2o_req_t *req, int status, const char *reason, const char *body, int flags)
{
    struct connection *c = connection_of(req->conn->callbacks->get_socket(req->conn));
    if (c == NULL || req->pathconf != NULL || status >= 500) {
        real.h2o_send_error_generic(req, status, reason, body, flags);
        return;
    }
    req->http1_is_persistent = 0;
    connection_refuse(c, req, status == 413 ? ERROR_TOO_LARGE : ERROR_BAD_REQUEST);
    h2o_process_request(req);
}

/* ---- HTTP/2 ---- */

ssize_t h2o_http2_decode_frame(struct guard_frame *frame, const uint8_t *src, size_t len,
                               const void *settings, const char **err_desc)
{
    ssize_t size = real.h2o_http2_decode_frame(frame, src, len, settings, err_desc);
    struct connection *c = connection_current();
    if (size >= 0 && c != NULL && !connection_frame(c, frame))
        return H2O_HTTP2_ERROR_ENHANCE_YOUR_CALM;
    return size;
}

/* What the library leaves to its user of a request's fields, now that they are there. Returns false where the
 * request is malformed: fields of a connection (RFC 9113, 8.2.2; the library knows the others), two hosts, or
 * one beside another :authority (8.3.1). */
static bool fields_settle(h2o_req_t *req)
{
    static const char proxy_connection[] = "proxy-connection";
    h2o_headers_t *headers = &req->headers;
    size_t kept = 0;
    bool is_well = true;
    for (size_t i = 0; i < headers->size; i++) {
        const h2o_header_t *h = &headers->entries[i];
        if (h->name == keep_alive_name ||
            h2o_memis(h->name->base, h->name->len, proxy_connection, sizeof proxy_connection - 1))
            is_well = false;
        if (h->name != &H2O_TOKEN_HOST->buf) {
            headers->entries[kept++] = *h;
            continue;
        }
        const h2o_iovec_t *authority = &req->input.authority;
        if (authority->base == NULL)
            req->input.authority = h->value;
        else if (authority->len != h->value.len ||
                 strncasecmp(authority->base, h->value.base, h->value.len) != 0)
            is_well = false;
    }
    headers->size = kept;
    return is_well;
}

int h2o_hpack_parse_headers(h2o_req_t *req, void *table, const uint8_t *src, size_t len, int *pseudo_headers,
                            size_t *content_length, void **digests, const char **err_desc)
{
    bool is_trailer = pseudo_headers == NULL;
    size_t before = req->headers.size;
    struct connection *c = connection_current();
    if (c != NULL && !connection_header_block(c, src, len))
        return H2O_HTTP2_ERROR_ENHANCE_YOUR_CALM;
    int rc =
        real.h2o_hpack_parse_headers(req, table, src, len, pseudo_headers, content_length, digests, err_desc);
    bool is_whole = rc == 0 || rc == H2O_HTTP2_ERROR_INVALID_HEADER_CHAR; /* that one is answered */

    /* Trailers are for nothing here: what they bring must not pass for what the header says (RFC 9110,
     * 6.5.1). Of a request that is malformed the library is told that it lacks what it must have: it resets
     * the stream. */
    if (is_trailer)
        req->headers.size = before;
    else if (is_whole && !fields_settle(req))
        *pseudo_headers = 0;

    if (is_whole && c != NULL)
        connection_header(c, req, content_length, is_trailer);
    return rc;
}

int h2o_http2_decode_data_payload(struct guard_payload *payload, const struct guard_frame *frame,
                                  const char **err_desc)
{
    int rc = real.h2o_http2_decode_data_payload(payload, frame, err_desc);
    struct connection *c = connection_current();
    if (rc == 0 && c != NULL)
        connection_body(c, frame, payload);
    return rc;
}

void h2o_http2_stream_reset(h2o_conn_t *conn, void *stream)
{
    struct connection *c = connection_of(conn->callbacks->get_socket(conn));
    real.h2o_http2_stream_reset(conn, stream);
    if (c != NULL)
        connection_reset(c);
}
