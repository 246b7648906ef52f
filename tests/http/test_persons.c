/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/process.h"
#include "mailed.h"
#include "policy/policies.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What staff does to persons: restrict and lift, identifiers added, ended and corrected, merged and split. */

static const char phone[] = "{'type': 'phone', 'value': '+31" MARK_PHONE "'}";

static const char *both(const char *a, const char *b)
{
    return text_of("[%s, %s]", a, b);
}

static const char *lookup(const struct tenant *t, const char *subject)
{
    return string_at(post(t, 200, "/v1/subjects/lookup", "{'subject': %s}", subject), "/subject_id");
}

static void withdraw(const struct tenant *t, const char *subject, const char *purpose)
{
    post(t, 200, "/v1/withdraw", "{'subject': %s, 'purpose': '%s'}", subject, purpose);
}

/* POST /v1/subjects/{id}/${verb}. */
#define staff(t, status, id, verb, ...)                                                                      \
    post((t), (status), text_of("/v1/subjects/%s/" verb, (id)), __VA_ARGS__)

static int end(const struct tenant *t, const char *id, const char *identifier)
{
    return client_send(&(struct request){.service = t->service,
                                         .protocol = HTTP2,
                                         .token = t->token,
                                         .method = "DELETE",
                                         .path = text_of("/v1/subjects/%s/identifiers", id),
                                         .body = json_text("{'identifier': %s}", identifier)})
        ->status;
}

static void expect_reason(const struct tenant *t, const char *subject, const char *purpose, const char *due)
{
    cr_expect_str_eq(reason(t, subject, purpose), due, "%s of %s", purpose, subject);
}

/* ---- restrict ---- */

Test(persons, a_restriction_holds_for_all_the_person_has_and_whatever_basis_until_it_is_lifted)
{
    struct tenant t = stage_tenant("persons-restrict");
    say(&t, 201, both(customer("c"), email("e")), "newsletter", "given", "");
    const char *id = lookup(&t, customer("c"));
    expect(staff(&t, 200, id, "restrict", "{'reason': 'accuracy contested'}"), "{'restricted': true}");
    expect_reason(&t, customer("c"), "newsletter", "restricted");
    expect_reason(&t, email("e"), "newsletter", "restricted");
    expect_reason(&t, email("e"), "functional", "restricted");
    staff(&t, 200, id, "restrict", "{}");
    say(&t, 201, both(customer("c"), phone), "marketing", "given", "");
    expect_reason(&t, phone, "marketing", "restricted");
    expect(get(&t, 200, "/v1/subjects/%s/history", id),
           "{'events': [{}, {'event_state': 'restricted', 'purpose': '*'}, {}]}");
    expect(staff(&t, 200, id, "lift", "{}"), "{'restricted': false}");
    expect_reason(&t, customer("c"), "newsletter", "granted");
    expect_reason(&t, phone, "marketing", "granted");
    staff(&t, 409, id, "lift", "{}");
}

Test(persons, a_lift_leaves_anothers_restriction_and_each_no)
{
    struct tenant t = stage_tenant("persons-lift");
    say(&t, 201, both(customer("a"), email("shared")), "newsletter", "given", "");
    say(&t, 201, both(customer("b"), email("shared")), "marketing", "refused", "");
    const char *a = lookup(&t, customer("a")), *b = lookup(&t, customer("b"));
    staff(&t, 200, a, "restrict", "{}");
    staff(&t, 200, b, "restrict", "{}");
    staff(&t, 200, b, "lift", "{}");
    expect_reason(&t, email("shared"), "newsletter", "restricted");
    expect_reason(&t, customer("b"), "newsletter", "never_asked");
    staff(&t, 200, a, "lift", "{}");
    expect_reason(&t, email("shared"), "newsletter", "granted");
    expect_reason(&t, email("shared"), "marketing", "refused");
    expect_reason(&t, customer("a"), "marketing", "refused");
}

