/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <libpq-fe.h>
#include <stdio.h>

/* What `akkoord migrate` does, from the files that are embedded:
 *   sql/migrate/NNN_NAME.sql  the schema's steps, forward only. Each says in its second line, `-- oldest:
 *                             N`, the oldest program (by the last step it knows) that still works on the
 *                             schema after it.
 *   sql/function/NAME.sql     the functions as they are now, each a `create or replace`, in the order of
 *                             the files' names: one in language sql may call those before it, since its
 *                             body is looked at when it is made.
 *   sql/grant_service.sql     the rights of the service's role */

/* The last step this program knows. */
int migration_last(void);

/* As the owner of the database, under an advisory lock: runs the steps that are missing, each in its own
 * transaction; then, in one more, applies all functions anew and grants ${service_role} (NULL or "":
 * nobody) what the service may do. Services go on meanwhile: a function of the same arguments and result is
 * replaced where it stands; one of other arguments is put beside the old one, which stays for the previous
 * program until a step drops it; one of another result, or with other names of arguments, takes the place
 * of those of its name, and who had prepared them prepares again. Where a newer program was here, its
 * functions and rights stay. Says what it does on ${out}. Returns 0, or -1 with the reason on stderr. */
int migration_run(PGconn *owner, const char *service_role, FILE *out);
