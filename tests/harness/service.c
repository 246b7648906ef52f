/* SPDX-License-Identifier: Apache-2.0 */
#include "service.h"

#include "process.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { READY_MS = 30000 };

/* A port that nobody else gets while the socket is open: it is bound, and does not listen. The service
 * can bind it too (SO_REUSEADDR). */
static int port_hold(unsigned *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        perror("a port for the service");
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static bool setting_given(const struct service_options *o, const char *own)
{
    size_t len = strcspn(own, "=") + 1;
    for (size_t i = 0; i < SERVICE_SETTINGS_MAX && o->settings[i] != NULL; i++) {
        if (strncmp(o->settings[i], own, len) == 0)
            return true;
    }
    return false;
}

static void settings_make(const struct service_options *o, const struct service *s,
                          const char *ret_settings[40])
{
    const char *const own[] = {text_of("AKKOORD_LISTEN=127.0.0.1:%u", s->port),
                               text_of("AKKOORD_TLS_LISTEN=127.0.0.1:%u", s->tls_port),
                               text_of("AKKOORD_TLS_CERT_FILE=%s", o->keyring->cert_file),
                               text_of("AKKOORD_TLS_KEY_FILE=%s", o->keyring->cert_key_file),
                               text_of("AKKOORD_METRICS_LISTEN=127.0.0.1:%u", s->metrics_port),
                               text_of("AKKOORD_DATABASE=%s", o->db->service),
                               text_of("AKKOORD_JWT_SECRET_FILE=%s", o->keyring->secret_file),
                               text_of("AKKOORD_SUBJECT_KEY_FILE=%s", o->keyring->subject_key_file),
                               text_of("AKKOORD_RECEIPT_KEY_DIR=%s", o->keyring->receipt_key_dir),
                               text_of("AKKOORD_LINK_KEY_FILE=%s", o->keyring->link_key_file),
                               text_of("AKKOORD_PUBLIC_URL=http://127.0.0.1:%u", s->port),
                               "AKKOORD_THREADS=2",
                               "LSAN_OPTIONS=print_suppressions=0:suppressions=" HARNESS_LEAKS,
                               NULL};
    size_t count = 0;
    for (; count < SERVICE_SETTINGS_MAX && o->settings[count] != NULL; count++)
        ret_settings[count] = o->settings[count];
    for (size_t i = 0; own[i] != NULL; i++) {
        if (!setting_given(o, own[i]))
            ret_settings[count++] = own[i];
    }
    ret_settings[count] = NULL;
}

int service_spawn(const struct service_options *options, struct service *ret_service)
{
    const char *const argv[] = {HARNESS_PROGRAM, "serve", NULL}, *settings[40];
    struct service s = {.log = text_of("%s/%s.log", options->keyring->dir, options->name),
                        .cert_file = options->keyring->cert_file};
    s.held[0] = port_hold(&s.port);
    s.held[1] = port_hold(&s.tls_port);
    s.held[2] = port_hold(&s.metrics_port);
    settings_make(options, &s, settings);
    s.pid = process_start(argv, settings, STDERR_FILENO, s.log);
    if (s.pid < 0)
        return -1;
    *ret_service = s;
    return 0;
}

int service_start(const struct service_options *options, struct service *ret_service)
{
    if (service_spawn(options, ret_service) != 0)
        return -1;
    if (service_wait_ready(ret_service, READY_MS) == 0)
        return 0;
    fprintf(stderr, "the service did not become ready:\n%s\n", file_read(ret_service->log));
    service_kill(ret_service);
    return -1;
}

/* By hand: this runs where no test does. */
bool service_ready(const struct service *service)
{
    static const char request[] = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)service->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char answer[64] = "";
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = 2}, sizeof(struct timeval));
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == (ssize_t)sizeof request - 1 &&
        recv(fd, answer, sizeof answer - 1, MSG_WAITALL) < 0)
        answer[0] = '\0';
    close(fd);
    return strncmp(answer, "HTTP/1.1 200", 12) == 0;
}

int service_wait_ready(const struct service *service, int ms)
{
    for (long until = clock_ms() + ms; clock_ms() < until; sleep_ms(20)) {
        if (service_ready(service))
            return 0;
        if (kill(service->pid, 0) != 0 || process_wait(service->pid, 0) >= 0)
            return -1;
    }
    return -1;
}

static void service_release(struct service *service)
{
    for (size_t i = 0; i < 3; i++)
        close(service->held[i]);
    service->pid = 0;
}

int service_stop(struct service *service, int ms)
{
    kill(service->pid, SIGTERM);
    int status = process_wait(service->pid, ms);
    if (status < 0) {
        fprintf(stderr, "the service did not leave within %d ms\n", ms);
        kill(service->pid, SIGKILL);
        process_wait(service->pid, READY_MS);
    }
    service_release(service);
    return status;
}

void service_kill(struct service *service)
{
    kill(service->pid, SIGKILL);
    process_wait(service->pid, READY_MS);
    service_release(service);
}

bool service_logged(const struct service *service, size_t from, const char *text, int ms)
{
    for (long until = clock_ms() + ms;; sleep_ms(20)) {
        const char *log = file_read(service->log);
        if (strlen(log) >= from && strstr(log + from, text) != NULL)
            return true;
        if (clock_ms() >= until)
            return false;
    }
}
