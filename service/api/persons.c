/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "api/staffing.h"
#include "base/limits.h"
#include "ledger/confirmation.h"
#include "ledger/evidence.h"
#include "ledger/message.h"

#include <string.h>

/* Who is who, as staff knows it: POST and DELETE /v1/subjects/{id}/identifiers, POST .../correct, .../merge
 * and .../split. An event each; what was said before is never rewritten. */

/* ---- identifiers ---- */

static void identifier_read(struct staffing *s, const struct node *root, struct writer *detail)
{
    static const char *const members[] = {"identifier", "reason", "on_behalf_of", NULL};
    node_only(root, members);
    struct node n = node_member(root, "identifier");
    enum identifier_type type = staffing_identifier(s, &n);
    if (type < IDENTIFIER_TYPES)
        writer_text(detail, "identifier", identifier_type_word(type));
    staffing_reason(s, root, detail);
}

/* A stronger identifier is the person from now on. */
static void person_write(const struct staffing *s, struct writer *w)
{
    if (s->job.told_no == 0)
        return;
    char id[SUBJECT_ID_TEXT + 1];
    subject_id_format(s->attempt.controller->ids, s->job.told_no, id);
    writer_text(w, "person", id);
}

void handle_identifier_add(struct call *call)
{
    static const struct staff_kind kind = {.act = STAFF_ADDED,
                                           .status = 201,
                                           .whom = "identifier",
                                           .read = identifier_read,
                                           .answer = person_write};
    staffing_start(call, &kind);
}

void handle_identifier_end(struct call *call)
{
    static const struct staff_kind kind = {
        .act = STAFF_ENDED, .status = 200, .whom = "identifier", .read = identifier_read};
    staffing_start(call, &kind);
}

/* ---- correct ---- */

/* What asks ${to} to confirm, where the policy has messages delivered and the address is one they reach. */
static void message_make(const struct staffing *s, const struct node *to, const struct purpose *purpose,
                         struct staff_confirm *confirm)
{
    struct message m = {.kind = MESSAGE_CONFIRMATION,
                        .span = 1,
                        .purposes = (const char *[]){purpose->key},
                        .purpose_count = 1};
    if (!s->attempt.controller->policy->messages.has_endpoint || !reader_ok(&s->body) ||
        !message_address(to, s->attempt.controller, &m.to))
        return;
    confirm->message = message_seal(&s->env, &m, &confirm->message_len);
    if (confirm->message == NULL)
        node_fault(to, ERROR_OVERLOADED, "no random bytes");
}

/* The purposes whose Yes the new address has to confirm, those of entities too. */
static void confirms_find(struct staffing *s, const struct node *to)
{
    const struct policy *policy = s->attempt.controller->policy;
    size_t most = policy->purpose_count * (1 + policy->entity_count);
    struct staff_confirm *confirms = arena_need(s->env.arena, (most + 1) * sizeof *confirms);
    size_t count = 0;
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *p = &policy->purposes[i];
        struct staff_confirm one = {.purpose = p->number};
        if (!p->double_opt_in || p->number == 0)
            continue;
        message_make(s, to, p, &one);
        confirms[count++] = one;
        for (size_t k = 0; k < policy->entity_count; k++) {
            one.purpose = p->entity_numbers[k];
            if (one.purpose != 0)
                confirms[count++] = one;
        }
    }
    s->job.confirms = confirms;
    s->job.confirm_count = count;
    s->job.term = (struct duration){.days = CONFIRM_WITHIN_DAYS};
}

