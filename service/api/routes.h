/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/route.h"

/* What clients ask, a row a method and path; ends with a row whose method is NULL. What a row
 * says is held before its handler runs (http/admission): a new endpoint begins with a row here. */
extern const struct route api_routes[];
