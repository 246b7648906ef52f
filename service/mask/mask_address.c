/* SPDX-License-Identifier: Apache-2.0 */
#include "mask/mask_address.h"

#include <string.h>

bool mask_preset(const char *name, struct mask_prefixes *ret_prefixes)
{
    static const struct {
        const char *name;
        struct mask_prefixes prefixes;
    } presets[] = {{"ga", {24, 48}}, {"matomo-2", {16, 48}}, {"strict", {16, 32}}};
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++) {
        if (strcmp(name, presets[i].name) == 0) {
            *ret_prefixes = presets[i].prefixes;
            return true;
        }
    }
    return false;
}

int octet_read(const char *text, size_t len, bool zeros)
{
    if (len == 0 || len > 3 || (len > 1 && text[0] == '0' && !zeros))
        return -1;
    int value = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value <= 255 ? value : -1;
}

bool ipv4_read(const char *text, size_t len, bool zeros, uint8_t ret_bytes[4])
{
    uint8_t bytes[4];
    size_t at = 0;
    for (int i = 0; i < 4; i++) {
        size_t from = at;
        while (at < len && text[at] != '.')
            at++;
        int value = octet_read(text + from, at - from, zeros);
        if (value < 0 || (i < 3 && at == len))
            return false;
        bytes[i] = (uint8_t)value;
        at += i < 3;
    }
    if (at != len)
        return false;
    memcpy(ret_bytes, bytes, 4);
    return true;
}

/* The value of each hex digit plus one; 0 for all else. */
static const uint8_t hex_values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

static int hex_value(char c)
{
    return hex_values[(uint8_t)c] - 1;
}

/* One group of one to four hex digits at ${at}. Returns how many, 0 when there is none. */
static size_t hextet_read(const char *text, size_t len, size_t at, uint8_t ret_pair[2])
{
    unsigned value = 0;
    size_t n = 0;
    for (; at + n < len && n < 5; n++) {
        int digit = hex_value(text[at + n]);
        if (digit < 0)
            break;
        value = value << 4 | (unsigned)digit;
    }
    if (n == 0 || n > 4)
        return 0;
    ret_pair[0] = (uint8_t)(value >> 8);
    ret_pair[1] = (uint8_t)value;
    return n;
}

/* The groups of ${text} before and after "::". */
struct groups {
    uint8_t bytes[16];
    size_t used; /* bytes */
    size_t gap;  /* where "::" stood, in bytes; 17 without one */
};

/* Reads the group at ${at} and the colon after it. Returns the next position, or 0 when it is none. */
static size_t group_read(const char *text, size_t len, size_t at, bool lenient, struct groups *g)
{
    size_t n = g->used <= 14 ? hextet_read(text, len, at, g->bytes + g->used) : 0;
    if (n != 0 && (at + n == len || text[at + n] == ':')) {
        g->used += 2;
        at += n;
        if (at == len)
            return at;
        return at + 1 < len ? at + 1 : 0; /* a lone colon may not be the last */
    }
    if (g->used > 12 || !ipv4_read(text + at, len - at, lenient, g->bytes + g->used))
        return 0;
    g->used += 4;
    return len;
}

bool ipv6_read(const char *text, size_t len, bool lenient, struct ipv6 *ret_address)
{
    if (len < 2 || len >= MASK_ADDRESS_SIZE + (size_t)lenient || (text[0] == ':' && text[1] != ':'))
        return false;
    struct groups g = {.gap = 17};
    size_t at = 0;
    if (text[0] == ':') {
        g.gap = 0;
        at = 2;
    }
    while (at < len) {
        if (text[at] == ':') { /* the second of two: the first ended a group */
            if (g.gap != 17)
                return false;
            g.gap = g.used;
            at++;
            continue;
        }
        at = group_read(text, len, at, lenient, &g);
        if (at == 0)
            return false;
    }
    if (g.gap == 17 ? g.used != 16 : g.used > (lenient ? 16 : 14))
        return false;
    struct ipv6 address = {{0}};
    size_t head = g.gap == 17 ? 16 : g.gap;
    memcpy(address.bytes, g.bytes, head);
    if (g.gap != 17)
        memcpy(address.bytes + 16 - (g.used - head), g.bytes + head, g.used - head);
    *ret_address = address;
    return true;
}

uint8_t byte_mask(uint8_t byte, unsigned i, unsigned prefix)
{
    if (prefix >= 8 * i + 8)
        return byte;
    if (prefix <= 8 * i)
        return 0;
    return (uint8_t)(byte & (0xff00u >> (prefix - 8 * i)));
}