static void correction_read(struct staffing *s, const struct node *root, struct writer *detail)
{
    static const char *const members[] = {"from",         "to",      "evidence", "reason",
                                          "on_behalf_of", "request", NULL};
    node_only(root, members);
    struct node from = node_member(root, "from"), to = node_member(root, "to"),
                evidence = node_optional(root, "evidence");
    enum identifier_type wrong = staffing_identifier(s, &from), right = staffing_identifier(s, &to);
    if (wrong < IDENTIFIER_TYPES && right < IDENTIFIER_TYPES && wrong != right)
        node_fault(&to, ERROR_INVALID, "must be of the type of what it corrects");
    if (wrong < IDENTIFIER_TYPES)
        writer_text(detail, "identifier", identifier_type_word(wrong));

    /* a document that shows that it is the same person */
    const char *shown = evidence_read(&s->env, root);
    if (node_is_object(&evidence)) {
        struct node documents = node_optional(&evidence, "documents");
        s->job.is_proven = node_present(&documents);
    }
    if (shown != NULL)
        writer_raw(detail, "evidence", shown, strlen(shown));
    staffing_reason(s, root, detail);
    staffing_request(s, root);
    confirms_find(s, &to);
}

/* What the new address has to confirm: a link each, unless links are never answered. */
static void confirm_write(const struct staffing *s, struct writer *w, size_t place)
{
    const struct controller *c = s->attempt.controller;
    struct staff_request r = staff_request_at(&s->job, place);
    struct confirmation asked = {.subject_no = r.subject_no, .revision = r.revision, .count = 1};
    instant expires = duration_add(s->job.recorded_at, s->job.term);
    char url[CONFIRM_URL_MAX];
    writer_object_begin(w, NULL);
    bool is_told = !c->policy->messages.confirmation_only_delivered &&
                   confirmation_url(s->env.link_keys, s->env.public_url, c->controller_id, &asked, expires,
                                    url, sizeof url) == 0;
    writer_text(w, "url", is_told ? url : NULL);
    writer_moment(w, "expires_at", expires);
    writer_object_end(w);
}

static void correction_write(const struct staffing *s, struct writer *w)
{
    writer_bool(w, "consents_moved", s->job.is_proven);
    writer_array_begin(w, "confirm");
    for (size_t i = 0; i < s->job.counted / 2; i++)
        confirm_write(s, w, i);
    writer_array_end(w);
}

void handle_correct(struct call *call)
{
    static const struct staff_kind kind = {.act = STAFF_CORRECTED,
                                           .status = 200,
                                           .whom = "from",
                                           .into = "to",
                                           .read = correction_read,
                                           .answer = correction_write};
    staffing_start(call, &kind);
}

/* ---- merge, split ---- */

static void merge_read(struct staffing *s, const struct node *root, struct writer *detail)
{
    static const char *const members[] = {"with", "reason", "on_behalf_of", NULL};
    node_only(root, members);
    struct node with = node_member(root, "with");
    s->job.other_no = staffing_subject(s, &with);
    staffing_reason(s, root, detail);
}

static void merge_write(const struct staffing *s, struct writer *w)
{
    char id[SUBJECT_ID_TEXT + 1];
    subject_id_format(s->attempt.controller->ids, s->job.other_no, id);
    writer_text(w, "with", id);
}

void handle_merge(struct call *call)
{
    static const struct staff_kind kind = {
        .act = STAFF_MERGED, .status = 200, .whom = "with", .read = merge_read, .answer = merge_write};
    staffing_start(call, &kind);
}

static void split_read(struct staffing *s, const struct node *root, struct writer *detail)
{
    static const char *const members[] = {"identifiers", "reason", "on_behalf_of", NULL};
    node_only(root, members);
    struct node list = node_member(root, "identifiers");
    size_t count = node_elements(&list, 1, STAFF_IDENTIFIERS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct node n = node_at(&list, i);
        staffing_identifier(s, &n);
    }
    staffing_reason(s, root, detail);
}

static void split_write(const struct staffing *s, struct writer *w)
{
    char id[SUBJECT_ID_TEXT + 1];
    subject_id_format(s->attempt.controller->ids, s->job.told_no, id);
    writer_text(w, "split_off", id);
}

void handle_split(struct call *call)
{
    static const struct staff_kind kind = {
        .act = STAFF_SPLIT, .status = 201, .whom = "identifiers", .read = split_read, .answer = split_write};
    staffing_start(call, &kind);
}
