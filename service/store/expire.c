/* SPDX-License-Identifier: Apache-2.0 */
#include "store/expire.h"

#include "base/limits.h"
#include "store/params.h"
#include "store/row.h"

static struct expire_job *expire_of(struct job *job)
{
    return list_entry(job, struct expire_job, job);
}

static void expire_bind(const struct sent *batch, size_t count, struct params *params)
{
    (void)count;
    params_int4(params, expire_of(batch[0].job)->lock);
}

static const int64_t most_at_a_time[] = {[EXPIRE_KEYS] = EXPIRE_KEYS_MAX,
                                         [EXPIRE_PENDING] = EXPIRE_PENDING_MAX,
                                         [EXPIRE_MESSAGES] = EXPIRE_PENDING_MAX,
                                         [FORGET_MESSAGES] = EXPIRE_KEYS_MAX,
                                         [EXPIRE_LINKS] = EXPIRE_PENDING_MAX,
                                         [EXPIRE_TOUCHED] = EXPIRE_KEYS_MAX,
                                         [TELL_ENDINGS] = 1};

static void expire_take(const struct sent *batch, size_t count, const PGresult *rows)
{
    (void)count;
    if (batch[0].job == NULL || PQntuples(rows) != 1)
        return;
    struct expire_job *e = expire_of(batch[0].job);
    e->elsewhere = row_is_null(rows, 0, 0);
    e->has_more = !e->elsewhere && row_int8(rows, 0, 0) >= most_at_a_time[e->what];
}

void expire_job_init(struct expire_job *e, enum expiring what, int32_t lock)
{
#define EXPIRE_VERB(name)                                                                                    \
    {                                                                                                        \
        .statement = name, .writes = true, .batch_max = 1, .bind = expire_bind, .take = expire_take          \
    }
    static const struct verb verbs[] = {
        [EXPIRE_KEYS] = EXPIRE_VERB("expire_keys"),      [EXPIRE_PENDING] = EXPIRE_VERB("expire_pending"),
        [EXPIRE_MESSAGES] = EXPIRE_VERB("end_messages"), [FORGET_MESSAGES] = EXPIRE_VERB("forget_messages"),
        [EXPIRE_LINKS] = EXPIRE_VERB("expire_links"),    [EXPIRE_TOUCHED] = EXPIRE_VERB("expire_touched"),
        [TELL_ENDINGS] = EXPIRE_VERB("tell_endings")};
#undef EXPIRE_VERB
    *e = (struct expire_job){.job = {.verb = &verbs[what], .weight = 1}, .what = what, .lock = lock};
}
