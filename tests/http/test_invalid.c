/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* A good body with every member, and what is done to it. client.c holds each answer to: a
 * whole problem, no personal data. */

static json_t *record_whole(void)
{
    return json_of("{'subject': [{'type': 'email', 'value': '" MARK
                   "@example.nl'}, {'type': 'visitor', 'value': '" MARK
                   "'}], 'purpose': 'newsletter', 'event_state': 'given',"
                   " 'event_time': '2026-03-02T09:30:00Z', 'collection_method': 'web_form', 'language': "
                   "'nl', 'notice': {'id': 'newsletter', 'version': '1'},"
                   " 'expressed_by': {'role': 'self'}, 'ref': 'crm-4711', 'evidence': {'ip': '" MARK_IP
                   "', 'user_agent': 'curl', 'url': 'https://www.example.nl/', 'form': 'footer',"
                   " 'documents': [{'name': 'form.pdf', 'sha256': "
                   "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}]},"
                   " 'import': {'batch': '1', 'source': 'crm'}}");
}

/* With a sale, which it may not have: what is wrong in that is named beside. */
static json_t *record_sold(void)
{
    json_t *body = record_whole();
    json_object_set_new(body, "sale",
                        json_of("{'ref': 'o-1', 'product_group': 'phones', 'at': '2026-02-01T14:00:00Z', "
                                "'opt_out_offered_at': '2026-02-01T14:00:00Z'}"));
    return body;
}

static json_t *withdraw_whole(void)
{
    return json_of("{'subject': {'type': 'email', 'value': '" MARK
                   "@example.nl'}, 'purpose': 'newsletter', 'event_time': '2026-03-02T09:30:00Z', "
                   "'collection_method': 'letter',"
                   " 'expressed_by': {'role': 'parent', 'strength': 'signed', 'form': 'written'}, 'ref': "
                   "'r', 'reason': 'staff', 'evidence': {'form': 'footer'}}");
}

static json_t *check_whole(void)
{
    return json_of("{'subject': {'type': 'email', 'value': '" MARK "@example.nl'}, 'purpose': 'newsletter'}");
}

static json_t *lookup_whole(void)
{
    return json_of("{'subject': {'type': 'email', 'value': '" MARK "@example.nl'}}");
}

static const struct route {
    const char *path;
    json_t *(*whole)(void);
    int good;
    const char *required[4];
} routes[] = {{"/v1/consents", record_whole, 201, {"subject", "purpose", "event_state", "collection_method"}},
              {"/v1/withdraw", withdraw_whole, 200, {"subject", "purpose"}},
              {"/v1/check", check_whole, 200, {"subject", "purpose"}},
              {"/v1/subjects/lookup", lookup_whole, 404, {"subject"}}};
enum { ROUTES = sizeof routes / sizeof *routes };

static const struct answer *send_text(const struct tenant *t, const struct route *r, const char *text,
                                      size_t len)
{
    return client_send(&(struct request){
        .service = t->service, .path = r->path, .token = t->token, .body = text, .body_len = len});
}

