/* SPDX-License-Identifier: Apache-2.0 */
#include "mask/json_escape.h"
#include "mask/mask_address.h"
#include "mask/mask_scan.h"

#include <assert.h>
#include <string.h>
#ifdef __x86_64__
#include <emmintrin.h>
#endif

/* (1) Each byte of the text before done is written; what lies between done and at goes out as it is.
 * (2) candidate is the first place at or after the last string looked at where an address may be, in the
 *     raw text: a string without escapes that ends before it needs no second look.
 * (3) A key is compared as it is written: escapes are written in one way only, so equal bytes are equal
 *     keys. */
struct json {
    struct mask_json *scratch;
    mask_find *find;
    const uint8_t *text;
    size_t len;
    size_t at;
    size_t done;
    size_t candidate;
    char *start; /* of the output */
    char *out;
    unsigned depth;
    enum mask_json_fault fault;
};

const char *mask_json_fault_text(enum mask_json_fault fault)
{
#define FAULT_TEXT(code, text) [code] = text,
    static const char *const texts[] = {MASK_JSON_FAULTS(FAULT_TEXT)};
#undef FAULT_TEXT
    return texts[fault];
}

static bool json_fail(struct json *j, enum mask_json_fault fault)
{
    j->fault = fault;
    return false;
}

static void json_flush(struct json *j, size_t to)
{
    memcpy(j->out, j->text + j->done, to - j->done);
    j->out += to - j->done;
    j->done = to;
}

/* The first quote, backslash or control character at or after ${at}. ${high} is set when a byte above 127
 * was passed. */
static size_t string_stop(const uint8_t *text, size_t at, size_t len, bool *high)
{
#ifdef __x86_64__
    for (; len - at >= 16; at += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(text + at));
        __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
        __m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
        __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(v, _mm_set1_epi8(0x1f)), _mm_set1_epi8(0x1f));
        unsigned stop = (unsigned)_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, slash)));
        unsigned highs = (unsigned)_mm_movemask_epi8(v);
        if (stop != 0) {
            *high |= (highs & (stop - 1) & ~stop) != 0;
            return at + (size_t)__builtin_ctz(stop);
        }
        *high |= highs != 0;
    }
#endif
    for (; at < len && text[at] != '"' && text[at] != '\\' && text[at] >= 0x20; at++)
        *high |= text[at] >= 0x80;
    return at;
}

/* The length of the UTF-8 sequence at ${at} (RFC 3629, table 3-7 of Unicode), or 0. */
static size_t utf8_length(const uint8_t *text, size_t at, size_t end)
{
    uint8_t first = text[at];
    if (first < 0x80)
        return 1;
    size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || end - at <= more)
        return 0;
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t top = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    for (size_t i = 1; i <= more; i++) {
        if (text[at + i] < (i == 1 ? low : 0x80) || text[at + i] > (i == 1 ? top : 0xbf))
            return 0;
    }
    return more + 1;
}

static bool utf8_check(struct json *j, size_t from, size_t to)
{
    while (from < to) {
        size_t n = utf8_length(j->text, from, to);
        if (n == 0) {
            j->at = from;
            return json_fail(j, MASK_JSON_UTF8);
        }
        from += n;
    }
    return true;
}

/* Finds the end of the string whose first byte is at j->at; leaves j->at behind its quote. */
static bool string_span(struct json *j, size_t *ret_end, bool *ret_escaped)
{
    size_t from = j->at, at = from;
    bool high = false, escaped = false;
    for (;;) {
        at = string_stop(j->text, at, j->len, &high);
        if (at < j->len && j->text[at] == '"')
            break;
        j->at = at;
        if (j->len - at < 2 || j->text[at] != '\\')
            return json_fail(j, MASK_JSON_SYNTAX);
        escaped = true;
        at += 2;
    }
    if (high && !utf8_check(j, from, at))
        return false;
    *ret_end = at;
    *ret_escaped = escaped;
    j->at = at + 1;
    return true;
}

/* Decodes one character or escape at ${at} into ${out} (4 bytes). Returns the bytes read, 0 on a fault. */
static size_t character_decode(struct json *j, size_t at, size_t end, char *out, size_t *ret_len)
{
    static const enum mask_json_fault faults[] = {[JSON_ESCAPE_SYNTAX] = MASK_JSON_SYNTAX,
                                                  [JSON_ESCAPE_NUL] = MASK_JSON_NUL,
                                                  [JSON_ESCAPE_HALF] = MASK_JSON_UTF8};
    const char *text = (const char *)j->text + at;
    enum json_escape_fault fault;
    *ret_len = 1;
    *out = *text;
    if (*text != '\\')
        return 1;
    size_t n = json_escape_read(text, end - at, out, ret_len, &fault);
    if (n == 0) {
        j->at = text[1] == 'u' ? at + 2 : at;
        json_fail(j, faults[fault]);
    }
    return n;
}