Test(persons, what_is_wrong_is_told_and_nothing_is_written)
{
    struct tenant t = stage_tenant("persons-wrong");
    const json_t *said = say(&t, 201, email("e"), "newsletter", "given", "");
    const char *id = string_at(said, "/subject_id");
    staff(&t, 404, "AAAAAAAAAAAAAAAAAAAAAA", "restrict", "{}");
    staff(&t, 422, id, "restrict", "{'why': 'x'}");
    expect(staff(&t, 422, id, "merge", "{'with': '%s'}", id), "{'errors': [{'pointer': '/with'}]}");
    staff(&t, 422, id, "merge", "{'with': 'AAAAAAAAAAAAAAAAAAAAAA'}");
    expect(staff(&t, 422, id, "split", "{'identifiers': [%s]}", email("e")),
           "{'errors': [{'pointer': '/identifiers'}]}");
    staff(&t, 422, id, "split", "{'identifiers': []}");
    expect(staff(&t, 422, id, "identifiers", "{'identifier': %s}", email("e")),
           "{'errors': [{'pointer': '/identifier'}]}");
    staff(&t, 422, id, "identifiers", "{}");
    cr_expect_eq(end(&t, id, email("other")), 422);
    say(&t, 201, email("known"), "newsletter", "given", "");
    staff(&t, 409, id, "correct", "{'from': %s, 'to': %s}", email("e"), email("known"));
    staff(&t, 422, id, "correct", "{'from': %s, 'to': %s}", email("e"), phone);
    expect(staff(&t, 422, id, "correct", "{'from': %s, 'to': %s}", email("other"), email("new")),
           "{'errors': [{'pointer': '/from'}]}");
    expect(staff(&t, 422, id, "correct",
                 "{'from': %s, 'to': %s, 'request': '01980000-0000-7000-8000-000000000000'}", email("e"),
                 email("new")),
           "{'errors': [{'pointer': '/request'}]}");
    cr_expect_eq(tenant_events(&t), 2);
    struct tenant reader = t;
    reader.token = token_of(t.keyring, t.key, "subject:read", "reader");
    staff(&reader, 403, id, "restrict", "{}");
    staff(&reader, 403, id, "erase", "{}");
}

Test(persons, the_same_key_gives_the_first_answer_again)
{
    struct tenant t = stage_tenant("persons-key");
    const char *id = string_at(say(&t, 201, email("e"), "newsletter", "given", ""), "/subject_id");
    const char *path = text_of("/v1/subjects/%s/restrict", id);
    const json_t *first = post_with(&t, 200, path, "Idempotency-Key: k1", "{}");
    const json_t *second = post_with(&t, 200, path, "Idempotency-Key: k1", "{}");
    cr_expect_str_eq(string_at(first, "/record_id"), string_at(second, "/record_id"));
    post_with(&t, 422, path, "Idempotency-Key: k1", "{'reason': 'another'}");
    cr_expect_eq(tenant_events(&t), 2);
}

/* POST adds an identifier and DELETE ends one, of the same path. */
Test(persons, a_key_is_of_one_method)
{
    struct tenant t = stage_tenant("persons-method");
    const char *id = string_at(say(&t, 201, customer("c"), "newsletter", "given", ""), "/subject_id");
    const char *path = text_of("/v1/subjects/%s/identifiers", id);
    post_with(&t, 201, path, "Idempotency-Key: k2", "{'identifier': %s}", email("e"));
    const struct answer *a =
        client_send(&(struct request){.service = t.service,
                                      .protocol = HTTP2,
                                      .token = t.token,
                                      .method = "DELETE",
                                      .path = path,
                                      .body = json_text("{'identifier': %s}", email("e")),
                                      .headers = {"Idempotency-Key: k2"}});
    cr_assert_eq(a->status, 422, "%s", a->body);
    expect(a->json, "{'type': 'urn:akkoord:problem:key-reused'}");
    cr_expect_eq(end(&t, id, email("e")), 200);
}

/* ---- identifiers ---- */

Test(persons, an_added_identifier_brings_its_noes_and_no_yes)
{
    struct tenant t = stage_tenant("persons-add");
    const char *id = string_at(say(&t, 201, customer("c"), "newsletter", "given", ""), "/subject_id");
    withdraw(&t, email("e"), "newsletter");
    say(&t, 201, email("e"), "marketing", "given", "");
    expect(staff(&t, 201, id, "identifiers", "{'identifier': %s}", email("e")), "{'person': '%s'}", id);
    expect_reason(&t, customer("c"), "marketing", "never_asked");
    expect_reason(&t, customer("c"), "newsletter", "withdrawn");
    staff(&t, 200, id, "identifiers", "{'identifier': %s}", email("e"));
    staff(&t, 422, id, "identifiers", "{'identifier': %s}", customer("d"));
}

