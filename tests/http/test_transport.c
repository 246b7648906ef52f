/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/raw.h"
#include "harness/stage.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { LEAVE_MS = 10000 };

static const struct {
    enum protocol protocol;
    const char *name;
    int version;
} ways[] = {{HTTP2, "HTTP/2, prior knowledge", 20},
            {HTTP2_UPGRADE, "HTTP/2, upgrade", 20},
            {HTTP2_TLS, "HTTP/2, ALPN", 20},
            {HTTP11, "HTTP/1.1", 11},
            {HTTP11_TLS, "HTTP/1.1 over TLS", 11}};
enum { WAYS = sizeof ways / sizeof *ways };

static const struct answer *ask(const struct tenant *t, const char *method, const char *path,
                                const char *body, const char *content_type)
{
    return client_send(&(struct request){.service = t->service,
                                         .method = method,
                                         .path = path,
                                         .token = t->token,
                                         .body = body,
                                         .content_type = content_type});
}

Test(transport, every_way_to_speak_http_reads_and_writes)
{
    struct tenant t = stage_tenant("ways");
    for (size_t i = 0; i < WAYS; i++) {
        struct request read = {
            .service = t.service, .protocol = ways[i].protocol, .path = "/readyz", .own_connection = true};
        const struct answer *a = client_send(&read);
        cr_assert_eq(a->status, 200, "%s", ways[i].name);
        cr_assert_eq(a->http_version, ways[i].version, "%s: came as %d", ways[i].name, a->http_version);
        expect(a->json, "{'status': 'ready'}");
        struct request write = read;
        write.path = "/v1/consents", write.token = t.token;
        write.body = json_text(
            "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app'}",
            email(text_of("way-%zu", i)));
        a = client_send(&write);
        cr_assert_eq(a->status, 201, "%s: %s", ways[i].name, a->body);
        cr_assert_str_eq(reason_of(&t, text_of("way-%zu", i), "newsletter"), "granted");
    }
}

Test(transport, the_outdated_versions_of_tls_are_refused)
{
    const struct service *s = stage_service(0);
    for (int version = 0; version < 2; version++) {
        const char *const argv[] = {"/usr/bin/env",
                                    "curl",
                                    "-s",
                                    "-k",
                                    version == 0 ? "--tls-max" : "--tlsv1.2",
                                    version == 0 ? "1.1" : "-k",
                                    text_of("https://127.0.0.1:%u/healthz", s->tls_port),
                                    NULL};
        cr_assert_eq(process_run(argv, NULL, NULL) == 0, version == 1);
    }
}

Test(transport, a_path_that_is_not_there_is_404)
{
    static const char *const paths[] = {"/docs/",
                                        "/docs/none.js",
                                        "/v1",
                                        "/v1/",
                                        "/v1/consent",
                                        "/v1/consents/",
                                        "/v1/subjects/a/b/consents",
                                        "/metrics",
                                        "/V1/consents",
                                        "/v1//consents",
                                        "/v1/x/../consents",
                                        NULL};
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "paths");
    for (size_t i = 0; paths[i] != NULL; i++) {
        const struct answer *a = ask(&t, NULL, paths[i], NULL, NULL);
        cr_assert_eq(a->status, 404, "%s: %d", paths[i], a->status);
        expect(a->json, "{'type': 'urn:akkoord:problem:not-found'}");
    }
}

Test(transport, the_root_leads_to_the_contract)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "root");
    const struct answer *a = ask(&t, NULL, "/", NULL, NULL);
    cr_assert_eq(a->status, 302);
    cr_assert_str_eq(answer_header(a, "location"), "docs");
    a = ask(&t, NULL, "/docs", NULL, NULL);
    cr_assert_eq(a->status, 200);
    cr_assert_not_null(strstr(answer_header(a, "content-security-policy"), "default-src 'none'"));
    cr_assert_eq(ask(&t, NULL, "/docs/docs.css", NULL, NULL)->status, 200);
}

static const struct {
    const char *path, *allow;
} allowed[] = {{"/v1/consents", "POST, OPTIONS"},
               {"/v1/withdraw", "POST, OPTIONS"},
               {"/v1/check", "POST, OPTIONS"},
               {"/v1/check/batch", "POST, OPTIONS"},
               {"/v1/policy", "GET, HEAD, PUT, OPTIONS"},
               {"/v1/subjects/lookup", "POST, OPTIONS"},
               {"/v1/subjects/x/history", "GET, HEAD, OPTIONS"},
               {"/v1/changes", "GET, HEAD, OPTIONS"},
               {"/v1/mask", "POST, OPTIONS"},
               {"/healthz", "GET, HEAD, OPTIONS"},
               {"/readyz", "GET, HEAD, OPTIONS"},
               {"/openapi.yaml", "GET, HEAD, OPTIONS"},
               {NULL, NULL}};