static const struct answer *send_json(const struct tenant *t, const struct route *r, const json_t *body)
{
    char *text = json_dumps(body, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    const struct answer *a = send_text(t, r, text, 0);
    free(text);
    return a;
}

/* Whether one of the errors is at ${pointer}, or at one below it. */
static bool blames(const struct answer *a, const char *pointer)
{
    size_t i;
    json_t *error;
    json_array_foreach(json_object_get(a->json, "errors"), i, error)
    {
        const char *at = json_string_value(json_object_get(error, "pointer"));
        if (at != NULL && strncmp(at, pointer, strlen(pointer)) == 0 &&
            (at[strlen(pointer)] == '\0' || at[strlen(pointer)] == '/'))
            return true;
    }
    return false;
}

static void refused_at(const struct tenant *t, const struct route *r, const json_t *body, const char *pointer)
{
    const struct answer *a = send_json(t, r, body);
    const char *sent = json_dumps(body, 0);
    cr_assert_eq(a->status, 422, "%s %s: %d for %s", r->path, pointer, a->status, sent);
    cr_assert(blames(a, pointer), "%s: %s is not blamed in %s for %s", r->path, pointer, a->body, sent);
}

Test(invalid, the_bodies_that_are_spoilt_here_are_good)
{
    struct tenant t = stage_tenant("good");
    const struct answer *a = send_json(&t, &routes[ROUTES - 1], routes[ROUTES - 1].whole());
    cr_assert_eq(a->status, 404, "%s", a->body);
    for (size_t i = 0; i < ROUTES - 1; i++) {
        a = send_json(&t, &routes[i], routes[i].whole());
        cr_assert_eq(a->status, routes[i].good, "%s: %s", routes[i].path, a->body);
    }
}

Test(invalid, each_required_member_that_is_missing_is_named)
{
    struct tenant t = stage_tenant("missing");
    for (size_t i = 0; i < ROUTES; i++) {
        for (size_t k = 0; k < 4 && routes[i].required[k] != NULL; k++) {
            json_t *body = routes[i].whole();
            json_object_del(body, routes[i].required[k]);
            refused_at(&t, &routes[i], body, text_of("/%s", routes[i].required[k]));
        }
    }
    static const char *const inner[][2] = {
        {"notice", "id"},          {"notice", "version"}, {"expressed_by", "role"},
        {"import", "batch"},       {"import", "source"},  {"sale", "ref"},
        {"sale", "product_group"}, {"sale", "at"},        {"sale", "opt_out_offered_at"}};
    for (size_t i = 0; i < sizeof inner / sizeof *inner; i++) {
        json_t *body = record_sold();
        json_object_del(json_object_get(body, inner[i][0]), inner[i][1]);
        refused_at(&t, &routes[0], body, text_of("/%s/%s", inner[i][0], inner[i][1]));
    }
    cr_assert_eq(tenant_events(&t), 0);
}

/* Puts each of ${values} in the place of each member below ${at}, whose kind is another. */
static void wrong_types(const struct tenant *t, const struct route *r, json_t *body, json_t *at,
                        const char *path)
{
    const char *const values[] = {"7", "true", "null", "'x\\u0001 " MARK "'", "[]", "{}", "-1.5", NULL};
    void *next;
    const char *name;
    json_t *value;
    json_object_foreach_safe(at, next, name, value)
    {
        const char *pointer = text_of("%s/%s", path, name);
        json_t *kept = json_incref(value);
        for (size_t i = 0; values[i] != NULL; i++) {
            json_t *wrong = json_of("%s", values[i]);
            bool subject_text = json_is_string(kept) && json_is_string(wrong);
            if (subject_text &&
                (strcmp(name, "ref") == 0 || strcmp(name, "user_agent") == 0 || strcmp(name, "form") == 0 ||
                 strcmp(name, "url") == 0 || strcmp(name, "batch") == 0 || strcmp(name, "source") == 0 ||
                 strcmp(name, "product_group") == 0 || strcmp(name, "name") == 0 ||
                 strcmp(path, "/notice") == 0))
                continue; /* any text will do there */
            json_object_set_new(at, name, wrong);
            refused_at(t, r, body, pointer);
        }
        json_object_set_new(at, name, kept);
        if (json_is_object(kept))
            wrong_types(t, r, body, kept, pointer);
        else if (json_is_array(kept) && json_is_object(json_array_get(kept, 0)))
            wrong_types(t, r, body, json_array_get(kept, 0), text_of("%s/0", pointer));
    }
}

Test(invalid, each_member_of_a_wrong_type_is_named)
{
    struct tenant t = stage_tenant("types");
    for (size_t i = 0; i < ROUTES; i++) {
        json_t *body = routes[i].whole();
        wrong_types(&t, &routes[i], body, body, "");
    }
    cr_assert_eq(tenant_events(&t), 0);
}

static void unknown_members(const struct tenant *t, const struct route *r, json_t *body, json_t *at,
                            const char *path)
{
    const char *name;
    json_t *value;
    json_object_set_new(at, "evidense", json_true());
    refused_at(t, r, body, text_of("%s/evidense", path));
    json_object_del(at, "evidense");
    json_object_foreach(at, name, value)
    {
        if (json_is_object(value))
            unknown_members(t, r, body, value, text_of("%s/%s", path, name));
        else if (json_is_array(value) && json_is_object(json_array_get(value, 0)))
            unknown_members(t, r, body, json_array_get(value, 0), text_of("%s/%s/0", path, name));
    }
}

Test(invalid, an_unknown_member_is_named_wherever_it_stands)
{
    struct tenant t = stage_tenant("unknown");
    for (size_t i = 0; i < ROUTES; i++) {
        json_t *body = routes[i].whole();
        unknown_members(&t, &routes[i], body, body, "");
    }
    cr_assert_eq(tenant_events(&t), 0);
}

Test(invalid, the_name_of_an_unknown_member_is_not_repeated_where_it_may_be_personal)
{
    struct tenant t = stage_tenant("member-name");
    for (size_t i = 0; i < ROUTES; i++) {
        json_t *body = routes[i].whole();
        json_object_set_new(body, MARK "@example.nl", json_true());
        refused_at(&t, &routes[i], body, "");
    }
    expect(post(&t, 422, "/v1/consents",
                "{'subject': {'type': 'email', 'value': '" MARK "@example.nl'}, 'choices': {'" MARK
                "@example.nl': 'given'}, 'collection_method': 'app'}"),
           "{'type': 'urn:akkoord:problem:unknown-purpose'}");
}

Test(invalid, each_member_that_is_too_long_is_named)
{
    static const struct {
        size_t route;
        const char *pointer, *object, *name;
        size_t max;
    } texts[] = {{0, "/ref", NULL, "ref", 128},
                 {0, "/language", NULL, "language", 15},
                 {0, "/purpose", NULL, "purpose", 64},
                 {0, "/notice/id", "notice", "id", 64},
                 {0, "/notice/version", "notice", "version", 64},
                 {0, "/import/batch", "import", "batch", 128},
                 {0, "/import/source", "import", "source", 128},
                 {0, "/sale/ref", "sale", "ref", 128},
                 {0, "/sale/product_group", "sale", "product_group", 128},
                 {0, "/evidence/ip", "evidence", "ip", 64},
                 {0, "/evidence/user_agent", "evidence", "user_agent", 4096},
                 {0, "/evidence/url", "evidence", "url", 4096},
                 {0, "/evidence/form", "evidence", "form", 4096},
                 {1, "/ref", NULL, "ref", 128},
                 {1, "/purpose", NULL, "purpose", 64},
                 {2, "/purpose", NULL, "purpose", 64},
                 {1, "/subject/value", "subject", "value", 320}};
    struct tenant t = stage_tenant("long");
    char text[4096 + 2];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        memset(text, 'a', texts[i].max + 1);
        text[texts[i].max + 1] = '\0';
        json_t *body = texts[i].route == 0 ? record_sold() : routes[texts[i].route].whole();
        json_t *at = texts[i].object != NULL ? json_object_get(body, texts[i].object) : body;
        json_object_set_new(at, texts[i].name, json_string(text));
        refused_at(&t, &routes[texts[i].route], body, texts[i].pointer);
    }
    cr_assert_eq(tenant_events(&t), 0);
}

