/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/clock.h"
#include "domain/duration.h"
#include "domain/verdict.h"
#include "store/idempotency.h"

/* The parameters of one statement, in PostgreSQL's binary format. Columns are one-dimensional arrays that
 * grow an element at a time; scalars stand alone. Reused from batch to batch: the memory stays. */
enum { PARAMS_MAX = 56 };

enum param_type { /* PostgreSQL's type numbers (pg_type.dat: fixed) */
                  PARAM_BOOL = 16,
                  PARAM_BYTEA = 17,
                  PARAM_INT8 = 20,
                  PARAM_INT2 = 21,
                  PARAM_INT4 = 23,
                  PARAM_TEXT = 25,
                  PARAM_INTERVAL = 1186,
                  PARAM_UUID = 2950
};

struct param {
    struct buf bytes;
    uint32_t elements;
    bool is_array;
    bool is_null;   /* the whole parameter */
    uint32_t nulls; /* of the elements */
};

struct params {
    int count;
    struct param list[PARAMS_MAX];
};

void params_init(struct params *p);
void params_free(struct params *p);
/* Forgets the values, keeps the memory. */
void params_clear(struct params *p);
/* Whether an append failed (memory or ceiling): the statement must not be sent then. */
bool params_failed(const struct params *p);

/* Each returns a new parameter, the next in order. At most PARAMS_MAX. */
struct param *params_array(struct params *p, enum param_type type);
void params_bool(struct params *p, bool value);
void params_int4(struct params *p, int32_t value);
void params_int8(struct params *p, int64_t value);
void params_bytes(struct params *p, const void *bytes, size_t len); /* bytea or text */
void params_text(struct params *p, const char *text_or_null);
void params_null(struct params *p);
void params_interval(struct params *p, const struct duration *d_or_null);
/* Two: key and fingerprint, or both null. */
void params_idempotency(struct params *p, const struct idempotency *key);
/* Their numbers, an array of int4. */
void params_purposes(struct params *p, const struct purpose_set *set_or_null);

/* Elements of an array made for that type. */
void param_null(struct param *a);
void param_bool(struct param *a, bool value);
void param_int2(struct param *a, int16_t value);
void param_int4(struct param *a, int32_t value);
void param_int8(struct param *a, int64_t value);
void param_bytes(struct param *a, const void *bytes, size_t len); /* bytea, text or uuid */
void param_text(struct param *a, const char *text_or_null);
void param_interval(struct param *a, struct duration d);
/* An array of nulls alone becomes one of no element: unnest() gives the same nulls beside a longer one, and
 * they need not be read. */
void param_trim(struct param *a);

/* Fills in what the arrays' headers must say; call it before sending. */
void params_finish(struct params *p, const char *values[PARAMS_MAX], int lengths[PARAMS_MAX],
                   int formats[PARAMS_MAX]);
