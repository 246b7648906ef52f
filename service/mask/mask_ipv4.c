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

static bool is_word(const struct segment *g, size_t from, size_t to, const char *const words[])
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (strlen(words[i]) == to - from &&
            strncasecmp((const char *)g->reading->chars + from, words[i], to - from) == 0)
            return true;
    return false;
}

/* A port's word, as tcpdump and netstat write it: 192.0.2.33.https is no name of a host. */
static bool is_service(const struct segment *g, size_t from, size_t to)
{
    static const char *const services[] = {
        "bgp",        "bootpc",     "bootps",   "dhcp",   "domain", "ftp",  "http",  "https", "imap", "imaps",
        "ipp",        "isakmp",     "kerberos", "ldap",   "ldaps",  "mdns", "mysql", "nfs",   "ntp",  "pop3",
        "pop3s",      "postgresql", "radius",   "rsync",  "sip",    "smb",  "smtp",  "smtps", "snmp", "ssh",
        "submission", "sunrpc",     "syslog",   "telnet", "tftp",   "www",  NULL};
    return is_word(g, from, to, services);
}

static size_t label_end(const struct segment *g, size_t at)
{
    while (segment_is(g, at, ALNUM) || segment_is_char(g, at, '-') || segment_is_char(g, at, '_'))
        at++;
    return at;
}

static bool has_letter(const struct segment *g, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (segment_is(g, i, ALNUM) && !segment_is(g, i, DIGIT))
            return true;
    return false;
}

/* Whether all labels from ${at} on are the end of a file's name: `pdf`, `log.1.gz`. No top-level domain is
 * among them but zip. */
static bool is_file(const struct segment *g, size_t at)
{
    static const char *const files[] = {
        "bak", "bin",  "bz2",  "cfg", "conf", "crt",    "csv",    "dat", "db",   "dmp",     "doc",  "docx",
        "eml", "err",  "gif",  "gz",  "har",  "htm",    "html",   "ini", "jpeg", "jpg",     "json", "jsonl",
        "key", "lock", "log",  "mp3", "mp4",  "msg",    "ndjson", "old", "out",  "parquet", "pcap", "pcapng",
        "pdf", "pem",  "pid",  "png", "sql",  "sqlite", "svg",    "tar", "tgz",  "tmp",     "tsv",  "txt",
        "wav", "xls",  "xlsx", "xml", "xz",   "yaml",   "yml",    "zip", "zst",  NULL};
    for (bool word = false;; at++) {
        size_t end = label_end(g, at);
        bool known = is_word(g, at, end, files);
        if (!known && (end == at || has_letter(g, at, end)))
            return false;
        word |= known;
        at = end;
        if (!segment_is_char(g, at, '.') || !segment_is(g, at + 1, ALNUM))
            return word;
    }
}

/* What a row of numbers that ends at ${at} goes on as: the name of a host is a dot and a label with a letter
 * in it. Behind dashes the label that they are in goes on first. */
enum follows { FOLLOWS_NONE, FOLLOWS_FILE, FOLLOWS_HOST };

static enum follows follows_at(const struct segment *g, size_t at, char joint)
{
    size_t label = (joint == '-' ? label_end(g, at) : at) + 1, end = label;
    if (!segment_is_char(g, label - 1, '.') || !segment_is(g, label, ALNUM))
        return FOLLOWS_NONE;
    if (is_file(g, label))
        return FOLLOWS_FILE;
    do
        end = label_end(g, end);
    while (joint == '-' && segment_is_char(g, end, '.') && end++ < g->to);
    bool more = segment_is_char(g, end, '.') && segment_is(g, end + 1, ALNUM);
    bool host = has_letter(g, label, end) && (joint == '-' || more || !is_service(g, label, end));
    return host ? FOLLOWS_HOST : FOLLOWS_NONE;
}

/* Whether ${word} is before ${at}. */
static bool is_behind(const struct segment *g, size_t at, const char *word)
{
    size_t len = strlen(word);
    return at >= g->from + len && strncasecmp((const char *)g->reading->chars + at - len, word, len) == 0;
}

/* Whether four dashed parts are surely an address as it is written elsewhere; names have them in reverse as
 * often. */
static bool is_forward(const struct segment *g, const struct part parts[4])
{
    if (is_behind(g, parts[0].from, "ip-") || is_behind(g, parts[0].from, "ec2-"))
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
    enum follows follows = n->count <= PARTS_MAX ? follows_at(g, n->end, n->joint) : FOLLOWS_NONE;
    bool host = follows == FOLLOWS_HOST;
    bool first = is_address(n, 0), second = n->count == PARTS_MAX && is_address(n, 1);
    if (n->count == PARTS_MAX && is_behind(g, n->parts[1].from, "ec2-"))
        first = false;
    if (n->count > PARTS_MAX || (n->joint == '-' && follows == FOLLOWS_NONE))
        return;
    if (first && follows == FOLLOWS_NONE && !n->after_letter)
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
