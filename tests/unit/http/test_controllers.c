/* SPDX-License-Identifier: Apache-2.0 */
#include "http/controllers.h"

#include "base/limits.h"
#include "base/log.h"
#include "fake_lane.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELD_MAX = 1024, OTHERS = 1100 /* more than a worker holds */ };

static struct worker worker;
static struct server_options options;
static struct numbered_keys keys = {.count = 1, .keys = {{.number = 1}}};
static struct database *database;

struct wait {
    struct controller_wait wait;
    int answers;
    enum error e;
    int32_t controller_id; /* of what came; 0: nothing */
    struct wait *again;    /* loads when it is answered, from inside */
};

static void load(const char *key, struct wait *w);

static void on_answer(struct controller_wait *wait, struct controller *c, enum error e)
{
    struct wait *w = list_entry(wait, struct wait, wait);
    cr_expect_eq(c == NULL, e != ERROR_NONE);
    w->answers++;
    w->e = e;
    w->controller_id = c != NULL ? c->controller_id : 0;
    controller_unref(c);
    if (w->again != NULL)
        load("demo", w->again);
}

static void open(void)
{
    char *fault = NULL;
    log_set_level(LOG_LEVEL_ERROR);
    database = database_create("host=/nowhere dbname=none", &keys, &fault);
    cr_assert_not_null(database, "%s", fault);
    options.database = database;
    worker.options = &options;
    worker.controllers = controllers_create(&worker);
}

static void close(void)
{
    controllers_destroy(worker.controllers);
    database_destroy(database);
}

TestSuite(controllers, .init = open, .fini = close);

static void load(const char *key, struct wait *w)
{
    w->wait.done = on_answer;
    controllers_load(worker.controllers, key, clock_monotonic() + CALL_DEADLINE_MS * 1000, &w->wait);
}

static void leave(struct wait *w)
{
    list_remove(&w->wait.link);
}

static char *copy_of(const char *text)
{
    char *copy = strdup(text);
    cr_assert_not_null(copy);
    return copy;
}

/* The ${i}-th load brings the controller of that id, whose tokens of the id ${revoked} ("": none) are. */
static void answer_found(size_t i, int32_t controller_id, const char *revoked)
{
    static const char document[] =
        "{\"controller\": {\"key\": \"demo\", \"country\": \"NL\"}, \"purposes\": [{\"key\": \"news\", "
        "\"lawful_basis\": \"consent\", \"channel\": \"email\", \"notice\": \"words\"}], \"notices\": "
        "[{\"id\": \"words\", \"version\": \"1\", \"texts\": {\"nl\": \"Ja\"}}]}";
    struct controller_job *job = list_entry(fake_jobs[i], struct controller_job, job);
    job->found = true;
    job->controller_id = controller_id;
    job->key_first = job->key_oldest = job->key_last = 1;
    job->document = copy_of(document);
    job->document_len = strlen(document);
    job->numbers = calloc(2, sizeof *job->numbers);
    job->numbers[0] = (struct numbered){.number = 1, .key = "news"};
    job->numbers[1] = (struct numbered){.is_notice = true, .number = 1, .key = "words", .version = "1"};
    job->number_count = 2;
    job->revoked = calloc(1, sizeof *job->revoked);
    if (revoked[0] != '\0')
        job->revoked[job->revoked_count++] = copy_of(revoked);
    fake_answer(i, ERROR_NONE);
}

static void answer_all(void)
{
    for (size_t i = 0; i < fake_job_count; i++) {
        if (fake_jobs[i] != NULL)
            fake_answer(i, ERROR_NONE); /* no policy */
    }
}

/* The id of what is held; 0: nothing. */
static int32_t held(const char *key)
{
    struct controller *c = controllers_find(worker.controllers, key);
    int32_t id = c != NULL ? c->controller_id : 0;
    controller_unref(c);
    return id;
}

static const char *key_of(int n)
{
    static char key[32];
    snprintf(key, sizeof key, "other-%d", n);
    return key;
}

static void load_found(const char *key, int32_t id)
{
    struct wait w = {0};
    load(key, &w);
    answer_found(fake_job_count - 1, id, "");
    cr_assert_eq(w.answers, 1);
    cr_assert_eq(w.controller_id, id);
}

/* ---- loads ---- */

Test(controllers, those_who_come_before_a_load_ends_share_the_next)
{
    struct wait first = {0}, second = {0}, third = {0};
    load("demo", &first);
    load("demo", &second);
    load("demo", &third);
    cr_assert_eq(fake_job_count, 1);
    answer_found(0, 7, "");
    cr_expect_eq(first.answers, 1);
    cr_assert_eq(fake_job_count, 2);
    answer_found(1, 8, "");
    cr_assert_eq(fake_job_count, 2);
    cr_expect_eq(first.answers + second.answers + third.answers, 3);
    cr_expect_eq(third.controller_id, 8);
}

