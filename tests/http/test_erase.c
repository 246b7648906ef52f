/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/database.h"
#include "harness/process.h"
#include "policy/policies.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* POST /v1/subjects/{id}/erase: what is left of a person, and what never is. */

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

#define erase(t, status, id, ...) post((t), (status), text_of("/v1/subjects/%s/erase", (id)), __VA_ARGS__)

static void staff_split(const struct tenant *t, const char *id, const char *identifier)
{
    post(t, 201, text_of("/v1/subjects/%s/split", id), "{'identifiers': [%s]}", identifier);
}

static void expect_reason(const struct tenant *t, const char *subject, const char *purpose, const char *due)
{
    cr_expect_str_eq(reason(t, subject, purpose), due, "%s of %s", purpose, subject);
}

/* The tags of all identifiers that the tenant has now, in hex, a space between them. */
static const char *tags_of(const struct tenant *t)
{
    return database_value(stage_database(),
                          "select string_agg(encode(i.tag, 'hex'), ' ') from identifier i join controller c "
                          "using (controller_id) where c.key = '%s'",
                          t->key);
}

/* Ledger and purged together are 1..n. */
static void expect_whole_ledger(const struct tenant *t)
{
    cr_expect_eq(
        database_number(
            stage_database(),
            "select count(*) from controller c join head h using (controller_id) "
            "cross join generate_series(1, h.revision) r(no) where c.key = '%s' and "
            "(select count(*) from event e where e.controller_id = c.controller_id and e.revision = r.no) + "
            "(select count(*) from purged p where p.controller_id = c.controller_id and r.no between "
            "p.from_revision and p.to_revision) <> 1",
            t->key),
        0);
}

Test(erase, nothing_is_left_but_the_tombstone_and_a_proof_that_is_nobodys)
{
    struct tenant t = stage_tenant("erase-all");
    say(&t, 201, text_of("[%s, %s, %s]", customer("c"), email("e"), phone), "newsletter", "given",
        ", 'ref': 'kept-ref-4711', 'evidence': {'user_agent': 'kept-agent', 'form': 'kept-form'}");
    say(&t, 201, both(email("e"), visitor("v")), "analytics", "given", "");
    withdraw(&t, customer("c"), "marketing");
    const char *tags = tags_of(&t), *id = lookup(&t, customer("c"));
    const json_t *answer = erase(&t, 200, id, "{'reason': 'asked for in writing'}");
    expect(json_at(answer, "/certificate"),
           "{'iss': 'erase-all', 'removed': {'identifiers': 4, 'events': 0, 'evidence': 1}, "
           "'kept': {'proofs': {'count': 3}, 'refusals': {'count': 0}, 'tombstones': {'count': 3}}}");
    expect_whole_ledger(&t);
    for (const char *tag = tags; tag != NULL && *tag != '\0'; tag += strcspn(tag, " "), tag += *tag == ' ') {
        char one[40] = "";
        snprintf(one, sizeof one, "%.34s", tag);
        cr_expect_eq(database_number(stage_database(),
                                     "select count(*) from consent where encode(tag, 'hex') = '%s' and "
                                     "rank & 15 <> 14",
                                     one),
                     0, "only the tombstone");
        cr_expect_eq(database_number(stage_database(),
                                     "select count(*) from identifier where encode(tag, 'hex') = '%s'", one),
                     0);
    }
    cr_expect_null(database_mentions(stage_database(), "kept-ref-4711"));
    cr_expect_null(database_mentions(stage_database(), "kept-agent"));
    cr_expect_null(database_mentions(stage_database(), "kept-form"));
    expect_reason(&t, email("e"), "newsletter", "suppressed");
    expect_reason(&t, phone, "marketing", "suppressed");
    expect_reason(&t, email("e"), "functional", "not_required");
    expect_reason(&t, visitor("v"), "analytics", "never_asked");
    post(&t, 404, "/v1/subjects/lookup", "{'subject': %s}", email("e"));
    cr_expect_not_null(strstr(string_at(erase(&t, 404, id, "{}"), "/detail"), "/v1/subjects/lookup"));
}

Test(erase, only_a_choice_of_their_own_brings_the_person_back)
{
    struct tenant t = stage_tenant("erase-back");
    const char *id = string_at(say(&t, 201, email("e"), "newsletter", "given", ""), "/subject_id");
    erase(&t, 200, id, "{}");
    expect(say(&t, 201, email("e"), "newsletter", "given",
               ", 'import': {'batch': '1', 'source': 'crm'}, 'notice': {'id': 'newsletter', 'version': '1'}"),
           "{'effect': 'superseded'}");
    expect_reason(&t, email("e"), "newsletter", "suppressed");
    expect(
        say(&t, 201, email("e"), "newsletter", "given", text_of(", 'event_time': '%s'", time_from_now(-60))),
        "{'effect': 'superseded'}");
    expect_reason(&t, email("e"), "newsletter", "suppressed");
    say(&t, 201, email("e"), "newsletter", "given", "");
    expect_reason(&t, email("e"), "newsletter", "granted");
    expect_reason(&t, email("e"), "marketing", "suppressed");
}

