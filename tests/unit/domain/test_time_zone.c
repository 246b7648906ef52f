/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/time_zone.h"

#include <criterion/criterion.h>
#include <string.h>

Test(time_zone, every_country_of_the_eu_and_the_eea_and_its_neighbours_has_a_default)
{
    static const char *const countries[] = {"AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI",
                                            "FR", "GB", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU",
                                            "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"};
    for (size_t i = 0; i < sizeof countries / sizeof *countries; i++) {
        const char *zone = time_zone_of_country(countries[i]);
        cr_assert_not_null(zone, "%s", countries[i]);
        cr_expect(time_zone_is_name(zone, strlen(zone)), "%s", zone);
    }
    cr_expect_str_eq(time_zone_of_country("NL"), "Europe/Amsterdam");
    cr_expect_str_eq(time_zone_of_country("ES"), "Europe/Madrid");
}

Test(time_zone, a_country_out_of_the_table_has_no_default)
{
    cr_expect_null(time_zone_of_country("US"));
    cr_expect_null(time_zone_of_country("nl"));
    cr_expect_null(time_zone_of_country(""));
}

Test(time_zone, a_name_is_one_to_three_parts)
{
    static const struct {
        const char *name;
        bool good;
    } names[] = {{"UTC", true},
                 {"Europe/Amsterdam", true},
                 {"America/Argentina/Buenos_Aires", true},
                 {"Etc/GMT+1", true},
                 {"America/Port-au-Prince", true},
                 {"", false},
                 {"/etc", false},
                 {"Europe/", false},
                 {"Europe//Amsterdam", false},
                 {"../etc/passwd", false},
                 {"Europe/Den Haag", false},
                 {"a/b/c/d", false},
                 {"+01:00", false},
                 {"1/2", false}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_expect_eq(time_zone_is_name(names[i].name, strlen(names[i].name)), names[i].good, "%s",
                     names[i].name);
}