Test(transport, a_method_that_a_path_does_not_have_is_405_and_allow_names_those_it_has)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "methods");
    for (size_t i = 0; allowed[i].path != NULL; i++) {
        const struct answer *a = ask(&t, "DELETE", allowed[i].path, NULL, NULL);
        cr_assert_eq(a->status, 405, "%s: %d", allowed[i].path, a->status);
        cr_assert_str_eq(answer_header(a, "allow"), allowed[i].allow, "%s", allowed[i].path);
        expect(a->json, "{'type': 'urn:akkoord:problem:method-not-allowed'}");
    }
}

Test(transport, options_answers_204_with_allow_and_needs_no_token)
{
    struct tenant t = {.service = stage_service(0)};
    for (size_t i = 0; allowed[i].path != NULL; i++) {
        const struct answer *a = ask(&t, "OPTIONS", allowed[i].path, NULL, NULL);
        cr_assert_eq(a->status, 204, "%s: %d", allowed[i].path, a->status);
        cr_assert_str_eq(answer_header(a, "allow"), allowed[i].allow, "%s", allowed[i].path);
        cr_assert_eq(a->len, 0);
    }
    cr_assert_eq(ask(&t, "OPTIONS", "/v1/nothing", NULL, NULL)->status, 404);
}

/* Whether HEAD tells the length of the body that GET has; all else must be so. */
static bool head_tells_the_length(struct request r)
{
    r.method = "GET";
    const struct answer *got = client_send(&r);
    r.method = "HEAD";
    const struct answer *head = client_send(&r);
    cr_assert_eq(head->status, got->status, "%s", r.path);
    cr_assert_eq(head->len, 0);
    cr_assert_str_eq(answer_header(head, "content-type"), answer_header(got, "content-type"));
    return strtoul(answer_header(head, "content-length"), NULL, 10) == got->len;
}

Test(transport, head_answers_as_get_without_a_body)
{
    static const char *const paths[] = {"/healthz", "/readyz", "/openapi.yaml", "/v1/policy", "/v1/changes",
                                        "/nothing", NULL};
    struct tenant t = stage_tenant("head");
    for (size_t i = 0; i < WAYS; i++) {
        for (size_t k = 0; paths[k] != NULL; k++) {
            struct request r = {
                .service = t.service, .protocol = ways[i].protocol, .path = paths[k], .token = t.token};
            /* A body that tells the time is shorter where that has whole milliseconds, once in a thousand:
               two pairs in a row do not have it. */
            cr_assert(head_tells_the_length(r) || head_tells_the_length(r), "%s %s", ways[i].name, paths[k]);
        }
    }
    struct tenant other = {.service = t.service, .token = t.token};
    cr_assert_eq(ask(&other, "HEAD", "/v1/consents", NULL, NULL)->status, 405);
}

/* ${size} bytes of JSON. */
static char *padded(size_t size)
{
    char *body = malloc(size + 1);
    cr_assert_not_null(body);
    memset(body, ' ', size);
    memcpy(body, "{}", 2);
    body[size] = '\0';
    return body;
}

Test(transport, a_body_above_the_routes_limit_is_413_and_one_at_the_limit_is_read)
{
    static const struct {
        const char *path, *type;
        size_t max;
        int status_at_max;
    } limits[] = {{"/v1/consents", "application/json", 256 * 1024, 422},
                  {"/v1/check", "application/json", 256 * 1024, 422},
                  {"/v1/withdraw", "application/json", 256 * 1024, 422}};
    struct tenant t = stage_tenant("sizes");
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        for (size_t way = 0; way < WAYS; way += 3) {
            char *body = padded(limits[i].max + 1);
            struct request r = {.service = t.service,
                                .protocol = ways[way].protocol,
                                .path = limits[i].path,
                                .token = t.token,
                                .body = body,
                                .body_len = limits[i].max,
                                .content_type = limits[i].type};
            const struct answer *fits = client_send(&r);
            cr_assert_eq(fits->status, limits[i].status_at_max, "%s %s: %d", limits[i].path, ways[way].name,
                         fits->status);
            r.body_len++;
            const struct answer *a = client_send(&r);
            cr_assert_eq(a->status, 413, "%s %s: %d", limits[i].path, ways[way].name, a->status);
            expect(a->json, "{'type': 'urn:akkoord:problem:too-large'}");
            free(body);
        }
    }
}

