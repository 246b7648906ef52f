/* SPDX-License-Identifier: Apache-2.0 */
#include "http/etag.h"

#include "base/hex.h"

#include <openssl/sha.h>
#include <string.h>

static bool list_take(h2o_iovec_t *list, char c)
{
    if (list->len == 0 || list->base[0] != c)
        return false;
    list->base++, list->len--;
    return true;
}

static void blanks_take(h2o_iovec_t *list)
{
    while (list_take(list, ' ') || list_take(list, '\t'))
        ;
}

bool etag_next(h2o_iovec_t *list, struct etag *ret_etag)
{
    blanks_take(list);
    ret_etag->is_weak = list_take(list, 'W');
    if (ret_etag->is_weak && !list_take(list, '/'))
        return false;
    ret_etag->text.base = list->base;
    const char *end = list_take(list, '"') ? memchr(list->base, '"', list->len) : NULL;
    if (end == NULL)
        return false;
    ret_etag->text.len = (size_t)(end + 1 - ret_etag->text.base);
    list->len -= (size_t)(end + 1 - list->base);
    list->base += end + 1 - list->base;
    blanks_take(list);
    return list->len == 0 || list_take(list, ',');
}

void etag_of_content(const char *bytes, size_t len, char text[ETAG_TEXT + 1])
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)bytes, len, hash);
    text[0] = '"';
    hex_write(hash, sizeof hash / 2, text + 1);
    memcpy(text + 1 + sizeof hash, "\"", 2);
}

bool etag_seen(const struct call *call, const char *etag)
{
    size_t len = strlen(etag);
    h2o_iovec_t list = call_header(call, "if-none-match");
    if (list.len == 1 && list.base[0] == '*')
        return true;
    /* A list of entity tags (RFC 9110, 13.1.2): the quotes keep one from being found within another. */
    for (size_t i = 0; i + len <= list.len; i++) {
        if (memcmp(list.base + i, etag, len) == 0)
            return true;
    }
    return false;
}

void call_answer_cacheable(struct call *call, const char *content_type, const char *cache_control,
                           struct buf *body)
{
    char etag[ETAG_TEXT + 1];
    struct buf own = *body; /* where body lives may go with the call */
    buf_init(body, 0);
    if (buf_failed(&own) || call->req == NULL) {
        buf_free(&own);
        call_problem(call, ERROR_INTERNAL, "The answer does not fit.", NULL);
        return;
    }
    etag_of_content(own.data, own.len, etag);
    call_set_header(call, "etag", etag);
    h2o_set_header(&call->req->pool, &call->req->res.headers, H2O_TOKEN_CACHE_CONTROL, cache_control,
                   strlen(cache_control), 1);
    if (etag_seen(call, etag))
        call_answer(call, 304, NULL, "", 0);
    else
        call_answer_buf(call, 200, content_type, &own);
    buf_free(&own);
}