static void json_encode(struct json *j, const char *text, size_t len)
{
    static const char shorts[0x60] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['"'] = '"', ['\\'] = '\\'};
    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)text[i];
        if (c < sizeof shorts && shorts[c] != 0) {
            *j->out++ = '\\';
            *j->out++ = shorts[c];
        } else if (c < 0x20) {
            memcpy(j->out, "\\u00", 4);
            j->out[4] = (char)('0' + (c >> 4));
            j->out[5] = "0123456789abcdef"[c & 15];
            j->out += 6;
        } else {
            *j->out++ = (char)c;
        }
    }
}

/* A string with escapes: decoded, masked and encoded piece by piece. */
static bool string_recode(struct json *j, size_t from, size_t end)
{
    enum { PIECE = 512 };
    struct mask_stream stream;
    char piece[PIECE + 4], masked[2 * (PIECE + 4 + MASK_HOLD) + 64];
    size_t after = j->at, used = 0;
    json_flush(j, from);
    mask_stream_init(&stream, j->scratch->prefixes);
    for (size_t at = from; at < end;) {
        size_t len, n = character_decode(j, at, end, piece + used, &len);
        if (n == 0)
            return false;
        at += n;
        used += len;
        if (used >= PIECE) {
            json_encode(j, masked, mask_stream_feed(&stream, piece, used, masked));
            used = 0;
        }
    }
    json_encode(j, masked, mask_stream_feed(&stream, piece, used, masked));
    json_encode(j, masked, mask_stream_finish(&stream, masked));
    j->done = end;
    j->at = after;
    return true;
}

/* Masks a string without escapes; most hold no candidate and stay in the text that goes out as it is. */
static void string_mask(struct json *j, size_t from, size_t end)
{
    if (j->candidate < from)
        j->candidate = j->find(j->text, from, j->len, j->len);
    if (j->candidate >= end)
        return;
    json_flush(j, from);
    struct scan s = {.text = j->text + from,
                     .len = end - from,
                     .last = true,
                     .find = j->find,
                     .prefixes = j->scratch->prefixes,
                     .seen = j->candidate - from,
                     .out = j->out};
    scan_run(&s);
    j->out = s.out;
    j->done = end;
}

/* The string whose quote is at j->at. */
static bool json_string(struct json *j, size_t *ret_from, size_t *ret_end)
{
    size_t from = ++j->at, end;
    bool escaped;
    if (!string_span(j, &end, &escaped))
        return false;
    *ret_from = from;
    *ret_end = end;
    if (escaped)
        return string_recode(j, from, end);
    string_mask(j, from, end);
    return true;
}

static uint32_t key_hash(const char *key, size_t len)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)key[i]) * 16777619u;
    return hash;
}

static bool is_sent_alike(const struct json *j, const struct mask_json_key *a, const struct mask_json_key *b)
{
    return a->sent_len == b->sent_len && memcmp(j->text + a->sent_at, j->text + b->sent_at, a->sent_len) == 0;
}

/* Remembers the key just read. ${first} is the place of its object's first key. */
static bool key_add(struct json *j, size_t first, size_t from, size_t end)
{
    struct mask_json *m = j->scratch;
    if (m->key_count - first == MASK_JSON_MEMBERS || m->key_count == MASK_JSON_KEYS)
        return json_fail(j, MASK_JSON_WIDE);
    struct mask_json_key key = {.sent_at = (uint32_t)from, .sent_len = (uint32_t)(end - from)};
    if (j->done <= from) { /* not written yet: as in the text */
        key.at = (uint32_t)((size_t)(j->out - j->start) + from - j->done);
        key.len = (uint32_t)(end - from);
        key.hash = key_hash((const char *)j->text + from, key.len);
    } else {
        key.at = m->keys[m->key_count].at;
        key.len = (uint32_t)(j->out - j->start) - key.at;
        key.hash = key_hash(j->start + key.at, key.len);
    }
    for (size_t i = first; i < m->key_count; i++) {
        if (m->keys[i].hash != key.hash || m->keys[i].len != key.len)
            continue;
        json_flush(j, end > j->done ? end : j->done);
        if (memcmp(j->start + m->keys[i].at, j->start + key.at, key.len) == 0)
            return json_fail(j, is_sent_alike(j, &m->keys[i], &key) ? MASK_JSON_TWICE : MASK_JSON_EQUAL_KEYS);
    }
    m->keys[m->key_count++] = key;
    return true;
}

static size_t space_end(const struct json *j, size_t at)
{
    while (at < j->len && json_is_space((char)j->text[at]))
        at++;
    return at;
}