Test(transport, a_batch_of_sixteen_megabytes_is_read_and_a_larger_one_never)
{
    enum { MAX = 16 << 20 };
    struct tenant t = stage_tenant("large");
    char *body = padded(MAX + 1);
    for (size_t i = 0; i < WAYS; i++) {
        struct request r = {.service = t.service,
                            .protocol = ways[i].protocol,
                            .path = "/v1/check/batch?only=allowed",
                            .token = t.token,
                            .body = body,
                            .body_len = MAX,
                            .content_type = "application/x-ndjson",
                            .own_connection = true};
        cr_assert_eq(client_send(&r)->status, 200, "%s", ways[i].name);
        r.body_len++;
        const struct answer *a = client_send(&r);
        cr_assert_eq(a->status, 413, "%s: %d", ways[i].name, a->status);
        expect(a->json, "{'type': 'urn:akkoord:problem:too-large', 'allow': false}");
    }
    free(body);
}

Test(transport, a_content_type_that_a_route_does_not_take_is_415)
{
    static const char *const wrong[] = {"",
                                        "text/plain",
                                        "application/x-www-form-urlencoded",
                                        "application/json2",
                                        "application/json; charset=iso-8859-1",
                                        "application/x-ndjson",
                                        "json",
                                        NULL};
    static const char *const right[] = {"application/json", "Application/JSON",
                                        "application/json; charset=utf-8",
                                        "application/json;charset=\"UTF-8\"", NULL};
    struct tenant t = stage_tenant("types");
    for (size_t i = 0; wrong[i] != NULL; i++) {
        const struct answer *a = ask(&t, NULL, "/v1/check", "{}", wrong[i]);
        cr_assert_eq(a->status, 415, "%s: %d", wrong[i], a->status);
        expect(a->json, "{'type': 'urn:akkoord:problem:unsupported-media-type'}");
    }
    for (size_t i = 0; right[i] != NULL; i++)
        cr_assert_eq(ask(&t, NULL, "/v1/check", "{}", right[i])->status, 422, "%s", right[i]);
    cr_assert_eq(ask(&t, NULL, "/v1/check/batch", "{}", "application/json")->status, 415);
}

Test(transport, a_content_encoding_is_415_with_and_without_a_body)
{
    static const struct {
        const char *method, *path, *body;
    } requests[] = {{"POST", "/v1/check", "{}"},        {"GET", "/healthz", NULL},
                    {"HEAD", "/readyz", NULL},          {"GET", "/docs", NULL},
                    {"GET", "/openapi.yaml", NULL},     {"GET", "/v1/policy", NULL},
                    {"GET", "/v1/policy/schema", NULL}, {"GET", "/v1/policy/register", NULL},
                    {"OPTIONS", "/v1/check", NULL}};
    struct tenant t = stage_tenant("encoded");
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct request request = {.service = t.service,
                                  .method = requests[i].method,
                                  .path = requests[i].path,
                                  .token = t.token,
                                  .body = requests[i].body};
        cr_expect_neq(client_send(&request)->status, 415, "%s without it", request.path);
        request.headers[0] = "Content-Encoding: gzip";
        const struct answer *a = client_send(&request);
        cr_expect_eq(a->status, 415, "%s: %d %s", request.path, a->status, a->body);
    }
}

Test(transport, metrics_take_none_either)
{
    struct service metrics = *stage_service(0);
    metrics.port = metrics.metrics_port;
    cr_assert_eq(
        client_send(
            &(struct request){.service = &metrics, .path = "/metrics", .headers = {"Content-Encoding: gzip"}})
            ->status,
        415);
}

Test(transport, what_can_be_wrong_is_looked_at_in_the_order_of_the_contract)
{
    struct tenant t = stage_tenant("order");
    struct tenant nobody = {.service = t.service};
    struct tenant reader = t;
    reader.token = token_of(t.keyring, t.key, "subject:read", "reader");
    cr_assert_eq(ask(&nobody, "DELETE", "/v1/nothing", "x", "text/plain")->status, 404);
    cr_assert_eq(ask(&nobody, "DELETE", "/v1/consents", "x", "text/plain")->status, 405);
    cr_assert_eq(ask(&nobody, NULL, "/v1/consents", "x", "text/plain")->status, 401);
    cr_assert_eq(ask(&reader, NULL, "/v1/consents", "x", "text/plain")->status, 403);
    cr_assert_eq(ask(&t, NULL, "/v1/consents", "x", "text/plain")->status, 415);
    char *large = padded(256 * 1024 + 1);
    large[0] = 'x';
    cr_assert_eq(ask(&t, NULL, "/v1/consents", large, "text/plain")->status, 415);
    cr_assert_eq(ask(&t, NULL, "/v1/consents", large, NULL)->status, 413);
    free(large);
    cr_assert_eq(ask(&t, NULL, "/v1/consents", "x", NULL)->status, 400);
    cr_assert_eq(ask(&t, NULL, "/v1/consents", "{}", NULL)->status, 422);
}

