/* SPDX-License-Identifier: Apache-2.0 */
/* What HTTP forbids, or asks of every server, and no client library would send. */
#include "harness/process.h"
#include "harness/raw.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- HTTP/1.1 ---- */

static void refused_raw(const struct tenant *t, const char *text, int status, const char *word)
{
    int fd = raw_connect(t->service->port);
    raw_send(fd, text, strlen(text));
    const char *answer = raw_read_all(fd);
    close(fd);
    cr_assert(strncmp(answer, text_of("HTTP/1.1 %d ", status), 13) == 0, "%.40s: %s", text, answer);
    cr_assert_not_null(strstr(answer, "content-type: application/problem+json\r\n"), "%s", answer);
    expect(json_of("%s", strstr(answer, "\r\n\r\n")), "{'type': 'urn:akkoord:problem:%s', 'status': %d}",
           word, status);
}

#define POST "POST /v1/check HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"

Test(protocol, what_cannot_be_read_is_answered_with_a_problem_too)
{
    static const char *const bad[] = {
        "GARBAGE\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost a\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a\r\nName : b\r\n\r\n",
        POST "Content-Length: -1\r\n\r\n",
        POST "Content-Length: 99999999999999999999999\r\n\r\n",
        POST "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
        POST "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST "Transfer-Encoding: gzip\r\n\r\n{}",
        POST "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST "Content-Length: 2\r\n 3\r\n\r\n{}x",
        "POST /v1/check HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET /healthz HTTP/1.1\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET /healthz HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost:\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a, b\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: user@a\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a:b\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: [::1\r\n\r\n",
        "GET http:///healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://user@a/healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        POST "Expect: miracles\r\nContent-Length: 2\r\n\r\n{}",
        NULL};
    struct tenant t = stage_tenant("unreadable");
    for (size_t i = 0; bad[i] != NULL; i++)
        refused_raw(&t, bad[i], 400, "bad-request");
    const char *many = "GET /healthz HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 120; i++)
        many = text_of("%sX: y\r\n", many);
    refused_raw(&t, text_of("%s\r\n", many), 431, "headers-too-large");
    cr_assert_eq(client_send(&(struct request){
                                 .service = t.service, .path = "/v1/check", .token = t.token, .body = "{}"})
                     ->status,
                 422, "it serves on");
}

/* What comes back on a connection that is closed after it. */
static const char *answer_to(const struct tenant *t, const char *text)
{
    int fd = raw_connect(t->service->port);
    raw_send(fd, text, strlen(text));
    const char *answer = raw_read_all(fd);
    close(fd);
    return answer;
}

Test(protocol, every_form_of_host_and_target_is_served)
{
    static const char *const good[] = {
        "GET /healthz HTTP/1.1\r\nHost: consent.example\r\nConnection: close\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: consent.example:8080\r\nConnection: close\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\nConnection: close\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: 192.0.2.1\r\nConnection: close\r\n\r\n",
        "GET /healthz HTTP/1.0\r\n\r\n",
        "GET http://consent.example/healthz HTTP/1.1\r\nHost: consent.example\r\nConnection: close\r\n\r\n",
        "GET HTTPS://other.example:8080/healthz HTTP/1.1\r\nHost: consent.example\r\nConnection: "
        "close\r\n\r\n",
        NULL};
    struct tenant t = stage_tenant("forms");
    for (size_t i = 0; good[i] != NULL; i++) {
        const char *answer = answer_to(&t, good[i]);
        cr_assert(strncmp(answer, "HTTP/1.1 200 ", 13) == 0, "%.60s: %.40s", good[i], answer);
    }
    static const char *const roots[] = {"http://a", "http://a/", "http://a?x=1", "http://a/?x=1", NULL};
    for (size_t i = 0; roots[i] != NULL; i++) {
        const char *answer =
            answer_to(&t, text_of("GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", roots[i]));
        cr_assert(strncmp(answer, "HTTP/1.1 302 ", 13) == 0, "%s: %.40s", roots[i], answer);
    }
}

