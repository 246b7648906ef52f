/* SPDX-License-Identifier: Apache-2.0 */
/* Header fields that proxies write, and strangers: nobody is believed but a trusted proxy, and what a
 * stranger writes before what the first trusted proxy adds changes nothing. */
#include "net/client_address.h"
#include "fuzz.h"

#include <arpa/inet.h>

enum { FIELDS_MAX = 8, STRANGER = 0xc6336407 /* 198.51.100.7 */ };

static struct sockaddr_storage peer;

static socklen_t peer_give(h2o_conn_t *conn, struct sockaddr *ret_address)
{
    (void)conn;
    memcpy(ret_address, &peer, sizeof peer);
    return sizeof peer;
}

static struct sockaddr_storage v4(uint32_t address)
{
    struct sockaddr_storage s = {0};
    *(struct sockaddr_in *)&s =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    return s;
}

/* Each line of ${data} is a field's value, in memory of its own so that a byte read behind it is seen. */
static size_t fields_make(const char *name, const char *data, size_t size, h2o_header_t *fields)
{
    static h2o_iovec_t by_text;
    const h2o_token_t *token = h2o_lookup_token(name, strlen(name));
    by_text = h2o_iovec_init(name, strlen(name));
    size_t count = 0;
    for (const char *at = data, *end = data + size; count < FIELDS_MAX && at < end; count++) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((line != NULL ? line : end) - at);
        char *value = malloc(len);
        REQUIRE(value != NULL || len == 0);
        if (len > 0)
            memcpy(value, at, len);
        fields[count] = (h2o_header_t){.name = token != NULL ? (h2o_iovec_t *)&token->buf : &by_text,
                                       .value = h2o_iovec_init(value, len)};
        at += len + 1;
    }
    return count;
}

/* What a stranger who writes their field first makes of it. */
static void stranger_adds(const char *name, h2o_header_t *first)
{
    const char *hop = strcmp(name, "forwarded") == 0 ? "for=198.51.100.7," : "198.51.100.7,";
    size_t len = strlen(hop) + first->value.len;
    char *value = malloc(len);
    REQUIRE(value != NULL);
    memcpy(value, hop, strlen(hop));
    if (first->value.len > 0)
        memcpy(value + strlen(hop), first->value.base, first->value.len);
    free(first->value.base);
    first->value = h2o_iovec_init(value, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct networks *networks;
    static const h2o_conn_callbacks_t callbacks = {.get_peername = peer_give};
    if (networks == NULL)
        networks = networks_create("127.0.0.0/8,10.0.0.0/8,fd00::/8");
    if (size < 2)
        return 0;
    bool trusted = data[0] & 1;
    const char *name = data[0] & 2 ? "forwarded" : "x-forwarded-for";
    h2o_header_t fields[FIELDS_MAX];
    h2o_conn_t conn = {.callbacks = &callbacks};
    h2o_req_t req = {.conn = &conn};
    struct sockaddr_storage origin, again, stranger = v4(STRANGER);
    peer = v4(trusted ? INADDR_LOOPBACK : STRANGER + 1);
    size_t count = fields_make(name, (const char *)data + 1, size - 1, fields);
    req.headers.entries = fields;
    req.headers.size = req.headers.capacity = count;
    client_address_of(networks, &req, &origin);
    REQUIRE(origin.ss_family == AF_INET || origin.ss_family == AF_INET6);
    REQUIRE(trusted || memcmp(&origin, &peer, sizeof peer) == 0);
    stranger_adds(name, &fields[0]);
    client_address_of(networks, &req, &again);
    REQUIRE(memcmp(&origin, &again, sizeof origin) == 0 ||
            (networks_trust(networks, (struct sockaddr *)&origin) &&
             memcmp(&again, &stranger, sizeof again) == 0));
    for (size_t i = 0; i < count; i++)
        free(fields[i].value.base);
    return 0;
}
