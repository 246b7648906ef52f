/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The throw-away PostgreSQL of one test program: made and migrated before its first test, gone after its
 * last, whatever failed. Criterion runs each test in a process of its own; all of them share this cluster.
 * What goes wrong here ends the program. */

/* Conninfos of the owner's role and of the service's, by unix socket. Static strings. */
const char *cluster_owner(void);
const char *cluster_service(void);
/* Where it listens on 127.0.0.1. */
int cluster_port(void);

/* As in a power cut. */
void cluster_stop(void);
/* On the same port. */
void cluster_start(void);
/* Runs ${sql} as superuser. */
void cluster_sql(const char *sql);
