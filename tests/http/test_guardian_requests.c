/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "harness/stage.h"
#include "policy/policies.h"

#include <criterion/criterion.h>
#include <string.h>

/* POST /v1/guardian-requests and /g/{token}: a guardian is asked for a child, and answers on a page. */

#define PURPOSE                                                                                              \
    "{'key': '%s', 'lawful_basis': 'consent', 'channel': 'email', 'notice': 'news', 'minors': {'guardian': " \
    "{%s}}}"

static json_t *policy_with(const char *key, const char *rule, const char *more)
{
    return json_of("{'controller': {'key': '%s', 'country': 'NL'}, 'purposes': [" PURPOSE "," PURPOSE
                   ", {'key': 'open', 'lawful_basis': 'consent', 'channel': 'email', 'notice': "
                   "'news', 'minors': {'guardian': {'least': 'in_person'}}}], 'notices': [{'id': "
                   "'news', 'version': '1', 'effective_from': '2026-01-01T00:00:00Z', 'texts': "
                   "{'en': 'May we write?'}}]%s}",
                   key, "news", rule, "photos", rule, more);
}

static struct tenant asking_with(const char *key, const char *rule, const char *more)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), key);
    tenant_apply(&t, policy_with(key, rule, more));
    return t;
}

static struct tenant asking(const char *key, const char *rule)
{
    return asking_with(key, rule, "");
}

Test(guardian_requests, no_guardian_is_asked_for_what_rests_on_a_sale)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "asked-soft");
    tenant_apply(&t, json_of("{'controller': {'key': 'asked-soft', 'country': 'NL'}, 'purposes': [{'key': "
                             "'soft', 'lawful_basis': 'soft_opt_in', 'channel': 'email', 'direct_marketing': "
                             "true, 'minors': {'guardian': {'least': 'email'}}}]}"));
    expect(post(&t, 422, "/v1/guardian-requests",
                "{'subject': %s, 'guardian': %s, 'purposes': ['soft'], 'minor': true}", email("kid"),
                email("mum")),
           "{'errors': [{'pointer': '/purposes/0'}]}");
    cr_expect_eq(tenant_events(&t), 0);
}

/* ---- what leaves by the outbox ---- */

/* As asking(), with a place that messages are delivered to, which is none. */
static struct tenant delivering(const char *key, const char *rule)
{
    return asking_with(key, rule,
                       ", 'messages': {'endpoint': 'https://mail.invalid/', 'secret': 'mail', "
                       "'second_after': 'PT2H'}");
}

/* How many of its messages are of ${kind} (enum message_kind) and as ${condition} says. */
static long messages(const struct tenant *t, int kind, const char *condition)
{
    return strtol(database_value(stage_database(),
                                 "select count(*) from outbox o join controller c using (controller_id) "
                                 "where c.key = '%s' and o.kind = %d and %s",
                                 t->key, kind, condition),
                  NULL, 10);
}
enum { KIND_REQUEST = 2, KIND_SECOND = 3 };

#define HELD "o.status = 0 and o.not_before = 'infinity' and o.content is not null"

#define BODY(child, guardian, purposes)                                                                      \
    "{'subject': {'type': 'email', 'value': '" child "'}, 'guardian': {'type': 'email', 'value': '" guardian \
    "'}, 'purposes': " purposes ", 'minor': {'birth_month': '2014-05'}, 'language': 'en'}"

Test(guardian_requests, the_child_waits_for_the_guardian_and_the_link_is_told)
{
    struct tenant t = asking("asked", "'least': 'email'");
    const json_t *a = post(&t, 202, "/v1/guardian-requests",
                           BODY("kid-" MARK "@example.nl", "mum-" MARK "@example.nl", "['news', 'photos']"));
    expect(a, "{'delivered': false, 'verdicts': [{'purpose': 'news', 'allow': false, 'reason': "
              "'guardian_required'}, {'purpose': 'photos', 'reason': 'guardian_required'}]}");
    const char *url = json_string_value(json_object_get(a, "url"));
    cr_assert_not_null(strstr(url, "/g/"));
    cr_expect_leq(strlen(strstr(url, "/g/") + 3), 136);
    cr_expect_eq(tenant_events(&t), 2);
}

Test(guardian_requests, the_same_request_with_its_key_is_one)
{
    struct tenant t = asking("asked-once", "'least': 'email'");
    static const char body[] = BODY("kid-" MARK "@example.nl", "mum-" MARK "@example.nl", "['news']");
    const json_t *first = post_with(&t, 202, "/v1/guardian-requests", "Idempotency-Key: a", body);
    const json_t *again = post_with(&t, 202, "/v1/guardian-requests", "Idempotency-Key: a", body);
    cr_expect_str_eq(json_string_value(json_object_get(first, "url")),
                     json_string_value(json_object_get(again, "url")));
    cr_expect_eq(tenant_events(&t), 1);
}

