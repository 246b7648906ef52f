/* SPDX-License-Identifier: Apache-2.0 */
#include "net/client_address.h"

#include <arpa/inet.h>
#include <string.h>

enum { HOPS_MAX = 16 }; /* proxies in a row; those before are not looked at */

/* The last hops that the header fields name, the newest last. */
struct hops {
    h2o_iovec_t at[HOPS_MAX];
    size_t count; /* of all */
};

static h2o_iovec_t trim(h2o_iovec_t text)
{
    while (text.len > 0 && (text.base[0] == ' ' || text.base[0] == '\t'))
        text.base++, text.len--;
    while (text.len > 0 && (text.base[text.len - 1] == ' ' || text.base[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* Takes what stands before the next ${separator} that is not inside of quotes. */
static bool part_take(h2o_iovec_t *rest, char separator, h2o_iovec_t *ret_part)
{
    if (rest->len == 0)
        return false;
    size_t len = 0;
    for (bool quoted = false; len < rest->len && (quoted || rest->base[len] != separator); len++)
        quoted ^= rest->base[len] == '"';
    *ret_part = trim(h2o_iovec_init(rest->base, len));
    size_t step = len < rest->len ? len + 1 : len;
    rest->base += step;
    rest->len -= step;
    return true;
}

static void hop_add(struct hops *hops, h2o_iovec_t hop)
{
    hops->at[hops->count++ % HOPS_MAX] = hop;
}

/* One element of `Forwarded`: pairs, of which "for" counts. One without it is a hop nobody knows. */
static h2o_iovec_t for_of(h2o_iovec_t element)
{
    h2o_iovec_t pair;
    while (part_take(&element, ';', &pair)) {
        if (pair.len > 4 && strncasecmp(pair.base, "for=", 4) == 0)
            return h2o_iovec_init(pair.base + 4, pair.len - 4);
    }
    return h2o_iovec_init("", 0);
}

static bool hops_read(const h2o_req_t *req, const char *name, struct hops *hops)
{
    bool is_forwarded = strcmp(name, "forwarded") == 0;
    const h2o_token_t *token = h2o_lookup_token(name, strlen(name));
    hops->count = 0;
    for (size_t i = 0; i < req->headers.size; i++) {
        const h2o_header_t *field = &req->headers.entries[i];
        h2o_iovec_t rest = field->value, element;
        if (token != NULL ? field->name != &token->buf
                          : !h2o_memis(field->name->base, field->name->len, name, strlen(name)))
            continue;
        while (part_take(&rest, ',', &element))
            hop_add(hops, is_forwarded ? for_of(element) : element);
    }
    return hops->count > 0;
}

/* `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`, in quotes or not. */
static bool address_read(h2o_iovec_t hop, struct sockaddr_storage *ret_address)
{
    char text[INET6_ADDRSTRLEN + 16];
    if (hop.len >= 2 && hop.base[0] == '"' && hop.base[hop.len - 1] == '"')
        hop.base++, hop.len -= 2;
    if (hop.len == 0 || hop.len >= sizeof text)
        return false;
    memcpy(text, hop.base, hop.len);
    text[hop.len] = '\0';
    char *host = text, *colon = strchr(text, ':'), *bracket = strchr(text, ']');
    if (text[0] == '[' && bracket != NULL) {
        host = text + 1;
        *bracket = '\0';
    } else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
        *colon = '\0';
    }
    struct sockaddr_storage address = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1)
        v4->sin_family = AF_INET;
    else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1)
        v6->sin6_family = AF_INET6;
    else
        return false;
    *ret_address = address;
    return true;
}

/* Walks from ${peer} back to whom a field names, past those who are trusted proxies. False where the field is
 * not there. */
static bool client_address_told(const struct networks *networks, const h2o_req_t *req, const char *field,
                                const struct sockaddr_storage *peer, struct sockaddr_storage *ret_address)
{
    struct hops hops;
    if (!hops_read(req, field, &hops))
        return false;
    *ret_address = *peer;
    size_t first = hops.count > HOPS_MAX ? hops.count - HOPS_MAX : 0;
    for (size_t i = hops.count; i > first; i--) {
        if (!address_read(hops.at[(i - 1) % HOPS_MAX], ret_address) ||
            !networks_trust(networks, (struct sockaddr *)ret_address))
            break;
    }
    return true;
}

void client_address_of(const struct networks *networks, const h2o_req_t *req,
                       struct sockaddr_storage *ret_address)
{
    struct sockaddr_storage peer = {0}, one, other;
    req->conn->callbacks->get_peername(req->conn, (struct sockaddr *)&peer);
    *ret_address = peer;
    if (!networks_trust(networks, (struct sockaddr *)&peer))
        return;
    bool by_one = client_address_told(networks, req, "forwarded", &peer, &one);
    bool by_other = client_address_told(networks, req, "x-forwarded-for", &peer, &other);
    if (by_one && by_other && memcmp(&one, &other, sizeof one) != 0)
        return;
    if (by_one || by_other)
        *ret_address = by_one ? one : other;
}
