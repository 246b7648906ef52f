/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "scene.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

static struct scene scene;

static void scene_clear(void)
{
    scene_close(&scene);
}

TestSuite(rotate, .fini = scene_clear);

static const int one[] = {1, 0}, two[] = {2, 0}, two_one[] = {2, 1, 0}, three_two_one[] = {3, 2, 1, 0};
enum { CEILING_MS = 120000 };

/* ---- verdicts ---- */

/* Rotates while people go on; each tag takes a millisecond more, so that they meet. */
static void rotate_while_people_act(struct scene *s, int number)
{
    pid_t pid = rotate_start(s);
    int status;
    while ((status = process_wait(pid, 0)) < 0) {
        people_act(s, 5);
        people_check(s);
    }
    cr_assert_eq(status, 0, "%s", file_read(text_of("%s/rotate.log", s->keyring.dir)));
    cr_assert_eq(tags_below(s, number), 0);
    cr_assert_eq(database_number(&s->db, "select key_oldest from controller"), number);
}

Test(rotate, no_verdict_is_wrong_during_and_after_two_rotations)
{
    scene_open(&scene, "twice");
    people_record(&scene);
    const char *subject = first_subject(&scene);
    database_value(
        &scene.db,
        "create function dawdle() returns trigger language plpgsql as $$ begin perform pg_sleep(0.001); "
        "return old; end "
        "$$; create trigger dawdle before delete on identifier for each row execute function dawdle()");

    const int *const files[] = {two_one, three_two_one};
    for (int i = 0; i < 2; i++) {
        keys_write(&scene, files[i]);
        service_restart(&scene);
        people_check(&scene);
        rotate_while_people_act(&scene, i + 2);
        cr_assert_str_eq(first_subject(&scene), subject);
        people_act(&scene, 20);
        people_check(&scene);
        service_restart(&scene);
        people_check(&scene);
        cr_assert_str_eq(first_subject(&scene), subject);
    }
}

/* Each request may come to another thread of the service, which knows the controller
 * as it was when it last looked. */
static void subject_is(const struct scene *s, const char *subject)
{
    for (int i = 0; i < 8; i++)
        cr_assert_str_eq(first_subject(s), subject);
}

Test(rotate, a_person_is_found_by_whom_nothing_told_of_the_rotation)
{
    static const int *const files[] = {two_one, three_two_one};
    scene_open(&scene, "lookup");
    post(&scene.tenant, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", email("p0"));
    const char *subject = first_subject(&scene);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        keys_write(&scene, files[i]);
        service_restart(&scene);
        subject_is(&scene, subject);
        long generation = database_number(&scene.db, "select generation from controller");
        cr_assert_eq(rotate_run(&scene, NULL), 0);
        cr_assert_gt(database_number(&scene.db, "select generation from controller"), generation,
                     "it is told");
        subject_is(&scene, subject);
    }
}

/* Holds up whatever moves the tag in the middle for as long as ${session} holds lock 77. */
static void middle_guard(const struct scene *s, PGconn *session)
{
    const char *tag =
        database_value(&s->db, "select tag from identifier order by tag offset %zu limit 1", s->count);
    session_run(session, "create function wait_for_test() returns trigger language plpgsql as $$ begin "
                         "perform pg_advisory_xact_lock(77); return new; end $$");
    session_run(session, text_of("create trigger middle before update of tag on identifier for each row "
                                 "when (old.tag = '%s') execute function wait_for_test()",
                                 tag));
    session_run(session, "select pg_advisory_lock(77)");
}

static void rotation_kill_in_the_middle(const struct scene *s)
{
    PGconn *session = database_session(&s->db);
    middle_guard(s, session);
    pid_t pid = rotate_start(s);
    long until = clock_ms() + CEILING_MS;
    while (database_number(
               &s->db, "select count(*) from pg_locks where locktype = 'advisory' and not granted") == 0) {
        cr_assert_eq(process_wait(pid, 0), -1);
        cr_assert_lt(clock_ms(), until);
    }
    kill(pid, SIGKILL);
    cr_assert_eq(process_wait(pid, CEILING_MS), 128 + SIGKILL);
    session_run(session, "select pg_advisory_unlock(77)");
    PQfinish(session);
}

Test(rotate, an_interrupted_rotation_goes_on_where_it_stopped)
{
    scene_open(&scene, "interrupted");
    people_record(&scene);
    keys_write(&scene, two_one);
    service_restart(&scene);
    rotation_kill_in_the_middle(&scene);
    cr_assert_str_eq(database_value(&scene.db, "select key_oldest || '..' || key_last from controller"),
                     "1..2");
    cr_assert_gt(tags_below(&scene, 2), 0);
    cr_assert_lt(tags_below(&scene, 2), tags_below(&scene, 3));

    people_check(&scene);
    people_act(&scene, 100);
    people_check(&scene);
    service_restart(&scene);
    people_check(&scene);
    cr_assert_gt(tags_below(&scene, 2), 0);

    /* A newer key does not make it forget the older rotation. */
    keys_write(&scene, three_two_one);
    service_restart(&scene);
    cr_assert_eq(rotate_run(&scene, NULL), 0);
    cr_assert_eq(tags_below(&scene, 3), 0);
    people_check(&scene);
    people_act(&scene, 20);
    people_check(&scene);
    service_restart(&scene);
    people_check(&scene);
}

