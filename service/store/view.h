/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/tag.h"
#include "domain/verdict.h"
#include "store/database.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* States of tags that were asked about, in memory, and proven current by each statement that is answered from
 * them: what a check tells is what was committed on the primary when its statement ran there, as without it.
 *
 * It is no copy of a ledger that is loaded, but of what was asked: so it is ready at once, no larger than it
 * may be, and what is asked once gains nothing by it. There is one in a process, for all its threads: what
 * one of them was told, all have.
 *
 * How it is proven. Whatever writes a state, or takes one away, says under which tags in a row of the
 * controller's log of what was touched (sql/function/touch.sql), in the same transaction. Their numbers are
 * in the order of the controller's commits, since each is given under the head's lock: of a controller, a
 * snapshot is what was committed up to a number. The statement of a batch (sql/query/check_held.sql) returns,
 * from one snapshot, the time, the controller's generation, the states of those tags that are not held, and
 * the log from the number on up to which the view knew it when the statement was sent.
 *
 * (1) An entry is the answer of one probe: all that a snapshot had under one tag for one set of purposes.
 * (2) A controller's entries are what the snapshot of its number would answer: up to where the view stands.
 *     Each number's rows are applied before that number is what it stands at, and nothing is held of
 *     a snapshot but while it stands at that one's number.
 * (3) The log is known without a gap: the row that the view stood at is still there, the newest row there is
 *     was among those that came, and no row's marks were left out. Where not, all of the controller goes.
 * (4) Nothing is held over the opening of a connection, of whichever thread, and of what was sent before it
 *     nothing is believed that comes after: it may be another database that answers, or the same with
 *     something taken back. Who is connected to another than the connection that was opened last holds
 *     nothing, and is told nothing.
 * (5) No more entries than it was made for are ever in memory, and beside them tables of a few bytes for each
 *     controller and set of purposes; what is not asked leaves for what is.
 * (6) A statement is answered with what is held only where the view stands at the number of its own snapshot.
 *     Where another thread's statement has brought it further meanwhile, or what was held has left, the check
 *     is sent once more, and asks for all: so what one check tells is of one moment, however many tags it
 *     looks at.
 *
 * It stands in parts (view_part.h), each of the tags whose marks fall to it and under a lock of its own,
 * which is held while one tag is looked at, what falls to the part of one statement's rows is applied, or all
 * is forgotten. Who is about to send, or has something to be held, does not wait for it: what is in use by
 * another counts as not there.
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
 *   what another thread's statement saw and this one did not, or the
 *   other way round                                                        (2), (6)
 *   a process that stood still, a log that was let go of meanwhile         (3)
 *
 * tests/store/test_view.c has a test for each. */
struct view;

/* A connection's part in it: embedded in who has the connection, and touched by that thread alone. */
struct view_link {
    struct view *view; /* NULL: it has no part */
    uint64_t epoch;    /* of what is sent over it; 0: it is not open */
    char history[DATABASE_HISTORY_SIZE];
};

/* Of ${bytes}, for all threads; NULL where that is too little to be of use, or memory ran out. */
struct view *view_create(size_t bytes);
/* No link has it any more. Accepts NULL. */
void view_destroy(struct view *v);

/* The connection was opened. ${history}: which server answers, and which of its histories; kept. Forgets all,
 * (4), and begins an epoch. */
void view_open(struct view_link *link, const char *history);
/* It is gone. */
void view_close(struct view_link *link);
/* The epoch of what is sent over the link from now on; 0: it is connected to another database than the view
 * is of, or to none. */
uint64_t view_epoch(struct view_link *link);

/* Up to which number the view knows a controller's log; VIEW_NOTHING: it holds nothing of it. For what is
 * sent in the epoch that view_epoch() told before. */
#define VIEW_NOTHING INT64_MAX
int64_t view_stands(struct view *v, int32_t controller_id);

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
 * (0: the log is empty), where it is not there yet. ${rows} are in the order of their numbers. */
void view_advance(struct view *v, uint64_t epoch, int32_t controller_id, int64_t stood, int64_t newest,
                  const struct touched *rows, size_t count);

/* Which snapshot of a controller: the newest number of its log there, in the epoch that its statement was
 * sent in. */
struct view_moment {
    uint64_t epoch;
    int32_t controller_id;
    int64_t number;
};
/* How many states stand under the tag for the set of purposes at that moment, copied to ${ret_states}; -1: it
 * is not held, or not of that moment. */
enum { VIEW_STATES_MAX = 4 };
int view_get(struct view *v, const struct view_moment *at, const struct purpose_set *set,
             const struct tag *tag, struct state ret_states[VIEW_STATES_MAX]);
/* Holds what the statement answered whose moment it is, where the view stands there; more than
 * VIEW_STATES_MAX states are not held. */
void view_put(struct view *v, const struct view_moment *at, const struct purpose_set *set,
              const struct tag *tag, const struct state *states, size_t count);
/* Whether it is held now; a statement is needed to know what it is worth. */
bool view_has(struct view *v, uint64_t epoch, int32_t controller_id, const struct purpose_set *set,
              const struct tag *tag);
/* That a tag will be looked for soon: what may be held of it is fetched meanwhile (measured: half of what a
 * look costs is the wait for memory). */
void view_expect(const struct view *v, const struct tag *tag);
/* Aborts where what view_part.h says does not hold; in builds with AKKOORD_CHECKS. For tests: it looks at
 * all there is. */
void view_check(struct view *v);
