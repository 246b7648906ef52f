/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/zip.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

/* What Debian has for this either wants the whole of a file before it writes (libzip), goes back in the
 * output (minizip), or brings an XML parser and its tables into the image (libarchive). */

enum {
    LOCAL_HEADER = 0x04034b50,
    DESCRIPTOR = 0x08074b50,
    DIRECTORY_ENTRY = 0x02014b50,
    DIRECTORY_END = 0x06054b50,
    VERSION_DEFLATE = 20,
    FLAG_SIZES_BEHIND = 1 << 3,
    FLAG_UTF8 = 1 << 11,
    METHOD_DEFLATE = 8,
    LEVEL = 1,        /* text of a kind: the first level takes most of what there is to take */
    RAW_WINDOW = -15, /* without zlib's own header */
    CHUNK = 16 * 1024
};

static void put16(struct buf *out, uint32_t value)
{
    buf_byte(out, (char)(value & 0xff));
    buf_byte(out, (char)(value >> 8 & 0xff));
}

static void put32(struct buf *out, uint32_t value)
{
    put16(out, value & 0xffff);
    put16(out, value >> 16);
}

void zip_begin(struct zip *z, instant now)
{
    time_t seconds = (time_t)(now / SECOND);
    struct tm day;
    *z = (struct zip){0};
    gmtime_r(&seconds, &day);
    z->date = (uint16_t)((unsigned)(day.tm_year - 80) << 9 | (unsigned)(day.tm_mon + 1) << 5 |
                         (unsigned)day.tm_mday);
    z->time = (uint16_t)((unsigned)day.tm_hour << 11 | (unsigned)day.tm_min << 5 | (unsigned)day.tm_sec / 2);
}

/* What a local header and an entry of the directory have in common. */
static void put_common(const struct zip *z, const struct zip_file *f, struct buf *out)
{
    put16(out, VERSION_DEFLATE);
    put16(out, FLAG_SIZES_BEHIND | FLAG_UTF8);
    put16(out, METHOD_DEFLATE);
    put16(out, z->time);
    put16(out, z->date);
    put32(out, f->crc);
    put32(out, f->packed);
    put32(out, f->size);
    put16(out, (uint32_t)strlen(f->name));
    put16(out, 0); /* extra field */
}

void zip_file_begin(struct zip *z, const char *name, struct buf *out)
{
    assert(z->deflate == NULL && z->count < ZIP_FILES_MAX && strlen(name) <= ZIP_NAME_MAX);
    size_t before = out->len;
    struct zip_file *f = &z->files[z->count++];
    *f = (struct zip_file){.offset = (uint32_t)z->written};
    memcpy(f->name, name, strlen(name) + 1);
    z->size = 0;
    z->deflate = calloc(1, sizeof *z->deflate);
    if (z->deflate == NULL ||
        deflateInit2(z->deflate, LEVEL, Z_DEFLATED, RAW_WINDOW, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        z->failed = true;
    put32(out, LOCAL_HEADER);
    put_common(z, f, out); /* sizes 0: they stand behind it */
    buf_text(out, f->name);
    z->written += out->len - before;
}

/* Gives zlib what it has, and takes what it makes of it. */
static void pump(struct zip *z, int flush, struct buf *out)
{
    unsigned char packed[CHUNK];
    int rc = Z_OK;
    do {
        z->deflate->next_out = packed;
        z->deflate->avail_out = sizeof packed;
        rc = deflate(z->deflate, flush);
        size_t len = sizeof packed - z->deflate->avail_out;
        buf_append(out, packed, len);
        z->written += len;
    } while (rc == Z_OK && z->deflate->avail_out == 0);
    z->failed = z->failed || rc == Z_STREAM_ERROR;
}

void zip_add(struct zip *z, const char *bytes, size_t len, struct buf *out)
{
    struct zip_file *f = &z->files[z->count - 1];
    if (z->failed || len == 0)
        return;
    f->crc = (uint32_t)crc32(f->crc, (const unsigned char *)bytes, (unsigned)len);
    z->size += len;
    z->deflate->next_in = (unsigned char *)(uintptr_t)bytes;
    z->deflate->avail_in = (unsigned)len;
    pump(z, Z_NO_FLUSH, out);
}

void zip_file_end(struct zip *z, struct buf *out)
{
    struct zip_file *f = &z->files[z->count - 1];
    if (!z->failed) {
        z->deflate->avail_in = 0;
        pump(z, Z_FINISH, out);
        f->packed = (uint32_t)z->deflate->total_out;
        z->failed = z->deflate->total_out > UINT32_MAX || z->size > UINT32_MAX;
    }
    f->size = (uint32_t)z->size;
    zip_abandon(z);
    put32(out, DESCRIPTOR);
    put32(out, f->crc);
    put32(out, f->packed);
    put32(out, f->size);
    z->written += 16;
    z->failed = z->failed || z->written > UINT32_MAX;
}

int zip_end(struct zip *z, struct buf *out)
{
    size_t before = out->len;
    assert(z->deflate == NULL);
    for (size_t i = 0; i < z->count; i++) {
        const struct zip_file *f = &z->files[i];
        put32(out, DIRECTORY_ENTRY);
        put16(out, VERSION_DEFLATE); /* made by */
        put_common(z, f, out);
        put16(out, 0); /* comment */
        put16(out, 0); /* disk */
        put16(out, 0); /* attributes */
        put32(out, 0);
        put32(out, f->offset);
        buf_text(out, f->name);
    }
    uint32_t directory = (uint32_t)(out->len - before);
    put32(out, DIRECTORY_END);
    put32(out, 0); /* disks */
    put16(out, (uint32_t)z->count);
    put16(out, (uint32_t)z->count);
    put32(out, directory);
    put32(out, (uint32_t)z->written);
    put16(out, 0); /* comment */
    return z->failed || buf_failed(out) ? -1 : 0;
}

void zip_abandon(struct zip *z)
{
    if (z->deflate != NULL)
        deflateEnd(z->deflate);
    free(z->deflate);
    z->deflate = NULL;
}