Test(rotate, one_controller_can_go_first)
{
    scene_open(&scene, "one");
    struct tenant other = tenant_open(&scene.service, &scene.keyring, "other");
    const struct tenant *both[] = {&scene.tenant, &other};
    for (int i = 0; i < 2; i++)
        post(both[i], 200, "/v1/withdraw", "{'subject': %s, 'purpose': 'newsletter'}", email("anna"));
    keys_write(&scene, two_one);
    service_restart(&scene);
    cr_assert_eq(rotate_run(&scene, "other"), 0);
    cr_assert_str_eq(
        database_value(&scene.db, "select string_agg(key || key_last, ' ' order by key) from controller"),
        "demo1 other2");
    cr_assert_eq(rotate_run(&scene, "nobody"), 1);
    cr_assert_eq(rotate_run(&scene, "other"), 0, "a key that is in force already is no failure");
    for (int i = 0; i < 2; i++)
        cr_assert_str_eq(reason_of(both[i], "anna", "newsletter"), "withdrawn");
    cr_assert_eq(rotate_run(&scene, NULL), 0);
    for (int i = 0; i < 2; i++)
        cr_assert_str_eq(reason_of(both[i], "anna", "newsletter"), "withdrawn");
    cr_assert_eq(tags_below(&scene, 2), 0);
}

/* ---- rows ---- */

Test(rotate, a_tag_that_stands_in_consent_only_moves_too)
{
    scene_open(&scene, "consent-only");
    post(&scene.tenant, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", email("anna"));
    database_value(&scene.db, "delete from identifier");
    keys_write(&scene, two_one);
    service_restart(&scene);
    cr_assert_eq(rotate_run(&scene, NULL), 0);
    cr_assert_eq(tags_below(&scene, 2), 0);
    cr_assert_str_eq(reason_of(&scene.tenant, "anna", "newsletter"), "withdrawn");
}

/* Also to who is nobody's yet, as a guardian who was asked. */
Test(rotate, who_is_erased_gets_no_message_that_was_put_before)
{
    scene_open(&scene, "messages");
    post(&scene.tenant, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '*'}", email("anna"));
    database_value(
        &scene.db,
        "insert into outbox (controller_id, message_id, kind, tag, put_at, ends_at, content, due_at) "
        "select controller_id, gen_random_uuid(), 0, t, now(), now() + interval '3 days', "
        "'\\x00', now() + interval '1 day' from identifier i cross join lateral (values (i.tag), "
        "(decode('01' || repeat('ab', 16), 'hex'))) v(t)");
    keys_write(&scene, two_one);
    service_restart(&scene);
    cr_assert_eq(rotate_run(&scene, NULL), 0);
    cr_assert_eq(tags_below(&scene, 2), 0);
    const json_t *found = post(&scene.tenant, 200, "/v1/subjects/lookup", "{'subject': %s}", email("anna"));
    post(&scene.tenant, 200, text_of("/v1/subjects/%s/erase", string_at(found, "/subject_id")), "{}");
    cr_assert_eq(database_number(&scene.db, "select count(*) from outbox"), 1, "only the other is left");
}

Test(rotate, a_link_that_names_a_row_goes_on_and_its_row_is_found_by_an_erasure)
{
    scene_open(&scene, "rows");
    const struct tenant *t = &scene.tenant;
    post(t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'web_form'}",
         email("anna"));
    const json_t *made =
        post(t, 201, "/v1/links",
             "{'subject': [%s, {'type': 'email', 'value': 'k2-" MARK "@example.nl'}, {'type': 'email', "
             "'value': 'k3-" MARK "@example.nl'}, {'type': 'email', 'value': 'k4-" MARK "@example.nl'}], "
             "'kind': 'unsubscribe'}",
             email("anna"));
    const char *path = strchr(strstr(string_at(made, "/url"), "://") + 3, '/');
    keys_write(&scene, two_one);
    service_restart(&scene);
    cr_assert_eq(rotate_run(&scene, NULL), 0);
    cr_assert_eq(tags_below(&scene, 2), 0);
    const struct answer *a =
        client_send(&(struct request){.service = &scene.service,
                                      .method = "POST",
                                      .path = path,
                                      .content_type = "application/x-www-form-urlencoded",
                                      .body = "List-Unsubscribe=One-Click",
                                      .foreign = true});
    cr_assert_eq(a->status, 200, "%s", a->body);
    cr_assert_str_eq(reason_of(t, "anna", "newsletter"), "withdrawn");
    const json_t *found = post(t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("anna"));
    post(t, 200, text_of("/v1/subjects/%s/erase", string_at(found, "/subject_id")), "{}");
    cr_assert_eq(database_number(&scene.db, "select count(*) from kept_link_tag"), 0);
}

