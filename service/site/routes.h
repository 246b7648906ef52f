/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/route.h"

/* What a website's pages ask, and what its owner asks about them. */
extern const struct route site_routes[];