Test(persons, a_number_with_a_new_holder_starts_with_nothing_and_the_old_one_keeps_the_no)
{
    struct tenant t = stage_tenant("persons-end");
    say(&t, 201, both(customer("c"), phone), "marketing", "given", "");
    withdraw(&t, phone, "newsletter");
    const char *id = lookup(&t, customer("c"));
    cr_expect_eq(end(&t, id, phone), 200);
    expect_reason(&t, phone, "marketing", "never_asked");
    expect_reason(&t, phone, "newsletter", "never_asked");
    expect_reason(&t, customer("c"), "marketing", "granted");
    expect_reason(&t, customer("c"), "newsletter", "withdrawn");
    say(&t, 201, phone, "newsletter", "given", "");
    expect_reason(&t, phone, "newsletter", "granted");
    withdraw(&t, phone, "marketing");
    expect_reason(&t, customer("c"), "marketing", "granted");
    cr_expect_eq(end(&t, id, phone), 422, "it is theirs no longer");
}

Test(persons, an_identifier_that_ends_for_one_stays_another_ones)
{
    struct tenant t = stage_tenant("persons-end-shared");
    say(&t, 201, both(customer("a"), phone), "marketing", "given", "");
    say(&t, 201, both(customer("b"), phone), "newsletter", "given", "");
    withdraw(&t, customer("a"), "newsletter");
    expect_reason(&t, phone, "newsletter", "withdrawn");
    cr_expect_eq(end(&t, lookup(&t, customer("a")), phone), 200);
    expect_reason(&t, phone, "marketing", "never_asked");
    expect_reason(&t, phone, "newsletter", "granted");
    expect_reason(&t, customer("a"), "marketing", "granted");
    expect_reason(&t, customer("a"), "newsletter", "withdrawn");
    withdraw(&t, phone, "newsletter");
    expect_reason(&t, customer("b"), "newsletter", "withdrawn");
    withdraw(&t, phone, "marketing");
    expect_reason(&t, customer("a"), "marketing", "granted");
}

/* ---- who is known by an address alone ---- */

static const char *only_verdict(const struct tenant *t, const char *id, const char *purpose)
{
    const json_t *consents = get(t, 200, "/v1/subjects/%s/consents", id);
    size_t i;
    const json_t *one;
    json_array_foreach(json_object_get(consents, "consents"), i, one)
    {
        if (strcmp(string_at(one, "/purpose"), purpose) == 0)
            return string_at(one, "/verdict/reason");
    }
    return "none";
}

Test(persons, an_address_that_staff_put_in_anothers_place_leads_to_the_person)
{
    struct tenant t = stage_tenant("persons-address");
    const char *id = string_at(say(&t, 201, email("tom"), "newsletter", "given", ""), "/subject_id");
    staff(&t, 200, id, "correct", "{'from': %s, 'to': %s}", email("tom"), email("tom2"));
    cr_expect_str_eq(lookup(&t, email("tom2")), id);
    post(&t, 404, "/v1/subjects/lookup", "{'subject': %s}", email("tom"));
    expect_reason(&t, email("tom2"), "newsletter", "never_asked");
    cr_expect_str_eq(only_verdict(&t, id, "newsletter"), "never_asked");
    expect(post(&t, 201, "/v1/rights-requests", "{'kind': 'access', 'subject': %s}", email("tom2")),
           "{'subject_id': '%s'}", id);

    const char *other = string_at(say(&t, 201, email("tom2"), "marketing", "given", ""), "/subject_id");
    cr_expect_str_neq(other, id);
    expect(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("tom2")),
           "{'subject_id': '%s', 'also': [{'subject_id': '%s', 'via': 'email'}]}", other, id);
}

