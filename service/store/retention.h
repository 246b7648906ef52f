/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "store/idempotency.h"
#include "store/job.h"

#include <stddef.h>

/* What is kept no longer: let go of here, and counted for other systems (sql/function/retention.sql). */

/* One batch of a run: of one that is open, or that begins. */
enum purge_begins {
    PURGE_WHERE_DUE,
    PURGE_AT_ONCE, /* though the last was a moment ago */
    PURGE_NONE     /* what is open is gone on with */
};
struct purge_job {
    struct job job;
    const char *controller; /* key; NULL: of whichever has something to do */
    enum purge_begins begins;
    int32_t lock; /* number of the advisory lock that it holds while it runs */

    bool elsewhere; /* another holds that lock: nothing was done */
    bool worked;    /* there was something to do */
};
void purge_job_init(struct purge_job *p, const char *controller, enum purge_begins begins, int32_t lock);

/* What the events behind ${after} would lose now; some of them at a time. */
struct purge_count {
    char *rule;
    int64_t events, evidence;
};
struct purge_rehearse_job {
    struct job job;
    const char *controller; /* key */
    int64_t after;

    int64_t looked_to; /* revision; 0: there are no events behind */
    size_t count;
    struct purge_count *counts;
    bool broken; /* memory ran out */
};
void purge_rehearse_job_init(struct purge_rehearse_job *p, const char *controller, int64_t after);
/* The same of what is held beside the ledger, all at once; ${events} are the rows of each rule. */
void purge_records_rehearse_job_init(struct purge_rehearse_job *p, const char *controller);
void purge_rehearse_job_clear(struct purge_rehearse_job *p);

struct retention_run {
    int32_t run_no;
    instant started_at, ended_at; /* INSTANT_NONE: it is at work */
    int32_t policy_version;
    int64_t events, evidence, states, identifiers;
    char *by_rule; /* a JSON object */
    instant oldest_left;
};
struct retention_runs_job {
    struct job job;
    int32_t before; /* runs of a lower number */
    int32_t limit;

    int64_t generation;
    size_t count;
    struct retention_run *runs; /* the last first */
    bool broken;
};
void retention_runs_job_init(struct retention_runs_job *r, int32_t controller_id, int32_t before,
                             int32_t limit);
void retention_runs_job_clear(struct retention_runs_job *r);

/* The numbers are stored in SQL (sql/function/numbers.sql). */
enum retention_outcome {
    RETENTION_DONE,
    RETENTION_NO_SUBJECT,
    RETENTION_NO_RULE,  /* no rule counts from that event */
    RETENTION_NO_CLASS, /* no rule is of that data class */
    RETENTION_KEY_REUSED
};

/* That a clock began, or what was due is gone. All text is borrowed. */
struct retention_tell_job {
    struct job job;
    int64_t subject_no;
    const char *event;
    const char *client;     /* key, of the policy's clients; "": none */
    const char *purpose;    /* key; "": of all */
    const char *data_class; /* of what is gone; NULL: a clock began */
    const char *ref;        /* "": none */
    instant at;             /* INSTANT_NONE: now */
    const char *actor;
    struct idempotency key;

    enum retention_outcome outcome;
};
/* Fills in verb and weight. */
void retention_tell_job_prepare(struct retention_tell_job *t, int32_t controller_id);

struct retention_item {
    int64_t key; /* tells it from what else is due of that person at that moment */
    int64_t subject_no;
    char *ref;     /* "": none */
    char *client;  /* NULL: it is the controller's own */
    char *purpose; /* NULL: of all */
    char *data_class;
    instant due_at;
    char *event;
    instant began_at;
    char *source;
    instant deleted_at; /* INSTANT_NONE: nobody said so */
    char *deleted_by;
    instant confirmed_at;
};
struct retention_owed_job {
    struct job job;
    instant at; /* INSTANT_NONE: now */
    bool deleted;
    const char *client;     /* key; "": the controller's own; NULL: of all */
    const char *purpose;    /* NULL: of all */
    const char *data_class; /* likewise */
    instant after_due;
    int64_t after_subject, after_key; /* what is behind these three; all 0: from the beginning */
    int32_t limit;

    int64_t generation;
    instant as_of;
    size_t count;
    struct retention_item *items;
    bool broken;
};
/* Fills in verb and weight. */
void retention_owed_job_prepare(struct retention_owed_job *o, int32_t controller_id);
void retention_owed_job_clear(struct retention_owed_job *o);
