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
    enum role role;
    enum collection_method method;
    enum effect effect;
    enum event_state was;
    char *language, *actor, *ref; /* NULL where there is none */
    char *detail, *evidence;      /* JSON */
    size_t first; /* of a change: what is held now of its subject, held[first] and on, ${count} of them; */
    size_t count; /* none: the subject was erased */
};

/* A page of the ledger (a change), or of one subject's part of it, oldest first, from one snapshot. */
struct history_job {
    struct job job;
    int64_t subject_no; /* 0: all */
    int64_t after;      /* events of a higher revision */
    int64_t until;      /* of a change: events up to this revision */
    const struct purpose_set
        *only; /* of a change: of these purposes; NULL: all. The caller's, must stay until done */
    int32_t limit;

    int64_t generation;
    int64_t head; /* the ledger's last revision in the snapshot */
    instant as_of;
    size_t count;
    struct entry *entries;
    size_t held_count;
    struct held *held;
    bool broken; /* memory ran out */
};

/* Fills in verb and weight. */
void history_job_prepare(struct history_job *h);
void history_job_clear(struct history_job *h);
struct standing history_standing(const struct history_job *h, const struct entry *e);
