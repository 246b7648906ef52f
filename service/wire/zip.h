/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/clock.h"

#include <stdint.h>

/* Writes a ZIP archive (PKWARE APPNOTE 6.3) in one pass: a file's size stands behind it, so that none has to
 * be known, or held, before. Deflated; at most ZIP_FILES_MAX files, 4 GiB in all. */
enum { ZIP_FILES_MAX = 16, ZIP_NAME_MAX = 32 };

struct zip_file {
    char name[ZIP_NAME_MAX + 1];
    uint32_t crc, packed, size, offset;
};

struct zip {
    struct z_stream_s *deflate; /* zlib's; while a file is open */
    uint16_t date, time;        /* of all files, as DOS has them */
    uint64_t written;           /* bytes, of the archive */
    uint64_t size;              /* of the file that is open, unpacked */
    size_t count;
    struct zip_file files[ZIP_FILES_MAX];
    bool failed;
};

/* ${now}: what the files are said to be of, in UTC. */
void zip_begin(struct zip *z, instant now);
/* Each appends to ${out} what can be sent already. ${name}: ASCII, of at most ZIP_NAME_MAX bytes. */
void zip_file_begin(struct zip *z, const char *name, struct buf *out);
void zip_add(struct zip *z, const char *bytes, size_t len, struct buf *out);
void zip_file_end(struct zip *z, struct buf *out);
/* The directory. Returns -1 when what was appended is no archive: memory or a limit failed. */
int zip_end(struct zip *z, struct buf *out);
/* In place of what would still have to come. Accepts one that was ended, or zeroed. */
void zip_abandon(struct zip *z);
