/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

#include <stdbool.h>

/* Appends the whole of a file (`-`: stdin) to ${b}, whose ceiling bounds it. Returns NULL, or the reason in
 * words, static or strerror's. */
const char *file_read(const char *path, struct buf *b);
/* Overwrites the bytes, in a way no compiler takes out, and frees them. */
void file_wipe(struct buf *b);
/* Whether its group or others may read it. False for what is not there. */
bool file_is_open_to_others(const char *path);