Test(guardian_requests, who_cannot_be_asked_by_a_page_is_told_where)
{
    struct tenant t = asking("refused", "'least': 'email'"), written = asking("written", "'least': 'signed'"),
                  plus = asking("plus", "'least': 'email_plus'");
    static const struct {
        const char *body, *pointer;
    } rows[] = {
        {BODY("kid-" MARK "@example.nl", "kid-" MARK "+mum@example.nl", "['news']"), "/guardian"},
        {BODY("kid-" MARK "@example.nl", "mum-" MARK "@example.nl", "['open']"), "/purposes/0"},
        {BODY("kid-" MARK "@example.nl", "mum-" MARK "@example.nl", "['news', 'news']"), "/purposes/1"},
        {BODY("kid-" MARK "@example.nl", "mum-" MARK "@example.nl", "['nothing']"), "/purposes/0"},
        {BODY("kid-" MARK "@example.nl", "mum-" MARK "@example.nl", "[]"), "/purposes"},
        {"{'subject': {'type': 'email', 'value': 'kid@example.nl'}, 'guardian': {'type': 'customer', "
         "'value': "
         "'7'}, 'purposes': ['news'], 'minor': true}",
         "/guardian"},
        {"{'subject': {'type': 'email', 'value': 'kid@example.nl'}, 'guardian': {'type': 'email', 'value': "
         "'mum@example.nl'}, 'purposes': ['news']}",
         "/minor"},
        {"{'subject': {'type': 'email', 'value': 'kid@example.nl'}, 'guardian': {'type': 'email', 'value': "
         "'mum@example.nl'}, 'purposes': ['news'], 'minor': {'birth_month': '1990-01'}}",
         "/minor"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(post(&t, 422, "/v1/guardian-requests", "%s", text_of("%s", rows[i].body)),
               "{'errors': [{'pointer': '%s'}]}", rows[i].pointer);
    static const char good[] = BODY("kid-" MARK "@example.nl", "mum-" MARK "@example.nl", "['news']");
    expect(post(&written, 422, "/v1/guardian-requests", good), "{'errors': [{'pointer': '/purposes/0'}]}");
    expect(post(&plus, 422, "/v1/guardian-requests", good), "{'errors': [{'pointer': '/purposes/0'}]}");
    struct tenant by_phone = delivering("by-phone", "'least': 'email_plus'");
    expect(post(&by_phone, 422, "/v1/guardian-requests",
                "{'subject': {'type': 'email', 'value': 'kid@example.nl'}, 'guardian': {'type': 'phone', "
                "'value': '0612345678'}, 'purposes': ['news'], 'minor': true}"),
           "{'errors': [{'pointer': '/purposes/0'}]}");
    cr_expect_eq(tenant_events(&t) + tenant_events(&written) + tenant_events(&plus), 0);
}

#define ASK(child, guardian)                                                                                 \
    "{'subject': " child ", 'guardian': {'type': 'email', 'value': '" guardian                               \
    "'}, 'purposes': ['news'], 'minor': true}"
#define OWN_CODE "{'type': 'customer', 'value': 'K-78-" MARK "'}"

/* What is known of a child beside what the body names. */
Test(guardian_requests, a_mail_box_that_is_known_as_the_childs_own_proves_no_guardian)
{
    struct tenant t = asking("own-box", "'least': 'email'");
    post(&t, 200, "/v1/withdraw",
         "{'subject': [" OWN_CODE ", {'type': 'email', 'value': 'k4-" MARK "@example.nl'}], 'purpose': "
         "'photos'}");
    long events = tenant_events(&t);
    static const char *const own[] = {
        ASK(OWN_CODE, "k4-" MARK "@example.nl"),
        ASK(OWN_CODE, "k4-" MARK "+x@example.nl"),
        ASK("[{'type': 'visitor', 'value': 'v-" MARK "'}, " OWN_CODE "]", "K4-" MARK "@Example.nl"),
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        expect(post(&t, 422, "/v1/guardian-requests", "%s", text_of("%s", own[i])),
               "{'errors': [{'pointer': '/guardian'}]}");
    cr_expect_eq(tenant_events(&t), events);

    /* somebody else's is none of the child's, though both came by one browser */
    post(&t, 200, "/v1/withdraw",
         "{'subject': [{'type': 'email', 'value': 'mum-" MARK
         "@example.nl'}, {'type': 'visitor', 'value': 'v-" MARK "'}], 'purpose': 'photos'}");
    post(&t, 202, "/v1/guardian-requests",
         ASK("[" OWN_CODE ", {'type': 'visitor', 'value': 'v-" MARK "'}]", "mum-" MARK "@example.nl"));

    /* what was asked before it was known is answered again as it was, and asked anew it is refused */
    static const char asked[] =
        ASK("{'type': 'email', 'value': 'k5-" MARK "@example.nl'}", "dad-" MARK "@example.nl");
    post_with(&t, 202, "/v1/guardian-requests", "Idempotency-Key: k5", asked);
    post(&t, 200, "/v1/withdraw",
         "{'subject': [{'type': 'email', 'value': 'k5-" MARK
         "@example.nl'}, {'type': 'email', 'value': 'dad-" MARK "@example.nl'}], 'purpose': 'photos'}");
    post_with(&t, 202, "/v1/guardian-requests", "Idempotency-Key: k5", asked);
    post(&t, 422, "/v1/guardian-requests", asked);
}

/* ---- the page ---- */

/* Of the answer to a request: the page's path. */
static const char *path_of(const json_t *answer)
{
    return text_of("%s", strstr(json_string_value(json_object_get(answer, "url")), "/g/"));
}

/* ${header}: one more of the question's, or NULL. */
static const struct answer *page_get_with(const struct tenant *t, const char *method, const char *path,
                                          const char *header)
{
    return client_send(&(struct request){.service = t->service,
                                         .foreign = true,
                                         .method = method,
                                         .path = path,
                                         .headers = {"Accept-Language: en", header}});
}

static const struct answer *page_get(const struct tenant *t, const char *method, const char *path)
{
    return page_get_with(t, method, path, NULL);
}

static const struct answer *page_post(const struct tenant *t, const char *path, const char *body,
                                      const char *header)
{
    return client_send(&(struct request){.service = t->service,
                                         .foreign = true,
                                         .path = path,
                                         .body = body,
                                         .content_type = "application/x-www-form-urlencoded",
                                         .headers = {"Accept-Language: en", header}});
}

/* What stands in a hidden field of the page. */
static const char *hidden(const struct answer *page, const char *name)
{
    const char *field = strstr(page->body, text_of("name=\"%s\" value=\"", name));
    cr_assert_not_null(field, "%s", name);
    field = strstr(field, "value=\"") + strlen("value=\"");
    return text_of("%.*s", (int)strcspn(field, "\""), field);
}

/* The form as it is sent when both boxes, or one, are ticked. */
static const char *yes_of(const struct answer *page, const char *boxes)
{
    return text_of("statement=%s&language=%s&state=%s&role=parent&name=Anna+de+Vries&action=give%s",
                   hidden(page, "statement"), hidden(page, "language"), hidden(page, "state"), boxes);
}

/* The name of the box of the ${n}th purpose. */
static const char *box(const struct answer *page, unsigned n)
{
    const char *at = page->body;
    for (unsigned i = 0; i <= n; i++) {
        at = strstr(at, "type=\"checkbox\" name=\"");
        cr_assert_not_null(at);
        at += strlen("type=\"checkbox\" name=\"");
    }
    return text_of("&%.*s=yes", (int)strcspn(at, "\""), at);
}

static const char *ask(const struct tenant *t)
{
    return path_of(post(t, 202, "/v1/guardian-requests",
                        BODY("kid-" MARK "@example.nl", "mum-" MARK "@example.nl", "['news', 'photos']")));
}

Test(guardian_requests, a_repeat_has_the_first_answer_whatever_came_since)
{
    struct tenant t = asking("asked-again", "'least': 'email'");
    static const char body[] = BODY("kid-" MARK "@example.nl", "mum-" MARK "@example.nl", "['news']");
    const json_t *first = post_with(&t, 202, "/v1/guardian-requests", "Idempotency-Key: a", body);
    const char *url = json_string_value(json_object_get(first, "url")), *path = strstr(url, "/g/");
    cr_assert_eq(page_post(&t, path, "action=refuse", NULL)->status, 200);
    cr_expect(json_equal(post_with(&t, 202, "/v1/guardian-requests", "Idempotency-Key: a", body), first),
              "the guardian said no meanwhile");
    json_t *policy = json_of("{'controller': {'key': 'asked-again', 'country': 'NL'}, 'purposes': [{'key': "
                             "'news', 'retired': true, 'lawful_basis': 'consent', 'channel': 'email', "
                             "'notice': 'news'}], 'notices': [{'id': 'news', 'version': '1', "
                             "'effective_from': '2026-01-01T00:00:00Z', 'texts': {'en': 'May we write?'}}]}");
    tenant_apply(&t, policy);
    cr_expect(json_equal(post_with(&t, 202, "/v1/guardian-requests", "Idempotency-Key: a", body), first),
              "the purpose was retired meanwhile");
    post(&t, 422, "/v1/guardian-requests", body);
    cr_expect_eq(tenant_events(&t), 2);
}

Test(guardian_requests, looking_changes_nothing_however_often)
{
    struct tenant t = asking("looked-at", "'least': 'email'");
    const char *path = ask(&t);
    /* mail programs and browsers that fetch ahead say so in one of these; a filter says nothing */
    static const char *const ahead[] = {NULL,
                                        "Sec-Purpose: prefetch",
                                        "Sec-Purpose: prefetch;prerender",
                                        "Purpose: prefetch",
                                        "X-Moz: prefetch",
                                        "X-Purpose: preview"};
    enum { TIMES = 10, HEADERS = sizeof ahead / sizeof *ahead };
    for (unsigned i = 0; i < 2 * TIMES * HEADERS; i++) {
        const struct answer *a = page_get_with(&t, i % 2 == 0 ? "GET" : "HEAD", path, ahead[i / 2 % HEADERS]);
        cr_assert_eq(a->status, 200);
        cr_expect_str_eq(answer_header(a, "cache-control"), "no-store");
        cr_expect_null(answer_header(a, "set-cookie"));
        cr_expect(i % 2 != 0 ||
                  (strstr(a->body, "May we write?") != NULL && strstr(a->body, " checked") == NULL));
        cr_expect_null(strstr(a->body, "role=\"alert\""), "nothing is wrong yet");
        cr_expect_lt(a->len, 15 * 1024);
    }
    cr_expect_eq(tenant_events(&t), 2);
    cr_expect_str_eq(reason_of(&t, "kid", "news"), "guardian_required");
}

Test(guardian_requests, what_is_ticked_and_signed_is_granted_and_nothing_else)
{
    struct tenant t = asking("signed", "'least': 'email'");
    const char *path = ask(&t);
    const struct answer *page = page_get(&t, "GET", path);
    const struct answer *done = page_post(&t, path, yes_of(page, box(page, 0)), NULL);
    cr_assert_eq(done->status, 200);
    cr_expect_not_null(strstr(done->body, "This was recorded"));
    cr_expect_str_eq(reason_of(&t, "kid", "news"), "granted");
    cr_expect_str_eq(reason_of(&t, "kid", "photos"), "guardian_required");
    cr_expect_eq(tenant_events(&t), 3);

    /* sent again it is the same; and what stands can be taken back on the same page */
    cr_expect_eq(page_post(&t, path, yes_of(page, box(page, 0)), NULL)->status, 200);
    cr_expect_eq(tenant_events(&t), 3);
    page = page_get(&t, "GET", path);
    cr_expect_eq(
        page_post(&t, path, text_of("action=withdraw&state=%s", hidden(page, "state")), NULL)->status, 200);
    cr_expect_str_eq(reason_of(&t, "kid", "news"), "withdrawn");
    cr_expect_eq(tenant_events(&t), 4);
    cr_expect_eq(
        page_post(&t, path, text_of("action=withdraw&state=%s", hidden(page, "state")), NULL)->status, 200);
    cr_expect_eq(tenant_events(&t), 4);
}

/* What staff does to an identifier. ${verb}: of the path. */
struct way {
    const char *method, *verb, *body;
};
#define BODY_OF(name) "{'type': 'email', 'value': '" name "-" MARK "@example.nl'}"
#define DOCUMENTS                                                                                            \
    ", 'evidence': {'documents': [{'name': 'id', 'sha256': "                                                 \
    "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}]}"
#define CORRECT(name, more)                                                                                  \
    {                                                                                                        \
        "POST", "correct", "{'from': " BODY_OF(name) ", 'to': " BODY_OF(name "2") more "}"                   \
    }
#define MUM BODY_OF("mum")
static const struct way mum_goes[] = {
    {"POST", "erase", "{}"},
    {"POST", "erase", "{'keep_proof': false, 'remember_no': false}"},
    CORRECT("mum", ""),
    CORRECT("mum", DOCUMENTS),
    {"DELETE", "identifiers", "{'identifier': " MUM "}"},
};
enum { MUM_GOES = sizeof mum_goes / sizeof *mum_goes };

static void done_to(const struct tenant *t, const char *id, const struct way *way)
{
    const struct request ends = {.service = t->service,
                                 .token = t->token,
                                 .method = way->method,
                                 .path = text_of("/v1/subjects/%s/%s", id, way->verb),
                                 .body = json_text("%s", way->body)};
    const struct answer *a = client_send(&ends);
    cr_assert_eq(a->status, 200, "%s %s: %s", way->verb, way->body, a->body);
}

/* She is somebody too, with a customer code. Returns her id. */
static const char *mum_known(const struct tenant *t)
{
    return string_at(post(t, 201, "/v1/consents",
                          "{'subject': [{'type': 'customer', 'value': 'M-" MARK "'}, " MUM
                          "], 'purpose': 'news', 'event_state': 'given', 'collection_method': 'web_form'}"),
                     "/subject_id");
}

/* The guardian's own address ends, is corrected or goes with them. */
Test(guardian_requests, a_yes_is_taken_back_by_its_link_whatever_became_of_the_guardians_address)
{
    for (size_t i = 0; i < MUM_GOES; i++) {
        struct tenant t = asking(text_of("mum-gone%zu", i), "'least': 'email'");
        const char *mum = mum_known(&t), *path = ask(&t);
        const struct answer *page = page_get(&t, "GET", path);
        const char *other = yes_of(page, box(page, 1));
        page_post(&t, path, yes_of(page, box(page, 0)), NULL);
        done_to(&t, mum, &mum_goes[i]);
        cr_expect_str_eq(reason_of(&t, "kid", "news"), "granted");
        page = page_get(&t, "GET", path);
        cr_expect_not_null(strstr(page->body, "value=\"withdraw\""), "%zu", i);
        cr_expect_null(strstr(page->body, "value=\"give\""), "%zu", i);
        page_post(&t, path, other, NULL);
        cr_expect_str_eq(reason_of(&t, "kid", "photos"), "guardian_required", "%zu", i);
        cr_expect_eq(
            page_post(&t, path, text_of("action=withdraw&state=%s", hidden(page, "state")), NULL)->status,
            200);
        cr_expect_str_eq(reason_of(&t, "kid", "news"), "withdrawn", "%zu", i);
    }
}

/* Whoever clicks on it may be anybody. */
static void expect_over(const struct tenant *t, const char *path, const char *yes, const char *why)
{
    long events = tenant_events(t);
    const struct answer *page = page_get(t, "GET", path), *sent = page_post(t, path, yes, NULL);
    cr_expect_eq(page->status, 410, "%s: %s", why, page->body);
    cr_expect_eq(sent->status, 410, "%s: %s", why, sent->body);
    cr_expect_null(strstr(sent->body, "recorded"), "%s: %s", why, sent->body);
    cr_expect_eq(tenant_events(t), events, "%s", why);
}

Test(guardian_requests, a_link_is_over_with_the_guardians_own_address)
{
    for (size_t i = 0; i < MUM_GOES; i++) {
        struct tenant t = asking(text_of("mum-left%zu", i), "'least': 'email'");
        const char *mum = mum_known(&t), *path = ask(&t);
        const struct answer *page = page_get(&t, "GET", path);
        const char *yes = yes_of(page, box(page, 0));
        done_to(&t, mum, &mum_goes[i]);
        expect_over(&t, path, yes, mum_goes[i].body);
        cr_expect_str_neq(reason_of(&t, "kid", "news"), "granted");

        /* who is asked anew is */
        path = ask(&t);
        cr_expect_eq(page_get(&t, "GET", path)->status, 200);
        page = page_get(&t, "GET", path);
        page_post(&t, path, yes_of(page, box(page, 0)), NULL);
        cr_expect_str_eq(reason_of(&t, "kid", "news"), "granted", "%zu", i);
    }
}

Test(guardian_requests, a_link_is_over_with_what_became_of_a_guardian_who_was_not_known_then)
{
    for (size_t i = 0; i < MUM_GOES; i++) {
        struct tenant t = asking(text_of("mum-later%zu", i), "'least': 'email'");
        const char *path = ask(&t), *mum = mum_known(&t);
        const struct answer *page = page_get(&t, "GET", path);
        const char *yes = yes_of(page, box(page, 0));
        done_to(&t, mum, &mum_goes[i]);
        expect_over(&t, path, yes, mum_goes[i].body);
    }
}

Test(guardian_requests, a_link_is_over_with_the_childs_address)
{
    static const struct way kid_goes[] = {
        CORRECT("kid", ""), CORRECT("kid", DOCUMENTS), {"POST", "erase", "{}"}};
    for (size_t i = 0; i < sizeof kid_goes / sizeof *kid_goes; i++) {
        struct tenant t = asking(text_of("kid-left%zu", i), "'least': 'email'");
        const char *path = ask(&t);
        const struct answer *page = page_get(&t, "GET", path);
        const char *yes = yes_of(page, box(page, 0));
        const char *kid =
            string_at(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("kid")), "/subject_id");
        done_to(&t, kid, &kid_goes[i]);
        expect_over(&t, path, yes, kid_goes[i].body);
    }
}

Test(guardian_requests, a_guardian_who_was_only_asked_is_forgotten_with_the_last_child)
{
    struct tenant t = asking("asked-forgotten", "'least': 'email'");
    static const char *const children[] = {"kid", "sis"};
    const char *path = ask(&t);
    const char *sisters =
        path_of(post(&t, 202, "/v1/guardian-requests",
                     BODY("sis-" MARK "@example.nl", "mum-" MARK "@example.nl", "['news', 'photos']")));
    cr_assert_str_neq(path, sisters);
    for (size_t i = 0; i < 2; i++) {
        const char *id = string_at(
            post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email(children[i])), "/subject_id");
        expect(post(&t, 200, text_of("/v1/subjects/%s/erase", id), "{'keep_proof': false}"),
               "{'certificate': {'removed': {'guardians': %d}}}", (int)i);
        cr_expect_eq(page_get(&t, "GET", sisters)->status, i == 0 ? 200 : 410);
    }
}

Test(guardian_requests, all_of_it_is_refused_by_one_press)
{
    struct tenant t = asking("all-refused", "'least': 'email'");
    const char *path = ask(&t);
    cr_expect_eq(page_post(&t, path, "action=refuse", NULL)->status, 200);
    cr_expect_str_eq(reason_of(&t, "kid", "news"), "refused");
    cr_expect_str_eq(reason_of(&t, "kid", "photos"), "refused");
    cr_expect_eq(tenant_events(&t), 4);

    /* who says no need not say who they are, and then nobody says it for them */
    const char *who = "{'subject': {'type': 'email', 'value': 'kid-" MARK "@example.nl'}}";
    const char *id = json_string_value(
        json_object_get(post(&t, 200, "/v1/subjects/lookup", "%s", text_of("%s", who)), "subject_id"));
    expect(json_object_get(get(&t, 200, "/v1/subjects/%s/history", id), "events"),
           "[{}, {}, {'event_state': 'refused', 'expressed_by': {'role': 'guardian'}}, {'expressed_by': "
           "{'role': 'guardian'}}]");
    cr_expect_eq(page_post(&t, path, "action=refuse&role=carer&state=9", NULL)->status, 200);
    cr_expect_eq(tenant_events(&t), 4, "said twice is said once");
}

Test(guardian_requests, a_no_is_never_lost_to_a_form_that_was_sent_before)
{
    struct tenant t = asking("no-again", "'least': 'email'");
    const char *path = ask(&t);
    for (unsigned i = 0; i < 2; i++) {
        const struct answer *page = page_get(&t, "GET", path);
        cr_assert_eq(page_post(&t, path, yes_of(page, box(page, 0)), NULL)->status, 200);
        cr_expect_str_eq(reason_of(&t, "kid", "news"), "granted");
        cr_expect_eq(page_post(&t, path, "action=withdraw&state=0", NULL)->status, 200);
        cr_expect_str_eq(reason_of(&t, "kid", "news"), "withdrawn");
        cr_expect_eq(page_post(&t, text_of("%s?utm_source=a", path), "action=withdraw&state=1", NULL)->status,
                     200);
        cr_expect_eq(tenant_events(&t), 4 + 2 * i);
    }
}

Test(guardian_requests, a_form_that_lacks_something_changes_nothing_and_says_what)
{
    struct tenant t = asking("lacking", "'least': 'email'");
    const char *path = ask(&t);
    const struct answer *page = page_get(&t, "GET", path);
    const char *first = box(page, 0), *statement = hidden(page, "statement");
    char *name = malloc(10001);
    memset(name, 'x', 10000);
    name[10000] = '\0';
    const struct {
        const char *body;
        int status;
    } rows[] = {
        {yes_of(page, ""), 422},
        {text_of("statement=%s&language=en&state=0&name=Anna&action=give%s", statement, first), 422},
        {text_of("statement=%s&language=en&state=0&role=parent&name=+&action=give%s", statement, first), 422},
        {text_of("statement=%s&language=en&state=0&role=parent&name=%s&action=give%s", statement, name,
                 first),
         422},
        {text_of("statement=00&language=en&state=0&role=parent&name=Anna&action=give%s", first), 422},
        {text_of("statement=%s&language=en&state=0&role=self&name=Anna&action=give%s", statement, first),
         422},
        {"", 400},
        {"action=other", 400},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(page_post(&t, path, rows[i].body, NULL)->status, rows[i].status, "%zu", i);
    cr_expect_eq(page_post(&t, path, "action=refuse", "Sec-Fetch-Site: cross-site")->status, 403);
    cr_expect_eq(page_post(&t, path, "action=refuse", "Origin: https://evil.example")->status, 403);
    cr_expect_eq(tenant_events(&t), 2);
    free(name);
}

/* So many characters of two bytes each, as a form sends them. */
static const char *accents(size_t count)
{
    static char text[6 * 201 + 1];
    cr_assert_leq(count, 201);
    for (size_t i = 0; i < count; i++)
        memcpy(text + 6 * i, "%C3%A9", 6);
    text[6 * count] = '\0';
    return text;
}

Test(guardian_requests, a_form_that_nobody_waits_for_any_more_is_told_that_alone)
{
    struct tenant t = asking("asked-over", "'least': 'email'");
    const char *path = ask(&t);
    const struct answer *page = page_get(&t, "GET", path);
    const char *yes = yes_of(page, box(page, 0));
    const char *id = json_string_value(
        json_object_get(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("kid")), "subject_id"));
    post(&t, 200, text_of("/v1/subjects/%s/erase", id), "{}");
    const struct answer *over = page_post(&t, path, yes, NULL);
    cr_expect_eq(over->status, 410);
    cr_expect_null(strstr(over->body, "role=\"alert\""), "%s", over->body);
}

Test(guardian_requests, a_name_has_200_characters_and_what_was_there_stays)
{
    struct tenant t = asking("name-length", "'least': 'email'");
    const char *path = ask(&t);
    const struct answer *page = page_get(&t, "GET", path);
    const char *first = box(page, 0),
               *head = text_of("statement=%s&language=en&state=0&action=give", hidden(page, "statement"));

    /* too long: it is not said again, and the rest is */
    page = page_post(&t, path, text_of("%s&role=carer&name=%s%s", head, accents(201), first), NULL);
    cr_expect_eq(page->status, 422);
    cr_expect_not_null(strstr(page->body, "role=\"alert\""));
    cr_expect_null(strstr(page->body, "\u00e9\u00e9"), "what was too long is not said again");
    cr_expect_not_null(strstr(page->body, "value=\"carer\" checked"), "%s", page->body);
    cr_expect_not_null(strstr(page->body, "value=\"yes\" checked"));

    /* no role: the name and the box stay; no box: the name and the role */
    page = page_post(&t, path, text_of("%s&name=Anna%s", head, first), NULL);
    cr_expect_eq(page->status, 422);
    cr_expect_not_null(strstr(page->body, "value=\"Anna\""));
    cr_expect_not_null(strstr(page->body, "value=\"yes\" checked"));
    cr_expect_null(strstr(page->body, "type=\"radio\" name=\"role\" value=\"parent\" checked"));
    page = page_post(&t, path, text_of("%s&role=parent&name=Anna", head), NULL);
    cr_expect_eq(page->status, 422);
    cr_expect_not_null(strstr(page->body, "value=\"parent\" checked"));
    cr_expect_null(strstr(page->body, "value=\"yes\" checked"));

    /* to other words than those that were shown nothing was ticked */
    page = page_post(&t, path,
                     text_of("statement=00&language=en&state=0&action=give&role=parent&name=Anna%s", first),
                     NULL);
    cr_expect_eq(page->status, 422);
    cr_expect_null(strstr(page->body, "value=\"yes\" checked"));
    cr_expect_not_null(strstr(page->body, "value=\"Anna\""));

    cr_expect_eq(tenant_events(&t), 2);
    page = page_post(&t, path, text_of("%s&role=parent&name=%s%s", head, accents(200), first), NULL);
    cr_expect_eq(page->status, 200, "400 bytes");
    cr_expect_null(strstr(page->body, "\u00e9\u00e9"));
    cr_expect_null(strstr(page->body, " checked"));
    cr_expect_str_eq(reason_of(&t, "kid", "news"), "granted");
}

Test(guardian_requests, a_link_that_is_none_is_not_found_with_the_same_bytes)
{
    struct tenant t = asking("no-link", "'least': 'email'");
    const struct answer *none = page_get(&t, "GET", "/g/none");
    const char *path = ask(&t);
    const char *cut = text_of("%.*s", (int)strlen(path) - 1, path);
    const struct answer *other = page_get(&t, "GET", cut);
    cr_expect_eq(none->status, 404);
    cr_expect_eq(other->status, 404);
    cr_expect_str_eq(none->body, other->body);
}

/* ---- under another policy than it was asked under ---- */

/* A request of both purposes, whose rule becomes ${rule} before the guardian answers. */
struct changed {
    struct tenant t;
    const char *path;
    const struct answer *before, *after; /* the page */
};

static struct changed changed_to(struct tenant t, const char *rule, const char *more)
{
    struct changed c = {.t = t, .path = ask(&t)};
    c.before = page_get(&t, "GET", c.path);
    cr_assert_eq(c.before->status, 200);
    tenant_apply(&t, policy_with(t.key, rule, more));
    c.after = page_get(&t, "GET", c.path);
    return c;
}

/* Neither by the form as it was, nor by one that was made up. */
static void expect_no_yes(const struct changed *c, int status)
{
    const char *both = yes_of(c->before, text_of("%s%s", box(c->before, 0), box(c->before, 1)));
    const struct answer *sent = page_post(&c->t, c->path, both, NULL);
    cr_expect_eq(sent->status, status, "%s", sent->body);
    cr_expect_null(strstr(sent->body, "This was recorded"), "%s", sent->body);
    cr_expect_null(strstr(sent->body, "type=\"checkbox\""), "%s", sent->body);
    cr_expect_eq(tenant_events(&c->t), 2);
    cr_expect_str_neq(reason_of(&c->t, "kid", "news"), "granted");
}

#define NOT_HERE "You cannot agree to this here"

Test(guardian_requests, no_yes_is_taken_that_the_policy_in_force_wants_on_paper)
{
    static const char *const rules[] = {"'least': 'in_person'", "'least': 'eid'", "'least': 'signed'",
                                        "'least': 'email', 'written': true", "'least': 'email_plus'"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct changed c = changed_to(asking(text_of("raised%zu", i), "'least': 'email'"), rules[i], "");
        cr_expect_eq(c.after->status, 200);
        cr_expect_not_null(strstr(c.after->body, NOT_HERE), "%s", c.after->body);
        cr_expect_null(strstr(c.after->body, "type=\"checkbox\""));
        cr_expect_null(strstr(c.after->body, "role=\"alert\""));
        expect_no_yes(&c, 422);

        /* a No always */
        cr_expect_eq(page_post(&c.t, c.path, "action=refuse", NULL)->status, 200);
        cr_expect_str_eq(reason_of(&c.t, "kid", "news"), "refused");
    }
}

Test(guardian_requests, no_signature_is_taken_that_nobody_can_be_sealed_to_any_more)
{
    static const char *const rules[] = {"'least': 'signed'", "'least': 'email', 'written': true"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct tenant t = tenant_bare(stage_service(0), stage_keyring(), text_of("unsealed%zu", i));
        json_t *policy = policy_with(t.key, rules[i], "");
        json_object_set(policy, "officer", json_object_get(example_policy("youth", t.key), "officer"));
        tenant_apply(&t, policy);
        struct changed c = changed_to(t, rules[i], "");
        cr_expect_not_null(strstr(c.after->body, NOT_HERE), "%s", c.after->body);
        expect_no_yes(&c, 422);
        cr_expect_str_eq(reason_of(&t, "kid", "news"), "guardian_required");
    }
}

Test(guardian_requests, what_no_guardian_decides_any_more_is_over)
{
    struct tenant t = asking("decides-none", "'least': 'email'");
    const char *path = ask(&t);
    const struct answer *page = page_get(&t, "GET", path);
    json_t *policy = policy_with("decides-none", "'least': 'email'", "");
    for (size_t i = 0; i < 2; i++)
        json_object_set_new(json_array_get(json_object_get(policy, "purposes"), i), "minors",
                            json_string("forbidden"));
    tenant_apply(&t, policy);
    struct changed c = {.t = t, .path = path, .before = page, .after = page_get(&t, "GET", path)};
    cr_expect_eq(c.after->status, 410);
    expect_no_yes(&c, 410);
}

Test(guardian_requests, one_of_two_is_given_where_the_other_is_on_paper_by_now)
{
    struct tenant t = asking("one-raised", "'least': 'email'");
    const char *path = ask(&t);
    const struct answer *before = page_get(&t, "GET", path);
    const char *both = yes_of(before, text_of("%s%s", box(before, 0), box(before, 1)));
    json_t *policy = policy_with("one-raised", "'least': 'email'", "");
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 1), "minors",
                        json_of("{'guardian': {'least': 'in_person'}}"));
    tenant_apply(&t, policy);

    /* the page was another one: it is read again, and then what can be given is */
    const struct answer *page = page_post(&t, path, both, NULL);
    cr_expect_eq(page->status, 422);
    cr_expect_not_null(strstr(page->body, NOT_HERE));
    cr_expect_eq(tenant_events(&t), 2);
    cr_expect_eq(page_post(&t, path, yes_of(page, box(page, 0)), NULL)->status, 200);
    cr_expect_str_eq(reason_of(&t, "kid", "news"), "granted");
    cr_expect_str_eq(reason_of(&t, "kid", "photos"), "guardian_required");
    page = page_get(&t, "GET", path);
    cr_expect_not_null(strstr(page->body, "value=\"withdraw\""));
    cr_expect_not_null(strstr(page->body, NOT_HERE));
}