static void json_space(struct json *j)
{
    j->at = space_end(j, j->at);
}

/* Skips space and, when it is ${c}, the next byte. */
static bool json_take(struct json *j, char c)
{
    json_space(j);
    if (j->at == j->len || j->text[j->at] != (uint8_t)c)
        return false;
    j->at++;
    return true;
}

static bool digits_take(struct json *j)
{
    size_t from = j->at;
    while (j->at < j->len && (mask_class[j->text[j->at]] & DIGIT) != 0)
        j->at++;
    return j->at > from;
}

static bool byte_take(struct json *j, char one, char other)
{
    if (j->at == j->len || (j->text[j->at] != (uint8_t)one && j->text[j->at] != (uint8_t)other))
        return false;
    j->at++;
    return true;
}

static bool json_number(struct json *j)
{
    byte_take(j, '-', '-');
    bool good = byte_take(j, '0', '0') || digits_take(j);
    if (good && byte_take(j, '.', '.'))
        good = digits_take(j);
    if (good && byte_take(j, 'e', 'E')) {
        byte_take(j, '+', '-');
        good = digits_take(j);
    }
    return good || json_fail(j, MASK_JSON_SYNTAX);
}

static bool json_word(struct json *j, const char *word)
{
    size_t len = strlen(word);
    if (j->len - j->at < len || memcmp(j->text + j->at, word, len) != 0)
        return json_fail(j, MASK_JSON_SYNTAX);
    j->at += len;
    return true;
}

static bool json_value(struct json *j);

static bool json_member(struct json *j, size_t first)
{
    struct mask_json *m = j->scratch;
    size_t from, end;
    json_space(j);
    if (j->at == j->len || j->text[j->at] != '"')
        return json_fail(j, MASK_JSON_SYNTAX);
    if (m->key_count < MASK_JSON_KEYS) /* where the key begins, should it be written anew */
        m->keys[m->key_count].at = (uint32_t)((size_t)(j->out - j->start) + j->at + 1 - j->done);
    if (!json_string(j, &from, &end) || !key_add(j, first, from, end))
        return false;
    if (!json_take(j, ':'))
        return json_fail(j, MASK_JSON_SYNTAX);
    return json_value(j);
}

/* The members of an object or the elements of an array, up to ${close}. */
static bool json_list(struct json *j, char close)
{
    size_t first = j->scratch->key_count;
    if (++j->depth > MASK_JSON_DEPTH)
        return json_fail(j, MASK_JSON_DEEP);
    j->at++;
    if (!json_take(j, close)) {
        do {
            if (close == '}' ? !json_member(j, first) : !json_value(j))
                return false;
        } while (json_take(j, ','));
        if (!json_take(j, close))
            return json_fail(j, MASK_JSON_SYNTAX);
    }
    j->scratch->key_count = first;
    j->depth--;
    return true;
}

/* The elements of an array of bytes, as journald writes a field that is no UTF-8 text: `[50,48,51]`. */
struct bytes {
    const struct json *j;
    size_t at; /* of the next one; behind the bracket once the last was read */
    bool over;
};

/* The next byte, -1 at the end, -2 where no number from 0 to 255 and a comma or bracket stand. */
static int bytes_next(struct bytes *b)
{
    const struct json *j = b->j;
    if (b->over)
        return -1;
    size_t from = space_end(j, b->at), end = from;
    while (end < j->len && end - from < 4 && (mask_class[j->text[end]] & DIGIT) != 0)
        end++;
    int value = octet_read((const char *)j->text + from, end - from, false);
    end = space_end(j, end);
    if (value < 0 || end == j->len || (j->text[end] != ',' && j->text[end] != ']'))
        return -2;
    b->over = j->text[end] == ']';
    b->at = end + 1;
    return value;
}

/* The end of the array of bytes at ${at}, 0 where none stands there. ${ret_plain}: no dot, dash or colon is
 * among them, nor the sign of an escape. */
static size_t bytes_end(const struct json *j, size_t at, bool *ret_plain)
{
    struct bytes b = {.j = j, .at = at + 1};
    bool plain = true;
    int value;
    while ((value = bytes_next(&b)) >= 0)
        plain &= value != '.' && value != '-' && value != ':' && (mask_class[value] & SIGN) == 0;
    *ret_plain = plain;
    return value == -1 ? b.at : 0;
}

static void number_put(struct json *j, uint8_t value, bool first)
{
    if (!first)
        *j->out++ = ',';
    j->out = octet_print(j->out, value);
}

/* Masks the array of bytes at ${at} as the text it is. Returns whether that changes it; only then it is to
 * be written. */
