/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "api/batch.h"

/* What the files of a batch share. Nobody else includes this.
 *
 * The lines that are read and not written stand in a ring of line_room places: line n at n modulo
 * BATCH_LINES_AHEAD. There are two windows: one is filled by reading, the other is asked; they change places
 * when all of the one that is asked is answered, and the other is full or there is nothing more to read. An
 * attempt that begins again begins with nothing (batch_reset).
 *
 * What holds after each step (batch_check):
 * (1) written <= answered <= line_count, and line_count - written <= the smaller of
 *     line_room and BATCH_LINES_AHEAD.
 * (2) fault_bytes is the sum of fault_len of the lines from written on.
 * (3) reading and asking are the two windows. Nothing of reading is asked; of each,
 *     asked <= count <= WINDOW_ROOM.
 * (4) The lines before answered belong to windows that were asked before; those before asking->line_end to
 *     the one that is asked: answered <= asking->line_end <= line_count, or it has no units.
 * (5) in_flight counts the chunks that are sent. Their units are of asking, below asked, and
 *     their lines are not answered yet.
 * (6) confirmed from the first chunk on that was sent; in_flight and stale only then.
 * (7) Where the whole does not fit the policy (misfit) no line is read, and all is read.
 * (8) Unless it failed or is stale: each line between written and answered is bad or has its verdict. So no
 *     line is answered that was not asked of the database under the policy it was read by.
 * The call ends in batch_answer or batch_halt (batch.c), and there alone, while no chunk is sent.
 *
 * Builds for debugging and the sanitizers (AKKOORD_CHECKS) walk the lines; a
 * release checks what takes no walk. */

enum {
    SLICE_LINES = 1000,   /* read or written in one tick: about 2 ms */
    CHUNK_UNITS = 1000,   /* asked in one statement: about 4 ms */
    WINDOW_UNITS = 16384, /* small: both sides soon have work; large: more neighbours in the index */
    WINDOW_ROOM = WINDOW_UNITS + IDENTIFIERS_MAX,            /* the last line may have more than one */
    BATCH_LINES_AHEAD = 2 * WINDOW_UNITS + WINDOW_UNITS / 4, /* read and not written */
    FAULTS_AHEAD = 1 << 20 /* bytes, likewise: small pieces, which go back to the system late */
};

/* As reallocarray; ends the process when memory has run out, as libh2o does for each request. */
void *batch_room(void *old, size_t count, size_t size);
struct line *batch_line(const struct batch *b, size_t number);
/* Whether another line may be read: there is room for what it makes. */
bool batch_can_read(const struct batch *b);
void batch_window_clear(struct batch_window *w);
/* One set for each purpose of the policy: what chunks ask with. */
void batch_sets_make(struct batch *b);
/* Keeps chunks on the wire, and moves ${b}->answered and the windows on. */
void batch_ask_more(struct batch *b);
/* Asks nothing but which generation is in force. */
void batch_confirm(struct batch *b);
/* A step is done: what is next? May end the call. */
void batch_go_on(struct batch *b);
/* Ends the process where something does not hold. */
void batch_check(const struct batch *b);
