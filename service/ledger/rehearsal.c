/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/rehearsal.h"

#include "base/fault.h"
#include "base/limits.h"
#include "ledger/policy_warnings.h"
#include "wire/policy_document.h"

#include <stdlib.h>
#include <string.h>

/* ---- the two documents ---- */

static enum error current_read(struct rehearsal *r, const struct controller_job *current)
{
    if (!current->found) {
        r->before = fault_strikes() ? NULL : calloc(1, sizeof *r->before);
        return r->before != NULL ? ERROR_NONE : ERROR_OVERLOADED;
    }
    if (current->document == NULL || current->numbers == NULL)
        return ERROR_OVERLOADED;
    r->before = policy_document_read(&r->current, current->document, current->document_len);
    if (r->before == NULL)
        return reader_error(&r->current) == ERROR_OVERLOADED ? ERROR_OVERLOADED : ERROR_INTERNAL;
    return policy_number(r->before, current->numbers, current->number_count) == 0 ? ERROR_NONE
                                                                                  : ERROR_INTERNAL;
}

static enum error tallies_make(struct rehearsal *r)
{
    size_t most = r->before->purpose_count + r->after->purpose_count;
    r->tallies = fault_strikes() ? NULL : calloc(most + 1, sizeof *r->tallies);
    if (r->tallies == NULL)
        return ERROR_OVERLOADED;
    for (size_t i = 0; i < r->before->purpose_count; i++) {
        const struct purpose *before = &r->before->purposes[i];
        struct tally *t = &r->tallies[r->tally_count++];
        t->before = before;
        t->after = policy_purpose(r->after, before->key);
    }
    for (size_t i = 0; i < r->after->purpose_count; i++) {
        const struct purpose *after = &r->after->purposes[i];
        if (policy_purpose(r->before, after->key) == NULL)
            r->tallies[r->tally_count++].after = after;
    }
    return ERROR_NONE;
}

enum error rehearsal_open(struct rehearsal *r, const struct controller_job *current, struct reader *proposed,
                          struct policy *after)
{
    *r = (struct rehearsal){.controller_id = current->controller_id,
                            .generation = current->generation,
                            .version = current->policy_version,
                            .proposed = proposed,
                            .after = after,
                            .as_of = current->found ? current->as_of : INSTANT_NONE};
    enum error e = current_read(r, current);
    if (e != ERROR_NONE)
        return e;
    policy_number_provisionally(after, current->numbers, current->number_count);
    return tallies_make(r);
}

void rehearsal_close(struct rehearsal *r)
{
    free(r->tallies);
    policy_free(r->before);
    reader_close(&r->current);
    *r = (struct rehearsal){0};
}

/* ---- counting ---- */

void rehearsal_walk(const struct rehearsal *r, int64_t after, struct walk_job *ret_walk)
{
    *ret_walk =
        (struct walk_job){.job.controller_id = r->controller_id,
                          .after = after,
                          .numbers = walk_numbers(policy_verdicts(r->before) + policy_verdicts(r->after)),
                          .proof = WALK_STATES};
    walk_job_prepare(ret_walk);
}

static enum reason reason_under(const struct policy *policy, const struct purpose *purpose,
                                const struct states *states, instant now)
{
    if (purpose == NULL)
        return (enum reason)REASON_NO_PURPOSE;
    return verdict_of(policy, purpose, ENTITY_ANY, states, now).reason;
}

void rehearsal_count(struct rehearsal *r, const struct walk_job *walk)
{
    r->as_of = walk->as_of;
    r->subjects += (int64_t)walk->count;
    for (size_t s = 0; s < walk->count; s++) {
        struct states states = walk_states(walk, &walk->subjects[s]);
        for (size_t i = 0; i < r->tally_count; i++) {
            struct tally *t = &r->tallies[i];
            enum reason before = reason_under(r->before, t->before, &states, walk->as_of);
            t->subjects[before][reason_under(r->after, t->after, &states, walk->as_of)]++;
        }
    }
}

/* ---- what differs ---- */

static bool nodes_equal(const struct node *a, const struct node *b)
{
    struct buf x, y;
    if (node_present(a) != node_present(b))
        return false;
    buf_init(&x, POLICY_BODY_BYTES_MAX);
    buf_init(&y, POLICY_BODY_BYTES_MAX);
    node_dump(a, true, &x);
    node_dump(b, true, &y);
    bool equal = !buf_failed(&x) && !buf_failed(&y) && x.len == y.len &&
                 (x.len == 0 || memcmp(x.data, y.data, x.len) == 0);
    buf_free(&x);
    buf_free(&y);
    return equal;
}

/* ${left_out}: names not to be told of; ends with NULL. */
static void members_compare(const struct node *before, const struct node *after, const char *const left_out[],
                            rehearsal_member *tell, void *cookie)
{
    const struct node *sides[] = {before, after};
    for (size_t side = 0; side < 2; side++) {
        void *cursor = NULL;
        const char *name;
        struct node one;
        while (node_is_object(sides[side]) && node_next(sides[side], &cursor, &name, &one)) {
            struct node other = {0};
            if (node_is_object(sides[1 - side]))
                other = node_optional(sides[1 - side], name);
            const char *const *skip = left_out;
            while (*skip != NULL && strcmp(*skip, name) != 0)
                skip++;
            bool told = side == 1 && node_present(&other); /* from the other side */
            if (*skip == NULL && !told && !nodes_equal(&one, &other))
                tell(cookie, name);
        }
    }
}