static bool bytes_mask(struct json *j, size_t at, bool write, size_t *ret_end)
{
    enum { PIECE = 512 };
    char piece[PIECE], masked[2 * (PIECE + MASK_HOLD) + 64];
    struct bytes in = {.j = j, .at = at + 1}, old = in;
    struct mask_stream stream;
    bool changed = false, first = true;
    size_t used;
    mask_stream_init(&stream, j->scratch->prefixes);
    do {
        int value = 0;
        for (used = 0; used < PIECE && (value = bytes_next(&in)) >= 0; used++)
            piece[used] = (char)(uint8_t)value;
        size_t len =
            used > 0 ? mask_stream_feed(&stream, piece, used, masked) : mask_stream_finish(&stream, masked);
        for (size_t i = 0; i < len; i++, first = false) {
            if (write)
                number_put(j, (uint8_t)masked[i], first);
            else
                changed |= bytes_next(&old) != (uint8_t)masked[i];
        }
    } while (used > 0);
    *ret_end = in.at;
    return changed || (!write && bytes_next(&old) != -1);
}

/* Takes the array at ${at} if it is of bytes, and writes what the mask changes. Returns its end, or 0. */
static __attribute__((noinline)) size_t bytes_take(struct json *j, size_t at) /* its frame is large */
{
    bool plain;
    size_t end = bytes_end(j, at, &plain);
    if (end == 0 || plain || !bytes_mask(j, at, false, &end))
        return end;
    json_flush(j, at);
    *j->out++ = '[';
    bytes_mask(j, at, true, &end);
    *j->out++ = ']';
    j->done = end;
    return end;
}

static bool json_array(struct json *j)
{
    size_t end = j->depth < MASK_JSON_DEPTH ? bytes_take(j, j->at) : 0;
    if (end == 0)
        return json_list(j, ']');
    j->at = end;
    return true;
}

static bool json_value(struct json *j)
{
    size_t from, end;
    json_space(j);
    switch (j->at < j->len ? j->text[j->at] : 0) {
    case '{':
        return json_list(j, '}');
    case '[':
        return json_array(j);
    case '"':
        return json_string(j, &from, &end);
    case 't':
        return json_word(j, "true");
    case 'f':
        return json_word(j, "false");
    case 'n':
        return json_word(j, "null");
    default:
        return json_number(j);
    }
}

enum mask_json_fault mask_json(struct mask_json *scratch, const char *text, size_t len, char *out,
                               size_t *ret_len)
{
    assert(len < 1u << 30); /* the output's offsets have 32 bits */
    scratch->key_count = 0;
    struct json j = {.scratch = scratch,
                     .find = mask_find_best(),
                     .text = (const uint8_t *)text,
                     .len = len,
                     .start = out,
                     .out = out};
    j.candidate = j.find(j.text, 0, len, len);
    if (json_value(&j)) {
        json_space(&j);
        if (j.at != len)
            j.fault = MASK_JSON_SYNTAX;
    }
    if (j.fault != MASK_JSON_OK) {
        scratch->fault_at = j.at;
        return j.fault;
    }
    json_flush(&j, len);
    *ret_len = (size_t)(j.out - out);
    return MASK_JSON_OK;
}

size_t mask_json_as_text(struct mask_json *scratch, const char *text, size_t len, char *out)
{
    struct json j = {.scratch = scratch, .text = (const uint8_t *)text, .len = len, .start = out, .out = out};
    for (size_t at = 0; at < len;) {
        const char *bracket = memchr(text + at, '[', len - at);
        size_t from = bracket != NULL ? (size_t)(bracket - text) : len, end, masked;
        bool plain;
        if (from < len && (bytes_end(&j, from, &plain) == 0 || plain || !bytes_mask(&j, from, false, &end))) {
            at = from + 1;
            continue;
        }
        masked = mask_text(text + j.done, from - j.done, scratch->prefixes, j.out);
        j.out += masked;
        j.done = from;
        at = from < len ? bytes_take(&j, from) : len;
    }
    j.out += mask_text(text + j.done, len - j.done, scratch->prefixes, j.out);
    return (size_t)(j.out - out);
}

bool mask_lines_next(struct mask_lines *lines, const char **ret_line, size_t *ret_len)
{
    while (lines->at < lines->end) {
        const char *line = lines->at, *newline = memchr(line, '\n', (size_t)(lines->end - line));
        const char *end = newline != NULL ? newline : lines->end;
        lines->at = newline != NULL ? newline + 1 : lines->end;
        lines->number++;
        for (const char *c = line; c < end; c++) {
            if (*c != ' ' && *c != '\t' && *c != '\r') {
                *ret_line = line;
                *ret_len = (size_t)(end - line);
                return true;
            }
        }
    }
    return false;
}
