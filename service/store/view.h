/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/tag.h"
#include "domain/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* States of tags that were asked about, in memory, and proven current by each statement that is answered from
 * them: what a check tells is what was committed on the primary when its statement ran there, as without it.
 *
 * It is no copy of a ledger that is loaded, but of what was asked: so it is ready at once, no larger than it
 * may be, and what is asked once gains nothing by it. A view belongs to one connection, and so to
 * one thread: nobody waits for a lock, and what one connection sees of a database it sees in order.
 *
 * How it is proven. Whatever writes a state, or takes one away, says under which tags in a row of the
 * controller's log of what was touched (sql/function/touch.sql), in the same transaction. Their numbers are
 * in the order of the controller's commits, since each is given under the head's lock. The statement of a
 * batch (sql/query/check_held.sql) returns, from one snapshot, the time, the controller's generation, the
 * states of those tags that are not held, and the log from the number on up to which the view knows it.
 *
 * (1) An entry is the answer of one probe: all that a snapshot had under one tag for one set of purposes.
 * (2) A controller's entries are what the snapshot of its number would answer: ${stands}. Each number's rows
 *     are applied before that number is what the view stands at, and before anything of its snapshot is held.
 * (3) The log is known without a gap: the row that the view stands at is still there, the newest row there is
 *     was among those that came, and no row's marks were left out. Where not, all of the controller goes.
 * (4) Nothing is held over the end of a connection: it may be another database that answers next.
 * (5) No more than what it was made for is ever in memory; what is not asked leaves for what is.
 *
 * What changes a check's answer, and how that is seen:
 *
 *   an act, under the tags it names, or another row that it replaces       touched
 *   a No that reaches other tags, by ties, to persons and what they have   touched: each that was written
 *   a tie, which brings one's Noes to the other                            touched
 *   an identifier that becomes crowded: rows of pointers                   touched
 *   what a pointer leads to                                                never held: a tag with a pointer
 *                                                                          is asked anew each time
 *   a guardian's word                                                      touched: rows in slots of theirs
 *   a guardian who becomes another                                         no state changes: slots have
 *                                                                          numbers, which stay
 *   a confirmation, which ends what waited for it                          touched
 *   a guardian who is erased, and what waited for them                     touched
 *   a subject key that is rotated: rows move to another tag                touched, under both
 *   an erasure, and the tombstone it leaves; an erasure that is done again touched
 *   a tombstone whose term is over                                         touched when it goes; until then
 *                                                                          its end is among what is held
 *   restriction and lift, identifiers that end, are added or corrected,
 *   persons that are split or merged, an import that is undone: rebuild()  touched: all that hang together
 *   retention: states of events that go                                    touched
 *   what is over by the clock: a Yes, a request, an age                    the moment it ends is held, and
 *                                                                          compared with the statement's time
 *   a request that was over, and whose row goes (expire_pending)           it counted for nothing before
 *   a policy, a purpose, a key in force, a token that is revoked           the generation, as without a view
 *   a controller that is no longer there                                   it has no row, and no generation
 *   a failover, a database that was recovered to a moment before           (4)
 *   a process that stood still, a log that was let go of meanwhile         (3)
 *
 * tests/store/test_view.c has a test for each. */
struct view;

/* Of ${bytes}; NULL where that is too little to be of use, or memory ran out. */
struct view *view_create(size_t bytes);
/* Accepts NULL. */
void view_destroy(struct view *v);
/* Forgets all: (4). Accepts NULL. */
void view_forget(struct view *v);

/* Up to which number the view knows a controller's log; VIEW_NOTHING: it holds nothing of it. */
#define VIEW_NOTHING INT64_MAX
int64_t view_stands(const struct view *v, int32_t controller_id);

/* A row of the log. */
struct touched {
    int64_t no;
    const char *marks; /* TAG_MARK_SIZE bytes of each tag; NULL: they were left out */
    size_t len;
};
/* Rows that one statement may bring of a controller, and bytes of marks in each: as many as it takes
 * a millisecond to apply. A view that is further behind holds nothing any more. */
enum { TAG_MARK_SIZE = 4, TOUCHED_ROWS_MAX = 32, TOUCHED_MARKS_MAX = 2048 };
/* What a statement returned of a controller, which was asked from ${stood} on: brings the view to ${newest}
 * (0: the log is empty). ${rows} are in the order of their numbers. */
void view_advance(struct view *v, int32_t controller_id, int64_t stood, int64_t newest,
                  const struct touched *rows, size_t count);

/* A controller's set of purposes, which entries are found by; 0 where the view cannot hold any. Good until
 * view_advance or view_forget is called. */
uint32_t view_context(struct view *v, int32_t controller_id, const struct purpose_set *set);
/* How many states stand under the tag, copied to ${ret_states}; -1: it is not held. */
enum { VIEW_STATES_MAX = 4 };
int view_get(struct view *v, uint32_t context, const struct tag *tag,
             struct state ret_states[VIEW_STATES_MAX]);
/* That a tag will be looked for soon: what may be held of it is fetched meanwhile (measured: half of what a
 * look costs is the wait for memory). */
void view_expect(const struct view *v, const struct tag *tag);
/* Whether it is held. */
bool view_has(const struct view *v, uint32_t context, const struct tag *tag);
/* Holds what the statement that view_advance was last called for answered; more than VIEW_STATES_MAX states
 * are not held. */
void view_put(struct view *v, uint32_t context, const struct tag *tag, const struct state *states,
              size_t count);
/* Aborts where what view_internal.h says does not hold; in builds with AKKOORD_CHECKS. For tests: it looks at
 * all there is. */
void view_check(const struct view *v);
