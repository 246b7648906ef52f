/* SPDX-License-Identifier: Apache-2.0 */
#include "http/idempotency.h"

#include "base/limits.h"
#include "domain/tag.h"

#include <string.h>

bool idempotency_key_parse(h2o_iovec_t field, h2o_iovec_t *ret_key)
{
    h2o_iovec_t key = field;
    if (key.len >= 2 && key.base[0] == '"' && key.base[key.len - 1] == '"')
        key.base++, key.len -= 2;
    for (size_t i = 0; i < key.len; i++) {
        if (key.base[i] <= 0x20 || key.base[i] >= 0x7f || key.base[i] == '"')
            return false;
    }
    if (key.len < 1 || key.len > IDEMPOTENCY_KEY_MAX)
        return false;
    *ret_key = key;
    return true;
}

bool idempotency_read(struct call *call, h2o_iovec_t *ret_key)
{
    h2o_iovec_t field = call_header(call, "idempotency-key"), key;
    if (field.base == NULL) {
        *ret_key = field;
        return true;
    }
    if (call_header_is_repeated(call, "idempotency-key") || !idempotency_key_parse(field, &key)) {
        call_problem(call, ERROR_BAD_REQUEST,
                     "Idempotency-Key is 1 to 255 printable characters, bare or quoted.", NULL);
        return false;
    }
    *ret_key = h2o_iovec_init(call_copy(call, key.base, key.len), key.len);
    return true;
}

/* ${head}, a NUL, and ${tail}. */
static void hash_two(struct call *call, struct tagger *tagger, const char *use, h2o_iovec_t head,
                     h2o_iovec_t tail, uint8_t ret_hash[KEY_HASH_SIZE])
{
    size_t len = head.len + 1 + tail.len;
    char *both = call_alloc(call, len);
    memcpy(both, head.base, head.len);
    memcpy(both + head.len + 1, tail.base, tail.len);
    tagger_hash(tagger, use, both, len, ret_hash);
}

static struct idempotency hashed(struct call *call, struct tagger *tagger, h2o_iovec_t key, h2o_iovec_t path,
                                 h2o_iovec_t body)
{
    struct idempotency kept = {.present = key.base != NULL};
    if (!kept.present)
        return kept;
    h2o_iovec_t client = h2o_iovec_init(call->claims.subject, strlen(call->claims.subject));
    hash_two(call, tagger, "idempotency key", client, key, kept.key_hash);
    h2o_iovec_t route =
        h2o_concat(&call->req->pool, call->req->method, h2o_iovec_init(H2O_STRLIT(" ")), path);
    hash_two(call, tagger, "idempotency body", route, body, kept.fingerprint);
    return kept;
}

struct idempotency idempotency_of(struct call *call, struct tagger *tagger, h2o_iovec_t key)
{
    return hashed(call, tagger, key, call->req->path, call_body(call));
}

struct idempotency idempotency_of_page(struct call *call, struct tagger *tagger, h2o_iovec_t key)
{
    h2o_iovec_t path = call->req->path;
    if (call->req->query_at < path.len)
        path.len = call->req->query_at;
    return hashed(call, tagger, key, path, h2o_iovec_init(H2O_STRLIT("")));
}
