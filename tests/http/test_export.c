/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/raw.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* POST /v1/subjects/{id}/export, and what is done with receipts. */

static const char *subject_of(const struct tenant *t, const char *name)
{
    return string_at(post(t, 200, "/v1/subjects/lookup", "{'subject': %s}", email(name)), "/subject_id");
}

static const struct answer *export(const struct tenant *t, const char *subject, const char *format)
{
    return client_send(&(struct request){.service = t->service,
                                         .method = "POST",
                                         .path = text_of("/v1/subjects/%s/export?format=%s", subject, format),
                                         .token = t->token,
                                         .content_type = ""});
}

static const char *file_of(const char *name, const char *bytes, size_t len)
{
    const char *path = text_of("%s/%d-%s", stage_keyring()->dir, getpid(), name);
    FILE *f = fopen(path, "we");
    cr_assert_not_null(f);
    cr_assert_eq(fwrite(bytes, 1, len, f), len);
    fclose(f);
    return path;
}

static const char *jwks_file(const struct service *s)
{
    const struct answer *a = client_send(&(struct request){.service = s, .path = "/.well-known/jwks.json"});
    cr_assert_eq(a->status, 200);
    return file_of("jwks.json", a->body, a->len);
}

static int run(const char *const argv[], char **ret_output)
{
    const char *const nothing[] = {NULL};
    return process_run(argv, nothing, ret_output);
}

static int verify(const char *path, const char *jwks)
{
    const char *const argv[] = {HARNESS_PROGRAM, "verify", path, "--jwks", jwks, NULL};
    char *output;
    return run(argv, &output);
}

/* With other people's programs. */
static const json_t *looked_at(const char *how, const char *path, const char *jwks)
{
    const char *const argv[] = {"/usr/bin/python3", EXPORT_SCRIPT, how, path, jwks, NULL};
    char *output;
    cr_assert_eq(run(argv, &output), 0, "%s", output);
    json_t *json = json_loads(output, 0, NULL);
    cr_assert_not_null(json, "%s", output);
    return json;
}

static void record(const struct tenant *t, const char *name, const char *members)
{
    post(t, 201, "/v1/consents", "{'subject': %s, 'purpose': 'newsletter', %s}", email(name), members);
}

/* One who said several things, and of whom staff knew something. */
static const char *somebody(const struct tenant *t, const char *name)
{
    record(t, name,
           "'event_state': 'given', 'collection_method': 'web_form', 'language': 'nl', 'ref': '-crm-1', "
           "'evidence': {'ip': '" MARK_IP "', 'form': '=cmd()'}");
    record(t, name,
           "'event_state': 'withdrawn', 'collection_method': 'letter', "
           "'expressed_by': {'role': 'staff'}, 'on_behalf_of': '-reseller 7', "
           "'evidence': {'documents': [{'name': 'letter.pdf', 'sha256': "
           "'62d6324eb43121d594ac87eb4a9ea69e505f64e8a16533f415b98e2192415d32'}]}");
    return subject_of(t, name);
}

Test(export, json_has_all_that_is_held_and_marks_what_the_person_provided)
{
    struct tenant t = stage_tenant("export-json");
    const char *subject = somebody(&t, "a");
    const struct answer *a = export(&t, subject, "json");
    cr_assert_eq(a->status, 200, "%s", a->body);
    cr_assert_not_null(strstr(answer_header(a, "content-disposition"), "export.json"));
    expect(a->json,
           "{'subject_id': '%s', 'controller': {'key': 'export-json'}, 'identifiers': [{'type': 'email'}], "
           "'rights': {'term': 'P1M'}, 'event_count': 2, 'events': ["
           "{'event_state': 'given', 'ref': '-crm-1', 'portable': true, "
           " 'provided': ['purpose', 'event_state', 'event_time', 'language', 'evidence']}, "
           "{'event_state': 'withdrawn', 'provided': []}]}",
           subject);
    cr_assert_gt(strlen(string_at(a->json, "/notices/0/texts/nl")), 10); /* the words themselves */
    cr_assert_str_eq(string_at(a->json, "/processing/rows/0/purpose"), "newsletter");
    cr_assert_not_null(json_at(a->json, "/supervisory_authority"));
    cr_assert_str_eq(string_at(a->json, "/consents/0/verdict/reason"), "withdrawn");
}

