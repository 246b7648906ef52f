/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "command/findings.h"
#include "config/config.h"
#include "domain/tag.h"
#include "store/identity.h"

/* The parts of akkoord doctor, which looks at a set-up and changes nothing. */

/* The database, and what it promises. ${keys} is NULL where they could not be read. ${ret_id}: which it is
 * (store/identity), or "" where it is none that the service could be started on. */
void doctor_database(const struct config *config, const struct numbered_keys *keys,
                     char ret_id[DATABASE_ID_SIZE], struct findings *f);
/* The certificate, where there is one, and the host that links lead to. */
void doctor_tls(const struct config *config, struct findings *f);
/* The addresses it listens on: free, or held by whom, and on which database. */
void doctor_addresses(const struct config *config, const char *database_id, struct findings *f);
