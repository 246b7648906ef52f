/* SPDX-License-Identifier: Apache-2.0 */
#include "command/mask_gate.h"

#include "base/clock.h"
#include "base/file.h"
#include "wire/reader.h"

#define CURL_DISABLE_TYPECHECK /* its functions are called through pointers */
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PATIENCE (60 * SECOND) /* a service that is restarted, or its database, is back by then */
enum {
    REQUEST_TIMEOUT_MS = 70000, /* what a batch may take there, and the way */
    CONNECT_MS = 5000,
    PAUSE_FIRST_MS = 100,
    PAUSE_MAX_MS = 5000,
    TOKEN_MAX = 8192,
    FAULT_MAX = 320
};

/* libcurl is loaded when a gate is opened: with all it stands on, it would be half of the memory of a filter
 * that asks nobody, and of no use to the service. */
#define CURL_LIBRARY "libcurl.so.4"
#define CURL_FUNCTIONS(X)                                                                                    \
    X(easy_init)                                                                                             \
    X(easy_cleanup)                                                                                          \
    X(easy_setopt)                                                                                           \
    X(easy_getinfo)                                                                                          \
    X(easy_perform)                                                                                          \
    X(easy_escape)                                                                                           \
    X(easy_strerror)                                                                                         \
    X(free)                                                                                                  \
    X(slist_append)                                                                                          \
    X(slist_free_all)

#define CURL_FUNCTION(name) __typeof__(&curl_##name) name;
static struct {
    CURL_FUNCTIONS(CURL_FUNCTION)
} curl;
#undef CURL_FUNCTION

struct mask_gate {
    const struct mask_gate_options *options;
    CURL *curl;
    struct curl_slist *headers;
    struct buf url;
    struct buf token; /* as in the file, without what surrounds it */
    char fault[FAULT_MAX];
};

