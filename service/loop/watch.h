/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>

struct loop;

/* Readiness of a descriptor that another library reads and writes (libpq's). */
struct watch;

/* Watches a duplicate of ${fd}, for reading at once. ${on_ready}(${cookie}) is called from the loop whenever
 * the descriptor can be read, or can be written after watch_want_write; it may destroy the watch. The number
 * of libpq's socket can stay the same while the socket behind it changes: make a new watch after every step
 * of a connection attempt. Returns NULL when no descriptor is left. */
struct watch *watch_create(struct loop *loop, int fd, void (*on_ready)(void *cookie), void *cookie);
/* Asks for one call when the descriptor can be written. */
void watch_want_write(struct watch *w);
/* ${on_ready} is not called again. Accepts NULL. */
void watch_destroy(struct watch *w);
