/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/link.h"
#include "auth/webhook.h"
#include "http/delivery_counts.h"
#include "store/database.h"

/* Delivers what waits in the outbox, on a thread of its own with a connection of its own to the database, so
 * that no loop ever waits for a stranger's webhook.
 *
 * (1) At an endpoint one node at a time: it holds the endpoint's lock while it has anything to do there. When
 *     its connection to the database goes, so have the locks: it drops all it was sending, and begins anew.
 * (2) At least once: a message is over in the database only after the answer that ended it. Whoever dies in
 *     between, or loses the connection, leaves it to be sent again, under the same id.
 * (3) Messages to one tag leave one after the other (sql/function/delivery.sql).
 * (4) An endpoint begins with one request at a time, and has one more for each that arrives, up to a ceiling;
 *     a failure takes it back to one, and the third in a row leaves it alone for a while that doubles. So an
 *     endpoint that never answers costs others nothing.
 * (5) Memory: so many messages of so many endpoints, whatever waits in the database. */
struct outbox;

struct outbox_options {
    const struct database *database;
    const struct link_keys *link_keys; /* what is sealed in the outbox opens with them */
    const char *public_url;
    const char *allow; /* networks, see chore/webhook_address; "" for none */
};

/* Starts the thread; what ${options} points at must outlive it. Takes ${secrets}, which may be NULL. Aborts
 * when memory has run out: it is called at start-up only. */
struct outbox *outbox_start(const struct outbox_options *options, struct webhook_secrets *secrets);
/* Other secrets from now on; from any thread. Takes them. */
void outbox_change_secrets(struct outbox *o, struct webhook_secrets *secrets);
/* What it counts; as long as it lives. */
const struct delivery_counts *outbox_counts(const struct outbox *o);
/* Ends the thread, and drops what it was sending. Returns false where it did not end within OUTBOX_STOP_MS
 * (its database does not answer): then what it was given is still in use. */
bool outbox_stop(struct outbox *o);
