/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "auth/claims.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/list.h"
#include "http/route.h"
#include "http/worker.h"
#include "wire/reader.h"

#include <h2o.h>

struct tie;

/* Where a call stands. Each is left for a later one only. */
enum call_phase {
    CALL_RUNNING, /* its handler has it, or what the handler waits for */
    /* the handler has refused it and let go; whether the token was revoked is asked before that is said */
    CALL_REFUSING,
    CALL_ENDED /* its memory is about to go */
};

/* The life of one request. It may outlive the h2o request (a stream reset in mid-write: the write goes on,
 * its answer is dropped). Everything runs on the worker's thread.
 *
 * (1) It ends once: by one of the answers below, or, when its request has gone, by ${abandon}.
 * (2) ${req} is there, and ${tie} points back, until libh2o disposes of the request; not longer.
 * (3) Its client is charged once, however often it begins again.
 * (4) No refusal (4xx) is said to a token that may have been revoked: first ${vouch} asks. A write that
 *     may have been done is never hidden so: its status is 5xx.
 * (5) What it holds (call_hold) is given back before it is gone. */
struct call {
    struct list link; /* in worker->calls */
    struct worker *worker;
    h2o_req_t *req;  /* NULL: nobody to answer */
    struct tie *tie; /* what tells the call that req is gone; lives as long as req */
    const struct route *route;
    struct claims claims; /* of the token; zeros on routes that need none */
    /* what stands in the path for what the route has in braces; valid while req is */
    h2o_iovec_t arguments[ROUTE_ARGUMENTS_MAX];
    int64_t accepted;   /* of clock_monotonic */
    int64_t deadline;   /* likewise */
    struct arena arena; /* what the call holds; the call itself is the first thing in it */
    void (*dispose)(void *state);
    void *state;  /* the handler's own, from the pool; ${dispose} frees what it holds beside */
    bool charged; /* see call_charge */
    size_t held;  /* bytes; see call_hold */
    int status;   /* of the answer, 0 before */
    enum call_phase phase;
    /* Asks whether the token was revoked, and ends in call_refuse, or in call_problem with
     * ERROR_INVALID_TOKEN. NULL: it is known that it was not, or there is no token that can
     * be. Cleared by who finds out. */
    void (*vouch)(struct call *call);
    enum error refusal; /* in CALL_REFUSING; the next is its body */
    h2o_iovec_t refusal_body;
    /* Of a call that only reads: takes back what it waits for, now that nobody waits for its answer. Returns
     * whether the call may end at once. NULL: it goes on. */
    bool (*abandon)(struct call *call);
};

/* Zeroed memory that lives as long as the call. Never NULL: libh2o ends the
 * process when memory has run out. */
void *call_alloc(struct call *call, size_t size);
/* A copy that lives as long as the call, with a NUL. */
char *call_copy(struct call *call, const char *bytes, size_t len);

/* The body, of length 0 where there is none; valid while call->req is. */
static inline h2o_iovec_t call_body(const struct call *call)
{
    h2o_iovec_t body = call->req->entity;
    return body.base != NULL ? body : h2o_iovec_init(H2O_STRLIT(""));
}
/* Returns -1 unless every query parameter is in ${allowed} (ends with NULL; at most 32) and there once: a
 * typing error must not change what is asked. */
int call_query_only(struct call *call, const char *const allowed[]);
/* Whether there is no query; else the problem has been answered: the route takes none. */
bool call_takes_no_query(struct call *call);
/* The value of a query parameter (percent-decoded copy), or NULL. The first counts. */
const char *call_query(struct call *call, const char *name);
/* Reads a whole number from the query: ${fallback} when absent. Returns -1
 * when it is none or out of range. */
int call_query_int(struct call *call, const char *name, int64_t fallback, int64_t min, int64_t max,
                   int64_t *ret_value);
/* What stands in the path for the brace ${place}, percent-decoded: a copy that lives as long as the call. */
const char *call_argument(struct call *call, size_t place);
/* The value of a header, or {NULL, 0}, as where the request has gone. ${name} in lower case. Valid while
 * call->req is. */
h2o_iovec_t call_header(const struct call *call, const char *name);

bool call_header_is_repeated(const struct call *call, const char *name);

/* Takes ${amount} of the client's rate limit, on a route of COST_RECORDS; a call that begins again takes it
 * once. Returns false when there are not so many: then the problem is answered and the call has ended. */
bool call_charge(struct call *call, size_t amount);

/* The call holds ${bytes} in all beside its body: counted from HOLD_STEP_BYTES on, until it ends. Returns
 * false where others hold so much that there is no room for it: ERROR_OVERLOADED. */
bool call_hold(struct call *call, size_t bytes);

/* Adds a header to the answer to come. ${name} is static. */
void call_set_header(struct call *call, const char *name, const char *value);
/* Each of these answers and ends the call: it must not be touched afterwards. */
void call_answer(struct call *call, int status, const char *content_type, const char *bytes, size_t len);
/* As call_answer; the bytes outlive the program's answers. */
void call_answer_static(struct call *call, int status, const char *content_type, const char *bytes,
                        size_t len);
/* As call_answer with what ${body} holds; a buf that failed is answered as ERROR_INTERNAL. Frees ${body}. */
void call_answer_json(struct call *call, int status, struct buf *body);
/* As call_answer; takes the bytes out of ${body}, which is empty afterwards. For what is large:
 * nothing is copied. Where others' answers fill the memory there is for them, ERROR_OVERLOADED
 * instead, unless the call has written. */
void call_answer_buf(struct call *call, int status, const char *content_type, struct buf *body);
/* Problem of RFC 9457. ${detail} and ${faults} as for problem_write. A refusal may be said later (4): for the
 * caller the call has ended all the same. */
void call_problem(struct call *call, enum error e, const char *detail, const struct reader *faults);
/* Where something was to be written before an answer is told, and failed with ${e}: nothing was told, so what
 * may be written of it is no unknown outcome to the caller. */
void call_problem_untold(struct call *call, enum error e);
/* 403: the token lacks one of ${scopes} (words separated by spaces). */
void call_refuse_scope(struct call *call, const char *scopes);
/* For ${vouch}: says what the call was refused for. */
void call_refuse(struct call *call);
/* What is wrong with the body, as the reader found it. */
void call_bad_body(struct call *call, const struct reader *faults);

/* For an answer in pieces (http/stream), which ends the call by itself: the first tells that it begins, and
 * leaves ${abandon} as it is; after the second the call must not be touched. */
void call_answer_begins(struct call *call, int status);
void call_answer_ends(struct call *call);

/* The same for a request that never became a call. */
void answer_write(h2o_req_t *req, int status, const char *content_type, const char *bytes, size_t len);
void problem_answer(h2o_req_t *req, enum error e, const char *detail, const struct reader *faults, bool deny);
/* ... in the way of its route, where it has one. */
void route_problem_answer(struct worker *worker, h2o_req_t *req, const struct route *route_or_null,
                          enum error e, const char *detail, const struct reader *faults);

/* For admission. */
struct call_options {
    struct worker *worker;
    h2o_req_t *req;
    const struct route *route;
    const struct claims *claims; /* copied; NULL on a route that needs no token */
    h2o_iovec_t arguments[ROUTE_ARGUMENTS_MAX];
    void (*vouch)(struct call *call); /* see struct call */
    void (*begin)(struct call *call); /* called at once, or */
    enum error refusal;               /* refused at once, unless ERROR_NONE; the next is what is told */
    const char *detail;
};
/* For each request that may pass. The h2o request is answered later; the call may end inside ${begin}. */
void call_start(const struct call_options *options);
