/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault.h"

#ifdef AKKOORD_FAULTS
#include "base/log.h"

#include <stdatomic.h>
#include <stdlib.h>

bool fault_strikes(void)
{
    static atomic_long calls;
    static atomic_long strike_at = -1; /* -1: the environment has not been read */
    long at = atomic_load(&strike_at);
    if (at == -1) {
        const char *text = getenv("AKKOORD_FAULT_AT");
        at = text != NULL ? strtol(text, NULL, 10) : 0;
        atomic_store(&strike_at, at);
    }
    if (at <= 0 || atomic_fetch_add(&calls, 1) + 1 != at)
        return false;
    log_warn("fault.strikes", "call=%ld", at);
    return true;
}
#endif
