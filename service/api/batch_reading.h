/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "api/batch.h"

/* That a batch tells whose identifiers they are is a read of persons' data, and recorded before its answer
 * leaves (http/reading.h): an entry a person and BATCH_READING_LINES of those told, one for those nobody
 * is known by. What is recorded is what the answer tells: it is noted where that is written. */
struct batch_reading;

/* Takes reason= and on_behalf_of= of the query. Returns NULL when the problem has been answered. */
struct batch_reading *batch_reading_new(struct batch *b, struct call *call);
/* ${r} may be NULL. No entry of it is on the wire. */
void batch_reading_free(struct batch_reading *r);
/* The attempt begins: nothing is told yet. As batch_kind's begin. ${b} may have none. */
const char *batch_reading_begin(struct batch *b, enum error *ret_error);
/* A line's answer names ${subject_no}; 0: nobody is known by it. ${b} may have none. */
void batch_reading_told(const struct batch *b, int64_t subject_no);
/* Bytes that it holds. */
size_t batch_reading_bytes(const struct batch *b);
/* Records all that was told, then goes on with ${then}; or answers the problem, which ends the call. From
 * here on nobody can take the call back. */
void batch_reading_record(struct batch *b, void (*then)(struct batch *b));