Test(persons, an_address_that_ended_was_the_last_of_its_yeses)
{
    struct tenant t = stage_tenant("persons-address-end");
    const char *id = string_at(say(&t, 201, email("zoe"), "newsletter", "given", ""), "/subject_id");
    say(&t, 201, email("zoe"), "marketing", "refused", "");
    cr_expect_str_eq(only_verdict(&t, id, "newsletter"), "granted");
    cr_expect_eq(end(&t, id, email("zoe")), 200);
    cr_expect_str_eq(only_verdict(&t, id, "newsletter"), "never_asked");
    cr_expect_str_eq(only_verdict(&t, id, "marketing"), "refused");
}

Test(persons, a_second_address_leads_to_the_person_too)
{
    struct tenant t = stage_tenant("persons-address-add");
    const char *id = string_at(say(&t, 201, email("ada"), "newsletter", "given", ""), "/subject_id");
    staff(&t, 201, id, "identifiers", "{'identifier': %s}", email("ada2"));
    cr_expect_str_eq(lookup(&t, email("ada2")), id);

    const char *other = string_at(say(&t, 201, email("lovelace"), "newsletter", "given", ""), "/subject_id");
    staff(&t, 200, id, "merge", "{'with': '%s'}", other);
    expect(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("lovelace")),
           "{'subject_id': '%s', 'also': [{'subject_id': '%s', 'via': 'email'}]}", other, id);
    expect(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("ada")),
           "{'subject_id': '%s', 'also': [{'subject_id': '%s', 'via': 'email'}]}", id, other);
}

/* ---- correct ---- */

Test(persons, a_correction_moves_noes_and_with_a_proof_what_was_agreed_to)
{
    struct tenant t = stage_tenant("persons-correct");
    say(&t, 201, both(customer("c"), email("wrnog")), "analytics", "given", "");
    withdraw(&t, email("wrnog"), "newsletter");
    const char *id = lookup(&t, customer("c"));
    expect(staff(&t, 200, id, "correct", "{'from': %s, 'to': %s}", email("wrnog"), email("wrong")),
           "{'consents_moved': false}");
    expect_reason(&t, email("wrong"), "analytics", "never_asked");
    expect_reason(&t, email("wrong"), "newsletter", "withdrawn");
    expect_reason(&t, email("wrnog"), "newsletter", "never_asked");
    expect_reason(&t, customer("c"), "analytics", "granted");

    say(&t, 201, both(customer("d"), email("jna")), "analytics", "given", "");
    say(&t, 201, email("jna"), "marketing", "refused", "");
    id = lookup(&t, customer("d"));
    expect(
        staff(
            &t, 200, id, "correct",
            "{'from': %s, 'to': %s, 'evidence': {'documents': [{'name': 'letter.pdf', 'sha256': '%064d'}]}}",
            email("jna"), email("jan"), 1),
        "{'consents_moved': true}");
    expect_reason(&t, email("jan"), "analytics", "granted");
    expect_reason(&t, email("jan"), "marketing", "refused");
    expect_reason(&t, email("jna"), "analytics", "never_asked");
}

Test(persons, a_correction_asks_the_new_address_to_confirm_a_double_opt_in)
{
    struct tenant t = stage_tenant("persons-confirm");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "double_opt_in", json_true());
    tenant_apply(&t, policy);
    const json_t *asked = say(&t, 202, both(customer("c"), email("jna")), "newsletter", "given", "");
    post(&t, 201, "/v1/confirm", "{'token': '%s'}", string_at(asked, "/confirmation/token"));
    const json_t *moved =
        staff(&t, 200, lookup(&t, customer("c")), "correct",
              "{'from': %s, 'to': %s, 'evidence': {'documents': [{'name': 'id', 'sha256': '%064d'}]}}",
              email("jna"), email("jan"), 1);
    expect_reason(&t, email("jan"), "newsletter", "unconfirmed");
    const char *url = string_at(moved, "/confirm/0/url");
    post(&t, 201, "/v1/confirm", "{'token': '%s'}", strrchr(url, '/') + 1);
    expect_reason(&t, email("jan"), "newsletter", "granted");
}

/* ---- what waits for its confirmation, and loses where its link went ---- */

