/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/route.h"

/* What people see. */
extern const struct route page_routes[];