/* As the service's role, which may delete nothing by itself. */
Test(rotate, of_what_stands_under_both_tags_the_higher_rank_stays)
{
    scene_open(&scene, "both");
    database_value(
        &scene.db,
        "insert into identifier values (1, '\\x01aa', 1, 0, true), (1, '\\x02aa', 2, 0, true), "
        "(1, '\\x01bb', 3, 0, true);"
        "insert into consent select 1, tag, purpose, 0, null, 0, 0, rank, rank, null, gen_random_uuid() "
        "from (values ('\\x01aa'::bytea, 1, 7), ('\\x02aa', 1, 9), ('\\x01aa', 2, 8), ('\\x02aa', 2, 6), "
        "('\\x01aa', 3, 5), ('\\x02aa', 4, 4), ('\\x01bb', 1, 3)) v(tag, purpose, rank)");
    PGconn *service = PQconnectdb(scene.db.service);
    session_run(service, "select wrap_tags(1, array['\\x01aa', '\\x01bb', '\\x01cc']::bytea[], "
                         "array['\\x02aa', '\\x02bb', '\\x02cc']::bytea[])");
    PQfinish(service);
    cr_assert_str_eq(
        database_value(&scene.db,
                       "select string_agg(encode(tag, 'hex') || '/' || purpose_id || '=' || rank, ' ' "
                       "order by tag, purpose_id) from consent"),
        "02aa/1=9 02aa/2=8 02aa/3=5 02aa/4=4 02bb/1=3");
    cr_assert_str_eq(
        database_value(&scene.db,
                       "select string_agg(encode(tag, 'hex') || '=' || subject_no, ' ' order by tag) "
                       "from identifier"),
        "02aa=2 02bb=3");
}

/* ---- keys ---- */

/* It was started before the new key was in its file, and is still connected. */
Test(rotate, a_service_that_lacks_the_new_key_allows_nothing_and_records_nothing)
{
    scene_open(&scene, "lacks-new");
    struct tenant *t = &scene.tenant;
    post(t, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'web_form'}",
         email("bert"));
    cr_assert_str_eq(reason_of(t, "bert", "newsletter"), "granted");
    long events = tenant_events(t);
    size_t logged = strlen(file_read(scene.service.log));
    keys_write(&scene, two_one);
    cr_assert_eq(rotate_run(&scene, NULL), 0);

    const json_t *refusal =
        post(t, 500, "/v1/check", "{'subject': %s, 'purpose': 'newsletter'}", email("bert"));
    cr_assert(json_is_false(json_at(refusal, "/allow")));
    post(t, 500, "/v1/withdraw", "{'subject': %s, 'purpose': 'newsletter'}", email("bert"));
    cr_assert(service_logged(&scene.service, logged, "event=controller.keys", CEILING_MS));

    service_restart(&scene);
    cr_assert_eq(tenant_events(t), events);
    cr_assert_str_eq(reason_of(t, "bert", "newsletter"), "granted");
}

Test(rotate, a_service_without_every_key_in_force_does_not_start)
{
    static const int four_two_one[] = {4, 2, 1, 0}, four_three_two_one[] = {4, 3, 2, 1, 0};
    const int *const refused[] = {one, two, three_two_one, four_three_two_one};
    scene_open(&scene, "lacks-old");
    keys_write(&scene, two_one);
    service_restart(&scene);
    keys_write(&scene, two);
    cr_assert_eq(serve_refused(&scene), 1, "key 1 is missing before the rotation");
    keys_write(&scene, two_one);
    cr_assert_eq(rotate_run(&scene, NULL), 0);
    keys_write(&scene, four_two_one);
    service_restart(&scene);
    cr_assert_eq(rotate_run(&scene, NULL), 0);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        keys_write(&scene, refused[i]);
        cr_assert_eq(serve_refused(&scene), 1, "file %zu", i);
        cr_assert_eq(rotate_run(&scene, NULL), 1, "file %zu", i);
    }
    keys_write_wrong(&scene, 1);
    cr_assert_eq(serve_refused(&scene), 1);
    cr_assert_str_eq(
        database_value(&scene.db, "select string_agg(key_no::text, ' ' order by key_no) from subject_key"),
        "1 2 4");
}

Test(rotate, a_key_with_a_lower_number_is_not_rotated_to)
{
    static const int one_two[] = {1, 2, 0};
    scene_open(&scene, "lower");
    keys_write(&scene, two_one);
    cr_assert_eq(rotate_run(&scene, NULL), 0);
    keys_write(&scene, one_two);
    cr_assert_eq(rotate_run(&scene, NULL), 1);
    cr_assert_eq(database_number(&scene.db, "select key_last from controller"), 2);
}