static struct tenant doubly(const char *key)
{
    struct tenant t = stage_tenant(key);
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "double_opt_in", json_true());
    tenant_apply(&t, policy);
    return t;
}

static const char *asked(const struct tenant *t, const char *subject, const char *more)
{
    return string_at(say(t, 202, subject, "newsletter", "given", more), "/confirmation/token");
}

static void is_over(const struct tenant *t, const char *token)
{
    const json_t *r = post(t, 410, "/v1/confirm", "{'token': '%s'}", token);
    cr_expect_not_null(strstr(string_at(r, "/detail"), "not there any more"), "%s", string_at(r, "/detail"));
    const struct request page = {.service = t->service, .foreign = true, .path = text_of("/c/%s", token)};
    cr_expect_eq(client_send(&page)->status, 410);
}

Test(persons, what_waits_at_an_address_that_is_corrected_is_asked_of_the_new_one)
{
    static const char *const more[] = {"", ", 'expressed_by': {'role': 'parent'}"};
    for (size_t i = 0; i < 2; i++) {
        struct tenant t = doubly(text_of("persons-waits%zu", i));
        asked(&t, email("jna"), more[i]);
        const char *old = asked(&t, email("jna"), more[i]);
        const json_t *moved =
            staff(&t, 200, lookup(&t, email("jna")), "correct",
                  "{'from': %s, 'to': %s, 'evidence': {'documents': [{'name': 'id', 'sha256': '%064d'}]}}",
                  email("jna"), email("jan"), 1);
        cr_expect_eq(json_array_size(json_at(moved, "/confirm")), 1);
        is_over(&t, old);
        expect_reason(&t, email("jan"), "newsletter", "unconfirmed");
        post(&t, 201, "/v1/confirm", "{'token': '%s'}", strrchr(string_at(moved, "/confirm/0/url"), '/') + 1);
        expect_reason(&t, email("jan"), "newsletter", "granted");
        is_over(&t, old);
    }
}

Test(persons, what_was_asked_at_an_address_that_is_not_theirs_is_over)
{
    struct tenant t = doubly("persons-over");
    const char *old = asked(&t, email("jna"), "");
    staff(&t, 200, lookup(&t, email("jna")), "correct", "{'from': %s, 'to': %s}", email("jna"), email("jan"));
    is_over(&t, old);
    old = asked(&t, both(customer("c"), email("e")), "");
    const char *kept = asked(&t, customer("c"), "");
    cr_expect_eq(end(&t, lookup(&t, customer("c")), email("e")), 200);
    is_over(&t, old);
    expect_reason(&t, customer("c"), "newsletter", "unconfirmed");
    post(&t, 201, "/v1/confirm", "{'token': '%s'}", kept);
    expect_reason(&t, customer("c"), "newsletter", "granted");
    expect_reason(&t, email("e"), "newsletter", "never_asked");
}

/* What both of them named; what one has to oneself goes on. */
Test(persons, what_was_asked_of_two_that_are_split_is_over)
{
    struct tenant t = doubly("persons-split-over");
    const char *old = asked(&t, both(customer("c"), email("d")), ""), *kept = asked(&t, email("d"), "");
    staff(&t, 201, lookup(&t, customer("c")), "split", "{'identifiers': [%s]}", email("d"));
    is_over(&t, old);
    expect_reason(&t, customer("c"), "newsletter", "never_asked");
    post(&t, 201, "/v1/confirm", "{'token': '%s'}", kept);
    expect_reason(&t, email("d"), "newsletter", "granted");
    expect_reason(&t, customer("c"), "newsletter", "never_asked");
}