Test(transport, a_percent_sign_without_two_digits_in_the_path_is_400)
{
    struct tenant t = stage_tenant("percent");
    cr_assert_eq(ask(&t, NULL, "/v1/subjects/%zz/consents", NULL, NULL)->status, 400);
}

Test(transport, the_contract_and_its_reader_are_served)
{
    struct tenant t = {.service = stage_service(0)};
    const struct answer *a = ask(&t, NULL, "/openapi.yaml", NULL, NULL);
    cr_assert_eq(a->status, 200);
    cr_assert_not_null(strstr(a->body, "openapi: 3.1"));
    cr_assert_eq(ask(&t, NULL, "/docs", NULL, NULL)->status, 200);
}

Test(transport, metrics_are_told_on_their_own_listener_without_a_person_or_controller)
{
    struct tenant t = stage_tenant("metrics-controller");
    cr_assert_str_eq(reason_of(&t, "metrics", "newsletter"), "never_asked");
    struct service metrics = *t.service;
    metrics.port = metrics.metrics_port;
    struct tenant at = {.service = &metrics};
    const struct answer *a = ask(&at, NULL, "/metrics", NULL, NULL);
    cr_assert_eq(a->status, 200);
    cr_assert_not_null(strstr(a->body, "akkoord_verdicts_total{reason=\"never_asked\""));
    cr_assert_null(strstr(a->body, t.key));
    cr_assert_null(strstr(a->body, "tester"));
    cr_assert_null(client_mark_in(a->body));
    cr_assert_eq(ask(&at, NULL, "/healthz", NULL, NULL)->status, 404);
}

/* ---- stopping ---- */

Test(transport, a_stop_tells_http2_connections_to_go_away)
{
    struct frame frame;
    struct service s = stage_start("goaway", NULL);
    int fd = raw_connect_http2(s.port);
    cr_assert(raw_frame_find(fd, FRAME_SETTINGS, &frame));
    kill(s.pid, SIGTERM);
    cr_assert(raw_frame_find(fd, FRAME_GOAWAY, &frame));
    close(fd);
    cr_assert_eq(service_stop(&s, LEAVE_MS), 0);
}

/* A child that sends one record; its exit status is 0 when the answer was 201. */
static pid_t record_in_child(const struct tenant *t, enum protocol protocol)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    const struct answer *a = client_send(&(struct request){
        .service = t->service,
        .protocol = protocol,
        .path = "/v1/consents",
        .token = t->token,
        .may_fail = true,
        .body = json_text(
            "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app'}",
            email(text_of("in-flight-%d", protocol)))});
    _exit(a->status == 201 ? 0 : 1);
}

/* A session that keeps every write of the controller waiting. */
static PGconn *writes_held(const char *controller)
{
    PGconn *session = database_session(stage_database());
    session_run(session, "begin");
    session_run(
        session,
        text_of("select from head natural join controller where key = '%s' for update of head", controller));
    return session;
}

static void stop_in_flight(enum protocol protocol, const char *name)
{
    struct tenant shared = stage_tenant(name);
    struct service s = stage_start(name, NULL);
    struct tenant t = tenant_at(&shared, &s);
    PGconn *session = writes_held(name);
    pid_t child = record_in_child(&t, protocol);
    cr_assert(session_blocks(session, 10000), "no record waits for the lock");
    kill(s.pid, SIGTERM);
    cr_assert(service_logged(&s, 0, "server.drain", 5000));
    for (int i = 0; i < 200 && service_ready(&s); i++)
        sleep_ms(20);
    cr_assert_not(service_ready(&s), "it drains, and still takes new connections");
    session_run(session, "rollback");
    PQfinish(session);
    cr_assert_eq(process_wait(child, LEAVE_MS), 0, "a record in flight was dropped");
    cr_assert_eq(service_stop(&s, LEAVE_MS), 0);
    cr_assert_eq(tenant_events(&shared), 1);
}

Test(transport, a_stop_finishes_what_is_in_flight_over_http2)
{
    stop_in_flight(HTTP2, "in-flight-2");
}