Test(invalid, evidence_above_four_kibibytes_is_refused)
{
    struct tenant t = stage_tenant("evidence");
    json_t *body = record_whole(), *documents = json_array();
    char name[256];
    memset(name, 'n', 255);
    name[255] = '\0';
    for (int i = 0; i < 16; i++)
        json_array_append_new(documents,
                              json_of("{'name': '%s', 'sha256': "
                                      "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}",
                                      name));
    json_object_set_new(json_object_get(body, "evidence"), "documents", documents);
    refused_at(&t, &routes[0], body, "/evidence");
    cr_assert_eq(tenant_events(&t), 0);
}

Test(invalid, an_address_in_the_evidence_is_strict)
{
    static const char *const wrong[] = {
        "203.0.113.777",  MARK_IP ":80", MARK_IP " ",  "203.0.113", "0x7f.1", "[2001:db8::1]",
        "2001:db8::1::2", MARK_IP "/24", "example.nl", "",          NULL};
    struct tenant t = stage_tenant("address");
    for (size_t i = 0; wrong[i] != NULL; i++) {
        json_t *body = record_whole();
        json_object_set_new(json_object_get(body, "evidence"), "ip", json_string(wrong[i]));
        refused_at(&t, &routes[0], body, "/evidence/ip");
    }
}

