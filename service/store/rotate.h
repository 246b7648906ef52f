/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/policy.h"
#include "domain/tag.h"
#include "store/job.h"

/* The steps of a rotation of the subject key, for job_run_blocking. Each is a transaction of its
 * own, so that a rotation can stop after any of them and go on later; those that write take the
 * head's lock, as every writer does. */

/* Which subject keys a controller's tags are made by. */
struct key_state {
    int32_t controller_id;
    char key[POLICY_KEY_MAX + 1];
    uint8_t first, oldest, last; /* oldest < last: a rotation runs */
};

struct key_states_job {
    struct job job;
    const char *controller; /* its key; NULL: all */

    size_t count;
    struct key_state *states;
    bool broken; /* memory ran out */
};
void key_states_job_init(struct key_states_job *k, const char *controller);
void key_states_job_clear(struct key_states_job *k);

/* From here on services make tags under key ${number} and look under both. */
struct rotate_begin_job {
    struct job job;
    uint8_t number;

    bool begun; /* false: a rotation runs already, or the key in force is not below ${number} */
};
void rotate_begin_job_init(struct rotate_begin_job *r, int32_t controller_id, uint8_t number);

enum { ROTATE_TAGS_MAX = 1000 };

/* The next tags behind ${after} that were made by an older key than the one in force, ascending. */
struct rotate_tags_job {
    struct job job;
    struct tag after;
    size_t limit; /* 1..ROTATE_TAGS_MAX */

    size_t count; /* less than ${limit}: these are the last */
    struct tag tags[ROTATE_TAGS_MAX];
};
void rotate_tags_job_init(struct rotate_tags_job *r, int32_t controller_id, const struct tag *after,
                          size_t limit);

/* Moves what stands under old[i] to fresh[i]. A tag that is no longer there is passed over. */
struct rotate_wrap_job {
    struct job job;
    size_t count;
    const struct tag *old;
    const struct tag *fresh;
};
void rotate_wrap_job_init(struct rotate_wrap_job *r, int32_t controller_id, const struct tag *old,
                          const struct tag *fresh, size_t count);

/* From here on services look under the key in force only. */
struct rotate_finish_job {
    struct job job;

    bool finished; /* false: tags of an older key are left */
};
void rotate_finish_job_init(struct rotate_finish_job *r, int32_t controller_id);
