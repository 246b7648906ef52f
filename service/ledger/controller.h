/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/policy.h"
#include "domain/subject_id.h"
#include "domain/tag.h"
#include "store/controller.h"
#include "wire/policy_texts.h"

/* What is known of a controller as of one generation: its policy, numbers and keys. Reference-counted
 * within a thread. */
struct controller {
    unsigned refs;
    int32_t controller_id;
    int64_t generation;
    struct policy *policy;
    struct controller_texts *texts; /* what people are told: see below */
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

/* What people are told, out of the same document, which is kept until then: read when it is first asked for,
 * since most threads of most controllers never show a page. Lives as long as ${c}. Ends the process when
 * memory has run out, as libh2o does. */
const struct policy_texts *controller_texts(const struct controller *c);

/* What the ledger's number stands for; NULL: nothing. */
const struct numbered *controller_numbered(const struct controller *c, bool is_notice, int32_t number);
/* Whether a token of that jti ("" for none) was revoked. */
bool controller_revoked(const struct controller *c, const char *token_id);

/* What ${job} has loaded, which gives up to it what it holds. ${keys} must outlive it. NULL, with the
 * reason logged, when the document or the keys are not what this program can work with: with a key that is
 * missing, or a revoked token that could not be read, nothing may be answered. */
struct controller *controller_of_job(const struct numbered_keys *keys, struct controller_job *job);
