/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include "process.h"

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <string.h>

const char *const client_marks[] = {MARK, MARK_PHONE, MARK_POSTAL, MARK_IP, NULL};

enum { TIMEOUT_S = 120, BODY_MAX = 128 << 20 };

/* One request on its way. */
struct transfer {
    const struct request *request;
    CURL *curl;
    struct curl_slist *headers;
    char *head, *body;
    size_t head_len, body_len;
};

const char *client_mark_in(const char *text)
{
    for (size_t i = 0; client_marks[i] != NULL; i++) {
        if (strcasestr(text, client_marks[i]) != NULL)
            return client_marks[i];
    }
    return NULL;
}

static size_t take(char **text, size_t *len, const char *bytes, size_t count)
{
    char *grown = *len + count < BODY_MAX ? realloc(*text, *len + count + 1) : NULL;
    if (grown == NULL)
        return 0;
    memcpy(grown + *len, bytes, count);
    *len += count;
    grown[*len] = '\0';
    *text = grown;
    return count;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *cookie)
{
    struct transfer *t = cookie;
    return take(&t->body, &t->body_len, bytes, size * count);
}

static size_t on_head(char *bytes, size_t size, size_t count, void *cookie)
{
    struct transfer *t = cookie;
    if (size * count > 5 && memcmp(bytes, "HTTP/", 5) == 0)
        t->head_len = 0; /* what came before was a 100 or a 101 */
    return take(&t->head, &t->head_len, bytes, size * count);
}

static void headers_set(struct transfer *t)
{
    const struct request *r = t->request;
    t->headers = curl_slist_append(t->headers, "Expect:");
    if (r->token != NULL)
        t->headers = curl_slist_append(t->headers, text_of("Authorization: Bearer %s", r->token));
    if (r->body != NULL && r->content_type == NULL)
        t->headers = curl_slist_append(t->headers, "Content-Type: application/json");
    else if (r->body != NULL)
        t->headers = curl_slist_append(
            t->headers, text_of("Content-Type:%s%s", r->content_type[0] != '\0' ? " " : "", r->content_type));
    for (size_t i = 0; i < REQUEST_HEADERS_MAX && r->headers[i] != NULL; i++)
        t->headers = curl_slist_append(t->headers, r->headers[i]);
    curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, t->headers);
}

static void body_set(struct transfer *t)
{
    const struct request *r = t->request;
    if (r->body != NULL) {
        curl_easy_setopt(t->curl, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)(r->body_len != 0 ? r->body_len : strlen(r->body)));
        curl_easy_setopt(t->curl, CURLOPT_POSTFIELDS, r->body);
    }
    if (r->method != NULL && strcmp(r->method, "HEAD") == 0)
        curl_easy_setopt(t->curl, CURLOPT_NOBODY, 1L);
    else if (r->method != NULL)
        curl_easy_setopt(t->curl, CURLOPT_CUSTOMREQUEST, r->method);
}

static void address_set(struct transfer *t)
{
    static const long versions[] = {[HTTP2] = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE,
                                    [HTTP2_UPGRADE] = CURL_HTTP_VERSION_2_0,
                                    [HTTP2_TLS] = CURL_HTTP_VERSION_2TLS,
                                    [HTTP11] = CURL_HTTP_VERSION_1_1,
                                    [HTTP11_TLS] = CURL_HTTP_VERSION_1_1};
    const struct request *r = t->request;
    bool tls = r->protocol == HTTP2_TLS || r->protocol == HTTP11_TLS;
    curl_easy_setopt(t->curl, CURLOPT_HTTP_VERSION, versions[r->protocol]);
    curl_easy_setopt(t->curl, CURLOPT_URL,
                     text_of("%s://127.0.0.1:%u%s", tls ? "https" : "http",
                             tls ? r->service->tls_port : r->service->port, r->path));
    if (tls)
        curl_easy_setopt(t->curl, CURLOPT_CAINFO, r->service->cert_file);
}

