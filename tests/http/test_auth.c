/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"
#include "mint.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { LEAVE_MS = 10000 };

#define HS256 "{'alg': 'HS256', 'typ': 'JWT'}"

static int status_with(const struct service *s, const char *token)
{
    return client_send(&(struct request){.service = s, .path = "/v1/policy", .token = token})->status;
}

/* Claims that would do, for ${controller}, with ${more} behind them. */
static const char *claims(const char *controller, const char *more)
{
    return json_text("{'sub': 'tester', 'controller': '%s', 'scope': 'policy:read', 'aud': 'akkoord'%s}",
                     controller, more);
}

static const char *expiring(const char *controller, long seconds)
{
    return claims(controller, text_of(", 'exp': %ld", (long)time(NULL) + seconds));
}

static const char *signed_claims(const char *payload)
{
    return mint_hs256(json_text("%s", HS256), payload, KEYRING_SECRET);
}

Test(auth, a_token_made_by_hand_is_taken)
{
    struct tenant t = stage_tenant("by-hand");
    cr_assert_eq(status_with(t.service, signed_claims(expiring(t.key, 60))), 200);
}

Test(auth, without_a_token_no_error_is_named)
{
    const struct answer *a =
        client_send(&(struct request){.service = stage_service(0), .path = "/v1/policy"});
    cr_assert_eq(a->status, 401);
    cr_assert_str_eq(answer_header(a, "www-authenticate"), "Bearer realm=\"akkoord\"");
}

Test(auth, a_header_that_is_no_bearer_token_is_401)
{
    struct tenant t = stage_tenant("no-bearer");
    const char *const headers[] = {"Authorization: Basic dGVzdDp0ZXN0",
                                   "Authorization: Bearer",
                                   "Authorization: Bearer  ",
                                   text_of("Authorization: %s", t.token),
                                   "Authorization: Bearer a.b.c",
                                   "Authorization: Bearer ....",
                                   text_of("Authorization: Bearer %s %s", t.token, t.token),
                                   text_of("Authorization: Bearer %s.", t.token),
                                   text_of("Authorization: Bearer %s=", t.token),
                                   NULL};
    for (size_t i = 0; headers[i] != NULL; i++) {
        const struct answer *a = client_send(
            &(struct request){.service = t.service, .path = "/v1/policy", .headers = {headers[i]}});
        cr_assert_eq(a->status, 401, "%s: %d", headers[i], a->status);
    }
    const char *twice = text_of("Authorization: Bearer %s", t.token);
    cr_assert_eq(client_send(&(struct request){.service = t.service,
                                               .protocol = HTTP11,
                                               .path = "/v1/policy",
                                               .headers = {twice, twice}})
                     ->status,
                 401);
}

Test(auth, a_token_in_the_query_is_no_token)
{
    struct tenant t = stage_tenant("in-query");
    cr_assert_eq(client_send(&(struct request){.service = t.service,
                                               .path = text_of("/v1/policy?access_token=%s", t.token)})
                     ->status,
                 401);
}

Test(auth, a_changed_token_is_401)
{
    struct tenant t = stage_tenant("changed");
    size_t len = strlen(t.token), first_dot = strcspn(t.token, "."),
           second_dot = (size_t)(strrchr(t.token, '.') - t.token);
    const size_t places[] = {first_dot / 2, first_dot + 1 + (second_dot - first_dot) / 2, second_dot + 5,
                             len - 2};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *token = text_of("%s", t.token);
        token[places[i]] = token[places[i]] == 'A' ? 'B' : 'A';
        cr_assert_eq(status_with(t.service, token), 401, "place %zu", places[i]);
    }
    cr_assert_eq(status_with(t.service, t.token), 200);
}

Test(auth, an_unsigned_token_is_401)
{
    struct tenant t = stage_tenant("unsigned");
    static const char *const headers[] = {"{'alg': 'none'}", "{'alg': 'None', 'typ': 'JWT'}",
                                          "{'alg': 'nOnE'}", "{'typ': 'JWT'}",
                                          "{'alg': ''}",     NULL};
    for (size_t i = 0; headers[i] != NULL; i++) {
        const char *text = mint_unsigned(json_text("%s", headers[i]), expiring(t.key, 60));
        cr_assert_eq(status_with(t.service, text_of("%s.", text)), 401, "%s", headers[i]);
        cr_assert_eq(status_with(t.service, text), 401, "%s", headers[i]);
        cr_assert_eq(status_with(t.service, mint_hs256(json_text("%s", headers[i]), expiring(t.key, 60),
                                                       KEYRING_SECRET)),
                     401, "%s", headers[i]);
    }
}

