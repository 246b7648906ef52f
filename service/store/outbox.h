/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"
#include "domain/tag.h"
#include "store/job.h"

#include <stddef.h>

/* Messages that must reach a person: put here, delivered to the policy's webhook by chore/outbox, deleted in
 * what is personal as soon as they are over. An act's own message goes in the act's transaction
 * (store/record, struct act); what is here puts one by itself. What the content is, and how it is sealed,
 * ledger/message says. The numbers are kept: none that was given is ever another's. */
enum message_kind {
    MESSAGE_CONFIRMATION,     /* the link that ends a double opt-in */
    MESSAGE_LINK,             /* a preference link, for who lost theirs */
    MESSAGE_GUARDIAN_REQUEST, /* a guardian is asked */
    MESSAGE_GUARDIAN_SECOND,  /* the second mail of email_plus */
    MESSAGE_IDENTITY,         /* the link that proves who asks */
    MESSAGE_KINDS
};

/* At most ${count} of one kind to one tag in the last ${seconds}: those that are over count too. */
struct message_limit {
    int32_t count;
    int32_t seconds; /* at most a day: rows are kept that long, and longer */
};
enum { MESSAGE_LIMITS_MAX = 4 };

/* Puts one message, under the head's lock. */
struct outbox_put_job {
    struct job job;
    enum message_kind kind;
    struct tag to;          /* of the address it goes to: limits and the order are by it */
    const uint8_t *content; /* sealed; the caller's until done */
    size_t content_len;
    instant valid_until; /* of its link: after that it is not delivered */
    size_t limit_count;
    struct message_limit limits[MESSAGE_LIMITS_MAX];

    bool put; /* false: a limit was reached, or the policy names no endpoint for messages */
};
/* Fill in all members up to put first, and the job's controller_id, deadline and done. */
void outbox_put_job_prepare(struct outbox_put_job *o);
