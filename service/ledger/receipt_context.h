/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "domain/policy.h"
#include "ledger/event_json.h"
#include "wire/reader.h"
#include "wire/writer.h"

/* What the answer to a write says beside its events. It is kept with an idempotency key, as JSON, so that a
 * repeat gets the first answer again, word for word, whatever the policy says by then. No personal data is in
 * it. */

enum receipt_kind {
    RECEIPT_RECORD,   /* an act for each of ${acts}; POST /v1/consents, /v1/objections */
    RECEIPT_CONFIRM,  /* ${acts} are what a token names; those that are there still have an event each */
    RECEIPT_WITHDRAW, /* as RECEIPT_RECORD; POST /v1/withdraw of one purpose or several */
    /* a standing No, the first act; in ${acts} each purpose that it stops, and what has an act apart */
    RECEIPT_WITHDRAW_STANDING
};

struct receipt_act {
    int32_t number;  /* of the purpose, or of its entity: that of its event, unless a standing No's */
    int32_t for_all; /* of an entity, the purpose's number for all: what was said to them stood; else 0 */
    const char *purpose;
    const char *entity; /* NULL: all */
    struct notice_words words;
    int32_t notice; /* the notice's number; 0: the words are not known */
    int32_t text;   /* the place of the words among its texts; -1: not known */
    bool is_apart;  /* of RECEIPT_WITHDRAW_STANDING: an act of its own, an objection */
    bool is_joined; /* of the same identifiers, by the same, as the act before: one token confirms both */
};

struct receipt_not_stopped {
    const char *purpose;
    const char *reason; /* the lawful basis that it rests on */
    bool objectable;    /* one can object to it */
};

/* Its lists and strings are of the arena it was filled from, of the policy, or of the reader it was read
 * from. */
struct receipt_context {
    enum receipt_kind kind;
    bool is_array;     /* of RECEIPT_RECORD and _CONFIRM: the answer is an array */
    bool is_delivered; /* confirmations leave by the outbox alone: their tokens are not answered */
    int32_t standing;  /* of RECEIPT_WITHDRAW_STANDING: PURPOSE_ALL, the channel's, or an entity's of these */
    size_t act_count;
    struct receipt_act *acts;
    size_t not_stopped_count;
    struct receipt_not_stopped *not_stopped;
};

/* A further one, zeroed; the room for it is of ${arena}. */
struct receipt_act *receipt_act_add(struct receipt_context *c, struct arena *arena);
struct receipt_not_stopped *receipt_not_stopped_add(struct receipt_context *c, struct arena *arena);

/* The members of an act that the answer has too: purpose, entity and notice. */
void receipt_act_write(struct writer *w, const struct receipt_act *act);
/* The member "not_stopped". */
void receipt_not_stopped_write(struct writer *w, const struct receipt_context *c);

/* Appends it as JSON. */
void receipt_context_write(struct buf *out, const struct receipt_context *c);
/* Reads it back. ${reader} is opened, and closed by the caller, whatever is returned; what was read lives
 * as long as it and ${arena}. Returns false where the text is none of ours. */
bool receipt_context_read(struct reader *reader, const char *json, struct arena *arena,
                          struct receipt_context *ret_context);