void rehearsal_members(struct rehearsal *r, const struct tally *tally, rehearsal_member *tell, void *cookie)
{
    static const char *const own_lists[] = {"purposes", "notices", NULL}, *const none[] = {NULL};
    struct node before = reader_root(&r->current), after = reader_root(r->proposed);
    if (tally == NULL) {
        members_compare(&before, &after, own_lists, tell, cookie);
        return;
    }
    if (tally->before == NULL || tally->after == NULL)
        return;
    struct node all_before = node_member(&before, "purposes"), all_after = node_member(&after, "purposes");
    struct node one_before = node_at(&all_before, (size_t)(tally->before - r->before->purposes));
    struct node one_after = node_at(&all_after, (size_t)(tally->after - r->after->purposes));
    members_compare(&one_before, &one_after, none, tell, cookie);
}

bool rehearsal_has_notice(const struct policy *policy, const struct notice *notice)
{
    return policy_notice(policy, notice->id, notice->version, INSTANT_NONE) != NULL;
}

/* ---- the answer ---- */

static void member_write(void *cookie, const char *name)
{
    writer_text(cookie, NULL, name);
}

static void member_count(void *cookie, const char *name)
{
    (void)name;
    ++*(size_t *)cookie;
}

static void changed_write(struct rehearsal *r, const struct tally *t, struct writer *w)
{
    size_t count = 0;
    rehearsal_members(r, t, member_count, &count);
    if (count == 0)
        return;
    writer_object_begin(w, NULL);
    writer_text(w, "purpose", t->after->key);
    writer_array_begin(w, "members");
    rehearsal_members(r, t, member_write, w);
    writer_array_end(w);
    writer_object_end(w);
}

static void purposes_write(struct rehearsal *r, struct writer *w)
{
    writer_object_begin(w, "purposes");
    writer_array_begin(w, "added");
    for (size_t i = 0; i < r->tally_count; i++) {
        if (r->tallies[i].before == NULL)
            writer_text(w, NULL, r->tallies[i].after->key);
    }
    writer_array_end(w);
    writer_array_begin(w, "removed");
    for (size_t i = 0; i < r->tally_count; i++) {
        if (r->tallies[i].after == NULL)
            writer_text(w, NULL, r->tallies[i].before->key);
    }
    writer_array_end(w);
    writer_array_begin(w, "changed");
    for (size_t i = 0; i < r->tally_count; i++)
        changed_write(r, &r->tallies[i], w);
    writer_array_end(w);
    writer_object_end(w);
}

/* The notice versions of ${has} that ${lacks} has not. */
static void notices_write(const char *key, const struct policy *has, const struct policy *lacks,
                          struct writer *w)
{
    writer_array_begin(w, key);
    for (size_t i = 0; i < has->notice_count; i++) {
        const struct notice *n = &has->notices[i];
        if (rehearsal_has_notice(lacks, n))
            continue;
        writer_object_begin(w, NULL);
        writer_text(w, "id", n->id);
        writer_text(w, "version", n->version);
        writer_text(w, "change", n->material ? "material" : "editorial");
        writer_moment(w, "effective_from", n->effective_from);
        writer_object_end(w);
    }
    writer_array_end(w);
}

static void changes_write(struct rehearsal *r, struct writer *w)
{
    writer_object_begin(w, "changes");
    purposes_write(r, w);
    writer_object_begin(w, "notices");
    notices_write("added", r->after, r->before, w);
    notices_write("removed", r->before, r->after, w);
    writer_object_end(w);
    writer_array_begin(w, "members");
    rehearsal_members(r, NULL, member_write, w);
    writer_array_end(w);
    writer_object_end(w);
}

static void reason_write(struct writer *w, const char *key, size_t reason)
{
    writer_text(w, key, reason != REASON_NO_PURPOSE ? reason_word((enum reason)reason) : NULL);
}

static void tally_write(const struct tally *t, struct writer *w)
{
    for (size_t before = 0; before <= REASON_COUNT; before++) {
        for (size_t after = 0; after <= REASON_COUNT; after++) {
            if (t->subjects[before][after] == 0)
                continue;
            writer_object_begin(w, NULL);
            writer_text(w, "purpose", t->before != NULL ? t->before->key : t->after->key);
            reason_write(w, "reason_before", before);
            reason_write(w, "reason_after", after);
            writer_int(w, "subjects", t->subjects[before][after]);
            writer_object_end(w);
        }
    }
}

void rehearsal_write(struct rehearsal *r, const struct policy_apply_job *job, struct writer *w)
{
    writer_object_begin(w, NULL);
    writer_int(w, "version", r->version);
    changes_write(r, w);
    writer_array_begin(w, "verdicts");
    for (size_t i = 0; i < r->tally_count; i++)
        tally_write(&r->tallies[i], w);
    writer_array_end(w);
    policy_warnings_write(r->proposed, job, w);
    writer_int(w, "subjects", r->subjects);
    writer_moment(w, "as_of", r->as_of);
    writer_object_end(w);
}
