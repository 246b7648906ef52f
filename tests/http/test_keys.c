/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* API keys: `akkoord key`, /v1/keys, and requests with one. */

#define WRONG_CHECKSUM                                                                                       \
    "akk_0123456789abcdef_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00000000"
/* Of the right form, and nobody's. */
#define MADE_UP                                                                                              \
    "akk_fedcba9876543210_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff6fe5bd60"

static char *command(int status, const char *const words[])
{
    const char *argv[16] = {HARNESS_PROGRAM, "key"};
    const struct keyring *keyring = stage_keyring();
    const char *const settings[] = {text_of("AKKOORD_DATABASE=%s", stage_database()->service),
                                    text_of("AKKOORD_SUBJECT_KEY_FILE=%s", keyring->subject_key_file), NULL};
    char *output = NULL;
    for (size_t i = 0; words[i] != NULL; i++)
        argv[2 + i] = words[i];
    cr_assert_eq(process_run(argv, settings, &output), status, "%s", words[0]);
    return output;
}

/* The tenant as a client that comes with a new key. ${expires} may be NULL. */
static struct tenant keyed(const struct tenant *t, const char *name, const char *scope, const char *expires)
{
    struct tenant client = *t;
    char *key =
        command(0, (const char *const[]){"add", name, "--controller", t->key, "--by", "jansen", "--scope",
                                         scope, expires != NULL ? "--expires" : NULL, expires, NULL});
    cr_assert_eq(strcspn(key, "\n") + 1, strlen(key), "the key alone: %s", key);
    key[strcspn(key, "\n")] = '\0';
    client.token = key;
    return client;
}

static const char *id_of(const struct tenant *client)
{
    return text_of("%.16s", client->token + 4);
}

static const struct answer *ask(const struct tenant *t, const char *method, const char *path,
                                const char *body)
{
    return client_send(&(struct request){
        .service = t->service, .method = method, .path = path, .token = t->token, .body = body});
}

static int check_status(const struct tenant *t)
{
    return ask(t, "POST", "/v1/check", json_text("{'subject': %s, 'purpose': 'newsletter'}", email("a")))
        ->status;
}

static const struct answer *add(const struct tenant *t, const char *body)
{
    return ask(t, "POST", "/v1/keys", body);
}

static const char *body_of(const char *scopes, const char *expires)
{
    return expires == NULL
               ? json_text("{'name': 'made', 'scopes': [%s]}", scopes)
               : json_text("{'name': 'made', 'scopes': [%s], 'expires_at': '%s'}", scopes, expires);
}

Test(keys, one_is_used_and_revoked_through_another_node)
{
    struct tenant t = stage_tenant("keys"), admin = tenant_at(&t, stage_service(1));
    admin.token = token_of(t.keyring, t.key, "keys:write", "admin");
    struct tenant shop = keyed(&t, "web shop", "consent:record consent:check mask", NULL),
                  next = keyed(&t, "web shop", "consent:check", NULL),
                  there = tenant_at(&shop, stage_service(1));
    post(&shop, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'web_form'}",
         email("a"));
    cr_assert_str_eq(database_value(stage_database(),
                                    "select actor from event e join controller c using (controller_id) "
                                    "where c.key = 'keys'"),
                     "web shop");
    for (int i = 0; i < 8; i++) {
        cr_assert_eq(check_status(i % 2 == 0 ? &shop : &there), 200);
        cr_assert_eq(check_status(&next), 200);
    }
    cr_assert_eq(ask(&shop, "GET", "/v1/policy", NULL)->status, 403);
    cr_assert_eq(ask(&admin, "DELETE", text_of("/v1/keys/%s", id_of(&shop)), NULL)->status, 204);
    for (int i = 0; i < 8; i++) {
        const struct tenant *at = i % 2 == 0 ? &shop : &there;
        cr_assert_eq(check_status(at), 401, "%d", i);
        cr_assert_eq(client_send(&(struct request){.service = at->service,
                                                   .path = "/v1/mask",
                                                   .token = at->token,
                                                   .content_type = "text/plain",
                                                   .body = "192.0.2.33"})
                         ->status,
                     401);
        cr_assert_eq(check_status(&next), 200);
    }
    cr_assert_eq(ask(&admin, "DELETE", text_of("/v1/keys/%s", id_of(&shop)), NULL)->status, 404);
}

