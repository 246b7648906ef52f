/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

#include <stdbool.h>

/* Appends the whole of a file (`-`: stdin) to ${b}, whose ceiling bounds it. Returns NULL, or the reason in
 * words, static or strerror's. */
const char *file_read(const char *path, struct buf *b);
/* As file_read, of one word such as a token; white space around it is left out. */
const char *file_read_word(const char *path, struct buf *b);
/* Overwrites the bytes, in a way no compiler takes out, and frees them. */
void file_wipe(struct buf *b);
/* As file_read, of a key: a file that others than the service can read is refused (FILE_EXPOSED). */
const char *file_read_key(const char *path, struct buf *b);
#define FILE_EXPOSED   "it can be read by others than the service: chmod 600"
#define FILE_TOO_LARGE "it is too large"
/* Whether it would be. False for what is not there. */
bool file_is_exposed(const char *path);
/* Makes the file of a key, whole or not at all, and on the disk when it returns: for its owner alone, or, in
 * a folder of root's that a group may enter, for that group to read too. Returns NULL; FILE_THERE where
 * there is one, which stays as it is; or strerror's words. */
const char *file_make_key(const char *path, const void *bytes, size_t len);
extern const char FILE_THERE[];
/* A new file takes the place of the one before, whole or not at all, and on the disk when it returns. What is
 * no file (a device, a pipe) stays, and is written to; a symbolic link is refused. Returns NULL, or why not,
 * in words. */
const char *file_replace(const char *path, const void *bytes, size_t len);
/* Whether that may be done, beforehand; leaves nothing behind. */
const char *file_replace_try(const char *path);
