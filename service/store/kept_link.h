/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "base/limits.h"
#include "domain/tag.h"
#include "store/job.h"

#include <stddef.h>

/* Links whose token names a row, since what they stand for does not fit it. Whose a row is and how long it is
 * kept the database knows; for what it is, ledger/links has packed. A row goes with its person and at its
 * end, and its tags move with the subject key. */

enum {
    KEPT_LINK_ID_SIZE = 16,
    KEPT_LINK_CONTENT_MAX = 1 + IDENTIFIERS_MAX / 2 + 2 + 5 * PURPOSES_PER_CALL_MAX + 16
};

struct kept_link {
    uint8_t id[KEPT_LINK_ID_SIZE];
    /* Whose: exactly these identifiers', of one subject key. ${count} 0: this person's. Of one that is read:
     * those of which nobody was erased since, each with its place among those that it was kept with. */
    size_t count;
    struct tag tags[IDENTIFIERS_MAX];
    uint8_t places[IDENTIFIERS_MAX];
    int64_t subject_no;
    size_t content_len;
    uint8_t content[KEPT_LINK_CONTENT_MAX];
};

/* Keeps them, all or none, until ${ends} at least. One that is kept already stays, and is kept as long. */
struct link_keep_job {
    struct job job;
    int64_t generation; /* of the controller under which they were made */
    size_t count;
    const struct kept_link *links;
    const instant *ends;

    bool kept; /* false, with nothing kept: the generation has moved on */
};
void link_keep_job_init(struct link_keep_job *k, int32_t controller_id);

/* Reads one. */
struct kept_link_job {
    struct job job;
    const uint8_t *id; /* KEPT_LINK_ID_SIZE bytes */

    int64_t generation; /* of the controller; 0: there is no such controller */
    bool found;
    struct kept_link link;
};
void kept_link_job_init(struct kept_link_job *k, int32_t controller_id, const uint8_t *id);
