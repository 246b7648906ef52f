/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_document.h"

#include "base/embedded.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct embedded example_files[]; /* demo.json the first */
extern const struct embedded broken_files[];

enum { DOCUMENT_MAX = 1 << 20 };

static struct reader r;
static struct policy *policy;
static struct buf document;

static void start(void)
{
    buf_init(&document, DOCUMENT_MAX);
}

static void finish(void)
{
    policy_free(policy);
    reader_close(&r);
    buf_free(&document);
}

TestSuite(policy_document, .init = start, .fini = finish);

/* Reads ${text}, in which ' stands for ". */
static void read_text(const char *text)
{
    buf_clear(&document);
    for (const char *c = text; *c != '\0'; c++)
        buf_byte(&document, *c == '\'' ? '"' : *c);
    policy = policy_document_read(&r, document.data, document.len);
}

static void read_again(const char *text)
{
    policy_free(policy);
    reader_close(&r);
    read_text(text);
}

/* ${expected}: "pointer: detail" a line. */
static void assert_faults(const char *expected)
{
    struct buf found;
    buf_init(&found, READER_FAULTS_SIZE * 2);
    struct reader_fault fault = {0};
    while (reader_fault_next(&r, &fault))
        buf_printf(&found, "%s: %s\n", fault.pointer, fault.detail);
    buf_byte(&found, '\0');
    cr_expect_str_eq(found.data, expected, "in %.*s\nfound    %sexpected %s", (int)document.len,
                     document.data, found.data, expected);
    cr_expect_eq(policy == NULL, *expected != '\0');
    buf_free(&found);
}

#define CONTROLLER "{'key': 'demo', 'country': 'NL'}"
#define PURPOSE    "{'key': 'news', 'lawful_basis': 'consent', 'channel': 'email', 'notice': 'news'}"
#define NOTICE     "{'id': 'news', 'version': '1', 'texts': {'nl': 'Ja', 'en': 'Yes'}}"
#define DOCUMENT(controller, purposes, notices)                                                              \
    "{'controller': " controller ", 'purposes': " purposes ", 'notices': " notices "}"

static void assert_not_enforced(const char *expected)
{
    struct buf out;
    buf_init(&out, DOCUMENT_MAX);
    struct writer w = writer_of(&out);
    policy_document_not_enforced(&r, &w, NULL);
    for (size_t i = 0; i < out.len; i++)
        out.data[i] = out.data[i] == '"' ? '\'' : out.data[i];
    buf_byte(&out, '\0');
    cr_expect_str_eq(out.data, expected);
    buf_free(&out);
}

Test(policy_document, the_example_reads)
{
    policy = policy_document_read(&r, example_files[0].data, example_files[0].len);
    assert_faults("");
    assert_not_enforced("[]");
    cr_expect_str_eq(policy->controller, "demo");
    cr_expect_str_eq(policy->country, "NL");
    cr_expect_str_eq(policy->time_zone, "Europe/Amsterdam");
    cr_expect_eq(policy->purpose_count, 4);
    const struct purpose *marketing = policy_purpose(policy, "marketing");
    cr_assert_not_null(marketing);
    cr_expect_eq(marketing->basis, BASIS_CONSENT);
    cr_expect_eq(marketing->channel, CHANNEL_EMAIL);
    cr_expect(marketing->direct_marketing);
    cr_expect_not(marketing->unknown_words_allowed);
    cr_expect_eq(marketing->validity.months, 24);
    cr_expect(duration_is_zero(marketing->refused_until));
    cr_expect_str_eq(marketing->notice, "marketing");
    const struct purpose *functional = policy_purpose(policy, "functional");
    cr_assert_not_null(functional);
    cr_expect_eq(functional->basis, BASIS_EXEMPT);
    cr_expect_eq(policy->notice_count, 4);
    const struct notice *notice = policy_notice(policy, "newsletter", "1", 0);
    cr_assert_not_null(notice);
    cr_expect(notice->material);
    cr_expect_eq(notice->effective_from, INT64_C(1577836800) * SECOND);
    cr_expect_eq(notice->text_count, 2);
}

Test(policy_document, all_that_a_purpose_holds_is_read)
{
    read_text(
        DOCUMENT(CONTROLLER,
                 "[{'key': '1st-party_stats', 'lawful_basis': 'legitimate_interest', 'rationale': 'few data',"
                 "  'channel': 'web', 'validity': 'P1Y', 'refused_until': 'P6M', 'double_opt_in': true,"
                 "  'unknown_words': {'allow': 'on paper before 2018'}, 'retired': true,"
                 "  'signals': ['ad_storage', 'analytics_storage'], 'recipients': [], 'role': 'processor'},"
                 " {'key': 'deny', 'lawful_basis': 'soft_opt_in', 'channel': 'sms',"
                 "  'direct_marketing': true, 'validity': null, 'unknown_words': 'deny'}]",
                 "[]"));
    assert_faults("");
    const struct purpose *p = &policy->purposes[0];
    cr_expect_str_eq(p->key, "1st-party_stats");
    cr_expect_eq(p->basis, BASIS_LEGITIMATE_INTEREST);
    cr_expect_eq(p->channel, CHANNEL_WEB);
    cr_expect_eq(p->validity.months, 12);
    cr_expect_eq(p->refused_until.months, 6);
    cr_expect(p->double_opt_in && p->unknown_words_allowed && p->retired && !p->direct_marketing);
    cr_expect_eq(p->signals, 1 << 0 | 1 << 3);
    cr_expect_str_eq(p->notice, "");
    cr_expect(policy->purposes[1].direct_marketing && !policy->purposes[1].unknown_words_allowed);
    cr_expect(duration_is_zero(policy->purposes[1].validity));
}

