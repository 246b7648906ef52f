/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/list.h"

#include <h2o.h>

/* Connections of HTTP/1.1 that were answered before their request had come in whole. Were they closed at once, the kernel would reset
 * them, and what the client has not read of its answer would be lost. So what still comes is read and dropped, for a while. */
struct leftovers {
    struct list sockets;
    size_t count;
};

void leftovers_init(struct leftovers *l);
/* Takes ${fd} over, another descriptor of a connection whose own is closed by now. Nothing more is sent on it, and ${max} bytes are read. */
void leftovers_take(struct leftovers *l, h2o_loop_t *loop, int fd, size_t max, int64_t now);
/* Closes those whose time is over; ${now} of clock_monotonic. */
void leftovers_sweep(struct leftovers *l, int64_t now);
void leftovers_end(struct leftovers *l);
