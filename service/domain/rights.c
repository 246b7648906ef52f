/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/rights.h"

#include "domain/due_date.h"

#define RIGHT_WORD(name, word) word,
const char *const right_words[] = {RIGHTS(RIGHT_WORD) NULL};
#undef RIGHT_WORD

bool rights_due(const struct rights_clock *clock, instant *ret_at, struct calendar_date *ret_day)
{
    struct duration term = {.months = clock->term.months + clock->extension.months,
                            .days = clock->term.days + clock->extension.days,
                            .seconds = clock->term.seconds};
    if (due_in_hours(clock->term)) {
        *ret_at = duration_add(clock->received, term) + clock->paused_seconds * SECOND;
        return true;
    }
    *ret_day = due_day(clock->country, clock->received_on, term, clock->paused_days);
    return false;
}
