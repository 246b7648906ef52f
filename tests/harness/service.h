/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "database.h"
#include "keyring.h"

#include <stdbool.h>
#include <sys/types.h>

/* The program under test as a child process. Several may serve one database. */

enum { SERVICE_SETTINGS_MAX = 16 };

struct service_options {
    const char *name; /* of its log, in the keyring's folder */
    const struct database *db;
    const struct keyring *keyring;
    const char *settings[SERVICE_SETTINGS_MAX]; /* further ones, or others than usual: AKKOORD_NAME=value */
};

struct service {
    pid_t pid; /* 0: not a child of this process */
    const char *log;
    const char *cert_file;
    unsigned port, tls_port, metrics_port;
    int held[3]; /* sockets that keep the ports for it */
};

/* Starts it and waits until it is ready. Returns -1 after what its log says, on stderr. */
int service_start(const struct service_options *options, struct service *ret_service);
/* Starts it and does not wait. */
int service_spawn(const struct service_options *options, struct service *ret_service);
/* Waits until /readyz answers 200. Returns -1 when it ended, or ${ms} passed. */
int service_wait_ready(const struct service *service, int ms);
/* Asks it to stop, and waits. Returns its exit status; when it does not leave within ${ms}
 * it is killed, and that is told. */
int service_stop(struct service *service, int ms);
/* kill -9, and waits. */
void service_kill(struct service *service);
/* Whether it answers /readyz with 200, now. */
bool service_ready(const struct service *service);
/* Waits up to ${ms} for ${text} in its log, from byte ${from} on. */
bool service_logged(const struct service *service, size_t from, const char *text, int ms);
