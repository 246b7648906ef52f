/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/error.h"
#include "domain/mask.h"

/* What a client is told of JSON that the mask refuses: it is none, or it is none that can be masked. */
static inline enum error mask_fault_error(enum mask_json_fault fault)
{
    return fault == MASK_JSON_SYNTAX || fault == MASK_JSON_UTF8 ? ERROR_NOT_JSON : ERROR_INVALID;
}
