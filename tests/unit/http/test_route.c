/* SPDX-License-Identifier: Apache-2.0 */
#include "http/route.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct route routes[] = {
    {.method = "GET", .path = "/v1/policy"},     {.method = "PUT", .path = "/v1/policy"},
    {.method = "POST", .path = "/v1/check"},     {.method = "GET", .path = "/v1/subjects/{id}/consents"},
    {.method = "GET", .path = "/v1/sites/{id}"}, {0}};

static h2o_iovec_t iovec(const char *text)
{
    return h2o_iovec_init(text, strlen(text));
}

static const struct route *find(const char *method, const char *path, h2o_iovec_t *ret_argument)
{
    *ret_argument = h2o_iovec_init(NULL, 0);
    return route_find(routes, iovec(method), iovec(path), ret_argument);
}

Test(route, method_and_path_are_matched_whole)
{
    static const struct {
        const char *method, *path;
        int row; /* -1: none */
        const char *argument;
    } asked[] = {
        {"GET", "/v1/policy", 0, NULL},
        {"HEAD", "/v1/policy", 0, NULL},
        {"PUT", "/v1/policy", 1, NULL},
        {"POST", "/v1/check", 2, NULL},
        {"HEAD", "/v1/check", -1, NULL},
        {"get", "/v1/policy", -1, NULL},
        {"GET", "/v1/policy/", -1, NULL},
        {"GET", "/v1/polic", -1, NULL},
        {"GET", "/v1/policyx", -1, NULL},
        {"GET", "//v1/policy", -1, NULL},
        {"GET", "", -1, NULL},
        {"DELETE", "/v1/policy", -1, NULL},
        {"GET", "/v1/subjects/abc/consents", 3, "abc"},
        {"HEAD", "/v1/subjects/a/consents", 3, "a"},
        {"GET", "/v1/subjects//consents", -1, NULL},
        {"GET", "/v1/subjects/a/b/consents", -1, NULL},
        {"GET", "/v1/subjects/consents", -1, NULL},
        {"GET", "/v1/subjects/a/consents/", -1, NULL},
        {"GET", "/v1/subjects/{id}/consents", 3, "{id}"},
        {"GET", "/v1/sites/demo", 4, "demo"},
        {"GET", "/v1/sites/", -1, NULL},
        {"GET", "/v1/sites/a/b", -1, NULL},
    };
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        h2o_iovec_t argument;
        const struct route *r = find(asked[i].method, asked[i].path, &argument);
        cr_assert_eq(r != NULL ? r - routes : -1, asked[i].row, "%s %s", asked[i].method, asked[i].path);
        if (asked[i].argument != NULL)
            cr_expect(h2o_memis(argument.base, argument.len, asked[i].argument, strlen(asked[i].argument)),
                      "%s", asked[i].path);
    }
}

Test(route, allow_names_all_methods_of_a_path)
{
    char text[64];
    route_methods(routes, iovec("/v1/policy"), text, sizeof text);
    cr_expect_str_eq(text, "GET, HEAD, PUT, OPTIONS");
    route_methods(routes, iovec("/v1/check"), text, sizeof text);
    cr_expect_str_eq(text, "POST, OPTIONS");
    route_methods(routes, iovec("/v1/nothing"), text, sizeof text);
    cr_expect_str_eq(text, "");
}

Test(route, what_writes_is_known_by_its_scopes)
{
    cr_expect(route_writes(&(struct route){.scopes = SCOPE_CONSENT_RECORD | SCOPE_CONSENT_IMPORT}));
    cr_expect(route_writes(&(struct route){.scopes = SCOPE_POLICY_WRITE}));
    cr_expect_not(route_writes(&(struct route){.scopes = SCOPE_CONSENT_CHECK}));
    cr_expect_not(route_writes(&(struct route){.scopes = SCOPE_NONE}));
}
