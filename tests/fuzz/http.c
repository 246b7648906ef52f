/* SPDX-License-Identifier: Apache-2.0 */
/* The whole HTTP side, with the real routes, on a port of its own and without a database: whatever is sent,
 * what comes back is HTTP and no fault of ours (500), others are served, and nothing is left open. */
#include "api/routes.h"
#include "base/log.h"
#include "fuzz.h"
#include "http/counters.h"
#include "http/schedule.h"
#include "http/server.h"
#include "page/routes.h"
#include "site/routes.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECRET   "a shared secret of forty-eight bytes, for tests."
#define PREFACE  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SETTINGS "\0\0\0\4\0\0\0\0\0"
#define LIFETIME (INT64_C(100) * 365 * 24 * 3600) /* seconds: the tokens in the corpus are good until 2099 */

enum {
    ANSWER_MAX = 1 << 20, /* bytes looked at */
    LOOK_EVERY = 64,      /* inputs */
    OPEN_MAX = 200        /* descriptors; connections that are about to close included */
};

static pthread_t server;
static struct sockaddr_in address = {.sin_family = AF_INET};
static char listen_text[32];

/* ---- the server ---- */

static void *serve(void *database)
{
    static struct server_options options;
    static const struct route *const tables[] = {api_routes, site_routes, page_routes, NULL};
    static struct route routes[COUNTERS_ROUTES_MAX];
    static const struct chore nothing_on_time[] = {{.name = NULL}};
    struct keys_source source = {.secret = SECRET, .secret_len = strlen(SECRET), .max_lifetime = LIFETIME};
    char fault[KEYS_FAULT];
    routes_join(tables, routes, sizeof routes / sizeof *routes);
    options = (struct server_options){.routes = routes,
                                      .chores = nothing_on_time,
                                      .listen = listen_text,
                                      .tls_listen = "",
                                      .metrics_listen = "",
                                      .public_url = "https://consent.example",
                                      .access_log = "",
                                      .database_id = "",
                                      .connections_max = 1000,
                                      .connections_per_address = 1000,
                                      .trusted_proxies = "127.0.0.0/8",
                                      .threads = 1,
                                      .database = database,
                                      .subject_key = 1};
    REQUIRE(keys_create(&source, &options.keys.tokens, fault) == 0);
    REQUIRE((options.keys.receipts = receipt_keys_create()) != NULL);
    REQUIRE(server_run(&options) == 0);
    server_keys_unref(&options.keys);
    return NULL;
}

/* The leak check at the end wants a server that has let go. Only the server's
 * own thread waits for the signal. */
static void stop(void)
{
    pthread_kill(server, SIGTERM);
    pthread_join(server, NULL);
}

static void port_choose(void)
{
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    REQUIRE(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    close(fd);
    snprintf(listen_text, sizeof listen_text, "127.0.0.1:%u", ntohs(address.sin_port));
}

static int connection(void)
{
    for (int tries = 0;; tries++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        REQUIRE(fd >= 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
            return fd;
        close(fd);
        REQUIRE(tries < 500);
        usleep(10000);
    }
}

static void start(void)
{
    static struct numbered_keys keys = {.count = 1, .keys = {{.number = 1}}};
    char *fault = NULL;
    signal(SIGPIPE, SIG_IGN);
    log_set_level(LOG_LEVEL_ERROR);
    struct database *database = database_create("host=/nowhere dbname=none", &keys, &fault);
    REQUIRE(database != NULL);
    port_choose();
    sigset_t before, term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    REQUIRE(pthread_sigmask(SIG_BLOCK, &term, &before) == 0);
    /* By this thread: it is to leave after the server, and loses nothing that it keeps of who came first. */
    REQUIRE(OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) == 1);
    REQUIRE(pthread_create(&server, NULL, serve, database) == 0);
    REQUIRE(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    close(connection());
    atexit(stop);
}

/* ---- one connection ---- */

/* Reads what is there within ${wait_ms} of silence. Returns false when the other side has closed. */
static bool receive(int fd, int wait_ms, uint8_t *answer, size_t *len)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (*len < ANSWER_MAX && poll(&ready, 1, wait_ms) > 0) {
        ssize_t got = recv(fd, answer + *len, ANSWER_MAX - *len, 0);
        if (got <= 0)
            return false;
        *len += (size_t)got;
    }
    return true;
}

static bool transmit(int fd, const void *bytes, size_t len)
{
    return send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* Frames, the first of them SETTINGS. The last one may be cut off. */
static void frames_check(const uint8_t *at, size_t len)
{
    for (bool first = true; len >= 9; first = false) {
        size_t size = 9 + ((size_t)at[0] << 16 | (size_t)at[1] << 8 | at[2]);
        REQUIRE(at[3] <= 9 && (at[5] & 0x80) == 0);
        REQUIRE(!first || (at[3] == 4 && at[4] == 0));
        if (size > len)
            return;
        at += size, len -= size;
    }
}

static void answer_check(const uint8_t *answer, size_t len)
{
    if (len < 9)
        return;
    REQUIRE(memmem(answer, len, "\"status\":500", 12) == NULL);
    if (memcmp(answer, "HTTP/1.", 7) != 0)
        frames_check(answer, len);
    else
        REQUIRE(memcmp(answer + 7, "1 500", 5) != 0);
}

/* ---- others ---- */

static size_t descriptors(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder != NULL && readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static void others_are_served(void)
{
    static uint8_t answer[ANSWER_MAX];
    static const char request[] = "GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    size_t len = 0;
    int fd = connection();
    REQUIRE(transmit(fd, request, sizeof request - 1) && !receive(fd, 20000, answer, &len));
    REQUIRE(len > 12 && memcmp(answer, "HTTP/1.1 200", 12) == 0);
    close(fd);
    for (int tries = 0; descriptors() > OPEN_MAX; tries++) {
        REQUIRE(tries < 1000);
        usleep(10000);
    }
}

/* A byte: bit 0 puts HTTP/2's preface and SETTINGS before the rest, bit 1 closes our side at the end. One for
 * the pieces it is sent in, with a look at the answer between them. Then what is sent. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t answer[ANSWER_MAX];
    static unsigned inputs;
    if (size < 2)
        return 0;
    if (inputs == 0)
        start();
    size_t len = 0, pieces = data[1] % 4 + 1u, sent = 2;
    int fd = connection();
    bool open = true;
    if ((data[0] & 1) != 0)
        open = transmit(fd, PREFACE, sizeof PREFACE - 1) && transmit(fd, SETTINGS, sizeof SETTINGS - 1);
    for (size_t i = 1; open && i <= pieces; i++) {
        size_t until = 2 + (size - 2) * i / pieces;
        open = transmit(fd, data + sent, until - sent) && (i == pieces || receive(fd, 1, answer, &len));
        sent = until;
    }
    if (open && (data[0] & 2) != 0)
        shutdown(fd, SHUT_WR);
    receive(fd, 3, answer, &len);
    close(fd);
    answer_check(answer, len);
    if (inputs++ % LOOK_EVERY == 0)
        others_are_served();
    return 0;
}
