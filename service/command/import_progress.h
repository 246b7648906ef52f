/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "domain/verdict.h"

#include <stdint.h>

/* How far an import is: what was counted so far, and the row that is next, so that one that was interrupted
 * goes on where it stopped. Kept in a file beside the imported one, written anew behind each call, and gone
 * at the end. */

enum { TALLIES_MAX = 64, TALLY_KEY_MAX = 64 };

struct import_counts {
    int64_t rows; /* read */
    int64_t sent; /* lines */
    int64_t new, repeated, superseded, refused;
    int64_t left_out; /* no consent matter */
    size_t tally_count;
    struct import_verdicts {
        char purpose[TALLY_KEY_MAX + 1];
        int64_t before[REASON_COUNT], after[REASON_COUNT];
    } tallies[TALLIES_MAX];
};

struct import_progress {
    const char *path;        /* of the file; NULL: none is kept */
    const char *fingerprint; /* of what is imported, and as what: another one begins anew */
    struct import_counts counts;
    int64_t refused_bytes; /* of the file of refused rows */
};

/* Reads what is kept; false: there is nothing of that fingerprint. */
bool import_progress_read(struct import_progress *p);
/* Returns NULL, or why it cannot be kept, in words. */
const char *import_progress_write(const struct import_progress *p);
void import_progress_end(const struct import_progress *p);
/* The place of a purpose's counts; NULL: there are too many. */
struct import_verdicts *import_counts_of(struct import_counts *c, const char *purpose);
