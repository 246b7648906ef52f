/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/keys.h"
#include "auth/link.h"
#include "store/database.h"

#include <stdbool.h>
#include <stddef.h>

/* What a process verifies and signs with: a reference each. SIGHUP makes all anew. */
struct server_keys {
    struct keys *tokens;
    struct receipt_keys *receipts;
};
struct server_keys server_keys_ref(const struct server_keys *keys);
/* Gives up those that are there; and leaves none. */
void server_keys_unref(struct server_keys *keys);

struct delivery_counts;
struct chore;
struct route;

/* What `akkoord serve` gives the server. All it points at must outlive server_run. */
struct server_options {
    const struct route *routes; /* what it answers (http/route) */
    const struct chore *chores; /* what it does on time (http/schedule) */
    const char *listen;         /* host:port, several separated by commas; clear text */
    const char *tls_listen;     /* likewise, or "" */
    const char *tls_cert_file;  /* PEM chain */
    const char *tls_key_file;   /* PEM */
    const char *metrics_listen; /* host:port, or "" */
    const char *public_url;
    const char *access_log;      /* a file, `-` for standard output, "" for none; opened again on SIGHUP */
    const char *trusted_proxies; /* networks separated by commas, or "" */
    const char *database_id;     /* told at /healthz; "" where it is not known (store/identity) */
    bool beside; /* another process listens there, and its place is taken over (net/listener) */
    unsigned threads;
    size_t view_bytes;                /* of all threads; 0: no views */
    unsigned connections_max;         /* at a time */
    unsigned connections_per_address; /* likewise; trusted proxies may have more */
    unsigned arrivals;                /* new connections of one address a second; 0: no limit */
    uint64_t client_limit;            /* see http/rate_limit; 0: none */
    uint64_t address_limit;
    int64_t drain_delay_ms; /* at most DRAIN_DELAY_S_MAX */
    const struct database *database;
    uint8_t subject_key; /* number of the key that makes a new controller's tags: the first of the file */
    const struct delivery_counts *deliveries; /* of who delivers beside it, for /metrics; NULL: nobody */
    bool demo;                                /* what only a demonstration shows is shown */
    const char *demo_site;                    /* the address of its website, or "" */
    const struct link_keys *link_keys;        /* what people click is sealed with them (auth/link) */
    struct server_keys keys;                  /* one reference of each is taken */
    /* Reads the keys again (SIGHUP). Called on the main thread; returns new references, or none at all,
     * having logged why, to keep the old ones. */
    struct server_keys (*keys_reload)(void *cookie);
    void *cookie;
};

/* Serves until SIGTERM or SIGINT, then leaves within 10 s: at once /readyz says 503; after ${drain_delay_ms},
 * in which it serves as before, it drains: stops accepting, sends GOAWAY, finishes what is in flight. SIGHUP
 * reads keys and certificates again. Blocks these signals in the calling thread, which it uses for them.
 * Returns the exit code: 0, or 1 with the reason logged when it could not start (an address in use, a
 * certificate that cannot be read). */
int server_run(const struct server_options *options);
