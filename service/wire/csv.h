/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

#include <stdbool.h>

/* CSV (RFC 4180) in UTF-8. Every cell is quoted, and one that a spreadsheet would take for a formula, since
 * it begins with = + - @, a tab or a carriage return, gets an apostrophe before it. */

/* A whole cell; NULL and "" are empty ones. */
void csv_cell(struct buf *out, bool is_first, const char *text_or_null);
void csv_line_end(struct buf *out);
/* A line of names, which are no text of anybody's. Ends with NULL. */
void csv_names(struct buf *out, const char *const names[]);

/* A cell in parts; ${first} is its first part, or NULL. */
void csv_cell_begin(struct buf *out, bool is_first, const char *first);
void csv_text(struct buf *out, const char *text);
void csv_cell_end(struct buf *out);
