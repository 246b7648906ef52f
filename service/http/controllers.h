/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/claims.h"
#include "base/error.h"
#include "domain/policy.h"
#include "domain/subject_id.h"
#include "domain/tag.h"
#include "http/worker.h"
#include "store/controller.h"

/* What a worker knows of a controller, as of one generation. Reference-counted within the thread. */
struct controller {
    unsigned refs;
    int32_t controller_id;
    int64_t generation;
    struct policy *policy;
    uint8_t policy_hash[32];
    struct tagger *tagger;
    struct tagger *old_tagger; /* under the key that is going, while a rotation runs; else NULL */
    struct subject_ids *ids;
    size_t number_count;
    struct numbered *numbers; /* all that the ledger ever numbered, also what left the policy since */
    size_t revoked_count;
    char **revoked; /* the jti of each token that was revoked */
};

struct controller *controller_ref(struct controller *c);
void controller_unref(struct controller *c); /* accepts NULL */

/* What the ledger's number stands for; NULL: nothing. */
const struct numbered *controller_numbered(const struct controller *c, bool is_notice, int32_t number);
/* Whether a token of that jti ("" for none) was revoked. */
bool controller_revoked(const struct controller *c, const char *token_id);

/* There is no cache between a check and the ledger, and none of the policy either: what is held here is good only while the
 * generation that the same statement returns is the one it was loaded with. */
struct controllers *controllers_create(struct worker *worker);
void controllers_destroy(struct controllers *all);

/* Embedded in who waits. */
struct controller_wait {
    struct list link;
    /* ${c} with a reference of its own and ERROR_NONE; or NULL and ERROR_NO_POLICY, _UNAVAILABLE, _OVERLOADED or _INTERNAL. */
    void (*done)(struct controller_wait *wait, struct controller *c, enum error e);
};

/* What is held of the controller of that key, with a reference for the caller, or NULL. */
struct controller *controllers_find(struct controllers *all, const char *key);
/* Whether the token of these claims is known to be revoked: as of what is held of its controller. */
bool controllers_know_revoked(struct controllers *all, const struct claims *claims);
/* Loads it from the database; ${wait}->done is called once, never from inside. Calls at one time share one load, but only such a
 * load as starts after the call: what is loaded is not older than the call. */
void controllers_load(struct controllers *all, const char *key, int64_t deadline,
                      struct controller_wait *wait);