/* The link went to the guardian's own address: whoever has that now, it is not known who clicks. */
Test(persons, what_a_guardian_was_asked_is_over_with_the_guardians_own_address)
{
    enum { ENDED, CORRECTED, PROVEN, ERASED, WAYS };
    const char *proof = text_of(", 'evidence': {'documents': [{'name': 'id', 'sha256': '%064d'}]}", 1);
    for (int way = 0; way < WAYS; way++) {
        struct tenant t = doubly(text_of("persons-guardian%d", way));
        const char *mother = text_of(", 'expressed_by': {'role': 'parent', 'identifier': %s}", email("mum"));
        const char *father = text_of(", 'expressed_by': {'role': 'parent', 'identifier': %s}", email("dad"));
        const char *id = string_at(say(&t, 201, email("mum"), "marketing", "given", ""), "/subject_id");
        const char *old = asked(&t, customer("kid"), mother);
        expect_reason(&t, customer("kid"), "newsletter", "unconfirmed");
        if (way == ENDED)
            cr_expect_eq(end(&t, id, email("mum")), 200);
        else if (way == ERASED)
            post(&t, 200, text_of("/v1/subjects/%s/erase", id), "{}");
        else
            staff(&t, 200, id, "correct", "{'from': %s, 'to': %s%s}", email("mum"), email("mam"),
                  way == PROVEN ? proof : "");
        is_over(&t, old);
        expect_reason(&t, customer("kid"), "newsletter", "never_asked");
        post(&t, 201, "/v1/confirm", "{'token': '%s'}", asked(&t, customer("kid"), father));
        expect_reason(&t, customer("kid"), "newsletter", "granted");
    }
}

static long waiting(const struct tenant *t)
{
    return strtol(database_value(stage_database(),
                                 "select count(*) from outbox o join controller c using (controller_id) "
                                 "where c.key = '%s' and o.status = 0 and o.content is not null",
                                 t->key),
                  NULL, 10);
}

/* Nobody is sent a link that says that it is over. */
Test(persons, a_message_that_waits_does_not_leave_when_its_link_is_over)
{
    enum { ENDED, CORRECTED, SPLIT, GUARDIAN, WAYS };
    for (int way = 0; way < WAYS; way++) {
        struct tenant t = doubly(text_of("persons-unsent%d", way));
        json_t *policy = tenant_policy(&t), *news = json_array_get(json_object_get(policy, "purposes"), 0);
        json_object_set_new(news, "double_opt_in", json_true());
        json_object_set_new(
            policy, "messages",
            json_of("{'endpoint': 'https://mail.invalid/', 'secret': 'mail', 'confirmation': 'delivered'}"));
        tenant_apply(&t, policy);
        const char *mother = text_of(", 'expressed_by': {'role': 'parent', 'identifier': %s}", email("mum"));
        say(&t, 202, email("other"), "newsletter", "given", "");
        say(&t, 201, both(customer("c"), email("mum")), "marketing", "given", "");
        say(&t, 202, both(customer(way == GUARDIAN ? "kid" : "c"), email(way == GUARDIAN ? "kid" : "mum")),
            "newsletter", "given", way == GUARDIAN ? mother : "");
        cr_expect_eq(waiting(&t), 2, "%ld", waiting(&t));
        const char *id = lookup(&t, customer("c"));
        if (way == SPLIT)
            staff(&t, 201, id, "split", "{'identifiers': [%s]}", email("mum"));
        else if (way == CORRECTED)
            staff(&t, 200, id, "correct", "{'from': %s, 'to': %s}", email("mum"), email("mam"));
        else
            cr_expect_eq(end(&t, id, email("mum")), 200);
        cr_expect_eq(waiting(&t), 1, "%d: %ld", way, waiting(&t));
    }
}

Test(persons, what_a_guardian_confirmed_at_the_childs_address_is_asked_of_the_new_one)
{
    struct tenant t = doubly("persons-guardians");
    post(&t, 201, "/v1/confirm", "{'token': '%s'}",
         asked(&t, email("jna"), ", 'expressed_by': {'role': 'parent'}"));
    expect_reason(&t, email("jna"), "newsletter", "granted");
    const json_t *moved =
        staff(&t, 200, lookup(&t, email("jna")), "correct",
              "{'from': %s, 'to': %s, 'evidence': {'documents': [{'name': 'id', 'sha256': '%064d'}]}}",
              email("jna"), email("jan"), 1);
    expect_reason(&t, email("jan"), "newsletter", "unconfirmed");
    post(&t, 201, "/v1/confirm", "{'token': '%s'}", strrchr(string_at(moved, "/confirm/0/url"), '/') + 1);
    expect_reason(&t, email("jan"), "newsletter", "granted");
}

