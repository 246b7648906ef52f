/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "tenant.h"

/* What stage.c's main starts once for a test program, and its tests share: a cluster, and two services on it.
 * main fails, whatever the tests say, when a service does not leave cleanly, or when personal data turns up
 * in its log, in PostgreSQL's, or in a table. */

enum { STAGE_SERVICES = 2 };

const struct database *stage_database(void);
const struct keyring *stage_keyring(void);
/* The first or the second. A test may not stop it: start one with service_start for that. */
const struct service *stage_service(int which);
/* A service of the test's own on the shared database, with further settings. Fails the
 * test where it does not start. */
struct service stage_start(const char *name, const char *const settings[]);
/* tenant_open at the first service. */
struct tenant stage_tenant(const char *key);