/* Named beside what was erased they are how the person would come back. */
Test(erase, no_import_and_no_old_form_brings_the_person_back_by_another_name)
{
    struct tenant t = stage_tenant("erase-other-name");
    say(&t, 201, customer("known"), "marketing", "given", "");
    erase(&t, 200, string_at(say(&t, 201, email("e"), "newsletter", "given", ""), "/subject_id"), "{}");
    static const char imported[] =
        ", 'event_time': '2026-02-01T00:00:00Z', 'import': {'batch': '1', 'source': "
        "'crm'}, 'notice': {'id': 'newsletter', 'version': '1'}";
    const char *old = text_of(", 'event_time': '%s'", time_from_now(-60));
    expect(say(&t, 201, text_of("[%s, %s, %s]", customer("a"), email("e"), phone), "newsletter", "given",
               imported),
           "{'effect': 'superseded'}");
    expect_reason(&t, customer("a"), "newsletter", "suppressed");
    expect_reason(&t, phone, "newsletter", "suppressed");
    expect_reason(&t, phone, "marketing", "suppressed");
    say(&t, 201, text_of("[%s, %s]", customer("b"), email("e")), "newsletter", "given", old);
    expect_reason(&t, customer("b"), "newsletter", "suppressed");
    say(&t, 201, customer("b"), "newsletter", "given", "");
    expect_reason(&t, customer("b"), "newsletter", "granted");
    expect_whole_ledger(&t);

    /* somebody who was known is another; so is who says Yes now */
    say(&t, 201, text_of("[%s, %s]", customer("known"), email("e")), "newsletter", "given", old);
    expect_reason(&t, customer("known"), "marketing", "granted");
    say(&t, 201, text_of("[%s, %s]", customer("new"), email("e")), "newsletter", "given", "");
    expect_reason(&t, customer("new"), "newsletter", "granted");
}

Test(erase, a_guardians_objection_is_remembered_too)
{
    struct tenant t = tenant_bare(stage_service(0), stage_keyring(), "erase-guardians-no");
    tenant_apply(&t, json_of("{'controller': {'key': 'erase-guardians-no', 'country': 'NL'}, 'purposes': "
                             "[{'key': 'fraud', 'lawful_basis': 'legitimate_interest', 'channel': 'web', "
                             "'minors': {'guardian': {'least': 'email'}}}]}"));
    const char *by =
        text_of("'expressed_by': {'role': 'parent', 'strength': 'email', 'identifier': %s}", email("mum"));
    const char *id = string_at(
        post(&t, 201, "/v1/consents",
             "{'subject': %s, 'purpose': 'fraud', 'event_state': 'objected', 'collection_method': 'paper', "
             "'minor': true, %s}",
             customer("kid"), by),
        "/subject_id");
    expect_reason(&t, customer("kid"), "fraud", "objected");
    erase(&t, 200, id, "{}");
    expect_reason(&t, customer("kid"), "fraud", "suppressed");
}

Test(erase, a_tombstone_can_be_declined_and_proof_left_out)
{
    struct tenant t = stage_tenant("erase-declined");
    const json_t *said = say(&t, 201, email("e"), "newsletter", "given", "");
    say(&t, 201, email("other"), "newsletter", "given", "");
    const json_t *answer =
        erase(&t, 200, string_at(said, "/subject_id"), "{'remember_no': false, 'keep_proof': false}");
    expect(json_at(answer, "/certificate"),
           "{'removed': {'events': 1}, 'kept': {'proofs': {'count': 0}, 'tombstones': {'count': 0}}, "
           "'tombstones_until': null}");
    cr_expect_null(database_mentions(stage_database(), string_at(said, "/record_id")));
    expect_whole_ledger(&t);
    expect_reason(&t, email("e"), "newsletter", "never_asked");
    expect_reason(&t, email("other"), "newsletter", "granted");
}

