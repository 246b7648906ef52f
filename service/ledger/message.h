/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "domain/identifier.h"
#include "ledger/env.h"
#include "store/outbox.h"
#include "wire/reader.h"

/* What a person, or a guardian, is to be told: sealed on its way through the outbox, and the body of a
 * delivery in the end (Standard Webhooks: type, timestamp, data). Whoever receives it makes a mail of it. */

enum { MESSAGE_PURPOSES_MAX = POLICY_PURPOSES_MAX };

struct message {
    enum message_kind kind;
    struct identifier to;
    const char *language; /* BCP 47; NULL: not known */
    /* The link to click. NULL for a confirmation, and for what a guardian is asked: theirs are made when they
     * are delivered, since only the ledger knows which requests they are of. */
    const char *url;
    int32_t span;               /* where it is NULL: revisions from the first request to the last */
    const struct tag *guardian; /* likewise, by which tag the guardian is known; else NULL */
    size_t purpose_count;
    const char *const *purposes; /* keys: what it is about */
};

/* Whether ${n}, an identifier that was read without fault (ledger/person), is one that a message can be sent
 * to: an e-mail address or a telephone number. */
bool message_address(const struct node *n, const struct controller *controller, struct identifier *ret_to);

/* The content of ${m} as the outbox takes it: in the arena of ${env}. NULL when libcrypto failed. */
const uint8_t *message_seal(const struct ledger_env *env, const struct message *m, size_t *ret_len);

/* A message as the outbox gives it back, and whose it is. */
struct message_due {
    enum message_kind kind;
    int32_t controller_id;
    const char *controller; /* its key */
    const uint8_t *content;
    size_t content_len;
    int64_t subject_no, revision; /* of what it is of; 0 where its link was made before */
    instant put_at, valid_until;
};

/* Writes the body of its delivery. Returns -1, with nothing of use in ${out}, where it does not open under
 * ${keys}, or memory ran out. */
int message_body_write(struct buf *out, const struct message_due *due, const struct link_keys *keys,
                       const char *public_url);

/* What such a body says is delivered, "message.link" and so on. */
const char *message_kind_word(enum message_kind kind);
