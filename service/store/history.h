/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/verdict.h"
#include "store/job.h"

/* An event of the ledger, and what stands now for its subject and purpose. */
struct entry {
    int64_t revision;
    uint8_t record_id[UUID_SIZE];
    int64_t subject_no;
    int32_t purpose;
    rank rank;
    instant recorded_at;
    instant valid_until;
    int32_t notice;
    int32_t policy_version;
    enum slot slot;
    int32_t guardian; /* whose slot it is; 0: the person's */
    enum role role;
    enum collection_method method;
    enum effect effect;
    enum event_state was;
    uint16_t flags;               /* FLAG_... */
    char *language, *actor, *ref; /* NULL where there is none */
    char *detail, *evidence;      /* JSON */
    bool known;                   /* of a change: false: the subject was erased */
    /* Of a change: what stands now under its subject's own tag, states[first] and on, ${count} of them. */
    size_t first;
    size_t count;
    /* Of a change: the other persons whose verdicts it may have changed. A Yes may have those of whom it
     * named and who has one of those; a No or a limit also those of who shares anything with these. */
    int64_t *recheck;
    size_t recheck_count;
    bool recheck_many; /* they are more than PERSONS_TOLD_MAX: none is told */
};

/* A page of the ledger (a change), or of one subject's part of it, oldest first, from one snapshot. */
struct history_job {
    struct job job;
    int64_t subject_no;             /* 0: all */
    int64_t after;                  /* events of a higher revision */
    int64_t until;                  /* of a change: events up to this revision */
    const struct purpose_set *only; /* of these purposes; NULL: all. The caller's, must stay until done */
    int32_t limit;

    int64_t generation;
    int64_t head; /* the ledger's last revision in the snapshot */
    instant as_of;
    size_t count;
    struct entry *entries;
    size_t state_count;
    struct state *states;
    bool broken; /* memory ran out */
};

/* Fills in verb and weight. */
void history_job_prepare(struct history_job *h);
void history_job_clear(struct history_job *h);
struct states history_states(const struct history_job *h, const struct entry *e);
