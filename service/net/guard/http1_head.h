/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* What libh2o 2.2.5 lets pass in the head of a request of HTTP/1.1, though it depends on the reader: what is
 * a body to a proxy would be a request to us, or two of them would not mean the same host. */

/* A field as picohttpparser has it, which libh2o has within. */
struct phr_header {
    const char *name; /* NULL: the line before goes on */
    size_t name_len;
    const char *value;
    size_t value_len;
};

/* What Content-Length says; SIZE_MAX: nothing. Returns false where a head cannot be: lines that go on, two
 * lengths or codings, a length beside a coding, a coding in HTTP/1.0 (RFC 9112, 5.2, 6.1 and 6.3), no host in
 * HTTP/1.1, two, or one that is none (3.2). */
bool http1_head_read(const struct phr_header *fields, size_t count, int minor_version, size_t *ret_declared);

/* Of a target in absolute form (RFC 9112, 3.2.2), which every server must take, leaves the path with its
 * query; others stay as they are. May write into ${*path}. Returns false where the authority in it is
 * none. */
bool http1_target_read(const char **path, size_t *path_len);

/* Whether ${text} is a host, with a port or not (RFC 9110, 7.2): not empty, and without a user. */
bool host_is_valid(const char *text, size_t len);