Test(keys, the_command_lists_them_and_takes_one_back)
{
    struct tenant t = stage_tenant("keys-command"), client = keyed(&t, "crm", "consent:check", "P1Y");
    cr_assert_eq(check_status(&client), 200);
    const char *list = command(0, (const char *const[]){"list", "--controller", t.key, NULL});
    cr_assert_not_null(strstr(list, id_of(&client)));
    cr_assert_not_null(strstr(list, "\tcrm\t"));
    cr_assert_null(strstr(list, client.token + 21));
    command(0, (const char *const[]){"revoke", id_of(&client), NULL});
    cr_assert_eq(check_status(&client), 401);
    command(1, (const char *const[]){"revoke", id_of(&client), NULL});
    cr_assert_null(strstr(command(0, (const char *const[]){"list", NULL}), id_of(&client)));
}

Test(keys, the_command_refuses_what_makes_no_key)
{
    static const char *const wrong[][10] = {
        {"add", "n", "--controller", "keys-wrong", "--scope", "consent:chekc", NULL},
        {"add", "n", "--controller", "keys-wrong", "--scope", "", NULL},
        {"add", "n", "--controller", "no key", "--scope", "mask", NULL},
        {"add", "", "--controller", "keys-wrong", "--scope", "mask", NULL},
        {"add", "--controller", "keys-wrong", "--scope", "mask", NULL},
        {"add", "n", "--scope", "mask", NULL},
        {"add", "n", "--controller", "keys-wrong", "--scope", "mask", "--expires", "1y", NULL},
        {"add", "n", "--controller", "keys-wrong", "--scope", "mask", "--expires", "PT0S", NULL},
        {"revoke", "x", NULL},
        {"revoke", NULL},
        {"change", NULL},
        {NULL},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_str_empty(command(2, wrong[i]));
    cr_expect_str_empty(
        command(1, (const char *const[]){"add", "n", "--controller", "nobody", "--scope", "mask", NULL}));
}

Test(keys, no_dump_of_the_database_has_one)
{
    struct tenant t = stage_tenant("keys-dump"), admin = keyed(&t, "admin", "keys:write mask", NULL);
    const struct answer *a = add(&admin, body_of("'mask'", NULL));
    cr_assert_eq(a->status, 201, "%s", a->body);
    const char *made = string_at(a->json, "/key");
    char *dump = NULL;
    cr_assert_eq(
        process_run((const char *const[]){"/usr/bin/env", "pg_dump", "-d", stage_database()->owner, NULL},
                    NULL, &dump),
        0);
    cr_assert_not_null(strstr(dump, id_of(&admin)), "the dump is one");
    for (int i = 0; i < 2; i++) {
        const char *key = i == 0 ? admin.token : made;
        const char *parts[] = {key, text_of("%.64s", key + 21), text_of("%.32s", key + 21), key + 53};
        for (size_t p = 0; p < 4; p++) {
            cr_expect_null(strstr(dump, parts[p]));
            cr_expect_null(database_mentions(stage_database(), parts[p]));
        }
    }
}

Test(keys, the_day_of_its_last_use_is_written_once)
{
    struct tenant t = stage_tenant("keys-used"), client = keyed(&t, "used", "consent:check", NULL);
    const char *sql = "select last_used_on = current_date from api_key where key_id = '%s'";
    cr_assert_null(database_value(stage_database(), sql, id_of(&client)));
    cr_assert_eq(check_status(&client), 200);
    const char *used = NULL;
    for (int i = 0; i < 50 && used == NULL; i++) {
        sleep_ms(100);
        used = database_value(stage_database(), sql, id_of(&client));
    }
    cr_assert_str_eq(used, "t");
    const char *row = "select xmin::text from api_key where key_id = '%s'";
    const char *before = database_value(stage_database(), row, id_of(&client));
    for (int i = 0; i < 20; i++)
        cr_assert_eq(check_status(&client), 200);
    sleep_ms(200);
    cr_assert_str_eq(database_value(stage_database(), row, id_of(&client)), before);
}

/* ---- /v1/keys ---- */

Test(keys, what_is_made_is_told_once_and_works)
{
    struct tenant t = stage_tenant("keys-made"),
                  admin = keyed(&t, "admin", "keys:write consent:check mask", NULL);
    const struct answer *a = add(&admin, body_of("'consent:check', 'mask'", time_from_now(3600)));
    cr_assert_eq(a->status, 201, "%s", a->body);
    struct tenant made = t;
    made.token = string_at(a->json, "/key");
    cr_assert_eq(check_status(&made), 200);
    a = ask(&admin, "GET", "/v1/keys", NULL);
    cr_assert_eq(a->status, 200);
    expect(a->json,
           "{'keys': [{'name': 'admin', 'created_by': 'jansen (akkoord key)', 'expires_at': null}, "
           "{'name': 'made', 'created_by': 'admin', 'scopes': ['consent:check', 'mask'], 'id': '%s'}]}",
           id_of(&made));
    cr_assert_null(strstr(a->body, made.token + 21));
    cr_assert_eq(ask(&made, "GET", "/v1/keys", NULL)->status, 403);
    cr_assert_eq(client_send(&(struct request){.service = t.service,
                                               .path = "/v1/keys",
                                               .token = admin.token,
                                               .body = body_of("'mask'", NULL),
                                               .headers = {"Idempotency-Key: x"}})
                     ->status,
                 422);
}

Test(keys, none_makes_one_beyond_itself)
{
    struct tenant t = stage_tenant("keys-beyond");
    struct tenant key = keyed(&t, "admin", "keys:write consent:check", "P2D"), token = t, plain = t;
    token.token = token_of(t.keyring, t.key, "keys:write consent:check", "admin"); /* for an hour */
    plain.token = token_of(t.keyring, t.key, "consent:check", "tester");
    const struct tenant *makers[] = {&key, &token};
    const char *too_late[] = {time_from_now(3 * 86400), time_from_now(25 * 3600)};
    long keys = database_number(stage_database(), "select count(*) from api_key");
    for (size_t i = 0; i < 2; i++) {
        const struct answer *a = add(makers[i], body_of("'consent:check', 'policy:write'", NULL));
        cr_expect_eq(a->status, 403, "a scope: %s", a->body);
        cr_expect_not_null(strstr(a->body, "policy:write"));
        cr_expect_eq(add(makers[i], body_of("'keys:write'", NULL))->status, 422);
        cr_expect_eq(add(makers[i], body_of("'consent:check'", too_late[i]))->status, 422);
        cr_expect_eq(add(makers[i], body_of("'consent:check'", "9999-12-31T00:00:00Z"))->status, 422);
        cr_expect_eq(add(makers[i], body_of("'consent:check'", "2020-01-01T00:00:00Z"))->status, 422);
        cr_expect_eq(
            add(makers[i], json_text("{'name': 'x', 'scopes': ['consent:check'], 'controller': 'other'}"))
                ->status,
            422);
        cr_expect_eq(add(makers[i], json_text("{'name': 'x', 'scopes': []}"))->status, 422);
    }
    cr_expect_eq(add(&plain, body_of("'consent:check'", NULL))->status, 403, "without keys:write");
    cr_assert_eq(database_number(stage_database(), "select count(*) from api_key"), keys);

    /* What says no end has its maker's. */
    for (size_t i = 0; i < 2; i++) {
        const struct answer *a = add(makers[i], body_of("'consent:check'", NULL));
        cr_assert_eq(a->status, 201, "%s", a->body);
        cr_assert_lt(strcmp(string_at(a->json, "/expires_at"), too_late[i]), 0);
    }
}

Test(keys, a_maker_that_is_revoked_or_has_ended_makes_none)
{
    struct tenant t = stage_tenant("keys-gone"), revoked = keyed(&t, "a", "keys:write mask", NULL),
                  there = tenant_at(&revoked, stage_service(1)),
                  ends = keyed(&t, "b", "keys:write mask", "PT4S");
    cr_assert_eq(add(&revoked, body_of("'mask'", NULL))->status, 201);
    cr_assert_eq(add(&there, body_of("'mask'", NULL))->status, 201);
    const struct answer *a = add(&ends, body_of("'mask'", NULL));
    cr_assert_eq(a->status, 201, "%s", a->body);
    struct tenant made = t;
    made.token = string_at(a->json, "/key");
    command(0, (const char *const[]){"revoke", id_of(&revoked), NULL});
    cr_assert_eq(add(&revoked, body_of("'mask'", NULL))->status, 401);
    cr_assert_eq(add(&there, body_of("'mask'", NULL))->status, 401);
    sleep_ms(4100);
    cr_assert_eq(add(&ends, body_of("'mask'", NULL))->status, 401);
    cr_assert_eq(check_status(&made), 401, "it ended with its maker");

    /* And the statement itself, whatever a service believed when it sent it: a key, a token that was revoked,
     * a token that has ended. */
    static const char *const makers[] = {"'0123456789abcdef', null, null",
                                         "null, 'taken back', now() + '1 h'",
                                         "null, null, now() - interval '1 second'"};
    cr_assert_str_eq(
        database_value(stage_database(), "select revoke_token('keys-gone', 'taken back', now() + '1 h')"),
        "t");
    for (size_t i = 0; i < 3; i++)
        cr_expect_eq(
            database_number(stage_database(),
                            "select outcome from add_api_key('keys-gone', 'x', '', 'x', 'mask', null, "
                            "'x', %s)",
                            makers[i]),
            2, "%s", makers[i]);
}

Test(keys, another_controllers_is_not_seen_nor_revoked)
{
    struct tenant t = stage_tenant("keys-mine"), other = stage_tenant("keys-other");
    struct tenant mine = keyed(&t, "mine", "keys:write", NULL),
                  theirs = keyed(&other, "theirs", "consent:check", NULL);
    expect(ask(&mine, "GET", "/v1/keys", NULL)->json, "{'keys': [{'name': 'mine'}]}");
    cr_assert_eq(ask(&mine, "DELETE", text_of("/v1/keys/%s", id_of(&theirs)), NULL)->status, 404);
    cr_assert_eq(ask(&mine, "DELETE", "/v1/keys/x", NULL)->status, 404);
    cr_assert_eq(check_status(&theirs), 200);
}

Test(keys, a_controller_has_a_hundred_at_most)
{
    struct tenant t = stage_tenant("keys-full"), admin = keyed(&t, "admin", "keys:write mask", NULL);
    session_run(
        database_session(stage_database()),
        "insert into api_key select controller_id, 'filled' || n, '', 'x', 'mask', now(), 'x', null, null "
        "from controller, generate_series(1, 99) n where key = 'keys-full'");
    cr_assert_eq(add(&admin, body_of("'mask'", NULL))->status, 409);
}

/* ---- keys that are none ---- */

/* Statements that it has sent, of reads. */
static long reads_of(const struct service *service)
{
    struct service metrics = *service;
    metrics.port = metrics.metrics_port;
    const struct answer *a =
        client_send(&(struct request){.service = &metrics, .path = "/metrics", .foreign = true});
    const char *line = strstr(a->body, "\nakkoord_lane_jobs_total{lane=\"read\"} ");
    cr_assert_not_null(line, "%s", a->body);
    return strtol(strchr(line, ' '), NULL, 10);
}

static int refused(const struct tenant *t, int times)
{
    int count = 0;
    for (int i = 0; i < times; i++)
        count += check_status(t) == 401;
    return count;
}

Test(keys, a_misspelled_one_costs_no_look_up)
{
    enum { TIMES = 200 };
    struct tenant t = stage_tenant("keys-misspelled"), wrong = t, made_up = t;
    const char *const settings[] = {"AKKOORD_ADDRESS_LIMIT=0", NULL};
    struct service own = stage_start("misspelled", settings);
    wrong.service = made_up.service = &own;
    wrong.token = WRONG_CHECKSUM;
    made_up.token = MADE_UP;
    long before = reads_of(&own);
    cr_assert_eq(refused(&wrong, TIMES), TIMES);
    long between = reads_of(&own);
    cr_assert_eq(refused(&made_up, TIMES), TIMES);
    cr_expect_lt(between - before, TIMES / 2, "a little is asked anyway");
    cr_expect_geq(reads_of(&own) - between, TIMES);
    cr_assert_eq(service_stop(&own, 12000), 0);
}

Test(keys, none_is_believed_while_nobody_can_tell)
{
    struct tenant t = stage_tenant("keys-blind"), client = keyed(&t, "blind", "consent:check", NULL);
    struct service own;
    struct service_options options = {.name = "blind",
                                      .db = stage_database(),
                                      .keyring = t.keyring,
                                      .settings = {"AKKOORD_DATABASE=host=127.0.0.1 port=1"}};
    cr_assert_eq(service_spawn(&options, &own), 0);
    client.service = &own;
    const struct answer *a = NULL;
    for (int i = 0; i < 100; i++) {
        a = client_send(&(struct request){
            .service = &own, .path = "/v1/check", .token = client.token, .body = "{}", .may_fail = true});
        if (a->status != 0)
            break;
        sleep_ms(100);
    }
    cr_assert_eq(a->status, 503, "%s", a->body);
    expect(a->json, "{'allow': false}");
    service_stop(&own, 12000);
}

/* The id is public, and the checksum can be worked out: neither is a secret. */
Test(keys, one_with_anothers_id_is_refused)
{
    struct tenant t = stage_tenant("keys-forged"), client = keyed(&t, "real", "consent:check", NULL),
                  forged = t;
    char *text = text_of("%s", client.token);
    uint32_t checksum = UINT32_C(2166136261);
    text[40] = text[40] == '0' ? '1' : '0';
    for (size_t i = 0; i < 85; i++)
        checksum = (checksum ^ (uint8_t)text[i]) * UINT32_C(16777619);
    snprintf(text + 85, 9, "%08x", checksum);
    forged.token = text;
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(check_status(&forged), 401);
        cr_assert_eq(check_status(&client), 200);
    }
}