Test(auth, a_token_by_another_secret_is_401)
{
    struct tenant t = stage_tenant("other-secret");
    static const char *const secrets[] = {"", KEYRING_SECRET "x",
                                          "another secret that is long enough to be one, and is not", NULL};
    for (size_t i = 0; secrets[i] != NULL; i++)
        cr_assert_eq(
            status_with(t.service, mint_hs256(json_text("%s", HS256), expiring(t.key, 60), secrets[i])), 401);
}

Test(auth, each_wrong_claim_is_401)
{
    struct tenant t = stage_tenant("claims");
    long now = (long)time(NULL);
    const char *const wrong[] = {
        expiring(t.key, -61),
        expiring(t.key, 86400 + 120),
        claims(t.key, ""),
        claims(t.key, ", 'exp': 'soon'"),
        claims(t.key, text_of(", 'exp': %ld, 'nbf': %ld", now + 60, now + 600)),
        json_text("{'sub': 'tester', 'controller': '%s', 'scope': 'policy:read', 'aud': 'other', 'exp': %ld}",
                  t.key, now + 60),
        json_text("{'sub': 'tester', 'controller': '%s', 'scope': 'policy:read', 'exp': %ld}", t.key,
                  now + 60),
        json_text("{'sub': 'tester', 'scope': 'policy:read', 'aud': 'akkoord', 'exp': %ld}", now + 60),
        json_text("{'controller': '%s', 'scope': 'policy:read', 'aud': 'akkoord', 'exp': %ld}", t.key,
                  now + 60),
        json_text("{'sub': '', 'controller': '%s', 'scope': 'policy:read', 'aud': 'akkoord', 'exp': %ld}",
                  t.key, now + 60),
        json_text("{'sub': 'tester', 'controller': '%s', 'controller': 'demo', 'scope': 'policy:read', "
                  "'aud': 'akkoord', 'exp': %ld}",
                  t.key, now + 60),
        "[]",
        "policy",
        NULL};
    for (size_t i = 0; wrong[i] != NULL; i++) {
        const struct answer *a = client_send(
            &(struct request){.service = t.service, .path = "/v1/policy", .token = signed_claims(wrong[i])});
        cr_assert_eq(a->status, 401, "%s: %d", wrong[i], a->status);
        cr_assert_not_null(strstr(answer_header(a, "www-authenticate"), "error=\"invalid_token\""));
    }
    cr_assert_eq(status_with(t.service, signed_claims(claims(
                                            t.key, text_of(", 'exp': %ld, 'nbf': %ld", now + 60, now - 5)))),
                 200);
}

Test(auth, a_token_expires_while_it_is_remembered)
{
    struct tenant t = stage_tenant("expires");
    const char *token =
        signed_claims(expiring(t.key, 2 - 60)); /* with the 60 s that clocks may differ, or without */
    const char *shorter = signed_claims(expiring(t.key, 2));
    int first = status_with(t.service, token), status = status_with(t.service, shorter);
    cr_assert_eq(status, 200);
    for (int i = 0; i < 100 && first == 200; i++, sleep_ms(100))
        first = status_with(t.service, token);
    cr_assert_eq(first, 401);
    if (status_with(t.service, signed_claims(expiring(t.key, -5))) == 200)
        return; /* the 60 s are granted: ${token} told it */
    for (int i = 0; i < 100 && status == 200; i++, sleep_ms(100))
        status = status_with(t.service, shorter);
    cr_assert_eq(status, 401);
}