Test(guardian_requests, the_roles_are_those_of_the_policy_in_force)
{
    struct tenant t = asking("roles-changed", "'least': 'email'");
    struct changed c = changed_to(t, "'least': 'email', 'roles': ['carer']", "");
    const char *yes = yes_of(c.before, box(c.before, 0));
    cr_expect_null(strstr(c.after->body, "value=\"parent\""));
    cr_expect_eq(page_post(&t, c.path, yes, NULL)->status, 422);
    cr_expect_eq(tenant_events(&t), 2);

    /* nobody may say all of it */
    json_t *policy = policy_with("roles-changed", "'least': 'email', 'roles': ['carer']", "");
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 1), "minors",
                        json_of("{'guardian': {'least': 'email', 'roles': ['parent']}}"));
    tenant_apply(&t, policy);
    c.after = page_get(&t, "GET", c.path);
    cr_expect_not_null(strstr(c.after->body, NOT_HERE), "%s", c.after->body);
    expect_no_yes(&c, 422);
}

Test(guardian_requests, who_may_not_act_for_all_of_it_is_not_asked_for_all_of_it)
{
    struct tenant t = asking("roles-apart", "'least': 'email'");
    json_t *policy = policy_with("roles-apart", "'least': 'email', 'roles': ['parent']", "");
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 1), "minors",
                        json_of("{'guardian': {'least': 'email', 'roles': ['carer']}}"));
    tenant_apply(&t, policy);
    expect(post(&t, 422, "/v1/guardian-requests",
                BODY("kid-" MARK "@example.nl", "mum-" MARK "@example.nl", "['news', 'photos']")),
           "{'errors': [{'pointer': '/purposes/1'}]}");
    cr_expect_eq(tenant_events(&t), 0);
    post(&t, 202, "/v1/guardian-requests",
         BODY("kid-" MARK "@example.nl", "mum-" MARK "@example.nl", "['photos']"));
}

