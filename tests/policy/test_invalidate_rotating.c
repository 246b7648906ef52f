/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "rotate/scene.h"

#include <criterion/criterion.h>
#include <string.h>

/* Invalidation finds people by the tags the ledger holds, some of which move to another key between
 * being found and being written. */

static struct scene scene;

static void scene_clear(void)
{
    scene_close(&scene);
}

TestSuite(invalidate_rotating, .fini = scene_clear);

/* A tag that moves takes two milliseconds more, so that the two meet. */
static void rotation_slow(void)
{
    database_value(
        &scene.db,
        "create function dawdle() returns trigger language plpgsql as $$ begin perform pg_sleep(0.002); "
        "return new; end $$; create trigger dawdle before update of tag on identifier for each row execute "
        "function dawdle()");
}

Test(invalidate_rotating, everybody_is_found_and_nobody_new_is_made_up)
{
    static const int two_one[] = {2, 1, 0};
    const char *people = "select count(*) || '/' || count(distinct subject_no) from identifier";
    scene_open(&scene, "invalidate");
    people_record(&scene);
    const char *before = database_value(&scene.db, "%s", people);
    long
        given = 0,
        counted =
            0; /* some said No to everything later: their Yes is invalidated too, and does not stand anyway */
    for (size_t i = 0; i < scene.count; i++) {
        given += i % 3 != 0;
        counted += scene.says_yes[i];
    }
    keys_write(&scene, two_one);
    service_restart(&scene);
    rotation_slow();
    pid_t pid = rotate_start(&scene);
    while (tags_below(&scene, 2) > 0 && database_number(&scene.db, "select key_last from controller") < 2)
        sleep_ms(5);
    const json_t *r =
        post(&scene.tenant, 200, "/v1/consents/invalidate",
             "{'purpose': 'newsletter', 'period': {'from': '2000-01-01T00:00:00Z'}, 'reason': 'untrue'}");
    cr_expect(process_wait(pid, 0) < 0, "the rotation was over too soon to meet");
    cr_expect_eq(number_at(r, "/matched"), given, "%ld of %ld", number_at(r, "/matched"), given);
    cr_expect_eq(number_at(r, "/invalidated"), counted, "%ld of %ld", number_at(r, "/invalidated"), counted);
    cr_assert_eq(process_wait(pid, 120000), 0);
    memset(scene.says_yes, 0, sizeof scene.says_yes);
    people_check(&scene);
    cr_expect_str_eq(database_value(&scene.db, "%s", people), before);
}