Test(invalid, a_wrong_value_is_named)
{
    static const struct {
        const char *pointer, *value;
    } wrong[] = {{"/event_state", "'maybe'"},
                 {"/event_state", "'expired'"},
                 {"/event_state", "'GIVEN'"},
                 {"/collection_method", "'fax'"},
                 {"/event_time", "'yesterday'"},
                 {"/event_time", "'2026-02-30T00:00:00Z'"},
                 {"/event_time", "'2026-03-02T09:30:00'"},
                 {"/event_time", "'1969-12-31T00:00:00Z'"},
                 {"/event_time", "'9999-01-01T00:00:00Z'"},
                 {"/language", "'n'"},
                 {"/language", "'nl_BE'"},
                 {"/language", "'nl-'"},
                 {"/language", "'nl--be'"},
                 {"/minor", "{'birth_month': '2105-01'}"},
                 {"/minor", "{'birth_month': '9999-12'}"},
                 {"/ref", "''"},
                 {"/purpose", "''"},
                 {"/subject", "[]"},
                 {"/notice", "{'id': 'newsletter', 'version': '1', 'sha256': 'abc'}"},
                 {"/expressed_by", "{'role': 'friend'}"},
                 {"/expressed_by", "{'role': 'self', 'strength': 'signed'}"},
                 {"/evidence", "{}"},
                 {"/evidence", "{'documents': []}"},
                 {"/evidence", "{'documents': [{'name': 'x', 'sha256': 'XYZ'}]}"},
                 {"/import", "{}"}};
    struct tenant t = stage_tenant("values");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        json_t *body = record_whole();
        json_object_set(body, wrong[i].pointer + 1, json_of("%s", wrong[i].value));
        refused_at(&t, &routes[0], body, wrong[i].pointer);
    }
    cr_assert_eq(tenant_events(&t), 0);
}

Test(invalid, an_identifier_that_is_none_of_its_type_is_named_and_not_repeated)
{
    static const char *const wrong[][2] = {{"email", "no address " MARK},
                                           {"email", MARK "@"},
                                           {"email", "@" MARK ".nl"},
                                           {"email", MARK "@@example.nl"},
                                           {"phone", MARK},
                                           {"phone", "12"},
                                           {"phone", "+"
                                                     "99999999999999999999"},
                                           {"postal", MARK_POSTAL},
                                           {"postal", "NL;;2;A"},
                                           {"customer", ""},
                                           {"visitor", ""},
                                           {"e-mail", MARK "@example.nl"}};
    struct tenant t = stage_tenant("identifiers");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        for (size_t k = 0; k < ROUTES; k++) {
            json_t *body = routes[k].whole(),
                   *good = json_of("{'type': 'email', 'value': '" MARK "@example.nl'}");
            json_t *bad = json_pack("{s:s, s:s}", "type", wrong[i][0], "value", wrong[i][1]);
            json_object_set_new(body, "subject", bad);
            refused_at(&t, &routes[k], body, "/subject");
            json_object_set_new(body, "subject", json_pack("[O, O]", good, bad));
            refused_at(&t, &routes[k], body, "/subject/1");
        }
    }
    cr_assert_eq(tenant_events(&t), 0);
}

Test(invalid, a_query_where_there_is_none_is_refused_and_nothing_is_written)
{
    struct tenant t = stage_tenant("query");
    for (size_t i = 0; i < ROUTES; i++) {
        struct route asked = routes[i];
        asked.path = text_of("%s?rehearse=true", routes[i].path);
        const struct answer *a = send_json(&t, &asked, asked.whole());
        cr_assert_eq(a->status, 422, "%s: %d", asked.path, a->status);
        expect(a->json, "{'type': 'urn:akkoord:problem:invalid'}");
    }
    get(&t, 422, "/v1/policy/schema?version=1");
    post(&t, 422, "/v1/confirm?x=1", "{'token': 'x'}");
    cr_assert_eq(tenant_events(&t), 0);
}

