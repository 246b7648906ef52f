/* SPDX-License-Identifier: Apache-2.0 */
/* No unmasked address is in the output, by a checker that shares nothing with the filter: it is slow, looks
 * at one rule after the other, and reads addresses with inet_pton. */
#include "mask_input.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

/* Whether ${digits} hex digits follow, and what they stand for. */
static bool hex_follows(const char *text, size_t len, unsigned digits, unsigned *ret_value)
{
    char copy[8] = {0};
    if (len < digits)
        return false;
    memcpy(copy, text, digits);
    return strspn(copy, "0123456789abcdefABCDEF") == digits && sscanf(copy, "%x", ret_value) == 1;
}

static bool octal_follows(const char *text, size_t len, unsigned *ret_value)
{
    char copy[4] = {0};
    if (len < 3 || text[0] > '3')
        return false;
    memcpy(copy, text, 3);
    return strspn(copy, "01234567") == 3 && sscanf(copy, "%o", ret_value) == 1;
}

/* The width of the escape at ${text}, and what it stands for; 1 and the character itself without one. */
static size_t escape_width(const char *text, size_t len, unsigned *ret_value)
{
    *ret_value = (unsigned char)*text;
    unsigned inner;
    if (*text == '%' && hex_follows(text + 1, len - 1, 2, ret_value)) {
        size_t nested = 3; /* %252E */
        while (*ret_value == '%' && len >= nested + 2 &&
               hex_follows(text + nested, len - nested, 2, &inner)) {
            *ret_value = inner;
            nested += 2;
        }
        return nested;
    }
    if (*text == '#' && octal_follows(text + 1, len - 1, ret_value))
        return 4;
    if (*text != '\\' || len < 2)
        return 1;
    if (text[1] == 'x' && hex_follows(text + 2, len - 2, 2, ret_value))
        return 4;
    if (text[1] == 'u' && hex_follows(text + 2, len - 2, 4, ret_value))
        return 6;
    if (octal_follows(text + 1, len - 1, ret_value))
        return 4;
    return 1;
}

/* `\04201:8::`: an octal escape with a digit behind it may as well be the sign and a number. */
static const char TWOFOLD = '\t';

static bool is_twofold(const char *escape, size_t width, size_t len)
{
    return width == 4 && escape[1] >= '0' && escape[1] <= '3' && len > 4 &&
           isxdigit((unsigned char)escape[4]);
}

/* Decodes escapes once; a character that is no part of an address becomes a space, or TWOFOLD. */
static char *decode(const char *text, size_t len, size_t *ret_len)
{
    char *out = malloc(len + 1);
    REQUIRE(out != NULL);
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        unsigned value;
        if (text[i] == '\\' && len - i > 1 && text[i + 1] == '\\') {
            bool third = len - i > 2 && text[i + 2] == '\\';
            if (third) /* the first two are a backslash, between what is around */
                out[n++] = ' ';
            i += third ? 2 : 1; /* nested: two and x2e */
            continue;
        }
        size_t width = escape_width(text + i, len - i, &value);
        bool part = value != 0 && value < 128 && (isalnum((int)value) || strchr(".:-%", (int)value) != NULL);
        char none = is_twofold(text + i, width, len - i) ? TWOFOLD : ' ';
        out[n++] = part && (width == 1 || value != '%') ? (char)value : none;
        i += width;
    }
    out[n] = '\0';
    *ret_len = n;
    return out;
}

static bool bits_clear(const unsigned char *bytes, unsigned bits, unsigned prefix)
{
    for (unsigned bit = prefix; bit < bits; bit++)
        if ((bytes[bit / 8] >> (7 - bit % 8) & 1) != 0)
            return false;
    return true;
}

/* The run of characters out of ${set} at ${at}. */
static size_t run_length(const char *text, size_t at, const char *set)
{
    return strspn(text + at, set);
}

static bool names_follow(const char *text, size_t end)
{
    if (end == 0 || text[end - 1] != '.')
        return false;
    return strncasecmp(text + end, "in-addr.arpa", 12) == 0 || strncasecmp(text + end, "ip6.arpa", 8) == 0;
}

/* ${run}: one maximal run of digits and dots. */
static void ipv4_check(const char *run, size_t len, struct mask_prefixes prefixes)
{
    char text[64];
    while (len > 0 && run[0] == '.') {
        run++;
        len--;
    }
    while (len > 0 && run[len - 1] == '.')
        len--;
    if (len > 21)
        return;
    memcpy(text, run, len);
    text[len] = '\0';
    unsigned a, b, c, d, port;
    char dot = '.', more;
    int parts = sscanf(text, "%3u.%3u.%3u.%3u%c%5u%c", &a, &b, &c, &d, &dot, &port, &more);
    if (strstr(text, "..") != NULL || (parts != 4 && parts != 6) || dot != '.' || a > 255 || b > 255 ||
        c > 255 || d > 255)
        return;
    const unsigned char bytes[4] = {(unsigned char)a, (unsigned char)b, (unsigned char)c, (unsigned char)d};
    REQUIRE(bits_clear(bytes, 32, prefixes.ipv4));
}

