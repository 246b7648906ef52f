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