Test(auth, a_missing_scope_is_403_and_named)
{
    static const struct {
        const char *method, *path, *scope, *type;
    } routes[] = {{"POST", "/v1/withdraw", "consent:withdraw", "application/json"},
                  {"POST", "/v1/check", "consent:check", "application/json"},
                  {"POST", "/v1/check/batch", "consent:check", "application/x-ndjson"},
                  {"POST", "/v1/subjects/lookup", "subject:read", "application/json"},
                  {"GET", "/v1/subjects/x/consents", "subject:read", NULL},
                  {"GET", "/v1/subjects/x/history", "subject:read", NULL},
                  {"GET", "/v1/changes", "changes:read", NULL},
                  {"GET", "/v1/policy", "policy:read", NULL},
                  {"PUT", "/v1/policy", "policy:write", "application/json"},
                  {"POST", "/v1/mask", "mask", "text/plain"}};
    static const char *const all[] = {
        "consent:record", "consent:import", "consent:withdraw", "consent:check", "subject:read",
        "changes:read",   "policy:read",    "policy:write",     "mask",          NULL};
    struct tenant t = stage_tenant("scopes");
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        char others[256] = "unknown";
        for (size_t k = 0; all[k] != NULL; k++) {
            if (strcmp(all[k], routes[i].scope) != 0)
                snprintf(others + strlen(others), sizeof others - strlen(others), " %s", all[k]);
        }
        const char *token = signed_claims(
            json_text("{'sub': 'tester', 'controller': '%s', 'scope': '%s', 'aud': 'akkoord', 'exp': %ld}",
                      t.key, others, (long)time(NULL) + 60));
        struct request r = {.service = t.service,
                            .method = routes[i].method,
                            .path = routes[i].path,
                            .token = token,
                            .body = routes[i].type != NULL ? "{}" : NULL,
                            .content_type = routes[i].type};
        const struct answer *a = client_send(&r);
        cr_assert_eq(a->status, 403, "%s: %d", routes[i].path, a->status);
        cr_assert_not_null(
            strstr(answer_header(a, "www-authenticate"), text_of("scope=\"%s\"", routes[i].scope)));
        r.token = token_of(t.keyring, t.key, routes[i].scope, "tester");
        cr_assert_neq(client_send(&r)->status, 403, "%s", routes[i].path);
    }
}

static const struct answer *record_with(const struct tenant *t, const char *scope, const char *import)
{
    return client_send(
        &(struct request){.service = t->service,
                          .path = "/v1/consents",
                          .token = token_of(t->keyring, t->key, scope, "tester"),
                          .body = json_text("{'subject': %s, 'purpose': 'newsletter', 'event_state': "
                                            "'given', 'collection_method': 'web_form'%s}",
                                            email("scope"), import)});
}

Test(auth, an_import_needs_the_scope_of_imports_and_a_record_that_of_records)
{
    struct tenant t = stage_tenant("import-scope");
    const char *import = ", 'import': {'batch': '1', 'source': 'old'}";
    const struct answer *refused = record_with(&t, "consent:record", import);
    cr_assert_eq(refused->status, 403);
    cr_assert_not_null(answer_header(refused, "www-authenticate"), "403 carries WWW-Authenticate");
    cr_assert_eq(record_with(&t, "consent:import", import)->status, 201);
    cr_assert_eq(record_with(&t, "consent:import", "")->status, 403);
    cr_assert_eq(record_with(&t, "consent:record", "")->status, 201);
    cr_assert_eq(tenant_events(&t), 2);
}

Test(auth, a_controller_never_sees_what_another_recorded)
{
    struct tenant mine = stage_tenant("mine"), other = stage_tenant("other");
    const json_t *record =
        post(&mine, 201, "/v1/consents",
             "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app'}",
             email("both"));
    const char *id = string_at(record, "/subject_id");
    cr_assert_str_eq(reason_of(&mine, "both", "newsletter"), "granted");
    cr_assert_str_eq(reason_of(&other, "both", "newsletter"), "never_asked");
    post(&other, 404, "/v1/subjects/lookup", "{'subject': %s}", email("both"));
    get(&other, 404, "/v1/subjects/%s/consents", id);
    get(&other, 404, "/v1/subjects/%s/history", id);
    expect(get(&other, 200, "/v1/changes"), "{'changes': [], 'head': 0}");
    post(&other, 201, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'collection_method': 'app'}",
         email("another"));
    get(&other, 404, "/v1/subjects/%s/history", id);
}

Test(auth, a_policy_for_another_controller_than_the_tokens_is_refused)
{
    struct tenant mine = stage_tenant("mine-policy");
    struct tenant other = {.service = mine.service, .key = "theirs"};
    char *body = json_dumps(tenant_policy(&other), 0);
    const struct answer *a = client_send(&(struct request){
        .service = mine.service, .method = "PUT", .path = "/v1/policy", .token = mine.token, .body = body});
    free(body);
    cr_assert_eq(a->status, 422);
    expect(a->json, "{'errors': [{'pointer': '/controller/key'}]}");
}

/* ---- keys of a JWKS ---- */