Test(guardian_requests, a_form_that_is_sent_again_never_says_recorded_where_nothing_was)
{
    struct tenant t = asking("sent-again", "'least': 'email'");
    const char *path = ask(&t);
    const struct answer *page = page_get(&t, "GET", path);
    const char *yes = yes_of(page, box(page, 0));
    cr_expect_not_null(strstr(page_post(&t, path, yes, NULL)->body, "This was recorded"));
    cr_expect_not_null(strstr(page_post(&t, path, yes, NULL)->body, "This was recorded"), "pressed twice");
    page = page_get(&t, "GET", path);
    page_post(&t, path, text_of("action=withdraw&state=%s", hidden(page, "state")), NULL);
    const struct answer *again = page_post(&t, path, yes, NULL);
    cr_expect_null(strstr(again->body, "This was recorded"));
    cr_expect_not_null(strstr(again->body, "Nothing new was recorded"));
    cr_expect_str_eq(reason_of(&t, "kid", "news"), "withdrawn");

    const char *id = json_string_value(
        json_object_get(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("kid")), "subject_id"));
    post(&t, 200, text_of("/v1/subjects/%s/erase", id), "{}");
    again = page_post(&t, path, yes, NULL);
    cr_expect_eq(again->status, 410);
    cr_expect_null(strstr(again->body, "recorded"), "%s", again->body);
}

