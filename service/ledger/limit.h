/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/verdict.h"

/* Until when somebody is a minor, or represented, as it is told to others (domain/verdict decides by the same
 * rows). */

/* The last moment that a rank can tell: no end is known. */
#define LIMIT_OPEN ((INT64_C(1) << (RANK_CLASS_SHIFT - RANK_TIME_SHIFT)) - 1)

/* What says until when (state_until), of ${told} SLOT_AGE or SLOT_CARE: the latest document; else the latest
 * date that was told. NULL: nothing was. */
const struct state *states_limit(const struct states *states, enum slot told);
