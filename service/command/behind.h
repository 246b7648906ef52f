/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/claims.h"
#include "config/config.h"

/* Who is behind a command that writes to the database itself: kept with what it did, as "jansen (akkoord
 * apply)". A client of the service is its token's name; here nobody but the machine says who it is. */

#define BEHIND_FLAG                                                                                          \
    {                                                                                                        \
        "by", "NAME", "who does this, kept with what is done; SUDO_USER or the login name by default"        \
    }

enum { BEHIND_NAME_MAX = CLAIMS_SUBJECT_MAX - 32 }; /* bytes: room for the command's name */

/* ${command}: its name and what it does, such as "apply". Returns NULL, or what is wrong with --by. */
const char *behind_actor(const struct arguments *args, const char *command,
                         char ret_actor[CLAIMS_SUBJECT_MAX + 1]);
