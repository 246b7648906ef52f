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

/* ---- files ---- */

/* Of a zone an hour ahead, two hours from 1000 s to 2000 s, by ${rule} from then on. Returns its length. */
static size_t zone_write(uint8_t bytes[256], const char *rule)
{
    static const uint8_t counts[2][24] = {{[23] = 1, [19] = 1}, {[15] = 2, [19] = 2, [23] = 4}};
    static const uint8_t block[] = {0, 0, 0, 0,    0,    0, 3, 0xe8, 0, 0,    0,    0, 0, 0,   7,   0xd0, 1,
                                    0, 0, 0, 0x0e, 0x10, 0, 0, 0,    0, 0x1c, 0x20, 1, 0, 'C', 'E', 'T',  0};
    static const uint8_t head[20] = "TZif2";
    size_t len = 0;
    memset(bytes, 0, 256);
    memcpy(bytes, head, 20);
    memcpy(bytes + 20, counts[0], 24);
    len = 44 + 6 + 1; /* of 32 bits: one type, one letter */
    memcpy(bytes + len, head, 20);
    memcpy(bytes + len + 20, counts[1], 24);
    memcpy(bytes + len + 44, block, sizeof block);
    len += 44 + sizeof block;
    memcpy(bytes + len, rule, strlen(rule));
    return len + strlen(rule);
}

static int32_t offset_at(const struct time_zone *zone, int64_t seconds)
{
    int32_t offset;
    return time_zone_offset(zone, seconds * SECOND, &offset) ? offset : -1;
}

Test(time_zone, a_file_tells_what_holds_until_its_end_and_behind_it_where_nothing_changes_any_more)
{
    uint8_t bytes[256];
    struct time_zone zone;
    size_t len = zone_write(bytes, "\nCET-1\n");
    cr_assert(time_zone_open(bytes, len, &zone));
    cr_expect_eq(offset_at(&zone, -5), 3600);
    cr_expect_eq(offset_at(&zone, 999), 3600);
    cr_expect_eq(offset_at(&zone, 1000), 7200);
    cr_expect_eq(offset_at(&zone, 1999), 7200);
    cr_expect_eq(offset_at(&zone, 2000), 3600);
    cr_expect_eq(offset_at(&zone, 4000000000), 3600);
    len = zone_write(bytes, "\nCET-1CEST,M3.5.0,M10.5.0/3\n");
    cr_assert(time_zone_open(bytes, len, &zone));
    cr_expect_eq(offset_at(&zone, 1999), 7200);
    cr_expect_eq(offset_at(&zone, 2000), -1, "only the rule could tell");
}

Test(time_zone, what_is_no_file_or_was_cut_is_none)
{
    uint8_t bytes[256], cut[256];
    struct time_zone zone;
    size_t len = zone_write(bytes, "\nCET-1\n");
    for (size_t i = 0; i + sizeof "\nCET-1\n" - 1 < len; i++) {
        memcpy(cut, bytes, i);
        cr_expect_not(time_zone_open(cut, i, &zone), "%zu bytes", i);
    }
    cr_assert(time_zone_open(bytes, len - 1, &zone));
    cr_expect_eq(offset_at(&zone, 2000), -1, "its last line was cut");
    bytes[0] = 't';
    cr_expect_not(time_zone_open(bytes, len, &zone));
    (void)zone_write(bytes, "\nCET-1\n");
    bytes[44 + 7 + 44 + 16] = 2;
    cr_expect_not(time_zone_open(bytes, len, &zone), "a third type, of two");
}
