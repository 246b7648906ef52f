/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/policy.h"
#include "store/job.h"

/* A purpose's or notice version's number in the ledger. */
struct numbered {
    bool is_notice;
    int32_t number;
    char key[POLICY_KEY_MAX + 1];     /* purpose key or notice id */
    char entity[POLICY_KEY_MAX + 1];  /* of a purpose for one entity only; "": for all */
    bool retired;                     /* a purpose that left the document, and has events */
    char version[POLICY_KEY_MAX + 1]; /* of a notice */
};

enum { SUBJECT_ID_KEY_SIZE = 16, POLICY_HASH_SIZE = 32 };

/* What a service must hold of a controller: its policy document and the numbers in it. */
struct controller_job {
    struct job job;
    const char *key;

    bool found; /* false: no policy was ever applied */
    int32_t controller_id;
    int64_t generation;
    int32_t policy_version;
    uint8_t key_first, key_oldest, key_last;
    uint8_t subject_id_key[SUBJECT_ID_KEY_SIZE];
    uint8_t policy_hash[POLICY_HASH_SIZE];
    instant as_of;
    char *document; /* NULL when memory ran out */
    size_t document_len;
    size_t number_count;
    struct numbered *numbers;
    size_t revoked_count;
    char **revoked; /* the jti of each token that was revoked and has not expired */
};

void controller_job_init(struct controller_job *c, const char *key);
void controller_job_clear(struct controller_job *c);
