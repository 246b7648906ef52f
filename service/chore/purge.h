/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

struct chore_run;

/* The chore that lets go of what the policies say is kept no longer: a batch each time, as long as there is
 * something to do; a run of each controller once a day. */
void purge_start(struct chore_run *run);
