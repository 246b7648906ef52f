/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/link_request.h"

#include "base/limits.h"
#include "ledger/message.h"
#include "wire/policy_language.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *const kinds[] = {"unsubscribe", "preferences", NULL};
static const enum link_use kind_uses[] = {LINK_UNSUBSCRIBE, LINK_PREFERENCES};

const char *link_path(enum link_use use)
{
    static const char *const paths[LINK_USES] = {[LINK_CONFIRM] = "/c/",
                                                 [LINK_UNSUBSCRIBE] = "/u/",
                                                 [LINK_PREFERENCES] = "/p/",
                                                 [LINK_GUARDIAN] = "/g/",
                                                 [LINK_IDENTITY] = "/i/"};
    return paths[use];
}

/* Where one is reached by that. */
static enum channel channel_by(uint8_t type)
{
    return type == IDENTIFIER_PHONE ? CHANNEL_SMS : type == IDENTIFIER_POSTAL ? CHANNEL_POST : CHANNEL_EMAIL;
}

static void identifiers_read(const struct ledger_env *env, const struct node *object, struct person_link *to)
{
    struct person person = {0};
    person_read_leniently(object, env->controller, &person);
    to->count = person.count;
    for (size_t i = 0; i < person.count; i++) {
        to->tags[i] = person.rotating ? person.old_tags[i] : person.tags[i];
        to->types[i] = person.types[i];
    }
    bool has_email = false;
    for (size_t i = 0; i < person.count; i++)
        has_email = has_email || person.types[i] == IDENTIFIER_EMAIL;
    to->channel = has_email || person.count == 0 ? CHANNEL_EMAIL : channel_by(person.types[person.count - 1]);
}

static void who_read(const struct ledger_env *env, const struct node *object, struct person_link *to)
{
    struct node id = node_optional(object, "subject_id"), subject = node_optional(object, "subject");
    if (!node_present(&id)) {
        identifiers_read(env, object, to);
        return;
    }
    to->channel = CHANNEL_EMAIL;
    if (node_present(&subject)) {
        node_fault(&id, ERROR_INVALID, "either subject or subject_id");
        return;
    }
    size_t len;
    const char *text = node_string(&id, 1, 64, &len);
    if (len > 0 && !subject_id_parse(env->controller->ids, text, len, &to->subject_no))
        node_fault(&id, ERROR_INVALID, "no subject_id of this controller");
}

static void purpose_add(const struct ledger_env *env, const struct node *n, struct person_link *to)
{
    const char *key = node_string(n, 1, POLICY_KEY_MAX, NULL);
    const struct purpose *p = key[0] != '\0' ? policy_purpose(env->controller->policy, key) : NULL;
    if (p == NULL) {
        if (key[0] != '\0')
            node_fault(n, ERROR_UNKNOWN_PURPOSE, "no purpose of the policy");
        return;
    }
    if (!basis_is_withdrawable(p->basis) && !p->direct_marketing)
        node_fault(n, ERROR_NOT_WITHDRAWABLE, "this purpose does not rest on a choice");
    for (size_t i = 0; i < to->purpose_count; i++) {
        if (to->purposes[i] == p->number)
            node_fault(n, ERROR_INVALID, "stands twice");
    }
    to->purposes[to->purpose_count++] = p->number;
}

static void purposes_read(const struct ledger_env *env, const struct node *object, enum link_use use,
                          struct person_link *to)
{
    struct node purposes = node_optional(object, "purposes"), channel = node_optional(object, "channel");
    if (node_present(&channel)) {
        int word = node_word(&channel, channel_words);
        to->channel = word >= 0 ? (enum channel)word : CHANNEL_EMAIL;
        if (use != LINK_UNSUBSCRIBE || node_present(&purposes))
            node_fault(&channel, ERROR_INVALID, "only of an unsubscribe link without purposes");
    }
    if (!node_present(&purposes))
        return;
    if (use != LINK_UNSUBSCRIBE) {
        node_fault(&purposes, ERROR_INVALID, "a preference page shows all purposes");
        return;
    }
    size_t count = node_elements(&purposes, 1, PURPOSES_PER_CALL_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node n = node_at(&purposes, i);
        purpose_add(env, &n, to);
    }
}

static void language_read(const struct node *object, struct person_link *to)
{
    struct node n = node_optional(object, "language");
    if (!node_present(&n))
        return;
    size_t len;
    const char *text = node_string(&n, 2, sizeof to->language - 1, &len);
    if (len == 0)
        return;
    if (!language_is_tag(text)) {
        node_fault(&n, ERROR_INVALID, "a language tag of BCP 47, such as nl or nl-BE");
        return;
    }
    for (size_t i = 0; i < len; i++)
        to->language[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] | 32) : text[i];
}

