/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/limits.h"
#include "ledger/acts_internal.h"

#include <endian.h>
#include <string.h>

/* Which line a copy is: a hash of what it says. The ledger adds whom it is of (sql/function/import_line.sql).
 *
 * (1) The same event of the same system is the same line, whatever batch it comes with and however it is
 * called.  (2) A line without a time says less: then its reference counts too, since two of them may be two
 * acts.  (3) A No without a time is one of its batch: a later batch that has it again may tell of a later No,
 * and none may be lost. A Yes that comes again without a time adds nothing.  (4) Words, evidence and whatever
 * else is said make another line: what an earlier one lacked is not lost. */

enum { COPY_BYTES_MAX = 2 * EVIDENCE_BYTES_MAX + 4 * REF_BYTES_MAX + 512 };

static void number_add(struct buf *b, int64_t number)
{
    uint64_t bytes = htole64((uint64_t)number);
    buf_append(b, &bytes, sizeof bytes);
}

static void bytes_add(struct buf *b, const char *bytes, size_t len)
{
    number_add(b, (int64_t)len);
    buf_append(b, bytes, len);
}

static void text_add(struct buf *b, const char *text_or_null)
{
    bytes_add(b, text_or_null != NULL ? text_or_null : "", text_or_null != NULL ? strlen(text_or_null) : 0);
}

static void fact_add(struct buf *b, const struct fact *f)
{
    number_add(b, f->told + 2 * f->documented + 4 * f->limited);
    text_add(b, f->until);
}

/* The detail without source and batch. */
static void detail_add(struct buf *b, const struct acts_common *c, const char *detail)
{
    if (detail == NULL || c->import_to == 0) {
        text_add(b, detail);
        return;
    }
    bytes_add(b, detail, c->import_from);
    text_add(b, detail + c->import_to);
}

static void said_add(struct buf *b, const struct acts_common *c, const struct act *act)
{
    bool no = event_state_is_no(rank_state(act->rank_base)), has_time = act->at != INSTANT_NONE;
    const int64_t numbers[] = {act->purpose, act->rank_base,     (int64_t)act->slot, (int64_t)act->method,
                               act->at,      (int64_t)act->role, act->flags,         act->notice};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        number_add(b, numbers[i]);
    text_add(b, c->source);
    text_add(b, !has_time ? act->ref : NULL);       /* (2) */
    text_add(b, !has_time && no ? c->batch : NULL); /* (3) */
    text_add(b, act->language);
    text_add(b, act->evidence); /* (4) */
    detail_add(b, c, act->detail);
    fact_add(b, &act->age);
    fact_add(b, &act->care);
}

const struct copy *acts_copy(const struct acts_common *c, const struct act *act)
{
    uint8_t hash[32];
    struct buf said;
    struct copy *copy = arena_zeroed(c->env->arena, sizeof *copy);
    buf_init(&said, COPY_BYTES_MAX);
    said_add(&said, c, act);
    if (buf_failed(&said))
        node_fault(&c->root, ERROR_OVERLOADED, "no memory");
    else
        tagger_hash(c->controller->tagger, "import", said.data, said.len, hash);
    if (!buf_failed(&said))
        memcpy(copy->line, hash, sizeof copy->line);
    buf_free(&said);
    copy->source = c->source;
    copy->batch = c->batch;
    return copy;
}