static const char *jwk_text(enum mint_pair pair, const char *controllers)
{
    struct jwk k = mint_jwk(pair);
    const char *key =
        pair <= MINT_RSA_OTHER
            ? text_of("'kty': 'RSA', 'alg': 'RS256', 'n': '%s', 'e': '%s'", k.n, k.e)
            : text_of("'kty': 'EC', 'alg': 'ES256', 'crv': 'P-256', 'x': '%s', 'y': '%s'", k.x, k.y);
    return json_text("{%s, 'kid': '%s', 'use': 'sig', 'akkoord_issuer': '" MINT_ISSUER "'%s}", key, k.kid,
                     controllers);
}

static const char *pair_token(enum mint_pair pair, const char *alg, const char *controller,
                              const char *issuer)
{
    const char *header = json_text("{'alg': '%s', 'kid': '%s'}", alg, mint_jwk(pair).kid);
    return mint_signed(
        header, claims(controller, text_of(", 'exp': %ld, 'iss': '%s'", (long)time(NULL) + 60, issuer)),
        pair);
}

/* A service with a JWKS beside the shared secret. */
static struct service start_with_jwks(const char *name, const char *keys, const char **ret_file)
{
    const char *file = text_of("%s/%s.jwks", stage_keyring()->dir, name);
    cr_assert_eq(file_write(file, text_of("{\"keys\": [%s]}", keys)), 0);
    const char *const settings[] = {text_of("AKKOORD_JWKS_FILE=%s", file), NULL};
    if (ret_file != NULL)
        *ret_file = file;
    return stage_start(name, settings);
}

Test(auth, keys_of_a_jwks_speak_for_their_controllers_and_no_others)
{
    struct tenant ours = stage_tenant("jwks-ours"), theirs = stage_tenant("jwks-theirs");
    const char *keys = text_of("%s, %s", jwk_text(MINT_RSA, ", 'akkoord_controllers': ['jwks-ours']"),
                               jwk_text(MINT_EC, ", 'akkoord_controllers': ['jwks-theirs']"));
    struct service s = start_with_jwks("jwks", keys, NULL);
    cr_assert_eq(status_with(&s, pair_token(MINT_RSA, "RS256", ours.key, MINT_ISSUER)), 200);
    cr_assert_eq(status_with(&s, pair_token(MINT_EC, "ES256", theirs.key, MINT_ISSUER)), 200);
    cr_assert_eq(status_with(&s, pair_token(MINT_RSA, "RS256", theirs.key, MINT_ISSUER)), 401);
    cr_assert_eq(status_with(&s, pair_token(MINT_EC, "ES256", ours.key, MINT_ISSUER)), 401);
    cr_assert_eq(status_with(&s, pair_token(MINT_RSA, "RS256", ours.key, "https://elsewhere.example")), 401);
    cr_assert_eq(status_with(&s, pair_token(MINT_RSA_OTHER, "RS256", ours.key, MINT_ISSUER)), 401);
    cr_assert_eq(status_with(&s, pair_token(MINT_EC_OTHER, "ES256", theirs.key, MINT_ISSUER)), 401);
    cr_assert_eq(status_with(&s, ours.token), 200);
    cr_assert_eq(service_stop(&s, LEAVE_MS), 0);
}

Test(auth, a_public_key_is_no_shared_secret)
{
    struct tenant t = stage_tenant("confusion");
    struct service s =
        start_with_jwks("confusion", jwk_text(MINT_RSA, ", 'akkoord_controllers': ['confusion']"), NULL);
    const char *payload =
        claims(t.key, text_of(", 'exp': %ld, 'iss': '" MINT_ISSUER "'", (long)time(NULL) + 60));
    const char *const headers[] = {json_text("{'alg': 'HS256', 'kid': 'rsa-1'}"),
                                   json_text("{'alg': 'HS256'}"),
                                   json_text("{'alg': 'RS256', 'kid': 'rsa-1'}")};
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(status_with(&s, mint_hs256(headers[i], payload, mint_pem(MINT_RSA))), 401, "%s",
                     headers[i]);
    cr_assert_eq(status_with(&s, pair_token(MINT_RSA, "RS384", t.key, MINT_ISSUER)), 401);
    cr_assert_eq(status_with(&s, pair_token(MINT_RSA, "PS256", t.key, MINT_ISSUER)), 401);
    cr_assert_eq(status_with(&s, pair_token(MINT_RSA, "RS256", t.key, MINT_ISSUER)), 200);
    cr_assert_eq(service_stop(&s, LEAVE_MS), 0);
}

