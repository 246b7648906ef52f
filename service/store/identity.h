/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <libpq-fe.h>

enum { DATABASE_ID_SIZE = 17 }; /* bytes, with its NUL */

/* Which database this is: a hash of its cluster's system identifier and its name, in hex. The same on the
 * primary and its standbys, another for a restored copy that was initialised anew. Nothing can be learned
 * from it but whether two are the same. Writes "" where the server does not say. */
void database_id(PGconn *pg, char ret_id[DATABASE_ID_SIZE]);