/* Returns NULL, or why there is none. */
static const char *curl_load(void)
{
    void *library = dlopen(CURL_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return dlerror();
#define CURL_FIND(name) *(void **)&curl.name = dlsym(library, "curl_" #name);
    CURL_FUNCTIONS(CURL_FIND)
#undef CURL_FIND
#define CURL_MISSES(name) || curl.name == NULL
    return false CURL_FUNCTIONS(CURL_MISSES) ? CURL_LIBRARY " lacks a function" : NULL;
#undef CURL_MISSES
}

static void parameter_write(struct mask_gate *g, const char *name, const char *value)
{
    char *escaped = value != NULL ? curl.easy_escape(g->curl, value, 0) : NULL;
    if (escaped != NULL)
        buf_printf(&g->url, "%s=%s&", name, escaped);
    curl.free(escaped);
}

static void url_write(struct mask_gate *g)
{
    const struct mask_gate_options *o = g->options;
    size_t len = strlen(o->url);
    while (len > 0 && o->url[len - 1] == '/')
        len--;
    buf_append(&g->url, o->url, len);
    buf_text(&g->url, "/v1/analytics/filter?");
    parameter_write(g, "purpose", o->purpose);
    parameter_write(g, "visitor", o->visitor);
    parameter_write(g, "refused", o->refused);
    parameter_write(g, "keep", o->keep);
    if (!buf_failed(&g->url))
        g->url.data[g->url.len - 1] = '\0'; /* the last separator */
}

static size_t answer_take(char *bytes, size_t size, size_t count, void *answer)
{
    buf_append(answer, bytes, size * count);
    return buf_failed(answer) ? 0 : size * count;
}

struct mask_gate *mask_gate_open(const struct mask_gate_options *options, const char **ret_fault)
{
    *ret_fault = curl_load();
    if (*ret_fault != NULL)
        return NULL;

    /* the gate itself */
    *ret_fault = "out of memory";
    struct mask_gate *g = calloc(1, sizeof *g);
    if (g == NULL)
        return NULL;
    g->options = options;
    buf_init(&g->url, 16 << 10);
    buf_init(&g->token, TOKEN_MAX);
    g->curl = curl.easy_init();
    if (g->curl != NULL)
        url_write(g);
    if (g->curl == NULL || buf_failed(&g->url)) {
        mask_gate_close(g);
        return NULL;
    }

    /* what all its requests have in common */
    curl.easy_setopt(g->curl, CURLOPT_URL, g->url.data);
    curl.easy_setopt(g->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl.easy_setopt(g->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl.easy_setopt(g->curl, CURLOPT_NOSIGNAL, 1L);
    curl.easy_setopt(g->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl.easy_setopt(g->curl, CURLOPT_TIMEOUT_MS, (long)REQUEST_TIMEOUT_MS);
    curl.easy_setopt(g->curl, CURLOPT_WRITEFUNCTION, answer_take);
    if (options->ca_file != NULL)
        curl.easy_setopt(g->curl, CURLOPT_CAINFO, options->ca_file);
    return g;
}

void mask_gate_close(struct mask_gate *g)
{
    if (g->curl != NULL)
        curl.easy_cleanup(g->curl);
    curl.slist_free_all(g->headers);
    file_wipe(&g->token);
    buf_free(&g->url);
    free(g);
}

/* ---- the token ---- */

static bool headers_make(struct mask_gate *g)
{
    char authorization[TOKEN_MAX + 32];
    snprintf(authorization, sizeof authorization, "Authorization: Bearer %.*s", (int)g->token.len,
             g->token.data);
    curl.slist_free_all(g->headers);
    g->headers = curl.slist_append(NULL, "Content-Type: application/x-ndjson");
    struct curl_slist *more = curl.slist_append(g->headers, authorization);
    more =
        more != NULL ? curl.slist_append(more, "Expect:") : NULL; /* no second round trip for a large body */
    explicit_bzero(authorization, sizeof authorization);
    curl.easy_setopt(g->curl, CURLOPT_HTTPHEADER, g->headers);
    return more != NULL;
}

/* Returns NULL, or why there is no token to send. ${ret_new}: it is another than before. */
static const char *token_load(struct mask_gate *g, bool *ret_new)
{
    struct buf read;
    buf_init(&read, TOKEN_MAX);
    const char *fault = file_read_word(g->options->token_file, &read);
    *ret_new = read.len != g->token.len || (read.len > 0 && memcmp(read.data, g->token.data, read.len) != 0);
    file_wipe(&g->token);
    g->token = read;
    if (fault != NULL)
        snprintf(g->fault, sizeof g->fault, "cannot read the token file: %s", fault);
    else if (headers_make(g))
        return NULL;
    else
        snprintf(g->fault, sizeof g->fault, "out of memory");
    return g->fault;
}

/* ---- asking ---- */

enum outcome { PASSED, REFUSED, TOKEN_REFUSED, AWAY };

static enum outcome status_judge(long status)
{
    switch (status) {
    case 200:
        return PASSED;
    case 401:
        return TOKEN_REFUSED;
    case 429:
    case 502:
    case 503:
    case 504:
        return AWAY;
    default:
        return REFUSED;
    }
}

/* What a problem says; never what it does not: another program's answer stays out of the message. */
static void problem_tell(struct mask_gate *g, long status, const struct buf *answer)
{
    struct reader r;
    reader_open(&r, answer->data, answer->len);
    struct node root = reader_root(&r);
    struct node detail = node_optional(&root, "detail"), title = node_optional(&root, "title");
    const char *text = node_kind(&detail) == NODE_STRING  ? node_string(&detail, 0, 200, NULL)
                       : node_kind(&title) == NODE_STRING ? node_string(&title, 0, 200, NULL)
                                                          : "";
    snprintf(g->fault, sizeof g->fault, "the service answers %ld%s%s", status, text[0] != '\0' ? ": " : "",
             text);
    reader_close(&r);
}

static enum outcome lines_send(struct mask_gate *g, const char *lines, size_t len, struct buf *answer)
{
    long status = 0;
    buf_clear(answer);
    curl.easy_setopt(g->curl, CURLOPT_POSTFIELDS, lines);
    curl.easy_setopt(g->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
    curl.easy_setopt(g->curl, CURLOPT_WRITEDATA, answer);
    CURLcode code = curl.easy_perform(g->curl);
    if (code != CURLE_OK) {
        snprintf(g->fault, sizeof g->fault, "the service cannot be asked: %s", curl.easy_strerror(code));
        bool never = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ||
                     code == CURLE_WRITE_ERROR || code == CURLE_PEER_FAILED_VERIFICATION ||
                     code == CURLE_SSL_CACERT_BADFILE;
        return never ? REFUSED : AWAY;
    }
    curl.easy_getinfo(g->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
        problem_tell(g, status, answer);
    return status_judge(status);
}

static int pause_take(int ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
    return 2 * ms < PAUSE_MAX_MS ? 2 * ms : PAUSE_MAX_MS;
}

const char *mask_gate_pass(struct mask_gate *g, const char *lines, size_t len, struct buf *answer)
{
    int64_t until = clock_monotonic() + PATIENCE;
    int pause = PAUSE_FIRST_MS;
    bool fresh = true;
    if (g->token.len == 0 && token_load(g, &fresh) != NULL)
        return g->fault;
    for (;;) {
        enum outcome outcome = lines_send(g, lines, len, answer);
        if (outcome == PASSED)
            return NULL;
        if (outcome == REFUSED || (outcome == AWAY && clock_monotonic() >= until))
            return g->fault;
        if (outcome == AWAY) {
            pause = pause_take(pause);
            continue;
        }
        char refusal[FAULT_MAX];
        memcpy(refusal, g->fault, sizeof refusal);
        if (token_load(g, &fresh) != NULL)
            return g->fault;
        if (!fresh) {
            memcpy(g->fault, refusal, sizeof refusal);
            return g->fault;
        }
    }
}
