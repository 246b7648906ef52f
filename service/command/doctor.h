/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "config/config.h"
#include "domain/tag.h"

/* What akkoord doctor finds: a sentence each on stdout, of what is wrong and what to do. It changes nothing. */

/* OK: as it should be. WARNING: it works, but not as promised. BROKEN: it will not work. */
enum finding { FINDING_OK, FINDING_WARNING, FINDING_BROKEN };

/* The worst so far. */
struct findings {
    enum finding worst;
};

void doctor_say(struct findings *f, enum finding finding, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The database, and what it promises. ${keys} is NULL where they could not be read. */
void doctor_database(const struct config *config, const struct subject_keys *keys, struct findings *f);
/* The certificate, where there is one, and the host that links lead to. */
void doctor_tls(const struct config *config, struct findings *f);
/* The addresses it listens on: free, or held by whom. */
void doctor_addresses(const struct config *config, struct findings *f);
