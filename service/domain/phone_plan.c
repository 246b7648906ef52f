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

enum { PLANS_MAX = 300 }; /* the table has 251 */

extern const struct embedded phone_plan_files[];

static struct phone_plan plans[PLANS_MAX];
static size_t plan_count;

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

/* Before main, so before there is a second thread: whoever looks something up later takes no lock. */
__attribute__((constructor)) static void plans_read(void)
{
    struct field fields[FIELD_COUNT];
    const char *row = table_row(phone_plan_files[0].data, fields, FIELD_COUNT);
    while (*row != '\0') {
        row = table_row(row, fields, FIELD_COUNT);
        assert(plan_count < PLANS_MAX);
        plans[plan_count++] = plan_of(fields);
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
    for (size_t i = 0; i < plan_count; i++) {
        size_t code = strlen(plans[i].code);
        if (code <= len && memcmp(plans[i].code, digits, code) == 0)
            return &plans[i];
    }
    return NULL;
}