/* ---- the messages ---- */

Test(guardian_requests, the_message_is_put_with_the_requests_and_once_for_a_key)
{
    struct tenant t = delivering("put-with", "'least': 'email'");
    static const char body[] =
        BODY("kid-" MARK "@example.nl", "mum-" MARK "@example.nl", "['news', 'photos']"),
                      sister[] = BODY("sis-" MARK "@example.nl", "mum-" MARK "@example.nl", "['news']");
    expect(post_with(&t, 202, "/v1/guardian-requests", "Idempotency-Key: a", body), "{'delivered': true}");
    expect(post_with(&t, 202, "/v1/guardian-requests", "Idempotency-Key: a", body), "{'delivered': true}");
    cr_expect_eq(messages(&t, KIND_REQUEST,
                          "o.put_at = (select e.recorded_at from event e where e.controller_id = "
                          "o.controller_id and e.revision = o.revision and e.subject_no = o.subject_no)"),
                 1);
    cr_expect_eq(messages(&t, KIND_SECOND, "true"), 0, "no purpose asks for one");

    /* asked again at once it is recorded and not mailed; another child is */
    expect(post(&t, 202, "/v1/guardian-requests", body), "{'delivered': false}");
    cr_expect_eq(messages(&t, KIND_REQUEST, "true"), 1);
    expect(post(&t, 202, "/v1/guardian-requests", sister), "{'delivered': true}");
    cr_expect_eq(messages(&t, KIND_REQUEST, "true"), 2);
}

