/* SPDX-License-Identifier: Apache-2.0 */
/* bench_receiver PORT CERTIFICATE KEY: whom the service delivers to. Bare libh2o over TLS, one thread: a POST
 * is counted and answered 204, a GET tells how many came and how many bytes they had. Runs until killed. */
#include <h2o.h>

#include <arpa/inet.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { BACKLOG = 1024 };

static h2o_globalconf_t config;
static h2o_context_t context;
static h2o_accept_ctx_t accept_context;
static uint64_t deliveries, bytes;

static void tell(h2o_req_t *req)
{
    static h2o_generator_t generator = {NULL, NULL};
    char *text = h2o_mem_alloc_pool(&req->pool, 96);
    int len = snprintf(text, 96, "{\"deliveries\":%" PRIu64 ",\"bytes\":%" PRIu64 "}", deliveries, bytes);
    h2o_iovec_t body = h2o_iovec_init(text, (size_t)len);
    req->res.status = 200;
    req->res.reason = "OK";
    req->res.content_length = body.len;
    h2o_start_response(req, &generator);
    h2o_send(req, &body, 1, H2O_SEND_STATE_FINAL);
}

static void take(h2o_req_t *req)
{
    static h2o_generator_t generator = {NULL, NULL};
    deliveries++;
    bytes += req->entity.len;
    req->res.status = 204;
    req->res.reason = "No Content";
    h2o_start_response(req, &generator);
    h2o_send(req, NULL, 0, H2O_SEND_STATE_FINAL);
}

static int on_request(h2o_handler_t *self, h2o_req_t *req)
{
    (void)self;
    if (h2o_memis(req->method.base, req->method.len, H2O_STRLIT("POST")))
        take(req);
    else
        tell(req);
    return 0;
}

static void on_accept(h2o_socket_t *listener, const char *fault)
{
    h2o_socket_t *sock = fault == NULL ? h2o_evloop_socket_accept(listener) : NULL;
    if (sock != NULL)
        h2o_accept(&accept_context, sock);
}

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static int port_listen(uint16_t port)
{
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, BACKLOG) != 0)
        fail("bench_receiver: listen");
    return fd;
}

static SSL_CTX *tls_make(const char *certificate, const char *key)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (tls == NULL || SSL_CTX_use_certificate_chain_file(tls, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1) {
        fputs("bench_receiver: the certificate or its key is none\n", stderr);
        exit(EXIT_FAILURE);
    }
    return tls;
}

int main(int argc, char **argv)
{
    long port = argc == 4 ? strtol(argv[1], NULL, 10) : 0;
    if (port < 1 || port > UINT16_MAX) {
        fputs("usage: bench_receiver PORT CERTIFICATE KEY\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    h2o_config_init(&config);
    h2o_hostconf_t *host = h2o_config_register_host(&config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    h2o_create_handler(h2o_config_register_path(host, "/", 0), sizeof(h2o_handler_t))->on_req = on_request;
    h2o_context_init(&context, h2o_evloop_create(), &config);
    accept_context =
        (h2o_accept_ctx_t){.ctx = &context, .hosts = config.hosts, .ssl_ctx = tls_make(argv[2], argv[3])};
    h2o_socket_t *listener =
        h2o_evloop_socket_create(context.loop, port_listen((uint16_t)port), H2O_SOCKET_FLAG_DONT_READ);
    h2o_socket_read_start(listener, on_accept);
    while (h2o_evloop_run(context.loop, INT32_MAX) == 0)
        continue;
    return EXIT_FAILURE;
}
