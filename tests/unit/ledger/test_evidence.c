/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/evidence.h"

#include "base/limits.h"
#include "stand.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define SHA256 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct stand s;

static void start(void)
{
    stand_open(&s);
}

static void finish(void)
{
    stand_close(&s);
}

TestSuite(evidence, .init = start, .fini = finish);

static const char *evidence;

static void read_only(const struct ledger_env *env, struct reader *body, struct acts *ret_acts)
{
    (void)ret_acts;
    struct node root = reader_root(body);
    evidence = evidence_read(env, &root);
}

static void expect_kept(const char *sent, const char *kept)
{
    stand_read(&s, read_only, "{'evidence': %s}", sent);
    cr_assert_str_eq(stand_faults(&s), "", "%s", sent);
    cr_assert_not_null(evidence);
    cr_expect_str_eq(evidence, stand_json(kept));
}

static void expect_fault(const char *sent, const char *pointer)
{
    stand_read(&s, read_only, "{'evidence': %s}", sent);
    cr_expect_str_eq(stand_faults(&s), pointer, "%s", sent);
}

Test(evidence, without_it_there_is_none)
{
    stand_read(&s, read_only, "{}");
    cr_expect(reader_ok(&s.body) && evidence == NULL);
}

Test(evidence, the_address_is_kept_masked)
{
    expect_kept("{'ip': '203.0.113.77'}", "{'ip':'203.0.113.0'}");
    expect_kept("{'ip': '2001:db8:1:2:3:4:5:6'}", "{'ip':'2001:db8:1::'}");
    expect_fault("{'ip': '203.0.113.77, 198.51.100.1'}", "/evidence/ip");
    expect_fault("{'ip': ''}", "/evidence/ip");
}

Test(evidence, a_whole_address_gets_past_no_other_member)
{
    expect_kept("{'user_agent': 'Browser/1 (203.0.113.77)', 'form': 'from 203.0.113.77'}",
                "{'user_agent':'Browser/1 (203.0.113.0)','form':'from 203.0.113.0'}");
    expect_kept("{'documents': [{'name': 'scan of 203.0.113.77', 'sha256': '" SHA256 "'}]}",
                "{'documents':[{'name':'scan of 203.0.113.0','sha256':'" SHA256 "'}]}");
}

Test(evidence, a_url_ends_before_its_query_and_fragment)
{
    expect_kept("{'url': 'https://shop.example/join?mail=a@example.com'}",
                "{'url':'https://shop.example/join'}");
    expect_kept("{'url': 'https://shop.example/join#a'}", "{'url':'https://shop.example/join'}");
}

Test(evidence, the_policy_says_how_much_of_an_address_is_kept)
{
    s.controller.policy->mask = (struct mask_prefixes){16, 32};
    expect_kept("{'ip': '203.0.113.77', 'user_agent': 'B/1 (203.0.113.77)', 'form': '2001:db8:1:2::3'}",
                "{'ip':'203.0.0.0','user_agent':'B/1 (203.0.0.0)','form':'2001:db8::'}");
}

Test(evidence, who_somebody_is_gets_past_no_url_form_or_name)
{
    expect_kept("{'url': 'https://shop.example/u/jan%40example.nl/06-12345678/123456782?x'}",
                "{'url':'https://shop.example/u/***/***/***'}");
    expect_kept("{'form': 'sent by jan@example.nl'}", "{'form':'sent by ***'}");
    expect_kept("{'documents': [{'name': 'jan@example.nl 0612345678.pdf', 'sha256': '" SHA256 "'}]}",
                "{'documents':[{'name':'*** ***.pdf','sha256':'" SHA256 "'}]}");
    expect_kept("{'user_agent': 'App/0612345678'}", "{'user_agent':'App/0612345678'}");
}

Test(evidence, of_a_document_name_and_hash_are_kept)
{
    expect_fault("{'documents': [{'name': 'a.pdf', 'sha256': '00'}]}", "/evidence/documents/0/sha256");
    expect_fault("{'documents': [{'name': 'a.pdf', 'sha256': '0011223344556677889AABBCCDDEEFF0"
                 "0112233445566778899aabbccddeeffaa'}]}",
                 "/evidence/documents/0/sha256");
    expect_fault("{'documents': [{'name': 'a.pdf', 'sha256': '" SHA256 "', 'content': 'x'}]}",
                 "/evidence/documents/0/content");
    expect_fault("{'documents': []}", "/evidence/documents");
}

Test(evidence, what_is_none_of_its_members_is_a_fault)
{
    expect_fault("{'cookie': 'a'}", "/evidence/cookie");
    expect_fault("{}", "/evidence");
    expect_fault("'text'", "/evidence");
    expect_fault("{'confirmed_at': 'yesterday'}", "/evidence/confirmed_at");
}

/* One member may be nearly all of it. */
Test(evidence, a_long_name_of_a_browser_or_a_form_is_kept)
{
    static const char *const members[] = {"user_agent", "form"};
    static char text[4001], sent[5 * 1024], kept[5 * 1024];
    memset(text, 'x', sizeof text - 1);
    for (size_t i = 0; i < 2; i++) {
        snprintf(sent, sizeof sent, "{'%s': '%s'}", members[i], text);
        snprintf(kept, sizeof kept, "{'%s':'%s'}", members[i], text);
        expect_kept(sent, kept);
    }
}

Test(evidence, more_than_its_ceiling_is_a_fault_and_nothing_is_kept)
{
    static char sent[8 * 1024];
    size_t len = (size_t)snprintf(sent, sizeof sent, "{'documents': [");
    for (int i = 0; i < 16; i++)
        len += (size_t)snprintf(sent + len, sizeof sent - len, "%s{'name': '%0250d', 'sha256': '" SHA256 "'}",
                                i > 0 ? "," : "", i);
    snprintf(sent + len, sizeof sent - len, "]}");
    expect_fault(sent, "/evidence");
    cr_expect_null(evidence);
}
