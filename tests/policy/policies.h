/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "harness/stage.h"

/* What the tests of policies share. */

/* The example ${name} for a controller ${key}; the test may change it. */
json_t *example_policy(const char *name, const char *key);
/* The example ${name} applied by the command, for a controller ${key}. */
struct tenant company(const char *name, const char *key);
/* Another version of a notice of ${policy}, with words of its own. */
void notice_add(json_t *policy, const char *id, const char *version, const char *change, const char *from);
/* PUT /v1/policy, with ${query} behind it; nothing is expected of the answer. */
const struct answer *put(const struct tenant *t, const char *query, const json_t *policy);

const json_t *rehearse(const struct tenant *t, int status, const json_t *policy);
/* How many subjects' verdicts go from one reason to the other, NULL: no such purpose;
 * 0 where nothing is told of it. */
long subjects(const json_t *rehearsal, const char *purpose, const char *before, const char *after);

/* Codes as JSON, as email() gives an address. */
const char *customer(const char *name);
const char *visitor(const char *name);
/* What a person says of a purpose on the web; ${more}: further members. */
const json_t *say(const struct tenant *t, int status, const char *subject, const char *purpose,
                  const char *state, const char *more);
const json_t *check(const struct tenant *t, const char *subject, const char *purpose);
const char *reason(const struct tenant *t, const char *subject, const char *purpose);
/* The row of the record of processing that is about a purpose, or NULL. */
const json_t *register_row(const struct tenant *t, const char *purpose);
