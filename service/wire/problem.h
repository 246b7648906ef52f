/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/error.h"
#include "wire/reader.h"
#include "wire/writer.h"

/* The body of an answer that is not what was asked for: application/problem+json (RFC 9457), the same
 * everywhere. */

/* bytes; a buf of this ceiling takes any problem: the faults (64 KiB), 27 bytes of syntax around each, an
 * envelope below 2 KiB */
enum { PROBLEM_MAX = READER_FAULTS_SIZE + READER_FAULTS_MAX * 27 + 2048 };

/* Appends the problem to ${b}. ${detail} explains this occurrence and holds no personal data; NULL leaves the
 * word to ${faults} (where the body stopped being JSON, or the first fault), if any, else to the title.
 * ${faults} may be NULL; what it collected becomes `errors`. */
void problem_write(struct buf *b, enum error e, const char *detail, const struct reader *faults);
/* As problem_write, for a check that cannot be answered: with `"allow": false`, so that who looks at nothing
 * else reads a No (promise 1, fail closed). */
void problem_write_deny(struct buf *b, enum error e, const char *detail, const struct reader *faults);
/* As problem_write, as a value inside a larger one, such as the answer to a line of a batch. */
void problem_value(struct writer *w, const char *key, enum error e, const char *detail,
                   const struct reader *faults);
