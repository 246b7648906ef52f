/* SPDX-License-Identifier: Apache-2.0 */
#include "chore/transfer.h"

#include "base/list.h"
#include "chore/curl_library.h"
#include "chore/webhook_address.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { HEADER_TEXT_MAX = 512, ERROR_FD_NONE = -1 };

struct transfers {
    CURLM *multi;
    const struct networks *allow;
    size_t running;
    struct list idle; /* transfers to be used again */
    struct list busy;
};

/* One request and what comes of it. */
struct transfer {
    struct list link;
    struct transfers *all;
    CURL *easy;
    struct curl_slist *headers;
    char *body;
    void *cookie;
    bool is_clear;
    bool address_refused; /* one of its addresses was */
    bool is_cut;          /* it answered more than is read */
    size_t header_bytes, answer_bytes;
};

struct transfers *transfers_create(const struct networks *allow, const char **ret_fault)
{
    struct transfers *all = calloc(1, sizeof *all);
    *ret_fault = all == NULL ? "memory ran out" : curl_load();
    if (*ret_fault == NULL && (all->multi = curl.multi_init()) == NULL)
        *ret_fault = "libcurl does not start";
    if (*ret_fault != NULL) {
        free(all);
        return NULL;
    }
    all->allow = allow;
    list_init(&all->idle);
    list_init(&all->busy);
    curl.multi_setopt(all->multi, CURLMOPT_MAXCONNECTS, (long)TRANSFERS_IDLE_MAX);
    return all;
}

static void transfer_free(struct transfer *t)
{
    curl.slist_free_all(t->headers);
    curl.easy_cleanup(t->easy);
    free(t->body);
    free(t);
}

void transfers_destroy(struct transfers *all)
{
    if (all == NULL)
        return;
    while (!list_empty(&all->busy)) {
        struct transfer *t = list_entry(list_shift(&all->busy), struct transfer, link);
        curl.multi_remove_handle(all->multi, t->easy);
        transfer_free(t);
    }
    while (!list_empty(&all->idle))
        transfer_free(list_entry(list_shift(&all->idle), struct transfer, link));
    curl.multi_cleanup(all->multi);
    free(all);
}

/* ---- what libcurl asks ---- */

/* Where each connection is made, whatever name or redirect led there. */
static curl_socket_t socket_open(void *cookie, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *t = cookie;
    (void)purpose;
    if (!webhook_address_allowed(t->all->allow, &address->addr, t->is_clear)) {
        t->address_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* What is not all taken ends the transfer. */
static size_t answer_take(char *bytes, size_t size, size_t count, void *cookie)
{
    struct transfer *t = cookie;
    (void)bytes;
    t->answer_bytes += size * count;
    t->is_cut = t->answer_bytes > TRANSFER_ANSWER_MAX;
    return t->is_cut ? 0 : size * count;
}

static size_t header_take(char *bytes, size_t size, size_t count, void *cookie)
{
    struct transfer *t = cookie;
    (void)bytes;
    t->header_bytes += size * count;
    return t->header_bytes > TRANSFER_ANSWER_MAX ? 0 : size * count;
}

/* ---- start ---- */

static struct transfer *transfer_take(struct transfers *all)
{
    if (!list_empty(&all->idle))
        return list_entry(list_shift(&all->idle), struct transfer, link);
    struct transfer *t = calloc(1, sizeof *t);
    if (t == NULL || (t->easy = curl.easy_init()) == NULL) {
        free(t);
        return NULL;
    }
    t->all = all;
    return t;
}

/* Returns false when memory ran out. */
static bool header_add(struct transfer *t, const char *text)
{
    struct curl_slist *longer = curl.slist_append(t->headers, text);
    t->headers = longer != NULL ? longer : t->headers;
    return longer != NULL;
}

static bool headers_make(struct transfer *t, const struct transfer_request *request)
{
    char id[HEADER_TEXT_MAX], timestamp[HEADER_TEXT_MAX], signature[HEADER_TEXT_MAX];
    snprintf(id, sizeof id, "webhook-id: %s", request->id);
    snprintf(timestamp, sizeof timestamp, "webhook-timestamp: %" PRId64, request->timestamp);
    snprintf(signature, sizeof signature, "webhook-signature: %s", request->signature);
    return header_add(t, "content-type: application/json") && header_add(t, "accept:") &&
           header_add(t, "expect:") && header_add(t, id) && header_add(t, timestamp) &&
           header_add(t, signature);
}

static void options_set(struct transfer *t, const struct transfer_request *request)
{
    CURL *easy = t->easy;
    const char *ca_file = getenv("SSL_CERT_FILE"); /* OpenSSL's own word for it */

    /* what is sent */
    curl.easy_setopt(easy, CURLOPT_URL, request->url);
    curl.easy_setopt(easy, CURLOPT_POST, 1L);
    curl.easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->len);
    curl.easy_setopt(easy, CURLOPT_POSTFIELDS, t->body);
    curl.easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
    curl.easy_setopt(easy, CURLOPT_USERAGENT, "akkoord");

    /* to whom: nobody but the address that the policy named, and the operator allows */
    curl.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl.easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl.easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl.easy_setopt(easy, CURLOPT_PROXY, "");
    curl.easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, socket_open);
    curl.easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
    if (ca_file != NULL)
        curl.easy_setopt(easy, CURLOPT_CAINFO, ca_file);

    /* how long, and how much */
    curl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)TRANSFER_CONNECT_MS);
    curl.easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)TRANSFER_MS);
    curl.easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, answer_take);
    curl.easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl.easy_setopt(easy, CURLOPT_HEADERFUNCTION, header_take);
    curl.easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl.easy_setopt(easy, CURLOPT_PRIVATE, t);
}

