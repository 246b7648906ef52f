/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/acts.h"
#include "ledger/confirmation.h"

/* A controller that no database knows, for what reads bodies and writes answers. What goes wrong here
 * fails the test.
 *
 * Its purposes: news (consent, e-mail, direct marketing), offers (the same, with double opt-in), stats
 * (consent, web), letters (legitimate interest, direct marketing), survey (legitimate interest, objections
 * are weighed), pupils (consent, minors by a guardian), shop (soft opt-in), chat (consent, double opt-in,
 * none of minors), site (exempt); its entities: east and west; its
 * notice: words, in en and nl, of which version 2 is in force. */
struct stand {
    struct arena arena;
    struct controller controller;
    struct link_keys keys;
    struct ledger_env env; /* at STAND_NOW */
    struct reader body;
    struct acts acts;
};

/* 2026-06-01T12:00:00Z */
#define STAND_NOW (INT64_C(1780315200) * SECOND)

void stand_open(struct stand *s);
void stand_close(struct stand *s);

/* Reads a body (' for ") by one of the functions of ledger/acts; the last one's acts and faults are gone. */
typedef void stand_reads(const struct ledger_env *env, struct reader *body, struct acts *ret_acts);
void stand_read(struct stand *s, stand_reads *reads, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The faults of the body, "POINTER POINTER ..."; static until the next call. */
const char *stand_faults(const struct stand *s);
int32_t stand_number(const struct stand *s, const char *purpose);

/* What the ledger makes of the act ${act}, of somebody it knows: at STAND_NOW, applied, with revision
 * ${revision}. */
struct recorded stand_recorded(const struct stand *s, size_t act, int64_t revision);
/* The answer, and its status in ${ret_status}; static until the next call. */
const char *stand_answer(const struct stand *s, const struct receipt_context *c,
                         const struct recorded *events, size_t count, int *ret_status);
/* ${text} with ' for ", static until the next call of this. */
const char *stand_json(const char *text);
