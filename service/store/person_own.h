/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/limits.h"
#include "domain/policy.h"
#include "store/record.h"

/* Which identifiers are a person's alone? */
struct person_own_job {
    struct job job;
    int64_t subject_no;

    int64_t generation;               /* of the controller; 0: there is no such controller */
    size_t count;                     /* 0: nobody has that number, any more */
    struct tag tags[IDENTIFIERS_MAX]; /* the strongest first */
    uint8_t types[IDENTIFIERS_MAX];
};
void person_own_job_init(struct person_own_job *p, int32_t controller_id, int64_t subject_no);

/* What is a controller's key, whose number stands in a link? */
struct controller_key_job {
    struct job job;
    int32_t number;

    char key[POLICY_KEY_MAX + 1]; /* "": there is none */
};
void controller_key_job_init(struct controller_key_job *c, int32_t number);
