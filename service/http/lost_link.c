/* SPDX-License-Identifier: Apache-2.0 */
#include "http/lost_link.h"

#include "base/limits.h"
#include "http/server.h"
#include "ledger/message.h"
#include "store/lane.h"
#include "store/outbox.h"
#include "store/subject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What goes on when the call has ended. Frees itself. */
struct lost_sending {
    struct worker *worker;
    struct tag tag;
    struct lookup_job lookup;
    struct outbox_put_job message;
    uint8_t content[];
};

static void on_put(struct job *job, enum error e)
{
    (void)e; /* nobody waits for it: who gets no mail asks again */
    free(list_entry(job, struct lost_sending, message.job));
}

static void on_looked_up(struct job *job, enum error e)
{
    struct lost_sending *s = list_entry(job, struct lost_sending, lookup.job);
    if (e != ERROR_NONE || s->lookup.subject_no == 0) {
        free(s);
        return;
    }
    outbox_put_job_prepare(&s->message);
    s->message.job.deadline = clock_monotonic() + CALL_DEADLINE_MS * INT64_C(1000);
    s->message.job.done = on_put;
    lane_submit(s->worker->write, &s->message.job);
}

bool lost_link_send(struct call *call, const struct ledger_env *env, const struct lost_link *lost)
{
    char token[LINK_TEXT_MAX + 1], url[CONFIRM_URL_MAX];
    if (link_seal(env->link_keys, LINK_PREFERENCES, &lost->link, token) != 0)
        return false;
    snprintf(url, sizeof url, "%s%s%s", env->public_url, link_path(LINK_PREFERENCES), token);
    struct message m = {.kind = MESSAGE_LINK,
                        .to = lost->to,
                        .language = lost->language[0] != '\0' ? lost->language : NULL,
                        .url = url};
    size_t len;
    const uint8_t *content = message_seal(env, &m, &len);
    struct lost_sending *s = content != NULL ? calloc(1, sizeof *s + len) : NULL;
    if (s == NULL)
        return false;

    /* all of it is its own from here on */
    memcpy(s->content, content, len);
    s->worker = call->worker;
    s->tag = lost->tag;
    s->message = (struct outbox_put_job){.job.controller_id = env->controller->controller_id,
                                         .kind = MESSAGE_LINK,
                                         .to = lost->tag,
                                         .content = s->content,
                                         .content_len = len,
                                         .valid_until = lost->link.expires,
                                         .limit_count = 1,
                                         .limits = {{1, 3600}}};
    lookup_job_init(&s->lookup, env->controller->controller_id, &s->tag, 1);
    s->lookup.job.deadline = call->deadline;
    s->lookup.job.done = on_looked_up;
    lane_submit(call->worker->read, &s->lookup.job);
    return true;
}
