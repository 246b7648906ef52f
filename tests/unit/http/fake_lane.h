/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/lane.h"

/* Stands in the place of store/lane: what is submitted stays there until the test answers it. Lanes
 * themselves are never looked at. */

enum { FAKE_JOBS_MAX = 4096 };

/* All that were submitted, in order; NULL in the place of one that was answered or cancelled. */
extern struct job *fake_jobs[FAKE_JOBS_MAX];
extern size_t fake_job_count;

/* How many wait for an answer. */
size_t fake_jobs_waiting(void);
/* The one that was submitted as the ${i}-th is answered. */
void fake_answer(size_t i, enum error e);