Test(protocol, the_reason_phrase_is_the_standards)
{
    struct tenant t = stage_tenant("reasons");
    const char *authorized = text_of("Authorization: Bearer %s\r\n", t.token);
    static const char json[] = "Content-Type: application/json\r\n";
    const struct {
        const char *line, *token, *type, *body, *begins;
    } rows[] = {
        {"GET /healthz", "", "", NULL, "HTTP/1.1 200 OK\r\n"},
        {"GET /", "", "", NULL, "HTTP/1.1 302 Found\r\n"},
        {"OPTIONS /v1/check", "", "", NULL, "HTTP/1.1 204 No Content\r\n"},
        {"POST /v1/check", authorized, json, "{", "HTTP/1.1 400 Bad Request\r\n"},
        {"POST /v1/check", "", json, "{}", "HTTP/1.1 401 Unauthorized\r\n"},
        {"GET /v1/none", "", "", NULL, "HTTP/1.1 404 Not Found\r\n"},
        {"GET /v1/check", "", "", NULL, "HTTP/1.1 405 Method Not Allowed\r\n"},
        {"POST /v1/check", authorized, "", "{}", "HTTP/1.1 415 Unsupported Media Type\r\n"},
        {"POST /v1/check", authorized, json, "{}", "HTTP/1.1 422 Unprocessable Content\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *length =
            rows[i].body != NULL ? text_of("Content-Length: %zu\r\n", strlen(rows[i].body)) : "";
        const char *answer = answer_to(
            &t, text_of("%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s%s%s\r\n%s", rows[i].line,
                        rows[i].token, rows[i].type, length, rows[i].body != NULL ? rows[i].body : ""));
        cr_expect(strncmp(answer, rows[i].begins, strlen(rows[i].begins)) == 0, "%s: %.60s", rows[i].begins,
                  answer);
    }
}

Test(protocol, a_length_that_is_too_large_is_refused_with_the_header)
{
    struct tenant t = stage_tenant("length");
    const char *head = text_of("POST /v1/check HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                               "Authorization: Bearer %s\r\n",
                               t.token);
    const char *answer = answer_to(&t, text_of("%sContent-Length: %d\r\n\r\n", head, 256 * 1024 + 1));
    cr_assert(strncmp(answer, "HTTP/1.1 413 ", 13) == 0, "%s", answer);
    answer =
        answer_to(&t, text_of("%sContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", head, 256 * 1024 + 1));
    cr_assert(strncmp(answer, "HTTP/1.1 413 ", 13) == 0, "%s", answer);
}

Test(protocol, nobody_is_told_to_go_on_with_what_will_be_refused)
{
    static const char *const bad[] = {
        "POST /v1/check HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n",
        "POST /v1/check HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: "
        "chunked\r\n",
        "POST /v1/nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n", NULL};
    static const int statuses[] = {401, 401, 404};
    struct tenant t = stage_tenant("expect");
    for (size_t i = 0; bad[i] != NULL; i++) {
        const char *answer = answer_to(&t, text_of("%sExpect: 100-continue\r\n\r\n", bad[i]));
        cr_assert(strncmp(answer, text_of("HTTP/1.1 %d ", statuses[i]), 13) == 0, "%s: %s", bad[i], answer);
        cr_assert_null(strstr(answer, "100 Continue"));
    }
}

Test(protocol, who_asks_first_is_told_to_go_on_and_answered)
{
    struct tenant t = stage_tenant("continue");
    const char *body = "{'subject': 1}";
    int fd = raw_connect(t.service->port);
    const char *head = text_of("POST /v1/check HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                               "Authorization: Bearer %s\r\nConnection: close\r\nContent-Length: %zu\r\n"
                               "Expect: 100-continue\r\n\r\n",
                               t.token, strlen(body));
    static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
    char got[sizeof interim] = "";
    raw_send(fd, head, strlen(head));
    cr_assert_eq(recv(fd, got, sizeof interim - 1, MSG_WAITALL), (ssize_t)sizeof interim - 1);
    cr_assert_str_eq(got, interim);
    raw_send(fd, body, strlen(body));
    const char *answer = raw_read_all(fd);
    cr_assert(strncmp(answer, "HTTP/1.1 400 ", 13) == 0, "%s", answer);
    close(fd);
}

Test(protocol, the_answer_to_a_body_that_is_refused_is_not_lost_while_it_is_sent)
{
    enum { SIZE = 20 << 20 };
    struct tenant t = stage_tenant("refused-body");
    const char *const heads[] = {
        text_of("POST /v1/mask HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Type: "
                "text/plain\r\nContent-Length: %d\r\n\r\n",
                t.token, SIZE),
        text_of("POST /v1/mask HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", SIZE)};
    static const char *const answers[] = {"HTTP/1.1 413 ", "HTTP/1.1 401 "};
    char *body = calloc(1, SIZE);
    for (size_t i = 0; i < 2; i++) {
        int fd = raw_connect(t.service->port);
        raw_send(fd, heads[i], strlen(heads[i]));
        for (ssize_t sent = 0, n; sent < SIZE; sent += n) {
            n = send(fd, body + sent, (size_t)(SIZE - sent), MSG_NOSIGNAL);
            cr_assert_gt(n, 0, "at %zd: %s", sent, strerror(errno));
        }
        const char *answer = raw_read_all(fd);
        cr_assert(strncmp(answer, answers[i], strlen(answers[i])) == 0, "%s", answer);
        close(fd);
    }
    free(body);
}

/* ---- HTTP/2 ---- */

enum { STATUS_200 = 0x88, STATUS_400 = 0x8c }; /* the eighth and the twelfth of RFC 7541, appendix A */

Test(protocol, a_field_that_cannot_be_on_http2_is_answered_with_a_problem_too)
{
    static const char *const fields[] = {":method",  "GET",     ":scheme", "http", ":path",
                                         "/healthz", "x-field", "a\1b",    NULL};
    struct tenant t = stage_tenant("field");
    struct frame frame;
    int fd = raw_connect_http2(t.service->port);
    raw_headers_send(fd, FLAG_END_STREAM | FLAG_END_HEADERS, 1, fields);
    cr_assert(raw_frame_find(fd, FRAME_HEADERS, &frame));
    cr_assert_eq((unsigned char)frame.payload[0], STATUS_400);
    cr_assert(raw_frame_find(fd, FRAME_DATA, &frame));
    expect(json_of("%s", frame.payload), "{'type': 'urn:akkoord:problem:bad-request', 'status': 400}");
    close(fd);
}

enum { MALFORMED = -1, FIELDS_MAX = 4 };

/* The status of the answer to GET /healthz with further fields (an index of HPACK's table), or MALFORMED. */
static int healthz(const struct tenant *t, const char *const more[])
{
    enum { PROTOCOL_ERROR = 1 };
    const char *fields[2 * FIELDS_MAX + 7] = {":method", "GET", ":scheme", "http", ":path", "/healthz"};
    for (size_t i = 0; more[i] != NULL; i++)
        fields[6 + i] = more[i];
    int fd = raw_connect_http2(t->service->port), outcome = 0;
    raw_headers_send(fd, FLAG_END_STREAM | FLAG_END_HEADERS, 1, fields);
    struct frame frame;
    while (outcome == 0 && raw_frame_read(fd, &frame)) {
        if (frame.type == FRAME_HEADERS)
            outcome = (unsigned char)frame.payload[0];
        else if (frame.type == FRAME_RST_STREAM)
            outcome = frame.payload[3] == PROTOCOL_ERROR ? MALFORMED : 0;
        else if (frame.type == FRAME_GOAWAY)
            outcome = frame.payload[7] == PROTOCOL_ERROR ? MALFORMED : 0;
    }
    close(fd);
    return outcome;
}

Test(protocol, fields_of_a_connection_are_malformed_on_http2)
{
    static const char *const bad[][2] = {
        {"connection", "close"},          {"keep-alive", "timeout=5"}, {"proxy-connection", "close"},
        {"transfer-encoding", "chunked"}, {"upgrade", "h2c"},          {"te", "gzip"}};
    struct tenant t = stage_tenant("of-connection");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_eq(healthz(&t, (const char *[]){":authority", "a", bad[i][0], bad[i][1], NULL}), MALFORMED,
                     "%s", bad[i][0]);
    cr_assert_eq(healthz(&t, (const char *[]){":authority", "a", "te", "trailers", NULL}), STATUS_200);
}

Test(protocol, on_http2_there_is_one_host)
{
    struct tenant t = stage_tenant("authority");
    cr_assert_eq(healthz(&t, (const char *[]){":authority", "a", "host", "b", NULL}), MALFORMED);
    cr_assert_eq(healthz(&t, (const char *[]){"host", "a", "host", "b", NULL}), MALFORMED);
    cr_assert_eq(healthz(&t, (const char *[]){":authority", "a.example", "host", "A.example", NULL}),
                 STATUS_200);
    cr_assert_eq(healthz(&t, (const char *[]){"host", "a", NULL}), STATUS_200);
    cr_assert_eq(healthz(&t, (const char *[]){":authority", "a", NULL}), STATUS_200);
}

/* The status of a check whose token stands in the header or in the trailer, as text. */
static const char *check_with_trailer(const struct tenant *t, bool in_header)
{
    static const char body[] = "{}";
    const char *bearer = text_of("Bearer %s", t->token);
    const char *fields[] = {":method",
                            "POST",
                            ":scheme",
                            "http",
                            ":authority",
                            "a",
                            ":path",
                            "/v1/check",
                            "content-type",
                            "application/json",
                            in_header ? "authorization" : NULL,
                            bearer,
                            NULL};
    const char *const trailer[] = {"authorization", bearer, "x-forwarded-for", "192.0.2.1", NULL};
    struct frame frame;
    int fd = raw_connect_http2(t->service->port);
    raw_headers_send(fd, FLAG_END_HEADERS, 1, fields);
    raw_frame_send(fd, FRAME_DATA, 0, 1, body, sizeof body - 1);
    raw_headers_send(fd, FLAG_END_STREAM | FLAG_END_HEADERS, 1, trailer);
    cr_assert(raw_frame_find(fd, FRAME_DATA, &frame));
    close(fd);
    return text_of("%s", frame.payload);
}

Test(protocol, trailers_are_for_nothing)
{
    struct tenant t = stage_tenant("trailer");
    expect(json_of("%s", check_with_trailer(&t, false)), "{'status': 401}");
    expect(json_of("%s", check_with_trailer(&t, true)), "{'status': 422}");
}
