/* SPDX-License-Identifier: Apache-2.0 */
#include "mask/mask_segment.h"

#include <strings.h>

/* IPv4 addresses in a segment: numbers joined by dots, or in the name of a host by dashes. mask.h has the
 * grammar. */

enum { PARTS_MAX = 5 };

struct numbers {
    size_t count; /* of the parts, also where there are more than PARTS_MAX */
    size_t end;
    size_t last; /* where the last part starts */
    char joint;
    bool after_letter;
    struct part {
        size_t from, to;
        int value; /* -1 when it is no octet */
    } parts[PARTS_MAX];
};

static void part_read(const struct segment *g, struct numbers *n)
{
    struct part part = {.from = n->end};
    while (segment_is(g, n->end, DIGIT) && !segment_taken(g, n->end))
        n->end++;
    part.to = n->end;
    part.value = octet_read((const char *)g->reading->chars + part.from, part.to - part.from, true);
    if (n->count < PARTS_MAX)
        n->parts[n->count] = part;
    n->last = part.from;
    n->count++;
}

/* Four octets from the part ${first} on. */
static bool is_address(const struct numbers *n, size_t first)
{
    if (n->count < first + 4)
        return false;
    for (size_t i = first; i < first + 4; i++)
        if (n->parts[i].value < 0)
            return false;
    return true;
}

static struct numbers numbers_read(const struct segment *g, size_t at)
{
    struct numbers n = {.end = at, .after_letter = at > g->from && char_is(g->reading->chars[at - 1], ALNUM)};
    part_read(g, &n);
    n.joint = segment_is_char(g, n.end, '-') ? '-' : '.';
    while (segment_is_char(g, n.end, n.joint) && segment_is(g, n.end + 1, DIGIT) &&
           !segment_taken(g, n.end + 1)) {
        n.end++;
        part_read(g, &n);
    }
    if (n.count == PARTS_MAX && is_address(&n, 0) &&
        segment_is(g, n.end, ALNUM)) { /* `192.0.2.33.3com.example` */
        n.count--;
        n.last = n.parts[3].from;
        n.end = n.parts[3].to;
    }
    return n;
}

/* A port's or file's word, as tcpdump and netstat write it: 192.0.2.33.https is no name of a host. */
static bool is_service(const struct segment *g, size_t from, size_t to)
{
    static const char *const services[] = {
        "bgp",   "bootpc", "bootps", "dhcp",       "domain", "ftp",    "http",   "https", "imap",
        "imaps", "ipp",    "isakmp", "kerberos",   "ldap",   "ldaps",  "mdns",   "mysql", "nfs",
        "ntp",   "pop3",   "pop3s",  "postgresql", "radius", "rsync",  "sip",    "smb",   "smtp",
        "smtps", "snmp",   "ssh",    "submission", "sunrpc", "syslog", "telnet", "tftp",  "www",
        "log",   "json",   "txt",    "csv",        "gz",     "pcap"};
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
        if (strlen(services[i]) == to - from &&
            strncasecmp((const char *)g->reading->chars + from, services[i], to - from) == 0)
            return true;
    return false;
}

/* Whether what ends at ${at} goes on as the name of a host: a dot and a label with a letter in it. Behind
 * dashes the label that they are in goes on first. */
static bool host_follows(const struct segment *g, size_t at, char joint)
{
    while (joint == '-' &&
           (segment_is(g, at, ALNUM) || segment_is_char(g, at, '-') || segment_is_char(g, at, '_')))
        at++;
    size_t label = ++at;
    if (!segment_is_char(g, at - 1, '.') || !segment_is(g, at, ALNUM))
        return false;
    bool letter = false;
    for (; segment_is(g, at, ALNUM) || segment_is_char(g, at, '-') || segment_is_char(g, at, '_') ||
           (joint == '-' && segment_is_char(g, at, '.'));
         at++)
        letter |= segment_is(g, at, ALNUM) && !segment_is(g, at, DIGIT);
    bool more = segment_is_char(g, at, '.') && segment_is(g, at + 1, ALNUM);
    return letter && (joint == '-' || more || !is_service(g, label, at));
}

/* Whether four dashed parts are surely an address as it is written elsewhere; names have them in reverse as
 * often. */
static bool is_forward(const struct segment *g, const struct part parts[4])
{
    const char *chars = (const char *)g->reading->chars;
    if (parts[0].from >= g->from + 3 && strncasecmp(chars + parts[0].from - 3, "ip-", 3) == 0)
        return true;
    return parts[3].value == 0 || (parts[0].value < 224 && parts[0].value > parts[3].value);
}

/* What is kept of each part when the four from ${first} on are an address. */
static void parts_keep(const struct segment *g, bool reverse, uint8_t kept[4])
{
    for (unsigned i = 0; i < 4; i++) {
        kept[i] &= byte_mask(0xff, i, g->prefixes.ipv4);
        if (reverse)
            kept[3 - i] &= byte_mask(0xff, i, g->prefixes.ipv4);
    }
}

/* A date and a time of day: 2026.11.28.10.30. */
static bool is_date(const struct segment *g, const struct numbers *n)
{
    const uint8_t *c = g->reading->chars + n->parts[0].from;
    bool year = n->parts[0].to - n->parts[0].from == 4 &&
                ((c[0] == '1' && c[1] == '9') || (c[0] == '2' && c[1] == '0'));
    return year && n->parts[1].value <= 12 && n->parts[2].value <= 31;
}

/* Masks the numbers if they are an address: four, or five of which the last is a port, or the first belongs
 * to what is before. */
static void numbers_mask(struct segment *g, const struct numbers *n)
{
    bool host = n->count <= PARTS_MAX && host_follows(g, n->end, n->joint);
    bool first = is_address(n, 0), second = n->count == PARTS_MAX && is_address(n, 1);
    if (n->count > PARTS_MAX || (n->joint == '-' && !host))
        return;
    if (first && !host && !n->after_letter)
        second = false;
    if (second && !first && is_date(g, n))
        return;
    uint8_t kept[PARTS_MAX] = {0xff, 0xff, 0xff, 0xff, 0xff};
    if (first)
        parts_keep(g, host && (n->joint == '.' || !is_forward(g, n->parts)), kept);
    if (second)
        parts_keep(g, host && (n->joint == '.' || !is_forward(g, n->parts + 1)), kept + 1);
    for (size_t i = 0; i < n->count; i++) {
        const struct part *part = &n->parts[i];
        if (kept[i] != 0xff)
            segment_number(g, part->from, part->to, (uint8_t)(part->value & kept[i]));
    }
}

/* The last number of a row may be the first of another, which dots join instead of dashes or the other way
 * round: that is read before the row is masked. */
static size_t rows_mask(struct segment *g, size_t at)
{
    struct numbers n = numbers_read(g, at);
    for (bool more = true; more;) {
        struct numbers next = {0};
        more = n.last > at && (segment_is_char(g, n.end, '.') || segment_is_char(g, n.end, '-'));
        if (more)
            next = numbers_read(g, at = n.last);
        numbers_mask(g, &n);
        if (more)
            n = next;
    }
    return n.end;
}

void ipv4_find(struct segment *g)
{
    for (size_t i = g->from; i < g->to;)
        i = segment_is(g, i, DIGIT) && !segment_taken(g, i) ? rows_mask(g, i) : i + 1;
}
