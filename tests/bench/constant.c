/* SPDX-License-Identifier: Apache-2.0 */
/* bench_constant PORT THREADS [FILE]: the reference of the bench. Bare libh2o, one loop a thread as in the
 * service, answers any request with the same bytes: a verdict's body and headers. What the service needs
 * beyond this is what its token, its rules and its database cost. A request of /v1/mask gets its own body
 * back, and a GET the file, as a page. Runs until it is killed. */
#include <h2o.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS_MAX = 256, BACKLOG = 1024 };

static const char verdict[] =
    "{\"allow\":true,\"reason\":\"granted\",\"purpose\":\"newsletter\",\"lawful_basis\":\"consent\","
    "\"since\":\"2026-11-21T10:00:00.123456Z\",\"valid_until\":null,\"ask_again_after\":null,"
    "\"record_id\":\"019aa5d1-7c3e-7a52-9d0b-5f1e2c3d4b5a\",\"revision\":1000000,"
    "\"as_of\":\"2026-11-21T10:00:01.123456Z\"}";

struct server {
    h2o_context_t context;
    h2o_accept_ctx_t accept;
};

static h2o_globalconf_t config;
static char page[64 * 1024];
static size_t page_len;

static int on_request(h2o_handler_t *self, h2o_req_t *req)
{
    static h2o_generator_t generator = {NULL, NULL};
    int echo = h2o_memis(req->path.base, req->path.len, H2O_STRLIT("/v1/mask"));
    int is_page = page_len > 0 && h2o_memis(req->method.base, req->method.len, H2O_STRLIT("GET"));
    h2o_iovec_t body = echo      ? req->entity
                       : is_page ? h2o_iovec_init(page, page_len)
                                 : h2o_iovec_init(verdict, sizeof verdict - 1);
    h2o_iovec_t type = is_page ? h2o_iovec_init(H2O_STRLIT("text/html; charset=utf-8"))
                               : h2o_iovec_init(H2O_STRLIT("application/json"));
    (void)self;
    req->res.status = 200;
    req->res.reason = "OK";
    req->res.content_length = body.len;
    h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, type.base, type.len);
    h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CACHE_CONTROL, NULL, H2O_STRLIT("no-store"));
    h2o_start_response(req, &generator);
    h2o_send(req, &body, 1, H2O_SEND_STATE_FINAL);
    return 0;
}

static void on_accept(h2o_socket_t *listener, const char *fault)
{
    struct server *server = listener->data;
    if (fault != NULL)
        return;
    h2o_socket_t *sock = h2o_evloop_socket_accept(listener);
    if (sock != NULL)
        h2o_accept(&server->accept, sock);
}

/* A port that several threads share: the kernel deals the connections. */
static int port_listen(uint16_t port)
{
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, BACKLOG) != 0) {
        perror("bench_constant: listen");
        exit(EXIT_FAILURE);
    }
    return fd;
}

static void *serve(void *fd)
{
    struct server server = {0};
    h2o_context_init(&server.context, h2o_evloop_create(), &config);
    server.accept = (h2o_accept_ctx_t){.ctx = &server.context, .hosts = config.hosts};
    h2o_socket_t *listener =
        h2o_evloop_socket_create(server.context.loop, *(int *)fd, H2O_SOCKET_FLAG_DONT_READ);
    listener->data = &server;
    h2o_socket_read_start(listener, on_accept);
    while (h2o_evloop_run(server.context.loop, INT32_MAX) == 0)
        continue;
    return NULL;
}

int main(int argc, char **argv)
{
    static int listeners[THREADS_MAX];
    pthread_t thread;
    bool counts = argc == 3 || argc == 4;
    long port = counts ? strtol(argv[1], NULL, 10) : 0;
    long threads = counts ? strtol(argv[2], NULL, 10) : 0;
    FILE *file = argc == 4 ? fopen(argv[3], "r") : NULL;
    if (port < 1 || port > UINT16_MAX || threads < 1 || threads > THREADS_MAX) {
        fputs("usage: bench_constant PORT THREADS [FILE]\n", stderr);
        return 2;
    }
    if (file != NULL)
        page_len = fread(page, 1, sizeof page, file);
    signal(SIGPIPE, SIG_IGN);
    h2o_config_init(&config);
    h2o_hostconf_t *host = h2o_config_register_host(&config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    h2o_create_handler(h2o_config_register_path(host, "/", 0), sizeof(h2o_handler_t))->on_req = on_request;
    for (long i = 0; i < threads; i++)
        listeners[i] = port_listen((uint16_t)port);
    for (long i = 1; i < threads; i++)
        if (pthread_create(&thread, NULL, serve, &listeners[i]) != 0)
            return EXIT_FAILURE;
    serve(&listeners[0]);
    return EXIT_FAILURE;
}
