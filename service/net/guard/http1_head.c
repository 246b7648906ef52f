/* SPDX-License-Identifier: Apache-2.0 */
#include "net/guard/http1_head.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <h2o.h>
#include <string.h>

/* ---- hosts ---- */

/* Of a name or an IPv4 address: what RFC 3986, 3.2.2 calls reg-name. */
static bool is_host_char(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr("-._~%!$&'()*+,;=", c) != NULL);
}

static bool is_ipv6(const char *text, size_t len)
{
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr ignored;
    if (len >= sizeof copy)
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return strlen(copy) == len && inet_pton(AF_INET6, copy, &ignored) == 1;
}

bool host_is_valid(const char *text, size_t len)
{
    size_t at = 0;
    if (len > 0 && text[0] == '[') {
        const char *end = memchr(text, ']', len);
        if (end == NULL || !is_ipv6(text + 1, (size_t)(end - text) - 1))
            return false;
        at = (size_t)(end - text) + 1;
    } else {
        while (at < len && is_host_char(text[at]))
            at++;
    }
    if (at == 0)
        return false;
    if (at < len && text[at++] != ':')
        return false;
    while (at < len && isdigit((unsigned char)text[at]))
        at++;
    return at == len;
}

/* ---- the target ---- */

bool http1_target_read(const char **path, size_t *path_len)
{
    size_t scheme = 0;
    if (*path_len >= 7 && strncasecmp(*path, "http://", 7) == 0)
        scheme = 7;
    else if (*path_len >= 8 && strncasecmp(*path, "https://", 8) == 0)
        scheme = 8;
    if (scheme == 0)
        return true;

    const char *authority = *path + scheme, *end = *path + *path_len, *at = authority;
    while (at < end && *at != '/' && *at != '?')
        at++;
    if (!host_is_valid(authority, (size_t)(at - authority)))
        return false;
    if (at == end) {
        *path = "/", *path_len = 1;
        return true;
    }
    if (*at ==
        '?') /* an empty path: its slash is written where the authority ends, which nobody reads any more */
        *(char *)(uintptr_t)--at = '/';
    *path_len = (size_t)(end - at);
    *path = at;
    return true;
}

/* ---- fields ---- */

/* Those that must not be there twice. */
struct framing {
    const struct phr_header *length, *coding, *host;
};

static bool is_named(const struct phr_header *h, const char *name, size_t len)
{
    return h2o_lcstris(h->name, h->name_len, name, len);
}

/* Two lengths that say the same are one (RFC 9110, 8.6). */
static bool field_take(const struct phr_header *h, struct framing *f)
{
    if (is_named(h, H2O_STRLIT("content-length"))) {
        if (f->length != NULL && !h2o_memis(h->value, h->value_len, f->length->value, f->length->value_len))
            return false;
        f->length = h;
    } else if (is_named(h, H2O_STRLIT("transfer-encoding"))) {
        if (f->coding != NULL)
            return false;
        f->coding = h;
    } else if (is_named(h, H2O_STRLIT("host"))) {
        if (f->host != NULL || !host_is_valid(h->value, h->value_len))
            return false;
        f->host = h;
    }
    return true;
}

bool http1_head_read(const struct phr_header *fields, size_t count, int minor_version, size_t *ret_declared)
{
    struct framing f = {NULL, NULL, NULL};
    for (size_t i = 0; i < count; i++) {
        if (fields[i].name == NULL || !field_take(&fields[i], &f))
            return false; /* a line that goes on would be lost by libh2o */
    }
    *ret_declared = f.length != NULL ? h2o_strtosize(f.length->value, f.length->value_len) : SIZE_MAX;
    return (f.length == NULL || f.coding == NULL) && (f.coding == NULL || minor_version > 0) &&
           (f.host != NULL || minor_version == 0);
}
