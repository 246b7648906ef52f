/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "command/client.h"
#include "command/sync_state.h"
#include "wire/reader.h"

/* What `akkoord sync` keeps in step, and by whom: the loop (sync.c) reads GET /v1/changes, a target acts on
 * what it says. What was done is noted behind it, so whatever stops the command, all that was not noted is
 * told again: a target is told at least once. Each function returns NULL, or why it failed, in words. */

enum {
    SYNC_PAGE = 500,
    SYNC_ANSWER_MAX = 64 * 1024 * 1024 /* bytes */,
    SYNC_FAULT = 4600 /* a path, and why */
};

struct listmonk_options {
    struct client_options client;
    int64_t list; /* the number that listmonk gave it */
};

struct sync {
    struct client *client; /* of the service */
    const char *purpose;   /* NULL: all */
    struct sync_state state;
    struct sync_state kept; /* what the file holds of it */
    bool once;              /* until there is nothing more, and not for ever */
    int64_t looked;         /* at the whole list, by the clock that never jumps; 0: not yet */
    int64_t changed;        /* persons that were taken off a list */
    char **program;         /* of the target command: its words, NULL at the end */
    struct listmonk_options listmonk_options;
    struct listmonk *listmonk;
    struct buf answer;
    char fault[SYNC_FAULT];
};

/* "${subject}: ${reason}", good until the next one. */
const char *sync_fault(struct sync *s, const char *subject, const char *reason);
extern const char SYNC_NOT_UNDERSTOOD[];

struct sync_target {
    /* Brings all there is in step; NULL: what is behind place 0 does. */
    const char *(*all)(struct sync *s);
    /* ${page}: an answer of GET /v1/changes. */
    const char *(*page)(struct sync *s, const struct node *page);
};
extern const struct sync_target sync_program, sync_listmonk;

/* By ${s}'s options, and asks listmonk whether there is that list. ${s}->listmonk is to be closed,
 * whatever it returns. */
const char *listmonk_open(struct sync *s);
void listmonk_close(struct listmonk *l); /* accepts NULL */
