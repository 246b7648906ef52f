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

/* `akkoord mask --gate`: the filter of test_filter.c on a stream. */

enum { END_MS = 30000 };

#define SCOPES "mask consent:check"

/* Where a test's own files are. */
static const char *place(const struct tenant *t, const char *name)
{
    return text_of("%s/%s.%s", stage_keyring()->dir, t->key, name);
}

/* One whose visitor "yes" said yes to analytics, with its token in the file "token". */
static struct tenant tenant_of_one(const char *key)
{
    struct tenant t = stage_tenant(key);
    post(&t, 201, "/v1/consents",
         "{'subject': {'type': 'visitor', 'value': '" MARK
         "yes'}, 'purpose': 'analytics', 'event_state': 'given', 'collection_method': 'banner'}");
    cr_assert_eq(file_write(place(&t, "token"), token_of(t.keyring, key, SCOPES, "pipeline")), 0);
    return t;
}

static const char *url_of(const struct service *s)
{
    return text_of("http://127.0.0.1:%u", s->port);
}

/* Starts it between the files "in" and "out" (both made by now), with stderr in
 * "err". ${more} ends with NULL. */
static pid_t gate_start(const struct tenant *t, const char *url, const char *const more[])
{
    const char *argv[24] = {HARNESS_PROGRAM, "mask", "--gate", url, "--token-file", place(t, "token")};
    size_t n = 6;
    for (size_t i = 0; more != NULL && more[i] != NULL; i++)
        argv[n++] = more[i];
    argv[n] = place(t, "in");
    int out = open(place(t, "out"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    pid_t pid = process_start(argv, NULL, out, place(t, "err"));
    close(out);
    cr_assert_gt(pid, 0);
    return pid;
}

/* Runs it over ${input} to its end. */
static int gate_run(const struct tenant *t, const char *url, const char *input, const char *const more[])
{
    unlink(place(t, "err"));
    cr_assert_eq(file_write(place(t, "in"), input), 0);
    return process_wait(gate_start(t, url, more), END_MS);
}

static const char *event(const char *visitor, int n)
{
    return text_of("{\"visitor\":\"" MARK "%s\",\"n\":%d,\"ip\":\"192.0.2.33\"}\n", visitor, n);
}

static const char *event_masked(int n)
{
    return text_of("{\"visitor\":\"" MARK "yes\",\"n\":%d,\"ip\":\"192.0.2.0\"}\n", n);
}

Test(gate, only_the_events_of_who_may_be_counted_pass)
{
    struct tenant t = tenant_of_one("gate");
    const char *input =
        text_of("%s%s{\"visitor\":7}\n\n%s{", event("yes", 1), event("no", 2), event("yes", 3));
    cr_assert_eq(gate_run(&t, url_of(t.service), input, NULL), 3);
    cr_assert_str_eq(file_read(place(&t, "out")), text_of("%s%s", event_masked(1), event_masked(3)));
    const char *err = file_read(place(&t, "err"));
    cr_assert_not_null(strstr(err, "line 3 left out"), "%s", err);
    cr_assert_not_null(strstr(err, "line 6 left out"), "%s", err);
    cr_assert_null(strstr(err, "line 2"), "%s", err);
    static const char *const more[] = {"--purpose", "functional", "--visitor", "/n", NULL};
    cr_assert_eq(gate_run(&t, url_of(t.service), "{\"n\":null,\"ip\":\"192.0.2.33\"}", more), 0);
    cr_assert_str_eq(file_read(place(&t, "out")), "{\"n\":null,\"ip\":\"192.0.2.0\"}\n");
}

Test(gate, lines_keep_their_numbers_and_order_over_many_requests)
{
    enum { LINES = 25000, BAD = 20001 };
    struct tenant t = tenant_of_one("gate-many");
    char *input;
    size_t len;
    FILE *out = open_memstream(&input, &len);
    for (int i = 1; i <= LINES; i++)
        fputs(i == BAD ? "{}{}\n" : event(i % 1000 == 0 ? "yes" : "no", i), out);
    fclose(out);
    cr_assert_eq(gate_run(&t, url_of(t.service), input, NULL), 3);
    free(input);
    const char *at = file_read(place(&t, "out"));
    for (int i = 1000; i <= LINES; i += 1000) {
        cr_assert_eq(strncmp(at, event_masked(i), strlen(event_masked(i))), 0, "%d: %.80s", i, at);
        at += strlen(event_masked(i));
    }
    cr_assert_eq(*at, '\0');
    cr_assert_not_null(strstr(file_read(place(&t, "err")), "line 20001 left out"));
}

Test(gate, over_tls_the_certificate_must_be_known)
{
    struct tenant t = tenant_of_one("gate-tls");
    const char *url = text_of("https://127.0.0.1:%u/", t.service->tls_port);
    cr_assert_eq(gate_run(&t, url, event("yes", 1), NULL), 1);
    cr_assert_str_eq(file_read(place(&t, "out")), "");
    const char *const more[] = {"--ca-file", t.service->cert_file, NULL};
    cr_assert_eq(gate_run(&t, url, event("yes", 1), more), 0, "%s", file_read(place(&t, "err")));
    cr_assert_str_eq(file_read(place(&t, "out")), event_masked(1));
}

Test(gate, what_the_service_refuses_ends_it_with_the_reason)
{
    static const struct {
        const char *token, *purpose, *said;
    } refused[] = {{"no.such.token", "analytics", "401"},
                   {NULL, "unknown", "no purpose"},
                   {"", "analytics", "it is empty"},
                   {"two words", "analytics", "one word"}};
    struct tenant t = tenant_of_one("gate-refused");
    const char *token = file_read(place(&t, "token"));
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        cr_assert_eq(file_write(place(&t, "token"), refused[i].token != NULL ? refused[i].token : token), 0);
        const char *const more[] = {"--purpose", refused[i].purpose, NULL};
        cr_assert_eq(gate_run(&t, url_of(t.service), event("yes", 1), more), 1);
        const char *err = file_read(place(&t, "err"));
        cr_assert_not_null(strstr(err, refused[i].said), "%s", err);
        cr_assert_not_null(strstr(err, "nothing passes from line 1 on"), "%s", err);
        cr_assert_null(client_mark_in(err));
        cr_assert_str_eq(file_read(place(&t, "out")), "");
    }
}

Test(gate, wrong_usage_is_2)
{
    struct tenant t = tenant_of_one("gate-usage");
    static const char *const wrong[][3] = {
        {"--ipv4-prefix", "16", NULL}, {"--format", "text", NULL}, {"--nothing", NULL}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert_eq(gate_run(&t, url_of(t.service), "", wrong[i]), 2);
    const char *const alone[] = {HARNESS_PROGRAM, "mask", "--purpose", "analytics", NULL};
    cr_assert_eq(process_run(alone, NULL, NULL), 2);
    const char *const tokenless[] = {HARNESS_PROGRAM, "mask", "--gate", url_of(t.service), NULL};
    cr_assert_eq(process_run(tokenless, NULL, NULL), 2);
}

Test(gate, it_waits_for_a_service_that_is_away)
{
    struct tenant t = tenant_of_one("gate-away");
    struct service s = stage_start("gate-away", NULL);
    const char *url = url_of(&s);
    cr_assert_eq(kill(s.pid, SIGSTOP), 0);
    cr_assert_eq(file_write(place(&t, "in"), event("yes", 1)), 0);
    pid_t pid = gate_start(&t, url, NULL);
    cr_assert_eq(process_wait(pid, 1500), -1, "it did not wait");
    service_kill(&s); /* its connection ends unanswered, and then nobody listens */
    cr_assert_eq(process_wait(pid, 1500), -1, "it did not wait");
    cr_assert_str_eq(file_read(place(&t, "out")), "");
    struct service again;
    struct service_options options = {.name = "gate-again",
                                      .db = stage_database(),
                                      .keyring = stage_keyring(),
                                      .settings = {text_of("AKKOORD_LISTEN=127.0.0.1:%u", s.port)}};
    cr_assert_eq(service_spawn(&options, &again), 0);
    again.port = s.port;
    cr_assert_eq(service_wait_ready(&again, END_MS), 0);
    cr_assert_eq(process_wait(pid, END_MS), 0, "%s", file_read(place(&t, "err")));
    cr_assert_str_eq(file_read(place(&t, "out")), event_masked(1));
    cr_assert_eq(service_stop(&again, 10000), 0);
}

/* The line that "out" has behind ${before} bytes, waited for. */
static const char *line_after(const struct tenant *t, size_t before)
{
    for (long end = clock_ms() + END_MS; clock_ms() < end; sleep_ms(20)) {
        const char *out = file_read(place(t, "out"));
        if (strlen(out) > before)
            return out + before;
    }
    return "";
}

Test(gate, a_stream_goes_on_with_the_token_that_is_in_the_file_by_then)
{
    static const char *const more[] = {"--line-buffered", NULL};
    struct tenant t = tenant_of_one("gate-token");
    struct keyring own = *t.keyring;
    own.secret_file = place(&t, "secret");
    cr_assert_eq(file_write(own.secret_file, "the first secret of a service that changes it"), 0);
    struct service s = stage_start(
        "gate-token", (const char *const[]){text_of("AKKOORD_JWT_SECRET_FILE=%s", own.secret_file), NULL});
    cr_assert_eq(file_write(place(&t, "token"), token_of(&own, t.key, SCOPES, "pipeline")), 0);
    cr_assert_eq(mkfifo(place(&t, "in"), 0600), 0);
    pid_t pid = gate_start(&t, url_of(&s), more);
    int in = open(place(&t, "in"), O_WRONLY | O_CLOEXEC);
    dprintf(in, "%s", event("yes", 1));
    cr_assert_str_eq(line_after(&t, 0), event_masked(1));

    cr_assert_eq(file_write(own.secret_file, "the second secret of a service that changes it"), 0);
    cr_assert_eq(kill(s.pid, SIGHUP), 0);
    cr_assert(service_logged(&s, 0, "server.reload", 10000));
    cr_assert_eq(file_write(place(&t, "token"), token_of(&own, t.key, SCOPES, "pipeline")), 0);
    dprintf(in, "%s%s", event("no", 2), event("yes", 3));
    cr_assert_str_eq(line_after(&t, strlen(event_masked(1))), event_masked(3));
    close(in);
    cr_assert_eq(process_wait(pid, END_MS), 0);
    cr_assert_eq(service_stop(&s, 10000), 0);
}
