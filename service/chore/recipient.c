/* SPDX-License-Identifier: Apache-2.0 */
#include "chore/recipient.h"

#include "base/limits.h"
#include "ledger/change_json.h"
#include "ledger/rights_json.h"
#include "store/retention.h"
#include "wire/writer.h"

#include <stdlib.h>
#include <string.h>

enum {
    LOADS_MAX = 3,        /* of a policy, while others change it */
    DUE_LOOKED_AT = 1000, /* that is due, of all purposes */
    DAY_SECONDS = 86400
};

void recipient_forget(struct recipient *r)
{
    controller_unref(r->controller);
    r->controller = NULL;
}

static bool controller_load(struct recipient *r, const struct endpoint_row *row)
{
    struct controller_job load;
    controller_job_init(&load, row->controller);
    recipient_forget(r);
    if (r->ask(r->cookie, &load.job) && load.found)
        r->controller = controller_of_job(r->subject_keys, &load);
    controller_job_clear(&load);
    return r->controller != NULL;
}

/* Reads the changes under the policy in force. */
static bool changes_read(struct recipient *r, const struct endpoint_row *row, int64_t after,
                         struct history_job *job)
{
    for (int loads = 0; loads < LOADS_MAX; loads++) {
        if (r->controller == NULL && !controller_load(r, row))
            return false;
        *job = (struct history_job){.job.controller_id = row->controller_id,
                                    .after = after,
                                    .until = after + CHANGES_WINDOW,
                                    .limit = RECIPIENT_CHANGES_MAX};
        history_job_prepare(job);
        if (!r->ask(r->cookie, &job->job) || job->broken) {
            history_job_clear(job);
            return false;
        }
        if (job->generation == r->controller->generation)
            return true;
        history_job_clear(job);
        recipient_forget(r);
    }
    return false;
}

