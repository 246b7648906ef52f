/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/delivery.h"

struct networks;

/* POSTs to webhooks, many at a time, over libcurl's multi interface. Of one thread: whoever made it. Nothing
 * is followed, nothing decoded, no proxy is asked, and of an answer no more is read than is looked at. */
struct transfers;

enum {
    TRANSFER_CONNECT_MS = 5000,
    TRANSFER_MS = 20000,             /* of all of it: the specification has 15 to 30 s */
    TRANSFER_ANSWER_MAX = 64 * 1024, /* bytes of an answer, and of its header */
    TRANSFERS_IDLE_MAX = 256         /* connections kept for the next */
};

/* ${allow}: networks that the operator allowed; it must outlive it. NULL, with ${ret_fault} in words, where
 * libcurl cannot be loaded or memory ran out. */
struct transfers *transfers_create(const struct networks *allow, const char **ret_fault);
/* Drops what runs. Accepts NULL. */
void transfers_destroy(struct transfers *all);

struct transfer_request {
    const char *url, *id, *signature;
    int64_t timestamp; /* seconds */
    const char *body;
    size_t len;
    void *cookie;
};
/* Copies what it needs. Returns -1 when memory ran out. */
int transfer_start(struct transfers *all, const struct transfer_request *request);

struct transfer_result {
    void *cookie;
    int http_status; /* 0: there was no answer */
    enum delivery_fault fault;
    int64_t retry_after; /* seconds, as it asks for; 0: it does not */
};
/* Waits until something happens, ${wake_fd} can be read, or ${timeout_ms} have passed; then goes on with all
 * of them. */
void transfers_wait(struct transfers *all, int wake_fd, int timeout_ms);
/* One that has ended. Returns false where there is none. */
bool transfers_next(struct transfers *all, struct transfer_result *ret_result);
size_t transfers_running(const struct transfers *all);
