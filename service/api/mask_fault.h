/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/error.h"
#include "mask/mask.h"

/* What a client is told of JSON that the mask refuses: it is none that any route
 * takes, or it cannot be masked. */
static inline enum error mask_fault_error(enum mask_json_fault fault)
{
    return fault == MASK_JSON_EQUAL_KEYS ? ERROR_INVALID : ERROR_NOT_JSON;
}