Test(policy_document, the_versions_of_a_notice_stand_together_the_oldest_first)
{
    read_text(DOCUMENT(
        CONTROLLER, "[" PURPOSE "]",
        "[{'id': 'news', 'version': '3', 'effective_from': '2022-01-01T00:00:00+01:00', 'texts': {'nl': "
        "'c'}},"
        " {'id': 'a', 'version': '1', 'texts': {'nl': 'x'}},"
        " {'id': 'news', 'version': '1', 'texts': {'nl': 'a'}},"
        " {'id': 'news', 'version': '2', 'effective_from': '2021-01-01T00:00:00Z', 'change': 'editorial',"
        "  'texts': {'nl': 'b'}}]"));
    assert_faults("");
    cr_expect_str_eq(policy->notices[0].id, "a");
    for (size_t i = 1; i < 4; i++) {
        cr_expect_str_eq(policy->notices[i].id, "news");
        cr_expect_eq(policy->notices[i].version[0], (char)('0' + i));
        cr_expect_eq(policy->notices[i].material, i != 2);
    }
}

Test(policy_document, a_text_is_known_by_the_hash_of_its_bytes)
{
    /* printf 'J\303\240' | sha256sum */
    static const uint8_t hash[4] = {0x95, 0xc5, 0x0a, 0x2a};
    read_text(DOCUMENT(CONTROLLER, "[" PURPOSE "]",
                       "[{'id': 'news', 'version': '1', 'texts': {'NL-be': 'J\xc3\xa0'}}]"));
    assert_faults("");
    cr_expect_str_eq(policy->notices[0].texts[0].language, "nl-be");
    cr_expect_arr_eq(policy->notices[0].texts[0].sha256, hash, sizeof hash);
}

Test(policy_document, the_first_text_is_in_the_first_of_the_controllers_languages)
{
    read_text(DOCUMENT(
        "{'key': 'demo', 'country': 'NL', 'languages': ['nl', 'EN']}", "[" PURPOSE "]",
        "[{'id': 'news', 'version': '1', 'texts': {'fr': 'Oui', 'en': 'Yes', 'de': 'Ja', 'nl': 'Ja'}}]"));
    assert_faults("");
    static const char *const order[] = {"nl", "en", "de", "fr"};
    for (size_t i = 0; i < 4; i++)
        cr_expect_str_eq(policy->notices[0].texts[i].language, order[i]);
}

/* Reads broken_policies.json's element ${row}, and holds it to its faults. */
static void assert_broken(const struct node *row)
{
    struct buf expected;
    struct node value = node_member(row, "document"), faults = node_member(row, "faults");
    size_t count = node_elements(&faults, 1, READER_FAULTS_MAX);
    buf_init(&expected, READER_FAULTS_SIZE);
    for (size_t i = 0; i < count; i++) {
        struct node fault = node_at(&faults, i);
        buf_printf(&expected, "%s\n", node_string(&fault, 1, SIZE_MAX, NULL));
    }
    buf_byte(&expected, '\0');
    policy_free(policy);
    reader_close(&r);
    buf_clear(&document);
    node_dump(&value, false, &document);
    policy = policy_document_read(&r, document.data, document.len);
    if (policy != NULL && !policy_document_check(&r, policy)) {
        policy_free(policy);
        policy = NULL;
    }
    assert_faults(expected.data);
    cr_expect_eq(reader_error(&r), ERROR_INVALID);
    buf_free(&expected);
}

Test(policy_document, a_broken_document_is_refused_with_the_pointer_to_its_fault)
{
    struct reader rows;
    cr_assert_eq(reader_open(&rows, broken_files[0].data, broken_files[0].len), ERROR_NONE);
    struct node root = reader_root(&rows);
    size_t count = node_elements(&root, 100, 1000);
    for (size_t i = 0; i < count; i++) {
        struct node row = node_at(&root, i);
        assert_broken(&row);
    }
    cr_expect(reader_ok(&rows));
    reader_close(&rows);
}

