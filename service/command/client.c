/* SPDX-License-Identifier: Apache-2.0 */
#include "command/client.h"

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
    URL_MAX = 16 << 10,
    KEY_MAX = 64,
    FAULT_MAX = 320
};

/* libcurl is loaded when a client is opened: with all it stands on, it would be half of the memory of a
 * filter that asks nobody, and of no use to the service. */
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

struct client {
    const struct client_options *options;
    CURL *curl;
    struct curl_slist *headers;
    struct buf url;
    struct buf token; /* as in the file, without what surrounds it */
    const char *method;
    char key[KEY_MAX]; /* of idempotency; "": none */
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

static size_t answer_take(char *bytes, size_t size, size_t count, void *answer)
{
    buf_append(answer, bytes, size * count);
    return buf_failed(answer) ? 0 : size * count;
}

struct client *client_open(const struct client_options *options, const char **ret_fault)
{
    *ret_fault = curl_load();
    if (*ret_fault != NULL)
        return NULL;

    *ret_fault = "out of memory";
    struct client *g = calloc(1, sizeof *g);
    if (g == NULL)
        return NULL;
    g->options = options;
    buf_init(&g->url, URL_MAX);
    buf_init(&g->token, TOKEN_MAX);
    g->curl = curl.easy_init();
    if (g->curl == NULL) {
        client_close(g);
        return NULL;
    }

    /* what all its requests have in common */
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

void client_close(struct client *g)
{
    if (g->curl != NULL)
        curl.easy_cleanup(g->curl);
    curl.slist_free_all(g->headers);
    file_wipe(&g->token);
    buf_free(&g->url);
    free(g);
}

const char *client_path(struct client *g, const char *path, const char *const parameters[])
{
    size_t len = strlen(g->options->url);
    while (len > 0 && g->options->url[len - 1] == '/')
        len--;
    buf_clear(&g->url);
    buf_append(&g->url, g->options->url, len);
    buf_text(&g->url, path);
    char before = '?';
    for (size_t i = 0; parameters[i] != NULL; i += 2) {
        char *escaped = parameters[i + 1] != NULL ? curl.easy_escape(g->curl, parameters[i + 1], 0) : NULL;
        if (escaped == NULL)
            continue;
        buf_printf(&g->url, "%c%s=%s", before, parameters[i], escaped);
        curl.free(escaped);
        before = '&';
    }
    buf_byte(&g->url, '\0');
    if (buf_failed(&g->url))
        return "the URL is too long";
    curl.easy_setopt(g->curl, CURLOPT_URL, g->url.data);
    return NULL;
}

/* ---- the token ---- */

static bool headers_make(struct client *g)
{
    char authorization[TOKEN_MAX + 64], media[64], key[KEY_MAX + 32];
    const struct client_options *o = g->options;
    snprintf(authorization, sizeof authorization, "Authorization: %.20s %.*s",
             o->scheme != NULL ? o->scheme : "Bearer", (int)g->token.len, g->token.data);
    snprintf(media, sizeof media, "Content-Type: %.40s",
             o->media != NULL ? o->media : "application/x-ndjson");
    curl.slist_free_all(g->headers);
    g->headers = curl.slist_append(NULL, media);
    struct curl_slist *more = curl.slist_append(g->headers, authorization);
    more =
        more != NULL ? curl.slist_append(more, "Expect:") : NULL; /* no second round trip for a large body */
    snprintf(key, sizeof key, "Idempotency-Key: %s", g->key);
    if (g->key[0] != '\0' && more != NULL)
        more = curl.slist_append(more, key);
    explicit_bzero(authorization, sizeof authorization);
    curl.easy_setopt(g->curl, CURLOPT_HTTPHEADER, g->headers);
    return more != NULL;
}

/* Returns NULL, or why there is no token to send. ${ret_new}: it is another than before. */
static const char *token_load(struct client *g, bool *ret_new)
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

bool client_key(struct client *g, const char *key)
{
    snprintf(g->key, sizeof g->key, "%s", key != NULL ? key : "");
    return g->token.len == 0 || headers_make(g);
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

static const char *name_of(const struct client *g)
{
    return g->options->name != NULL ? g->options->name : "the service";
}

/* What a problem says; never what it does not: another program's answer stays out of the message. */
static void problem_tell(struct client *g, long status, const struct buf *answer)
{
    struct reader r;
    reader_open(&r, answer->data, answer->len);
    struct node root = reader_root(&r);
    struct node detail = node_optional(&root, "detail"), title = node_optional(&root, "title");
    const char *text = node_kind(&detail) == NODE_STRING  ? node_string(&detail, 0, 200, NULL)
                       : node_kind(&title) == NODE_STRING ? node_string(&title, 0, 200, NULL)
                                                          : "";
    snprintf(g->fault, sizeof g->fault, "%.40s answers %ld%s%s", name_of(g), status,
             text[0] != '\0' ? ": " : "", text);
    reader_close(&r);
}

static enum outcome body_send(struct client *g, const char *body, size_t len, struct buf *answer)
{
    long status = 0;
    buf_clear(answer);
    if (body != NULL) {
        curl.easy_setopt(g->curl, CURLOPT_POSTFIELDS, body);
        curl.easy_setopt(g->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
    } else {
        curl.easy_setopt(g->curl, CURLOPT_HTTPGET, 1L);
    }
    curl.easy_setopt(g->curl, CURLOPT_CUSTOMREQUEST, g->method);
    curl.easy_setopt(g->curl, CURLOPT_WRITEDATA, answer);
    CURLcode code = curl.easy_perform(g->curl);
    if (code != CURLE_OK) {
        snprintf(g->fault, sizeof g->fault, "%.40s cannot be asked: %s", name_of(g),
                 curl.easy_strerror(code));
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

static const char *ask(struct client *g, const char *body, size_t len, struct buf *answer)
{
    int64_t until = clock_monotonic() + PATIENCE;
    int pause = PAUSE_FIRST_MS;
    bool fresh = true;
    if (g->token.len == 0 && token_load(g, &fresh) != NULL)
        return g->fault;
    for (;;) {
        enum outcome outcome = body_send(g, body, len, answer);
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

const char *client_post(struct client *g, const char *body, size_t len, struct buf *answer)
{
    g->method = "POST";
    return ask(g, body, len, answer);
}

const char *client_put(struct client *g, const char *body, size_t len, struct buf *answer)
{
    g->method = "PUT";
    return ask(g, body, len, answer);
}

const char *client_get(struct client *g, struct buf *answer)
{
    g->method = "GET";
    return ask(g, NULL, 0, answer);
}
