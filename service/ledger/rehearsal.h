/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/numbering.h"
#include "store/policy.h"
#include "store/walk.h"
#include "wire/reader.h"
#include "wire/writer.h"

/* What a policy document would change, before it does: its members against those of the document in force,
 * and the verdicts on all subjects of the ledger under either. Nothing is written. For the service and for
 * `akkoord apply`: both bring it the walk. */

enum { REASON_NO_PURPOSE = REASON_COUNT }; /* that document does not have the purpose */

/* A purpose of either document, and how many subjects go from which reason to which. */
struct tally {
    const struct purpose *before, *after; /* NULL: not a purpose of that document */
    int64_t subjects[REASON_COUNT + 1][REASON_COUNT + 1];
};

struct rehearsal {
    int32_t controller_id;
    int64_t generation; /* a walk that finds another has met a newer policy: begin again */
    int32_t version;    /* in force; 0: none is */
    struct reader current;
    struct policy *before;
    struct reader *proposed;
    const struct policy *after;
    size_t tally_count;
    struct tally *tallies; /* purposes in force, then those added */
    int64_t subjects;
    instant as_of; /* of the last stretch */
};

/* ${current} is what is in force, ${proposed} and ${after} what policy_document_read made of the new
 * document: they must stay. Gives ${after} its numbers. Returns ERROR_NONE, ERROR_OVERLOADED or, where the
 * document in force cannot be read, ERROR_INTERNAL; close it in any case. */
enum error rehearsal_open(struct rehearsal *r, const struct controller_job *current, struct reader *proposed,
                          struct policy *after);
/* Accepts a zeroed one, and leaves it so. */
void rehearsal_close(struct rehearsal *r);
/* Sets what the stretch after that number asks for; deadline and done are the caller's. */
void rehearsal_walk(const struct rehearsal *r, int64_t after, struct walk_job *ret_walk);
/* Counts the stretch's subjects. */
void rehearsal_count(struct rehearsal *r, const struct walk_job *walk);
/* The answer, one JSON object. ${job} has rehearsed the document. */
void rehearsal_write(struct rehearsal *r, const struct policy_apply_job *job, struct writer *w);

typedef void rehearsal_member(void *cookie, const char *name);
/* Tells the members of a purpose that differ; with ${tally} NULL those of the document, beside purposes
 * and notices. */
void rehearsal_members(struct rehearsal *r, const struct tally *tally, rehearsal_member *tell, void *cookie);
/* Whether ${policy} has that notice version. */
bool rehearsal_has_notice(const struct policy *policy, const struct notice *notice);