Test(guardian_requests, a_yes_by_email_plus_sends_a_second_mail_after_its_delay)
{
    struct tenant t = delivering("plus-yes", "'least': 'email_plus'");
    const char *path = ask(&t);
    cr_expect_eq(messages(&t, KIND_SECOND, HELD), 1);
    const struct answer *page = page_get(&t, "GET", path);
    cr_assert_eq(page_post(&t, path, yes_of(page, box(page, 0)), NULL)->status, 200);
    cr_expect_str_eq(reason_of(&t, "kid", "news"), "granted");
    cr_expect_eq(messages(&t, KIND_SECOND,
                          "o.status = 0 and o.due_at = o.not_before and o.not_before = interval '2 hours' + "
                          "(select max(e.recorded_at) from event e where e.controller_id = o.controller_id) "
                          "and o.ends_at = o.not_before + interval '3 days'"),
                 1);
    cr_expect_eq(
        strtol(database_value(stage_database(),
                              "select count(*) from event e join controller c using (controller_id) "
                              "where c.key = 'plus-yes' and e.detail -> 'expressed_by' ->> 'strength' "
                              "= 'email_plus'"),
               NULL, 10),
        1);

    /* it cannot be had sooner, and what is newer does not wait for it */
    const json_t *list = get(&t, 200, "/v1/webhooks/deliveries?status=waiting");
    const char *id = NULL;
    size_t i;
    const json_t *one;
    json_array_foreach(json_object_get(list, "deliveries"), i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "type")), "message.guardian_second") == 0)
            id = json_string_value(json_object_get(one, "id"));
    }
    cr_assert_not_null(id);
    cr_expect_eq(client_send(&(struct request){.service = t.service,
                                               .token = t.token,
                                               .method = "POST",
                                               .path = text_of("/v1/webhooks/deliveries/%s/resend", id)})
                     ->status,
                 202);
    cr_expect_eq(messages(&t, KIND_SECOND, "o.status = 0 and o.due_at > now() + interval '1 hour'"), 1);

    /* taken back on the page, there is nothing left to take back */
    page = page_get(&t, "GET", path);
    page_post(&t, path, text_of("action=withdraw&role=parent&state=%s", hidden(page, "state")), NULL);
    cr_expect_str_eq(reason_of(&t, "kid", "news"), "withdrawn");
    cr_expect_eq(messages(&t, KIND_SECOND, "o.status <> 0 and o.content is null"), 1);
}