Test(policy_document, all_faults_are_told_at_once)
{
    read_text(
        "{'controller': {'key': '', 'country': 'nl'}, 'color': 1,"
        " 'purposes': [{'key': 'a', 'lawful_basis': 'none', 'channel': 'web', 'validity': 1},"
        "              {'key': 'a', 'lawful_basis': 'consent', 'channel': 'web', 'notice': 'b', 'x': 0}],"
        " 'notices': [{'id': 'a', 'version': 1, 'change': 'big', 'texts': {'nl': 1, '9': 'x'}}],"
        " 'mask': 24}");
    assert_faults(
        "/color: unknown member\n"
        "/controller/key: must be 1 to 64 bytes long\n"
        "/controller/country: must be a country of ISO 3166-1 (alpha-2), such as NL or GB\n"
        "/purposes/0/lawful_basis: must be one of consent, contract, legal_obligation, vital_interest, "
        "public_task, legitimate_interest, soft_opt_in, exempt\n"
        "/purposes/0/validity: must be a string\n"
        "/purposes/1/x: unknown member\n"
        "/purposes/1/key: another purpose has this key\n"
        "/notices/0/version: must be a string\n"
        "/notices/0/change: must be one of editorial, material\n"
        "/notices/0/texts/nl: must be a string\n"
        "/notices/0/texts/9: must be a language tag (BCP 47), such as nl or nl-BE\n"
        "/mask: must be an object\n"
        "/purposes/1/notice: there is no such notice in this document\n");
}

Test(policy_document, what_is_not_json_is_no_policy)
{
    read_text("{'controller': ");
    cr_expect_null(policy);
    cr_expect_eq(reader_error(&r), ERROR_NOT_JSON);
}

/* A document of ${purposes} purposes and ${notices} versions of one notice. */
static void read_many(size_t purposes, size_t notices)
{
    struct buf text;
    buf_init(&text, DOCUMENT_MAX);
    buf_text(&text, "{'controller': " CONTROLLER ", 'purposes': [");
    for (size_t i = 0; i < purposes; i++)
        buf_printf(&text, "%s{'key': 'p%zu', 'lawful_basis': 'exempt', 'channel': 'web', 'notice': 'n'}",
                   i > 0 ? "," : "", i);
    buf_text(&text, "], 'notices': [");
    for (size_t i = 0; i < notices; i++)
        buf_printf(&text,
                   "%s{'id': 'n', 'version': '%zu', 'effective_from': '2020-01-01T%02zu:%02zu:%02zuZ',"
                   " 'texts': {'nl': 'Ja'}}",
                   i > 0 ? "," : "", i, i / 3600, i / 60 % 60, i % 60);
    buf_text(&text, "]}");
    buf_byte(&text, '\0');
    cr_assert_not(buf_failed(&text));
    read_again(text.data);
    buf_free(&text);
}

Test(policy_document, the_limits_of_a_policy_hold)
{
    read_many(POLICY_PURPOSES_MAX, POLICY_NOTICES_MAX);
    assert_faults("");
    cr_expect_eq(policy->notice_count, POLICY_NOTICES_MAX);
    read_many(POLICY_PURPOSES_MAX + 1, 1);
    assert_faults("/purposes: must have 1 to 500 elements\n");
    read_many(1, POLICY_NOTICES_MAX + 1);
    assert_faults("/notices: must have 0 to 2000 elements\n"
                  "/purposes/0/notice: there is no such notice in this document\n");
}

static void assert_canonical(const char *text, struct buf *out, uint8_t ret_sha256[32])
{
    read_again(text);
    assert_faults("");
    buf_init(out, DOCUMENT_MAX);
    policy_document_canonical(&r, out, ret_sha256);
    cr_assert_not(buf_failed(out));
}

Test(policy_document, the_canonical_form_knows_no_order_of_members_and_no_white_space)
{
    struct buf out[3];
    uint8_t hash[3][32];
    assert_canonical(DOCUMENT(CONTROLLER, "[" PURPOSE "]", "[" NOTICE "]"), &out[0], hash[0]);
    assert_canonical(
        "{ 'notices':[{'texts': {'en': 'Yes', 'nl': '\\u004aa'}, 'version': '1', 'id': 'news'}],\n"
        "  'controller':\t{'country': 'NL', 'key': 'demo'}, 'purposes': [" PURPOSE "]}",
        &out[1], hash[1]);
    assert_canonical(DOCUMENT(CONTROLLER, "[" PURPOSE "]",
                              "[{'id': 'news', 'version': '1', 'texts': {'nl': 'Ja!', 'en': 'Yes'}}]"),
                     &out[2], hash[2]);
    cr_expect_eq(out[0].len, out[1].len);
    cr_expect_arr_eq(out[0].data, out[1].data, out[0].len);
    cr_expect_arr_eq(hash[0], hash[1], 32);
    cr_expect_arr_neq(hash[0], hash[2], 32);
    for (size_t i = 0; i < 3; i++)
        buf_free(&out[i]);
}

Test(policy_document, the_canonical_form_is_appended_and_the_hash_is_of_it_alone)
{
    struct buf out;
    struct buf behind;
    uint8_t hash[2][32];
    assert_canonical(DOCUMENT(CONTROLLER, "[" PURPOSE "]", "[" NOTICE "]"), &out, hash[0]);
    buf_init(&behind, DOCUMENT_MAX);
    buf_text(&behind, "before");
    policy_document_canonical(&r, &behind, hash[1]);
    cr_expect_eq(behind.len, out.len + strlen("before"));
    cr_expect_arr_eq(hash[0], hash[1], 32);
    buf_free(&out);
    buf_free(&behind);
    buf_init(&out, 10);
    policy_document_canonical(&r, &out, hash[1]);
    cr_expect(buf_failed(&out));
    buf_free(&out);
}

