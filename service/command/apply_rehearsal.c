/* SPDX-License-Identifier: Apache-2.0 */
#include "command/apply_rehearsal.h"

#include "base/limits.h"
#include "command/command.h"
#include "domain/moment.h"
#include "ledger/rehearsal.h"

#include <stdio.h>

enum { STARTS_MAX = 4 };

/* ---- in words ---- */

static void name_print(void *cookie, const char *name)
{
    bool *first = cookie;
    printf("%s%s", *first ? "" : ", ", name);
    *first = false;
}

static void name_count(void *cookie, const char *name)
{
    (void)name;
    ++*(size_t *)cookie;
}

/* Returns whether there was anything to tell. */
static bool members_print(struct rehearsal *r, const struct tally *t, const char *lead)
{
    size_t count = 0;
    bool first = true;
    rehearsal_members(r, t, name_count, &count);
    if (count == 0)
        return false;
    printf("%s", lead);
    rehearsal_members(r, t, name_print, &first);
    printf("\n");
    return true;
}

static bool purposes_print(struct rehearsal *r)
{
    bool told = false;
    for (size_t i = 0; i < r->tally_count; i++) {
        const struct tally *t = &r->tallies[i];
        char lead[POLICY_KEY_MAX + 32];
        const struct purpose *either = t->before != NULL ? t->before : t->after;
        snprintf(lead, sizeof lead, "purpose %s changed: ", either->key);
        if (t->before == NULL)
            printf("purpose %s added\n", t->after->key);
        else if (t->after == NULL)
            printf("purpose %s removed\n", t->before->key);
        told = members_print(r, t, lead) || t->before == NULL || t->after == NULL || told;
    }
    return told;
}

static bool notices_print(const struct policy *has, const struct policy *lacks, const char *what)
{
    bool told = false;
    for (size_t i = 0; i < has->notice_count; i++) {
        const struct notice *n = &has->notices[i];
        char from[MOMENT_TEXT + 1];
        if (rehearsal_has_notice(lacks, n))
            continue;
        moment_format(n->effective_from, from);
        printf("notice %s %s %s: %s, from %s\n", n->id, n->version, what,
               n->material ? "material" : "editorial", from);
        told = true;
    }
    return told;
}

static const char *reason_text(size_t reason)
{
    return reason != REASON_NO_PURPOSE ? reason_word((enum reason)reason) : "(no such purpose)";
}

static void tally_print(const struct tally *t)
{
    const char *key = t->before != NULL ? t->before->key : t->after->key;
    for (size_t before = 0; before <= REASON_COUNT; before++) {
        for (size_t after = 0; after <= REASON_COUNT; after++) {
            if (t->subjects[before][after] == 0)
                continue;
            if (before == after)
                printf("  %s: %s stays, %lld\n", key, reason_text(before),
                       (long long)t->subjects[before][after]);
            else
                printf("  %s: %s becomes %s, %lld\n", key, reason_text(before), reason_text(after),
                       (long long)t->subjects[before][after]);
        }
    }
}

static void words_print(struct rehearsal *r)
{
    bool told = purposes_print(r);
    told = notices_print(r->after, r->before, "added") || told;
    told = notices_print(r->before, r->after, "removed") || told;
    told = members_print(r, NULL, "also changed: ") || told;
    if (!told)
        printf("nothing would change\n");
    printf("against version %d, of %lld subjects:\n", r->version, (long long)r->subjects);
    for (size_t i = 0; i < r->tally_count; i++)
        tally_print(&r->tallies[i]);
}

/* ---- the walk ---- */

static int json_print(struct rehearsal *r, const struct policy_apply_job *job)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES_MAX);
    struct writer w = writer_of(&out);
    rehearsal_write(r, job, &w);
    bool failed = buf_failed(&out);
    if (!failed)
        printf("%.*s\n", (int)out.len, out.data);
    buf_free(&out);
    return failed ? command_failed("apply", "the answer does not fit in memory") : 0;
}

/* Counts the whole ledger. ${ret_stale}: the policy in force changed on the way. */
static enum error ledger_walk(PGconn *pg, struct rehearsal *r, bool *ret_stale)
{
    enum error e = ERROR_NONE;
    for (int64_t after = 0; e == ERROR_NONE && after != INT64_MAX && !*ret_stale;) {
        struct walk_job walk;
        rehearsal_walk(r, after, &walk);
        e = job_run_blocking(pg, &walk.job);
        e = e == ERROR_NONE && walk.broken ? ERROR_OVERLOADED : e;
        *ret_stale = e == ERROR_NONE && walk.generation != r->generation;
        if (e == ERROR_NONE && !*ret_stale)
            rehearsal_count(r, &walk);
        after = walk_next(&walk);
        walk_job_clear(&walk);
    }
    return e;
}

static enum error rehearsal_run(PGconn *pg, struct reader *document, struct policy *policy,
                                struct rehearsal *r, bool *ret_stale)
{
    struct controller_job current;
    controller_job_init(&current, policy->controller);
    *ret_stale = false;
    enum error e = job_run_blocking(pg, &current.job);
    if (e == ERROR_NONE)
        e = rehearsal_open(r, &current, document, policy);
    if (e == ERROR_NONE && current.found)
        e = ledger_walk(pg, r, ret_stale);
    controller_job_clear(&current);
    return e;
}

int apply_rehearse(PGconn *pg, struct reader *document, struct policy *policy,
                   const struct policy_apply_job *job, bool json)
{
    struct rehearsal r = {0};
    bool stale = true;
    enum error e = ERROR_NONE;
    for (int start = 0; e == ERROR_NONE && stale && start < STARTS_MAX; start++) {
        rehearsal_close(&r);
        e = rehearsal_run(pg, document, policy, &r, &stale);
    }
    int rc;
    if (e != ERROR_NONE)
        rc = command_failed("apply", error_title(e));
    else if (stale)
        rc = command_failed("apply", "the policy changes faster than it can be read");
    else if (json)
        rc = json_print(&r, job);
    else {
        words_print(&r);
        rc = 0;
    }
    rehearsal_close(&r);
    return rc;
}
