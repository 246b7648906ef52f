/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/verdict.h"
#include "http/attempt.h"
#include "ledger/person.h"
#include "loop/loop.h"
#include "store/check.h"
#include "store/persons.h"
#include "wire/ndjson.h"
#include "wire/writer.h"

/* Many questions in one body, a line each, under one policy. Three steps, each in slices of a few
 * milliseconds, so that one caller holds up neither the loop nor the database:
 *   read   each line becomes units: one identifier each, with what the line asks of it.
 *          The units fill a window
 *   ask    a full window's units go to the database in the order of their tags (neighbours in the index are
 *          read together), in chunks: a chunk is what one statement asks
 *   write  the answers, in the order of the lines
 * While one window is asked the next is read and the one before is written: service and database work at the
 * same time. The answer is kept until it is whole: it is never a short list that looks whole. What holds
 * after each step stands in api/batch_internal.h. */

enum { BATCH_WINDOWS = 2, BATCH_CHUNKS = 2 };

struct line {
    struct ndjson_line text;
    const char *id; /* the caller's own name for it, as JSON in the body; NULL: none */
    size_t id_len;
    const struct purpose *purpose; /* NULL: a bad line, which asks nothing */
    int entity;
    product_group group;    /* that is to be sold; 0: it is not said */
    bool has_verdict;       /* or its persons, where nothing else is asked */
    struct verdict verdict; /* the strictest of its units so far */
    int64_t subject_no;     /* where persons are asked: as struct lookup_job has it; 0: nobody */
    uint8_t subject_place;  /* likewise: of the first identifier that is a person */
    uint8_t also_count;     /* likewise: the others that have one of the line's identifiers */
    struct batch_also *also;
    instant as_of;
    char *fault; /* of a bad line: the line that answers it */
    size_t fault_len;
};

/* Another person, and the place of the line's identifier that they have. */
struct batch_also {
    int64_t subject_no;
    uint8_t via; /* enum identifier_type */
};

struct batch;

/* What the lines are, and how they are answered. Static. */
struct batch_kind {
    size_t line_bytes_max;
    const char *too_long; /* the detail of a line that has more */
    bool asks_no_verdict; /* but whose the identifiers are */
    /* Looks at the policy of an attempt that begins. Returns the detail of the problem, whose code goes into
     * ${ret_error}, when what is asked does not fit it. May be NULL. */
    const char *(*begin)(struct batch *b, enum error *ret_error);
    /* Makes a question of the line: sets purpose and entity, and calls batch_ask; or line_fail. */
    void (*read)(struct batch *b, struct line *l);
    /* Appends the answer to a line, bad ones too, to ${b->out}. */
    void (*write)(struct batch *b, struct line *l);
    /* Appends what stands behind the last line. May be NULL. */
    void (*end)(struct batch *b);
    /* Frees what the kind holds beside. May be NULL. */
    void (*dispose)(struct batch *b);
};

/* One identifier of one line. */
struct unit {
    struct tag tag;
    struct tag old_tag; /* while a subject key is rotated */
    uint8_t place;      /* among the line's */
    uint8_t type;
    uint32_t line;
};

/* The units of the lines before ${line_end} that no earlier window has. */
struct batch_window {
    size_t line_end; /* known once it is asked */
    size_t count;
    size_t asked; /* units sent so far */
    struct unit *units;
};

/* One statement, on the wire or not. */
struct batch_chunk {
    struct batch *batch;
    struct check_job job;
    struct persons_job persons; /* of the same units, where the batch asks for them */
    unsigned waits;             /* jobs that are not back */
    bool is_sent;               /* one is not */
    const struct unit *units;   /* of the window that is asked */
    size_t count;               /* 0: it asks for nothing but the generation in force */
    struct probe *probes;
    struct tag *tags; /* of persons; likewise */
    struct persons_found *found;
};

/* Embedded as the first member of the handler's state. To be read by kinds: attempt.controller, walk.number
 * and out; write counts in verdicts; the rest is private. */
struct batch {
    struct attempt attempt;
    const struct batch_kind *kind;
    bool asks_persons;           /* set before the batch is started, as is the next */
    struct batch_trace *trace;   /* NULL: that it was asked is not kept */
    struct batch_reading *reads; /* NULL: whose the identifiers are is not told */
    struct loop_task step;
    struct ndjson walk;
    size_t line_count, line_room;
    struct line *line;  /* a ring of those that are read and not written */
    size_t fault_bytes; /* of them */
    size_t set_count;
    struct purpose_set *sets; /* one a purpose of the policy */
    bool all_read;
    struct batch_window windows[BATCH_WINDOWS];
    struct batch_window *reading, *asking;
    struct batch_chunk chunks[BATCH_CHUNKS];
    size_t in_flight;   /* chunks that are sent */
    bool confirmed;     /* one of them has asked, and hears of a newer policy */
    bool stale;         /* one of them told of it: the attempt begins again */
    enum error failure; /* of the whole */
    const char *misfit; /* why the whole does not fit the policy; confirmed before it is answered */
    enum error misfit_error;
    size_t answered; /* lines before this one have their verdicts */
    size_t written;  /* lines */
    /* For /metrics, told with the answer: what is begun again was given to nobody. */
    uint64_t verdicts[REASON_COUNT];
    struct buf out;
};

/* Answers the body of ${call}, application/x-ndjson, and ends the call. ${b} is the call's state, zeroed. */
void batch_start(struct batch *b, struct call *call, const struct batch_kind *kind);

/* For read: asks about each identifier of ${person}, at least one; the line's answer is the strictest. */
void batch_ask(struct batch *b, const struct line *l, const struct person *person);
/* For read: the service failed, not the line; the whole answer is then a problem. */
void batch_fail(struct batch *b, enum error e);
/* For read and write: the line is bad. ${detail} and ${faults} as for problem_write. Its id is
 * told where that was read before. */
void line_fail(struct line *l, enum error e, const char *detail, const struct reader *faults);
/* For read: the member "id" of the line, whose reader has ${root}: may be absent. */
void batch_read_id(struct line *l, const struct node *root);
/* The member "subject_id" of the line's answer: null where nobody is known. Once a line, and before its
 * others. */
void batch_write_subject(const struct batch *b, struct writer *w, const struct line *l);
/* The member "also": the others. */
void batch_write_also(const struct batch *b, struct writer *w, const struct line *l);
/* Which line is answered: its number and its id. */
void batch_write_name(struct writer *w, const struct line *l);
/* For write: the answer to a bad line, `{"line": n, "error": {...}}`. */
void batch_write_fault(struct batch *b, const struct line *l);
