/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>

enum { MOMENT_TEXT = 27 }; /* "2026-11-21T10:00:00.123456Z" */

/* Reads an RFC 3339 date-time with any offset; a fraction beyond microseconds is cut, second 60 is read as
 * the next second. In UTC it lies in the years 1970 to 2105. Returns false and leaves ${ret_moment} alone on
 * anything else. */
bool moment_parse(const char *text, size_t len, instant *ret_moment);
/* Writes UTC, with a fraction only where there is one (3 or 6 digits), and a NUL; returns the length without
 * it.
 * ${moment} lies in the years 1970 to 9999: what is reckoned from a moment that was read can lie after 2105.
 */
size_t moment_format(instant moment, char text[MOMENT_TEXT + 1]);