Test(auth, remembered_tokens_of_a_key_that_is_gone_are_refused_after_sighup)
{
    const char *file;
    struct tenant t = stage_tenant("reload");
    struct service s =
        start_with_jwks("reload", jwk_text(MINT_RSA, ", 'akkoord_controllers': ['reload']"), &file);
    const char *old = pair_token(MINT_RSA, "RS256", t.key, MINT_ISSUER),
               *new = pair_token(MINT_EC, "ES256", t.key, MINT_ISSUER);
    for (int i = 0; i < 8; i++)
        cr_assert_eq(
            client_send(
                &(struct request){.service = &s, .path = "/v1/policy", .token = old, .own_connection = true})
                ->status,
            200);
    cr_assert_eq(status_with(&s, new), 401);
    cr_assert_eq(file_write(file, text_of("{\"keys\": [%s]}",
                                          jwk_text(MINT_EC, ", 'akkoord_controllers': ['reload']"))),
                 0);
    kill(s.pid, SIGHUP);
    cr_assert(service_logged(&s, 0, "server.reload", 5000));
    int status = 0;
    for (int i = 0; i < 100 && (status = status_with(&s, new)) != 200; i++)
        sleep_ms(20);
    cr_assert_eq(status, 200);
    sleep_ms(100);
    for (int i = 0; i < 8; i++)
        cr_assert_eq(
            client_send(
                &(struct request){.service = &s, .path = "/v1/policy", .token = old, .own_connection = true})
                ->status,
            401);
    cr_assert_eq(service_stop(&s, LEAVE_MS), 0);
}

Test(auth, keys_that_cannot_be_read_at_sighup_leave_the_old_ones_in_force)
{
    const char *file;
    struct tenant t = stage_tenant("reload-broken");
    struct service s = start_with_jwks(
        "reload-broken", jwk_text(MINT_EC, ", 'akkoord_controllers': ['reload-broken']"), &file);
    cr_assert_eq(file_write(file, "{\"keys\": "), 0);
    kill(s.pid, SIGHUP);
    cr_assert(service_logged(&s, 0, "server.reload", 5000));
    cr_assert_eq(status_with(&s, pair_token(MINT_EC, "ES256", t.key, MINT_ISSUER)), 200);
    cr_assert_eq(service_stop(&s, LEAVE_MS), 0);
}

Test(auth, a_service_without_a_token_key_does_not_start)
{
    struct service s;
    struct service_options options = {.name = "no-key",
                                      .db = stage_database(),
                                      .keyring = stage_keyring(),
                                      .settings = {"AKKOORD_JWT_SECRET_FILE="}};
    cr_assert_eq(service_spawn(&options, &s), 0);
    cr_assert_gt(process_wait(s.pid, LEAVE_MS), 0);
    cr_assert_not_null(strstr(file_read(s.log), "AKKOORD_JWKS_FILE"));
}

Test(auth, a_service_whose_keys_others_can_read_does_not_start)
{
    static const char *const options_of[] = {"AKKOORD_JWT_SECRET_FILE", "AKKOORD_SUBJECT_KEY_FILE",
                                             "AKKOORD_TLS_KEY_FILE"};
    const struct keyring *keyring = stage_keyring();
    const char *const files[] = {keyring->secret_file, keyring->subject_key_file, keyring->cert_key_file};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct service s;
        const char *copy = text_of("%s/exposed-%zu", keyring->dir, i);
        cr_assert_eq(file_write(copy, file_read(files[i])), 0);
        cr_assert_eq(chmod(copy, 0604), 0);
        struct service_options options = {.name = "exposed",
                                          .db = stage_database(),
                                          .keyring = keyring,
                                          .settings = {text_of("%s=%s", options_of[i], copy)}};
        cr_assert_eq(service_spawn(&options, &s), 0);
        cr_assert_gt(process_wait(s.pid, LEAVE_MS), 0, "%s", options_of[i]);
        const char *log = file_read(s.log);
        cr_assert_not_null(strstr(log, text_of("%s: ", options_of[i])), "%s", log);
        cr_assert_not_null(strstr(log, "can be read by others"), "%s", log);
    }
}

Test(auth, a_service_with_another_subject_key_refuses_to_start)
{
    struct keyring other;
    struct service s;
    cr_assert_eq(keyring_create(text_of("%s/other-key", stage_keyring()->dir), &other), 0);
    cr_assert_eq(
        service_spawn(
            &(struct service_options){.name = "other-key", .db = stage_database(), .keyring = &other}, &s),
        0);
    cr_assert_gt(process_wait(s.pid, LEAVE_MS), 0, "it runs on, and would lose every No");
}
