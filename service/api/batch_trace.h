/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "api/batch.h"

/* That a batch was asked is kept, where its caller wants to prove that the check came before the send: one
 * row a batch, with the hashes of its body and of its answer, written before the answer leaves. They are
 * taken a slice at a time, as lines are read and answers written. */
struct batch_trace;

/* ${ref}, of the caller's own, must outlive it. Never NULL: the process ends when memory runs out. */
struct batch_trace *batch_trace_new(struct batch *b, const char *ref);
/* Accepts NULL. */
void batch_trace_free(struct batch_trace *t);

/* All of these do nothing where ${b->trace} is NULL. An attempt begins. */
void batch_trace_begin(struct batch *b);
/* Takes in what was read and written since. The request is there. */
void batch_trace_take(struct batch *b);
/* The verdict on a line was as of that moment: the trace is of the first of them. */
void batch_trace_verdict(struct batch *b, instant as_of);
/* Keeps it, and then answers with ${b->out}, or with a problem. Ends the call. */
void batch_trace_answer(struct batch *b);
