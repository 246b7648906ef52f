/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "client.h"
#include "expect.h"

/* A controller of a test's own, so that tests do not meet in one ledger. */

#define TENANT_SCOPES                                                                                        \
    "consent:record consent:import consent:withdraw consent:check subject:read changes:read policy:read "    \
    "policy:write mask keys:write link:create webhook:read rights:write subject:erase audit"

struct tenant {
    const struct service *service;
    const struct keyring *keyring;
    const char *key;
    const char *token; /* of the client "tester", with every scope */
};

/* A token from the program under test. */
const char *token_of(const struct keyring *keyring, const char *controller, const char *scope,
                     const char *client);

/* One without a policy yet. */
struct tenant tenant_bare(const struct service *service, const struct keyring *keyring, const char *key);
/* One with the policy of examples/demo.json. */
struct tenant tenant_open(const struct service *service, const struct keyring *keyring, const char *key);
/* examples/demo.json for that controller; the test may change it. */
json_t *tenant_policy(const struct tenant *t);
/* Applies a policy; fails the test where it is refused. Returns its version. */
long tenant_apply(const struct tenant *t, const json_t *policy);
/* The same tenant, at another service of the same database. */
struct tenant tenant_at(const struct tenant *t, const struct service *service);

/* Sends a body (as json_text), and fails the test when the status is another. Returns the answer's JSON. */
#define post(t, status, path, ...) post_at(__FILE__, __LINE__, (t), (status), (path), NULL, __VA_ARGS__)
/* ... with a header field more. */
#define post_with(t, status, path, header, ...)                                                              \
    post_at(__FILE__, __LINE__, (t), (status), (path), (header), __VA_ARGS__)
const json_t *post_at(const char *file, int line, const struct tenant *t, int status, const char *path,
                      const char *header, const char *body, ...) __attribute__((format(printf, 7, 8)));
#define get(t, status, ...) get_at(__FILE__, __LINE__, (t), (status), __VA_ARGS__)
const json_t *get_at(const char *file, int line, const struct tenant *t, int status, const char *path, ...)
    __attribute__((format(printf, 5, 6)));

/* The verdict on an e-mail address: its reason. ${name}: what stands before MARK "@example.nl". */
const char *reason_of(const struct tenant *t, const char *name, const char *purpose);
/* An e-mail address as JSON; another each call's ${name}. */
const char *email(const char *name);
/* How many events the tenant's ledger has. */
long tenant_events(const struct tenant *t);
/* An RFC 3339 time so many seconds from now. */
const char *time_from_now(long seconds);