Test(transport, a_stop_finishes_what_is_in_flight_over_http1)
{
    stop_in_flight(HTTP11, "in-flight-1");
}

Test(transport, a_stop_finishes_what_is_in_flight_over_tls)
{
    stop_in_flight(HTTP2_TLS, "in-flight-tls");
}

Test(transport, a_stop_ends_long_polls_and_idle_connections_within_ten_seconds)
{
    struct tenant shared = stage_tenant("stop-polls");
    struct service s = stage_start("stop-polls", NULL);
    int idle = raw_connect(s.port), tls = raw_connect(s.tls_port);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        const struct answer *a = client_send(&(struct request){
            .service = &s, .path = "/v1/changes?wait=30", .token = shared.token, .may_fail = true});
        _exit(a->status == 200 ? 0 : 1);
    }
    sleep_ms(500);
    cr_assert_eq(service_stop(&s, LEAVE_MS), 0);
    cr_assert_eq(process_wait(child, LEAVE_MS), 0, "the long poll got no answer");
    close(idle);
    close(tls);
}

Test(transport, a_stop_is_told_at_readyz_first_and_the_node_serves_on_for_the_drain_delay)
{
    struct tenant shared = stage_tenant("drain-delay");
    struct service s = stage_start("drain-delay", (const char *const[]){"AKKOORD_DRAIN_DELAY=4", NULL});
    struct tenant t = tenant_at(&shared, &s);
    struct request ready = {.service = &s, .path = "/readyz", .own_connection = true};
    kill(s.pid, SIGTERM);
    cr_assert(service_logged(&s, 0, "server.drain", 5000));
    const struct answer *a = client_send(&ready);
    for (int i = 0; i < 20 && a->status == 200; i++) { /* each thread hears of it in its turn */
        sleep_ms(20);
        a = client_send(&ready);
    }
    cr_assert_eq(a->status, 503);
    cr_assert_eq(process_wait(record_in_child(&t, HTTP11), LEAVE_MS), 0, "it serves no more");
    cr_assert_eq(process_wait(record_in_child(&t, HTTP2), LEAVE_MS), 0, "it serves no more");
    cr_assert_eq(service_stop(&s, LEAVE_MS), 0);
    cr_assert_eq(tenant_events(&shared), 2);
}

Test(transport, a_new_certificate_is_shown_after_sighup)
{
    struct keyring keyring;
    cr_assert_eq(keyring_create(text_of("%s/certificate", stage_keyring()->dir), &keyring), 0);
    keyring.subject_key_file = stage_keyring()->subject_key_file;
    struct service s;
    cr_assert_eq(
        service_start(
            &(struct service_options){.name = "certificate", .db = stage_database(), .keyring = &keyring},
            &s),
        0);
    struct request r = {
        .service = &s, .protocol = HTTP2_TLS, .path = "/healthz", .own_connection = true, .may_fail = true};
    cr_assert_eq(client_send(&r)->status, 200);
    cr_assert_eq(keyring_certify(&keyring, "another"), 0);
    cr_assert_eq(client_send(&r)->status, 0, "the old certificate is still the one to be shown");
    kill(s.pid, SIGHUP);
    int status = 0;
    for (int i = 0; i < 200 && (status = client_send(&r)->status) != 200; i++)
        sleep_ms(50);
    cr_assert_eq(status, 200, "the new certificate is not shown");
    cr_assert_eq(service_stop(&s, LEAVE_MS), 0);
}

Test(transport, a_broken_certificate_at_sighup_keeps_the_old_one_at_work)
{
    struct keyring keyring;
    cr_assert_eq(keyring_create(text_of("%s/broken", stage_keyring()->dir), &keyring), 0);
    keyring.subject_key_file = stage_keyring()->subject_key_file;
    struct service s;
    cr_assert_eq(
        service_start(
            &(struct service_options){.name = "broken", .db = stage_database(), .keyring = &keyring}, &s),
        0);
    const char *good = file_read(keyring.cert_file);
    struct request r = {.service = &s, .protocol = HTTP2_TLS, .path = "/healthz", .own_connection = true};
    cr_assert_eq(file_write(keyring.cert_file, "no certificate\n"), 0);
    kill(s.pid, SIGHUP);
    cr_assert(service_logged(&s, 0, "server.reload", 5000));
    cr_assert_eq(file_write(keyring.cert_file, good), 0);
    cr_assert_eq(client_send(&r)->status, 200);
    cr_assert_eq(service_stop(&s, LEAVE_MS), 0);
}