/* What is held of somebody beside what they said. */
static const char *somebody_with_more(const struct tenant *t, const char *name)
{
    json_t *policy = tenant_policy(t);
    json_object_set_new(
        policy, "recipients",
        json_of("[{'name': 'The printer'}, {'name': 'The caller', 'purposes': ['marketing']}]"));
    json_object_set_new(
        policy, "retention",
        json_of("{'rules': [{'purpose': 'marketing', 'data_class': 'account', 'duration': 'P30D', "
                "'after': 'contract_end', 'source': 'a test', 'review_date': '2099-01-01'}]}"));
    json_object_set_new(
        policy, "clients",
        json_of("[{'key': 'garage', 'contact': {'name': 'The owner', 'email': 'privacy@garage.example'}, "
                "'retention': [{'data_class': 'account', 'duration': 'P60D', 'after': 'contract_end', "
                "'source': 'a test', 'review_date': '2099-01-01'}]}]"));
    tenant_apply(t, policy);
    const char *subject = somebody(t, name);
    post(t, 201, "/v1/rights-requests", "{'kind': 'access', 'subject_id': '%s', 'ref': '=r-1'}", subject);
    post(t, 201, text_of("/v1/subjects/%s/retention-events", subject),
         "{'event': 'contract_end', 'at': '2026-01-31T00:00:00Z', 'ref': 'contract-7'}");
    post(t, 201, text_of("/v1/subjects/%s/retention-events", subject),
         "{'event': 'contract_end', 'at': '2026-01-31T00:00:00Z', 'ref': 'contract-7', 'client': 'garage'}");
    get(t, 200, "/v1/subjects/%s/history?reason=asked", subject);
    return subject;
}

Test(export, what_is_held_beside_events_is_told_too)
{
    struct tenant t = stage_tenant("export-beside");
    const char *subject = somebody_with_more(&t, "a");
    const struct answer *a = export(&t, subject, "json");
    cr_assert_eq(a->status, 200, "%s", a->body);
    expect(
        a->json,
        "{'retention': {'proof_kept': 'P5Y'}, 'recipients': [{'name': 'The printer', 'purposes': null}, "
        "{'name': 'The "
        "caller', 'purposes': ['marketing']}], "
        "'rights_requests': [{'kind': 'access', 'state': 'open', 'ref': '=r-1', 'recorded_by': 'tester'}], "
        "'retention_events': [{'event': 'contract_end', 'ref': 'contract-7', 'purpose': null, 'client': "
        "null}, "
        "{'ref': 'contract-7', 'client': 'garage'}], 'deletions': "
        "[], "
        "'audit': [{'action': 'lookup', 'actor': 'tester'}, {'action': 'request_access'}, {'action': "
        "'history', 'reason': 'asked'}, {'action': 'export'}], 'event_count': "
        "2}");
    a = export(&t, subject, "csv");
    const json_t *files = looked_at("archive", file_of("beside.zip", a->body, a->len), NULL);
    expect(files, "{'rights_requests.csv': [{'kind': 'access'}], 'retention_events.csv': [{'event': "
                  "'contract_end', 'ref': "
                  "'contract-7'}, {'client': 'garage'}], 'deletions.csv': []}");
    cr_expect_str_eq(string_at(files, "/rights_requests.csv/0/ref"), "'=r-1");
    cr_expect_eq(json_array_size(json_at(files, "/audit.csv")), 5);
    json_t *policy = tenant_policy(&t);
    json_object_set_new(policy, "retention", json_of("{'proof_kept': 'P2Y'}"));
    tenant_apply(&t, policy);
    expect(export(&t, subject, "json")->json, "{'retention': {'proof_kept': 'P2Y'}, 'recipients': []}");
}

