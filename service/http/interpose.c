/* SPDX-License-Identifier: Apache-2.0 */
#include "http/interpose.h"

#include "http/guard.h"

#include <dlfcn.h>

/* The library's prototypes, of h2o/http2_internal.h, which needs a header that Debian does not ship. What is void here is opaque
 * to us; a connection begins with its h2o_conn_t, as on HTTP/1.1. */
int h2o_hpack_parse_headers(h2o_req_t *req, void *table, const uint8_t *src, size_t len, int *pseudo_headers,
                            size_t *content_length, void **digests, const char **err_desc);
ssize_t h2o_http2_decode_frame(struct guard_frame *frame, const uint8_t *src, size_t len,
                               const void *settings, const char **err_desc);
int h2o_http2_decode_data_payload(struct guard_payload *payload, const struct guard_frame *frame,
                                  const char **err_desc);
void h2o_http2_stream_reset(h2o_conn_t *conn, void *stream);

#define INTERPOSED(X)                                                                                        \
    X(h2o_hpack_parse_headers)                                                                               \
    X(h2o_http2_decode_frame)                                                                                \
    X(h2o_http2_decode_data_payload)                                                                         \
    X(h2o_http2_stream_reset)                                                                                \
    X(h2o_init_request)                                                                                      \
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

/* Before main: the program also uses libh2o without a server. */
__attribute__((constructor)) static void interpose_init(void)
{
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

int h2o_hpack_parse_headers(h2o_req_t *req, void *table, const uint8_t *src, size_t len, int *pseudo_headers,
                            size_t *content_length, void **digests, const char **err_desc)
{
    struct connection *c = connection_current();
    if (c != NULL && !connection_header_block(c, src, len))
        return H2O_HTTP2_ERROR_ENHANCE_YOUR_CALM;
    int rc =
        real.h2o_hpack_parse_headers(req, table, src, len, pseudo_headers, content_length, digests, err_desc);
    if (rc == 0 && c != NULL)
        connection_header(c, req, content_length, pseudo_headers == NULL);
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
