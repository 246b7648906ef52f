/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* POST /v1/consents with more than the 256 KB that other routes take. */

enum { EVENTS = 1000, BODY_MAX = 8 << 20 };

/* ${count} events of people of their own, each with some 4 KB of evidence. */
static char *events_with_evidence(const char *name, int count, size_t *ret_len)
{
    char *body;
    FILE *out = open_memstream(&body, ret_len);
    for (int i = 0; i < count; i++) {
        fprintf(out,
                "%s{\"subject\": {\"type\": \"email\", \"value\": \"" MARK
                "%s%d@example.nl\"}, \"purpose\": \"newsletter\","
                " \"event_state\": \"given\", \"collection_method\": \"web_form\", \"ref\": \"row-%d\","
                " \"evidence\": {\"ip\": \"203.0.113.77\", \"user_agent\": \"%0*d\","
                " \"url\": \"https://shop.example/%0*d?basket=1\", \"form\": \"%0*d\"}}",
                i > 0 ? ",\n" : "[", name, i, i, 1000, i, 1900, i, 800, i);
    }
    fprintf(out, "]");
    fclose(out);
    return body;
}

static const struct answer *record_with(const struct tenant *t, const char *body, size_t len,
                                        const char *header)
{
    return client_send(&(struct request){.service = t->service,
                                         .protocol = HTTP11,
                                         .path = "/v1/consents",
                                         .token = t->token,
                                         .body = body,
                                         .body_len = len,
                                         .headers = {header}});
}

static const struct answer *record(const struct tenant *t, const char *body, size_t len)
{
    return record_with(t, body, len, NULL);
}

/* A busy machine may need longer than a request is given; who has a key repeats it then, and nothing is
 * recorded twice. */
static const struct answer *record_patiently(const struct tenant *t, const char *body, size_t len)
{
    enum { REPEATS_MAX = 40 };
    const struct answer *a = NULL;
    for (int i = 0; i < REPEATS_MAX; i++) {
        a = record_with(t, body, len, "Idempotency-Key: nightly");
        if (a->status != 503 && a->status != 504)
            return a;
    }
    return a;
}

Test(record_large, a_thousand_events_with_evidence_are_recorded_in_one_request)
{
    struct tenant t = stage_tenant("large-record");
    size_t len;
    char *body = events_with_evidence("a", EVENTS, &len);
    cr_assert_gt(len, 3 << 20);
    const struct answer *a = record_patiently(&t, body, len);
    cr_assert_eq(a->status, 201, "%d: %.300s", a->status, a->body);
    cr_expect_eq(json_array_size(a->json), EVENTS);
    cr_expect_eq(tenant_events(&t), EVENTS);
    cr_expect_eq(database_number(
                     stage_database(),
                     "select count(*) from evidence join controller using (controller_id) where key = '%s' "
                     "and length(document::text) between 3700 and 4096",
                     t.key),
                 EVENTS);
    expect(json_at(get(&t, 200, "/v1/subjects/%s/history",
                       string_at(json_array_get(a->json, EVENTS - 1), "/subject_id")),
                   "/events/0"),
           "{'ref': 'row-999', 'evidence': {'ip': '203.0.113.0'}}");
    const struct answer *again = record_patiently(&t, body, len);
    cr_expect_eq(again->status, 201);
    cr_expect(json_equal(again->json, a->json));
    cr_expect_eq(tenant_events(&t), EVENTS);
    free(body);
}

/* ${count} persons of ${each} identifiers, an event each. */
static char *events_of_persons(int count, int each, size_t *ret_len)
{
    char *body;
    FILE *out = open_memstream(&body, ret_len);
    for (int i = 0; i < count; i++) {
        fprintf(out, "%s{\"subject\": [", i > 0 ? ",\n" : "[");
        for (int k = 0; k < each; k++)
            fprintf(out, "%s{\"type\": \"email\", \"value\": \"p%d-%d-" MARK "@example.nl\"}",
                    k > 0 ? ", " : "", i, k);
        fprintf(out, "], \"purpose\": \"newsletter\", \"event_state\": \"given\","
                     " \"collection_method\": \"app\"}");
    }
    fprintf(out, "]");
    fclose(out);
    return body;
}

Test(record_large, a_thousand_events_of_two_identifiers_each_are_recorded_in_one_request)
{
    struct tenant t = stage_tenant("large-persons");
    size_t len;
    char *body = events_of_persons(EVENTS, 2, &len);
    const struct answer *a = record_patiently(&t, body, len);
    cr_assert_eq(a->status, 201, "%d: %.300s", a->status, a->body);
    cr_expect_eq(json_array_size(a->json), EVENTS);
    cr_expect_eq(tenant_events(&t), EVENTS);
    cr_expect_str_eq(reason_of(&t, "p0-0", "newsletter"), "granted");
    cr_expect_str_eq(reason_of(&t, "p999-1", "newsletter"), "granted");
    free(body);
}