/* The same answer again is no Yes of whoever asks for it. */
Test(persons, what_was_confirmed_before_is_told_again)
{
    struct tenant t = doubly("persons-told");
    const char *token = asked(&t, both(customer("c"), email("e")), "");
    const json_t *receipt = post(&t, 201, "/v1/confirm", "{'token': '%s'}", token);
    cr_expect_eq(end(&t, lookup(&t, customer("c")), email("e")), 200);
    cr_expect(json_equal(post(&t, 200, "/v1/confirm", "{'token': '%s'}", token), receipt));
}

Test(persons, who_has_the_new_address_is_written_to)
{
    struct tenant t = stage_tenant("persons-mailed");
    json_t *policy = tenant_policy(&t);
    json_object_set_new(json_array_get(json_object_get(policy, "purposes"), 0), "double_opt_in", json_true());
    tenant_apply(&t, policy);
    const json_t *asked = say(&t, 202, both(customer("c"), email("jna")), "newsletter", "given", "");
    post(&t, 201, "/v1/confirm", "{'token': '%s'}", string_at(asked, "/confirmation/token"));
    json_object_set_new(
        policy, "messages",
        json_of("{'endpoint': 'https://mail.invalid/', 'secret': 'mail', 'confirmation': 'delivered'}"));
    tenant_apply(&t, policy);
    expect(staff(&t, 200, lookup(&t, customer("c")), "correct",
                 "{'from': %s, 'to': %s, 'evidence': {'documents': [{'name': 'id', 'sha256': '%064d'}]}}",
                 email("jna"), email("jan"), 1),
           "{'confirm': [{'url': null}]}");
    expect_reason(&t, email("jan"), "newsletter", "unconfirmed");
    const char *path = path_mailed(&t, MESSAGE_CONFIRMATION);
    cr_assert_eq(client_send(&(struct request){.service = t.service,
                                               .foreign = true,
                                               .path = path,
                                               .body = "action=confirm",
                                               .content_type = "application/x-www-form-urlencoded"})
                     ->status,
                 200);
    expect_reason(&t, email("jan"), "newsletter", "granted");
    expect_reason(&t, email("jna"), "newsletter", "never_asked");
}

/* ---- merge and split ---- */

Test(persons, of_two_that_are_merged_the_stricter_wins_and_both_histories_stay)
{
    struct tenant t = stage_tenant("persons-merge");
    say(&t, 201, both(customer("a"), email("a")), "newsletter", "withdrawn", "");
    say(&t, 201, both(customer("b"), email("b")), "newsletter", "given", "");
    say(&t, 201, customer("b"), "marketing", "given", "");
    const char *a = lookup(&t, customer("a")), *b = lookup(&t, customer("b"));
    expect(staff(&t, 200, a, "merge", "{'with': '%s'}", b), "{'with': '%s'}", b);
    expect_reason(&t, customer("b"), "newsletter", "withdrawn");
    expect_reason(&t, customer("a"), "newsletter", "withdrawn");
    expect_reason(&t, customer("b"), "marketing", "granted");
    expect_reason(&t, customer("a"), "marketing", "never_asked");
    withdraw(&t, email("a"), "marketing");
    expect_reason(&t, customer("b"), "marketing", "withdrawn");
    expect(get(&t, 200, "/v1/subjects/%s/history", b),
           "{'events': [{'purpose': 'newsletter', 'event_state': 'given'}, {'purpose': 'marketing'}]}");
    staff(&t, 200, a, "merge", "{'with': '%s'}", b);
    say(&t, 201, customer("b"), "newsletter", "given", "");
    expect_reason(&t, customer("b"), "newsletter", "granted");
}

