/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/list.h"

#include <h2o.h>

/* Connections of HTTP/1.1 that were answered before their request had come in whole. Were they closed at
 * once, the kernel would reset them, and what the client has not read of its answer would be lost. So what
 * still comes is read and dropped, for a while. */
struct linger_list {
    struct list sockets;
    size_t count;
};

void linger_init(struct linger_list *l);
/* Takes ${fd} over, another descriptor of a connection whose own is closed by now. Nothing more is sent on
 * it, and ${max} bytes are read. */
void linger_take(struct linger_list *l, h2o_loop_t *loop, int fd, size_t max, int64_t now);
/* Closes those whose time is over; ${now} of clock_monotonic. */
void linger_sweep(struct linger_list *l, int64_t now);
void linger_end(struct linger_list *l);
