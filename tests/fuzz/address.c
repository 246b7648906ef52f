/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of addresses and networks: each step goes on, and what was read reads
 * the same when it is written out. */
#include "config/config.h"
#include "fuzz.h"

#include <arpa/inet.h>
#include <stdio.h>

static void address_stands(const struct address *a)
{
    char text[CONFIG_HOST_MAX + 16];
    bool v6 = strchr(a->host, ':') != NULL;
    REQUIRE(a->port != 0 && strlen(a->host) <= CONFIG_HOST_MAX);
    snprintf(text, sizeof text, v6 ? "[%s]:%u" : "%s:%u", a->host, a->port);
    const char *cursor = text;
    struct address again;
    REQUIRE(address_next(&cursor, &again) && *cursor == '\0');
    REQUIRE(again.port == a->port && strcmp(again.host, a->host) == 0);
}

static void network_stands(const struct network *n)
{
    char host[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 8];
    REQUIRE(n->prefix <= (n->v6 ? 128 : 32));
    REQUIRE(inet_ntop(n->v6 ? AF_INET6 : AF_INET, n->bytes, host, sizeof host) != NULL);
    snprintf(text, sizeof text, "%s/%u", host, n->prefix);
    const char *cursor = text;
    struct network again;
    REQUIRE(network_next(&cursor, &again) && *cursor == '\0');
    REQUIRE(again.v6 == n->v6 && again.prefix == n->prefix);
    REQUIRE(memcmp(again.bytes, n->bytes, sizeof again.bytes) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    REQUIRE(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    struct address a;
    const char *cursor = text, *before = text;
    for (; *cursor != '\0' && address_next(&cursor, &a); before = cursor) {
        REQUIRE(cursor > before && cursor <= text + size);
        address_stands(&a);
    }
    struct network n;
    for (cursor = before = text; *cursor != '\0' && network_next(&cursor, &n); before = cursor) {
        REQUIRE(cursor > before && cursor <= text + size);
        network_stands(&n);
    }
    free(text);
    return 0;
}
