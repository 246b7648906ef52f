/* SPDX-License-Identifier: Apache-2.0 */
/* No unmasked address is in the output, by a checker that shares nothing with the filter: it is slow, looks
 * at one rule after the other, and reads addresses with inet_pton. */
#include "mask_input.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

/* Decodes %2E and %3A; any other %XX is a character that is no part of an address. */
static char *decode(const char *text, size_t len, size_t *ret_len)
{
    char *out = malloc(len + 1);
    REQUIRE(out != NULL);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        const char *c = text + i;
        if (*c == '%' && len - i >= 3 && isxdigit((unsigned char)c[1]) && isxdigit((unsigned char)c[2])) {
            out[n++] = strncasecmp(c, "%2E", 3) == 0 ? '.' : strncasecmp(c, "%3A", 3) == 0 ? ':' : ' ';
            i += 2;
        } else {
            out[n++] = *c != '\0' ? *c : ' ';
        }
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
    if (len > 15)
        return;
    memcpy(text, run, len);
    text[len] = '\0';
    unsigned a, b, c, d;
    char more;
    if (strstr(text, "..") != NULL || sscanf(text, "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &more) != 4 ||
        a > 255 || b > 255 || c > 255 || d > 255)
        return;
    const unsigned char bytes[4] = {(unsigned char)a, (unsigned char)b, (unsigned char)c, (unsigned char)d};
    REQUIRE(bits_clear(bytes, 32, prefixes.ipv4));
}

static void all_ipv4_check(const char *text, size_t len, struct mask_prefixes prefixes)
{
    for (size_t at = 0; at < len;) {
        size_t n = run_length(text, at, "0123456789.");
        /* Labels of a name below arpa stand in reverse; they are checked by the table of the unit test. */
        size_t labels = run_length(text, at, "0123456789abcdefABCDEF.");
        if (n != 0 && !names_follow(text, at + n) && !names_follow(text, at + labels))
            ipv4_check(text + at, n, prefixes);
        at += n != 0 ? n : 1;
    }
}

static void ipv6_check(const char *run, size_t len, struct mask_prefixes prefixes)
{
    char text[64];
    struct in6_addr address;
    if (len >= sizeof text)
        return;
    memcpy(text, run, len);
    text[len] = '\0';
    if (inet_pton(AF_INET6, text, &address) != 1)
        return;
    const unsigned char *bytes = address.s6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
        REQUIRE(bits_clear(bytes + 12, 32, prefixes.ipv4));
        return;
    }
    REQUIRE(bits_clear(bytes, 128, prefixes.ipv6));
    if (bytes[0] == 0x20 && bytes[1] == 0x02)
        REQUIRE(bits_clear(bytes + 2, 32, prefixes.ipv4));
}

/* Every run of hex digits, colons and dots that touches no letter, as it is, and
 * without outer dots or one colon. */
static void all_ipv6_check(const char *text, size_t len, struct mask_prefixes prefixes)
{
    for (size_t at = 0; at < len;) {
        size_t n = run_length(text, at, "0123456789abcdefABCDEF:.");
        size_t from = at, end = at + n;
        at += n != 0 ? n : 1;
        if ((from > 0 && isalnum((unsigned char)text[from - 1])) || isalnum((unsigned char)text[end]))
            continue;
        while (from < end && text[from] == '.')
            from++;
        while (from < end && text[end - 1] == '.')
            end--;
        ipv6_check(text + from, end - from, prefixes);
        if (from < end && text[end - 1] == ':')
            ipv6_check(text + from, end - 1 - from, prefixes);
        if (from < end && text[from] == ':')
            ipv6_check(text + from + 1, end - from - 1, prefixes);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mask_input in;
    if (!mask_input_read(data, size, &in))
        return 0;
    char *out = room_make(in.len);
    size_t len = mask_text(in.text, in.len, in.prefixes, out), decoded_len;
    char *decoded = decode(out, len, &decoded_len);
    all_ipv4_check(decoded, decoded_len, in.prefixes);
    all_ipv6_check(decoded, decoded_len, in.prefixes);
    free(decoded);
    free(out);
    return 0;
}
