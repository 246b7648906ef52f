/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>

/* The roles and the database that the service stands on, made by a superuser: akkoord_owner owns the database
 * akkoord and migrates it, akkoord owns nothing and serves. */
#define PROVISION_DATABASE "akkoord"
#define PROVISION_OWNER    "akkoord_owner"
#define PROVISION_SERVICE  "akkoord"

struct provision {
    bool superuser; /* the session may do all this */
    bool owner;     /* what is there */
    bool service;
    bool database;
};
/* As ${conninfo} says; where that is "", root comes in the way Debian's PostgreSQL lets its superuser in:
 * as the system's user postgres, over the socket. NULL: errno says why not. */
PGconn *provision_connect(const char *conninfo);
/* Writes a conninfo of ${role} on ${superuser}'s server: as that came, so far as it is of the server and
 * not of who came. Over a socket PostgreSQL would ask who our process is, and not for a password:
 * 127.0.0.1 then. */
void provision_conninfo(PGconn *superuser, const char *role, const char *password, struct buf *out);
/* The password in a conninfo; "" where it has none. Returns -1 where that is no conninfo, or the password
 * needs more than ${size} bytes. */
int provision_password(const char *conninfo, char *ret_password, size_t size);

/* What is there. Returns NULL, or the reason in words of PostgreSQL's, good until the next call. */
const char *provision_look(PGconn *superuser, struct provision *ret_found);
/* Makes what is not, gives the roles these passwords (NULL: leaves one as it is), and forbids PostgreSQL to
 * print a person's data of a statement of the service's that failed. No password is sent, only what verifies
 * it. Says what it makes on ${out}. Returns as provision_look. */
const char *provision_make(PGconn *superuser, const char *owner_password, const char *service_password,
                           FILE *out);
