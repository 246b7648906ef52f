/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/job.h"

/* The lanes that write, one of each thread, for all threads: what is recorded for a controller leaves by
 * the same lane, whichever thread was asked. Two batches of a controller cannot be written at once, since the
 * second waits for the lock of its head (sql/function/record.sql, 1); and one of many acts costs far less
 * than several of few. Where enough waits in that lane already, or its connection is gone or does not answer,
 * a thread writes by its own. It is for what is recorded by requests; who writes rarely has a lane.
 *
 * A job of another thread goes there and comes back: while it is away only that thread touches it, and what
 * it points at is only read. On the way, for a tick of either thread, nobody looks at its deadline. Its
 * answer is told on the thread that submitted it, not from inside of writer_submit. */
struct writers;
/* One thread's part. */
struct writer;
struct lane;
struct loop;

/* Of so many threads. Aborts when memory has run out: it is called at start-up only. */
struct writers *writers_create(unsigned threads);
/* All have left. NULL: nothing to do. */
void writers_destroy(struct writers *all);

/* The calling thread takes part, with its lane. All have joined before any submits. */
struct writer *writers_join(struct writers *all, struct loop *loop, struct lane *lane);
/* The end comes in two steps, so that each is told by his own thread. First all destroy their lanes and close
 * their parts: what these have of others goes back to them, unwritten. */
void writer_close(struct writer *w);
/* When all have: tells what came back, a success as ERROR_OUTCOME_UNKNOWN. Nothing is submitted any more. */
void writer_leave(struct writer *w);

/* lane_submit(), to the lane of the job's controller. */
void writer_submit(struct writer *w, struct job *job);
