/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The masking filter: no whole IP address gets past it; where it is in doubt it masks one too many. Pure:
 * no allocation, no I/O, no global state; one struct is used by one thread at a time, any number of them
 * side by side. Also installed as <akkoord-mask.h>.
 *
 * What counts as an address in text. A digit below is decimal, a letter is one of ASCII, a row is as long
 * as it gets:
 *
 *   text     = what is written, with its escapes read: %XX, \xXX, \uXXXX, three octal digits behind \ or #,
 *              \n \t \r and their kin, all of them nested (%252E, \\x2e). A colour (ESC [ digits letter) is
 *              as good as a space.
 *   octet    = one to three digits, at most 255
 *   ipv4     = octet "." octet "." octet "." octet
 *   numbers  = a row of numbers with one dot between two of them; letters beside it do not matter: four
 *              that are ipv4; or five: ipv4 "." number (a port, as tcpdump writes it), or number "." ipv4,
 *              and both where a letter is before them. Not six and more (an OID), not year "." month "."
 *              day "." number "." number.
 *   host     = numbers "." label with a letter in it, but for a service's word alone (`.https`) and a known
 *              end of a file's name (`.pdf`, `.log.1.gz`): an address in the name of a host stands there in
 *              either direction, so its first and last octet are masked. Or dashed: four octets (or five
 *              numbers) with "-" between them, whatever letters are beside them, where a dot and a label
 *              follow later; in either direction too, but for `ip-`, `ec2-`, in the name of a file, and where
 *              the first octet is the higher one: then as written.
 *   group    = one to four hex digits
 *   run      = a row of groups, colons and dots; a word (letters and digits that are no group) that touches
 *              it is none of it, but for a head at its end before one colon, and an eighth group at its start
 *   ipv6     = RFC 4291, 2.2, all forms; and with "::" beside eight groups, where it stands for nothing
 *   head     = a group of four digits that an address in use begins with: 2000::/3, fc00::/7, fe80::/10,
 *              ff00::/9
 *   found    = a run that is ipv6 as a whole, without: outer dots, one colon at either end (two where a word
 *              is, unless the groups look like names of a program, `A::B::c`), a port behind a dot, a time of
 *              day before a head; in another run, from left to right, the longest ipv6 that begins at a head,
 *              or eight groups: what follows is a port, what is before a key or a time. Not six groups and
 *              more of two hex digits each: hardware, a fingerprint.
 *   zone     = "%" behind ipv6, or "%25", with what it names: dropped, with a dot or colon that would else
 *              join the address and what that leads to (`fe80::1%eth0.1:80`, also of `::5%3498.51`, where %34
 *              may be a digit)
 *   names    = below in-addr.arpa and ip6.arpa, and the 32 labels of an IPv6 address below any other: the
 *              labels of the masked bits become 0
 *
 * Masked IPv6 is printed by RFC 5952; ::ffff:0:0/96 is masked as IPv4, 2002::/16 also loses the masked bits
 * of the IPv4 in it. An escaped dot or colon stays escaped. All else passes byte for byte. Masking what is
 * masked changes nothing, but may take away more, and more yet the next time, of what is joined to an address
 * where less than 16 bits of IPv6 are kept, or by a sign that may be an escape (`fe80::1%35`,
 * `%3A%3Affff%3A1%252E9%2E0%2E2%2E33`) or a colour (ESC `[36::1m2001`);
 * and behind an escape of three octal digits that may be a number's first (`\04201:d:1:2:...`) what was
 * masked may read as an address, made of what is kept.
 * Known gaps, by choice: non-ASCII digits; octal, hexadecimal and one-number spellings of an address; IPv6
 * in dashed names (`2001-db8--3.ipv6-literal.net`); octets joined by anything but dots and dashes, as by the
 * commas of FTP's PORT; an address whose own characters are references of HTML (`&#46;`), `\u{2e}`,
 * quoted-printable (`=2E`), base64 or another encoding (around an address these do not matter); addresses
 * without any separator; UTF-16 and UTF-32, which mask_wide_seen tells. */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Bits that are kept: ipv4 0..32, ipv6 0..128. The caller checks the range; beyond it, all bits are kept. */
struct mask_prefixes {
    uint8_t ipv4;
    uint8_t ipv6;
};
enum { MASK_IPV4_DEFAULT = 24, MASK_IPV6_DEFAULT = 48 };

/* "ga" (24/48, what Google Analytics called anonymizeIp), "matomo-2" (16/48: two bytes), "strict" (16/32).
 * Returns false for another name. */
bool mask_preset(const char *name, struct mask_prefixes *ret_prefixes);

/* The longest IPv6 text, RFC 4291 section 2.2 form 3, with its NUL. */
enum { MASK_ADDRESS_SIZE = 46 };

/* Masks ${text}, which must be one address and nothing else: inet_pton's grammar, and a zone after an IPv6
 * address, which is dropped. Returns false when it is not. ${ret_text} is NUL-terminated; ${ret_len} leaves
 * the NUL out. */
bool mask_address(const char *text, size_t len, struct mask_prefixes prefixes,
                  char ret_text[MASK_ADDRESS_SIZE], size_t *ret_len);

/* Room that the output of ${len} bytes of text or JSON needs at most. Text can grow: `::ffff:f:f` becomes
 * `::ffff:0.15.0.0`, and an escaped colon may be written once more; never more than twofold. */
static inline size_t mask_room(size_t len)
{
    return 2 * len + 64;
}

/* Masks a whole text into ${out}, which has mask_room(${len}) bytes and does not overlap. Returns the bytes
 * written. */
size_t mask_text(const char *text, size_t len, struct mask_prefixes prefixes, char *out);

/* What a stream may hold back: the longest token that is still open (448 bytes), and what lies before it
 * that it may be judged by (392). A token ends at any byte that is neither letter nor digit nor ESC nor one
 * of `.:%-_~\\#[(;`, so a line is never held once its newline was fed. */
enum { MASK_HOLD = 840 };

struct mask_zone {
    bool open;    /* the text goes on inside a zone that is being dropped */
    bool encoded; /* its address was written with %3A */
    bool nested;  /* or with %253A */
    bool scoped;  /* its address is link-local or multicast */
};

/* A text that comes in pieces; the output does not depend on where it is cut. The members are private. */
struct mask_stream {
    struct mask_prefixes prefixes;
    struct mask_zone zone;
    size_t held; /* bytes in carry */
    size_t done; /* how many of them are written already and only stay as context */
    size_t seen; /* up to where in carry addresses were looked for */
    char carry[2 * MASK_HOLD + 64];
};

void mask_stream_init(struct mask_stream *s, struct mask_prefixes prefixes);
/* Writes into ${out}, which has mask_room(${len} + MASK_HOLD) bytes. Returns the bytes written. */
size_t mask_stream_feed(struct mask_stream *s, const char *text, size_t len, char *out);
/* Writes what was held back into ${out}, which has mask_room(MASK_HOLD) bytes, and starts anew. */
size_t mask_stream_finish(struct mask_stream *s, char *out);

/* Ceilings of one JSON text. */
enum {
    MASK_JSON_DEPTH = 32,
    MASK_JSON_MEMBERS = 1000, /* of one object */
    MASK_JSON_KEYS = 4096     /* of all objects that are open at one moment */
};

#define MASK_JSON_FAULTS(X)                                                                                  \
    X(MASK_JSON_OK, "no fault")                                                                              \
    X(MASK_JSON_SYNTAX, "not well-formed JSON")                                                              \
    X(MASK_JSON_UTF8, "a string is not valid UTF-8, or holds half a surrogate pair")                         \
    X(MASK_JSON_NUL, "a string holds a NUL")                                                                 \
    X(MASK_JSON_EQUAL_KEYS, "two members of an object have, or would have, the same name")                   \
    X(MASK_JSON_DEEP, "nested more than 32 deep")                                                            \
    X(MASK_JSON_WIDE, "an object has more than 1000 members, or the open ones more than 4096")               \
    X(MASK_JSON_TWICE, "a member stands twice in one object")

#define MASK_JSON_FAULT_MEMBER(fault, text) fault,
/* MASK_JSON_SYNTAX and MASK_JSON_UTF8 say it is no JSON; the others that it is JSON this filter refuses. A
 * member that stands twice and is written in two ways (with an escape) is MASK_JSON_EQUAL_KEYS. */
enum mask_json_fault { MASK_JSON_FAULTS(MASK_JSON_FAULT_MEMBER) MASK_JSON_FAULT_COUNT };
#undef MASK_JSON_FAULT_MEMBER
/* A static sentence; nothing of the text is in it. */
const char *mask_json_fault_text(enum mask_json_fault fault);

/* Scratch of the JSON filter, about 80 KB; needs no more than ${prefixes} set. The rest is private. */
struct mask_json {
    struct mask_prefixes prefixes;
    size_t fault_at; /* after a fault: the byte of the text it was found at */
    size_t key_count;
    struct mask_json_key {
        uint32_t hash, at, len;
        uint32_t sent_at, sent_len; /* in the text */
    } keys[MASK_JSON_KEYS];
};

/* Masks the decoded strings and keys of one JSON text (RFC 8259) of less than 1 GiB into ${out}, which has
 * mask_room(${len}) bytes and does not overlap. Numbers, order and white space stay as written; a string
 * with escapes is written anew with as few as JSON allows. An array of nothing but numbers from 0 to 255 is
 * masked as the text of these bytes (as journald writes a field that is no UTF-8). On a fault the content
 * of ${out} is void. */
enum mask_json_fault mask_json(struct mask_json *scratch, const char *text, size_t len, char *out,
                               size_t *ret_len);

/* Masks what mask_json refuses: as text, and the arrays of bytes in it. ${out} has mask_room(${len}) bytes.
 * Returns the bytes written. */
size_t mask_json_as_text(struct mask_json *scratch, const char *text, size_t len, char *out);

/* Whether a text is UTF-16 or UTF-32, which is not read here: it begins with their byte order mark, or has
 * NULs between its characters. Starts as all zeros; the members are private. */
struct mask_wide {
    unsigned count; /* bytes seen, up to 2 */
    uint8_t first;
    unsigned zeros, pairs, quads;
};
/* Looks at the next piece of the text. Returns true once it is known to be such; what it returned false for
 * holds no whole address in either encoding. */
bool mask_wide_seen(struct mask_wide *w, const char *text, size_t len);

/* The lines of an NDJSON text. Set at and end; an unfinished last line counts as a line. */
struct mask_lines {
    const char *at;
    const char *end;
    uint64_t number; /* of the line last returned, from 1; blank ones count */
};
/* The next line that is not blank, its newline (if any) not counted in. Returns false at the end. */
bool mask_lines_next(struct mask_lines *lines, const char **ret_line, size_t *ret_len);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
