/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "harness/tenant.h"
#include "store/outbox.h"

/* What leaves by the outbox and stands in no answer. */

/* The last message of that kind, as its endpoint reads it; fails the test where there is none. */
json_t *told_mailed(const struct tenant *t, enum message_kind kind);
/* The path of the page that the last message of that kind leads to; fails the test where there is none. */
const char *path_mailed(const struct tenant *t, enum message_kind kind);
