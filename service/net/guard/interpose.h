/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Functions of libh2o that this program defines itself: the library calls them through its procedure linkage
 * table, where ours are found first. Each tells the guard and goes on with the library's own. */

/* Returns the name of a function that the library would not find here, or that it does not have, and NULL
 * when all is well. */
const char *interpose_missing(void);
