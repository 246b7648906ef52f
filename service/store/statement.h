/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/embedded.h"

/* sql/query/NAME.sql is prepared as NAME on every connection. Ends with a row whose
 * name is NULL; names keep ".sql". */
extern const struct embedded statement_files[];
