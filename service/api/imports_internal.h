/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/verdict.h"
#include "http/attempt.h"
#include "ledger/acts.h"
#include "loop/loop.h"
#include "store/check.h"
#include "store/import.h"
#include "wire/ndjson.h"

/* What the files of an import share. Nobody else includes this.
 *
 * Four steps, in slices of a few milliseconds:
 *   look    each line is read for whom it is of. Lines that name a common identifier may touch each other:
 *           they are kin, and go to the ledger together, so that a trial, which is taken back group by group,
 *           tells of them what the import would
 *   read    lines become acts, those without kin first, since these go in one statement (record_apart.sql)
 *   record  a group of lines is one transaction (store/import). While one is on the wire the next is read
 *   write   the answers in the order of the lines
 * A line that is in stays so, whatever becomes of the call: who sends it again is told that it is repeated.
 * An attempt under a newer policy goes on with the lines that are not in.
 *
 * (1) Each line that is not blank is an entry. order has each at least once, and none that is not read before
 *     next.
 * (2) A group that is sent has only entries that wait; two groups have none in common.
 * (3) An entry's results are there from the moment it is done; they are never taken back.
 * (4) That a line is bad is told under the policy in force: a group was answered under it, or it was asked
 *     for. */

/* How a line goes to the ledger: with its kin, or as one that record_apart() takes, of one identifier or of
 * several. */
enum import_sort { IMPORT_KIN, IMPORT_ONE, IMPORT_SEVERAL };

enum import_state { IMPORT_WAITS, IMPORT_BAD, IMPORT_IN_FUTURE, IMPORT_TOO_MANY, IMPORT_DONE };

/* What became of one act. */
struct import_result {
    int32_t purpose; /* number, that of an entity where it is of one */
    uint8_t record_id[UUID_SIZE];
    uint8_t effect, before, after; /* enum effect, enum reason */
};

/* One line. */
struct import_entry {
    const char *bytes;
    uint32_t len;
    uint32_t number;
    uint64_t named; /* a hash of whom it names */
    uint32_t kin;   /* the place of an entry it is kin to, in the end of the first; itself: none before it */
    uint32_t next_kin; /* the next of the same kin */
    uint32_t result;   /* place of its first result */
    uint16_t result_count;
    uint8_t state; /* enum import_state */
    uint8_t sort;  /* enum import_sort */
};

/* A table from identifiers to the entry that named each first. */
struct import_met {
    size_t count, room; /* room: a power of two, or 0 */
    struct {
        uint64_t tag; /* of its hash */
        uint32_t entry;
    } * places;
};

enum { IMPORT_GROUPS = 2, IMPORT_KIN_ACTS = 200 };

struct import_group {
    struct import_call *call;
    struct arena arena;
    bool is_sent;
    size_t acts;
    uint32_t entries[IMPORT_ACTS_MAX]; /* of its lines */
    struct record_job lines[IMPORT_ACTS_MAX];
    size_t sets_of[IMPORT_ACTS_MAX]; /* of its acts */
    struct import_job job;
};

struct import_tally {
    int32_t purpose;
    uint32_t before[REASON_COUNT], after[REASON_COUNT];
};

struct import_call {
    struct attempt attempt;
    struct loop_task step;
    const char *source, *batch;
    bool dry;
    struct ndjson walk;
    bool all_looked;

    size_t entry_count, entry_room;
    struct import_entry *entries;
    struct import_met met;
    size_t order_count, next; /* next: the first place of order that is not read */
    uint32_t *order;

    struct purpose_set *sets; /* one a purpose of the policy */
    size_t result_count, result_room;
    struct import_result *results;
    struct import_group *groups; /* IMPORT_GROUPS */
    size_t in_flight;
    struct check_job confirm;
    bool confirmed, confirming; /* (4) */
    bool stale;
    enum error failure;

    size_t written; /* entries */
    size_t counted_room;
    struct import_counted {
        uint64_t named;
        int32_t purpose;
        uint32_t result; /* the last */
    } * counted;
    size_t tally_count;
    struct import_tally *tallies;
    uint64_t new, repeated, superseded, refused;
    struct buf out;
};

struct ledger_env imports_env(const struct import_call *i, struct arena *arena);
/* Looks at a line: adds an entry. */
void imports_look(struct import_call *i, const struct ndjson_line *line);
/* All lines are looked at: puts them in order. */
void imports_order(struct import_call *i);
/* Reads lines of the order into a group, until it is full or nothing is left. */
void imports_read(struct import_call *i, struct import_group *g);
/* Reads one line into acts. Returns false where it is at fault: ${body} has the faults. */
bool imports_read_line(const struct ledger_env *env, const struct import_entry *entry, struct reader *body,
                       struct acts *ret_acts);
/* The group was answered: its lines' results. */
void imports_take(struct import_call *i, struct import_group *g);
/* Appends the answer of an entry, and counts it. */
void imports_write(struct import_call *i, struct import_entry *entry);
/* Appends the last line. */
void imports_write_end(struct import_call *i);
