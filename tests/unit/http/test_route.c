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

/* As it is found too where its table was joined. */
static const struct route *find(const char *method, const char *path, h2o_iovec_t *ret_argument)
{
    const struct route *const tables[] = {routes, NULL};
    struct route joined[8];
    routes_join(tables, joined, sizeof joined / sizeof *joined);
    h2o_iovec_t arguments[ROUTE_ARGUMENTS_MAX] = {{NULL, 0}};
    const struct route *quick = route_find(joined, iovec(method), iovec(path), arguments);
    const struct route *found = route_find(routes, iovec(method), iovec(path), arguments);
    cr_assert_eq(quick != NULL ? quick - joined : -1, found != NULL ? found - routes : -1, "%s", path);
    *ret_argument = arguments[0];
    return found;
}

Test(route, what_is_near_has_the_path_or_all_but_its_end)
{
    static const struct {
        const char *path;
        int row; /* -1: none */
    } asked[] = {{"/v1/policy", 0},      {"/v1/check", 2},  {"/v1/sites/", 4},
                 {"/v1/sites/demo", 4},  {"/v1/sites", -1}, {"/v1/subjects/", -1},
                 {"/v1/subjects//", -1}, {"/v1/", -1},      {"", -1}};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        const struct route *near = route_near(routes, iovec(asked[i].path));
        cr_expect_eq(near != NULL ? near - routes : -1, asked[i].row, "%s", asked[i].path);
    }
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

Test(route, a_path_may_have_two_places_and_one_may_be_part_of_a_segment)
{
    static const struct route table[] = {{.method = "POST", .path = "/v1/imports/{source}/{batch}/undo"},
                                         {.method = "GET", .path = "/v1/sites/{id}/banner.{hash}.js"},
                                         {.method = "GET", .path = "/v1/sites/{id}/banner.js"},
                                         {0}};
    h2o_iovec_t arguments[ROUTE_ARGUMENTS_MAX];
    cr_assert_eq(route_find(table, iovec("POST"), iovec("/v1/imports/old/7/undo"), arguments), &table[0]);
    cr_expect(h2o_memis(arguments[0].base, arguments[0].len, H2O_STRLIT("old")));
    cr_expect(h2o_memis(arguments[1].base, arguments[1].len, H2O_STRLIT("7")));
    cr_assert_eq(route_find(table, iovec("GET"), iovec("/v1/sites/a/banner.0f.js"), arguments), &table[1]);
    cr_expect(h2o_memis(arguments[1].base, arguments[1].len, H2O_STRLIT("0f")));
    cr_expect_eq(route_find(table, iovec("GET"), iovec("/v1/sites/a/banner.js"), arguments), &table[2]);
    cr_expect_null(route_find(table, iovec("POST"), iovec("/v1/imports/old//undo"), arguments));
    cr_expect_null(route_find(table, iovec("POST"), iovec("/v1/imports/old/7/undo/x"), arguments));
    cr_expect_null(route_find(table, iovec("GET"), iovec("/v1/sites/a/banner..js"), arguments));
}

Test(route, tables_are_joined_in_their_order)
{
    static const struct route more[] = {{.method = "GET", .path = "/u/{token}"}, {0}};
    const struct route *const tables[] = {routes, more, NULL};
    struct route all[8];
    routes_join(tables, all, sizeof all / sizeof *all);
    cr_expect_str_eq(all[0].path, "/v1/policy");
    cr_expect_str_eq(all[5].path, "/u/{token}");
    cr_expect_null(all[6].method);
}
