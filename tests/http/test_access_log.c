/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The access log: a line for each answer, and nobody in it. */

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

static const char *place(const char *name)
{
    return text_of("%s/%s.access", stage_keyring()->dir, name);
}

static struct service service_that_tells(const char *name, const char *path)
{
    return stage_start(name, (const char *const[]){text_of("AKKOORD_ACCESS_LOG=%s", path),
                                                   "AKKOORD_TRUSTED_PROXIES=127.0.0.1", NULL});
}

/* The lines in the file, once there are ${count}. */
static const json_t *lines_of(const char *path, size_t count)
{
    const json_t *lines = NULL;
    for (long end = clock_ms() + 10000; clock_ms() < end; sleep_ms(20)) {
        lines = json_lines(file_read(path));
        if (json_array_size(lines) >= count)
            break;
    }
    cr_assert_eq(json_array_size(lines), count, "%s", file_read(path));
    return lines;
}

static void ask(const struct tenant *t, const char *path, const char *header)
{
    client_send(
        &(struct request){.service = t->service, .path = path, .token = t->token, .headers = {header}});
}

Test(access_log, a_line_tells_what_was_asked_and_how_it_went_and_not_by_whom)
{
    struct tenant shared = stage_tenant("access");
    const char *path = place("lines");
    struct service s = service_that_tells("access-lines", path);
    struct tenant t = tenant_at(&shared, &s);
    static const char *const asked[][2] = {
        {"/v1/subjects/" MARK "/history?after=" MARK, "X-Forwarded-For: 192.0.2.33"},
        {"/" MARK "?" MARK "=1", "X-Forwarded-For: 2001:db8:1:2::9"},
        {"/v1/changes", "Traceparent: 00-" TRACE "-" PARENT "-01"},
        {"/v1/changes", "Traceparent: 00-" TRACE "-" PARENT "-01-" MARK}};
    cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "never_asked");
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        lines_of(path,
                 i + 1); /* an answer is there before its line is, and threads do not wait for each other */
        ask(&t, asked[i][0], asked[i][1]);
    }
    expect(lines_of(path, 5),
           "[{'method': 'POST', 'route': '/v1/check', 'status': 200, 'address': '127.0.0.0', 'protocol': "
           "'HTTP/2'},"
           " {'method': 'GET', 'route': '/v1/subjects/{id}/history', 'address': '192.0.2.0'},"
           " {'method': 'GET', 'route': null, 'status': 404, 'address': '2001:db8:1::'},"
           " {'method': 'GET', 'route': '/v1/changes', 'status': 200, 'trace_id': '" TRACE
           "', 'parent_id': '" PARENT "'}, {'route': '/v1/changes'}]");
    const char *text = file_read(path);
    cr_assert_null(client_mark_in(text), "%s", text);
    cr_assert_null(strstr(strrchr(text, '}') - 60, "trace_id"), "%s", text);
    cr_assert_null(strstr(text, t.token));
    cr_assert_eq(service_stop(&s, 10000), 0);
}

Test(access_log, it_is_opened_again_after_it_was_moved_away)
{
    struct tenant shared = stage_tenant("access-moved");
    const char *path = place("moved"), *away = place("moved-away");
    struct service s = service_that_tells("access-moved", path);
    struct tenant t = tenant_at(&shared, &s);
    ask(&t, "/v1/changes", NULL);
    lines_of(path, 1);
    cr_assert_eq(rename(path, away), 0);
    cr_assert_eq(kill(s.pid, SIGHUP), 0);
    cr_assert(service_logged(&s, 0, "server.reload", 10000));
    for (long end = clock_ms() + 10000; access(path, F_OK) != 0 && clock_ms() < end;)
        sleep_ms(20);
    ask(&t, "/v1/changes", NULL);
    lines_of(path, 1);
    lines_of(away, 1);
    cr_assert_eq(service_stop(&s, 10000), 0);
}

Test(access_log, who_does_not_read_it_holds_nobody_up)
{
    enum { ASKED = 600 }; /* more lines than a pipe takes */
    static char read_in[1 << 20];
    struct tenant shared = stage_tenant("access-full");
    const char *path = place("full");
    cr_assert_eq(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct service s = service_that_tells("access-full", path);
    struct tenant t = tenant_at(&shared, &s);
    for (int i = 0; i < ASKED; i++)
        cr_assert_str_eq(reason_of(&t, "a", "newsletter"), "never_asked");
    size_t len = 0;
    for (ssize_t n; (n = read(reader, read_in + len, sizeof read_in - 1 - len)) > 0;)
        len += (size_t)n;
    size_t lines = json_array_size(json_lines(read_in));
    cr_assert_gt(lines, 100);
    cr_assert_lt(lines, ASKED);
    ask(&t, "/v1/changes", NULL); /* tells what was dropped */
    cr_assert(service_logged(&s, 0, "access_log.dropped", 10000));
    cr_assert_eq(service_stop(&s, 10000), 0);
    close(reader);
}

Test(access_log, one_that_cannot_be_opened_is_told)
{
    struct service s;
    struct service_options options = {.name = "access-none",
                                      .db = stage_database(),
                                      .keyring = stage_keyring(),
                                      .settings = {"AKKOORD_ACCESS_LOG=/nowhere/access.log"}};
    cr_assert_eq(service_spawn(&options, &s), 0);
    cr_assert_gt(process_wait(s.pid, 20000), 0);
    cr_assert_not_null(strstr(file_read(s.log), "AKKOORD_ACCESS_LOG: /nowhere/access.log: "));
}