Test(erase, no_erasure_turns_a_no_into_a_yes_where_an_address_is_anothers_too)
{
    struct tenant t = stage_tenant("erase-shared");
    say(&t, 201, both(customer("a"), email("family")), "newsletter", "given", "");
    say(&t, 201, both(customer("b"), email("family")), "analytics", "given", "");
    withdraw(&t, customer("a"), "marketing");
    withdraw(&t, both(customer("a"), email("family")), "newsletter");
    say(&t, 201, both(customer("a"), email("family")), "analytics", "refused", "");
    expect_reason(&t, email("family"), "marketing", "withdrawn");
    const json_t *answer = erase(&t, 200, lookup(&t, customer("a")), "{}");
    expect(json_at(answer, "/certificate"), "{'removed': {'identifiers': 1}, 'kept': {'refusals': {'count': "
                                            "3}, 'shared_identifiers': {'count': 1}, "
                                            "'tombstones': {'count': 1}}}");
    expect_whole_ledger(&t);
    expect_reason(&t, email("family"), "newsletter", "withdrawn");
    expect_reason(&t, email("family"), "marketing", "withdrawn");
    expect_reason(&t, email("family"), "analytics", "refused");
    expect_reason(&t, customer("b"), "analytics", "refused");
    expect_reason(&t, customer("b"), "marketing", "never_asked");
    expect_reason(&t, customer("a"), "newsletter", "suppressed");
    cr_expect_eq(json_array_size(json_at(
                     post(&t, 200, "/v1/subjects/lookup", "{'subject': %s}", email("family")), "/also")),
                 0, "nobody is told of the erased person");
}

Test(erase, of_a_yes_at_an_address_that_is_anothers_too_only_the_limit_it_told_is_left)
{
    struct tenant t = stage_tenant("erase-limit");
    say(&t, 201, both(customer("b"), email("family")), "newsletter", "given", "");
    say(&t, 201, both(customer("a"), email("family")), "marketing", "given",
        ", 'minor': {'birth_month': '1990-01'}");
    say(&t, 201, both(customer("a"), email("family")), "analytics", "given", "");
    erase(&t, 200, lookup(&t, customer("a")), "{'keep_proof': false}");
    expect_whole_ledger(&t);
    expect_reason(&t, email("family"), "marketing", "never_asked");
    expect_reason(&t, email("family"), "analytics", "never_asked");
    expect_reason(&t, email("family"), "newsletter", "granted");
}

Test(erase, a_guardian_who_is_nobody_elses_is_forgotten_and_keeps_the_no)
{
    struct tenant t = stage_tenant("erase-guardian");
    say(&t, 201, email("child"), "newsletter", "refused",
        text_of(
            ", 'expressed_by': {'role': 'carer', 'strength': 'checkbox', 'identifier': %s}, 'minor': true",
            email("parent")));
    expect(json_at(erase(&t, 200, lookup(&t, email("child")), "{}"), "/certificate"),
           "{'removed': {'guardians': 1}}");
    cr_expect_eq(database_number(stage_database(),
                                 "select count(*) from guardian g join controller c using (controller_id) "
                                 "where c.key = 'erase-guardian'"),
                 1, "its number is never given again");
}

Test(erase, the_same_key_gives_the_same_certificate_again)
{
    struct tenant t = stage_tenant("erase-key");
    const char *id = string_at(say(&t, 201, email("e"), "newsletter", "given", ""), "/subject_id");
    const char *path = text_of("/v1/subjects/%s/erase", id);
    const json_t *first = post_with(&t, 200, path, "Idempotency-Key: once", "{}");
    expect(post_with(&t, 200, path, "Idempotency-Key: once", "{}"), "{'certificate': {'jti': '%s'}}",
           string_at(first, "/certificate/jti"));
    erase(&t, 404, id, "{}");
}

Test(erase, changes_tell_whoever_keeps_a_list)
{
    struct tenant t = stage_tenant("erase-changes");
    const char *id = string_at(say(&t, 201, email("e"), "newsletter", "given", ""), "/subject_id");
    erase(&t, 200, id, "{}");
    expect(
        get(&t, 200, "/v1/changes?after=1"),
        "{'changes': [{'subject_id': '%s', 'event_state': 'erased', 'allow': false, 'reason': 'suppressed', "
        "'ref': null}]}",
        id);
}

/* What only somebody who was erased had besides is the person's own. */
Test(erase, who_has_an_address_last_takes_it_along_though_a_no_of_somebody_erased_stands_there)
{
    struct tenant t = stage_tenant("erase-last");
    say(&t, 201, both(customer("a"), email("family")), "newsletter", "given", "");
    say(&t, 201, both(customer("b"), email("family")), "newsletter", "given", "");
    say(&t, 201, both(customer("a"), email("family")), "marketing", "given", "");
    withdraw(&t, customer("b"), "newsletter");
    expect(json_at(erase(&t, 200, lookup(&t, customer("b")), "{}"), "/certificate"),
           "{'kept': {'refusals': {'count': 1}, 'shared_identifiers': {'count': 1}}}");
    expect_reason(&t, email("family"), "newsletter", "withdrawn");
    expect(json_at(erase(&t, 200, lookup(&t, customer("a")), "{}"), "/certificate"),
           "{'removed': {'identifiers': 2}, 'kept': {'shared_identifiers': {'count': 0}, "
           "'tombstones': {'count': 2}}}");
    expect_whole_ledger(&t);
    expect_reason(&t, email("family"), "marketing", "suppressed");
    expect(say(&t, 201, email("family"), "marketing", "given",
               text_of(", 'event_time': '%s'", time_from_now(-60))),
           "{'effect': 'superseded'}");
    expect_reason(&t, email("family"), "marketing", "suppressed");
}