/* Behind a page of them. */
Test(export, who_read_is_told_however_often)
{
    struct tenant t = stage_tenant("export-read");
    const char *subject = somebody(&t, "a");
    PGconn *owner = database_session(stage_database());
    session_run(
        owner,
        text_of(
            "select audit_add(c.controller_id, array_fill('reader'::text, n), array_fill(null::text, n), "
            "array_fill('history'::text, n), array_fill(e.subject_no, n), array_fill(1, n), "
            "array_fill(null::text, n), array_fill(null::text, n), array_fill(null::uuid, n)) from "
            "controller c join (select controller_id, max(subject_no) as subject_no from event group by 1) "
            "e using (controller_id) cross join (select array[1200]) x(n) where c.key = '%s'",
            t.key));
    PQfinish(owner);
    const json_t *told = export(&t, subject, "json")->json;
    cr_expect_eq(json_array_size(json_at(told, "/audit")), 1202);
    long before = 0;
    for (size_t i = 0; i < 1202; i++, before++)
        cr_expect_eq(number_at(json_array_get(json_at(told, "/audit"), i), "/number"), before + 1);
}

Test(export, csv_is_an_archive_and_no_cell_of_it_is_a_formula)
{
    struct tenant t = stage_tenant("export-csv");
    const char *subject = somebody(&t, "a");
    const struct answer *a = export(&t, subject, "csv");
    cr_assert_eq(a->status, 200);
    cr_assert_str_eq(answer_header(a, "content-type"), "application/zip");
    const json_t *files = looked_at("archive", file_of("export.zip", a->body, a->len), NULL);
    expect(json_at(files, "/events.csv"),
           "[{'event_state': 'given', 'portable': 'yes', 'purpose': 'newsletter', 'on_behalf_of': ''}, "
           "{'event_state': 'withdrawn', 'provided': ''}]");
    cr_assert_str_eq(string_at(files, "/events.csv/0/ref"), "'-crm-1");
    cr_assert_str_eq(string_at(files, "/events.csv/1/on_behalf_of"), "'-reseller 7");
    const char *id = string_at(files, "/about.csv/0/value"); /* one that begins with - is as any such cell */
    cr_assert_str_eq(id + (subject[0] == '-' && id[0] == '\''), subject);
    cr_assert_eq(json_array_size(json_at(files, "/consents.csv")), 4);
    cr_assert_gt(strlen(string_at(files, "/notices.csv/0/text")), 10);
    cr_assert_str_eq(string_at(files, "/processing.csv/0/purpose"), "newsletter");
}

Test(export, a_receipt_is_verified_offline_and_by_another_implementation)
{
    struct tenant t = stage_tenant("demo");
    const char *subject = somebody(&t, "receipt");
    const struct answer *a = export(&t, subject, "receipt");
    cr_assert_eq(a->status, 200, "%s", a->body);
    cr_assert_str_eq(answer_header(a, "content-type"), "application/jose");
    const char *jwks = jwks_file(t.service), *path = file_of("receipt.jws", a->body, a->len);
    cr_assert_eq(verify(path, jwks), 0);
    const json_t *receipt = looked_at("receipt", path, jwks);
    expect(receipt,
           "{'iss': 'demo', 'pii_principal_id': '%s', 'records': [{'pii_processing': {'purpose': {'key': "
           "'newsletter'}}, 'events': [{'event_state': 'given', '@type': 'dpv:ConsentGiven', 'entity_id': "
           "'%s'}, "
           "{'event_state': 'withdrawn', '@type': 'dpv:ConsentRevoked', 'entity_id': 'staff'}]}]}",
           subject, subject);
}

Test(export, a_receipt_says_of_recipients_and_places_what_the_policy_says)
{
    struct tenant t = stage_tenant("demo");
    static const char processing[] = "/records/0/pii_processing";
    const char *jwks = jwks_file(t.service), *subject = somebody(&t, "stated");
    json_t *policy = tenant_policy(&t), *controller = json_object_get(policy, "controller"),
           *first = json_array_get(json_object_get(policy, "purposes"), 0);
    json_object_del(controller, "storage_locations");
    json_object_del(first, "recipients");
    tenant_apply(&t, policy);
    const struct answer *a = export(&t, subject, "receipt");
    const json_t *receipt = looked_at("receipt", file_of("stated.jws", a->body, a->len), jwks);
    expect(json_at(receipt, processing),
           "{'recipient_third_parties': ['not stated'], 'storage_locations': ['not stated']}");
    cr_expect_null(json_object_get(json_at(receipt, text_of("%s/withdrawal_method", processing)), "url"));

    json_object_set_new(controller, "storage_locations", json_of("['Groningen']"));
    json_object_set_new(first, "recipients", json_of("['The post']"));
    json_object_set_new(
        policy, "recipients",
        json_of("[{'name': 'The printer'}, {'name': 'The caller', 'purposes': ['marketing']}]"));
    tenant_apply(&t, policy);
    a = export(&t, subject, "receipt");
    receipt = looked_at("receipt", file_of("stated.jws", a->body, a->len), jwks);
    expect(json_at(receipt, processing),
           "{'recipient_third_parties': ['The post', 'The printer'], 'storage_locations': ['Groningen']}");
    tenant_apply(&t, tenant_policy(&t));
}

