/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "command/findings.h"
#include "config/config.h"
#include "domain/tag.h"

/* The parts of akkoord doctor, which looks at a set-up and changes nothing. */

/* The database, and what it promises. ${keys} is NULL where they could not be read. */
void doctor_database(const struct config *config, const struct subject_keys *keys, struct findings *f);
/* The certificate, where there is one, and the host that links lead to. */
void doctor_tls(const struct config *config, struct findings *f);
/* The addresses it listens on: free, or held by whom. */
void doctor_addresses(const struct config *config, struct findings *f);