/* Whether ${key} is one of ${purposes}: keys with a space between; NULL: all. */
static bool is_among(const char *purposes, const char *key)
{
    size_t len = strlen(key);
    for (const char *at = purposes; at != NULL && (at = strstr(at, key)) != NULL; at += len) {
        if ((at == purposes || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    }
    return purposes == NULL;
}

/* Whether a recipient of ${purposes} is told of a purpose. A standing No is of all. */
static bool is_told(const struct controller *c, const char *purposes, int32_t number)
{
    if (purposes == NULL || number <= PURPOSE_ALL)
        return true;
    const struct numbered *n = controller_numbered(c, false, number);
    return n != NULL && is_among(purposes, n->key);
}

static bool is_expiring(const struct entry *e)
{
    return e->guardian == GUARDIAN_TIME && (int)e->slot == TIME_EXPIRING;
}

/* How many from the first on go into one delivery: what is expiring is no change yet, and has a type of its
 * own. */
static size_t alike(const struct history_job *job)
{
    size_t n = 0;
    while (n < job->count && is_expiring(&job->entries[n]) == is_expiring(&job->entries[0]))
        n++;
    return n;
}

static void body_write(struct buf *body, const struct recipient *r, const struct history_job *job,
                       const char *purposes, struct recipient_page *page)
{
    size_t count = alike(job);
    struct writer w = writer_of(body);
    writer_object_begin(&w, NULL);
    writer_text(&w, "type",
                count > 0 && is_expiring(&job->entries[0]) ? "consent.expiring" : "consent.changed");
    writer_moment(&w, "timestamp", job->as_of);
    writer_object_begin(&w, "data");
    writer_text(&w, "controller", r->controller->policy->controller);
    writer_array_begin(&w, "changes");
    for (size_t i = 0; i < count; i++) {
        const struct entry *e = &job->entries[i];
        if (!is_told(r->controller, purposes, e->purpose))
            continue;
        change_write(&w, job, e, r->controller);
        if (page->count++ == 0)
            page->first = e->revision;
    }
    writer_array_end(&w);
    writer_int(&w, "revision", page->until);
    writer_object_end(&w);
    writer_object_end(&w);
}

/* All that the policy says may be otherwise now. */
static void policy_write(struct buf *body, const struct recipient *r, instant at)
{
    const struct policy *policy = r->controller->policy;
    struct writer w = writer_of(body);
    writer_object_begin(&w, NULL);
    writer_text(&w, "type", "policy.changed");
    writer_moment(&w, "timestamp", at);
    writer_object_begin(&w, "data");
    writer_text(&w, "controller", policy->controller);
    writer_int(&w, "version", policy->version);
    writer_array_begin(&w, "purposes");
    for (size_t i = 0; i < policy->purpose_count; i++)
        writer_text(&w, NULL, policy->purposes[i].key);
    writer_array_end(&w);
    writer_object_end(&w);
    writer_object_end(&w);
}

/* ---- what is due ---- */

/* Those that the recipient is told of, the oldest first. Returns whether it is told anything. */
static bool due_write(struct buf *body, const struct recipient *r, const struct retention_owed_job *owed,
                      const char *purposes)
{
    size_t count = 0;
    bool has_more = owed->count == DUE_LOOKED_AT;
    struct writer w = writer_of(body);
    writer_object_begin(&w, NULL);
    writer_text(&w, "type", "retention.due");
    writer_moment(&w, "timestamp", owed->as_of);
    writer_object_begin(&w, "data");
    writer_text(&w, "controller", r->controller->policy->controller);
    writer_array_begin(&w, "due");
    for (size_t i = 0; i < owed->count; i++) {
        const struct retention_item *item = &owed->items[i];
        if (item->purpose != NULL && !is_among(purposes, item->purpose))
            continue;
        if (count < RECIPIENT_DUE_MAX) {
            retention_item_begin(&w, r->controller->ids, item);
            writer_object_end(&w);
        }
        has_more = has_more || count >= RECIPIENT_DUE_MAX;
        count++;
    }
    writer_array_end(&w);
    writer_bool(&w, "more", has_more);
    writer_object_end(&w);
    writer_object_end(&w);
    return count > 0 || has_more;
}

/* Where nothing is due it is noted that it was looked for, and ${body} stays empty. */
static bool due_read(struct recipient *r, const struct endpoint_row *row, const char *purposes,
                     struct buf *body, struct recipient_page *page)
{
    struct retention_owed_job owed = {.at = INSTANT_NONE, .limit = DUE_LOOKED_AT};
    struct note_due_job note;
    retention_owed_job_prepare(&owed, row->controller_id);
    bool read = r->ask(r->cookie, &owed.job) && !owed.broken;
    page->is_due = read && due_write(body, r, &owed, purposes);
    if (page->is_due) {
        page->first = owed.as_of / (DAY_SECONDS * SECOND);
        page->count = 1;
        page->has_more = true;
    } else if (read) {
        buf_clear(body);
        note_due_job_init(&note, row->controller_id, row->name);
        read = r->ask(r->cookie, &note.job);
    }
    retention_owed_job_clear(&owed);
    return read;
}

bool recipient_read(struct recipient *r, const struct endpoint_row *row, int64_t after, struct buf *body,
                    struct recipient_page *ret_page)
{
    struct look_at_recipient_job look;
    struct history_job job;
    look_at_recipient_job_init(&look, row->controller_id, row->name);
    if (!r->ask(r->cookie, &look.job))
        return false;
    *ret_page = (struct recipient_page){.is_gone = !look.found, .until = after};
    bool read = !look.found || changes_read(r, row, after, &job);
    if (look.found && read) {
        int64_t seen = job.until < job.head ? job.until : job.head;
        size_t count = alike(&job);
        bool is_full = job.count == RECIPIENT_CHANGES_MAX || count < job.count;
        ret_page->until = is_full ? job.entries[count - 1].revision : seen;
        ret_page->has_more = ret_page->until < job.head;
        memcpy(ret_page->url, look.url, sizeof look.url);
        memcpy(ret_page->secret, look.secret, sizeof look.secret);
        if (r->controller->policy->version > look.policy_version) {
            ret_page->until = after;
            ret_page->first = ret_page->policy = r->controller->policy->version;
            ret_page->count = 1;
            ret_page->has_more = true;
            policy_write(body, r, job.as_of);
        } else if (look.due_waits && !(read = due_read(r, row, look.purposes, body, ret_page))) {
            ret_page->count = 0;
        } else if (ret_page->is_due) {
            ret_page->until = after;
        } else {
            body_write(body, r, &job, look.purposes, ret_page);
        }
        history_job_clear(&job);
    }
    free(look.purposes);
    return read && !buf_failed(body);
}
