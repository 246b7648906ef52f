/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stddef.h>

/* Opens listening sockets on every address of ${list}: "host:port", "[v6]:port" or ":port", several separated
 * by commas. Each call opens sockets of its own on the same ports (SO_REUSEPORT), one set a thread. Returns
 * the number written to ${ret_fds}, at most ${max}; or -1, with the reason logged and nothing left open. */
int listeners_open(const char *list, int *ret_fds, size_t max);