Test(invalid, members_that_exclude_each_other_are_refused)
{
    struct tenant t = stage_tenant("either");
    const char *who = email("a");
    post(&t, 422, "/v1/consents",
         "{'subject': %s, 'purpose': 'newsletter', 'event_state': 'given', 'choices': {'marketing': "
         "'given'}, 'collection_method': 'app'}",
         who);
    post(&t, 422, "/v1/consents", "{'subject': %s, 'choices': {}, 'collection_method': 'app'}", who);
    post(&t, 422, "/v1/consents",
         "{'subject': %s, 'choices': {'newsletter': 'given'}, 'event_state': 'given', 'collection_method': "
         "'app'}",
         who);
    post(&t, 422, "/v1/consents", "[]");
    post(&t, 422, "/v1/consents", "[[]]");
    post(&t, 422, "/v1/withdraw", "{'subject': %s, 'purpose': 'newsletter', 'channel': 'email'}", who);
    post(&t, 422, "/v1/withdraw", "{'subject': %s}", who);
    post(&t, 422, "/v1/withdraw", "[{'subject': %s, 'purpose': 'newsletter'}]", who);
    post(&t, 422, "/v1/check", "{'subject': %s, 'purpose': 'newsletter', 'purposes': ['newsletter']}", who);
    post(&t, 422, "/v1/check", "{'subject': %s, 'purposes': []}", who);
    post(&t, 422, "/v1/check", "{'subject': %s}", who);
    cr_assert_eq(tenant_events(&t), 0);
}

static void not_json(const struct tenant *t, const struct route *r, const char *text, size_t len)
{
    const struct answer *a = send_text(t, r, text, len);
    cr_assert_eq(a->status, 400, "%s %.200s: %d", r->path, len == 0 ? text : "", a->status);
    expect(a->json, "{'type': 'urn:akkoord:problem:not-json'}");
}

Test(invalid, a_body_cut_short_anywhere_is_not_json)
{
    struct tenant t = stage_tenant("cut");
    for (size_t i = 0; i < ROUTES; i++) {
        char *text = json_dumps(routes[i].whole(), JSON_COMPACT);
        size_t whole = strlen(text), step = whole > 300 ? 13 : 3;
        for (size_t len = 1; len < whole; len += step)
            not_json(&t, &routes[i], text, len);
        not_json(&t, &routes[i], text_of("%s}", text), 0);
        not_json(&t, &routes[i], text_of("%s%s", text, text), 0);
        free(text);
    }
    cr_assert_eq(tenant_events(&t), 0);
}

Test(invalid, bytes_that_are_not_utf8_and_nuls_are_not_json)
{
    static const char *const bytes[] = {"\xff",     "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80",
                                        "\xe2\x82", "\\u0000",  "\\ud800",      "\x01",
                                        NULL};
    struct tenant t = stage_tenant("bytes");
    for (size_t i = 0; i < ROUTES; i++) {
        for (size_t k = 0; bytes[k] != NULL; k++)
            not_json(&t, &routes[i],
                     text_of("{\"subject\": {\"type\": \"customer\", \"value\": \"" MARK
                             "%s\"}, \"purpose\": \"newsletter\"}",
                             bytes[k]),
                     0);
        char *text = text_of("%s", "{\"subject\": {\"type\": \"customer\", \"value\": \"" MARK
                                   "x\"}, \"purpose\": \"newsletter\"}");
        size_t len = strlen(text);
        *strstr(text, MARK "x") = '\0';
        not_json(&t, &routes[i], text, len);
        not_json(&t, &routes[i], "{}\0", 3);
        not_json(&t, &routes[i], " ", 0);
    }
    cr_assert_eq(tenant_events(&t), 0);
}

Test(invalid, a_member_that_stands_twice_is_not_json)
{
    struct tenant t = stage_tenant("twice");
    for (size_t i = 0; i < ROUTES; i++) {
        char *text = json_dumps(routes[i].whole(), JSON_COMPACT);
        not_json(&t, &routes[i],
                 text_of("{\"purpose\":\"newsletter\",\"purpose\":\"newsletter\",%s", text + 1), 0);
        not_json(&t, &routes[i],
                 text_of("{\"subject\":{\"type\":\"email\",\"type\":\"email\",\"value\":\"" MARK
                         "@example.nl\"}}"),
                 0);
        not_json(&t, &routes[i], text_of("{\"subject\":1,\"s\\u0075bject\":2}"), 0);
        free(text);
    }
    cr_assert_eq(tenant_events(&t), 0);
}

