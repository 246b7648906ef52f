/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

#include <stddef.h>

/* The consent gate of `akkoord mask --gate`: sends events to the service's POST
 * /v1/analytics/filter, and gives back what it lets through. Where the service cannot be asked,
 * nothing passes. Blocks; not for a loop thread. */

enum {
    MASK_GATE_LINES = 10000
}; /* in one request: far below what the service takes, and 50 ms of its time */

struct mask_gate_options {
    const char *url;        /* of the service: http://host:port, or https */
    const char *token_file; /* read again when the service refuses what it held: tokens end */
    const char *ca_file;    /* NULL: the system's authorities */
    const char *purpose;
    const char *visitor; /* this and what follows as in the query of the route; NULL: not said */
    const char *refused;
    const char *keep;
};

struct mask_gate;

/* Asks nothing yet. The options must outlive it. NULL, with ${ret_fault} in words, when libcurl
 * cannot be loaded or memory ran out. */
struct mask_gate *mask_gate_open(const struct mask_gate_options *options, const char **ret_fault);
void mask_gate_close(struct mask_gate *g);
/* Sends ${len} bytes, whole lines of at most MASK_GATE_LINES, and tries again for a minute where the service
 * is away or busy. Puts the lines of the answer into ${answer}, bad ones as the route answers them. Returns
 * NULL, or why they cannot pass: in words, good until the next call. */
const char *mask_gate_pass(struct mask_gate *g, const char *lines, size_t len, struct buf *answer);
