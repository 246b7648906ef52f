/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/event_json.h"

#include "wire/reader.h"

#include <assert.h>
#include <string.h>

struct purpose_name purpose_name_of(const struct controller *controller, int32_t number)
{
    int entity = ENTITY_ANY;
    if (number <= PURPOSE_ALL) {
        int channel = channel_of_purpose(number);
        const struct numbered *of = entity_of_purpose(number) != 0
                                        ? controller_numbered(controller, false, entity_of_purpose(number))
                                        : NULL;
        return (struct purpose_name){.key = "*",
                                     .channel = channel >= 0 ? channel_words[channel] : NULL,
                                     .entity = of != NULL ? of->entity : NULL};
    }
    const struct purpose *p = policy_purpose_numbered(controller->policy, number, &entity);
    const struct numbered *former = p == NULL ? controller_numbered(controller, false, number) : NULL;
    if (former != NULL)
        return (struct purpose_name){.key = former->key,
                                     .entity = former->entity[0] != '\0' ? former->entity : NULL};
    return (struct purpose_name){.key = p != NULL ? p->key : NULL,
                                 .entity =
                                     entity != ENTITY_ANY ? controller->policy->entities[entity].key : NULL};
}

void purpose_write(struct writer *w, const struct controller *controller, int32_t number)
{
    struct purpose_name name = purpose_name_of(controller, number);
    writer_text(w, "purpose", name.key);
    if (name.channel != NULL)
        writer_text(w, "channel", name.channel);
    if (name.entity != NULL)
        writer_text(w, "entity", name.entity);
}

struct notice_words notice_words_of(const struct notice *notice, const struct notice_text *text)
{
    if (notice == NULL)
        return (struct notice_words){0};
    return (struct notice_words){.id = notice->id,
                                 .version = notice->version,
                                 .language = text != NULL ? text->language : NULL,
                                 .sha256 = text != NULL ? text->sha256 : NULL};
}

void notice_write(struct writer *w, const struct notice_words *words)
{
    assert((words->language != NULL) == (words->sha256 != NULL));
    if (words->id == NULL) {
        writer_null(w, "notice");
        return;
    }
    writer_object_begin(w, "notice");
    writer_text(w, "id", words->id);
    writer_text(w, "version", words->version);
    if (words->language != NULL) {
        writer_text(w, "language", words->language);
        writer_sha256(w, "sha256", words->sha256);
    }
    if (words->assumed)
        writer_bool(w, "assumed", true);
    writer_object_end(w);
}

struct notice_words notice_words_numbered(const struct controller *controller, int32_t number,
                                          const char *language)
{
    const struct notice *n = policy_notice_numbered(controller->policy, number);
    const struct numbered *former = n == NULL ? controller_numbered(controller, true, number) : NULL;
    if (former != NULL)
        return (struct notice_words){.id = former->key, .version = former->version};
    return notice_words_of(n, n != NULL ? notice_text_in(n, language) : NULL);
}

static void words_write(struct writer *w, const struct controller *controller, int32_t number,
                        const char *language, uint16_t flags)
{
    struct notice_words words = notice_words_numbered(controller, number, language);
    words.assumed = (flags & FLAG_ASSUMED) != 0;
    notice_write(w, &words);
}

/* Gives ${members} of the event's detail members of their own; null where one is not there. */
static void detail_write(struct writer *w, const struct node *detail, const char *const members[])
{
    for (size_t i = 0; members[i] != NULL; i++) {
        struct node n = {0};
        if (node_is_object(detail))
            n = node_optional(detail, members[i]);
        if (!node_present(&n)) {
            writer_null(w, members[i]);
            continue;
        }
        struct buf json;
        buf_init(&json, 64 * 1024);
        node_dump(&n, false, &json);
        if (buf_failed(&json))
            w->buf->failed = true;
        else
            writer_raw(w, members[i], json.data, json.len);
        buf_free(&json);
    }
}

/* As a reseller said it; no member where none did. */
static void behalf_write(struct writer *w, const struct node *detail)
{
    struct node n = {0};
    if (node_is_object(detail))
        n = node_optional(detail, "on_behalf_of");
    if (node_present(&n))
        writer_text(w, "on_behalf_of", node_string(&n, 0, SIZE_MAX, NULL));
}

