/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* Takes the next item of a comma-separated list, without the spaces around it, and moves behind the comma. */
static bool item_take(const char **cursor, char *item, size_t size)
{
    const char *start = *cursor + strspn(*cursor, " ");
    size_t span = strcspn(start, ",");
    size_t len = span;
    while (len > 0 && start[len - 1] == ' ')
        len--;
    if (len == 0 || len >= size)
        return false;
    /* A comma with nothing behind it is a typing error: stay on it, so that it is not taken for the end. */
    bool last = start[span] == '\0';
    if (!last && start[span + 1 + strspn(start + span + 1, " ")] == '\0')
        return false;
    memcpy(item, start, len);
    item[len] = '\0';
    *cursor = start + span + (last ? 0 : 1);
    return true;
}

static bool number_parse(const char *text, unsigned long min, unsigned long max, unsigned long *ret_number)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[digits] != '\0')
        return false;
    unsigned long number = strtoul(text, NULL, 10);
    if (number < min || number > max)
        return false;
    *ret_number = number;
    return true;
}

static bool is_host_name(const char *host)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    return strlen(host) <= CONFIG_HOST_MAX && host[strspn(host, allowed)] == '\0';
}

/* Cuts ${item} into host and port in place. */
static bool address_cut(char *item, const char **ret_host, const char **ret_port)
{
    char *colon = strrchr(item, ':');
    unsigned char binary[16];
    if (colon == NULL)
        return false;
    *colon = '\0';
    *ret_port = colon + 1;
    if (item[0] == '[') {
        size_t len = strlen(item);
        if (item[len - 1] != ']')
            return false;
        item[len - 1] = '\0';
        *ret_host = item + 1;
        return inet_pton(AF_INET6, item + 1, binary) == 1;
    }
    *ret_host = strcmp(item, "*") == 0 ? "" : item;
    return is_host_name(*ret_host);
}

bool address_next(const char **cursor, struct address *ret_address)
{
    char item[CONFIG_HOST_MAX + 16];
    const char *at = *cursor, *host, *port;
    unsigned long number;
    if (!item_take(&at, item, sizeof item) || !address_cut(item, &host, &port) ||
        !number_parse(port, 1, UINT16_MAX, &number))
        return false;
    *ret_address = (struct address){.port = (uint16_t)number};
    memcpy(ret_address->host, host, strlen(host) + 1);
    *cursor = at;
    return true;
}

/* Whether the bits behind the prefix are zero: 10.0.0.1/8 is more likely a slip than meant. */
static bool network_is_whole(const struct network *n)
{
    size_t size = n->v6 ? 16 : 4;
    for (size_t bit = n->prefix; bit < size * 8; bit++) {
        if ((n->bytes[bit / 8] >> (7 - bit % 8) & 1) != 0)
            return false;
    }
    return true;
}

bool network_next(const char **cursor, struct network *ret_network)
{
    char item[INET6_ADDRSTRLEN + 8];
    const char *at = *cursor;
    if (!item_take(&at, item, sizeof item))
        return false;
    struct network n = {.v6 = strchr(item, ':') != NULL};
    unsigned long prefix = n.v6 ? 128 : 32;
    char *slash = strchr(item, '/');
    if (slash != NULL) {
        *slash = '\0';
        if (!number_parse(slash + 1, 0, prefix, &prefix))
            return false;
    }
    n.prefix = (uint8_t)prefix;
    if (inet_pton(n.v6 ? AF_INET6 : AF_INET, item, n.bytes) != 1 || !network_is_whole(&n))
        return false;
    *ret_network = n;
    *cursor = at;
    return true;
}
