/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What `akkoord token` is asked for. */
struct token_order {
    const char *secret; /* the secret file's bytes */
    size_t secret_len;
    const char *issuer; /* AKKOORD_JWT_ISSUER; NULL or "": none */
    const char *controller;
    const char *scope;    /* words separated by spaces; one that is unknown is a typing error and refused */
    const char *client;   /* sub, what the events will name as their actor */
    int64_t ttl;          /* seconds */
    int64_t max_lifetime; /* seconds, as the service is told; 0: its default */
};

/* Reads a whole number and one of s, m, h and d: "90s", "30m", "1h", "2d". At most 100 years, at least a
 * second. Returns false and leaves ${ret_seconds} alone on anything else. */
bool ttl_parse(const char *text, int64_t *ret_seconds);

/* Writes the token and a newline to ${out}, when the service with the same secret and options would accept
 * it at ${now}. Returns NULL, or a static sentence that says what is wrong with nothing written. */
const char *token_issue(const struct token_order *order, instant now, FILE *out);
