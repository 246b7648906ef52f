/* SPDX-License-Identifier: Apache-2.0 */
#include "http/rate_limit.h"

#include "base/hash.h"
#include "base/limits.h"
#include "net/client_address.h"
#include "net/networks.h"
#include "net/token_bucket.h"

#include <stdlib.h>
#include <string.h>

enum { CLIENT_WINDOW = 86400, ADDRESS_WINDOW = 60 /* seconds */, FIELD_MAX = 64 /* bytes */ };

/* One kind of budget. */
struct rate_limit {
    struct token_buckets *buckets; /* NULL: no limit */
    const char *name;
    char policy[FIELD_MAX]; /* RateLimit-Policy */
    size_t policy_len;
};

struct rate_limits {
    struct hash_key key;
    struct rate_limit clients, addresses;
};

static void rate_limit_init(struct rate_limit *a, const char *name, size_t places, uint64_t limit, int window)
{
    if (limit == 0)
        return;
    a->name = name;
    a->buckets = token_buckets_create(places, limit, window * SECOND);
    if (a->buckets == NULL)
        abort();
    a->policy_len = (size_t)snprintf(a->policy, sizeof a->policy, "\"%s\";q=%llu;w=%d", name,
                                     (unsigned long long)limit, window);
}

struct rate_limits *rate_limits_create(uint64_t client_limit, uint64_t address_limit)
{
    struct rate_limits *all = calloc(1, sizeof *all);
    if (all == NULL)
        abort();
    all->key = hash_key_make();
    rate_limit_init(&all->clients, "client", BUCKET_CLIENTS_MAX, client_limit, CLIENT_WINDOW);
    rate_limit_init(&all->addresses, "address", BUCKET_ADDRESSES_MAX, address_limit, ADDRESS_WINDOW);
    return all;
}

/* ---- header fields ---- */

static void field_add(h2o_req_t *req, const char *name, size_t name_len, const char *value, size_t len)
{
    h2o_add_header_by_str(&req->pool, &req->res.headers, name, name_len, 0, NULL, value, len);
}

static char *text_put(char *to, const char *text)
{
    size_t len = strlen(text);
    memcpy(to, text, len);
    return to + len;
}

static char *number_put(char *to, uint64_t number)
{
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
    } while ((number /= 10) != 0);
    while (count > 0)
        *to++ = digits[--count];
    return to;
}

/* How far ${number} is rounded: to its 8 leading bits. A field that changes with every answer would push all
 * others out of the connection's HPACK table (measured: 3 % of a check). */
static uint64_t grain_of(uint64_t number)
{
    int bits = 64 - __builtin_clzll(number | 1);
    return bits > 8 ? UINT64_C(1) << (bits - 8) : 1;
}

/* By hand: it is written with every answer. What is left is rounded down, the time up. */
static void fields_add(h2o_req_t *req, const struct rate_limit *a, const struct token_bucket_state *state)
{
    char *text = h2o_mem_alloc_pool(&req->pool, FIELD_MAX), *to = text;
    uint64_t full_in = (uint64_t)((state->full_in + SECOND - 1) / SECOND), grain = grain_of(full_in);
    *to++ = '"';
    to = text_put(to, a->name);
    to = text_put(to, "\";r=");
    to = number_put(to, state->left - state->left % grain_of(state->left));
    to = text_put(to, ";t=");
    to = number_put(to, (full_in + grain - 1) / grain * grain);
    field_add(req, H2O_STRLIT("ratelimit-policy"), a->policy, a->policy_len);
    field_add(req, H2O_STRLIT("ratelimit"), text, (size_t)(to - text));
    if (state->retry_in > 0) {
        char *seconds = h2o_mem_alloc_pool(&req->pool, FIELD_MAX);
        char *end = number_put(seconds, (uint64_t)((state->retry_in + SECOND - 1) / SECOND));
        h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_RETRY_AFTER, NULL, seconds,
                       (size_t)(end - seconds));
    }
}

/* ---- whose ---- */

static uint64_t client_owner(const struct rate_limits *all, const struct claims *claims)
{
    char text[sizeof claims->controller + sizeof claims->subject];
    size_t controller_len = strlen(claims->controller) + 1, subject_len = strlen(claims->subject);
    memcpy(text, claims->controller, controller_len);
    memcpy(text + controller_len, claims->subject, subject_len);
    return hash_keyed(&all->key, text, controller_len + subject_len);
}

static uint64_t address_owner(const struct worker *worker, const h2o_req_t *req)
{
    struct sockaddr_storage address;
    client_address_of(worker->networks, req, &address);
    return networks_owner(worker->networks, (const struct sockaddr *)&address);
}

static bool rate_limit_take(const struct rate_limit *a, h2o_req_t *req, uint64_t owner, size_t amount)
{
    struct token_bucket_state state;
    bool taken = token_buckets_take(a->buckets, owner, amount, clock_monotonic(), &state);
    fields_add(req, a, &state);
    return taken;
}

const char rate_limit_client_spent[] =
    "This client has asked and recorded what it may in a day. Retry-After tells when it may again.";

bool rate_limit_client(struct worker *worker, h2o_req_t *req, const struct claims *claims, size_t amount)
{
    const struct rate_limits *all = worker->rate_limits;
    return all->clients.buckets == NULL ||
           rate_limit_take(&all->clients, req, client_owner(all, claims), amount);
}

bool rate_limit_address(struct worker *worker, h2o_req_t *req)
{
    const struct rate_limits *all = worker->rate_limits;
    return all->addresses.buckets == NULL ||
           rate_limit_take(&all->addresses, req, address_owner(worker, req), 1);
}

bool rate_limit_address_take(struct worker *worker, const h2o_req_t *req)
{
    struct token_buckets *buckets = worker->rate_limits->addresses.buckets;
    struct token_bucket_state state;
    return buckets == NULL ||
           token_buckets_take(buckets, address_owner(worker, req), 1, clock_monotonic(), &state);
}

bool rate_limit_address_is_spent(struct worker *worker, const h2o_req_t *req)
{
    struct token_buckets *buckets = worker->rate_limits->addresses.buckets;
    struct token_bucket_state state;
    if (buckets == NULL)
        return false;
    token_buckets_take(buckets, address_owner(worker, req), 0, clock_monotonic(), &state);
    return state.left == 0;
}
