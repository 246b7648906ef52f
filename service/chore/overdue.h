/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/schedule.h"

/* Counts the rights-requests that are overdue, for /metrics. Each node asks for itself. */
void overdue_count(struct chore_run *run);
