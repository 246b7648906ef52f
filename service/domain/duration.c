/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/duration.h"

#include "domain/calendar.h"

#include <string.h>

enum { MONTHS_MAX = 1200, DAYS_MAX = 36525 };
#define SECONDS_MAX (INT64_C(36525) * 24 * 3600)
#define DAY         (INT64_C(24) * 3600 * SECOND)

/* One designator: which member it adds to, and how much one of it is. In the order the standard gives them.
 */
struct duration_unit {
    char letter;
    int64_t factor;
    int64_t max; /* of the member */
    size_t member;
};

enum { MEMBER_MONTHS, MEMBER_DAYS, MEMBER_SECONDS, MEMBERS };

static const struct duration_unit date_units[] = {
    {'Y', 12, MONTHS_MAX, MEMBER_MONTHS},
    {'M', 1, MONTHS_MAX, MEMBER_MONTHS},
    {'W', 7, DAYS_MAX, MEMBER_DAYS},
    {'D', 1, DAYS_MAX, MEMBER_DAYS},
    {.letter = '\0'},
};
static const struct duration_unit time_units[] = {
    {'H', 3600, SECONDS_MAX, MEMBER_SECONDS},
    {'M', 60, SECONDS_MAX, MEMBER_SECONDS},
    {'S', 1, SECONDS_MAX, MEMBER_SECONDS},
    {.letter = '\0'},
};

static bool duration_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads `number letter` pairs until ${end} or a T, and returns where it stopped; NULL when one is malformed,
 * out of order, too large, or when there is none. */
static const char *duration_read_units(const char *at, const char *end, const struct duration_unit *unit,
                                       int64_t members[MEMBERS])
{
    const char *start = at;
    while (at < end && *at != 'T') {
        /* A number, */
        int64_t number = 0;
        const char *digits = at;
        for (; at < end && duration_is_digit(*at); at++) {
            number = number * 10 + (*at - '0');
            if (number > SECONDS_MAX)
                return NULL;
        }
        if (at == digits || at == end)
            return NULL;

        /* and the letter of a unit: each once, in their order. */
        while (unit->letter != '\0' && unit->letter != *at)
            unit++;
        if (unit->letter == '\0')
            return NULL;
        members[unit->member] += number * unit->factor;
        if (members[unit->member] > unit->max)
            return NULL;
        unit++;
        at++;
    }
    return at == start ? NULL : at;
}

bool duration_parse(const char *text, size_t len, struct duration *ret_duration)
{
    const char *at = text + 1;
    const char *end = text + len;
    int64_t members[MEMBERS] = {0};
    if (len < 3 || text[0] != 'P')
        return false;
    if (*at != 'T' && (at = duration_read_units(at, end, date_units, members)) == NULL)
        return false;
    if (at < end && duration_read_units(at + 1, end, time_units, members) != end)
        return false;
    *ret_duration = (struct duration){.months = (int32_t)members[MEMBER_MONTHS],
                                      .days = (int32_t)members[MEMBER_DAYS],
                                      .seconds = members[MEMBER_SECONDS]};
    return true;
}

/* Nothing for a zero. */
static char *duration_write(char *at, int64_t value, char letter)
{
    char digits[20];
    size_t count = 0;
    if (value <= 0)
        return at;
    for (; value > 0; value /= 10)
        digits[count++] = (char)('0' + value % 10);
    while (count > 0)
        *at++ = digits[--count];
    *at++ = letter;
    return at;
}

size_t duration_format(struct duration d, char text[DURATION_TEXT + 1])
{
    if (duration_is_zero(d)) {
        memcpy(text, "PT0S", sizeof "PT0S");
        return strlen(text);
    }
    char *at = text;
    *at++ = 'P';
    at = duration_write(at, d.months / 12, 'Y');
    at = duration_write(at, d.months % 12, 'M');
    at = duration_write(at, d.days, 'D');
    if (d.seconds > 0)
        *at++ = 'T';
    at = duration_write(at, d.seconds / 3600, 'H');
    at = duration_write(at, d.seconds / 60 % 60, 'M');
    at = duration_write(at, d.seconds % 60, 'S');
    *at = '\0';
    return (size_t)(at - text);
}

static int64_t duration_add_months(int64_t day, int32_t months)
{
    struct calendar_date date = calendar_date_of(day);
    int32_t count = date.month - 1 + months;
    date.year += count / 12;
    date.month = count % 12 + 1;
    int32_t length = calendar_month_length(date.year, date.month);
    if (date.day > length)
        date.day = length;
    return calendar_days(date);
}

instant duration_add(instant from, struct duration d)
{
    int64_t day = duration_add_months(from / DAY, d.months) + d.days;
    return day * DAY + from % DAY + d.seconds * SECOND;
}

bool duration_is_zero(struct duration d)
{
    return d.months == 0 && d.days == 0 && d.seconds == 0;
}
