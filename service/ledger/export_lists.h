/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ledger/export.h"

/* What is held of a person beside events: lists of flat objects, each a member of the JSON and a file of the
 * archive. */

/* The name of a list: its member, and its file's without .csv. Static. */
const char *export_list_name(enum export_list list);
/* Its columns, the members of each row. NULL-terminated. */
const char *const *export_list_columns(enum export_list list);
/* Appends a row as a line of CSV. */
void export_list_line(enum export_list list, const char *row, struct buf *out);
