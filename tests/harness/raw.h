/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* HTTP by hand, for what no client library would send. Each fails the test where the network does. */

/* A connection to a port of this machine, in clear text. */
int raw_connect(unsigned port);
void raw_send(int fd, const void *bytes, size_t len);
/* All that comes before the end; fails the test where that is a reset. */
const char *raw_read_all(int fd);

/* ---- HTTP/2 (RFC 9113) ---- */

enum { FRAME_DATA = 0, FRAME_HEADERS = 1, FRAME_RST_STREAM = 3, FRAME_SETTINGS = 4, FRAME_GOAWAY = 7 };
enum { FLAG_END_STREAM = 1, FLAG_END_HEADERS = 4, FRAME_MAX = 16384 };

struct frame {
    unsigned char type;
    size_t len;
    char payload[FRAME_MAX + 1]; /* with a NUL */
};

/* A connection that speaks HTTP/2 from its first byte on. */
int raw_connect_http2(unsigned port);
void raw_frame_send(int fd, unsigned char type, unsigned char flags, unsigned char stream,
                    const void *payload, size_t len);
/* HEADERS of ${fields}: names and values in turn, NULL at the end. */
void raw_headers_send(int fd, unsigned char flags, unsigned char stream, const char *const fields[]);
/* Returns false where the connection ends before. */
bool raw_frame_read(int fd, struct frame *ret_frame);
/* Reads the next frame of that type, past all others. */
bool raw_frame_find(int fd, unsigned char type, struct frame *ret_frame);