static void expressed_by_write(struct writer *w, enum role role, const struct node *detail)
{
    writer_object_begin(w, "expressed_by");
    writer_text(w, "role", role_word(role));
    struct node by = {0};
    if (node_is_object(detail))
        by = node_optional(detail, "expressed_by");
    if (node_present(&by)) {
        struct node strength = node_optional(&by, "strength"), form = node_optional(&by, "form");
        writer_text(w, "strength", node_string(&strength, 0, 64, NULL));
        writer_text(w, "form", node_string(&form, 0, 64, NULL));
    }
    writer_object_end(w);
}

static void json_write(struct writer *w, const char *key, const char *json)
{
    if (json != NULL)
        writer_raw(w, key, json, strlen(json));
    else
        writer_null(w, key);
}

void entry_write(struct writer *w, const struct entry *e, const struct controller *controller)
{
    writer_object_begin(w, NULL);
    entry_members(w, e, controller);
    writer_object_end(w);
}

void entry_members(struct writer *w, const struct entry *e, const struct controller *controller)
{
    static const char *const detail_members[] = {"import",      "sale",   "published", "minor",
                                                 "represented", "reason", "grounds",   NULL};
    char subject[SUBJECT_ID_TEXT + 1];
    struct reader reader = {0};
    struct node detail = {0};
    if (e->detail != NULL && reader_open(&reader, e->detail, strlen(e->detail)) == ERROR_NONE)
        detail = reader_root(&reader);
    subject_id_format(controller->ids, e->subject_no, subject);
    writer_uuid(w, "record_id", e->record_id);
    writer_int(w, "revision", e->revision);
    writer_text(w, "subject_id", subject);
    purpose_write(w, controller, e->purpose);
    writer_text(w, "event_state", event_word(rank_state(e->rank), e->guardian, e->slot));
    writer_text(w, "effect", effect_word(e->effect));
    writer_moment(w, "event_time", rank_time(e->rank));
    writer_moment(w, "recorded_at", e->recorded_at);
    writer_moment(w, "valid_until", e->valid_until);
    writer_text(w, "collection_method", collection_method_word(e->method));
    writer_text(w, "language", e->language);
    words_write(w, controller, e->notice, e->language, e->flags);
    expressed_by_write(w, e->role, &detail);
    writer_text(w, "ref", e->ref);
    json_write(w, "evidence", e->evidence);
    detail_write(w, &detail, detail_members);
    behalf_write(w, &detail);
    writer_text(w, "actor", e->actor);
    writer_int(w, "policy_version", e->policy_version);
    reader_close(&reader);
}

/* What is this person's own event's alone. */
static void proof_own_write(struct writer *w, const struct state *state, const struct proof *proof,
                            const struct controller *controller)
{
    struct reader reader = {0};
    struct node detail = {0};
    if (proof->detail != NULL && reader_open(&reader, proof->detail, strlen(proof->detail)) == ERROR_NONE)
        detail = reader_root(&reader);
    writer_text(w, "collection_method", collection_method_word(proof->method));
    expressed_by_write(w, proof->role, &detail);
    writer_text(w, "language", proof->language);
    words_write(w, controller, state->notice_number, proof->language, state->flags);
    writer_text(w, "ref", proof->ref);
    writer_text(w, "actor", proof->actor);
    writer_int(w, "policy_version", proof->policy_version);
    reader_close(&reader);
}

/* By which of this person's identifiers another's event reached them; null: by what a third has. */
static void by_write(struct writer *w, const struct proof *proof)
{
    bool is_known = proof->by < IDENTIFIER_TYPES;
    writer_text(w, "by", is_known ? identifier_type_word((enum identifier_type)proof->by) : NULL);
}

void proof_write(struct writer *w, const char *key, const struct state *state, const struct proof *proof,
                 bool is_own, const struct controller *controller)
{
    static const char *const own[] = {
        "collection_method", "expressed_by", "language", "notice", "ref", "actor", "policy_version"};
    bool purged = proof->recorded_at == INSTANT_NONE;
    writer_object_begin(w, key);
    writer_uuid(w, "record_id", state->record_id);
    writer_int(w, "revision", state->revision);
    purpose_write(w, controller, state->purpose);
    writer_text(w, "event_state", event_state_word(rank_state(state->rank)));
    writer_moment(w, "event_time", rank_time(state->rank));
    writer_moment(w, "recorded_at", proof->recorded_at);
    writer_moment(w, "valid_until", state->valid_until);
    if (is_own && !purged) {
        proof_own_write(w, state, proof, controller);
    } else {
        for (size_t i = 0; i < sizeof own / sizeof *own; i++)
            writer_null(w, own[i]);
    }
    if (!is_own && !purged)
        by_write(w, proof);
    writer_object_end(w);
}
