/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "store/job.h"

#include <stddef.h>

/* API keys: looked up, added, listed, taken back. Whose controller they are is known only afterwards. */

/* Bytes, with their NUL. Scopes are words; what does not fit is none that this program knows. */
enum {
    API_KEY_ROW_CONTROLLER = 65,
    API_KEY_ROW_ID = 17,
    API_KEY_ROW_NAME = 129,
    API_KEY_ROW_SCOPES = 512,
    API_KEY_ROW_HASH = 32
};

/* A key as it is stored. */
struct api_key_row {
    char controller[API_KEY_ROW_CONTROLLER];
    char id[API_KEY_ROW_ID];
    char name[API_KEY_ROW_NAME];
    char scopes[API_KEY_ROW_SCOPES];
    char created_by[API_KEY_ROW_NAME];
    instant created, expires, last_used; /* INSTANT_NONE: never; last_used: 00:00 of that day in UTC */
};

/* Finds the key of an id, where it has not ended. */
struct api_key_find_job {
    struct job job;
    char id[API_KEY_ROW_ID];

    bool found;
    int32_t controller_id;
    uint8_t hash[API_KEY_ROW_HASH];
    struct api_key_row key; /* its controller, name, scopes and end */
    instant as_of;
    bool used_today; /* that is written already */
};
void api_key_find_job_init(struct api_key_find_job *f, const char *id);

/* Writes that it was used today. */
struct api_key_used_job {
    struct job job;
    char id[API_KEY_ROW_ID];
};
void api_key_used_job_init(struct api_key_used_job *u, int32_t controller_id, const char *id);

/* The numbers are those of sql/function/numbers.sql. */
enum api_key_outcome {
    API_KEY_NO_CONTROLLER,
    API_KEY_ADDED,
    API_KEY_MAKER_GONE, /* who makes it has ended, or was revoked */
    API_KEY_OUTLASTS,   /* it would end later than who makes it */
    API_KEY_PAST,       /* it would have ended already */
    API_KEY_FULL        /* the controller has as many as it may */
};

struct api_key_add_job {
    struct job job;
    const char *controller, *id, *name, *scopes;
    const uint8_t *hash;
    instant expires;         /* INSTANT_NONE: as its maker */
    const char *actor;       /* who makes it */
    const char *maker_key;   /* the id of the key that makes it, or NULL */
    const char *maker_token; /* likewise the id of a token, */
    instant maker_ends;      /* and its end; INSTANT_NONE: it is no token */

    enum api_key_outcome outcome;
    instant created, ends;
};
/* Fill in all members up to outcome first. */
void api_key_add_job_prepare(struct api_key_add_job *a);

struct api_key_list_job {
    struct job job;
    const char *controller; /* NULL: of all */

    bool broken; /* memory ran out */
    size_t count;
    struct api_key_row *rows;
};
void api_key_list_job_init(struct api_key_list_job *l, const char *controller);
void api_key_list_job_clear(struct api_key_list_job *l);

struct api_key_revoke_job {
    struct job job;
    const char *controller; /* NULL: whoever's it is */
    const char *id;

    bool found;
};
void api_key_revoke_job_init(struct api_key_revoke_job *r, const char *controller, const char *id);
