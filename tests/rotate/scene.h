/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "harness/tenant.h"

#include <sys/types.h>

/* A database, a service on it, and people whose choices the test knows: what every check must answer,
 * whatever becomes of the subject keys meanwhile. Functions fail the test when something goes wrong. */

enum { PEOPLE_FIRST = 400, PEOPLE_MAX = 4000 };

struct scene {
    struct database db;
    struct keyring keyring;
    struct service service;
    struct tenant tenant;
    size_t count;
    bool says_yes[PEOPLE_MAX]; /* the last that was acknowledged */
    unsigned dice;
};

/* A cluster in the place of an older one of that ${name}, subject key 1, and a
 * service with an empty ledger. */
void scene_open(struct scene *s, const char *name);
/* Also after a test that failed half-way. */
void scene_close(struct scene *s);

/* Writes the subject key file: the numbers of its keys, in order, up to 0. */
void keys_write(const struct scene *s, const int numbers[]);
/* ... with another key in the place of the one of that number. */
void keys_write_wrong(const struct scene *s, int number);
/* Stops the service and starts it on the file as it is. */
void service_restart(struct scene *s);
/* Starts `akkoord COMMAND` on it, or runs it; ${controller}: NULL for all. */
pid_t rotate_start(const struct scene *s);
int rotate_run(const struct scene *s, const char *controller);
/* The exit status of a service on the file as it is, that does not become ready. */
int serve_refused(const struct scene *s);

/* PEOPLE_FIRST people, each with an e-mail address and a customer code: a Yes, a refusal, and
 * some who want nothing at all. */
void people_record(struct scene *s);
/* Some people change their minds, new ones come, and each is checked at once by the other identifier. */
void people_act(struct scene *s, int acts);
/* Checks everybody, by both identifiers, in one batch. */
void people_check(const struct scene *s);
/* The subject_id of the first person, by e-mail address. */
const char *first_subject(const struct scene *s);
/* How many tags, in all tables, were made by keys below ${number}. */
long tags_below(const struct scene *s, int number);
