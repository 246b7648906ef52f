/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "ledger/controller.h"
#include "store/delivery.h"

/* What a recipient is told next: policy.changed, where the policy did, with the purposes whose verdicts it
 * may have changed; else, once a day, retention.due, with what other systems have to delete and nobody said
 * is gone; else consent.changed, or consent.expiring, from the ledger itself, by how far it is. In
 * the order of the ledger, so of each subject too; one delivery after the other. */

enum { RECIPIENT_CHANGES_MAX = 100, RECIPIENT_DUE_MAX = 100 }; /* in a delivery */

/* Asks the database, and waits. Returns false where it did not answer. */
typedef bool recipient_ask(void *cookie, struct job *job);

struct recipient {
    recipient_ask *ask;
    void *cookie;
    const struct numbered_keys *subject_keys; /* what a controller is loaded with */
    struct controller *controller;            /* as it was last; NULL: not loaded */
};
void recipient_forget(struct recipient *r);

struct recipient_page {
    bool is_gone;                   /* the policy names it no more, or it wants no more */
    int64_t first;                  /* the first change it is told of here */
    int64_t until;                  /* with this it will have been told of all up to here */
    size_t count;                   /* 0: nothing for it is up to there */
    int32_t policy;                 /* it is the policy that is told of, this version of it; else 0 */
    bool is_due;                    /* it is told of what is due */
    bool has_more;                  /* the ledger goes on */
    char url[ENDPOINT_URL_MAX + 1]; /* as they are now */
    char secret[ENDPOINT_SECRET_MAX + 1];
};
/* Reads what is behind ${after} for the recipient ${row}, and writes the body of its delivery into ${body},
 * which is empty. Returns false where the database did not answer or memory ran out. */
bool recipient_read(struct recipient *r, const struct endpoint_row *row, int64_t after, struct buf *body,
                    struct recipient_page *ret_page);