Test(persons, of_two_that_are_split_each_has_what_named_it_and_both_have_the_noes)
{
    struct tenant t = stage_tenant("persons-split");
    say(&t, 201, both(customer("c"), email("e")), "analytics", "given", "");
    say(&t, 201, customer("c"), "newsletter", "given", "");
    withdraw(&t, customer("c"), "marketing");
    const char *id = lookup(&t, customer("c"));
    const json_t *split = staff(&t, 201, id, "split", "{'identifiers': [%s]}", email("e"));
    cr_expect_str_eq(string_at(split, "/split_off"), lookup(&t, email("e")));
    expect_reason(&t, email("e"), "analytics", "granted");
    expect_reason(&t, customer("c"), "analytics", "granted");
    expect_reason(&t, email("e"), "newsletter", "never_asked");
    expect_reason(&t, email("e"), "marketing", "withdrawn");
    expect_reason(&t, customer("c"), "marketing", "withdrawn");
    withdraw(&t, email("e"), "analytics");
    expect_reason(&t, customer("c"), "analytics", "granted");
    withdraw(&t, customer("c"), "newsletter");
    expect_reason(&t, email("e"), "newsletter", "never_asked");
    staff(&t, 422, id, "split", "{'identifiers': [%s]}", email("e"));
}

Test(persons, changes_tell_what_staff_did_and_whom_to_check_again)
{
    struct tenant t = stage_tenant("persons-changes");
    const char *id = string_at(say(&t, 201, email("e"), "newsletter", "given", ""), "/subject_id");
    staff(&t, 200, id, "restrict", "{}");
    staff(&t, 200, id, "lift", "{}");
    expect(get(&t, 200, "/v1/changes?after=1"),
           "{'changes': [{'event_state': 'restricted', 'reason': 'restricted', 'allow': false, 'recheck': "
           "['%s']},"
           " {'event_state': 'restriction_lifted', 'reason': null, 'recheck': ['%s']}]}",
           id, id);
}

/* ---- the past ---- */

/* What it was and is: of a browser that was split off, and of what names both sides of a split. */
Test(persons, a_browser_that_was_split_off_has_its_past)
{
    struct tenant t = stage_tenant("as-of-browser");
    say(&t, 201, text_of("[%s, %s]", customer("k"), visitor("v")), "analytics", "refused", "");
    const char *before = string_at(
        post(&t, 200, "/v1/check", "{'subject': %s, 'purpose': 'analytics'}", visitor("v")), "/as_of");
    const char *id =
        string_at(post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", customer("k")), "/subject_id");
    post(&t, 201, text_of("/v1/subjects/%s/split", id), "{'identifiers': [%s]}", visitor("v"));
    const char *after = string_at(
        post(&t, 200, "/v1/check", "{'subject': %s, 'purpose': 'analytics'}", visitor("v")), "/as_of");
    for (int i = 0; i < 2; i++)
        expect(post(&t, 200, "/v1/check", "{'subject': %s, 'purpose': 'analytics', 'as_of': '%s'}",
                    visitor("v"), i == 0 ? before : after),
               "{'reason': 'refused'}");
}

Test(persons, who_was_split_from_somebody_erased_is_forgotten_and_not_failed)
{
    struct tenant t = stage_tenant("past-both");
    const char *e2 = email("e2"), *p = "{'type': 'phone', 'value': '+31612345678'}";
    say(&t, 201, text_of("[%s, %s, %s]", e2, visitor("v"), customer("c2")), "newsletter", "given", "");
    say(&t, 201, p, "marketing", "given", "");
    say(&t, 201, text_of("[%s, %s]", e2, visitor("v")), "newsletter", "given", "");
    say(&t, 201, text_of("[%s, %s]", e2, customer("c1")), "newsletter", "withdrawn", "");
    staff(&t, 200, lookup(&t, e2), "merge", "{'with': '%s'}", lookup(&t, p));
    say(&t, 201, text_of("[%s, %s]", p, customer("c1")), "analytics", "given", "");
    say(&t, 201, text_of("[%s, %s, %s]", p, email("e1"), customer("c0")), "analytics", "given", "");
    const char *then =
        string_at(post(&t, 200, "/v1/check", "{'subject': %s, 'purpose': 'newsletter'}", e2), "/as_of");
    staff(&t, 201, lookup(&t, customer("c0")), "split", "{'identifiers': [%s]}", e2);
    staff(&t, 200, lookup(&t, customer("c1")), "erase", "{'keep_proof': false, 'remember_no': false}");
    const char *asked[] = {e2, p, email("e1"), customer("c0"), customer("c2"), visitor("v")};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        post(&t, 410, "/v1/check", "{'subject': %s, 'purpose': 'newsletter', 'as_of': '%s'}", asked[i], then);
}