/* What is loaded may be older than a call that came meanwhile. */
Test(controllers, who_comes_while_a_load_runs_is_not_answered_by_it)
{
    struct wait before = {0}, later = {0};
    load("demo", &before);
    load("demo", &later);
    answer_found(0, 7, "");
    cr_assert_eq(before.answers, 1);
    cr_assert_eq(later.answers, 0);
    answer_found(1, 8, "");
    cr_assert_eq(later.answers, 1);
    cr_assert_eq(later.controller_id, 8);
}

Test(controllers, each_kind_of_failure_is_told_and_what_was_held_stays)
{
    struct wait none = {0}, unavailable = {0};
    load("nobody", &none);
    fake_answer(0, ERROR_NONE);
    cr_expect_eq(none.e, ERROR_NO_POLICY);
    load_found("demo", 7);
    load("demo", &unavailable);
    fake_answer(2, ERROR_UNAVAILABLE);
    cr_expect_eq(unavailable.e, ERROR_UNAVAILABLE);
    cr_expect_eq(held("demo"), 7);
    cr_expect_eq(held("nobody"), 0);
}

Test(controllers, an_answer_may_load_again)
{
    struct wait again = {0}, first = {.again = &again};
    load("demo", &first);
    answer_found(0, 7, "");
    cr_assert_eq(again.answers, 0);
    answer_found(1, 8, "");
    cr_assert_eq(again.answers, 1);
    cr_assert_eq(held("demo"), 8);
}

Test(controllers, a_load_that_nobody_waits_for_any_more_is_not_started_twice)
{
    struct wait left = {0}, stays = {0};
    load("demo", &left);
    leave(&left);
    load("demo", &stays);
    cr_assert_eq(fake_job_count, 1);
    answer_all();
    cr_assert_eq(fake_job_count, 2);
    cr_assert_eq(fake_jobs_waiting(), 0);
    cr_expect_eq(left.answers, 0);
    cr_expect_eq(stays.answers, 1);
}

/* ---- the table ---- */

Test(controllers, one_that_is_being_loaded_is_not_let_go_for_others)
{
    static struct wait others[OTHERS], left;
    load("demo", &left);
    leave(&left);
    for (int i = 0; i < OTHERS; i++)
        load(key_of(i), &others[i]);
    answer_all();
    for (int i = 0; i < OTHERS; i++)
        cr_assert_eq(others[i].answers, 1);
    cr_assert_eq(fake_jobs_waiting(), 0);
}

Test(controllers, each_of_many_is_found_by_its_own_key)
{
    for (int i = 0; i < HELD_MAX; i++)
        load_found(key_of(i), i + 1);
    for (int i = 0; i < HELD_MAX; i++)
        cr_assert_eq(held(key_of(i)), i + 1);
    cr_assert_eq(held("other-"), 0);
    cr_assert_eq(held(""), 0);
    cr_assert_eq(held(key_of(HELD_MAX)), 0);
}

Test(controllers, the_one_least_lately_loaded_goes_for_another)
{
    for (int i = 0; i < HELD_MAX; i++)
        load_found(key_of(i), i + 1);
    load_found(key_of(0), 9000); /* again */
    load_found("new", 9001);
    cr_expect_eq(held(key_of(0)), 9000);
    cr_expect_eq(held(key_of(1)), 0, "it was loaded before all others");
    cr_expect_eq(held(key_of(2)), 3);
    cr_expect_eq(held("new"), 9001);
}

Test(controllers, what_was_let_go_lives_on_with_who_has_it)
{
    load_found("demo", 7);
    struct controller *c = controllers_find(worker.controllers, "demo");
    for (int i = 0; i < HELD_MAX; i++)
        load_found(key_of(i), i + 1);
    cr_expect_eq(held("demo"), 0);
    cr_expect_eq(c->controller_id, 7);
    controller_unref(c);
}

Test(controllers, a_token_is_known_to_be_revoked_once_that_was_loaded)
{
    struct wait w = {0};
    struct claims claims = {.controller = "demo", .id = "taken-back"}, nameless = {.controller = "demo"};
    load_found("demo", 7);
    cr_expect_not(controllers_know_revoked(worker.controllers, &claims));
    load("demo", &w);
    answer_found(fake_job_count - 1, 7, "taken-back");
    cr_expect(controllers_know_revoked(worker.controllers, &claims));
    cr_expect_not(controllers_know_revoked(worker.controllers, &nameless));
    claims = (struct claims){.controller = "another", .id = "taken-back"};
    cr_expect_not(controllers_know_revoked(worker.controllers, &claims));
}
