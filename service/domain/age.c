/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/age.h"

#include "base/embedded.h"
#include "domain/table.h"

#include <string.h>

/* The columns of data/ages.csv. */
enum { FIELD_COUNTRY, FIELD_YEARS, FIELD_FROM, FIELD_TO, FIELD_APPLIES, FIELD_SOURCE, FIELD_COUNT };

/* Dates are 8 digits: they compare as numbers. */
enum { DATE_TEXT = 10, YEAR_WEIGHT = 10000, MONTH_WEIGHT = 100, DATE_LAST = 99991231 };

extern const struct embedded age_files[];

/* YYYY-MM-DD as a number; ${otherwise} where the field is empty. */
static int32_t field_date(const struct field *f, int32_t otherwise)
{
    int32_t date = 0;
    if (f->len != DATE_TEXT)
        return otherwise;
    for (size_t i = 0; i < f->len; i++) {
        if (f->at[i] != '-')
            date = date * 10 + (f->at[i] - '0');
    }
    return date;
}

static int32_t date_of(instant at)
{
    struct calendar_date date = calendar_date_of(at / (SECOND * 86400));
    return date.year * YEAR_WEIGHT + date.month * MONTH_WEIGHT + date.day;
}

/* Finds the row of ${country} that holds on ${date}. Returns false when there is none. */
static bool row_find(const char *country, int32_t date, struct field ret_fields[FIELD_COUNT])
{
    struct field fields[FIELD_COUNT];
    const char *row = table_row(age_files[0].data, fields, FIELD_COUNT);
    while (*row != '\0') {
        row = table_row(row, fields, FIELD_COUNT);
        if (!field_is(&fields[FIELD_COUNTRY], country) || date < field_date(&fields[FIELD_FROM], 0) ||
            date > field_date(&fields[FIELD_TO], DATE_LAST))
            continue;
        memcpy(ret_fields, fields, sizeof fields);
        return true;
    }
    return false;
}

static const struct age_override *age_override_of(const struct policy *p, const char *country)
{
    for (size_t i = 0; i < p->age_count; i++) {
        if (strcmp(p->ages[i].country, country) == 0)
            return &p->ages[i];
    }
    return NULL;
}

int age_limit(const struct policy *p, const char *country, instant at, enum channel channel)
{
    static const char elsewhere[] = "*";
    bool online = channel == CHANNEL_EMAIL || channel == CHANNEL_SMS || channel == CHANNEL_WEB;
    struct field fields[FIELD_COUNT];
    int32_t date = date_of(at);
    if (!row_find(country, date, fields) && !row_find(elsewhere, date, fields))
        return 0;
    if (!online && !field_is(&fields[FIELD_APPLIES], "all"))
        return 0;
    const struct age_override *own = age_override_of(p, country);
    return own != NULL ? own->years : field_number(&fields[FIELD_YEARS]);
}

int age_of_law(const char *country)
{
    struct field fields[FIELD_COUNT];
    return row_find(country, DATE_LAST, fields) ? field_number(&fields[FIELD_YEARS]) : -1;
}

struct calendar_date age_reached(int32_t birth_year, int32_t birth_month, int years)
{
    struct calendar_date date = {.year = birth_year + years,
                                 .month = birth_month,
                                 .day = calendar_month_length(birth_year, birth_month)};
    if (date.day > calendar_month_length(date.year, date.month))
        date = (struct calendar_date){.year = date.year, .month = date.month + 1, .day = 1};
    return date;
}