static struct transfer transfer_of(const struct request *request)
{
    struct transfer t = {.request = request, .curl = curl_easy_init()};
    cr_assert_not_null(t.curl);
    take(&t.head, &t.head_len, "", 0);
    take(&t.body, &t.body_len, "", 0);
    address_set(&t);
    headers_set(&t);
    body_set(&t);
    curl_easy_setopt(t.curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt(t.curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t.curl, CURLOPT_PROXY, "");
    curl_easy_setopt(t.curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(t.curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(t.curl, CURLOPT_HEADERFUNCTION, on_head);
    /* libcurl 7.88 cannot use a connection of prior knowledge twice. */
    long alone = request->own_connection || request->protocol == HTTP2;
    curl_easy_setopt(t.curl, CURLOPT_FRESH_CONNECT, alone);
    curl_easy_setopt(t.curl, CURLOPT_FORBID_REUSE, alone);
    return t;
}

const char *answer_header(const struct answer *answer, const char *name)
{
    size_t len = strlen(name);
    for (const char *line = answer->headers; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
            const char *value = line + len + 1 + strspn(line + len + 1, " ");
            return text_of("%.*s", (int)strcspn(value, "\r\n"), value);
        }
    }
    return NULL;
}

static void problem_check(const struct request *r, const struct answer *a)
{
    const char *type = answer_header(a, "content-type"),
               *line = text_of("%s %s: %d %s", r->method ? r->method : "", r->path, a->status, a->body);
    cr_assert(type != NULL && strcmp(type, "application/problem+json") == 0, "%s (a problem, as %s)", line,
              type);
    cr_assert_null(client_mark_in(a->body), "%s (personal data)", line);
    cr_assert_null(client_mark_in(a->headers), "%s (personal data: %s)", line, a->headers);
    cr_assert(a->status != 405 || answer_header(a, "allow") != NULL, "%s (no Allow)", line);
    bool scope = a->status == 403 && strstr(a->body, "insufficient-scope") != NULL;
    cr_assert((a->status != 401 && !scope) || answer_header(a, "www-authenticate") != NULL,
              "%s (no WWW-Authenticate)", line);
    cr_assert((a->status != 429 && a->status != 503) || answer_header(a, "retry-after") != NULL,
              "%s (no Retry-After)", line);
    if (r->method != NULL && strcmp(r->method, "HEAD") == 0)
        return;
    const char *urn = json_string_value(json_object_get(a->json, "type"));
    cr_assert(urn != NULL && strncmp(urn, "urn:akkoord:problem:", 20) == 0, "%s (no type)", line);
    cr_assert_eq(json_integer_value(json_object_get(a->json, "status")), a->status, "%s (another status)",
                 line);
    cr_assert(json_is_string(json_object_get(a->json, "title")), "%s (no title)", line);
    cr_assert(json_string_length(json_object_get(a->json, "detail")) > 0, "%s (no detail)", line);
}

static void answer_check(const struct request *r, const struct answer *a)
{
    if (a->status == 0) {
        cr_assert(r->may_fail, "%s %s: no answer", r->method ? r->method : "", r->path);
        return;
    }
    if (r->foreign)
        return;
    if (a->status >= 400)
        problem_check(r, a);
    const char *cache = answer_header(a, "cache-control");
    bool policy = strncmp(r->path, "/v1/policy", 10) == 0 && a->status < 400 &&
                  (r->method == NULL || strcmp(r->method, "PUT") != 0);
    bool published = strncmp(r->path, "/v1/sites/", 10) == 0 && a->status < 400;
    if (strncmp(r->path, "/v1/", 4) == 0 && !policy && !published)
        cr_assert(cache != NULL && strcmp(cache, "no-store") == 0, "%s: Cache-Control: %s", r->path, cache);
}

static struct answer *answer_of(struct transfer *t, CURLcode failure)
{
    long status = 0, version = 0;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(t->curl, CURLINFO_HTTP_VERSION, &version);
    struct answer *a = calloc(1, sizeof *a);
    cr_assert(a != NULL);
    *a = (struct answer){
        .status = failure == CURLE_OK ? (int)status : 0,
        .http_version = version == CURL_HTTP_VERSION_2_0 ? 20 : 11,
        .headers = t->head,
        .body = t->body,
        .len = t->body_len,
        .json = json_loadb(t->body, t->body_len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL)};
    if (failure != CURLE_OK && !t->request->may_fail)
        cr_log_error("%s: %s", t->request->path, curl_easy_strerror(failure));
    answer_check(t->request, a);
    return a;
}

static CURLM *connections(void)
{
    static CURLM *multi;
    if (multi == NULL) {
        curl_global_init(CURL_GLOBAL_ALL);
        multi = curl_multi_init();
    }
    return multi;
}

static void run_until_done(CURLM *multi)
{
    int running = 1;
    while (running > 0) {
        cr_assert_eq(curl_multi_perform(multi, &running), CURLM_OK);
        if (running > 0)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
}

void client_send_all(const struct request *requests, size_t count, const struct answer *ret_answers[])
{
    CURLM *multi = connections();
    struct transfer *transfers = calloc(count, sizeof *transfers);
    cr_assert(transfers != NULL);
    for (size_t i = 0; i < count; i++) {
        transfers[i] = transfer_of(&requests[i]);
        curl_easy_setopt(transfers[i].curl, CURLOPT_WRITEDATA, &transfers[i]);
        curl_easy_setopt(transfers[i].curl, CURLOPT_HEADERDATA, &transfers[i]);
        curl_easy_setopt(transfers[i].curl, CURLOPT_PRIVATE, &transfers[i]);
        curl_multi_add_handle(multi, transfers[i].curl);
    }
    run_until_done(multi);
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left)) != NULL;) {
        struct transfer *t;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
        ret_answers[t - transfers] = answer_of(t, message->data.result);
    }
    for (size_t i = 0; i < count; i++) {
        curl_multi_remove_handle(multi, transfers[i].curl);
        curl_easy_cleanup(transfers[i].curl);
        curl_slist_free_all(transfers[i].headers);
    }
    free(transfers);
}

const struct answer *client_send(const struct request *request)
{
    const struct answer *answer;
    client_send_all(request, 1, &answer);
    return answer;
}
