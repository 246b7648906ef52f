/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/writer.h"

#include "base/hex.h"
#include "domain/moment.h"

#include <assert.h>
#include <string.h>

enum { INT_TEXT = 20 }; /* characters of INT64_MIN */

/* What a byte costs above itself inside a string (RFC 8259, 7). */
static const uint8_t escape_cost[256] = {
    5, 5, 5, 5, 5, 5, 5, 5, 1, 1, 1, 5, 1, 1, 5, 5, /* \b \t \n \f \r have a letter */
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, ['"'] = 1, ['\\'] = 1,
};

static void escape_bytes(char *to, const char *bytes, size_t len)
{
    static const char letters[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'};
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (escape_cost[c] == 0) {
            *to++ = bytes[i];
            continue;
        }
        *to++ = '\\';
        if (escape_cost[c] == 1) {
            *to++ = letters[c];
            continue;
        }
        memcpy(to, "u00", 3);
        hex_write(&c, 1, to + 3);
        to += 5;
    }
}

static void writer_quote(struct writer *w, const char *bytes, size_t len)
{
    size_t extra = 0;
    for (size_t i = 0; i < len; i++)
        extra += escape_cost[(unsigned char)bytes[i]];
    char *at = buf_extend(w->buf, len + extra + 2);
    if (at == NULL)
        return;
    *at++ = '"';
    if (extra == 0)
        memcpy(at, bytes, len);
    else
        escape_bytes(at, bytes, len);
    at[len + extra] = '"';
}

/* What stands before a value: the comma and the name. */
static void writer_lead(struct writer *w, const char *key)
{
    assert((key != NULL) == (w->depth > 0 && (w->objects & 1) != 0));
    assert(w->depth > 0 || !w->comma); /* one value at the top */
    if (w->comma)
        buf_byte(w->buf, ',');
    w->comma = true;
    if (key == NULL)
        return;
    writer_quote(w, key, strlen(key));
    buf_byte(w->buf, ':');
}

static void writer_begin(struct writer *w, const char *key, bool object)
{
    writer_lead(w, key);
    assert(w->depth < 64);
    buf_byte(w->buf, object ? '{' : '[');
    w->objects = w->objects << 1 | (object ? 1 : 0);
    w->depth++;
    w->comma = false;
}

static void writer_end(struct writer *w, bool object)
{
    assert(w->depth > 0 && ((w->objects & 1) != 0) == object);
    buf_byte(w->buf, object ? '}' : ']');
    w->objects >>= 1;
    w->depth--;
    w->comma = true;
}

void writer_object_begin(struct writer *w, const char *key)
{
    writer_begin(w, key, true);
}

void writer_object_end(struct writer *w)
{
    writer_end(w, true);
}

void writer_array_begin(struct writer *w, const char *key)
{
    writer_begin(w, key, false);
}

void writer_array_end(struct writer *w)
{
    writer_end(w, false);
}

void writer_string(struct writer *w, const char *key, const char *bytes, size_t len)
{
    writer_lead(w, key);
    writer_quote(w, bytes, len);
}

void writer_text(struct writer *w, const char *key, const char *text)
{
    if (text == NULL)
        writer_null(w, key);
    else
        writer_string(w, key, text, strlen(text));
}

void writer_int(struct writer *w, const char *key, int64_t value)
{
    char digits[INT_TEXT];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0)
        digits[--at] = '-';
    writer_raw(w, key, digits + at, sizeof digits - at);
}

void writer_bool(struct writer *w, const char *key, bool value)
{
    writer_raw(w, key, value ? "true" : "false", value ? 4 : 5);
}

void writer_null(struct writer *w, const char *key)
{
    writer_raw(w, key, "null", 4);
}

void writer_moment(struct writer *w, const char *key, instant moment)
{
    if (moment == INSTANT_NONE) {
        writer_null(w, key);
        return;
    }
    char text[MOMENT_TEXT + 1];
    size_t len = moment_format(moment, text);
    writer_string(w, key, text, len);
}

void writer_uuid(struct writer *w, const char *key, const uint8_t uuid[UUID_SIZE])
{
    char text[UUID_TEXT + 1];
    uuid_format(uuid, text);
    writer_string(w, key, text, UUID_TEXT);
}

void writer_sha256(struct writer *w, const char *key, const uint8_t sha256[SHA256_SIZE])
{
    char text[2 * SHA256_SIZE];
    hex_write(sha256, SHA256_SIZE, text);
    writer_string(w, key, text, sizeof text);
}

void writer_raw(struct writer *w, const char *key, const char *json, size_t len)
{
    writer_lead(w, key);
    buf_append(w->buf, json, len);
}

void writer_members(struct writer *w, const char *json)
{
    size_t len = strlen(json);
    assert(len >= 2 && json[0] == '{' && json[len - 1] == '}' && w->depth > 0 && (w->objects & 1) != 0);
    if (len == 2)
        return;
    if (w->comma)
        buf_byte(w->buf, ',');
    w->comma = true;
    buf_append(w->buf, json + 1, len - 2);
}
