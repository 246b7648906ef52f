/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include "harness/process.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LEAVE_MS = 15000, REFUSE_MS = 30000, TRIES_MAX = 100 };

/* ---- the set-up ---- */

static struct service_options options_of(const struct scene *s, const char *name)
{
    return (struct service_options){.name = name, .db = &s->db, .keyring = &s->keyring};
}

void scene_open(struct scene *s, const char *name)
{
    static const char *const settings[] = {"fsync=off", "full_page_writes=off", NULL};
    static const int first[] = {1, 0};
    *s = (struct scene){.dice = 1};
    mkdir(SCENE_DIRS, 0700);
    cr_assert_eq(database_create(text_of("%s/rotate-%s", SCENE_CLUSTERS, name), settings, &s->db), 0);
    cr_assert_eq(keyring_create(text_of("%s/rotate-%s", SCENE_DIRS, name), &s->keyring), 0);
    keys_write(s, first);
    struct service_options options = options_of(s, "service");
    cr_assert_eq(service_start(&options, &s->service), 0);
    s->tenant = tenant_open(&s->service, &s->keyring, "demo");
}

void scene_close(struct scene *s)
{
    if (s->service.pid > 0)
        service_kill(&s->service);
    if (s->db.dir != NULL)
        database_destroy(&s->db);
}

/* 32 bytes in base64, others for each letter. */
static const char *key_line(int number, char letter)
{
    char base64[45];
    memset(base64, letter, 42);
    memcpy(base64 + 42, "A=", 3);
    return text_of("%d:%s\n", number, base64);
}

static void keys_write_but(const struct scene *s, const int numbers[], int wrong)
{
    const char *text = "";
    for (size_t i = 0; numbers[i] != 0; i++)
        text = text_of("%s%s", text,
                       key_line(numbers[i], (char)((numbers[i] == wrong ? 'a' : 'A') + numbers[i])));
    cr_assert_eq(file_write(s->keyring.subject_key_file, text), 0);
}

void keys_write(const struct scene *s, const int numbers[])
{
    keys_write_but(s, numbers, 0);
}

void keys_write_wrong(const struct scene *s, int number)
{
    keys_write_but(s, (const int[]){number, 0}, number);
}

void service_restart(struct scene *s)
{
    struct service_options options = options_of(s, "service");
    cr_assert_eq(service_stop(&s->service, LEAVE_MS), 0);
    cr_assert_eq(service_start(&options, &s->service), 0);
}

int serve_refused(const struct scene *s)
{
    struct service other;
    struct service_options options = options_of(s, "refused");
    cr_assert_eq(service_spawn(&options, &other), 0);
    int status = process_wait(other.pid, REFUSE_MS);
    if (status < 0)
        service_kill(&other);
    return status;
}

static const char *const *rotate_settings(const struct scene *s)
{
    static const char *settings[3];
    settings[0] = text_of("AKKOORD_DATABASE=%s", s->db.service);
    settings[1] = text_of("AKKOORD_SUBJECT_KEY_FILE=%s", s->keyring.subject_key_file);
    return settings;
}

pid_t rotate_start(const struct scene *s)
{
    const char *const argv[] = {HARNESS_PROGRAM, "rotate", NULL};
    pid_t pid =
        process_start(argv, rotate_settings(s), STDERR_FILENO, text_of("%s/rotate.log", s->keyring.dir));
    cr_assert_gt(pid, 0);
    return pid;
}

int rotate_run(const struct scene *s, const char *controller)
{
    const char *const argv[] = {HARNESS_PROGRAM, "rotate", controller != NULL ? "--controller" : NULL,
                                controller, NULL};
    return process_run(argv, rotate_settings(s), NULL);
}

long tags_below(const struct scene *s, int number)
{
    return database_number(
        &s->db,
        "select count(*) from (select tag from identifier union all select tag from consent union all "
        "select tag from guardian union all select tag from tombstone union all select tag from outbox "
        "union all select tag from kept_link_tag) t "
        "where get_byte(tag, 0) < %d",
        number);
}

/* ---- the people ---- */

enum { BY_EMAIL, BY_CODE };

static const char *identifier(size_t person, int by)
{
    return by == BY_EMAIL ? text_of("{'type': 'email', 'value': 'p%zu-" MARK "@example.nl'}", person)
                          : text_of("{'type': 'customer', 'value': 'c%zu-" MARK "'}", person);
}

static const char *both_identifiers(size_t person)
{
    return text_of("[%s, %s]", identifier(person, BY_EMAIL), identifier(person, BY_CODE));
}

/* While the head's lock is held for longer than a write waits, the answer is 503 and nothing was written;
 * where the database took longer than a request is given, it is 504. Then again: the same words twice mean
 * the same. */