/* An object of ${count} members. */
static const char *members(int count)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    for (int i = 0; i < count; i++)
        fprintf(out, "%s\"m%d\":1", i == 0 ? "{" : ",", i);
    fprintf(out, "}");
    fclose(out);
    return text;
}

Test(invalid, thirty_three_levels_and_a_thousand_and_one_members_are_not_json)
{
    struct tenant t = stage_tenant("deep");
    char levels[66];
    memset(levels, '[', 33);
    memset(levels + 33, ']', 33);
    for (size_t i = 0; i < ROUTES; i++) {
        not_json(&t, &routes[i], levels, 66);
        cr_assert_eq(send_text(&t, &routes[i], levels + 1, 64)->status, 422);
        not_json(&t, &routes[i], members(1001), 0);
        cr_assert_eq(send_text(&t, &routes[i], members(1000), 0)->status, 422);
    }
}

Test(invalid, json_to_be_masked_is_held_to_the_same_rules)
{
    static const struct route mask = {.path = "/v1/mask"};
    struct tenant t = stage_tenant("mask");
    not_json(&t, &mask, "{\"a\": 1, \"a\": 2}", 0);
    not_json(&t, &mask, "{\"a\": \"\\u0000\"}", 0);
    not_json(&t, &mask, "{\"a\": \"\xff\"}", 0);
    char deep[67];
    memset(deep, '[', 33);
    memset(deep + 33, ']', 33);
    deep[66] = '\0';
    not_json(&t, &mask, deep, 0);
    cr_assert_eq(send_text(&t, &mask, "{\"192.0.2.33\": 1, \"192.0.2.34\": 2}", 0)->status, 422);
}

Test(invalid, a_text_of_two_bytes_a_character_is_not_passed_on)
{
    static const char *const types[] = {"text/plain", "application/json", "application/x-ndjson"};
    static const struct {
        const char *bytes;
        size_t len;
    } texts[] = {{"\xff\xfe"
                  "1\0.\0002\0.\0003\0.\0004\0",
                  16},
                 {"1\0.\0002\0.\0003\0.\0004\0", 14},
                 {"\0001\0.\0002\0.\0003\0.\0004", 14}};
    struct tenant t = stage_tenant("wide");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
            const struct answer *a = client_send(&(struct request){.service = t.service,
                                                                   .path = "/v1/mask",
                                                                   .token = t.token,
                                                                   .content_type = types[i],
                                                                   .body = texts[k].bytes,
                                                                   .body_len = texts[k].len});
            cr_assert_eq(a->status, 415, "%s, %zu: %d", types[i], k, a->status);
        }
    }
}

static const struct answer *mask_lines(const struct tenant *t, const char *query, const char *type)
{
    static const char body[] = "{\"ip\":\"192.0.2.33\"}\n"
                               "{\"a\":\"\\ud800 192.0.2.33\"}\n"
                               "\n"
                               "{\"a\":\"\\u0000 192.0.2.33\", [49,57,50,46,48,46,50,46,51,51]\n"
                               "1\n";
    return client_send(&(struct request){.service = t->service,
                                         .path = text_of("/v1/mask%s", query),
                                         .token = t->token,
                                         .content_type = type,
                                         .body = body,
                                         .body_len = sizeof body - 1});
}

Test(invalid, lines_that_cannot_be_read_are_dropped_or_masked_as_text)
{
    static const char *const drops[] = {"", "?bad_lines=drop"};
    struct tenant t = stage_tenant("bad-lines");
    for (size_t i = 0; i < sizeof drops / sizeof *drops; i++) {
        const struct answer *a = mask_lines(&t, drops[i], "application/x-ndjson");
        cr_assert_eq(a->status, 200);
        cr_assert_str_eq(answer_header(a, "akkoord-bad-lines"), "2");
        expect(json_lines(a->body), "[{'ip': '192.0.2.0'}, {'line': 2}, {'line': 4}, 1]");
    }
    const struct answer *a = mask_lines(&t, "?bad_lines=mask", "application/x-ndjson");
    cr_assert_eq(a->status, 200);
    cr_assert_str_eq(answer_header(a, "akkoord-bad-lines"), "2");
    cr_assert_str_eq(a->body, "{\"ip\":\"192.0.2.0\"}\n"
                              "{\"a\":\"\\ud800 192.0.2.0\"}\n"
                              "{\"a\":\"\\u0000 192.0.2.0\", [49,57,50,46,48,46,50,46,48]\n"
                              "1\n");
    cr_assert_eq(mask_lines(&t, "?bad_lines=keep", "application/x-ndjson")->status, 422);
    cr_assert_eq(mask_lines(&t, "?bad_lines=mask", "text/plain")->status, 422);
    cr_assert_eq(mask_lines(&t, "?bad_lines=mask", "application/json")->status, 422);
}

