/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/claims.h"
#include "base/error.h"
#include "http/worker.h"
#include "ledger/controller.h"

/* There is no cache between a check and the ledger, and none of the policy either: what is held here is good
 * only while the generation that the same statement returns is the one it was loaded with. */
struct controllers *controllers_create(struct worker *worker);
void controllers_destroy(struct controllers *all);

/* Embedded in who waits. */
struct controller_wait {
    struct list link;
    /* ${c} with a reference of its own and ERROR_NONE; or NULL and ERROR_NO_POLICY,
     * _UNAVAILABLE, _OVERLOADED or _INTERNAL. */
    void (*done)(struct controller_wait *wait, struct controller *c, enum error e);
};

/* What is held of the controller of that key, with a reference for the caller, or NULL. */
struct controller *controllers_find(struct controllers *all, const char *key);
/* Whether the token of these claims is known to be revoked: as of what is held of its controller. */
bool controllers_know_revoked(struct controllers *all, const struct claims *claims);
/* Loads it from the database; ${wait}->done is called once, never from inside. Calls at one time share one
 * load, but only such a load as starts after the call: what is loaded is not older than the call. */
void controllers_load(struct controllers *all, const char *key, int64_t deadline,
                      struct controller_wait *wait);