/* Whether as many hex digits and dots are around ${at} as the name of a whole IPv6 address has. */
static bool is_in_list_name(const char *text, size_t at)
{
    size_t from = at, to = at;
    while (from > 0 && (text[from - 1] == '.' || isxdigit((unsigned char)text[from - 1])))
        from--;
    while (text[to] == '.' || isxdigit((unsigned char)text[to]))
        to++;
    return to - from >= 2 * 32 - 1;
}

static void all_ipv4_check(const char *text, size_t len, struct mask_prefixes prefixes)
{
    for (size_t at = 0; at < len;) {
        size_t n = run_length(text, at, "0123456789.");
        /* Labels of a name below arpa stand in reverse; they are checked by the table of the unit test. */
        size_t labels = run_length(text, at, "0123456789abcdefABCDEF.");
        if (n != 0 && !names_follow(text, at + n) && !names_follow(text, at + labels) &&
            !is_in_list_name(text, at))
            ipv4_check(text + at, n, prefixes);
        at += n != 0 ? n : 1;
    }
}

/* An address of hardware, or a fingerprint: groups of two digits each. */
static bool is_hardware(const char *text)
{
    for (; text[0] != '\0'; text += text[2] == ':' ? 3 : 2)
        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
            (text[2] != ':' && text[2] != '\0'))
            return false;
    return true;
}

static bool is_masked(const struct in6_addr *address, struct mask_prefixes prefixes)
{
    const unsigned char *bytes = address->s6_addr;
    if (IN6_IS_ADDR_V4MAPPED(address))
        return bits_clear(bytes + 12, 32, prefixes.ipv4);
    return bits_clear(bytes, 128, prefixes.ipv6) &&
           (bytes[0] != 0x20 || bytes[1] != 0x02 || bits_clear(bytes + 2, 32, prefixes.ipv4));
}

/* An address that begins with a group of the kind that is in use: it may stand behind a key or a time. */
static bool is_masked_behind_key(const char *text, struct mask_prefixes prefixes)
{
    struct in6_addr address;
    for (const char *rest = strchr(text, ':'); rest != NULL; rest = strchr(rest, ':'))
        if (strchr("23fF", *++rest) != NULL && strspn(rest, "0123456789abcdefABCDEF") == 4 &&
            inet_pton(AF_INET6, rest, &address) == 1 && is_masked(&address, prefixes))
            return true;
    return false;
}

static void ipv6_check(const char *run, size_t len, struct mask_prefixes prefixes)
{
    char text[64];
    struct in6_addr address;
    if (len >= sizeof text)
        return;
    memcpy(text, run, len);
    text[len] = '\0';
    if (inet_pton(AF_INET6, text, &address) != 1 || is_hardware(text))
        return;
    REQUIRE(is_masked(&address, prefixes) || is_masked_behind_key(text, prefixes));
}

/* Whether what is behind an escape that may be none was put together by masking what reads otherwise there:
 * it is nothing that was in the text, ${before}, and tells no more than what is kept. */
static bool is_made(const char *text, size_t from, size_t end, const char *before)
{
    char run[64] = {0};
    if (from == 0 || text[from - 1] != TWOFOLD || end - from >= sizeof run)
        return false;
    memcpy(run, text + from, end - from);
    return strstr(before, run) == NULL;
}

/* Every run of hex digits, colons and dots that touches no letter, as it is, and
 * without outer dots or one colon. */
static void all_ipv6_check(const char *text, size_t len, const char *before, struct mask_prefixes prefixes)
{
    for (size_t at = 0; at < len;) {
        size_t n = run_length(text, at, "0123456789abcdefABCDEF:.");
        size_t from = at, end = at + n;
        at += n != 0 ? n : 1;
        if ((from > 0 && isalnum((unsigned char)text[from - 1])) || isalnum((unsigned char)text[end]) ||
            is_made(text, from, end, before))
            continue;
        while (from < end && text[from] == '.')
            from++;
        while (from < end && text[end - 1] == '.')
            end--;
        ipv6_check(text + from, end - from, prefixes);
        if (from < end && text[end - 1] == ':')
            ipv6_check(text + from, end - 1 - from, prefixes);
        if (from < end && text[from] == ':' &&
            strncmp(text + from, ":::", 3) != 0) /* `:::9`: the port of a masked one */
            ipv6_check(text + from + 1, end - from - 1, prefixes);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mask_input in;
    if (!mask_input_read(data, size, &in))
        return 0;
    if (in.prefixes.ipv6 < MASK_STABLE_PREFIX)
        in.prefixes.ipv6 = MASK_STABLE_PREFIX;
    char *out = room_make(in.len);
    size_t len = mask_text(in.text, in.len, in.prefixes, out), decoded_len, before_len;
    char *decoded = decode(out, len, &decoded_len), *before = decode(in.text, in.len, &before_len);
    all_ipv4_check(decoded, decoded_len, in.prefixes);
    all_ipv6_check(decoded, decoded_len, before, in.prefixes);
    free(before);
    free(decoded);
    free(out);
    return 0;
}
