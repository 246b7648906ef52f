/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/call.h"

/* An answer in pieces: each is made once the one before has left, so that memory does not grow with the
 * answer, however slowly it is read. Lives with the h2o request.  (1) One piece at a time is on its way: none
 * is sent before ${more} was called for the one before. (2) ${more} is called once a piece, never inside
 * stream_send, and never after the call has ended. (3) An answer that cannot be completed is broken so that
 * its client sees it: reset, or without a last chunk. It never ends as if it were whole. */
struct stream;

/* Begins the answer. The call is not abandoned by it: when the client goes, call->abandon is asked, as
 * before. */
struct stream *stream_begin(struct call *call, int status, const char *content_type,
                            void (*more)(struct call *call));
/* Takes the bytes out of ${piece}, which is empty afterwards; not for an empty one. */
void stream_send(struct stream *stream, struct buf *piece);
/* Whether ${more} is still to come. */
bool stream_is_busy(const struct stream *stream);
/* As stream_send with the last piece, which may be empty; the call has ended. */
void stream_end(struct stream *stream, struct buf *piece);
/* (3); the call has ended. */
void stream_break(struct stream *stream);