Test(policy_document, what_is_accepted_but_not_acted_on_is_told)
{
    read_text(
        "{'controller': {'key': 'demo', 'name': {'nl': 'Demo'}, 'country': 'NL', 'contact': 'here'},"
        " 'purposes': [{'key': 'a', 'lawful_basis': 'exempt', 'channel': 'web', 'description': {'nl': 'x'},"
        "               'double_opt_in': false, 'gpc': false, 'recipients': ['x']},"
        "              {'key': 'b', 'lawful_basis': 'exempt', 'channel': 'web', 'gpc': true,"
        "               'double_opt_in': true, 'minors': {'guardian': {}}, 'replaces': 'a'}],"
        " 'cookies': 'none', 'mask': {}, 'entities': [{'key': 'x', 'name': 'X'}], 'ages': {'NL': 16},"
        " 'retention': {'proof_kept': 'P5Y'}, 'rights': {'term': 'P28D'}, 'clients': []}");
    assert_faults("");
    assert_not_enforced("[]");
}

Test(policy_document, nothing_that_is_held_beside_the_ledger_is_kept_for_ever)
{
    static const char words[] =
        "{'controller': " CONTROLLER ", 'purposes': [" PURPOSE "], 'notices': [" NOTICE "], 'retention': "
        "{'audit': %s, 'rights_requests': 'P2Y', 'breaches': %s, 'check_traces': 'P90D'}}";
    char text[2000];
    snprintf(text, sizeof text, words, "'P1Y'", "'P5Y'");
    read_text(text);
    assert_faults("");
    assert_not_enforced("[]");
    snprintf(text, sizeof text, words, "null", "5");
    read_text(text);
    assert_faults("/retention/audit: must be an ISO 8601 duration: it is not kept for ever\n"
                  "/retention/breaches: must be a string\n");
}

