/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What akkoord doctor finds: a sentence each on stdout, of what is wrong and what to do. */

/* OK: as it should be. WARNING: it works, but not as promised. BROKEN: it will not work. */
enum finding { FINDING_OK, FINDING_WARNING, FINDING_BROKEN };

/* The worst so far; begins as {FINDING_OK}. */
struct findings {
    enum finding worst;
};

/* Prints one. */
void findings_say(struct findings *f, enum finding finding, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
