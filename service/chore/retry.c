/* SPDX-License-Identifier: Apache-2.0 */
#include "chore/retry.h"

#include <stdlib.h>
#include <sys/random.h>

enum { PAUSE_FROM = 3, PAUSE_FIRST_S = 5, PAUSE_MAX_S = 300, DAY_S = 86400 };

/* A tenth more or less. */
static int64_t around(int64_t span)
{
    uint32_t dice = 0;
    if (getrandom(&dice, sizeof dice, 0) != sizeof dice)
        return span;
    return span - span / 10 + (int64_t)(dice % 1000) * (span / 5) / 1000;
}

int64_t retry_delay(int tries)
{
    static const int32_t seconds[] = {5, 30, 300, 1800, 7200, 18000, 36000, 50400, 72000, 72000};
    if (tries < 1 || (size_t)tries > sizeof seconds / sizeof *seconds)
        return tries < 1 ? 0 : -1;
    return around(seconds[tries - 1] * SECOND);
}

int64_t retry_pause(int failures)
{
    int64_t pause = PAUSE_FIRST_S;
    if (failures < PAUSE_FROM)
        return 0;
    for (int i = PAUSE_FROM; i < failures && pause < PAUSE_MAX_S; i++)
        pause *= 2;
    return around((pause < PAUSE_MAX_S ? pause : PAUSE_MAX_S) * SECOND);
}

int64_t retry_asked(int64_t seconds)
{
    return (seconds < 1 ? 1 : seconds < DAY_S ? seconds : DAY_S) * SECOND;
}