static bool ipv6_is_mapped(const struct ipv6 *address)
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(address->bytes, prefix, 12) == 0;
}

void ipv6_mask(struct ipv6 *address, struct mask_prefixes prefixes)
{
    uint8_t *bytes = address->bytes;
    if (ipv6_is_mapped(address)) {
        for (unsigned i = 0; i < 4; i++)
            bytes[12 + i] = byte_mask(bytes[12 + i], i, prefixes.ipv4);
        return;
    }
    if (bytes[0] == 0x20 && bytes[1] == 0x02) /* 6to4 (RFC 3056): bytes 2 to 5 are an IPv4 address */
        for (unsigned i = 0; i < 4; i++)
            bytes[2 + i] = byte_mask(bytes[2 + i], i, prefixes.ipv4);
    for (unsigned i = 0; i < 16; i++)
        bytes[i] = byte_mask(bytes[i], i, prefixes.ipv6);
}

char *octet_print(char *out, uint8_t octet)
{
    if (octet >= 100)
        *out++ = (char)('0' + octet / 100);
    if (octet >= 10)
        *out++ = (char)('0' + octet / 10 % 10);
    *out++ = (char)('0' + octet % 10);
    return out;
}

static char *hextet_print(char *out, unsigned group)
{
    for (int shift = 12; shift > 0; shift -= 4)
        if (group >> shift != 0)
            *out++ = "0123456789abcdef"[group >> shift & 15];
    *out++ = "0123456789abcdef"[group & 15];
    return out;
}

/* The longest run of two or more zero groups, the first of equals (RFC 5952, 4.2). */
static void zeros_find(const unsigned groups[8], unsigned *ret_from, unsigned *ret_count)
{
    unsigned from = 8, count = 1;
    for (unsigned i = 0; i < 8; i++) {
        unsigned n = 0;
        while (i + n < 8 && groups[i + n] == 0)
            n++;
        if (n > count) {
            from = i;
            count = n;
        }
        i += n;
    }
    *ret_from = from;
    *ret_count = count;
}

size_t ipv6_print(const struct ipv6 *address, bool mixed, char *out)
{
    char *at = out;
    if (mixed && ipv6_is_mapped(address)) {
        memcpy(at, "::ffff:", 7);
        at += 7;
        for (int i = 12; i < 16; i++) {
            at = octet_print(at, address->bytes[i]);
            if (i < 15)
                *at++ = '.';
        }
        return (size_t)(at - out);
    }
    unsigned groups[8], from, count;
    for (int i = 0; i < 8; i++)
        groups[i] = (unsigned)address->bytes[2 * i] << 8 | address->bytes[2 * i + 1];
    zeros_find(groups, &from, &count);
    for (unsigned i = 0; i < 8; i++) {
        if (i == from) {
            *at++ = ':';
            *at++ = ':';
            i += count - 1;
            continue;
        }
        if (i != 0 && i != from + count)
            *at++ = ':';
        at = hextet_print(at, groups[i]);
    }
    return (size_t)(at - out);
}

/* The length of ${text} without its zone, or 0 when the zone is empty or not of RFC 6874's characters. */
static size_t zone_cut(const char *text, size_t len)
{
    const char *percent = memchr(text, '%', len);
    if (percent == NULL)
        return len;
    size_t at = (size_t)(percent - text) + 1;
    if (at == len)
        return 0;
    for (; at < len; at++) {
        char c = text[at], low = (char)(c | 0x20);
        if (!((low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') ||
              (c != '\0' && strchr("-._~%", c) != NULL)))
            return 0;
    }
    return (size_t)(percent - text);
}

bool mask_address(const char *text, size_t len, struct mask_prefixes prefixes,
                  char ret_text[MASK_ADDRESS_SIZE], size_t *ret_len)
{
    uint8_t bytes[4];
    struct ipv6 address;
    if (ipv4_read(text, len, false, bytes)) {
        char *at = ret_text;
        for (unsigned i = 0; i < 4; i++) {
            at = octet_print(at, byte_mask(bytes[i], i, prefixes.ipv4));
            *at++ = i < 3 ? '.' : '\0';
        }
        *ret_len = (size_t)(at - ret_text) - 1;
        return true;
    }
    if (!ipv6_read(text, zone_cut(text, len), false, &address))
        return false;
    ipv6_mask(&address, prefixes);
    *ret_len = ipv6_print(&address, true, ret_text);
    ret_text[*ret_len] = '\0';
    return true;
}
