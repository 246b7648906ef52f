/* SPDX-License-Identifier: Apache-2.0 */
#include "http/reading.h"

#include "base/limits.h"
#include "ledger/free_text.h"
#include "store/lane.h"

#include <string.h>
#include <unistr.h>

/* A parameter of 1 to REASON_BYTES_MAX bytes of one line, or NULL. Returns false where it is none. */
static bool words_take(struct call *call, const char *name, const char **ret_words)
{
    const char *words = call_query(call, name);
    if (words == NULL)
        return true;
    size_t len = strlen(words);
    if (len == 0 || len > REASON_BYTES_MAX || u8_check((const uint8_t *)words, len) != NULL)
        return false;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)words[i] < ' ' || words[i] == 0x7f)
            return false;
    }
    *ret_words = words;
    return true;
}

bool reading_query_alone(struct call *call)
{
    static const char *const allowed[] = {READING_QUERY, NULL};
    if (call_query_only(call, allowed) == 0)
        return true;
    call_problem(call, ERROR_INVALID, "The query takes reason= and on_behalf_of=, each once.", NULL);
    return false;
}

bool reading_open(struct reading *r, struct call *call)
{
    *r = (struct reading){.call = call};
    buf_init(&r->answer, ANSWER_BYTES_MAX);
    if (words_take(call, "reason", &r->reason) && words_take(call, "on_behalf_of", &r->on_behalf_of))
        return true;
    call_problem(call, ERROR_INVALID, "reason and on_behalf_of are 1 to 500 bytes of one line.", NULL);
    return false;
}

void reading_close(struct reading *r)
{
    buf_free(&r->answer);
}

static const char *masked(struct call *call, const struct policy *policy, const char *words)
{
    if (words == NULL)
        return NULL;
    size_t len = strlen(words);
    char *out = call_alloc(call, free_text_room(len) + 1);
    free_text_mask(policy, words, len, out);
    return out;
}

const char *reading_misfit(struct reading *r, const struct policy *policy)
{
    if (policy->reason_required && r->reason == NULL)
        return "Say why in ?reason=: it is kept with who looked.";
    r->reason = masked(r->call, policy, r->reason);
    r->on_behalf_of = masked(r->call, policy, r->on_behalf_of);
    return NULL;
}

bool reading_judge(struct reading *r, struct attempt *attempt)
{
    const char *misfit = reading_misfit(r, attempt->controller->policy);
    if (misfit != NULL)
        attempt_refuse(attempt, ERROR_REASON_REQUIRED, misfit);
    return misfit == NULL;
}

struct audit_entry reading_entry(const struct call *call, const char *reason, const char *on_behalf_of)
{
    const struct claims *claims = &call->claims;
    return (struct audit_entry){.actor = claims->subject,
                                .token = claims->id[0] != '\0' ? claims->id : NULL,
                                .reason = reason,
                                .on_behalf_of = on_behalf_of};
}

static void recorded(struct reading *r, enum error e)
{
    if (e != ERROR_NONE)
        call_problem_untold(r->call, e);
    else if (r->problem != ERROR_NONE)
        call_problem(r->call, r->problem, r->detail, NULL);
    else if (r->then != NULL)
        r->then(r->call);
    else
        call_answer_json(r->call, r->status, &r->answer);
}

static void on_recorded(struct job *job, enum error e)
{
    recorded(list_entry(list_entry(job, struct audit_job, job), struct reading, audit), e);
}

static void on_persons_recorded(struct job *job, enum error e)
{
    recorded(list_entry(list_entry(job, struct audit_persons_job, job), struct reading, persons), e);
}

static void reading_record(struct reading *r, int32_t controller_id, const char *action, int64_t subject_no,
                           size_t found)
{
    r->audit.entry = reading_entry(r->call, r->reason, r->on_behalf_of);
    r->audit.entry.answers = r->answers;
    memcpy(r->audit.entry.request_id, r->request_id, UUID_SIZE);
    r->audit.entry.action = action;
    r->audit.entry.subject_no = subject_no;
    r->audit.entry.found = found < INT32_MAX ? (int32_t)found : INT32_MAX;
    audit_job_prepare(&r->audit, controller_id);
    r->audit.job.deadline = r->call->deadline;
    r->audit.job.done = on_recorded;
    r->call->abandon = NULL;
    lane_submit(r->call->worker->write, &r->audit.job);
}

/* Returns false when it is none, and the problem has been answered. */
static bool answer_take(struct reading *r, struct buf *answer)
{
    buf_free(&r->answer);
    r->answer = *answer;
    buf_init(answer, ANSWER_BYTES_MAX);
    r->status = 200;
    bool fits = !buf_failed(&r->answer);
    if (!fits) /* behind that ${r} is gone */
        call_problem(r->call, ERROR_OVERLOADED, "The answer does not fit in memory.", NULL);
    return fits;
}

void reading_answer(struct reading *r, int32_t controller_id, const char *action, int64_t subject_no,
                    size_t found, struct buf *answer)
{
    if (answer_take(r, answer))
        reading_record(r, controller_id, action, subject_no, found);
}

void reading_answer_persons(struct reading *r, int32_t controller_id, const char *action,
                            const struct audit_told *told, size_t count, struct buf *answer)
{
    if (!answer_take(r, answer))
        return;
    r->persons.entry = reading_entry(r->call, r->reason, r->on_behalf_of);
    r->persons.entry.action = action;
    r->persons.told = told;
    r->persons.count = count;
    audit_persons_job_prepare(&r->persons, controller_id);
    r->persons.job.deadline = r->call->deadline;
    r->persons.job.done = on_persons_recorded;
    r->call->abandon = NULL;
    lane_submit(r->call->worker->write, &r->persons.job);
}

void reading_problem(struct reading *r, int32_t controller_id, const char *action, enum error problem,
                     const char *detail)
{
    r->problem = problem;
    r->detail = detail;
    reading_record(r, controller_id, action, 0, 0);
}

void reading_then(struct reading *r, int32_t controller_id, const char *action, int64_t subject_no,
                  size_t found, void (*then)(struct call *call))
{
    r->then = then;
    reading_record(r, controller_id, action, subject_no, found);
}