Test(invalid, numbers_that_no_computer_holds_are_refused)
{
    static const char *const numbers[] = {"1e999", "99999999999999999999999999", "-0", "1e-400", NULL};
    struct tenant t = stage_tenant("numbers");
    for (size_t i = 0; numbers[i] != NULL; i++) {
        const struct answer *a = send_text(
            &t, &routes[2], text_of("{\"subject\": %s, \"purpose\": \"newsletter\"}", numbers[i]), 0);
        cr_assert(a->status == 400 || a->status == 422, "%s: %d", numbers[i], a->status);
    }
}

Test(invalid, an_array_with_one_wrong_element_writes_nothing_and_names_it)
{
    struct tenant t = stage_tenant("element");
    static const char *const spoilt[][2] = {{"purpose", "'newsleter'"},
                                            {"purpose", "'functional'"},
                                            {"event_state", "7"},
                                            {"event_time", "'2099-01-01T00:00:00Z'"},
                                            {"notice", "{'id': 'newsletter', 'version': '9'}"},
                                            {"subject", "{'type': 'email', 'value': 'none'}"}};
    for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++) {
        for (size_t place = 0; place < 3; place++) {
            json_t *list = json_array();
            for (size_t k = 0; k < 3; k++) {
                json_t *one = record_whole();
                if (k == place)
                    json_object_set(one, spoilt[i][0], json_of("%s", spoilt[i][1]));
                json_array_append_new(list, one);
            }
            refused_at(&t, &routes[0], list, text_of("/%zu/%s", place, spoilt[i][0]));
        }
    }
    cr_assert_eq(tenant_events(&t), 0);
    post(&t, 404, "/v1/subjects/lookup", "{'subject': {'type': 'visitor', 'value': '" MARK "'}}");
}

/* It would end the value there: `rehearse=false` and something that nobody reads. */
Test(invalid, a_zero_byte_in_the_query_is_refused_wherever_it_stands)
{
    static const char *const paths[] = {"/v1/consents/invalidate?rehearse=false%00true",
                                        "/v1/consents/invalidate?rehearse=%00",
                                        "/v1/policy/register?format=json%00",
                                        "/v1/changes?after=0%00&limit=1",
                                        "/v1/changes?purpose=%2500%00",
                                        "/v1/check/batch?only=denied%00",
                                        "/v1/sites/demo/cookies?lang=nl%00",
                                        "/v1/policy?%00",
                                        "/v1/policy?%00=x",
                                        NULL};
    struct tenant t = stage_tenant("zero-byte");
    for (size_t i = 0; paths[i] != NULL; i++) {
        bool writes = strstr(paths[i], "invalidate") != NULL, batch = strstr(paths[i], "batch") != NULL;
        const struct answer *a = client_send(
            &(struct request){.service = t.service,
                              .path = paths[i],
                              .token = t.token,
                              .content_type = batch ? "application/x-ndjson" : NULL,
                              .body = writes  ? json_text("{'purpose': 'newsletter', 'reason': 'words'}")
                                      : batch ? "{}"
                                              : NULL});
        cr_assert_eq(a->status, 422, "%s: %d %s", paths[i], a->status, a->body);
        cr_assert_not_null(strstr(a->body, "byte 0"), "%s: %s", paths[i], a->body);
    }
    cr_assert_eq(client_send(&(struct request){
                                 .service = t.service, .path = "/v1/changes?purpose=%2500", .token = t.token})
                     ->status,
                 422, "a percent sign and two digits are no zero byte: there is no such purpose");
}