Test(export, a_changed_byte_of_a_receipt_fails)
{
    struct tenant t = stage_tenant("demo");
    const struct answer *a = export(&t, somebody(&t, "changed"), "receipt");
    const char *jwks = jwks_file(t.service);
    char *text = text_of("%s", a->body);
    for (size_t part = 0; part < 8; part++) {
        size_t at = a->len * (2 * part + 1) / 16;
        char was = text[at];
        if (was == '.')
            continue;
        text[at] = was == 'A' ? 'B' : 'A';
        cr_expect_eq(verify(file_of("changed.jws", text, a->len), jwks), 1, "at %zu", at);
        text[at] = was;
    }
    cr_expect_eq(verify(file_of("changed.jws", text, a->len), jwks), 0);
    cr_expect_eq(verify(file_of("changed.jws", text, a->len - 1), jwks), 1);
}

/* The key of one controller says nothing for another. */
Test(export, a_receipt_that_was_signed_with_another_controllers_key_fails)
{
    struct tenant t = stage_tenant("demo");
    const struct answer *a = export(&t, somebody(&t, "other"), "receipt");
    const char *dir = text_of("%s/renamed-%d", stage_keyring()->dir, getpid());
    mkdir(dir, 0700);
    cr_assert_eq(file_write(text_of("%s/other.pem", dir),
                            file_read(text_of("%s/demo.pem", stage_keyring()->receipt_key_dir))),
                 0);
    struct service s =
        stage_start("renamed", (const char *const[]){text_of("AKKOORD_RECEIPT_KEY_DIR=%s", dir), NULL});
    const char *path = file_of("other.jws", a->body, a->len);
    cr_expect_eq(verify(path, jwks_file(&s)), 1);
    cr_expect_eq(verify(path, jwks_file(t.service)), 0);
    service_stop(&s, 10000);
}

Test(export, a_receipt_lets_nobody_in)
{
    struct tenant t = stage_tenant("demo");
    const struct answer *a = export(&t, somebody(&t, "bearer"), "receipt");
    const struct answer *refused =
        client_send(&(struct request){.service = t.service, .path = "/v1/policy", .token = a->body});
    cr_assert_eq(refused->status, 401);
}

Test(export, what_cannot_be_given_is_a_problem)
{
    struct tenant t = stage_tenant("export-problems"), poor = t;
    const char *subject = somebody(&t, "a");
    cr_expect_eq(export(&t, subject, "pdf")->status, 422);
    cr_expect_eq(export(&t, "nobody", "json")->status, 404);
    cr_expect_eq(export(&t, subject, "json&format=csv")->status, 422);
    const struct answer *a = export(&t, subject, "receipt");
    cr_expect_eq(a->status, 409);
    cr_expect_str_eq(string_at(a->json, "/type"), "urn:akkoord:problem:no-receipt-key");
    poor.token = token_of(t.keyring, t.key, "consent:check", "tester");
    cr_expect_eq(export(&poor, subject, "json")->status, 403);
    struct tenant other = stage_tenant("export-others");
    cr_expect_eq(export(&other, subject, "json")->status, 404);
}

/* Behind three pages. */
static const char *somebody_long(const struct tenant *t, const char *name, int arrays)
{
    json_t *many = json_array();
    for (int i = 0; i < 500; i++)
        json_array_append_new(many, json_of("{'subject': %s, 'purpose': '%s', 'event_state': '%s', "
                                            "'collection_method': 'web_form', 'event_time': "
                                            "'2026-01-01T%02d:%02d:00Z'}",
                                            email(name), i % 3 == 0 ? "marketing" : "newsletter",
                                            i % 2 == 0 ? "given" : "refused", i / 60, i % 60));
    char *body = json_dumps(many, JSON_COMPACT);
    for (int i = 0; i < arrays; i++) {
        const struct answer *a = client_send(&(struct request){
            .service = t->service, .path = "/v1/consents", .token = t->token, .body = body});
        cr_assert_eq(a->status, 201, "%s", a->body);
    }
    return subject_of(t, name);
}

