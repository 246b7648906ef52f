/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>

/* The torture counter. In a build with AKKOORD_FAULTS, and with AKKOORD_FAULT_AT=n in the environment, the
 * n-th call in the process answers true, once, and logs it; the caller then behaves as if its allocation or
 * libpq call had failed. In a release build it is the constant false and costs nothing. Thread-safe. */
#ifdef AKKOORD_FAULTS
bool fault_strikes(void);
#else
static inline bool fault_strikes(void)
{
    return false;
}
#endif
