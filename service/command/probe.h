/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "config/config.h"
#include "store/identity.h"

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

/* One question to a service that runs, as its operator asks it: the question is a few bytes, and the
 * answer small. */

enum { PROBE_ANSWER_MAX = 2048 }; /* bytes of an answer that are kept; what follows is not looked at */

enum probe_outcome {
    PROBE_ANSWERED,
    PROBE_REFUSED, /* nobody takes the connection */
    PROBE_SILENT   /* somebody takes it and says nothing that ends, or speaks no TLS */
};

struct probe_answer {
    char text[PROBE_ANSWER_MAX]; /* from the status line on, with a NUL */
    X509 *certificate; /* that it showed over TLS, whoever signed it; the caller frees it with X509_free */
};

/* Whether it is an akkoord that answered. */
bool probe_is_akkoord(const struct probe_answer *answer);
/* The database that an answer of /healthz names (store/identity), or "" where it names none. */
void probe_database(const struct probe_answer *answer, char ret_id[DATABASE_ID_SIZE]);

/* GET ${path} of who listens at ${at}, an address to listen on; waits 2 s for all of it. ${ret_answer} is
 * written only when it is answered. */
enum probe_outcome probe_get(const struct address *at, bool over_tls, const char *path,
                             struct probe_answer *ret_answer);