/* ${env}->now is 0 before the database has told the time: it then is this machine's. */
static instant expires_read(const struct ledger_env *env, const struct node *object, enum link_use use)
{
    instant now = env->now != 0 ? env->now : clock_wall();
    instant least = now + UNSUBSCRIBE_DAYS * (86400 * SECOND), most = least + 3660 * (86400 * SECOND);
    struct node n = node_optional(object, "expires_at");
    if (!node_present(&n))
        return use == LINK_UNSUBSCRIBE ? least : now + PREFERENCES_HOURS * (3600 * SECOND);
    instant at = node_moment(&n);
    if (at == INSTANT_NONE)
        return now;
    if (use == LINK_UNSUBSCRIBE && (at < least - 31 * (86400 * SECOND) || at > most))
        node_fault(&n, ERROR_INVALID,
                   "an unsubscribe link holds for two years at least, and for twelve at most");
    else if (use != LINK_UNSUBSCRIBE && (at < now || at > now + 31 * (86400 * SECOND)))
        node_fault(&n, ERROR_INVALID, "a preference link holds for a month at most");
    return at;
}

/* The same link is the same row, whoever asks for it. */
static void row_seal(const struct ledger_env *env, const struct person_link *person, const uint8_t *packed,
                     size_t len, struct link_request *to)
{
    uint8_t hash[32];
    tagger_hash(env->controller->tagger, "link", packed, len, hash);
    memcpy(to->kept.id, hash, KEPT_LINK_ID_SIZE);
    person_link_keep(person, &to->kept);
    kept_link_pack(to->kept.id, &to->link);
}

static void person_seal(const struct ledger_env *env, const struct person_link *person,
                        struct link_request *to)
{
    uint8_t packed[PERSON_LINK_MAX];
    size_t len = person_link_pack(person, packed);
    struct link *link = &to->link;
    *link = (struct link){.controller_id = env->controller->controller_id, .expires = to->expires};
    to->is_kept = len > LINK_PAYLOAD_MAX;
    if (to->is_kept) {
        row_seal(env, person, packed, len, to);
    } else {
        link->len = len;
        memcpy(link->payload, packed, len);
    }
}

void link_request_read(const struct ledger_env *env, const struct node *object,
                       struct link_request *ret_request)
{
    static const char *const members[] = {"subject", "subject_id", "kind",       "purposes",
                                          "channel", "language",   "expires_at", NULL};
    struct person_link person = {0};
    node_only(object, members);
    struct node kind = node_member(object, "kind");
    int word = node_word(&kind, kinds);
    ret_request->use = kind_uses[word > 0 ? word : 0];
    who_read(env, object, &person);
    purposes_read(env, object, ret_request->use, &person);
    language_read(object, &person);
    ret_request->expires = expires_read(env, object, ret_request->use);
    if (!reader_ok(object->reader))
        return;

    /* what is to be sealed */
    ret_request->expires = ret_request->expires / SECOND * SECOND;
    person_seal(env, &person, ret_request);
}

void lost_link_make(const struct ledger_env *env, const struct identifier *to, const char *language,
                    struct lost_link *ret_lost)
{
    const struct controller *c = env->controller;
    struct person_link person = {
        .channel = CHANNEL_EMAIL, .is_delivered = true, .count = 1, .types = {(uint8_t)to->type}};
    ret_lost->to = *to;
    tagger_make(c->tagger, to, &ret_lost->tag);
    person.tags[0] = ret_lost->tag;
    if (c->old_tagger != NULL)
        tagger_make(c->old_tagger, to, &person.tags[0]);
    snprintf(person.language, sizeof person.language, "%s", language);
    snprintf(ret_lost->language, sizeof ret_lost->language, "%s", language);

    /* one identifier always fits */
    uint8_t packed[PERSON_LINK_MAX];
    instant now = env->now != 0 ? env->now : clock_wall();
    struct link *link = &ret_lost->link;
    *link = (struct link){.controller_id = c->controller_id,
                          .expires = (now + PREFERENCES_HOURS * (3600 * SECOND)) / SECOND * SECOND};
    link->len = person_link_pack(&person, packed);
    assert(link->len <= LINK_PAYLOAD_MAX);
    memcpy(link->payload, packed, link->len);
}

void lost_link_read(const struct ledger_env *env, const struct node *object, struct lost_link *ret_lost)
{
    static const char *const members[] = {"subject", "language", NULL};
    struct person_link told = {0};
    struct node subject = node_member(object, "subject");
    struct identifier to;
    struct tagged tagged;
    node_only(object, members);
    language_read(object, &told);
    if (!node_is_object(&subject) || !tagged_read(&subject, env->controller, &tagged))
        return;
    if (message_address(&subject, env->controller, &to))
        lost_link_make(env, &to, told.language, ret_lost);
    else
        node_fault(&subject, ERROR_INVALID, "an e-mail address or a telephone number: the link goes there");
}
