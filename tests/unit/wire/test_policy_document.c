/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_document.h"

#include "base/embedded.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

extern const struct embedded example_files[];

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

static const struct {
    const char *document;
    const char *faults;
} broken[] = {
    {"[]", ": must be an object\n"},
    {"{}", "/controller: is required\n/purposes: is required\n"},
    {DOCUMENT("{'country': 'NL'}", "[" PURPOSE "]", "[" NOTICE "]"), "/controller/key: is required\n"},
    {DOCUMENT("{'key': 'De Mo', 'country': 'NL'}", "[" PURPOSE "]", "[" NOTICE "]"),
     "/controller/key: must be of a-z, 0-9, _ and -, and begin with a letter or a digit\n"},
    {DOCUMENT("{'key': 'demo', 'country': 'UK'}", "[" PURPOSE "]", "[" NOTICE "]"),
     "/controller/country: must be a country of ISO 3166-1 (alpha-2), such as NL or GB\n"},
    {DOCUMENT("{'key': 'demo', 'country': 'US'}", "[" PURPOSE "]", "[" NOTICE "]"),
     "/controller/time_zone: is required: there is no default for this country\n"},
    {DOCUMENT("{'key': 'demo', 'country': 'NL', 'time_zone': '+01:00'}", "[" PURPOSE "]", "[" NOTICE "]"),
     "/controller/time_zone: must be an IANA time zone, such as Europe/Amsterdam\n"},
    {DOCUMENT("{'key': 'demo', 'country': 'NL', 'languages': ['nl', 'NL']}", "[" PURPOSE "]", "[" NOTICE "]"),
     "/controller/languages/1: stands twice\n"},
    {DOCUMENT("{'key': 'demo', 'country': 'NL', 'adress': 'here'}", "[" PURPOSE "]", "[" NOTICE "]"),
     "/controller/adress: unknown member\n"},
    {DOCUMENT("{'key': 'demo', 'country': 'NL', 'address': 1}", "[" PURPOSE "]", "[" NOTICE "]"),
     "/controller/address: must be a string or an object\n"},
    {DOCUMENT(CONTROLLER, "[]", "[" NOTICE "]"), "/purposes: must have 1 to 500 elements\n"},
    {DOCUMENT(CONTROLLER, "[7]", "[" NOTICE "]"), "/purposes/0: must be an object\n"},
    {DOCUMENT(CONTROLLER, "[" PURPOSE ", " PURPOSE "]", "[" NOTICE "]"),
     "/purposes/1/key: another purpose has this key\n"},
    {DOCUMENT(CONTROLLER, "[{'key': 'a', 'channel': 'web'}]", "[]"),
     "/purposes/0/lawful_basis: is required\n"},
    {DOCUMENT(CONTROLLER, "[{'key': 'a', 'lawful_basis': 'consent', 'channel': 'web'}]", "[]"),
     "/purposes/0/notice: is required: consent is proved by the words that were shown\n"},
    {DOCUMENT(CONTROLLER, "[" PURPOSE "]", "[]"),
     "/purposes/0/notice: there is no such notice in this document\n"},
    {DOCUMENT(CONTROLLER, "[{'key': 'a', 'lawful_basis': 'exempt', 'channel': 'fax'}]", "[]"),
     "/purposes/0/channel: must be one of email, sms, phone, post, web\n"},
    {DOCUMENT(CONTROLLER,
              "[{'key': 'a', 'lawful_basis': 'legitimate_interest', 'channel': 'email', 'direct_marketing': "
              "true}]",
              "[]"),
     "/purposes/0/lawful_basis: direct marketing by email, sms or phone must rest on consent or "
     "soft_opt_in\n"},
    {DOCUMENT(CONTROLLER,
              "[{'key': 'a', 'lawful_basis': 'contract', 'channel': 'phone', 'direct_marketing': true}]",
              "[]"),
     "/purposes/0/lawful_basis: direct marketing by email, sms or phone must rest on consent or "
     "soft_opt_in\n"},
    {DOCUMENT(CONTROLLER, "[{'key': 'a', 'lawful_basis': 'soft_opt_in', 'channel': 'phone'}]", "[]"),
     "/purposes/0/lawful_basis: soft_opt_in does not hold for phone\n"},
    {DOCUMENT(CONTROLLER, "[{'key': 'a', 'lawful_basis': 'exempt', 'channel': 'web', 'validity': 'P0D'}]",
              "[]"),
     "/purposes/0/validity: must not be zero; leave it out where there is no end\n"},
    {DOCUMENT(CONTROLLER,
              "[{'key': 'a', 'lawful_basis': 'exempt', 'channel': 'web', 'refused_until': 'a year'}]", "[]"),
     "/purposes/0/refused_until: must be an ISO 8601 duration in whole numbers, such as P6M\n"},
    {DOCUMENT(CONTROLLER,
              "[{'key': 'a', 'lawful_basis': 'exempt', 'channel': 'web', 'unknown_words': 'allow'}]", "[]"),
     "/purposes/0/unknown_words: must be deny, or an object whose allow gives the reason\n"},
    {DOCUMENT(CONTROLLER, "[{'key': 'a', 'lawful_basis': 'exempt', 'channel': 'web', 'unknown_words': {}}]",
              "[]"),
     "/purposes/0/unknown_words/allow: is required\n"},
    {DOCUMENT(CONTROLLER,
              "[{'key': 'a', 'lawful_basis': 'exempt', 'channel': 'web', 'signals': ['ad_storage', "
              "'ad_storage']}]",
              "[]"),
     "/purposes/0/signals/1: stands twice\n"},
    {DOCUMENT(CONTROLLER, "[{'key': 'a', 'lawful_basis': 'exempt', 'channel': 'web', 'minors': 'no'}]", "[]"),
     "/purposes/0/minors: must be one of allowed, guardian, forbidden\n"},
    {DOCUMENT(CONTROLLER, "[" PURPOSE "]", "[{'id': 'news', 'texts': {'nl': 'Ja'}}]"),
     "/notices/0/version: is required\n"},
    {DOCUMENT(CONTROLLER, "[" PURPOSE "]", "[{'id': 'news', 'version': '1\\n', 'texts': {'nl': 'Ja'}}]"),
     "/notices/0/version: must not have control characters\n"},
    {DOCUMENT(CONTROLLER, "[" PURPOSE "]", "[" NOTICE ", " NOTICE "]"),
     "/notices/1/version: stands twice in this notice\n"},
    {DOCUMENT(CONTROLLER, "[" PURPOSE "]",
              "[" NOTICE ", {'id': 'news', 'version': '2', 'texts': {'nl': 'Ja'}}]"),
     "/notices/1/effective_from: another version of this notice takes effect at this time\n"},
    {DOCUMENT(CONTROLLER, "[" PURPOSE "]",
              "[{'id': 'news', 'version': '1', 'effective_from': '2020-01-01', 'texts': {'nl': 'Ja'}}]"),
     "/notices/0/effective_from: must be an RFC 3339 date-time\n"},
    {DOCUMENT(CONTROLLER, "[" PURPOSE "]", "[{'id': 'news', 'version': '1', 'texts': {}}]"),
     "/notices/0/texts: must have 1 to 32 members\n"},
    {DOCUMENT(CONTROLLER, "[" PURPOSE "]", "[{'id': 'news', 'version': '1', 'texts': {'nl': ''}}]"),
     "/notices/0/texts/nl: must be 1 to 16384 bytes long\n"},
    {DOCUMENT(CONTROLLER, "[" PURPOSE "]", "[{'id': 'news', 'version': '1', 'texts': {'dutch_nl': 'Ja'}}]"),
     "/notices/0/texts/dutch_nl: must be a language tag (BCP 47), such as nl or nl-BE\n"},
    {DOCUMENT(CONTROLLER, "[" PURPOSE "]",
              "[{'id': 'news', 'version': '1', 'texts': {'nl': 'Ja', 'NL': 'Ja'}}]"),
     "/notices/0/texts/NL: stands twice: capitals do not count in a language tag\n"},
    {"{'controller': " CONTROLLER ", 'purposes': [" PURPOSE "], 'notices': [" NOTICE "], 'cookies': 'few'}",
     "/cookies: must be none, or an array\n"},
    {"{'controller': " CONTROLLER ", 'purposes': [" PURPOSE "], 'notices': [" NOTICE "], 'cookie': []}",
     "/cookie: unknown member\n"},
};

Test(policy_document, a_broken_document_is_refused_with_the_pointer_to_its_fault)
{
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        read_again(broken[i].document);
        assert_faults(broken[i].faults);
        cr_expect_eq(reader_error(&r), ERROR_INVALID);
    }
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
        " 'cookies': 'none', 'mask': {}, 'entities': [{}], 'ages': {'NL': 16}}");
    assert_faults("");
    assert_not_enforced(
        "['/purposes/1/double_opt_in','/purposes/1/replaces','/purposes/1/minors','/purposes/1/gpc',"
        "'/entities','/cookies','/ages','/mask']");
}
