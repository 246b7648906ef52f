/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "command/client.h"
#include "command/command.h"
#include "wire/reader.h"

#include <stdbool.h>

/* What the commands of a privacy officer have in common: they ask a running service with the officer's own
 * token, whose name is then who did it, in the ledger and in the audit. */
struct officer {
    const char *command; /* its name */
    struct client_options options;
    struct client *client;
    bool json;            /* the answers themselves, and no tables */
    struct buf answer;    /* the last */
    struct reader reader; /* of it */
};

/* The flags that they all have. */
#define OFFICER_FLAGS                                                                                        \
    {"url", "URL", "of the service"},                                                                        \
        {"token-file", "FILE", "the officer's own token or API key: its name is who did it, in the audit"},  \
        {"ca-file", "FILE", "the authorities to believe; the system's by default"},                          \
    {                                                                                                        \
        "json", NULL, "prints JSON instead of tables"                                                        \
    }

/* Returns 0, or the process's exit code, with the reason on stderr. Close it either way. */
int officer_open(struct officer *o, const char *command, const struct arguments *args);
void officer_close(struct officer *o);
/* POST ${body}, or GET where that is NULL, for an answer that is an object of JSON with the member ${needed}:
 * a 200 of something else is no answer of the service. ${parameters} as for client_path. Returns false when
 * it failed, with the reason on stderr. */
bool officer_ask(struct officer *o, const char *path, const char *const parameters[], const struct buf *body,
                 const char *needed);
/* As officer_ask, for an answer of any kind, which is not read. */
bool officer_fetch(struct officer *o, const char *path, const char *const parameters[],
                   const struct buf *body);
/* The root of the answer. */
struct node officer_answer(struct officer *o);
/* Prints the answer as it came. */
void officer_print(const struct officer *o);

/* The text of a member, at any depth by its names from ${n} on, NULL at the end; NULL where it is none. */
const char *officer_text(const struct node *n, const char *const names[]);
#define OFFICER_TEXT(n, ...) officer_text((n), (const char *const[]){__VA_ARGS__, NULL})
/* Likewise of a number; 0 where it is none. */
int64_t officer_number(const struct node *n, const char *const names[]);
#define OFFICER_NUMBER(n, ...) officer_number((n), (const char *const[]){__VA_ARGS__, NULL})
