/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/age.h"

#include "base/embedded.h"

#include <stdlib.h>
#include <string.h>

/* The columns of data/ages.csv. No field has a comma or a quote; a unit test reads every row. */
enum { FIELD_COUNTRY, FIELD_YEARS, FIELD_FROM, FIELD_TO, FIELD_APPLIES, FIELD_SOURCE, FIELD_COUNT };

struct field {
    const char *at;
    size_t len;
};

/* Dates are 8 digits: they compare as numbers. */
enum { DATE_TEXT = 10, YEAR_WEIGHT = 10000, MONTH_WEIGHT = 100, DATE_LAST = 99991231 };

extern const struct embedded age_files[];

/* Takes one line's fields; returns where the next line begins. A missing field is empty. */
static const char *row_read(const char *line, struct field fields[FIELD_COUNT])
{
    const char *at = line;
    for (int i = 0; i < FIELD_COUNT; i++) {
        size_t len = strcspn(at, i + 1 < FIELD_COUNT ? ",\n" : "\n");
        fields[i] = (struct field){at, len};
        at += len + (at[len] == ',' ? 1 : 0);
    }
    return *at == '\n' ? at + 1 : at;
}

static bool field_is(const struct field *f, const char *word)
{
    return f->len == strlen(word) && memcmp(f->at, word, f->len) == 0;
}

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
    for (const char *line = row_read(age_files[0].data, fields); *line != '\0';) {
        line = row_read(line, fields);
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
    return own != NULL ? own->years : (int)strtol(fields[FIELD_YEARS].at, NULL, 10);
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