/* A reader's No of one address stops the customer who has it by way of another. */
static struct tenant stopped_by_way(const char *key)
{
    struct tenant t = stage_tenant(key);
    say(&t, 201, both(customer("k"), email("e0")), "marketing", "given", "");
    say(&t, 201, both(email("e0"), email("e1")), "marketing", "given", "");
    say(&t, 201, both(customer("k"), email("e0")), "newsletter", "given", "");
    withdraw(&t, email("e1"), "*");
    expect_reason(&t, customer("k"), "newsletter", "withdrawn");
    return t;
}

Test(erase, a_no_goes_on_where_it_came_by_way_of_who_is_erased)
{
    struct tenant t = stopped_by_way("erase-way");
    erase(&t, 200, lookup(&t, email("e0")), "{}");
    expect_whole_ledger(&t);
    expect_reason(&t, customer("k"), "newsletter", "withdrawn");
    expect_reason(&t, email("e0"), "newsletter", "withdrawn");
    expect_reason(&t, customer("k"), "marketing", "withdrawn");

    /* nor is it lost when more happens to who is left */
    say(&t, 201, both(customer("k"), email("e2")), "analytics", "given", "");
    staff_split(&t, lookup(&t, customer("k")), email("e2"));
    expect_reason(&t, customer("k"), "newsletter", "withdrawn");
    say(&t, 201, customer("k"), "newsletter", "given", "");
    expect_reason(&t, customer("k"), "newsletter", "granted");
}

Test(erase, a_past_that_rests_on_who_was_erased_is_not_known_any_more)
{
    struct tenant t = stopped_by_way("erase-past");
    const char *then = string_at(
        post(&t, 200, "/v1/check", "{'subject': %s, 'purpose': 'newsletter'}", customer("k")), "/as_of");
    erase(&t, 200, lookup(&t, email("e0")), "{'keep_proof': false}");
    post(&t, 410, "/v1/check", "{'subject': %s, 'purpose': 'newsletter', 'as_of': '%s'}", customer("k"),
         then);
}

/* Somebody else's No, which came by what the erased person had said. */
Test(erase, another_s_no_goes_on_where_what_was_erased_had_brought_it)
{
    struct tenant t = stage_tenant("erase-brought");
    say(&t, 201, both(email("e"), phone), "analytics", "given", "");
    say(&t, 201, both(customer("c"), email("e")), "newsletter", "given", "");
    say(&t, 201, both(customer("d"), phone), "marketing", "given", "");
    withdraw(&t, customer("c"), "marketing");
    expect_reason(&t, phone, "marketing", "withdrawn");
    erase(&t, 200, lookup(&t, email("e")), "{}");
    expect_reason(&t, phone, "marketing", "withdrawn");
}

Test(erase, the_code_of_who_was_merged_goes_though_the_other_address_is_anothers_too)
{
    struct tenant t = stage_tenant("erase-merged");
    say(&t, 201, both(customer("c1"), email("e1")), "newsletter", "given", "");
    say(&t, 201, email("p"), "newsletter", "given", "");
    post(&t, 200, text_of("/v1/subjects/%s/merge", lookup(&t, customer("c1"))), "{'with': '%s'}",
         lookup(&t, email("p")));
    say(&t, 201, both(customer("c0"), email("p")), "newsletter", "given", "");
    erase(&t, 200, lookup(&t, customer("c1")), "{}");
    post(&t, 404, "/v1/subjects/lookup", "{'subject': %s}", customer("c1"));
    expect_reason(&t, customer("c1"), "newsletter", "suppressed");
    expect_reason(&t, customer("c0"), "newsletter", "granted");
}

Test(erase, who_was_to_be_remembered_is_when_the_next_is_not)
{
    struct tenant t = stage_tenant("erase-next");
    say(&t, 201, both(customer("a"), email("family")), "newsletter", "given", "");
    say(&t, 201, both(customer("b"), email("family")), "newsletter", "given", "");
    withdraw(&t, customer("b"), "newsletter");
    erase(&t, 200, lookup(&t, customer("b")), "{}");
    erase(&t, 200, lookup(&t, customer("a")), "{'remember_no': false}");
    expect_reason(&t, email("family"), "newsletter", "suppressed");
    expect_reason(&t, customer("a"), "newsletter", "never_asked");
}
