/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How one country writes and dials its telephone numbers (ITU-T E.164 and the national plans notified to the
 * ITU). The lengths are those of fixed and mobile subscribers; what has others (machines, 0800 and the like),
 * by what it begins with, is a range beside them. Short codes (112) are nobody's. The plans are data
 * (data/phone_plans.csv, data/phone_ranges.csv), read once before main begins; tests/phone holds them to
 * libphonenumber's. */
struct phone_range; /* private */
struct phone_ranges {
    const struct phone_range *first;
    size_t count;
};

struct phone_plan {
    char country[3];   /* ISO 3166-1 alpha-2 (XK for Kosovo); "" for networks that belong to no country */
    char code[4];      /* calling code */
    char trunk[3];     /* what stands before a national number inside the country; "" for none */
    char old_trunk[3]; /* one that was abolished and is still written; "" for none */
    char exit[5];      /* international prefix; "" where several are in use: only + will do then */
    char area[4];      /* the area code a local number leaves out, where the country has but one; else "" */
    uint8_t min, max;  /* digits of a national number, without its trunk prefix, that begins with 1 to 9 */
    uint8_t zero_min, zero_max; /* of one that begins with a 0 it keeps behind the calling code; 0 for none */
    struct phone_ranges ranges; /* of the calling code */
};

/* NULL when ${country} is not in the table, or NULL. */
const struct phone_plan *phone_plan_of_country(const char *country);
/* The plan of the calling code that ${digits}, a number in international form without its +, begins with;
 * where several countries share the code, that of the largest, whose lengths include the others'. NULL when
 * no such code is assigned. */
const struct phone_plan *phone_plan_of_number(const char *digits, size_t len);
/* Whether ${digits}, a national number without its trunk prefix, are as many as the plan gives a
 * subscriber. */
typedef bool phone_plan_judge(const struct phone_plan *plan, const char *digits, size_t len);
phone_plan_judge phone_plan_subscriber;
/* Likewise, or as a range gives such a number. */
phone_plan_judge phone_plan_takes;
