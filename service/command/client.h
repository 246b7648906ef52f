/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Asks a running service, or another one that takes a token: for commands. Blocks; not for a loop thread. */

struct client_options {
    const char *url;        /* of the service: http://host:port, or https */
    const char *token_file; /* read again when the service refuses what it held: tokens end */
    const char *ca_file;    /* NULL: the system's authorities */
    const char *scheme;     /* of the token; NULL: Bearer */
    const char *media;      /* of what is sent; NULL: NDJSON */
    const char *name;       /* who is asked, in words; NULL: the service */
};

struct client;

/* Asks nothing yet. The options must outlive it. NULL, with ${ret_fault} in words, when libcurl
 * cannot be loaded or memory ran out. */
struct client *client_open(const struct client_options *options, const char **ret_fault);
void client_close(struct client *g);
/* What is asked from now on. ${parameters}: names and values in turn, NULL at the end; a value of NULL is
 * left out with its name. Returns NULL, or why it cannot be. */
const char *client_path(struct client *g, const char *path, const char *const parameters[]);
/* The Idempotency-Key that goes with what is asked from now on, copied; NULL: none. Returns false when memory
 * ran out. */
bool client_key(struct client *g, const char *key);
/* Sends ${len} bytes by POST or PUT, or asks by GET (${body} NULL), and tries again for a minute where the
 * service is away or busy. Puts the answer into ${answer}. Returns NULL, or why there is none: in words, good
 * until the next call. */
const char *client_post(struct client *g, const char *body, size_t len, struct buf *answer);
const char *client_put(struct client *g, const char *body, size_t len, struct buf *answer);
const char *client_get(struct client *g, struct buf *answer);
