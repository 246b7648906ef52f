/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/uuid.h"
#include "store/record.h"

/* What was asked for and waits for a confirmation, or waited: a double opt-in's first half. */
struct request_row {
    int64_t revision;
    uint8_t record_id[UUID_SIZE];
    int32_t purpose;
    rank rank;      /* its time is that of the request */
    int32_t notice; /* number; 0: the words are not known */
    char *language; /* NULL: none was told */
    uint8_t flags;
    enum collection_method method;
    instant recorded_at, valid_until;
    char *evidence;    /* JSON; NULL: there is none */
    int64_t confirmed; /* revision of its confirmation; 0: there is none */
    instant confirmed_at;
    int32_t guardian; /* whose slot it is; 0: the person's */
    enum role role;
};

struct requests_job {
    struct job job;
    struct confirmation which;

    int64_t generation; /* of the controller; 0: there is no such controller */
    instant as_of;
    struct person person; /* whom they name, as the database has their tags; count 0: erased, or none */
    size_t count;
    struct request_row *rows; /* in the order of revisions */
    bool broken;              /* memory ran out */
};
void requests_job_init(struct requests_job *r, int32_t controller_id, const struct confirmation *which);
/* Frees what the answer holds. */
void requests_job_clear(struct requests_job *r);