/* Ready for the next. */
static void transfer_clear(struct transfer *t)
{
    curl.easy_reset(t->easy);
    curl.slist_free_all(t->headers);
    free(t->body);
    *t = (struct transfer){.all = t->all, .easy = t->easy};
    list_append(&t->all->idle, &t->link);
}

int transfer_start(struct transfers *all, const struct transfer_request *request)
{
    struct transfer *t = transfer_take(all);
    if (t == NULL)
        return -1;
    t->cookie = request->cookie;
    t->is_clear = strncmp(request->url, "https://", 8) != 0;
    t->body = malloc(request->len + 1);
    if (t->body != NULL)
        memcpy(t->body, request->body, request->len);
    if (t->body == NULL || !headers_make(t, request)) {
        transfer_clear(t);
        return -1;
    }
    options_set(t, request);
    if (curl.multi_add_handle(all->multi, t->easy) != CURLM_OK) {
        transfer_clear(t);
        return -1;
    }
    list_append(&all->busy, &t->link);
    all->running++;
    return 0;
}

/* ---- end ---- */

void transfers_wait(struct transfers *all, int wake_fd, int timeout_ms)
{
    struct curl_waitfd wake = {.fd = wake_fd, .events = CURL_WAIT_POLLIN};
    int running;
    curl.multi_poll(all->multi, &wake, wake_fd != ERROR_FD_NONE ? 1 : 0, timeout_ms, NULL);
    curl.multi_perform(all->multi, &running);
}

static enum delivery_fault fault_of(const struct transfer *t, CURLcode code, long status)
{
    if (code == CURLE_OK || t->is_cut)
        return status >= 200 && status < 300   ? DELIVERY_FAULT_NONE
               : status >= 300 && status < 400 ? DELIVERY_FAULT_REDIRECT
                                               : DELIVERY_FAULT_STATUS;
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return DELIVERY_FAULT_RESOLVE;
    case CURLE_COULDNT_CONNECT:
        return t->address_refused ? DELIVERY_FAULT_ADDRESS : DELIVERY_FAULT_CONNECT;
    case CURLE_OPERATION_TIMEDOUT:
        return DELIVERY_FAULT_TIMEOUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
        return DELIVERY_FAULT_TLS;
    case CURLE_OUT_OF_MEMORY:
        return DELIVERY_FAULT_MEMORY;
    default:
        return DELIVERY_FAULT_ANSWER;
    }
}

bool transfers_next(struct transfers *all, struct transfer_result *ret_result)
{
    int left;
    CURLMsg *message;
    do
        message = curl.multi_info_read(all->multi, &left);
    while (message != NULL && message->msg != CURLMSG_DONE);
    if (message == NULL)
        return false;

    struct transfer *t = NULL;
    CURLcode code = message->data.result;
    long status = 0;
    curl_off_t retry_after = 0;
    curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
    curl.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl.easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_after);
    *ret_result = (struct transfer_result){.cookie = t->cookie,
                                           .http_status = (int)status,
                                           .fault = fault_of(t, code, status),
                                           .retry_after = retry_after > 0 ? retry_after : 0};
    if (ret_result->fault != DELIVERY_FAULT_NONE && ret_result->fault != DELIVERY_FAULT_STATUS &&
        ret_result->fault != DELIVERY_FAULT_REDIRECT)
        ret_result->http_status = 0; /* of an answer that was cut short nothing is believed */
    curl.multi_remove_handle(all->multi, t->easy);
    list_remove(&t->link);
    all->running--;
    transfer_clear(t);
    return true;
}

size_t transfers_running(const struct transfers *all)
{
    return all->running;
}