Test(guardian_requests, a_no_ends_the_second_mail_that_waited)
{
    struct tenant t = delivering("plus-no", "'least': 'email_plus'");
    const char *path = ask(&t);
    cr_expect_eq(page_post(&t, path, "action=refuse&role=parent", NULL)->status, 200);
    cr_expect_eq(messages(&t, KIND_SECOND, "o.status <> 0 and o.content is null"), 1);
}

Test(guardian_requests, once_the_second_mail_has_left_no_yes_is_taken_that_would_need_it)
{
    struct tenant t = delivering("plus-left", "'least': 'email_plus'");
    const char *path = ask(&t);
    const struct answer *page = page_get(&t, "GET", path);
    const char *both = yes_of(page, text_of("%s%s", box(page, 0), box(page, 1)));
    database_value(stage_database(),
                   "with gone as (update outbox o set status = 1, content = null, over_at = "
                   "now() from controller c where c.controller_id = o.controller_id and "
                   "c.key = 'plus-left' and o.kind = 3 returning 1) select count(*) from gone");
    page_post(&t, path, both, NULL);
    cr_expect_str_eq(reason_of(&t, "kid", "news"), "guardian_required");
    cr_expect_eq(tenant_events(&t), 2);
}

/* It waits, but nobody takes it. */
Test(guardian_requests, no_yes_is_taken_whose_second_mail_has_nowhere_to_go)
{
    struct tenant t = delivering("plus-stopped", "'least': 'email_plus'");
    const char *path = ask(&t);
    const struct answer *page = page_get(&t, "GET", path);
    const char *both = yes_of(page, text_of("%s%s", box(page, 0), box(page, 1)));
    const char *stop = "with done as (update endpoint e set stopped_at = %s from controller c where "
                       "c.controller_id = e.controller_id and c.key = 'plus-stopped' returning 1) select "
                       "count(*) from done";
    database_value(stage_database(), stop, "now()");
    page_post(&t, path, both, NULL);
    cr_expect_str_eq(reason_of(&t, "kid", "news"), "guardian_required");
    cr_expect_eq(messages(&t, KIND_SECOND, HELD), 1);
    database_value(stage_database(), stop, "null");
    cr_expect_eq(page_post(&t, path, both, NULL)->status, 200);
    cr_expect_str_eq(reason_of(&t, "kid", "news"), "granted");
}