Test(policy_document, a_site_is_found_by_its_exact_origin)
{
    read_text(
        "{'controller': " CONTROLLER ", 'purposes': [" PURPOSE "], 'notices': [" NOTICE "],"
        " 'sites': [{'origins': ['https://krant.example:8443', 'http://localhost'], 'cookie_domain': null},"
        "           {'origins': ['https://www.winkel.example', 'http://localhost:8000'],"
        "            'cookie_domain': 'winkel.example', 'visitor_code': 'none',"
        "            'return_urls': ['https://www.winkel.example/account?tab=1'],"
        "            'theme': {'light': {'text': '#000000', 'background': '#FFFFFF'}, 'dark': {}},"
        "            'texts': {'accept': {'de': 'Alle annehmen', 'fr': 'Tout accepter'}, 'refuse': 'No'}}]}");
    assert_faults("");
    assert_not_enforced("[]");
    static const char *const foreign[] = {"",
                                          "https://krant.example",
                                          "http://krant.example:8443",
                                          "https://krant.example:8443/",
                                          "null",
                                          "https://xkrant.example:8443",
                                          "https://krant.example:8443.evil",
                                          "HTTPS://krant.example:8443",
                                          "*"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        cr_expect_null(policy_site(policy, foreign[i], strlen(foreign[i])), "%s", foreign[i]);
    const struct site *first = policy_site(policy, "https://krant.example:8443", 26);
    const struct site *second = policy_site(policy, "http://localhost:8000", 21);
    cr_assert(first == &policy->sites[0] && second == &policy->sites[1]);
    cr_expect(first->visitor_codes && !second->visitor_codes);
    cr_expect_null(first->cookie_domain);
    cr_expect_str_eq(second->cookie_domain, "winkel.example");
    cr_expect_str_eq(second->return_urls[0], "https://www.winkel.example/account?tab=1");
}

#define ASKED                                                                                                \
    "{'controller': " CONTROLLER ", 'purposes': [" PURPOSE ","                                               \
    " {'key': 'count', 'lawful_basis': 'consent', 'channel': 'web', 'notice': 'count'},"                     \
    " {'key': 'app', 'lawful_basis': 'consent', 'channel': 'sms', 'notice': 'count'},"                       \
    " {'key': 'old', 'lawful_basis': 'consent', 'channel': 'web', 'notice': 'count', 'retired': true},"      \
    " {'key': 'site', 'lawful_basis': 'exempt', 'channel': 'web', 'notice': 'count'}], 'notices': [" NOTICE  \
    ", {'id': 'count', 'version': '1', 'texts': {'nl': 'Tellen?', 'en': 'Count?'}},"                         \
    " {'id': 'count', 'version': '2', 'effective_from': '2030-01-01T00:00:00Z', 'texts': {'nl': 'Ja?'}}]"

Test(policy_document, a_banner_asks_what_rests_on_consent_and_is_on_the_device)
{
    uint8_t hash[4][NOTICE_HASH_SIZE];
    const instant later = INT64_C(1900000000) * SECOND;
    read_text(ASKED ", 'cookies': [{'name': 'c', 'provider': 'us', 'purpose': 'app', 'duration': 'P6M',"
                    " 'kind': 'cookie', 'party': 'first', 'class': 'analytics'}]}");
    assert_faults("");
    static const char *const asked[] = {"count", "app"}, *const not_asked[] = {"news", "old", "site"};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        cr_expect_not_null(policy_banner_notice(policy, policy_purpose(policy, asked[i]), 0), "%s", asked[i]);
    for (size_t i = 0; i < sizeof not_asked / sizeof *not_asked; i++)
        cr_expect_null(policy_banner_notice(policy, policy_purpose(policy, not_asked[i]), 0), "%s",
                       not_asked[i]);
    cr_assert(policy_banner_hash(policy, "nl", 0, hash[0]) && policy_banner_hash(policy, "nl", 0, hash[1]) &&
              policy_banner_hash(policy, "en", 0, hash[2]) &&
              policy_banner_hash(policy, "nl", later, hash[3]));
    cr_expect_arr_eq(hash[0], hash[1], sizeof hash[0]);
    cr_expect_arr_neq(hash[0], hash[2], sizeof hash[0], "other words");
    cr_expect_arr_neq(hash[0], hash[3], sizeof hash[0], "a later version");

    read_again(ASKED ", 'cookies': 'none'}");
    assert_faults("");
    cr_expect_not(policy_banner_hash(policy, "nl", 0, hash[0]), "there is nothing to ask");
}

Test(policy_document, every_example_reads_and_names_the_controller_of_its_file)
{
    size_t count = 0;
    for (const struct embedded *f = example_files; f->name != NULL; f++, count++) {
        policy_free(policy);
        reader_close(&r);
        policy = policy_document_read(&r, f->data, f->len);
        assert_faults("");
        cr_assert_not_null(policy, "%s", f->name);
        cr_expect(policy_document_check(&r, policy), "%s", f->name);
        cr_expect(strncmp(policy->controller, f->name, strlen(f->name) - strlen(".json")) == 0, "%s",
                  f->name);
    }
    cr_expect_eq(count, 6);
}

static const struct policy *read_example(const char *name)
{
    const struct embedded *f = example_files;
    while (strcmp(f->name, name) != 0)
        f++;
    policy = policy_document_read(&r, f->data, f->len);
    cr_assert_not_null(policy);
    return policy;
}

/* The purpose of the one document that holds ${members} beside what every purpose has. */
static const struct purpose *read_purpose(const char *basis, const char *members)
{
    struct buf text;
    buf_init(&text, DOCUMENT_MAX);
    buf_printf(&text,
               "{'controller': " CONTROLLER ", 'notices': [" NOTICE
               "], 'purposes': [{'key': 'a', 'notice': 'news',"
               " 'lawful_basis': '%s', 'channel': 'web'%s}]}",
               basis, members);
    buf_byte(&text, '\0');
    read_again(text.data);
    buf_free(&text);
    assert_faults("");
    return &policy->purposes[0];
}

Test(policy_document, a_minor_needs_a_guardian_for_consent_unless_the_policy_says_otherwise)
{
    const struct guardian_rule all = read_purpose("consent", "")->guardian;
    cr_expect_eq(all.minors, MINORS_GUARDIAN);
    cr_expect_eq(all.roles, 1 << ROLE_PARENT | 1 << ROLE_CARER | 1 << ROLE_LEGAL_REPRESENTATIVE);
    cr_expect_eq(all.least, STRENGTH_CHECKBOX);
    cr_expect(!all.written && !all.ends_at_limit);
    cr_expect_eq(read_purpose("contract", "")->guardian.minors, MINORS_ALLOWED);
    cr_expect_eq(read_purpose("contract", ", 'minors': 'guardian'")->guardian.minors, MINORS_GUARDIAN);
    cr_expect_eq(read_purpose("consent", ", 'minors': 'forbidden'")->guardian.minors, MINORS_FORBIDDEN);
    cr_expect_eq(read_purpose("consent", ", 'minors': 'allowed'")->guardian.minors, MINORS_ALLOWED);
}

Test(policy_document, who_may_act_for_a_minor_and_how_is_read)
{
    const struct guardian_rule rule =
        read_purpose("contract", ", 'minors': {'guardian': {'roles': ['carer', 'parent'], 'least': 'signed',"
                                 " 'written': true, 'at_limit': 'expire'}}")
            ->guardian;
    cr_expect_eq(rule.minors, MINORS_GUARDIAN);
    cr_expect_eq(rule.roles, 1 << ROLE_PARENT | 1 << ROLE_CARER);
    cr_expect_eq(rule.least, STRENGTH_SIGNED);
    cr_expect(rule.written && rule.ends_at_limit);
}

Test(policy_document, that_an_age_must_be_told_is_read_with_a_guardian_or_without)
{
    cr_expect_not(read_purpose("consent", "")->age_required);
    const struct purpose *p = read_purpose("consent", ", 'minors': {'age': 'required'}");
    cr_expect(p->age_required);
    cr_expect_eq(p->guardian.minors, MINORS_GUARDIAN, "as where nothing is said of minors");
    p = read_purpose("contract", ", 'minors': {'guardian': {'least': 'signed'}, 'age': 'required'}");
    cr_expect(p->age_required);
    cr_expect_eq(p->guardian.minors, MINORS_GUARDIAN);
    cr_expect_eq(p->guardian.least, STRENGTH_SIGNED);
    cr_expect_eq(read_purpose("contract", ", 'minors': {'age': 'required'}")->guardian.minors,
                 MINORS_ALLOWED);
}

Test(policy_document, what_a_purpose_says_of_objections_signals_and_its_forerunner_is_read)
{
    const struct purpose *p =
        read_purpose("legitimate_interest", ", 'objection': 'weighed', 'gpc': true, 'replaces': 'gone'");
    cr_expect(p->objection_weighed && p->gpc);
    cr_expect_str_eq(p->replaces, "gone");
    p = read_purpose("consent", ", 'objection': 'absolute'");
    cr_expect(!p->objection_weighed && !p->gpc);
    cr_expect_str_eq(p->replaces, "");
}

Test(policy_document, a_purpose_is_of_the_entities_it_names_or_of_all)
{
    const struct policy *p = read_example("three-entities.json");
    cr_expect_eq(p->entity_count, 3);
    cr_expect_str_eq(p->entities[1].key, "voip");
    cr_expect_eq(policy_purpose(p, "marketing_email")->entities, 7);
    cr_expect_eq(policy_purpose(p, "similar_products")->entities, 6);
    policy_free(policy);
    reader_close(&r);
    cr_expect_eq(read_example("demo.json")->purposes[0].entities, 0);
}

Test(policy_document, anonymous_statistics_are_a_purpose_all_of_whose_cookies_only_count)
{
    const struct policy *p = read_example("directory.json");
    cr_expect(policy_purpose(p, "visit_counts")->anonymous_statistics);
    cr_expect_not(policy_purpose(p, "analytics")->anonymous_statistics);
    cr_expect_not(policy_purpose(p, "telephony")->anonymous_statistics);
    cr_expect_not(policy_purpose(p, "number_display")->anonymous_statistics, "it has no cookies");
    cr_expect_not(p->cookies_none);
    policy_free(policy);
    reader_close(&r);
    cr_expect(read_example("no-cookies.json")->cookies_none);
}

#define COOKIE(class, more)                                                                                  \
    "{'name': 'c', 'provider': 'p', 'purpose': 'news', 'duration': 'P1Y', 'kind': 'cookie', 'party': "       \
    "'first',"                                                                                               \
    " 'class': '" class "'" more "}"
#define COUNTING                                                                                             \
    COOKIE("statistics_anonymous", ", 'conditions': {'processor_contract': true, 'last_octet_masked': true," \
                                   " 'sharing_off': true, 'no_other_services': true}")

Test(policy_document, one_cookie_that_does_more_than_count_makes_them_other_statistics)
{
    read_text("{'controller': " CONTROLLER ", 'purposes': [" PURPOSE "], 'notices': [" NOTICE "],"
              " 'cookies': [" COUNTING ", " COUNTING "]}");
    assert_faults("");
    cr_expect(policy->purposes[0].anonymous_statistics);
    read_again("{'controller': " CONTROLLER ", 'purposes': [" PURPOSE "], 'notices': [" NOTICE "],"
               " 'cookies': [" COUNTING ", " COOKIE("analytics", "") "]}");
    assert_faults("");
    cr_expect_not(policy->purposes[0].anonymous_statistics);
}

Test(policy_document, a_mask_may_be_as_weak_as_it_likes_where_no_cookie_says_otherwise)
{
    read_text("{'controller': " CONTROLLER ", 'purposes': [" PURPOSE "], 'notices': [" NOTICE "],"
              " 'cookies': [" COOKIE("analytics", "") "], 'mask': {'ipv4_prefix': 32, 'ipv6_prefix': 128}}");
    assert_faults("");
    cr_expect_eq(policy->mask.ipv4, 32);
    cr_expect_eq(policy->mask.ipv6, 128);
}

Test(policy_document, ages_and_masks_that_a_policy_sets_itself_are_read)
{
    read_text("{'controller': " CONTROLLER ", 'purposes': [" PURPOSE "], 'notices': [" NOTICE "],"
              " 'ages': {'NL': 18, 'BE': 13}, 'mask': {'ipv4_prefix': 16}}");
    assert_faults("");
    cr_expect_eq(policy->age_count, 2);
    cr_expect_str_eq(policy->ages[0].country, "NL");
    cr_expect_eq(policy->ages[0].years, 18);
    cr_expect_eq(policy->ages[1].years, 13);
    cr_expect_eq(policy->mask.ipv4, 16);
    cr_expect_eq(policy->mask.ipv6, 48);
    read_again("{'controller': " CONTROLLER ", 'purposes': [" PURPOSE "], 'notices': [" NOTICE "],"
               " 'mask': {'preset': 'strict'}}");
    cr_expect_eq(policy->mask.ipv4, 16);
    cr_expect_eq(policy->mask.ipv6, 32);
    read_again(DOCUMENT(CONTROLLER, "[" PURPOSE "]", "[" NOTICE "]"));
    cr_expect_eq(policy->mask.ipv4, 24);
    cr_expect_eq(policy->mask.ipv6, 48);
}

static void warning_append(void *cookie, const char *pointer, const char *detail)
{
    buf_printf(cookie, "%s: %s\n", pointer, detail);
}

/* Of a purpose on consent with a cookie of ${class}, valid as ${validity} says. */
static void assert_warned(const char *class, const char *validity, const char *expected)
{
    struct buf text, found;
    buf_init(&text, DOCUMENT_MAX);
    buf_init(&found, DOCUMENT_MAX);
    buf_printf(
        &text,
        "{'controller': " CONTROLLER ", 'notices': [" NOTICE "], 'purposes': [{'key': 'a', 'notice': 'news',"
        " 'lawful_basis': 'consent', 'channel': 'web'%s}], 'cookies': [{'name': 'c', 'provider': 'p',"
        " 'purpose': 'a', 'duration': 'P1Y', 'kind': 'pixel', 'party': 'third', 'class': '%s'%s}]}",
        validity, class, strcmp(class, "strictly_necessary") == 0 ? ", 'conditions': {'reason': 'x'}" : "");
    buf_byte(&text, '\0');
    read_again(text.data);
    assert_faults("");
    policy_document_warn(&r, policy, warning_append, &found);
    buf_byte(&found, '\0');
    cr_expect_str_eq(found.data, expected);
    buf_free(&text);
    buf_free(&found);
}

Test(policy_document, a_consent_to_cookies_for_more_than_a_year_is_warned_about)
{
    static const char warning[] =
        "/purposes/0/validity: a consent to cookies should not be valid for more than 12 months\n";
    assert_warned("marketing", ", 'validity': 'P1Y'", "");
    assert_warned("marketing", ", 'validity': 'P365D'", "");
    assert_warned("marketing", ", 'validity': 'P366D'", warning);
    assert_warned("analytics", ", 'validity': 'P13M'", warning);
    assert_warned("preferences", "", warning);
    assert_warned("strictly_necessary", "", "");
}

Test(policy_document, a_cookie_that_stays_longer_than_the_consent_to_it_is_warned_about)
{
    static const char warning[] =
        "/cookies/0/duration: a cookie should not stay longer than the consent to it is valid\n";
    assert_warned("analytics", ", 'validity': 'P11M'", warning);
    assert_warned("analytics", ", 'validity': 'P364D'", warning);
    assert_warned("analytics", ", 'validity': 'P365D'", "");
    assert_warned("strictly_necessary", ", 'validity': 'P11M'", "");
}

/* Of a controller in ${country} with a purpose that has ${members}, and ${more} of the document's. What the
 * check finds, and what it is warned about. */
static void assert_judged(const char *country, const char *members, const char *more, const char *faults,
                          const char *warnings)
{
    struct buf text, found;
    buf_init(&text, DOCUMENT_MAX);
    buf_init(&found, DOCUMENT_MAX);
    buf_printf(&text,
               "{'controller': {'key': 'demo', 'country': '%s'}, 'notices': [" NOTICE
               "], 'purposes': [{'key': 'a', 'notice': 'news'%s}]%s}",
               country, members, more);
    buf_byte(&text, '\0');
    read_again(text.data);
    assert_faults("");
    policy_document_warn(&r, policy, warning_append, &found);
    buf_byte(&found, '\0');
    cr_expect_str_eq(found.data, warnings);
    cr_expect_eq(policy_document_check(&r, policy), *faults == '\0');
    if (*faults != '\0') {
        policy_free(policy);
        policy = NULL;
    }
    assert_faults(faults);
    buf_free(&text);
    buf_free(&found);
}

#define ON(basis, channel) ", 'lawful_basis': '" basis "', 'channel': '" channel "'"
#define ALLOWED            ", 'minors': 'allowed'"
#define WHY                ", 'rationale': 'Advice and help, which a child may ask for alone.'"

Test(policy_document, a_consent_is_left_to_minors_only_where_the_policy_says_why)
{
    static const char fault[] =
        "/purposes/0/minors: no minor below this country's age consents alone: say guardian "
        "or forbidden, or why not in the purpose's rationale\n";
    static const char warning[] = "/purposes/0/minors: lets minors below this country's age consent alone\n";
    assert_judged("NL", ON("consent", "post") ALLOWED, "", fault, "");
    assert_judged("NL", ON("consent", "post") ALLOWED WHY, "", "", warning);
    assert_judged("NL", ON("consent", "post"), "", "", "");
    assert_judged("NL", ON("contract", "post") ALLOWED, "", "", "");
    assert_judged("NL", ON("consent", "post") ALLOWED ", 'retired': true", "", "", "");
    assert_judged("DE", ON("consent", "web") ALLOWED, "", fault, "");
    assert_judged("DE", ON("consent", "post") ALLOWED, "", "", "");
    assert_judged("CH", ON("consent", "web") ALLOWED, "", "", "");
    assert_judged("CH", ON("consent", "web") ALLOWED, ", 'ages': {'CH': 14}", fault, "");
}

Test(policy_document, an_endpoint_in_clear_text_is_warned_about_unless_it_is_of_this_machine)
{
    static const char why[] =
        "is in clear text: say https, for it is delivered only where the operator allows that\n";
    static const struct {
        const char *url;
        bool is_clear;
    } rows[] = {{"http://mail.example/", true},     {"http://localhost.example/", true},
                {"http://127.0.0.1.example", true}, {"http://10.0.0.1:8090/", true},
                {"https://mail.example/", false},   {"http://localhost:8090/", false},
                {"http://127.0.0.1:8090/", false},  {"http://127.0.0.1", false},
                {"http://[::1]:8090/x", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf more, warning;
        buf_init(&more, DOCUMENT_MAX);
        buf_init(&warning, DOCUMENT_MAX);
        buf_printf(&more,
                   ", 'messages': {'endpoint': '%s', 'secret': 's'}, 'recipients': [{'name': 'printer'}, "
                   "{'name': 'sender', 'endpoint': '%s', 'secret': 's'}]",
                   rows[i].url, rows[i].url);
        buf_byte(&more, '\0');
        if (rows[i].is_clear)
            buf_printf(&warning, "/messages/endpoint: %s/recipients/1/endpoint: %s", why, why);
        buf_byte(&warning, '\0');
        assert_judged("NL", ON("consent", "post"), more.data, "", warning.data);
        buf_free(&more);
        buf_free(&warning);
    }
}

Test(policy_document, a_signature_that_no_page_can_take_is_warned_about)
{
    static const char warning[] =
        "/officer/certificate: is needed for a signature on a guardian's page: without "
        "it guardians are asked on paper alone\n";
    assert_judged("NL", ON("consent", "post") ", 'minors': {'guardian': {'least': 'signed'}}", "", "",
                  warning);
    assert_judged("NL", ON("consent", "post") ", 'minors': {'guardian': {'least': 'email', 'written': true}}",
                  "", "", warning);
    assert_judged("NL", ON("consent", "post") ", 'minors': {'guardian': {'least': 'email_plus'}}", "", "",
                  "");
    assert_judged("NL", ON("consent", "post") ", 'minors': {'guardian': {'least': 'in_person'}}", "", "", "");
    assert_judged("NL",
                  ON("consent", "post") ", 'minors': {'guardian': {'least': 'signed'}}, 'retired': true", "",
                  "", "");
}

Test(policy_document, a_guardian_of_whom_nothing_is_asked_needs_a_reason)
{
    static const char fault[] =
        "/purposes/0/minors/guardian: must say who may act for a minor, or how sure that must "
        "be; or why it does not, in the purpose's rationale\n";
    static const char warning[] = "/purposes/0/minors/guardian: asks nothing of who says to be a guardian\n";
    assert_judged("NL", ON("consent", "web") ", 'minors': {'guardian': {}}", "", fault, "");
    assert_judged("NL", ON("contract", "web") ", 'minors': {'guardian': {}, 'age': 'required'}", "", fault,
                  "");
    assert_judged("NL", ON("consent", "web") WHY ", 'minors': {'guardian': {}}", "", "", warning);
    assert_judged("NL", ON("consent", "web") ", 'minors': {'guardian': {'least': 'email'}}", "", "", "");
}

Test(policy_document, an_age_below_the_laws_needs_a_reason)
{
    static const char fault[] =
        "/ages/NL: below the age of this country's law: say why, by an object of years and rationale\n";
    static const char warning[] = "/ages/NL: below the age of this country's law\n";
    assert_judged("BE", ON("exempt", "web"), ", 'ages': {'NL': 13}", fault, "");
    assert_judged("BE", ON("exempt", "web"), ", 'ages': {'NL': {'years': 13, 'rationale': 'a new law'}}", "",
                  warning);
    assert_judged("BE", ON("exempt", "web"), ", 'ages': {'NL': 16, 'BE': 18, 'CH': 13, 'US': 13}", "", "");
    assert_judged("BE", ON("exempt", "web"), ", 'ages': {'NL': {'years': 18, 'rationale': 'care'}}", "", "");
    cr_expect_eq(policy->ages[0].years, 18);
}

Test(policy_document, where_the_law_sets_no_age_a_policy_that_looks_at_minors_does)
{
    static const char fault[] =
        "/ages: must have the controller's country: its law sets no age, and a purpose looks at minors\n";
    assert_judged("CH", ON("consent", "web"), "", fault, "");
    assert_judged("CH", ON("contract", "post") ", 'minors': 'forbidden'", "", fault, "");
    assert_judged("CH", ON("contract", "post") ", 'minors': {'age': 'required'}", ", 'ages': {'NL': 16}",
                  fault, "");
    assert_judged("CH", ON("consent", "web"), ", 'ages': {'CH': 14}", "", "");
    assert_judged("CH", ON("contract", "web"), "", "", "");
    assert_judged("CH", ON("consent", "web") ", 'retired': true", "", "", "");
}

Test(policy_document, what_was_applied_is_read_whatever_a_law_says_by_then)
{
    read_text("{'controller': {'key': 'demo', 'country': 'CH'}, 'notices': [" NOTICE
              "], 'purposes': [" PURPOSE "]}");
    assert_faults("");
}
