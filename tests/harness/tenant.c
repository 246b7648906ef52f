/* SPDX-License-Identifier: Apache-2.0 */
#include "tenant.h"

#include "process.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *token_of(const struct keyring *keyring, const char *controller, const char *scope,
                     const char *client)
{
    const char *const argv[] = {HARNESS_PROGRAM, "token", "--controller", controller, "--scope", scope,
                                "--client",      client,  "--ttl",        "1h",       NULL};
    const char *const settings[] = {text_of("AKKOORD_JWT_SECRET_FILE=%s", keyring->secret_file), NULL};
    char *token;
    cr_assert_eq(process_run(argv, settings, &token), 0, "no token for %s", controller);
    token[strcspn(token, "\n")] = '\0';
    return token;
}

struct tenant tenant_bare(const struct service *service, const struct keyring *keyring, const char *key)
{
    return (struct tenant){service, keyring, key, token_of(keyring, key, TENANT_SCOPES, "tester")};
}

json_t *tenant_policy(const struct tenant *t)
{
    json_t *policy = json_of("%s", file_read(HARNESS_POLICY));
    json_object_set_new(json_object_get(policy, "controller"), "key", json_string(t->key));
    return policy;
}

long tenant_apply(const struct tenant *t, const json_t *policy)
{
    char *body = json_dumps(policy, 0);
    const struct answer *a = client_send(&(struct request){
        .service = t->service, .method = "PUT", .path = "/v1/policy", .token = t->token, .body = body});
    free(body);
    cr_assert_eq(a->status, 200, "the policy was refused: %s", a->body);
    return number_at(a->json, "/version");
}

struct tenant tenant_open(const struct service *service, const struct keyring *keyring, const char *key)
{
    struct tenant t = tenant_bare(service, keyring, key);
    tenant_apply(&t, tenant_policy(&t));
    return t;
}

struct tenant tenant_at(const struct tenant *t, const struct service *service)
{
    struct tenant other = *t;
    other.service = service;
    return other;
}

const json_t *post_at(const char *file, int line, const struct tenant *t, int status, const char *path,
                      const char *header, const char *body, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, body);
    cr_assert(vasprintf(&text, body, args) >= 0);
    va_end(args);
    const struct answer *a = client_send(&(struct request){.service = t->service,
                                                           .path = path,
                                                           .token = t->token,
                                                           .body = json_text("%s", text),
                                                           .headers = {header}});
    cr_assert_eq(a->status, status, "%s:%d: %s %s: %d %s", file, line, path, text, a->status, a->body);
    free(text);
    return a->json;
}

const json_t *get_at(const char *file, int line, const struct tenant *t, int status, const char *path, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, path);
    cr_assert(vasprintf(&text, path, args) >= 0);
    va_end(args);
    const struct answer *a =
        client_send(&(struct request){.service = t->service, .path = text, .token = t->token});
    cr_assert_eq(a->status, status, "%s:%d: %s: %d %s", file, line, text, a->status, a->body);
    free(text);
    return a->json;
}

const char *email(const char *name)
{
    return text_of("{'type': 'email', 'value': '%s-" MARK "@example.nl'}", name);
}

const char *reason_of(const struct tenant *t, const char *name, const char *purpose)
{
    const json_t *verdict =
        post(t, 200, "/v1/check", "{'subject': %s, 'purpose': '%s'}", email(name), purpose);
    const char *reason = string_at(verdict, "/reason");
    bool allows = strcmp(reason, "granted") == 0 || strcmp(reason, "not_required") == 0;
    cr_assert_eq(json_is_true(json_at(verdict, "/allow")), allows, "allow does not fit %s", reason);
    return reason;
}

long tenant_events(const struct tenant *t)
{
    return number_at(get(t, 200, "/v1/changes?limit=1"), "/head");
}

const char *time_from_now(long seconds)
{
    char text[32];
    time_t at = time(NULL) + seconds;
    struct tm parts;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&at, &parts));
    return text_of("%s", text);
}
