/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { LISTENER_FAULT = 640 }; /* bytes of a sentence, with its NUL */

/* Opens listening sockets on every address of ${list}: "host:port", "[v6]:port" or ":port", several
 * separated by commas. One whose host has several addresses, some of which this machine has not (localhost
 * without IPv6), listens on the others.
 *
 * Where ${beside} is false no other socket may listen there, of this process or another. Where it is true
 * those may that were opened by this function, of the same user: the kernel shares connections out among
 * all of them (SO_REUSEPORT). So of two processes that begin at once one is refused, or both; and the
 * threads of one process open a set each, the first alone and the others beside it.
 *
 * Returns the number written to ${ret_fds}, at most ${max}; or -1 with what is wrong and what to do in
 * ${fault}, and nothing left open. */
int listeners_open(const char *list, bool beside, int *ret_fds, size_t max, char fault[LISTENER_FAULT]);
