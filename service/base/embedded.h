/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stddef.h>

/* A file that was put into the binary at build time. A table of them ends with a row whose name is NULL. */
struct embedded {
    const char *name;   /* without its folder */
    const char *data;   /* followed by a NUL */
    size_t len;         /* without that NUL */
    const char *sha256; /* in lower-case hexadecimal digits */
};

/* The file of that name in the table ${files}; NULL: there is none. */
const struct embedded *embedded_find(const struct embedded *files, const char *name);
