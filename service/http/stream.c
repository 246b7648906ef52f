/* SPDX-License-Identifier: Apache-2.0 */
#include "http/stream.h"

#include "net/guard/guard.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct stream {
    h2o_generator_t generator; /* the first: it is what libh2o knows */
    struct call *call;         /* NULL: it has ended */
    void (*more)(struct call *call);
    char *piece; /* on its way; NULL: none is */
    bool is_busy;
    bool is_broken; /* to be told once the piece on its way has left */
};

static void piece_free(struct stream *s)
{
    free(s->piece);
    s->piece = NULL;
}

static void on_stream_gone(void *slot)
{
    piece_free(slot);
}

static void on_proceed(h2o_generator_t *generator, h2o_req_t *req)
{
    struct stream *s = list_entry(generator, struct stream, generator);
    assert(s->is_busy); /* (1) */
    s->is_busy = false;
    piece_free(s);
    if (s->is_broken)
        h2o_send(req, NULL, 0, H2O_SEND_STATE_ERROR); /* (3) */
    else if (s->call != NULL)
        s->more(s->call);
}

/* The request is about to go: the call is told by its tie. */
static void on_stop(h2o_generator_t *generator, h2o_req_t *req)
{
    (void)generator, (void)req;
}

struct stream *stream_begin(struct call *call, int status, const char *content_type,
                            void (*more)(struct call *call))
{
    h2o_req_t *req = call->req;
    call_answer_begins(call, status);
    struct stream *s = h2o_mem_alloc_shared(&req->pool, sizeof *s, on_stream_gone);
    *s = (struct stream){.generator = {on_proceed, on_stop}, .call = call, .more = more};
    h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, content_type,
                   strlen(content_type));
    h2o_start_response(req, &s->generator);
    return s;
}

static void piece_send(struct stream *s, struct buf *piece, h2o_send_state_t state)
{
    h2o_iovec_t bytes = h2o_iovec_init(piece->data, piece->len);
    assert(!s->is_busy && s->call->req != NULL && !buf_failed(piece));
    piece_free(s);
    s->piece = piece->data;
    piece->data = NULL;
    piece->len = piece->capacity = 0;
    s->is_busy = state == H2O_SEND_STATE_IN_PROGRESS;
    guard_answering(s->call->req, bytes.len);
    h2o_send(s->call->req, &bytes, bytes.len > 0 ? 1 : 0, state);
}

void stream_send(struct stream *s, struct buf *piece)
{
    assert(piece->len > 0);
    piece_send(s, piece, H2O_SEND_STATE_IN_PROGRESS);
}

bool stream_is_busy(const struct stream *s)
{
    return s->is_busy;
}

static void stream_over(struct stream *s)
{
    struct call *call = s->call;
    s->call = NULL;
    call_answer_ends(call);
}

void stream_end(struct stream *s, struct buf *piece)
{
    piece_send(s, piece, H2O_SEND_STATE_FINAL);
    stream_over(s);
}

void stream_break(struct stream *s)
{
    s->is_broken = true;
    if (!s->is_busy && s->call->req != NULL)
        h2o_send(s->call->req, NULL, 0, H2O_SEND_STATE_ERROR);
    stream_over(s);
}