Test(record_large, more_than_four_thousand_identifiers_are_422_and_nothing_is_written)
{
    struct tenant t = stage_tenant("large-crowd");
    size_t len;
    char *body = events_of_persons(501, 8, &len);
    const struct answer *a = record(&t, body, len);
    cr_assert_eq(a->status, 422, "%d: %.300s", a->status, a->body);
    cr_expect_not_null(strstr(a->body, "4000 identifiers"));
    cr_expect_eq(tenant_events(&t), 0);
    free(body);
}

Test(record_large, one_event_more_is_422_and_nothing_is_written)
{
    struct tenant t = stage_tenant("large-many");
    size_t len;
    char *body = events_with_evidence("b", EVENTS + 1, &len);
    const struct answer *a = record(&t, body, len);
    cr_expect_eq(a->status, 422);
    expect(a->json, "{'type': 'urn:akkoord:problem:invalid', 'errors': [{'pointer': ''}]}");
    cr_expect_eq(tenant_events(&t), 0);
    free(body);
}

Test(record_large, a_fault_is_told_at_its_place_and_nothing_is_written)
{
    struct tenant t = stage_tenant("large-fault");
    size_t len;
    char *body = events_with_evidence("c", EVENTS, &len);
    char *at = strstr(body, "\"row-998\"");
    memcpy(strstr(at, "\"user_agent\""), "\"user_agenT\"", 12);
    const struct answer *a = record(&t, body, len);
    cr_expect_eq(a->status, 422);
    expect(a->json, "{'errors': [{'pointer': '/998/evidence/user_agenT'}]}");
    body[len - 1] = '}';
    a = record(&t, body, len);
    cr_expect_eq(a->status, 400);
    expect(a->json, "{'type': 'urn:akkoord:problem:not-json'}");
    cr_expect_not_null(strstr(string_at(a->json, "/detail"), "line 1000, column "));
    cr_expect_eq(tenant_events(&t), 0);
    free(body);
}

static char *filled(const char *head, const char *tail, size_t size)
{
    char *body = malloc(size + 1);
    cr_assert_not_null(body);
    memset(body, 'x', size);
    memcpy(body, head, strlen(head));
    memcpy(body + size - strlen(tail), tail, strlen(tail));
    body[size] = '\0';
    return body;
}

Test(record_large, a_single_event_stays_below_256_kb_in_an_array_too)
{
    enum { SIZE = (256 << 10) + 1 };
    struct tenant t = stage_tenant("large-single");
    char *object = filled("{\"ref\": \"", "\"}", SIZE), *array = filled("[{\"ref\": \"", "\"}]", SIZE + 2);
    expect(record(&t, object, SIZE)->json, "{'type': 'urn:akkoord:problem:too-large', 'status': 413}");
    expect(record(&t, array, SIZE + 2)->json,
           "{'status': 422, 'errors': [{'pointer': '/0', 'detail': 'at most 262144 bytes'}]}");
    free(object);
    free(array);
}

Test(record_large, a_body_above_8_mb_is_413)
{
    struct tenant t = stage_tenant("large-most");
    char *body = filled("[\"", "\"]", BODY_MAX + 1);
    expect(record(&t, body, BODY_MAX + 1)->json, "{'type': 'urn:akkoord:problem:too-large', 'status': 413}");
    memset(body, ' ', BODY_MAX);
    memcpy(body, "[1", 2);
    body[BODY_MAX - 1] = ']';
    cr_expect_eq(record(&t, body, BODY_MAX)->status, 422);
    free(body);
}

/* What is answered to a header that announces a body of the largest size, of which 64 KB come and no more: a
 * body is looked at once it is more than every request may send. */
static const char *answer_to_header(const struct tenant *t, const char *authorization, int patience_ms)
{
    const char *header =
        text_of("POST /v1/consents HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n%s"
                "Content-Length: %d\r\n\r\n",
                authorization, BODY_MAX);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)t->service->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char *answer = calloc(1, 4096);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    cr_assert_eq(send(fd, header, strlen(header), 0), (ssize_t)strlen(header));
    char *begun = filled("[", "", 64 << 10);
    cr_assert_eq(send(fd, begun, 64 << 10, 0), 64 << 10);
    free(begun);
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    if (poll(&wait, 1, patience_ms) == 1)
        cr_assert_gt(recv(fd, answer, 4095, 0), 0);
    close(fd);
    return answer;
}

Test(record_large, without_the_right_token_the_body_is_not_read)
{
    struct tenant t = stage_tenant("large-token");
    const char *other = token_of(t.keyring, t.key, "consent:check", "tester");
    const struct {
        const char *authorization, *expected;
    } rows[] = {{"", "HTTP/1.1 401 "},
                {"Authorization: Bearer nonsense\r\n", "HTTP/1.1 401 "},
                {text_of("Authorization: Bearer %s\r\n", other), "HTTP/1.1 403 "}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(strncmp(answer_to_header(&t, rows[i].authorization, 60000), rows[i].expected, 13), 0,
                     "%zu", i);
    cr_expect_str_eq(answer_to_header(&t, text_of("Authorization: Bearer %s\r\n", t.token), 2000), "",
                     "its body is waited for");
}
