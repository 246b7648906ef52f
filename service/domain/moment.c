/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/moment.h"

#include "domain/calendar.h"

#include <assert.h>
#include <string.h>

#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* 1 January of 2106 and of 10000. */
#define MOMENT_PARSE_END  (INT64_C(49673) * DAY)
#define MOMENT_FORMAT_END (INT64_C(2932897) * DAY)

/* Reads on after a fault without harm, so that a parser is a straight line with one test at its end. */
struct moment_reader {
    const char *at;
    const char *end;
    bool bad;
};

static char moment_read_any(struct moment_reader *r, const char *accepted)
{
    if (r->at == r->end || *r->at == '\0' || strchr(accepted, *r->at) == NULL) {
        r->bad = true;
        return '\0';
    }
    return *r->at++;
}

static bool moment_at_digit(const struct moment_reader *r)
{
    return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

static int32_t moment_read_number(struct moment_reader *r, int digits, int32_t min, int32_t max)
{
    int32_t value = 0;
    for (int i = 0; i < digits; i++) {
        if (!moment_at_digit(r)) {
            r->bad = true;
            return min;
        }
        value = value * 10 + (*r->at++ - '0');
    }
    if (value < min || value > max) {
        r->bad = true;
        return min;
    }
    return value;
}

static int64_t moment_read_date(struct moment_reader *r)
{
    struct calendar_date date;
    date.year = moment_read_number(r, 4, 0, 9999);
    moment_read_any(r, "-");
    date.month = moment_read_number(r, 2, 1, 12);
    moment_read_any(r, "-");
    date.day = moment_read_number(r, 2, 1, calendar_month_length(date.year, date.month));
    return calendar_days(date) * DAY;
}

static int64_t moment_read_time(struct moment_reader *r)
{
    int64_t time = moment_read_number(r, 2, 0, 23) * HOUR;
    moment_read_any(r, ":");
    time += moment_read_number(r, 2, 0, 59) * MINUTE;
    moment_read_any(r, ":");
    return time + moment_read_number(r, 2, 0, 60) * SECOND;
}

static int64_t moment_read_fraction(struct moment_reader *r)
{
    if (r->at == r->end || *r->at != '.')
        return 0;
    r->at++;
    r->bad = r->bad || !moment_at_digit(r);
    int64_t fraction = 0;
    for (int64_t scale = SECOND / 10; moment_at_digit(r); scale /= 10)
        fraction += (*r->at++ - '0') * scale;
    return fraction;
}

static int64_t moment_read_offset(struct moment_reader *r)
{
    char sign = moment_read_any(r, "Zz+-");
    if (sign != '+' && sign != '-')
        return 0;
    int64_t offset = moment_read_number(r, 2, 0, 23) * HOUR;
    moment_read_any(r, ":");
    offset += moment_read_number(r, 2, 0, 59) * MINUTE;
    return sign == '+' ? offset : -offset;
}

bool moment_parse(const char *text, size_t len, instant *ret_moment)
{
    struct moment_reader r = {.at = text, .end = text + len};
    instant moment = moment_read_date(&r);
    moment_read_any(&r, "Tt");
    moment += moment_read_time(&r);
    moment += moment_read_fraction(&r);
    moment -= moment_read_offset(&r);
    if (r.bad || r.at != r.end || moment < 0 || moment >= MOMENT_PARSE_END)
        return false;
    *ret_moment = moment;
    return true;
}

static char *moment_write(char *at, int64_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + digits;
}

/* The digits, then ${mark}. */
static char *moment_write_part(char *at, int64_t value, int digits, char mark)
{
    at = moment_write(at, value, digits);
    *at++ = mark;
    return at;
}

size_t moment_format(instant moment, char text[MOMENT_TEXT + 1])
{
    assert(moment >= 0 && moment < MOMENT_FORMAT_END);
    struct calendar_date date = calendar_date_of(moment / DAY);
    int64_t time = moment % DAY;
    int64_t fraction = moment % SECOND;
    char *at = moment_write_part(text, date.year, 4, '-');
    at = moment_write_part(at, date.month, 2, '-');
    at = moment_write_part(at, date.day, 2, 'T');
    at = moment_write_part(at, time / HOUR, 2, ':');
    at = moment_write_part(at, time / MINUTE % 60, 2, ':');
    at = moment_write(at, time / SECOND % 60, 2);
    if (fraction != 0) {
        *at++ = '.';
        at = fraction % 1000 == 0 ? moment_write(at, fraction / 1000, 3) : moment_write(at, fraction, 6);
    }
    *at++ = 'Z';
    *at = '\0';
    return (size_t)(at - text);
}