static const json_t *say(const struct scene *s, const char *path, const char *body)
{
    const struct answer *a = NULL;
    struct request request = {
        .service = &s->service, .path = path, .token = s->tenant.token, .body = json_text("%s", body)};
    for (int i = 0; i < TRIES_MAX && (a == NULL || a->status == 503 || a->status == 504); i++)
        a = client_send(&request);
    cr_assert(a->status == 200 || a->status == 201, "%s %s: %d %s", path, request.body, a->status, a->body);
    return a->json;
}

static void person_consents(struct scene *s, size_t person, const char *subject)
{
    say(s, "/v1/consents",
        text_of("{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': "
                "'web_form'}",
                subject));
    s->says_yes[person] = true;
}

static void person_withdraws(struct scene *s, size_t person, const char *subject, const char *purpose)
{
    say(s, "/v1/withdraw", text_of("{'subject': %s, 'purpose': '%s'}", subject, purpose));
    s->says_yes[person] = false;
}

static void person_check(const struct scene *s, size_t person, int by)
{
    const json_t *verdict =
        say(s, "/v1/check", text_of("{'subject': %s, 'purpose': 'newsletter'}", identifier(person, by)));
    cr_assert_eq(json_is_true(json_at(verdict, "/allow")), s->says_yes[person], "person %zu: %s", person,
                 string_at(verdict, "/reason"));
}

void people_record(struct scene *s)
{
    enum { AT_ONCE = 50 };
    for (s->count = 0; s->count < PEOPLE_FIRST;) {
        char *body;
        size_t len;
        FILE *text = open_memstream(&body, &len);
        for (size_t i = 0; i < AT_ONCE; i++, s->count++) {
            s->says_yes[s->count] = s->count % 3 != 0;
            fprintf(text,
                    "%s{'subject': %s, 'purpose': 'newsletter', 'event_state': '%s', 'collection_method': "
                    "'web_form'}",
                    i == 0 ? "[" : ", ", both_identifiers(s->count),
                    s->says_yes[s->count] ? "given" : "refused");
        }
        fprintf(text, "]");
        fclose(text);
        say(s, "/v1/consents", body);
        free(body);
    }
    for (size_t person = 1; person < s->count; person += 40)
        person_withdraws(s, person, identifier(person, BY_EMAIL), "*");
}

static unsigned dice_throw(struct scene *s)
{
    s->dice = s->dice * 1103515245u + 12345u;
    return s->dice >> 16;
}

void people_act(struct scene *s, int acts)
{
    for (int i = 0; i < acts; i++) {
        bool is_new = dice_throw(s) % 3 == 0 && s->count < PEOPLE_MAX;
        size_t person = is_new ? s->count++ : dice_throw(s) % s->count;
        int by = (int)(dice_throw(s) % 2);
        /* a Yes binds what it names; a No by either reaches both */
        if (dice_throw(s) % 2 == 0)
            person_consents(s, person, both_identifiers(person));
        else
            person_withdraws(s, person, is_new ? both_identifiers(person) : identifier(person, by),
                             "newsletter");
        person_check(s, person, 1 - by);
    }
}

static char *questions(const struct scene *s, size_t *ret_len)
{
    char *body;
    FILE *text = open_memstream(&body, ret_len);
    for (size_t i = 0; i < 2 * s->count; i++)
        fprintf(text, "%s\n",
                json_text("{'subject': %s, 'purpose': 'newsletter'}",
                          identifier(i / 2, i % 2 == 0 ? BY_EMAIL : BY_CODE)));
    fclose(text);
    return body;
}

void people_check(const struct scene *s)
{
    size_t len;
    char *body = questions(s, &len);
    const struct answer *a = client_send(&(struct request){.service = &s->service,
                                                           .path = "/v1/check/batch",
                                                           .token = s->tenant.token,
                                                           .body = body,
                                                           .body_len = len,
                                                           .content_type = "application/x-ndjson"});
    free(body);
    cr_assert_eq(a->status, 200, "%s", a->body);
    const json_t *verdicts = json_lines(a->body);
    cr_assert_eq(json_array_size(verdicts), 2 * s->count);
    for (size_t i = 0; i < 2 * s->count; i++) {
        const json_t *verdict = json_array_get(verdicts, i);
        cr_assert_eq(json_is_true(json_at(verdict, "/allow")), s->says_yes[i / 2], "person %zu: %s", i / 2,
                     string_at(verdict, "/reason"));
    }
}

const char *first_subject(const struct scene *s)
{
    const json_t *found =
        post(&s->tenant, 200, "/v1/subjects/lookup", "{'subject': %s}", identifier(0, BY_EMAIL));
    return string_at(found, "/subject_id");
}