Test(keys, made_up_ones_are_looked_up_as_often_as_their_address_may_ask)
{
    struct tenant t = stage_tenant("keys-flood"), made_up = t,
                  client = keyed(&t, "known", "consent:check", NULL);
    const char *const settings[] = {"AKKOORD_ADDRESS_LIMIT=6", "AKKOORD_THREADS=1", NULL};
    struct service own = stage_start("flood", settings);
    made_up.service = client.service = &own;
    made_up.token = MADE_UP;
    cr_assert_eq(check_status(&client), 200);
    int looked_up = refused(&made_up, 10);
    cr_assert_leq(looked_up, 6);
    cr_assert_geq(looked_up, 4);
    cr_assert_eq(check_status(&made_up), 429);
    cr_assert_eq(check_status(&client), 200);
    cr_assert_eq(service_stop(&own, 12000), 0);
}

Test(keys, the_first_request_of_one_may_be_large)
{
    struct tenant t = stage_tenant("keys-large"), client = keyed(&t, "mailer", "consent:check", NULL);
    enum { LINES = 4000, ROOM = LINES * 160 };
    char *body = malloc(ROOM), *to = body;
    for (int i = 0; i < LINES; i++)
        to += snprintf(to, 160,
                       "{\"subject\":{\"type\":\"visitor\",\"value\":\"" MARK
                       "%038d\"},\"purpose\":\"newsletter\"}\n",
                       i);
    cr_assert_gt(to - body, 256 * 1024);
    const struct answer *a = client_send(&(struct request){.service = t.service,
                                                           .path = "/v1/check/batch?only=allowed",
                                                           .token = client.token,
                                                           .content_type = "application/x-ndjson",
                                                           .body = body});
    cr_assert_eq(a->status, 200, "%s", a->body);
    free(body);
}
