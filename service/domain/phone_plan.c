/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/phone_plan.h"

#include "base/embedded.h"
#include "domain/table.h"

#include <assert.h>
#include <string.h>

/* The columns of data/phone_plans.csv. Its rows are in the order of the calling codes; of those who share
 * one, the largest is first. */
enum {
    FIELD_COUNTRY,
    FIELD_CODE,
    FIELD_TRUNK,
    FIELD_EXIT,
    FIELD_MIN,
    FIELD_MAX,
    FIELD_ZERO_MIN,
    FIELD_ZERO_MAX,
    FIELD_OLD_TRUNK,
    FIELD_AREA,
    FIELD_COUNT
};

enum { PLANS_MAX = 300 }; /* the table has 255 */

/* The columns of data/phone_ranges.csv, in the order of the calling codes too. */
enum { RANGE_CODE, RANGE_PREFIX, RANGE_MIN, RANGE_MAX, RANGE_FIELDS };

enum { RANGES_MAX = 500 }; /* the table has 414 */

/* Numbers that begin with ${prefix} behind their calling code, and have other lengths than the plan says. */
struct phone_range {
    char code[4];
    char prefix[4];
    uint8_t min, max;
};

extern const struct embedded phone_plan_files[];

static struct phone_plan plans[PLANS_MAX];
static size_t plan_count;
static struct phone_range ranges[RANGES_MAX];
static size_t range_count;

static struct phone_plan plan_of(const struct field fields[FIELD_COUNT])
{
    struct phone_plan plan = {.min = (uint8_t)field_number(&fields[FIELD_MIN]),
                              .max = (uint8_t)field_number(&fields[FIELD_MAX]),
                              .zero_min = (uint8_t)field_number(&fields[FIELD_ZERO_MIN]),
                              .zero_max = (uint8_t)field_number(&fields[FIELD_ZERO_MAX])};
    field_copy(&fields[FIELD_COUNTRY], plan.country, sizeof plan.country);
    field_copy(&fields[FIELD_CODE], plan.code, sizeof plan.code);
    field_copy(&fields[FIELD_TRUNK], plan.trunk, sizeof plan.trunk);
    field_copy(&fields[FIELD_OLD_TRUNK], plan.old_trunk, sizeof plan.old_trunk);
    field_copy(&fields[FIELD_EXIT], plan.exit, sizeof plan.exit);
    field_copy(&fields[FIELD_AREA], plan.area, sizeof plan.area);
    return plan;
}

static void ranges_read(void)
{
    struct field fields[RANGE_FIELDS];
    const char *row = table_row(phone_plan_files[1].data, fields, RANGE_FIELDS);
    while (*row != '\0') {
        row = table_row(row, fields, RANGE_FIELDS);
        assert(range_count < RANGES_MAX);
        struct phone_range *range = &ranges[range_count++];
        field_copy(&fields[RANGE_CODE], range->code, sizeof range->code);
        field_copy(&fields[RANGE_PREFIX], range->prefix, sizeof range->prefix);
        range->min = (uint8_t)field_number(&fields[RANGE_MIN]);
        range->max = (uint8_t)field_number(&fields[RANGE_MAX]);
    }
}

static struct phone_ranges ranges_of(const char *code)
{
    struct phone_ranges found = {0};
    for (size_t i = 0; i < range_count; i++) {
        if (strcmp(ranges[i].code, code) != 0)
            continue;
        if (found.count++ == 0)
            found.first = &ranges[i];
    }
    return found;
}

/* Before main, so before there is a second thread: whoever looks something up later takes no lock. */
__attribute__((constructor)) static void plans_read(void)
{
    struct field fields[FIELD_COUNT];
    const char *row = table_row(phone_plan_files[0].data, fields, FIELD_COUNT);
    ranges_read();
    while (*row != '\0') {
        row = table_row(row, fields, FIELD_COUNT);
        assert(plan_count < PLANS_MAX);
        plans[plan_count] = plan_of(fields);
        plans[plan_count].ranges = ranges_of(plans[plan_count].code);
        plan_count++;
    }
}

const struct phone_plan *phone_plan_of_country(const char *country)
{
    if (country == NULL || strlen(country) != 2)
        return NULL;
    for (size_t i = 0; i < plan_count; i++) {
        if (memcmp(plans[i].country, country, 2) == 0)
            return &plans[i];
    }
    return NULL;
}

const struct phone_plan *phone_plan_of_number(const char *digits, size_t len)
{
    if (len == 0 || digits[0] == '0')
        return NULL;
    for (size_t i = 0; i < plan_count; i++) {
        size_t code = strlen(plans[i].code);
        if (code <= len && memcmp(plans[i].code, digits, code) == 0)
            return &plans[i];
    }
    return NULL;
}

static bool range_takes(const struct phone_range *range, const char *digits, size_t len)
{
    size_t prefix = strlen(range->prefix);
    return len >= range->min && len <= range->max && memcmp(range->prefix, digits, prefix) == 0;
}

bool phone_plan_subscriber(const struct phone_plan *plan, const char *digits, size_t len)
{
    bool zero = len > 0 && digits[0] == '0';
    return len >= (zero ? plan->zero_min : plan->min) && len <= (zero ? plan->zero_max : plan->max);
}

bool phone_plan_takes(const struct phone_plan *plan, const char *digits, size_t len)
{
    if (phone_plan_subscriber(plan, digits, len))
        return true;
    for (size_t i = 0; i < plan->ranges.count; i++) {
        if (range_takes(&plan->ranges.first[i], digits, len))
            return true;
    }
    return false;
}