Test(export, a_long_history_is_whole_in_each_format)
{
    struct tenant t = stage_tenant("demo");
    const char *subject = somebody_long(&t, "long", 3);
    const struct answer *a = export(&t, subject, "json");
    cr_assert_eq(json_array_size(json_at(a->json, "/events")), 1500);
    long before = 0;
    for (size_t i = 0; i < 1500; i++) {
        long revision = number_at(json_array_get(json_at(a->json, "/events"), i), "/revision");
        cr_assert_gt(revision, before);
        before = revision;
    }
    a = export(&t, subject, "csv");
    const json_t *files = looked_at("archive", file_of("long.zip", a->body, a->len), NULL);
    cr_assert_eq(json_array_size(json_at(files, "/events.csv")), 1500);
    a = export(&t, subject, "receipt");
    const char *path = file_of("long.jws", a->body, a->len), *jwks = jwks_file(t.service);
    const json_t *receipt = looked_at("receipt", path, jwks);
    cr_assert_eq(json_array_size(json_at(receipt, "/records")), 2);
    cr_assert_eq(json_array_size(json_at(receipt, "/records/0/events")) +
                     json_array_size(json_at(receipt, "/records/1/events")),
                 1500);
}

/* (3) of api/export: who is there no longer when the last page is read has no export that looks whole. */
Test(export, what_changes_under_an_export_breaks_it)
{
    struct tenant t = stage_tenant("export-broken");
    const char *subject = somebody_long(&t, "gone", 12);
    int fd = raw_connect(t.service->port);
    const char *request =
        text_of("POST /v1/subjects/%s/export?format=json HTTP/1.1\r\nHost: localhost\r\n"
                "Authorization: Bearer %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                subject, t.token);
    char first[1024];
    int small = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    raw_send(fd, request, strlen(request));
    cr_assert_gt(recv(fd, first, sizeof first, 0), 0);
    sleep_ms(300); /* the service is held by a reader who is slow */
    PGconn *session = database_session(stage_database());
    session_run(session, "begin; set local akkoord.purging = 'on';"
                         "delete from event using controller c where c.key = 'export-broken' and "
                         "event.controller_id = c.controller_id and event.revision > 5900; commit");
    PQfinish(session);
    const char *rest = raw_read_all(fd);
    cr_expect_eq(strncmp(first, "HTTP/1.1 200", 12), 0);
    cr_expect_null(strstr(rest, "event_count"));
    cr_expect(strlen(rest) < 5 || strcmp(rest + strlen(rest) - 5, "0\r\n\r\n") != 0);
    close(fd);
}

Test(export, keys_are_made_once_and_read_again_on_a_signal)
{
    const char *dir = text_of("%s/made-%d", stage_keyring()->dir, getpid());
    const char *const argv[] = {HARNESS_PROGRAM, "receipt-key", "--controller", "export-made", NULL};
    const char *const settings[] = {text_of("AKKOORD_RECEIPT_KEY_DIR=%s", dir), NULL};
    char *output;
    mkdir(dir, 0700);
    struct service s = stage_start("made", settings);
    struct tenant t = tenant_open(&s, stage_keyring(), "export-made");
    const char *subject = somebody(&t, "a");
    cr_expect_eq(export(&t, subject, "receipt")->status, 409);
    cr_expect_eq(process_run(argv, settings, &output), 0);
    cr_expect_eq(process_run(argv, settings, &output), 1); /* one that is there stays */
    kill(s.pid, SIGHUP);
    cr_assert(service_logged(&s, 0, "server.reload", 5000));
    const struct answer *a = export(&t, subject, "receipt");
    for (int i = 0; a->status != 200 && i < 20; i++, sleep_ms(100))
        a = export(&t, subject, "receipt");
    cr_expect_eq(verify(file_of("made.jws", a->body, a->len), jwks_file(&s)), 0);
    service_stop(&s, 10000);
}
