/* SPDX-License-Identifier: Apache-2.0 */
#include "stand.h"

#include "base/limits.h"
#include "ledger/receipt.h"
#include "store/numbering.h"
#include "wire/policy_document.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char document[] =
    "{'controller': {'key': 'stand', 'country': 'NL'}, 'entities': [{'key': 'east', 'name': 'East'}, {'key': "
    "'west', 'name': 'West'}], "
    "'purposes': ["
    "{'key': 'news', 'lawful_basis': 'consent', 'channel': 'email', 'direct_marketing': true, 'notice': "
    "'words'},"
    "{'key': 'offers', 'lawful_basis': 'consent', 'channel': 'email', 'direct_marketing': true, 'notice': "
    "'words',"
    " 'double_opt_in': true},"
    "{'key': 'stats', 'lawful_basis': 'consent', 'channel': 'web', 'validity': 'P1Y', 'notice': 'words'},"
    "{'key': 'letters', 'lawful_basis': 'legitimate_interest', 'channel': 'post', 'direct_marketing': true},"
    "{'key': 'survey', 'lawful_basis': 'legitimate_interest', 'channel': 'post', 'objection': 'weighed'},"
    "{'key': 'pupils', 'lawful_basis': 'consent', 'channel': 'sms', 'notice': 'words', 'minors': "
    "{'guardian': {"
    " 'roles': ['parent'], 'least': 'email_plus'}}},"
    "{'key': 'shop', 'lawful_basis': 'soft_opt_in', 'channel': 'sms', 'direct_marketing': true},"
    "{'key': 'chat', 'lawful_basis': 'consent', 'channel': 'sms', 'double_opt_in': true, 'notice': 'words', "
    "'minors': 'forbidden'},"
    "{'key': 'site', 'lawful_basis': 'exempt', 'channel': 'web'}], 'notices': ["
    "{'id': 'words', 'version': '1', 'effective_from': '2020-01-01T00:00:00Z', 'texts': {'en': 'Yes.', 'nl': "
    "'Ja.'}},"
    "{'id': 'words', 'version': '2', 'effective_from': '2026-01-01T00:00:00Z', 'change': 'material',"
    " 'texts': {'en': 'Yes, please.', 'nl': 'Ja, graag.'}}]}";

const char *stand_json(const char *text)
{
    static char json[64 * 1024];
    size_t len = strlen(text);
    cr_assert_lt(len, sizeof json);
    for (size_t i = 0; i <= len; i++)
        json[i] = text[i];
    for (char *p = json; *p != '\0'; p++)
        *p = *p == '\'' ? '"' : *p;
    return json;
}

static struct policy *policy_make(void)
{
    struct reader reader;
    struct reader_fault fault = {0};
    const char *json = stand_json(document);
    struct policy *policy = policy_document_read(&reader, json, strlen(json));
    while (policy == NULL && reader_fault_next(&reader, &fault))
        cr_log_error("%s: %s", fault.pointer, fault.detail);
    cr_assert_not_null(policy);
    reader_close(&reader);
    policy_number_provisionally(policy, NULL, 0);
    cr_assert_eq(policy_index(policy), 0);
    policy->version = 7;
    return policy;
}

void stand_open(struct stand *s)
{
    static const uint8_t id_key[SUBJECT_ID_KEY_BYTES] = {1};
    static const struct numbered_keys keys = {.count = 1, .keys = {{.number = 1, .bytes = {1}}}};
    *s = (struct stand){.arena.vital = true};
    cr_assert_eq(link_keys_make(&keys, &s->keys), 0);
    s->controller = (struct controller){.refs = 1, .controller_id = 3, .policy = policy_make()};
    s->controller.tagger = tagger_create(&keys, 1, 1, "stand");
    s->controller.ids = subject_ids_create(id_key, s->controller.controller_id);
    cr_assert(s->controller.tagger != NULL && s->controller.ids != NULL);
    s->env = (struct ledger_env){.arena = &s->arena,
                                 .controller = &s->controller,
                                 .now = STAND_NOW,
                                 .link_keys = &s->keys,
                                 .public_url = "https://consent.example"};
}

void stand_close(struct stand *s)
{
    reader_close(&s->body);
    subject_ids_destroy(s->controller.ids);
    tagger_destroy(s->controller.tagger);
    policy_free(s->controller.policy);
    arena_free(&s->arena);
}

void stand_read(struct stand *s, stand_reads *reads, const char *format, ...)
{
    static char text[64 * 1024];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cr_assert(len >= 0 && (size_t)len < sizeof text);
    reader_close(&s->body);
    cr_assert_eq(reader_open(&s->body, stand_json(text), (size_t)len), ERROR_NONE, "%s", text);
    reads(&s->env, &s->body, &s->acts);
}

const char *stand_faults(const struct stand *s)
{
    static char text[4096];
    struct reader_fault fault = {0};
    size_t len = 0;
    text[0] = '\0';
    while (reader_fault_next(&s->body, &fault))
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", len > 0 ? " " : "", fault.pointer);
    return text;
}

int32_t stand_number(const struct stand *s, const char *purpose)
{
    const struct purpose *p = policy_purpose(s->controller.policy, purpose);
    cr_assert_not_null(p, "%s", purpose);
    return p->number;
}

struct recorded stand_recorded(const struct stand *s, size_t act, int64_t revision)
{
    cr_assert_lt(act, s->acts.count, "%zu acts", s->acts.count);
    const struct act *a = &s->acts.list[act];
    struct recorded e = {.act = (int32_t)act,
                         .revision = revision,
                         .subject_no = 1,
                         .purpose = a->purpose,
                         .rank = a->rank_base + (STAND_NOW << RANK_TIME_SHIFT),
                         .recorded_at = STAND_NOW,
                         .valid_until = a->slot == SLOT_PENDING ? STAND_NOW + SECOND : INSTANT_NONE,
                         .effect = a->effect,
                         .known = true,
                         .tied = true,
                         .policy_version = s->controller.policy->version};
    memcpy(e.record_id, a->record_id, UUID_SIZE);
    return e;
}

const char *stand_answer(const struct stand *s, const struct receipt_context *c,
                         const struct recorded *events, size_t count, int *ret_status)
{
    static struct buf out;
    if (out.ceiling == 0)
        buf_init(&out, ANSWER_BYTES_MAX);
    buf_clear(&out);
    *ret_status = receipt_write(&out, c, events, count, &s->env);
    buf_byte(&out, '\0');
    cr_assert_not(buf_failed(&out));
    return out.data;
}
